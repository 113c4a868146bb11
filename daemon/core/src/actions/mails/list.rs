//! How the mails are: listed, tried again, and a test message. For administrators.

use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};

use super::super::{rights, users as user_verbs};
use super::write_row;
use crate::domain::actor::Actor;
use crate::domain::mail::{LINES_MAX, MailState, Message};
use crate::domain::refusal::Refusal;
use crate::store::mails::{self, MailRow};
use crate::store::{Fault, Ring, Tx, View, audit, users};

/// A mail as administrators see it: what it is for and how it is, not what it says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct MailView {
    /// Its number.
    pub id: i64,
    /// What it is for: `invitation`, `password-reset`, `access-asked`, `access-granted`, `access-refused`, `digest` or `test`.
    pub kind: &'static str,
    /// The user who gets it.
    pub user: String,
    /// `waiting`, `sent`, `failed` or `dropped`.
    pub state: &'static str,
    /// Why it was not sent, in words; empty when there is nothing to explain.
    pub reason: String,
    /// Attempts so far.
    pub attempts: u64,
    /// When it was written (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// When it is tried next, while it waits.
    pub next_try_ms: Option<i64>,
    /// When the server took it.
    pub sent_ms: Option<i64>,
    /// Its Message-ID, empty before the first attempt.
    pub message_id: String,
}

impl MailView {
    fn of(view: &View<'_>, row: MailRow) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id,
            kind: row.kind.as_str(),
            user: users::by_id(view, row.user)?.name.to_string(),
            state: row.state.as_str(),
            reason: row.reason,
            attempts: row.attempts,
            created_ms: row.created_ms,
            next_try_ms: (row.state == MailState::Waiting).then_some(row.next_try_ms),
            sent_ms: row.ended_ms.filter(|_| row.state == MailState::Sent),
            message_id: row.message_id,
        })
    }
}

/// The last 1,000 mails, the newest first; all, or those in one state.
pub fn list(view: &View<'_>, actor: &Actor, state: Option<&str>) -> Result<Vec<MailView>, Fault> {
    rights::require_admin(view, actor)?;
    let state = state.map(MailState::parse).transpose()?;
    mails::list(view, state, LINES_MAX)?.into_iter().map(|row| MailView::of(view, row)).collect()
}

fn found(view: &View<'_>, id: i64) -> Result<MailRow, Fault> {
    let unknown = || Refusal::not_found("unknown-mail", format!("there is no mail {id}"), "see them: interoffice mail list");
    Ok(mails::find(view, id)?.ok_or_else(unknown)?)
}

/// Tries a mail again at once: one that failed, or one that waits for its next attempt.
pub fn retry(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<MailView, Fault> {
    tx.attempt(actor, "mail.retry", id.to_string());
    rights::require_admin(tx, actor)?;
    let row = found(tx, id)?;
    let over = |words: &str| Refusal::conflict("mail-over", format!("this mail was {words}"), "do again what it came from");
    match row.state {
        MailState::Waiting | MailState::Failed => {}
        MailState::Sent => return Err(over("sent").into()),
        MailState::Dropped => return Err(over("dropped, and what it would have said is forgotten").into()),
    }
    mails::revive(tx, id)?;
    tx.ring(Ring::Mail);
    audit::done(tx, actor, "mail.retry", &id.to_string(), row.kind.as_str())?;
    MailView::of(tx, found(tx, id)?)
}

/// Who is to get a test message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Test {
    /// The user; whoever asks when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// Writes a test message to a user.
pub fn test(tx: &Tx<'_>, actor: &Actor, wanted: &Test) -> Result<MailView, Fault> {
    let named = wanted.user.as_deref().map(UserName::new).transpose();
    let named = named.map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    tx.attempt(actor, "mail.test", named.as_ref().map_or("", UserName::as_str));
    rights::require_admin(tx, actor)?;
    let user = match named {
        Some(name) => user_verbs::enabled(tx, &name)?,
        None => rights::require_user(tx, actor)?,
    };
    if user.email.is_empty() {
        let message = format!("{} has no e-mail address", user.name);
        return Err(Refusal::conflict("no-address", message, "name a user who has one").into());
    }
    let (id, _) = write_row(tx, &Message::Test { user: user.id })?;
    audit::done(tx, actor, "mail.test", user.name.as_str(), &format!("mail {id}"))?;
    MailView::of(tx, found(tx, id)?)
}
