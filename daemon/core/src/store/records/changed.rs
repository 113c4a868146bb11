//! Records that changed in a span of time, for the daily digest.

use super::seen;
use crate::domain::access::Sight;
use crate::store::{SqlExt, StoreFault, Value, View};

/// What changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changed {
    /// How many records.
    pub count: u64,
    /// The names of the first of them.
    pub names: Vec<String>,
}

/// The office's own records in use that changed after `from_ms` and up to `until_ms` (milliseconds since 1970, UTC), as far as they are
/// seen and `user`, a local row, wants to hear of them: their number, and the names of at most `limit`.
pub fn changed(view: &View<'_>, sight: &Sight, user: i64, from_ms: i64, until_ms: i64, limit: usize) -> Result<Changed, StoreFault> {
    let mut params: Vec<Value> = vec![from_ms.into(), until_ms.into(), user.into()];
    let seen = seen(sight, &mut params);
    let from = format!(
        "FROM records r WHERE r.changed_ms > ?1 AND r.changed_ms <= ?2 AND r.archived = 0 AND {seen}
             AND r.id NOT IN (SELECT record_row FROM digest_offs WHERE user_row = ?3)"
    );
    let count = view.sql().count(&format!("SELECT count(*) {from}"), &params)?;
    if count == 0 || limit == 0 {
        return Ok(Changed { count, names: Vec::new() });
    }
    params.push(limit.into());
    let sql = format!("SELECT r.name {from} ORDER BY r.name, r.record LIMIT ?{}", params.len());
    Ok(Changed { count, names: view.sql().all(&sql, &params, |row| row.text(0))? })
}
