//! The shares of a record: who has it by name, through a group or as one of the whole office, and changing that in one step.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use serde::{Deserialize, Serialize};

use super::super::records::seen;
use super::super::{groups as group_verbs, rights, users as user_verbs};
use super::explain::hide_members;
use super::{label, level_of};
use crate::domain::access::{Decision, Grant, Source, Viewer, decide, highest, may_share};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId};
use crate::domain::refusal::Refusal;
use crate::domain::user::Account;
use crate::store::grants::{self, GrantRow, Grantee};
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, Tx, View, audit, groups, office, users};

/// Most users and groups that one record is shared with; who needs more shares it with a group.
pub const GRANTS_MAX: usize = 1_000;

/// A user with direct access.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UserShare {
    /// The user.
    pub user: String,
    /// `read`, `write` or `full-control`.
    pub level: &'static str,
}

/// A group with access; who is in it is not said here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GroupShare {
    /// The group.
    pub group: String,
    /// `read`, `write` or `full-control`.
    pub level: &'static str,
}

/// Who a record is shared with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
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
}

/// One change of a record's shares: exactly one of `user`, `group` and `whole_office` says whose.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
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
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    /// The changes in their order.
    pub changes: Vec<Change>,
}

/// Who a record is shared with, for whoever may see it.
pub fn show(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<Shares, Fault> {
    let (row, decision) = seen(view, actor, record)?;
    let may_share = may_share(&rights::viewer(view, actor)?, &office::load(view)?.policy, &decision);
    let mut shares = Shares {
        record: row.record.to_string(),
        name: row.name.clone(),
        owner: row.owner_name.to_string(),
        users: Vec::new(),
        groups: Vec::new(),
        whole_office: row.everyone.map_or("none", Level::as_str),
        may_share,
    };
    for GrantRow { grantee, name, level } in grants::of_record(view, row.id)? {
        match grantee {
            Grantee::User(_) => shares.users.push(UserShare { user: name, level: level.as_str() }),
            Grantee::Group(_) => shares.groups.push(GroupShare { group: name, level: level.as_str() }),
        }
    }
    Ok(shares)
}

/// Whose share changes.
#[derive(Clone, PartialEq, Eq)]
enum Whose {
    User { row: i64, name: UserName, account: Account },
    Group { row: i64, name: String },
    WholeOffice,
}

/// A change that was looked through.
struct Step {
    whose: Whose,
    before: Option<Level>,
    after: Option<Level>,
}

impl Step {
    fn sentence(&self) -> String {
        let who = match &self.whose {
            Whose::User { name, .. } => name.to_string(),
            Whose::Group { name, .. } => format!("the group {name}"),
            Whose::WholeOffice => "the whole office".to_owned(),
        };
        match (self.before, self.after) {
            (None, Some(after)) => format!("{who} gets {}: {}", label(after), may(after)),
            (Some(before), Some(after)) => format!("{who} has {} instead of {}: {}", label(after), label(before), may(after)),
            (_, None) => format!("{who} is taken off the record"),
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
    for step in steps.iter().filter(|step| step.before != step.after) {
        let who = match &step.whose {
            Whose::User { row: user, name, .. } => {
                grants::set(tx, row.id, Grantee::User(*user), step.after)?;
                format!("user {name}")
            }
            Whose::Group { row: group, .. } => {
                grants::set(tx, row.id, Grantee::Group(*group), step.after)?;
                format!("group {group}")
            }
            Whose::WholeOffice => {
                records::set_everyone(tx, row.id, step.after)?;
                "whole office".to_owned()
            }
        };
        let verb = if step.after.is_some() { "record.grant" } else { "record.revoke" };
        let level = step.after.map_or("none", Level::as_str);
        audit::done(tx, actor, verb, &record.to_string(), &format!("{who}: {level}"))?;
    }
    if grants::of_record(tx, row.id)?.len() > GRANTS_MAX {
        let message = "a record is shared with at most 1,000 users and groups";
        return Err(Refusal::conflict("too-many-shares", message, "share it with a group instead: interoffice group add").into());
    }
    show(tx, actor, record).or_else(|fault| gone_from_sight(fault, &row))
}

/// Who takes his or her own access away sees the shares no more, and is told so as something done.
fn gone_from_sight(fault: Fault, row: &RecordRow) -> Result<Shares, Fault> {
    let Fault::Refused(_) = fault else { return Err(fault) };
    Ok(Shares {
        record: row.record.to_string(),
        name: row.name.clone(),
        owner: row.owner_name.to_string(),
        users: Vec::new(),
        groups: Vec::new(),
        whole_office: "none",
        may_share: false,
    })
}

fn steps(view: &View<'_>, actor: &Actor, record: RecordId, changes: &Changes) -> Result<(RecordRow, Vec<Step>), Fault> {
    let (row, decision) = seen(view, actor, record)?;
    if changes.changes.is_empty() || changes.changes.len() > GRANTS_MAX {
        return Err(Refusal::invalid("no-change", "name 1 to 1,000 users or groups", "such as --user ann=read").into());
    }
    let present = grants::of_record(view, row.id)?;
    let level_of_grantee = |grantee: Grantee| present.iter().find(|grant| grant.grantee == grantee).map(|grant| grant.level);
    let mut steps: Vec<Step> = Vec::new();
    for change in &changes.changes {
        let whose = whose(view, change)?;
        let after = level_of(&change.level)?;
        check(&row, &whose, after)?;
        if steps.iter().any(|step| step.whose == whose) {
            return Err(Refusal::invalid("named-twice", "the same user or group is named twice", "say once what each is to have").into());
        }
        let before = match &whose {
            Whose::User { row, .. } => level_of_grantee(Grantee::User(*row)),
            Whose::Group { row, .. } => level_of_grantee(Grantee::Group(*row)),
            Whose::WholeOffice => row.everyone,
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
            if user.disabled && level_of(&change.level)?.is_some() {
                return Err(
                    Refusal::conflict("user-disabled", format!("the user {name} is disabled"), "share it with somebody else").into()
                );
            }
            Ok(Whose::User { row: user.id, name: user.name, account: user.account })
        }
        (None, Some(group), false) => {
            let group = group_verbs::find(view, group)?;
            Ok(Whose::Group { row: group.id, name: group.name })
        }
        (None, None, true) => Ok(Whose::WholeOffice),
        _ => {
            Err(Refusal::invalid("bad-change", "each change names a user, a group or the whole office", "name exactly one of them").into())
        }
    }
}

/// Refuses what can't be: sharing with the owner, co-owners who may own nothing, and a private record for the whole office.
fn check(row: &RecordRow, whose: &Whose, after: Option<Level>) -> Result<(), Refusal> {
    match whose {
        Whose::User { row: user, name, .. } if *user == row.owner => {
            let remedy = format!("to change the owner: interoffice record owner {} USER", row.record);
            Err(Refusal::conflict("owner-has-all", format!("{name} owns the record and has Full Control"), remedy))
        }
        Whose::User { name, account, .. } if after > Some(highest(*account)) => {
            let message = format!("{name} is an assistant, and assistants own no clients, not even with others");
            Err(Refusal::denied("assistant", message, "grant Write instead"))
        }
        Whose::WholeOffice if row.private && after.is_some() => {
            let message = "the record is private, and what is private is shared by name only";
            Err(Refusal::conflict("private-record", message, "take the mark off first: interoffice record edit RECORD --private off"))
        }
        _ => Ok(()),
    }
}

/// Full Control and the office's policy, or an administrator; and whoever edits all clients may share a record with him- or herself.
fn require_sharing(view: &View<'_>, actor: &Actor, row: &RecordRow, decision: &Decision, steps: &[Step]) -> Result<(), Fault> {
    let viewer = rights::viewer(view, actor)?;
    let policy = office::load(view)?.policy;
    let only_me = |person: i64| steps.iter().all(|step| matches!(step.whose, Whose::User { row, .. } if row == person));
    let self_service = matches!(viewer, Viewer::User(person) if person.all_clients >= Some(Level::Write) && decision.rests_on(&Source::AllClients) && only_me(person.id));
    if may_share(&viewer, &policy, decision) || self_service {
        return Ok(());
    }
    if decision.level == Some(Level::FullControl) {
        let message = "in this office only administrators share records";
        return Err(Refusal::denied("sharing-off", message, "an administrator can allow it: interoffice client-access --sharing on").into());
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
        if let Whose::Group { name, .. } = &step.whose {
            draft.basis(name.as_bytes());
            group_verbs::basis(view, &group_verbs::find(view, name)?, &mut draft)?;
        }
        if step.before == step.after {
            draft.stay(match (&step.whose, step.after) {
                (Whose::User { name, .. }, Some(level)) => format!("{name} has {} already", label(level)),
                (Whose::Group { name, .. }, Some(level)) => format!("the group {name} has {} already", label(level)),
                (Whose::WholeOffice, Some(level)) => format!("the whole office has {} already", label(level)),
                (Whose::User { name, .. }, None) => format!("{name} is not on the record"),
                (Whose::Group { name, .. }, None) => format!("the group {name} is not on the record"),
                (Whose::WholeOffice, None) => "the record is not shared with the whole office".to_owned(),
            });
            continue;
        }
        draft.change(step.sentence());
        stays_reached(view, &viewer, row, step, steps, &mut draft)?;
    }
    draft.counts.people = steps.iter().filter(|step| step.before != step.after && matches!(step.whose, Whose::User { .. })).count() as u64;
    Ok(draft.finish())
}

/// Says what a user who is taken off, or gets less, still has another way once all steps are done.
fn stays_reached(view: &View<'_>, viewer: &Viewer, row: &RecordRow, step: &Step, steps: &[Step], draft: &mut Draft) -> Result<(), Fault> {
    let Whose::User { row: user, name, .. } = &step.whose else { return Ok(()) };
    let user = users::by_id(view, *user)?;
    let mut row = row.clone();
    let mut grants: Vec<Grant> = grants::reaching(view, row.id, user.id)?.into_iter().filter(|grant| grant.group.is_some()).collect();
    for other in steps {
        match &other.whose {
            Whose::WholeOffice => row.everyone = other.after,
            Whose::Group { row: group, name } if groups::is_member(view, *group, user.id)? => {
                grants.retain(|grant| grant.group.as_ref() != Some(name));
                grants.extend(other.after.map(|level| Grant { group: Some(name.clone()), level }));
            }
            Whose::Group { .. } | Whose::User { .. } => {}
        }
    }
    let mut decision = decide(&Viewer::User(user.person()), &office::load(view)?.policy, &row.facts(grants));
    hide_members(view, viewer, &mut decision)?;
    for because in decision.because.iter().filter(|because| Some(because.level) > step.after) {
        draft.stay(format!("{name} keeps {}, since {}", label(because.level), because.source.words()));
    }
    Ok(())
}
