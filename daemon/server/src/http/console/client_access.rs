//! Client access settings, and sharing all clients with one user: for administrators.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::people::User;
use super::plans::Deed;
use super::shell::{Shell, go, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;

const HERE: &str = "client-access";
/// The switches, by their names in the form and in the API.
const SWITCHES: [&str; 3] = ["on", "requesting", "sharing"];

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/client-access", get(show).post(change)).route("/people/{name}/all-clients", get(ask_all).post(share_all))
}

#[derive(Deserialize)]
struct ClientAccess {
    on: bool,
    requesting: bool,
    sharing: bool,
    office_security: bool,
}

impl ClientAccess {
    fn is(&self, switch: &str) -> bool {
        match switch {
            "on" => self.on,
            "requesting" => self.requesting,
            _ => self.sharing,
        }
    }
}

#[derive(Template)]
#[template(path = "client_access.html")]
struct Page {
    shell: Shell,
    access: ClientAccess,
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    let access = visit.api.get("/client-access").await?;
    Ok(ok(&Page { shell: visit.shell("Client access settings", HERE), access }))
}

async fn change(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let access: ClientAccess = visit.api.get("/client-access").await?;
    let mut body = serde_json::Map::new();
    for switch in SWITCHES {
        let wanted = fields.is_on(switch);
        if wanted != access.is(switch) {
            body.insert(switch.to_owned(), wanted.into());
        }
    }
    if body.is_empty() {
        return Ok(go("/client-access", "Nothing changed"));
    }
    let kept = SWITCHES.into_iter().filter(|switch| fields.is_on(switch)).map(|switch| (switch, "yes".to_owned()));
    let deed = Deed {
        title: "Change client access settings?".to_owned(),
        here: HERE,
        lead: "Read what this changes for the users of this office, and what stays.",
        yes: "Yes, change the settings",
        danger: false,
        api: "/client-access".to_owned(),
        body: Value::Object(body),
        action: "/client-access".to_owned(),
        kept: kept.collect(),
        back: "/client-access".to_owned(),
    };
    Ok(match deed.carry_out::<Value>(&visit, &fields).await? {
        Ok(_) => go("/client-access", "The client access settings are changed"),
        Err(page) => page,
    })
}

#[derive(Template)]
#[template(path = "all_clients.html")]
struct AllPage {
    shell: Shell,
    user: User,
    asked: Fields,
    wrong: Option<Wrong>,
}

impl AllPage {
    /// The level that is chosen, at first the one that counts.
    fn chosen(&self) -> &str {
        match self.asked.text("level") {
            "" => self.user.all_clients(),
            level => level,
        }
    }
}

async fn all_page(visit: &Visit, name: &str, asked: Fields, wrong: Option<Wrong>) -> Result<AllPage, Trouble> {
    let user: User = visit.api.get(&format!("/users/{}", segment(name))).await?;
    Ok(AllPage { shell: visit.shell("Share All Clients with This User", "people"), user, asked, wrong })
}

async fn ask_all(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    Ok(ok(&all_page(&visit, &name, Fields::default(), None).await?))
}

async fn share_all(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let user: User = visit.api.get(&format!("/users/{}", segment(&name))).await?;
    let place = format!("/people/{}", segment(&user.name));
    let level = fields.text("level").to_owned();
    if level == user.all_clients() {
        return Ok(go(&place, "Nothing changed"));
    }
    let deed = Deed {
        title: if level == "none" {
            format!("No longer share all clients with {}?", user.display_name)
        } else {
            format!("Share all clients with {}?", user.display_name)
        },
        here: "people",
        lead: "",
        yes: "Yes, save",
        danger: false,
        api: format!("/users/{}/all-clients", segment(&user.name)),
        body: json!({ "level": level }),
        action: format!("{place}/all-clients"),
        kept: vec![("level", level.clone())],
        back: place.clone(),
    };
    match deed.carry_out::<Value>(&visit, &fields).await {
        Ok(Ok(_)) => Ok(go(&place, &format!("What {} has of all clients is changed", user.display_name))),
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if matches!(problem.code.as_str(), "right-excluded" | "assistant" | "bad-level" | "user-disabled") => {
            let wrong = Wrong::of(problem, &[("bad-level", "level"), ("assistant", "level")]);
            Ok(unfit(&all_page(&visit, &name, fields, Some(wrong)).await?))
        }
        Err(trouble) => Err(trouble),
    }
}
