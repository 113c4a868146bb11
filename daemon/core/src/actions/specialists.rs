//! Specialists: users with the right Record Sharing. Enabling and disabling it changes more than the user, so both are planned,
//! read and confirmed.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::EndReason;
use serde::{Deserialize, Serialize};

use super::link_view::LinkView;
use super::links::{self, Ask};
use super::users::{self as user_verbs, UserView};
use super::{peers, rights};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::user::{Account, Right};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, claims, office, records};

/// Whom the new specialist wants to share with, asked in the same step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// The other office: its name or its id.
    pub office: String,
    /// The user there.
    pub user: String,
    /// Why, for both sides to read; may be empty.
    #[serde(default)]
    pub purpose: String,
}

/// A user who became a specialist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Enabled {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// The link that was asked for in the same step.
    pub link: Option<LinkView>,
}

/// A user who is no specialist any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Disabled {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// Links that ended with the right.
    pub links_ended: u64,
}

/// The specialists of the office.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<UserView>, Fault> {
    Ok(user_verbs::list(view, actor)?.into_iter().filter(|user| user.specialist && !user.disabled).collect())
}

/// What enabling Record Sharing for a user will do: only what will really change, and what could be feared to change.
pub fn plan_enable(tx: &Tx<'_>, actor: &Actor, name: &UserName, handshake: Option<&Handshake>) -> Result<Plan, Fault> {
    tx.attempt(actor, "specialist.enable", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = enableable(tx, name)?;
    let mut draft = Draft::new("specialist.enable", name.as_str());
    let right = Right::RecordSharing.label();
    draft.change(format!("{name} receives the right {right} and can link with users of other offices and share records with them"));
    for (held, right) in [(user.super_user, Right::SuperUser), (user.enterprise_view, Right::EnterpriseView)] {
        if held {
            draft.change(format!("{} is switched off for {name}", right.label()));
        }
    }
    if user.all_clients.is_some() {
        draft.change(format!("all clients are no longer shared with {name}"));
    }
    if user.role.administers {
        draft.change(format!("{name} no longer sees every record of the office, and stays an administrator"));
    }
    describe_security(tx, &mut draft)?;
    if let Some(handshake) = handshake {
        let peer = peers::find(tx, &handshake.office)?;
        let reader = UserName::new(&handshake.user).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
        draft.change(format!("a link request goes from {name} to {reader} at {}", peer.name));
        (draft.counts.links, draft.counts.offices, draft.counts.people) = (1, 1, 1);
        draft.basis(&peer.office.0);
        draft.basis(handshake.purpose.as_bytes());
    }
    Ok(draft.finish(&tx.office.signer))
}

/// The user, who can become a specialist.
fn enableable(view: &View<'_>, name: &UserName) -> Result<UserRow, Fault> {
    let user = user_verbs::enabled(view, name)?;
    if user.specialist {
        let message = format!("{name} has the right Record Sharing already");
        return Err(Refusal::conflict("already-specialist", message, "nothing needs to be done").into());
    }
    if user.account == Account::Assistant {
        let message = format!("{name} is an assistant, and assistants own no clients whom they could share");
        return Err(Refusal::denied("assistant", message, "enable it for a practitioner or an administrator").into());
    }
    user_verbs::check_last_admin(view, &user)?;
    Ok(user)
}

fn describe_security(view: &View<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let office = office::load(view)?;
    let marks = records::count_marks(view)?;
    let (unassigned, open) = (marks.unassigned_contacts, marks.whole_office);
    draft.counts.unassigned_contacts = unassigned;
    if office.policy.office_security {
        draft.basis(b"office security is on");
        return Ok(());
    }
    draft.change(format!("office security is switched on for {}: users see only contacts assigned to them", office.name));
    if open > 0 {
        let stay = if open == 1 { "stays" } else { "stay" };
        draft.stay(format!("{} shared with the whole office {stay} visible to all its users", counted(open, "record", "records")));
    }
    if unassigned > 0 {
        let (contacts, stay) = (counted(unassigned, "contact", "contacts"), if unassigned == 1 { "stays" } else { "stay" });
        draft.stay(format!("{contacts} without an assigned user {stay} visible to all users of the office"));
    }
    Ok(())
}

/// Enables Record Sharing: Super User and Enterprise View go, office security comes, and a handshake is asked for.
pub fn enable(tx: &Tx<'_>, actor: &Actor, name: &UserName, handshake: Option<&Handshake>, plan: &PlanId) -> Result<Enabled, Fault> {
    plan_enable(tx, actor, name, handshake)?.agreed(plan)?;
    let mut user = enableable(tx, name)?;
    (user.specialist, user.super_user, user.enterprise_view, user.all_clients) = (true, false, false, None);
    users::update(tx, &user)?;
    if !office::load(tx)?.policy.office_security {
        office::set_security(tx, true)?;
        audit::done(tx, actor, "office.security", "office", "on")?;
    }
    claims::blank_all(tx)?;
    audit::done(tx, actor, "specialist.enable", name.as_str(), "")?;
    let link = match handshake {
        Some(handshake) => Some(links::request_for(tx, actor, name, &ask(handshake))?),
        None => None,
    };
    Ok(Enabled { user: UserView::of(tx, actor, &user)?, link })
}

fn ask(handshake: &Handshake) -> Ask {
    Ask {
        office: handshake.office.clone(),
        user: handshake.user.clone(),
        purpose: handshake.purpose.clone(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: None,
    }
}

/// What disabling Record Sharing for a user will do, with numbers, and what it leaves as it is.
pub fn plan_disable(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<Plan, Fault> {
    tx.attempt(actor, "specialist.disable", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = disableable(tx, name)?;
    let mut draft = Draft::new("specialist.disable", name.as_str());
    draft.change(format!("{name} loses the right {}", Right::RecordSharing.label()));
    let live = links::live_links_of(tx, name)?;
    if !live.is_empty() {
        let (links, end) = (counted(live.len() as u64, "link", "links"), if live.len() == 1 { "ends" } else { "end" });
        draft.change(format!("{links} of {name} {end}"));
    }
    links::describe_end(tx, &live, &mut draft)?;
    if user.role.administers {
        draft.change(format!("as an administrator {name} sees every record of the office again, private ones among them"));
    }
    draft.stay(format!("Super User and Enterprise View stay off for {name}"));
    if office::load(tx)?.policy.office_security {
        draft.stay("office security stays on");
    }
    let owned = records::count_of(tx, user.id)?.total();
    if owned > 0 {
        let (owned, stay) = (counted(owned, "record", "records"), if owned == 1 { "stays" } else { "stay" });
        draft.stay(format!("{owned} of {name} {stay} in this office"));
    }
    Ok(draft.finish(&tx.office.signer))
}

fn disableable(view: &View<'_>, name: &UserName) -> Result<UserRow, Fault> {
    let user = user_verbs::enabled(view, name)?;
    if !user.specialist {
        let message = format!("{name} does not have the right Record Sharing");
        return Err(Refusal::conflict("not-specialist", message, "nothing needs to be done").into());
    }
    Ok(user)
}

/// Disables Record Sharing: all links of the user end; nothing that was switched off or on with it comes back.
pub fn disable(tx: &Tx<'_>, actor: &Actor, name: &UserName, plan: &PlanId) -> Result<Disabled, Fault> {
    plan_disable(tx, actor, name)?.agreed(plan)?;
    let mut user = disableable(tx, name)?;
    user.specialist = false;
    users::update(tx, &user)?;
    let links_ended = links::end_links_of(tx, actor, name, EndReason::RightDisabled)?;
    claims::blank_all(tx)?;
    audit::done(tx, actor, "specialist.disable", name.as_str(), &format!("links {links_ended}"))?;
    Ok(Disabled { user: UserView::of(tx, actor, &user)?, links_ended })
}
