//! How the mails are: listed, tried again, and a test message. For administrators.

use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};

use super::super::{rights, users as user_verbs};
use super::write_row;
use crate::domain::actor::Actor;
use crate::domain::mail::{MailState, Message};
use crate::domain::page::{LIMIT_DEFAULT, Page, cut, limit, no_place};
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

/// Which mails to list; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct MailQuery {
    /// `waiting`, `sent`, `failed` or `dropped`; all when not given.
    pub state: Option<String>,
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Mails of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// One page of the mails, the newest first; all, or those in one state.
pub fn list(view: &View<'_>, actor: &Actor, query: &MailQuery) -> Result<Page<MailView>, Fault> {
    rights::require_admin(view, actor)?;
    let state = query.state.as_deref().map(MailState::parse).transpose()?;
    let limit = limit(query.limit, LIMIT_DEFAULT, "mails")?;
    let before = query.after.as_deref().map(|place| place.parse().map_err(|_| no_place("a list"))).transpose()?;
    // One more than asked for tells whether another page follows.
    let mut rows = mails::page(view, state, before.unwrap_or(i64::MAX), limit + 1)?;
    let next = cut(&mut rows, limit).map(|last| last.id.to_string());
    let items = rows.into_iter().map(|row| MailView::of(view, row)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
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
