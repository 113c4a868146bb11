//! Answering a request, and taking it back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{access, rights};
use super::ask::level_of;
use super::notices::{News, tell_requester_of_grant, tell_requester_of_refusal};
use super::{Case, RequestView, show};
use crate::domain::access::Viewer;
use crate::domain::access::level::label;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::request::{State, Written, check_text};
use crate::store::records::RecordRow;
use crate::store::requests::{self, Ending};
use crate::store::{Fault, Ring, StoreFault, Tx, audit};

/// What is given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// `read`, `write` or `full-control`; what was asked for when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
}

/// Why nothing is given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Refuse {
    /// At most 500 printable characters, which the requester reads; may be empty.
    pub reason: String,
}

/// Gives what was asked for, or another level: the same share as by hand, by the same rules.
pub fn grant(tx: &Tx<'_>, actor: &Actor, id: u64, given: &Grant) -> Result<RequestView, Fault> {
    tx.attempt(actor, "request.grant", format!("request {id}"));
    let level = level_of(given.level.as_deref())?;
    let (case, record) = answerable(tx, actor, id)?;
    let level = level.unwrap_or(case.row.level);
    if let Some(present) = case.present.filter(|present| *present >= level) {
        let message = format!("{} has {} already", case.requester.name, label(present));
        return Err(Refusal::conflict("has-access", message, "grant more, or refuse the request").into());
    }
    access::give(tx, actor, record.record, &case.requester.name, level)?;
    close(tx, &case, &Ending { written: Written::Granted, given: Some(level), reason: "", by: answerer(&case) })?;
    tell_requester_of_grant(tx, &news(tx, &case, &record)?)?;
    remember(tx, actor, "request.grant", &case, &format!("user {}: {}", case.requester.name, level.as_str()))?;
    show(tx, actor, id)
}

/// Gives nothing, with a reason that the requester reads.
pub fn refuse(tx: &Tx<'_>, actor: &Actor, id: u64, why: &Refuse) -> Result<RequestView, Fault> {
    tx.attempt(actor, "request.refuse", format!("request {id}"));
    check_text(&why.reason)?;
    let (case, record) = answerable(tx, actor, id)?;
    close(tx, &case, &Ending { written: Written::Refused, given: None, reason: &why.reason, by: answerer(&case) })?;
    tell_requester_of_refusal(tx, &news(tx, &case, &record)?)?;
    remember(tx, actor, "request.refuse", &case, &format!("user {}", case.requester.name))?;
    show(tx, actor, id)
}

/// Takes a request back.
pub fn withdraw(tx: &Tx<'_>, actor: &Actor, id: u64) -> Result<RequestView, Fault> {
    tx.attempt(actor, "request.withdraw", format!("request {id}"));
    let case = Case::load(tx, actor, id)?;
    if !case.is_mine {
        let message = "a request is taken back by the user who made it";
        return Err(Refusal::denied("not-requester", message, format!("answer it instead: interoffice access refuse {id}")).into());
    }
    require_waiting(&case)?;
    let by = Some(rights::require_user(tx, actor)?.id);
    close(tx, &case, &Ending { written: Written::Withdrawn, given: None, reason: "", by })?;
    tx.ring(Ring::Requests);
    remember(tx, actor, "request.withdraw", &case, "")?;
    show(tx, actor, id)
}

/// The request with its record, when the actor may answer it and it waits.
fn answerable(tx: &Tx<'_>, actor: &Actor, id: u64) -> Result<(Case, RecordRow), Fault> {
    let case = Case::load(tx, actor, id)?;
    if case.is_mine {
        let message = "a request is answered by those who may share the record, not by the user who made it";
        return Err(Refusal::denied("not-answerer", message, format!("to take it back: interoffice access withdraw {id}")).into());
    }
    require_waiting(&case)?;
    let record = case.record.clone().ok_or_else(|| StoreFault::Corrupt("a request waits for a record that is gone".to_owned()))?;
    Ok((case, record))
}

fn require_waiting(case: &Case) -> Result<(), Refusal> {
    if case.state == State::Waiting {
        return Ok(());
    }
    let message = format!("request {} {}", case.row.id, case.state.words());
    Err(Refusal::conflict("request-closed", message, "see what waits: interoffice access list --state waiting"))
}

/// The local row of the user who answers.
fn answerer(case: &Case) -> Option<i64> {
    match case.viewer {
        Viewer::Operator => None,
        Viewer::User(person) => Some(person.id),
    }
}

fn close(tx: &Tx<'_>, case: &Case, ending: &Ending<'_>) -> Result<(), StoreFault> {
    requests::end(tx, case.row.id, ending)
}

/// What the requester is told, from the request as it is written down now.
fn news<'a>(tx: &Tx<'_>, case: &'a Case, record: &'a RecordRow) -> Result<News<'a>, Fault> {
    let row = requests::find(tx, case.row.id)?.ok_or_else(|| StoreFault::Corrupt("a request is gone while it is answered".to_owned()))?;
    News::of(tx, &row, &case.requester, record)
}

fn remember(tx: &Tx<'_>, actor: &Actor, verb: &'static str, case: &Case, detail: &str) -> Result<(), StoreFault> {
    let request = format!("request {}", case.row.id);
    let detail = if detail.is_empty() { request } else { format!("{request}, {detail}") };
    audit::done(tx, actor, verb, &case.row.record.to_string(), &detail)
}
