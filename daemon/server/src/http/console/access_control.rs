//! Access Control of a client: who owns it, whether all practitioners have it, and which ones by name.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::links::level_words;
use super::lists::Choice;
use super::people::{User, everybody};
use super::plans::Deed;
use super::sharing::Sharing;
use super::shell::{Shell, go, ok, unfit};
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;

const HERE: &str = "clients";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients/{id}/access", get(show)).route("/clients/{id}/owner", post(give_away))
}

#[derive(Template)]
#[template(path = "access_control.html")]
struct Page {
    shell: Shell,
    shares: Sharing,
    /// Who may own clients, but for who owns this one.
    choice: Choice,
    /// Whether the viewer may give it to another owner.
    may_give: bool,
    asked: Fields,
    wrong: Option<Wrong>,
}

impl Page {
    fn office_words(&self) -> &'static str {
        level_words(&self.shares.whole_office)
    }

    fn named_words(&self) -> String {
        let Sharing { users, groups, .. } = &self.shares;
        match (users.len(), groups.len()) {
            (0, 0) => "nobody".to_owned(),
            (users, 0) => counted(users as u64, "user"),
            (0, groups) => counted(groups as u64, "group"),
            (users, groups) => format!("{} and {}", counted(users as u64, "user"), counted(groups as u64, "group")),
        }
    }
}

async fn page(visit: &Visit, shares: Sharing, asked: Fields, wrong: Option<Wrong>) -> Result<Page, Trouble> {
    let may_own = |user: &User| user.owns_clients() && !user.is_disabled() && user.name != shares.owner;
    Ok(Page {
        shell: visit.shell(&format!("Access Control of {}", shares.name), HERE),
        choice: Choice::of(visit, everybody(visit).await?, &asked, may_own).await?,
        may_give: shares.owner == visit.me.user.name || visit.me.user.administers,
        shares,
        asked,
        wrong,
    })
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let shares = Sharing::of(&visit, &id).await?;
    Ok(ok(&page(&visit, shares, Fields::default(), None).await?))
}

fn giving(shares: &Sharing, owner: &str, keep: &str) -> Deed {
    Deed {
        title: format!("Give {} to {owner}?", shares.name),
        here: HERE,
        lead: "",
        yes: "Yes, change the owner",
        danger: false,
        api: format!("/records/{}/owner", segment(&shares.record)),
        body: json!({ "owner": owner, "keep": keep }),
        action: format!("{}/owner", shares.place()),
        kept: vec![("owner", owner.to_owned()), ("keep", keep.to_owned())],
        back: format!("{}/access", shares.place()),
    }
}

/// What a new owner can be wrong for.
const WRONG: [(&str, &str); 6] = [
    ("unknown-user", "owner"),
    ("bad-user-name", "owner"),
    ("already-owner", "owner"),
    ("user-disabled", "owner"),
    ("assistant", "owner"),
    ("owns-no-clients", "owner"),
];

async fn give_away(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Transferred {
        owner: String,
        copies: u64,
    }
    let shares = Sharing::of(&visit, &id).await?;
    if Choice::is_sought(&fields) {
        return Ok(ok(&page(&visit, shares, fields, None).await?));
    }
    let (owner, keep) = (fields.text("owner").to_owned(), fields.some("keep").unwrap_or_else(|| "none".to_owned()));
    if owner.is_empty() {
        let wrong = Wrong::missing("owner", "Choose the new owner");
        return Ok(unfit(&page(&visit, shares, fields, Some(wrong)).await?));
    }
    match giving(&shares, &owner, &keep).carry_out::<Transferred>(&visit, &fields).await {
        Ok(Ok(given)) => {
            let gone =
                if given.copies == 0 { String::new() } else { format!("; {} at other offices removed", counted(given.copies, "copy")) };
            let place = after(&visit, &shares.record).await;
            Ok(go(&place, &format!("{} owns {} now{gone}", given.owner, shares.name)))
        }
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if WRONG.iter().any(|(code, _)| *code == problem.code) => {
            Ok(unfit(&page(&visit, shares, fields, Some(Wrong::of(problem, &WRONG))).await?))
        }
        Err(trouble) => Err(trouble),
    }
}

/// Where to go on once access to a record changed: who gave away his or her own has no page of it any more.
pub(super) async fn after(visit: &Visit, record: &str) -> String {
    match super::client::one(visit, record).await {
        Ok(_) => format!("/clients/{}", segment(record)),
        Err(_) => "/clients".to_owned(),
    }
}
