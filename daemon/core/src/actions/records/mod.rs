//! The office's own records: imported, listed, shown, edited, exported, archived and deleted. Copies received from other offices
//! are not here.

mod create;
mod duplicates;
mod edit;
mod export;
mod import;
mod list;
mod locked;
mod named;
mod removal;
mod retention;
mod view;

pub use create::{Created, NewContact, create};
pub use duplicates::Duplicate;
pub use edit::edit;
pub use export::{ExportPage, Format, export, export_page};
pub use import::{Broken, CardFile, IMPORT_CARDS_MAX, ImportCard, ImportOptions, ImportReport, import_cards, read_cards};
pub use list::{Counts, OwnerCounts, Page, Query, count, counts, list, place, read_place};
pub use locked::{LockedPage, NameOnly, list_locked, show_locked};
pub use named::{ID_LETTERS_MIN, Named, own_in_range};
pub use removal::{Gone, archive, delete, end, plan_archive, plan_delete, plan_end, unarchive};
pub(super) use retention::reminded;
pub use retention::{Kept, is_due, keep};
pub use view::{Content, Member, PropertyView, RecordSummary, RecordView, RelatedView, members_seen, show};

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;

use super::rights;
use crate::domain::access::{Decision, Facts, Viewer, decide, is_locked};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, View, grants, office, proxies};

/// A record that the actor knows of: what he or she may do with it, and whether it is known by its name alone.
pub(super) struct Known {
    /// The record.
    pub(super) row: RecordRow,
    /// What the actor may do with it.
    pub(super) decision: Decision,
    /// Whether nothing but its name is shown.
    pub(super) is_locked: bool,
}

/// The record, when the actor may at least know its name; any other is refused like one that is not there. The store is asked the same
/// questions in every case, so that the time of the answer tells nothing either.
pub(super) fn known(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<Known, Fault> {
    let row = records::find(view, record)?;
    let (viewer, policy) = (rights::viewer(view, actor)?, office::load(view)?.policy);
    let (grants, is_proxy) = match &viewer {
        Viewer::Operator => (Vec::new(), false),
        Viewer::User(person) => {
            // Row 0 is no record's and nobody's.
            let (id, owner) = row.as_ref().map_or((0, 0), |row| (row.id, row.owner));
            (grants::reaching(view, id, person.id)?, proxies::is_proxy(view, person.id, owner)?)
        }
    };
    if let Some(row) = row {
        let facts = Facts { proxy_of: is_proxy.then(|| row.owner_name.to_string()), ..row.facts(grants) };
        let decision = decide(&viewer, &policy, &facts);
        let is_locked = is_locked(&viewer, &policy, &facts, &decision);
        if is_locked || decision.level.is_some() {
            return Ok(Known { row, decision, is_locked });
        }
    }
    Err(unknown(record).into())
}

/// The refusal of a record that is not there, or hidden.
pub fn unknown(record: RecordId) -> Refusal {
    Refusal::not_found("unknown-record", format!("there is no record {record}"), "see yours: interoffice record list")
}

/// The record, when the actor may at least see it; one that is hidden is refused like one that is not there.
pub(super) fn seen(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<(RecordRow, Decision), Fault> {
    match known(view, actor, record)? {
        Known { row, decision, is_locked: false } => Ok((row, decision)),
        _ => Err(unknown(record).into()),
    }
}

/// The record, when the actor may do with it what takes the level `needed`.
pub(super) fn reached(view: &View<'_>, actor: &Actor, record: RecordId, needed: Level) -> Result<RecordRow, Fault> {
    let (row, decision) = seen(view, actor, record)?;
    if decision.level >= Some(needed) {
        return Ok(row);
    }
    let (code, message) = match needed {
        Level::FullControl => ("not-owner", "only who has Full Control of the record may do this: its owners and administrators"),
        Level::Read | Level::Write => ("read-only", "you may see this record, not change it"),
    };
    Err(Refusal::denied(code, message, format!("ask {}, who owns it", row.owner_name)).into())
}
