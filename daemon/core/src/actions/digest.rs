//! The daily digest: each user is told once a day which of the records he or she has access to changed. Written as mails, which look
//! once more who may see what when they are sent. Copies received from other offices are not in it.

use interoffice_protocol::ids::RecordId;
use serde::{Deserialize, Serialize};

use super::records::seen;
use super::{mails as mail_verbs, rights};
use crate::domain::access::{Viewer, sight};
use crate::domain::actor::Actor;
use crate::domain::digest::{FIRST_MS, due_day, zone_or_utc};
use crate::domain::mail::{MailState, Message};
use crate::store::records::{self, Changed};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, digests, mails, office};

/// Whether a user is told of changes of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Digested {
    /// The record.
    pub record: String,
    /// Whether the acting user's daily digest tells of it.
    pub daily_digest: bool,
}

/// What a user wants to hear of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// Whether the daily digest is to tell of it.
    pub receive: bool,
}

/// Receive Daily Digest: lets the acting user's digest tell of a record, or no longer.
pub fn set_receives(tx: &Tx<'_>, actor: &Actor, record: RecordId, wanted: Receive) -> Result<Digested, Fault> {
    tx.attempt(actor, "record.digest", record.to_string());
    let user = rights::require_user(tx, actor)?;
    let (row, _) = seen(tx, actor, record)?;
    digests::set_receives(tx, user.id, row.id, wanted.receive)?;
    audit::done(tx, actor, "record.digest", &record.to_string(), if wanted.receive { "on" } else { "off" })?;
    Ok(Digested { record: record.to_string(), daily_digest: wanted.receive })
}

/// Whether the actor's digest tells of a record; `None` for who is no user.
pub(super) fn receives(view: &View<'_>, actor: &Actor, record: i64) -> Result<Option<bool>, Fault> {
    match rights::viewer(view, actor)? {
        Viewer::User(person) => Ok(Some(digests::receives(view, person.id, record)?)),
        Viewer::Operator => Ok(None),
    }
}

/// What the digest of a span of time tells a user, as access is now.
pub(super) fn changed(view: &View<'_>, user: &UserRow, from_ms: i64, until_ms: i64, limit: usize) -> Result<Changed, Fault> {
    let sight = sight(&Viewer::User(user.person()), &office::load(view)?.policy);
    Ok(records::changed(view, &sight, user.id, from_ms, until_ms, limit)?)
}

/// Counts the day as done, since the digest is switched on: it begins the next morning.
pub(super) fn skip_today(tx: &Tx<'_>) -> Result<(), Fault> {
    let day = due_day(tx.now_ms, &zone_or_utc(&office::time_zone(tx)?));
    Ok(digests::done(tx, day, tx.now_ms)?)
}

/// Whether digests are to be written: client access is on, and a morning has come whose digests are not written yet.
pub fn is_due(view: &View<'_>) -> Result<bool, Fault> {
    if !office::load(view)?.policy.client_access {
        return Ok(false);
    }
    let day = due_day(view.now_ms, &zone_or_utc(&office::time_zone(view)?));
    Ok(!digests::is_done(view, day)?)
}

/// Writes the digests of the day, once however often it is called; says how many. Who has nothing new, or no address, gets none.
pub fn write_due(tx: &Tx<'_>) -> Result<u64, Fault> {
    if !is_due(tx)? {
        return Ok(0);
    }
    let day = due_day(tx.now_ms, &zone_or_utc(&office::time_zone(tx)?));
    let from_ms = digests::told_until(tx, tx.now_ms)?.unwrap_or_else(|| tx.now_ms.saturating_sub(FIRST_MS));
    let mut written = 0;
    for user in users::list(tx)?.iter().filter(|user| !user.disabled && !user.email.is_empty()) {
        written += u64::from(write_one(tx, user, from_ms)?);
    }
    digests::done(tx, day, tx.now_ms)?;
    if written > 0 {
        audit::done(tx, &Actor::Daemon, "digest.write", "office", &format!("{written} mails"))?;
    }
    Ok(written)
}

/// One that could not be sent yet gives way to the new one, which tells of its time too.
fn write_one(tx: &Tx<'_>, user: &UserRow, from_ms: i64) -> Result<bool, Fault> {
    let waiting = mails::waiting_digests(tx, user.id)?;
    let from_ms = waiting.iter().filter_map(|mail| mail.from_ms).fold(from_ms, i64::min);
    if changed(tx, user, from_ms, tx.now_ms, 0)?.count == 0 {
        return Ok(false);
    }
    for mail in waiting {
        mails::end(tx, mail.id, MailState::Dropped, "a later digest tells the same")?;
    }
    mail_verbs::write(tx, &Message::Digest { user: user.id, from_ms, until_ms: tx.now_ms })?;
    Ok(true)
}
