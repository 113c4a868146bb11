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

use interoffice_disk::Kind;

use run::{Hurt, Prepared};

/// How much is played.
pub(crate) struct Extent {
    /// Every so many operations is one hurt, beginning with a place that the kind of failure chooses; 1 for every operation.
    pub(crate) every: u64,
    /// Seeds of power cuts that keep or tear a part of what was not synced, at each operation.
    pub(crate) torn: u64,
    /// A second failure while the first is recovered from, at every so many of the first.
    pub(crate) again: u64,
    /// Times that bits are flipped, in the database and in received files.
    pub(crate) flips: u64,
    /// Only scenarios whose name holds this.
    pub(crate) only: Option<String>,
}

/// What can happen at an operation.
fn hurts(torn: u64) -> Vec<Hurt> {
    let mut hurts = vec![Hurt::Fault(Kind::KillBefore), Hurt::Fault(Kind::KillDuring), Hurt::PowerCut(0)];
    hurts.extend((1..=torn).map(Hurt::PowerCut));
    hurts.extend([Kind::Error, Kind::ShortWrite, Kind::Full, Kind::SyncFails].map(Hurt::Fault));
    hurts
}

/// Plays everything and tells of it; says whether nothing was wrong.
///
/// # Errors
/// When nobody reads what is told.
pub(crate) fn all(extent: &Extent, out: &mut impl Write) -> std::io::Result<bool> {
    let started = crate::stopwatch::Stopwatch::start();
    let (mut points, mut twice, mut wrong) = (0, 0, 0);
    for scenario in scenarios::ALL.iter().filter(|scenario| extent.only.as_ref().is_none_or(|only| scenario.name.contains(only))) {
        let prepared = match Prepared::new(scenario) {
            Ok(prepared) => prepared,
            Err(what) => {
                wrong += 1;
                writeln!(out, "{}: can't be played at all: {what}", scenario.name)?;
                continue;
            }
        };
        let (mut here, mut here_twice) = (0, 0);
        for (place, hurt) in hurts(extent.torn).into_iter().enumerate() {
            let first = 1 + place as u64 % extent.every;
            for at in (first..=prepared.operations).step_by(extent.every as usize) {
                let second = (extent.again > 0 && (at + place as u64).is_multiple_of(extent.again)).then_some(at * 31 + place as u64);
                here += 1;
                here_twice += u64::from(second.is_some());
                if let Err(what) = prepared.hurt(hurt, at, second) {
                    wrong += 1;
                    writeln!(out, "{}, {hurt:?} at operation {at}, second {second:?}: {what}", scenario.name)?;
                }
            }
        }
        writeln!(out, "{}: {} operations, {here} crash points, {here_twice} with a second crash", scenario.name, prepared.operations)?;
        (points, twice) = (points + here, twice + here_twice);
    }
    if extent.only.is_none() {
        let (here, broken) = upgrade::all(out)?;
        (points, wrong) = (points + here, wrong + broken);
        wrong += u64::from(!corruption::all(extent.flips, out)?);
    }
    let which = if extent.every == 1 { "every operation".to_owned() } else { format!("one operation in {}", extent.every) };
    writeln!(
        out,
        "crash points: {points} at {which}, {twice} of them with a second crash during recovery, {wrong} wrong, {:.0} s",
        started.seconds()
    )?;
    Ok(wrong == 0 && points > 0)
}
