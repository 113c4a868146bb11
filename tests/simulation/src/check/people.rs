//! Users, their rights, and the audit that remembers what they did.

use std::collections::BTreeMap;

use interoffice_core::domain::refusal::{Refusal, RefusalKind};
use interoffice_core::domain::user::Account;
use interoffice_core::store::{audit, office as offices, users};
use interoffice_oracle::Token;
use interoffice_protocol::record::Level;

use super::Violation;
use crate::inside::level_name;
use crate::sometimes;
use crate::world::World;

/// Verbs that can be done once on one object at one office (INV-26).
const ONCE: [&str; 9] = [
    "link.request",
    "link.requested",
    "link.accept",
    "link.accepted",
    "link.decline",
    "link.declined",
    "link.withdrawn",
    "link.delete",
    "link.erased",
];
/// Lines of an audit read in one go.
const LINES: usize = 200;

/// What was read of an office's audit.
#[derive(Default)]
pub(super) struct Audit {
    last: u64,
    done: BTreeMap<(String, String), u32>,
}

impl Audit {
    /// The number of the last line that was read.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Counts a line; says whether it repeats what can be done once.
    fn repeats(&mut self, verb: &str, object: &str) -> bool {
        if !ONCE.contains(&verb) {
            return false;
        }
        let count = self.done.entry((verb.to_owned(), object.to_owned())).or_default();
        *count += 1;
        *count > 1
    }
}

/// INV-52: who was denied something stands in the audit with it.
pub(crate) fn denied(world: &World, office: usize, refusal: &Refusal) -> Result<(), Violation> {
    if refusal.kind != RefusalKind::Denied {
        return Ok(());
    }
    let line = world.look(office, |view| Ok(audit::since(view, audit::last(view)?.saturating_sub(1), 1)?.pop()))?;
    if line.is_some_and(|line| line.outcome == refusal.code) {
        sometimes!("a denial was written into the audit");
        return Ok(());
    }
    Err(Violation::new("INV-52", "lost-ack", format!("office {office} denied something ({}) and its audit does not say so", refusal.code)))
}

/// INV-08 and INV-29: users hold the rights that they were given, and no two that exclude each other.
pub(super) fn look(world: &World, office: usize) -> Result<(), Violation> {
    if !world.offices[office].up {
        return Ok(());
    }
    let Some(local) = world.checker.oracle.local(office) else { return Ok(()) };
    let (rows, security) = world.look(office, |view| Ok((users::list(view)?, offices::load(view)?.policy.office_security)))?;
    for row in &rows {
        let name = row.name.as_str();
        if row.specialist && (row.super_user || row.enterprise_view || !security) {
            let what = format!("{name} at office {office} is a specialist and holds a right that this excludes");
            return Err(Violation::new("INV-08", "stale-right", what));
        }
        let all_clients = row.all_clients.map_or("none", Level::as_str);
        let is = (row.account == Account::Admin, row.specialist, row.super_user, row.enterprise_view, row.disabled);
        let must = local
            .users
            .get(name)
            .filter(|user| user.role == row.role.name && level_name(user.all_clients) == all_clients)
            .map(|user| (user.rights.admin, user.specialist, user.rights.super_user, user.rights.enterprise_view, user.disabled));
        if Some(is) != must {
            let what = format!(
                "{name} at office {office} is {is:?} with role {} and {all_clients} of all clients, and must be {must:?} (admin, specialist, \
                 super user, enterprise view, disabled)",
                row.role.name
            );
            return Err(Violation::new("INV-29", "stale-right", what));
        }
    }
    if rows.len() == local.users.len() && security == local.security {
        return Ok(());
    }
    let what = format!("office {office} has {} users and must have {}, security {security}", rows.len(), local.users.len());
    Err(Violation::new("INV-29", "lost-ack", what))
}

/// INV-26 and INV-53: the new lines of an audit have no gap, say nothing twice that happens once, and hold no word of any record.
pub(super) fn audit(world: &mut World, office: usize) -> Result<(), Violation> {
    if !world.offices[office].up {
        return Ok(());
    }
    let last = world.checker.audits.get(&office).map_or(0, |audit| audit.last);
    let lines = world.look(office, |view| Ok(audit::since(view, last, LINES)?))?;
    let oracle = &world.checker.oracle;
    let known = world.checker.audits.entry(office).or_default();
    for line in lines {
        if line.id != known.last + 1 {
            let what = format!("the audit of office {office} goes from {} to {}", known.last, line.id);
            return Err(Violation::new("INV-52", "lost-ack", what));
        }
        known.last = line.id;
        if line.outcome == "done" && known.repeats(&line.verb, &line.object) && !oracle.is_hostile(office) {
            let what = format!("office {office} did {} on {} twice", line.verb, line.object);
            return Err(Violation::new("INV-26", "duplicate-effect", what));
        }
        let text = format!("{} {} {}", line.actor, line.object, line.detail);
        let words = Token::all_in(text.as_bytes());
        if let Some(token) = words.iter().find(|token| oracle.home_of(**token).is_some()) {
            return Err(Violation::new("INV-53", "orphan-share", format!("the audit of office {office} holds {token:?}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_26_what_happens_once_is_counted_and_the_rest_is_not() {
        let mut audit = Audit::default();
        assert!(!audit.repeats("link.accept", "a") && !audit.repeats("link.accept", "b"));
        assert!(audit.repeats("link.accept", "a"));
        assert!(!audit.repeats("record.share", "a") && !audit.repeats("record.share", "a"));
    }
}
