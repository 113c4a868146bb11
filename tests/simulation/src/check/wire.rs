//! What went over the wires: each place in an office's order holds one statement, and no receipt is sent while the file is there.

use std::collections::BTreeMap;

use interoffice_core::store::{office, peers, statements};
use interoffice_oracle::local::{Standing, State};
use interoffice_protocol::ids::StatementHash;
use interoffice_protocol::messages::{Hello, Lane, Message, Renewal};
use interoffice_protocol::statement::{Body, Kind, ReceiptLevel, RemovalCover, Signed, Verified};
use interoffice_protocol::wire::frame::STATEMENT_KINDS_FROM;

use super::Violation;
use crate::story::brief;
use crate::world::World;

/// A place in an office's order of statements: from, to, epoch and sequence.
type Place = (usize, usize, u64, u64);

/// What was said so far.
#[derive(Default)]
pub(super) struct Said {
    seen: usize,
    places: BTreeMap<Place, StatementHash>,
    /// How far each office has heard each other: epoch and sequence.
    heard: BTreeMap<(usize, usize), (u64, u64)>,
}

impl Said {
    /// INV-40: writes down what stands at a place; says whether something else stood there already.
    fn differs(&mut self, place: Place, hash: StatementHash) -> bool {
        *self.places.entry(place).or_insert(hash) != hash
    }
}

/// Looks at the frames that were sent since the last time.
pub(super) fn look(world: &mut World) -> Result<(), Violation> {
    let from = std::mem::replace(&mut world.checker.said.seen, world.network.history.len());
    for at in from..world.network.history.len() {
        let sent = &world.network.history[at];
        if sent.frame.kind < STATEMENT_KINDS_FROM || world.checker.oracle.is_hostile(sent.from) {
            continue;
        }
        let (from, to) = (sent.from, sent.to);
        if let Ok(Some(Message::Statement(signed))) = Message::from_frame(&sent.frame) {
            statement(world, from, to, &signed)?;
        }
    }
    Ok(())
}

/// INV-16: what an office renews is Active there, leads to the other office, and that one is neither blocked nor removed. Asked at the
/// moment when it is said.
pub(crate) fn renews(world: &World, from: usize, to: usize, renewal: &Renewal) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    if oracle.is_hostile(from) || oracle.is_rewound(from) {
        return Ok(());
    }
    let paired = oracle.local(from).and_then(|local| local.standing(to)) == Some(Standing::Paired);
    for link in &renewal.links {
        let leads = oracle.agreement(&link.0).is_some_and(|agreed| (agreed.wanted.owner.office, agreed.wanted.reader.office) == (from, to));
        let live = matches!(oracle.state(from, &link.0), State::Active { frozen: Some(false) | None });
        if !(paired && leads && live) {
            let what = format!("{from} renews link {} for {to}: paired {paired}, leads there {leads}, live {live}", brief(link));
            return Err(Violation::new("INV-16", "unbounded-exposure", what));
        }
    }
    Ok(())
}

fn statement(world: &mut World, from: usize, to: usize, signed: &Signed) -> Result<(), Violation> {
    if Message::Statement(signed.clone()).lane_kind() != Some(Lane::Control) {
        let what = format!("{from} says a statement of kind {} to {to} on the lane on which records wait", signed.kind);
        return Err(Violation::new("INV-21", "unbounded-exposure", what));
    }
    let Some(envelope) = signed.envelope() else { return Ok(()) };
    let place = (from, to, envelope.epoch.counter, envelope.sequence);
    if world.checker.said.differs(place, signed.hash()) && !world.checker.oracle.is_rewound(from) {
        let what = format!("{from} said two different things to {to} as number {} of epoch {}", envelope.sequence, envelope.epoch.counter);
        return Err(Violation::new("INV-40", "duplicate-effect", what));
    }
    if signed.kind == Kind::Receipt as u8
        && let Ok(statement) = Verified::from_store(signed.clone())
        && let (Body::Receipt(receipt), Some(link)) = (statement.body(), statement.link())
        && matches!(receipt.cover, RemovalCover::Link { .. })
        && receipt.level == ReceiptLevel::Erased
        && world.offices[from].received(link).exists()
    {
        let what = format!("{from} says that all of link {link} is erased, and its file is there");
        return Err(Violation::new("INV-12", "zombie-share", what));
    }
    Ok(())
}

/// INV-38, INV-41: an office to which another says that it has heard more than the office knows to have said runs from an old copy, and
/// begins no session.
pub(crate) fn knows_its_words(world: &World, me: usize, from: usize, hello: &Hello) -> Result<(), Violation> {
    let id = world.offices[from].id;
    let (epoch, peer) = world.look(me, |view| Ok((office::load(view)?.epoch, peers::find(view, id)?)))?;
    let issued = peer.map_or(0, |peer| peer.issued_sequence);
    if hello.heard_epoch.is_none_or(|heard| heard.counter != epoch.counter) || hello.heard_sequence <= issued {
        return Ok(());
    }
    let what = format!("{me} knows {issued} statements of its own to {from}, which has heard {}: and they talk", hello.heard_sequence);
    Err(Violation::new("INV-41", "resurrected-delete", what))
}

/// INV-27: what an office has heard of another goes on without a gap, and the last of it is what was said at that place.
pub(super) fn heard(world: &mut World, at: usize, from: usize) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    let judged = |office: usize| !oracle.is_hostile(office) && !oracle.is_rewound(office);
    if !world.offices[at].up || !judged(at) || !judged(from) {
        return Ok(());
    }
    let id = world.offices[from].id;
    let Some(peer) = world.look(at, |view| Ok(peers::find(view, id)?))? else { return Ok(()) };
    let Some(epoch) = peer.heard else { return Ok(()) };
    let now = (epoch.counter, peer.heard_sequence);
    let before = world.checker.said.heard.insert((at, from), now).unwrap_or_default();
    let broken = |what: String| Violation::new("INV-27", "lost-ack", format!("{at} has heard {from} up to {now:?}: {what}"));
    if now < before {
        return Err(broken(format!("it had come to {before:?}")));
    }
    let first = if before.0 == now.0 { before.1 } else { 0 };
    for sequence in first + 1..=now.1 {
        let Some(hash) = world.checker.said.places.get(&(from, at, now.0, sequence)) else {
            return Err(broken(format!("nothing was ever said as number {sequence}")));
        };
        let kept = world.look(at, |view| Ok(statements::answer_given(view, peer.row, *hash)?.is_some()))?;
        if !kept {
            return Err(broken(format!("what was said as number {sequence} is not kept")));
        }
    }
    let last = world.checker.said.places.get(&(from, at, now.0, now.1));
    if now.1 == 0 || last == Some(&peer.heard_hash) { Ok(()) } else { Err(broken("the last of it is something else".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv_40_a_place_holds_one_statement() {
        let mut said = Said::default();
        let hash = |byte| StatementHash([byte; 32]);
        assert!(!said.differs((0, 1, 1, 1), hash(1)) && !said.differs((0, 1, 1, 1), hash(1)));
        assert!(!said.differs((0, 1, 1, 2), hash(2)) && !said.differs((1, 0, 1, 1), hash(3)));
        assert!(said.differs((0, 1, 1, 1), hash(2)));
    }
}
