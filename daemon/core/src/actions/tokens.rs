//! Tokens: with one a program acts for a user, within scopes and for a time. The token is shown once; here only its hash is kept.

use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};

use super::sign_in::own_or_admin;
use super::{passwords, rights};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scopes;
use crate::store::sessions::{self, TokenRow};
use crate::store::{Fault, Tx, View, audit, users};

/// Longest name of a token (characters).
pub const NAME_CHARS_MAX: usize = 100;
/// Most tokens of one user.
pub const TOKENS_MAX: usize = 50;
/// Days that a token counts unless told otherwise.
pub const DAYS_DEFAULT: u32 = 90;
/// Most days that a token counts.
pub const DAYS_MAX: u32 = 366;
const DAY_MS: i64 = 24 * 3_600_000;

/// What a token is made with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewToken {
    /// What it is for: 1 to 100 printable characters.
    pub name: String,
    /// Names of the scopes, at least one.
    pub scopes: Vec<String>,
    /// Days that it counts: 1 to 366; 90 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its number.
    pub id: i64,
    /// For whom a program acts with it.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// Names of the scopes.
    pub scopes: Vec<&'static str>,
    /// When it was made (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// Until when it counts.
    pub ends_ms: i64,
    /// Whether it still counts.
    pub alive: bool,
    /// When it was last used, to the minute; null when never.
    pub used_ms: Option<i64>,
}

impl TokenView {
    fn of(row: &TokenRow, now_ms: i64) -> Self {
        let TokenRow { id, user, name, scopes, created_ms, ends_ms, used_ms } = row;
        Self {
            id: *id,
            user: user.to_string(),
            name: name.clone(),
            scopes: Scopes::from_bits(*scopes).names(),
            created_ms: *created_ms,
            ends_ms: *ends_ms,
            alive: *ends_ms > now_ms,
            used_ms: *used_ms,
        }
    }
}

/// Makes a token for oneself; the operator and administrators make none for others.
pub fn add(tx: &Tx<'_>, actor: &Actor, new: &NewToken, hash: &[u8; 32]) -> Result<TokenView, Fault> {
    tx.attempt(actor, "token.add", actor.user().map_or("", UserName::as_str));
    let user = rights::require_user(tx, actor)?;
    if let Actor::For { by: Some(_), .. } = actor {
        let message = "a token is made by the user for whom it counts";
        return Err(Refusal::denied("not-in-person", message, format!("ask {} to make it", user.name)).into());
    }
    let fits = (1..=NAME_CHARS_MAX).contains(&new.name.chars().count()) && !new.name.chars().any(char::is_control);
    if !fits {
        return Err(Refusal::invalid("bad-token-name", "say what the token is for, in 1 to 100 printable characters", "").into());
    }
    if passwords::lacks_second_factor(tx, user.id)? {
        let message = format!("this office wants a second factor of everybody, and {} has none", user.name);
        return Err(Refusal::denied("second-factor-needed", message, "sign in and set one up: POST /session/second-factor").into());
    }
    let scopes = Scopes::parse(&new.scopes)?;
    let days = new.days.unwrap_or(DAYS_DEFAULT);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Refusal::invalid("bad-days", "a token counts for 1 to 366 days", "make a new one when it ends").into());
    }
    let tokens = sessions::tokens(tx, Some(user.id))?;
    for ended in tokens.iter().filter(|token| token.ends_ms <= tx.now_ms) {
        sessions::delete_token(tx, ended.id)?;
    }
    if tokens.iter().filter(|token| token.ends_ms > tx.now_ms).count() >= TOKENS_MAX {
        return Err(Refusal::conflict("too-many-tokens", "a user has at most 50 tokens", "take one away that nobody needs").into());
    }
    let id = sessions::insert_token(tx, user.id, &new.name, hash, scopes.bits(), tx.now_ms + i64::from(days) * DAY_MS)?;
    audit::done(tx, actor, "token.add", user.name.as_str(), &format!("token {id}: {}", scopes.names().join(" ")))?;
    let made = sessions::tokens(tx, Some(user.id))?.into_iter().find(|token| token.id == id);
    Ok(TokenView::of(&made.ok_or_else(unknown)?, tx.now_ms))
}

fn unknown() -> Refusal {
    Refusal::not_found("unknown-token", "there is no such token", "see yours: interoffice token list")
}

/// The tokens of a user: one's own, or as an administrator somebody's.
pub fn list(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<Vec<TokenView>, Fault> {
    let user = own_or_admin(view, actor, name)?;
    Ok(sessions::tokens(view, Some(user.id))?.iter().map(|token| TokenView::of(token, view.now_ms)).collect())
}

/// Takes a token of a user away.
pub fn remove(tx: &Tx<'_>, actor: &Actor, name: &UserName, token: i64) -> Result<TokenView, Fault> {
    tx.attempt(actor, "token.remove", name.as_str());
    let user = own_or_admin(tx, actor, name)?;
    let row = sessions::tokens(tx, Some(user.id))?.into_iter().find(|row| row.id == token).ok_or_else(unknown)?;
    sessions::delete_token(tx, row.id)?;
    audit::done(tx, actor, "token.remove", name.as_str(), &format!("token {token}"))?;
    Ok(TokenView { alive: false, ..TokenView::of(&row, tx.now_ms) })
}

/// The token with this hash, if it counts.
pub fn find(view: &View<'_>, hash: &[u8; 32]) -> Result<Option<TokenRow>, Fault> {
    Ok(sessions::find_token(view, hash)?)
}

/// Whether the office wants a second factor of everybody, and the user of this token has none.
pub fn lacks_second_factor(view: &View<'_>, token: &TokenRow) -> Result<bool, Fault> {
    match users::find(view, &token.user)? {
        Some(user) => passwords::lacks_second_factor(view, user.id),
        None => Ok(true),
    }
}

/// Notes that a token is used, to the minute.
pub fn touch(tx: &Tx<'_>, token: i64) -> Result<(), Fault> {
    Ok(sessions::touch_token(tx, token)?)
}
