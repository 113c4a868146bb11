//! The frame around a page: the menu, what was just done, and the headers that a browser needs to keep a page safe.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::assets::{Assets, assets};
use super::trouble::sentence;
use super::visit::{Person, SAID_COOKIE};
use crate::http::answer::problem;

/// What a page may load and do: from this house alone, and no script but the file of the console.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Longest text that is said on the next page (characters).
const SAID_CHARS: usize = 400;

/// What every page inside the house has around it.
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) here: &'static str,
    pub(super) office: String,
    pub(super) me: Person,
    /// How long the session goes on (milliseconds) when nothing more is asked for.
    pub(super) left_ms: i64,
    pub(super) said: Option<Said>,
    pub(super) fragment: bool,
    pub(super) theme: &'static str,
    pub(super) assets: Assets,
}

/// What a page before the sign-in has around it.
pub(super) struct Gate {
    /// Name of the office; empty where it is not known.
    pub(super) office: String,
    pub(super) theme: &'static str,
    pub(super) assets: Assets,
}

impl Gate {
    pub(super) fn new(office: String, theme: &'static str) -> Self {
        Self { office, theme, assets: assets() }
    }

    /// Whose page it is: the office's, or the program's where the office is not known.
    pub(super) fn name(&self) -> &str {
        if self.office.is_empty() { "interoffice" } else { &self.office }
    }
}

/// A part of the menu.
pub(super) struct Group {
    pub(super) heading: &'static str,
    pub(super) items: Vec<Item>,
}

/// A page in the menu.
pub(super) struct Item {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) icon: &'static str,
    pub(super) words: &'static str,
    /// Keys that lead there; empty for none.
    pub(super) key: &'static str,
}

const fn item(name: &'static str, place: &'static str, icon: &'static str, words: &'static str, key: &'static str) -> Item {
    Item { name, place, icon, words, key }
}

impl Shell {
    /// The menu of whoever looks.
    pub(super) fn menu(&self) -> [Group; 3] {
        let work = vec![
            item("overview", "/", "home", "Overview", "g o"),
            item("clients", "/clients", "clients", "Clients", "g c"),
            item("links", "/links", "links", "Linked Users", "g l"),
            item("requests", "/requests", "lock", "Access requests", "g r"),
        ];
        let mut office = vec![
            item("people", "/people", "users", "Users & specialists", "g u"),
            item("groups", "/groups", "groups", "Groups", "g g"),
            item("offices", "/offices", "offices", "Offices", "g f"),
        ];
        if self.me.administers {
            office.extend([
                item("client-access", "/client-access", "lock", "Client access settings", ""),
                item("roles", "/roles", "check", "Roles", "g e"),
                item("audit", "/audit", "audit", "Audit", "g d"),
                item("mails", "/mails", "mail", "Outbox", "g m"),
                item("settings", "/settings", "settings", "Settings", "g s"),
                item("backups", "/backups", "receipt", "Backups", ""),
            ]);
        }
        let mine = vec![item("account", "/account", "account", "My account", "g a")];
        [Group { heading: "", items: work }, Group { heading: "Office", items: office }, Group { heading: "You", items: mine }]
    }
}

/// What was done on the page before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) text: String,
    /// Whether nothing was done.
    #[serde(default)]
    pub(super) nothing: bool,
    /// Whether somebody just signed in.
    #[serde(default)]
    pub(super) welcome: bool,
    /// Where the file is that was asked for, which the browser fetches then; empty for none.
    #[serde(default)]
    pub(super) file: String,
}

impl Said {
    /// What a cookie of [`go`] says.
    pub(super) fn from_cookie(text: &str) -> Option<Self> {
        let said: Self = serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        (said.text.chars().count() <= SAID_CHARS).then_some(said)
    }
}

/// A cookie for this host alone, out of reach of scripts.
fn cookie(name: &str, value: &str, max_age_s: u32) -> HeaderValue {
    // Values are base64url or words of ours, which every header takes.
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={max_age_s}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A cookie that is kept for a year.
pub(super) fn keep(name: &str, value: &str) -> HeaderValue {
    cookie(name, value, 365 * 24 * 3600)
}

/// A cookie that is no more.
pub(super) fn forget(name: &str) -> HeaderValue {
    cookie(name, "", 0)
}

/// On to another page, which says `text`.
pub(super) fn go(place: &str, text: &str) -> Response {
    said(place, Said { text: told(text), ..Said::default() })
}

/// On to another page, which says that nothing was done, and why.
pub(super) fn note(place: &str, text: &str) -> Response {
    said(place, Said { text: told(text), nothing: true, ..Said::default() })
}

fn told(text: &str) -> String {
    sentence(&text.chars().take(SAID_CHARS - 1).collect::<String>())
}

/// On to another page, from which the browser fetches `file`: an answer that is a file leaves whoever asked where he or she was.
pub(super) fn fetch(place: &str, file: String) -> Response {
    let text = sentence("the file comes by itself; where it does not, export once more");
    said(place, Said { text, file, ..Said::default() })
}

/// On to another page after signing in.
pub(super) fn welcome(place: &str) -> Response {
    said(place, Said { welcome: true, ..Said::default() })
}

fn said(place: &str, said: Said) -> Response {
    let mut response = Redirect::to(place).into_response();
    let text = serde_json::to_vec(&said).unwrap_or_default();
    response.headers_mut().append(header::SET_COOKIE, cookie(SAID_COOKIE, &BASE64URL_NOPAD.encode(&text), 60));
    response
}

/// A page with its headers.
pub(super) fn page(template: &impl Template, status: StatusCode) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            problem(500, "page", "this page could not be written", "the daemon's log says more").into_response()
        }
    }
}

/// A page that shows what was asked for.
pub(super) fn ok(template: &impl Template) -> Response {
    page(template, StatusCode::OK)
}

/// A page that says what is wrong with the form on it.
pub(super) fn unfit(template: &impl Template) -> Response {
    page(template, StatusCode::UNPROCESSABLE_ENTITY)
}

/// A place inside the console, such as where to go on after signing in; anything else is the overview.
pub(super) fn local(place: &str) -> &str {
    let inside = place.starts_with('/') && !place.starts_with("//") && !place.contains(['\\', '\r', '\n']) && place.len() <= 2_000;
    if inside { place } else { "/" }
}

/// Where a request goes inside the console. Over HTTP/2 its address names the house too.
pub(super) fn place_of(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_from_this_office() {
        assert_eq!(local("/links?list=mine"), "/links?list=mine");
        for place in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nb"] {
            assert_eq!(local(place), "/", "{place}");
        }
    }

    #[test]
    fn the_way_back_is_the_same_over_http_1_and_2() {
        for uri in ["/audit?verb=link", "https://office.example:4880/audit?verb=link"] {
            let place = place_of(&uri.parse().unwrap());
            assert_eq!((place.as_str(), local(&place)), ("/audit?verb=link", "/audit?verb=link"), "{uri}");
        }
    }

    #[test]
    fn what_is_said_comes_out_of_the_cookie_as_it_went_in() {
        let response = go("/links", "asked Bob <b>");
        let value = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let (name, rest) = value.split_once('=').unwrap();
        assert_eq!(name, SAID_COOKIE);
        assert_eq!(Said::from_cookie(rest.split(';').next().unwrap()).unwrap().text, "Asked Bob <b>.");
        assert!(Said::from_cookie("rubbish").is_none());
    }
}
