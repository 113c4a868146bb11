//! The gate: who asks, whether that is allowed at this door, how often, and a request that was sent before.
//!
//! On the control socket whoever may open it is the operator. At the http door a request comes with the cookie of a session or with a
//! token; everything but signing in needs one of them.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use interoffice_core::actions::{passwords, rights, sign_in, tokens};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::scope::{Scope, Scopes};
use interoffice_core::store::sessions::{SEEN_MS, SessionRow, TokenRow};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::names::UserName;

use super::limits::Limits;
use crate::api::{AS_HEADER, BASE, Problem};
use crate::clock;
use crate::config::HttpConfig;
use crate::house::{House, Priority::People};
use crate::secret::{self, Passwords};

/// Cookie of a session. The prefix makes browsers insist on TLS, on the whole host and on nobody else's setting it.
pub(super) const SESSION_COOKIE: &str = "__Host-session";
/// Cookie of a device on which somebody signed in before.
pub(super) const DEVICE_COOKIE: &str = "__Host-device";

/// Which listener a request came through.
#[derive(Clone)]
pub(crate) enum Door {
    /// The control socket.
    Socket,
    /// The http door.
    Web(Arc<Web>),
}

/// What the http door knows beside the house.
pub(crate) struct Web {
    /// Hashes passwords.
    pub(super) passwords: Passwords,
    /// How often somebody may try.
    pub(super) limits: Limits,
    proxies: Vec<IpAddr>,
}

impl Door {
    /// What the http door alone can do: the operator signs in nowhere.
    pub(super) fn web(&self) -> Result<&Web, Problem> {
        match self {
            Self::Web(web) => Ok(web),
            Self::Socket => {
                let message = "whoever opens the control socket is the operator, and neither signs in nor uses links";
                Err(Refusal::invalid("not-on-this-door", message, "use the https address").into())
            }
        }
    }
}

impl Web {
    /// The http door of these settings.
    pub(crate) fn new(config: &HttpConfig) -> Arc<Self> {
        Arc::new(Self { passwords: Passwords::new(), limits: Limits::new(), proxies: config.proxies.clone() })
    }

    /// Where a request comes from: the other end, or what a proxy that is known says of it.
    fn address(&self, other_end: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.proxies.contains(&other_end) {
            return other_end;
        }
        // The last entry that no known proxy has added: what stands before it anybody can have written.
        let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let hops: Vec<IpAddr> = hops.filter_map(|hop| hop.trim().parse().ok()).collect();
        hops.into_iter().rev().find(|hop| !self.proxies.contains(hop)).unwrap_or(other_end)
    }
}

/// The other end of a connection to the http door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherEnd(pub(crate) IpAddr);

/// Who asks, as far as the gate found out.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Who acts.
    pub(super) actor: Actor,
    /// Where the request comes from; `None` on the control socket.
    pub(super) address: Option<IpAddr>,
    /// The session, when there is one.
    pub(super) session: Option<SessionRow>,
    /// Hash of what showed who it is: the secret of the session, or the token.
    secret: Option<[u8; 32]>,
}

/// What a request shows of itself.
struct Shown {
    session: Option<[u8; 32]>,
    token: Option<[u8; 32]>,
    on_behalf: Option<UserName>,
}

impl Shown {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(secret::hash_token);
        let session = cookie(headers, SESSION_COOKIE).map(|value| secret::hash_token(&value));
        Ok(Self { session: if token.is_some() { None } else { session }, token, on_behalf: on_behalf(headers)? })
    }
}

/// The user for whom somebody else acts, if the request names one.
pub(super) fn on_behalf(headers: &HeaderMap) -> Result<Option<UserName>, Problem> {
    let Some(name) = headers.get(AS_HEADER) else { return Ok(None) };
    let bad = |detail: &str| super::answer::problem(422, "bad-user-name", detail, "");
    let name = name.to_str().map_err(|_| bad("the name has letters that no user name has"))?;
    UserName::new(name).map(Some).map_err(|error| bad(&error.to_string()))
}

/// The value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

/// Who a request at the http door comes from.
enum Found {
    Session(SessionRow, bool),
    Token(TokenRow),
    Nobody,
}

fn look(view: &View<'_>, shown: &Shown) -> Result<(Found, Actor), Fault> {
    let (found, user) = if let Some(hash) = &shown.token {
        let token = tokens::find(view, hash)?.ok_or_else(not_signed_in)?;
        let user = token.user.clone();
        (Found::Token(token), user)
    } else if let Some(session) = shown.session.map(|hash| sign_in::session(view, &hash)).transpose()?.flatten() {
        let lacks = sign_in::lacks_second_factor(view, &session)?;
        let user = session.user.clone();
        (Found::Session(session, lacks), user)
    } else {
        return Ok((Found::Nobody, Actor::Stranger));
    };
    let actor = match &shown.on_behalf {
        Some(other) if *other != user => rights::on_behalf(view, &user, other)?,
        _ => Actor::User(user),
    };
    Ok((found, actor))
}

fn not_signed_in() -> Refusal {
    Refusal::denied("not-signed-in", "this needs somebody who is signed in", "sign in, or send a token that counts")
}

/// What strangers may ask for: nothing but who they are, and how to become somebody.
fn is_for_strangers(method: &Method, path: &str) -> bool {
    matches!(
        (method.as_str(), path),
        ("GET", "/health" | "/openapi.json") | ("POST", "/session" | "/set-up" | "/passes/show" | "/passes/use" | "/passes/forgot")
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
        "users" if matches!(third, "sessions" | "tokens" | "second-factor" | "invite") => None,
        "records" | "requests" | "copies" => pick(Scope::ReadRecords, Scope::WriteRecords),
        "links" | "peers" | "specialists" => pick(Scope::ReadLinks, Scope::WriteLinks),
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
        ["users", _, "disable" | "delete" | "assign" | "hand-over" | "all-clients" | "rights" | "invite" | "second-factor" | "tokens"] => {
            true
        }
        ["specialists", ..] | ["roles", ..] | ["peers", ..] | ["session", "second-factor", ..] => true,
        ["settings"] => method == Method::PATCH,
        _ => false,
    }
}

/// Lets a request in, or answers why not.
pub(super) async fn guard(State((house, door)): State<(House, Door)>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = match &door {
        Door::Socket => on_behalf(&parts.headers).map(|user| {
            let actor = user.map_or(Actor::Operator, |user| Actor::For { by: None, user });
            Caller { actor, address: None, session: None, secret: None }
        }),
        Door::Web(web) => identify(&house, web, &parts).await,
    };
    match caller {
        Ok(caller) => {
            parts.extensions.insert(caller);
            parts.extensions.insert(door);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn identify(house: &House, web: &Web, request: &Parts) -> Result<Caller, Problem> {
    let other_end = request.extensions.get::<OtherEnd>().map_or(IpAddr::from([0, 0, 0, 0]), |end| end.0);
    let address = web.address(other_end, &request.headers);
    let path = request.uri.path().strip_prefix(BASE).unwrap_or_else(|| request.uri.path()).to_owned();
    let method = request.method.clone();
    let shown = Shown::of(&request.headers)?;
    let secret = shown.token.or(shown.session);
    let looked = if secret.is_some() { house.read(move |view| look(view, &shown)).await } else { Ok((Found::Nobody, Actor::Stranger)) };
    // What is shown and counts for nothing makes nobody less of a stranger.
    match &looked {
        Ok((Found::Session(..) | Found::Token(_), actor)) => web.limits.caller(actor)?,
        Ok((Found::Nobody, _)) | Err(_) => web.limits.stranger(address)?,
    }
    let (found, actor) = looked?;
    let session = admit(&found, &method, &path, clock::now_ms())?;
    touch(house, &found).await;
    Ok(Caller { actor, address: Some(address), session, secret })
}

/// Whether this request is allowed to whom was found; gives the session.
fn admit(found: &Found, method: &Method, path: &str, now_ms: i64) -> Result<Option<SessionRow>, Problem> {
    match found {
        _ if is_for_strangers(method, path) => match found {
            Found::Session(session, _) => Ok(Some(session.clone())),
            _ => Ok(None),
        },
        Found::Nobody => Err(not_signed_in().into()),
        Found::Token(token) => match scope(method, path) {
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
            let message = "this can't be taken back, so the password is asked for again";
            Err(Refusal::denied("proof-needed", message, "give it: POST /session/prove, then ask again").into())
        }
        Found::Session(session, _) => Ok(Some(session.clone())),
    }
}

/// Notes that a session or a token is used, to the minute. When that fails, the request goes on all the same.
async fn touch(house: &House, found: &Found) {
    let now_ms = clock::now_ms();
    let noted = match found {
        Found::Session(session, _) if session.seen_ms + SEEN_MS < now_ms => {
            let id = session.id;
            house.write(People, move |tx| sign_in::touch_session(tx, id)).await
        }
        Found::Token(token) if token.used_ms.is_none_or(|used| used + SEEN_MS < now_ms) => {
            let id = token.id;
            house.write(People, move |tx| tokens::touch(tx, id)).await
        }
        _ => Ok(()),
    };
    if let Err(fault) = noted {
        tracing::warn!(%fault, "the use of a session or token could not be noted");
    }
}

/// Whether the caller of a stream may still listen: session or token go on, and the user acts for somebody who still can. A session is
/// looked up by its secret, since its number may fall to the next one once it is over (INV-55).
pub(super) async fn still_there(house: &House, caller: &Caller) -> bool {
    let Caller { actor, session, secret, .. } = caller.clone();
    let alive = house.read(move |view| {
        rights::require_member(view, &actor)?;
        match secret {
            Some(secret) if session.is_some() => Ok(sign_in::session(view, &secret)?.is_some()),
            Some(secret) => Ok(tokens::find(view, &secret)?.is_some()),
            None => Ok(true),
        }
    });
    alive.await.unwrap_or(false)
}

/// Words that a password must not be made of, for the user who asks.
pub(super) async fn words(house: &House, user: UserName) -> Result<Vec<String>, Fault> {
    house
        .read(move |view| {
            let user = interoffice_core::actions::users::find(view, &user)?;
            passwords::words(view, Some(&user))
        })
        .await
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
