//! Honest work while B is attacked, beside the same work alone: a known office calls again and again, and edits at A are read at B.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use interoffice_tests::drip::{Drip, DripPlan};
use interoffice_tests::honest::Calls;
use interoffice_tests::raw::{Flood, FloodPlan};

use crate::measures::{PROPERTY, ms, percentile, until_seen};
use crate::results::Results;
use crate::stage::Stage;

/// How long work goes on under each attack, and alone.
const WORK: Duration = Duration::from_secs(8);
/// Pause between two edits.
const EVERY: Duration = Duration::from_millis(20);
/// Time until an attack has its full strength.
const GROWN: Duration = Duration::from_secs(3);

/// Where the times of one kind of attack go.
struct Keys {
    call: [&'static str; 2],
    edit: [&'static str; 2],
}

const CONTROL: Keys = Keys { call: ["control_call_p50_ms", "control_call_p99_ms"], edit: ["control_edit_p50_ms", "control_edit_p99_ms"] };
const FLOOD: Keys = Keys { call: ["flood_call_p50_ms", "flood_call_p99_ms"], edit: ["flood_edit_p50_ms", "flood_edit_p99_ms"] };
const DRIP: Keys = Keys { call: ["drip_call_p50_ms", "drip_call_p99_ms"], edit: ["drip_edit_p50_ms", "drip_edit_p99_ms"] };

/// Works alone, under a flood, and under a thousand dripping connections.
pub(crate) fn all(stage: &mut Stage, results: &mut Results, run: usize) -> Result<()> {
    let target = stage.b.address();
    work(stage, results, run, &CONTROL)?;
    let flood = Flood::start(FloodPlan { target, per_second: 2_000, sources: 250, answers_retry: false });
    thread::sleep(GROWN);
    work(stage, results, run, &FLOOD)?;
    let report = flood.end();
    if report.retried == 0 {
        bail!("the flood did not come through: {report:?}");
    }
    let drip = Drip::start(DripPlan { target, connections: 1_000, sources: 40 });
    thread::sleep(GROWN);
    work(stage, results, run, &DRIP)?;
    let report = drip.end();
    if report.opened < 100 || report.cut != report.opened {
        bail!("the dripping connections were not let in, or not cut: {report:?}");
    }
    Ok(())
}

/// Edits one record after the other and waits for each at B, while the caller calls.
fn work(stage: &mut Stage, results: &mut Results, run: usize, keys: &Keys) -> Result<()> {
    let calls = Calls::start(stage.caller.keys.clone(), stage.b.address(), stage.caller.to);
    let (ann, bob) = (&mut stage.ann, &mut stage.bob);
    let (started, mut edits) = (Instant::now(), Vec::new());
    while started.elapsed() < WORK {
        let number = edits.len();
        let record = &stage.records[number % stage.records.len()];
        let value = format!("a{run}.{}{number}.", keys.edit[0]);
        let before = Instant::now();
        ann.set(record, PROPERTY, &value)?;
        until_seen(bob, &format!("/records/{record}"), &value)?;
        edits.push(ms(before.elapsed()));
        thread::sleep(EVERY);
    }
    let served = calls.end();
    if let Some(why) = served.failures.first() {
        bail!("{} of {} honest calls failed: {why}", served.failures.len(), served.failures.len() + served.times.len());
    }
    let calls: Vec<f64> = served.times.into_iter().map(ms).collect();
    for (index, percent) in [50, 99].into_iter().enumerate() {
        results.add(keys.call[index], percentile(calls.clone(), percent));
        results.add(keys.edit[index], percentile(edits.clone(), percent));
    }
    Ok(())
}
