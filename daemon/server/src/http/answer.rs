//! Answers: JSON, or a problem with a status, a stable code, one sentence and what to do.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::{Refusal, RefusalKind};
use interoffice_core::store::{Fault, StoreFault};
use interoffice_protocol::ids::OfficeId;
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::api::{PROBLEM_TYPE, Problem};
use crate::house::House;

/// What a handler answers.
pub(super) type Answer<T> = Result<Json<T>, Problem>;

/// A list as the API shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Items<T> {
    items: Vec<T>,
}

/// The answers of every route that say why something was not done.
pub(super) struct Problems;

/// Statuses of problems, and when each comes.
const PROBLEMS: [(&str, &str); 14] = [
    ("400", "The request could not be read"),
    ("401", "Nobody is signed in, or signing in failed"),
    ("403", "A right or a policy forbids it"),
    ("404", "There is no such thing, or the caller may not know of it"),
    ("405", "Not possible at this place"),
    ("409", "The state does not allow it, or changed meanwhile"),
    ("412", "The record changed since the version that `If-Match` names"),
    ("413", "The body is too big"),
    ("422", "What is asked for is wrong"),
    ("429", "Asked too often; `Retry-After` says when to ask again"),
    ("500", "The daemon or its store failed"),
    ("503", "The daemon is stopping, or too many people sign in at once"),
    ("504", "Not done within a minute"),
    ("507", "The disk is full"),
];

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = |words: &str| ResponseBuilder::new().description(words).content(PROBLEM_TYPE, content()).build().into();
        PROBLEMS.iter().map(|(status, words)| ((*status).to_owned(), response(words))).collect()
    }
}

/// The answer of a verb that gives one thing.
pub(super) fn one<T>(end: Result<T, Fault>) -> Answer<T> {
    end.map(Json).map_err(Problem::from)
}

/// The answer of a dry run: the plan, with the offices that can't be told at once.
pub(super) fn planned(house: &House, end: Result<Plan, Fault>) -> Answer<Plan> {
    one(end.map(|mut plan| {
        let states = house.peers().map(|peers| peers.states()).unwrap_or_default();
        let connected = |office: &OfficeId| states.iter().any(|state| state.office == *office && state.state == "connected");
        plan.unreachable = plan.concerns.iter().filter(|(office, _)| !connected(office)).map(|(_, name)| name.clone()).collect();
        plan
    }))
}

impl<T> From<Vec<T>> for Items<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items }
    }
}

/// The answer of a query that gives a list.
pub(super) fn items<T>(end: Result<Vec<T>, Fault>) -> Answer<Items<T>> {
    one(end.map(Items::from))
}

/// A problem with `status`.
pub(super) fn problem(status: u16, code: &str, detail: &str, remedy: &str) -> Problem {
    Problem { status, code: code.to_owned(), detail: detail.to_owned(), remedy: remedy.to_owned(), retry_after_s: None }
}

/// A problem with what follows from its status.
#[derive(Serialize)]
struct Whole<'p> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(flatten)]
    problem: &'p Problem,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            _ if matches!(refusal.code, "stopping" | "busy") => 503,
            _ if matches!(refusal.code, "not-signed-in" | "sign-in-failed" | "code-needed" | "bad-code") => 401,
            RefusalKind::Denied => 403,
            RefusalKind::NotFound => 404,
            RefusalKind::Conflict => 409,
            RefusalKind::Invalid => 422,
        };
        problem(status, refusal.code, &refusal.message, &refusal.remedy)
    }
}

impl From<StoreFault> for Problem {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::DiskFull => problem(507, "disk-full", &fault.to_string(), ""),
            other => {
                tracing::error!(fault = %other, "the store failed");
                problem(500, "store", &other.to_string(), "the daemon's log says more")
            }
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal.into(),
            Fault::Store(fault) => fault.into(),
        }
    }
}

/// The code of a problem, left with its answer for whoever writes refusals down.
#[derive(Clone)]
pub(super) struct Code(pub(super) String);

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let whole = Whole { kind: "about:blank", title: status.canonical_reason().unwrap_or("Problem"), problem: &self };
        let mut response = (status, Json(whole)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(PROBLEM_TYPE));
        response.extensions_mut().insert(Code(self.code.clone()));
        if let Some(wait) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait));
        }
        if self.status == 401 {
            // Browsers would show a window of their own for a scheme that they know.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_refusal_has_its_status() {
        let status = |refusal: Refusal| Problem::from(refusal).status;
        assert_eq!(status(Refusal::denied("not-admin", "x", "y")), 403);
        assert_eq!(status(Refusal::not_found("no-user", "x", "y")), 404);
        assert_eq!(status(Refusal::conflict("stale-plan", "x", "y")), 409);
        assert_eq!(status(Refusal::invalid("bad-name", "x", "y")), 422);
        assert_eq!(status(Refusal::conflict("stopping", "x", "y")), 503);
        assert_eq!(Problem::from(Fault::from(StoreFault::DiskFull)).status, 507);
        assert_eq!(Problem::from(Fault::from(StoreFault::Database("x".into()))).status, 500);
    }
}
