//! What is refused in words: asking, sharing, answering and signing for what can't be, and links that their owner's office suspended.

use interoffice_core::actions::links::{self, Ask};
use interoffice_core::actions::{copies, inbound, records, removal, sharing};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::Fault;
use interoffice_protocol::ids::{LinkId, OfficeId, RecordId, StatementHash};
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::{ListChunk, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{Body, Freeze, Receipt, ReceiptLevel, RemovalCover, Subject, Thaw};

use crate::people::{NORTH, SOUTH, all_mine, name, refused, selection, user};
use crate::statements::Forged;
use crate::world::World;

fn ask(world: &mut World, change: impl FnOnce(&mut Ask)) -> &'static str {
    let mut ask = Ask {
        office: "South".into(),
        user: "bob".into(),
        purpose: "referrals".into(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: None,
    };
    change(&mut ask);
    refused(world.offices[NORTH].write(|tx| links::request(tx, &user("alice"), &ask)))
}

#[test]
fn a_request_that_makes_no_sense_is_refused_before_it_is_signed() {
    let mut world = World::two();
    assert_eq!(ask(&mut world, |ask| ask.user = "b".into()), "bad-user-name");
    assert_eq!(ask(&mut world, |ask| ask.purpose = "w".repeat(2_001)), "purpose-too-long");
    assert_eq!(ask(&mut world, |ask| ask.not_after_ms = Some(0)), "end-in-the-past");
    assert_eq!(ask(&mut world, |ask| ask.office = "West".into()), "unknown-office");
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request").to_string();
    let long = "w".repeat(2_001);
    assert_eq!(refused(world.offices[NORTH].write(|tx| links::withdraw(tx, &user("alice"), &link, &long))), "text-too-long");
    let peer = Actor::Peer(world.offices[SOUTH].id);
    assert_eq!(refused(world.offices[NORTH].write(|tx| links::withdraw(tx, &peer, &link, ""))), "unknown-link", "a peer has no verbs");
}

#[test]
fn nobody_shares_or_takes_back_over_somebody_elses_link() {
    let mut world = World::two();
    let link = world.alice_to_bob().to_string();
    world.specialist(NORTH, "amy");
    let records = world.import(NORTH, "alice", 0, 2);
    let (amy, operator) = (user("amy"), Actor::Operator);
    let north = &mut world.offices[NORTH];
    assert_eq!(refused(north.write(|tx| sharing::plan_share(tx, &amy, &link, &all_mine()))), "unknown-link");
    assert_eq!(refused(north.write(|tx| sharing::plan_unshare(tx, &amy, &link, &all_mine()))), "unknown-link");
    assert!(north.write(|tx| sharing::plan_share(tx, &operator, &link, &all_mine())).is_err(), "the operator owns no records");
    let wrong = sharing::Selection { records: vec!["no id".into()], ..Default::default() };
    assert_eq!(refused(north.write(|tx| sharing::plan_share(tx, &user("alice"), &link, &wrong))), "bad-record-id");
    let strange = selection(&[RecordId([9; 16])]);
    assert_eq!(refused(north.write(|tx| sharing::plan_share(tx, &user("alice"), &link, &strange))), "unknown-record");
    for chosen in [vec![], vec![records[0]; 1_001]] {
        assert_eq!(refused(north.write(|tx| records::plan_delete(tx, &user("alice"), &chosen))), "bad-selection");
    }
}

/// The subject of a link as its owner's office names it.
fn about(world: &World, link: LinkId) -> Subject {
    let row = world.offices[NORTH].read(|view| Ok(interoffice_core::store::links::load(view, link)?));
    Subject::Link { link, request: row.request, owner: name("alice"), reader: name("bob") }
}

#[test]
fn a_frozen_link_takes_and_shows_nothing_until_its_issuer_thaws_it() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    world.import(NORTH, "alice", 0, 3);
    world.share(NORTH, "alice", link, &all_mine()).expect("shared");
    world.exchange(NORTH, SOUTH);
    let may_read = |world: &World| {
        let bob = user("bob");
        world.offices[SOUTH].read(|view| match copies::may_read(view, &bob, link) {
            Err(Fault::Refused(_)) => Ok(false),
            end => end.map(|_| true),
        })
    };
    assert!(may_read(&world));
    // Freezing has no verb yet, so the owner's office says it past its own store.
    let subject = about(&world, link);
    let forged = Forged::next(&mut world, NORTH, SOUTH, subject.clone());
    let (sequence, freeze) = (forged.envelope.sequence, forged.sign(Freeze { reason: "two of us".into() }));
    assert_eq!(forged.say(Freeze { reason: "two of us".into() }).outcome, Outcome::Stored);
    assert_eq!(world.state(SOUTH, link), LinkState::Active { frozen: true });
    assert!(!may_read(&world), "what is frozen is not read");
    let mut forged = Forged::next(&mut world, NORTH, SOUTH, subject);
    (forged.envelope.sequence, forged.envelope.previous) = (sequence + 1, freeze.hash());
    assert_eq!(forged.say(Thaw { freeze: freeze.hash() }).outcome, Outcome::Stored);
    assert_eq!(world.state(SOUTH, link), LinkState::Active { frozen: false });
    assert!(may_read(&world), "and nothing was lost");
}

#[test]
fn a_receipt_or_list_without_ground_is_misbehaviour_and_changes_nothing() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    let south = world.offices[SOUTH].id;
    let chunk = ListChunk { statement: StatementHash([7; 32]), index: 0, leaves: Vec::new() };
    let take = |world: &mut World, from: OfficeId| world.offices[NORTH].write(|tx| removal::list_chunk(tx, from, &chunk));
    assert_eq!(take(&mut world, OfficeId([9; 32])).expect("looked at"), Some(Misbehaviour::UnknownOffice));
    assert_eq!(take(&mut world, south).expect("looked at"), Some(Misbehaviour::ReceiptUnfounded));
    let subject = about(&world, link);
    let cover = RemovalCover::Link { end: StatementHash([8; 32]) };
    let receipt = |count, chunks| Receipt {
        level: ReceiptLevel::Erased,
        cover,
        count,
        root: [0; 32],
        chunks,
        removed_at_ms: 0,
        held: 0,
        holds: Vec::new(),
    };
    let wrong = Body::from(receipt(5, 1));
    let heard = Forged::next(&mut world, SOUTH, NORTH, subject).say(wrong);
    let expected = Some(Misbehaviour::OutOfBounds("the count of a receipt"));
    assert_eq!(heard, inbound::Heard { outcome: Outcome::Refused, misbehaviour: expected }, "more copies than ever were");
    assert_eq!(world.state(NORTH, link), LinkState::Active { frozen: false });
    assert_eq!(world.removals(NORTH, link), []);
}
