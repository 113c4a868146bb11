//! Asking for access to a record: who has it, as far as a user without access may know, and the requests with their answers.
//!
//! Who may share a record answers the requests for it. The state of a request that waits is derived at each look.

mod answer;
mod ask;
mod notices;
mod who;

pub use answer::{Grant, Refuse, grant, refuse, withdraw};
pub use ask::{Ask, Asking, ask};
pub use notices::{News, answerers};
pub use who::{GroupWithAccess, LockedShares, UserWithAccess, WhoHasAccess, WholeShares, who_has_access};

use interoffice_protocol::record::Level;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::hide_members;
use super::rights;
use crate::domain::access::{Decision, Source, Viewer, is_locked, may_share};
use crate::domain::actor::Actor;
use crate::domain::page::{LIMIT_DEFAULT, cut, limit};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Circumstances, EXPIRES_MS, State, Written, state};
use crate::store::records::{self, RecordRow};
use crate::store::requests::{self, Filter, RequestRow};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, View, office};

/// Rows looked through at once for a page.
const BATCH: usize = 200;

/// A request as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RequestView {
    /// Its number.
    pub id: u64,
    /// The record's id, base32.
    pub record: String,
    /// The record's name; `None` when the viewer may not know it any more.
    pub name: Option<String>,
    /// The user who asks.
    pub requester: String,
    /// What is asked for: `read`, `write` or `full-control`.
    pub level: &'static str,
    /// What the user says to it.
    pub message: String,
    /// `waiting`, `granted`, `refused`, `withdrawn`, `expired` or `void`.
    pub state: &'static str,
    /// Why it is void: `unavailable`, `has-access` or `requester-disabled`.
    pub why: Option<&'static str>,
    /// What was granted: `read`, `write` or `full-control`.
    pub given: Option<&'static str>,
    /// Why it was refused, in the words of whoever did.
    pub reason: String,
    /// Who answered; `None` when nobody did, when it was whoever runs the daemon, or when the viewer may not know.
    pub answered_by: Option<String>,
    /// When it was made (milliseconds since 1970, UTC).
    pub asked_ms: i64,
    /// When it was granted, refused or withdrawn.
    pub answered_ms: Option<i64>,
    /// When it expires, while it waits.
    pub expires_ms: Option<i64>,
    /// Whether the viewer may answer it now.
    pub may_answer: bool,
}

/// Which requests to list; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct RequestQuery {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those that the acting user made.
    pub mine: bool,
    /// The number after which the page begins, from the page before.
    pub after: Option<u64>,
    /// Requests of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// One page of requests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RequestPage {
    /// The requests, the newest first.
    pub items: Vec<RequestView>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
}

/// A request, with what its state and who looks at it depend on.
struct Case {
    row: RequestRow,
    requester: UserRow,
    /// The record, unless it is deleted.
    record: Option<RecordRow>,
    /// What the requester may do with it by now.
    present: Option<Level>,
    state: State,
    viewer: Viewer,
    /// Whether the viewer made it.
    is_mine: bool,
    /// Whether the viewer may share the record.
    may_share: bool,
    /// Whether the viewer may know the record's name.
    is_named: bool,
}

impl Case {
    /// The request, when the actor made it or may share the record; any other is refused like one that is not there.
    fn load(view: &View<'_>, actor: &Actor, id: u64) -> Result<Self, Fault> {
        let viewer = rights::viewer(view, actor)?;
        let case = match requests::find(view, id)? {
            Some(row) => Self::of(view, &viewer, row)?,
            None => None,
        };
        let unknown = || Refusal::not_found("unknown-request", format!("there is no request {id}"), "see yours: interoffice access list");
        Ok(case.ok_or_else(unknown)?)
    }

    fn of(view: &View<'_>, viewer: &Viewer, row: RequestRow) -> Result<Option<Self>, Fault> {
        let record = records::find(view, row.record)?;
        let requester = users::by_id(view, row.requester)?;
        let is_mine = matches!(viewer, Viewer::User(person) if person.id == requester.id);
        let policy = office::load(view)?.policy;
        let decided = |viewer: &Viewer| record.as_ref().map(|record| rights::access_of(view, viewer, record)).transpose();
        let of_requester = decided(&Viewer::User(requester.person()))?;
        let of_viewer = decided(viewer)?;
        let may_share = of_viewer.as_ref().is_some_and(|decision| may_share(viewer, &policy, decision));
        if !may_share && !is_mine {
            return Ok(None);
        }
        let names = |record: &RecordRow, decision: &Decision| {
            decision.level.is_some() || is_locked(viewer, &policy, &record.facts(Vec::new()), decision)
        };
        let is_named = record.as_ref().zip(of_viewer.as_ref()).is_some_and(|(record, decision)| names(record, decision));
        let present = of_requester.and_then(|decision| decision.level);
        let now = Circumstances {
            in_use: record.as_ref().is_some_and(|record| !record.archived),
            private: record.as_ref().is_some_and(|record| record.private),
            disabled: requester.disabled,
            level: present,
            age_ms: view.now_ms - row.asked_ms,
        };
        let state = state(row.written, row.level, &now);
        Ok(Some(Self { row, requester, record, present, state, viewer: *viewer, is_mine, may_share, is_named }))
    }

    /// The request as the viewer sees it.
    fn view(&self, view: &View<'_>) -> Result<RequestView, Fault> {
        let Self { row, state, .. } = self;
        let waits = *state == State::Waiting;
        let why = if let State::Void(why) = state { Some(why.as_str()) } else { None };
        Ok(RequestView {
            id: row.id,
            record: row.record.to_string(),
            name: self.record.as_ref().filter(|_| self.is_named).map(|record| record.name.clone()),
            requester: row.requester_name.to_string(),
            level: row.level.as_str(),
            message: row.message.clone(),
            state: state.as_str(),
            why,
            given: row.given.map(Level::as_str),
            reason: row.reason.clone(),
            answered_by: self.answered_by(view)?,
            asked_ms: row.asked_ms,
            answered_ms: row.answered_ms,
            expires_ms: waits.then_some(row.asked_ms + EXPIRES_MS),
            may_answer: waits && self.may_share && !self.is_mine,
        })
    }

    /// Who answered, when the viewer may know. That somebody answers tells that he or she has Full Control; a name is told only where
    /// that does not tell who is in a group.
    fn answered_by(&self, view: &View<'_>) -> Result<Option<String>, Fault> {
        let (Some(by), State::Granted | State::Refused) = (self.row.answered_by, self.state) else { return Ok(None) };
        let user = users::by_id(view, by)?;
        let knows = match &self.viewer {
            Viewer::Operator => true,
            Viewer::User(person) => person.administers || person.id == by,
        };
        let is_told = knows
            || match &self.record {
                Some(record) => is_told_of(view, &self.viewer, record, &user)?,
                None => false,
            };
        Ok(is_told.then(|| user.name.to_string()))
    }
}

/// Whether it tells `viewer` nothing of who is in a group that `user` may answer for `record`.
pub(super) fn is_told_of(view: &View<'_>, viewer: &Viewer, record: &RecordRow, user: &UserRow) -> Result<bool, Fault> {
    let mut decision = rights::access_of(view, &Viewer::User(user.person()), record)?;
    if rights::access_of(view, viewer, record)?.level.is_some() {
        hide_members(view, viewer, &mut decision)?;
        return Ok(decision.level.is_some());
    }
    Ok(decision.rests_on(&Source::Administrator) || who::is_individual(view, record, user)?)
}

/// What is written down of requests that may be in the state of this name; `None` when it could be one of several.
fn written(state: &str) -> Result<Option<Written>, Refusal> {
    match state {
        "waiting" | "void" => Ok(Some(Written::Waiting)),
        "granted" => Ok(Some(Written::Granted)),
        "refused" => Ok(Some(Written::Refused)),
        "withdrawn" => Ok(Some(Written::Withdrawn)),
        "expired" => Ok(None),
        _ => {
            let remedy = format!("use one of {}", State::NAMES.join(", "));
            Err(Refusal::invalid("bad-state", "there is no such state of a request", remedy))
        }
    }
}

/// One page of the requests that the actor made or may answer.
pub fn list(view: &View<'_>, actor: &Actor, query: &RequestQuery) -> Result<RequestPage, Fault> {
    let limit = limit(query.limit, LIMIT_DEFAULT, "requests")?;
    let written = query.state.as_deref().map(written).transpose()?.flatten();
    if query.mine {
        rights::require_user(view, actor)?;
    }
    let (viewer, sight) = (rights::viewer(view, actor)?, rights::sight(view, actor)?);
    let (mut found, mut before) = (Vec::new(), query.after);
    // One more than asked for tells whether another page follows.
    while found.len() <= limit {
        let batch = requests::page(view, &Filter { sight: &sight, mine: query.mine, written, before }, BATCH)?;
        let is_last = batch.len() < BATCH;
        before = batch.last().map(|row| row.id);
        for row in batch {
            let Some(case) = Case::of(view, &viewer, row)? else { continue };
            if query.state.as_deref().is_none_or(|state| state == case.state.as_str()) {
                found.push(case);
            }
        }
        if is_last {
            break;
        }
    }
    let next = cut(&mut found, limit).map(|last| last.row.id);
    let items = found.iter().map(|case| case.view(view)).collect::<Result<Vec<_>, _>>()?;
    Ok(RequestPage { items, next })
}

/// How many requests of the office wait.
pub(super) fn count_waiting(view: &View<'_>) -> Result<u64, Fault> {
    let mut waiting = 0;
    for row in requests::unanswered(view, None)? {
        waiting += u64::from(Case::of(view, &Viewer::Operator, row)?.is_some_and(|case| case.state == State::Waiting));
    }
    Ok(waiting)
}

/// One request that the actor made or may answer.
pub fn show(view: &View<'_>, actor: &Actor, id: u64) -> Result<RequestView, Fault> {
    Case::load(view, actor, id)?.view(view)
}
