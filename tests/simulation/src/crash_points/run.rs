//! One crash point: play until the disk is hurt, recover as the daemon does, compare with what was acknowledged, go on, and judge.

use std::path::{Path, PathBuf};

use interoffice_disk::{Disk, Fault, Kind};
use interoffice_protocol::ids::{LinkId, RecordId};
use tempfile::TempDir;

use super::books;
use super::judge;
use super::office::{End, Office, Stop};
use super::scenarios::Scenario;
use super::stage::{NORTH, SOUTH, Stage};
use crate::random::Random;

/// What happens at an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hurt {
    /// This, and the daemon is started again if it died of it.
    Fault(Kind),
    /// The power is cut, with the seed of what is lost.
    PowerCut(u64),
}

/// A scenario that was played without harm: how its offices stood before, and what the patient's books said after each effect.
pub(crate) struct Prepared<'s> {
    scenario: &'s Scenario,
    base: TempDir,
    link: Option<LinkId>,
    records: Vec<RecordId>,
    apart: bool,
    tape: Vec<Vec<String>>,
    /// Operations of the patient's disk, its start included.
    pub(crate) operations: u64,
}

/// Attempts to start a daemon after which something is wrong with it and not with its disk.
const STARTS_MAX: usize = 3;

/// A folder in memory where the machine has one: what is durable is in the disk's books.
pub(crate) fn folder() -> Result<TempDir, String> {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("interoffice-crash-").tempdir_in(if memory.is_dir() { memory } else { Path::new("/tmp") });
    made.map_err(|error| error.to_string())
}

fn told(stop: Stop) -> String {
    match stop {
        Stop::Wrong(what) => what,
        other => format!("{other:?}"),
    }
}

impl<'s> Prepared<'s> {
    /// Plays a scenario twice without harm: once to write down what stands after each effect, once to count.
    pub(crate) fn new(scenario: &'s Scenario) -> Result<Self, String> {
        Disk::install();
        let base = folder()?;
        let mut stage = Stage::new(base.path(), None);
        let fresh = scenario.name == "first start";
        let both = if fresh { SOUTH..=SOUTH } else { NORTH..=SOUTH };
        for place in both {
            stage.offices[place].start().map_err(told)?;
        }
        (scenario.before)(&mut stage).map_err(told)?;
        let (link, records, apart) = (stage.link, std::mem::take(&mut stage.records), stage.apart);
        drop(stage);
        let mut prepared = Self { scenario, base, link, records, apart, tape: Vec::new(), operations: 0 };
        prepared.tape = prepared.harmless(true)?.1;
        prepared.operations = prepared.harmless(false)?.0;
        Ok(prepared)
    }

    /// The folder of an office as it stood before.
    pub(crate) fn office(&self, place: usize) -> PathBuf {
        self.base.path().join(place.to_string())
    }

    fn set(&self, folder: &Path) -> Result<Stage, String> {
        books::copy(self.base.path(), folder).map_err(|error| error.to_string())?;
        let mut stage = Stage::new(folder, Some(self.scenario.patient));
        (stage.link, stage.records, stage.apart, stage.tokens) = (self.link, self.records.clone(), self.apart, 100);
        stage.offices[1 - self.scenario.patient].start().map_err(told)?;
        Ok(stage)
    }

    fn harmless(&self, keep: bool) -> Result<(u64, Vec<Vec<String>>), String> {
        let folder = folder()?;
        let mut stage = self.set(folder.path())?;
        let patient = self.scenario.patient;
        stage.offices[patient].start().map_err(told)?;
        let first = books::of(&stage.offices[patient].folder);
        if keep {
            stage.offices[patient].tape = Some(vec![first]);
        }
        (self.scenario.play)(&mut stage).map_err(told)?;
        let operations = stage.offices[patient].disk.as_ref().map_or(0, Disk::operations);
        let tape = stage.offices[patient].tape.take().unwrap_or_default();
        stage.settle().map_err(told)?;
        judge::at_rest(&mut stage, self.scenario).map_err(told)?;
        Ok((operations, tape))
    }

    /// Hurts the patient's disk at an operation of the scenario, and once more during recovery if a seed for that is given.
    pub(crate) fn hurt(&self, hurt: Hurt, at_operation: u64, second: Option<u64>) -> Result<(), String> {
        let folder = folder()?;
        let mut stage = self.set(folder.path())?;
        self.hurt_on(&mut stage, hurt, at_operation, second).map_err(told)
    }

    fn hurt_on(&self, stage: &mut Stage, hurt: Hurt, at_operation: u64, second: Option<u64>) -> End<()> {
        let patient = self.scenario.patient;
        let Some(disk) = stage.offices[patient].disk.clone() else { return Err(Stop::Wrong("no disk".to_owned())) };
        let kind = if let Hurt::Fault(kind) = hurt { kind } else { Kind::KillBefore };
        disk.arm(Fault { at_operation, kind });
        let played = stage.offices[patient].start().and_then(|()| (self.scenario.play)(stage));
        if let Err(stop @ (Stop::Wrong(_) | Stop::Refused(_))) = played {
            return Err(stop);
        }
        stage.disconnect();
        recover(&mut stage.offices[patient], &disk, hurt)?;
        self.compare(&stage.offices[patient])?;
        if let Some(seed) = second {
            self.second(stage, &disk, seed)?;
        }
        stage.settle()?;
        (self.scenario.play)(stage)?;
        stage.settle()?;
        judge::at_rest(stage, self.scenario)?;
        // What was said to the other office and to people is durable, whatever failed on the way.
        let before = books::of(&stage.offices[patient].folder);
        stage.offices[patient].die();
        disk.power_cut(0);
        stage.offices[patient].start()?;
        let after = books::of(&stage.offices[patient].folder);
        if before != after {
            return Err(Stop::Wrong(format!("a later power cut took something: {}", books::difference(&before, &after))));
        }
        stage.settle()?;
        judge::at_rest(stage, self.scenario)
    }

    /// What was acknowledged is there, and of what was not either all or nothing.
    fn compare(&self, patient: &Office) -> End<()> {
        if let Some(what) = books::broken(&patient.folder) {
            return Err(Stop::Wrong(format!("damaged after the recovery: {what}")));
        }
        let books = books::of(&patient.folder);
        let acknowledged = patient.acknowledged.min(self.tape.len() - 1);
        let fits = self.tape.iter().skip(acknowledged).take(2).any(|then| *then == books);
        if fits {
            return Ok(());
        }
        let what = match self.tape.iter().position(|then| *then == books) {
            Some(then) => format!("{acknowledged} effects were acknowledged, and the books are those of {then}"),
            None => format!("half done: {}", books::difference(&self.tape[acknowledged], &books)),
        };
        Err(Stop::Wrong(what))
    }

    /// A second failure while the first is recovered from.
    fn second(&self, stage: &mut Stage, disk: &Disk, seed: u64) -> End<()> {
        let patient = self.scenario.patient;
        let mut random = Random::new(seed);
        stage.offices[patient].die();
        disk.start();
        disk.arm(Fault { at_operation: 1 + random.below(40) as u64, kind: Kind::KillBefore });
        let played = stage.offices[patient].start().and_then(|()| stage.settle()).and_then(|()| (self.scenario.play)(stage));
        if let Err(stop @ (Stop::Wrong(_) | Stop::Refused(_))) = played {
            return Err(stop);
        }
        stage.disconnect();
        let hurt = if random.chance(70) { Hurt::PowerCut(random.below(4) as u64) } else { Hurt::Fault(Kind::KillBefore) };
        recover(&mut stage.offices[patient], disk, hurt)
    }
}

/// Brings an office up again after its disk was hurt; one whose daemon survived goes on as it is, with a disk that works.
fn recover(patient: &mut Office, disk: &Disk, hurt: Hurt) -> End<()> {
    disk.disarm();
    disk.limit(None);
    if let Hurt::PowerCut(seed) = hurt {
        patient.die();
        disk.power_cut(seed);
    }
    for _ in 0..STARTS_MAX {
        if patient.is_up() {
            return Ok(());
        }
        disk.start();
        match patient.start() {
            Ok(()) | Err(Stop::Down) => {}
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::Wrong("the office does not start again".to_owned()))
}
