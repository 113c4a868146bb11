//! Plans: what was read is what is done, or nothing is.

use interoffice_core::actions::{links, peers, sharing, specialists};
use interoffice_core::domain::actor::Actor;

use crate::people::{NORTH, SOUTH, all_mine, name, refused, selection, user};
use crate::world::World;

fn shared() -> (World, interoffice_protocol::ids::LinkId, Vec<interoffice_protocol::ids::RecordId>) {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &selection(&records[..3])).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    (world, link, records)
}

#[test]
fn a_share_is_refused_when_alice_got_another_record_meanwhile() {
    let (mut world, link, _) = shared();
    let (alice, text) = (user("alice"), link.to_string());
    let plan = world.offices[NORTH].write(|tx| sharing::plan_share(tx, &alice, &text, &all_mine())).expect("a plan");
    assert_eq!(plan.counts.contacts, 2);
    world.import(NORTH, "alice", 10, 11);
    let done = world.offices[NORTH].write(|tx| sharing::share(tx, &alice, &text, &all_mine(), &plan.id));
    assert_eq!(refused(done), "stale-plan");
    assert_eq!(world.shown(NORTH, link).len(), 3);
}

#[test]
fn an_unshare_is_refused_when_less_is_shared_by_now() {
    let (mut world, link, records) = shared();
    let (alice, text) = (user("alice"), link.to_string());
    let plan = world.offices[NORTH].write(|tx| sharing::plan_unshare(tx, &alice, &text, &all_mine())).expect("a plan");
    world.unshare(NORTH, "alice", link, &selection(&records[..1])).expect("alice unshares one");
    let done = world.offices[NORTH].write(|tx| sharing::unshare(tx, &alice, &text, &all_mine(), &plan.id));
    assert_eq!(refused(done), "stale-plan");
}

#[test]
fn a_delete_is_refused_when_more_is_shared_by_now() {
    let (mut world, link, _) = shared();
    let (alice, text) = (user("alice"), link.to_string());
    let plan = world.offices[NORTH].write(|tx| links::plan_delete(tx, &alice, &text)).expect("a plan");
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares more");
    assert_eq!(refused(world.offices[NORTH].write(|tx| links::delete(tx, &alice, &text, &plan.id))), "stale-plan");
    world.delete_link(NORTH, "alice", link).expect("a fresh plan is carried out");
    assert_eq!(refused(world.delete_link(NORTH, "alice", link)), "link-ended");
}

#[test]
fn a_right_is_not_disabled_when_a_link_was_added_meanwhile() {
    let (mut world, _, _) = shared();
    world.specialist(SOUTH, "ben");
    let alice = name("alice");
    let plan = world.offices[NORTH].write(|tx| specialists::plan_disable(tx, &Actor::Operator, &alice)).expect("a plan");
    assert_eq!((plan.counts.links, plan.counts.offices, plan.counts.contacts), (1, 1, 3));
    world.request(NORTH, "alice", SOUTH, "ben").expect("a request");
    let done = world.offices[NORTH].write(|tx| specialists::disable(tx, &Actor::Operator, &alice, &plan.id));
    assert_eq!(refused(done), "stale-plan");
}

#[test]
fn an_office_is_not_removed_when_a_link_was_added_meanwhile() {
    let (mut world, _, _) = shared();
    world.specialist(SOUTH, "ben");
    let plan = world.offices[NORTH].write(|tx| peers::plan_remove(tx, &Actor::Operator, "South")).expect("a plan");
    world.request(NORTH, "alice", SOUTH, "ben").expect("a request");
    let done = world.offices[NORTH].write(|tx| peers::remove(tx, &Actor::Operator, "South", &plan.id));
    assert_eq!(refused(done), "stale-plan");
}

#[test]
fn deliveries_make_no_plan_stale() {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 5);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    let (alice, text) = (user("alice"), link.to_string());
    let plan = world.offices[NORTH].write(|tx| links::plan_delete(tx, &alice, &text)).expect("a plan");
    world.exchange(NORTH, SOUTH);
    world.offices[NORTH].write(|tx| links::delete(tx, &alice, &text, &plan.id)).expect("the plan still holds");
}
