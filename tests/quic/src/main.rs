//! Runs storms over many seeds, compares traces of pairs, and says at its end what was met. `--help` explains.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a program of the tests tells what it finds on stdout")]

use std::collections::BTreeMap;
use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use interoffice_quic_tests::marks::{Marks, NAMES};
use interoffice_quic_tests::storm::{self, MIXES, Report};

const HELP: &str = "usage: quic-storms [--seeds N] [--from SEED] [--pairs N] [--threads N] [--loose] [--tell]

  --seeds N     how many seeds are run [200]
  --from SEED   the first of them [0]
  --pairs N     how many of them are run twice, and must have the same trace [10]
  --threads N   how many run at a time [one a core]
  --loose       a situation that was never met is no failure
  --tell        a line for each seed

Exit: 0 when everything held, 1 when not, 2 for a wrong argument.";

struct Arguments {
    seeds: u64,
    from: u64,
    pairs: u64,
    threads: usize,
    loose: bool,
    tell: bool,
}

fn arguments() -> Result<Arguments, String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = Arguments { seeds: 200, from: 0, pairs: 10, threads: cores, loose: false, tell: false };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut number = || given.next().and_then(|text| text.parse::<u64>().ok()).ok_or_else(|| format!("{name} wants a number"));
        match name.as_str() {
            "--seeds" => arguments.seeds = number()?,
            "--from" => arguments.from = number()?,
            "--pairs" => arguments.pairs = number()?,
            "--threads" => arguments.threads = usize::try_from(number()?.max(1)).unwrap_or(1),
            "--loose" => arguments.loose = true,
            "--tell" => arguments.tell = true,
            "--help" => return Err(HELP.to_owned()),
            other => return Err(format!("{other} means nothing here\n\n{HELP}")),
        }
    }
    Ok(arguments)
}

#[derive(Default)]
struct Sum {
    runs: u64,
    connections: u64,
    sent: u64,
    simulated: Duration,
    longest_rest: Duration,
    pairs: u64,
    marks: Marks,
    mixes: BTreeMap<&'static str, u64>,
    failures: Vec<(u64, String)>,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(words) => {
            println!("{words}");
            return ExitCode::from(2);
        }
    };
    interoffice_quic_tests::watch_panics();
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Sum::default()));
    thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= arguments.seeds {
                        return;
                    }
                    one(&arguments, arguments.from + index, index, &sum);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    say(&arguments, &sum)
}

fn one(arguments: &Arguments, seed: u64, index: u64, sum: &Mutex<Sum>) {
    let first = run(seed);
    // The pairs are spread over all seeds.
    let twice = arguments.pairs > 0 && (index * arguments.pairs) % arguments.seeds < arguments.pairs;
    let again = twice.then(|| run(seed));
    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
    sum.runs += 1;
    match (first, again) {
        (Ok(report), None) => add(arguments, &mut sum, &report),
        (Ok(report), Some(Ok(other))) if other.trace == report.trace => {
            sum.pairs += 1;
            add(arguments, &mut sum, &report);
        }
        (Ok(report), Some(Ok(other))) => {
            let words = format!("two runs differ: {:?} and {:?}", report.traffic, other.traffic);
            fail(&mut sum, seed, words);
        }
        (Err(words), _) | (_, Some(Err(words))) => fail(&mut sum, seed, words),
    }
}

/// A run; a panic in it is a failure of the seed, also in a task that nobody waits for.
fn run(seed: u64) -> Result<Report, String> {
    let report = panic::catch_unwind(|| storm::run(seed)).unwrap_or_else(|_| Err("it panicked".to_owned()));
    match interoffice_quic_tests::panicked() {
        Some(words) => Err(format!("a panic: {words}")),
        None => report,
    }
}

fn add(arguments: &Arguments, sum: &mut Sum, report: &Report) {
    if arguments.tell {
        println!(
            "seed {} ({}): {} connections, {} datagrams, {:.1} s simulated, at rest after {:.1} s",
            report.seed,
            report.mix,
            report.connections,
            report.traffic.sent,
            report.elapsed.as_secs_f64(),
            report.rest.as_secs_f64()
        );
    }
    sum.connections += report.connections;
    sum.sent += report.traffic.sent;
    sum.simulated += report.elapsed;
    sum.longest_rest = sum.longest_rest.max(report.rest);
    sum.marks.join(&report.marks);
    *sum.mixes.entry(report.mix).or_default() += 1;
}

fn fail(sum: &mut Sum, seed: u64, words: String) {
    println!(
        "seed {seed} failed: {words}\n  again: cargo run --profile simulation -p interoffice-quic-tests -- --from {seed} --seeds 1 --pairs 1 --loose --tell"
    );
    sum.failures.push((seed, words));
}

fn say(arguments: &Arguments, sum: &Sum) -> ExitCode {
    println!("\nsituations met");
    for name in NAMES {
        println!("{:>8}  {name}", sum.marks.count(name));
    }
    println!("\nseeds of each mix");
    for mix in MIXES {
        println!("{:>8}  {}", sum.mixes.get(mix.name).copied().unwrap_or_default(), mix.name);
    }
    let missing = if arguments.loose { Vec::new() } else { sum.marks.missing() };
    for name in &missing {
        println!("never met: {name}");
    }
    println!(
        "\n{} seeds from {}, {} connections, {} datagrams, {:.1} hours simulated, at rest after at most {:.0} s, {} pairs with equal traces, {} failures, {} situations never met",
        sum.runs,
        arguments.from,
        sum.connections,
        sum.sent,
        sum.simulated.as_secs_f64() / 3600.0,
        sum.longest_rest.as_secs_f64(),
        sum.pairs,
        sum.failures.len(),
        missing.len()
    );
    if sum.failures.is_empty() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
