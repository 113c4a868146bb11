//! What must hold once troubles are over and everything has come to rest.

use interoffice_core::actions::outbound;
use interoffice_core::store::links::{self, LinkRow};
use interoffice_core::store::removals::{self, RemovalState};
use interoffice_core::store::{audit, log, peers, statements};
use interoffice_oracle::event::Office;
use interoffice_protocol::link::{LinkState, Side};

use super::{Violation, kept, orders, people, readers, scan, wire};
use crate::random::Random;
use crate::story::brief;
use crate::world::{LinkFacts, World, failed};

/// Of so many seeds one has its statements heard in other orders.
const ORDERS_EVERY: u64 = 4;

/// See the module.
pub(crate) fn at_rest(world: &mut World) -> Result<(), Violation> {
    super::after_step(world)?;
    for office in 0..world.offices.len() {
        kept::office(world, office)?;
        scan::office(world, office)?;
        whole_audit(world, office)?;
        nothing_waits(world, office)?;
        for other in 0..world.offices.len() {
            if other != office {
                wire::heard(world, office, other)?;
            }
        }
    }
    for facts in world.links.clone() {
        both_ends(world, &facts)?;
    }
    readers::readers(world)?;
    in_other_orders(world)?;
    few_messages(world)
}

fn is_honest(world: &World, office: Office) -> bool {
    !world.checker.oracle.is_hostile(office) && !world.checker.oracle.is_rewound(office)
}

/// INV-26, INV-52 and INV-53 to the last line.
fn whole_audit(world: &mut World, office: usize) -> Result<(), Violation> {
    if world.checker.oracle.is_hostile(office) {
        return Ok(());
    }
    let last = world.look(office, |view| Ok(audit::last(view)?))?;
    while world.checker.audits.get(&office).map_or(0, people::Audit::last) < last {
        people::audit(world, office)?;
    }
    Ok(())
}

/// INV-15: outboxes are empty and every removal is done, towards offices that can still be talked to.
pub(super) fn nothing_waits(world: &World, office: usize) -> Result<(), Violation> {
    if !is_honest(world, office) {
        return Ok(());
    }
    let late = |what: String| Violation::new("INV-15", "never-at-rest", format!("office {office}: {what}"));
    for (other, peer) in world.offices.iter().enumerate().filter(|(other, _)| *other != office && is_honest(world, *other)) {
        let id = peer.id;
        let waiting = world.look(office, |view| {
            let Some(peer) = peers::find(view, id)? else { return Ok(None) };
            let (count, _) = statements::backlog(view, peer.row)?;
            Ok(Some((count, outbound::waiting_chunks(view, id, 0, 1)?.len())))
        })?;
        if let Some((statements, chunks)) = waiting
            && statements + chunks as u64 > 0
        {
            return Err(late(format!("{statements} statements and {chunks} lists or more wait for {other}")));
        }
    }
    let open = world.look(office, |view| Ok(removals::to_carry_out(view)?))?;
    if let Some(removal) = open.first() {
        return Err(late(format!("the removal of link {} is not carried out", brief(&removal.link))));
    }
    Ok(())
}

/// INV-15, INV-17, INV-18: both ends of a link say the same of it, and the reader holds what the owner shares.
pub(super) fn both_ends(world: &World, facts: &LinkFacts) -> Result<(), Violation> {
    let (owner, reader) = (facts.owner.office, facts.reader.office);
    if !is_honest(world, owner) || !is_honest(world, reader) {
        return Ok(());
    }
    let row = |office: usize| world.look(office, |view| Ok(links::find(view, facts.link)?));
    let (mine, theirs) = (row(owner)?, row(reader)?);
    let states = (mine.as_ref().map(|row| row.state), theirs.as_ref().map(|row| row.state));
    let name = brief(&facts.link);
    let split =
        || Violation::new("INV-15", "split-link", format!("link {name} is {:?} at {owner} and {:?} at {reader}", states.0, states.1));
    match states {
        (Some(mine), Some(theirs)) if mine == theirs => {}
        // Two ends of which each knows its own reason alone: the words differ, the end does not.
        (Some(LinkState::Ended(_)), Some(LinkState::Ended(_)) | None) => {}
        _ => return Err(split()),
    }
    for office in [owner, reader] {
        removed(world, facts, office)?;
    }
    match (mine, theirs) {
        (Some(mine), Some(theirs)) if matches!(mine.state, LinkState::Active { .. }) => alike(world, facts, &mine, &theirs),
        _ if world.offices[reader].received(facts.link).exists() => {
            Err(Violation::new("INV-17", "zombie-share", format!("link {name} is over and its file is still at office {reader}")))
        }
        _ => Ok(()),
    }
}

/// Every removal of a link is confirmed.
fn removed(world: &World, facts: &LinkFacts, office: usize) -> Result<(), Violation> {
    for removal in world.look(office, |view| Ok(removals::all_of(view, facts.link)?))? {
        // An office that lost its copies, or has old ones, can't name those that it once had.
        let unnamed = removal.state == RemovalState::Mismatch && facts.damaged;
        if removal.state != RemovalState::Erased && !unnamed {
            let (name, side) = (brief(&facts.link), if removal.side == Side::Owner { "owner" } else { "reader" });
            let what = format!("a removal of link {name} up to {} is {:?} at its {side}'s office {office}", removal.upto, removal.state);
            return Err(Violation::new("INV-15", "never-at-rest", what));
        }
    }
    Ok(())
}

/// What the reader holds is what the owner shares, and both have the same digest of it.
fn alike(world: &World, facts: &LinkFacts, mine: &LinkRow, theirs: &LinkRow) -> Result<(), Violation> {
    let (owner, reader, name) = (facts.owner.office, facts.reader.office, brief(&facts.link));
    let files = &world.offices[reader].files;
    let progress = files.progress(theirs.link).map_err(|fault| failed(reader, &fault))?;
    let shared = world.look(owner, |view| Ok(log::put_set(view, mine.row)?))?;
    let holdings = files.holdings(theirs.link, None, 100_000).map_err(|fault| failed(reader, &fault))?;
    let held: Vec<_> = holdings.iter().map(|holding| holding.record).collect();
    if held.iter().ne(shared.iter()) {
        let what = format!("link {name} shares {shared:?} at {owner}, and {reader} holds {held:?}");
        return Err(Violation::new("INV-15", "split-link", what));
    }
    let pending = world.look(owner, |view| Ok(log::counts(view, mine.row, mine.cursor)?))?.pending;
    if (mine.cursor, mine.digest, pending) != (progress.cursor.sequence, progress.digest, 0) {
        let what = format!(
            "link {name}: {owner} believes {} of {} with {pending} to be sent, {reader} is at {:?}, or digests differ",
            mine.cursor, mine.head, progress.cursor
        );
        return Err(Violation::new("INV-15", "split-link", what));
    }
    if progress.erasing > 0 {
        let what = format!("link {name}: {} withdrawals wait for their receipt at {reader}", progress.erasing);
        return Err(Violation::new("INV-15", "never-at-rest", what));
    }
    for holding in &holdings {
        let at_home = world.look(owner, |view| Ok(interoffice_core::store::records::find(view, holding.record)?))?;
        if at_home.is_none_or(|row| row.version != holding.version) {
            let what =
                format!("link {name}: {reader} holds {:?} of record {}, which is not the present one", holding.version, holding.record);
            return Err(Violation::new("INV-15", "split-link", what));
        }
    }
    Ok(())
}

/// INV-14: in some runs the statements of every link are heard again in other orders.
fn in_other_orders(world: &World) -> Result<(), Violation> {
    if !world.swarm.seed.is_multiple_of(ORDERS_EVERY) {
        return Ok(());
    }
    let mut random = Random::at(world.swarm.seed, u64::MAX / 2);
    for facts in &world.links {
        for office in [facts.owner.office, facts.reader.office] {
            let known = world.look(office, |view| Ok(links::find(view, facts.link)?.is_some()))?;
            if known {
                orders::look(world, office, facts.link, &mut random)?;
            }
        }
    }
    Ok(())
}

/// INV-15: messages are bounded by what people did and by what went wrong, not by how long it took.
pub(super) fn few_messages(world: &World) -> Result<(), Violation> {
    let counts = world.counts;
    let pairs = (world.offices.len() * world.offices.len()) as u64;
    let most = MESSAGES_FOR_PAIR * pairs + MESSAGES_FOR_STEP * counts.steps + MESSAGES_FOR_FAULT * counts.faults * pairs;
    if counts.messages <= most {
        return Ok(());
    }
    let what = format!("{} messages for {} steps and {} faults: {most} at most", counts.messages, counts.steps, counts.faults);
    Err(Violation::new("INV-15", "never-at-rest", what))
}

/// Greetings, leases and links taken up again between two offices until they are at rest.
const MESSAGES_FOR_PAIR: u64 = 64;
/// What one step of a person causes: a statement, its answer, a batch for each link, its acknowledgement, a receipt.
const MESSAGES_FOR_STEP: u64 = 8;
/// What is said again after something went wrong.
const MESSAGES_FOR_FAULT: u64 = 24;
