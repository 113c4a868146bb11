//! When there is no page to show: the way to sign in, or one that says what is wrong and where to go on, inside the house for whoever is
//! signed in.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower::ServiceExt as _;

use super::Console;
use super::shell::{self, Gate, Shell};
use super::visit::{Visit, theme};
use crate::api::{BASE, Problem};
use crate::http::admission::PROOF_NEEDED;
use crate::http::answer::problem;

/// Why a page can't be shown.
#[derive(Clone, Debug)]
pub(super) struct Trouble(pub(super) Problem);

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// Marks an answer that wants the password first ([`super::prove`]).
#[derive(Clone, Copy)]
pub(super) struct ProofWanted;

/// Marks an answer to somebody who is not signed in ([`super::visit::lead`]).
#[derive(Clone, Copy)]
pub(super) struct SignInWanted;

/// What to do, without the commands that the API names for who types: a page has links for that. Empty when nothing is left.
pub(super) fn advice(remedy: &str) -> String {
    let typed = ["interoffice ", "`interoffice", "--", "POST /"].iter().filter_map(|sign| remedy.find(sign)).min();
    let Some(typed) = typed else { return sentence(remedy) };
    let said = remedy[..typed].trim_end_matches([' ', ':', '`', ',']);
    let said = said.strip_suffix(" with").or(said.strip_suffix(" is")).unwrap_or(said);
    if said.split(' ').count() < 3 { String::new() } else { sentence(said) }
}

/// What is wrong, and what to do about it.
struct Words {
    detail: String,
    remedy: String,
    code: String,
}

impl Words {
    fn of(problem: Problem) -> Self {
        let detail = match problem.code.as_str() {
            // Who may not know of a record is told no more than who asks for one that never was.
            "unknown-record" => {
                "There is no such record for you. It may have been deleted, or taken back by the office that shared it".to_owned()
            }
            _ => problem.detail,
        };
        Self { detail: sentence(&detail), remedy: advice(&problem.remedy), code: problem.code }
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Page {
    title: &'static str,
    said: Words,
    gate: Gate,
}

#[derive(Template)]
#[template(path = "trouble_inside.html")]
struct InsidePage {
    shell: Shell,
    said: Words,
}

fn title(status: u16) -> &'static str {
    match status {
        403 => "You may not do this",
        404 => "There is nothing here",
        409 | 412 => "Something changed meanwhile",
        429 => "That was asked too often",
        503 | 504 => "The office is busy",
        507 => "The disk is full",
        500.. => "Something broke here",
        _ => "This can’t be done",
    }
}

/// A sentence as people write one: a capital first, a full stop at the end.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        match problem.code.as_str() {
            "not-signed-in" => {
                let mut response = Redirect::to("/sign-in").into_response();
                response.extensions_mut().insert(SignInWanted);
                return response;
            }
            "second-factor-needed" => return Redirect::to("/account/second-factor").into_response(),
            _ => {}
        }
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(wait) = problem.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if problem.code == PROOF_NEEDED {
            response.extensions_mut().insert(ProofWanted);
        }
        response.extensions_mut().insert(Self(problem));
        response
    }
}

/// Writes the page of a trouble, light or dark as whoever sees it chose.
pub(super) async fn tell(State(console): State<Console>, request: Request, next: Next) -> Response {
    let theme = theme(request.headers());
    let (asked, body) = request.into_parts();
    let again = asked.clone();
    let (mut parts, body) = next.run(Request::from_parts(asked, body)).await.into_parts();
    let Some(Trouble(problem)) = parts.extensions.remove() else { return Response::from_parts(parts, body) };
    let title = title(problem.status);
    // An office that is busy is asked no more than it has to be.
    let visit = if problem.status < 500 && problem.status != 429 { visit(again, &console).await } else { None };
    let said = Words::of(problem);
    let mut response = match visit {
        Some(visit) => shell::page(&InsidePage { shell: visit.shell(title, ""), said }, parts.status),
        None => shell::page(&Page { title, said, gate: Gate::new(String::new(), theme) }, parts.status),
    };
    response.headers_mut().extend(parts.headers);
    response
}

/// Who is signed in and asked for what could not be shown; nobody where that can't be told either.
async fn visit(mut asked: Parts, console: &Console) -> Option<Visit> {
    Visit::from_request_parts(&mut asked, console).await.ok()
}

/// What is no page: the API, or nothing.
pub(super) async fn no_such_page(State(api): State<Router>, request: Request) -> Response {
    if request.uri().path().starts_with(BASE) {
        return api.oneshot(request).await.into_response();
    }
    let detail = format!("there is nothing at {}", request.uri().path());
    Trouble(problem(404, "no-such-place", &detail, "check the address, or begin at the overview")).into_response()
}

#[cfg(test)]
mod tests {
    use super::{advice, sentence};

    #[test]
    fn a_sentence_begins_with_a_capital_and_ends_with_a_stop() {
        assert_eq!(sentence("this link is over"), "This link is over.");
        assert_eq!(sentence("Is it?"), "Is it?");
        assert_eq!(sentence("écru"), "Écru.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_page_does_not_tell_people_to_type_commands() {
        assert_eq!(advice("pair with it first: interoffice peer invite"), "Pair with it first.");
        assert_eq!(advice("an administrator can enable it: interoffice specialist enable ann"), "An administrator can enable it.");
        assert_eq!(advice("see `interoffice link list`"), "");
        assert_eq!(advice("say as whom: --as USER"), "Say as whom.");
        assert_eq!(
            advice("links have one direction: ask for one of your own with `interoffice link request`"),
            "Links have one direction: ask for one of your own."
        );
        assert_eq!(advice("ask somebody who has it in person"), "Ask somebody who has it in person.");
        assert_eq!(advice(""), "");
    }
}
