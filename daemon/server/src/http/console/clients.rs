//! The lists of clients: mine, and all that I may see, with what is shared with me by other offices.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::Console;
use super::client::Client;
use super::form::Wrong;
use super::inside::segment;
use super::lists::{ROWS, part};
use super::shell::{Shell, local, ok, unfit};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients", get(list)).route("/help/offline", get(help_offline))
}

#[derive(Default, Deserialize)]
struct Records {
    items: Vec<Client>,
    next: Option<String>,
    notes: Vec<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Sought {
    tab: String,
    text: String,
    kind: String,
    /// `me`, `nobody`, or anybody.
    responsible: String,
    archived: String,
    locked: String,
    after: String,
}

impl Sought {
    fn is_mine(&self) -> bool {
        self.tab != "all"
    }

    /// What the API is asked.
    fn api(&self, me: &str) -> String {
        let mut place = format!("/records?limit={ROWS}");
        if self.is_mine() {
            place.push_str("&mine=true");
        }
        let named = [("text", &self.text), ("kind", &self.kind), ("after", &self.after)];
        for (name, value) in named.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
            place.push_str(&format!("&{name}={}", segment(value.trim())));
        }
        match self.responsible.as_str() {
            "me" => place.push_str(&format!("&responsible={}", segment(me))),
            "nobody" => place.push_str("&no_responsible=true"),
            _ => {}
        }
        // Of a record that is known by its name one learns neither who owns it nor who is responsible.
        let locked = if self.responsible.is_empty() && !self.is_mine() { self.locked.as_str() } else { "" };
        for (name, on) in [("archived", self.archived.as_str()), ("locked", locked)] {
            if on == "yes" {
                place.push_str(&format!("&{name}=true"));
            }
        }
        place
    }

    /// The address of this list in the console, from its first row on or behind the row `after`.
    fn place(&self, tab: &str, after: &str) -> String {
        let all = [
            ("text", &*self.text),
            ("kind", &self.kind),
            ("responsible", &self.responsible),
            ("archived", &self.archived),
            ("locked", &self.locked),
            ("after", after),
        ];
        let mut place = format!("/clients?tab={tab}");
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            place.push_str(&format!("&{name}={}", segment(value)));
        }
        place
    }
}

#[derive(Template)]
#[template(path = "clients.html")]
struct Page {
    shell: Shell,
    sought: Sought,
    rows: Vec<Client>,
    next: Option<String>,
    notes: Vec<String>,
    requesting: bool,
    wrong: Option<Wrong>,
}

impl Page {
    /// Whether the asterisk stands in the list.
    fn has_offline(&self) -> bool {
        self.rows.iter().any(|row| row.offline)
    }

    fn is_filtered(&self) -> bool {
        let Sought { text, kind, responsible, archived, after, .. } = &self.sought;
        [text, kind, responsible, archived, after].iter().any(|value| !value.is_empty())
    }
}

#[derive(Deserialize)]
struct ClientAccess {
    requesting: bool,
    on: bool,
}

async fn list(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    let (records, wrong) = part::<Records>(&visit, &sought.api(&visit.me.user.name)).await?;
    let access: ClientAccess = visit.api.get("/client-access").await?;
    let shell = visit.shell(if sought.is_mine() { "My Clients" } else { "All Clients" }, "clients");
    let next = records.next.map(|after| sought.place(if sought.is_mine() { "mine" } else { "all" }, &after));
    let notes = records.notes.iter().map(|note| sentence(note)).collect();
    let page = Page { shell, sought, rows: records.items, next, notes, requesting: access.on && access.requesting, wrong };
    Ok(if page.wrong.is_some() { unfit(&page) } else { ok(&page) })
}

#[derive(Template)]
#[template(path = "help_offline.html")]
struct OfflinePage {
    shell: Shell,
    /// The page that led here.
    back: String,
}

#[derive(Deserialize)]
#[serde(default)]
struct From {
    from: String,
}

impl Default for From {
    fn default() -> Self {
        Self { from: "/clients".to_owned() }
    }
}

/// What the asterisk means.
async fn help_offline(visit: Visit, Query(From { from }): Query<From>) -> Response {
    ok(&OfflinePage { shell: visit.shell("What is available offline", "clients"), back: local(&from).to_owned() })
}
