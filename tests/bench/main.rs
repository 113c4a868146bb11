//! Measures two real daemons on this machine: release build, loopback QUIC, fsync at both ends, driven through the control sockets.
//!
//! `./bench` builds and runs it. Each run makes a fresh link between the same two offices, shares everything over it, and goes
//! through the measures; what is reported is the median over the runs.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod arguments;
mod attacks;
mod lists;
mod machine;
mod measures;
mod office;
mod pages;
mod results;
mod sign_ins;
mod socket;
mod stage;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use arguments::Arguments;
use machine::Ticks;
use results::Results;
use stage::Stage;

/// Pause before memory at rest is read, and between measures that fill caches and logs of their own.
const SETTLE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            results::say(&format!("./bench: {error}; see ./bench --help"));
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            results::say(&format!("./bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let facts = machine::facts(&arguments.folder)?;
    let mut results = Results::new(arguments, facts);
    if !arguments.json {
        results::print(&results.head());
    }
    if arguments.wants(arguments::OFFICE) {
        lists::measure(arguments, &mut results).context("the measure of one office")?;
    }
    if arguments.wants(arguments::SIGN_INS) {
        sign_ins::measure(arguments, &mut results).context("the measure of sign-ins")?;
    }
    if arguments.wants_two() {
        two_offices(arguments, &mut results)?;
    }
    results::print(&if arguments.json { results.to_json() } else { results.table() });
    Ok(())
}

fn two_offices(arguments: &Arguments, results: &mut Results) -> Result<()> {
    results::say(&format!("setting up two offices with {} records in {}", arguments.records, arguments.folder.display()));
    let mut stage = Stage::set_up(arguments)?;
    let daemons: Vec<u32> = [&stage.a, &stage.b].into_iter().filter_map(office::Office::process).collect();
    let (started, before) = (Instant::now(), Ticks::until_now(&daemons));
    for run in 1..=arguments.runs {
        results::say(&format!("run {run} of {}", arguments.runs));
        one_run(&mut stage, arguments, results, run).with_context(|| format!("run {run}; the logs are {}", stage.logs()))?;
    }
    results.others(Ticks::until_now(&daemons).others_since(before, started.elapsed().as_secs_f64()));
    stage.tear_down()
}

fn one_run(stage: &mut Stage, arguments: &Arguments, results: &mut Results, run: usize) -> Result<()> {
    stage.new_link()?;
    measures::sync(stage, results)?;
    if arguments.wants("memory") {
        std::thread::sleep(SETTLE);
        measures::at_rest(stage, results)?;
    }
    if arguments.wants("commits") {
        measures::commits(stage, results, run)?;
    }
    if arguments.wants("visible") {
        std::thread::sleep(SETTLE / 4);
        measures::visible(stage, results, run)?;
    }
    if arguments.wants("attacks") {
        std::thread::sleep(SETTLE / 4);
        attacks::all(stage, results, run)?;
    }
    if arguments.wants("page") {
        pages::open_page(stage, results)?;
    }
    std::thread::sleep(SETTLE / 4);
    measures::take_back(stage, results)
}
