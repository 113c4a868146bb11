//! Who looks at a page, and what every page knows of it.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::inside::{Inside, segment};
use super::shell::{self, Said, Shell};
use super::shown::Clock;
use super::trouble::{SignInWanted, Trouble};
use crate::clock;
use crate::http::gate;

/// Header of a request of the console's script, which wants the page without its frame.
pub(super) const FRAGMENT: HeaderName = HeaderName::from_static("fragment");
/// Value of [`FRAGMENT`] when nobody asked, but a page that shows what changes.
pub(super) const BY_THE_CLOCK: &str = "clock";
/// Says to the console's script where to go on.
const GOTO: HeaderName = HeaderName::from_static("goto");
/// What is said on the next page.
pub(super) const SAID_COOKIE: &str = "__Host-said";
/// Light, dark, or as the system has it.
pub(super) const THEME_COOKIE: &str = "__Host-theme";

/// Who is signed in, as `GET /session` says.
#[derive(Clone, Deserialize)]
pub(super) struct Me {
    pub(super) session: Session,
    pub(super) user: Person,
    pub(super) second_factor: bool,
    pub(super) recovery_codes: u64,
    pub(super) office: String,
    pub(super) time_zone: String,
}

/// A session.
#[derive(Clone, Deserialize)]
pub(super) struct Session {
    pub(super) ends_ms: i64,
}

/// A user, as far as pages speak of one.
#[derive(Clone, Deserialize)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) administers: bool,
    pub(super) specialist: bool,
    /// What the role permits, such as `archive`.
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    /// Level of *Share All Clients with This User*.
    #[serde(default)]
    pub(super) all_clients: String,
}

impl Person {
    /// Whether the role permits this. The API has the last word; a page offers nothing that it would refuse.
    pub(super) fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|may| may == permission)
    }
}

/// A request for a page by somebody who is signed in.
pub(super) struct Visit {
    pub(super) api: Inside,
    pub(super) me: Me,
    pub(super) clock: Clock,
    fragment: bool,
    theme: &'static str,
    said: Option<Said>,
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Trouble> {
        let api = Inside::of(console.api.clone(), parts);
        let me: Me = api.get("/session").await?;
        let clock = Clock::new(clock::now_ms(), &me.time_zone);
        let said = gate::cookie(&parts.headers, SAID_COOKIE).and_then(|text| Said::from_cookie(&text));
        let fragment = parts.headers.contains_key(FRAGMENT);
        Ok(Self { api, me, clock, fragment, theme: theme(&parts.headers), said })
    }
}

/// What somebody chose to see: light, dark, or as the system has it.
pub(super) fn theme(headers: &HeaderMap) -> &'static str {
    match gate::cookie(headers, THEME_COOKIE).as_deref() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "system",
    }
}

impl Visit {
    /// The frame of a page, which stands in this part of the menu.
    pub(super) fn shell(&self, title: &str, here: &'static str) -> Shell {
        Shell {
            title: title.to_owned(),
            here,
            office: self.me.office.clone(),
            me: self.me.user.clone(),
            left_ms: self.clock.until(self.me.session.ends_ms),
            said: self.said.clone(),
            fragment: self.fragment,
            theme: self.theme,
            assets: super::assets::assets(),
        }
    }
}

/// Leads on: the console's script is told where to go, whoever is not signed in comes back after it, and what was said is said once.
pub(super) async fn lead(request: Request, next: Next) -> Response {
    let fragment = request.headers().contains_key(FRAGMENT);
    let back = (request.method() == Method::GET && !fragment).then(|| shell::place_of(request.uri()));
    let said = gate::cookie(request.headers(), SAID_COOKIE).filter(|_| !fragment);
    let mut response = next.run(request).await;
    if response.extensions().get::<SignInWanted>().is_some()
        && let Some(back) = back.filter(|back| back != "/")
    {
        response = Redirect::to(&format!("/sign-in?next={}", segment(&back))).into_response();
    }
    if let Some(said) = said.filter(|_| response.status() != StatusCode::SEE_OTHER) {
        response.headers_mut().append(header::SET_COOKIE, shell::forget(SAID_COOKIE));
        let file = Said::from_cookie(&said).map(|said| said.file).filter(|file| !file.is_empty());
        if let Some(fetched) = file.and_then(|file| HeaderValue::from_str(&format!("0; url={}", shell::local(&file))).ok()) {
            response.headers_mut().insert(header::REFRESH, fetched);
        }
    }
    if fragment && response.status() == StatusCode::SEE_OTHER {
        let goto = response.headers().get(header::LOCATION).cloned().unwrap_or(HeaderValue::from_static("/"));
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(header::LOCATION);
        response.headers_mut().insert(GOTO, goto);
    }
    response
}
