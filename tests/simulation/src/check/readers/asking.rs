//! What somebody without access learns of the office's records, and who sees requests for access (INV-58).

use std::collections::{BTreeMap, BTreeSet};

use interoffice_core::actions::records::{self, Query};
use interoffice_core::actions::requests::{self, LockedShares, RequestQuery, WhoHasAccess, WholeShares};
use interoffice_oracle::event::{Place, Record, With};
use interoffice_oracle::local::Own;
use interoffice_oracle::{Token, Viewer};
use interoffice_protocol::ids::RecordId;

use super::{Eyes, Looked, given};
use crate::inside::level_name;
use crate::sometimes;

/// Records of which each viewer asks at one time who has them.
const AT_ONCE: usize = 1;

pub(super) fn look(eyes: &Eyes<'_>) -> Looked {
    let count = eyes.local.records.len();
    let first = (eyes.turn * AT_ONCE + eyes.number) % count.max(1);
    for record in eyes.local.records.keys().cycle().skip(first).take(AT_ONCE.min(count)) {
        if let Err(violation) = who_has(eyes, record)? {
            return Ok(Err(violation));
        }
    }
    if eyes.has_turn_at(1, 3)
        && let Err(violation) = names(eyes)?
    {
        return Ok(Err(violation));
    }
    if eyes.has_turn_at(2, 3) { listed(eyes) } else { Ok(Ok(())) }
}

/// The words in a record's name.
fn name_of(own: &Own) -> BTreeSet<Token> {
    own.tokens.iter().filter(|placed| placed.place == Place::Field(0)).map(|placed| placed.token).collect()
}

/// Who has a record: everything for who sees it, names for who may ask, nothing for others.
pub(super) fn who_has(eyes: &Eyes<'_>, record: &Record) -> Looked {
    let told = given(requests::who_has_access(eyes.view, &eyes.actor, RecordId(*record)))?;
    let Some(own) = eyes.local.records.get(record) else { return Ok(Ok(())) };
    let sees = eyes.viewer.is_some_and(|viewer| eyes.local.level_of(viewer, record).is_some());
    let knows = eyes.viewer.is_some_and(|viewer| eyes.local.knows_by_name(viewer, record));
    let wrong = |what: String| Ok(Err(eyes.wrong("INV-58", "stale-right", &format!("of record {} {what}", RecordId(*record)))));
    match told {
        None if !sees && !knows => Ok(Ok(())),
        Some(WhoHasAccess::Whole(whole)) if sees => Ok(if whole_is(&whole, own) {
            Ok(())
        } else {
            Err(eyes.wrong("INV-29", "lost-ack", &format!("shares are {:?} and must be {:?}", whole.shares, own.shares)))
        }),
        Some(WhoHasAccess::Locked(locked)) if knows => {
            if let Some(what) = locked_is_not(eyes, &locked, own) {
                return wrong(what);
            }
            sometimes!("a name without access was looked at");
            if own.shares.keys().any(|with| matches!(with, With::User(user) if eyes.local.inside.is_in_a_group(user))) {
                sometimes!("somebody in a group has a record that another may ask for");
            }
            Ok(eyes.only(&name_of(own), &locked, "who has a locked record"))
        }
        told => wrong(format!("it is told {told:?}, sees {sees}, knows the name {knows}")),
    }
}

/// Whether all that is told of a record's shares is what it is shared with.
fn whole_is(whole: &WholeShares, own: &Own) -> bool {
    let users = whole.shares.users.iter().map(|share| (With::User(share.user.clone()), share.level));
    let groups = whole.shares.groups.iter().map(|share| (With::Group(share.group.clone()), share.level));
    let everybody = (whole.shares.whole_office != "none").then_some((With::Everybody, whole.shares.whole_office));
    let is: BTreeMap<With, &str> = users.chain(groups).chain(everybody).collect();
    let must: BTreeMap<With, &str> = own.shares.iter().map(|(with, level)| (with.clone(), level_name(Some(*level)))).collect();
    is == must && whole.shares.owner == own.owner
}

/// What is wrong with what is told of a locked record: names of groups, and of individuals who are in none, and no more.
fn locked_is_not(eyes: &Eyes<'_>, locked: &LockedShares, own: &Own) -> Option<String> {
    let users: BTreeSet<String> = locked.users.iter().map(|user| user.user.clone()).collect();
    let groups: BTreeSet<String> = locked.groups.iter().map(|group| group.group.clone()).collect();
    let must = (eyes.local.individuals(own), eyes.local.groups_of(own));
    let in_order = locked.users.is_sorted() && locked.users.len() == users.len();
    let right = (&users, &groups) == (&must.0, &must.1) && in_order && locked.access == "none";
    (!right).then(|| format!("{users:?} and {groups:?} are named, and must be {must:?}"))
}

/// The names of locked records: exactly those that the viewer may ask for.
fn names(eyes: &Eyes<'_>) -> Looked {
    let query = Query { limit: Some(1_000), ..Query::default() };
    let page = given(records::list_locked(eyes.view, &eyes.actor, &query))?;
    let rows = page.map(|page| page.records).unwrap_or_default();
    let found: BTreeSet<Record> = rows.iter().filter_map(|row| row.id.parse::<RecordId>().ok()).map(|record| record.0).collect();
    let knows = |record: &&Record| eyes.viewer.is_some_and(|viewer| eyes.local.knows_by_name(viewer, record));
    let must: BTreeSet<Record> = eyes.local.records.keys().filter(knows).copied().collect();
    if let Some(record) = found.symmetric_difference(&must).next() {
        let what = format!("the name of record {} is listed: {}", RecordId(*record), found.contains(record));
        return Ok(Err(eyes.wrong("INV-58", "stale-right", &what)));
    }
    let allowed = must.iter().filter_map(|record| eyes.local.records.get(record)).flat_map(name_of).collect();
    Ok(eyes.only(&allowed, &rows, "the list of names"))
}

/// Requests: one's own, and those for records that one may share; with a name only where that may be known, and in their right state.
fn listed(eyes: &Eyes<'_>) -> Looked {
    let query = RequestQuery { limit: Some(1_000), ..RequestQuery::default() };
    let rows = given(requests::list(eyes.view, &eyes.actor, &query))?.map(|page| page.items).unwrap_or_default();
    let wall_ms = eyes.office.wall_ms();
    let is_member = eyes.is_member();
    let sees = |(_, asked): &(&u64, &interoffice_oracle::inside::Asked)| {
        let mine = matches!(eyes.viewer, Some(Viewer::User(name)) if name == asked.by);
        is_member && (mine || eyes.viewer.is_some_and(|viewer| eyes.local.may_share(viewer, &asked.record)))
    };
    let must: BTreeMap<u64, &'static str> =
        eyes.local.inside.requests.iter().filter(sees).map(|(id, asked)| (*id, eyes.local.request_state(asked, wall_ms))).collect();
    let found: BTreeMap<u64, &'static str> = rows.iter().map(|row| (row.id, row.state)).collect();
    if found != must {
        return Ok(Err(eyes.wrong("INV-58", "stale-right", &format!("requests are {found:?} and must be {must:?}"))));
    }
    for row in &rows {
        let record = eyes.local.inside.requests[&row.id].record;
        let level = eyes.viewer.and_then(|viewer| eyes.local.level_of(viewer, &record));
        let named = level.is_some() || eyes.viewer.is_some_and(|viewer| eyes.local.knows_by_name(viewer, &record));
        let allowed = if named { eyes.local.records.get(&record).map(name_of).unwrap_or_default() } else { BTreeSet::new() };
        if let Err(violation) = eyes.only(&allowed, row, "a request") {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}
