//! Mails: written by verbs as rows in the transaction of their cause, and never sent here. The mail door takes them from the outbox
//! (`outgoing`); administrators see how each is, and may change the texts.

mod list;
mod outgoing;
mod texts;

pub use list::{MailQuery, MailView, Test, list, retry, test};
pub use outgoing::{Letter, Sender, Taken, failed, next_due, prune, put_off, reachable_again, sent, take, unreachable};
pub use texts::{TextChange, TextView, reset_text, set_text, show_text, show_texts};

use crate::domain::mail::{DAY_MAX, DAY_MS, HOUR_MS, MailState, Message, check_note};
use crate::store::mails::{self, MailRow};
use crate::store::{Fault, Ring, Tx};

/// Writes a mail into the outbox, to be sent after the commit. A user who has been written too many already, or the same within the hour,
/// is spared: the row says so and nothing is sent. Says whether it will be sent.
pub(super) fn write(tx: &Tx<'_>, message: &Message) -> Result<bool, Fault> {
    write_row(tx, message).map(|(_, sent)| sent)
}

/// The same; gives the row.
fn write_row(tx: &Tx<'_>, message: &Message) -> Result<(i64, bool), Fault> {
    let (mut row, secret) = row_of(message, tx.now_ms);
    check_note(&row.note)?;
    if let Some(reason) = too_many(tx, &row)? {
        (row.state, row.reason, row.ended_ms) = (MailState::Dropped, reason.to_owned(), Some(tx.now_ms));
        row.note.clear();
        return Ok((mails::insert(tx, &row, None)?, false));
    }
    tx.ring(Ring::Mail);
    Ok((mails::insert(tx, &row, secret)?, true))
}

fn too_many(tx: &Tx<'_>, row: &MailRow) -> Result<Option<&'static str>, Fault> {
    if !row.kind.is_needed() && mails::count_recent(tx, row.user, tx.now_ms.saturating_sub(DAY_MS))? >= DAY_MAX {
        return Ok(Some("50 mails were written to this user within a day"));
    }
    if row.kind.is_rare() && mails::count_like(tx, row, tx.now_ms.saturating_sub(HOUR_MS))? > 0 {
        return Ok(Some("the same was written to this user within an hour"));
    }
    Ok(None)
}

fn row_of(message: &Message, now_ms: i64) -> (MailRow, Option<&str>) {
    let mut row = MailRow {
        id: 0,
        kind: message.kind(),
        user: message.user(),
        record: None,
        other: None,
        request: None,
        note: String::new(),
        from_ms: None,
        until_ms: None,
        expires_ms: None,
        state: MailState::Waiting,
        reason: String::new(),
        attempts: 0,
        began_ms: None,
        next_try_ms: now_ms,
        message_id: String::new(),
        created_ms: now_ms,
        ended_ms: None,
    };
    let mut secret = None;
    match message {
        Message::Invitation { token, expires_ms, .. } | Message::PasswordReset { token, expires_ms, .. } => {
            row.expires_ms = Some(*expires_ms);
            secret = Some(token.reveal());
        }
        Message::AccessAsked { by, record, request, reason, .. } => {
            (row.record, row.other, row.request) = (Some(*record), Some(*by), Some(*request));
            row.note.clone_from(reason);
        }
        Message::AccessRefused { by, record, request, reason, .. } => {
            (row.record, row.other, row.request) = (Some(*record), *by, Some(*request));
            row.note.clone_from(reason);
        }
        Message::AccessGranted { by, record, request, .. } => {
            (row.record, row.other, row.request) = (Some(*record), *by, Some(*request));
        }
        Message::Digest { from_ms, until_ms, .. } => (row.from_ms, row.until_ms) = (Some(*from_ms), Some(*until_ms)),
        Message::DeletionNear { reminded_ms, .. } => row.until_ms = Some(*reminded_ms),
        Message::Test { .. } => {}
    }
    (row, secret)
}
