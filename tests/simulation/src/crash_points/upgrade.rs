//! An upgrade of the schema that is cut short at each operation (INV-48): the database is of the old schema or of the new one, whole,
//! the next start goes on, and an older program refuses what a newer one wrote.

use std::io::Write;
use std::path::Path;

use interoffice_core::store::{StoreFault, migrate};
use interoffice_disk::{Disk, Fault, Kind};
use rusqlite::Connection;

use super::run::folder;

/// The first is the product's, the others do to it what upgrades do: another column, another table, every row written anew.
const LADDER: [&str; 3] = [
    migrate::OFFICE[0],
    "ALTER TABLE users ADD COLUMN nickname TEXT; CREATE TABLE nicknames (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
     INSERT INTO nicknames (name) SELECT 'short ' || value FROM json_each('[1,2,3,4,5]')",
    "CREATE TABLE longer (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
     INSERT INTO longer (name) SELECT name || hex(zeroblob(3000)) FROM nicknames; DROP TABLE nicknames; ALTER TABLE longer RENAME TO nicknames",
];

const KINDS: [Kind; 6] = [Kind::KillBefore, Kind::KillDuring, Kind::Error, Kind::ShortWrite, Kind::Full, Kind::SyncFails];

/// Cuts upgrades short everywhere; says how many, and what was wrong.
///
/// # Errors
/// When nobody reads what is told.
pub(crate) fn all(out: &mut impl Write) -> std::io::Result<(u64, u64)> {
    let (mut points, mut wrong) = (0, 0);
    let operations = match attempt(None) {
        Ok(operations) => operations,
        Err(what) => {
            writeln!(out, "upgrade: can't be played: {what}")?;
            return Ok((0, 1));
        }
    };
    for kind in KINDS {
        for at_operation in 1..=operations {
            points += 1;
            if let Err(what) = attempt(Some(Fault { at_operation, kind })) {
                wrong += 1;
                writeln!(out, "upgrade, {kind:?} at operation {at_operation}: {what}")?;
            }
        }
    }
    writeln!(out, "upgrade: {operations} operations, {points} crash points")?;
    Ok((points, wrong))
}

fn open(folder: &Path) -> Result<Connection, StoreFault> {
    let conn = Connection::open(folder.join("office.db"))?;
    conn.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")?;
    Ok(conn)
}

fn state(conn: &Connection) -> Result<(i64, i64, i64), StoreFault> {
    let one = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let version = one("PRAGMA user_version")?;
    let rows = if version > 1 { one("SELECT count(*) FROM nicknames")? } else { 0 };
    let bytes = if version > 1 { one("SELECT total(length(name)) > 10000 FROM nicknames")? } else { 0 };
    Ok((version, rows, bytes))
}

fn attempt(fault: Option<Fault>) -> Result<u64, String> {
    let folder = folder()?;
    let told = |fault: StoreFault| fault.to_string();
    let disk = Disk::of(folder.path());
    let mut conn = open(folder.path()).map_err(told)?;
    migrate::migrate(&mut conn, &LADDER[..1]).map_err(told)?;
    let before = disk.operations();
    if let Some(fault) = fault {
        disk.arm(fault);
    }
    let ended = migrate::migrate(&mut conn, &LADDER);
    let operations = disk.operations() - before;
    disk.kill();
    drop(conn);
    if let Some(fault) = fault {
        disk.power_cut(fault.at_operation);
    } else {
        disk.start();
    }
    let conn = open(folder.path()).map_err(told)?;
    let found = state(&conn).map_err(told)?;
    if ![(1, 0, 0), (2, 5, 0), (3, 5, 1)].contains(&found) {
        return Err(format!("a schema that is neither old nor new: {found:?}"));
    }
    if ended.is_ok() && found.0 != 3 {
        return Err("an upgrade that was done is undone".to_owned());
    }
    drop(conn);
    let mut conn = open(folder.path()).map_err(told)?;
    migrate::migrate(&mut conn, &LADDER).map_err(told)?;
    let found = state(&conn).map_err(told)?;
    let check: String = conn.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(|error| error.to_string())?;
    if found != (3, 5, 1) || check != "ok" {
        return Err(format!("the next start leaves {found:?}, check says {check}"));
    }
    match migrate::migrate(&mut conn, &LADDER[..2]) {
        Err(StoreFault::NewerSchema { found: 3, known: 2 }) => Ok(operations),
        other => Err(format!("an older program should refuse: {other:?}")),
    }
}
