//! Records in numbers, counted from an index without touching a record.

use interoffice_protocol::record::RecordKind;
use serde::Serialize;

use super::{Filter, kind, seen};
use crate::domain::access::Sight;
use crate::store::{SqlExt, StoreFault, Value, View};

/// Records by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct KindCounts {
    /// Contacts.
    pub contacts: u64,
    /// Businesses.
    pub businesses: u64,
    /// Households.
    pub households: u64,
}

impl KindCounts {
    /// Counts `number` records of `kind` in.
    pub fn add(&mut self, kind: RecordKind, number: u64) {
        match kind {
            RecordKind::Contact => self.contacts += number,
            RecordKind::Business => self.businesses += number,
            RecordKind::Household => self.households += number,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.contacts + self.businesses + self.households
    }
}

/// How many records in use each owner has.
pub fn count_by_owner(view: &View<'_>) -> Result<Vec<(i64, KindCounts)>, StoreFault> {
    let mut counts: Vec<(i64, KindCounts)> = Vec::new();
    let sql = "SELECT owner, kind, count(*) FROM records WHERE archived = 0 GROUP BY owner, kind ORDER BY owner, kind";
    view.sql().query(sql, &[], &mut |row| {
        let owner = row.int(0)?;
        if counts.last().is_none_or(|(last, _)| *last != owner) {
            counts.push((owner, KindCounts::default()));
        }
        if let Some((_, of_owner)) = counts.last_mut() {
            of_owner.add(kind(row.int(1)?)?, row.uint(2)?);
        }
        Ok(())
    })?;
    Ok(counts)
}

/// How many records an owner has in use.
pub fn count_of(view: &View<'_>, owner: i64) -> Result<KindCounts, StoreFault> {
    let mut counts = KindCounts::default();
    let sql = "SELECT kind, count(*) FROM records WHERE owner = ?1 AND archived = 0 GROUP BY kind";
    view.sql().query(sql, &[owner.into()], &mut |row| {
        counts.add(kind(row.int(0)?)?, row.uint(1)?);
        Ok(())
    })?;
    Ok(counts)
}

/// How many records a user owns, archived ones too.
pub fn count_all_of(view: &View<'_>, owner: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM records WHERE owner = ?1", &[owner.into()])
}

/// How many records in use an owner has that are not private.
pub fn open_of(view: &View<'_>, owner: i64) -> Result<KindCounts, StoreFault> {
    let mut counts = KindCounts::default();
    let sql = "SELECT kind, count(*) FROM records WHERE owner = ?1 AND archived = 0 AND private = 0 GROUP BY kind";
    view.sql().query(sql, &[owner.into()], &mut |row| {
        counts.add(kind(row.int(0)?)?, row.uint(1)?);
        Ok(())
    })?;
    Ok(counts)
}

/// Numbers that cut across owners.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MarkCounts {
    /// Records out of use.
    pub archived: u64,
    /// Private records in use.
    pub private: u64,
    /// Records in use that are not private.
    pub open: u64,
    /// Those of them that are shared with the whole office.
    pub whole_office: u64,
    /// Records that [`keep_open`](super::keep_open) would share with the whole office, those out of use among them.
    pub kept_open: u64,
    /// Contacts in use without an assigned user, private ones left out since only their owner sees them.
    pub unassigned_contacts: u64,
}

/// Counts records by their marks.
pub fn count_marks(view: &View<'_>) -> Result<MarkCounts, StoreFault> {
    let counts = view.sql().first(
        "SELECT sum(archived), sum(archived = 0 AND private = 1), sum(archived = 0 AND private = 0),
             sum(archived = 0 AND private = 0 AND everyone > 0), sum(private = 0 AND everyone = 0),
             sum(archived = 0 AND private = 0 AND assigned = 0 AND kind = 0) FROM records HAVING count(*) > 0",
        &[],
        |row| {
            Ok(MarkCounts {
                archived: row.uint(0)?,
                private: row.uint(1)?,
                open: row.uint(2)?,
                whole_office: row.uint(3)?,
                kept_open: row.uint(4)?,
                unassigned_contacts: row.uint(5)?,
            })
        },
    )?;
    Ok(counts.unwrap_or_default())
}

/// What a link shows, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShownCounts {
    /// Records by kind.
    pub kinds: KindCounts,
    /// Private records among them.
    pub private: u64,
    /// Related items by kind, in the order of `RelatedKind::ALL`.
    pub related: [u64; 4],
}

/// Counts the records that a link shows, given by the link's local row, without reading one of them.
pub fn shown_counts(view: &View<'_>, link: i64) -> Result<ShownCounts, StoreFault> {
    let mut counts = ShownCounts::default();
    let sql = "SELECT r.kind, count(*), sum(r.private), sum(r.cases), sum(r.policies), sum(r.investments), sum(r.opportunities)
               FROM link_log g JOIN records r ON r.record = g.record WHERE g.link = ?1 AND g.put = 1 GROUP BY r.kind";
    view.sql().query(sql, &[link.into()], &mut |row| {
        counts.kinds.add(kind(row.int(0)?)?, row.uint(1)?);
        counts.private += row.uint(2)?;
        for (index, number) in counts.related.iter_mut().enumerate() {
            *number += row.uint(index + 3)?;
        }
        Ok(())
    })?;
    Ok(counts)
}

/// How many records a list shows.
pub fn count(view: &View<'_>, filter: &Filter<'_>) -> Result<KindCounts, StoreFault> {
    let (condition, params) = filter.condition(Vec::new());
    let mut counts = KindCounts::default();
    view.sql().query(&format!("SELECT r.kind, count(*) FROM records r WHERE {condition} GROUP BY r.kind"), &params, &mut |row| {
        counts.add(kind(row.int(0)?)?, row.uint(1)?);
        Ok(())
    })?;
    Ok(counts)
}

/// How many private records in use are seen.
pub fn count_private(view: &View<'_>, sight: &Sight) -> Result<u64, StoreFault> {
    let mut params: Vec<Value> = Vec::new();
    let seen = seen(sight, &mut params);
    view.sql().count(&format!("SELECT count(*) FROM records r WHERE r.archived = 0 AND r.private = 1 AND {seen}"), &params)
}
