//! A request sent twice is done once: a client names it by the header `Idempotency-Key`, and gets the first answer again.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use interoffice_core::actions::claims::{self, Keyed};
use interoffice_core::domain::refusal::Refusal;

use super::answer::problem;
use super::gate::Caller;
use super::{BODY_BYTES, IMPORT_BYTES};
use crate::api::Problem;
use crate::house::{Claim, House, Priority::People};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says of an answer that it was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key (characters).
const KEY_CHARS: usize = 200;
/// Longest answer that is kept (bytes); of a longer one it is only known that there was one.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What is asked for under which key; `None` for requests that have none, or that are never kept, since their answers are secrets.
fn key(request: &Request) -> Result<Option<String>, Problem> {
    let secret = ["/session", "/passes", "/set-up", "/tokens", "/invite"].iter().any(|part| request.uri().path().contains(part));
    let Some(value) = request.headers().get(KEY).filter(|_| request.method() == Method::POST && !secret) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_CHARS).contains(&key.len()));
    let bad = || Refusal::invalid("bad-key", "an idempotency key has 1 to 200 printable characters", "a random UUID does well");
    Ok(Some(key.ok_or_else(bad)?.to_owned()))
}

/// Does a request under its key.
pub(super) async fn once(State(house): State<House>, request: Request, next: Next) -> Response {
    match key(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => keyed(&house, key, request, next).await.unwrap_or_else(Problem::into_response),
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(house: &House, key: String, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let too_big = |_| problem(413, "body-too-big", "the body is too big to be taken in", "send less at once");
    // What the routes themselves take in: cards in any number, of all else little.
    let most = if parts.uri.path().ends_with("/records/import") { IMPORT_BYTES } else { BODY_BYTES };
    let body = to_bytes(body, most).await.map_err(too_big)?;
    let actor = parts.extensions.get::<Caller>().map(|caller| caller.actor.to_string()).unwrap_or_default();
    let asked = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let request = house.context().signer.keyed_hash("claim", &[asked.as_bytes(), &[0], &body].concat());
    let keyed = Keyed { actor, key, request };
    let known = keyed.clone();
    if let Some((status, body)) = house.read(move |view| claims::answered(view, &known)).await? {
        return Ok(replay(status, body));
    }
    let claim = Claim::new(keyed);
    let response = claim.clone().during(next.run(Request::from_parts(parts, Body::from(body)))).await;
    if !claim.is_taken() {
        return Ok(response);
    }
    if response.status().is_server_error() {
        // What failed then may be well by now, which a kept answer would deny.
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    // An answer that breaks off or is too long is not kept; whoever asks again is told that it is not known.
    let Ok(body) = to_bytes(body, ANSWER_BYTES).await else { return Ok(Response::from_parts(parts, Body::empty())) };
    let (keyed, status, kept) = (claim.keyed().clone(), parts.status.as_u16(), body.to_vec());
    if let Err(fault) = house.write(People, move |tx| claims::keep(tx, &keyed, status, &kept)).await {
        tracing::warn!(%fault, "an answer could not be kept for a request that is sent again");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { crate::api::PROBLEM_TYPE };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use interoffice_core::domain::actor::Actor;
    use interoffice_core::store::audit;
    use tower::ServiceExt as _;

    use super::*;
    use crate::house::testing;

    /// Does something, and then fails.
    async fn failing(State(house): State<House>) -> StatusCode {
        house.write(People, |tx| Ok(audit::done(tx, &Actor::Daemon, "test.note", "", "")?)).await.unwrap();
        StatusCode::INSUFFICIENT_STORAGE
    }

    #[tokio::test]
    async fn a_failure_is_not_said_again_and_what_was_asked_can_t_be_tried_out() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let router = Router::new().route("/notes", post(failing)).layer(from_fn_with_state(house.clone(), once)).with_state(house.clone());
        let ask = || {
            let request = Request::post("/notes").header(KEY, "k-1").body(Body::from("Call Petra")).unwrap();
            router.clone().oneshot(request)
        };
        assert_eq!(ask().await.unwrap().status(), 507);
        let again = ask().await.unwrap();
        assert_eq!(again.status(), 409, "whether it was done is not known, and that it fails is no answer for a day");
        let guess = <sha2::Sha256 as sha2::Digest>::digest(b"/notes\0Call Petra").into();
        let guessed = Keyed { actor: String::new(), key: "k-1".to_owned(), request: guess };
        let end = house.read(move |view| claims::answered(view, &guessed)).await;
        assert!(end.is_err_and(|fault| fault.to_string().contains("used for another request")));
        house.close();
    }
}
