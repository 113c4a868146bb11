//! The inside of an office as it must be: its roles, groups, proxies, settings and sessions, and the lines that what is done leaves.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_core::actions::sign_in;
use interoffice_core::domain::role::{Permission, Permissions};
use interoffice_core::store::{audit, groups, office as offices, proxies, roles};
use interoffice_oracle::event::Allows;

use super::Violation;
use crate::sometimes;
use crate::world::World;

/// The number of the last line of an office's audit; `None` when that can't be read on a full disk.
pub(crate) fn last_line(world: &World, office: usize) -> Option<u64> {
    world.offices[office].read(|view| Ok(audit::last(view)?)).ok()
}

/// INV-52: what was done stands in the audit by the name `verb`, among the lines after `before`.
pub(crate) fn written(world: &World, office: usize, before: u64, verb: &str) -> Result<(), Violation> {
    let Ok(lines) = world.offices[office].read(|view| Ok(audit::since(view, before, 100)?)) else { return Ok(()) };
    if lines.iter().any(|line| line.verb == verb && line.outcome == "done") {
        return Ok(());
    }
    let found: Vec<&str> = lines.iter().map(|line| line.verb.as_str()).collect();
    Err(Violation::new("INV-52", "lost-ack", format!("office {office} did {verb}, and its audit says {found:?}")))
}

fn allows(permissions: Permissions) -> Allows {
    let has = |permission| permissions.has(permission);
    Allows { all_clients: has(Permission::AllClients), edit: has(Permission::Edit), share: has(Permission::Share) }
}

/// INV-23, INV-29: who is in which group, what roles allow, who is whose proxy, and how the office is set.
pub(super) fn look(world: &World, office: usize) -> Result<(), Violation> {
    let Some(local) = world.checker.oracle.local(office).filter(|_| world.offices[office].up) else { return Ok(()) };
    let must = &local.inside;
    let (policy, found) = world.look(office, |view| {
        let mut of_groups = BTreeMap::new();
        for group in groups::list(view)? {
            let members: BTreeSet<String> = groups::members(view, group.id)?.iter().map(ToString::to_string).collect();
            of_groups.insert(group.name, members);
        }
        let others = roles::list(view)?.into_iter().filter(|(role, _)| !role.administers);
        let of_roles: BTreeMap<String, Allows> = others.map(|(role, _)| (role.name, allows(role.permissions))).collect();
        let of_proxies: BTreeSet<(String, String)> = proxies::list(view, None)?.into_iter().map(|row| (row.owner, row.proxy)).collect();
        Ok((offices::load(view)?.policy, (of_groups, of_roles, of_proxies)))
    })?;
    let broken = |invariant, what: String| Err(Violation::new(invariant, "stale-right", format!("office {office}: {what}")));
    let (of_groups, of_roles, of_proxies) = found;
    let is = (policy.client_access, policy.sharing, policy.requesting);
    match () {
        () if of_groups != must.groups => broken("INV-23", format!("groups are {of_groups:?} and must be {:?}", must.groups)),
        () if of_roles != must.roles => broken("INV-23", format!("roles are {of_roles:?} and must be {:?}", must.roles)),
        () if of_proxies != must.proxies => broken("INV-23", format!("proxies are {of_proxies:?} and must be {:?}", must.proxies)),
        () if is != (must.client_access, must.sharing, must.requesting) => broken("INV-29", format!("client access is {is:?}")),
        () => Ok(()),
    }
}

/// INV-55: a session counts as long as nothing ended it, and not once more. Gives whether it does.
pub(crate) fn session(world: &World, office: usize, token: &[u8; 32]) -> Result<bool, Violation> {
    let Some(local) = world.checker.oracle.local(office) else { return Ok(false) };
    let found = world.look(office, |view| sign_in::session(view, token))?;
    let (is, must) = (found.as_ref().map(|row| row.user.as_str()), local.session(token, world.offices[office].wall_ms()));
    if is == must {
        return Ok(is.is_some());
    }
    let what = format!("a session at office {office} is one of {is:?} and must be one of {must:?}");
    match must {
        None => Err(Violation::new("INV-55", "stale-right", what)),
        Some(_) => Err(Violation::new("INV-29", "lost-ack", what)),
    }
}

/// INV-55 for every session at an office that is remembered.
pub(super) fn sessions(world: &World, office: usize) -> Result<(), Violation> {
    if !world.offices[office].up {
        return Ok(());
    }
    let mut over = 0;
    for signed_in in world.signed_in.iter().filter(|signed_in| signed_in.office == office) {
        over += usize::from(!session(world, office, &signed_in.token)?);
    }
    if over > 0 {
        sometimes!("a session that ended was looked up");
    }
    Ok(())
}
