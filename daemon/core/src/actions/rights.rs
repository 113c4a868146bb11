//! May I: who the actor is, and what the verbs ask of him or her before they begin.

use crate::domain::access::{self, Decision, Facts, Sight, Viewer};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::user::Account;
use crate::store::records::RecordRow;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, View, grants, office, proxies};

/// The enabled user that acts. The operator acts as nobody in particular and must say as whom.
pub fn require_user(view: &View<'_>, actor: &Actor) -> Result<UserRow, Fault> {
    let Actor::User(name) = actor else {
        let message = "this is done by a user, and the operator is none";
        return Err(match actor {
            Actor::Operator => Refusal::invalid("need-user", message, "say as whom: --as USER"),
            _ => Refusal::denied("not-a-user", "only users of this office may do this", ""),
        }
        .into());
    };
    let user = users::find(view, name)?;
    let user = user.ok_or_else(|| {
        Refusal::not_found("unknown-user", format!("this office has no user '{name}'"), "see its users: interoffice user list")
    })?;
    if user.disabled {
        return Err(
            Refusal::denied("user-disabled", format!("the user {name} is disabled"), "an admin of the office decides about that").into()
        );
    }
    Ok(user)
}

/// The operator, or a user whose account is an admin's.
pub fn require_admin(view: &View<'_>, actor: &Actor) -> Result<(), Fault> {
    if *actor == Actor::Operator {
        return Ok(());
    }
    let user = require_user(view, actor)?;
    if user.account == Account::Admin {
        return Ok(());
    }
    Err(Refusal::denied("not-admin", format!("{} is not an administrator of this office", user.name), "ask an administrator to do it")
        .into())
}

/// The enabled user that acts, who holds Record Sharing.
pub fn require_specialist(view: &View<'_>, actor: &Actor) -> Result<UserRow, Fault> {
    let user = require_user(view, actor)?;
    if user.specialist {
        return Ok(user);
    }
    let remedy = format!("an administrator can enable it: interoffice specialist enable {}", user.name);
    Err(Refusal::denied("not-specialist", format!("{} does not have the right Record Sharing", user.name), remedy).into())
}

/// Anybody of this office: the operator, the daemon, an enabled user.
pub fn require_member(view: &View<'_>, actor: &Actor) -> Result<(), Fault> {
    match actor {
        Actor::Operator | Actor::Daemon => Ok(()),
        Actor::User(_) | Actor::Peer(_) => require_user(view, actor).map(drop),
    }
}

/// Who looks at records.
pub fn viewer(view: &View<'_>, actor: &Actor) -> Result<Viewer, Fault> {
    if matches!(actor, Actor::Operator | Actor::Daemon) {
        return Ok(Viewer::Operator);
    }
    Ok(Viewer::User(require_user(view, actor)?.person()))
}

/// Which of the office's own records the actor sees in lists.
pub fn sight(view: &View<'_>, actor: &Actor) -> Result<Sight, Fault> {
    Ok(access::sight(&viewer(view, actor)?, &office::load(view)?.policy))
}

/// What the actor may do with one of the office's own records.
pub fn access(view: &View<'_>, actor: &Actor, record: &RecordRow) -> Result<Decision, Fault> {
    access_of(view, &viewer(view, actor)?, record)
}

/// What somebody may do with one of the office's own records.
pub fn access_of(view: &View<'_>, viewer: &Viewer, record: &RecordRow) -> Result<Decision, Fault> {
    let grants = match viewer {
        Viewer::Operator => Vec::new(),
        Viewer::User(person) => grants::reaching(view, record.id, person.id)?,
    };
    let facts = Facts { proxy_of: proxy_of(view, viewer, record)?, ..record.facts(grants) };
    Ok(access::decide(viewer, &office::load(view)?.policy, &facts))
}

/// The owner of a record, when the viewer is a proxy of the owner.
pub(super) fn proxy_of(view: &View<'_>, viewer: &Viewer, record: &RecordRow) -> Result<Option<String>, Fault> {
    let Viewer::User(person) = viewer else { return Ok(None) };
    Ok(proxies::is_proxy(view, person.id, record.owner)?.then(|| record.owner_name.to_string()))
}

/// Refuses whoever may not share records, since the office leaves that to administrators.
pub fn require_sharing(view: &View<'_>, viewer: &Viewer) -> Result<(), Fault> {
    if access::shares(viewer, &office::load(view)?.policy) {
        return Ok(());
    }
    let message = "in this office only administrators let others see records";
    Err(Refusal::denied("sharing-off", message, "an administrator can allow it: interoffice client-access --sharing on").into())
}
