//! What becomes of records whose relationship was ended: somebody is reminded, and once they were kept long enough they are deleted.

use std::collections::BTreeSet;

use super::super::mails;
use super::removal::dispose;
use crate::domain::actor::Actor;
use crate::domain::mail::Message;
use crate::domain::plan::counted;
use crate::domain::retention::{Due, REMIND_MS, due};
use crate::store::records::{self, RecordRow};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, office};

/// Records looked at in one run; what is left is done in the next.
const BATCH: usize = 200;
/// Shortest year (milliseconds), to find what may be due.
const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Records of whose deletion somebody is reminded.
    pub reminded: u64,
    /// Records that were kept long enough, and are deleted.
    pub deleted: u64,
}

/// The records that something is to be done with.
fn found(view: &View<'_>) -> Result<(Vec<RecordRow>, Vec<RecordRow>), Fault> {
    let years = office::keep_years(view)?;
    let ended_ms = view.now_ms.saturating_sub(i64::from(years) * YEAR_MS);
    let is = |row: &RecordRow, wanted: Due| row.ended_ms.is_some_and(|ended| due(ended, row.reminded_ms, years, view.now_ms) == wanted);
    let mut remind = records::unreminded(view, ended_ms.saturating_add(REMIND_MS), BATCH)?;
    let mut delete = records::reminded_by(view, ended_ms, view.now_ms.saturating_sub(REMIND_MS), BATCH)?;
    remind.retain(|row| is(row, Due::Reminder));
    delete.retain(|row| is(row, Due::Deletion));
    Ok((remind, delete))
}

/// Whether somebody is to be reminded, or a record deleted.
pub fn is_due(view: &View<'_>) -> Result<bool, Fault> {
    let (remind, delete) = found(view)?;
    Ok(!remind.is_empty() || !delete.is_empty())
}

/// Reminds and deletes, each once however often it is called.
pub fn keep(tx: &Tx<'_>) -> Result<Kept, Fault> {
    let (remind, delete) = found(tx)?;
    let mut readers = BTreeSet::new();
    for row in &remind {
        records::set_reminded(tx, row.id)?;
        let told = reminded(tx, row)?;
        // The audit tells administrators a month before, also where no mail reaches anybody.
        let how = if told.is_empty() {
            "nobody reads mail".to_owned()
        } else {
            format!("by mail to {}", counted(told.len() as u64, "user", "users"))
        };
        audit::done(tx, &Actor::Daemon, "record.deletion-near", &row.record.to_string(), &how)?;
        readers.extend(told);
    }
    for user in readers {
        mails::write(tx, &Message::DeletionNear { user, reminded_ms: tx.now_ms })?;
    }
    dispose(tx, &Actor::Daemon, &delete, "kept long enough")?;
    Ok(Kept { reminded: remind.len() as u64, deleted: delete.len() as u64 })
}

/// Who is reminded of a record: its owner, and in place of one who reads no mail the administrators.
pub(in crate::actions) fn reminded(view: &View<'_>, row: &RecordRow) -> Result<Vec<i64>, Fault> {
    let reads = |user: &UserRow| !user.disabled && !user.email.is_empty();
    let owner = users::by_id(view, row.owner)?;
    if reads(&owner) {
        return Ok(vec![owner.id]);
    }
    let admins = users::list(view)?.into_iter().filter(|user| user.sees_everything() && reads(user));
    Ok(admins.map(|user| user.id).collect())
}
