//! Signing in and out, and what belongs to it: `/session`, `/users/{name}/sessions`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use interoffice_core::actions::sign_in::{self, Candidate, Place, Proof, SecondFactor, SessionView};
use interoffice_core::actions::users::{self, UserView};
use interoffice_core::actions::{office, passwords, settings};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::password;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::Fault;
use interoffice_core::store::sessions::SessionRow;
use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one};
use super::asked::{As, Body, user_name};
use super::gate::{self, Caller, Door, Web};
use crate::api::Problem;
use crate::house::{House, Priority::People};
use crate::secret::{self, Comes, Secret};

/// How long a browser keeps the cookie of a device (seconds): a year.
const DEVICE_S: u32 = 365 * 24 * 3600;
/// Longest name of a program that is kept (characters).
const AGENT_CHARS: usize = 200;

/// Who signs in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// Sign-in name or e-mail address.
    user: String,
    /// The password.
    password: Secret,
    /// Code of the second factor, or a recovery code.
    code: Option<Secret>,
}

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(show, begin, end))
        .routes(routes!(prove))
        .routes(routes!(change_password))
        .routes(routes!(begin_second_factor, drop_own_second_factor))
        .routes(routes!(confirm_second_factor))
        .routes(routes!(list, end_all))
        .routes(routes!(end_one))
        .routes(routes!(drop_second_factor))
}

fn session_of(caller: &Caller) -> Result<SessionRow, Problem> {
    let missing = || Refusal::denied("not-signed-in", "this needs somebody who is signed in", "sign in first");
    Ok(caller.session.clone().ok_or_else(missing)?)
}

/// Checks password and second factor of somebody who may be nobody: the same work for all, and the same answer for all that is wrong.
async fn check(web: &Web, from: Comes, found: Option<Candidate>, password: Secret, code: Option<&str>) -> Result<Proof, Problem> {
    let known = found.and_then(|candidate| Some((candidate.user.name.clone(), candidate.credential?)));
    let right = web.passwords.verify(from, password, known.as_ref().map(|(_, credential)| credential.password.clone())).await?;
    let Some((user, credential)) = known.filter(|_| right) else { return Err(sign_in::refused().into()) };
    let second_factor = match (credential.totp.as_deref().filter(|_| credential.totp_on), code) {
        (None, _) => SecondFactor::None,
        (Some(_), None) => {
            let message = "the password is right, and a code of the second factor is needed too";
            return Err(Refusal::denied("code-needed", message, "send it as `code`, or a recovery code").into());
        }
        (Some(totp), Some(code)) => match secret::totp_step(totp, code) {
            Some(step) => SecondFactor::Code(step),
            None => SecondFactor::Recovery(secret::hash_recovery_code(code)),
        },
    };
    Ok(Proof { user, password: credential.password, second_factor })
}

/// A cookie that scripts can't read and that goes to this host alone.
fn cookie(name: &str, value: &str, max_age_s: Option<u32>) -> HeaderValue {
    let age = max_age_s.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    // Tokens are base64url, which every header takes.
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Signs in.
#[utoipa::path(post, path = "/session", operation_id = "session.begin", tag = "session", request_body = SignIn, responses((status = 201, body = SessionView), Problems))]
async fn begin(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(asked): Body<SignIn>,
) -> Result<Response, Problem> {
    let web = door.web()?;
    let address = caller.address.ok_or_else(sign_in::refused)?;
    let device = gate::cookie(&headers, &web.cookies.device).map(|value| secret::hash_token(&value));
    let name = asked.user.clone();
    let found = house.read(move |view| sign_in::candidate(view, &name, device.as_ref())).await?;
    let known = device.filter(|_| found.as_ref().is_some_and(|candidate| candidate.known_device));
    let existing = found.as_ref().map(|candidate| candidate.user.name.clone());
    let looks = match (known, &existing) {
        (Some(device), Some(user)) => web.limits.guess_known(user.as_str(), device).map(|()| true)?,
        _ => web.limits.guess(&asked.user, existing.as_ref().map(UserName::as_str), address)?,
    };
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
    let from = if known.is_some() { Comes::Familiar } else { Comes::Stranger };
    let proof = match check(web, from, found.filter(|_| looks), asked.password, asked.code.as_deref()).await {
        Ok(proof) => proof,
        Err(problem) => {
            let whence = if looks { address.to_string() } else { format!("{address}, not looked at: the account was guessed too often") };
            return Err(note_failure(&house, existing, problem, whence).await);
        }
    };
    let (token, hash) = secret::token("");
    let (device_token, device_hash) = secret::token("");
    let before = gate::cookie(&headers, &web.cookies.session).map(|value| secret::hash_token(&value));
    let place = Place { address: address.to_string(), agent, before };
    let session = house.write(People, move |tx| sign_in::begin(tx, &proof, &hash, &device_hash, &place)).await?;
    let mut response = (StatusCode::CREATED, Json(session)).into_response();
    let cookies = [cookie(&web.cookies.session, &token, None), cookie(&web.cookies.device, &device_token, Some(DEVICE_S))];
    for value in cookies {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Writes a failure down when there is such a user, and takes as long when there is none. A code that is still missing is no failure.
async fn note_failure(house: &House, user: Option<UserName>, problem: Problem, address: String) -> Problem {
    let refusal = match problem.code.as_str() {
        "sign-in-failed" => sign_in::refused(),
        "bad-code" => sign_in::code_refused(),
        _ => return problem,
    };
    match house.write(People, move |tx| sign_in::failed(tx, user.as_ref(), &refusal, &address)).await {
        Ok(()) => problem,
        Err(fault) => fault.into(),
    }
}

/// Who is signed in.
#[derive(Serialize, utoipa::ToSchema)]
struct Me {
    session: SessionView,
    user: UserView,
    /// Until when the password that was given counts, seen from now on.
    proved: bool,
    /// Whether the user has a second factor.
    second_factor: bool,
    /// Recovery codes that are left.
    recovery_codes: u64,
    /// Name of the office.
    office: String,
    /// Time zone in which the office lives, such as `Europe/Berlin`.
    time_zone: String,
}

/// Who is signed in.
#[utoipa::path(get, path = "/session", operation_id = "session.show", tag = "session", responses((status = 200, body = Me), Problems))]
async fn show(State(house): State<House>, Extension(caller): Extension<Caller>) -> Answer<Me> {
    let session = session_of(&caller)?;
    let end = house.read(move |view| {
        let me = Actor::User(session.user.clone());
        let (second_factor, recovery_codes) = passwords::second_factor(view, &session.user)?;
        let proved = sign_in::is_proved(&session, view.now_ms);
        let user = users::show(view, &me, &session.user)?;
        let sessions = sign_in::list(view, &me, &session.user, session.id)?;
        let session = sessions.into_iter().find(|other| other.current).ok_or_else(sign_in::refused)?;
        let (office, time_zone) = (office::view(view)?.name, settings::view(view, &me)?.time_zone);
        Ok(Me { session, user, proved, second_factor, recovery_codes, office, time_zone })
    });
    one(end.await)
}

/// Signs out.
#[utoipa::path(delete, path = "/session", operation_id = "session.end", tag = "session", responses((status = 200, body = SessionView), Problems))]
async fn end(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let (session, web) = (session_of(&caller)?, door.web()?);
    let ended = house.write(People, move |tx| sign_in::end(tx, &Actor::User(session.user.clone()), &session.user, session.id)).await?;
    let mut response = Json(ended).into_response();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookie(&web.cookies.session, "", Some(0)));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The password once more, for what can't be taken back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Prove {
    /// The password.
    password: Secret,
    /// Code of the second factor, or a recovery code.
    code: Option<Secret>,
}

/// Checks the password of whoever is signed in, within the same bounds as at the door.
async fn prove_again(
    house: &House,
    door: &Door,
    caller: &Caller,
    password: Secret,
    code: Option<&str>,
) -> Result<(SessionRow, Proof), Problem> {
    let web = door.web()?;
    let session = session_of(caller)?;
    let address = caller.address.ok_or_else(sign_in::refused)?;
    let mut device = [0; 32];
    device[..8].copy_from_slice(&session.id.to_be_bytes());
    web.limits.guess_known(session.user.as_str(), device)?;
    let name = session.user.to_string();
    let found = house.read(move |view| sign_in::candidate(view, &name, None)).await?;
    match check(web, Comes::Familiar, found, password, code).await {
        Ok(proof) => Ok((session, proof)),
        Err(problem) => Err(note_failure(house, Some(session.user), problem, address.to_string()).await),
    }
}

/// Gives the password again, for what can't be taken back.
#[utoipa::path(post, path = "/session/prove", operation_id = "session.prove", tag = "session", request_body = Prove, responses((status = 200, body = SessionView), Problems))]
async fn prove(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<Prove>,
) -> Answer<SessionView> {
    let code = asked.code.as_deref();
    let (session, proof) = prove_again(&house, &door, &caller, asked.password, code).await?;
    one(house.write(People, move |tx| sign_in::prove(tx, session.id, &proof)).await)
}

/// A new password of one's own.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The password so far.
    password: Secret,
    /// The new one.
    new_password: Secret,
    /// Code of the second factor, or a recovery code.
    code: Option<Secret>,
}

/// How many other sessions ended.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Ended {
    sessions: u64,
}

/// Refuses a password that does not fit, made of these words.
pub(super) fn check_password(password: &str, words: &[String]) -> Result<(), Refusal> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    password::check(password, &words)
}

/// Sets a new password of one's own.
#[utoipa::path(post, path = "/session/password", operation_id = "session.change_password", tag = "session", request_body = NewPassword, responses((status = 200, body = Ended), Problems))]
async fn change_password(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<NewPassword>,
) -> Answer<Ended> {
    let code = asked.code.as_deref();
    let (session, proof) = prove_again(&house, &door, &caller, asked.password, code).await?;
    let words = gate::words(&house, session.user.clone()).await?;
    check_password(&asked.new_password, &words)?;
    let hash = door.web()?.passwords.hash(asked.new_password).await?;
    let changed = house.write(People, move |tx| {
        sign_in::prove(tx, session.id, &proof)?;
        passwords::change(tx, &session.user, &proof.password, &hash, session.id)
    });
    one(changed.await.map(|sessions| Ended { sessions }))
}

/// A second factor that was begun: the secret is shown this once.
#[derive(Serialize, utoipa::ToSchema)]
struct Begun {
    /// The secret, to be typed into an app.
    secret: String,
    /// The address that an app reads from a QR code.
    uri: String,
}

/// Begins a second factor.
#[utoipa::path(post, path = "/session/second-factor", operation_id = "session.begin_second_factor", tag = "session", responses((status = 200, body = Begun), Problems))]
async fn begin_second_factor(State(house): State<House>, Extension(caller): Extension<Caller>) -> Answer<Begun> {
    let session = session_of(&caller)?;
    let secret = secret::totp_secret();
    let user = session.user.clone();
    let office = house.write(People, move |tx| {
        passwords::begin_second_factor(tx, &session.user, &secret)?;
        Ok(office::view(tx)?.name)
    });
    let office = office.await?;
    let unusable = || Refusal::invalid("bad-name", "an app can't read the name of this office", "rename it");
    let (secret, uri) = secret::show_totp(&secret, user.as_str(), &office).ok_or_else(unusable)?;
    Ok(Json(Begun { secret, uri }))
}

/// The first code of a second factor.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirm {
    /// The code that the app shows.
    code: Secret,
}

/// What helps when the app is lost: each code counts once. They are shown this once.
#[derive(Serialize, utoipa::ToSchema)]
struct Codes {
    recovery_codes: Vec<String>,
}

/// Confirms a second factor with its first code.
#[utoipa::path(post, path = "/session/second-factor/confirm", operation_id = "session.confirm_second_factor", tag = "session", request_body = Confirm, responses((status = 200, body = Codes), Problems))]
async fn confirm_second_factor(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<Confirm>,
) -> Answer<Codes> {
    let session = session_of(&caller)?;
    door.web()?.limits.guess_known(session.user.as_str(), [1; 32])?;
    let user = session.user.clone();
    let totp = house.read(move |view| passwords::second_factor_secret(view, &user)).await?;
    let step = secret::totp_step(&totp, &asked.code).ok_or_else(sign_in::code_refused)?;
    let (codes, hashes): (Vec<String>, Vec<[u8; 32]>) = (0..passwords::RECOVERY_CODES).map(|_| secret::recovery_code()).unzip();
    let confirmed = house.write(People, move |tx| passwords::confirm_second_factor(tx, &session.user, step, &hashes, session.id));
    one(confirmed.await.map(|()| Codes { recovery_codes: codes }))
}

/// Takes one's own second factor away.
#[utoipa::path(delete, path = "/session/second-factor", operation_id = "session.drop_own_second_factor", tag = "session", responses((status = 200, body = UserView), Problems))]
async fn drop_own_second_factor(State(house): State<House>, Extension(caller): Extension<Caller>) -> Answer<UserView> {
    let session = session_of(&caller)?;
    one(house.write(People, move |tx| passwords::drop_second_factor(tx, &Actor::User(session.user.clone()), &session.user)).await)
}

/// Takes the second factor of a user away who lost it.
#[utoipa::path(delete, path = "/users/{name}/second-factor", operation_id = "session.drop_second_factor", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = UserView), Problems))]
async fn drop_second_factor(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| passwords::drop_second_factor(tx, &actor, &name)).await)
}

fn current(caller: &Caller) -> i64 {
    caller.session.as_ref().map_or(0, |session| session.id)
}

/// The sessions of a user.
#[utoipa::path(get, path = "/users/{name}/sessions", operation_id = "session.list", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Items<SessionView>), Problems))]
async fn list(
    State(house): State<House>,
    As(actor): As,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<Items<SessionView>> {
    let name = user_name(&name)?;
    items(house.read(move |view| sign_in::list(view, &actor, &name, current(&caller))).await)
}

/// Ends one session of a user.
#[utoipa::path(delete, path = "/users/{name}/sessions/{session}", operation_id = "session.end_one", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user"), ("session" = i64, Path, description = "Number of a session")), responses((status = 200, body = SessionView), Problems))]
async fn end_one(State(house): State<House>, As(actor): As, Path((name, session)): Path<(String, i64)>) -> Answer<SessionView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| sign_in::end(tx, &actor, &name, session)).await)
}

/// Ends the sessions of a user, but for the one that asks.
#[utoipa::path(delete, path = "/users/{name}/sessions", operation_id = "session.end_all", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Ended), Problems))]
async fn end_all(
    State(house): State<House>,
    As(actor): As,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<Ended> {
    let name = user_name(&name)?;
    let but = caller.session.as_ref().filter(|session| session.user == name).map(|session| session.id);
    let ended: Result<u64, Fault> = house.write(People, move |tx| sign_in::end_all(tx, &actor, &name, but)).await;
    one(ended.map(|sessions| Ended { sessions }))
}
