//! One client: what the record says, who sees it and why, and sharing it with another office.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::activities::{Activities, activities};
use super::copies::{CopyThere, copies, holders};
use super::events::{Events, Older, events};
use super::facts::{Fact, facts};
use super::form::Fields;
use super::household::Household;
use super::inside::segment;
use super::links::{Link, active, level_words};
use super::plans::Deed;
use super::sharing::Sharing;
use super::shell::{Shell, go, ok};
use super::shown::{When, counted};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

const HERE: &str = "clients";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/clients/{id}", get(show))
        .route("/clients/{id}/explain", get(explain))
        .route("/clients/{id}/share", get(choose_link).post(share))
        .route("/clients/{id}/unshare/{link}", get(ask_unshare).post(unshare))
}

/// A record as the API gives it, an own one or a copy, alone or in a list; of one that may be asked for, no more than its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// `none` for a record of which the name alone is shown.
    pub(super) access: String,
    pub(super) owner: String,
    pub(super) connected_to: Vec<String>,
    pub(super) offline: bool,
    pub(super) unassigned: bool,
    pub(super) private: bool,
    pub(super) status: String,
    deletion_ms: Option<i64>,
    pub(super) version: String,
    changed_ms: i64,
    fields: BTreeMap<String, Vec<Property>>,
    pub(super) related: Vec<Related>,
    #[serde(flatten)]
    household: Household,
    pub(super) link: Option<String>,
    pub(super) office_name: Option<String>,
    level: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Property {
    pub(super) name: String,
    /// What ties it to others of the card; empty for none.
    #[serde(default)]
    pub(super) group: String,
    pub(super) params: Vec<Param>,
    pub(super) value: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Related {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) status: String,
    pub(super) detail: String,
}

/// One of the records that the API gives, by its id.
pub(super) async fn one(visit: &Visit, id: &str) -> Result<Client, Trouble> {
    Ok(visit.api.get(&format!("/records/{}", segment(id))).await?)
}

impl Client {
    /// Whether another office owns it.
    pub(super) fn is_copy(&self) -> bool {
        self.link.is_some()
    }

    /// Everybody who is connected to it, the owner first.
    pub(super) fn owners(&self) -> String {
        self.connected_to.join(", ")
    }

    /// Whether the name alone is shown.
    pub(super) fn is_locked(&self) -> bool {
        self.access == "none"
    }

    /// What the viewer may do with it.
    pub(super) fn access_words(&self) -> &'static str {
        level_words(self.level.as_deref().unwrap_or(&self.access))
    }

    /// Every property.
    pub(super) fn properties(&self) -> impl Iterator<Item = &Property> + Clone {
        self.fields.values().flatten()
    }

    /// Where its page is.
    pub(super) fn place(&self) -> String {
        format!("/clients/{}", segment(&self.id))
    }

    fn may_edit(&self) -> bool {
        !self.is_copy() && matches!(self.access.as_str(), "write" | "full-control")
    }

    fn may_share(&self) -> bool {
        !self.is_copy() && self.access == "full-control"
    }

    /// Whether it is out of use.
    pub(super) fn is_archived(&self) -> bool {
        matches!(self.status.as_str(), "archived" | "ended")
    }
}

#[derive(Template)]
#[template(path = "client.html")]
struct ClientPage {
    shell: Shell,
    client: Client,
    facts: Vec<Fact>,
    changed: When,
    deletion: Option<When>,
    /// What the viewer noted of a copy.
    activities: Option<Activities>,
    /// Where its copies are, for whom is told that.
    copies: Option<Vec<CopyThere>>,
    events: Option<Events>,
}

#[derive(Template)]
#[template(path = "client_locked.html")]
struct LockedPage {
    shell: Shell,
    client: Client,
    /// Whether a request of the viewer waits.
    waits: bool,
}

/// Which activities the address names: those behind a place.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Behind {
    activities: String,
}

async fn show(visit: Visit, Path(id): Path<String>, Query(older): Query<Older>, Query(behind): Query<Behind>) -> Result<Response, Trouble> {
    let client: Client = one(&visit, &id).await?;
    let shell = visit.shell(&client.name, HERE);
    if client.is_locked() {
        let sharing = Sharing::of(&visit, &client.id).await?;
        let waits = sharing.request.is_some_and(|request| request.waiting.is_some());
        return Ok(ok(&LockedPage { shell, client, waits }));
    }
    let facts = facts(&client.fields);
    let noted = if client.is_copy() { Some(activities(&visit, &client, &behind.activities).await?) } else { None };
    let copies = if client.is_copy() { None } else { copies(&visit, &client.id).await? };
    let told = !client.is_copy() && (client.may_share() || visit.me.user.administers);
    let path = format!("/records/{}", segment(&client.id));
    let events = if told { events(&visit, &path, client.place(), &older).await? } else { None };
    let events = events.map(|events| Events { beside_copies: copies.is_some(), ..events });
    let (changed, deletion) = (visit.clock.when(client.changed_ms), visit.clock.maybe(client.deletion_ms));
    Ok(ok(&ClientPage { shell, facts, changed, deletion, client, activities: noted, copies, events }))
}

/// Somebody who sees the record, and why.
#[derive(Deserialize)]
struct Explained {
    user: String,
    level: String,
    #[serde(default)]
    disabled: bool,
    because: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    level: String,
    because: String,
}

impl Explained {
    fn level_words(&self) -> &'static str {
        level_words(&self.level)
    }

    /// A reason; with its level where that is another than the one which stands beside it.
    fn why(&self, reason: &Reason) -> String {
        let because = sentence(&reason.because);
        if reason.level == self.level { because } else { format!("{}: {because}", level_words(&reason.level)) }
    }
}

#[derive(Deserialize)]
struct Everybody {
    items: Vec<Explained>,
}

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage {
    shell: Shell,
    client: Client,
    people: Vec<Explained>,
    /// Who has a copy at another office, for whom is told that.
    holders: Option<Vec<String>>,
}

async fn explain(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client: Client = one(&visit, &id).await?;
    let holders = holders(&visit, &client.id).await?;
    let people: Everybody = visit.api.get(&format!("/records/{}/explain", segment(&client.id))).await?;
    let shell = visit.shell(&format!("Who sees {}, and why", client.name), HERE);
    Ok(ok(&ExplainPage { shell, client, people: people.items, holders }))
}

#[derive(Template)]
#[template(path = "share.html")]
struct SharePage {
    shell: Shell,
    client: Client,
    links: Vec<Link>,
}

async fn choose_link(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client: Client = one(&visit, &id).await?;
    let links = active(&visit.api).await?;
    let shell = visit.shell(&format!("Share {} with another office", client.name), HERE);
    Ok(ok(&SharePage { shell, client, links }))
}

async fn share(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Shared {
        added: u64,
    }
    let client: Client = one(&visit, &id).await?;
    let link: Link = visit.api.get(&format!("/links/{}", segment(fields.text("link")))).await?;
    let place = segment(&client.id);
    let deed = Deed {
        title: format!("Share {} with {} at {}?", client.name, link.remote_user, link.office_name),
        here: HERE,
        lead: "",
        yes: "Yes, share",
        danger: false,
        api: format!("/links/{}/share", segment(&link.link)),
        body: json!({ "records": [client.id], "include_private": client.private }),
        action: format!("/clients/{place}/share"),
        kept: vec![("link", link.link.clone()), ("chosen", client.id.clone()), ("private", "yes".to_owned())],
        back: format!("/clients/{place}"),
    };
    Ok(match deed.carry_out::<Shared>(&visit, &fields).await? {
        Ok(shared) => {
            let text = format!("{} with {} at {}", counted(shared.added, "record"), link.remote_user, link.office_name);
            go(&format!("/clients/{place}"), &format!("Shared {text}"))
        }
        Err(page) => page,
    })
}

async fn taking_back(visit: &Visit, id: &str, link: &str) -> Result<Deed, Trouble> {
    let client: Client = one(visit, id).await?;
    let link: Link = visit.api.get(&format!("/links/{}", segment(link))).await?;
    let place = segment(&client.id);
    Ok(Deed {
        title: format!("Take {} back from {} at {}?", client.name, link.remote_user, link.office_name),
        here: HERE,
        lead: "The copy at the other office is removed, and that office answers with a signed receipt.",
        yes: "Yes, take it back",
        danger: true,
        api: format!("/links/{}/unshare", segment(&link.link)),
        body: json!({ "records": [client.id] }),
        action: format!("/clients/{place}/unshare/{}", segment(&link.link)),
        kept: Vec::new(),
        back: format!("/links/{}", segment(&link.link)),
    })
}

async fn ask_unshare(visit: Visit, Path((id, link)): Path<(String, String)>) -> Result<Response, Trouble> {
    taking_back(&visit, &id, &link).await?.ask(&visit, None).await
}

async fn unshare(visit: Visit, Path((id, link)): Path<(String, String)>, fields: Fields) -> Result<Response, Trouble> {
    let deed = taking_back(&visit, &id, &link).await?;
    Ok(match deed.carry_out::<Value>(&visit, &fields).await? {
        Ok(_) => go(&format!("/links/{}", segment(&link)), "Taken back; the receipt follows when the copy is removed"),
        Err(page) => page,
    })
}
