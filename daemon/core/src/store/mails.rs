//! Mails as rows: an outbox that the mail door empties, and the texts that an administrator wrote.

use interoffice_protocol::ids::RecordId;

use super::{Row, SqlExt, StoreFault, Tx, Value, View};
use crate::domain::mail::{MailKind, MailState, Text};

/// A mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailRow {
    /// Local row, in the order of writing; 0 for a new one.
    pub id: i64,
    /// What it is for.
    pub kind: MailKind,
    /// Local row of the user who gets it.
    pub user: i64,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// Local row of the user it speaks of.
    pub other: Option<i64>,
    /// Local row of the request for access.
    pub request: Option<i64>,
    /// What that user wrote.
    pub note: String,
    /// Digest: it tells changes after this (milliseconds since 1970, UTC).
    pub from_ms: Option<i64>,
    /// Digest: and up to this.
    pub until_ms: Option<i64>,
    /// From then on its link is of no use.
    pub expires_ms: Option<i64>,
    /// Where it is.
    pub state: MailState,
    /// Why the last attempt failed, or why it was dropped.
    pub reason: String,
    /// Attempts of this series.
    pub attempts: u64,
    /// The first of them.
    pub began_ms: Option<i64>,
    /// The next attempt, while it waits.
    pub next_try_ms: i64,
    /// The same in every attempt; empty before the first.
    pub message_id: String,
    /// When it was written.
    pub created_ms: i64,
    /// When it was sent, failed or was dropped.
    pub ended_ms: Option<i64>,
}

const COLUMNS: &str =
    "id, kind, user_row, record, other_row, request, note, from_ms, until_ms, expires_ms, state, reason, attempts, began_ms,
    next_try_ms, message_id, created_ms, ended_ms";
const WAITING: i64 = MailState::Waiting as i64;

fn numbered<T: Copy>(all: &[T], number: i64, what: &str) -> Result<T, StoreFault> {
    let known = usize::try_from(number).ok().and_then(|number| all.get(number).copied());
    known.ok_or_else(|| StoreFault::Corrupt(format!("a mail has an unknown {what}")))
}

fn mail(row: &Row<'_>) -> Result<MailRow, StoreFault> {
    Ok(MailRow {
        id: row.int(0)?,
        kind: numbered(&MailKind::ALL, row.int(1)?, "kind")?,
        user: row.int(2)?,
        record: row.bytes_or_null(3)?.map(RecordId),
        other: row.int_or_null(4)?,
        request: row.int_or_null(5)?,
        note: row.text(6)?,
        from_ms: row.int_or_null(7)?,
        until_ms: row.int_or_null(8)?,
        expires_ms: row.int_or_null(9)?,
        state: numbered(&MailState::ALL, row.int(10)?, "state")?,
        reason: row.text(11)?,
        attempts: row.uint(12)?,
        began_ms: row.int_or_null(13)?,
        next_try_ms: row.int(14)?,
        message_id: row.text(15)?,
        created_ms: row.int(16)?,
        ended_ms: row.int_or_null(17)?,
    })
}

/// Writes a new mail down, with the secret end of its link; gives its row.
pub fn insert(tx: &Tx<'_>, new: &MailRow, secret: Option<&str>) -> Result<i64, StoreFault> {
    let id = tx.sql().first(
        "INSERT INTO mails (kind, user_row, record, other_row, request, note, secret, from_ms, until_ms, expires_ms, state, reason,
             next_try_ms, created_ms, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) RETURNING id",
        &[
            (new.kind as i64).into(),
            new.user.into(),
            new.record.map(|record| record.0).into(),
            new.other.into(),
            new.request.into(),
            new.note.as_str().into(),
            secret.into(),
            new.from_ms.into(),
            new.until_ms.into(),
            new.expires_ms.into(),
            (new.state as i64).into(),
            new.reason.as_str().into(),
            new.next_try_ms.into(),
            new.created_ms.into(),
            new.ended_ms.into(),
        ],
        |row| row.int(0),
    )?;
    id.ok_or_else(|| StoreFault::Corrupt("a new mail got no row".to_owned()))
}

/// The mail in this row.
pub fn find(view: &View<'_>, id: i64) -> Result<Option<MailRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM mails WHERE id = ?1"), &[id.into()], mail)
}

/// The secret end of a mail's link, while it is kept.
pub fn secret(view: &View<'_>, id: i64) -> Result<Option<String>, StoreFault> {
    Ok(view.sql().first("SELECT secret FROM mails WHERE id = ?1", &[id.into()], |row| row.text_or_null(0))?.flatten())
}

/// At most `limit` mails with numbers before `before`, the newest first; all, or those in one state.
pub fn page(view: &View<'_>, state: Option<MailState>, before: i64, limit: usize) -> Result<Vec<MailRow>, StoreFault> {
    let mut params: Vec<Value> = vec![before.into(), limit.into()];
    let mut condition = "id < ?1";
    if let Some(state) = state {
        params.push((state as i64).into());
        condition = "id < ?1 AND state = ?3";
    }
    view.sql().all(&format!("SELECT {COLUMNS} FROM mails WHERE {condition} ORDER BY id DESC LIMIT ?2"), &params, mail)
}

/// At most `limit` mails that are due at `now_ms`: those tried least often first, so that one that never gets an answer holds up none that
/// is new, and among them the longest due.
pub fn due(view: &View<'_>, now_ms: i64, limit: usize) -> Result<Vec<MailRow>, StoreFault> {
    let sql =
        format!("SELECT {COLUMNS} FROM mails WHERE state = {WAITING} AND next_try_ms <= ?1 ORDER BY attempts, next_try_ms, id LIMIT ?2");
    view.sql().all(&sql, &[now_ms.into(), limit.into()], mail)
}

/// When the next mail is due; `None` when none waits.
pub fn next_due(view: &View<'_>) -> Result<Option<i64>, StoreFault> {
    let sql = format!("SELECT min(next_try_ms) FROM mails WHERE state = {WAITING}");
    Ok(view.sql().first(&sql, &[], |row| row.int_or_null(0))?.flatten())
}

/// Mails to a user that were written after `since_ms` and not dropped.
pub fn count_recent(view: &View<'_>, user: i64, since_ms: i64) -> Result<u64, StoreFault> {
    let sql = "SELECT count(*) FROM mails WHERE user_row = ?1 AND created_ms > ?2 AND state <> ?3";
    view.sql().count(sql, &[user.into(), since_ms.into(), (MailState::Dropped as i64).into()])
}

/// Mails of one kind to a user about the same that were written after `since_ms` and wait or went.
pub fn count_like(view: &View<'_>, like: &MailRow, since_ms: i64) -> Result<u64, StoreFault> {
    let sql = format!(
        "SELECT count(*) FROM mails WHERE user_row = ?1 AND created_ms > ?2 AND kind = ?3 AND state IN ({WAITING}, ?4)
             AND record IS NOT DISTINCT FROM ?5 AND other_row IS NOT DISTINCT FROM ?6"
    );
    let params = [
        like.user.into(),
        since_ms.into(),
        (like.kind as i64).into(),
        (MailState::Sent as i64).into(),
        like.record.map(|record| record.0).into(),
        like.other.into(),
    ];
    view.sql().count(&sql, &params)
}

/// The digests that wait for a user.
pub fn waiting_digests(view: &View<'_>, user: i64) -> Result<Vec<MailRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM mails WHERE state = {WAITING} AND kind = ?1 AND user_row = ?2 ORDER BY id");
    view.sql().all(&sql, &[(MailKind::Digest as i64).into(), user.into()], mail)
}

/// An attempt begins, under this Message-ID; if nothing more is heard of it, the next one is due at `next_try_ms`.
pub fn begin(tx: &Tx<'_>, mail: &MailRow, message_id: &str, next_try_ms: i64) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE mails SET attempts = attempts + 1, began_ms = coalesce(began_ms, ?2), message_id = ?3, next_try_ms = ?4 WHERE id = ?1",
        &[mail.id.into(), tx.now_ms.into(), message_id.into(), next_try_ms.into()],
    )?;
    Ok(())
}

/// Says why the last attempt of a mail that waits failed.
pub fn set_reason(tx: &Tx<'_>, id: i64, reason: &str) -> Result<(), StoreFault> {
    tx.sql().execute(&format!("UPDATE mails SET reason = ?2 WHERE id = ?1 AND state = {WAITING}"), &[id.into(), reason.into()])?;
    Ok(())
}

/// Ends a mail that waits. What it would have said is forgotten, unless it failed and may be tried again.
pub fn end(tx: &Tx<'_>, id: i64, state: MailState, reason: &str) -> Result<(), StoreFault> {
    let keeps: Value = (state == MailState::Failed).into();
    tx.sql().execute(
        &format!(
            "UPDATE mails SET state = ?2, reason = ?3, ended_ms = ?4, secret = CASE WHEN ?5 THEN secret END,
                 note = CASE WHEN ?5 THEN note ELSE '' END WHERE id = ?1 AND state = {WAITING}"
        ),
        &[id.into(), (state as i64).into(), reason.into(), tx.now_ms.into(), keeps],
    )?;
    Ok(())
}

/// Lets a mail wait again, as if it had never been tried.
pub fn revive(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    let sql = format!("UPDATE mails SET state = {WAITING}, attempts = 0, began_ms = NULL, next_try_ms = ?2, ended_ms = NULL WHERE id = ?1");
    tx.sql().execute(&sql, &[id.into(), tx.now_ms.into()])?;
    Ok(())
}

/// Makes every mail due at once that waits and was put off for a reason that begins like this.
pub fn hurry(tx: &Tx<'_>, reason: &str) -> Result<u64, StoreFault> {
    let sql = format!("UPDATE mails SET next_try_ms = ?1 WHERE state = {WAITING} AND next_try_ms > ?1 AND substr(reason, 1, ?2) = ?3");
    tx.sql().execute(&sql, &[tx.now_ms.into(), reason.chars().count().into(), reason.into()])
}

/// Drops what waits and was written before `written_ms`; forgets the secrets of failed mails whose links are over, and every mail that
/// ended before `ended_ms`. Says how many were forgotten.
pub fn prune(tx: &Tx<'_>, written_ms: i64, ended_ms: i64, reason: &str) -> Result<u64, StoreFault> {
    tx.sql().execute(
        &format!(
            "UPDATE mails SET state = ?1, reason = ?2, ended_ms = ?3, secret = NULL, note = '' WHERE state = {WAITING} AND created_ms <= ?4"
        ),
        &[(MailState::Dropped as i64).into(), reason.into(), tx.now_ms.into(), written_ms.into()],
    )?;
    tx.sql().execute("UPDATE mails SET secret = NULL WHERE secret IS NOT NULL AND expires_ms <= ?1", &[tx.now_ms.into()])?;
    tx.sql().execute("DELETE FROM mails WHERE ended_ms <= ?1", &[ended_ms.into()])
}

/// The text that an administrator wrote for a kind of mail.
pub fn text(view: &View<'_>, kind: MailKind) -> Result<Option<Text>, StoreFault> {
    view.sql().first("SELECT subject, plain, html FROM mail_texts WHERE kind = ?1", &[(kind as i64).into()], |row| {
        Ok(Text { subject: row.text(0)?, text: row.text(1)?, html: row.text(2)? })
    })
}

/// Writes the text of a kind of mail.
pub fn set_text(tx: &Tx<'_>, kind: MailKind, text: &Text) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO mail_texts (kind, subject, plain, html, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (kind) DO UPDATE SET subject = ?2, plain = ?3, html = ?4, changed_ms = ?5",
        &[(kind as i64).into(), text.subject.as_str().into(), text.text.as_str().into(), text.html.as_str().into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// Forgets the text of a kind of mail, so that the program's own is used again.
pub fn forget_text(tx: &Tx<'_>, kind: MailKind) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM mail_texts WHERE kind = ?1", &[(kind as i64).into()])?;
    Ok(())
}
