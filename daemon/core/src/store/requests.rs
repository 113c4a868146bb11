//! Requests for access as rows.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;

use super::{Ring, Row, SqlExt, StoreFault, Tx, Value, View, grants, records};
use crate::domain::access::Sight;
use crate::domain::request::{EXPIRES_MS, Written};

/// A request for access to a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestRow {
    /// Its number.
    pub id: u64,
    /// The record, which may be deleted meanwhile.
    pub record: RecordId,
    /// Local row of the user who asks.
    pub requester: i64,
    /// The user who asks.
    pub requester_name: UserName,
    /// What is asked for.
    pub level: Level,
    /// What the user says to it.
    pub message: String,
    /// What was written down of its state.
    pub written: Written,
    /// What was granted.
    pub given: Option<Level>,
    /// Why it was refused.
    pub reason: String,
    /// When it was made (milliseconds since 1970, UTC).
    pub asked_ms: i64,
    /// When it was granted, refused or withdrawn.
    pub answered_ms: Option<i64>,
    /// Local row of the user who answered; `None` for whoever runs the daemon.
    pub answered_by: Option<i64>,
}

const COLUMNS: &str = "q.id, q.record, q.user_row, u.name, q.level, q.message, q.state, q.given, q.reason, q.asked_ms, q.answered_ms,
    q.answered_by";
const FROM: &str = "FROM requests q JOIN users u ON u.id = q.user_row";

fn request(row: &Row<'_>) -> Result<RequestRow, StoreFault> {
    let corrupt = |what: &str| StoreFault::Corrupt(format!("a request {what}"));
    let written = usize::try_from(row.int(6)?).ok().and_then(|number| Written::ALL.get(number).copied());
    Ok(RequestRow {
        id: row.uint(0)?,
        record: RecordId(row.bytes(1)?),
        requester: row.int(2)?,
        requester_name: UserName::new(&row.text(3)?).map_err(|_| corrupt("is made by an unreadable name"))?,
        level: grants::level(row.int(4)?)?.ok_or_else(|| corrupt("asks for nothing"))?,
        message: row.text(5)?,
        written: written.ok_or_else(|| corrupt("has an unknown state"))?,
        given: grants::level(row.int(7)?)?,
        reason: row.text(8)?,
        asked_ms: row.int(9)?,
        answered_ms: row.int_or_null(10)?,
        answered_by: row.int_or_null(11)?,
    })
}

/// The request with this number.
pub fn find(view: &View<'_>, id: u64) -> Result<Option<RequestRow>, StoreFault> {
    // A number that no column can keep is none that was given.
    let Ok(id) = i64::try_from(id) else { return Ok(None) };
    view.sql().first(&format!("SELECT {COLUMNS} {FROM} WHERE q.id = ?1"), &[id.into()], request)
}

/// The requests of a user for one record, the newest first: at most `limit`.
pub fn of_user(view: &View<'_>, user: i64, record: RecordId, limit: usize) -> Result<Vec<RequestRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE q.user_row = ?1 AND q.record = ?2 ORDER BY q.id DESC LIMIT ?3");
    view.sql().all(&sql, &[user.into(), record.0.into(), limit.into()], request)
}

/// The requests of a user, or of all, that nobody answered and that are not expired, the oldest first. Some of them may be void.
pub fn unanswered(view: &View<'_>, user: Option<i64>) -> Result<Vec<RequestRow>, StoreFault> {
    let mut params: Vec<Value> = vec![(view.now_ms - EXPIRES_MS).into()];
    let mut sql = format!("SELECT {COLUMNS} {FROM} WHERE q.state = 0 AND q.asked_ms > ?1");
    if let Some(user) = user {
        params.push(user.into());
        sql.push_str(" AND q.user_row = ?2");
    }
    view.sql().all(&format!("{sql} ORDER BY q.id"), &params, request)
}

/// Which requests a list looks through.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// What the viewer sees: requests for these records.
    pub sight: &'a Sight,
    /// Only those that the viewer made.
    pub mine: bool,
    /// Only those with this written down; all when not given.
    pub written: Option<Written>,
    /// Only numbers before this one.
    pub before: Option<u64>,
}

/// At most `limit` requests that the viewer made, or for records that he or she sees; the newest first.
pub fn page(view: &View<'_>, filter: &Filter<'_>, limit: usize) -> Result<Vec<RequestRow>, StoreFault> {
    // Row 0 is nobody's.
    let mut params: Vec<Value> = vec![filter.sight.person.unwrap_or(0).into()];
    let mut condition = "q.user_row = ?1".to_owned();
    if !filter.mine {
        let seen = records::seen(filter.sight, &mut params);
        condition = format!("({condition} OR {seen})");
    }
    if let Some(written) = filter.written {
        params.push((written as i64).into());
        condition.push_str(&format!(" AND q.state = ?{}", params.len()));
    }
    if let Some(before) = filter.before {
        params.push(i64::try_from(before).unwrap_or(i64::MAX).into());
        condition.push_str(&format!(" AND q.id < ?{}", params.len()));
    }
    params.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} {FROM} LEFT JOIN records r ON r.record = q.record WHERE {condition} ORDER BY q.id DESC LIMIT ?{}",
        params.len()
    );
    view.sql().all(&sql, &params, request)
}

/// Writes a new request down; gives its number.
pub fn insert(tx: &Tx<'_>, record: RecordId, user: i64, level: Level, message: &str) -> Result<u64, StoreFault> {
    let params: [Value; 5] = [record.0.into(), user.into(), grants::number(Some(level)).into(), message.into(), tx.now_ms.into()];
    let sql = "INSERT INTO requests (record, user_row, level, message, asked_ms) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";
    let id = tx.sql().first(sql, &params, |row| row.uint(0))?;
    id.ok_or_else(|| StoreFault::Corrupt("a new request got no row".to_owned()))
}

/// What ended a request.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// What is written down of its state.
    pub written: Written,
    /// What was granted.
    pub given: Option<Level>,
    /// Why it was refused.
    pub reason: &'a str,
    /// Local row of the user who ended it.
    pub by: Option<i64>,
}

/// Writes down what ended a request.
pub fn end(tx: &Tx<'_>, id: u64, ending: &Ending<'_>) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE requests SET state = ?2, given = ?3, reason = ?4, answered_ms = ?5, answered_by = ?6 WHERE id = ?1",
        &[
            id.into(),
            (ending.written as i64).into(),
            grants::number(ending.given).into(),
            ending.reason.into(),
            tx.now_ms.into(),
            ending.by.into(),
        ],
    )?;
    Ok(())
}

/// Writes down that what still waits of a user's requests for a record is expired, since the user asks anew.
pub fn expire(tx: &Tx<'_>, user: i64, record: RecordId) -> Result<(), StoreFault> {
    let params: [Value; 3] = [user.into(), record.0.into(), (Written::Expired as i64).into()];
    tx.sql().execute("UPDATE requests SET state = ?3 WHERE user_row = ?1 AND record = ?2 AND state = 0", &params)?;
    Ok(())
}

/// Empties what people wrote about a record in requests for it, since it is deleted. That they asked stays.
pub fn forget(tx: &Tx<'_>, record: RecordId) -> Result<(), StoreFault> {
    if tx.sql().execute("UPDATE requests SET message = '', reason = '' WHERE record = ?1", &[record.0.into()])? > 0 {
        tx.ring(Ring::Requests);
    }
    Ok(())
}
