//! What makes a database keep what it acknowledged when the power fails.

use std::time::Duration;

use interoffice_protocol::seeded::{Bug, planted};
use rusqlite::Connection;

use super::sql::batch;
use super::{StoreFault, failing};

/// How long a statement waits for another connection.
const BUSY: Duration = Duration::from_secs(10);

/// Settles how `conn` works: `statements` of them are kept prepared, `pragmas` are its own, and what it commits is durable.
pub(super) fn set_up(conn: &Connection, statements: usize, pragmas: &str) -> Result<(), StoreFault> {
    conn.set_prepared_statement_cache_capacity(statements);
    conn.busy_timeout(BUSY)?;
    write_ahead(conn)?;
    batch(conn, "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=2000")?;
    if planted(Bug::SyncNormal) {
        batch(conn, "PRAGMA synchronous=NORMAL")?;
    }
    batch(conn, pragmas)
}

/// Puts `conn` on a write-ahead log. SQLite shows the new mode first and commits to it afterwards, so that an error of the disk is seen
/// only by who asks on: with the rollback journal that stays in use then, a commit comes undone when the power fails before the folder
/// is synced.
fn write_ahead(conn: &Connection) -> Result<(), StoreFault> {
    failing::touch("PRAGMA journal_mode=WAL", None)?;
    let mut change = conn.prepare("PRAGMA journal_mode=WAL")?;
    let mut shown = change.query([])?;
    while shown.next()?.is_some() {}
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    match mode.as_str() {
        // A database in memory has no log, and nothing to lose that its process does not take along.
        "wal" | "memory" => Ok(()),
        other => Err(StoreFault::Database(format!("the write-ahead log can't be used, the journal is in mode {other}: try again"))),
    }
}

/// Makes durable what an earlier process left in the log. One that was killed between writing and syncing, or whose sync failed, left
/// frames that can be read here and may be lost with the power: nothing may be built or said upon them before they stand in the file,
/// and before a new log is begun, since the old one without them could come back and be played over the file.
///
/// On a full disk the log stays as it is: an office with copies to lock and links to end has to start.
pub(super) fn settle_log(conn: &Connection) -> Result<(), StoreFault> {
    match move_log(conn) {
        Err(StoreFault::DiskFull) => Ok(()),
        end => end,
    }
}

fn move_log(conn: &Connection) -> Result<(), StoreFault> {
    failing::touch("PRAGMA wal_checkpoint(RESTART)", None)?;
    let frames: i64 = conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(1))?;
    if frames <= 0 {
        return Ok(());
    }
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    // Written as it is: the first commit after a checkpoint begins the new log, and is durable when this returns.
    batch(conn, &format!("BEGIN IMMEDIATE; PRAGMA user_version = {version}; COMMIT"))
}
