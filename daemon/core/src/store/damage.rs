//! Rows as no verb writes them, for tests of those who read them.

use interoffice_protocol::ids::StatementHash;

use super::{StoreFault, Tx, Value};

fn change(tx: &Tx<'_>, sql: &str, params: &[Value]) -> Result<(), StoreFault> {
    assert_ne!(tx.sql().execute(sql, params)?, 0, "{sql} finds something to change");
    Ok(())
}

/// Sets columns of every link.
pub(crate) fn links(tx: &Tx<'_>, columns: &str) -> Result<(), StoreFault> {
    change(tx, &format!("UPDATE links SET {columns}"), &[])
}

/// Sets the state of every removal.
pub(crate) fn removals(tx: &Tx<'_>, state: i64) -> Result<(), StoreFault> {
    change(tx, "UPDATE removals SET state = ?1", &[state.into()])
}

/// Sets what a statement holds.
pub(crate) fn statement(tx: &Tx<'_>, hash: StatementHash, signed: &[u8]) -> Result<(), StoreFault> {
    change(tx, "UPDATE statements SET signed = ?2 WHERE hash = ?1", &[hash.0.into(), signed.into()])
}

/// Takes a statement off its link.
pub(crate) fn stray(tx: &Tx<'_>, hash: StatementHash) -> Result<(), StoreFault> {
    change(tx, "UPDATE statements SET link = NULL WHERE hash = ?1", &[hash.0.into()])
}

/// Sets what every record holds.
pub(crate) fn records(tx: &Tx<'_>, body: &[u8]) -> Result<(), StoreFault> {
    change(tx, "UPDATE records SET body = ?1", &[body.into()])
}

/// Fills the outbox with rows from number `from` to `to`, of so many bytes each, which are no statements.
pub(crate) fn fill_outbox(tx: &Tx<'_>, peer: i64, from: u64, to: u64, bytes: u64) -> Result<(), StoreFault> {
    tx.sql().execute(
        "WITH RECURSIVE numbers (n) AS (SELECT ?2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3)
         INSERT INTO statements (hash, peer, outgoing, kind, epoch_counter, sequence, signed, waits, at_ms)
         SELECT CAST(printf('%032d', n) AS BLOB), ?1, 1, 1, 0, 1000000 + n, zeroblob(?4), 1, 0 FROM numbers",
        &[peer.into(), from.into(), to.into(), bytes.into()],
    )?;
    Ok(())
}

/// Says whether the index that records are found by fits them, row by row.
pub(crate) fn index_fits(tx: &Tx<'_>) -> Result<(), StoreFault> {
    tx.sql().execute("INSERT INTO records_found (records_found, rank) VALUES ('integrity-check', 1)", &[]).map(drop)
}
