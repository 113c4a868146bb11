//! What a specialist notes of the work with a contact that another office shares: on the page of the client, and the dialogs for it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use interoffice_core::actions::activities::{own_record, unknown};
use interoffice_core::domain::activity::{Kind, PER_COPY_MAX};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::client::{Client, one};
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::lists::{Part, address, part};
use super::shell::{Shell, go, ok, unfit};
use super::shown::When;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

const HERE: &str = "clients";
/// Activities of one page.
const LINES: usize = 10;
/// Fields of the form by the code of what is wrong with them.
const FIELDS: [(&str, &str); 4] = [("bad-subject", "subject"), ("bad-text", "text"), ("bad-time", "at"), ("bad-kind", "kind")];

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/clients/{id}/add-activity", get(ask).post(add))
        .route("/clients/{id}/activities/{activity}/remove", get(ask_remove).post(remove))
}

/// An activity as the API gives it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Activity {
    pub(super) id: String,
    kind: String,
    at_ms: i64,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Activity {
    /// What sort it is, for people.
    pub(super) fn kind_words(&self) -> &'static str {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == self.kind).map_or("Activity", Kind::words)
    }
}

/// The activities of the client on the page.
pub(super) struct Activities {
    pub(super) items: Vec<(Activity, When)>,
    /// Where the older ones are.
    pub(super) next: Option<String>,
    /// Whether these are not the latest.
    pub(super) older: bool,
    /// Why they can't be shown now.
    pub(super) wrong: Option<Wrong>,
}

/// Those of a copy behind a place, as the viewer noted them. What is wrong with them alone leaves the rest of the page as it is.
pub(super) async fn activities(visit: &Visit, client: &Client, after: &str) -> Result<Activities, Trouble> {
    let path = format!("/records/{}/activities?limit={LINES}", segment(&client.id));
    let (part, wrong) = match part::<Part<Activity>>(visit, &address(&path, &[("after", after)])).await {
        Ok(found) => found,
        Err(Trouble(problem)) if problem.status >= 500 => (Part::default(), Some(Wrong::of(problem, &[]))),
        Err(trouble) => return Err(trouble),
    };
    let items = part.items.into_iter().map(|activity| (activity.clone(), visit.clock.on_the_minute(activity.at_ms))).collect();
    Ok(Activities { items, next: part.next, older: !after.is_empty(), wrong })
}

#[derive(Template)]
#[template(path = "activity_add.html")]
struct AddPage {
    shell: Shell,
    client: Client,
    typed: Typed,
    /// The zone in which times are read.
    zone: String,
    wrong: Option<Wrong>,
}

/// What was typed into the form.
struct Typed {
    kind: String,
    at: String,
    subject: String,
    text: String,
}

impl AddPage {
    fn kinds(&self) -> [Kind; 5] {
        Kind::ALL
    }

    fn hint(&self) -> String {
        format!("Now, when left empty. Times are those of {}.", self.zone)
    }
}

/// The client, if another office shares it.
async fn copy(visit: &Visit, id: &str) -> Result<Client, Trouble> {
    let client = one(visit, id).await?;
    if client.is_copy() {
        return Ok(client);
    }
    Err(Problem::from(own_record()).into())
}

fn page(visit: &Visit, client: Client, typed: Typed, wrong: Option<Wrong>) -> AddPage {
    AddPage { shell: visit.shell("Add an activity", HERE), client, typed, zone: visit.me.time_zone.clone(), wrong }
}

async fn ask(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client = copy(&visit, &id).await?;
    let blank = String::new;
    let typed = Typed { kind: Kind::Call.as_str().to_owned(), at: blank(), subject: blank(), text: blank() };
    Ok(ok(&page(&visit, client, typed, None)))
}

async fn add(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = copy(&visit, &id).await?;
    let text = |name: &str| fields.text(name).to_owned();
    let typed = Typed { kind: text("kind"), at: text("at"), subject: text("subject"), text: fields.raw("text").replace("\r\n", "\n") };
    let at_ms = visit.clock.moment(&typed.at);
    let wrong = if at_ms.is_none() && !typed.at.is_empty() {
        Wrong::missing("at", "Enter a day and a time, such as 2026-03-01 09:30")
    } else if typed.subject.is_empty() {
        Wrong::missing("subject", "An activity has a subject: enter one")
    } else {
        let body = json!({ "kind": typed.kind, "at_ms": at_ms, "subject": typed.subject, "text": typed.text });
        match visit.api.post::<Value>(&format!("/records/{}/activities", segment(&client.id)), &body).await {
            Ok(_) => return Ok(go(&client.place(), "The activity is noted")),
            Err(problem) if mendable(&problem) && problem.status != 404 => Wrong::of(problem, &FIELDS),
            Err(problem) => return Err(problem.into()),
        }
    };
    Ok(unfit(&page(&visit, client, typed, Some(wrong))))
}

#[derive(Template)]
#[template(path = "activity_remove.html")]
struct RemovePage {
    shell: Shell,
    client: Client,
    activity: Activity,
    when: When,
}

async fn ask_remove(visit: Visit, Path((id, activity)): Path<(String, String)>) -> Result<Response, Trouble> {
    let client = copy(&visit, &id).await?;
    let all: Part<Activity> = visit.api.get(&format!("/records/{}/activities?limit={PER_COPY_MAX}", segment(&client.id))).await?;
    let activity = all.items.into_iter().find(|found| found.id == activity).ok_or_else(|| Problem::from(unknown()))?;
    let when = visit.clock.on_the_minute(activity.at_ms);
    Ok(ok(&RemovePage { shell: visit.shell("Remove an activity", HERE), client, activity, when }))
}

async fn remove(visit: Visit, Path((id, activity)): Path<(String, String)>) -> Result<Response, Trouble> {
    let client = copy(&visit, &id).await?;
    let path = format!("/records/{}/activities/{}", segment(&client.id), segment(&activity));
    visit.api.send::<Value>(Method::DELETE, &path, &json!({})).await?;
    Ok(go(&client.place(), "The activity is removed"))
}
