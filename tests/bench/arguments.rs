//! The command line of `./bench`, which the script has looked through before it built anything.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// Names of the measures that can be chosen, in their order.
pub(crate) const NAMES: [&str; 7] = ["sync", "commits", "visible", "attacks", "page", "takeback", "memory"];

/// The measure of one office alone, which is taken only when it is named.
pub(crate) const OFFICE: &str = "office";

/// The measure of sign-ins, which is taken only when it is named.
pub(crate) const SIGN_INS: &str = "signins";

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
        (self.names.is_empty() && ![OFFICE, SIGN_INS].contains(&name)) || self.names.iter().any(|chosen| chosen == name)
    }

    /// Whether any measure between two offices was chosen.
    pub(crate) fn wants_two(&self) -> bool {
        NAMES.iter().any(|name| self.wants(name))
    }
}

/// Reads the arguments. `--binary` comes from the script and is not for people; `--bench` comes from cargo.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut wanted = Arguments { binary: PathBuf::new(), folder: PathBuf::new(), json: false, runs: 5, records: 20_000, names: Vec::new() };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => {}
            "--json" => wanted.json = true,
            "--binary" => wanted.binary = value()?.into(),
            "--dir" => wanted.folder = value()?.into(),
            "--runs" => wanted.runs = number(&argument, &value()?, 1, 100)?,
            "--records" => wanted.records = number(&argument, &value()?, 5_000, 40_000)?,
            name if NAMES.contains(&name) || [OFFICE, SIGN_INS].contains(&name) => wanted.names.push(argument),
            _ => bail!("unknown argument {argument}"),
        }
    }
    if wanted.binary.as_os_str().is_empty() || wanted.folder.as_os_str().is_empty() {
        bail!("start it by the script ./bench, which says what to measure and where");
    }
    Ok(wanted)
}

fn number(name: &str, text: &str, least: usize, most: usize) -> Result<usize> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => bail!("{name} is a number from {least} to {most}"),
    }
}
