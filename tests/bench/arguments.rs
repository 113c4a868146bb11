//! The command line of `./bench`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// Names of the measures that can be chosen, in their order.
pub(crate) const NAMES: [&str; 5] = ["sync", "commits", "visible", "takeback", "memory"];

/// What `--help` prints.
pub(crate) const HELP: &str = "usage: ./bench [--json] [--runs N] [--records N] [--dir FOLDER] [NAME...]

Builds the release binary and measures two daemons on this machine, each a process of its own with its own folder on disk,
over loopback QUIC, with fsync at both ends. Prints medians with the goals beside. Without a name, measures everything.

  sync      share 20,000 records of about 1 KB: until durable and readable at the other office
  commits   5,000 single-record commits from eight writers: until all are readable at the other office
  visible   one commit, 200 times a second: until it is readable at the other office
  takeback  delete a link with 20,000 records: until unreadable there, until the receipt is here
  memory    resident memory with 20,000 records at rest, and the peak while syncing

  --json         one JSON document instead of the table
  --runs N       runs, of which the median is taken (default 5)
  --records N    records instead of 20,000; goals are for 20,000
  --dir FOLDER   where both offices live (default target/bench-data); must be on a real disk
  --help         this text

stdout is data, stderr is talk. Exit: 0 when everything could be measured, also when goals are missed; 1 when not; 2 for a
wrong argument. CARGO_TARGET_DIR is respected.
";

/// What to measure, and how.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    /// The program to measure.
    pub(crate) binary: PathBuf,
    /// Where both offices live.
    pub(crate) folder: PathBuf,
    /// Print JSON.
    pub(crate) json: bool,
    /// How often.
    pub(crate) runs: usize,
    /// How many records.
    pub(crate) records: usize,
    /// Chosen names, empty for all.
    names: Vec<String>,
}

impl Arguments {
    /// Whether the measure was chosen.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|chosen| chosen == name)
    }
}

/// What the command line asks for.
pub(crate) enum Wanted {
    /// The help text.
    Help,
    /// Measures.
    Measures(Arguments),
}

/// Reads the arguments. `--binary` comes from the script and is not for people; `--bench` comes from cargo.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Wanted> {
    let mut wanted = Arguments { binary: PathBuf::new(), folder: PathBuf::new(), json: false, runs: 5, records: 20_000, names: Vec::new() };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Wanted::Help),
            "--bench" => {}
            "--json" => wanted.json = true,
            "--binary" => wanted.binary = value()?.into(),
            "--dir" => wanted.folder = value()?.into(),
            "--runs" => wanted.runs = number(&argument, &value()?, 1, 100)?,
            "--records" => wanted.records = number(&argument, &value()?, 5_000, 40_000)?,
            name if NAMES.contains(&name) => wanted.names.push(argument),
            _ => bail!("unknown argument {argument}"),
        }
    }
    if wanted.binary.as_os_str().is_empty() || wanted.folder.as_os_str().is_empty() {
        bail!("start it by the script ./bench, which says what to measure and where");
    }
    Ok(Wanted::Measures(wanted))
}

fn number(name: &str, text: &str, least: usize, most: usize) -> Result<usize> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => bail!("{name} is a number from {least} to {most}"),
    }
}
