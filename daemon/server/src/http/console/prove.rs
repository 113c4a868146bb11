//! The password once more: what can't be taken back is asked about again, and what was filled in is kept for it.

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::form::{Fields, Wrong};
use super::shell::{Gate, local, page, place_of};
use super::trouble::{ProofWanted, Trouble};
use super::visit::{FRAGMENT, Visit, theme};
use super::{Console, FORM_BYTES};
use crate::http::answer::problem;
use crate::http::gate::OtherEnd;

/// Marks a form that is sent on once the password was given: its answer can't be a file, or the browser would stay at the question.
#[derive(Clone, Copy)]
pub(super) struct Proved;

/// Media type of a form.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

#[derive(Template)]
#[template(path = "prove.html")]
struct Page {
    /// Where the form goes that was filled in.
    then: String,
    /// What was filled in.
    form: String,
    wrong: Option<Wrong>,
    gate: Gate,
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/prove", post(prove))
}

/// Asks for the password when the API wants it, and keeps the form.
pub(super) async fn ask(State(_): State<Console>, request: Request, next: Next) -> Response {
    // A file is not kept; what takes one needs no password.
    let is_file = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    if request.method() != Method::POST || is_file {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, FORM_BYTES).await else {
        return Trouble(problem(413, "body-too-big", "this form is too long", "write less, and send it again")).into_response();
    };
    let (then, theme) = (place_of(&parts.uri), theme(&parts.headers));
    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    if response.extensions().get::<ProofWanted>().is_none() {
        return response;
    }
    show(then, String::from_utf8_lossy(&body).into_owned(), theme, None)
}

fn show(then: String, form: String, theme: &'static str, wrong: Option<Wrong>) -> Response {
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
    page(&Page { then, form, wrong, gate: Gate::new(String::new(), theme) }, status)
}

/// Checks the password, then does what was asked for.
async fn prove(
    State(console): State<Console>,
    visit: Visit,
    headers: HeaderMap,
    end: Option<axum::Extension<OtherEnd>>,
    fields: Fields,
) -> Response {
    let (then, form) = (local(fields.text("then")).to_owned(), fields.raw("form").to_owned());
    let proof = json!({ "password": fields.raw("password"), "code": fields.some("code") });
    if let Err(problem) = visit.api.post::<Value>("/session/prove", &proof).await {
        if problem.status != 401 || problem.code == "not-signed-in" {
            return Trouble(problem).into_response();
        }
        let wrong = Wrong::of(problem, &[("sign-in-failed", "password"), ("code-needed", "code"), ("bad-code", "code")]);
        return show(then, form, theme(&headers), Some(wrong));
    }
    match again(&then, form.into(), &headers) {
        Ok(mut request) => {
            if let Some(axum::Extension(end)) = end {
                request.extensions_mut().insert(end);
            }
            super::around(console.api).oneshot(request).await.into_response()
        }
        Err(trouble) => trouble.into_response(),
    }
}

/// The form that was kept, sent as it was.
fn again(then: &str, form: Bytes, headers: &HeaderMap) -> Result<Request, Trouble> {
    let mut request = Request::builder().method(Method::POST).uri(then).header(header::CONTENT_TYPE, FORM);
    for name in [header::COOKIE, header::USER_AGENT, FRAGMENT] {
        for value in headers.get_all(&name) {
            request = request.header(name.clone(), value);
        }
    }
    request = request.extension(Proved);
    let unfit = |_| problem(400, "bad-form", "this form could not be read", "go back and send it once more");
    Ok(request.body(Body::from(form)).map_err(unfit)?)
}
