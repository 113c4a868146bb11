//! How a user goes: disabled at once with everything that hangs on it, back again, the records handed over, and deleted at last.

use interoffice_protocol::names::UserName;
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::EndReason;
use serde::{Deserialize, Serialize};

use super::super::{links, rights};
use super::{UserView, check_last_admin, check_last_practitioner, enabled, find};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::user::Right;
use crate::store::records;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, claims, credentials, proxies, sessions};

/// What disabling a user will do.
pub fn plan_disable(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.disable", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = enabled(tx, name)?;
    check_last_admin(tx, &user)?;
    let mut draft = Draft::new("user.disable", name.as_str());
    draft.change(format!("{name} can neither sign in nor act any more"));
    if user.specialist {
        draft.change(format!("{name} loses the right {}", Right::RecordSharing.label()));
    }
    links::describe_end(tx, &links::live_links_of(tx, name)?, &mut draft)?;
    let proxies = proxies::list(tx, Some(user.id))?.len() as u64;
    if proxies > 0 {
        let (ends, which) = (if proxies == 1 { "ends" } else { "end" }, counted(proxies, "proxy", "proxies"));
        draft.change(format!("{which} {ends}: others no longer see what {name} owns, nor {name} what others own"));
    }
    let owned = records::count_of(tx, user.id)?;
    if owned.total() > 0 {
        let (stays, them) = if owned.total() == 1 { ("stays", "it") } else { ("stay", "them") };
        let owned = counted(owned.total(), "record", "records");
        draft.stay(format!("{owned} of this office {stays}, with {name} as owner; administrators see {them}"));
    }
    Ok(draft.finish(&tx.office.signer))
}

/// Disables a user: all links of the user end, and the copies shared over them are removed; whoever is signed in as the user is not
/// any more, and the user's tokens are gone.
pub fn disable(tx: &Tx<'_>, actor: &Actor, name: &UserName, plan: &PlanId) -> Result<UserView, Fault> {
    plan_disable(tx, actor, name)?.agreed(plan)?;
    let mut user = enabled(tx, name)?;
    (user.disabled, user.specialist) = (true, false);
    users::update(tx, &user)?;
    proxies::forget(tx, user.id)?;
    let ended = links::end_links_of(tx, actor, name, EndReason::UserGone)?;
    let signed_in = if planted(Bug::SessionSurvivesDisable) { 0 } else { sign_out(tx, &user)? };
    let owned = records::count_of(tx, user.id)?.total();
    audit::done(tx, actor, "user.disable", name.as_str(), &format!("links {ended}, records owned {owned}, sessions {signed_in}"))?;
    UserView::of(tx, actor, &user)
}

/// Ends the user's sessions, and takes tokens and passes away; says how many sessions there were.
fn sign_out(tx: &Tx<'_>, user: &UserRow) -> Result<u64, Fault> {
    sessions::delete_tokens(tx, user.id)?;
    sessions::forget_devices(tx, user.id)?;
    credentials::drop_passes(tx, Some(user.id))?;
    claims::blank(tx, &user.name)?;
    Ok(sessions::delete_of_user(tx, user.id, None)?)
}

/// Lets a disabled user act again; links and rights that ended do not come back.
pub fn enable(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<UserView, Fault> {
    tx.attempt(actor, "user.enable", name.as_str());
    rights::require_admin(tx, actor)?;
    let mut user = find(tx, name)?;
    if !user.disabled {
        return Err(Refusal::conflict("user-enabled", format!("the user {name} is not disabled"), "nothing needs to be done").into());
    }
    user.disabled = false;
    users::update(tx, &user)?;
    audit::done(tx, actor, "user.enable", name.as_str(), "")?;
    UserView::of(tx, actor, &user)
}

/// Who is to own the records of a user.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The new owner.
    pub to: String,
}

/// What handing over did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct HandedOver {
    /// Who owned the records before.
    pub from: String,
    /// Who owns them now.
    pub to: String,
    /// Records that changed hands, archived ones among them.
    pub records: u64,
}

fn checked(view: &View<'_>, name: &UserName, wanted: &HandOver) -> Result<(UserRow, UserRow, u64), Fault> {
    let from = find(view, name)?;
    let to = UserName::new(&wanted.to).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    let to = enabled(view, &to)?;
    if to.id == from.id {
        return Err(Refusal::conflict("already-owner", format!("{name} owns the records already"), "name another user").into());
    }
    to.account.check_owns(to.name.as_str())?;
    let live = links::live_links_of(view, name)?;
    if !live.is_empty() {
        let links = counted(live.len() as u64, "link that has not ended", "links that have not ended");
        let message = format!("{name} has {links}, and what is shared over them is shared by {name}");
        let remedy = format!("end them first, one by one or with: interoffice user disable {name}");
        return Err(Refusal::conflict("links-live", message, remedy).into());
    }
    let owned = records::count_all_of(view, from.id)?;
    if owned == 0 {
        return Err(Refusal::conflict("owns-nothing", format!("{name} owns no records"), "nothing needs to be done").into());
    }
    Ok((from, to, owned))
}

/// What handing all records of a user over to another will do.
pub fn plan_hand_over(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &HandOver) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.hand-over", name.as_str());
    rights::require_admin(tx, actor)?;
    let (from, to, owned) = checked(tx, name, wanted)?;
    let in_use = records::count_of(tx, from.id)?;
    let mut draft = Draft::new("user.hand-over", name.as_str());
    (draft.counts.contacts, draft.counts.businesses, draft.counts.households) = (in_use.contacts, in_use.businesses, in_use.households);
    draft.basis(to.name.as_str().as_bytes());
    let archived = owned.saturating_sub(in_use.total());
    let and = if archived > 0 { format!(", {archived} of them archived") } else { String::new() };
    draft.change(format!("{} owns {} of {name}{and}", to.name, counted(owned, "record", "records")));
    draft.change(format!("{name} keeps nothing of them by name"));
    draft.stay("every share with other users and groups stays as before");
    Ok(draft.finish(&tx.office.signer))
}

/// Hands all records of a user over to another; every grant stays, but for the new owner's own, which he or she needs no more.
pub fn hand_over(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &HandOver, plan: &PlanId) -> Result<HandedOver, Fault> {
    plan_hand_over(tx, actor, name, wanted)?.agreed(plan)?;
    let (from, to, _) = checked(tx, name, wanted)?;
    let moved = records::set_owner_of_all(tx, from.id, to.id)?;
    claims::blank_all(tx)?;
    for record in &moved {
        audit::done(tx, actor, "record.owner", &record.to_string(), &format!("{} instead of {name}", to.name))?;
    }
    audit::done(tx, actor, "user.hand-over", name.as_str(), &format!("to {}, records {}", to.name, moved.len()))?;
    Ok(HandedOver { from: name.to_string(), to: to.name.to_string(), records: moved.len() as u64 })
}

/// What deleting a user will do. Whoever owns records or has live links is not deleted: they are handed over or ended first.
pub fn plan_delete(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.delete", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = find(tx, name)?;
    if !user.disabled {
        check_last_admin(tx, &user)?;
        check_last_practitioner(tx, &user)?;
    }
    let owned = records::count_all_of(tx, user.id)?;
    if owned > 0 {
        let message = format!("{name} owns {}, which would be lost", counted(owned, "record", "records"));
        let remedy = format!("hand them over first: interoffice user hand-over {name} --to USER");
        return Err(Refusal::conflict("owns-records", message, remedy).into());
    }
    let live = links::live_links_of(tx, name)?.len() as u64;
    if live > 0 {
        let message = format!("{name} has {}", counted(live, "link that has not ended", "links that have not ended"));
        return Err(Refusal::conflict("links-live", message, format!("end them first: interoffice user disable {name}")).into());
    }
    let mut draft = Draft::new("user.delete", name.as_str());
    draft.change(format!("{name} is deleted: names, address, password, shares, proxies and memberships go"));
    draft.stay(format!("the sign-in name {name} stays taken, and what the audit says of it stays"));
    Ok(draft.finish(&tx.office.signer))
}

/// Deletes a user who owns nothing.
pub fn delete(tx: &Tx<'_>, actor: &Actor, name: &UserName, plan: &PlanId) -> Result<UserView, Fault> {
    plan_delete(tx, actor, name)?.agreed(plan)?;
    let user = find(tx, name)?;
    let view = UserView::of(tx, actor, &user)?;
    sign_out(tx, &user)?;
    credentials::forget(tx, user.id)?;
    proxies::forget(tx, user.id)?;
    users::delete(tx, user.id)?;
    audit::done(tx, actor, "user.delete", name.as_str(), "")?;
    Ok(UserView { state: "deleted", disabled: true, ..view })
}
