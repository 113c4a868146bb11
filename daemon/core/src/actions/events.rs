//! What happened to one thing: the lines of the audit about a record, for whoever has Full Control of it, and about a link, for the user
//! whom it links. Administrators read every line as the audit has it; to others nothing is told that the thing itself does not tell them
//! (decision 0018).

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::limits::COUNTER_MAX;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::hide_members;
use super::audit::LINES_DEFAULT;
use super::records::{reached, seen};
use super::{links, rights};
use crate::domain::access::Viewer;
use crate::domain::actor::Actor;
use crate::domain::page::{cut, limit, no_place};
use crate::domain::refusal::Refusal;
use crate::store::audit::{self, AuditLine, Place};
use crate::store::records::RecordRow;
use crate::store::{Fault, View, groups, users};

const CREATED: &str = "record.create";
/// The audit has one line for a whole import.
const IMPORTED: &str = "record.import";
/// What is told of a record, and the level that it takes to do that.
const OF_RECORDS: [(&str, Level); 10] = [
    ("record.archive", Level::FullControl),
    (CREATED, Level::Read),
    ("record.deletion-near", Level::Read),
    ("record.edit", Level::Write),
    ("record.end", Level::FullControl),
    ("record.grant", Level::FullControl),
    (IMPORTED, Level::Read),
    ("record.owner", Level::FullControl),
    ("record.revoke", Level::FullControl),
    ("record.unarchive", Level::FullControl),
];
/// A request that was granted is a share like any other.
const GRANTED: &str = "request.grant";
/// What is told of a link.
const OF_LINKS: [&str; 19] = [
    "link.accept",
    "link.accepted",
    "link.decline",
    "link.declined",
    "link.delete",
    "link.deleted",
    "link.erased",
    "link.expire",
    "link.frozen",
    "link.request",
    "link.requested",
    "link.thawed",
    "link.withdraw",
    "link.withdrawn",
    "receipt.mismatch",
    "receipt.verified",
    "record.erased",
    "record.share",
    "record.unshare",
];
/// Every verb that is told to others than administrators.
pub fn told_verbs() -> impl Iterator<Item = &'static str> {
    OF_RECORDS.iter().map(|(verb, _)| *verb).chain([GRANTED]).chain(OF_LINKS)
}

/// Who did it, where the viewer may not know.
const SOMEBODY: &str = "somebody";

/// Which page of the events is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Events of the page, 1 to 1,000; 100 when not given.
    pub limit: Option<usize>,
}

/// Something that happened to a record or a link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ObjectEvent)]
pub struct Event {
    /// When (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// Who, as the audit writes it: `user:ann`, `office:` and an id, `operator`, `daemon`; `somebody` where the viewer may not know.
    pub actor: String,
    /// What.
    pub verb: String,
    /// `done`; for administrators also the code of a refusal.
    pub outcome: String,
    /// More about it, as far as the viewer may know it.
    pub detail: String,
}

/// One page of events, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ObjectEventPage)]
pub struct Page {
    /// The events.
    pub items: Vec<Event>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What happened to a record, newest first: for whoever has Full Control of it, and for administrators who see it.
pub fn of_record(view: &View<'_>, actor: &Actor, record: RecordId, query: &Query) -> Result<Page, Fault> {
    let (row, _) = seen(view, actor, record)?;
    let object = record.to_string();
    if rights::administers(view, actor)? {
        return page(view, query, &object, None, import_of(view, record)?, |line| Ok(as_written(line)));
    }
    reached(view, actor, record, Level::FullControl)?;
    let verbs: Vec<&str> = OF_RECORDS.iter().map(|(verb, _)| *verb).chain([GRANTED]).collect();
    let reader = Reader { view, viewer: rights::viewer(view, actor)?, me: actor.user(), row: &row };
    page(view, query, &object, Some(&verbs), import_of(view, record)?, |line| reader.told(line))
}

/// How a record came that nobody made by itself: the line of the import in whose moment it was made, without what else that brought.
fn import_of(view: &View<'_>, record: RecordId) -> Result<Option<AuditLine>, Fault> {
    let newest = Place { at_ms: i64::MAX, skip: 0 };
    if !audit::about(view, &record.to_string(), Some(&[CREATED]), newest, 1)?.is_empty() {
        return Ok(None);
    }
    let mut lines = audit::of_moment(view, IMPORTED, made_ms(record))?.into_iter();
    let Some(line) = lines.next() else { return Ok(None) };
    // Two users who imported in one millisecond can't be told apart.
    let actor = if lines.any(|other| other.actor != line.actor) { SOMEBODY.to_owned() } else { line.actor };
    Ok(Some(AuditLine { actor, object: record.to_string(), detail: String::new(), ..line }))
}

/// When a record was made, which its id begins with (milliseconds since 1970, UTC).
fn made_ms(record: RecordId) -> i64 {
    record.0[..6].iter().fold(0, |millis, byte| millis << 8 | i64::from(*byte))
}

/// What happened to a link, newest first: for the user of this office whom it links, and for administrators.
pub fn of_link(view: &View<'_>, actor: &Actor, link: &str, query: &Query) -> Result<Page, Fault> {
    let link = links::find(view, actor, link)?.link.to_string();
    if rights::administers(view, actor)? {
        return page(view, query, &link, None, None, |line| Ok(as_written(line)));
    }
    page(view, query, &link, Some(&OF_LINKS), None, |line| {
        let mut known = true;
        for user in users_in(&line.actor) {
            known &= actor.user() == Some(&user) || users::find(view, &user)?.is_some_and(|user| user.role.administers);
        }
        let actor = if known { line.actor.clone() } else { SOMEBODY.to_owned() };
        Ok(Event { actor, ..as_written(line) })
    })
}

fn as_written(line: AuditLine) -> Event {
    let AuditLine { at_ms, actor, verb, outcome, detail, .. } = line;
    Event { at_ms, actor, verb, outcome, detail }
}

/// The users who did it, or for whom it was done.
fn users_in(actor: &str) -> impl Iterator<Item = UserName> {
    actor.split(' ').filter_map(|word| UserName::new(word.strip_prefix("user:")?).ok())
}

/// A page begins behind a moment and so many of its lines: the numbers of lines would tell how much happens in the office.
fn read_place(text: &str) -> Result<Place, Refusal> {
    let read = || {
        let (at_ms, skip) = text.split_once('.')?;
        Some(Place { at_ms: at_ms.parse().ok()?, skip: skip.parse().ok().filter(|skip| *skip <= COUNTER_MAX)? })
    };
    read().ok_or_else(|| no_place("the events"))
}

/// One page of the lines about `object`; `first` is what happened before the oldest of them.
fn page(
    view: &View<'_>,
    query: &Query,
    object: &str,
    verbs: Option<&[&str]>,
    first: Option<AuditLine>,
    told: impl Fn(AuditLine) -> Result<Event, Fault>,
) -> Result<Page, Fault> {
    let limit = limit(query.limit, LINES_DEFAULT, "events")?;
    let from = query.after.as_deref().map_or(Ok(Place { at_ms: i64::MAX, skip: 0 }), read_place)?;
    // One more than asked for tells whether another page follows.
    let mut lines = audit::about(view, object, verbs, from, limit + 1)?;
    if lines.len() <= limit {
        lines.extend(first);
    }
    let next = cut(&mut lines, limit).map(|last| last.at_ms).map(|at_ms| {
        let here = lines.iter().filter(|line| line.at_ms == at_ms).count() as u64;
        let skip = if at_ms == from.at_ms { from.skip + here } else { here };
        format!("{at_ms}.{skip}")
    });
    let items = lines.into_iter().map(told).collect::<Result<Vec<_>, Fault>>()?;
    Ok(Page { items, next })
}

/// Somebody with Full Control of a record who reads what happened to it.
struct Reader<'a> {
    view: &'a View<'a>,
    viewer: Viewer,
    me: Option<&'a UserName>,
    row: &'a RecordRow,
}

impl Reader<'_> {
    /// Whether the reader may know that `user` has the record at `level`: that is explained to him or her anyway
    /// ([`super::access::explain`]), where nobody learns who is in a group.
    fn knows(&self, user: &UserName, level: Level) -> Result<bool, Fault> {
        if self.me == Some(user) {
            return Ok(true);
        }
        let Some(found) = users::find(self.view, user)?.filter(|user| !user.disabled) else { return Ok(false) };
        let mut decision = rights::access_of(self.view, &Viewer::User(found.person()), self.row)?;
        hide_members(self.view, &self.viewer, &mut decision)?;
        Ok(decision.level >= Some(level))
    }

    /// What the reader is told of a line.
    fn told(&self, line: AuditLine) -> Result<Event, Fault> {
        // Who did it knows of it what he or she did.
        let mine = self.me.is_some_and(|me| line.actor == Actor::User(me.clone()).to_string());
        let marks = line.verb == "record.edit" && line.detail.contains("private ");
        let needed = OF_RECORDS.iter().find(|(verb, _)| *verb == line.verb && !marks).map_or(Level::FullControl, |(_, level)| *level);
        let mut known = true;
        for user in users_in(&line.actor) {
            known &= self.knows(&user, needed)?;
        }
        let detail = match line.verb.as_str() {
            "record.edit" => line.detail.clone(),
            "record.grant" | "record.revoke" => self.share(&line.detail, mine)?,
            GRANTED => self.share(line.detail.split_once(", ").map_or("", |(_, share)| share), mine)?,
            "record.owner" => self.transfer(&line.detail, mine)?,
            // Whom a record was assigned to, and whom mail reaches, is told by who has it now.
            _ => String::new(),
        };
        let actor = if known { line.actor.clone() } else { SOMEBODY.to_owned() };
        Ok(Event { actor, detail, ..as_written(line) })
    }

    /// The user's name, if the reader may know it.
    fn name(&self, user: &str, mine: bool) -> Result<String, Fault> {
        let known = mine || UserName::new(user).ok().map_or(Ok(false), |user| self.knows(&user, Level::Read))?;
        Ok(if known { user.to_owned() } else { "a user".to_owned() })
    }

    /// `user ann: read`, `group 7: read` or `whole office: read`. Names of groups are known to the whole office, and who is in them is not.
    fn share(&self, detail: &str, mine: bool) -> Result<String, Fault> {
        let Some((whose, level)) = detail.rsplit_once(": ") else { return Ok(String::new()) };
        let whose = if let Some(user) = whose.strip_prefix("user ") {
            self.name(user, mine)?
        } else if let Some(id) = whose.strip_prefix("group ") {
            let group = groups::list(self.view)?.into_iter().find(|group| group.id.to_string() == id);
            group.map_or("a group that is no more".to_owned(), |group| format!("group {}", group.name))
        } else {
            whose.to_owned()
        };
        Ok(format!("{whose}: {level}"))
    }

    /// `bob instead of ann, copies 2`, without the copies.
    fn transfer(&self, detail: &str, mine: bool) -> Result<String, Fault> {
        let users = detail.split(", ").next().and_then(|users| users.split_once(" instead of "));
        let Some((owner, before)) = users else { return Ok(String::new()) };
        Ok(format!("{} instead of {}", self.name(owner, mine)?, self.name(before, mine)?))
    }
}
