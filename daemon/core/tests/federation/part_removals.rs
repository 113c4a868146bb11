//! Unsharing records of a link that goes on, and deleting or archiving shared records: parts of a file are erased and receipted.

use interoffice_core::store::received::ReceivedFiles;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::{Lane, Message};

use crate::people::{NORTH, SOUTH, all_mine, refused, selection};
use crate::world::{Fate, Until, World};

pub(crate) fn shared(count: usize) -> (World, LinkId, Vec<RecordId>) {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, count);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    (world, link, records)
}

/// Every part that was withdrawn is erased as far as both offices know, and the copies are alike.
pub(crate) fn assert_erased(world: &mut World, link: LinkId) {
    world.assert_alike(NORTH, SOUTH, link);
    for part in world.view(NORTH, link).parts {
        assert_eq!(part.state, "Erased", "{part:?}");
    }
    let unconfirmed = world.offices[NORTH].read(|view| Ok(interoffice_core::store::removals::unconfirmed(view)?));
    assert_eq!(unconfirmed, 0);
    world.assert_honest();
}

/// The rest of the link is still good for a receipt.
pub(crate) fn assert_ends_well(world: &mut World, link: LinkId) {
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.exchange(NORTH, SOUTH);
    assert!(matches!(world.state(SOUTH, link), LinkState::Ended(_)));
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    assert!(world.offices[SOUTH].files_with("canary").is_empty());
    world.assert_honest();
}

fn words(number: usize) -> [String; 3] {
    ["fncanary", "mailcanary", "notecanary"].map(|word| format!("{word}{number}x"))
}

#[test]
fn half_of_the_records_are_unshared_and_no_word_of_them_is_left() {
    let (mut world, link, records) = shared(120);
    let before = world.view(NORTH, link);
    world.unshare(NORTH, "alice", link, &selection(&records[..60])).expect("alice unshares half");
    assert_eq!(world.view(NORTH, link).parts[0].state, "Removing");
    assert_eq!(before.parts.len(), 0);
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    let part = &world.view(NORTH, link).parts[0];
    assert_eq!((part.expected, part.count), (60, Some(60)));
    assert!(part.receipt.is_some());
    for number in 0..60 {
        for word in words(number) {
            assert_eq!(world.offices[SOUTH].files_with(&word), Vec::<std::path::PathBuf>::new(), "{word}");
        }
    }
    for number in 60..120 {
        assert_eq!(world.offices[SOUTH].files_with(&words(number)[2]).len(), 1);
    }
    assert_ends_well(&mut world, link);
}

#[test]
fn an_edit_leaves_the_old_words_nowhere_after_the_next_rebuild() {
    let (mut world, link, records) = shared(20);
    world.set_note(NORTH, "alice", records[3], "Nothing to find").expect("alice edits");
    world.unshare(NORTH, "alice", link, &selection(&records[10..11])).expect("alice unshares another");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert!(world.offices[SOUTH].files_with("notecanary3x").is_empty());
}

#[test]
fn a_deleted_record_is_erased_at_bobs_office() {
    let (mut world, link, records) = shared(10);
    world.delete_records(NORTH, "alice", &records[..3]).expect("alice deletes");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_eq!(world.copies(SOUTH, link).len(), 7);
    assert!(world.offices[SOUTH].files_with("notecanary1x").is_empty());
    assert_ends_well(&mut world, link);
}

#[test]
fn an_archived_record_is_erased_at_bobs_office_and_comes_back_only_when_shared_again() {
    use interoffice_core::actions::records;
    let (mut world, link, records) = shared(10);
    world.archive(NORTH, "alice", &records[..3]).expect("alice archives");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_eq!(world.copies(SOUTH, link).len(), 7);
    assert_eq!(refused(world.share(NORTH, "alice", link, &selection(&records[..1]))), "unknown-record");
    let alice = crate::people::user("alice");
    world.offices[NORTH].write(|tx| records::unarchive(tx, &alice, &records[..3])).expect("alice takes them back into use");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.copies(SOUTH, link).len(), 7);
    world.share(NORTH, "alice", link, &selection(&records[..1])).expect("alice shares one again");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.copies(SOUTH, link).len(), 8);
    assert_erased(&mut world, link);
    assert_ends_well(&mut world, link);
}

#[test]
fn what_is_unshared_before_it_was_sent_is_confirmed_too() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 10);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice thinks again");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_eq!(world.copies(SOUTH, link).len(), 6);
    assert_ends_well(&mut world, link);
}

#[test]
fn what_is_unshared_and_shared_again_before_anybody_heard_of_it_stays() {
    let (mut world, link, records) = shared(10);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.share(NORTH, "alice", link, &selection(&records[..4])).expect("alice thinks again");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_eq!(world.copies(SOUTH, link).len(), 10);
    assert_ends_well(&mut world, link);
}

#[test]
fn what_is_shared_again_while_the_withdrawal_is_being_confirmed_stays() {
    let (mut world, link, records) = shared(10);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    world.share(NORTH, "alice", link, &selection(&records[..2])).expect("alice shares two of them again");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_eq!(world.copies(SOUTH, link).len(), 8);
    world.unshare(NORTH, "alice", link, &selection(&records[..2])).expect("alice unshares them once more");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_ends_well(&mut world, link);
}

#[test]
fn a_receipt_that_overtakes_the_acknowledgement_is_good() {
    let (mut world, link, records) = shared(10);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.fates = Box::new(|_, _, message| if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver });
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    assert_eq!(world.view(NORTH, link).parts[0].state, "Erased", "the receipt and its list are good by themselves");
    world.fates = Box::new(|_, _, _| Fate::Deliver);
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    let page = world.offices[NORTH]
        .read(|view| interoffice_core::actions::sharing::shared_with(view, &crate::people::user("alice"), &link.to_string(), 0, 100));
    assert!(page.iter().all(|row| row.state == "delivered"), "{page:?}");
    world.unshare(NORTH, "alice", link, &selection(&records[4..6])).expect("alice unshares more");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert_ends_well(&mut world, link);
}

#[test]
fn a_withdrawal_confirmed_by_its_list_alone_is_not_expected_again_at_the_end() {
    for shared_again in [false, true] {
        let (mut world, link, records) = shared(10);
        world.fates = Box::new(|_, _, message| if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver });
        world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
        world.talk(NORTH, SOUTH);
        world.work(SOUTH);
        if shared_again {
            world.share(NORTH, "alice", link, &selection(&records[..2])).expect("alice shares two again, which are never sent");
        }
        world.deliver(SOUTH, NORTH, Lane::Control);
        world.speak(SOUTH, NORTH);
        while world.deliver(SOUTH, NORTH, Lane::Control) || world.deliver(NORTH, SOUTH, Lane::Control) {
            world.speak(SOUTH, NORTH);
        }
        assert_eq!(world.view(NORTH, link).parts[0].state, "Erased");
        world.delete_link(NORTH, "alice", link).expect("alice deletes");
        world.fates = Box::new(|_, _, _| Fate::Deliver);
        world.exchange(NORTH, SOUTH);
        let removal = world.view(NORTH, link).removal.expect("a removal");
        assert_eq!((removal.state, removal.count), ("Erased", Some(6)), "shared again: {shared_again}");
        world.assert_honest();
    }
}

#[test]
fn the_receipt_for_all_waits_for_the_list_of_a_part() {
    let (mut world, link, records) = shared(10);
    world.fates = Box::new(|_, _, message| if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver });
    world.unshare(NORTH, "alice", link, &selection(&records)).expect("alice unshares everything");
    world.talk(NORTH, SOUTH);
    world.work(SOUTH);
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.work(SOUTH);
    // Both receipts arrive before the first one's list.
    world.speak(SOUTH, NORTH);
    while world.deliver(SOUTH, NORTH, Lane::Control) {}
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Removing");
    world.exchange(NORTH, SOUTH);
    let view = world.view(NORTH, link);
    assert_eq!(view.removal.expect("a removal").state, "Erased");
    assert_eq!(view.parts[0].state, "Erased");
    world.assert_honest();
}

#[test]
fn a_list_prepared_before_another_was_sent_goes_out_on_the_same_connection() {
    let (mut world, link, records) = shared(10);
    world.specialist(SOUTH, "ben");
    let to_ben = world.linked(NORTH, "alice", SOUTH, "ben");
    world.share(NORTH, "alice", to_ben, &all_mine()).expect("alice shares with ben too");
    world.exchange(NORTH, SOUTH);
    world.delete_link(SOUTH, "ben", to_ben).expect("ben deletes");
    world.erase_ended(SOUTH, Until::Prepared);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.talk(NORTH, SOUTH);
    world.erase_parts(SOUTH, Until::Done);
    world.talk(NORTH, SOUTH);
    world.erase_ended(SOUTH, Until::Done);
    world.talk(NORTH, SOUTH);
    let lists = world.sent.iter().filter(|(.., message)| matches!(message, Message::ListChunk(_))).count();
    assert_eq!(lists, 2);
    assert_erased(&mut world, link);
}

#[test]
fn a_link_deleted_while_a_part_is_being_removed_confirms_both() {
    let (mut world, link, records) = shared(10);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.exchange(NORTH, SOUTH);
    let view = world.view(NORTH, link);
    assert_eq!(view.removal.expect("a removal").state, "Erased");
    assert_eq!(view.parts.iter().map(|part| part.state).collect::<Vec<_>>(), ["Erased"]);
    world.assert_honest();
}

#[test]
fn a_link_that_ends_between_rebuild_and_receipt_still_names_every_copy() {
    let (mut world, link, records) = shared(10);
    world.unshare(NORTH, "alice", link, &selection(&records[..4])).expect("alice unshares");
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    let me = &mut world.offices[SOUTH];
    let secret = me.read(|view| Ok(interoffice_core::store::links::load(view, link)?)).secret;
    let withdrawn = me.file(link, |files| files.withdrawn(link, &secret)).expect("four of them");
    me.file(link, |files| files.rebuild(link));
    world.delete_link(SOUTH, "bob", link).expect("bob deletes at this moment");
    let me = &mut world.offices[SOUTH];
    if me.write(|tx| interoffice_core::actions::removal::finish_part(tx, link, &withdrawn)).expect("the chore goes on") {
        me.file(link, |files| files.receipted(link, withdrawn.epoch, withdrawn.upto));
    }
    world.exchange(NORTH, SOUTH);
    let removal = world.view(NORTH, link).removal.expect("a removal");
    assert_eq!((removal.state, removal.count), ("Erased", Some(10)));
    assert!(world.view(NORTH, link).parts.iter().all(|part| part.state == "Erased"));
    world.assert_honest();
}

#[test]
fn the_daemon_may_die_at_each_point_of_a_rebuild() {
    for until in [Until::Listed, Until::Prepared, Until::Erased] {
        let (mut world, link, records) = shared(20);
        world.unshare(NORTH, "alice", link, &selection(&records[..5])).expect("alice unshares");
        world.connect(NORTH, SOUTH);
        world.talk(NORTH, SOUTH);
        world.erase_parts(SOUTH, until);
        world.restart(SOUTH);
        if until == Until::Erased {
            // More is withdrawn before the chore finds the first withdrawals again.
            world.unshare(NORTH, "alice", link, &selection(&records[5..7])).expect("alice unshares more");
            world.connect(NORTH, SOUTH);
            world.talk(NORTH, SOUTH);
        }
        world.exchange(NORTH, SOUTH);
        assert_erased(&mut world, link);
        assert!(world.offices[SOUTH].files_with("notecanary2x").is_empty());
        assert_ends_well(&mut world, link);
    }
}

#[test]
fn leftovers_of_a_rebuild_that_was_cut_off_are_swept() {
    let (mut world, link, records) = shared(20);
    let path = world.offices[SOUTH].received(link);
    std::fs::write(path.with_extension("new"), b"notecanary2x").expect("a leftover");
    world.restart(SOUTH);
    assert!(!path.with_extension("new").exists());
    world.unshare(NORTH, "alice", link, &selection(&records[..5])).expect("alice unshares");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
}

#[test]
fn a_rebuilt_file_is_read_and_written_like_before() {
    let (mut world, link, records) = shared(20);
    world.unshare(NORTH, "alice", link, &selection(&records[..5])).expect("alice unshares");
    world.exchange(NORTH, SOUTH);
    world.share(NORTH, "alice", link, &selection(&records[..2])).expect("alice shares again");
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    let folder = world.offices[SOUTH].folder().join("received");
    world.offices[SOUTH].files.close();
    let files = ReceivedFiles::open(folder).expect("the folder opens");
    assert_eq!(files.progress(link).expect("progress").count, 17);
}

#[test]
fn withdrawals_in_several_batches_are_confirmed_one_after_the_other() {
    let (mut world, link, records) = shared(30);
    world.connect(NORTH, SOUTH);
    for part in records.chunks(4) {
        world.unshare(NORTH, "alice", link, &selection(part)).expect("alice unshares");
        world.speak(NORTH, SOUTH);
        world.deliver(NORTH, SOUTH, Lane::Data);
        world.work(SOUTH);
        world.speak(SOUTH, NORTH);
        world.deliver(SOUTH, NORTH, Lane::Control);
    }
    world.talk(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    assert!(world.copies(SOUTH, link).is_empty());
    assert_ends_well(&mut world, link);
}

#[test]
fn a_large_withdrawal_is_receipted_in_pieces_as_it_arrives() {
    let (mut world, link, records) = shared(600);
    world.unshare(NORTH, "alice", link, &selection(&records[..560])).expect("alice unshares nearly all");
    world.talk_until_batch();
    assert!(world.deliver(NORTH, SOUTH, Lane::Data), "the first batch of several arrives");
    assert!(world.erase_parts(SOUTH, Until::Done), "what it withdrew is erased and receipted before the next one comes");
    let left = world.copies(SOUTH, link).len();
    assert!((41..600).contains(&left), "{left} copies are left");
    world.talk(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    assert_erased(&mut world, link);
    let parts = world.view(NORTH, link).parts;
    assert!(parts.len() > 1, "{parts:?}");
    assert_eq!(parts.iter().map(|part| part.count.unwrap_or(0)).sum::<u64>(), 560);
    assert_eq!(parts.iter().map(|part| part.expected).sum::<u64>(), 560);
    assert_ends_well(&mut world, link);
}
