//! A whole federation in one thread, from one seed: `simulate gate` runs what every change must pass.
#![forbid(unsafe_code)]

mod asking;
#[cfg(feature = "seeded-bugs")]
mod bugs;
mod check;
mod clock;
mod crash_points;
mod desk;
mod generate;
mod greeting;
mod heard;
mod hostile;
mod inside;
mod insiders;
mod keys;
mod lanes;
mod machines;
mod marks;
mod model;
mod network;
mod office;
mod people;
mod races;
mod random;
mod records;
mod regressions;
mod rest;
mod run;
mod runner;
mod session;
mod sharing;
mod shrink;
mod signed_in;
mod step;
mod stopwatch;
mod story;
mod swarm;
mod trace;
mod traffic;
mod world;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use interoffice_protocol::seeded::Bug;

use run::{Source, run};
use runner::{PAIR_EVERY, Plan, Sum};
use swarm::Swarm;

/// Simulates federations of offices, each from one seed.
#[derive(Parser)]
#[command(name = "simulate")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What every change must pass: kept runs, then seeds, pairs and marks.
    Gate {
        /// Seeds.
        #[arg(long, default_value_t = 8_000)]
        seeds: u64,
        /// Steps of each that do something.
        #[arg(long, default_value_t = 520)]
        steps: u64,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
    /// Seeds from one to before another.
    Seeds {
        /// FROM..TO, such as 0..1000
        #[arg(value_parser = seeds_between)]
        range: std::ops::Range<u64>,
        /// Steps of each that do something.
        #[arg(long, default_value_t = 520)]
        steps: u64,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Goes on after a run that breaks something, and says of each in a line what it broke.
        #[arg(long)]
        go_on: bool,
    },
    /// One seed.
    One {
        /// The seed.
        seed: u64,
        /// Steps that do something.
        #[arg(long, default_value_t = 520)]
        steps: u64,
        /// Tells everything that happens.
        #[arg(long)]
        tell: bool,
    },
    /// A file of steps, such as those in tests/simulation/regressions.
    Again {
        /// The file.
        file: std::path::PathBuf,
        /// Tells everything that happens.
        #[arg(long)]
        tell: bool,
    },
    /// Runs seeds twice and compares their traces.
    Pairs {
        /// Pairs.
        #[arg(long, default_value_t = 80)]
        pairs: u64,
        /// Steps of each that do something.
        #[arg(long, default_value_t = 520)]
        steps: u64,
    },
    /// Hurts the disk of an office at each operation of many scenarios, in every way that a disk knows.
    CrashPoints {
        /// One operation in so many.
        #[arg(long, default_value_t = 1)]
        every: u64,
        /// Every kind of failure at each operation, with so many power cuts that tear, instead of three kinds in turn.
        #[arg(long)]
        torn: Option<u64>,
        /// A second crash during the recovery from one crash in so many; 0 for none.
        #[arg(long, default_value_t = 5)]
        again: u64,
        /// Times that bits are flipped, in the database and in received files.
        #[arg(long, default_value_t = 400)]
        flips: u64,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Only scenarios whose name holds this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Every order in which two offices can act on one link, over the real rules.
    Model {
        /// Things that people or clocks do.
        #[arg(long, default_value_t = 6)]
        actions: u8,
    },
    /// Plants mistakes, one after the other, and says after how many seeds each was noticed; needs the feature `seeded-bugs`.
    Bugs {
        /// Seeds in which each must be noticed.
        #[arg(long, default_value_t = 2_000)]
        seeds: u64,
        /// Steps of each that do something.
        #[arg(long, default_value_t = 520)]
        steps: u64,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Only this one; may be given several times.
        #[arg(long = "bug", value_parser = mistake)]
        only: Vec<Bug>,
    },
}

fn main() -> ExitCode {
    run::keep_panics();
    let fine = match Arguments::parse().command {
        Command::Gate { seeds, steps, threads } => gate(seeds, steps, threads),
        Command::Seeds { range, steps, threads, go_on } => {
            let mut sum = runner::many(&Plan { from: range.start, to: range.end, steps, threads, pair_every: 0, go_on });
            // Each was told of in a line already.
            let broken = go_on && sum.broken.take().is_some();
            end(&sum, steps) && !broken
        }
        Command::One { seed, steps, tell } => one(&Swarm::of(seed), &Source::Drawn(steps), tell),
        Command::Again { file, tell } => again(&file, tell),
        Command::Pairs { pairs, steps } => {
            let sum = runner::many(&Plan { from: 0, to: pairs, steps, threads: 2, pair_every: 1, go_on: false });
            end(&sum, steps) && sum.pairs == pairs
        }
        Command::CrashPoints { every, torn, again, flips, threads, only } => {
            crash_points::all(&crash_points::Extent { every, torn, again, flips, threads, only }, &mut std::io::stdout()).unwrap_or(false)
        }
        Command::Model { actions } => model::run(actions, &mut std::io::stdout()).unwrap_or(false),
        Command::Bugs { seeds, steps, threads, only } => planted(seeds, steps, threads, only),
    };
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seeds_between(range: &str) -> Result<std::ops::Range<u64>, String> {
    let ends = range.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.filter(|ends| !ends.is_empty()).ok_or_else(|| "seeds are given as FROM..TO, such as 0..1000".to_owned())
}

fn mistake(name: &str) -> Result<Bug, String> {
    Bug::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Bug::ALL.iter().map(|bug| bug.as_str()).collect();
        format!("no mistake has this name; they are {}", names.join(", "))
    })
}

fn one(swarm: &Swarm, source: &Source<'_>, tell: bool) -> bool {
    let ran = run(swarm, source, tell);
    for line in &ran.story {
        say!("{line}");
    }
    say!("{}", swarm.line());
    let counts = ran.counts;
    let digest: String = ran.digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    say!("{} steps of {} tried, {} messages, {} faults, trace {digest}", counts.steps, ran.steps.len(), counts.messages, counts.faults);
    match &ran.violation {
        None => say!("nothing is wrong"),
        Some(violation) => say!("{} ({}): {}", violation.invariant, violation.anomaly, violation.what),
    }
    ran.violation.is_none()
}

fn again(file: &std::path::Path, tell: bool) -> bool {
    let read = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    match read.and_then(|text| regressions::read(&file.display().to_string(), &text)) {
        Ok(kept) => one(&kept.swarm, &Source::Given(&kept.steps), tell),
        Err(error) => {
            say!("{error}");
            false
        }
    }
}

fn gate(seeds: u64, steps: u64, threads: usize) -> bool {
    if !kept_runs() {
        return false;
    }
    let sum = runner::many(&Plan { from: 0, to: seeds, steps, threads, pair_every: PAIR_EVERY, go_on: false });
    let fine = end(&sum, steps);
    let never = runner::tell_marks(&sum);
    for name in &never {
        say!("never met: {name}");
    }
    let (wanted_steps, wanted_pairs) = (seeds * steps, seeds / PAIR_EVERY);
    let enough = sum.steps >= wanted_steps && sum.pairs >= wanted_pairs;
    if !enough {
        say!("too little was done: {} of {wanted_steps} steps, {} of {wanted_pairs} pairs", sum.steps, sum.pairs);
    }
    let all = fine && enough && never.is_empty();
    say!(
        "{}: {} seeds, {} steps, {} pairs alike, {:.1} office-years, {:.1} minutes, {:.0} steps/s",
        if all { "passed" } else { "FAILED" },
        sum.seeds,
        sum.steps,
        sum.pairs,
        sum.years(),
        sum.seconds / 60.0,
        sum.steps as f64 / sum.seconds.max(0.001)
    );
    all
}

/// Plays every run that was red once.
fn kept_runs() -> bool {
    let kept = match regressions::all() {
        Ok(kept) => kept,
        Err(error) => {
            say!("{error}");
            return false;
        }
    };
    for regression in &kept {
        if let Some(violation) = run(&regression.swarm, &Source::Given(&regression.steps), false).violation {
            say!("{} is red again: {} ({}): {}", regression.name, violation.invariant, violation.anomaly, violation.what);
            return false;
        }
    }
    say!("{} kept runs are green", kept.len());
    true
}

/// Tells how many runs ended; says whether nothing was wrong.
fn end(sum: &Sum, steps: u64) -> bool {
    if let Some(ran) = &sum.broken {
        runner::tell_broken(ran, steps);
    }
    if let Some(seed) = sum.unequal {
        say!("two runs of seed {seed} differ: something in them is left to chance");
    }
    say!(
        "{} seeds, {} steps, {} messages, {} faults, {:.1} office-years, {:.0} s, {:.0} steps/s",
        sum.seeds,
        sum.steps,
        sum.messages,
        sum.faults,
        sum.years(),
        sum.seconds,
        sum.steps as f64 / sum.seconds.max(0.001)
    );
    sum.broken.is_none() && sum.unequal.is_none()
}

#[cfg(feature = "seeded-bugs")]
fn planted(seeds: u64, steps: u64, threads: usize, only: Vec<Bug>) -> bool {
    bugs::bugs(&bugs::Search { seeds, steps, threads, only })
}

#[cfg(not(feature = "seeded-bugs"))]
fn planted(_seeds: u64, _steps: u64, _threads: usize, _only: Vec<Bug>) -> bool {
    say!("this program holds no mistakes to be planted: build it with --features seeded-bugs");
    false
}
