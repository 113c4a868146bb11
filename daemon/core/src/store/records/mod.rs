//! The office's own records as rows: found by a unique index, listed by name, counted without reading bodies.

mod changed;
mod counts;
mod found;
mod locked;
mod owner;
mod points;
mod retention;

use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Record, RecordKind, RelatedKind};
use interoffice_protocol::wire::codec;

use super::{Row, SqlExt, StoreFault, Tx, Value, View, digests, grants};
use crate::domain::access::{Facts, Grant, Sight};

pub use changed::{Changed, changed};
pub use counts::{KindCounts, MarkCounts, ShownCounts, shown_counts};
pub use counts::{count, count_all_of, count_by_owner, count_marks, count_of, count_private, open_of};
pub use locked::{LockedRow, locked};
pub use owner::{set_owner, set_owner_of_all};
pub use points::with_point;
pub use retention::{reminded_at, reminded_by, set_archived, set_ended, set_reminded, unreminded};

/// A record without its contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordRow {
    /// Local row.
    pub id: i64,
    /// Its id.
    pub record: RecordId,
    /// What it stands for.
    pub kind: RecordKind,
    /// Local row of its owner.
    pub owner: i64,
    /// Its owner.
    pub owner_name: UserName,
    /// Whether a user is assigned.
    pub assigned: bool,
    /// Whether it is marked private.
    pub private: bool,
    /// The level at which it is shared with the whole office.
    pub everyone: Option<Level>,
    /// Whether it is out of use.
    pub archived: bool,
    /// When the relationship with the client was ended.
    pub ended_ms: Option<i64>,
    /// When somebody was reminded that it will be deleted.
    pub reminded_ms: Option<i64>,
    /// Its version.
    pub version: Version,
    /// Name in lists.
    pub name: String,
    /// UID of the card it came from, empty for none.
    pub uid: String,
    /// Last change (milliseconds since 1970, UTC).
    pub changed_ms: i64,
    /// Related items by kind, in the order of `RelatedKind::ALL`.
    pub related: [u32; 4],
}

impl RecordRow {
    /// What the access of somebody depends on whom these grants reach, and who is no proxy of the owner.
    pub fn facts(&self, grants: Vec<Grant>) -> Facts {
        let Self { owner, private, assigned, archived, everyone, .. } = *self;
        Facts { owner, private, assigned, archived, everyone, grants, proxy_of: None }
    }
}

const COLUMNS: &str =
    "r.id, r.record, r.kind, r.owner, u.name, r.assigned, r.private, r.archived, r.version_epoch, r.version_counter, r.name,
    r.uid, r.changed_ms, r.cases, r.policies, r.investments, r.opportunities, r.everyone, r.ended_ms, r.reminded_ms";
const FROM: &str = "FROM records r JOIN users u ON u.id = r.owner";

fn kind(number: i64) -> Result<RecordKind, StoreFault> {
    let known = usize::try_from(number).ok().and_then(|number| RecordKind::ALL.get(number).copied());
    known.ok_or_else(|| StoreFault::Corrupt("a record is of an unknown kind".to_owned()))
}

fn record_row(row: &Row<'_>) -> Result<RecordRow, StoreFault> {
    Ok(RecordRow {
        id: row.int(0)?,
        record: RecordId(row.bytes(1)?),
        kind: kind(row.int(2)?)?,
        owner: row.int(3)?,
        owner_name: UserName::new(&row.text(4)?).map_err(|_| StoreFault::Corrupt("a user has an unreadable name".to_owned()))?,
        assigned: row.flag(5)?,
        private: row.flag(6)?,
        archived: row.flag(7)?,
        version: Version { epoch: row.uint(8)?, counter: row.uint(9)? },
        name: row.text(10)?,
        uid: row.text(11)?,
        changed_ms: row.int(12)?,
        related: [number(row, 13)?, number(row, 14)?, number(row, 15)?, number(row, 16)?],
        everyone: grants::level(row.int(17)?)?,
        ended_ms: row.int_or_null(18)?,
        reminded_ms: row.int_or_null(19)?,
    })
}

fn number(row: &Row<'_>, index: usize) -> Result<u32, StoreFault> {
    u32::try_from(row.int(index)?).map_err(|_| StoreFault::Corrupt(format!("column {index} is out of range")))
}

/// How many related items of each kind a record has, in the order of `RelatedKind::ALL`.
pub fn related_counts(record: &Record) -> [u32; 4] {
    RelatedKind::ALL.map(|kind| record.related.iter().filter(|item| item.kind == kind).count() as u32)
}

fn decode(body: &[u8]) -> Result<Record, StoreFault> {
    codec::decode_data(body).map_err(|error| StoreFault::Corrupt(format!("the body of a record: {error}")))
}

/// The record with this id.
pub fn find(view: &View<'_>, record: RecordId) -> Result<Option<RecordRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} {FROM} WHERE r.record = ?1"), &[record.0.into()], record_row)
}

/// At most `limit` records that are seen and whose ids are in a range, ends included, in the order of their ids.
pub fn in_range(view: &View<'_>, sight: &Sight, from: RecordId, to: RecordId, limit: usize) -> Result<Vec<RecordId>, StoreFault> {
    let mut params: Vec<Value> = vec![from.0.into(), to.0.into(), limit.into()];
    let seen = seen(sight, &mut params);
    let sql = format!("SELECT r.record FROM records r WHERE r.record >= ?1 AND r.record <= ?2 AND {seen} ORDER BY r.record LIMIT ?3");
    view.sql().all(&sql, &params, |row| Ok(RecordId(row.bytes(0)?)))
}

/// The condition under which a record `r` is seen, whose parameters follow those that are there. It is [`decide`] in the words of SQL.
/// It never says by which way records are come to: the plus sign keeps it from being taken for a way.
///
/// [`decide`]: crate::domain::access::decide
pub(super) fn seen(sight: &Sight, params: &mut Vec<Value>) -> String {
    if sight.everything {
        return "1".to_owned();
    }
    let at_large = if sight.others { "r.private = 0" } else { "(r.private = 0 AND (r.assigned = 0 OR r.everyone > 0))" };
    let Some(person) = sight.person else { return at_large.to_owned() };
    params.push(person.into());
    let me = params.len();
    format!(
        "(+r.owner = ?{me} OR {at_large} OR (r.private = 0 AND r.owner IN (SELECT owner_row FROM proxies WHERE proxy_row = ?{me})) OR r.id IN (SELECT record_row FROM grants WHERE user_row = ?{me} UNION ALL
             SELECT a.record_row FROM group_members m JOIN grants a ON a.group_row = m.group_row WHERE m.user_row = ?{me}))"
    )
}

/// The record's version and contents.
pub fn load_body(view: &View<'_>, record: RecordId) -> Result<Option<(Version, Record)>, StoreFault> {
    body(view, record)?.map(|(version, body)| Ok((version, decode(&body)?))).transpose()
}

/// The record's version and contents as they are kept.
pub fn body(view: &View<'_>, record: RecordId) -> Result<Option<(Version, Vec<u8>)>, StoreFault> {
    view.sql().first("SELECT version_epoch, version_counter, body FROM records WHERE record = ?1", &[record.0.into()], |row| {
        Ok((Version { epoch: row.uint(0)?, counter: row.uint(1)? }, row.blob(2)?.to_vec()))
    })
}

/// The card the record came from, byte for byte; `None` once it was edited.
pub fn card(view: &View<'_>, record: RecordId) -> Result<Option<Vec<u8>>, StoreFault> {
    let card = view
        .sql()
        .first("SELECT card FROM records WHERE record = ?1 AND card IS NOT NULL", &[record.0.into()], |row| Ok(row.blob(0)?.to_vec()))?;
    Ok(card)
}

/// The owner's record that came from a card with this UID.
pub fn by_uid(view: &View<'_>, owner: i64, uid: &str) -> Result<Option<RecordRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE r.uid = ?1 AND r.owner = ?2 ORDER BY r.id LIMIT 1");
    view.sql().first(&sql, &[uid.into(), owner.into()], record_row)
}

/// The id of the owner's record that came from a card with this UID.
pub fn id_by_uid(view: &View<'_>, owner: i64, uid: &str) -> Result<Option<RecordId>, StoreFault> {
    let sql = "SELECT record FROM records WHERE uid = ?1 AND owner = ?2 ORDER BY id LIMIT 1";
    view.sql().first(sql, &[uid.into(), owner.into()], |row| Ok(RecordId(row.bytes(0)?)))
}

/// The changeable part of a record.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Its version.
    pub version: Version,
    /// Name in lists.
    pub name: &'a str,
    /// Folded text that it is found by.
    pub search: &'a str,
    /// The record in wire form.
    pub body: &'a [u8],
    /// Its related items by kind, see [`related_counts`].
    pub related: [u32; 4],
    /// The card it came from, while it is what was uploaded.
    pub card: Option<&'a [u8]>,
}

/// What a new record is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    /// Its id.
    pub record: RecordId,
    /// What it stands for.
    pub kind: RecordKind,
    /// Local row of its owner.
    pub owner: i64,
    /// Whether a user is assigned.
    pub assigned: bool,
    /// Whether it is marked private.
    pub private: bool,
    /// UID of the card, empty for none.
    pub uid: &'a str,
    /// The rest.
    pub content: Content<'a>,
}

/// Writes a new record down; gives its local row.
pub fn insert(tx: &Tx<'_>, new: &NewRecord<'_>) -> Result<i64, StoreFault> {
    tx.sql().execute(
        "INSERT INTO records (record, kind, owner, assigned, private, version_epoch, version_counter, name, search, uid, body, card, changed_ms,
             cases, policies, investments, opportunities)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        &[
            new.record.0.into(),
            (new.kind as i64).into(),
            new.owner.into(),
            new.assigned.into(),
            new.private.into(),
            new.content.version.epoch.into(),
            new.content.version.counter.into(),
            new.content.name.into(),
            new.content.search.into(),
            new.uid.into(),
            new.content.body.into(),
            new.content.card.into(),
            tx.now_ms.into(),
            new.content.related[0].into(),
            new.content.related[1].into(),
            new.content.related[2].into(),
            new.content.related[3].into(),
        ],
    )?;
    // Asked for by itself: with `RETURNING`, SQLite would write the index of what is found out to its pages after every record.
    let id = tx.sql().first("SELECT id FROM records WHERE record = ?1", &[new.record.0.into()], |row| row.int(0))?;
    let id = id.ok_or_else(|| StoreFault::Corrupt("a new record got no row".to_owned()))?;
    found::add(tx, id, new.content.search)?;
    Ok(id)
}

/// Writes new contents over a record's old ones.
pub fn replace(tx: &Tx<'_>, id: i64, kind: RecordKind, content: &Content<'_>) -> Result<(), StoreFault> {
    found::change(tx, id, content.search)?;
    tx.sql().execute(
        "UPDATE records SET kind = ?2, version_epoch = ?3, version_counter = ?4, name = ?5, search = ?6, body = ?7, card = ?8, changed_ms = ?9,
             cases = ?10, policies = ?11, investments = ?12, opportunities = ?13 WHERE id = ?1",
        &[
            id.into(),
            (kind as i64).into(),
            content.version.epoch.into(),
            content.version.counter.into(),
            content.name.into(),
            content.search.into(),
            content.body.into(),
            content.card.into(),
            tx.now_ms.into(),
            content.related[0].into(),
            content.related[1].into(),
            content.related[2].into(),
            content.related[3].into(),
        ],
    )?;
    Ok(())
}

/// Sets who sees a record: private or not, assigned or not. What is private is not shared with the whole office.
pub fn set_marks(tx: &Tx<'_>, id: i64, private: bool, assigned: bool) -> Result<(), StoreFault> {
    let sql = "UPDATE records SET private = ?2, assigned = ?3, everyone = CASE WHEN ?2 THEN 0 ELSE everyone END WHERE id = ?1";
    tx.sql().execute(sql, &[id.into(), private.into(), assigned.into()])?;
    Ok(())
}

/// Shares a record with the whole office at a level, or no longer.
pub fn set_everyone(tx: &Tx<'_>, id: i64, level: Option<Level>) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE records SET everyone = ?2 WHERE id = ?1", &[id.into(), grants::number(level).into()])?;
    Ok(())
}

/// Shares every record that is neither private nor shared with the whole office with it, to be read; says how many.
pub fn keep_open(tx: &Tx<'_>) -> Result<u64, StoreFault> {
    let read = grants::number(Some(Level::Read));
    tx.sql().execute("UPDATE records SET everyone = ?1 WHERE private = 0 AND everyone = 0", &[read.into()])
}

/// Deletes records with their grants, what they were found by, and the wishes not to hear of them.
pub fn delete(tx: &Tx<'_>, ids: &[i64]) -> Result<(), StoreFault> {
    // All of one kind after the other: the index of what is found is then written once.
    for id in ids {
        found::forget(tx, *id)?;
    }
    for id in ids {
        grants::forget(tx, *id)?;
        digests::forget(tx, *id)?;
        tx.sql().execute("DELETE FROM records WHERE id = ?1", &[(*id).into()])?;
    }
    Ok(())
}

/// Which records a list shows.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// What the viewer may see.
    pub sight: Sight,
    /// Folded words, all of which a record is found by.
    pub words: &'a [String],
    /// Only this kind.
    pub kind: Option<RecordKind>,
    /// Only this owner's.
    pub owner: Option<i64>,
    /// Only records with an assigned user, or only those without.
    pub assigned: Option<bool>,
    /// Only records out of use, or only those in use.
    pub archived: bool,
}

impl Filter<'_> {
    /// The condition with its parameters, which follow those that are there.
    fn condition(&self, params: Vec<Value>) -> (String, Vec<Value>) {
        let mut params = params;
        params.push(self.archived.into());
        let mut sql = format!("r.archived = ?{}", params.len());
        let mut and = |condition: &str, value: Value| {
            params.push(value);
            sql.push_str(" AND ");
            sql.push_str(&condition.replace('?', &format!("?{}", params.len())));
        };
        if let Some(owner) = self.owner {
            and("r.owner = ?", owner.into());
        }
        if let Some(assigned) = self.assigned {
            and("r.assigned = ?", assigned.into());
        }
        if let Some(kind) = self.kind {
            and("r.kind = ?", (kind as i64).into());
        }
        for word in self.words {
            and("r.search LIKE ? ESCAPE '\\'", format!("%{}%", escape_like(word)).into());
        }
        let seen = seen(&self.sight, &mut params);
        sql.push_str(&format!(" AND {seen}"));
        (sql, params)
    }
}

fn escape_like(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// At most `limit` records of a list, by name and then by id, after the place `after`.
pub fn page(view: &View<'_>, filter: &Filter<'_>, after: Option<(&str, RecordId)>, limit: usize) -> Result<Vec<RecordRow>, StoreFault> {
    let few = found::few(view, &filter.sight, filter.words, filter.owner.is_some())?;
    let (from, params) = match few {
        // The few come first, whatever the planner would think of it.
        Some(few) => (format!("FROM ({}) AS few CROSS JOIN records r JOIN users u ON u.id = r.owner", few.sql), few.params),
        None => (FROM.to_owned(), Vec::new()),
    };
    let is_few = !params.is_empty();
    let (mut condition, mut params) = filter.condition(params);
    if is_few {
        condition.push_str(" AND r.id = few.id");
    }
    if let Some((name, record)) = after {
        condition.push_str(&format!(" AND (r.name, r.record) > (?{}, ?{})", params.len() + 1, params.len() + 2));
        params.extend([name.into(), record.0.into()]);
    }
    params.push(limit.into());
    let sql = format!("SELECT {COLUMNS} {from} WHERE {condition} ORDER BY r.name, r.record LIMIT ?{}", params.len());
    view.sql().all(&sql, &params, record_row)
}

/// The records of an owner that are in use, oldest first.
pub fn live_of_owner(view: &View<'_>, owner: i64) -> Result<Vec<RecordRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} {FROM} WHERE r.owner = ?1 AND r.archived = 0 ORDER BY r.id"), &[owner.into()], record_row)
}
