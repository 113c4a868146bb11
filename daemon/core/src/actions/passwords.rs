//! Passwords, second factors, and the passes that let somebody set a password: an invitation, a forgotten password, the first
//! administrator of an office.

use interoffice_protocol::names::UserName;
use interoffice_protocol::seeded::{Bug, planted};
use serde::Serialize;

use super::sign_in::own_or_admin;
use super::users::{self as user_verbs, NewUser, UserView};
use super::{mails, rights};
use crate::domain::actor::Actor;
use crate::domain::mail::{LinkToken, Message};
use crate::domain::refusal::Refusal;
use crate::domain::user::Account;
use crate::store::credentials::{self, Pass, PassKind};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, office, sessions};

/// How long an invitation can be used (milliseconds): 14 days.
pub const ACTIVATE_MS: i64 = 14 * 24 * 3_600_000;
/// How long a forgotten password can be set anew (milliseconds): an hour.
pub const RESET_MS: i64 = 3_600_000;
/// How long the first administrator can be added with the link that the set-up printed (milliseconds): a day.
pub const SET_UP_MS: i64 = 24 * 3_600_000;
/// Recovery codes of one user.
pub const RECOVERY_CODES: usize = 10;

/// A pass that was made; the token stays with the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Passed {
    /// Who may set a password with it.
    pub user: String,
    /// Until when (milliseconds since 1970, UTC).
    pub until_ms: i64,
}

/// Lets a new user set the first password, or somebody set a forgotten one; a pass of before counts no more.
pub fn invite(tx: &Tx<'_>, actor: &Actor, name: &UserName, token: &str, hash: &[u8; 32]) -> Result<(Passed, bool), Fault> {
    tx.attempt(actor, "user.invite", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = user_verbs::enabled(tx, name)?;
    let (kind, life, verb) =
        if user.activated { (PassKind::Reset, RESET_MS, "user.reset") } else { (PassKind::Activate, ACTIVATE_MS, "user.invite") };
    let until_ms = tx.now_ms + life;
    credentials::insert_pass(tx, Some(user.id), kind, hash, until_ms)?;
    audit::done(tx, actor, verb, name.as_str(), "")?;
    let mailed = mail_link(tx, &user, kind, token)?;
    Ok((Passed { user: name.to_string(), until_ms }, mailed))
}

/// Sends the link to the user, who has an address; says whether it was.
fn mail_link(tx: &Tx<'_>, user: &UserRow, kind: PassKind, token: &str) -> Result<bool, Fault> {
    if user.email.is_empty() {
        return Ok(false);
    }
    let (user, token) = (user.id, LinkToken::new(token)?);
    mails::write(
        tx,
        &match kind {
            PassKind::Activate => Message::Invitation { user, token, expires_ms: tx.now_ms + ACTIVATE_MS },
            PassKind::SetUp | PassKind::Reset => Message::PasswordReset { user, token, expires_ms: tx.now_ms + RESET_MS },
        },
    )
}

/// Somebody says that he or she forgot the password. When there is such a user with an address, a link goes there; nobody learns whether.
pub fn forgot(tx: &Tx<'_>, who: &str, token: &str, hash: &[u8; 32]) -> Result<(), Fault> {
    let user = match UserName::new(who) {
        Ok(name) => users::find(tx, &name)?,
        Err(_) => users::by_email(tx, who)?,
    };
    let Some(user) = user.filter(|user| !user.disabled && user.activated && !user.email.is_empty()) else {
        // Whoever asks waits for a commit all the same, and does not learn from it who is there.
        return Ok(audit::in_vain(tx, &Actor::Stranger, "user.forgot", "unknown-user", "")?);
    };
    // Without a mail nobody gets the link, and it would push out one that somebody has.
    if mail_link(tx, &user, PassKind::Reset, token)? {
        credentials::insert_pass(tx, Some(user.id), PassKind::Reset, hash, tx.now_ms + RESET_MS)?;
    }
    audit::done(tx, &Actor::Stranger, "user.forgot", user.name.as_str(), "")?;
    Ok(())
}

/// What the holder of a pass is shown before setting a password: what it is for, and the words the password must not be made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// Sign-in name; empty for the first administrator, who chooses it.
    pub user: String,
    /// What the pass is for.
    pub kind: PassKind,
    /// Words that a password must not be made of.
    pub words: Vec<String>,
}

fn no_pass() -> Refusal {
    let remedy = "links are used once and end after a while: ask an administrator for a new one";
    Refusal::not_found("unknown-pass", "this link does not count, or no longer", remedy)
}

/// The holder of a pass.
pub fn holder(view: &View<'_>, token: &[u8; 32]) -> Result<Holder, Fault> {
    let pass = credentials::pass(view, token)?.ok_or_else(no_pass)?;
    let user = match pass.user {
        Some(row) => Some(users::by_id(view, row)?).filter(|user| !user.disabled),
        None => None,
    };
    if pass.user.is_some() && user.is_none() {
        return Err(no_pass().into());
    }
    let words = words(view, user.as_ref())?;
    Ok(Holder { user: user.map(|user| user.name.to_string()).unwrap_or_default(), kind: pass.kind, words })
}

/// Words that a user's password must not be made of.
pub fn words(view: &View<'_>, user: Option<&UserRow>) -> Result<Vec<String>, Fault> {
    let mut words = vec!["interoffice".to_owned(), office::load(view)?.name];
    if let Some(user) = user {
        words.extend([
            user.name.to_string(),
            user.display_name.clone(),
            user.email.clone(),
            user.first_name.clone(),
            user.last_name.clone(),
        ]);
    }
    Ok(words)
}

fn used(tx: &Tx<'_>, token: &[u8; 32]) -> Result<Pass, Fault> {
    Ok(credentials::pass(tx, token)?.ok_or_else(no_pass)?)
}

/// Sets a password with a pass, which is used up; every session of the user ends, and every token.
pub fn set_with_pass(tx: &Tx<'_>, token: &[u8; 32], hash: &str) -> Result<UserView, Fault> {
    let pass = used(tx, token)?;
    let user = users::by_id(tx, pass.user.ok_or_else(no_pass)?)?;
    if user.disabled {
        return Err(no_pass().into());
    }
    let actor = Actor::User(user.name.clone());
    credentials::drop_passes(tx, Some(user.id))?;
    credentials::set_password(tx, user.id, hash)?;
    if !planted(Bug::PasswordKeepsSessions) {
        sessions::delete_of_user(tx, user.id, None)?;
    }
    sessions::forget_devices(tx, user.id)?;
    sessions::delete_tokens(tx, user.id)?;
    let verb = if pass.kind == PassKind::Activate { "user.activate" } else { "user.password" };
    audit::done(tx, &actor, verb, user.name.as_str(), "")?;
    UserView::of(tx, &actor, &users::by_id(tx, user.id)?)
}

/// Makes the pass with which the first administrator is added.
pub fn begin_set_up(tx: &Tx<'_>, token: &[u8; 32]) -> Result<(), Fault> {
    credentials::insert_pass(tx, None, PassKind::SetUp, token, tx.now_ms + SET_UP_MS)?;
    audit::done(tx, &Actor::Operator, "office.set-up-link", "office", "")?;
    Ok(())
}

/// Adds the first administrator with the pass of the set-up, which is used up.
pub fn set_up(tx: &Tx<'_>, token: &[u8; 32], new: &NewUser, hash: &str) -> Result<UserView, Fault> {
    let pass = used(tx, token)?;
    if pass.kind != PassKind::SetUp {
        return Err(no_pass().into());
    }
    credentials::drop_passes(tx, None)?;
    first_administrator(tx, &Actor::Stranger, new, hash)
}

/// Adds an administrator who can sign in at once.
pub fn first_administrator(tx: &Tx<'_>, actor: &Actor, new: &NewUser, hash: &str) -> Result<UserView, Fault> {
    let name = UserName::new(&new.name).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), "choose another name"))?;
    let new = NewUser { account: Account::Admin, role: String::new(), super_user: false, enterprise_view: false, ..new.clone() };
    let user = user_verbs::insert(tx, name, &new)?;
    credentials::set_password(tx, user.id, hash)?;
    audit::done(tx, actor, "user.add", user.name.as_str(), "first administrator")?;
    UserView::of(tx, &Actor::User(user.name), &users::by_id(tx, user.id)?)
}

/// Sets one's own password; every other session ends.
pub fn change(tx: &Tx<'_>, name: &UserName, before: &str, hash: &str, session: i64) -> Result<u64, Fault> {
    let actor = Actor::User(name.clone());
    tx.attempt(&actor, "user.password", name.as_str());
    let user = user_verbs::enabled(tx, name)?;
    if credentials::find(tx, user.id)?.is_none_or(|credential| credential.password != before) {
        return Err(super::sign_in::refused().into());
    }
    credentials::set_password(tx, user.id, hash)?;
    credentials::drop_passes(tx, Some(user.id))?;
    let ended = sessions::delete_of_user(tx, user.id, Some(session))?;
    audit::done(tx, &actor, "user.password", name.as_str(), &format!("sessions {ended}"))?;
    Ok(ended)
}

/// Whether a user has a second factor, and how many recovery codes are left.
pub fn second_factor(view: &View<'_>, name: &UserName) -> Result<(bool, u64), Fault> {
    let user = user_verbs::enabled(view, name)?;
    let on = credentials::find(view, user.id)?.is_some_and(|credential| credential.totp_on);
    Ok((on, credentials::recovery_codes(view, user.id)?))
}

/// Whether the office wants a second factor of everybody, and this user has none.
pub(super) fn lacks_second_factor(view: &View<'_>, user: i64) -> Result<bool, Fault> {
    let has = || Ok::<_, Fault>(credentials::find(view, user)?.is_some_and(|credential| credential.totp_on));
    Ok(office::wants_second_factor(view)? && !has()?)
}

/// The secret of a second factor that was begun and not confirmed.
pub fn second_factor_secret(view: &View<'_>, name: &UserName) -> Result<Vec<u8>, Fault> {
    let user = user_verbs::enabled(view, name)?;
    let begun = credentials::find(view, user.id)?.filter(|credential| !credential.totp_on).and_then(|credential| credential.totp);
    let missing = || Refusal::conflict("second-factor-not-begun", "no second factor waits for its first code", "begin one first");
    Ok(begun.ok_or_else(missing)?)
}

/// Begins a second factor with this secret; it counts when a code of it was given.
pub fn begin_second_factor(tx: &Tx<'_>, name: &UserName, secret: &[u8]) -> Result<(), Fault> {
    let user = user_verbs::enabled(tx, name)?;
    let credential = credentials::find(tx, user.id)?.ok_or_else(super::sign_in::refused)?;
    if credential.totp_on {
        let message = "you have a second factor already";
        return Err(Refusal::conflict("second-factor-on", message, "take it away first, then begin another").into());
    }
    credentials::begin_totp(tx, user.id, secret)?;
    audit::done(tx, &Actor::User(name.clone()), "second-factor.begin", name.as_str(), "")?;
    Ok(())
}

/// Confirms a second factor by the code of a time step; from now on it is asked for. Recovery codes come with it, as hashes.
pub fn confirm_second_factor(tx: &Tx<'_>, name: &UserName, step: i64, codes: &[[u8; 32]], session: i64) -> Result<(), Fault> {
    let actor = Actor::User(name.clone());
    tx.attempt(&actor, "second-factor.on", name.as_str());
    let user = user_verbs::enabled(tx, name)?;
    let credential = credentials::find(tx, user.id)?.filter(|credential| credential.totp.is_some() && step > credential.totp_step);
    if credential.ok_or_else(super::sign_in::code_refused)?.totp_on {
        return Err(Refusal::conflict("second-factor-on", "you have a second factor already", "nothing needs to be done").into());
    }
    credentials::use_totp(tx, user.id, step)?;
    credentials::set_recovery_codes(tx, user.id, codes)?;
    sessions::prove(tx, session, true)?;
    sessions::delete_of_user(tx, user.id, Some(session))?;
    audit::done(tx, &actor, "second-factor.on", name.as_str(), "")?;
    Ok(())
}

/// Takes a second factor away: one's own, or as an administrator that of somebody who lost it.
pub fn drop_second_factor(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<UserView, Fault> {
    tx.attempt(actor, "second-factor.off", name.as_str());
    let user = own_or_admin(tx, actor, name)?;
    credentials::drop_totp(tx, user.id)?;
    audit::done(tx, actor, "second-factor.off", name.as_str(), "")?;
    UserView::of(tx, actor, &user)
}
