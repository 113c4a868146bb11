//! Ending links: from either side, by whatever reason, with crashes in between, and what remains of the copies.

use interoffice_core::actions::copies;
use interoffice_protocol::link::{End, LinkState};
use interoffice_protocol::messages::Message;

use interoffice_core::store::removals::RemovalState;
use interoffice_protocol::ids::{LinkId, RecordId};

use crate::people::{EAST, NORTH, SOUTH, all_mine, refused, selection, user};
use crate::world::{Fate, Until, World};

/// Alice shares some records with bob, and all of them have arrived.
fn shared(count: usize) -> (World, LinkId, Vec<RecordId>) {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, count);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    (world, link, records)
}

/// Both offices say so, the receipt fits, and nothing is left.
fn assert_over(world: &mut World, link: LinkId, end: End, count: u64) {
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Ended(end));
        let removal = world.view(office, link).removal.expect("a removal");
        assert_eq!((removal.state, removal.count), ("Erased", Some(count)));
    }
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").receipt, world.view(SOUTH, link).removal.expect("a removal").receipt);
    assert!(!world.offices[SOUTH].received(link).exists());
    assert!(world.offices[SOUTH].files_with("canary").is_empty());
    assert!(
        world.offices[NORTH]
            .read(|view| {
                let row = interoffice_core::store::links::load(view, link)?;
                Ok(interoffice_core::store::log::all(view, row.row)?)
            })
            .is_empty(),
        "the log of an erased link is dropped"
    );
    world.assert_honest();
}

#[test]
fn alice_deletes_the_link_and_bobs_copies_are_erased_with_a_receipt() {
    let (mut world, link, _) = shared(30);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Removing");
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByOwner, 30);
}

#[test]
fn bob_deletes_the_link_and_can_read_nothing_from_that_moment_on() {
    let (mut world, link, _) = shared(30);
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    let (open, locked) = world.offices[SOUTH].read(|view| copies::readable(view, &user("bob")));
    assert!(open.is_empty() && locked.is_empty());
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByReader, 30);
}

#[test]
fn both_delete_at_the_same_time_and_there_is_one_end() {
    let (mut world, link, _) = shared(5);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    let statements = |world: &World| world.sent.iter().filter(|(.., message)| matches!(message, Message::Statement(_))).count();
    let before = statements(&world);
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByOwner, 5);
    assert!(statements(&world) - before <= 4, "two ends, a receipt, and the receipt after its list");
}

#[test]
fn a_link_deleted_while_the_other_office_is_dead_is_erased_when_it_comes_back() {
    let (mut world, link, _) = shared(5);
    world.disconnect(NORTH, SOUTH);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.pass(120_000);
    let removal = world.view(NORTH, link).removal.expect("a removal");
    assert_eq!(removal.state, "Unconfirmed");
    assert_eq!(world.copies(SOUTH, link).len(), 5, "bob's office has not heard of it");
    world.restart(SOUTH);
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByOwner, 5);
}

#[test]
fn bob_deletes_while_alices_office_is_dead_and_the_copies_are_gone_at_once() {
    let (mut world, link, _) = shared(5);
    world.disconnect(NORTH, SOUTH);
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.work(SOUTH);
    assert!(world.offices[SOUTH].files_with("canary").is_empty());
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByReader, 5);
}

#[test]
fn alices_right_is_disabled_and_all_her_links_end() {
    let (mut world, link, records) = shared(5);
    world.disable_right(NORTH, "alice").expect("the right is disabled");
    assert_eq!(refused(world.share(NORTH, "alice", link, &selection(&records))), "not-specialist");
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::RightDisabled, 5);
}

#[test]
fn bobs_right_is_disabled_and_the_copies_go() {
    let (mut world, link, _) = shared(5);
    world.disable_right(SOUTH, "bob").expect("the right is disabled");
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::RightDisabled, 5);
}

#[test]
fn either_user_is_disabled_and_the_copies_go() {
    for (office, who) in [(NORTH, "alice"), (SOUTH, "bob")] {
        let (mut world, link, _) = shared(5);
        world.disable_user(office, who).expect("the user is disabled");
        world.exchange(NORTH, SOUTH);
        assert_over(&mut world, link, End::UserGone, 5);
    }
}

#[test]
fn either_office_removes_the_other_and_the_copies_go() {
    for (office, other) in [(NORTH, SOUTH), (SOUTH, NORTH)] {
        let (mut world, link, _) = shared(5);
        world.remove_peer(office, other).expect("an office is removed");
        world.exchange(NORTH, SOUTH);
        assert_over(&mut world, link, End::PeerRemoved, 5);
    }
}

#[test]
fn an_agreed_end_comes_on_both_sides_at_once() {
    use interoffice_core::actions::links::{Ask, end_expired, request};
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let ask = Ask {
        office: "South".into(),
        user: "bob".into(),
        purpose: String::new(),
        level: interoffice_protocol::record::Level::Read,
        scope: interoffice_protocol::record::Scope::standard(),
        not_after_ms: Some(crate::office::BEGIN_MS + 1_000),
    };
    let link = world.offices[NORTH].write(|tx| request(tx, &user("alice"), &ask)).expect("a request").link.parse().expect("a link id");
    world.exchange(NORTH, SOUTH);
    world.accept(SOUTH, "bob", link).expect("an acceptance");
    world.exchange(NORTH, SOUTH);
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    world.pass(1_000);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.offices[office].write(end_expired).expect("ends are looked for"), vec![link]);
    }
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::Expired, 3);
}

#[test]
fn the_daemon_may_die_at_each_point_of_erasing() {
    for until in [Until::Listed, Until::Prepared, Until::Erased] {
        let (mut world, link, _) = shared(20);
        world.delete_link(NORTH, "alice", link).expect("alice deletes");
        world.connect(NORTH, SOUTH);
        world.talk(NORTH, SOUTH);
        world.erase_ended(SOUTH, until);
        world.restart(SOUTH);
        world.erase_ended(SOUTH, until);
        world.restart(SOUTH);
        world.exchange(NORTH, SOUTH);
        assert_over(&mut world, link, End::DeletedByOwner, 20);
    }
}

#[test]
fn copies_that_arrived_without_an_acknowledgement_are_on_the_receipt_too() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 20);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.fates = Box::new(|_, _, message| if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver });
    world.talk(NORTH, SOUTH);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").expected, 0);
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByOwner, 20);
}

#[test]
fn a_batch_that_arrives_after_the_end_leaves_no_trace() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 300);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.connect(NORTH, SOUTH);
    world.talk_until_batch();
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.work(SOUTH);
    world.talk(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::DeletedByReader, 0);
}

#[test]
fn no_batch_leaves_after_the_end() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 300);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.connect(NORTH, SOUTH);
    world.disable_right(NORTH, "alice").expect("the right is disabled");
    world.talk(NORTH, SOUTH);
    assert!(!world.sent.iter().any(|(.., message)| matches!(message, Message::Batch(_))));
    world.exchange(NORTH, SOUTH);
    assert_over(&mut world, link, End::RightDisabled, 0);
}

#[test]
fn a_batch_that_is_being_applied_while_the_link_ends_is_on_the_receipt_or_not_there() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.connect(NORTH, SOUTH);
    world.talk_until_batch();
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    // The list of what goes is read; the daemon's writer of copies saw the link Active before, and comes now.
    let secret = world.offices[SOUTH].read(|view| Ok(interoffice_core::store::links::load(view, link)?)).secret;
    let leaves = world.offices[SOUTH].files.leaves(link, &secret).expect("leaves are read");
    assert!(leaves.is_empty());
    let Some(Message::Batch(batch)) =
        world.sent.iter().map(|(.., message)| message.clone()).find(|message| matches!(message, Message::Batch(_)))
    else {
        panic!("a batch was sent");
    };
    let applied = world.offices[SOUTH].files.apply(link, &secret, &[batch], crate::office::BEGIN_MS).expect("a batch is taken");
    assert_eq!(applied, None, "nothing is applied once the list was read");
}

#[test]
fn the_same_records_under_another_link_stay() {
    let mut world = World::three();
    let records = world.import(NORTH, "alice", 0, 6);
    let (to_bob, to_carol) = (world.alice_to_bob(), world.linked(NORTH, "alice", EAST, "carol"));
    for link in [to_bob, to_carol] {
        world.share(NORTH, "alice", link, &selection(&records)).expect("alice shares");
    }
    world.settle();
    world.delete_link(NORTH, "alice", to_bob).expect("alice deletes");
    world.settle();
    assert!(world.offices[SOUTH].files_with("canary").is_empty());
    world.assert_alike(NORTH, EAST, to_carol);
    let again = world.alice_to_bob();
    world.share(NORTH, "alice", again, &selection(&records[..1])).expect("alice shares one anew");
    world.settle();
    assert_eq!(world.copies(SOUTH, again).len(), 1, "a new link shows only what is shared under it");
    world.assert_honest();
}

#[test]
fn a_receipt_that_leaves_copies_out_does_not_pass() {
    let (mut world, link, _) = shared(5);
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    world.connect(NORTH, SOUTH);
    world.talk(NORTH, SOUTH);
    // A dishonest South names two copies of five.
    let secret = world.offices[SOUTH].read(|view| Ok(interoffice_core::store::links::load(view, link)?)).secret;
    let leaves = world.offices[SOUTH].files.leaves(link, &secret).expect("leaves are read");
    let me = &mut world.offices[SOUTH];
    me.write(|tx| interoffice_core::actions::removal::prepare(tx, link, &leaves[..2])).expect("a short list");
    me.write(|tx| interoffice_core::actions::removal::finish(tx, link)).expect("a receipt");
    world.talk(NORTH, SOUTH);
    let removal = world.removals(NORTH, link)[0].clone();
    assert_eq!(removal.state, RemovalState::Mismatch);
    assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Receipt does not match");
}

#[test]
fn a_long_list_travels_in_chunks_and_a_tampered_one_is_reported() {
    use interoffice_protocol::misbehaviour::Misbehaviour;
    for tampered in [false, true] {
        let mut world = World::two();
        for part in 0..5 {
            world.import(NORTH, "alice", part * 450, (part + 1) * 450);
        }
        let link = world.alice_to_bob();
        world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
        world.fates = Box::new(|_, _, message| if matches!(message, Message::BatchAck(_)) { Fate::Lose } else { Fate::Deliver });
        world.talk(NORTH, SOUTH);
        world.delete_link(NORTH, "alice", link).expect("alice deletes");
        world.connect(NORTH, SOUTH);
        world.talk(NORTH, SOUTH);
        world.fates =
            Box::new(move |_, _, message| if tampered && matches!(message, Message::ListChunk(_)) { Fate::Lose } else { Fate::Deliver });
        world.work(SOUTH);
        world.talk(NORTH, SOUTH);
        let chunks: Vec<_> = world
            .sent
            .iter()
            .filter_map(|(.., message)| if let Message::ListChunk(chunk) = message { Some(chunk.clone()) } else { None })
            .collect();
        assert_eq!(chunks.iter().map(|chunk| chunk.leaves.len()).collect::<Vec<_>>(), [1_000, 1_000, 48], "what fits into eight batches");
        if !tampered {
            world.assert_honest();
            assert_eq!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
            continue;
        }
        assert_ne!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
        for (index, mut chunk) in chunks.into_iter().enumerate() {
            if index == 1 {
                chunk.leaves[7].version.0[0] ^= 1;
            }
            world.hand_over(SOUTH, NORTH, Message::ListChunk(chunk));
        }
        assert_eq!(world.take_misbehaviour(), [Misbehaviour::ListDoesNotMatchRoot]);
        assert_ne!(world.view(NORTH, link).removal.expect("a removal").state, "Erased");
    }
}
