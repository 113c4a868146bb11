//! Asking for access to records: the request, what became of it, and the answer.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::links::level_words;
use super::sharing::Sharing;
use super::shell::{Shell, go, ok, unfit};
use super::shown::{When, tone};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

const HERE: &str = "requests";
/// Rows of one page.
const ROWS: usize = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/requests", get(list))
        .route("/requests/{number}", get(show))
        .route("/requests/{number}/grant", post(grant))
        .route("/requests/{number}/refuse", post(refuse))
        .route("/requests/{number}/withdraw", post(withdraw))
        .route("/clients/{id}/request", get(show_ask).post(ask))
}

/// A request as the API gives it.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    id: u64,
    record: String,
    /// `None` when the viewer may not know the record's name any more.
    name: Option<String>,
    requester: String,
    level: String,
    message: String,
    state: String,
    why: Option<String>,
    given: Option<String>,
    reason: String,
    answered_by: Option<String>,
    asked_ms: i64,
    answered_ms: Option<i64>,
    expires_ms: Option<i64>,
    may_answer: bool,
}

impl Asked {
    fn about(&self) -> &str {
        self.name.as_deref().unwrap_or("a record whose name is hidden from you")
    }

    fn level_words(&self) -> &'static str {
        level_words(&self.level)
    }

    fn given_words(&self) -> &'static str {
        level_words(self.given.as_deref().unwrap_or(&self.level))
    }

    fn is_waiting(&self) -> bool {
        self.state == "waiting"
    }

    fn state_words(&self) -> &'static str {
        match self.state.as_str() {
            "waiting" => "Waiting",
            "granted" => "Granted",
            "refused" => "Refused",
            "withdrawn" => "Taken back",
            "expired" => "Expired",
            _ => "Void",
        }
    }

    fn tone(&self) -> &'static str {
        tone(self.state_words())
    }

    /// What the state means, in a sentence.
    fn meaning(&self) -> String {
        let by = self.answered_by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        let said = match (self.state.as_str(), self.why.as_deref()) {
            ("waiting", _) => "nobody answered yet".to_owned(),
            ("granted", _) => format!("{} was given{by}", self.given_words()),
            ("refused", _) if self.reason.is_empty() => format!("it was refused{by}, without a reason"),
            ("refused", _) => format!("it was refused{by}: {}", self.reason),
            ("withdrawn", _) => "the one who asked took it back".to_owned(),
            ("expired", _) => "nobody answered in time; it can be asked for again".to_owned(),
            (_, Some("has-access")) => "the one who asked has access by now".to_owned(),
            (_, Some("requester-disabled")) => "the one who asked is disabled".to_owned(),
            _ => "the record can’t be had any more".to_owned(),
        };
        sentence(&said)
    }
}

#[derive(Deserialize)]
struct Requests {
    items: Vec<Asked>,
    next: Option<u64>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Which {
    list: String,
    after: String,
}

impl Which {
    fn is_mine(&self) -> bool {
        self.list == "mine"
    }

    fn is_all(&self) -> bool {
        self.list == "all"
    }
}

struct Row {
    asked: Asked,
    when: When,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct ListPage {
    shell: Shell,
    which: Which,
    rows: Vec<Row>,
    next: Option<String>,
}

async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Trouble> {
    let list = if which.is_mine() {
        "mine"
    } else if which.is_all() {
        "all"
    } else {
        "answer"
    };
    let kind = match list {
        "mine" => "&mine=true",
        "answer" => "&state=waiting",
        _ => "",
    };
    let after = if which.after.is_empty() { String::new() } else { format!("&after={}", segment(&which.after)) };
    let requests: Requests = visit.api.get(&format!("/requests?limit={ROWS}{kind}{after}")).await?;
    let shown = requests.items.into_iter().filter(|asked| list != "answer" || asked.may_answer);
    let rows = shown.map(|asked| Row { when: visit.clock.when(asked.asked_ms), asked }).collect();
    let next = requests.next.map(|after| format!("/requests?list={list}&after={after}"));
    Ok(ok(&ListPage { shell: visit.shell("Access requests", HERE), which, rows, next }))
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    shell: Shell,
    asked: Asked,
    when: When,
    answered: Option<When>,
    expires: Option<When>,
    is_mine: bool,
    typed: Fields,
    wrong: Option<Wrong>,
}

async fn request_page(visit: &Visit, number: u64, typed: Fields, wrong: Option<Wrong>) -> Result<RequestPage, Trouble> {
    let asked: Asked = visit.api.get(&format!("/requests/{number}")).await?;
    Ok(RequestPage {
        shell: visit.shell(&format!("Request for {}", asked.about()), HERE),
        when: visit.clock.when(asked.asked_ms),
        answered: visit.clock.maybe(asked.answered_ms),
        expires: visit.clock.maybe(asked.expires_ms),
        is_mine: asked.requester == visit.me.user.name,
        asked,
        typed,
        wrong,
    })
}

async fn show(visit: Visit, Path(number): Path<u64>) -> Result<Response, Trouble> {
    Ok(ok(&request_page(&visit, number, Fields::default(), None).await?))
}

async fn grant(visit: Visit, Path(number): Path<u64>, fields: Fields) -> Result<Response, Trouble> {
    match visit.api.post::<Asked>(&format!("/requests/{number}/grant"), &json!({ "level": fields.some("level") })).await {
        Ok(asked) => Ok(go("/requests", &format!("{} has {} of {} now", asked.requester, asked.given_words(), asked.about()))),
        Err(problem) if matches!(problem.status, 409 | 422) => {
            let wrong = Wrong::of(problem, &[("has-access", "level"), ("bad-level", "level")]);
            Ok(unfit(&request_page(&visit, number, fields, Some(wrong)).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn refuse(visit: Visit, Path(number): Path<u64>, fields: Fields) -> Result<Response, Trouble> {
    match visit.api.post::<Asked>(&format!("/requests/{number}/refuse"), &json!({ "reason": fields.text("reason") })).await {
        Ok(asked) => Ok(go("/requests", &format!("The request of {} for {} is refused", asked.requester, asked.about()))),
        Err(problem) if matches!(problem.status, 409 | 422) => {
            let wrong = Wrong::of(problem, &[("bad-text", "reason")]);
            Ok(unfit(&request_page(&visit, number, fields, Some(wrong)).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn withdraw(visit: Visit, Path(number): Path<u64>) -> Result<Response, Trouble> {
    visit.api.post::<Value>(&format!("/requests/{number}/withdraw"), &json!({})).await?;
    Ok(go("/requests?list=mine", "The request is taken back"))
}

#[derive(Template)]
#[template(path = "request_new.html")]
struct AskPage {
    shell: Shell,
    sharing: Sharing,
    /// Levels that are more than what one has.
    levels: Vec<(&'static str, &'static str)>,
    asked: Fields,
    wrong: Option<Wrong>,
}

async fn ask_page(visit: &Visit, id: &str, asked: Fields, wrong: Option<Wrong>) -> Result<AskPage, Trouble> {
    let sharing = Sharing::of(visit, id).await?;
    let all = [("read", "Read: view it"), ("write", "Write: view and edit it"), ("full-control", "Full Control: view, edit and share it")];
    let at = all.iter().position(|(level, _)| *level == sharing.access).map_or(0, |at| at + 1);
    let levels = all.into_iter().skip(at).collect();
    let title = if sharing.is_locked() { "Request access" } else { "Request more access" };
    Ok(AskPage { shell: visit.shell(title, "clients"), sharing, levels, asked, wrong })
}

async fn show_ask(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    Ok(ok(&ask_page(&visit, &id, Fields::default(), None).await?))
}

async fn ask(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let wanted = json!({ "level": fields.some("level"), "message": fields.text("message").replace("\r\n", "\n") });
    match visit.api.post::<Asked>(&format!("/records/{}/requests", segment(&id)), &wanted).await {
        Ok(asked) => Ok(go("/requests?list=mine", &format!("You asked for {} of {}: Waiting", asked.level_words(), asked.about()))),
        Err(problem) if matches!(problem.status, 409 | 422) || problem.code == "requesting-off" => {
            let wrong = Wrong::of(problem, &[("bad-text", "message"), ("bad-level", "level")]);
            Ok(unfit(&ask_page(&visit, &id, fields, Some(wrong)).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}
