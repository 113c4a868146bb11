//! Users and specialists: who is here, who may share records with other offices, and what changes when that changes.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::link_new::{Offices, REQUEST_FIELDS};
use super::links::level_words;
use super::lists::{self, Part, ROWS, address, part};
use super::mails::is_set_up;
use super::plans::{Deed, Plan, stale};
use super::roles::permission_words;
use super::shell::{self, Shell, go, ok, unfit};
use super::shown::{When, capital, counted, tone};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

pub(super) const HERE: &str = "people";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/people", get(list))
        .route("/people/{name}", get(show))
        .route("/people/{name}/enable", get(ask_enable).post(enable))
        .route("/people/{name}/disable-sharing", get(ask_disable).post(disable))
}

/// A user as the API gives one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) account: String,
    pub(super) role: String,
    pub(super) state: String,
    pub(super) specialist: bool,
    pub(super) super_user: bool,
    pub(super) enterprise_view: bool,
    rights: Vec<String>,
    permissions: Vec<String>,
    pub(super) disabled: bool,
    invited_until_ms: Option<i64>,
    /// What the user owns; not told to whom it does not concern.
    records: Option<Owned>,
    /// Level of *Share All Clients with This User*, `none` for no share.
    all_clients: String,
}

/// Records in use that somebody owns.
#[derive(Clone, Debug, Deserialize)]
struct Owned {
    contacts: u64,
    businesses: u64,
    households: u64,
}

impl User {
    /// Whether no password was set yet.
    pub(super) fn is_inactive(&self) -> bool {
        self.state == "inactive"
    }

    /// Whether an invitation is open.
    pub(super) fn is_invited(&self) -> bool {
        self.invited_until_ms.is_some()
    }

    pub(super) fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// The level at which all clients are shared with the user.
    pub(super) fn all_clients(&self) -> &str {
        if self.all_clients.is_empty() { "none" } else { &self.all_clients }
    }

    /// The same in words; empty for none.
    pub(super) fn all_clients_words(&self) -> &'static str {
        if self.all_clients() == "none" { "" } else { level_words(&self.all_clients) }
    }

    fn tone(&self) -> &'static str {
        tone(&self.state)
    }

    /// The account type as people say it.
    pub(super) fn account_words(&self) -> &'static str {
        match self.account.as_str() {
            "admin" => "Administrator",
            "assistant" => "Assistant",
            _ => "Practitioner",
        }
    }

    /// Whether an account of this type owns clients.
    pub(super) fn owns_clients(&self) -> bool {
        self.account == "practitioner"
    }

    /// A permission of the role in words; sharing over links takes a right beside it.
    fn allows(&self, permission: &str) -> String {
        let condition = match permission {
            "exchange" if !self.specialist => " once Record Sharing is enabled",
            "all-clients" if self.specialist => " (not while Record Sharing is enabled)",
            _ => "",
        };
        format!("{}{condition}", permission_words(permission))
    }

    /// What the role allows, a phrase each.
    fn allowed(&self) -> String {
        let words: Vec<String> = self.permissions.iter().map(|name| self.allows(name)).collect();
        capital(&words.join("; "))
    }

    /// The records that the user owns, in words; a dash where that is not for whoever looks.
    pub(super) fn owned(&self) -> String {
        let Some(Owned { contacts, businesses, households }) = &self.records else { return "–".to_owned() };
        let all = [(contacts, "contact"), (businesses, "business"), (households, "household")];
        let words: Vec<String> = all.iter().filter(|(count, _)| **count > 0).map(|(count, noun)| counted(**count, noun)).collect();
        // A number and its word stay on one line.
        let words: Vec<String> = words.iter().map(|words| words.replace(' ', "\u{a0}")).collect();
        if words.is_empty() { "No record".to_owned() } else { words.join(", ") }
    }
}

/// A user of the office.
pub(super) async fn load(visit: &Visit, name: &str) -> Result<User, Problem> {
    visit.api.get(&format!("/users/{}", segment(name))).await
}

/// Everybody, by name; `None` when that is more than a page offers to choose from.
pub(super) async fn everybody(visit: &Visit) -> Result<Option<Vec<User>>, Problem> {
    lists::few(visit, "/users").await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sought {
    text: String,
    /// The place behind which the page begins.
    after: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct ListPage {
    shell: Shell,
    sought: Sought,
    users: Vec<User>,
    next: Option<String>,
    wrong: Option<Wrong>,
}

async fn list(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    let text = sought.text.trim();
    let place = address(&format!("/users?limit={ROWS}"), &[("text", text), ("after", &sought.after)]);
    let (Part { items, next }, wrong) = part(&visit, &place).await?;
    let next = next.map(|after| address("/people", &[("text", text), ("after", &after)]));
    let page = ListPage { shell: visit.shell("Users & specialists", HERE), sought, users: items, next, wrong };
    Ok(if page.wrong.is_some() { unfit(&page) } else { ok(&page) })
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    user: User,
    invited: Option<When>,
    /// Whether mails go out at all.
    mail: bool,
    proxies: Vec<Proxy>,
    /// Whether whoever looks is told of proxies.
    concerned: bool,
}

/// A proxy as the API gives it.
#[derive(Deserialize)]
pub(super) struct Proxy {
    pub(super) proxy: String,
    pub(super) owner: String,
    pub(super) since_ms: i64,
}

#[derive(Deserialize)]
struct Proxies {
    items: Vec<Proxy>,
}

/// Every proxy that whoever looks is told of.
pub(super) async fn all_proxies(visit: &Visit) -> Result<Vec<Proxy>, Problem> {
    let proxies: Proxies = visit.api.get("/proxies").await?;
    Ok(proxies.items)
}

/// The proxies that have to do with a user.
pub(super) async fn proxies_of(visit: &Visit, name: &str) -> Result<Vec<Proxy>, Problem> {
    let proxies: Proxies = visit.api.get(&format!("/users/{}/proxies", segment(name))).await?;
    Ok(proxies.items)
}

async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let concerned = visit.me.user.administers || visit.me.user.name == user.name;
    let proxies = if concerned { proxies_of(&visit, &user.name).await? } else { Vec::new() };
    let invited = visit.clock.maybe(user.invited_until_ms);
    let mail = visit.me.user.administers && is_set_up(&visit).await?;
    Ok(ok(&PersonPage { shell: visit.shell(&user.display_name, HERE), user, invited, mail, proxies, concerned }))
}

#[derive(Template)]
#[template(path = "enable.html")]
struct EnablePage {
    shell: Shell,
    user: User,
    asked: Fields,
    offices: Offices,
    plan: Plan,
    wrong: Option<Wrong>,
}

/// Who is to be asked for a link in the same step; the fields of *Quick Handshake*.
fn handshake(fields: &Fields, offices: &Offices) -> Result<Value, Wrong> {
    match (fields.text("office"), fields.text("user")) {
        ("", "") => Ok(json!({})),
        // It was filled in beforehand, and says nothing of what somebody wants.
        (office, "") if office == offices.only() && fields.text("purpose").is_empty() => Ok(json!({})),
        ("", _) => Err(Wrong::missing("office", "Enter the office of the person, or leave both fields empty")),
        (_, "") => Err(Wrong::missing("user", "Enter the user name of the person, or leave both fields empty")),
        (office, user) => Ok(json!({ "handshake": { "office": office, "user": user, "purpose": fields.text("purpose") } })),
    }
}

async fn enable_page(visit: &Visit, name: &str, asked: Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let user = load(visit, name).await?;
    let place = format!("/specialists/{}/enable/plan", segment(name));
    // What can't be planned with a handshake is planned without one, so that the form can be mended.
    let offices = Offices::of(visit).await;
    let body = handshake(&asked, &offices).unwrap_or(json!({}));
    let (plan, wrong) = match visit.api.post::<Plan>(&place, &body).await {
        Ok(plan) => (plan, wrong),
        Err(problem) if body != json!({}) && matches!(problem.status, 404 | 409 | 422) => {
            let wrong = Wrong::of(problem, &REQUEST_FIELDS);
            (visit.api.post(&place, &json!({})).await?, Some(wrong))
        }
        Err(problem) => return Err(problem.into()),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell(&format!("Enable Record Sharing for {}?", user.display_name), HERE);
    Ok(shell::page(&EnablePage { shell, user, asked, offices, plan, wrong }, status))
}

async fn ask_enable(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    enable_page(&visit, &name, Fields::default(), None).await
}

async fn enable(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let mut body = match handshake(&fields, &Offices::of(&visit).await) {
        Ok(body) => body,
        Err(wrong) => return enable_page(&visit, &name, fields, Some(wrong)).await,
    };
    let place = format!("/specialists/{}/enable", segment(&name));
    let plan: Plan = match visit.api.post(&format!("{place}/plan"), &body).await {
        Ok(plan) => plan,
        Err(problem) if matches!(problem.status, 404 | 409 | 422) => return enable_page(&visit, &name, fields, None).await,
        Err(problem) => return Err(problem.into()),
    };
    // A handshake that was filled in is part of what Yes was said to; all else must be as it was read.
    let bare: Plan = visit.api.post(&format!("{place}/plan"), &json!({})).await?;
    if ![&plan.id, &bare.id].contains(&&fields.text("plan").to_owned()) {
        return enable_page(&visit, &name, fields, Some(stale())).await;
    }
    body["plan"] = plan.id.into();
    let enabled: User = visit.api.post(&place, &body).await?;
    let asked = if fields.text("user").is_empty() {
        String::new()
    } else {
        format!("; {} at {} was asked for a link: Waiting", fields.text("user"), fields.text("office"))
    };
    Ok(go(&format!("/people/{}", segment(&enabled.name)), &format!("{} is a specialist now{asked}", enabled.display_name)))
}

async fn disabling(visit: &Visit, name: &str) -> Result<Deed, Trouble> {
    let user = load(visit, name).await?;
    let place = segment(&user.name);
    Ok(Deed {
        title: format!("Disable Record Sharing for {}?", user.display_name),
        here: HERE,
        lead: "Every link of this user ends, and what was shared over them is removed at the other offices.",
        yes: "Yes, disable Record Sharing",
        danger: true,
        api: format!("/specialists/{place}/disable"),
        body: json!({}),
        action: format!("/people/{place}/disable-sharing"),
        kept: Vec::new(),
        back: format!("/people/{place}"),
    })
}

async fn ask_disable(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    disabling(&visit, &name).await?.ask(&visit, None).await
}

async fn disable(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Disabled {
        name: String,
        display_name: String,
        links_ended: u64,
    }
    Ok(match disabling(&visit, &name).await?.carry_out::<Disabled>(&visit, &fields).await? {
        Ok(user) => {
            let text = format!("{} no longer shares records; {} ended", user.display_name, counted(user.links_ended, "link"));
            go(&format!("/people/{}", segment(&user.name)), &text)
        }
        Err(page) => page,
    })
}
