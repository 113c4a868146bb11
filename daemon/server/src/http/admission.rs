//! What the http door lets whom do before any verb is asked: strangers, tokens with their scopes, and what wants the password again.

use axum::http::Method;
use interoffice_core::actions::sign_in;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::scope::{Scope, Scopes};
use interoffice_core::store::sessions::{SessionRow, TokenRow};

use crate::api::Problem;

/// Code of the question for the password of somebody who is signed in.
pub(super) const PROOF_NEEDED: &str = "proof-needed";

/// Who a request at the http door comes from.
pub(super) enum Found {
    /// A session, and whether it lacks the second factor that the office wants.
    Session(SessionRow, bool),
    /// A token, and whether its user lacks that.
    Token(TokenRow, bool),
    Nobody,
}

pub(super) fn not_signed_in() -> Refusal {
    Refusal::denied("not-signed-in", "this needs somebody who is signed in", "sign in, or send a token that counts")
}

/// What strangers may ask for: nothing but where they are, and how to become somebody.
fn is_for_strangers(method: &Method, path: &str) -> bool {
    matches!(
        (method.as_str(), path),
        ("GET", "/health" | "/office" | "/openapi.json")
            | ("POST", "/session" | "/set-up" | "/passes/show" | "/passes/use" | "/passes/forgot")
    )
}

/// What somebody may do who still has to set up the second factor that the office wants.
fn is_for_enrolling(method: &Method, path: &str) -> bool {
    path.starts_with("/session") || is_for_strangers(method, path)
}

/// The scope that a token needs; `None` for what no token may do.
fn scope(method: &Method, path: &str) -> Option<Scope> {
    let reads = matches!(method.as_str(), "GET" | "HEAD");
    let mut parts = path.trim_start_matches('/').split('/');
    let (first, third) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    let pick = |read: Scope, write: Scope| Some(if reads { read } else { write });
    match first {
        "session" | "passes" | "set-up" => None,
        // An address is where the link goes to that sets a new password.
        "users" if method == Method::PATCH => None,
        "users" if matches!(third, "sessions" | "tokens" | "second-factor" | "invite") => None,
        "records" | "requests" | "copies" => pick(Scope::ReadRecords, Scope::WriteRecords),
        "links" | "peers" | "specialists" | "preferences" => pick(Scope::ReadLinks, Scope::WriteLinks),
        _ => pick(Scope::ReadOffice, Scope::WriteOffice),
    }
}

/// What can't be taken back, or opens the office to others: for it the password must have been given within ten minutes.
fn needs_proof(method: &Method, path: &str) -> bool {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if method == Method::GET {
        return matches!(parts.as_slice(), ["records", "export"] | ["audit", "export"]);
    }
    match parts.as_slice() {
        [.., "plan"] => false,
        ["links", "accept"] | ["links", _, "delete"] | ["records", "delete" | "archive"] | ["client-access"] => true,
        ["users", _] => method == Method::PATCH,
        ["records", "end"] | ["records", _, "owner"] | ["links", _, "unshare"] | ["groups", _, "delete"] | ["users", _, "proxies"] => true,
        ["users", _, "disable" | "delete" | "assign" | "hand-over" | "all-clients" | "rights" | "invite" | "second-factor" | "tokens"] => {
            true
        }
        ["specialists", ..] | ["roles", ..] | ["peers", ..] | ["session", "second-factor", ..] => true,
        ["settings"] => method == Method::PATCH,
        _ => false,
    }
}

/// Whether this request is allowed to whom was found; gives the session.
pub(super) fn admit(found: &Found, method: &Method, path: &str, now_ms: i64) -> Result<Option<SessionRow>, Problem> {
    match found {
        _ if is_for_strangers(method, path) => match found {
            Found::Session(session, _) => Ok(Some(session.clone())),
            _ => Ok(None),
        },
        Found::Nobody => Err(not_signed_in().into()),
        Found::Token(_, true) => {
            let message = "this office wants a second factor of everybody, and this token's user has none";
            Err(Refusal::denied("second-factor-needed", message, "sign in and set one up: POST /session/second-factor").into())
        }
        Found::Token(token, false) => match scope(method, path) {
            Some(scope) if Scopes::from_bits(token.scopes).has(scope) => Ok(None),
            Some(scope) => {
                let message = format!("this token does not have the scope {}", scope.as_str());
                Err(Refusal::denied("scope", message, "make a token with that scope").into())
            }
            None => {
                let message = "no token may change how somebody signs in";
                Err(Refusal::denied("not-for-tokens", message, "sign in to do this").into())
            }
        },
        Found::Session(_, true) if !is_for_enrolling(method, path) => {
            let message = "this office wants a second factor of everybody who signs in";
            Err(Refusal::denied("second-factor-needed", message, "set one up first: POST /session/second-factor").into())
        }
        Found::Session(session, _) if needs_proof(method, path) && !sign_in::is_proved(session, now_ms) => {
            let message = "this can't be undone, so the password is asked for again";
            Err(Refusal::denied(PROOF_NEEDED, message, "give it: POST /session/prove, then ask again").into())
        }
        Found::Session(session, _) => Ok(Some(session.clone())),
    }
}

#[cfg(test)]
mod tests {
    use interoffice_protocol::names::UserName;

    use super::*;

    fn session(proved_ms: i64) -> Found {
        let user = UserName::new("ann").unwrap();
        let (address, agent) = (String::new(), String::new());
        let row = SessionRow { id: 1, user_row: 1, user, created_ms: 0, seen_ms: 0, proved_ms, second_factor: false, address, agent };
        Found::Session(row, false)
    }

    fn code(found: &Found, method: &Method, path: &str) -> String {
        admit(found, method, path, sign_in::PROOF_MS + 1).map_or_else(|problem| problem.code, |_| String::new())
    }

    #[test]
    fn asvs_7_5_1_what_can_not_be_taken_back_wants_the_password_of_the_last_ten_minutes() {
        let (old, new) = (session(0), session(2));
        for path in [
            "/links/accept",
            "/links/abcd/delete",
            "/records/delete",
            "/users/bob/disable",
            "/users/bob/assign",
            "/users/ann/tokens",
            "/specialists/ann/enable",
            "/peers/accept",
            "/client-access",
            "/session/second-factor",
            "/roles",
            "/records/end",
            "/records/abcd/owner",
            "/links/abcd/unshare",
            "/groups/partners/delete",
            "/users/ann/proxies",
        ] {
            assert_eq!(code(&old, &Method::POST, path), "proof-needed", "{path}");
            assert_eq!(code(&new, &Method::POST, path), "", "{path}");
        }
        assert_eq!(code(&old, &Method::GET, "/records/export"), "proof-needed");
        assert_eq!(code(&old, &Method::PATCH, "/users/ann"), "proof-needed", "an address lets a new password be set");
        for path in ["/links/abcd/delete/plan", "/records/import", "/session/prove", "/groups"] {
            assert_eq!(code(&old, &Method::POST, path), "", "{path}");
        }
    }

    #[test]
    fn a_token_does_what_its_scopes_say_and_never_how_somebody_signs_in() {
        let user = UserName::new("ann").unwrap();
        let scopes = Scopes::parse(&["records:read".to_owned()]).unwrap().bits();
        let token = TokenRow { id: 1, user, name: String::new(), scopes, created_ms: 0, ends_ms: 1, used_ms: None };
        let token = Found::Token(token, false);
        assert_eq!(code(&token, &Method::GET, "/records"), "");
        for (method, path) in [(Method::POST, "/records"), (Method::GET, "/users"), (Method::GET, "/links"), (Method::GET, "/audit")] {
            assert_eq!(code(&token, &method, path), "scope", "{method} {path}");
        }
        for path in ["/session", "/session/password", "/users/ann/tokens", "/users/ann/sessions", "/users/bob/invite"] {
            assert!(["not-for-tokens", ""].contains(&code(&token, &Method::POST, path).as_str()), "{path}");
        }
        assert_eq!(code(&token, &Method::POST, "/users/ann/tokens"), "not-for-tokens");
        assert_eq!(code(&token, &Method::PATCH, "/users/ann"), "not-for-tokens");
    }
}
