//! The control of the power cuts: writes numbered rows into a database, one a transaction, and says each number after its commit.
//!
//! `ledger FILE NORMAL|FULL` writes until it is killed; `ledger FILE COUNT` says how many rows there are, all from 1 on.
#![forbid(unsafe_code)]

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (file, mode) = args.next().zip(args.next()).context("usage: ledger FILE NORMAL|FULL|COUNT")?;
    let ledger = Connection::open(file)?;
    if mode == "COUNT" {
        let table: i64 = ledger.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if table == 0 {
            return say(0);
        }
        let (rows, last): (i64, i64) =
            ledger.query_row("SELECT count(*), ifnull(max(number), 0) FROM rows", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        ensure!(rows == last, "{rows} rows up to {last}");
        return say(rows);
    }
    ensure!(["NORMAL", "FULL"].contains(&mode.as_str()), "no such mode: {mode}");
    ledger.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous={mode}; CREATE TABLE rows (number INTEGER PRIMARY KEY, text TEXT)"
    ))?;
    for number in 1.. {
        ledger.execute("INSERT INTO rows VALUES (?1, ?2)", (number, format!("row {number}")))?;
        say(number)?;
    }
    Ok(())
}

fn say(number: i64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{number}")?;
    Ok(out.flush()?)
}
