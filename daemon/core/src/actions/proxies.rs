//! Proxies: users who see what another user owns, private records left out. They never reach what other offices share.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{rights, users as user_verbs};
use crate::domain::access::level::label;
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::proxies::{self, ProxyRow};
use crate::store::users::UserRow;
use crate::store::{Fault, Tx, View, audit, claims, records};

/// A proxy as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProxyView {
    /// The user who sees.
    pub proxy: String,
    /// The user whose records are seen.
    pub owner: String,
    /// Since when (milliseconds since 1970, UTC).
    pub since_ms: i64,
}

impl From<ProxyRow> for ProxyView {
    fn from(row: ProxyRow) -> Self {
        let ProxyRow { proxy, owner, since_ms } = row;
        Self { proxy, owner, since_ms }
    }
}

/// Who is to be a proxy of a user, or no longer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyChange {
    /// The user who is to see.
    pub proxy: String,
    /// Whether he or she is to be a proxy; naming one is for who may share.
    pub on: bool,
}

fn is_admin(view: &View<'_>, actor: &Actor) -> Result<bool, Fault> {
    match actor {
        Actor::Operator => Ok(true),
        _ => Ok(rights::require_user(view, actor)?.role.administers),
    }
}

/// Refuses whoever is neither an administrator nor the user that it is about.
fn require_concerned(view: &View<'_>, actor: &Actor, user: &UserName) -> Result<(), Fault> {
    if is_admin(view, actor)? || actor.user() == Some(user) {
        return Ok(());
    }
    let message = format!("the proxies of {user} are a matter of {user} and of administrators");
    Err(Refusal::denied("not-admin", message, "ask one of them").into())
}

/// The proxies that have to do with a user: who sees what the user owns, and whose records the user sees.
pub fn of_user(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<Vec<ProxyView>, Fault> {
    require_concerned(view, actor, name)?;
    let user = user_verbs::find(view, name)?;
    Ok(proxies::list(view, Some(user.id))?.into_iter().map(ProxyView::from).collect())
}

/// All proxies of the office for administrators; for others those that have to do with them.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<ProxyView>, Fault> {
    let only = if is_admin(view, actor)? { None } else { Some(rights::require_user(view, actor)?.id) };
    Ok(proxies::list(view, only)?.into_iter().map(ProxyView::from).collect())
}

fn verb(change: &ProxyChange) -> &'static str {
    if change.on { "user.proxy.add" } else { "user.proxy.remove" }
}

/// The owner and the proxy.
fn checked(view: &View<'_>, actor: &Actor, owner: &UserName, change: &ProxyChange) -> Result<(UserRow, UserRow), Fault> {
    require_concerned(view, actor, owner)?;
    if change.on && !planted(Bug::ProxyWithoutSharing) {
        // Whoever names a proxy lets somebody see records, as with a share; whoever takes one away lets nobody.
        rights::require_sharing(view, &rights::viewer(view, actor)?)?;
    }
    let name = UserName::new(&change.proxy).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    let (owner, proxy) = (user_verbs::enabled(view, owner)?, user_verbs::enabled(view, &name)?);
    if owner.id == proxy.id {
        return Err(Refusal::invalid("own-proxy", format!("{name} sees what {name} owns"), "name another user").into());
    }
    if change.on && actor.user() == Some(&name) {
        let message = "nobody makes him- or herself a proxy";
        return Err(Refusal::denied("own-proxy", message, format!("ask {}, or another administrator", owner.name)).into());
    }
    match (change.on, proxies::is_proxy(view, proxy.id, owner.id)?) {
        (true, true) => {
            let message = format!("{name} is a proxy of {} already", owner.name);
            Err(Refusal::conflict("already-proxy", message, "nothing needs to be done").into())
        }
        (false, false) => {
            let message = format!("{name} is no proxy of {}", owner.name);
            Err(Refusal::not_found("unknown-proxy", message, "see the proxies: interoffice user proxy list").into())
        }
        _ => Ok((owner, proxy)),
    }
}

/// What making a user a proxy of another, or no longer, will do.
pub fn plan_set(tx: &Tx<'_>, actor: &Actor, owner: &UserName, change: &ProxyChange) -> Result<Plan, Fault> {
    tx.attempt(actor, verb(change), owner.as_str());
    let (owner, proxy) = checked(tx, actor, owner, change)?;
    let mut draft = Draft::new(verb(change), owner.name.as_str());
    draft.basis(format!("{} {}", owner.id, proxy.id).as_bytes());
    let (open, private) = (records::open_of(tx, owner.id)?, records::count_of(tx, owner.id)?.total());
    let private = private.saturating_sub(open.total());
    let reached = counted(open.total(), "record", "records");
    if change.on {
        draft.change(format!(
            "{} becomes a proxy of {} and gets {} on {reached} of {} in use, and on whatever is added",
            proxy.name,
            owner.name,
            label(Level::Write),
            owner.name
        ));
        draft.stay(format!("{} neither shares nor deletes them", proxy.name));
        draft.stay(format!("what other offices share with {} is not shown to {}", owner.name, proxy.name));
        if private > 0 {
            let stay = if private == 1 { "stays" } else { "stay" };
            draft.stay(format!("{} {stay} hidden unless shared by name", counted(private, "private record", "private records")));
        }
    } else {
        draft.change(format!("{} is no longer a proxy of {}: {reached} in use are no longer seen through it", proxy.name, owner.name));
        draft.stay(format!("what {} owns, or has by name, through a group or by a right, stays", proxy.name));
    }
    draft.counts.contacts = open.contacts;
    draft.counts.businesses = open.businesses;
    draft.counts.households = open.households;
    draft.counts.people = 1;
    Ok(draft.finish(&tx.office.signer))
}

/// Makes a user a proxy of another, or no longer; gives the proxies that have to do with the owner.
pub fn set(tx: &Tx<'_>, actor: &Actor, owner: &UserName, change: &ProxyChange, plan: &PlanId) -> Result<Vec<ProxyView>, Fault> {
    plan_set(tx, actor, owner, change)?.agreed(plan)?;
    let (owner, proxy) = checked(tx, actor, owner, change)?;
    proxies::set(tx, proxy.id, owner.id, change.on)?;
    claims::blank_all(tx)?;
    audit::done(tx, actor, verb(change), owner.name.as_str(), proxy.name.as_str())?;
    of_user(tx, actor, &owner.name)
}
