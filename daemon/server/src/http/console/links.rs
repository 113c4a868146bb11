//! Linked Users: who receives my contact records, and who shares theirs with me; one link, and every way to begin and to end one.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::events::{Events, Older, events};
use super::form::Fields;
use super::inside::{Inside, segment};
use super::people;
use super::plans::Deed;
use super::shell::{Shell, go, note, ok};
use super::shown::{When, counted, tone};
use super::trouble::{Trouble, sentence};
use super::visit::{Me, Visit};
use crate::api::Problem;

const HERE: &str = "links";
pub(super) const RECEIVING: &str = "receiving-mine";
const SHARING: &str = "sharing-with-me";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/links", get(list))
        .route("/links/accept", post(accept))
        .route("/link-requests", get(requests))
        .route("/links/{link}", get(show))
        .route("/links/{link}/delete", get(ask_delete).post(delete))
        .route("/links/{link}/decline", get(ask_decline).post(decline))
        .route("/links/{link}/withdraw", post(withdraw))
}

/// A link as the API gives it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    pub(super) link: String,
    pub(super) direction: String,
    pub(super) local_user: String,
    pub(super) remote_user: String,
    pub(super) office_name: String,
    pub(super) status: String,
    pub(super) level: String,
    pub(super) purpose: String,
    pub(super) records: u64,
    delivered: u64,
    pending: u64,
    end_reason: Option<String>,
    related: Vec<String>,
    fields: Vec<String>,
    created_ms: i64,
    not_after_ms: Option<i64>,
    ended_ms: Option<i64>,
    removal: Option<Removal>,
    parts: Vec<Removal>,
}

/// What became of copies that had to go.
#[derive(Clone, Debug, Deserialize)]
struct Removal {
    state: String,
    words: String,
    expected: u64,
    count: Option<u64>,
    receipt: Option<String>,
    asked_ms: i64,
    done_ms: Option<i64>,
}

impl Link {
    /// Class of the style for its status.
    pub(super) fn tone(&self) -> &'static str {
        tone(&self.status)
    }

    /// Whether the local user shares over it.
    pub(super) fn is_mine(&self) -> bool {
        self.direction == RECEIVING
    }

    /// Which list it stands in.
    fn list(&self) -> &'static str {
        if self.is_mine() { RECEIVING } else { SHARING }
    }

    /// The level as people say it.
    pub(super) fn level_words(&self) -> &'static str {
        level_words(&self.level)
    }

    /// Whether records can be shared over it, or taken back, by whoever looks.
    pub(super) fn shares_for(&self, name: &str) -> bool {
        self.is_mine() && self.status == "Active" && self.local_user == name
    }

    fn is_over(&self) -> bool {
        self.status == "Ended"
    }

    fn has_all_fields(&self) -> bool {
        self.fields.len() > 20
    }
}

/// A level as people say it.
pub(super) fn level_words(level: &str) -> &'static str {
    match level {
        "full-control" => "Full Control",
        "write" => "Write",
        "read" => "Read",
        _ => "No access",
    }
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// The requests that wait for an answer, as far as whoever asks knows of them: administrators know of all.
pub(super) async fn waiting(api: &Inside) -> Result<Vec<Link>, Problem> {
    let waiting: Items<Link> = api.get(&format!("/links?direction={SHARING}&status=Waiting")).await?;
    Ok(waiting.items)
}

/// The requests that wait for the answer of whoever asks.
pub(super) async fn waiting_for_me(api: &Inside) -> Result<Vec<Link>, Problem> {
    let me: Me = api.get("/session").await?;
    let mut mine = waiting(api).await?;
    mine.retain(|link| link.local_user == me.user.name);
    Ok(mine)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    list: String,
    ended: String,
}

#[derive(Template)]
#[template(path = "links.html")]
struct ListPage {
    shell: Shell,
    list: &'static str,
    ended: bool,
    rows: Vec<(Link, When)>,
}

async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Trouble> {
    let ended = which.ended == "yes";
    let links: Items<Link> = visit.api.get("/links").await?;
    let (receiving, sharing): (Vec<Link>, Vec<Link>) =
        links.items.into_iter().filter(|link| ended || !link.is_over()).partition(Link::is_mine);
    let (list, seen) = match which.list.as_str() {
        SHARING => (SHARING, sharing),
        // Nobody chose: the list in which somebody is.
        "" if receiving.is_empty() && !sharing.is_empty() => (SHARING, sharing),
        _ => (RECEIVING, receiving),
    };
    let rows = seen.into_iter().map(|link| (visit.clock.when(link.created_ms), link)).map(|(when, link)| (link, when)).collect();
    Ok(ok(&ListPage { shell: visit.shell("Linked Users", HERE), list, ended, rows }))
}

#[derive(Template)]
#[template(path = "link_requests.html")]
struct RequestsPage {
    shell: Shell,
    requests: Vec<Link>,
}

async fn requests(visit: Visit) -> Result<Response, Trouble> {
    let requests = waiting_for_me(&visit.api).await?;
    Ok(ok(&RequestsPage { shell: visit.shell("Link requests", HERE), requests }))
}

async fn accept(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let tagged = fields.all("link");
    if tagged.is_empty() {
        return Ok(note("/link-requests", "Nothing was tagged, so nothing changed: tag the requests to accept"));
    }
    let accepted: Items<Link> = visit.api.post("/links/accept", &json!({ "links": tagged })).await?;
    let text = match accepted.items.as_slice() {
        [one] => format!("The link with {} at {} is Active", one.remote_user, one.office_name),
        more => format!("{} are Active", counted(more.len() as u64, "link")),
    };
    Ok(go(&format!("/links?list={SHARING}"), &text))
}

/// A record that a link shows.
#[derive(Deserialize)]
struct Seen {
    record: String,
    name: String,
    kind: String,
    state: String,
}

impl Seen {
    fn tone(&self) -> &'static str {
        tone(match self.state.as_str() {
            "delivered" | "received" => "Active",
            "pending" | "withdrawing" => "Waiting",
            other => other,
        })
    }
}

#[derive(Default, Deserialize)]
struct SeenPage {
    items: Vec<Seen>,
    next: Option<String>,
    /// Why none of them is shown, when something keeps them closed.
    #[serde(default)]
    closed: String,
}

/// What a link shows; nothing where whoever asks may not read it, or there is nothing to be read yet.
async fn seen(visit: &Visit, link: &Link, after: &str) -> Result<SeenPage, Trouble> {
    let from = if after.is_empty() { String::new() } else { format!("&after={}", segment(after)) };
    match visit.api.get::<SeenPage>(&format!("/links/{}/records?limit=50{from}", segment(&link.link))).await {
        Ok(seen) => Ok(seen),
        Err(problem) if problem.code == "copies-locked" => Ok(SeenPage { closed: sentence(&problem.detail), ..SeenPage::default() }),
        Err(problem) if problem.status == 404 => Ok(SeenPage::default()),
        Err(problem) => Err(problem.into()),
    }
}

/// A removal with its times.
struct Gone {
    removal: Removal,
    tone: &'static str,
    asked: When,
    done: Option<When>,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    shell: Shell,
    link: Link,
    since: When,
    not_after: Option<When>,
    ended: Option<When>,
    gone: Vec<Gone>,
    seen: SeenPage,
    events: Option<Events>,
    answers: Answers,
}

/// What stands between a request and its answer, as far as whoever looks can do something about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    May,
    /// The user is there, without the right that accepting takes.
    LacksRight,
    /// Nobody has the name; another office may ask for whomever it likes.
    Nobody,
}

impl LinkPage {
    fn may_answer(&self) -> bool {
        self.answers == Answers::May
    }

    fn asks_nobody(&self) -> bool {
        self.answers == Answers::Nobody
    }

    fn lacks_right(&self) -> bool {
        self.answers == Answers::LacksRight
    }

    fn is_of_viewer(&self) -> bool {
        self.link.local_user == self.shell.me.name
    }

    /// Whose records an own link gives.
    fn whose(&self) -> String {
        if self.is_of_viewer() { "your contact records".to_owned() } else { format!("contact records of {}", self.link.local_user) }
    }

    /// With whom another office shares.
    fn whom(&self) -> &str {
        if self.is_of_viewer() { "you" } else { &self.link.local_user }
    }
}

async fn answers(visit: &Visit, user: &str) -> Result<Answers, Problem> {
    match people::load(visit, user).await {
        Ok(user) if user.specialist => Ok(Answers::May),
        Ok(_) => Ok(Answers::LacksRight),
        Err(problem) if problem.status == 404 => Ok(Answers::Nobody),
        Err(problem) => Err(problem),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    after: String,
}

async fn show(visit: Visit, Path(id): Path<String>, Query(after): Query<After>, Query(older): Query<Older>) -> Result<Response, Trouble> {
    let link: Link = visit.api.get(&format!("/links/{}", segment(&id))).await?;
    let seen = seen(&visit, &link, &after.after).await?;
    let place = format!("/links/{}", segment(&link.link));
    let asks = visit.me.user.administers && link.status == "Waiting" && !link.is_mine();
    let answers = if asks { answers(&visit, &link.local_user).await? } else { Answers::May };
    let clock = &visit.clock;
    let gone = link.removal.iter().chain(&link.parts).map(|removal| Gone {
        tone: tone(&removal.state),
        asked: clock.when(removal.asked_ms),
        done: clock.maybe(removal.done_ms),
        removal: removal.clone(),
    });
    Ok(ok(&LinkPage {
        shell: visit.shell(&format!("{} at {}", link.remote_user, link.office_name), HERE),
        since: clock.when(link.created_ms),
        not_after: clock.maybe(link.not_after_ms),
        ended: clock.maybe(link.ended_ms),
        gone: gone.collect(),
        events: events(&visit, &place, place.clone(), &older).await?,
        answers,
        link,
        seen,
    }))
}

async fn deletion(visit: &Visit, id: &str) -> Result<Deed, Trouble> {
    let link: Link = visit.api.get(&format!("/links/{}", segment(id))).await?;
    let place = segment(&link.link);
    let brought = match link.records {
        records if records > 0 && !link.is_mine() => format!(", and the {} it brought here", counted(records, "copy")),
        _ => String::new(),
    };
    Ok(Deed {
        title: format!("Delete the link with {} at {}{brought}?", link.remote_user, link.office_name),
        here: HERE,
        lead: "The link ends for both of you. It can’t be taken up again: a new one has to be requested and accepted.",
        yes: "Yes, delete the link",
        danger: true,
        api: format!("/links/{place}/delete"),
        body: json!({}),
        action: format!("/links/{place}/delete"),
        kept: Vec::new(),
        back: format!("/links/{place}"),
    })
}

async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    deletion(&visit, &id).await?.ask(&visit, None).await
}

async fn delete(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let deed = deletion(&visit, &id).await?;
    Ok(match deed.carry_out::<Link>(&visit, &fields).await? {
        Ok(link) => go(&format!("/links/{}", segment(&link.link)), &format!("The link with {} is over", link.remote_user)),
        Err(page) => page,
    })
}

#[derive(Template)]
#[template(path = "link_decline.html")]
struct DeclinePage {
    shell: Shell,
    link: Link,
}

async fn ask_decline(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let link: Link = visit.api.get(&format!("/links/{}", segment(&id))).await?;
    Ok(ok(&DeclinePage { shell: visit.shell("Decline a request", HERE), link }))
}

async fn decline(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let place = format!("/links/{}/decline", segment(&id));
    let link: Link = visit.api.post(&place, &json!({ "reason": fields.text("reason") })).await?;
    Ok(go(&format!("/links?list={SHARING}"), &format!("Declined the request of {} at {}", link.remote_user, link.office_name)))
}

async fn withdraw(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let link: Link = visit.api.post(&format!("/links/{}/withdraw", segment(&id)), &json!({})).await?;
    Ok(go(&format!("/links?list={RECEIVING}"), &format!("Took the request to {} back", link.remote_user)))
}

/// The Active links over which whoever asks shares.
pub(super) async fn active(api: &Inside) -> Result<Vec<Link>, Problem> {
    let links: Items<Link> = api.get(&format!("/links?direction={RECEIVING}&status=Active")).await?;
    Ok(links.items)
}
