//! Records by their names alone: what a user who may ask for access sees of those that are hidden from him or her.

use interoffice_protocol::ids::RecordId;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::Asked;
use super::{Query, known, unknown};
use crate::domain::actor::Actor;
use crate::domain::fold::fold;
use crate::domain::refusal::Refusal;
use crate::store::records::{self, LockedRow};
use crate::store::{Fault, View};

/// Names looked through at once for words.
const BATCH: usize = 1_000;

/// A record of which nothing is shown but its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct NameOnly {
    /// Its id, base32.
    pub id: String,
    /// `contact`, `business` or `household`: what the name is the name of.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `none`.
    #[schema(pattern = "^none$")]
    pub access: &'static str,
}

impl NameOnly {
    fn of(row: LockedRow) -> Self {
        Self { id: row.record.to_string(), kind: row.kind.as_str(), name: row.name, access: "none" }
    }
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockedPage {
    /// The records by name.
    pub records: Vec<NameOnly>,
    /// Whether more follow.
    pub more: bool,
}

/// One page of the records that the actor may know by their names and see nothing else of. Words are looked for in the name alone:
/// whatever else a record is found by is content. Owners and marks are not told, so they can't be asked by.
pub fn list_locked(view: &View<'_>, actor: &Actor, query: &Query) -> Result<LockedPage, Fault> {
    if query.owner.is_some() || query.responsible.is_some() || query.no_responsible || query.mine || query.archived {
        let message = "of a record that you have no access to, only name and kind are known";
        return Err(Refusal::invalid("locked-unknown", message, "ask by words of its name, or by its kind").into());
    }
    let asked = Asked::of(view, actor, query)?;
    let is_found = |row: &LockedRow| {
        let name = fold(&row.name);
        asked.words.iter().all(|word| name.contains(word))
    };
    let size = if asked.words.is_empty() { asked.limit + 1 } else { BATCH };
    let mut found: Vec<LockedRow> = Vec::new();
    let mut after = asked.after.clone();
    // One more than asked for tells whether another page follows.
    while found.len() <= asked.limit {
        let place = after.as_ref().map(|(name, record)| (name.as_str(), *record));
        let batch = records::locked(view, &asked.sight, asked.kind, place, size)?;
        let is_last = batch.len() < size;
        after = batch.last().map(|row| (row.name.clone(), row.record));
        found.extend(batch.into_iter().filter(is_found));
        if is_last {
            break;
        }
    }
    let more = found.len() > asked.limit;
    found.truncate(asked.limit);
    Ok(LockedPage { records: found.into_iter().map(NameOnly::of).collect(), more })
}

/// The name of a record that the actor may know and see nothing else of.
pub fn show_locked(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<NameOnly, Fault> {
    let known = known(view, actor, record)?;
    // What may be seen whole is shown whole, and not here.
    if !known.is_locked {
        return Err(unknown(record).into());
    }
    let row = LockedRow { record, kind: known.row.kind, name: known.row.name };
    Ok(NameOnly::of(row))
}
