//! How much an office takes from others before it says that it is enough.

use interoffice_core::actions::links::{self as link_verbs, Ask};
use interoffice_core::actions::outbound::{self, Start};
use interoffice_core::actions::peers as invites;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{links, peers, statements};
use interoffice_protocol::ids::{LinkId, Nonce};
use interoffice_protocol::limits;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::{Message, Outcome, PairRefusal};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{Body, Delete, EndReason, Freeze, Subject, Verified};

use crate::office::{BEGIN_MS, Office};
use crate::people::{NORTH, SOUTH, all_mine, name, pair};
use crate::statements::Forged;
use crate::world::World;

/// Keeps so many statements of North at South as if they had come, each unlike the others, and forgets none.
fn keep(world: &mut World, number: usize, mut subject: impl FnMut(usize) -> Subject, body: &Body) {
    let north = world.offices[NORTH].id;
    let signed: Vec<_> = (0..number)
        .map(|index| {
            let mut forged = Forged::next(world, NORTH, SOUTH, subject(index));
            forged.envelope.sequence = 1_000_000 + index as u64;
            forged.envelope.nonce = Nonce((index as u128).to_be_bytes());
            forged.sign(body.clone())
        })
        .collect();
    let all = |tx: &interoffice_core::store::Tx<'_>| {
        let peer = peers::find(tx, north)?.expect("a peer").row;
        for signed in &signed {
            statements::insert(tx, peer, &Verified::from_store(signed.clone()).expect("a statement"), false)?;
        }
        Ok(())
    };
    world.offices[SOUTH].write(all).expect("statements are kept");
}

fn says_that_it_is_enough(heard: &interoffice_core::actions::inbound::Heard) {
    assert_eq!((heard.outcome, heard.misbehaviour.clone()), (Outcome::Refused, Some(Misbehaviour::TooManyWaiting)));
}

#[test]
fn a_hundred_requests_wait_for_one_user_whoever_they_come_from() {
    const OFFICES: [&str; 7] = ["South", "North", "East", "West", "Hill", "Lake", "Wood"];
    let offices = OFFICES.iter().enumerate().map(|(index, name)| Office::new(name, index as u8 + 1)).collect();
    let mut world = World::new(offices);
    world.specialist(0, "bob");
    let each = limits::WAITING_REQUESTS_PER_USER / (OFFICES.len() - 1) + 1;
    assert!(each <= limits::WAITING_REQUESTS_PER_PEER, "no office is over its own bound");
    for office in 1..OFFICES.len() {
        pair(&mut world, office, 0);
        for number in 0..each {
            let owner = format!("owner{number}");
            world.specialist(office, &owner);
            world.request(office, &owner, 0, "bob").expect("a request");
        }
        world.exchange(office, 0);
    }
    let waiting = world.offices[0].read(|view| Ok(links::waiting_for(view, &name("bob"))?));
    assert_eq!(waiting, limits::WAITING_REQUESTS_PER_USER as u64);
    let refused = each * (OFFICES.len() - 1) - limits::WAITING_REQUESTS_PER_USER;
    assert_eq!(world.take_misbehaviour(), vec![Misbehaviour::TooManyWaiting; refused]);
}

#[test]
fn a_link_is_frozen_and_thawed_so_often_and_no_more() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    let request = world.offices[SOUTH].read(|view| Ok(links::load(view, link)?)).request;
    let subject = Subject::Link { link, request, owner: name("alice"), reader: name("bob") };
    let freeze = Body::Freeze(Freeze { reason: String::new() });
    // The Request and the Accept count too.
    keep(&mut world, limits::STATEMENTS_PER_LINK - 2, |_| subject.clone(), &freeze);
    says_that_it_is_enough(&Forged::next(&mut world, NORTH, SOUTH, subject).say(freeze));
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    // What was refused has its place in the order, so the Delete is said behind it.
    assert!(matches!(world.state(NORTH, link), LinkState::Ended(_)), "an end is never one too many");
}

#[test]
fn endings_of_links_that_nobody_knows_are_kept_so_often_and_no_more() {
    let mut world = World::two();
    let unknown = |index: usize| {
        let mut link = [7; 32];
        link[..8].copy_from_slice(&(index as u64).to_be_bytes());
        let request = interoffice_protocol::ids::StatementHash([3; 32]);
        Subject::Link { link: LinkId(link), request, owner: name("alice"), reader: name("bob") }
    };
    let delete = Body::Delete(Delete { reason: EndReason::Deleted, note: String::new() });
    let most = limits::ORPHAN_ENDINGS_PER_PEER as usize;
    keep(&mut world, most - 1, unknown, &delete);
    let mut last = Forged::next(&mut world, NORTH, SOUTH, unknown(most));
    let signed = last.sign(delete.clone());
    last.envelope.sequence += 1;
    last.envelope.previous = signed.hash();
    last.envelope.subject = unknown(most + 1);
    let beyond = last.sign(delete);
    let north = world.offices[NORTH].id;
    let mut say = |signed: &interoffice_protocol::statement::Signed| {
        let said = |tx: &interoffice_core::store::Tx<'_>| interoffice_core::actions::inbound::statement(tx, north, signed.clone());
        world.offices[SOUTH].write(said).expect("a statement is heard")
    };
    assert_eq!(say(&signed).outcome, Outcome::Stored);
    says_that_it_is_enough(&say(&beyond));
}

#[test]
fn a_reader_that_says_it_is_absurdly_far_is_sent_nothing_and_uses_nothing_up() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    let (south, head) = (world.offices[SOUTH].id, world.offices[NORTH].read(|view| Ok(links::load(view, link)?)).head);
    let far = head + limits::LOG_JUMP_MAX + 1;
    let start = world.offices[NORTH].write(|tx| outbound::reconcile(tx, south, link, far, &[])).expect("an inventory is taken");
    assert!(matches!(start, Start::Gone), "{start:?}");
    assert_eq!(world.offices[NORTH].read(|view| Ok(links::load(view, link)?)).head, head);
}

#[test]
fn an_invite_is_good_for_a_day_and_not_a_moment_longer() {
    let mut world = World::two();
    let token = world.offices[NORTH].token();
    let until = world.offices[NORTH].write(|tx| invites::invite(tx, &Actor::Operator, &token)).expect("an invite is made");
    assert_eq!(until, BEGIN_MS + limits::INVITE_LIFE_MS);
    let stranger = world.offices[SOUTH].id;
    let judged = |world: &World| world.offices[NORTH].read(|view| invites::check_token(view, &token, stranger));
    world.pass(limits::INVITE_LIFE_MS);
    assert_eq!(judged(&world), Ok(()));
    world.pass(1);
    assert_eq!(judged(&world), Err(PairRefusal::Expired));
}

#[test]
fn a_lease_is_as_long_as_the_level_of_its_link_makes_it() {
    let mut world = World::two();
    for (owner, level, lease_s) in [
        ("ann", Level::Read, limits::LEASE_SHORT_S),
        ("ben", Level::Write, limits::LEASE_SHORT_S),
        ("cat", Level::FullControl, limits::LEASE_LONG_S),
    ] {
        world.specialist(NORTH, owner);
        let (office, user) = (world.offices[SOUTH].name.to_owned(), "bob".to_owned());
        let ask = Ask { office, user, purpose: String::new(), level, scope: Scope::standard(), not_after_ms: None };
        let asked = world.offices[NORTH].write(|tx| link_verbs::request(tx, &Actor::User(name(owner)), &ask)).expect("a request");
        world.exchange(NORTH, SOUTH);
        let link: LinkId = asked.link.parse().expect("a link id");
        for office in [NORTH, SOUTH] {
            assert_eq!(world.offices[office].read(|view| Ok(links::load(view, link)?)).lease_s, lease_s, "{level:?}");
        }
    }
}

#[test]
fn a_batch_holds_so_many_entries_and_so_many_bytes() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 600);
    let long = "x".repeat(limits::BATCH_TARGET_BYTES / 3);
    let big: String =
        (0..8).map(|index| format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:big{index}\r\nFN:Big\r\nNOTE:{long}\r\nEND:VCARD\r\n")).collect();
    world.import_text(NORTH, "alice", &big, Default::default());
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let batches: Vec<(usize, usize)> = world
        .sent
        .iter()
        .filter_map(|(.., message)| match message {
            Message::Batch(batch) => Some((batch.entries.len(), message.to_frame().body.len())),
            _ => None,
        })
        .collect();
    assert_eq!(batches.iter().map(|(entries, _)| entries).sum::<usize>(), 608);
    assert!(batches.iter().any(|(entries, _)| *entries == limits::BATCH_ENTRIES), "as many as may be: {batches:?}");
    // The record that reaches the target is the last of its batch.
    let most = limits::BATCH_TARGET_BYTES + long.len() + 4_096;
    assert!(batches.iter().all(|(entries, bytes)| *entries <= limits::BATCH_ENTRIES && *bytes <= most), "{batches:?}");
    assert!(batches.iter().any(|(entries, bytes)| *entries < 8 && *bytes > limits::BATCH_TARGET_BYTES / 2), "{batches:?}");
}
