//! Signing in: what is needed to check somebody, the sessions that follow, and what ends them. Secrets are checked above the line and
//! arrive here as hashes; what they were checked against is compared once more in the transaction.

use interoffice_protocol::names::UserName;
use serde::Serialize;

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::credentials::{self, Credential};
use crate::store::sessions::{self, NewSession, SessionRow};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, office};

/// How long the password that was given counts for what can't be taken back (milliseconds): ten minutes.
pub const PROOF_MS: i64 = 600_000;
/// Most sessions of one user; the oldest gives way.
pub const SESSIONS_MAX: usize = 20;

/// Somebody who may be signing in.
#[derive(Clone)]
pub struct Candidate {
    /// The user.
    pub user: UserRow,
    /// What the user signs in with; `None` before a password was set.
    pub credential: Option<Credential>,
    /// Whether the user signed in on this device before.
    pub known_device: bool,
}

/// Who is meant by a user name or an e-mail address; disabled users are nobody.
pub fn candidate(view: &View<'_>, name: &str, device: Option<&[u8; 32]>) -> Result<Option<Candidate>, Fault> {
    let user = match UserName::new(name) {
        Ok(name) => users::find(view, &name)?,
        Err(_) => users::by_email(view, name)?,
    };
    let Some(user) = user.filter(|user| !user.disabled) else { return Ok(None) };
    let known_device = match device {
        Some(hash) => sessions::is_known_device(view, user.id, hash)?,
        None => false,
    };
    Ok(Some(Candidate { credential: credentials::find(view, user.id)?, user, known_device }))
}

/// How a second factor was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecondFactor {
    /// Not at all: the user has none.
    None,
    /// By the code of this time step.
    Code(i64),
    /// By the recovery code with this hash.
    Recovery([u8; 32]),
}

/// What a session begins with when password and second factor were found right.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The user.
    pub user: UserName,
    /// The password hash that the password was checked against.
    pub password: String,
    /// The second factor.
    pub second_factor: SecondFactor,
}

/// Where a session begins.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Network address.
    pub address: String,
    /// The program, as it says.
    pub agent: String,
    /// Hash of the token of the session that it has so far.
    pub before: Option<[u8; 32]>,
}

/// What helps whatever was wrong, also where the account was guessed too often.
const REMEDY: &str = "check both; after many attempts, whoever made them, wait a minute; or ask an administrator for a new password";

/// The one refusal of everything that is not right about signing in: it does not say what.
pub fn refused() -> Refusal {
    Refusal::denied("sign-in-failed", "user name and password do not go together", REMEDY)
}

/// Checks a proof against what is stored now, and uses the second factor up.
fn checked(tx: &Tx<'_>, proof: &Proof) -> Result<(UserRow, bool), Fault> {
    let user = users::find(tx, &proof.user)?.filter(|user| !user.disabled).ok_or_else(refused)?;
    let credential = credentials::find(tx, user.id)?.filter(|credential| credential.password == proof.password).ok_or_else(refused)?;
    let used = match proof.second_factor {
        SecondFactor::None if credential.totp_on => return Err(refused().into()),
        SecondFactor::None => false,
        SecondFactor::Code(step) if credential.totp.is_some() && step > credential.totp_step => {
            credentials::use_totp(tx, user.id, step)?;
            true
        }
        SecondFactor::Recovery(hash) if credential.totp_on => credentials::use_recovery_code(tx, user.id, &hash)?,
        SecondFactor::Code(_) | SecondFactor::Recovery(_) => false,
    };
    if credential.totp_on && !used {
        return Err(code_refused().into());
    }
    Ok((user, used))
}

/// The refusal of a second factor that is wrong or was used before.
pub fn code_refused() -> Refusal {
    Refusal::denied("bad-code", "this code is wrong or was used before", "wait for the next code, or use a recovery code")
}

/// Begins a session; the token stays with the caller. The device is remembered.
pub fn begin(tx: &Tx<'_>, proof: &Proof, token: &[u8; 32], device: &[u8; 32], place: &Place) -> Result<SessionView, Fault> {
    let actor = Actor::User(proof.user.clone());
    tx.attempt(&actor, "session.begin", proof.user.as_str());
    let (user, second_factor) = checked(tx, proof)?;
    end_the_one_before(tx, place)?;
    for old in sessions::of_user(tx, user.id)?.iter().skip(SESSIONS_MAX - 1) {
        sessions::delete(tx, old.id)?;
    }
    let new = NewSession { user: user.id, token_hash: *token, second_factor, address: &place.address, agent: &place.agent };
    let id = sessions::insert(tx, &new)?;
    sessions::keep_device(tx, user.id, device)?;
    audit::done(tx, &actor, "session.begin", user.name.as_str(), &format!("session {id} from {}", place.address))?;
    let row = sessions::by_id(tx, id)?.ok_or_else(gone)?;
    Ok(SessionView::of(&row, id))
}

/// The browser forgets the session that it had for the new one, and nobody is to go on with it.
fn end_the_one_before(tx: &Tx<'_>, place: &Place) -> Result<(), Fault> {
    let Some(before) = place.before.map(|token| sessions::find(tx, &token)).transpose()?.flatten() else { return Ok(()) };
    sessions::delete(tx, before.id)?;
    let actor = Actor::User(before.user.clone());
    Ok(audit::done(tx, &actor, "session.end", before.user.as_str(), &format!("session {}: another took its place", before.id))?)
}

/// Writes down that somebody could not sign in as a user who exists; nothing is kept of names that nobody has, but the answer waits for as much
/// to be written.
pub fn failed(tx: &Tx<'_>, user: Option<&UserName>, refusal: &Refusal, address: &str) -> Result<(), Fault> {
    let detail = format!("from {address}");
    match user {
        Some(user) => audit::denied(tx, &Actor::Stranger, "session.begin", user.as_str(), refusal.code, &detail)?,
        None => audit::in_vain(tx, &Actor::Stranger, "session.begin", refusal.code, &detail)?,
    }
    Ok(())
}

/// The password was given again within a session, and the second factor if the user has one.
pub fn prove(tx: &Tx<'_>, session: i64, proof: &Proof) -> Result<SessionView, Fault> {
    let actor = Actor::User(proof.user.clone());
    tx.attempt(&actor, "session.prove", proof.user.as_str());
    let (user, second_factor) = checked(tx, proof)?;
    let row = alive(tx, session, user.id)?;
    sessions::prove(tx, row.id, second_factor)?;
    audit::done(tx, &actor, "session.prove", user.name.as_str(), &format!("session {session}"))?;
    Ok(SessionView::of(&alive(tx, session, user.id)?, session))
}

fn gone() -> Refusal {
    Refusal::not_found("unknown-session", "there is no such session", "it may have ended already")
}

fn alive(view: &View<'_>, session: i64, user: i64) -> Result<SessionRow, Fault> {
    Ok(sessions::by_id(view, session)?.filter(|row| row.user_row == user).ok_or_else(gone)?)
}

/// A session as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Its number.
    pub id: i64,
    /// Who is signed in.
    pub user: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// When it was last used, to the minute.
    pub seen_ms: i64,
    /// When it ends unless it is used.
    pub ends_ms: i64,
    /// Until when the password that was given counts for what can't be taken back.
    pub proved_until_ms: i64,
    /// Whether a second factor was given.
    pub second_factor: bool,
    /// From where.
    pub address: String,
    /// With which program, as it says.
    pub agent: String,
}

impl SessionView {
    fn of(row: &SessionRow, current: i64) -> Self {
        Self {
            id: row.id,
            user: row.user.to_string(),
            current: row.id == current,
            created_ms: row.created_ms,
            seen_ms: row.seen_ms,
            ends_ms: row.ends_ms(),
            proved_until_ms: row.proved_ms + PROOF_MS,
            second_factor: row.second_factor,
            address: row.address.clone(),
            agent: row.agent.clone(),
        }
    }
}

/// Whether a session may do what can't be taken back without the password being given again.
pub fn is_proved(row: &SessionRow, now_ms: i64) -> bool {
    row.proved_ms + PROOF_MS > now_ms
}

/// Whether the office wants a second factor of everybody, and this session has none.
pub fn lacks_second_factor(view: &View<'_>, row: &SessionRow) -> Result<bool, Fault> {
    Ok(!row.second_factor && office::wants_second_factor(view)?)
}

/// The sessions of a user: one's own, or as an administrator somebody's. `current` is the session that asks.
pub fn list(view: &View<'_>, actor: &Actor, name: &UserName, current: i64) -> Result<Vec<SessionView>, Fault> {
    let user = own_or_admin(view, actor, name)?;
    Ok(sessions::of_user(view, user.id)?.iter().map(|row| SessionView::of(row, current)).collect())
}

/// The user in question, who asks for him- or herself, or an administrator asks.
pub(super) fn own_or_admin(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<UserRow, Fault> {
    if !matches!(actor, Actor::User(me) if me == name) {
        rights::require_admin(view, actor)?;
    }
    super::users::find(view, name)
}

/// Ends one session of a user.
pub fn end(tx: &Tx<'_>, actor: &Actor, name: &UserName, session: i64) -> Result<SessionView, Fault> {
    tx.attempt(actor, "session.end", name.as_str());
    let user = own_or_admin(tx, actor, name)?;
    let row = alive(tx, session, user.id)?;
    sessions::delete(tx, row.id)?;
    audit::done(tx, actor, "session.end", name.as_str(), &format!("session {session}"))?;
    Ok(SessionView::of(&row, 0))
}

/// Ends the sessions of a user, but for one if it is given; says how many.
pub fn end_all(tx: &Tx<'_>, actor: &Actor, name: &UserName, but: Option<i64>) -> Result<u64, Fault> {
    tx.attempt(actor, "session.end", name.as_str());
    let user = own_or_admin(tx, actor, name)?;
    let ended = sessions::delete_of_user(tx, user.id, but)?;
    audit::done(tx, actor, "session.end", name.as_str(), &format!("sessions {ended}"))?;
    Ok(ended)
}

/// Notes that a session or a token is used, to the minute.
pub fn touch_session(tx: &Tx<'_>, session: i64) -> Result<(), Fault> {
    Ok(sessions::touch(tx, session)?)
}

/// The session with this token, if it is alive.
pub fn session(view: &View<'_>, token: &[u8; 32]) -> Result<Option<SessionRow>, Fault> {
    Ok(sessions::find(view, token)?)
}
