//! Connections that are begun by the thousand and never finished, against a real daemon: the offices it knows are served all the same.

use interoffice_protocol::limits;
use interoffice_tests::raw::{Flood, FloodPlan};

use crate::under_attack::Stage;

const PER_SECOND: u32 = 2_000;
/// Twenty seconds of it.
const DATAGRAMS: u64 = 40_000;
const SOURCES: u16 = 250;
/// The same of callers who prove their address, each of which costs the attacker two datagrams and a round trip.
const PROVED_PER_SECOND: u32 = 150;
const PROVED_DATAGRAMS: u64 = 2_000;
const PROVED_SOURCES: u16 = 60;
/// What a handshake that is not finished may cost (kilobytes).
const HALF_OPEN_KB: u64 = 96;
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

/// R12, R15, INV-49, INV-50: callers who prove their address when they are asked to, and then leave their handshake unfinished, until the
/// house is full of them: from where a known office called before it is still let in.
#[test]
fn unfinished_handshakes_of_proved_callers_keep_no_known_office_out() {
    let mut stage = Stage::new();
    let plan = FloodPlan { target: stage.b.address(), per_second: PROVED_PER_SECOND, sources: PROVED_SOURCES, answers_retry: true };
    let flood = Flood::start(plan);
    let held = stage.work_until(|| flood.sent() >= PROVED_DATAGRAMS);
    let report = flood.end();
    eprintln!("{report:?}");
    assert!(report.proved >= limits::HALF_OPEN_REFUSE as u64 / 2 && report.refused > 0, "the house was full of them: {report:?}");
    let most_open = (limits::HALF_OPEN_REFUSE + limits::HALF_OPEN_FAMILIAR) as u64;
    let turns = (report.seconds * 1e3 / limits::HANDSHAKE_MS as f64).ceil() as u64 + 1;
    assert!(report.admitted + report.proved <= most_open * turns, "more were let in than there are places: {report:?}");
    assert!(held.grown_kb <= most_open * HALF_OPEN_KB, "memory grew by {} KB", held.grown_kb);
}
