//! Records that are listed by their names alone, since the viewer may ask for access to them.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::RecordKind;

use super::{kind, seen};
use crate::domain::access::Sight;
use crate::store::{SqlExt, StoreFault, Value, View};

/// What somebody without access learns of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockedRow {
    /// Its id.
    pub record: RecordId,
    /// What it stands for.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
}

/// At most `limit` records that are listed by name alone, by name and then by id, after the place `after`. It lists what
/// [`is_locked`] says.
///
/// [`is_locked`]: crate::domain::access::is_locked
pub fn locked(
    view: &View<'_>,
    sight: &Sight,
    of_kind: Option<RecordKind>,
    after: Option<(&str, RecordId)>,
    limit: usize,
) -> Result<Vec<LockedRow>, StoreFault> {
    if !sight.names || sight.everything {
        return Ok(Vec::new());
    }
    let mut params: Vec<Value> = Vec::new();
    let seen = seen(sight, &mut params);
    let mut condition = format!("r.private = 0 AND r.archived = 0 AND NOT {seen}");
    if let Some(kind) = of_kind {
        params.push((kind as i64).into());
        condition.push_str(&format!(" AND r.kind = ?{}", params.len()));
    }
    if let Some((name, record)) = after {
        condition.push_str(&format!(" AND (r.name, r.record) > (?{}, ?{})", params.len() + 1, params.len() + 2));
        params.extend([name.into(), record.0.into()]);
    }
    params.push(limit.into());
    let sql = format!("SELECT r.record, r.kind, r.name FROM records r WHERE {condition} ORDER BY r.name, r.record LIMIT ?{}", params.len());
    view.sql().all(&sql, &params, |row| Ok(LockedRow { record: RecordId(row.bytes(0)?), kind: kind(row.int(1)?)?, name: row.text(2)? }))
}
