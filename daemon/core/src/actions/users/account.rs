//! What an account is for, and which role a user has: both change what a user may do, so they are planned, read and confirmed.

use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};

use super::super::{rights, roles};
use super::{UserView, check_last_admin, check_last_practitioner, enabled};
use crate::domain::access::level::{highest, label};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::role::{Permission, Permissions, check_fit};
use crate::domain::user::Account;
use crate::store::records;
use crate::store::roles as role_rows;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, claims, grants};

/// What a user is to be; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Assignment {
    /// What the account is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Name of the role; when only the account is given, the role that goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// The user as he or she is, and as he or she is to be.
fn checked(view: &View<'_>, name: &UserName, wanted: &Assignment) -> Result<(UserRow, UserRow), Fault> {
    let before = enabled(view, name)?;
    let account = wanted.account.unwrap_or(before.account);
    let role = match &wanted.role {
        Some(role) => roles::find(view, role)?,
        None if account != before.account => role_rows::standard(view, account)?,
        None => before.role.clone(),
    };
    check_fit(account, role.administers, name.as_str())?;
    let after = UserRow { account, role, ..before.clone() };
    if !after.role.administers {
        check_last_admin(view, &before)?;
    }
    if !account.owns_clients() {
        check_last_practitioner(view, &before)?;
        check_owns_nothing(view, &before, account)?;
    }
    if account == Account::Assistant && before.specialist {
        let message = format!("{name} is a specialist, and assistants own no clients whom they could share");
        let remedy = format!("disable Record Sharing first: interoffice specialist disable {name}");
        return Err(Refusal::conflict("specialist", message, remedy).into());
    }
    Ok((before, after))
}

fn check_owns_nothing(view: &View<'_>, user: &UserRow, account: Account) -> Result<(), Fault> {
    let owned = records::count_all_of(view, user.id)?;
    if owned == 0 {
        return Ok(());
    }
    let (name, owned) = (&user.name, counted(owned, "record", "records"));
    let what = if account == Account::Admin { "an account that only administers" } else { "an assistant" };
    let message = format!("{name} owns {owned}, and {what} owns no clients");
    Err(Refusal::conflict("owns-records", message, format!("hand them over first: interoffice user hand-over {name} --to USER")).into())
}

/// What another account type or role will change for a user.
pub fn plan_assign(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &Assignment) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.assign", name.as_str());
    rights::require_admin(tx, actor)?;
    let (before, after) = checked(tx, name, wanted)?;
    let mut draft = Draft::new("user.assign", name.as_str());
    if before.account != after.account {
        draft.change(format!("the account of {name} is {} instead of {}", after.account.as_str(), before.account.as_str()));
    }
    if before.role.id != after.role.id {
        draft.change(format!("{name} has the role {} instead of {}", after.role.name, before.role.name));
    }
    describe_shares(tx, &before, &after, &mut draft)?;
    describe(tx, &before, &after, &mut draft)?;
    draft.basis(&after.role.permissions.bits().to_be_bytes());
    if before.account == Account::Practitioner && after.account != Account::Practitioner {
        draft.stay(format!("{name} owns no record, so none needs another owner"));
    }
    Ok(draft.finish(&tx.office.signer))
}

/// What becomes of records that were shared with the user at a level that one of the two accounts can't have.
fn describe_shares(view: &View<'_>, before: &UserRow, after: &UserRow, draft: &mut Draft) -> Result<(), Fault> {
    let full = grants::full_count(view, before.id)?;
    let (had, has) = (highest(before.account), highest(after.account));
    if full > 0 && had != has {
        draft.change(format!(
            "{} has {} instead of {} on {} shared by name",
            before.name,
            label(has),
            label(had),
            counted(full, "record", "records")
        ));
    }
    Ok(())
}

/// What a user may do after a change that he or she could not before, and the other way round.
fn describe(view: &View<'_>, before: &UserRow, after: &UserRow, draft: &mut Draft) -> Result<(), Fault> {
    let name = &before.name;
    match (before.role.administers, after.role.administers) {
        (false, true) if after.specialist => draft.change(format!("{name} administers the office, without seeing every record of it")),
        (false, true) => draft.change(format!("{name} administers the office and sees every record of it, private ones among them")),
        (true, false) => draft.change(format!("{name} no longer administers the office, nor sees every record of it")),
        _ => {}
    }
    let (had, has) = (before.role.permissions, after.role.permissions);
    for permission in differing(had, has) {
        let can = if has.has(permission) { "may" } else { "may no longer" };
        draft.change(format!("{name} {can} {}", permission.words()));
        if permission == Permission::AllClients && !after.role.administers && has.has(permission) {
            let open = records::count_marks(view)?.open;
            let not = if after.specialist { "this does not count while he or she is a specialist" } else { "private ones stay hidden" };
            draft.stay(format!("that is {} now; {not}", counted(open, "record", "records")));
        }
    }
    Ok(())
}

/// The permissions that are in one of the sets alone.
pub(in crate::actions) fn differing(a: Permissions, b: Permissions) -> impl Iterator<Item = Permission> {
    Permission::ALL.into_iter().filter(move |permission| a.has(*permission) != b.has(*permission))
}

/// Gives a user another account type or role.
pub fn assign(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &Assignment, plan: &PlanId) -> Result<UserView, Fault> {
    plan_assign(tx, actor, name, wanted)?.agreed(plan)?;
    let (_, after) = checked(tx, name, wanted)?;
    users::update(tx, &after)?;
    claims::blank(tx, name)?;
    let detail = format!("account {}, role {}", after.account.as_str(), after.role.id);
    audit::done(tx, actor, "user.assign", name.as_str(), &detail)?;
    UserView::of(tx, actor, &after)
}
