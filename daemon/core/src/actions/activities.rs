//! Activities of a specialist on the contacts that other offices share with him or her: who may note them, and what the audit says.
//! What they say stands in the file of the link alone, which who serves the request writes: here it passes through.

use interoffice_protocol::ids::{LinkId, RecordId};
use serde::{Deserialize, Serialize};

use super::copies::{Readable, may_read};
use super::{records, rights};
use crate::domain::activity::{Activity, Kind, NewActivity};
use crate::domain::actor::Actor;
use crate::domain::page::{self, LIMIT_DEFAULT, cut, no_place, place, read_place};
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::store::received::Kept;
use crate::store::{Fault, Tx, View, audit};

/// An activity as its specialist sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Activity)]
pub struct ActivityView {
    /// Its id, in lower-case base32.
    pub id: String,
    /// What sort it is.
    pub kind: Kind,
    /// When it was or will be (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// What it was about: one line.
    pub subject: String,
    /// More about it; may be empty.
    pub text: String,
    /// When it was noted (milliseconds since 1970, UTC).
    pub added_ms: i64,
}

/// That an activity is kept. What it says is not repeated: an answer may be kept outside the file of its link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Noted {
    /// The activity.
    pub id: String,
    /// When it was noted (milliseconds since 1970, UTC).
    pub added_ms: i64,
}

impl Noted {
    /// That this one is kept.
    pub fn of(activity: &Activity) -> Self {
        Self { id: written(activity.id), added_ms: activity.added_ms }
    }
}

/// Activities of one copy, the latest first.
pub type ActivityPage = page::Page<ActivityView>;

/// Which part of the list is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityQuery {
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Activities of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// A query that was understood.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Time and id of the activity behind which the page begins.
    pub after: Option<(i64, [u8; 16])>,
    limit: usize,
}

impl ActivityQuery {
    /// Which part it asks for.
    ///
    /// # Errors
    /// A refusal of a limit out of bounds, or of what is no place in this list.
    pub fn part(&self) -> Result<Part, Refusal> {
        let limit = page::limit(self.limit, LIMIT_DEFAULT, "activities")?;
        let read = |text: &String| {
            let behind = read_place(text)?;
            let (at_ms, id) = behind.split_once(' ').ok_or_else(|| no_place("a list"))?;
            Ok((at_ms.parse().map_err(|_| no_place("a list"))?, read_id(id).ok_or_else(|| no_place("a list"))?))
        };
        Ok(Part { after: self.after.as_ref().map(read).transpose()?, limit })
    }
}

impl Part {
    /// How many activities are to be found for it: one more than fits tells that another page follows.
    pub fn wanted(&self) -> usize {
        self.limit + 1
    }

    /// The page of what was found.
    pub fn page(&self, mut found: Vec<Activity>) -> ActivityPage {
        let next = cut(&mut found, self.limit).map(|last| place(&format!("{} {}", last.at_ms, written(last.id))));
        ActivityPage { items: found.into_iter().map(ActivityView::from).collect(), next }
    }
}

impl From<Activity> for ActivityView {
    fn from(activity: Activity) -> Self {
        let Activity { id, record: _, kind, at_ms, subject, text, added_ms } = activity;
        Self { id: written(id), kind, at_ms, subject, text, added_ms }
    }
}

/// The id of an activity as the API writes it.
pub fn written(id: [u8; 16]) -> String {
    RecordId(id).to_string()
}

fn read_id(text: &str) -> Option<[u8; 16]> {
    text.parse().ok().map(|RecordId(id)| id)
}

/// The id of an activity that stands in a path.
pub fn id(text: &str) -> Result<[u8; 16], Refusal> {
    read_id(text.trim()).ok_or_else(unknown)
}

/// The refusal of an activity that is not there.
pub fn unknown() -> Refusal {
    Refusal::not_found("unknown-activity", "there is no such activity", "see yours: interoffice record activity list RECORD")
}

/// The link, if it is its reader in person who asks: nobody else reads what he or she noted.
pub fn reader(view: &View<'_>, actor: &Actor, link: LinkId) -> Result<Readable, Fault> {
    rights::require_in_person(actor, &rights::require_user(view, actor)?)?;
    may_read(view, actor, link)
}

/// The activity that its specialist may note, and the line of the audit, which says nothing of what it says. The line is durable before the
/// activity is: none is without a line.
pub fn add(tx: &Tx<'_>, actor: &Actor, link: LinkId, record: RecordId, new: &NewActivity) -> Result<Activity, Fault> {
    tx.attempt(actor, "activity.add", record.to_string());
    reader(tx, actor, link)?;
    rights::require(tx, actor, Permission::Edit)?;
    let activity = new.noted(tx.moment.uuid_v7(), record, tx.now_ms)?;
    audit::done(tx, actor, "activity.add", &record.to_string(), &format!("{} on a copy of link {link}", activity.kind.as_str()))?;
    Ok(activity)
}

/// Refuses what the file does not take; `None` when it may not be read any more.
pub fn room(record: RecordId, kept: Option<Kept>) -> Result<(), Refusal> {
    match kept {
        Some(Kept::Yes) => Ok(()),
        Some(Kept::NoCopy) | None => Err(records::unknown(record)),
        Some(Kept::Full) => {
            let message = "a contact has at most 1,000 activities";
            Err(Refusal::conflict("too-many-activities", message, "take some away that nobody needs"))
        }
    }
}

/// That the specialist may take an activity away, and the line of the audit.
pub fn remove(tx: &Tx<'_>, actor: &Actor, link: LinkId, record: RecordId) -> Result<(), Fault> {
    tx.attempt(actor, "activity.remove", record.to_string());
    reader(tx, actor, link)?;
    rights::require(tx, actor, Permission::Edit)?;
    Ok(audit::done(tx, actor, "activity.remove", &record.to_string(), &format!("on a copy of link {link}"))?)
}

/// The refusal of an activity that is to stand with a record of the office's own.
pub fn own_record() -> Refusal {
    let message = "activities are noted on contacts that another office shares, and this record is of your own office";
    Refusal::conflict("own-record", message, "write it into the record: a note, or a related item")
}
