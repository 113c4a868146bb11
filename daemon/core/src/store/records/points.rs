//! Ways to reach who a record stands for, each found by an index: two records that share one may stand for the same person.

use super::{COLUMNS, RecordRow, record_row, seen};
use crate::domain::access::Sight;
use crate::domain::points::{Point, points};
use crate::store::{SqlExt, StoreFault, Tx, Value, View};

/// Writes down the points of a record that has none yet, from the text that it is found by.
pub(super) fn add(tx: &Tx<'_>, id: i64, search: &str) -> Result<(), StoreFault> {
    for point in points(search) {
        let params: [Value; 3] = [id.into(), (point.way as i64).into(), point.text.into()];
        tx.sql().execute("INSERT INTO contact_points (record_row, way, point) VALUES (?1, ?2, ?3)", &params)?;
    }
    Ok(())
}

/// Takes out the points of a record.
pub(super) fn forget(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM contact_points WHERE record_row = ?1", &[id.into()])?;
    Ok(())
}

/// At most `limit` records that are seen and have this point, oldest first, in use or not; one of them is left out.
pub fn with_point(view: &View<'_>, sight: &Sight, point: &Point, but: Option<i64>, limit: usize) -> Result<Vec<RecordRow>, StoreFault> {
    let mut params: Vec<Value> = vec![point.text.as_str().into(), (point.way as i64).into(), but.unwrap_or_default().into(), limit.into()];
    let seen = seen(sight, &mut params);
    let sql = format!(
        "SELECT {COLUMNS} FROM contact_points p CROSS JOIN records r JOIN users u ON u.id = r.owner
         WHERE p.point = ?1 AND p.way = ?2 AND r.id = p.record_row AND r.id <> ?3 AND {seen} ORDER BY p.record_row LIMIT ?4"
    );
    view.sql().all(&sql, &params, record_row)
}
