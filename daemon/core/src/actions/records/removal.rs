//! Deleting and archiving records: planned and confirmed, since the copies at other offices go with them.

use std::collections::BTreeSet;

use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::record::{Level, RecordKind, RelatedKind};
use interoffice_protocol::seeded::{Bug, planted};
use serde::Serialize;

use super::super::{rights, sharing};
use super::reached;
use crate::domain::actor::Actor;
use crate::domain::digest::{show_day, zone_or_utc};
use crate::domain::page::LIMIT_MAX;
use crate::domain::plan::{Draft, Plan, PlanCounts, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::retention::deletion_ms;
use crate::domain::role::Permission;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, Tx, View, audit, claims, links, log, office, peers, requests};

/// What was deleted, archived or taken into use again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Gone {
    /// Records.
    pub records: u64,
    /// Copies of them that are being removed, one for each link that showed a record.
    pub copies: u64,
}

/// How records leave use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Delete,
    Archive,
    End,
}

impl Way {
    fn verb(self) -> &'static str {
        match self {
            Self::Delete => "record.delete",
            Self::Archive => "record.archive",
            Self::End => "record.end",
        }
    }

    fn permission(self) -> Permission {
        match self {
            Self::Delete => Permission::Delete,
            Self::Archive | Self::End => Permission::Archive,
        }
    }

    /// Whether a record is out of use in this way already.
    fn is_done(self, row: &RecordRow) -> bool {
        match self {
            Self::Delete => false,
            Self::Archive => row.archived,
            Self::End => row.ended_ms.is_some(),
        }
    }
}

/// What deleting records will do.
pub fn plan_delete(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId]) -> Result<Plan, Fault> {
    Ok(plan(tx, actor, wanted, Way::Delete)?.0)
}

/// Deletes records for good; their copies at other offices are removed.
pub fn delete(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId], plan: &PlanId) -> Result<Gone, Fault> {
    carry_out(tx, actor, wanted, plan, Way::Delete)
}

/// What archiving records will do.
pub fn plan_archive(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId]) -> Result<Plan, Fault> {
    Ok(plan(tx, actor, wanted, Way::Archive)?.0)
}

/// Takes records out of use; their copies at other offices are removed, and sharing them again needs a new share.
pub fn archive(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId], plan: &PlanId) -> Result<Gone, Fault> {
    carry_out(tx, actor, wanted, plan, Way::Archive)
}

/// What ending the relationship with clients will do.
pub fn plan_end(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId]) -> Result<Plan, Fault> {
    Ok(plan(tx, actor, wanted, Way::End)?.0)
}

/// Ends the relationship with clients: their records are out of use, kept for years, and then deleted.
pub fn end(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId], plan: &PlanId) -> Result<Gone, Fault> {
    carry_out(tx, actor, wanted, plan, Way::End)
}

/// Takes archived records into use again, those of ended relationships too; they are shared with nobody.
pub fn unarchive(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId]) -> Result<Gone, Fault> {
    tx.attempt(actor, "record.unarchive", object(wanted));
    rights::require(tx, actor, Permission::Archive)?;
    let mut back = 0;
    for row in rows(tx, actor, wanted)?.iter().filter(|row| row.archived) {
        records::set_archived(tx, row.id, false)?;
        audit::done(tx, actor, "record.unarchive", &row.record.to_string(), "")?;
        back += 1;
    }
    Ok(Gone { records: back, copies: 0 })
}

fn object(wanted: &[RecordId]) -> String {
    wanted.first().map(RecordId::to_string).unwrap_or_default()
}

/// The records, each once, all of which the actor may dispose of.
fn rows(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId]) -> Result<Vec<RecordRow>, Fault> {
    if wanted.is_empty() || wanted.len() > LIMIT_MAX {
        return Err(Refusal::invalid("bad-selection", "name 1 to 1,000 records", "repeat it for more").into());
    }
    let wanted: BTreeSet<RecordId> = wanted.iter().copied().collect();
    wanted.into_iter().map(|record| reached(tx, actor, record, Level::FullControl)).collect()
}

fn plan(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId], way: Way) -> Result<(Plan, Vec<RecordRow>), Fault> {
    tx.attempt(actor, way.verb(), object(wanted));
    rights::require(tx, actor, way.permission())?;
    let rows = rows(tx, actor, wanted)?;
    if rows.iter().all(|row| way.is_done(row)) {
        let message = if way == Way::End { "this relationship is ended already" } else { "this is archived already" };
        return Err(Refusal::conflict("already-archived", message, "nothing needs to be done").into());
    }
    let mut draft = Draft::new(way.verb(), if rows.len() == 1 { object(wanted) } else { counted(rows.len() as u64, "record", "records") });
    let mut shown = BTreeSet::new();
    let mut copies = 0;
    for row in &rows {
        draft.basis(&row.record.0);
        draft.basis(row.version.to_string().as_bytes());
        count(&mut draft.counts, row);
        for link in log::links_showing(tx, row.record)? {
            draft.basis(&link.0);
            copies += 1;
            shown.insert(link);
        }
    }
    describe_copies(tx, &mut draft, &shown, copies)?;
    describe_records(tx, &mut draft, way, rows.len() as u64)?;
    let early = rows.iter().filter(|row| way == Way::Delete && row.ended_ms.is_some()).count() as u64;
    if early > 0 {
        let (relationships, are) = (counted(early, "ended relationship", "ended relationships"), if early == 1 { "is" } else { "are" });
        draft.change(format!("{relationships} {are} deleted before the office has kept the record for as long as it decided"));
    }
    Ok((draft.finish(&tx.office.signer), rows))
}

fn count(counts: &mut PlanCounts, row: &RecordRow) {
    *match row.kind {
        RecordKind::Contact => &mut counts.contacts,
        RecordKind::Business => &mut counts.businesses,
        RecordKind::Household => &mut counts.households,
    } += 1;
    counts.private += u64::from(row.private);
    for (kind, number) in RelatedKind::ALL.into_iter().zip(row.related) {
        *match kind {
            RelatedKind::Case => &mut counts.cases,
            RelatedKind::Policy => &mut counts.policies,
            RelatedKind::Investment => &mut counts.investments,
            RelatedKind::Opportunity => &mut counts.opportunities,
        } += u64::from(number);
    }
}

fn describe_copies(tx: &Tx<'_>, draft: &mut Draft, shown: &BTreeSet<LinkId>, copies: u64) -> Result<(), Fault> {
    let (mut offices, mut people) = (BTreeSet::new(), BTreeSet::new());
    for link in shown {
        let link = links::load(tx, *link)?;
        let peer = peers::by_row(tx, link.peer)?;
        draft.concerns(peer.office, &peer.name);
        offices.insert(peer.name);
        people.insert((link.peer, link.remote_user));
    }
    draft.counts.links = shown.len() as u64;
    draft.counts.offices = offices.len() as u64;
    draft.counts.people = people.len() as u64;
    if copies > 0 {
        let names: Vec<String> = offices.into_iter().collect();
        let (copies, are) = (counted(copies, "copy", "copies"), if copies == 1 { "is" } else { "are" });
        draft.change(format!("{copies} {are} removed at {}", names.join(", ")));
    }
    Ok(())
}

fn describe_records(view: &View<'_>, draft: &mut Draft, way: Way, number: u64) -> Result<(), Fault> {
    let (records, are, stay) = match number {
        1 => ("the record".to_owned(), "is", "stays"),
        many => (counted(many, "record", "records"), "are", "stay"),
    };
    match way {
        Way::Delete => draft.change(format!("{records} {are} deleted here for good, with all related items")),
        Way::Archive => {
            draft.change(format!("{records} {are} taken out of use"));
            draft.stay(format!("{records} {stay} in this office and can be taken into use again, which shares nothing"));
        }
        Way::End => {
            let years = office::keep_years(view)?;
            let kept = counted(u64::from(years), "year", "years");
            let zone = zone_or_utc(&office::time_zone(view)?);
            let day = show_day(deletion_ms(view.now_ms, None, years), &zone);
            draft.change(format!(
                "the relationship is ended: {records} {are} taken out of use, and deleted for good after {kept}, on {day}"
            ));
            draft.stay(format!("until then {records} {stay} in this office, hidden and not erased, and can be taken into use again"));
        }
    }
    Ok(())
}

fn carry_out(tx: &Tx<'_>, actor: &Actor, wanted: &[RecordId], given: &PlanId, way: Way) -> Result<Gone, Fault> {
    let (plan, rows) = plan(tx, actor, wanted, way)?;
    plan.agreed(given)?;
    if way == Way::Delete {
        return dispose(tx, actor, &rows, "");
    }
    let mut gone = Gone { records: 0, copies: 0 };
    for row in rows.iter().filter(|row| !way.is_done(row)) {
        if !(planted(Bug::ArchiveKeepsShares) && way == Way::Archive) {
            gone.copies += sharing::withdraw_everywhere(tx, actor, row.record)?;
        }
        if way == Way::Archive {
            records::set_archived(tx, row.id, true)?;
        } else {
            records::set_ended(tx, row.id)?;
        }
        audit::done(tx, actor, way.verb(), &row.record.to_string(), "")?;
        gone.records += 1;
    }
    Ok(gone)
}

/// Deletes records for good, whoever decided that: their copies are removed, and what waits for them is forgotten.
pub(super) fn dispose(tx: &Tx<'_>, actor: &Actor, rows: &[RecordRow], why: &str) -> Result<Gone, Fault> {
    let mut gone = Gone { records: 0, copies: 0 };
    for row in rows {
        gone.copies += sharing::withdraw_everywhere(tx, actor, row.record)?;
        requests::forget(tx, row.record)?;
        audit::done(tx, actor, Way::Delete.verb(), &row.record.to_string(), why)?;
        gone.records += 1;
    }
    if gone.records > 0 {
        claims::blank_all(tx)?;
    }
    records::delete(tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    Ok(gone)
}
