//! What could not be tested on this machine is said aloud and counted, never passed over in silence.

use std::{fs::OpenOptions, io::Write};

/// Names the file that gathers what was skipped; `./test` sets it, and counts its lines.
const GATHERED_IN: &str = "INTEROFFICE_SKIPS";

/// Says that `what` can't be tested here and `why`, with the remedy where there is one; the test then returns. The line
/// `SKIPPED <what>: <why>` goes to stderr and, under `./test`, into its report, where it counts as skipped.
///
/// ```no_run
/// # fn has_compiler() -> bool { false }
/// if !has_compiler() {
///     return interoffice_tests::skipped("power cuts", "no C compiler; install build-essential");
/// }
/// ```
///
/// # Panics
/// When the file that gathers these lines can't be written.
pub fn skipped(what: &str, why: &str) {
    let line = format!("SKIPPED {what}: {why}\n");
    eprint!("{line}");
    let Ok(path) = std::env::var(GATHERED_IN) else { return };
    // One write in append mode: tests run as processes beside each other.
    let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("the skipped test could not be noted in {path}: {error}"));
}
