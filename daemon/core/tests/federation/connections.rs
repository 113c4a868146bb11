//! Offices that are blocked, removed, or met again: what still goes over the connection.

use interoffice_protocol::link::{End, LinkState};
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::office::KEYS_LAST_MS;
use crate::people::{NORTH, SOUTH, all_mine, pair, refused, selection};
use crate::world::World;

#[test]
fn a_blocked_office_gets_no_records_and_settles_what_it_owes() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 6);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records[..3])).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.block(NORTH, SOUTH, true).expect("South is blocked");
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares more");
    let request = world.request(SOUTH, "bob", NORTH, "alice").expect("bob asks, since he knows of nothing");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.take_misbehaviour(), [Misbehaviour::BlockedOffice]);
    assert_eq!(world.copies(SOUTH, link).len(), 3, "nothing more has gone out");
    assert_eq!(world.state(SOUTH, request), LinkState::Ended(End::Withdrawn), "the refused request does not wait for ever");
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(NORTH, link), LinkState::Ended(End::DeletedByReader), "an end is heard from a blocked office");
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    world.assert_honest();
}

#[test]
fn an_office_whose_keys_have_expired_ends_links_and_begins_none() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.specialist(SOUTH, "ben");
    let waiting = world.request(NORTH, "alice", SOUTH, "ben").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.pass(KEYS_LAST_MS);
    let late = world.request(SOUTH, "bob", NORTH, "alice").expect("bob asks");
    world.decline(SOUTH, "ben", waiting).expect("ben declines");
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.take_misbehaviour(), [Misbehaviour::ExpiredKeySet]);
    assert_eq!(world.state(SOUTH, late), LinkState::Ended(End::Withdrawn), "it can't be taken");
    assert_eq!(world.state(NORTH, waiting), LinkState::Ended(End::Declined));
    assert_eq!(world.state(NORTH, link), LinkState::Ended(End::DeletedByReader));
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
}

#[test]
fn a_block_that_is_taken_back_lets_everything_flow_again() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 6);
    let link = world.alice_to_bob();
    world.block(NORTH, SOUTH, true).expect("South is blocked");
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    assert!(world.copies(SOUTH, link).is_empty());
    world.block(NORTH, SOUTH, false).expect("South is not blocked any more");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    world.assert_honest();
}

#[test]
fn an_acceptance_that_a_block_refuses_ends_the_link_at_both_offices() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.block(NORTH, SOUTH, true).expect("South is blocked");
    world.accept(SOUTH, "bob", link).expect("bob accepts");
    world.exchange(NORTH, SOUTH);
    assert!(matches!(world.state(SOUTH, link), LinkState::Ended(_)));
    assert_eq!(world.state(NORTH, link), world.state(SOUTH, link));
    world.take_misbehaviour();
    world.block(NORTH, SOUTH, false).expect("South is not blocked any more");
    world.exchange(NORTH, SOUTH);
    let next = world.alice_to_bob();
    assert_eq!(world.state(NORTH, next), LinkState::Active { frozen: false });
    world.assert_honest();
}

#[test]
fn an_office_that_blocks_its_owner_takes_nothing_more() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 6);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.block(SOUTH, NORTH, true).expect("North is blocked");
    world.exchange(NORTH, SOUTH);
    assert!(world.copies(SOUTH, link).is_empty());
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    world.assert_honest();
}

#[test]
fn a_removed_office_is_asked_for_nothing_and_may_be_met_again() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.remove_peer(NORTH, SOUTH).expect("South is removed");
    assert_eq!(refused(world.request(NORTH, "alice", SOUTH, "bob")), "not-paired");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(SOUTH, link), LinkState::Ended(End::PeerRemoved));
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    world.remove_peer(SOUTH, NORTH).expect("North is removed too");
    pair(&mut world, NORTH, SOUTH);
    let again = world.alice_to_bob();
    world.share(NORTH, "alice", again, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, again);
    world.assert_honest();
}

#[test]
fn receipts_come_in_from_an_office_that_is_being_met_again() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.remove_peer(NORTH, SOUTH).expect("South is removed");
    world.remove_peer(SOUTH, NORTH).expect("North is removed too");
    world.disconnect(NORTH, SOUTH);
    pair(&mut world, NORTH, SOUTH);
    let north = world.offices[NORTH].id;
    world.offices[SOUTH]
        .write(|tx| {
            let row = interoffice_core::store::peers::find(tx, north)?.expect("a peer").row;
            Ok(interoffice_core::store::peers::set_standing(tx, row, interoffice_core::store::peers::Standing::Comparing)?)
        })
        .expect("South's admin has not confirmed yet");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    world.assert_honest();
}
