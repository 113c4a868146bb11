//! A thousand connections that say a byte now and then, against a real daemon: each is cut in time, and nobody else notices.

use std::time::{Duration, Instant};

use interoffice_protocol::limits;
use interoffice_tests::drip::{Drip, DripPlan};
use interoffice_tests::process::memory_kb;

use crate::under_attack::Stage;

const CONNECTIONS: usize = 1_000;
const SOURCES: usize = 40;
/// How long it goes on.
const DURATION: Duration = Duration::from_secs(25);
/// No connection may live longer.
const LIFE: Duration = Duration::from_secs(30);
/// What the daemon may keep for a caller whom it does not know yet (kilobytes): what is on its way, what is being read of it, and the
/// connection itself.
const CALLER_KB: u64 = 2 * limits::STRANGER_WINDOW_BYTES as u64 / 1024 + 64;
/// What the waves after the first may add to memory (kilobytes): the room of those who were cut is used again.
const LATER_WAVES_KB: u64 = 12 * 1024;

/// R15, INV-49, INV-50: a thousand strangers drip on as many streams as they get, and come again whenever they are cut.
#[test]
#[allow(clippy::disallowed_methods, reason = "the attack goes on for so long")]
fn a_thousand_dripping_connections_are_cut_and_keep_nobody_out() {
    let mut stage = Stage::new();
    let drip = Drip::start(DripPlan { target: stage.b.address(), connections: CONNECTIONS, sources: SOURCES });
    let started = Instant::now();
    let (process, mut first_wave_kb) = (stage.process(), None);
    let held = stage.work_until(|| {
        if first_wave_kb.is_none() && drip.opened() > limits::HALF_OPEN_REFUSE as u64 + 100 {
            first_wave_kb = Some(memory_kb(process, "VmRSS"));
        }
        started.elapsed() > DURATION && first_wave_kb.is_some()
    });
    let report = drip.end();
    let later_kb = memory_kb(process, "VmRSS").saturating_sub(first_wave_kb.unwrap_or_default());
    eprintln!("{report:?}, later waves added {later_kb} KB");
    assert_eq!(report.cut, report.opened, "every one of them is cut");
    assert!(report.opened >= 100, "they got in: {report:?}");
    assert!(report.longest < LIFE, "none lives longer than {LIFE:?}: {report:?}");
    let most_open = (limits::HALF_OPEN_REFUSE + limits::HALF_OPEN_FAMILIAR) as u64;
    assert!(held.grown_kb <= most_open * CALLER_KB, "memory grew by {} KB", held.grown_kb);
    assert!(later_kb <= LATER_WAVES_KB, "later waves added {later_kb} KB");
}
