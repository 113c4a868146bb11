//! Receipts for parts whose acknowledgements, lists and inventories come in an unlucky order: none of them says that a receipt does not
//! match when it does.

use interoffice_protocol::messages::{Lane, Message};

use crate::part_removals::{assert_ends_well, assert_erased, shared};
use crate::people::{NORTH, SOUTH, selection};
use crate::world::{Fate, World};

fn lose(world: &mut World, lost: fn(&Message) -> bool) {
    world.fates = Box::new(move |_, _, message| if lost(message) { Fate::Lose } else { Fate::Deliver });
}

#[test]
fn a_receipt_for_a_later_version_than_was_acknowledged_leaves_nothing_to_be_confirmed() {
    let (mut world, link, records) = shared(3);
    lose(&mut world, |message| matches!(message, Message::BatchAck(_)));
    world.connect(NORTH, SOUTH);
    world.set_note(NORTH, "alice", records[0], "Later words").expect("alice edits");
    world.talk(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..1])).expect("alice unshares");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    let view = world.view(NORTH, link);
    assert_eq!(view.removal.expect("a removal").state, "Erased");
    assert!(view.parts.iter().all(|part| part.state == "Erased"), "{:?}", view.parts);
    world.assert_honest();
}

#[test]
fn a_list_that_comes_after_the_next_withdrawal_of_the_same_record_settles_both() {
    let (mut world, link, records) = shared(3);
    lose(&mut world, |message| matches!(message, Message::BatchAck(_) | Message::ListChunk(_) | Message::Ping(_)));
    world.connect(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..1])).expect("alice unshares");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    world.share(NORTH, "alice", link, &selection(&records[..1])).expect("alice shares again");
    world.unshare(NORTH, "alice", link, &selection(&records[..1])).expect("alice unshares again");
    world.talk(NORTH, SOUTH);
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.disconnect(NORTH, SOUTH);
    world.connect(NORTH, SOUTH);
    world.speak(SOUTH, NORTH);
    // Where bob's office stands is heard before its list.
    while world.deliver(SOUTH, NORTH, Lane::Data) {}
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_ends_well(&mut world, link);
}

#[test]
fn a_receipt_is_judged_only_when_the_list_of_an_earlier_one_is_here() {
    let (mut world, link, records) = shared(3);
    lose(&mut world, |message| matches!(message, Message::BatchAck(_) | Message::ListChunk(_) | Message::Ping(_)));
    world.connect(NORTH, SOUTH);
    world.set_note(NORTH, "alice", records[0], "Later words").expect("alice edits");
    world.talk(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..2])).expect("alice unshares two");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    lose(&mut world, |message| matches!(message, Message::ListChunk(_) | Message::Ping(_)));
    world.disconnect(NORTH, SOUTH);
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    world.share(NORTH, "alice", link, &selection(&records[..1])).expect("alice shares again");
    world.unshare(NORTH, "alice", link, &selection(&records[..1])).expect("alice unshares again");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    let unconfirmed = world.offices[NORTH].read(|view| Ok(interoffice_core::store::removals::unconfirmed(view)?));
    assert_eq!(unconfirmed, 2, "both wait for the first list");
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_ends_well(&mut world, link);
}
