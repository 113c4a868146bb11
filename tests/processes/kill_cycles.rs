//! kill -9 of either office or both at random moments while people edit, share, unshare, end links and take rights.
//!
//! `INTEROFFICE_KILL_CYCLES` makes the run longer, `INTEROFFICE_KILL_SEED` makes it another.

use std::time::Duration;

use interoffice_tests::Dice;

use crate::deaths::{Deaths, setting};
use crate::two_offices::World;

const SEED: u64 = 20_260_101;
const CYCLES: u64 = 60;
/// Cycles between two comparisons of everything.
const COMPARE_EVERY: u64 = 15;
/// Every so many cycles a daemon is killed while copies are erased.
const REMOVAL_EVERY: u64 = 5;
/// No start takes longer, on however busy a machine; what it took is printed.
const START_MAX: Duration = Duration::from_secs(30);

/// C-09, C-05, S-21, INV-10, INV-11, INV-29: nothing that was acknowledged is lost, nothing that was removed is readable or on a disk.
#[test]
fn kill_cycles_lose_nothing_that_was_acknowledged_and_leave_nothing_that_was_removed() {
    let (seed, cycles) = (setting("INTEROFFICE_KILL_SEED", SEED), setting("INTEROFFICE_KILL_CYCLES", CYCLES));
    println!("kill -9: seed {seed}, {cycles} cycles");
    let mut world = World::new(Dice::new(seed), Deaths::Kills);
    for cycle in 1..=cycles {
        if cycle.is_multiple_of(REMOVAL_EVERY) {
            world.round_of_removal()
        } else {
            world.round()
        }
        world.receipts_are_true();
        if cycle.is_multiple_of(COMPARE_EVERY) {
            world.at_rest();
        }
    }
    world.at_rest();
    world.wind_up();
    assert!(world.counts.deaths as u64 >= cycles, "each cycle killed a daemon: {:?}", world.counts);
    assert!(world.slowest_start < START_MAX, "a start took {:?} (seed {seed})", world.slowest_start);
    println!("kill -9: seed {seed}, {cycles} cycles, 0 lost, {:?}, slowest start {} ms", world.counts, world.slowest_start.as_millis());
}
