//! Runs many seeds on a few threads, each run whole on one, and tells how far it has come.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::marks::MARKS;
use crate::regressions;
use crate::run::{Ran, Source, run};
use crate::shrink::shrink;
use crate::stopwatch::Stopwatch;
use crate::swarm::Swarm;

/// Every so many seeds one is run twice, and both traces must be alike.
pub(crate) const PAIR_EVERY: u64 = 100;
/// Seconds between two lines of progress.
const PROGRESS_S: f64 = 15.0;
const YEAR_MS: f64 = 365.25 * 24.0 * 3_600_000.0;

/// Writes a line for people and programs.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {{
        // Whoever reads has gone away: the exit code says the rest.
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// What many runs found together.
#[derive(Default)]
pub(crate) struct Sum {
    pub(crate) seeds: u64,
    pub(crate) steps: u64,
    pub(crate) messages: u64,
    pub(crate) faults: u64,
    /// Simulated time of every office together (milliseconds).
    pub(crate) office_ms: f64,
    pub(crate) marks: Vec<u64>,
    /// Seeds that were run twice with equal traces.
    pub(crate) pairs: u64,
    /// The first run that broke something.
    pub(crate) broken: Option<Ran>,
    /// A seed whose two runs differed.
    pub(crate) unequal: Option<u64>,
    /// What the runs took (seconds).
    pub(crate) seconds: f64,
}

impl Sum {
    fn add(&mut self, ran: &Ran, offices: usize) {
        self.seeds += 1;
        self.steps += ran.counts.steps;
        self.messages += ran.counts.messages;
        self.faults += ran.counts.faults;
        self.office_ms += ran.counts.true_ms as f64 * offices as f64;
        self.marks.resize(MARKS.len(), 0);
        for (sum, hits) in self.marks.iter_mut().zip(&ran.marks) {
            *sum += hits;
        }
    }

    /// Simulated years of all offices together.
    pub(crate) fn years(&self) -> f64 {
        self.office_ms / YEAR_MS
    }

    fn progress(&self, of: u64, seconds: f64) {
        let speed = self.steps as f64 / seconds.max(0.001);
        let (seeds, steps, years) = (self.seeds, self.steps, self.years());
        say!("{seconds:>5.0} s  {seeds} of {of} seeds, {steps} steps, {speed:.0} steps/s, {years:.1} office-years");
    }
}

/// Which seeds to run, and how.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// The first seed.
    pub(crate) from: u64,
    /// The seed after the last.
    pub(crate) to: u64,
    /// Steps of each.
    pub(crate) steps: u64,
    /// Threads.
    pub(crate) threads: usize,
    /// Every so many seeds one is run twice; 0 for none.
    pub(crate) pair_every: u64,
    /// Whether to go on after a run that broke something, saying of each in a line what it broke.
    pub(crate) go_on: bool,
}

/// Runs seeds until all are done or one broke something.
pub(crate) fn many(plan: &Plan) -> Sum {
    let watch = Stopwatch::start();
    let (next, stop, sum) = (AtomicU64::new(plan.from), AtomicBool::new(false), Mutex::new(Sum::default()));
    let idle = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                work(plan, &next, &stop, &sum);
                idle.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut told = 0.0;
        while (idle.load(Ordering::Relaxed) as usize) < plan.threads.max(1) {
            std::thread::sleep(Duration::from_millis(100));
            if watch.seconds() - told >= PROGRESS_S {
                told = watch.seconds();
                sum.lock().unwrap_or_else(PoisonError::into_inner).progress(plan.to - plan.from, told);
            }
        }
    });
    let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.seconds = watch.seconds();
    sum
}

fn work(plan: &Plan, next: &AtomicU64, stop: &AtomicBool, sum: &Mutex<Sum>) {
    while !stop.load(Ordering::Relaxed) {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= plan.to {
            return;
        }
        let swarm = Swarm::of(seed);
        let ran = run(&swarm, &Source::Drawn(plan.steps), false);
        let twice = plan.pair_every > 0 && seed.is_multiple_of(plan.pair_every);
        let equal = !twice || ran.violation.is_some() || run(&swarm, &Source::Drawn(plan.steps), false).digest == ran.digest;
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.add(&ran, swarm.offices);
        sum.pairs += u64::from(twice && equal);
        if !equal {
            sum.unequal.get_or_insert(seed);
            stop.store(true, Ordering::Relaxed);
        }
        if let Some(violation) = &ran.violation {
            if plan.go_on {
                say!("seed {seed} breaks {} ({}): {}", violation.invariant, violation.anomaly, violation.what);
            }
            stop.store(!plan.go_on, Ordering::Relaxed);
            // The lowest of those that broke something at once.
            if sum.broken.as_ref().is_none_or(|other| seed < other.seed) {
                sum.broken = Some(ran);
            }
        }
    }
}

/// Tells of a run that broke something, with the shortest list of steps that still does.
pub(crate) fn tell_broken(ran: &Ran, steps: u64) {
    let Some(violation) = &ran.violation else { return };
    let swarm = Swarm::of(ran.seed);
    say!("\nseed {} breaks {} ({}): {}", ran.seed, violation.invariant, violation.anomaly, violation.what);
    say!("again: simulate one {} --steps {steps} --tell", ran.seed);
    say!("making its {} steps fewer ...", ran.steps.len());
    let shortest = shrink(&swarm, &ran.steps, violation);
    let text = regressions::text(&swarm, &shortest, violation);
    say!("{} steps are left; keep them in tests/simulation/regressions/{}:\n", shortest.len(), regressions::file_name(&swarm, violation));
    say!("{text}");
}

/// Writes the table of marks; says which never fired.
pub(crate) fn tell_marks(sum: &Sum) -> Vec<&'static str> {
    say!("\nmarks, and how often each was met:");
    let mut never = Vec::new();
    for (name, hits) in MARKS.iter().zip(&sum.marks) {
        say!("{hits:>12}  {name}");
        if *hits == 0 {
            never.push(*name);
        }
    }
    never
}
