//! Migrations: numbered files, each in a transaction of its own; a file from a newer program is refused.

use interoffice_protocol::seeded::{Bug, planted};
use rusqlite::Connection;

use super::StoreFault;
use super::sql::{batch, transaction};

/// The migrations of `office.db` in order; the schema version is their number.
pub const OFFICE: &[&str] = &[
    include_str!("migrations/0001_office.sql"),
    include_str!("migrations/0002_access.sql"),
    include_str!("migrations/0006_trail.sql"),
    include_str!("migrations/0007_found.sql"),
];

/// Brings `conn` to the newest schema; says from which version it came.
pub fn migrate(conn: &mut Connection, migrations: &[&str]) -> Result<i64, StoreFault> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = migrations.len() as i64;
    if found > known && !planted(Bug::NewerSchemaOpened) {
        return Err(StoreFault::NewerSchema { found, known });
    }
    for (index, migration) in migrations.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        transaction(conn, |tx| {
            batch(tx, migration)?;
            batch(tx, &format!("PRAGMA user_version = {}", index + 1))
        })?;
    }
    Ok(found)
}
