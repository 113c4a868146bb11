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
