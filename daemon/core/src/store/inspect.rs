//! Looking into a database from the outside: every row as a line, to compare two states with each other.

use std::path::Path;

use rusqlite::Connection;

use super::StoreFault;

/// Every row of every table in the database at `path`, a line each, in a fixed order; columns named in `without` are left out.
pub fn rows(path: &Path, without: &[&str]) -> Result<Vec<String>, StoreFault> {
    let conn = Connection::open(path)?;
    let mut lines = Vec::new();
    for table in texts(&conn, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", 0)? {
        let mut columns = texts(&conn, &format!("PRAGMA table_info({table})"), 1)?;
        columns.retain(|column| !without.contains(&column.as_str()));
        let mut statement = conn.prepare(&format!("SELECT {} FROM {table} ORDER BY 1", columns.join(", ")))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut line = format!("{table}:");
            for column in 0..columns.len() {
                line.push_str(&format!(" {:?}", row.get_ref(column)?));
            }
            lines.push(line);
        }
    }
    Ok(lines)
}

fn texts(conn: &Connection, sql: &str, column: usize) -> Result<Vec<String>, StoreFault> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(column))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
