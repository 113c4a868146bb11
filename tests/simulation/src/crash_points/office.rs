//! One of the two offices of a scenario: its database and its copies are files, below a disk that a test can hurt.
//!
//! What a failure means is taken from the daemon: a commit that did not reach the disk ends the process, a full disk and anything that
//! fails before the commit only fail the verb.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interoffice_core::domain::moment::Moment;
use interoffice_core::store::received::{self, ReceivedFiles};
use interoffice_core::store::{Fault, OfficeContext, StoreFault, Tx, View, WriteStore};
use interoffice_disk::Disk;
use interoffice_protocol::ids::OfficeId;

use super::books;
use crate::clock::BEGIN_MS;
use crate::keys;
use crate::random::Random;

/// Why something did not go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The daemon of the office is down.
    Down,
    /// The daemon runs, and what it was to do failed; nothing of it happened.
    Failed(String),
    /// A rule said no.
    Refused(&'static str),
    /// What must never be.
    Wrong(String),
}

/// The end of a step.
pub(crate) type End<T> = Result<T, Stop>;

/// What received files ask of the disk past SQLite.
struct Past(Disk);

impl received::Disk for Past {
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.0.remove(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.0.rename(from, to)
    }

    fn sync(&self, path: &Path) -> std::io::Result<()> {
        self.0.sync(path)
    }
}

/// What runs while the daemon runs.
struct Daemon {
    store: WriteStore,
    files: ReceivedFiles,
}

/// See the module.
pub(crate) struct Office {
    pub(crate) place: usize,
    pub(crate) name: &'static str,
    pub(crate) id: OfficeId,
    pub(crate) folder: PathBuf,
    /// The disk below it, if this is the office that is hurt.
    pub(crate) disk: Option<Disk>,
    /// Effects that were acknowledged so far: commits, and steps with received files.
    pub(crate) acknowledged: usize,
    /// What its books said after each acknowledged effect, if somebody keeps them.
    pub(crate) tape: Option<Vec<Vec<String>>>,
    daemon: Option<Daemon>,
    moments: u64,
}

impl Office {
    /// The office at a place, in a folder; its daemon is down.
    pub(crate) fn new(place: usize, folder: PathBuf, disk: Option<Disk>) -> Self {
        let id = keys::chain(place).office();
        Self { place, name: crate::office::NAMES[place], id, folder, disk, acknowledged: 0, tape: None, daemon: None, moments: 0 }
    }

    /// Whether its daemon runs.
    pub(crate) fn is_up(&self) -> bool {
        self.daemon.is_some()
    }

    /// Starts the daemon: opens what is there, and sweeps.
    pub(crate) fn start(&mut self) -> End<()> {
        let started = self.try_start();
        match started {
            Ok(daemon) => {
                self.daemon = Some(daemon);
                Ok(())
            }
            Err(fault) => match &self.disk {
                Some(disk) if disk.is_dead() || disk.fired() => Err(Stop::Down),
                _ => Err(Stop::Wrong(format!("{} does not start: {fault}", self.name))),
            },
        }
    }

    fn try_start(&self) -> Result<Daemon, StoreFault> {
        let received = self.folder.join("received");
        let files = match &self.disk {
            Some(disk) => ReceivedFiles::open_on(received, Box::new(Past(disk.clone())))?,
            None => ReceivedFiles::open(received)?,
        };
        let store = WriteStore::open(&self.folder, Arc::new(OfficeContext::new(keys::signer(self.place))))?;
        for link in files.sweep()? {
            // The first thing that the chore does with every file that it finds. One that can't be read now keeps no daemon from running.
            match files.progress(link) {
                Err(fault) if fault.is_fatal() => return Err(fault),
                _ => {}
            }
        }
        Ok(Daemon { store, files })
    }

    /// Stops it as a kill does; only the disk knows whether it could still write.
    pub(crate) fn stop(&mut self) {
        self.daemon = None;
    }

    fn moment(&mut self) -> Moment {
        self.moments += 1;
        Moment::new(BEGIN_MS + self.moments as i64, Random::at(self.place as u64 + 1, self.moments).bytes())
    }

    /// What follows from a failure that the daemon survives, if it does.
    fn failed(&mut self, fault: &StoreFault) -> Stop {
        if self.disk.as_ref().is_some_and(Disk::is_dead) || fault.is_fatal() {
            self.die();
            return Stop::Down;
        }
        match &self.disk {
            Some(disk) if disk.fired() => Stop::Failed(fault.to_string()),
            _ => Stop::Wrong(format!("{} can't: {fault}", self.name)),
        }
    }

    /// The process ends now, without a last word to the disk.
    pub(crate) fn die(&mut self) {
        if let Some(disk) = &self.disk {
            disk.kill();
        }
        self.daemon = None;
    }

    fn acknowledge(&mut self) {
        self.acknowledged += 1;
        if self.tape.is_some() {
            let books = books::of(&self.folder);
            self.tape.get_or_insert_default().push(books);
        }
    }

    /// A verb, as the daemon's writer runs it.
    pub(crate) fn write<T>(&mut self, mut work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> End<T> {
        let moment = self.moment();
        let Some(daemon) = &mut self.daemon else { return Err(Stop::Down) };
        if let Err(fault) = daemon.store.begin() {
            return Err(self.failed(&fault));
        }
        let end = daemon.store.job(moment, &mut work);
        match &end {
            Err(Fault::Store(fault)) => {
                daemon.store.roll_back();
                let stop = self.failed(fault);
                return Err(stop);
            }
            Ok(_) | Err(Fault::Refused(_)) => {}
        }
        match daemon.store.commit() {
            Ok(()) => {}
            Err(StoreFault::DiskFull) => return Err(self.failed(&StoreFault::DiskFull)),
            // Only a restart shows what is durable.
            Err(fault) => {
                let stop = self.failed(&fault);
                self.die();
                return Err(if matches!(stop, Stop::Wrong(_)) { stop } else { Stop::Down });
            }
        }
        self.acknowledge();
        match end {
            Ok((value, _)) => Ok(value),
            Err(Fault::Refused(refusal)) => Err(Stop::Refused(refusal.code)),
            Err(Fault::Store(fault)) => Err(Stop::Failed(fault.to_string())),
        }
    }

    /// Reads the store.
    pub(crate) fn read<T>(&mut self, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> End<T> {
        let now_ms = BEGIN_MS + self.moments as i64;
        let Some(daemon) = &self.daemon else { return Err(Stop::Down) };
        match daemon.store.read(now_ms, read) {
            Ok(value) => Ok(value),
            Err(Fault::Refused(refusal)) => Err(Stop::Refused(refusal.code)),
            Err(Fault::Store(fault)) => Err(self.failed(&fault)),
        }
    }

    /// Changes received files.
    pub(crate) fn change<T>(&mut self, work: impl FnOnce(&ReceivedFiles) -> Result<T, StoreFault>) -> End<T> {
        let value = self.look(work)?;
        self.acknowledge();
        Ok(value)
    }

    /// Looks into received files.
    pub(crate) fn look<T>(&mut self, work: impl FnOnce(&ReceivedFiles) -> Result<T, StoreFault>) -> End<T> {
        let Some(daemon) = &self.daemon else { return Err(Stop::Down) };
        match work(&daemon.files) {
            Ok(value) => Ok(value),
            Err(fault) => Err(self.failed(&fault)),
        }
    }
}
