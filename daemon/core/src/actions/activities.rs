//! Activities of a specialist on the contacts that other offices share with him or her: who may note them, and what the audit says.
//! What they say stands in the file of the link alone, which who serves the request writes: here it passes through.

use std::cmp::Reverse;

use interoffice_protocol::ids::{LinkId, RecordId};
use serde::{Deserialize, Serialize};

use super::copies::{self, Readable, may_read};
use super::{records, rights};
use crate::domain::activity::{Activity, ActivityId, Kind, NewActivity, PER_COPY_MAX};
use crate::domain::actor::Actor;
use crate::domain::page::{self, LIMIT_DEFAULT, LIMIT_MAX, cut, no_place, place, read_place};
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::store::received::{Behind, Kept};
use crate::store::{Fault, Tx, View, audit};

const _: () = assert!(PER_COPY_MAX <= LIMIT_MAX as u64, "one page can show all activities of a copy");

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
#[schema(as = ActivityNoted)]
pub struct Noted {
    /// The activity.
    pub id: String,
    /// When it was noted (milliseconds since 1970, UTC).
    pub added_ms: i64,
}

impl Noted {
    /// That this one is kept.
    pub fn of(activity: &Activity) -> Self {
        Self { id: activity.id.to_string(), added_ms: activity.added_ms }
    }
}

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
    pub after: Behind,
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
            Ok((at_ms.parse().map_err(|_| no_place("a list"))?, ActivityId::parse(id).ok_or_else(|| no_place("a list"))?))
        };
        Ok(Part { after: self.after.as_ref().map(read).transpose()?, limit })
    }
}

impl Part {
    /// How many activities are to be found for it: one more than fits tells that another page follows.
    pub fn wanted(&self) -> usize {
        self.limit + 1
    }

    /// The page of what was found, in the files of one link or of several that brought the record.
    pub fn page(&self, found: impl IntoIterator<Item = Vec<Activity>>) -> page::Page<ActivityView> {
        let mut found: Vec<Activity> = found.into_iter().flatten().collect();
        found.sort_by_key(|activity| Reverse((activity.at_ms, activity.id)));
        let next = cut(&mut found, self.limit).map(|last| place(&format!("{} {}", last.at_ms, last.id)));
        page::Page { items: found.into_iter().map(ActivityView::from).collect(), next }
    }
}

impl From<Activity> for ActivityView {
    fn from(activity: Activity) -> Self {
        let Activity { id, record: _, kind, at_ms, subject, text, added_ms } = activity;
        Self { id: id.to_string(), kind, at_ms, subject, text, added_ms }
    }
}

/// The id of an activity that stands in a path.
pub fn id(text: &str) -> Result<ActivityId, Refusal> {
    ActivityId::parse(text).ok_or_else(unknown)
}

/// The refusal of an activity that is not there.
pub fn unknown() -> Refusal {
    Refusal::not_found("unknown-activity", "there is no such activity", "see yours: interoffice record activity list RECORD")
}

/// The links whose copies `actor` may read as their reader: nobody else is shown what he or she noted.
pub fn readers(view: &View<'_>, actor: &Actor) -> Result<Vec<Readable>, Fault> {
    rights::require_in_person(actor, &rights::require_user(view, actor)?)?;
    Ok(copies::readable(view, actor)?.0)
}

/// May `actor` change what is noted on the copies of `link`: its reader, whose role lets him or her edit.
fn may_note(view: &View<'_>, actor: &Actor, link: LinkId) -> Result<(), Fault> {
    rights::require_in_person(actor, &rights::require_user(view, actor)?)?;
    may_read(view, actor, link)?;
    rights::require(view, actor, Permission::Edit)
}

/// The activity that its specialist may note, and the line of the audit, which says nothing of what it says. The line is durable before the
/// activity is: none is without a line.
pub fn add(tx: &Tx<'_>, actor: &Actor, link: LinkId, record: RecordId, new: &NewActivity) -> Result<Activity, Fault> {
    tx.attempt(actor, "activity.add", record.to_string());
    may_note(tx, actor, link)?;
    let activity = new.noted(ActivityId(tx.moment.uuid_v7()), record, tx.now_ms)?;
    audit::done(tx, actor, "activity.add", &record.to_string(), &format!("{} on a copy of link {link}", activity.kind.as_str()))?;
    Ok(activity)
}

/// Refuses what the file does not take.
pub fn room(record: RecordId, kept: Kept) -> Result<(), Refusal> {
    let full = |message| Err(Refusal::conflict("too-many-activities", message, "take some away that nobody needs"));
    match kept {
        Kept::Yes => Ok(()),
        Kept::NoCopy => Err(records::unknown(record)),
        Kept::CopyFull => full("a contact has at most 200 activities"),
        Kept::LinkFull => full("the contacts of one link have at most 20,000 activities"),
    }
}

/// Says behind the line of a deed that the file did not do it after all.
pub fn in_vain(tx: &Tx<'_>, actor: &Actor, verb: &'static str, record: RecordId) -> Result<(), Fault> {
    Ok(audit::denied(tx, actor, verb, &record.to_string(), "not-kept", "what the line before says was not done")?)
}

/// That the specialist may take an activity away, and the line of the audit.
pub fn remove(tx: &Tx<'_>, actor: &Actor, link: LinkId, record: RecordId) -> Result<(), Fault> {
    tx.attempt(actor, "activity.remove", record.to_string());
    may_note(tx, actor, link)?;
    Ok(audit::done(tx, actor, "activity.remove", &record.to_string(), &format!("on a copy of link {link}"))?)
}

/// The refusal of an activity that is to stand with a record of the office's own.
pub fn own_record() -> Refusal {
    let message = "activities are noted on contacts that another office shares, and this record is of your own office";
    Refusal::conflict("own-record", message, "write it into the record: a note, or a related item")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_47_what_was_noted_on_the_copies_of_several_links_is_one_list() {
        let noted = |id: u8, at_ms| Activity {
            id: ActivityId([id; 16]),
            record: RecordId([1; 16]),
            kind: Kind::Note,
            at_ms,
            subject: id.to_string(),
            text: String::new(),
            added_ms: 0,
        };
        let query = |after| ActivityQuery { after, limit: Some(3) }.part().unwrap();
        let first = query(None);
        assert_eq!((first.after, first.wanted()), (None, 4));
        let page = first.page([vec![noted(4, 9), noted(1, 7)], vec![noted(2, 7), noted(3, 5)]]);
        let said = |page: &page::Page<ActivityView>| page.items.iter().map(|activity| activity.subject.clone()).collect::<Vec<_>>();
        assert_eq!(said(&page), ["4", "2", "1"]);
        let rest = query(page.next);
        assert_eq!(rest.after, Some((7, ActivityId([1; 16]))));
        let last = rest.page([vec![noted(3, 5)]]);
        assert_eq!((said(&last), last.next), (vec!["3".to_owned()], None));
        for bad in ["", "?", "PjcgYWE"] {
            let asked = ActivityQuery { after: Some(bad.to_owned()), limit: None };
            assert_eq!(asked.part().map(drop).map_err(|refusal| refusal.code), Err("bad-place"), "{bad}");
        }
    }
}
