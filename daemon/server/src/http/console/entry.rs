//! The way in and out: signing in and out, a first or a new password, the first administrator.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::assets::{Assets, assets};
use super::form::{Fields, Wrong};
use super::inside::{Inside, NOTHING, read};
use super::links::waiting_for_me;
use super::overview;
use super::shell::{self, local, ok, unfit, welcome};
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
    theme: &'static str,
}

impl axum::extract::FromRequestParts<Console> for Stranger {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, console: &Console) -> Result<Self, Trouble> {
        Ok(Self { api: Inside::of(console.api.clone(), parts), theme: theme(&parts.headers) })
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    user: String,
    next: String,
    said: &'static str,
    wrong: Option<Wrong>,
    theme: &'static str,
    assets: Assets,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    next: String,
    done: String,
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
    ok(&SignIn { user: String::new(), next, said: done(&after.done), wrong: None, theme: stranger.theme, assets: assets() })
}

async fn sign_in(stranger: Stranger, fields: Fields) -> Result<Response, Trouble> {
    let next = local(fields.text("next")).to_owned();
    let asked = json!({ "user": fields.text("user"), "password": fields.raw("password"), "code": fields.some("code") });
    let answer = stranger.api.call(Method::POST, "/session", Some(asked.to_string())).await?;
    let cookies: Vec<HeaderValue> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    if let Err(problem) = read::<Value>(answer).await {
        if problem.status >= 500 {
            return Err(problem.into());
        }
        let wrong = Wrong::of(problem, &[("sign-in-failed", "password"), ("code-needed", "code"), ("bad-code", "code")]);
        let user = fields.text("user").to_owned();
        return Ok(unfit(&SignIn { user, next, said: "", wrong: Some(wrong), theme: stranger.theme, assets: assets() }));
    }
    let api = stranger.api.with_cookies(&cookies);
    // Whoever has been asked for a link is told first; what else was wanted is one step away.
    let asked = waiting_for_me(&api).await.is_ok_and(|waiting| !waiting.is_empty());
    let place = match next.as_str() {
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
    wrong: Option<Wrong>,
    theme: &'static str,
    assets: Assets,
}

const PASSWORD_FIELDS: [(&str, &str); 2] = [("bad-password", "password"), ("unknown-pass", "token")];

async fn show_password(stranger: Stranger) -> Response {
    ok(&Password { token: String::new(), wrong: None, theme: stranger.theme, assets: assets() })
}

async fn set_password(stranger: Stranger, fields: Fields) -> Response {
    let asked = json!({ "token": fields.text("token"), "password": fields.raw("password") });
    let wrong = match twice(&fields) {
        Some(wrong) => wrong,
        None => match stranger.api.post::<Value>("/passes/use", &asked).await {
            Ok(_) => return Redirect::to("/sign-in?done=password").into_response(),
            Err(problem) if problem.code == "needs-name" => return Redirect::to("/set-up").into_response(),
            Err(problem) => Wrong::of(problem, &PASSWORD_FIELDS),
        },
    };
    let token = fields.text("token").to_owned();
    unfit(&Password { token, wrong: Some(wrong), theme: stranger.theme, assets: assets() })
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
    theme: &'static str,
    assets: Assets,
}

async fn show_set_up(stranger: Stranger) -> Response {
    ok(&SetUp { asked: Fields::default(), wrong: None, theme: stranger.theme, assets: assets() })
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
            Ok(_) => return Redirect::to("/sign-in?done=set-up").into_response(),
            Err(problem) => Wrong::of(problem, &known),
        },
    };
    unfit(&SetUp { asked: fields, wrong: Some(wrong), theme: stranger.theme, assets: assets() })
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct Forgot {
    user: String,
    wrong: Option<Wrong>,
    theme: &'static str,
    assets: Assets,
}

async fn show_forgot(stranger: Stranger) -> Response {
    ok(&Forgot { user: String::new(), wrong: None, theme: stranger.theme, assets: assets() })
}

async fn forgot(stranger: Stranger, fields: Fields) -> Response {
    let sent: Result<Value, Problem> = stranger.api.post("/passes/forgot", &json!({ "user": fields.text("user") })).await;
    match sent {
        Ok(_) => Redirect::to("/sign-in?done=forgot").into_response(),
        Err(problem) => {
            let user = fields.text("user").to_owned();
            let wrong = Some(Wrong::of(problem, &[]));
            unfit(&Forgot { user, wrong, theme: stranger.theme, assets: assets() })
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
