//! INV-14: a link's statements mean the same in whatever order, and however often, they arrive.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::LinkSet;
use interoffice_protocol::statement::Verified;

use interoffice_core::store::statements;

use super::Violation;
use crate::random::Random;
use crate::world::World;

/// Orders tried for a link.
const ORDERS: usize = 3;

/// The set that `statements` make in a random order, some of them twice.
pub(super) fn in_another_order(link: LinkId, statements: &[Verified], random: &mut Random) -> LinkSet {
    let mut all: Vec<&Verified> = statements.iter().collect();
    for _ in 0..statements.len() / 2 {
        all.extend(random.pick(&statements.iter().collect::<Vec<_>>()).copied());
    }
    let mut set = LinkSet::new(link);
    while !all.is_empty() {
        // What has no place yet is kept until the request has come, or is refused; both must be so in any order.
        let _ = set.insert(all.swap_remove(random.below(all.len())).clone());
    }
    set
}

/// A link's statements at an office, in other orders.
pub(super) fn look(world: &World, office: usize, link: LinkId, random: &mut Random) -> Result<(), Violation> {
    let set = world.look(office, |view| Ok(statements::link_set(view, link)?))?;
    let all: Vec<Verified> = set.statements().cloned().collect();
    for _ in 0..ORDERS {
        let other = in_another_order(link, &all, random);
        if other != set || other.state() != set.state() {
            let what = format!(
                "link {link} at office {office} is {:?}, and {:?} when the same is heard in another order",
                set.state(),
                other.state()
            );
            return Err(Violation::new("INV-14", "split-link", what));
        }
    }
    Ok(())
}
