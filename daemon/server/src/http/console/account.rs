//! My account: password, second factor, where I am signed in, what I see.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::entry::twice;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::shell::{Shell, go, ok, unfit};
use super::shown::{When, counted, program, qr};
use super::trouble::Trouble;
use super::visit::{Me, Visit};

const HERE: &str = "account";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", post(change_password))
        .route("/account/sessions/{session}/end", post(end_session))
        .route("/account/sessions/end", post(end_others))
        .route("/account/second-factor", get(show_second_factor).post(begin_second_factor))
        .route("/account/second-factor/confirm", post(confirm_second_factor))
        .route("/account/second-factor/off", post(drop_second_factor))
        .route("/account/preferences", post(change_preferences))
}

#[derive(Deserialize)]
struct Sessions {
    items: Vec<Session>,
}

/// Where somebody is signed in.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) id: i64,
    current: bool,
    pub(super) created_ms: i64,
    pub(super) seen_ms: i64,
    pub(super) address: String,
    pub(super) agent: String,
    pub(super) second_factor: bool,
}

/// Where a user is signed in.
pub(super) async fn sessions(visit: &Visit, user: &str) -> Result<Vec<Session>, Trouble> {
    let sessions: Sessions = visit.api.get(&format!("/users/{}/sessions", segment(user))).await?;
    Ok(sessions.items)
}

impl Session {
    /// Its program as people call it.
    pub(super) fn program(&self) -> String {
        program(&self.agent)
    }
}

#[derive(Deserialize)]
struct Preferences {
    record_sharing: RecordSharing,
}

#[derive(Deserialize)]
struct RecordSharing {
    enabled: bool,
    accept_cases: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    me: Me,
    sessions: Vec<(Session, When)>,
    preferences: Preferences,
    wrong: Option<Wrong>,
}

async fn account_page(visit: &Visit, wrong: Option<Wrong>) -> Result<AccountPage, Trouble> {
    let sessions = sessions(visit, &visit.me.user.name).await?.into_iter().map(|session| (visit.clock.when(session.seen_ms), session));
    Ok(AccountPage {
        shell: visit.shell("My account", HERE),
        me: visit.me.clone(),
        sessions: sessions.map(|(seen, session)| (session, seen)).collect(),
        preferences: visit.api.get("/preferences").await?,
        wrong,
    })
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&account_page(&visit, None).await?))
}

async fn change_password(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let asked = json!({ "password": fields.raw("old"), "new_password": fields.raw("password"), "code": fields.some("code") });
    let wrong = match twice(&fields) {
        Some(wrong) => wrong,
        None => match visit.api.post::<Value>("/session/password", &asked).await {
            Ok(_) => return Ok(go("/account", "Your password is changed, and your other sessions are over")),
            Err(problem) if problem.code == "not-signed-in" => return Err(problem.into()),
            Err(problem) => Wrong::of(
                problem,
                &[("sign-in-failed", "old"), ("bad-password", "password"), ("bad-code", "code"), ("code-needed", "code")],
            ),
        },
    };
    Ok(unfit(&account_page(&visit, Some(wrong)).await?))
}

async fn end_session(visit: Visit, Path(session): Path<i64>) -> Result<Response, Trouble> {
    let place = format!("/users/{}/sessions/{session}", segment(&visit.me.user.name));
    visit.api.send::<Value>(Method::DELETE, &place, &json!({})).await?;
    Ok(go("/account", "That session is over"))
}

async fn end_others(visit: Visit) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Ended {
        sessions: u64,
    }
    let place = format!("/users/{}/sessions", segment(&visit.me.user.name));
    let ended: Ended = visit.api.send(Method::DELETE, &place, &json!({})).await?;
    Ok(go("/account", &format!("{} ended", counted(ended.sessions, "other session"))))
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    shell: Shell,
    me: Me,
    begun: Option<Begun>,
    wrong: Option<Wrong>,
}

#[derive(Deserialize)]
struct Begun {
    secret: String,
    uri: String,
}

impl Begun {
    /// The secret as a picture for an app.
    fn image(&self) -> Option<String> {
        qr(&self.uri)
    }

    /// The secret in fours, for whoever types it.
    fn groups(&self) -> Vec<String> {
        self.secret.chars().collect::<Vec<_>>().chunks(4).map(|four| four.iter().collect()).collect()
    }
}

async fn show_second_factor(visit: Visit) -> Result<Response, Trouble> {
    let (shell, me) = (visit.shell("Second factor", HERE), visit.me);
    Ok(ok(&SecondFactorPage { shell, me, begun: None, wrong: None }))
}

async fn begin_second_factor(visit: Visit) -> Result<Response, Trouble> {
    let begun = visit.api.post("/session/second-factor", &json!({})).await?;
    let (shell, me) = (visit.shell("Second factor", HERE), visit.me);
    Ok(ok(&SecondFactorPage { shell, me, begun: Some(begun), wrong: None }))
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    shell: Shell,
    codes: Vec<String>,
}

async fn confirm_second_factor(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Codes {
        recovery_codes: Vec<String>,
    }
    match visit.api.post::<Codes>("/session/second-factor/confirm", &json!({ "code": fields.text("code") })).await {
        Ok(codes) => Ok(ok(&CodesPage { shell: visit.shell("Recovery codes", HERE), codes: codes.recovery_codes })),
        Err(problem) if problem.code == "bad-code" => {
            let wrong = Some(Wrong::of(problem, &[("bad-code", "code")]));
            let begun = Begun { secret: fields.text("secret").to_owned(), uri: fields.text("uri").to_owned() };
            let (shell, me) = (visit.shell("Second factor", HERE), visit.me);
            Ok(unfit(&SecondFactorPage { shell, me, begun: Some(begun), wrong }))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn drop_second_factor(visit: Visit) -> Result<Response, Trouble> {
    visit.api.send::<Value>(Method::DELETE, "/session/second-factor", &json!({})).await?;
    Ok(go("/account/second-factor", "Your second factor is off. Set up another app now"))
}

async fn change_preferences(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let asked = json!({ "accept_cases": fields.is_on("accept_cases") });
    visit.api.send::<Value>(Method::PATCH, "/preferences", &asked).await?;
    Ok(go("/account", "Your preferences are kept"))
}
