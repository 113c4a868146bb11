//! Reading the audit, writing it out as a file, and what goes into it when records are only looked at.

use std::borrow::Cow;

use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::limits::COUNTER_MAX;
use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::page::{LIMIT_MAX, cut, limit, no_place};
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::domain::sheet;
use crate::store::audit::{self, AuditLine, Filter, Outcome};
use crate::store::{Fault, StoreFault, Tx, View, office};

/// Lines of one page when the query does not say.
pub const LINES_DEFAULT: usize = 100;
/// The period that is shown when the query does not say: seven days (milliseconds).
pub const PERIOD_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Longest path of a request that is written down (bytes).
const PATH_MAX: usize = 200;
/// Longest verb or code that is looked for (characters).
const WORD_CHARS_MAX: usize = 100;

/// The lines after number `after`, oldest first, at most `limit` and at most [`LIMIT_MAX`]; for administrators.
pub fn since(view: &View<'_>, actor: &Actor, after: u64, limit: usize) -> Result<Vec<AuditLine>, Fault> {
    rights::require_admin(view, actor)?;
    Ok(audit::since(view, after.min(COUNTER_MAX), limit.min(LIMIT_MAX))?)
}

/// Which lines are asked for; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// A verb such as `link.accept`, or the beginning of verbs up to a dot such as `link`.
    pub verb: Option<String>,
    /// The user who acted, for whom somebody acted, or who acted for another.
    pub user: Option<String>,
    /// The user whom it was about.
    pub about: Option<String>,
    /// The record that it was about: its id.
    pub record: Option<String>,
    /// The link that it was about: its id.
    pub link: Option<String>,
    /// Not before (milliseconds since 1970, UTC); seven days before the end when not given.
    pub from_ms: Option<i64>,
    /// Not after (milliseconds since 1970, UTC); now when not given.
    pub to_ms: Option<i64>,
    /// `done`, `refused`, or the code of a refusal.
    pub outcome: Option<String>,
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Lines of the page, 1 to 1,000; 100 when not given.
    pub limit: Option<usize>,
}

/// One page of the audit, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub struct Page {
    /// The lines.
    pub items: Vec<AuditLine>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Where the period begins (milliseconds since 1970, UTC).
    pub from_ms: i64,
    /// Where the period ends (milliseconds since 1970, UTC).
    pub to_ms: i64,
}

fn user_name(text: &str) -> Result<UserName, Refusal> {
    UserName::new(text).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))
}

fn word<'t>(what: &str, text: &'t str) -> Result<&'t str, Refusal> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    if (1..=WORD_CHARS_MAX).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text);
    }
    Err(Refusal::invalid("bad-audit-query", format!("this is no {what}"), "see how the audit writes it: interoffice audit"))
}

/// The place of a line in the order of the audit.
fn place(line: &AuditLine) -> String {
    format!("{}.{}", line.at_ms, line.id)
}

fn read_place(text: &str) -> Result<(i64, u64), Refusal> {
    let read = || {
        let (at_ms, id) = text.split_once('.')?;
        Some((at_ms.parse().ok()?, id.parse().ok().filter(|id| *id <= COUNTER_MAX)?))
    };
    read().ok_or_else(|| no_place("the audit"))
}

/// What a query asks of the store.
fn filter(query: &Query, now_ms: i64) -> Result<Filter, Refusal> {
    let to_ms = query.to_ms.unwrap_or(now_ms);
    let from_ms = query.from_ms.unwrap_or_else(|| to_ms.saturating_sub(PERIOD_MS));
    if from_ms > to_ms {
        return Err(Refusal::invalid("bad-period", "the period ends before it begins", "give the earlier time first"));
    }
    let mut objects = Vec::new();
    if let Some(user) = &query.about {
        objects.push(user_name(user)?.to_string());
    }
    if let Some(record) = &query.record {
        let bad = |_| Refusal::invalid("bad-record-id", "this is no record id", "copy the id as the program printed it");
        objects.push(record.parse::<RecordId>().map_err(bad)?.to_string());
    }
    if let Some(link) = &query.link {
        let bad = |_| Refusal::invalid("bad-link-id", "this is no link id", "copy the id as the program printed it");
        objects.push(link.parse::<LinkId>().map_err(bad)?.to_string());
    }
    Ok(Filter {
        verb: query.verb.as_deref().map(|verb| word("verb", verb).map(str::to_owned)).transpose()?,
        user: query.user.as_deref().map(user_name).transpose()?,
        objects,
        from_ms,
        to_ms,
        outcome: match query.outcome.as_deref() {
            None => None,
            Some("done") => Some(Outcome::Done),
            Some("refused") => Some(Outcome::Refused),
            Some(code) => Some(Outcome::Code(word("outcome", code)?.to_owned())),
        },
        before: query.after.as_deref().map(read_place).transpose()?,
    })
}

/// Writes down that `actor` was refused something at the API that reaches no verb: a look, or what a token may not do. `path` is what was
/// asked for.
pub fn note_denial(tx: &Tx<'_>, actor: &Actor, path: &str, code: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    let object = if path.len() <= PATH_MAX && path.chars().all(plain) { path } else { "a path that is none" };
    Ok(audit::denied(tx, actor, "api", object, code, "")?)
}

/// One page of the lines that are asked for, newest first; for administrators.
pub fn list(view: &View<'_>, actor: &Actor, query: &Query) -> Result<Page, Fault> {
    rights::require_admin(view, actor)?;
    let limit = limit(query.limit, LINES_DEFAULT, "lines")?;
    let filter = filter(query, view.now_ms)?;
    // One more than asked for tells whether another page follows.
    let mut items = audit::page(view, &filter, limit + 1)?;
    let next = cut(&mut items, limit).map(place);
    Ok(Page { items, next, from_ms: filter.from_ms, to_ms: filter.to_ms })
}

/// The form of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Comma-separated values whose cells are never formulas.
    Csv,
    /// One array of JSON objects.
    Json,
}

impl Form {
    /// The form with this name.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(Refusal::invalid("bad-format", "there is no such form", "use csv or json")),
        }
    }

    /// The form's name, which files of it end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Begins to write lines out as a file, which is a deed of its own; gives the query with its period settled, for the parts.
pub fn begin_export(tx: &Tx<'_>, actor: &Actor, query: &Query, form: Form) -> Result<Query, Fault> {
    tx.attempt(actor, "audit.export", "audit");
    rights::require_admin(tx, actor)?;
    let filter = filter(query, tx.now_ms)?;
    let mut detail = format!("{}, {} to {}", form.as_str(), time(filter.from_ms), time(filter.to_ms));
    let chosen = [("verb", &query.verb), ("user", &query.user), ("about", &query.about), ("record", &query.record)];
    for (what, text) in chosen.into_iter().chain([("outcome", &query.outcome)]) {
        detail.extend(text.iter().map(|text| format!(", {what} {text}")));
    }
    audit::done(tx, actor, "audit.export", "audit", &detail)?;
    Ok(Query { from_ms: Some(filter.from_ms), to_ms: Some(filter.to_ms), ..query.clone() })
}

/// A part of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What is to be written behind the part before.
    pub bytes: Vec<u8>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// The part of a file that a page of lines is; all of them behind each other are the file.
pub fn export(view: &View<'_>, actor: &Actor, query: &Query, form: Form) -> Result<Part, Fault> {
    let page = list(view, actor, query)?;
    let (first, last) = (query.after.is_none(), page.next.is_none());
    let bytes = match form {
        Form::Csv => csv(&page.items, first),
        Form::Json => json(&page.items, first, last)?,
    };
    Ok(Part { bytes, next: page.next })
}

fn csv(lines: &[AuditLine], first: bool) -> Vec<u8> {
    const HEAD: [&str; 7] = ["number", "time", "actor", "verb", "object", "outcome", "detail"];
    let head = first.then(|| HEAD.map(Cow::Borrowed));
    let rows = lines.iter().map(|line| {
        let AuditLine { id, at_ms, actor, verb, object, outcome, detail } = line;
        [id.to_string().into(), time(*at_ms).into(), actor.into(), verb.into(), object.into(), outcome.into(), detail.into()]
    });
    sheet::rows(head.into_iter().chain(rows))
}

fn json(lines: &[AuditLine], first: bool, last: bool) -> Result<Vec<u8>, StoreFault> {
    let mut bytes = if first { b"[\n".to_vec() } else { Vec::new() };
    for (number, line) in lines.iter().enumerate() {
        if number > 0 || !first {
            bytes.extend_from_slice(b",\n");
        }
        serde_json::to_writer(&mut bytes, line).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
    }
    if last {
        bytes.extend_from_slice(b"\n]\n");
    }
    Ok(bytes)
}

/// A time as files have it (ISO 8601, UTC).
fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |time| time.to_string())
}

/// What somebody gets to see of records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sighting {
    /// One record whole, a copy with the link that brought it.
    View(RecordId, Option<LinkId>),
    /// Records that were named, in an export.
    Named(Vec<RecordId>),
    /// So many of the office's own records, in an export of a list.
    Own(usize),
    /// So many copies that a link brought, in an export of a list.
    Copies(LinkId, usize),
}

/// Whether the office wants to have it written down that somebody is shown something like `sighting`.
pub fn logs(view: &View<'_>, sighting: &Sighting) -> Result<bool, Fault> {
    let habits = office::habits(view)?;
    Ok(match sighting {
        Sighting::View(..) => habits.log_views,
        Sighting::Named(records) => habits.log_downloads && !records.is_empty(),
        Sighting::Own(number) | Sighting::Copies(_, number) => habits.log_downloads && *number > 0,
    })
}

/// Writes down what somebody is about to be shown. Who shows it calls this first: without the line there is no answer.
pub fn sighted(tx: &Tx<'_>, actor: &Actor, sighting: &Sighting) -> Result<(), Fault> {
    rights::require_member(tx, actor)?;
    match sighting {
        Sighting::View(record, link) => {
            let detail = link.map(|link| format!("a copy of link {link}")).unwrap_or_default();
            audit::done(tx, actor, "record.view", &record.to_string(), &detail)?;
        }
        Sighting::Named(records) => {
            for record in records {
                audit::done(tx, actor, "record.export", &record.to_string(), "")?;
            }
        }
        Sighting::Own(number) => audit::done(tx, actor, "record.export", "records", &counted(*number as u64, "record", "records"))?,
        Sighting::Copies(link, number) => {
            audit::done(tx, actor, "record.export", &link.to_string(), &counted(*number as u64, "copy", "copies"))?;
        }
    }
    Ok(())
}
