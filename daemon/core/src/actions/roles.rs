//! Roles: made, changed and deleted by administrators. Everybody who has a role is concerned by its change, so that is planned.

use serde::{Deserialize, Serialize};

use super::rights;
use super::users::differing;
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::role::{NAME_CHARS_MAX, Permission, Permissions, ROLES_MAX, check_name};
use crate::store::roles::{self, RoleRow};
use crate::store::{Fault, Tx, View, audit, claims, records};

/// What a role is made with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewRole {
    /// Its name: 1 to 100 printable characters.
    pub name: String,
    /// Names of the permissions.
    pub permissions: Vec<String>,
}

/// What is to be changed of a role; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoleChange {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Names of all permissions that it is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
}

/// A role as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RoleView {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<&'static str>,
    /// Whether it administers the office; it can't be changed then.
    pub administers: bool,
    /// Users who have it.
    pub users: u64,
    /// When it was made (milliseconds since 1970, UTC); 0 for a role that was there from the start.
    pub created_ms: i64,
}

impl RoleView {
    fn of(role: &RoleRow, users: u64) -> Self {
        let RoleRow { name, permissions, administers, created_ms, .. } = role;
        Self { name: name.clone(), permissions: permissions.names(), administers: *administers, users, created_ms: *created_ms }
    }
}

/// The role with this name.
pub(super) fn find(view: &View<'_>, name: &str) -> Result<RoleRow, Fault> {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let unknown =
        || Refusal::not_found("unknown-role", format!("this office has no role '{shown}'"), "see its roles: interoffice role list");
    Ok(roles::find(view, name)?.ok_or_else(unknown)?)
}

/// All roles by name.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<RoleView>, Fault> {
    rights::require_member(view, actor)?;
    Ok(roles::list(view)?.iter().map(|(role, users)| RoleView::of(role, *users)).collect())
}

/// One role.
pub fn show(view: &View<'_>, actor: &Actor, name: &str) -> Result<RoleView, Fault> {
    rights::require_member(view, actor)?;
    let role = find(view, name)?;
    Ok(RoleView::of(&role, roles::user_count(view, role.id)?))
}

fn check_new_name(view: &View<'_>, name: &str, but: Option<i64>) -> Result<(), Fault> {
    check_name(name)?;
    if roles::find(view, name)?.is_some_and(|role| Some(role.id) != but) {
        let message = format!("this office has a role '{name}' already; letter case and accents make no difference");
        return Err(Refusal::conflict("role-exists", message, "choose another name").into());
    }
    Ok(())
}

/// Makes a role that nobody has yet.
pub fn add(tx: &Tx<'_>, actor: &Actor, new: &NewRole) -> Result<RoleView, Fault> {
    tx.attempt(actor, "role.add", "role");
    rights::require_admin(tx, actor)?;
    check_new_name(tx, &new.name, None)?;
    let permissions = Permissions::parse(&new.permissions)?;
    if roles::count(tx)? >= ROLES_MAX {
        return Err(Refusal::conflict("too-many-roles", "an office has at most 100 roles", "delete one that nobody has").into());
    }
    let role = roles::insert(tx, &new.name, permissions)?;
    audit::done(tx, actor, "role.add", &role.id.to_string(), &permissions.names().join(" "))?;
    Ok(RoleView::of(&role, 0))
}

/// The role, which can be changed.
fn changeable(view: &View<'_>, name: &str) -> Result<RoleRow, Fault> {
    let role = find(view, name)?;
    if role.administers {
        let message = format!("the role {} allows everything, and can be neither changed nor deleted", role.name);
        return Err(Refusal::denied("fixed-role", message, "make another role: interoffice role add NAME").into());
    }
    Ok(role)
}

fn changed(view: &View<'_>, name: &str, change: &RoleChange) -> Result<(RoleRow, RoleRow), Fault> {
    let before = changeable(view, name)?;
    let mut after = before.clone();
    if let Some(name) = &change.name {
        check_new_name(view, name, Some(before.id))?;
        after.name.clone_from(name);
    }
    if let Some(permissions) = &change.permissions {
        after.permissions = Permissions::parse(permissions)?;
    }
    Ok((before, after))
}

/// What changing a role will do for those who have it.
pub fn plan_change(tx: &Tx<'_>, actor: &Actor, name: &str, change: &RoleChange) -> Result<Plan, Fault> {
    tx.attempt(actor, "role.change", "role");
    rights::require_admin(tx, actor)?;
    let (before, after) = changed(tx, name, change)?;
    let users = roles::user_count(tx, before.id)?;
    let mut draft = Draft::new("role.change", before.name.as_str());
    draft.basis(&before.id.to_be_bytes());
    if before.name != after.name {
        draft.change(format!("the role is called {} instead of {}", after.name, before.name));
    }
    for permission in differing(before.permissions, after.permissions) {
        let can = if after.permissions.has(permission) { "may" } else { "may no longer" };
        draft.change(format!("{} with this role {can} {}", counted(users, "user", "users"), permission.words()));
        if permission == Permission::AllClients && after.permissions.has(permission) {
            let open = records::count_marks(tx)?.open;
            draft.stay(format!("that is {} now; private ones stay hidden", counted(open, "record", "records")));
        }
    }
    Ok(draft.finish(&tx.office.signer))
}

/// Changes a role.
pub fn change(tx: &Tx<'_>, actor: &Actor, name: &str, wanted: &RoleChange, plan: &PlanId) -> Result<RoleView, Fault> {
    plan_change(tx, actor, name, wanted)?.agreed(plan)?;
    let (_, after) = changed(tx, name, wanted)?;
    roles::update(tx, after.id, &after.name, after.permissions)?;
    claims::blank_all(tx)?;
    audit::done(tx, actor, "role.change", &after.id.to_string(), &after.permissions.names().join(" "))?;
    Ok(RoleView::of(&after, roles::user_count(tx, after.id)?))
}

/// Deletes a role that nobody has.
pub fn delete(tx: &Tx<'_>, actor: &Actor, name: &str) -> Result<RoleView, Fault> {
    tx.attempt(actor, "role.delete", "role");
    rights::require_admin(tx, actor)?;
    let role = changeable(tx, name)?;
    let users = roles::user_count(tx, role.id)?;
    if users > 0 {
        let message = format!("{} the role {}", counted(users, "user has", "users have"), role.name);
        return Err(Refusal::conflict("role-in-use", message, "give them another one first: interoffice user role USER ROLE").into());
    }
    let instead = roles::list(tx)?.into_iter().map(|(other, _)| other).find(|other| other.id != role.id && !other.administers);
    let Some(instead) = instead else {
        let message = "this is the last role that does not administer, and new users need one";
        return Err(Refusal::conflict("last-role", message, "make another role first").into());
    };
    roles::delete(tx, role.id, instead.id)?;
    audit::done(tx, actor, "role.delete", &role.id.to_string(), "")?;
    Ok(RoleView::of(&role, 0))
}
