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
use super::links::level_words;
use super::plans::{Deed, Plan, stale};
use super::shell::{self, Shell, go, ok};
use super::shown::{counted, tone};
use super::trouble::Trouble;
use super::visit::Visit;

const HERE: &str = "people";

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
    email: String,
    account: String,
    role: String,
    state: String,
    specialist: bool,
    rights: Vec<String>,
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    disabled: bool,
    /// Level of *Share All Clients with This User*, `none` for no share.
    #[serde(default)]
    all_clients: String,
}

impl User {
    pub(super) fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// Whether the account is one that owns clients.
    pub(super) fn owns_clients(&self) -> bool {
        !matches!(self.account.as_str(), "admin" | "assistant")
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
    fn account_words(&self) -> &'static str {
        match self.account.as_str() {
            "admin" => "Administrator",
            "assistant" => "Assistant",
            _ => "Practitioner",
        }
    }
}

#[derive(Deserialize)]
struct Users {
    items: Vec<User>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sought {
    text: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct ListPage {
    shell: Shell,
    text: String,
    users: Vec<User>,
}

async fn list(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    let place = if sought.text.trim().is_empty() { "/users".to_owned() } else { format!("/users?text={}", segment(sought.text.trim())) };
    let users: Users = visit.api.get(&place).await?;
    Ok(ok(&ListPage { shell: visit.shell("Users & specialists", HERE), text: sought.text, users: users.items }))
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    user: User,
}

async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user: User = visit.api.get(&format!("/users/{}", segment(&name))).await?;
    Ok(ok(&PersonPage { shell: visit.shell(&user.display_name, HERE), user }))
}

#[derive(Template)]
#[template(path = "enable.html")]
struct EnablePage {
    shell: Shell,
    user: User,
    asked: Fields,
    plan: Plan,
    wrong: Option<Wrong>,
}

/// Who is to be asked for a link in the same step; the fields of *Quick Handshake*.
fn handshake(fields: &Fields) -> Result<Value, Wrong> {
    match (fields.text("office"), fields.text("user")) {
        ("", "") => Ok(json!({})),
        ("", _) => Err(Wrong::missing("office", "Enter the office of the person, or leave both fields empty")),
        (_, "") => Err(Wrong::missing("user", "Enter the user name of the person, or leave both fields empty")),
        (office, user) => Ok(json!({ "handshake": { "office": office, "user": user, "purpose": fields.text("purpose") } })),
    }
}

async fn enable_page(visit: &Visit, name: &str, asked: Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let user: User = visit.api.get(&format!("/users/{}", segment(name))).await?;
    let place = format!("/specialists/{}/enable/plan", segment(name));
    // What can't be planned with a handshake is planned without one, so that the form can be mended.
    let body = handshake(&asked).unwrap_or(json!({}));
    let (plan, wrong) = match visit.api.post::<Plan>(&place, &body).await {
        Ok(plan) => (plan, wrong),
        Err(problem) if body != json!({}) && matches!(problem.status, 404 | 409 | 422) => {
            let wrong = Wrong::of(problem, &[("unknown-office", "office"), ("unknown-peer", "office"), ("bad-user-name", "user")]);
            (visit.api.post(&place, &json!({})).await?, Some(wrong))
        }
        Err(problem) => return Err(problem.into()),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell(&format!("Enable Record Sharing for {}?", user.display_name), HERE);
    Ok(shell::page(&EnablePage { shell, user, asked, plan, wrong }, status))
}

async fn ask_enable(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    enable_page(&visit, &name, Fields::default(), None).await
}

async fn enable(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let mut body = match handshake(&fields) {
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
    let user: User = visit.api.get(&format!("/users/{}", segment(name))).await?;
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
