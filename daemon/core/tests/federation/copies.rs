//! Copies: what arrives of a record, what an edit does, and how both sides find together again after losses.

use interoffice_core::store::{links as link_rows, records as record_rows};
use interoffice_protocol::messages::{Lane, Message};
use interoffice_protocol::record::{FieldName, Scope};

use crate::people::{EAST, NORTH, SOUTH, all_mine, refused, selection};
use crate::world::{Fate, World};

/// Loses every acknowledgement.
fn no_acks(_: usize, _: usize, message: &Message) -> Fate {
    if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver }
}

fn inventories(world: &World) -> usize {
    world.sent.iter().filter(|(.., message)| matches!(message, Message::InventoryAsk(_))).count()
}

fn batches(world: &World) -> usize {
    world.sent.iter().filter(|(.., message)| matches!(message, Message::Batch(_))).count()
}

#[test]
fn three_hundred_records_arrive_cut_down_to_the_scope() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 300);
    let link = world.alice_to_bob();
    let shared = world.share(NORTH, "alice", link, &all_mine()).expect("alice shares everything");
    assert_eq!((shared.added, shared.already), (300, 0));
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let copies = world.copies(SOUTH, link);
    assert_eq!(copies.len(), 300);
    for (_, record) in copies.values() {
        assert!(record.properties.iter().any(|property| property.field == FieldName::Notes));
        assert!(record.properties.iter().all(|property| property.field != FieldName::Other));
    }
    assert!(batches(&world) >= 2, "in several batches");
    assert_eq!(world.view(NORTH, link).delivered, 300);
    assert!(!world.offices[SOUTH].files_with("notecanary7x").is_empty(), "the copies are there");
    assert!(world.offices[SOUTH].files_with("othercanary").is_empty(), "what the scope leaves out never left");
    assert_eq!(inventories(&world), 0);
    world.assert_honest();
}

#[test]
fn a_scope_of_everything_shows_other_fields_and_a_narrow_one_hardly_anything() {
    let mut world = World::two();
    world.specialist(SOUTH, "ben");
    let records = world.import(NORTH, "alice", 0, 3);
    let narrow = Scope { fields: FieldName::Phones.bit(), related: 0, documents: false };
    for (reader, scope) in [("bob", Scope::everything()), ("ben", narrow)] {
        let link = world.ask(NORTH, "alice", SOUTH, reader, scope).expect("a request");
        world.exchange(NORTH, SOUTH);
        world.accept(SOUTH, reader, link).expect("an acceptance");
        world.exchange(NORTH, SOUTH);
        world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares");
        world.exchange(NORTH, SOUTH);
        world.assert_alike(NORTH, SOUTH, link);
        let copies = world.copies(SOUTH, link);
        let shows = |field| copies.values().any(|(_, record)| record.properties.iter().any(|property| property.field == field));
        assert_eq!(shows(FieldName::Other), reader == "bob");
        assert_eq!(shows(FieldName::Notes), reader == "bob");
        assert!(shows(FieldName::Phones) && shows(FieldName::Name));
    }
    world.assert_honest();
}

#[test]
fn an_edit_replaces_the_copy() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.set_note(NORTH, "alice", records[2], "Changed words").expect("alice edits");
    assert_eq!(world.view(NORTH, link).delivered, 4);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let (version, record) = &world.copies(SOUTH, link)[&records[2]];
    assert_eq!(version.counter, 2);
    assert!(record.properties.iter().any(|property| property.value == "Changed words"));
    assert_eq!(inventories(&world), 0);
}

#[test]
fn edits_of_a_record_that_was_not_sent_yet_go_out_as_one() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 2);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares");
    for number in 0..5 {
        world.set_note(NORTH, "alice", records[0], &format!("Edit {number}")).expect("alice edits");
    }
    let before = batches(&world);
    world.exchange(NORTH, SOUTH);
    let entries: usize = world
        .sent
        .iter()
        .filter_map(|(.., message)| if let Message::Batch(batch) = message { Some(batch.entries.len()) } else { None })
        .sum();
    assert_eq!((batches(&world) - before, entries), (1, 2));
    world.assert_alike(NORTH, SOUTH, link);
}

#[test]
fn a_record_shared_over_two_links_changes_in_both_copies() {
    let mut world = World::three();
    let records = world.import(NORTH, "alice", 0, 4);
    let to_bob = world.alice_to_bob();
    let to_carol = world.linked(NORTH, "alice", EAST, "carol");
    for link in [to_bob, to_carol] {
        world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares");
    }
    world.settle();
    world.set_note(NORTH, "alice", records[0], "For both").expect("alice edits");
    world.settle();
    world.assert_alike(NORTH, SOUTH, to_bob);
    world.assert_alike(NORTH, EAST, to_carol);
    world.assert_honest();
}

#[test]
fn members_of_a_household_come_along() {
    let mut world = World::two();
    let member = |number: usize| format!("MEMBER:urn:uuid:00000000-0000-4000-8000-{number:012}\r\n");
    let household = format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nUID:urn:uuid:00000000-0000-4000-8000-999999999999\r\nFN:The Persons\r\n{}{}END:VCARD\r\n",
        member(1),
        member(2)
    );
    world.import(NORTH, "alice", 0, 4);
    let group = world.import_text(NORTH, "alice", &household, Default::default());
    let link = world.alice_to_bob();
    let shared = world.share(NORTH, "alice", link, &selection(&group)).expect("alice shares the household");
    assert_eq!(shared.added, 3);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let copies = world.copies(SOUTH, link);
    assert_eq!(copies[&group[0]].1.members.len(), 2);
    assert!(copies[&group[0]].1.members.iter().all(|member| copies.contains_key(member)));
}

#[test]
fn a_private_record_is_shared_only_when_alice_says_so() {
    let mut world = World::two();
    let options = interoffice_core::actions::records::ImportOptions { private: true, ..Default::default() };
    let private = world.import_text(NORTH, "alice", &crate::people::card(7), options);
    world.import(NORTH, "alice", 0, 2);
    let link = world.alice_to_bob();
    assert_eq!(refused(world.share(NORTH, "alice", link, &selection(&private))), "private-record");
    assert_eq!(world.share(NORTH, "alice", link, &all_mine()).expect("alice shares").added, 2);
    let mut confirmed = selection(&private);
    confirmed.include_private = true;
    assert_eq!(world.share(NORTH, "alice", link, &confirmed).expect("alice confirms").added, 1);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
}

#[test]
fn acknowledgements_that_were_lost_are_made_good_by_the_next_resume() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 600);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.fates = Box::new(no_acks);
    world.talk(NORTH, SOUTH);
    assert_eq!(world.copies(SOUTH, link).len(), 600);
    assert_eq!(world.view(NORTH, link).delivered, 0, "nobody has told alice's office");
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    let sent = batches(&world);
    world.exchange(NORTH, SOUTH);
    assert_eq!(batches(&world), sent, "nothing is sent twice");
    assert_eq!(world.view(NORTH, link).delivered, 600);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!(inventories(&world), 0);
}

#[test]
fn an_edit_between_a_lost_acknowledgement_and_the_resume_leads_to_an_inventory_and_equal_copies() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 10);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.fates = Box::new(no_acks);
    world.talk(NORTH, SOUTH);
    world.disconnect(NORTH, SOUTH);
    world.set_note(NORTH, "alice", records[3], "Edited meanwhile").expect("alice edits");
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.exchange(NORTH, SOUTH);
    assert_eq!(inventories(&world), 1);
    world.assert_alike(NORTH, SOUTH, link);
    world.assert_honest();
}

#[test]
fn a_withdrawal_between_a_lost_acknowledgement_and_the_resume_leads_to_equal_copies_and_a_receipt() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 10);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.fates = Box::new(no_acks);
    world.talk(NORTH, SOUTH);
    world.disconnect(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..5])).expect("alice unshares");
    world.exchange(NORTH, SOUTH);
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!(world.copies(SOUTH, link).len(), 5);
    assert!(world.view(NORTH, link).parts.iter().all(|part| part.state == "Erased"), "{:?}", world.view(NORTH, link).parts);
    world.assert_honest();
}

#[test]
fn when_bobs_office_lost_its_file_everything_is_sent_again() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 300);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[..10])).expect("alice unshares");
    world.offices[SOUTH].files.close();
    std::fs::remove_file(world.offices[SOUTH].received(link)).expect("the file is lost");
    world.restart(SOUTH);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!(world.copies(SOUTH, link).len(), 290);
    assert!(world.view(NORTH, link).parts.iter().all(|part| part.state == "Erased"), "{:?}", world.view(NORTH, link).parts);
    world.assert_honest();
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
}

#[test]
fn when_bobs_office_runs_from_an_older_file_the_two_find_together() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 20);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records[..12])).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.offices[SOUTH].files.close();
    let path = world.offices[SOUTH].received(link);
    let old = std::fs::read(&path).expect("the file is read");
    world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares more");
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares some");
    world.set_note(NORTH, "alice", records[5], "Newer").expect("alice edits");
    world.exchange(NORTH, SOUTH);
    world.offices[SOUTH].files.close();
    std::fs::write(&path, old).expect("an old file comes back");
    world.restart(SOUTH);
    world.exchange(NORTH, SOUTH);
    assert!(inventories(&world) > 0);
    world.assert_alike(NORTH, SOUTH, link);
    world.assert_honest();
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
}

#[test]
fn an_acknowledgement_says_nothing_of_a_later_version_that_is_still_on_its_way() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.connect(NORTH, SOUTH);
    world.talk_until_batch();
    world.set_note(NORTH, "alice", records[0], "Second version").expect("alice edits while the first is on its way");
    world.speak(NORTH, SOUTH);
    assert!(world.deliver(NORTH, SOUTH, Lane::Data) && world.deliver(SOUTH, NORTH, Lane::Data), "the first batch is acknowledged");
    world.set_note(NORTH, "alice", records[0], "Third version").expect("alice edits while the second is on its way");
    world.talk(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!((world.copies(SOUTH, link)[&records[0]].0.counter, inventories(&world)), (3, 0));
}

#[test]
fn an_older_file_that_comes_back_between_receipt_and_acknowledgement_keeps_nothing() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.offices[SOUTH].files.close();
    let path = world.offices[SOUTH].received(link);
    let old = std::fs::read(&path).expect("the file is read");
    world.fates = Box::new(no_acks);
    world.unshare(NORTH, "alice", link, &selection(&records[..2])).expect("alice unshares");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).parts[0].state, "Erased");
    world.offices[SOUTH].files.close();
    std::fs::write(&path, old).expect("an old file comes back");
    world.restart(SOUTH);
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!(world.copies(SOUTH, link).len(), 3);
    world.assert_honest();
}

#[test]
fn a_withdrawal_that_an_older_file_knows_nothing_of_is_confirmed_anew() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 10);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records[..5])).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.offices[SOUTH].files.close();
    let path = world.offices[SOUTH].received(link);
    let old = std::fs::read(&path).expect("the file is read");
    world.share(NORTH, "alice", link, &selection(&records[5..])).expect("alice shares more");
    world.exchange(NORTH, SOUTH);
    world.unshare(NORTH, "alice", link, &selection(&records[5..7])).expect("alice unshares some of it");
    world.talk(NORTH, SOUTH);
    world.offices[SOUTH].files.close();
    std::fs::write(&path, old).expect("an old file comes back before the receipt is made");
    world.restart(SOUTH);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let part = &world.view(NORTH, link).parts[0];
    assert_eq!((part.state, part.count), ("Erased", Some(0)), "there was nothing to erase in that file");
    world.assert_honest();
}

#[test]
fn a_record_that_is_edited_while_it_is_on_its_way_arrives_in_its_last_version() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.connect(NORTH, SOUTH);
    world.talk_until_batch();
    world.set_note(NORTH, "alice", records[0], "Second version").expect("alice edits while the first is on its way");
    world.speak(NORTH, SOUTH);
    world.set_note(NORTH, "alice", records[0], "Third version").expect("alice edits again");
    world.unshare(NORTH, "alice", link, &selection(&records[1..2])).expect("alice unshares another");
    world.talk(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    assert_eq!(world.copies(SOUTH, link)[&records[0]].0.counter, 3);
    assert_eq!(inventories(&world), 0);
    world.assert_honest();
}

#[test]
fn the_owners_daemon_may_die_between_any_two_messages() {
    for after in 0..12 {
        let mut world = World::two();
        let records = world.import(NORTH, "alice", 0, 530);
        let link = world.alice_to_bob();
        world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
        world.connect(NORTH, SOUTH);
        for _ in 0..after {
            world.speak(SOUTH, NORTH);
            world.speak(NORTH, SOUTH);
            let _ = world.deliver(SOUTH, NORTH, Lane::Data) || world.deliver(NORTH, SOUTH, Lane::Data);
        }
        world.set_note(NORTH, "alice", records[0], "Later").expect("alice edits");
        world.restart(if after % 2 == 0 { NORTH } else { SOUTH });
        world.exchange(NORTH, SOUTH);
        world.assert_alike(NORTH, SOUTH, link);
        world.assert_honest();
    }
}

#[test]
fn a_lying_inventory_does_not_keep_alice_from_working() {
    use interoffice_core::actions::outbound;
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    let south = world.offices[SOUTH].id;
    for cursor in [u64::MAX, i64::MAX as u64, u64::MAX / 4] {
        world.offices[NORTH].write(|tx| outbound::reconcile(tx, south, link, cursor, &[])).map(drop).expect("a lie is survived");
    }
    world.set_note(NORTH, "alice", records[0], "Still editable").expect("alice edits");
    let head = world.offices[NORTH].read(|view| Ok(link_rows::load(view, link)?)).head;
    assert!(head < 1 << 62, "{head}");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    let body = world.offices[NORTH].read(|view| Ok(record_rows::load_body(view, records[0])?));
    assert!(body.is_some());
}
