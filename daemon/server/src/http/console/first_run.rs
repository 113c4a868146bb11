//! What a new office needs, one question a page; each can be skipped, and the overview says what is still open.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::Console;
use super::form::Wrong;
use super::mails::is_set_up;
use super::reach::{Tried, try_all};
use super::shell::{Shell, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::http::answer::problem;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/first-run", get(begin)).route("/first-run/{step}", get(show).post(try_addresses))
}

/// Something that a new office still needs.
pub(super) struct Open {
    pub(super) words: &'static str,
    pub(super) place: &'static str,
}

/// What is still open, for administrators; nobody else can do anything about it.
pub(super) async fn open(visit: &Visit, reached: bool) -> Result<Vec<Open>, Trouble> {
    if !visit.me.user.administers {
        return Ok(Vec::new());
    }
    let mail = is_set_up(visit).await?;
    let all = [
        (visit.me.second_factor, "You have no second factor: your password alone opens the office", "/first-run/second-factor"),
        (reached, "Other offices do not know where to reach this one", "/first-run/addresses"),
        (mail, "Mail is not set up: nobody gets invitations or answers by mail", "/first-run/mail"),
    ];
    Ok(all.into_iter().filter(|(done, _, _)| !done).map(|(_, words, place)| Open { words, place }).collect())
}

/// The questions, in their order.
const STEPS: [&str; 4] = ["second-factor", "addresses", "mail", "backup"];

#[derive(Deserialize)]
struct Status {
    office: Office,
    daemon: Daemon,
}

#[derive(Deserialize)]
struct Office {
    addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Daemon {
    folder: String,
    listening: Option<String>,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "first_run.html")]
struct Page {
    shell: Shell,
    step: &'static str,
    number: usize,
    /// Where the next question is.
    next: String,
    status: Status,
    second_factor: bool,
    mail: bool,
    me: String,
    /// What came of each address, when they were tried.
    tried: Vec<Tried>,
    wrong: Option<Wrong>,
}

impl Page {
    /// Whether every address was tried and is one that offices elsewhere may reach.
    fn is_fine(&self) -> bool {
        !self.tried.is_empty() && self.tried.iter().all(Tried::is_fine)
    }
}

async fn begin() -> Response {
    Redirect::to("/first-run/second-factor").into_response()
}

fn missing() -> Trouble {
    problem(404, "no-such-place", "there is no such question", "begin at the first one").into()
}

async fn show(visit: Visit, Path(step): Path<String>) -> Result<Response, Trouble> {
    Ok(ok(&page(&visit, &step, Vec::new(), None).await?))
}

async fn try_addresses(visit: Visit, Path(step): Path<String>) -> Result<Response, Trouble> {
    if step != "addresses" {
        return Err(missing());
    }
    Ok(match try_all(&visit).await? {
        Ok(tried) => ok(&page(&visit, &step, tried, None).await?),
        Err(wrong) => unfit(&page(&visit, &step, Vec::new(), Some(wrong)).await?),
    })
}

async fn page(visit: &Visit, step: &str, tried: Vec<Tried>, wrong: Option<Wrong>) -> Result<Page, Trouble> {
    let place = STEPS.iter().position(|known| *known == step).ok_or_else(missing)?;
    let next = STEPS.get(place + 1).map_or_else(|| "/".to_owned(), |next| format!("/first-run/{next}"));
    Ok(Page {
        shell: visit.shell("Set up this office", "overview"),
        step: STEPS[place],
        number: place + 1,
        next,
        status: visit.api.get("/status").await?,
        second_factor: visit.me.second_factor,
        mail: is_set_up(visit).await?,
        me: visit.me.user.name.clone(),
        tried,
        wrong,
    })
}
