//! Connections that are begun by the thousand and never finished, against a real daemon: the offices it knows are served all the same.

use interoffice_protocol::limits;
use interoffice_tests::raw::{Flood, FloodPlan};

use crate::under_attack::Stage;

const PER_SECOND: u32 = 2_000;
/// Twenty seconds of it.
const DATAGRAMS: u64 = 40_000;
const SOURCES: u16 = 250;
/// What the daemon's memory may grow by (kilobytes).
const GROWTH_KB: u64 = 16 * 1024;

/// R12, INV-49, INV-50, INV-51: 40,000 first datagrams from 250 addresses, none of which can be known to be true.
#[test]
fn a_flood_of_unproved_callers_keeps_nobody_out() {
    let mut stage = Stage::new();
    let plan = FloodPlan { target: stage.b.address(), per_second: PER_SECOND, sources: SOURCES, answers_retry: false };
    let flood = Flood::start(plan);
    let held = stage.work_until(|| flood.sent() >= DATAGRAMS);
    let report = flood.end();
    eprintln!("{report:?}");
    assert!(held.grown_kb <= GROWTH_KB, "memory grew by {} KB", held.grown_kb);
    // A place is held for as long as a handshake may take, so in any such time so many are let in without proof.
    let turns = (report.seconds * 1e3 / limits::HANDSHAKE_MS as f64).ceil() as u64 + 1;
    assert!(report.admitted <= limits::HALF_OPEN_RETRY as u64 * turns, "too many were let in without proof: {report:?}");
    assert!(report.retried > report.sent / 2, "most were asked for proof: {report:?}");
    assert!(report.amplification <= 3.0, "who proved no address gets at most three times what it sent: {report:?}");
}
