//! Looking into a database from the outside: every row as a line, to compare two states with each other.

use std::path::Path;

use rusqlite::Connection;

use super::{SqlExt, StoreFault, View};

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

/// What every column of every row of `office.db` holds, table by table in a fixed order, each row with the name of its table: for
/// databases in memory as well. Columns named in `without` are left out, each as `table.column`.
pub fn contents(view: &View<'_>, without: &[&str], each: &mut dyn FnMut(&str, &[u8])) -> Result<(), StoreFault> {
    let sql = view.sql();
    let mut bytes = Vec::new();
    for table in sql.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", &[], |row| row.text(0))? {
        let mut columns = sql.all(&format!("PRAGMA table_info({table})"), &[], |row| row.text(1))?;
        columns.retain(|column| !without.contains(&format!("{table}.{column}").as_str()));
        let select = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(", "));
        sql.query(&select, &[], &mut |row| {
            bytes.clear();
            for column in 0..columns.len() {
                // What ends a column begins no other: two rows that differ never look the same.
                bytes.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                row.append(column, &mut bytes)?;
            }
            each(&table, &bytes);
            Ok(())
        })?;
    }
    Ok(())
}

fn texts(conn: &Connection, sql: &str, column: usize) -> Result<Vec<String>, StoreFault> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(column))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
