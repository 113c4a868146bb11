//! The API, asked by a page for whoever looks at it: the same gate, the same answers, no connection.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use super::visit::{BY_THE_CLOCK, FRAGMENT};
use crate::api::{BASE, Problem};
use crate::http::answer::problem;
use crate::http::gate::{OtherEnd, Unattended};

/// Longest answer that a page is made of (bytes): what came of an import names every record.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// What a page passes on of the request for it: who it is, and where from.
const PASSED_ON: [HeaderName; 3] = [header::COOKIE, header::USER_AGENT, HeaderName::from_static("x-forwarded-for")];

/// No body.
pub(super) const NOTHING: Option<Body> = None;

/// The API with the cookies of a visitor.
#[derive(Clone)]
pub(super) struct Inside {
    api: Router,
    headers: Vec<(HeaderName, HeaderValue)>,
    end: Option<OtherEnd>,
    unattended: bool,
}

impl Inside {
    /// The API for whoever sent `request`.
    pub(super) fn of(api: Router, request: &Parts) -> Self {
        let values = |name: HeaderName| request.headers.get_all(&name).iter().map(move |value| (name.clone(), value.clone()));
        let headers = PASSED_ON.into_iter().flat_map(values).collect();
        let unattended = request.headers.get(FRAGMENT).is_some_and(|by| by == BY_THE_CLOCK);
        Self { api, headers, end: request.extensions.get::<OtherEnd>().copied(), unattended }
    }

    /// The same, for somebody who was just given these cookies.
    pub(super) fn with_cookies(mut self, given: &[HeaderValue]) -> Self {
        let pair = |cookie: &HeaderValue| HeaderValue::from_bytes(cookie.as_bytes().split(|byte| *byte == b';').next()?).ok();
        // Before those that the browser still has: of two with one name the first counts.
        self.headers.splice(0..0, given.iter().filter_map(pair).map(|cookie| (header::COOKIE, cookie)));
        self
    }

    /// The answer to a request, whatever it is.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<impl Into<Body>>) -> Result<Response, Problem> {
        let mut request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let unfit = |_| problem(400, "bad-address", "this address can't be read", "go back and follow the link again");
        let mut request = request.body(body.map_or_else(Body::empty, Into::into)).map_err(unfit)?;
        if let Some(end) = self.end {
            request.extensions_mut().insert(end);
        }
        if self.unattended {
            request.extensions_mut().insert(Unattended);
        }
        let answer = self.api.clone().oneshot(request).await;
        answer.map_err(|never| match never {})
    }

    /// What stands at `path`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        read(self.call(Method::GET, path, NOTHING).await?).await
    }

    /// The answer to `body`, sent to `path`.
    pub(super) async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: &impl Serialize) -> Result<T, Problem> {
        let body = serde_json::to_string(body).map_err(|error| problem(500, "bad-body", &error.to_string(), ""))?;
        read(self.call(method, path, Some(body)).await?).await
    }

    /// The answer to `body`, posted to `path`.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Problem> {
        self.send(Method::POST, path, body).await
    }
}

/// An answer as what it says, or the problem that it is.
pub(super) async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Problem> {
    let status = answer.status();
    let unread = |detail: String| {
        tracing::error!(%status, detail, "a page can't read an answer of the API");
        problem(500, "unread-answer", "this page could not be put together", "the daemon's log says more")
    };
    let body = to_bytes(answer.into_body(), ANSWER_BYTES).await.map_err(|error| unread(error.to_string()))?;
    if status.is_success() && status != StatusCode::NO_CONTENT {
        return serde_json::from_slice(&body).map_err(|error| unread(error.to_string()));
    }
    Err(serde_json::from_slice(&body).unwrap_or_else(|error| unread(error.to_string())))
}

/// Text as one segment of a path, or as the value of a parameter.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn what_somebody_typed_stays_one_segment() {
        assert_eq!(segment("ann"), "ann");
        assert_eq!(segment("../a b?c=d&é"), "%2E%2E%2Fa%20b%3Fc%3Dd%26%C3%A9");
    }
}
