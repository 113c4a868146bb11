//! The Shares dialog: which colleagues see a record, at which level. Nothing counts before OK.

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
use super::links::level_words;
use super::people::User;
use super::plans::{Plan, stale};
use super::shell::{self, Shell, go};
use super::trouble::Trouble;
use super::visit::Visit;

/// Field names of levels begin with this; the user name follows.
const LEVEL: &str = "level:";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients/{id}/shares", get(show).post(change))
}

/// Who has a record directly, as the API says.
#[derive(Deserialize)]
struct Shares {
    record: String,
    name: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    users: Vec<UserShare>,
    #[serde(default)]
    may_share: bool,
}

#[derive(Deserialize)]
struct UserShare {
    user: String,
    #[serde(default)]
    level: String,
}

/// A line of the dialog.
struct Line {
    user: String,
    /// What counts now; `none` for somebody who is only added to the list.
    now: String,
    /// What is chosen.
    level: String,
}

impl Line {
    fn now_words(&self) -> &'static str {
        level_words(&self.now)
    }

    fn is_new(&self) -> bool {
        self.now == "none"
    }
}

#[derive(Template)]
#[template(path = "shares.html")]
struct Page {
    shell: Shell,
    shares: Shares,
    lines: Vec<Line>,
    find: String,
    found: Option<Vec<User>>,
    plan: Option<Plan>,
    wrong: Option<Wrong>,
}

#[derive(Deserialize)]
struct Users {
    items: Vec<User>,
}

/// The lines as chosen: whoever was added last stands on top.
fn lines(shares: &Shares, fields: &Fields) -> Vec<Line> {
    let chosen = |user: &str| fields.some(&format!("{LEVEL}{user}"));
    let added = fields.0.iter().filter_map(|(name, level)| Some((name.strip_prefix(LEVEL)?, level)));
    let added = added.filter(|(user, _)| shares.users.iter().all(|share| share.user != *user));
    let added = added.map(|(user, level)| Line { user: user.to_owned(), now: "none".to_owned(), level: level.clone() });
    let there = shares.users.iter().map(|share| Line {
        user: share.user.clone(),
        now: share.level.clone(),
        level: chosen(&share.user).unwrap_or_else(|| share.level.clone()),
    });
    added.chain(there).collect()
}

fn changes(lines: &[Line]) -> Value {
    let changed = lines.iter().filter(|line| line.level != line.now);
    json!({ "changes": changed.map(|line| json!({ "user": line.user, "level": line.level })).collect::<Vec<_>>() })
}

async fn load(visit: &Visit, id: &str) -> Result<Shares, Trouble> {
    Ok(visit.api.get(&format!("/records/{}/shares", segment(id))).await?)
}

async fn page(visit: &Visit, shares: Shares, fields: &Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let lines = lines(&shares, fields);
    let asked = changes(&lines);
    let mut wrong = wrong;
    let plan = match asked["changes"].as_array().is_some_and(|changes| !changes.is_empty()) {
        true => match visit.api.post::<Plan>(&format!("/records/{}/shares/plan", segment(&shares.record)), &asked).await {
            Ok(plan) => Some(plan),
            Err(problem) if matches!(problem.status, 403 | 409 | 422) => {
                wrong = Some(Wrong::of(problem, &[]));
                None
            }
            Err(problem) => return Err(problem.into()),
        },
        false => None,
    };
    let find = fields.text("find").to_owned();
    let found = if find.is_empty() {
        None
    } else {
        let users: Users = visit.api.get(&format!("/users?text={}", segment(&find))).await?;
        Some(users.items)
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell(&format!("Shares of {}", shares.name), "clients");
    Ok(shell::page(&Page { shell, shares, lines, find, found, plan, wrong }, status))
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let shares = load(&visit, &id).await?;
    page(&visit, shares, &Fields::default(), None).await
}

async fn change(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Result<Response, Trouble> {
    let shares = load(&visit, &id).await?;
    match fields.text("do").split_once(':') {
        Some(("plus", user)) => {
            let name = format!("{LEVEL}{user}");
            if !fields.is_on(&name) {
                fields.0.insert(0, (name, "read".to_owned()));
            }
            fields.0.retain(|(name, _)| name != "find");
            return page(&visit, shares, &fields, None).await;
        }
        Some(("remove", user)) => {
            let name = format!("{LEVEL}{user}");
            let known = shares.users.iter().any(|share| share.user == user);
            fields.0.retain(|(found, _)| *found != name);
            if known {
                fields.0.push((name, "none".to_owned()));
            }
            return page(&visit, shares, &fields, None).await;
        }
        _ => {}
    }
    if fields.text("do") != "ok" {
        return page(&visit, shares, &fields, None).await;
    }
    let mut asked = changes(&lines(&shares, &fields));
    if asked["changes"].as_array().is_none_or(Vec::is_empty) {
        return Ok(go(&format!("/clients/{}", segment(&shares.record)), "Nothing changed"));
    }
    let place = format!("/records/{}/shares", segment(&shares.record));
    let plan: Plan = visit.api.post(&format!("{place}/plan"), &asked).await?;
    if plan.id != fields.text("plan") {
        let detail = if fields.text("plan").is_empty() { Wrong::missing("", "Read what will happen, then choose OK") } else { stale() };
        return page(&visit, shares, &fields, Some(detail)).await;
    }
    asked["plan"] = plan.id.into();
    visit.api.post::<Value>(&place, &asked).await?;
    Ok(go(&format!("/clients/{}", segment(&shares.record)), &format!("The shares of {} are changed", shares.name)))
}
