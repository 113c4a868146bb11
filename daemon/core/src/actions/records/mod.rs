//! The office's own records: imported, listed, shown, edited, exported, archived and deleted. Copies received from other offices
//! are not here.

mod create;
mod duplicates;
mod edit;
mod export;
mod import;
mod list;
mod named;
mod removal;
mod view;

pub use create::{Created, NewContact, create};
pub use duplicates::Duplicate;
pub use edit::edit;
pub use export::{ExportPage, Format, export, export_page};
pub use import::{Broken, CardFile, IMPORT_CARDS_MAX, ImportCard, ImportOptions, ImportReport, import_cards, read_cards};
pub use list::{Counts, LIMIT_DEFAULT, LIMIT_MAX, OwnerCounts, Page, Query, count, counts, list, place, read_place};
pub use named::{ID_LETTERS_MIN, Named, own_in_range};
pub use removal::{Gone, archive, delete, plan_archive, plan_delete, unarchive};
pub use view::{Content, PropertyView, RecordSummary, RecordView, RelatedView, show};

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;

use super::rights;
use crate::domain::access::Decision;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, View};

/// The record, when the actor may at least see it; one that is hidden is refused like one that is not there.
pub(super) fn seen(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<(RecordRow, Decision), Fault> {
    let unknown = || Refusal::not_found("unknown-record", format!("there is no record {record}"), "see yours: interoffice record list");
    let row = records::find(view, record)?.ok_or_else(unknown)?;
    let decision = rights::access(view, actor, &row)?;
    if decision.level.is_none() { Err(unknown().into()) } else { Ok((row, decision)) }
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
