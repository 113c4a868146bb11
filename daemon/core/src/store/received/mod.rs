//! Received copies: one database file a link, so that ending a link is closing and unlinking a file.
//!
//! Nothing of a copy stands anywhere else: no shared table, no log line. A file is written by its own connection and read
//! by another; a bounded number of files is open at a time. Erasing a part of a link deletes and then rebuilds its file.

mod activities;
mod disk;
mod file;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::log::Cursor;
use interoffice_protocol::messages::{Batch, Holding, Leaf};
use interoffice_protocol::record::{Record, RecordKind};
use interoffice_protocol::seeded::{Bug, planted};

use super::StoreFault;
use disk::MachineDisk;
use file::LinkFile;

pub use activities::{Behind, Kept};
pub use disk::Disk;

/// Files that are kept open at the same time.
const OPEN_FILES_MAX: usize = 64;

/// A copy as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyRow {
    /// The link that brought it.
    pub link: LinkId,
    /// The record at its home office.
    pub record: RecordId,
    /// What it stands for.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// When this version arrived (milliseconds since 1970, UTC).
    pub received_ms: i64,
}

/// Which copies to list.
#[derive(Clone, Debug, Default)]
pub struct CopyQuery {
    /// Folded text that must occur in names, e-mail addresses or telephone numbers; empty for all.
    pub text: String,
    /// Only this kind.
    pub kind: Option<RecordKind>,
    /// Name and record after which the page starts.
    pub after: Option<(String, RecordId)>,
    /// Most rows.
    pub limit: usize,
}

/// How far a link's copies have come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Last applied batch.
    pub cursor: Cursor,
    /// Digest of everything held.
    pub digest: SetDigest,
    /// How many copies are held.
    pub count: u64,
    /// Withdrawals that are not yet on a receipt.
    pub erasing: u64,
}

/// What became of a run of batches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// Durable up to this progress.
    Durable {
        /// Where the link stands now.
        progress: Progress,
        /// Withdrawals on the way; each awaits a receipt, whether there was a copy or not.
        withdrawn: u64,
    },
    /// A batch left a gap: nothing of it was applied.
    Gap(Progress),
}

/// The copies withdrawn from a link that wait for their receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawn {
    /// Owner's epoch of the withdrawals.
    pub epoch: u64,
    /// Last log sequence covered.
    pub upto: u64,
    /// The copies in record order.
    pub leaves: Vec<Leaf>,
}

type Slot = Arc<Mutex<Option<LinkFile>>>;

/// The received files of an office.
pub struct ReceivedFiles {
    folder: PathBuf,
    disk: Box<dyn Disk>,
    open: Mutex<HashMap<LinkId, Slot>>,
    denied: Mutex<Denied>,
}

/// The links that are unreadable whatever the store says.
#[derive(Default)]
struct Denied {
    /// Until the process ends, or the denial is taken back.
    links: HashSet<LinkId>,
    /// Until a withdrawal is written down: its epoch and its sequence.
    until: HashMap<LinkId, (u64, u64)>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held left at most an open transaction, which its connection rolls back.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReceivedFiles {
    /// The files in `folder`, which is created if need be.
    pub fn open(folder: PathBuf) -> Result<Self, StoreFault> {
        Self::open_on(folder, Box::new(MachineDisk))
    }

    /// The files in `folder` on a disk that a test has made.
    pub fn open_on(folder: PathBuf, disk: Box<dyn Disk>) -> Result<Self, StoreFault> {
        fs::create_dir_all(&folder).map_err(|error| StoreFault::io(format!("creating {}", folder.display()), error))?;
        // An earlier process may have been killed before it did this: else a power cut could bring files back that are gone, or take the
        // whole folder with copies that were acknowledged.
        for unsynced in [Some(folder.as_path()), folder.parent()].into_iter().flatten() {
            disk.sync(unsynced).map_err(|error| StoreFault::not_durable(unsynced.display(), &error))?;
        }
        Ok(Self { folder, disk, open: Mutex::default(), denied: Mutex::default() })
    }

    /// Makes a link unreadable at once, whatever the disk does; lasts until the process ends, and the link is terminal by then.
    pub fn deny(&self, link: LinkId) {
        locked(&self.denied).links.insert(link);
    }

    /// Whether a link was denied.
    pub fn is_denied(&self, link: LinkId) -> bool {
        locked(&self.denied).links.contains(&link)
    }

    /// Makes a link unreadable until its file holds everything up to `upto`, with the withdrawals that could not be written so far.
    pub fn withhold(&self, link: LinkId, epoch: u64, upto: u64) {
        let mut denied = locked(&self.denied);
        let until = denied.until.entry(link).or_insert((epoch, upto));
        *until = (epoch, upto).max(*until);
    }

    /// Whether nothing of a link may be shown, whatever the store says.
    pub fn is_closed(&self, link: LinkId) -> bool {
        let denied = locked(&self.denied);
        denied.links.contains(&link) || denied.until.contains_key(&link)
    }

    /// Opens a link again when what it was withheld for is durable.
    fn reached(&self, link: LinkId, progress: &Progress) {
        let at = progress.cursor.epoch.map(|epoch| (epoch.counter, progress.cursor.sequence));
        let mut denied = locked(&self.denied);
        if denied.until.get(&link).is_some_and(|until| at >= Some(*until)) {
            denied.until.remove(&link);
        }
    }

    /// Takes a denial back, when the end that asked for it was refused.
    pub fn allow(&self, link: LinkId) {
        locked(&self.denied).links.remove(&link);
    }

    fn path(&self, link: LinkId) -> PathBuf {
        self.folder.join(format!("{link}.db"))
    }

    fn slot(&self, link: LinkId) -> Slot {
        let mut open = locked(&self.open);
        if open.len() >= OPEN_FILES_MAX && !open.contains_key(&link) {
            // Whoever is not in use right now can be opened again.
            open.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        open.entry(link).or_default().clone()
    }

    /// Runs `work` on a link's file; `None` when there is none.
    fn with<T>(&self, link: LinkId, work: impl FnOnce(&mut LinkFile) -> Result<T, StoreFault>) -> Result<Option<T>, StoreFault> {
        let slot = self.slot(link);
        let mut file = locked(&slot);
        if file.is_none() {
            let path = self.path(link);
            if !path.exists() {
                return Ok(None);
            }
            *file = Some(LinkFile::open(&path, link)?);
        }
        file.as_mut().map(work).transpose()
    }

    /// The same where something of the link may be shown, which is asked under the file's lock; `None` too where nothing may.
    fn with_open<T>(&self, link: LinkId, work: impl FnOnce(&mut LinkFile) -> Result<T, StoreFault>) -> Result<Option<T>, StoreFault> {
        let done = self.with(link, |file| if self.is_closed(link) { Ok(None) } else { work(file).map(Some) });
        done.map(Option::flatten)
    }

    /// Where a link stands; all zero when nothing was received.
    pub fn progress(&self, link: LinkId) -> Result<Progress, StoreFault> {
        let nothing = Progress { cursor: Cursor::START, digest: SetDigest::EMPTY, count: 0, erasing: 0 };
        Ok(self.with(link, |file| file.progress())?.unwrap_or(nothing))
    }

    /// Applies batches in one transaction, durable when this returns; `None` when the link was erased or denied meanwhile.
    ///
    /// The caller has seen the link Active in a state of the store that this process committed. Whoever ends the link denies it
    /// under the file's lock before unlinking, so no file comes back after its link ended.
    pub fn apply(&self, link: LinkId, secret: &LinkSecret, batches: &[Batch], now_ms: i64) -> Result<Option<Applied>, StoreFault> {
        let slot = self.slot(link);
        let mut file = locked(&slot);
        if self.is_denied(link) && !planted(Bug::NoTombstoneCheck) {
            return Ok(None);
        }
        if file.is_none() {
            *file = Some(LinkFile::open(&self.path(link), link)?);
            self.sync_folder()?;
        }
        let applied = file.as_mut().map(|file| file.apply(secret, batches, now_ms)).transpose()?;
        if let Some(Applied::Durable { progress, .. }) = &applied {
            self.reached(link, progress);
        }
        Ok(applied)
    }

    /// A page of a link's copies in name order.
    pub fn list(&self, link: LinkId, query: &CopyQuery) -> Result<Vec<CopyRow>, StoreFault> {
        if self.is_closed(link) {
            return Ok(Vec::new());
        }
        Ok(self.with(link, |file| file.list(query))?.unwrap_or_default())
    }

    /// One copy.
    pub fn get(&self, link: LinkId, record: RecordId) -> Result<Option<(Version, Record)>, StoreFault> {
        if self.is_closed(link) {
            return Ok(None);
        }
        Ok(self.with(link, |file| file.get(record))?.flatten())
    }

    /// What is held of a link, a page in record order, for an inventory.
    pub fn holdings(&self, link: LinkId, after: Option<RecordId>, limit: usize) -> Result<Vec<Holding>, StoreFault> {
        Ok(self.with(link, |file| file.holdings(after, limit))?.unwrap_or_default())
    }

    /// Every copy's leaf in record order: what a receipt for the whole link will say. Called for a link that has ended, which is denied
    /// first: a batch whose writer saw the link Active a moment ago would bring copies that no receipt names.
    pub fn leaves(&self, link: LinkId, secret: &LinkSecret) -> Result<Vec<Leaf>, StoreFault> {
        self.deny(link);
        Ok(self.with(link, |file| file.leaves(secret))?.unwrap_or_default())
    }

    /// Closes and unlinks a link's file. Waits for whoever reads a page of it right now, so no handle is left when this returns.
    pub fn erase(&self, link: LinkId) -> Result<(), StoreFault> {
        let slot = self.slot(link);
        let mut file = locked(&slot);
        self.deny(link);
        *file = None;
        self.unlink_all(&self.path(link))?;
        self.sync_folder()?;
        drop(file);
        locked(&self.open).remove(&link);
        Ok(())
    }

    /// The withdrawn copies that wait for their receipt.
    pub fn withdrawn(&self, link: LinkId, secret: &LinkSecret) -> Result<Option<Withdrawn>, StoreFault> {
        Ok(self.with(link, |file| file.withdrawn(secret))?.flatten())
    }

    /// Writes a link's file anew without what was deleted from it, and puts it in the place of the old one.
    pub fn rebuild(&self, link: LinkId) -> Result<(), StoreFault> {
        if planted(Bug::PartNotRebuilt) {
            return Ok(());
        }
        let slot = self.slot(link);
        let mut file = locked(&slot);
        let path = self.path(link);
        let fresh = path.with_extension("new");
        if file.is_none() {
            if !path.exists() {
                return Ok(());
            }
            *file = Some(LinkFile::open(&path, link)?);
        }
        if let Some(open) = file.take() {
            open.write_anew(&fresh, self.disk.as_ref())?;
        }
        self.unlink_if_there(&path.with_extension("db-wal"))?;
        self.unlink_if_there(&path.with_extension("db-shm"))?;
        // Else a power cut could leave the new file beside the log of the old one, which would be read into it.
        self.sync_folder()?;
        self.disk.rename(&fresh, &path).map_err(|error| StoreFault::io("putting a rebuilt file in place", error))?;
        self.sync_folder()
    }

    /// Forgets withdrawn copies up to a sequence, since their receipt is durable.
    pub fn receipted(&self, link: LinkId, epoch: u64, upto: u64) -> Result<(), StoreFault> {
        self.with(link, |file| file.receipted(epoch, upto)).map(|_| ())
    }

    /// The links that have a file, and leftovers of an interrupted rebuild removed: for start-up.
    pub fn sweep(&self) -> Result<Vec<LinkId>, StoreFault> {
        let mut links = Vec::new();
        let listing = fs::read_dir(&self.folder).map_err(|error| StoreFault::io(format!("reading {}", self.folder.display()), error))?;
        for entry in listing {
            let path = entry.map_err(|error| StoreFault::io("reading the folder of received files", error))?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("new" | "new-journal") => self.unlink_if_there(&path)?,
                Some("db") => links.extend(path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<LinkId>().ok())),
                _ => {}
            }
        }
        Ok(links)
    }

    /// Folds write-ahead logs into their files, for a graceful stop.
    pub fn close(&self) {
        locked(&self.open).clear();
    }

    fn unlink_all(&self, path: &Path) -> Result<(), StoreFault> {
        // The database goes last: as long as anything is there, a sweep finds the link.
        for extension in ["new", "new-journal", "new-wal", "new-shm", "db-wal", "db-shm", "db-journal", "db"] {
            self.unlink_if_there(&path.with_extension(extension))?;
        }
        Ok(())
    }

    fn unlink_if_there(&self, path: &Path) -> Result<(), StoreFault> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreFault::io(format!("removing {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }

    fn sync_folder(&self) -> Result<(), StoreFault> {
        self.disk.sync(&self.folder).map_err(|error| StoreFault::not_durable(self.folder.display(), &error))
    }
}
