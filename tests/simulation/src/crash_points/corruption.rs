//! Bits that flip on the disk (INV-35): the office opens or says why not, nothing panics, and a copy is shown as it was received or
//! not at all. What is shown otherwise is counted and told.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use interoffice_core::actions::{outbound, removal};
use interoffice_core::store::received::CopyQuery;
use interoffice_core::store::{audit, links, peers, users};

use super::books;
use super::office::{End, Office, Stop};
use super::run::{Prepared, folder};
use super::scenarios;
use super::stage::SOUTH;
use crate::keys;
use crate::random::Random;

/// What became of one file with flipped bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// The flips hit nothing that anybody reads.
    Unchanged,
    /// The office does not start, and says why.
    Refused,
    /// It starts, and what is asked fails.
    Detected,
    /// Less is shown than before, and nothing else.
    Less,
    /// Something is shown that was not there before.
    Different,
    /// The program panicked.
    Panicked,
}

const OUTCOMES: [Outcome; 6] =
    [Outcome::Unchanged, Outcome::Refused, Outcome::Detected, Outcome::Less, Outcome::Different, Outcome::Panicked];

/// Flips bits `times` times in the database and as often in the received files of an office; says whether all went well.
///
/// # Errors
/// When nobody reads what is told.
pub(crate) fn all(times: u64, out: &mut impl Write) -> std::io::Result<bool> {
    let prepared = match scenarios::ALL.iter().find(|scenario| scenario.name == "link deleted by its reader").map(Prepared::new) {
        Some(Ok(prepared)) => prepared,
        other => {
            writeln!(out, "corruption can't be played: {:?}", other.and_then(Result::err))?;
            return Ok(false);
        }
    };
    let mut fine = true;
    for (place, name) in ["office.db", "received files"].into_iter().enumerate() {
        let mut counts = [0_u64; OUTCOMES.len()];
        for seed in 0..times {
            match flip(&prepared, place, seed) {
                Ok(outcome) => {
                    counts[outcome as usize] += 1;
                    // The rows of office.db have no checksums; a copy of somebody else's record must not become another one.
                    if outcome == Outcome::Panicked || (place == 1 && outcome == Outcome::Different) {
                        fine = false;
                        writeln!(out, "corruption of {name}, seed {seed}: {outcome:?}")?;
                    }
                }
                Err(what) => {
                    fine = false;
                    writeln!(out, "corruption of {name}, seed {seed}: {what}")?;
                }
            }
        }
        let counts: Vec<String> = OUTCOMES.iter().zip(counts).map(|(outcome, count)| format!("{count} {outcome:?}")).collect();
        writeln!(out, "corruption of {name}: {times} files, {}", counts.join(", "))?;
    }
    Ok(fine)
}

fn flip(prepared: &Prepared<'_>, place: usize, seed: u64) -> Result<Outcome, String> {
    let folder = folder()?;
    books::copy(&prepared.office(SOUTH), folder.path()).map_err(|error| error.to_string())?;
    let before = seen(folder.path()).map_err(|stop| format!("before: {stop:?}"))?;
    let Some(path) = books::databases(folder.path()).into_iter().nth(place) else { return Err("no such file".to_owned()) };
    let mut bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    let mut random = Random::at(seed, place as u64);
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    // A second look at the same files: an office that starts once starts again.
    let looks = [(); 2].map(|()| catch_unwind(AssertUnwindSafe(|| seen(folder.path()))));
    let [first, second] = looks.map(|look| match look {
        Err(_) => Outcome::Panicked,
        Ok(Err(Stop::Wrong(what))) if what.contains("does not start") => Outcome::Refused,
        Ok(Err(_)) => Outcome::Detected,
        Ok(Ok(after)) if after == before => Outcome::Unchanged,
        Ok(Ok(after)) if after.iter().all(|line| before.contains(line)) => Outcome::Less,
        Ok(Ok(_)) => Outcome::Different,
    });
    Ok(first.max(second))
}

/// What an office in `folder` shows to its users, its peers and its own chores.
fn seen(folder: &Path) -> End<Vec<String>> {
    let mut office = Office::new(SOUTH, folder.to_path_buf(), None);
    office.start()?;
    let mut lines = Vec::new();
    let peer = keys::chain(0).office();
    let rows = office.read(|view| {
        let mut lines = vec![format!("{:?}", users::list(view)?), format!("{:?}", links::all(view)?)];
        for peer in peers::all(view)? {
            lines.push(format!("{} {} {:?} {:?}", peer.office, peer.name, peer.standing, peer.heard));
        }
        lines.push(format!("{:?}", audit::since(view, 0, 10_000)?));
        lines.push(format!("{:?}", outbound::waiting_statements(view, peer, 0, 1_000)?));
        lines.push(format!("{:?}", removal::duties(view)?));
        Ok(lines)
    })?;
    lines.extend(rows);
    for link in office.look(|files| files.sweep())? {
        let query = CopyQuery { limit: 1_000, ..CopyQuery::default() };
        for row in office.look(|files| files.list(link, &query))? {
            lines.push(format!("{row:?}"));
            let copy = office.look(|files| files.get(link, row.record))?;
            lines.extend(copy.map(|copy| format!("{} {copy:?}", row.record)));
        }
    }
    Ok(lines)
}
