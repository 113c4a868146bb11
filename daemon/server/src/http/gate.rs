//! The gate: who asks, whether that is allowed at this door, how often, and a request that was sent before.
//!
//! On the control socket whoever may open it is the operator. At the http door a request comes with the cookie of a session or with a
//! token; everything but signing in needs one of them.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use interoffice_core::actions::{audit, passwords, rights, sign_in, tokens};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::sessions::{SEEN_MS, SessionRow};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::names::UserName;

use super::admission::{Found, PROOF_NEEDED, admit, not_signed_in};
use super::answer::Code;
use super::limits::Limits;
use crate::api::{AS_HEADER, BASE, Problem};
use crate::clock;
use crate::config::HttpConfig;
use crate::house::{House, Priority::People};
use crate::secret::{self, Passwords};

/// Names of the cookies that say who comes. The prefix makes browsers insist on TLS, on the whole host and on nobody else's setting them.
/// Behind it stands the office: browsers keep one cookie of a name for all ports of a host, and two offices on one machine would sign each
/// other's users out.
pub(super) struct Cookies {
    /// Of a session.
    pub(super) session: String,
    /// Of a device on which somebody signed in before.
    pub(super) device: String,
}

impl Cookies {
    fn of(office: &str) -> Self {
        let office = office.get(..OFFICE_LETTERS).unwrap_or(office);
        Self { session: format!("__Host-session-{office}"), device: format!("__Host-device-{office}") }
    }
}

/// Letters of the office's id in the names of its cookies.
const OFFICE_LETTERS: usize = 10;

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
    /// What its cookies are called.
    pub(super) cookies: Cookies,
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
    /// The http door of an office with these settings.
    pub(crate) fn new(config: &HttpConfig, office: OfficeId) -> Arc<Self> {
        let (limits, cookies) = (Limits::new(), Cookies::of(&office.to_string()));
        Arc::new(Self { passwords: Passwords::new(), limits, cookies, proxies: config.proxies.clone() })
    }

    /// Where a request comes from: the other end, or what a proxy that is known says of it.
    fn address(&self, other_end: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.proxies.contains(&other_end) {
            return other_end;
        }
        // The last entry that no known proxy has added: what stands before it anybody can have written.
        let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let hops: Vec<Option<IpAddr>> = hops.map(|hop| hop.trim().parse().ok()).collect();
        let known = |hop: &Option<IpAddr>| hop.is_some_and(|hop| self.proxies.contains(&hop));
        hops.into_iter().rev().find(|hop| !known(hop)).flatten().unwrap_or(other_end)
    }
}

/// The other end of a connection to the http door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherEnd(pub(crate) IpAddr);

/// Marks what a page asks by itself while nobody may be at the desk: it makes no session longer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unattended;

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
    fn of(headers: &HeaderMap, cookies: &Cookies) -> Result<Self, Problem> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(secret::hash_token);
        let session = cookie(headers, &cookies.session).map(|value| secret::hash_token(&value));
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

fn look(view: &View<'_>, shown: &Shown) -> Result<(Found, Actor), Fault> {
    let (found, user) = if let Some(hash) = &shown.token {
        let token = tokens::find(view, hash)?.ok_or_else(not_signed_in)?;
        let (lacks, user) = (tokens::lacks_second_factor(view, &token)?, token.user.clone());
        (Found::Token(token, lacks), user)
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
            let (actor, reads) = (caller.actor.clone(), read_path(&parts).map(str::to_owned));
            parts.extensions.insert(caller);
            parts.extensions.insert(door);
            let response = next.run(Request::from_parts(parts, body)).await;
            if let Some(path) = reads.filter(|_| response.status() == StatusCode::FORBIDDEN) {
                let code = response.extensions().get::<Code>().map_or_else(|| "denied".to_owned(), |code| code.0.clone());
                note_denial(&house, actor, path, code).await;
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Reading this is a deed, whose verb writes into the audit that it was refused.
const DEED: &str = "/audit/export";

/// The path of a request that only reads, and so leaves no line in the audit by itself when it is refused.
fn read_path(request: &Parts) -> Option<&str> {
    let path = request.uri.path();
    let path = path.strip_prefix(BASE).unwrap_or(path);
    (request.method == Method::GET && path != DEED).then_some(path)
}

/// Writes down that somebody was refused before a verb could do so. When that fails, the refusal stands all the same.
async fn note_denial(house: &House, actor: Actor, path: String, code: String) {
    if let Err(fault) = house.write(People, move |tx| audit::note_denial(tx, &actor, &path, &code)).await {
        tracing::warn!(%fault, "a refusal could not be written into the audit");
    }
}

async fn identify(house: &House, web: &Web, request: &Parts) -> Result<Caller, Problem> {
    let other_end = request.extensions.get::<OtherEnd>().map_or(IpAddr::from([0, 0, 0, 0]), |end| end.0);
    let address = web.address(other_end, &request.headers);
    let path = request.uri.path().strip_prefix(BASE).unwrap_or_else(|| request.uri.path()).to_owned();
    let method = request.method.clone();
    let shown = Shown::of(&request.headers, &web.cookies)?;
    let secret = shown.token.or(shown.session);
    let looked = if secret.is_some() { house.read(move |view| look(view, &shown)).await } else { Ok((Found::Nobody, Actor::Stranger)) };
    // What is shown and counts for nothing makes nobody less of a stranger.
    match &looked {
        Ok((Found::Session(..) | Found::Token(..), actor)) => web.limits.caller(actor)?,
        Ok((Found::Nobody, _)) | Err(_) => web.limits.stranger(address)?,
    }
    let (found, actor) = looked?;
    let session = match admit(&found, &method, &path, clock::now_ms()) {
        Ok(session) => session,
        Err(problem) => {
            // That a password is asked for again is a question, and no denial.
            if problem.status == StatusCode::FORBIDDEN.as_u16() && problem.code != PROOF_NEEDED {
                note_denial(house, actor, path, problem.code.clone()).await;
            }
            return Err(problem);
        }
    };
    if request.extensions.get::<Unattended>().is_none() {
        touch(house, &found).await;
    }
    Ok(Caller { actor, address: Some(address), session, secret })
}

/// Notes that a session or a token is used, to the minute. When that fails, the request goes on all the same.
async fn touch(house: &House, found: &Found) {
    let now_ms = clock::now_ms();
    let noted = match found {
        Found::Session(session, _) if session.seen_ms + SEEN_MS < now_ms => {
            let id = session.id;
            house.write(People, move |tx| sign_in::touch_session(tx, id)).await
        }
        Found::Token(token, _) if token.used_ms.is_none_or(|used| used + SEEN_MS < now_ms) => {
            let id = token.id;
            house.write(People, move |tx| tokens::touch(tx, id)).await
        }
        _ => Ok(()),
    };
    if let Err(fault) = noted {
        tracing::warn!(%fault, "the use of a session or token could not be noted");
    }
}

/// Why what takes long is broken off.
pub(super) fn over() -> Refusal {
    Refusal::denied("not-signed-in", "the session or token with which this was begun is over", "sign in, and begin again")
}

/// Whether the caller of a stream may still listen: session or token go on and lack no second factor that is wanted, and the user acts for somebody who still can. A session is
/// looked up by its secret, since its number may fall to the next one once it is over (INV-55).
pub(super) async fn still_there(house: &House, caller: &Caller) -> bool {
    let Caller { actor, session, secret, .. } = caller.clone();
    let alive = house.read(move |view| {
        match &actor {
            Actor::For { by: Some(by), user } => drop(rights::on_behalf(view, by, user)?),
            _ => rights::require_member(view, &actor)?,
        }
        match secret {
            Some(secret) if session.is_some() => match sign_in::session(view, &secret)? {
                Some(session) => Ok(!sign_in::lacks_second_factor(view, &session)?),
                None => Ok(false),
            },
            Some(secret) => match tokens::find(view, &secret)? {
                Some(token) => Ok(!tokens::lacks_second_factor(view, &token)?),
                None => Ok(false),
            },
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
mod tests {
    use interoffice_core::actions::users::NewUser;
    use interoffice_core::domain::user::Account;

    use super::*;
    use crate::house::testing;

    #[test]
    fn an_address_is_what_the_last_known_proxy_says_and_not_what_anybody_writes() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let door = Web { passwords: Passwords::new(), limits: Limits::new(), cookies: Cookies::of("a"), proxies: vec![proxy] };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.66, 198.51.100.7".parse().unwrap());
        let client: IpAddr = "198.51.100.7".parse().unwrap();
        assert_eq!(door.address(proxy, &headers), client);
        let stranger: IpAddr = "203.0.113.5".parse().unwrap();
        assert_eq!(door.address(stranger, &headers), stranger, "from elsewhere the header counts for nothing");
        assert_eq!(door.address(proxy, &HeaderMap::new()), proxy);
        headers.insert("x-forwarded-for", "192.0.2.66, 198.51.100.7:4711".parse().unwrap());
        assert_eq!(door.address(proxy, &headers), proxy, "what can't be read is not skipped for what stands before it");
    }

    /// The only administrator signs in from the device with this secret; gives the number of the session.
    async fn signs_in(house: &House, secret: [u8; 32]) -> i64 {
        let proof = sign_in::Proof {
            user: UserName::new("adam").unwrap(),
            password: "hash".to_owned(),
            second_factor: sign_in::SecondFactor::None,
        };
        house.write(People, move |tx| sign_in::begin(tx, &proof, &secret, &[9; 32], &sign_in::Place::default())).await.unwrap().id
    }

    #[tokio::test]
    async fn inv_55_a_stream_ends_with_its_session_although_the_number_falls_to_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let new = NewUser { name: "adam".to_owned(), account: Account::Admin, ..NewUser::default() };
        house.write(People, move |tx| passwords::first_administrator(tx, &Actor::Operator, &new, "hash")).await.unwrap();
        let first = signs_in(&house, [1; 32]).await;
        let session = house.read(|view| sign_in::session(view, &[1; 32])).await.unwrap();
        let actor = Actor::User(UserName::new("adam").unwrap());
        let caller = Caller { actor: actor.clone(), address: None, session, secret: Some([1; 32]) };
        assert!(still_there(&house, &caller).await);
        house.write(People, move |tx| sign_in::end(tx, &actor, &UserName::new("adam").unwrap(), first)).await.unwrap();
        assert_eq!(signs_in(&house, [2; 32]).await, first, "the number is given again");
        assert!(!still_there(&house, &caller).await);
        house.close();
    }
}
