//! A little of everything in turn, after every step: what a step did not concern must hold all the same.

use interoffice_protocol::ids::{LinkId, RecordId};

use super::{Violation, inside, kept, links, people, wire};
use crate::world::World;

/// Looks at one link and one office, the next ones in turn.
pub(super) fn look(world: &mut World) -> Result<(), Violation> {
    let turn = world.checker.turn;
    world.checker.turn = turn.wrapping_add(1);
    if !world.links.is_empty() {
        let facts = &world.links[turn / 2 % world.links.len()];
        let (link, office) = (facts.link, if turn.is_multiple_of(2) { facts.owner.office } else { facts.reader.office });
        one_link(world, office, link)?;
    }
    match turn % 8 {
        1 => people::audit(world, turn / 8 % world.offices.len()),
        3 => people::look(world, turn / 8 % world.offices.len()),
        6 if (turn / 8).is_multiple_of(2) => inside::look(world, turn / 16 % world.offices.len()),
        6 => inside::sessions(world, turn / 16 % world.offices.len()),
        5 if !world.records.is_empty() => {
            let facts = &world.records[turn / 8 % world.records.len()];
            let (office, RecordId(record)) = (facts.owner.office, facts.record);
            kept::record(world, office, &record)
        }
        7 => {
            let (offices, round) = (world.offices.len(), turn / 8);
            let (at, from) = (round % offices, round / offices % offices);
            if at == from { Ok(()) } else { wire::heard(world, at, from) }
        }
        _ => Ok(()),
    }
}

fn one_link(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    if !world.offices[office].up || world.checker.oracle.is_hostile(office) {
        return Ok(());
    }
    links::state(world, office, link)?;
    links::reading_by_reader(world, office, link)
}
