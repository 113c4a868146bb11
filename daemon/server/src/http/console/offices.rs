//! Other offices: which there are and how the way to each is, and the two halves of meeting a new one.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::reach::{Tried, try_all};
use super::shell::{Shell, go, ok, unfit};
use super::shown::{When, capital, qr, tone};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

pub(super) const HERE: &str = "offices";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/offices", get(list))
        .route("/offices/invite", get(show_invite).post(invite))
        .route("/offices/accept", get(show_accept).post(accept))
        .route("/offices/me", get(me).post(try_addresses))
}

/// Another office as the API gives it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Peer {
    pub(super) office: String,
    pub(super) name: String,
    pub(super) addresses: Vec<String>,
    pub(super) standing: String,
    pub(super) words: Vec<String>,
    pub(super) confirmed_here: bool,
    pub(super) confirmed_there: bool,
    last_heard_ms: Option<i64>,
    pub(super) links: u64,
    pub(super) waiting_statements: u64,
    waiting_since_ms: Option<i64>,
    pub(super) code: String,
    pub(super) short: String,
    connection: Option<Connection>,
}

#[derive(Clone, Debug, Deserialize)]
struct Connection {
    state: String,
    reason: String,
    since_ms: i64,
    last_heard_ms: Option<i64>,
    next_attempt_ms: Option<i64>,
}

/// Another office with the way to it in words.
pub(super) struct Way {
    pub(super) peer: Peer,
    pub(super) state: String,
    pub(super) tone: &'static str,
    /// Why, and what to do; empty when there is nothing to explain.
    pub(super) reason: String,
    pub(super) since: Option<When>,
    pub(super) heard: Option<When>,
    pub(super) next: Option<When>,
    pub(super) waits_since: Option<When>,
}

impl Way {
    pub(super) fn of(visit: &Visit, peer: Peer) -> Self {
        let clock = &visit.clock;
        let connection = peer.connection.as_ref();
        let heard = connection.and_then(|way| way.last_heard_ms).max(peer.last_heard_ms);
        let way = connection.filter(|_| peer.standing == "paired");
        let (state, reason) = match (peer.standing.as_str(), way) {
            (_, Some(way)) => (way.state.clone(), sentence(&way.reason)),
            ("compare words", None) => {
                let who = match (peer.confirmed_here, peer.confirmed_there) {
                    (true, _) => "You have confirmed; the administrator there has not yet.",
                    (false, true) => "The administrator there has confirmed; you have not yet.",
                    (false, false) => "Call the administrator there and compare the words.",
                };
                ("compare words".to_owned(), who.to_owned())
            }
            ("paired", None) => ("not reachable".to_owned(), "Nobody has been able to call yet.".to_owned()),
            ("blocked", None) => ("blocked".to_owned(), "Only endings and receipts pass; unblock it to go on.".to_owned()),
            (standing, None) => (standing.to_owned(), String::new()),
        };
        Self {
            tone: tone(&state),
            state,
            reason,
            since: way.map(|way| clock.past(way.since_ms)),
            heard: heard.map(|at_ms| clock.past(at_ms)),
            next: way.and_then(|way| clock.maybe(way.next_attempt_ms)),
            waits_since: clock.maybe(peer.waiting_since_ms),
            peer,
        }
    }

    /// The state as it begins a line.
    pub(super) fn state_words(&self) -> String {
        capital(&self.state)
    }

    pub(super) fn compares(&self) -> bool {
        self.peer.standing == "compare words"
    }
}

#[derive(Deserialize)]
struct Peers {
    items: Vec<Peer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    removed: String,
}

#[derive(Template)]
#[template(path = "offices.html")]
struct ListPage {
    shell: Shell,
    ways: Vec<Way>,
    removed: bool,
    hidden: u64,
}

async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Trouble> {
    let removed = which.removed == "yes";
    let peers: Peers = visit.api.get("/peers").await?;
    let (gone, there): (Vec<Peer>, Vec<Peer>) = peers.items.into_iter().partition(|peer| peer.standing == "removed");
    let hidden = if removed { 0 } else { gone.len() as u64 };
    let shown = there.into_iter().chain(if removed { gone } else { Vec::new() });
    let ways = shown.map(|peer| Way::of(&visit, peer)).collect();
    Ok(ok(&ListPage { shell: visit.shell("Offices", HERE), ways, removed, hidden }))
}

/// Who this office is.
#[derive(Deserialize)]
struct Identity {
    name: String,
    code: String,
    addresses: Vec<String>,
}

impl Identity {
    fn picture(&self) -> Option<String> {
        qr(&self.code)
    }
}

#[derive(Template)]
#[template(path = "office_me.html")]
struct MePage {
    shell: Shell,
    id: Identity,
    /// What came of each address, when they were tried.
    tried: Vec<Tried>,
    wrong: Option<Wrong>,
}

async fn me_page(visit: &Visit, tried: Vec<Tried>, wrong: Option<Wrong>) -> Result<MePage, Trouble> {
    let id = visit.api.get("/id").await?;
    Ok(MePage { shell: visit.shell("This office’s id", HERE), id, tried, wrong })
}

async fn me(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&me_page(&visit, Vec::new(), None).await?))
}

async fn try_addresses(visit: Visit) -> Result<Response, Trouble> {
    Ok(match try_all(&visit).await? {
        Ok(tried) => ok(&me_page(&visit, tried, None).await?),
        Err(wrong) => unfit(&me_page(&visit, Vec::new(), Some(wrong)).await?),
    })
}

/// An invitation as the API gives it.
#[derive(Deserialize)]
struct Invite {
    invite: String,
    addresses: Vec<String>,
    expires_ms: i64,
}

#[derive(Template)]
#[template(path = "office_invite.html")]
struct InvitePage {
    shell: Shell,
    addresses: String,
    wrong: Option<Wrong>,
    made: Option<Made>,
}

/// An invitation as it is shown, once.
struct Made {
    invite: Invite,
    expires: When,
    picture: Option<String>,
}

async fn show_invite(visit: Visit) -> Result<Response, Trouble> {
    let id: Identity = visit.api.get("/id").await?;
    let shell = visit.shell("Invite an office", HERE);
    Ok(ok(&InvitePage { shell, addresses: id.addresses.join(", "), wrong: None, made: None }))
}

async fn invite(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let addresses = fields.text("addresses").to_owned();
    let parts = addresses.split([',', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let asked = json!({ "addresses": parts.collect::<Vec<_>>() });
    let shell = visit.shell("Invite an office", HERE);
    match visit.api.post::<Invite>("/peers/invite", &asked).await {
        Ok(invite) => {
            // Capital letters make a picture with fewer squares, and mean the same.
            let picture = qr(&invite.invite.to_uppercase());
            let made = Some(Made { expires: visit.clock.when(invite.expires_ms), picture, invite });
            Ok(ok(&InvitePage { shell, addresses, wrong: None, made }))
        }
        Err(problem) if problem.status == 422 => {
            let wrong = Some(Wrong::of(problem, &[("bad-address", "addresses"), ("no-address", "addresses")]));
            Ok(unfit(&InvitePage { shell, addresses, wrong, made: None }))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "office_accept.html")]
struct AcceptPage {
    shell: Shell,
    invite: String,
    wrong: Option<Wrong>,
}

fn accept_page(visit: &Visit, invite: &str, wrong: Option<Wrong>) -> AcceptPage {
    AcceptPage { shell: visit.shell("Take an invitation", HERE), invite: invite.to_owned(), wrong }
}

async fn show_accept(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&accept_page(&visit, "", None)))
}

const INVITE_FIELDS: [(&str, &str); 4] =
    [("bad-invite", "invite"), ("invite-expired", "invite"), ("own-office", "invite"), ("pairing-failed", "invite")];

async fn accept(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let invite: String = fields.raw("invite").split_whitespace().collect();
    if invite.is_empty() {
        return Ok(unfit(&accept_page(&visit, "", Some(Wrong::missing("invite", "Paste the invitation that the other office gave you")))));
    }
    match visit.api.post::<Peer>("/peers/accept", &json!({ "invite": invite })).await {
        Ok(peer) => Ok(go(&format!("/offices/{}/words", segment(&peer.office)), &format!("{} is there. Compare the words now", peer.name))),
        Err(problem) if matches!(problem.status, 404 | 409 | 422) => {
            Ok(unfit(&accept_page(&visit, &invite, Some(Wrong::of(problem, &INVITE_FIELDS)))))
        }
        Err(problem) => Err(problem.into()),
    }
}
