//! The shares of a record: who has it by name, through a group or as one of the whole office, and changing that in one step.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::super::records::seen;
use super::super::{digest, groups as group_verbs, rights, users as user_verbs};
use super::explain::hide_members;
use crate::domain::access::level::{self, label};
use crate::domain::access::{Decision, Facts, Grant, Source, Viewer, decide, may_share};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId};
use crate::domain::refusal::Refusal;
use crate::store::grants::{self, GrantRow, Grantee};
use crate::store::groups::{self, GroupRow};
use crate::store::records::{self, RecordRow};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, StoreFault, Tx, View, audit, claims, office};

/// Most users and groups that one record is shared with; who needs more shares it with a group.
pub const GRANTS_MAX: usize = 1_000;

/// A user with direct access.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct UserShare {
    /// The user.
    pub user: String,
    /// `read`, `write` or `full-control`: what the user has now; assistants have `write` at most.
    pub level: &'static str,
}

/// A group with access; who is in it is not said here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct GroupShare {
    /// The group.
    pub group: String,
    /// `read`, `write` or `full-control`.
    pub level: &'static str,
}

/// Who a record is shared with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Shares {
    /// The record.
    pub record: String,
    /// Its name.
    pub name: String,
    /// The user who owns it.
    pub owner: String,
    /// Users with direct access, by name; not those with access by a right or a role.
    pub users: Vec<UserShare>,
    /// Groups, by name.
    pub groups: Vec<GroupShare>,
    /// What the whole office has: `read`, `write`, `full-control`, or `none`.
    pub whole_office: &'static str,
    /// Whether the viewer may change this.
    pub may_share: bool,
    /// Receive Daily Digest: whether the viewer's digest tells of changes of the record; null for who is no user.
    pub daily_digest: Option<bool>,
}

/// One change of a record's shares: exactly one of `user`, `group` and `whole_office` says whose.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ShareChange)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// A user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The whole office.
    pub whole_office: bool,
    /// `read`, `write`, `full-control`, or `none` to take access away.
    pub level: String,
}

/// Changes that are done together or not at all.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    /// The changes in their order.
    pub changes: Vec<Change>,
}

/// Who a record is shared with, for whoever may see it.
pub fn show(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<Shares, Fault> {
    let (row, decision) = seen(view, actor, record)?;
    shares_of(view, actor, &row, &decision)
}

fn shares_of(view: &View<'_>, actor: &Actor, row: &RecordRow, decision: &Decision) -> Result<Shares, Fault> {
    let (mut by_name, mut groups) = (Vec::new(), Vec::new());
    for GrantRow { grantee, name, level } in grants::of_record(view, row.id)? {
        match grantee {
            Grantee::User(id) => {
                let has = level.min(level::highest(users::by_id(view, id)?.account));
                by_name.push(UserShare { user: name, level: has.as_str() });
            }
            Grantee::Group(_) => groups.push(GroupShare { group: name, level: level.as_str() }),
        }
    }
    Ok(Shares {
        record: row.record.to_string(),
        name: row.name.clone(),
        owner: row.owner_name.to_string(),
        users: by_name,
        groups,
        whole_office: row.everyone.map_or("none", Level::as_str),
        may_share: may_share(&rights::viewer(view, actor)?, &office::load(view)?.policy, decision),
        daily_digest: digest::receives(view, actor, row.id)?,
    })
}

/// Whose share changes.
enum Whose {
    User(UserRow),
    Group(GroupRow),
    WholeOffice,
}

impl Whose {
    /// The grantee; `None` for the whole office, whose share is a column of the record.
    fn grantee(&self) -> Option<Grantee> {
        match self {
            Self::User(user) => Some(Grantee::User(user.id)),
            Self::Group(group) => Some(Grantee::Group(group.id)),
            Self::WholeOffice => None,
        }
    }

    /// Who it is, in a plan.
    fn words(&self) -> String {
        match self {
            Self::User(user) => user.name.to_string(),
            Self::Group(group) => format!("the group {}", group.name),
            Self::WholeOffice => "the whole office".to_owned(),
        }
    }

    /// Who it is, in the audit, where a group's name is content.
    fn object(&self) -> String {
        match self {
            Self::User(user) => format!("user {}", user.name),
            Self::Group(group) => format!("group {}", group.id),
            Self::WholeOffice => "whole office".to_owned(),
        }
    }
}

/// A change that was looked through.
struct Step {
    whose: Whose,
    before: Option<Level>,
    after: Option<Level>,
}

impl Step {
    fn changes(&self) -> bool {
        self.before != self.after
    }

    fn sentence(&self) -> String {
        let who = self.whose.words();
        match (self.before, self.after) {
            (None, None) => format!("{who} has no share in the record"),
            (Some(before), Some(after)) if before == after => format!("{who} has {} already", label(after)),
            (None, Some(after)) => format!("{who} gets {}: {}", label(after), may(after)),
            (Some(before), Some(after)) => format!("{who} has {} instead of {}: {}", label(after), label(before), may(after)),
            (Some(_), None) => format!("{who} is taken off the record"),
        }
    }
}

/// What a level allows.
fn may(level: Level) -> &'static str {
    match level {
        Level::Read => "may view it",
        Level::Write => "may view and edit it",
        Level::FullControl => "may do everything with it but give it away: view, edit, share, archive and delete it",
    }
}

/// What a change of a record's shares will do.
pub fn plan_set(tx: &Tx<'_>, actor: &Actor, record: RecordId, changes: &Changes) -> Result<Plan, Fault> {
    tx.attempt(actor, "record.grant", record.to_string());
    let (row, steps) = steps(tx, actor, record, changes)?;
    plan(tx, actor, &row, &steps)
}

/// Changes a record's shares, all of them in one step.
pub fn set(tx: &Tx<'_>, actor: &Actor, record: RecordId, changes: &Changes, plan_id: &PlanId) -> Result<Shares, Fault> {
    tx.attempt(actor, "record.grant", record.to_string());
    let (row, steps) = steps(tx, actor, record, changes)?;
    plan(tx, actor, &row, &steps)?.agreed(plan_id)?;
    save(tx, &row, &steps)?;
    claims::blank_all(tx)?;
    for step in steps.iter().filter(|step| step.changes() && !planted(Bug::GrantNotAudited)) {
        let verb = if step.after.is_some() { "record.grant" } else { "record.revoke" };
        let level = step.after.map_or("none", Level::as_str);
        audit::done(tx, actor, verb, &record.to_string(), &format!("{}: {level}", step.whose.object()))?;
    }
    // Who took his or her own access away is told all the same what was done.
    let row = records::find(tx, record)?.ok_or_else(|| StoreFault::Corrupt("a record is gone while it is shared".to_owned()))?;
    shares_of(tx, actor, &row, &rights::access(tx, actor, &row)?)
}

/// Shares a record with one user, by the same rules as [`set`]. The verb that does so has its own line in the audit.
pub(in crate::actions) fn give(tx: &Tx<'_>, actor: &Actor, record: RecordId, user: &UserName, level: Level) -> Result<(), Fault> {
    let change = Change { user: Some(user.to_string()), level: level.as_str().to_owned(), ..Change::default() };
    let (row, steps) = steps(tx, actor, record, &Changes { changes: vec![change] })?;
    save(tx, &row, &steps)
}

fn save(tx: &Tx<'_>, row: &RecordRow, steps: &[Step]) -> Result<(), Fault> {
    for step in steps.iter().filter(|step| step.changes()) {
        match step.whose.grantee() {
            Some(grantee) => grants::set(tx, row.id, grantee, step.after)?,
            None => records::set_everyone(tx, row.id, step.after)?,
        }
    }
    if grants::of_record(tx, row.id)?.len() > GRANTS_MAX {
        let message = "a record is shared with at most 1,000 users and groups";
        return Err(Refusal::conflict("too-many-shares", message, "share it with a group instead: interoffice group add").into());
    }
    Ok(())
}

fn steps(view: &View<'_>, actor: &Actor, record: RecordId, changes: &Changes) -> Result<(RecordRow, Vec<Step>), Fault> {
    let (row, decision) = seen(view, actor, record)?;
    if changes.changes.is_empty() || changes.changes.len() > GRANTS_MAX {
        return Err(Refusal::invalid("no-change", "name 1 to 1,000 users or groups", "such as --user ann=read").into());
    }
    let present = grants::of_record(view, row.id)?;
    let mut steps: Vec<Step> = Vec::new();
    for change in &changes.changes {
        let (whose, after) = (whose(view, change)?, level::parse(&change.level)?);
        check(&row, &whose, after)?;
        let grantee = whose.grantee();
        if steps.iter().any(|step| step.whose.grantee() == grantee) {
            return Err(Refusal::invalid("named-twice", "the same user or group is named twice", "say once what each is to have").into());
        }
        let before = match grantee {
            Some(grantee) => present.iter().find(|grant| grant.grantee == grantee).map(|grant| grant.level),
            None => row.everyone,
        };
        steps.push(Step { whose, before, after });
    }
    require_sharing(view, actor, &row, &decision, &steps)?;
    Ok((row, steps))
}

fn whose(view: &View<'_>, change: &Change) -> Result<Whose, Fault> {
    match (&change.user, &change.group, change.whole_office) {
        (Some(user), None, false) => {
            let name = UserName::new(user).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
            let user = user_verbs::find(view, &name)?;
            if user.disabled && level::parse(&change.level)?.is_some() {
                return Err(
                    Refusal::conflict("user-disabled", format!("the user {name} is disabled"), "share it with somebody else").into()
                );
            }
            Ok(Whose::User(user))
        }
        (None, Some(group), false) => Ok(Whose::Group(group_verbs::find(view, group)?)),
        (None, None, true) => Ok(Whose::WholeOffice),
        _ => {
            Err(Refusal::invalid("bad-change", "each change names a user, a group or the whole office", "name exactly one of them").into())
        }
    }
}

/// Refuses what can't be: sharing with the owner, co-owners who may own nothing, and a private record for the whole office.
fn check(row: &RecordRow, whose: &Whose, after: Option<Level>) -> Result<(), Refusal> {
    match whose {
        Whose::User(user) if user.id == row.owner => {
            let remedy = format!("to change the owner: interoffice record owner {} USER", row.record);
            Err(Refusal::conflict("owner-has-all", format!("{} owns the record and has Full Control", user.name), remedy))
        }
        Whose::User(user) => level::check(user.account, user.name.as_str(), after),
        Whose::WholeOffice if row.private && after.is_some() => {
            let message = "the record is private, and what is private is shared by name only";
            Err(Refusal::conflict("private-record", message, "take the mark off first: interoffice record edit RECORD --private off"))
        }
        Whose::Group(_) | Whose::WholeOffice => Ok(()),
    }
}

/// Full Control and the office's policy, or an administrator; and whoever edits all clients may share a record with him- or herself.
fn require_sharing(view: &View<'_>, actor: &Actor, row: &RecordRow, decision: &Decision, steps: &[Step]) -> Result<(), Fault> {
    let viewer = rights::viewer(view, actor)?;
    let only_me = |me: i64| steps.iter().all(|step| step.whose.grantee() == Some(Grantee::User(me)));
    let for_self = match &viewer {
        Viewer::User(person) => person.all_clients >= Some(Level::Write) && decision.rests_on(&Source::AllClients) && only_me(person.id),
        Viewer::Operator => false,
    };
    if for_self {
        return Ok(());
    }
    if decision.level == Some(Level::FullControl) {
        return rights::require_sharing(view, &viewer);
    }
    let message = "sharing a record takes Full Control of it";
    Err(Refusal::denied("not-owner", message, format!("ask {}, who owns it", row.owner_name)).into())
}

fn plan(view: &View<'_>, actor: &Actor, row: &RecordRow, steps: &[Step]) -> Result<Plan, Fault> {
    let mut draft = Draft::new("record.grant", row.record.to_string());
    for grant in grants::of_record(view, row.id)? {
        draft.basis(format!("{:?}", (grant.grantee, grant.level)).as_bytes());
    }
    let viewer = rights::viewer(view, actor)?;
    for step in steps {
        if let Whose::Group(group) = &step.whose {
            group_verbs::basis(view, group, &mut draft)?;
        }
        if step.changes() {
            draft.change(step.sentence());
            stays_reached(view, &viewer, row, step, steps, &mut draft)?;
        } else {
            draft.stay(step.sentence());
        }
    }
    draft.counts.people = steps.iter().filter(|step| step.changes() && matches!(step.whose, Whose::User(_))).count() as u64;
    Ok(draft.finish(&view.office.signer))
}

/// Says what a user who is taken off, or gets less, still has another way once all steps are done.
fn stays_reached(view: &View<'_>, viewer: &Viewer, row: &RecordRow, step: &Step, steps: &[Step], draft: &mut Draft) -> Result<(), Fault> {
    let Whose::User(user) = &step.whose else { return Ok(()) };
    let mut row = row.clone();
    let mut grants: Vec<Grant> = grants::reaching(view, row.id, user.id)?.into_iter().filter(|grant| grant.group.is_some()).collect();
    for other in steps {
        match &other.whose {
            Whose::WholeOffice => row.everyone = other.after,
            Whose::Group(group) if groups::is_member(view, group.id, user.id)? => {
                grants.retain(|grant| grant.group.as_ref() != Some(&group.name));
                grants.extend(other.after.map(|level| Grant { group: Some(group.name.clone()), level }));
            }
            Whose::Group(_) | Whose::User(_) => {}
        }
    }
    let who = Viewer::User(user.person());
    let facts = Facts { proxy_of: rights::proxy_of(view, &who, &row)?, ..row.facts(grants) };
    let mut decision = decide(&who, &office::load(view)?.policy, &facts);
    hide_members(view, viewer, &mut decision)?;
    for because in decision.because.iter().filter(|because| Some(because.level) > step.after) {
        draft.stay(format!("{} keeps {}, since {}", user.name, label(because.level), because.source.words()));
    }
    Ok(())
}
