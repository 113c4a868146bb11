//! Statements that an honest office would never make, or that come in a strange order.

use interoffice_core::actions::inbound;
use interoffice_core::store::{links, office as office_row, peers, statements};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, Nonce, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::{Lane, Message, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{
    Accept, Audience, Body, Decline, Delete, EndReason, Envelope, Extension, HoldTerms, Receipt, ReceiptLevel, RemovalCover, Request,
    Signed, Subject, Terms,
};

use crate::people::{EAST, NORTH, SOUTH, all_mine, name};
use crate::world::World;

/// A statement that `from` could make next towards `to`, bypassing its verbs.
pub(crate) struct Forged<'w> {
    world: &'w mut World,
    from: usize,
    to: usize,
    pub(crate) envelope: Envelope,
}

impl<'w> Forged<'w> {
    pub(crate) fn next(world: &'w mut World, from: usize, to: usize, subject: Subject) -> Self {
        let receiver = world.offices[to].id;
        let (row, epoch) =
            world.offices[from].read(|view| Ok((peers::find(view, receiver)?.expect("a peer"), office_row::load(view)?.epoch)));
        let envelope = Envelope {
            from: world.offices[from].id,
            to: Audience::Office(receiver),
            subject,
            epoch,
            sequence: row.issued_sequence + 1,
            previous: row.issued_hash,
            nonce: Nonce([9; 16]),
            issued_at_ms: 0,
            extensions: Vec::new(),
        };
        Self { world, from, to, envelope }
    }

    pub(crate) fn sign(&self, body: impl Into<Body>) -> Signed {
        self.world.offices[self.from].forger.sign(self.envelope.clone(), &body.into())
    }

    pub(crate) fn say(self, body: impl Into<Body>) -> inbound::Heard {
        let signed = self.sign(body);
        say(self.world, self.from, self.to, signed)
    }
}

fn say(world: &mut World, from: usize, to: usize, signed: Signed) -> inbound::Heard {
    let office = world.offices[from].id;
    world.offices[to].write(|tx| inbound::statement(tx, office, signed.clone())).expect("a statement is heard")
}

fn about(world: &World, office: usize, link: LinkId) -> Subject {
    let row = world.offices[office].read(|view| Ok(links::load(view, link)?));
    let (owner, reader) = match row.side {
        interoffice_protocol::link::Side::Owner => (row.local_user, row.remote_user),
        interoffice_protocol::link::Side::Reader => (row.remote_user, row.local_user),
    };
    Subject::Link { link, request: row.request, owner, reader }
}

fn opening() -> Subject {
    Subject::Opening { owner: name("alice"), reader: name("bob") }
}

fn terms() -> Terms {
    Terms { purpose: String::new(), level: Level::Read, scope: Scope::standard(), not_after_ms: None, lease_s: 60, hold: HoldTerms::None }
}

fn request() -> Request {
    Request { terms: terms(), secret: [5; 32] }
}

fn delete() -> Delete {
    Delete { reason: EndReason::Deleted, note: String::new() }
}

fn receipt(cover: RemovalCover) -> Receipt {
    Receipt { level: ReceiptLevel::Erased, cover, count: 0, root: [0; 32], chunks: 0, removed_at_ms: 0, held: 0, holds: Vec::new() }
}

fn refused_as(heard: &inbound::Heard, misbehaviour: Misbehaviour) {
    assert_eq!((heard.outcome, heard.misbehaviour.clone()), (Outcome::Refused, Some(misbehaviour)));
}

#[test]
fn statements_for_another_office_from_another_office_or_badly_signed_are_refused() {
    let mut world = World::three();
    let to_east = Forged::next(&mut world, NORTH, EAST, opening()).sign(request());
    refused_as(&say(&mut world, NORTH, SOUTH, to_east.clone()), Misbehaviour::WrongRecipient);
    let to_south = Forged::next(&mut world, NORTH, SOUTH, opening()).sign(request());
    refused_as(&say(&mut world, EAST, SOUTH, to_south.clone()), Misbehaviour::ForeignStatement);
    let mut broken = to_south.clone();
    broken.signature[3] ^= 1;
    refused_as(&say(&mut world, NORTH, SOUTH, broken), Misbehaviour::BadSignature);
    let mut other_key = to_south.clone();
    other_key.key_set_version = 7;
    refused_as(&say(&mut world, NORTH, SOUTH, other_key), Misbehaviour::UnknownKeySet(7));
    let mut cut = to_south.clone();
    cut.payload.pop();
    assert!(matches!(say(&mut world, NORTH, SOUTH, cut).misbehaviour, Some(Misbehaviour::Malformed(_))));
    assert_eq!(say(&mut world, NORTH, SOUTH, to_south.clone()).outcome, Outcome::Stored, "none of them took its place");
    refused_as(&say(&mut world, EAST, SOUTH, to_south), Misbehaviour::ForeignStatement);
}

#[test]
fn two_statements_with_one_place_are_equivocation_and_a_gap_is_answered() {
    let mut world = World::two();
    let first = Forged::next(&mut world, NORTH, SOUTH, opening()).sign(request());
    let mut other = Forged::next(&mut world, NORTH, SOUTH, opening());
    other.envelope.nonce = Nonce([10; 16]);
    let second = other.sign(request());
    let mut later = Forged::next(&mut world, NORTH, SOUTH, opening());
    later.envelope.sequence = 3;
    let third = later.sign(request());
    let mut wrong = Forged::next(&mut world, NORTH, SOUTH, opening());
    wrong.envelope.sequence = 2;
    let unchained = wrong.sign(request());
    assert_eq!(say(&mut world, NORTH, SOUTH, third).outcome, Outcome::Gap { expected: 1 });
    assert_eq!(say(&mut world, NORTH, SOUTH, first.clone()).outcome, Outcome::Stored);
    refused_as(&say(&mut world, NORTH, SOUTH, second), Misbehaviour::Equivocation);
    refused_as(&say(&mut world, NORTH, SOUTH, unchained), Misbehaviour::BrokenOrder);
    assert_eq!(say(&mut world, NORTH, SOUTH, first).outcome, Outcome::Stored, "a repeated one gets the same answer");
}

#[test]
fn an_older_life_and_a_twin_of_an_office_are_told_apart() {
    let mut world = World::two();
    world.alice_to_bob();
    let epoch = |counter, identity| Epoch { counter, identity: [identity; 16] };
    for (epoch, misbehaviour) in [(epoch(1, 77), Misbehaviour::TwinOffice), (epoch(0, 1), Misbehaviour::EpochWentBack)] {
        let mut forged = Forged::next(&mut world, NORTH, SOUTH, opening());
        forged.envelope.epoch = epoch;
        refused_as(&forged.say(request()), misbehaviour);
    }
}

#[test]
fn statements_in_the_wrong_order_are_asked_for_again_and_all_arrive() {
    let mut world = World::two();
    let mut asked = Vec::new();
    for number in 0..5 {
        world.specialist(SOUTH, &format!("reader{number}"));
        asked.push(world.request(NORTH, "alice", SOUTH, &format!("reader{number}")).expect("a request"));
    }
    world.connect(NORTH, SOUTH);
    let south = world.offices[SOUTH].id;
    let mut waiting = world.offices[NORTH].read(|view| interoffice_core::actions::outbound::waiting_statements(view, south, 0, 100));
    waiting.reverse();
    for (_, signed) in waiting {
        world.hand_over(NORTH, SOUTH, Message::Statement(signed));
    }
    while world.deliver(SOUTH, NORTH, Lane::Control) {}
    world.talk(NORTH, SOUTH);
    for link in asked {
        assert_eq!(world.state(SOUTH, link), LinkState::Waiting);
        assert!(world.view(NORTH, link).sent);
    }
    world.assert_honest();
}

/// `signed` as a later program would make it: of a kind that nobody knows here.
fn unknown_kind(world: &mut World, previous: StatementHash, sequence: u64) -> Signed {
    let mut forged = Forged::next(world, NORTH, SOUTH, opening());
    (forged.envelope.sequence, forged.envelope.previous) = (sequence, previous);
    let signed = forged.sign(delete());
    world.offices[NORTH].sign_again(Signed { kind: 99, ..signed })
}

#[test]
fn nobody_but_the_office_takes_a_place_in_its_order_with_what_is_not_understood() {
    let mut world = World::two();
    world.alice_to_bob();
    let order = |world: &World| {
        world.offices[SOUTH].read(|view| {
            let peer = peers::by_row(view, 1)?;
            Ok((peer.heard, peer.heard_sequence, peer.heard_hash))
        })
    };
    let before = order(&world);
    let mut forged = Forged::next(&mut world, NORTH, SOUTH, opening());
    // The beginning of an epoch that the office itself would never come after.
    (forged.envelope.epoch.counter, forged.envelope.sequence) = (limits::COUNTER_MAX, 1);
    forged.envelope.previous = StatementHash::NONE;
    let known = forged.sign(request());
    let critical = {
        forged.envelope.extensions.push(Extension { tag: 7, critical: true, bytes: vec![1] });
        forged.sign(request())
    };
    // Each is signed as something else than what it says to be.
    let (kind, version) = (Signed { kind: 99, ..known.clone() }, Signed { version: 2, ..known.clone() });
    let critical = Signed { signature: known.signature, ..critical };
    let strange = Signed { key_set_version: 7, ..kind.clone() };
    let unreadable = world.offices[NORTH].sign_again(Signed { kind: 99, payload: vec![0xff; 9], ..known });
    for (wrong, misbehaviour) in [
        (kind.clone(), Misbehaviour::BadSignature),
        (version, Misbehaviour::BadSignature),
        (critical, Misbehaviour::BadSignature),
        (strange, Misbehaviour::UnknownKeySet(7)),
        (unreadable, Misbehaviour::OutOfBounds("the envelope of a statement")),
    ] {
        refused_as(&say(&mut world, NORTH, SOUTH, wrong), misbehaviour);
    }
    assert_eq!(order(&world), before, "the order stands where it stood");
    let signed = world.offices[NORTH].sign_again(kind);
    assert_eq!(say(&mut world, NORTH, SOUTH, signed).outcome, Outcome::Unsupported, "signed as it says it has its place");
}

#[test]
fn a_statement_of_an_unknown_kind_is_unsupported_and_those_after_it_are_heard() {
    let mut world = World::two();
    // It may be the very first statement.
    let first = unknown_kind(&mut world, StatementHash::NONE, 1);
    for _ in 0..2 {
        let heard = say(&mut world, NORTH, SOUTH, first.clone());
        assert_eq!((heard.outcome, heard.misbehaviour), (Outcome::Unsupported, None));
    }
    let third = unknown_kind(&mut world, StatementHash([8; 32]), 3);
    assert_eq!(say(&mut world, NORTH, SOUTH, third).outcome, Outcome::Gap { expected: 2 }, "it keeps the order like any other");
    let mut second = Forged::next(&mut world, NORTH, SOUTH, opening());
    (second.envelope.sequence, second.envelope.previous) = (2, first.hash());
    let second = second.sign(request());
    assert_eq!(say(&mut world, NORTH, SOUTH, second.clone()).outcome, Outcome::Stored);
    let third = unknown_kind(&mut world, second.hash(), 3);
    assert_eq!(say(&mut world, NORTH, SOUTH, third.clone()).outcome, Outcome::Unsupported);
    let mut fourth = Forged::next(&mut world, NORTH, SOUTH, opening());
    (fourth.envelope.sequence, fourth.envelope.previous) = (4, third.hash());
    let fourth = fourth.sign(request());
    assert_eq!(say(&mut world, NORTH, SOUTH, fourth).outcome, Outcome::Stored);
}

#[test]
fn a_statement_of_an_unknown_kind_in_a_place_that_can_not_be_kept_is_refused_and_those_after_it_are_heard() {
    let mut world = World::two();
    world.alice_to_bob();
    for (counter, sequence) in [(u64::MAX, 1), (limits::COUNTER_MAX + 1, 1), (1 << 63, 1), (1, u64::MAX)] {
        let mut forged = Forged::next(&mut world, NORTH, SOUTH, opening());
        (forged.envelope.epoch.counter, forged.envelope.sequence) = (counter, sequence);
        forged.envelope.previous = StatementHash::NONE;
        let unknown = Signed { kind: 99, ..forged.sign(request()) };
        let unknown = world.offices[NORTH].sign_again(unknown);
        refused_as(&say(&mut world, NORTH, SOUTH, unknown), Misbehaviour::OutOfBounds("the place of a statement"));
    }
    let elsewhere = Forged::next(&mut world, NORTH, SOUTH, opening());
    for (from, to) in [(true, false), (false, true)] {
        let mut envelope = elsewhere.envelope.clone();
        if to {
            envelope.to = Audience::Everyone;
        }
        let unknown = elsewhere.world.offices[if from { SOUTH } else { NORTH }].forger.sign(envelope, &request().into());
        let unknown = Signed { kind: 99, ..unknown };
        let (north, south) = (elsewhere.world.offices[NORTH].id, &mut elsewhere.world.offices[SOUTH]);
        let heard = south.write(|tx| inbound::statement(tx, north, unknown.clone())).expect("a statement is heard");
        refused_as(&heard, if from { Misbehaviour::ForeignStatement } else { Misbehaviour::WrongRecipient });
    }
    assert_eq!(elsewhere.say(request()).outcome, Outcome::Stored);
}

#[test]
fn a_critical_extension_and_a_later_version_are_unsupported_and_those_after_them_are_heard() {
    let mut world = World::two();
    world.alice_to_bob();
    let mut forged = Forged::next(&mut world, NORTH, SOUTH, opening());
    forged.envelope.extensions.push(Extension { tag: 7, critical: true, bytes: vec![1] });
    let critical = forged.sign(request());
    assert_eq!(say(&mut world, NORTH, SOUTH, critical.clone()).outcome, Outcome::Unsupported);
    let mut next = Forged::next(&mut world, NORTH, SOUTH, opening());
    (next.envelope.sequence, next.envelope.previous) = (next.envelope.sequence + 1, critical.hash());
    let version = Signed { version: 2, ..next.sign(request()) };
    let version = next.world.offices[NORTH].sign_again(version);
    let sequence = next.envelope.sequence;
    assert_eq!(say(&mut world, NORTH, SOUTH, version.clone()).outcome, Outcome::Unsupported);
    let mut last = Forged::next(&mut world, NORTH, SOUTH, opening());
    (last.envelope.sequence, last.envelope.previous) = (sequence + 1, version.hash());
    last.envelope.extensions.push(Extension { tag: 7, critical: false, bytes: vec![1] });
    assert_eq!(last.say(request()).outcome, Outcome::Stored);
}

#[test]
fn a_kind_without_a_verb_behind_it_gets_the_same_answer_again() {
    use interoffice_protocol::statement::{Amend, Head};
    let mut world = World::two();
    let link = world.alice_to_bob();
    let subject = about(&world, NORTH, link);
    let amend = Forged::next(&mut world, NORTH, SOUTH, subject).sign(Amend { terms: terms(), agrees_to: StatementHash::NONE });
    for _ in 0..3 {
        assert_eq!(say(&mut world, NORTH, SOUTH, amend.clone()).outcome, Outcome::Unsupported);
    }
    assert_eq!(world.state(SOUTH, link), LinkState::Active { frozen: false });
    let mut head = Forged::next(&mut world, NORTH, SOUTH, Subject::Office);
    (head.envelope.sequence, head.envelope.previous) = (head.envelope.sequence + 1, amend.hash());
    let head = head.sign(Head { sequence: 1, hash: [0; 32] });
    for _ in 0..2 {
        assert_eq!(say(&mut world, NORTH, SOUTH, head.clone()).outcome, Outcome::Unsupported);
    }
}

#[test]
fn a_receipt_for_nothing_is_misbehaviour_and_what_follows_is_heard() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    let subject = about(&world, SOUTH, link);
    let mut previous = None;
    for cover in [RemovalCover::Link { end: StatementHash([1; 32]) }, RemovalCover::Part { epoch: 1, upto: 99 }] {
        let mut forged = Forged::next(&mut world, SOUTH, NORTH, subject.clone());
        if let Some((sequence, hash)) = previous {
            (forged.envelope.sequence, forged.envelope.previous) = (sequence, hash);
        }
        let sequence = forged.envelope.sequence;
        let signed = forged.sign(receipt(cover));
        previous = Some((sequence + 1, signed.hash()));
        refused_as(&say(&mut world, SOUTH, NORTH, signed.clone()), Misbehaviour::ReceiptUnfounded);
        assert_eq!(say(&mut world, SOUTH, NORTH, signed).outcome, Outcome::Refused, "the same answer again");
    }
    let mut forged = Forged::next(&mut world, SOUTH, NORTH, subject);
    (forged.envelope.sequence, forged.envelope.previous) = previous.expect("two were said");
    assert_eq!(forged.say(delete()).outcome, Outcome::Stored, "an end is heard all the same");
    assert!(matches!(world.state(NORTH, link), LinkState::Ended(_)));
}

#[test]
fn a_receipt_from_the_side_that_removes_nothing_is_misbehaviour() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    let subject = about(&world, NORTH, link);
    let heard = Forged::next(&mut world, NORTH, SOUTH, subject).say(receipt(RemovalCover::Link { end: StatementHash::NONE }));
    refused_as(&heard, Misbehaviour::ReceiptUnfounded);
}

#[test]
fn answers_of_the_wrong_side_other_terms_and_other_links_change_nothing() {
    let mut world = World::three();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    let asked = world.offices[NORTH].read(|view| Ok(statements::link_set(view, link)?)).terms().cloned().expect("terms");
    let subject = about(&world, NORTH, link);
    let heard = Forged::next(&mut world, NORTH, SOUTH, subject.clone()).say(Accept { terms: asked.clone() });
    refused_as(&heard, Misbehaviour::WrongSide);
    let heard =
        Forged::next(&mut world, SOUTH, NORTH, subject.clone()).say(Accept { terms: Terms { level: Level::FullControl, ..asked.clone() } });
    refused_as(&heard, Misbehaviour::OtherTerms);
    let heard = Forged::next(&mut world, EAST, NORTH, subject.clone()).say(Accept { terms: asked.clone() });
    refused_as(&heard, Misbehaviour::WrongLink);
    let unknown = Subject::Link { link: LinkId([3; 32]), request: StatementHash([3; 32]), owner: name("alice"), reader: name("bob") };
    let east = world.offices[EAST].id;
    let heard = world.offices[NORTH].read(|view| Ok(peers::find(view, east)?.expect("a peer")));
    let mut forged = Forged::next(&mut world, EAST, NORTH, unknown);
    (forged.envelope.sequence, forged.envelope.previous) = (heard.heard_sequence + 1, heard.heard_hash);
    refused_as(&forged.say(Decline { reason: String::new() }), Misbehaviour::WrongLink);
    assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (LinkState::Waiting, LinkState::Waiting));
}

#[test]
fn an_unknown_office_is_not_heard() {
    let mut world = World::two();
    let east = crate::office::Office::new("East", 3);
    let signed = Forged::next(&mut world, NORTH, SOUTH, opening()).sign(request());
    let id = east.id;
    let heard = world.offices[SOUTH].write(|tx| inbound::statement(tx, id, signed.clone())).expect("a statement is heard");
    refused_as(&heard, Misbehaviour::UnknownOffice);
}
