//! Where copies are, compared with what the other offices hold, and what would be sent, compared with what came.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use interoffice_core::actions::ledger::{CopyThere, copies_of};
use interoffice_core::actions::preview::preview;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::record::{FieldName, RelatedKind, Scope};
use interoffice_protocol::wire::codec;
use sha2::{Digest as _, Sha256};

use crate::people::{EAST, NORTH, SOUTH, all_mine, refused, selection, user};
use crate::world::World;

fn ledger(world: &World, record: RecordId) -> Vec<CopyThere> {
    world.offices[NORTH].read(|view| copies_of(view, &user("alice"), record))
}

/// Link, record and version of every copy, as the ledgers of these records say.
fn said(world: &World, records: &[RecordId]) -> BTreeSet<(String, RecordId, String)> {
    let there = |record: &RecordId| {
        let record = *record;
        let copies = ledger(world, record).into_iter().filter(|copy| copy.state != "removed");
        copies.filter_map(move |copy| Some((copy.link, record, copy.version?))).collect::<Vec<_>>()
    };
    records.iter().flat_map(there).collect()
}

/// The same, as the readers' offices hold them.
fn held(world: &World, links: &[(usize, LinkId)]) -> BTreeSet<(String, RecordId, String)> {
    let of_link = |(office, link): &(usize, LinkId)| {
        let link = *link;
        world.copies(*office, link).into_iter().map(move |(record, (version, _))| (link.to_string(), record, version.to_string()))
    };
    links.iter().flat_map(of_link).collect()
}

#[test]
fn n_05_the_ledger_is_the_union_of_what_the_other_offices_hold() {
    let mut world = World::three();
    let records = world.import(NORTH, "alice", 0, 12);
    let (to_bob, to_carol) = (world.alice_to_bob(), world.linked(NORTH, "alice", EAST, "carol"));
    let links = [(SOUTH, to_bob), (EAST, to_carol)];
    world.share(NORTH, "alice", to_bob, &all_mine()).expect("alice shares with bob");
    world.share(NORTH, "alice", to_carol, &selection(&records[..4])).expect("alice shares with carol");
    assert_eq!(ledger(&world, records[0]).iter().map(|copy| copy.state).collect::<Vec<_>>(), ["on the way", "on the way"]);
    world.settle();
    assert_eq!(said(&world, &records), held(&world, &links));
    assert_eq!(ledger(&world, records[0]).iter().map(|copy| copy.state).collect::<Vec<_>>(), ["delivered", "delivered"]);

    world.set_note(NORTH, "alice", records[0], "Changed").expect("alice edits");
    world.unshare(NORTH, "alice", to_carol, &selection(&records[1..3])).expect("alice takes back");
    let states = |world: &World, record| ledger(world, record).into_iter().map(|copy| copy.state).collect::<Vec<_>>();
    assert_eq!(states(&world, records[0]), ["on the way", "on the way"]);
    assert_eq!(states(&world, records[1]), ["delivered", "being removed"]);
    assert_eq!(said(&world, &records), held(&world, &links), "the old versions are where they are");
    world.settle();
    assert_eq!(said(&world, &records), held(&world, &links));
    assert_eq!(states(&world, records[1]), ["delivered", "removed"]);
    let removed = ledger(&world, records[1]).remove(1);
    let part = world.view(NORTH, to_carol).parts.remove(0);
    assert_eq!((removed.receipt, removed.version, removed.lease_s), (part.receipt, None, None));

    world.share(NORTH, "alice", to_carol, &selection(&records[1..2])).expect("alice shares again");
    assert_eq!(states(&world, records[1]), ["delivered", "on the way"]);
    world.delete_link(NORTH, "alice", to_bob).expect("alice ends the link");
    assert_eq!(states(&world, records[5]), ["being removed"]);
    world.settle();
    assert_eq!(states(&world, records[5]), ["removed"]);
    assert_eq!(ledger(&world, records[5])[0].receipt, world.view(NORTH, to_bob).removal.and_then(|removal| removal.receipt));
    assert_eq!(said(&world, &records), held(&world, &[(EAST, to_carol)]));
}

#[test]
fn n_04_the_hash_of_a_preview_is_the_hash_of_what_is_sent() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 3);
    world.set_note(NORTH, "alice", records[0], "for the family alone").expect("alice edits");
    let all = Scope::everything();
    let narrow = Scope { fields: FieldName::Emails.bit(), related: all.related & !RelatedKind::Policy.bit(), documents: false };
    for scope in [all, Scope::standard(), narrow] {
        let link = world.ask(NORTH, "alice", SOUTH, "bob", scope).expect("a request");
        let before = world.offices[NORTH].read(|view| preview(view, &user("alice"), &link.to_string(), &all_mine()));
        assert_eq!((before.total, before.items.len()), (3, 3), "what would be sent is seen while the link is Waiting");
        world.exchange(NORTH, SOUTH);
        world.accept(SOUTH, "bob", link).expect("an acceptance");
        world.exchange(NORTH, SOUTH);
        world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
        world.exchange(NORTH, SOUTH);
        let came = world.copies(SOUTH, link);
        for item in &before.items {
            let (version, record) = &came[&item.record.parse::<RecordId>().expect("an id")];
            let bytes = codec::encode(record);
            assert_eq!((item.bytes, &item.sha256), (bytes.len() as u64, &HEXLOWER.encode(&Sha256::digest(&bytes))), "{}", item.record);
            assert_eq!((&item.version, &item.name), (&version.to_string(), &record.display_name));
        }
        let bobs = world.offices[SOUTH].write(|tx| preview(tx, &user("bob"), &link.to_string(), &all_mine()));
        assert_eq!(refused(bobs), "not-your-link");
        world.delete_link(NORTH, "alice", link).expect("alice ends the link");
        world.exchange(NORTH, SOUTH);
    }
}
