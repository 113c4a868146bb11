//! Client access: whether users see only records that concern them, who may share, whether users may ask for
//! access, and all clients for one user.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::requests::count_waiting;
use super::users::{UserView, enabled};
use super::{digest, rights};
use crate::domain::access::Policy;
use crate::domain::access::level::{self, label};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::{Fault, Tx, View, audit, claims, office, records, users};

/// The settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct ClientAccess {
    /// Whether users see only records that concern them.
    pub on: bool,
    /// Whether users with Full Control may share, or administrators alone.
    pub sharing: bool,
    /// Whether users see the names of what is hidden from them, and may ask for access.
    pub requesting: bool,
    /// Whether office security hides records of others too.
    pub office_security: bool,
}

/// What is to be switched; what is not given stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    /// Client access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// Sharing by users with Full Control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharing: Option<bool>,
    /// Asking for access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requesting: Option<bool>,
}

/// The settings as they are.
pub fn view(view: &View<'_>, actor: &Actor) -> Result<ClientAccess, Fault> {
    rights::require_member(view, actor)?;
    let Policy { office_security, client_access, sharing, requesting } = office::load(view)?.policy;
    Ok(ClientAccess { on: client_access, sharing, requesting, office_security })
}

/// What switching will do. Switching client access on changes nothing for what is there: what everybody reads stays readable for all,
/// as a share with the whole office that is taken away record by record.
pub fn plan_switch(tx: &Tx<'_>, actor: &Actor, switch: &Switch) -> Result<Plan, Fault> {
    tx.attempt(actor, "client-access.set", "office");
    rights::require_admin(tx, actor)?;
    let office = office::load(tx)?;
    let policy = office.policy;
    let mut draft = Draft::new("client-access.set", office.name.as_str());
    if let Some(on) = switch.on.filter(|on| *on != policy.client_access) {
        describe_access(tx, on, policy.office_security, &mut draft)?;
    }
    match switch.sharing.filter(|on| *on != policy.sharing) {
        Some(true) => draft.change("users with Full Control of a record may share it with others of the office"),
        Some(false) => {
            draft.change("administrators alone share records, and take people off them");
            draft.stay("what is shared stays shared");
        }
        None => {}
    }
    let after = Policy {
        client_access: switch.on.unwrap_or(policy.client_access),
        requesting: switch.requesting.unwrap_or(policy.requesting),
        ..policy
    };
    describe_requesting(tx, &policy, &after, &mut draft)?;
    Ok(draft.finish(&tx.office.signer))
}

/// What users see and may ask for after the switch, and did not before, or the other way round.
fn describe_requesting(view: &View<'_>, before: &Policy, after: &Policy, draft: &mut Draft) -> Result<(), Fault> {
    let marks = records::count_marks(view)?;
    match (before.takes_requests(), after.takes_requests()) {
        (false, true) => {
            let (open, are) = (counted(marks.open, "record", "records"), if marks.open == 1 { "is" } else { "are" });
            draft.change(format!(
                "every user of the office sees the names of all {open} that {are} not private, and of those added later, without access too"
            ));
            draft.change("users may ask for access; whoever may share a record answers");
            if marks.private > 0 {
                draft.stay(format!("no name is shown of {}", counted(marks.private, "private record", "private records")));
            }
        }
        (true, false) => {
            draft.change("users no longer ask for access");
            if !after.is_open() {
                draft.change("the names of records that users have no access to are hidden from them again");
            }
            let waiting = count_waiting(view)?;
            if waiting > 0 {
                let stay = if waiting == 1 { "stays" } else { "stay" };
                draft.stay(format!("{} {stay} open and can be answered or withdrawn", counted(waiting, "request", "requests")));
            }
        }
        (false, false) if after.requesting && !before.requesting => {
            draft.stay("every record that is not private is read by all; requests are taken once client access or office security is on");
        }
        _ => {}
    }
    Ok(())
}

fn describe_access(view: &View<'_>, on: bool, office_security: bool, draft: &mut Draft) -> Result<(), Fault> {
    let marks = records::count_marks(view)?;
    let (open, kept) = (counted(marks.open, "record", "records"), counted(marks.kept_open, "record", "records"));
    let (open_are, kept_are) = (if marks.open == 1 { "is" } else { "are" }, if marks.kept_open == 1 { "is" } else { "are" });
    match (on, office_security) {
        (true, false) => {
            draft.change("new records are seen by their owner alone, until they are shared");
            draft.stay(format!("{kept} that everybody reads {kept_are} shared with the whole office, so that nobody loses access"));
        }
        (true, true) => draft.change("client access is on; office security hides what users are not to see already"),
        (false, false) => draft.change(format!("every user of the office reads all {open} that {open_are} not private")),
        (false, true) => draft.stay("office security is on, so nobody sees more than before"),
    }
    describe_digest(view, on, draft)
}

/// The warning before client access is switched on: everybody is written to from then on.
fn describe_digest(view: &View<'_>, on: bool, draft: &mut Draft) -> Result<(), Fault> {
    if !on {
        draft.change("nobody is sent a daily digest any more");
        return Ok(());
    }
    let users = users::list(view)?.iter().filter(|user| !user.disabled && !user.email.is_empty()).count() as u64;
    let counts = records::count_by_owner(view)?.iter().map(|(_, counts)| counts.total()).sum();
    draft.change(format!(
        "all users are sent a daily digest of changes to the records that they have access to, until they opt out record by record: {} with \
         an e-mail address, {}, at 07:00 {}",
        counted(users, "user", "users"),
        counted(counts, "record", "records"),
        office::time_zone(view)?,
    ));
    Ok(())
}

/// Switches what is given.
pub fn switch(tx: &Tx<'_>, actor: &Actor, switch: &Switch, plan: &PlanId) -> Result<ClientAccess, Fault> {
    plan_switch(tx, actor, switch)?.agreed(plan)?;
    let policy = office::load(tx)?.policy;
    if let Some(on) = switch.on.filter(|on| *on != policy.client_access) {
        let kept = if on && (policy.is_open() || planted(Bug::SwitchOnShares)) { records::keep_open(tx)? } else { 0 };
        office::set_client_access(tx, on)?;
        if on {
            digest::skip_today(tx)?;
        }
        let detail = if on { format!("on, {} shared with the whole office", counted(kept, "record", "records")) } else { "off".to_owned() };
        claims::blank_all(tx)?;
        audit::done(tx, actor, "client-access.set", "office", &detail)?;
    }
    if let Some(on) = switch.sharing.filter(|on| *on != policy.sharing) {
        office::set_sharing(tx, on)?;
        audit::done(tx, actor, "client-access.sharing", "office", if on { "on" } else { "off" })?;
    }
    if let Some(on) = switch.requesting.filter(|on| *on != policy.requesting) {
        office::set_requesting(tx, on)?;
        audit::done(tx, actor, "client-access.requesting", "office", if on { "on" } else { "off" })?;
    }
    view(tx, actor)
}

/// The level at which all clients are to be shared with a user.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AllClients {
    /// `read`, `write`, `full-control`, or `none`.
    pub level: String,
}

/// What sharing all clients with a user, or no longer, will do.
pub fn plan_all_clients(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &AllClients) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.all-clients", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = enabled(tx, name)?;
    let level = level::parse(&wanted.level)?;
    level::check(user.account, name.as_str(), level)?;
    if level.is_some() && user.specialist {
        let message = format!("{name} is a specialist, and nobody has all clients together with Record Sharing");
        let remedy = format!("disable Record Sharing first: interoffice specialist disable {name}");
        return Err(Refusal::denied("right-excluded", message, remedy).into());
    }
    let mut draft = Draft::new("user.all-clients", name.as_str());
    let marks = records::count_marks(tx)?;
    let reached = counted(marks.open, "record", "records");
    match (user.all_clients, level) {
        (before, after) if before == after => {}
        (_, Some(level)) => {
            let are = if marks.open == 1 { "is" } else { "are" };
            draft.change(format!("{name} gets {} on all clients: {reached} that {are} not private, and whatever is added", label(level)));
            if level == Level::Write {
                draft.change(format!("{name} may take Full Control of each of them by sharing it with him- or herself"));
            }
        }
        (Some(level), None) => {
            draft.change(format!("{name} no longer has {} on all clients", label(level)));
            draft.stay(format!("what {name} owns, or has by name or through a group, stays"));
        }
        (None, None) => {}
    }
    if level.is_some() && marks.private > 0 {
        let (private, stay) =
            (counted(marks.private, "private record", "private records"), if marks.private == 1 { "stays" } else { "stay" });
        draft.stay(format!("{private} {stay} hidden unless shared by name"));
    }
    Ok(draft.finish(&tx.office.signer))
}

/// Shares all clients with a user, or no longer.
pub fn set_all_clients(tx: &Tx<'_>, actor: &Actor, name: &UserName, wanted: &AllClients, plan: &PlanId) -> Result<UserView, Fault> {
    plan_all_clients(tx, actor, name, wanted)?.agreed(plan)?;
    let mut user = enabled(tx, name)?;
    user.all_clients = level::parse(&wanted.level)?;
    users::update(tx, &user)?;
    claims::blank_all(tx)?;
    audit::done(tx, actor, "user.all-clients", name.as_str(), user.all_clients.map_or("none", Level::as_str))?;
    UserView::of(tx, actor, &user)
}
