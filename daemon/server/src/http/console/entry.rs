//! The way in and out: signing in and out, a first or a new password, the first administrator.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use interoffice_protocol::names::UserName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::{Inside, NOTHING, read, segment};
use super::links::waiting_for_me;
use super::overview;
use super::shell::{self, Gate, local, ok, unfit, welcome};
use super::trouble::Trouble;
use super::visit::{THEME_COOKIE, theme};
use crate::api::Problem;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/sign-in", get(show_sign_in).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/password", get(show_password).post(set_password))
        .route("/set-up", get(show_set_up).post(set_up))
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/theme", post(set_theme))
}

/// Who comes from outside: the API, asked as a stranger.
pub(super) struct Stranger {
    api: Inside,
    office: String,
    theme: &'static str,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl axum::extract::FromRequestParts<Console> for Stranger {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, console: &Console) -> Result<Self, Trouble> {
        let api = Inside::of(console.api.clone(), parts);
        let office = api.get::<Named>("/office").await?.name;
        Ok(Self { api, office, theme: theme(&parts.headers) })
    }
}

impl Stranger {
    fn gate(self) -> Gate {
        Gate::new(self.office, self.theme)
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    user: String,
    next: String,
    said: &'static str,
    wrong: Option<Wrong>,
    gate: Gate,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    next: String,
    done: String,
    user: String,
}

/// What happened before somebody came to sign in.
fn done(code: &str) -> &'static str {
    match code {
        "out" => "You are signed out.",
        "password" => "Your password is set. Sign in with it.",
        "forgot" => "If there is such a user with an e-mail address, a link is on its way to it.",
        "set-up" => "The first administrator is set up. Sign in to go on.",
        _ => "",
    }
}

async fn show_sign_in(stranger: Stranger, Query(after): Query<After>) -> Response {
    // The first administrator is led through what a new office needs.
    let next = if after.done == "set-up" { "/first-run".to_owned() } else { local(&after.next).to_owned() };
    // A name is filled in for whoever just got it; anybody may write one into an address.
    let user = UserName::new(&after.user).map(|name| name.to_string()).unwrap_or_default();
    ok(&SignIn { user, next, said: done(&after.done), wrong: None, gate: stranger.gate() })
}

async fn sign_in(stranger: Stranger, fields: Fields) -> Result<Response, Trouble> {
    let next = local(fields.text("next")).to_owned();
    let asked = json!({ "user": fields.text("user"), "password": fields.raw("password"), "code": fields.some("code") });
    match begin(&stranger.api, &asked, &next).await {
        Ok(response) => Ok(response),
        Err(problem) if problem.status >= 500 => Err(problem.into()),
        Err(problem) => {
            let wrong = Wrong::of(problem, &[("sign-in-failed", "password"), ("code-needed", "code"), ("bad-code", "code")]);
            let user = fields.text("user").to_owned();
            Ok(unfit(&SignIn { user, next, said: "", wrong: Some(wrong), gate: stranger.gate() }))
        }
    }
}

/// Begins a session and leads where whoever comes is wanted first, or to `next`.
async fn begin(api: &Inside, asked: &Value, next: &str) -> Result<Response, Problem> {
    let answer = api.call(Method::POST, "/session", Some(asked.to_string())).await?;
    let cookies: Vec<HeaderValue> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    read::<Value>(answer).await?;
    let api = api.clone().with_cookies(&cookies);
    // Whoever has been asked for a link is told first; what else was wanted is one step away.
    let asked = waiting_for_me(&api).await.is_ok_and(|waiting| !waiting.is_empty());
    let place = match next {
        _ if asked => "/",
        "/" => overview::first(&api).await.unwrap_or("/"),
        next => next,
    };
    let mut response = welcome(place);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn sign_out(stranger: Stranger) -> Result<Response, Trouble> {
    let answer = stranger.api.call(Method::DELETE, "/session", NOTHING).await?;
    let mut response = Redirect::to("/sign-in?done=out").into_response();
    for name in [header::SET_COOKIE, header::HeaderName::from_static("clear-site-data")] {
        for value in answer.headers().get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "password.html")]
struct Password {
    token: String,
    /// Whose password the link sets; empty until it was looked at.
    user: String,
    wrong: Option<Wrong>,
    gate: Gate,
}

const PASSWORD_FIELDS: [(&str, &str); 2] = [("bad-password", "password"), ("unknown-pass", "token")];

async fn show_password(stranger: Stranger) -> Response {
    ok(&Password { token: String::new(), user: String::new(), wrong: None, gate: stranger.gate() })
}

/// What a link is for, as the API says.
#[derive(Deserialize)]
struct Purpose {
    kind: String,
    user: String,
}

/// Looks at the link first: whose password it sets is told to whoever holds it, and to nobody else. Then sets the password.
async fn set_password(stranger: Stranger, fields: Fields) -> Response {
    let token = fields.text("token").to_owned();
    let shown = stranger.api.post::<Purpose>("/passes/show", &json!({ "token": token })).await;
    let Purpose { kind, user } = match shown {
        Ok(purpose) if purpose.kind == "set-up" => return ok(&SetUp { asked: fields, wrong: None, gate: stranger.gate() }),
        Ok(purpose) => purpose,
        Err(problem) => {
            let wrong = Some(Wrong::of(problem, &PASSWORD_FIELDS));
            return unfit(&Password { token, user: String::new(), wrong, gate: stranger.gate() });
        }
    };
    if !fields.is_on("password") {
        return ok(&Password { token, user, wrong: None, gate: stranger.gate() });
    }
    let asked = json!({ "token": token, "password": fields.raw("password") });
    let wrong = match twice(&fields) {
        Some(wrong) => wrong,
        None => match stranger.api.post::<Value>("/passes/use", &asked).await {
            // Who has lost a password shows that the new one is known; who never had one just showed it.
            Ok(_) if kind == "reset" => return to_sign_in("password", &user),
            Ok(_) => return enter(&stranger, &fields, &user, "/", "password").await,
            Err(problem) => Wrong::of(problem, &PASSWORD_FIELDS),
        },
    };
    unfit(&Password { token, user, wrong: Some(wrong), gate: stranger.gate() })
}

/// In with the password that was just set; where that takes more, on to the sign-in.
async fn enter(stranger: &Stranger, fields: &Fields, user: &str, next: &str, done: &str) -> Response {
    let asked = json!({ "user": user, "password": fields.raw("password") });
    begin(&stranger.api, &asked, next).await.unwrap_or_else(|_| to_sign_in(done, user))
}

/// On to the sign-in, with the name of whoever can sign in now.
fn to_sign_in(done: &str, user: &str) -> Response {
    Redirect::to(&format!("/sign-in?done={done}&user={}", segment(user))).into_response()
}

/// What is wrong with a password that is typed twice.
pub(super) fn twice(fields: &Fields) -> Option<Wrong> {
    (fields.raw("password") != fields.raw("again")).then(|| Wrong::missing("again", "The two passwords are not the same"))
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUp {
    asked: Fields,
    wrong: Option<Wrong>,
    gate: Gate,
}

async fn show_set_up(stranger: Stranger) -> Response {
    ok(&SetUp { asked: Fields::default(), wrong: None, gate: stranger.gate() })
}

async fn set_up(stranger: Stranger, fields: Fields) -> Response {
    let text = |name: &str| fields.text(name).to_owned();
    let asked = json!({
        "token": text("token"), "name": text("name"), "first_name": text("first_name"), "last_name": text("last_name"),
        "email": text("email"), "password": fields.raw("password"),
    });
    let named = [("bad-user-name", "name"), ("user-exists", "name"), ("bad-email", "email"), ("email-taken", "email")];
    let known: Vec<(&str, &'static str)> = PASSWORD_FIELDS.into_iter().chain(named).collect();
    let wrong = match twice(&fields) {
        Some(wrong) => wrong,
        None => match stranger.api.post::<Value>("/set-up", &asked).await {
            // The first administrator is led through what a new office needs.
            Ok(_) => return enter(&stranger, &fields, fields.text("name"), "/first-run", "set-up").await,
            Err(problem) => Wrong::of(problem, &known),
        },
    };
    unfit(&SetUp { asked: fields, wrong: Some(wrong), gate: stranger.gate() })
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot {
    user: String,
    wrong: Option<Wrong>,
    gate: Gate,
}

async fn show_forgot(stranger: Stranger) -> Response {
    ok(&Forgot { user: String::new(), wrong: None, gate: stranger.gate() })
}

async fn forgot(stranger: Stranger, fields: Fields) -> Response {
    let sent: Result<Value, Problem> = stranger.api.post("/passes/forgot", &json!({ "user": fields.text("user") })).await;
    match sent {
        Ok(_) => Redirect::to("/sign-in?done=forgot").into_response(),
        Err(problem) => {
            let user = fields.text("user").to_owned();
            let wrong = Some(Wrong::of(problem, &[]));
            unfit(&Forgot { user, wrong, gate: stranger.gate() })
        }
    }
}

/// Light, dark, or as the system has it.
async fn set_theme(fields: Fields) -> Response {
    let mut response = Redirect::to("/account").into_response();
    let cookie = match fields.text("theme") {
        theme @ ("light" | "dark") => shell::keep(THEME_COOKIE, theme),
        _ => shell::forget(THEME_COOKIE),
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
