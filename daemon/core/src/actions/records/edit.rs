//! Editing one record: the same way for a form, the command line and, later, what a user of another office proposes.

use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{RecordId, RelatedId};
use interoffice_protocol::record::{Level, Record};

use super::super::rights;
use super::import::{is_member, members_named};
use super::view::{self, RecordView};
use super::{reached, seen};
use crate::domain::actor::Actor;
use crate::domain::edit::{Edit, encode};
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::search::search_text;
use crate::store::records::{self, Content, RecordRow};
use crate::store::{Fault, StoreFault, Tx, audit, claims, log, office};

/// Changes a record. A change of what it says gives it a new version, parts it from the card it was imported from, and moves it to the
/// end of the log of each live link that shows it; an edit that changes nothing leaves it as it is.
pub fn edit(tx: &Tx<'_>, actor: &Actor, record: RecordId, edit: &Edit) -> Result<RecordView, Fault> {
    tx.attempt(actor, "record.edit", record.to_string());
    rights::require(tx, actor, Permission::Edit)?;
    let marks = edit.private.is_some() || edit.unassigned.is_some();
    let row = reached(tx, actor, record, if marks { Level::FullControl } else { Level::Write })?;
    if (edit.unassigned == Some(true) && row.assigned) || (edit.private == Some(false) && row.private) {
        // A mark that lets others see the record is a share like any other.
        rights::require_sharing(tx, &rights::viewer(tx, actor)?)?;
    }
    edit.check_base(row.version)?;
    let said = change_content(tx, &row, edit)?;
    let (private, assigned) = (edit.private.unwrap_or(row.private), edit.unassigned.map_or(row.assigned, |unassigned| !unassigned));
    if (private, assigned) != (row.private, row.assigned) {
        records::set_marks(tx, row.id, private, assigned)?;
        claims::blank_all(tx)?;
    }
    let detail = match (said, (private, assigned) != (row.private, row.assigned)) {
        (Some(version), false) => format!("version {version}"),
        (Some(version), true) => format!("version {version}, private {private}, assigned {assigned}"),
        (None, true) => format!("private {private}, assigned {assigned}"),
        (None, false) => "nothing changed".to_owned(),
    };
    let closed = if private && row.everyone.is_some() { ", no longer shared with the whole office" } else { "" };
    let detail = detail + closed;
    audit::done(tx, actor, "record.edit", &record.to_string(), &detail)?;
    let (row, decision) = seen(tx, actor, record).map_err(|fault| if marks { locked_out(fault) } else { fault })?;
    view::of_row(tx, actor, &row, decision.level)
}

/// Nobody hides a record from him- or herself by marking it: who sees it as one of many would not find it again.
fn locked_out(fault: Fault) -> Fault {
    match fault {
        Fault::Refused(_) => Refusal::conflict(
            "locked-out",
            "the record would be hidden from you too, since it is not shared with you by name",
            "ask its owner to do it, or have it shared with you first",
        )
        .into(),
        fault => fault,
    }
}

/// Applies the edit to what the record says; gives the new version when something changed.
fn change_content(tx: &Tx<'_>, row: &RecordRow, edit: &Edit) -> Result<Option<Version>, Fault> {
    let body = records::load_body(tx, row.record)?;
    let (_, before) = body.ok_or_else(|| StoreFault::Corrupt("a record has no body".to_owned()))?;
    let mut record = before.clone();
    edit.apply(&mut record, || RelatedId(tx.moment.uuid_v7()))?;
    if !same_members(&before, &record) {
        record.members = members_named(tx, row.owner, &record.properties)?;
    }
    if record == before {
        return Ok(None);
    }
    let body = encode(&record)?;
    let version = Version { epoch: office::load(tx)?.epoch.counter, counter: row.version.counter + 1 };
    let search = search_text(&record);
    let related = records::related_counts(&record);
    let content = Content { version, name: &record.display_name, search: &search, related, body: &body, card: None };
    records::replace(tx, row.id, record.kind, &content)?;
    log::touch(tx, row.record)?;
    Ok(Some(version))
}

fn same_members(before: &Record, after: &Record) -> bool {
    let named = |record: &Record| -> Vec<String> {
        record.properties.iter().filter(|property| is_member(property)).map(|property| property.value.clone()).collect()
    };
    named(before) == named(after)
}
