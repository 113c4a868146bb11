//! May I: who the actor is, and what the verbs ask of him or her before they begin.

use interoffice_protocol::names::UserName;

use crate::domain::access::{self, Decision, Facts, Sight, Viewer};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::store::records::RecordRow;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, View, grants, office, proxies};

/// The enabled user that acts. The operator acts as nobody in particular and must say as whom.
pub fn require_user(view: &View<'_>, actor: &Actor) -> Result<UserRow, Fault> {
    let Some(name) = actor.user() else {
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
    if user.role.administers {
        return Ok(());
    }
    Err(Refusal::denied("not-admin", format!("{} is not an administrator of this office", user.name), "ask an administrator to do it")
        .into())
}

/// The enabled user that acts, who holds Record Sharing.
pub fn require_specialist(view: &View<'_>, actor: &Actor) -> Result<UserRow, Fault> {
    let user = require_user(view, actor)?;
    require_in_person(actor, &user)?;
    if user.specialist {
        require(view, actor, Permission::Exchange)?;
        return Ok(user);
    }
    let remedy = format!("an administrator can enable it: interoffice specialist enable {}", user.name);
    Err(Refusal::denied("not-specialist", format!("{} does not have the right Record Sharing", user.name), remedy).into())
}

/// Refuses an administrator who acts for `user`.
pub fn require_in_person(actor: &Actor, user: &UserRow) -> Result<(), Refusal> {
    let Actor::For { by: Some(by), .. } = actor else { return Ok(()) };
    let message = format!("{by} can't do this for {}: links and what they carry are agreed to in person", user.name);
    Err(Refusal::denied("not-in-person", message, format!("ask {} to do it", user.name)))
}

/// Whoever acts on behalf of another user: an administrator who sees every record of the office anyway.
pub fn on_behalf(view: &View<'_>, by: &UserName, user: &UserName) -> Result<Actor, Fault> {
    let admin = require_user(view, &Actor::User(by.clone()))?;
    if !admin.sees_everything() {
        let message = format!("{by} can't act for {user}: only an administrator with access to all records does");
        return Err(Refusal::denied("not-admin", message, "sign in as that user").into());
    }
    let actor = Actor::For { by: Some(by.clone()), user: user.clone() };
    require_user(view, &actor)?;
    Ok(actor)
}

/// Refuses a user whose role does not allow it; the operator may everything.
pub fn require(view: &View<'_>, actor: &Actor, permission: Permission) -> Result<(), Fault> {
    if matches!(actor, Actor::Operator | Actor::Daemon) {
        return Ok(());
    }
    let user = require_user(view, actor)?;
    if user.role.permissions.has(permission) {
        return Ok(());
    }
    let message = format!("the role {} of {} does not allow to {}", user.role.name, user.name, permission.words());
    Err(Refusal::denied("role", message, "an administrator can choose another role or change this one").into())
}

/// Whether the actor administers the office. Numbers of what colleagues own are told to administrators alone, though one who is a specialist
/// does not see every record: whoever takes a user out of the office is told what that user owns.
pub fn administers(view: &View<'_>, actor: &Actor) -> Result<bool, Fault> {
    let Some(name) = actor.user() else { return Ok(matches!(actor, Actor::Operator | Actor::Daemon)) };
    Ok(users::find(view, name)?.is_some_and(|user| user.role.administers))
}

/// Anybody of this office: the operator, the daemon, an enabled user.
pub fn require_member(view: &View<'_>, actor: &Actor) -> Result<(), Fault> {
    match actor {
        Actor::Operator | Actor::Daemon => Ok(()),
        _ => require_user(view, actor).map(drop),
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
    if let Viewer::User(person) = viewer
        && !person.role_shares
    {
        let message = format!("your role does not allow to {}", Permission::Share.words());
        return Err(Refusal::denied("role", message, "an administrator can choose another role or change this one").into());
    }
    let message = "in this office only administrators let others see records";
    Err(Refusal::denied("sharing-off", message, "an administrator can allow it: interoffice client-access --sharing on").into())
}
