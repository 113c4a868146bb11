//! Runs that were red once, kept for ever: each a file with what its world is like and the steps that broke it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::check::Violation;
use crate::step::Timed;
use crate::swarm::Swarm;

/// One of them.
pub(crate) struct Regression {
    /// Its file.
    pub(crate) name: String,
    /// The world.
    pub(crate) swarm: Swarm,
    /// The steps.
    pub(crate) steps: Vec<Timed>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// The text of a regression's file.
pub(crate) fn text(swarm: &Swarm, steps: &[Timed], violation: &Violation) -> String {
    let mut text = format!("# {} {}: {}\n", violation.invariant, violation.anomaly, violation.what.replace('\n', " "));
    let _ = writeln!(text, "{}", swarm.line());
    for step in steps {
        let _ = writeln!(text, "{step}");
    }
    text
}

/// What the file of a regression should be called.
pub(crate) fn file_name(swarm: &Swarm, violation: &Violation) -> String {
    format!("{}-{}-{}.txt", violation.invariant.to_ascii_lowercase(), violation.anomaly, swarm.seed)
}

/// Reads a regression from the text of its file.
pub(crate) fn read(name: &str, text: &str) -> Result<Regression, String> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let swarm = Swarm::from_line(lines.next().unwrap_or_default()).map_err(|error| format!("{name}: {error}"))?;
    let steps = lines.map(str::parse).collect::<Result<Vec<Timed>, String>>().map_err(|error| format!("{name}: {error}"))?;
    Ok(Regression { name: name.to_owned(), swarm, steps })
}

/// All of them, by name.
pub(crate) fn all() -> Result<Vec<Regression>, String> {
    let folder = folder();
    let listing = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = listing.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let read_one = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        read(&path.file_name().unwrap_or_default().to_string_lossy(), &text)
    };
    paths.iter().map(read_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_regression_can_be_read() {
        all().unwrap();
    }

    #[test]
    fn a_regression_is_read_as_it_was_written() {
        let swarm = Swarm::of(4_711);
        let steps: Vec<Timed> = ["1 +5 AddRecord record=1 office=0 user=0 marks=3", "2 +7 Heal"].map(|line| line.parse().unwrap()).to_vec();
        let violation = Violation { invariant: "INV-01", anomaly: "stale-right", what: "two\nlines".to_owned() };
        let found = read("x", &text(&swarm, &steps, &violation)).unwrap();
        assert_eq!((found.swarm.line(), found.steps), (swarm.line(), steps));
    }
}
