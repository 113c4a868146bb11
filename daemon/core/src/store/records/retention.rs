//! Records out of use, and those whose relationship was ended: kept for years, then deleted.

use super::{COLUMNS, FROM, RecordRow, record_row};
use crate::store::{SqlExt, StoreFault, Tx, Value, View};

/// Takes a record out of use, or into use again, whether its relationship was ended or not.
pub fn set_archived(tx: &Tx<'_>, id: i64, archived: bool) -> Result<(), StoreFault> {
    let params: [Value; 3] = [id.into(), archived.into(), tx.now_ms.into()];
    let sql = "UPDATE records SET archived = ?2, changed_ms = ?3, ended_ms = NULL, reminded_ms = NULL WHERE id = ?1";
    tx.sql().execute(sql, &params)?;
    Ok(())
}

/// Ends a relationship: its record is out of use, and the time for which it is kept begins now.
pub fn set_ended(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    let sql = "UPDATE records SET archived = 1, changed_ms = ?2, ended_ms = ?2, reminded_ms = NULL WHERE id = ?1";
    tx.sql().execute(sql, &[id.into(), tx.now_ms.into()])?;
    Ok(())
}

/// Somebody is reminded now that the record will be deleted.
pub fn set_reminded(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE records SET reminded_ms = ?2 WHERE id = ?1", &[id.into(), tx.now_ms.into()])?;
    Ok(())
}

/// At most `limit` records ended up to `ended_ms` of which nobody was reminded yet, the longest ended first.
pub fn unreminded(view: &View<'_>, ended_ms: i64, limit: usize) -> Result<Vec<RecordRow>, StoreFault> {
    let which = "r.ended_ms <= ?1 AND r.reminded_ms IS NULL ORDER BY r.ended_ms, r.id LIMIT ?2";
    view.sql().all(&format!("SELECT {COLUMNS} {FROM} WHERE {which}"), &[ended_ms.into(), limit.into()], record_row)
}

/// At most `limit` records ended up to `ended_ms` of which somebody was reminded up to `reminded_ms`, the longest ended first.
pub fn reminded_by(view: &View<'_>, ended_ms: i64, reminded_ms: i64, limit: usize) -> Result<Vec<RecordRow>, StoreFault> {
    let which = "r.ended_ms <= ?1 AND r.reminded_ms <= ?2 ORDER BY r.ended_ms, r.id LIMIT ?3";
    view.sql().all(&format!("SELECT {COLUMNS} {FROM} WHERE {which}"), &[ended_ms.into(), reminded_ms.into(), limit.into()], record_row)
}

/// The records of which somebody was reminded at just this time, by name.
pub fn reminded_at(view: &View<'_>, reminded_ms: i64) -> Result<Vec<RecordRow>, StoreFault> {
    let which = "r.ended_ms IS NOT NULL AND r.reminded_ms = ?1 ORDER BY r.name, r.record";
    view.sql().all(&format!("SELECT {COLUMNS} {FROM} WHERE {which}"), &[reminded_ms.into()], record_row)
}
