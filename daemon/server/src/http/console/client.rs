//! One client: what the record says, who sees it and why, and sharing it with another office.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::copies::{CopyThere, copies};
use super::events::{Event, events};
use super::form::Fields;
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

/// A record as the API gives it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Client {
    pub(super) id: String,
    kind: String,
    pub(super) name: String,
    pub(super) access: String,
    #[serde(default)]
    pub(super) owner: String,
    #[serde(default)]
    connected_to: Vec<String>,
    #[serde(default)]
    offline: bool,
    #[serde(default)]
    unassigned: bool,
    #[serde(default)]
    pub(super) private: bool,
    #[serde(default)]
    status: String,
    #[serde(default)]
    deletion_ms: Option<i64>,
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    changed_ms: i64,
    #[serde(default)]
    fields: BTreeMap<String, Vec<Property>>,
    #[serde(default)]
    pub(super) related: Vec<Related>,
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    office_name: Option<String>,
    #[serde(default)]
    level: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Property {
    pub(super) name: String,
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
    fn is_copy(&self) -> bool {
        self.link.is_some()
    }

    fn owners(&self) -> String {
        self.connected_to.join(", ")
    }

    fn access_words(&self) -> &'static str {
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
    fn is_archived(&self) -> bool {
        matches!(self.status.as_str(), "archived" | "ended")
    }
}

/// What a record says in one line of the page: a word, and what stands there.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

/// Properties that say something about the card and nothing about the person.
const ABOUT_THE_CARD: [&str; 8] = ["FN", "N", "KIND", "UID", "REV", "PRODID", "VERSION", "PHOTO"];

fn label(property: &Property) -> String {
    let word = match property.name.as_str() {
        "EMAIL" => "E-mail",
        "TEL" => "Phone",
        "ADR" => "Address",
        "BDAY" => "Birthday",
        "ANNIVERSARY" => "Anniversary",
        "NOTE" => "Note",
        "ORG" => "Organisation",
        "TITLE" => "Title",
        "ROLE" => "Role",
        "URL" => "Web page",
        "NICKNAME" => "Nickname",
        "CATEGORIES" => "Categories",
        "LANG" => "Language",
        "GENDER" => "Gender",
        "IMPP" => "Messages",
        other => other,
    };
    format!("{word}{}", property.type_words())
}

impl Property {
    /// Of which type it is, such as ` (work)`; empty when it does not say.
    pub(super) fn type_words(&self) -> String {
        let kinds = self.params.iter().filter(|param| param.name.eq_ignore_ascii_case("TYPE")).flat_map(|param| &param.values);
        let kinds: Vec<String> =
            kinds.map(|kind| kind.to_lowercase()).filter(|kind| !matches!(kind.as_str(), "internet" | "pref")).collect();
        if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) }
    }
}

/// A value without the marks of vCard: parts of an address in a row, a day as a date.
fn value(property: &Property) -> String {
    let plain = |text: &str| text.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    match property.name.as_str() {
        "ADR" | "ORG" => {
            let parts = property.value.split(';').map(plain);
            parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(", ")
        }
        "BDAY" | "ANNIVERSARY" if property.value.len() == 8 && property.value.bytes().all(|byte| byte.is_ascii_digit()) => {
            let day = &property.value;
            format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..])
        }
        _ => plain(&property.value),
    }
}

/// What the fields of a record say, what is needed most first.
pub(super) fn facts(fields: &BTreeMap<String, Vec<Property>>) -> Vec<Fact> {
    let order = ["emails", "phones", "addresses", "organizations", "titles", "anniversaries"];
    let rank = |field: &str| order.iter().position(|name| *name == field).unwrap_or(order.len());
    let mut fields: Vec<(&String, &Vec<Property>)> = fields.iter().collect();
    fields.sort_by_key(|(field, _)| rank(field));
    let properties = fields.into_iter().flat_map(|(_, properties)| properties);
    let said = properties.filter(|property| !ABOUT_THE_CARD.contains(&property.name.as_str()));
    said.map(|property| Fact { label: label(property), value: value(property) }).collect()
}

#[derive(Template)]
#[template(path = "client.html")]
struct ClientPage {
    shell: Shell,
    client: Client,
    facts: Vec<Fact>,
    changed: When,
    deletion: Option<When>,
    /// Where its copies are, for whom is told that.
    copies: Option<Vec<CopyThere>>,
    events: Vec<Event>,
}

#[derive(Template)]
#[template(path = "client_locked.html")]
struct LockedPage {
    shell: Shell,
    client: Client,
    /// Whether a request of the viewer waits.
    waits: bool,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client: Client = one(&visit, &id).await?;
    let shell = visit.shell(&client.name, HERE);
    if client.access == "none" {
        let sharing = Sharing::of(&visit, &client.id).await?;
        let waits = sharing.request.is_some_and(|request| request.waiting.is_some());
        return Ok(ok(&LockedPage { shell, client, waits }));
    }
    let facts = facts(&client.fields);
    let copies = if client.is_copy() { None } else { copies(&visit, &client.id).await? };
    let events = if client.is_copy() { Vec::new() } else { events(&visit, "record", &client.id).await? };
    let (changed, deletion) = (visit.clock.when(client.changed_ms), visit.clock.maybe(client.deletion_ms));
    Ok(ok(&ClientPage { shell, facts, changed, deletion, client, copies, events }))
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
}

async fn explain(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client: Client = one(&visit, &id).await?;
    let people: Everybody = visit.api.get(&format!("/records/{}/explain", segment(&client.id))).await?;
    let shell = visit.shell(&format!("Who sees {}, and why", client.name), HERE);
    Ok(ok(&ExplainPage { shell, client, people: people.items }))
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
        lead: "The copy at the other office is removed, and its daemon answers with a signed receipt.",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, value: &str) -> Property {
        Property { name: name.to_owned(), params: Vec::new(), value: value.to_owned() }
    }

    #[test]
    fn what_a_card_says_is_written_as_people_write_it() {
        assert_eq!(value(&property("ADR", ";;Hafenstr. 3;Kiel;;24103;DE")), "Hafenstr. 3, Kiel, 24103, DE");
        assert_eq!(value(&property("BDAY", "19700412")), "1970-04-12");
        assert_eq!(value(&property("NOTE", "one\\ntwo\\, three")), "one\ntwo, three");
        assert_eq!(value(&property("BDAY", "ünüü")), "ünüü");
        let mut phone = property("TEL", "1");
        phone.params = vec![Param { name: "TYPE".to_owned(), values: vec!["CELL".to_owned(), "pref".to_owned()] }];
        assert_eq!(label(&phone), "Phone (cell)");
    }
}
