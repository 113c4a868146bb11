//! A new client: what is known of it, whom it is assigned to, and a second look when it may be here already.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::card_form::CardForm;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::lists::Choice;
use super::people::{User, everybody, load};
use super::shell::{Shell, go, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;

/// Up to how many users are offered as boxes to tick; in a bigger office their names are typed.
const TICKS_MAX: usize = 40;
/// Stands for nobody among those who may be responsible.
const NOBODY: &str = "-";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients/new", get(show).post(create))
}

#[derive(Deserialize)]
struct Access {
    office_security: bool,
}

#[derive(Deserialize)]
struct Settings {
    ask_responsible: bool,
}

/// A record that looks like the new one.
#[derive(Deserialize)]
struct Duplicate {
    record: String,
    name: String,
    by: String,
}

#[derive(Deserialize)]
struct Created {
    /// `None` while nobody confirmed the warnings.
    record: Option<String>,
    name: String,
    #[serde(default)]
    warnings: Vec<Duplicate>,
}

#[derive(Template)]
#[template(path = "client_new.html")]
struct Page {
    shell: Shell,
    form: CardForm,
    asked: Fields,
    /// Who may be responsible.
    choice: Choice,
    /// Those whom it may be assigned to, as boxes to tick; none where their names are typed.
    ticks: Vec<User>,
    /// Whether it has to be said whom it is assigned to.
    assigns: bool,
    /// Whether it has to be said who is responsible.
    asks_responsible: bool,
    /// Whether the client may be made for somebody else.
    for_others: bool,
    warnings: Vec<Duplicate>,
    wrong: Option<Wrong>,
}

impl Page {
    /// Whether the user can be ticked beside the owner, who has the record anyway.
    fn is_further(&self, user: &str) -> bool {
        let owner = if self.for_others { self.asked.text("responsible") } else { &self.shell.me.name };
        user != owner
    }

    /// Whether this answer to whom it is assigned is chosen: from the start the one by which the fewest see the record.
    fn is_whom(&self, answer: &str) -> bool {
        let chosen = self.asked.text("whom");
        answer == if chosen.is_empty() { "owner" } else { chosen }
    }

    fn is_assigned(&self, user: &str) -> bool {
        self.asked.all("assign").iter().any(|name| name == user)
    }
}

async fn page(visit: &Visit, asked: Fields, warnings: Vec<Duplicate>, wrong: Option<Wrong>) -> Result<Page, Trouble> {
    let me = load(visit, &visit.me.user.name).await?;
    let for_others = visit.me.user.administers || !me.owns_clients();
    let everybody = everybody(visit).await?.map(|users| users.into_iter().filter(|user| !user.is_disabled()).collect::<Vec<_>>());
    let ticks = everybody.clone().filter(|users| users.len() <= TICKS_MAX).unwrap_or_default();
    let offered = if for_others { everybody } else { Some(vec![me]) };
    let access: Access = visit.api.get("/client-access").await?;
    let settings: Settings = visit.api.get("/settings").await?;
    Ok(Page {
        shell: visit.shell("New client", "clients"),
        form: CardForm::of(std::iter::empty(), &asked),
        choice: Choice::of(visit, offered, &asked, |user| user.owns_clients() && !user.is_disabled()).await?,
        asked,
        ticks,
        assigns: access.office_security,
        asks_responsible: settings.ask_responsible,
        for_others,
        warnings,
        wrong,
    })
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&page(&visit, Fields::default(), Vec::new(), None).await?))
}

/// The users whom it is assigned to as ticked or typed; `None` when nobody was asked, an empty list for nobody.
fn assigned(fields: &Fields, owner: &str) -> Option<Vec<String>> {
    match fields.text("whom") {
        _ if fields.text("responsible") == NOBODY => return Some(Vec::new()),
        "nobody" => return Some(Vec::new()),
        "owner" => return Some(vec![owner.to_owned()]),
        _ => {}
    }
    (fields.text("whom") == "users").then(|| further(fields))
}

/// The users who were ticked or typed, whatever was chosen beside them.
fn further(fields: &Fields) -> Vec<String> {
    let typed = fields.text("names").split(|letter: char| letter == ',' || letter.is_whitespace());
    let typed = typed.filter(|name| !name.is_empty()).map(str::to_owned);
    fields.all("assign").into_iter().chain(typed).collect()
}

/// What does not go together in the answer to whom it is assigned.
fn unclear(fields: &Fields) -> Option<Wrong> {
    if fields.text("responsible") == NOBODY {
        return None;
    }
    let said = match (fields.text("whom"), further(fields).is_empty()) {
        ("users", true) => "Tick the users who are to see it, or choose The owner alone",
        ("owner" | "nobody", false) => "Further users are named: choose The owner and these users, or leave them out",
        _ => return None,
    };
    Some(Wrong::missing("whom-users", said))
}

const WRONG: [(&str, &str); 8] = [
    ("name-needed", "fn-1"),
    ("need-responsible", "responsible"),
    ("need-owner", "responsible"),
    ("owns-no-clients", "responsible"),
    ("bad-kind", "kind"),
    ("unknown-user", "names"),
    ("bad-user-name", "names"),
    ("user-disabled", "names"),
];

async fn create(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    if fields.text("do").starts_with("more:") || Choice::is_sought(&fields) {
        return Ok(ok(&page(&visit, fields, Vec::new(), None).await?));
    }
    let form = CardForm::of(std::iter::empty(), &fields);
    if form.name().is_empty() {
        let wrong = Wrong::missing("fn-1", "A record has a name: enter one");
        return Ok(unfit(&page(&visit, fields, Vec::new(), Some(wrong)).await?));
    }
    let owner = fields.some("responsible").filter(|owner| owner != NOBODY);
    let assign = assigned(&fields, owner.as_ref().unwrap_or(&visit.me.user.name));
    if let Some(wrong) = unclear(&fields) {
        return Ok(unfit(&page(&visit, fields, Vec::new(), Some(wrong)).await?));
    }
    let mut asked = json!({
        "name": form.name(),
        "kind": fields.some("kind"),
        "properties": form.properties(),
        "private": fields.is_on("private"),
        "confirm_duplicates": fields.text("do") == "confirm",
    });
    if let Some(owner) = owner {
        asked["owner"] = owner.into();
    }
    if let Some(assign) = assign {
        asked["assign"] = assign.into();
    }
    match visit.api.post::<Created>("/records", &asked).await {
        Ok(Created { record: Some(record), name, .. }) => {
            Ok(go(&format!("/clients/{}", segment(&record)), &format!("{name} is a client now")))
        }
        Ok(made) => {
            let detail = format!("{} looks like a client who is here already", made.name);
            let wrong = Wrong { field: "", detail, remedy: "Look whether it is the same; if it is not, make it all the same".to_owned() };
            Ok(unfit(&page(&visit, fields, made.warnings, Some(wrong)).await?))
        }
        Err(problem) if problem.code == "need-assignment" => {
            let wrong = Wrong::missing("whom-owner", "Choose whom it is assigned to");
            Ok(unfit(&page(&visit, fields, Vec::new(), Some(wrong)).await?))
        }
        Err(problem) if matches!(problem.status, 409 | 422) || WRONG.iter().any(|(code, _)| *code == problem.code) => {
            Ok(unfit(&page(&visit, fields, Vec::new(), Some(Wrong::of(problem, &WRONG))).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}
