//! Sharing: which records a link shows. A share is a row in the link's log; the courier reads the rest from there.

use std::collections::BTreeSet;

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::limits::COUNTER_MAX;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::record::{Record, RecordKind, RelatedKind};
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::{links, rights};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanCounts, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::links::LinkRow;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, Tx, View, audit, log, office, peers, removals};

/// Which records to share or unshare.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Record ids.
    pub records: Vec<String>,
    /// Every record that the acting user owns and that is not archived.
    pub all_mine: bool,
    /// Private records too; each of them was named, or all of the user's were asked for.
    pub include_private: bool,
    /// Leave the members of a household out.
    pub without_members: bool,
}

/// What a share did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Shared {
    /// The link.
    pub link: String,
    /// Records newly shared.
    pub added: u64,
    /// Records that were shared already.
    pub already: u64,
}

/// What an unshare did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Unshared {
    /// The link.
    pub link: String,
    /// Records withdrawn.
    pub withdrawn: u64,
}

/// A shared record in the list behind a link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct SharedRecord {
    /// Its id.
    pub record: String,
    /// Its name; empty when the actor may not see the record, or it is gone.
    pub name: String,
    /// What it stands for; empty like the name.
    pub kind: &'static str,
    /// `delivered`, `pending`, or `withdrawing`.
    pub state: &'static str,
    /// Place in the log; pass the last one as `after` for the next page.
    pub sequence: u64,
}

/// The link over which `actor` may share, which must be Active and his or hers.
fn own_active_link(view: &View<'_>, actor: &Actor, link: &str) -> Result<LinkRow, Fault> {
    let user = rights::require_specialist(view, actor)?;
    let link = links::find(view, actor, link)?;
    if link.side != Side::Owner {
        let message = "this link brings records here; it does not take any back";
        let remedy = "links have one direction: ask for one of your own with `interoffice link request`";
        return Err(Refusal::denied("wrong-direction", message, remedy).into());
    }
    if link.local_user != user.name {
        return Err(Refusal::denied("not-your-link", "this link belongs to another user", "use a link of your own").into());
    }
    if !planted(Bug::LinkWithoutSharing) {
        rights::require_sharing(view, &rights::viewer(view, actor)?)?;
    }
    match link.state {
        LinkState::Active { frozen: false } => Ok(link),
        LinkState::Active { frozen: true } => Err(Refusal::conflict("link-frozen", "this link is frozen", "thaw it first").into()),
        LinkState::Waiting | LinkState::Unknown => {
            let message = format!("{} has not accepted the link yet: it is Waiting", link.remote_user);
            Err(Refusal::conflict("link-not-active", message, "share once it is Active").into())
        }
        LinkState::Ended(_) => Err(Refusal::conflict("link-not-active", "this link has ended", "ask for a new one").into()),
    }
}

/// What a selection takes in.
pub(super) struct Selected {
    /// The records, each once, that the user owns.
    pub(super) records: Vec<RecordRow>,
    /// Private ones among all of the user's that stay out, since nobody said to take them.
    private_left: Vec<RecordId>,
}

/// The records of a selection that `actor`'s user owns.
pub(super) fn select(view: &View<'_>, actor: &Actor, selection: &Selection) -> Result<Selected, Fault> {
    let user = rights::require_user(view, actor)?;
    let mut chosen: Vec<RecordRow> = Vec::new();
    let mut private_left = Vec::new();
    if selection.all_mine {
        let mine = records::live_of_owner(view, user.id)?;
        let taken = |record: &RecordRow| selection.include_private || planted(Bug::PrivateShared) || !record.private;
        let left: Vec<RecordRow>;
        (chosen, left) = mine.into_iter().partition(taken);
        private_left = left.iter().map(|record| record.record).collect();
    }
    let mut seen: std::collections::HashSet<RecordId> = chosen.iter().map(|record| record.record).collect();
    let mut queue: Vec<(RecordId, bool)> = Vec::new();
    for text in selection.records.iter().rev() {
        let id = text.parse::<RecordId>().map_err(|error| Refusal::invalid("bad-record-id", error.to_string(), ""))?;
        queue.push((id, true));
    }
    while let Some((id, named)) = queue.pop() {
        if seen.contains(&id) {
            continue;
        }
        let Some(record) = records::find(view, id)?.filter(|record| record.owner == user.id && !record.archived) else {
            if named {
                let message = format!("you own no record {id}");
                return Err(Refusal::not_found("unknown-record", message, "see yours with `interoffice record list --mine`").into());
            }
            continue;
        };
        if record.private && !selection.include_private {
            if named {
                let message = format!("record {id} is private");
                return Err(Refusal::denied("private-record", message, "to share it all the same, confirm with --include-private").into());
            }
            continue;
        }
        if record.kind == RecordKind::Household
            && !selection.without_members
            && let Some((_, body)) = records::load_body(view, id)?
        {
            queue.extend(body.members.iter().map(|member| (*member, false)));
        }
        seen.insert(id);
        chosen.push(record);
    }
    Ok(Selected { records: chosen, private_left })
}

/// What sharing a selection will do, with numbers.
pub fn plan_share(tx: &Tx<'_>, actor: &Actor, link: &str, selection: &Selection) -> Result<Plan, Fault> {
    tx.attempt(actor, "record.share", link);
    to_share(tx, actor, link, selection)?.plan(tx)
}

/// What a share is about: its link, the records that are new on it, how many are there already, and how many private ones stay out.
struct ToShare {
    link: LinkRow,
    fresh: Vec<RecordRow>,
    already: u64,
    private_left: u64,
}

impl ToShare {
    fn plan(&self, view: &View<'_>) -> Result<Plan, Fault> {
        let Self { link, fresh, already, private_left } = self;
        let peer = peers::by_row(view, link.peer)?;
        let mut draft = Draft::new("record.share", link.link.to_string());
        draft.concerns(peer.office, &peer.name);
        for record in fresh {
            draft.basis(&record.record.0);
        }
        draft.counts = count(link, fresh);
        draft.counts.links = 1;
        draft.counts.offices = 1;
        draft.counts.people = 1;
        draft.change(format!(
            "{} will be readable for {} at {} ({})",
            records_and_items(&draft.counts),
            link.remote_user,
            peer.name,
            link.level.as_str()
        ));
        if draft.counts.private > 0 {
            draft.change(format!("{} among them", counted(draft.counts.private, "private record is", "private records are")));
        }
        if *already > 0 {
            draft.stay(format!("{} shared over this link already", counted(*already, "record is", "records are")));
        }
        if *private_left > 0 {
            draft.stay(format!("{} left out", counted(*private_left, "private record is", "private records are")));
        }
        Ok(draft.finish(&view.office.signer))
    }
}

fn to_share(view: &View<'_>, actor: &Actor, link: &str, selection: &Selection) -> Result<ToShare, Fault> {
    let link = own_active_link(view, actor, link)?;
    let Selected { records: chosen, private_left } = select(view, actor, selection)?;
    let total = chosen.len();
    let shared = log::put_set(view, link.row)?;
    let fresh: Vec<RecordRow> = chosen.into_iter().filter(|record| !shared.contains(&record.record)).collect();
    let already = (total - fresh.len()) as u64;
    if total == 0 {
        return Err(Refusal::invalid("nothing-selected", "no record is selected", "name records, or take --all-mine").into());
    }
    let private_left = private_left.iter().filter(|record| !shared.contains(record)).count() as u64;
    Ok(ToShare { link, fresh, already, private_left })
}

/// Shares a selection: from the commit on it is on its way.
pub fn share(tx: &Tx<'_>, actor: &Actor, link: &str, selection: &Selection, plan: &PlanId) -> Result<Shared, Fault> {
    tx.attempt(actor, "record.share", link);
    let selected = to_share(tx, actor, link, selection)?;
    selected.plan(tx)?.agreed(plan)?;
    let ToShare { link, fresh, already, .. } = selected;
    let ids: Vec<RecordId> = fresh.iter().map(|record| record.record).collect();
    log::set(tx, &link, &ids, true)?;
    audit::done(tx, actor, "record.share", &link.link.to_string(), &counted(ids.len() as u64, "record", "records"))?;
    Ok(Shared { link: link.link.to_string(), added: ids.len() as u64, already })
}

fn to_unshare(view: &View<'_>, actor: &Actor, link: &str, selection: &Selection) -> Result<(LinkRow, Vec<RecordId>), Fault> {
    let user = rights::require_user(view, actor)?;
    let link = links::find(view, actor, link)?;
    if link.side != Side::Owner || link.local_user != user.name {
        return Err(Refusal::denied("not-your-link", "records are unshared by the user who shared them", "use a link of your own").into());
    }
    if !matches!(link.state, LinkState::Active { .. }) {
        return Err(Refusal::conflict("link-not-active", "this link is not active", "nothing is shared over it").into());
    }
    let shared = log::put_set(view, link.row)?;
    if selection.all_mine {
        return Ok((link, shared.into_iter().collect()));
    }
    let mut chosen = BTreeSet::new();
    for text in &selection.records {
        let id = text.parse::<RecordId>().map_err(|error| Refusal::invalid("bad-record-id", error.to_string(), ""))?;
        if !shared.contains(&id) {
            return Err(Refusal::not_found(
                "not-shared",
                format!("record {id} is not shared over this link"),
                "see `interoffice link show`",
            )
            .into());
        }
        chosen.insert(id);
    }
    Ok((link, chosen.into_iter().collect()))
}

/// What unsharing a selection will do.
pub fn plan_unshare(tx: &Tx<'_>, actor: &Actor, link: &str, selection: &Selection) -> Result<Plan, Fault> {
    tx.attempt(actor, "record.unshare", link);
    let (link, chosen) = to_unshare(tx, actor, link, selection)?;
    let peer = peers::by_row(tx, link.peer)?;
    let mut draft = Draft::new("record.unshare", link.link.to_string());
    draft.concerns(peer.office, &peer.name);
    let mut rows = Vec::with_capacity(chosen.len());
    for id in &chosen {
        draft.basis(&id.0);
        rows.extend(records::find(tx, *id)?);
    }
    draft.counts = count(&link, &rows);
    draft.change(format!("{} will be removed at {} ({})", records_and_items(&draft.counts), peer.name, link.remote_user));
    draft.stay("the records themselves stay here".to_owned());
    Ok(draft.finish(&tx.office.signer))
}

/// Unshares a selection: the other office removes its copies and answers with a receipt.
pub fn unshare(tx: &Tx<'_>, actor: &Actor, link: &str, selection: &Selection, plan: &PlanId) -> Result<Unshared, Fault> {
    plan_unshare(tx, actor, link, selection)?.agreed(plan)?;
    let (link, chosen) = to_unshare(tx, actor, link, selection)?;
    withdraw(tx, &link, &chosen)?;
    audit::done(tx, actor, "record.unshare", &link.link.to_string(), &counted(chosen.len() as u64, "record", "records"))?;
    Ok(Unshared { link: link.link.to_string(), withdrawn: chosen.len() as u64 })
}

fn withdraw(tx: &Tx<'_>, link: &LinkRow, records: &[RecordId]) -> Result<(), Fault> {
    if records.is_empty() {
        return Ok(());
    }
    let upto = log::set(tx, link, records, false)?;
    let epoch = office::load(tx)?.epoch.counter;
    removals::ask(tx, link.link, upto, epoch, Side::Owner, records.len() as u64)?;
    Ok(())
}

/// Withdraws a record from every link that shows it, since it is deleted or archived; says from how many.
pub fn withdraw_everywhere(tx: &Tx<'_>, actor: &Actor, record: RecordId) -> Result<u64, Fault> {
    let showing = log::links_showing(tx, record)?;
    for link in &showing {
        let row = crate::store::links::load(tx, *link)?;
        withdraw(tx, &row, &[record])?;
        audit::done(tx, actor, "record.unshare", &link.to_string(), "1 record")?;
    }
    Ok(showing.len() as u64)
}

/// A page of a link's shared records, in log order. Whoever may look at the link without seeing a record, as an admin who is a
/// specialist may, gets its id and state alone.
pub fn shared_with(view: &View<'_>, actor: &Actor, link: &str, after: u64, limit: usize) -> Result<Vec<SharedRecord>, Fault> {
    let link = links::find(view, actor, link)?;
    let rows = log::page(view, link.row, after.min(COUNTER_MAX), limit.clamp(1, 1_000))?;
    let show = |row: log::SharedRow| -> Result<SharedRecord, Fault> {
        let seen = match records::find(view, row.record)? {
            Some(record) => rights::access(view, actor, &record)?.level.is_some(),
            None => false,
        };
        let known = |kind: i64| usize::try_from(kind).ok().and_then(|index| RecordKind::ALL.get(index)).map_or("", |kind| kind.as_str());
        let (name, kind) = row.name.filter(|_| seen).map_or_else(Default::default, |(name, kind)| (name, known(kind)));
        let state = match (row.put, row.sequence <= link.cursor) {
            (false, _) => "withdrawing",
            (true, true) => "delivered",
            (true, false) => "pending",
        };
        Ok(SharedRecord { record: row.record.to_string(), name, kind, state, sequence: row.sequence })
    };
    rows.into_iter().map(show).collect()
}

/// Exactly what the other office gets, or would get, of a record over a link.
pub fn preview(view: &View<'_>, actor: &Actor, link: &str, record: RecordId) -> Result<Record, Fault> {
    let link = links::find(view, actor, link)?;
    let user = rights::require_user(view, actor)?;
    let own = records::find(view, record)?.filter(|row| row.owner == user.id);
    let body = if own.is_some() { records::load_body(view, record)? } else { None };
    match body {
        Some((_, body)) => Ok(body.within(&link.scope)),
        None => Err(Refusal::not_found("unknown-record", format!("you own no record {record}"), "").into()),
    }
}

/// What a link shows at present, counted.
pub fn count_shared(view: &View<'_>, link: &LinkRow) -> Result<PlanCounts, Fault> {
    let shown = records::shown_counts(view, link.row)?;
    let related = |kind: RelatedKind| if link.scope.shows_related(kind) { shown.related[kind as usize] } else { 0 };
    Ok(PlanCounts {
        contacts: shown.kinds.contacts,
        businesses: shown.kinds.businesses,
        households: shown.kinds.households,
        cases: related(RelatedKind::Case),
        policies: related(RelatedKind::Policy),
        investments: related(RelatedKind::Investment),
        opportunities: related(RelatedKind::Opportunity),
        private: shown.private,
        ..PlanCounts::default()
    })
}

fn count(link: &LinkRow, rows: &[RecordRow]) -> PlanCounts {
    let mut counts = PlanCounts::default();
    for row in rows {
        match row.kind {
            RecordKind::Contact => counts.contacts += 1,
            RecordKind::Business => counts.businesses += 1,
            RecordKind::Household => counts.households += 1,
        }
        counts.private += u64::from(row.private);
        for (kind, number) in RelatedKind::ALL.into_iter().zip(row.related) {
            let number = if link.scope.shows_related(kind) { u64::from(number) } else { 0 };
            match kind {
                RelatedKind::Case => counts.cases += number,
                RelatedKind::Policy => counts.policies += number,
                RelatedKind::Investment => counts.investments += number,
                RelatedKind::Opportunity => counts.opportunities += number,
            }
        }
    }
    counts
}

/// `12 contacts, 1 household and 3 cases`: counts as a phrase.
pub fn records_and_items(counts: &PlanCounts) -> String {
    let parts = [
        (counts.contacts, "contact", "contacts"),
        (counts.businesses, "business", "businesses"),
        (counts.households, "household", "households"),
        (counts.cases, "case", "cases"),
        (counts.policies, "policy", "policies"),
        (counts.investments, "investment", "investments"),
        (counts.opportunities, "opportunity", "opportunities"),
    ];
    let words: Vec<String> = parts.iter().filter(|part| part.0 > 0).map(|(number, one, many)| counted(*number, one, many)).collect();
    match words.split_last() {
        None => "no records".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
