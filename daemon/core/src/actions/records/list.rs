//! Lists of the office's own records, page by page, and their numbers.

use data_encoding::BASE64URL_NOPAD;
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::RecordKind;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::super::{rights, users as user_verbs};
use super::view::RecordSummary;
use crate::domain::access::Sight;
use crate::domain::actor::Actor;
use crate::domain::page::{LIMIT_DEFAULT, cut, limit, no_place};
use crate::domain::refusal::Refusal;
use crate::domain::search;
use crate::store::records::{self, Filter, KindCounts, RecordRow};
use crate::store::{Fault, View, users};

/// The row of a user who is not there.
const NOBODY: i64 = 0;

/// Which records to list; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Words that all have to be found in name, e-mail addresses and telephone numbers.
    pub text: Option<String>,
    /// `contact`, `business` or `household`.
    pub kind: Option<String>,
    /// Only records of this user.
    pub owner: Option<String>,
    /// Only records of the acting user.
    pub mine: bool,
    /// Only records for which this user is responsible: owns them, and they are assigned.
    pub responsible: Option<String>,
    /// Only records for which nobody is responsible: no user is assigned.
    pub no_responsible: bool,
    /// Records out of use instead of those in use.
    pub archived: bool,
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Records of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnRecordPage)]
pub struct Page {
    /// The records by name.
    pub records: Vec<RecordSummary>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A query whose words were checked.
pub(super) struct Asked {
    pub(super) sight: Sight,
    pub(super) words: Vec<String>,
    pub(super) kind: Option<RecordKind>,
    owner: Option<i64>,
    assigned: Option<bool>,
    archived: bool,
    pub(super) after: Option<(String, RecordId)>,
    pub(super) limit: usize,
}

impl Asked {
    pub(super) fn of(view: &View<'_>, actor: &Actor, query: &Query) -> Result<Self, Fault> {
        let kind = match query.kind.as_deref() {
            Some(text) => Some(
                RecordKind::parse(text)
                    .ok_or_else(|| Refusal::invalid("bad-kind", "there is no such kind of record", "use contact, business or household"))?,
            ),
            None => None,
        };
        let mut owner = row_of(view, query.owner.as_deref())?;
        let assigned = query.responsible.as_ref().map(|_| true).or(query.no_responsible.then_some(false));
        if let Some(responsible) = row_of(view, query.responsible.as_deref())? {
            let both = owner.is_none_or(|owner| owner == responsible) && !query.no_responsible;
            owner = Some(if both { responsible } else { NOBODY });
        }
        let mut sight = rights::sight(view, actor)?;
        if query.mine {
            let me = rights::require_user(view, actor)?.id;
            // Somebody else's records are never mine: an owner beside `mine` leaves nothing.
            owner = Some(if owner.is_none_or(|owner| owner == me) { me } else { NOBODY });
        }
        if owner.is_some() && owner == sight.person {
            sight.everything = true;
        }
        let limit = limit(query.limit, LIMIT_DEFAULT, "records")?;
        let text = query.text.as_deref().unwrap_or_default();
        search::check(text)?;
        let words = search::words(text);
        sight.everything |= planted(Bug::SearchSkipsAuthorize) && !words.is_empty();
        let after = query.after.as_deref().map(read_place).transpose()?;
        Ok(Self { sight, words, kind, owner, assigned, archived: query.archived, after, limit })
    }

    fn filter(&self) -> Filter<'_> {
        let Self { sight, ref words, kind, owner, assigned, archived, .. } = *self;
        Filter { sight, words, kind, owner, assigned, archived }
    }
}

/// The row of a user who is named in a query.
fn row_of(view: &View<'_>, name: Option<&str>) -> Result<Option<i64>, Fault> {
    let Some(text) = name else { return Ok(None) };
    let name = UserName::new(text).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    Ok(Some(user_verbs::find(view, &name)?.id))
}

/// The rows of one page, and where the next one begins.
pub(super) fn rows(view: &View<'_>, actor: &Actor, query: &Query) -> Result<(Vec<RecordRow>, Option<String>), Fault> {
    let asked = Asked::of(view, actor, query)?;
    let after = asked.after.as_ref().map(|(name, record)| (name.as_str(), *record));
    // One more than asked for tells whether another page follows.
    let mut rows = records::page(view, &asked.filter(), after, asked.limit + 1)?;
    let next = cut(&mut rows, asked.limit).map(|last| place(&last.name, &last.record));
    Ok((rows, next))
}

/// One page of the office's own records that the actor may see.
pub fn list(view: &View<'_>, actor: &Actor, query: &Query) -> Result<Page, Fault> {
    let (rows, next) = rows(view, actor, query)?;
    let records = rows.iter().map(|row| RecordSummary::of(view, actor, row));
    Ok(Page { records: records.collect::<Result<_, _>>()?, next })
}

/// How many records the whole list has.
pub fn count(view: &View<'_>, actor: &Actor, query: &Query) -> Result<KindCounts, Fault> {
    let mut asked = Asked::of(view, actor, query)?;
    asked.sight.everything |= planted(Bug::CountLeaks);
    Ok(records::count(view, &asked.filter())?)
}

/// A place in a list that is ordered by name and then by id.
pub fn place(name: &str, record: &RecordId) -> String {
    let mut bytes = record.0.to_vec();
    bytes.extend_from_slice(name.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads what [`place`] wrote.
pub fn read_place(text: &str) -> Result<(String, RecordId), Refusal> {
    let read = || {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (record, name) = bytes.split_at_checked(RecordId::LEN)?;
        Some((String::from_utf8(name.to_vec()).ok()?, RecordId::from_slice(record)?))
    };
    read().ok_or_else(|| no_place("a list"))
}

/// The records of one user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct OwnerCounts {
    /// The user.
    pub user: String,
    /// Records in use.
    pub records: KindCounts,
}

/// The office's own records in numbers: all of them for administrators, and for others those that they see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Counts {
    /// Records in use: of the whole office for administrators; for others as many as their lists show.
    pub total: KindCounts,
    /// Records out of use, of the same.
    pub archived: u64,
    /// Private records among those in use, of the same.
    pub private: u64,
    /// Contacts that no user is assigned to, which every user sees.
    pub unassigned_contacts: u64,
    /// Each user who owns some, by name; who is no administrator finds nobody else here.
    pub by_user: Vec<OwnerCounts>,
}

/// Counts the office's own records: numbers only. They tell nobody but administrators of a record that is hidden.
pub fn counts(view: &View<'_>, actor: &Actor) -> Result<Counts, Fault> {
    rights::require_member(view, actor)?;
    if !rights::administers(view, actor)? {
        return counts_seen(view, actor);
    }
    let by_owner = records::count_by_owner(view)?;
    let marks = records::count_marks(view)?;
    let mut total = KindCounts::default();
    for (_, counts) in &by_owner {
        for (kind, number) in RecordKind::ALL.into_iter().zip([counts.contacts, counts.businesses, counts.households]) {
            total.add(kind, number);
        }
    }
    let of = |id: i64| by_owner.iter().find(|(owner, _)| *owner == id).map(|(_, counts)| *counts);
    let by_user =
        users::list(view)?.into_iter().filter_map(|user| Some(OwnerCounts { records: of(user.id)?, user: user.name.to_string() }));
    Ok(Counts {
        total,
        archived: marks.archived,
        private: marks.private,
        unassigned_contacts: marks.unassigned_contacts,
        by_user: by_user.collect(),
    })
}

/// Counts what a user sees who does not administer.
fn counts_seen(view: &View<'_>, actor: &Actor) -> Result<Counts, Fault> {
    let me = rights::require_user(view, actor)?;
    let own = records::count_of(view, me.id)?;
    Ok(Counts {
        total: count(view, actor, &Query::default())?,
        archived: count(view, actor, &Query { archived: true, ..Query::default() })?.total(),
        private: records::count_private(view, &rights::sight(view, actor)?)?,
        unassigned_contacts: records::count_marks(view)?.unassigned_contacts,
        by_user: (own.total() > 0).then(|| OwnerCounts { user: me.name.to_string(), records: own }).into_iter().collect(),
    })
}
