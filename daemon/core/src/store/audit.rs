//! The audit: one line a verb, written in the same transaction. Ids and user names only, never contents.

use serde::Serialize;

use super::{Ring, Sql, SqlExt, StoreFault, Tx, Value, View};
use crate::domain::actor::Actor;

/// One line of the audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct AuditLine {
    /// Number, without gaps.
    pub id: u64,
    /// When (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub verb: String,
    /// On what.
    pub object: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// Counts and reasons.
    pub detail: String,
}

/// Writes down that `actor` did `verb` on `object`.
pub fn done(tx: &Tx<'_>, actor: &Actor, verb: &'static str, object: &str, detail: &str) -> Result<(), StoreFault> {
    tx.ring(Ring::Audit);
    append(tx.sql(), tx.now_ms, actor, verb, object, "done", detail)
}

/// Writes down that `actor` was refused `verb` on `object`, when the refusal itself is not what the transaction ends with.
pub fn denied(tx: &Tx<'_>, actor: &Actor, verb: &'static str, object: &str, code: &str, detail: &str) -> Result<(), StoreFault> {
    tx.ring(Ring::Audit);
    append(tx.sql(), tx.now_ms, actor, verb, object, code, detail)
}

pub(super) fn append(
    sql: &dyn Sql,
    now_ms: i64,
    actor: &Actor,
    verb: &str,
    object: &str,
    outcome: &str,
    detail: &str,
) -> Result<(), StoreFault> {
    let params: [Value; 6] = [now_ms.into(), actor.to_string().into(), verb.into(), object.into(), outcome.into(), detail.into()];
    sql.execute("INSERT INTO audit (at_ms, actor, verb, object, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &params)?;
    Ok(())
}

/// The lines after number `after`, at most `limit`, oldest first.
pub fn since(view: &View<'_>, after: u64, limit: usize) -> Result<Vec<AuditLine>, StoreFault> {
    view.sql().all(
        "SELECT id, at_ms, actor, verb, object, outcome, detail FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2",
        &[after.into(), limit.into()],
        |row| {
            Ok(AuditLine {
                id: row.uint(0)?,
                at_ms: row.int(1)?,
                actor: row.text(2)?,
                verb: row.text(3)?,
                object: row.text(4)?,
                outcome: row.text(5)?,
                detail: row.text(6)?,
            })
        },
    )
}

/// The number of the last line, 0 for none.
pub fn last(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT max(id) FROM audit", &[])
}
