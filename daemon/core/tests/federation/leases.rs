//! Leases: copies lock when the owner's office is not reached for too long, and open again when it is.

use interoffice_core::actions::{copies, lease};
use interoffice_protocol::limits::LEASE_SHORT_S;

use crate::people::{NORTH, SOUTH, all_mine, refused, user};
use crate::world::World;

const LEASE_MS: i64 = LEASE_SHORT_S as i64 * 1_000;

fn shared() -> (World, interoffice_protocol::ids::LinkId) {
    let mut world = World::two();
    world.import(NORTH, "alice", 0, 3);
    let link = world.alice_to_bob();
    world.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
    world.exchange(NORTH, SOUTH);
    (world, link)
}

#[test]
fn copies_lock_when_the_lease_runs_out_and_open_with_a_renewal() {
    let (mut world, link) = shared();
    let (north, south) = (world.offices[NORTH].id, world.offices[SOUTH].id);
    world.pass(LEASE_MS - 1);
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    world.pass(1);
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
    let (open, locked) = world.offices[SOUTH].read(|view| copies::readable(view, &user("bob")));
    assert_eq!((open.len(), locked.len()), (0, 1));
    let asked = world.offices[SOUTH].read(lease::safe_now);
    let renewed = world.offices[NORTH].read(|view| lease::renewable(view, south));
    assert_eq!(renewed, [link]);
    assert_eq!(world.offices[SOUTH].write(|tx| lease::renewed(tx, north, &renewed, asked)).expect("a renewal"), 1);
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    assert_eq!(world.copies(SOUTH, link).len(), 3, "locking erases nothing");
}

#[test]
fn an_office_renews_only_its_own_live_links() {
    let (mut world, link) = shared();
    let (north, south) = (world.offices[NORTH].id, world.offices[SOUTH].id);
    assert_eq!(world.offices[SOUTH].read(|view| lease::renewable(view, north)), []);
    assert_eq!(world.offices[NORTH].write(|tx| lease::renewed(tx, south, &[link], i64::MAX / 2)).expect("a renewal"), 0);
    world.block(NORTH, SOUTH, true).expect("a block");
    assert_eq!(world.offices[NORTH].read(|view| lease::renewable(view, south)), []);
    world.block(NORTH, SOUTH, false).expect("no block");
    world.delete_link(NORTH, "alice", link).expect("alice deletes");
    assert_eq!(world.offices[NORTH].read(|view| lease::renewable(view, south)), []);
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.offices[SOUTH].write(|tx| lease::renewed(tx, north, &[link], i64::MAX / 2)).expect("a renewal"), 0);
}

#[test]
fn a_clock_that_is_set_back_gives_no_longer_lease() {
    let (mut world, link) = shared();
    world.pass(LEASE_MS / 2);
    assert!(!world.offices[SOUTH].write(|tx| lease::tick(tx, Some(0))).expect("a tick"));
    world.offices[SOUTH].now_ms -= LEASE_MS * 10;
    assert!(world.offices[SOUTH].write(|tx| lease::tick(tx, Some(LEASE_MS / 4))).expect("a tick"), "time is missing");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    world.offices[SOUTH].now_ms += LEASE_MS / 4;
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
}

#[test]
fn time_that_a_full_disk_keeps_from_being_written_counts_all_the_same() {
    let (mut world, link) = shared();
    let mut count = lease::Count::default();
    let mut look = |world: &World, boot_ms| world.offices[SOUTH].read(|view| Ok(count.look(view.office, boot_ms)));
    // The wall clock stands still, and no tick is written any more after the first two.
    assert_eq!(look(&world, 0), None, "the first tick of a process");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    assert_eq!(look(&world, LEASE_MS - 1), None, "which was not written yet");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    look(&world, LEASE_MS);
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
}

#[test]
fn what_was_counted_is_given_to_ticks_until_one_is_written() {
    let (mut world, _) = shared();
    let mut count = lease::Count::default();
    let mut tick = |boot_ms, written| {
        let passed = world.offices[SOUTH].read(|view| Ok(count.look(view.office, boot_ms)));
        if written {
            world.offices[SOUTH].write(|tx| lease::tick(tx, passed)).expect("a tick");
            world.offices[SOUTH].read(|view| {
                count.written(view.office, boot_ms);
                Ok(())
            });
        }
        (passed, world.offices[SOUTH].read(lease::safe_now))
    };
    let (_, begin) = tick(0, false);
    assert_eq!(tick(100, true), (None, begin + 100), "the first tick that is written knows nothing of the time before it");
    assert_eq!(tick(150, true), (Some(150), begin + 150), "and the second does");
    assert_eq!(tick(160, false), (Some(10), begin + 160));
    assert_eq!(tick(170, true), (Some(20), begin + 170), "what was not written is not lost");
    assert_eq!(tick(170, true), (Some(0), begin + 170));
}

#[test]
fn a_wall_clock_that_stood_ahead_for_a_moment_lengthens_no_lease() {
    const AHEAD_MS: i64 = LEASE_MS * 1_000;
    let (mut world, link) = shared();
    let (north, south) = (world.offices[NORTH].id, world.offices[SOUTH].id);
    let renewed = world.offices[NORTH].read(|view| lease::renewable(view, south));
    world.offices[SOUTH].now_ms += AHEAD_MS;
    let asked = world.offices[SOUTH].read(lease::safe_now);
    world.offices[SOUTH].now_ms -= AHEAD_MS;
    world.offices[SOUTH].write(|tx| lease::renewed(tx, north, &renewed, asked)).expect("a renewal");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    world.pass(LEASE_MS);
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
}

#[test]
fn a_link_accepted_while_the_wall_clock_stood_ahead_is_locked_until_it_is_renewed() {
    const AHEAD_MS: i64 = LEASE_MS * 1_000;
    let mut world = World::two();
    let (north, south) = (world.offices[NORTH].id, world.offices[SOUTH].id);
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.offices[SOUTH].now_ms += AHEAD_MS;
    world.accept(SOUTH, "bob", link).expect("an acceptance");
    world.offices[SOUTH].now_ms -= AHEAD_MS;
    world.exchange(NORTH, SOUTH);
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked", "nobody knows how long it would last");
    let (renewed, asked) = (world.offices[NORTH].read(|view| lease::renewable(view, south)), world.offices[SOUTH].read(lease::safe_now));
    world.offices[SOUTH].write(|tx| lease::renewed(tx, north, &renewed, asked)).expect("a renewal");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
}

#[test]
fn only_bob_and_the_operator_read_bobs_copies() {
    use interoffice_core::domain::actor::Actor;
    let (mut world, link) = shared();
    world.specialist(SOUTH, "ben");
    world.add_user(SOUTH, "otto");
    for who in ["ben", "otto"] {
        assert_eq!(refused(world.offices[SOUTH].write(|tx| copies::may_read(tx, &user(who), link))), "unknown-link");
    }
    world.offices[SOUTH].read(|view| copies::may_read(view, &Actor::Operator, link));
    assert_eq!(refused(world.offices[NORTH].write(|tx| copies::may_read(tx, &user("alice"), link))), "unknown-link");
}
