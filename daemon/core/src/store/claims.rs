//! Requests that a client named by a key of its own, so that one sent twice is done once.

use interoffice_protocol::names::UserName;

use super::{SqlExt, StoreFault, Tx, View};

/// How long a key is remembered (milliseconds): a day.
pub const LIFE_MS: i64 = 24 * 3_600_000;

/// What is known of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// SHA-256 of what was asked.
    pub request: [u8; 32],
    /// Status and body of the answer; `None` when it was lost, as by a crash between the doing and the answering, or forgotten.
    pub answer: Option<(u16, Vec<u8>)>,
}

/// The request that this actor named so, if it is not too old.
pub fn find(view: &View<'_>, actor: &str, key: &str) -> Result<Option<Claim>, StoreFault> {
    let sql = "SELECT request, status, answer FROM claims WHERE actor = ?1 AND key = ?2 AND at_ms > ?3";
    view.sql().first(sql, &[actor.into(), key.into(), (view.now_ms - LIFE_MS).into()], |row| {
        let status = row.int_or_null(1)?.and_then(|status| u16::try_from(status).ok());
        Ok(Claim { request: row.bytes(0)?, answer: status.zip(row.blob_or_null(2)?) })
    })
}

/// Claims a key for a request; false when it is taken. Claims that are too old go.
pub fn take(tx: &Tx<'_>, actor: &str, key: &str, request: &[u8; 32]) -> Result<bool, StoreFault> {
    prune(tx)?;
    let sql = "INSERT INTO claims (actor, key, request, at_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    Ok(tx.sql().execute(sql, &[actor.into(), key.into(), request.into(), tx.now_ms.into()])? > 0)
}

/// Forgets claims that are too old; says how many.
pub fn prune(tx: &Tx<'_>) -> Result<u64, StoreFault> {
    tx.sql().execute("DELETE FROM claims WHERE at_ms <= ?1", &[(tx.now_ms - LIFE_MS).into()])
}

/// What is forgotten: answers, and those that are still to come, but for the one of the request that forgets.
const FORGET: &str = "UPDATE claims SET status = 0, answer = NULL WHERE (status <> 0 OR (status IS NULL AND at_ms <> ?1))";

/// Forgets the answers to what a user asked, or an administrator for that user or as that user for another: they may show what the user
/// may not see any more. That it was asked stays known, so that nothing is done twice.
pub fn blank(tx: &Tx<'_>, user: &UserName) -> Result<(), StoreFault> {
    // Names have letters and digits alone, so none is a pattern.
    let sql = format!("{FORGET} AND (actor = ?2 OR actor LIKE ?3 OR actor LIKE ?4)");
    let who = format!("user:{user}");
    tx.sql().execute(&sql, &[tx.now_ms.into(), who.as_str().into(), format!("{who} for %").into(), format!("% for {who}").into()])?;
    Ok(())
}

/// The same for everybody, when a record goes, or a change may take it out of the sight of many: whom, and which answers show it, would
/// have to be asked answer by answer. Answers are asked for again within seconds, and such changes are few.
pub fn blank_all(tx: &Tx<'_>) -> Result<(), StoreFault> {
    tx.sql().execute(FORGET, &[tx.now_ms.into()])?;
    Ok(())
}

/// Keeps the answer to a claimed request, unless it was forgotten before it came.
pub fn answer(tx: &Tx<'_>, actor: &str, key: &str, status: u16, body: &[u8]) -> Result<(), StoreFault> {
    let sql = "UPDATE claims SET status = ?3, answer = ?4 WHERE actor = ?1 AND key = ?2 AND status IS NULL";
    tx.sql().execute(sql, &[actor.into(), key.into(), u32::from(status).into(), body.into()])?;
    Ok(())
}
