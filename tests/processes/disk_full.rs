//! Full disks: whatever does not fit is refused whole and in clear words, ends of links take effect all the same, and everything goes on
//! without a restart once there is room. Needs the right to mount.
//!
//! `INTEROFFICE_FILL_LEVELS=20` walks all twelve scenarios at twenty fill levels, else four are walked at ten.

use interoffice_tests::{exit, skipped};

use crate::deaths::setting;
use crate::full_endings::Ending;
use crate::full_stage::Stage;
use crate::small_disk::SmallDisk;

/// Room that is left on the disk (bytes).
const LEVELS: [u64; 20] = [
    0, 4_096, 8_192, 12_288, 16_384, 20_480, 24_576, 32_768, 40_960, 49_152, 65_536, 81_920, 98_304, 131_072, 196_608, 262_144, 393_216,
    524_288, 1_048_576, 4_194_304,
];
/// Up to here the hardest ends are tried at every level, whatever the run.
const LITTLE: u64 = 20_480;

/// The fill levels of this run, and whether it is a long one.
fn levels() -> (Vec<u64>, bool) {
    let long = setting("INTEROFFICE_FILL_LEVELS", 10) > 10;
    (LEVELS.into_iter().step_by(if long { 1 } else { 2 }).collect(), long)
}

/// Runs a scenario at every level on one pair of offices.
#[allow(clippy::print_stdout, reason = "what a run counted is worth reading when it passed, too")]
fn walk(name: &str, scenario: impl Fn(&mut Stage, usize, u64)) {
    if !SmallDisk::possible() {
        return skipped(&format!("disk full: {name}"), "file systems can't be mounted; run as root");
    }
    let (levels, _) = levels();
    let mut stage = Stage::new();
    for (index, level) in levels.iter().enumerate() {
        stage.level = *level;
        scenario(&mut stage, index, *level);
        stage.whole_again();
    }
    println!("disk full: {name}: {} levels, {} commands done, {} refused for want of room", levels.len(), stage.done, stage.refused);
}

/// INV-33, INV-29: an import, an edit and a share on a full disk are done or refused, never half.
#[test]
fn a_full_disk_refuses_whole_imports_and_shares_and_goes_on_when_there_is_room() {
    walk("importing and sharing", |stage, _, level| {
        stage.disks[0].fill(level);
        let before = stage.own_records();
        let said = stage.try_import(30);
        let now = stage.own_records();
        let expected = if said.code == exit::OK { before + 30 } else { before };
        assert_eq!(now, expected, "an import is done or not, {said:?}");
        stage.try_edit();
        stage.try_share();
        stage.disks[0].free();
        stage.edit_and_share();
        stage.synced();
    });
}

/// INV-33, INV-28: a reader whose disk is full holds whole records only, and gets the rest when there is room.
#[test]
fn a_full_disk_at_the_reader_delays_copies_and_breaks_none() {
    walk("receiving", |stage, _, level| {
        stage.bring(30);
        stage.disks[1].fill(level);
        stage.share_all();
        stage.until_stuck_or_done();
        stage.copies_are_whole();
        stage.disks[1].free();
        stage.synced();
        stage.forget_brought();
    });
}

/// INV-33, INV-10: whoever ends a link or takes records back on a full disk succeeds, or at least closes them at once.
#[test]
fn a_full_disk_keeps_nothing_readable_that_was_ended() {
    let (_, long) = levels();
    walk("ends and withdrawals", |stage, index, level| {
        let all = Ending::ALL;
        let hard = [Ending::UnshareReaderFull, Ending::ReaderDeletesWithoutReserve];
        let turn = [all[index % all.len()]];
        let some = if long { &all[..] } else { &turn };
        for ending in some.iter().chain(&hard[..if long || level > LITTLE { 0 } else { 2 }]) {
            stage.end_on_full(*ending, level);
        }
    });
}

/// INV-33: a daemon on a full disk starts, or says why it does not; with room it starts and has everything.
#[test]
fn a_full_disk_at_the_start_is_named_and_loses_nothing() {
    let (_, long) = levels();
    walk("starting", |stage, index, level| {
        let killed = [true, false];
        let some = if long { &killed[..] } else { std::slice::from_ref(&killed[index % 2]) };
        for killed in some {
            for side in 0..2 {
                stage.start_on_full(side, *killed, level);
            }
        }
    });
}

/// INV-33: a link that was closed because its end could not be written, and whose end is then refused, goes on without a new connection.
#[test]
fn copies_flow_again_when_an_end_that_did_not_fit_is_refused_later() {
    if !SmallDisk::possible() {
        return skipped("disk full: an end refused later", "file systems can't be mounted; run as root");
    }
    let mut stage = Stage::new();
    stage.edit_and_share();
    stage.synced();
    let plan = stage.plan_to_end(1);
    let other_plan = stage.plan_to_disable(1);
    stage.spend_reserve(1);
    stage.disks[1].fill(0);
    let answer = stage.commit_end(1, &plan);
    assert_eq!((answer.status, answer.body["code"].as_str()), (507, Some("disk-full")), "{answer:?}");
    stage.nothing_readable();
    stage.disks[1].free();
    // While the link is closed its copies are not written, and the owner's office stops sending.
    stage.edit();
    stage.until_nothing_is_under_way();
    stage.nothing_readable();
    let answer = stage.commit_end(1, &other_plan);
    assert_eq!(answer.status, 409, "another plan is refused: {answer:?}");
    stage.synced();
}
