//! Asking for access, and why somebody can't ask now.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::records::{Known, known};
use super::super::rights;
use super::{Case, RequestView, notices, show};
use crate::domain::access::Viewer;
use crate::domain::access::level::{self, highest, label};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::request::{AGAIN_MS, OFTEN_MAX, OFTEN_MS, State, WAITING_MAX, Written, check_text};
use crate::store::requests::{self, RequestRow};
use crate::store::users::UserRow;
use crate::store::{Fault, StoreFault, Tx, View, audit, office};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ask {
    /// `read`, `write` or `full-control`; `read` when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// What to say to it: at most 500 printable characters, may be empty.
    pub message: String,
}

/// Whether the viewer can ask for access now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Asking {
    /// Whether it is possible.
    pub possible: bool,
    /// Why not: the code that a request would be refused with.
    pub why: Option<&'static str>,
    /// The same in words, with what to do.
    pub message: Option<String>,
    /// The number of the request that waits already.
    pub waiting: Option<u64>,
}

/// Asks for access to a record.
pub fn ask(tx: &Tx<'_>, actor: &Actor, record: RecordId, wanted: &Ask) -> Result<RequestView, Fault> {
    tx.attempt(actor, "request.ask", record.to_string());
    let level = level_of(wanted.level.as_deref())?.unwrap_or(Level::Read);
    check_text(&wanted.message)?;
    let known = known(tx, actor, record)?;
    let user = rights::require_user(tx, actor)?;
    if let Some(refusal) = hindrance(tx, &user, &known, level)? {
        return Err(refusal.into());
    }
    requests::expire(tx, user.id, record)?;
    let id = requests::insert(tx, record, user.id, level, &wanted.message)?;
    let row = requests::find(tx, id)?.ok_or_else(|| StoreFault::Corrupt("a new request is gone".to_owned()))?;
    notices::tell_answerers(tx, &notices::News::of(tx, &row, &user, &known.row)?)?;
    audit::done(tx, actor, "request.ask", &record.to_string(), &format!("request {id}: {}", level.as_str()))?;
    show(tx, actor, id)
}

/// Reads a level that is asked for or given; a request is never about no access.
pub(super) fn level_of(text: Option<&str>) -> Result<Option<Level>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let none = || Refusal::invalid("bad-level", format!("'{text}' is no access"), "use read, write or full-control");
    level::parse(text)?.ok_or_else(none).map(Some)
}

/// Whether the actor can ask for the next level of a record now; `None` for whoever runs the daemon.
pub(super) fn asking(view: &View<'_>, actor: &Actor, known: &Known) -> Result<Option<Asking>, Fault> {
    let Viewer::User(_) = rights::viewer(view, actor)? else { return Ok(None) };
    let user = rights::require_user(view, actor)?;
    let next = match known.decision.level {
        None => Level::Read,
        Some(Level::Read) => Level::Write,
        Some(Level::Write | Level::FullControl) => Level::FullControl,
    };
    let refusal = hindrance(view, &user, known, next.min(highest(user.account)))?;
    let waiting = waiting(view, &user, known)?.map(|row| row.id);
    let message = refusal.as_ref().map(Refusal::to_string);
    Ok(Some(Asking { possible: refusal.is_none(), why: refusal.map(|refusal| refusal.code), message, waiting }))
}

/// Why `user` can't ask for `level` of a record now.
fn hindrance(view: &View<'_>, user: &UserRow, known: &Known, wanted: Level) -> Result<Option<Refusal>, Fault> {
    let policy = office::load(view)?.policy;
    let by_hand = "ask somebody who has it in person";
    if !policy.requesting {
        return Ok(Some(Refusal::denied("requesting-off", "this office takes no requests for access", by_hand)));
    }
    if !policy.takes_requests() {
        let message = "requests are taken while client access or office security is on";
        return Ok(Some(Refusal::denied("requesting-off", message, by_hand)));
    }
    if known.row.archived {
        return Ok(Some(Refusal::conflict("record-archived", "the record is out of use", by_hand)));
    }
    if let Some(present) = known.decision.level.filter(|present| *present >= wanted) {
        let message = format!("you have {} already", label(present));
        return Ok(Some(Refusal::conflict("has-access", message, "nothing needs to be done")));
    }
    if let Err(refusal) = level::check(user.account, user.name.as_str(), Some(wanted)) {
        return Ok(Some(refusal));
    }
    if let Some(row) = waiting(view, user, known)? {
        let remedy = format!("wait for the answer, or take it back: interoffice access withdraw {}", row.id);
        return Ok(Some(Refusal::conflict("already-asked", format!("your request {} for this record waits", row.id), remedy)));
    }
    let before = requests::of_user(view, user.id, known.row.record, OFTEN_MAX)?;
    let is_fresh = |row: &RequestRow| row.answered_ms.is_some_and(|answered_ms| answered_ms > view.now_ms - AGAIN_MS);
    if before.iter().any(|row| row.written == Written::Refused && is_fresh(row)) {
        let message = "a request of yours for this record was refused within the last 24 hours";
        return Ok(Some(Refusal::conflict("refused-lately", message, "ask again tomorrow")));
    }
    if before.get(OFTEN_MAX - 1).is_some_and(|row| row.asked_ms > view.now_ms - OFTEN_MS) {
        let message = "you asked for this record five times within 24 hours";
        return Ok(Some(Refusal::conflict("asked-too-often", message, "ask again tomorrow")));
    }
    if waits_at_least(view, user, WAITING_MAX)? {
        let remedy = "take some back, or speak with an administrator about what you need";
        return Ok(Some(Refusal::conflict("too-many-waiting", "100 requests of yours wait for an answer", remedy)));
    }
    Ok(None)
}

/// The request of the user for this record that waits.
fn waiting(view: &View<'_>, user: &UserRow, known: &Known) -> Result<Option<RequestRow>, Fault> {
    for row in requests::of_user(view, user.id, known.row.record, OFTEN_MAX)? {
        if waits(view, user, &row)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn waits(view: &View<'_>, user: &UserRow, row: &RequestRow) -> Result<bool, Fault> {
    let case = Case::of(view, &Viewer::User(user.person()), row.clone())?;
    Ok(case.is_some_and(|case| case.state == State::Waiting))
}

/// Whether so many requests of the user wait; those that are void do not count.
fn waits_at_least(view: &View<'_>, user: &UserRow, number: usize) -> Result<bool, Fault> {
    let rows = requests::unanswered(view, Some(user.id))?;
    if rows.len() < number {
        return Ok(false);
    }
    let mut waiting = 0;
    for row in &rows {
        waiting += usize::from(waits(view, user, row)?);
        if waiting == number {
            return Ok(true);
        }
    }
    Ok(false)
}
