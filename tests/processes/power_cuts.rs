//! The power goes at random moments: what was not synced is lost or torn, and both offices still hold what they acknowledged.
//!
//! `INTEROFFICE_CUT_CYCLES` makes the run longer, `INTEROFFICE_CUT_SEED` makes it another.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use interoffice_tests::{Dice, skipped};

use crate::deaths::{Deaths, setting};
use crate::lost_writes::{End, Preload};
use crate::two_offices::World;

const SEED: u64 = 20_260_202;
const CYCLES: u64 = 40;
const COMPARE_EVERY: u64 = 10;
/// Every so many cycles the power goes while copies are erased.
const REMOVAL_EVERY: u64 = 3;
const START_MAX: Duration = Duration::from_secs(30);
/// Cuts of the control, in each of its two ways.
const CONTROLS: u64 = 20;
/// Rows that the control has acknowledged when its power goes, at most.
const ROWS: usize = 400;

const NO_COMPILER: &str = "no C compiler as `cc`; install build-essential";

/// INV-10, INV-11, INV-12, INV-29: nothing acknowledged is lost, and no file that a receipt calls erased comes back.
#[test]
fn power_cuts_lose_nothing_that_was_acknowledged_and_bring_nothing_back() {
    let (seed, cycles) = (setting("INTEROFFICE_CUT_SEED", SEED), setting("INTEROFFICE_CUT_CYCLES", CYCLES));
    let Some(deaths) = Deaths::power_cuts() else { return skipped("power cuts", NO_COMPILER) };
    println!("power cuts: seed {seed}, {cycles} cycles");
    let mut world = World::new(Dice::new(seed), deaths);
    for cycle in 1..=cycles {
        world.round_of_cuts(cycle.is_multiple_of(REMOVAL_EVERY));
        world.receipts_are_true();
        if cycle.is_multiple_of(COMPARE_EVERY) {
            world.at_rest();
        }
    }
    world.at_rest();
    world.wind_up();
    let Some(lost) = world.deaths.lost() else { return };
    assert!(world.counts.deaths as u64 >= cycles, "each cycle cut the power: {:?}", world.counts);
    assert!(lost.sectors > 0 && lost.names > 0, "the cuts took something (seed {seed}): {lost:?}");
    assert!(world.slowest_start < START_MAX, "a start took {:?} (seed {seed})", world.slowest_start);
    println!(
        "power cuts: seed {seed}, {cycles} cycles, 0 lost, {:?}, taken by the cuts {lost:?}, slowest start {} ms",
        world.counts,
        world.slowest_start.as_millis()
    );
}

/// The machinery finds what is to be found: rows that a database acknowledged with `synchronous=NORMAL` are lost, with `FULL` none is.
#[test]
fn the_power_cuts_find_a_database_that_acknowledges_too_early() {
    let seed = setting("INTEROFFICE_CUT_SEED", SEED);
    let Some(preload) = Preload::build() else { return skipped("the control of the power cuts", NO_COMPILER) };
    let mut dice = Dice::new(seed);
    let mut counts = Vec::new();
    for mode in ["NORMAL", "FULL"] {
        let (mut acknowledged, mut lost) = (0, 0);
        for _ in 0..CONTROLS {
            let (said, kept) = control(&preload, mode, &mut dice);
            acknowledged += said;
            lost += said.saturating_sub(kept);
        }
        println!("power cuts, control: seed {seed}, synchronous={mode}: {lost} of {acknowledged} acknowledged rows lost");
        counts.push(lost);
    }
    assert!(counts[0] > 0, "synchronous=NORMAL loses acknowledged rows");
    assert_eq!(counts[1], 0, "synchronous=FULL loses none");
}

/// Lets the ledger acknowledge rows until its power goes; gives how many it acknowledged and how many are there afterwards.
fn control(preload: &Preload, mode: &str, dice: &mut Dice) -> (usize, usize) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("data");
    std::fs::create_dir(&folder).expect("a folder");
    let disk = preload.watch(&folder, &root.path().join("cut"));
    let path = folder.join("ledger.db");
    let mut ledger = ledger(&path, mode);
    let mut child = ledger.envs(disk.environment(End::Whenever)).stdout(Stdio::piped()).spawn().expect("the ledger starts");
    let rows = 1 + dice.below(ROWS);
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let said = lines.map_while(Result::ok).take(rows).count();
    child.kill().expect("the ledger runs until it is killed");
    child.wait().expect("the ledger ended");
    disk.cut(dice);
    let counted = self::ledger(&path, "COUNT").output().expect("the ledger starts");
    assert!(counted.status.success(), "what is left is a database: {}", String::from_utf8_lossy(&counted.stderr));
    (said, String::from_utf8_lossy(&counted.stdout).trim().parse().expect("a number"))
}

fn ledger(path: &Path, mode: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command.arg(path).arg(mode);
    command
}
