//! The daily digest as rows: which days were done, and who does not want to hear of which record.

use super::{SqlExt, StoreFault, Tx, View};

/// Whether the digests of a day were written, or were not to be.
pub fn is_done(view: &View<'_>, day: i64) -> Result<bool, StoreFault> {
    Ok(view.sql().count("SELECT count(*) FROM digests WHERE day = ?1", &[day.into()])? > 0)
}

/// Up to which time changes have been told of at `now_ms`; what a clock that ran ahead has left behind does not count.
pub fn told_until(view: &View<'_>, now_ms: i64) -> Result<Option<i64>, StoreFault> {
    Ok(view.sql().first("SELECT max(until_ms) FROM digests WHERE until_ms <= ?1", &[now_ms.into()], |row| row.int_or_null(0))?.flatten())
}

/// How many days are remembered. What was written down last counts, not what is latest: a clock that runs ahead must not push out what
/// was done before.
const DAYS_KEPT: i64 = 400;

/// Notes that a day is done, and forgets days long past.
pub fn done(tx: &Tx<'_>, day: i64, until_ms: i64) -> Result<(), StoreFault> {
    let sql = "INSERT INTO digests (day, until_ms) VALUES (?1, ?2) ON CONFLICT (day) DO NOTHING";
    tx.sql().execute(sql, &[day.into(), until_ms.into()])?;
    tx.sql().execute("DELETE FROM digests WHERE id <= (SELECT max(id) FROM digests) - ?1", &[DAYS_KEPT.into()])?;
    Ok(())
}

/// Whether a user wants to hear of changes of a record.
pub fn receives(view: &View<'_>, user: i64, record: i64) -> Result<bool, StoreFault> {
    let sql = "SELECT count(*) FROM digest_offs WHERE user_row = ?1 AND record_row = ?2";
    Ok(view.sql().count(sql, &[user.into(), record.into()])? == 0)
}

/// Sets whether a user wants to hear of changes of a record.
pub fn set_receives(tx: &Tx<'_>, user: i64, record: i64, receives: bool) -> Result<(), StoreFault> {
    let sql = if receives {
        "DELETE FROM digest_offs WHERE user_row = ?1 AND record_row = ?2"
    } else {
        "INSERT INTO digest_offs (user_row, record_row) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
    };
    tx.sql().execute(sql, &[user.into(), record.into()])?;
    Ok(())
}

/// Forgets who does not want to hear of a record, since it is deleted.
pub fn forget(tx: &Tx<'_>, record: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM digest_offs WHERE record_row = ?1", &[record.into()])?;
    Ok(())
}
