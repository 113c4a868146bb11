//! Migrations: numbered files, each in a transaction of its own; a file from a newer program is refused.

use std::cell::RefCell;
use std::time::Duration;

use interoffice_protocol::seeded::{Bug, planted};
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::StoreFault;
use super::sql::{batch, transaction};

/// The migrations of `office.db` in order; the schema version is their number.
pub const OFFICE: &[&str] = &[
    include_str!("migrations/0001_office.sql"),
    include_str!("migrations/0002_access.sql"),
    include_str!("migrations/0003_people.sql"),
    include_str!("migrations/0004_requests.sql"),
    include_str!("migrations/0005_mail.sql"),
    include_str!("migrations/0006_trail.sql"),
    include_str!("migrations/0007_found.sql"),
    include_str!("migrations/0008_preferences.sql"),
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

thread_local! {
    /// An office's database at the newest schema, with nothing in it.
    static EMPTY: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Makes `conn` an office's database with nothing in it, by copying the pages of one that was migrated before: a simulation opens
/// thousands of them.
pub(super) fn copy_empty(conn: &mut Connection) -> Result<(), StoreFault> {
    EMPTY.with_borrow_mut(|empty| {
        let from = match empty {
            Some(from) => from,
            None => {
                let mut from = Connection::open_in_memory()?;
                migrate(&mut from, OFFICE)?;
                empty.insert(from)
            }
        };
        Backup::new(from, conn)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::points::points;

    /// A database of an office that was there before records had points, with records that are found by these texts.
    fn before_points(found_by: &[&str]) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        let with_points = OFFICE.iter().position(|migration| migration.contains("CREATE TABLE contact_points")).unwrap();
        migrate(&mut conn, &OFFICE[..with_points]).unwrap();
        batch(&conn, "INSERT INTO users (id, name, display_name, account, created_ms) VALUES (1, 'ann', 'Ann', 0, 0)").unwrap();
        for (number, search) in (1..).zip(found_by) {
            let sql =
                "INSERT INTO records (id, record, kind, owner, version_epoch, version_counter, name, search, cases, policies, investments,
                opportunities, body, changed_ms) VALUES (?1, ?2, 0, 1, 1, 1, 'x', ?3, 0, 0, 0, 0, x'00', 0)";
            conn.execute(sql, rusqlite::params![number, format!("record {number}").into_bytes(), search]).unwrap();
        }
        conn
    }

    #[test]
    fn an_administrator_who_owns_clients_becomes_a_practitioner_who_administers() {
        let mut conn = Connection::open_in_memory().unwrap();
        let with_roles = OFFICE.iter().position(|migration| migration.contains("CREATE TABLE roles")).unwrap();
        migrate(&mut conn, &OFFICE[..with_roles]).unwrap();
        for (id, name, account) in [(1, "rita", 1), (2, "otto", 1), (3, "ann", 0), (4, "carl", 2)] {
            let sql = "INSERT INTO users (id, name, display_name, account, created_ms) VALUES (?1, ?2, ?2, ?3, 0)";
            conn.execute(sql, rusqlite::params![id, name, account]).unwrap();
        }
        let sql = "INSERT INTO records (record, kind, owner, version_epoch, version_counter, name, search, cases, policies, investments,
            opportunities, body, changed_ms) VALUES (x'01', 0, 2, 1, 1, 'x', 'x', 0, 0, 0, 0, x'00', 0)";
        conn.execute(sql, []).unwrap();
        migrate(&mut conn, OFFICE).unwrap();
        let sql = "SELECT u.name, u.account, r.name FROM users u JOIN roles r ON r.id = u.role ORDER BY u.id";
        let mut asked = conn.prepare(sql).unwrap();
        let read = asked.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))).unwrap();
        let people: Vec<(String, i64, String)> = read.map(Result::unwrap).collect();
        let expected = [("rita", 1, "Administrator"), ("otto", 0, "Administrator"), ("ann", 0, "Practitioner"), ("carl", 2, "Assistant")];
        assert_eq!(people, expected.map(|(name, account, role)| (name.to_owned(), account, role.to_owned())));
    }

    #[test]
    fn records_that_are_there_get_the_points_and_the_index_that_new_ones_get() {
        let texts = [
            "zoe quast\n+1 (555) 0100\n15550100\nzoe@example.com\nmailto:z@example.com",
            "",
            "x@y\n@\na b@c\nz@\n@z\n@@@\ntel:+44-20-7946-0958\n12345\n123456\n5550100 ext 7\n(020) 7946.0958/1",
            "12345678901234567890\nmüller@example.com\n4711a\n- - - - - -",
        ];
        let mut conn = before_points(&texts);
        migrate(&mut conn, OFFICE).unwrap();
        for (number, search) in (1i64..).zip(texts) {
            let mut asked = conn.prepare("SELECT way, point FROM contact_points WHERE record_row = ?1 ORDER BY way, point").unwrap();
            let read = asked.query_map([number], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).unwrap();
            let written: Vec<(i64, String)> = read.map(Result::unwrap).collect();
            let expected: Vec<(i64, String)> = points(search).into_iter().map(|point| (point.way as i64, point.text)).collect();
            assert_eq!(written, expected, "{search:?}");
        }
        let found = conn.query_row("SELECT rowid FROM records_found WHERE records_found MATCH '\"quast\"'", [], |row| row.get::<_, i64>(0));
        assert_eq!(found, Ok(1));
    }
}
