//! Groups of users: made by administrators; who is in one is seen by administrators and by its members.

use interoffice_protocol::names::UserName;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::{rights, users as user_verbs};
use crate::domain::access::Viewer;
use crate::domain::actor::Actor;
use crate::domain::fold::fold;
use crate::domain::page::{LIMIT_DEFAULT, Page, cut, limit, place, read_place};
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::groups::{self, GroupRow};
use crate::store::{Fault, StoreFault, Tx, View, audit, claims};

/// Longest name of a group (characters).
pub const NAME_CHARS_MAX: usize = 100;
/// Most groups of an office.
pub const GROUPS_MAX: u64 = 1_000;

/// What a group is made with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewGroup {
    /// Its name: 1 to 100 printable characters.
    pub name: String,
    /// The users in it from the start.
    pub members: Vec<String>,
}

/// A group as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// The users in it by name; `None` when the viewer may not know.
    pub members: Option<Vec<String>>,
    /// How many records are shared with it; `None` like the members.
    pub records: Option<u64>,
    /// When it was made (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

/// The group with this name.
pub fn find(view: &View<'_>, name: &str) -> Result<GroupRow, Fault> {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let unknown =
        || Refusal::not_found("unknown-group", format!("this office has no group '{shown}'"), "see its groups: interoffice group list");
    Ok(groups::find(view, name)?.ok_or_else(unknown)?)
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name;
    if fits {
        return Ok(());
    }
    let message = "the name of a group has 1 to 100 printable characters, and no space at its ends";
    Err(Refusal::invalid("bad-group-name", message, "choose another name"))
}

fn check_new_name(view: &View<'_>, name: &str, but: Option<i64>) -> Result<(), Fault> {
    check_name(name)?;
    if groups::find(view, name)?.is_some_and(|group| Some(group.id) != but) {
        let message = format!("this office has a group '{name}' already; letter case and accents make no difference");
        return Err(Refusal::conflict("group-exists", message, "choose another name").into());
    }
    Ok(())
}

fn member(view: &View<'_>, name: &str) -> Result<(i64, UserName), Fault> {
    let name = UserName::new(name).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    let user = user_verbs::enabled(view, &name)?;
    Ok((user.id, user.name))
}

/// Whether `viewer` may know who is in a group: administrators and its members may.
pub(super) fn may_know(view: &View<'_>, viewer: &Viewer, group: &GroupRow) -> Result<bool, StoreFault> {
    match viewer {
        Viewer::Operator => Ok(true),
        Viewer::User(person) => Ok(person.administers || groups::is_member(view, group.id, person.id)?),
    }
}

/// The group as the actor sees it.
fn view_of(view: &View<'_>, actor: &Actor, group: &GroupRow) -> Result<GroupView, Fault> {
    let knows = may_know(view, &rights::viewer(view, actor)?, group)?;
    let members = if knows { Some(groups::members(view, group.id)?) } else { None };
    Ok(GroupView {
        name: group.name.clone(),
        members: members.map(|members| members.iter().map(UserName::to_string).collect()),
        records: if knows { Some(groups::record_count(view, group.id)?) } else { None },
        created_ms: group.created_ms,
    })
}

/// Which groups to list; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct GroupQuery {
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Groups of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// One page of all groups by name.
pub fn list(view: &View<'_>, actor: &Actor, query: &GroupQuery) -> Result<Page<GroupView>, Fault> {
    rights::require_member(view, actor)?;
    let limit = limit(query.limit, LIMIT_DEFAULT, "groups")?;
    let after = query.after.as_deref().map(read_place).transpose()?;
    // One more than asked for tells whether another page follows.
    let mut rows = groups::page(view, after.as_deref(), limit + 1)?;
    let next = cut(&mut rows, limit).map(|last| place(&fold(&last.name)));
    let items = rows.iter().map(|group| view_of(view, actor, group)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// One group.
pub fn show(view: &View<'_>, actor: &Actor, name: &str) -> Result<GroupView, Fault> {
    rights::require_member(view, actor)?;
    view_of(view, actor, &find(view, name)?)
}

/// Makes a group.
pub fn add(tx: &Tx<'_>, actor: &Actor, new: &NewGroup) -> Result<GroupView, Fault> {
    tx.attempt(actor, "group.add", "group");
    rights::require_admin(tx, actor)?;
    check_new_name(tx, &new.name, None)?;
    if groups::count(tx)? >= GROUPS_MAX {
        return Err(Refusal::conflict("too-many-groups", "an office has at most 1,000 groups", "delete one that is not used").into());
    }
    let group = groups::insert(tx, &new.name)?;
    for name in &new.members {
        groups::add_member(tx, group.id, member(tx, name)?.0)?;
    }
    let members = counted(groups::member_count(tx, group.id)?, "member", "members");
    audit::done(tx, actor, "group.add", &object(&group), &members)?;
    view_of(tx, actor, &group)
}

/// What the audit calls a group: by its row, since a name is content.
fn object(group: &GroupRow) -> String {
    format!("group {}", group.id)
}

/// Gives a group another name.
pub fn rename(tx: &Tx<'_>, actor: &Actor, name: &str, new: &str) -> Result<GroupView, Fault> {
    tx.attempt(actor, "group.rename", "group");
    rights::require_admin(tx, actor)?;
    let group = find(tx, name)?;
    check_new_name(tx, new, Some(group.id))?;
    groups::rename(tx, group.id, new)?;
    audit::done(tx, actor, "group.rename", &object(&group), "")?;
    show(tx, actor, new)
}

/// Puts a user into a group.
pub fn add_member(tx: &Tx<'_>, actor: &Actor, name: &str, user: &str) -> Result<GroupView, Fault> {
    tx.attempt(actor, "group.member.add", "group");
    rights::require_admin(tx, actor)?;
    let group = find(tx, name)?;
    let (user, user_name) = member(tx, user)?;
    groups::add_member(tx, group.id, user)?;
    audit::done(tx, actor, "group.member.add", user_name.as_str(), &object(&group))?;
    view_of(tx, actor, &group)
}

/// Takes a user out of a group, and with that what he or she saw only through it.
pub fn remove_member(tx: &Tx<'_>, actor: &Actor, name: &str, user: &UserName) -> Result<GroupView, Fault> {
    tx.attempt(actor, "group.member.remove", user.as_str());
    rights::require_admin(tx, actor)?;
    let group = find(tx, name)?;
    let user = user_verbs::find(tx, user)?;
    if !groups::is_member(tx, group.id, user.id)? {
        let message = format!("{} is not in the group {}", user.name, group.name);
        return Err(Refusal::not_found("not-member", message, "see who is: interoffice group show GROUP").into());
    }
    if !planted(Bug::MemberStays) {
        groups::remove_member(tx, group.id, user.id)?;
    }
    claims::blank_all(tx)?;
    audit::done(tx, actor, "group.member.remove", user.name.as_str(), &object(&group))?;
    view_of(tx, actor, &group)
}

/// Makes a plan stale when the group is another one, or somebody else is in it.
pub(super) fn basis(view: &View<'_>, group: &GroupRow, draft: &mut Draft) -> Result<(), StoreFault> {
    draft.basis(format!("group {} {}", group.id, group.created_ms).as_bytes());
    for member in groups::members(view, group.id)? {
        draft.basis(member.as_str().as_bytes());
    }
    Ok(())
}

/// What deleting a group will do.
pub fn plan_delete(tx: &Tx<'_>, actor: &Actor, name: &str) -> Result<Plan, Fault> {
    tx.attempt(actor, "group.delete", "group");
    rights::require_admin(tx, actor)?;
    let group = find(tx, name)?;
    let (members, records) = (groups::member_count(tx, group.id)?, groups::record_count(tx, group.id)?);
    let mut draft = Draft::new("group.delete", group.name.as_str());
    basis(tx, &group, &mut draft)?;
    draft.change(format!("the group {} is deleted", group.name));
    if members > 0 && records > 0 {
        let all = if members == 1 { "its one member".to_owned() } else { format!("all its {members} members") };
        draft.change(format!("access to {} is revoked for {all}", counted(records, "record", "records")));
        draft.stay("who has a record through another group or by name keeps it".to_owned());
    }
    draft.counts.people = members;
    Ok(draft.finish(&tx.office.signer))
}

/// Deletes a group: whatever was seen only through it is seen no more from then on.
pub fn delete(tx: &Tx<'_>, actor: &Actor, name: &str, plan: &PlanId) -> Result<GroupView, Fault> {
    plan_delete(tx, actor, name)?.agreed(plan)?;
    let group = find(tx, name)?;
    let before = view_of(tx, actor, &group)?;
    groups::delete(tx, group.id)?;
    let detail = format!("members {}, records {}", before.members.as_ref().map_or(0, Vec::len), before.records.unwrap_or(0));
    claims::blank_all(tx)?;
    audit::done(tx, actor, "group.delete", &object(&group), &detail)?;
    Ok(before)
}
