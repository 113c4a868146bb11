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
    let passed = |boot_ms| lease::Passed { first: false, boot_ms };
    assert!(!world.offices[SOUTH].write(|tx| lease::tick(tx, passed(0))).expect("a tick").went_back);
    world.offices[SOUTH].now_ms -= LEASE_MS * 10;
    let ticked = world.offices[SOUTH].write(|tx| lease::tick(tx, passed(LEASE_MS / 4))).expect("a tick");
    assert!(ticked.went_back, "time is missing");
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    world.offices[SOUTH].now_ms += LEASE_MS / 4;
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
}

/// A look of Bob's office at the machine's clock, which is what a tick begins with.
fn look(world: &World, count: &mut lease::Count, boot_ms: i64) -> lease::Passed {
    world.offices[SOUTH].read(|view| count.look(view, boot_ms))
}

/// A tick that is written.
fn written(world: &mut World, count: &mut lease::Count, boot_ms: i64) {
    let passed = look(world, count, boot_ms);
    let ticked = world.offices[SOUTH].write(|tx| lease::tick(tx, passed)).expect("a tick");
    // Between the commit and this anybody may look, and sees what is true.
    assert_eq!(world.offices[SOUTH].read(lease::safe_now), ticked.safe_ms);
    world.offices[SOUTH].read(|view| {
        count.written(view.office, boot_ms, ticked);
        Ok(())
    });
    assert_eq!(world.offices[SOUTH].read(lease::safe_now), ticked.safe_ms);
}

#[test]
fn time_that_a_full_disk_keeps_from_being_written_counts_all_the_same() {
    let (world, link) = shared();
    let mut count = lease::Count::default();
    // The wall clock stands still, and no tick is written.
    assert_eq!(look(&world, &mut count, 5), lease::Passed { first: true, boot_ms: 0 });
    assert_eq!(look(&world, &mut count, 4 + LEASE_MS), lease::Passed { first: true, boot_ms: LEASE_MS - 1 });
    world.offices[SOUTH].read(|view| copies::may_read(view, &user("bob"), link));
    look(&world, &mut count, 5 + LEASE_MS);
    let mut world = world;
    let locked = world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link));
    assert_eq!(refused(locked), "copies-locked");
}

#[test]
fn what_passed_while_no_tick_was_written_counts_once() {
    for wall_goes in [true, false] {
        let (mut world, _) = shared();
        let mut count = lease::Count::default();
        let begin = world.offices[SOUTH].read(lease::safe_now);
        let pass = |world: &mut World, ms| world.offices[SOUTH].now_ms += if wall_goes { ms } else { 0 };
        look(&world, &mut count, 0);
        for (boot_ms, is_written) in [(100, true), (150, true), (160, false), (170, false), (185, true), (185, true)] {
            let passed = boot_ms - (world.offices[SOUTH].read(lease::safe_now) - begin);
            pass(&mut world, passed);
            if is_written {
                written(&mut world, &mut count, boot_ms);
            } else {
                look(&world, &mut count, boot_ms);
            }
            assert_eq!(world.offices[SOUTH].read(lease::safe_now), begin + boot_ms, "the wall clock goes: {wall_goes}");
        }
        assert_eq!(look(&world, &mut count, 200), lease::Passed { first: false, boot_ms: 15 });
    }
}

#[test]
fn copies_are_locked_from_the_start_when_the_wall_clock_went_back_and_nothing_can_be_written() {
    let (mut world, link) = shared();
    let read = |world: &mut World| world.offices[SOUTH].write(|tx| copies::may_read(tx, &user("bob"), link).map(|_| ()));
    written(&mut world, &mut lease::Count::default(), 0);
    world.offices[SOUTH].now_ms -= 1_000;
    let mut count = lease::Count::default();
    look(&world, &mut count, 0);
    assert_eq!(refused(read(&mut world)), "copies-locked", "nobody knows how much time is missing");
    written(&mut world, &mut count, 1);
    assert_eq!(refused(read(&mut world)), "copies-locked", "now that is written down");
    let (north, asked) = (world.offices[NORTH].id, world.offices[SOUTH].read(lease::safe_now));
    world.offices[SOUTH].write(|tx| lease::renewed(tx, north, &[link], asked)).expect("a renewal");
    read(&mut world).expect("a renewal opens them");
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
