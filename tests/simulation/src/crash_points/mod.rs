//! Crash points: each scenario is played once to count what it does to the disk, and then once for every such operation and every
//! way in which a disk can fail there. Afterwards everything acknowledged is there, nothing is half done, and what was to be removed is.

mod books;
mod corruption;
mod judge;
mod office;
mod run;
mod scenarios;
mod stage;
mod talk;
mod upgrade;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use interoffice_disk::Kind;

use run::{Hurt, Prepared};
use scenarios::Scenario;

/// How much is played.
pub(crate) struct Extent {
    /// Every so many operations is one hurt, beginning with another one for each kind; 1 for every operation.
    pub(crate) every: u64,
    /// Every kind of failure at each operation, with so many power cuts that tear. Without it three at each: a kill, a power cut, and one
    /// of the others in turn.
    pub(crate) torn: Option<u64>,
    /// A second failure while the first is recovered from, at every so many of the first; 0 for none.
    pub(crate) again: u64,
    /// Times that bits are flipped, in the database and in received files.
    pub(crate) flips: u64,
    /// Threads.
    pub(crate) threads: usize,
    /// Only scenarios whose name holds this.
    pub(crate) only: Option<String>,
}

/// What a scenario came to.
#[derive(Default)]
struct Sum {
    points: u64,
    twice: u64,
    wrong: Vec<String>,
    line: String,
}

const OTHERS: [Kind; 5] = [Kind::KillDuring, Kind::Error, Kind::ShortWrite, Kind::Full, Kind::SyncFails];

impl Extent {
    /// What happens at an operation, one after the other.
    fn hurts(&self, at_operation: u64) -> Vec<Hurt> {
        let mut hurts = vec![Hurt::Fault(Kind::KillBefore)];
        match self.torn {
            Some(torn) => {
                hurts.extend((0..=torn).map(Hurt::PowerCut));
                hurts.extend(OTHERS.map(Hurt::Fault));
            }
            None => {
                // Seed 0 loses everything that was not synced, others tear.
                hurts.push(Hurt::PowerCut(at_operation % 3));
                hurts.push(Hurt::Fault(OTHERS[at_operation as usize % OTHERS.len()]));
            }
        }
        hurts
    }

    fn scenario(&self, scenario: &Scenario) -> Sum {
        let mut sum = Sum::default();
        let prepared = match Prepared::new(scenario) {
            Ok(prepared) => prepared,
            Err(what) => return Sum { wrong: vec![format!("{}: can't be played at all: {what}", scenario.name)], ..sum },
        };
        for at in 1..=prepared.operations {
            for (place, hurt) in self.hurts(at).into_iter().enumerate() {
                if !(at + place as u64).is_multiple_of(self.every) {
                    continue;
                }
                let twice = self.again > 0 && (at + place as u64).is_multiple_of(self.again);
                let second = twice.then_some(at * 31 + place as u64);
                sum.points += 1;
                sum.twice += u64::from(twice);
                if let Err(what) = prepared.hurt(hurt, at, second) {
                    sum.wrong.push(format!("{}, {hurt:?} at operation {at}, second {second:?}: {what}", scenario.name));
                }
            }
        }
        sum.line = format!(
            "{}: {} operations, {} crash points, {} with a second crash",
            scenario.name, prepared.operations, sum.points, sum.twice
        );
        sum
    }

    /// Plays the scenarios, as many at the same time as there are threads, and tells of each when it is done.
    fn scenarios(&self, out: &mut impl Write) -> std::io::Result<Sum> {
        let wanted = |scenario: &&Scenario| self.only.as_ref().is_none_or(|only| scenario.name.contains(only));
        let chosen: Vec<&Scenario> = scenarios::ALL.iter().filter(wanted).collect();
        let next = AtomicUsize::new(0);
        let (tell, told) = mpsc::sync_channel(scenarios::ALL.len());
        std::thread::scope(|threads| {
            for _ in 0..self.threads.max(1) {
                let (tell, chosen, next) = (tell.clone(), &chosen, &next);
                threads.spawn(move || {
                    while let Some(scenario) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // Nobody listens only when telling failed, which is told below.
                        let _ = tell.send(self.scenario(scenario));
                    }
                });
            }
            drop(tell);
            let mut all = Sum::default();
            for sum in told {
                for wrong in &sum.wrong {
                    writeln!(out, "{wrong}")?;
                }
                writeln!(out, "{}", sum.line)?;
                (all.points, all.twice) = (all.points + sum.points, all.twice + sum.twice);
                all.wrong.extend(sum.wrong);
            }
            Ok(all)
        })
    }
}

/// Plays everything and tells of it; says whether nothing was wrong.
///
/// # Errors
/// When nobody reads what is told.
pub(crate) fn all(extent: &Extent, out: &mut impl Write) -> std::io::Result<bool> {
    let started = crate::stopwatch::Stopwatch::start();
    let Sum { mut points, twice, wrong, .. } = extent.scenarios(out)?;
    let mut wrong = wrong.len() as u64;
    if extent.only.is_none() {
        let (here, broken) = upgrade::all(out)?;
        (points, wrong) = (points + here, wrong + broken);
        wrong += u64::from(!corruption::all(extent.flips, out)?);
    }
    let which = if extent.every == 1 { "every operation".to_owned() } else { format!("one operation in {}", extent.every) };
    let kinds = if extent.torn.is_some() { "every kind" } else { "three kinds" };
    writeln!(
        out,
        "{}: {points} crash points, {kinds} at {which}, {twice} with a second crash during recovery, {wrong} wrong, {:.0} s",
        if wrong == 0 { "passed" } else { "FAILED" },
        started.seconds()
    )?;
    Ok(wrong == 0 && points > 0)
}
