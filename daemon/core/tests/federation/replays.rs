//! Repeating whatever was ever sent, at any later time, changes nothing.

use interoffice_protocol::messages::Message;

use crate::people::{NORTH, SOUTH, all_mine, selection};
use crate::world::World;

/// Columns that count contacts with the other office and nothing else.
const COUNTERS: [&str; 1] = ["last_heard_ms"];

#[test]
fn repeating_every_message_changes_nothing_in_any_table() {
    let mut world = World::two_on_disk();
    let (link, back) = world.busy();
    for round in 0..2 {
        if round == 1 {
            world.delete_link(SOUTH, "bob", back).expect("bob deletes");
            world.delete_link(NORTH, "alice", link).expect("alice deletes");
            world.exchange(NORTH, SOUTH);
        }
        world.assert_honest();
        world.pass(5_000);
        world.connect(NORTH, SOUTH);
        let tables = |world: &World| [NORTH, SOUTH].map(|office| world.offices[office].tables(&COUNTERS));
        let copies = |world: &World| (world.copies(SOUTH, link), world.copies(NORTH, back));
        let (before, held) = (tables(&world), copies(&world));
        let sent = world.sent.clone();
        for (from, to, message) in sent {
            // Where a reader stands is said anew on each connection; an old word of that is a lie that the owner's office believes.
            if !matches!(message, Message::Resume(_) | Message::Inventory(_)) {
                world.hand_over(from, to, message);
            }
        }
        world.assert_honest();
        for (before, after) in before.iter().zip(tables(&world)) {
            assert_eq!(before, &after);
        }
        assert_eq!(copies(&world), held);
        world.exchange(NORTH, SOUTH);
        for (before, after) in before.iter().zip(tables(&world)) {
            assert_eq!(before, &after, "and nothing follows from it");
        }
    }
}

#[test]
fn an_old_word_of_where_a_reader_stands_is_made_good() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 300);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..5])).expect("alice unshares");
    world.exchange(NORTH, SOUTH);
    world.connect(NORTH, SOUTH);
    for (from, to, message) in world.sent.clone() {
        if matches!(message, Message::Resume(_)) {
            world.hand_over(from, to, message);
        }
    }
    world.talk(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    world.assert_honest();
}
