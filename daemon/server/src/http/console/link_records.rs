//! Many records over one link: which of my clients the other user gets, and which are taken back. What was ticked is kept from one page of
//! the list to the next.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::links::Link;
use super::plans::Deed;
use super::shell::{self, Shell, go};
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;

const HERE: &str = "links";
/// Rows of one page.
const ROWS: usize = 50;
/// Records that are ticked one by one at most: a form holds no more.
const TICKED_MAX: usize = 500;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/links/{link}/share", get(show_share).post(share))
        .route("/links/{link}/take-back", get(show_take_back).post(take_back))
}

/// What somebody chose, as it goes from form to form.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    records: Vec<String>,
    all: bool,
    private: bool,
    without_members: bool,
}

impl Chosen {
    /// What a form says was chosen.
    pub(super) fn of(fields: &Fields) -> Self {
        Self {
            records: split(fields.text("chosen")),
            all: fields.is_on("all"),
            private: fields.is_on("private"),
            without_members: fields.is_on("without_members"),
        }
    }

    /// The same with what was ticked on the page that was sent: what it showed and nobody ticked is not chosen any more.
    fn with_ticked(fields: &Fields) -> Self {
        let mut chosen = Self { all: false, ..Self::of(fields) };
        let (shown, ticked) = (split(fields.text("shown")), fields.all("record"));
        chosen.records.retain(|record| !shown.contains(record) || ticked.contains(record));
        let fresh: Vec<String> = ticked.into_iter().filter(|record| !chosen.records.contains(record)).collect();
        chosen.records.extend(fresh);
        chosen
    }

    /// What the API is asked for.
    pub(super) fn body(&self) -> Value {
        // A record that was named may be private: that is said yes to apart, on the page with the plan.
        let private = self.private || !self.all;
        let records: &[String] = if self.all { &[] } else { &self.records };
        json!({ "records": records, "all_mine": self.all, "include_private": private, "without_members": self.without_members })
    }

    /// The fields that say it again.
    pub(super) fn kept(&self) -> Vec<(&'static str, String)> {
        let ticks = [("all", self.all), ("private", self.private), ("without_members", self.without_members)];
        let ticks = ticks.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "yes".to_owned()));
        [("chosen", self.records.join(","))].into_iter().filter(|_| !self.all).chain(ticks).collect()
    }

    fn has(&self, record: &str) -> bool {
        self.records.iter().any(|chosen| chosen == record)
    }

    /// What is wrong with so many, or none.
    fn misfit(&self) -> Option<Wrong> {
        match self.records.len() {
            _ if self.all => None,
            0 => Some(Wrong::missing("", "No record is ticked: tick at least one, or choose all of them below the list")),
            many if many > TICKED_MAX => {
                let detail = format!("{many} records are ticked, and {TICKED_MAX} can be at once: do it in parts, or choose all of them");
                Some(Wrong { field: "", detail, remedy: String::new() })
            }
            _ => None,
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Which of the two things is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Share,
    TakeBack,
}

impl Way {
    fn place(self, link: &Link) -> String {
        format!("/links/{}/{}", segment(&link.link), if self == Self::Share { "share" } else { "take-back" })
    }
}

/// A record that can be chosen.
#[derive(Deserialize)]
struct Row {
    #[serde(alias = "record")]
    id: String,
    name: String,
    kind: String,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Rows {
    items: Vec<Row>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Page {
    shell: Shell,
    link: Link,
    way: Way,
    place: String,
    rows: Vec<Row>,
    next: Option<String>,
    chosen: Chosen,
    text: String,
    kind: String,
    wrong: Option<Wrong>,
}

impl Page {
    fn is_share(&self) -> bool {
        self.way == Way::Share
    }

    /// What this page shows, for the next to know what nobody ticked.
    fn shown(&self) -> String {
        self.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>().join(",")
    }
}

async fn link(visit: &Visit, id: &str) -> Result<Link, Trouble> {
    Ok(visit.api.get(&format!("/links/{}", segment(id))).await?)
}

/// The page of the list that begins behind `after`.
async fn rows(visit: &Visit, link: &Link, way: Way, fields: &Fields, after: &str) -> Result<Rows, Trouble> {
    let mut place = match way {
        Way::Share => format!("/records?mine=true&limit={ROWS}"),
        Way::TakeBack => format!("/links/{}/records?limit={ROWS}", segment(&link.link)),
    };
    let sought = [("text", fields.text("text")), ("kind", fields.text("kind"))].into_iter().filter(|_| way == Way::Share);
    for (name, value) in sought.chain([("after", after)]).filter(|(_, value)| !value.is_empty()) {
        place.push_str(&format!("&{name}={}", segment(value)));
    }
    let mut rows: Rows = visit.api.get(&place).await?;
    rows.items.retain(|row| row.state != "withdrawing");
    Ok(rows)
}

async fn choose(visit: &Visit, link: Link, way: Way, fields: &Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let chosen = Chosen::with_ticked(fields);
    let after = fields.text("do").strip_prefix("next:").unwrap_or_default();
    let (rows, wrong) = match rows(visit, &link, way, fields, after).await {
        Ok(rows) => (rows, wrong),
        Err(Trouble(problem)) if problem.status == 422 => {
            (Rows { items: Vec::new(), next: None }, Some(Wrong::of(problem, &[("bad-search", "text")])))
        }
        Err(trouble) => return Err(trouble),
    };
    let title = match way {
        Way::Share => format!("Share records with {} at {}", link.remote_user, link.office_name),
        Way::TakeBack => format!("Take records back from {} at {}", link.remote_user, link.office_name),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (shell, place) = (visit.shell(&title, HERE), way.place(&link));
    let (text, kind) = (fields.text("text").to_owned(), fields.text("kind").to_owned());
    Ok(shell::page(&Page { shell, link, way, place, rows: rows.items, next: rows.next, chosen, text, kind, wrong }, status))
}

/// What is done with what was chosen; `None` while somebody still chooses.
fn decided(fields: &Fields) -> Option<Chosen> {
    match fields.text("do") {
        "all" => Some(Chosen { all: true, ..Chosen::of(fields) }),
        "continue" => Some(Chosen::with_ticked(fields)),
        // From the page with the plan, or back from the preview: nothing is shown there to be ticked.
        "" if !fields.is_on("shown") => Some(Chosen::of(fields)),
        _ => None,
    }
}

async fn show_share(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    choose(&visit, link(&visit, &id).await?, Way::Share, &Fields::default(), None).await
}

async fn share(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Shared {
        added: u64,
        already: u64,
    }
    let link = link(&visit, &id).await?;
    let Some(chosen) = decided(&fields) else { return choose(&visit, link, Way::Share, &fields, None).await };
    if let Some(wrong) = chosen.misfit() {
        return choose(&visit, link, Way::Share, &fields, Some(wrong)).await;
    }
    let whose = format!("{} at {}", link.remote_user, link.office_name);
    let deed = Deed {
        title: if chosen.all { format!("Share all my clients with {whose}?") } else { format!("Share records with {whose}?") },
        here: HERE,
        lead: "",
        yes: "Yes, share",
        danger: false,
        api: format!("/links/{}/share", segment(&link.link)),
        body: chosen.body(),
        action: Way::Share.place(&link),
        kept: chosen.kept(),
        back: format!("/links/{}", segment(&link.link)),
    };
    Ok(match deed.carry_out::<Shared>(&visit, &fields).await? {
        Ok(shared) => {
            let before = if shared.already == 0 { String::new() } else { format!("; {} before", counted(shared.already, "record")) };
            go(&format!("/links/{}", segment(&link.link)), &format!("Shared {} with {whose}{before}", counted(shared.added, "record")))
        }
        Err(page) => page,
    })
}

async fn show_take_back(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    choose(&visit, link(&visit, &id).await?, Way::TakeBack, &Fields::default(), None).await
}

async fn take_back(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Unshared {
        withdrawn: u64,
    }
    let link = link(&visit, &id).await?;
    let Some(chosen) = decided(&fields) else { return choose(&visit, link, Way::TakeBack, &fields, None).await };
    if let Some(wrong) = chosen.misfit() {
        return choose(&visit, link, Way::TakeBack, &fields, Some(wrong)).await;
    }
    let whose = format!("{} at {}", link.remote_user, link.office_name);
    let deed = Deed {
        title: if chosen.all { format!("Take all records back from {whose}?") } else { format!("Take records back from {whose}?") },
        here: HERE,
        lead: "The copies at the other office are removed, and that office answers with a signed receipt. The link stays.",
        yes: "Yes, take them back",
        danger: true,
        api: format!("/links/{}/unshare", segment(&link.link)),
        body: chosen.body(),
        action: Way::TakeBack.place(&link),
        kept: chosen.kept(),
        back: format!("/links/{}", segment(&link.link)),
    };
    Ok(match deed.carry_out::<Unshared>(&visit, &fields).await? {
        Ok(unshared) => {
            let text = format!("{} taken back; the receipt follows when the copies are removed", counted(unshared.withdrawn, "record"));
            go(&format!("/links/{}", segment(&link.link)), &text)
        }
        Err(page) => page,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_was_ticked_is_kept_from_page_to_page() {
        let sent = fields(&[("chosen", "a,b,c"), ("shown", "b,c,d,e"), ("record", "c"), ("record", "e"), ("do", "next:x")]);
        assert!(decided(&sent).is_none());
        assert_eq!(Chosen::with_ticked(&sent).records, ["a", "c", "e"], "b was unticked, a stands on another page");
    }

    #[test]
    fn all_is_said_by_a_button_and_names_nothing() {
        let sent = fields(&[("chosen", "a"), ("shown", "b"), ("do", "all")]);
        let chosen = decided(&sent).unwrap();
        assert_eq!(chosen.body()["records"], json!([]));
        assert_eq!((&chosen.body()["all_mine"], &chosen.body()["include_private"]), (&json!(true), &json!(false)));
        assert_eq!(chosen.kept(), [("all", "yes".to_owned())]);
        assert!(Chosen::default().misfit().is_some());
    }
}
