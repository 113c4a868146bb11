//! One disk: the files below one folder, what is armed against them, and what survives when the power is cut.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use crate::fault::Fault;
use crate::folder::{adopt, copy_unknown, put, remove_if_there, remove_shared_memory};
use crate::image::{FileId, Image, folder_of};
use crate::state::{Sort, State, Verdict};

static DISKS: RwLock<Option<HashMap<PathBuf, Weak<Inner>>>> = RwLock::new(None);

/// The disk under one folder and everything below it; clones are the same disk. Databases opened below the folder, in whichever
/// thread, go through it for as long as a clone lives.
#[derive(Clone, Debug)]
pub struct Disk(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) folder: PathBuf,
    /// The folder as the caller spells it.
    spelled: PathBuf,
    state: Mutex<State>,
}

impl Disk {
    /// Puts the disk under every SQLite database of this process that is opened from now on; may be called more than once. Databases
    /// outside of the folders of a [`Disk`] are left to SQLite itself, at no cost.
    pub fn install() {
        crate::vfs::register();
    }

    /// A disk under `folder`, which exists. What is in the folder now counts as durable.
    ///
    /// # Panics
    /// When the folder can't be read.
    #[expect(clippy::expect_used, reason = "a test without its folder can't go on")]
    pub fn of(folder: &Path) -> Self {
        Self::install();
        let real = folder.canonicalize().expect("the folder of a disk is there");
        let mut registry = DISKS.write().unwrap_or_else(PoisonError::into_inner);
        let disks = registry.get_or_insert_default();
        disks.retain(|_, disk| disk.strong_count() > 0);
        if let Some(inner) = disks.get(&real).and_then(Weak::upgrade) {
            return Self(inner);
        }
        let inner = Arc::new(Inner { folder: real.clone(), spelled: folder.to_owned(), state: Mutex::default() });
        disks.insert(real, Arc::downgrade(&inner));
        drop(registry);
        let disk = Self(inner);
        disk.settle();
        disk
    }

    /// The disk under which a path of SQLite lies, with the path relative to its folder.
    pub(crate) fn under(path: &Path) -> Option<(Self, String)> {
        let registry = DISKS.read().unwrap_or_else(PoisonError::into_inner);
        let disks = registry.as_ref()?;
        let inner = path.ancestors().skip(1).find_map(|folder| disks.get(folder)?.upgrade())?;
        let disk = Self(inner);
        let name = disk.name(path)?;
        Some((disk, name))
    }

    pub(crate) fn name(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.0.folder).or_else(|_| path.strip_prefix(&self.0.spelled)).ok()?;
        below.to_str().map(ToOwned::to_owned)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations changed something so far: files made, written, cut, synced, renamed, removed, folders synced.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How many times a file was read so far.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// Arms one fault in place of any other.
    pub fn arm(&self, fault: Fault) {
        let mut state = self.state();
        state.armed = Some(Fault { at_operation: state.operations + fault.at_operation, ..fault });
        state.fired = false;
    }

    /// Makes the `nth` reading of a file from now on fail with EIO, once; the next one is 1.
    pub fn arm_read(&self, nth: u64) {
        let mut state = self.state();
        state.failing_read = Some(state.reads + nth);
        state.fired = false;
    }

    /// Takes back what was armed and did not happen.
    pub fn disarm(&self) {
        let mut state = self.state();
        (state.armed, state.failing_read) = (None, None);
    }

    /// Whether what was armed last has happened.
    pub fn fired(&self) -> bool {
        self.state().fired
    }

    /// Lets the files below the folder grow to so many bytes together, or without bound. Only files that databases have opened count.
    pub fn limit(&self, bytes: Option<u64>) {
        self.state().limit = bytes;
    }

    /// Bytes of all files that databases have opened.
    pub fn used(&self) -> u64 {
        self.state().image.used()
    }

    /// The process dies now: nothing works until [`Disk::start`] or [`Disk::power_cut`]. What it wrote stays readable, synced or not.
    pub fn kill(&self) {
        self.state().dead = true;
    }

    /// Whether the process has died of a fault or of [`Disk::kill`].
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// A new process: the disk works again, with all that the last one wrote, and nothing is armed. What was not synced can still be
    /// lost in a power cut.
    pub fn start(&self) {
        let mut state = self.state();
        (state.dead, state.armed, state.failing_read, state.limit) = (false, None, None, None);
    }

    /// Declares everything in the folder durable as it is now, for who changed files without asking the disk.
    pub fn settle(&self) {
        let mut state = self.state();
        state.image = Image::default();
        for entry in fs::read_dir(&self.0.folder).into_iter().flatten().flatten() {
            if entry.path().is_dir()
                && let Some(folder) = entry.file_name().to_str()
            {
                state.image.adopt_folder(folder);
            }
        }
    }

    /// Cuts the power: of everything that was not synced, the seed says what is lost, kept or torn; seed 0 loses all of it. The folder is
    /// as it would be found afterwards, and the disk works again with nothing armed.
    ///
    /// # Panics
    /// When databases are still open (kill the disk first, drop them, then cut), or the folder can't be written.
    #[expect(clippy::expect_used, reason = "a test that can't write its folder can't go on")]
    pub fn power_cut(&self, seed: u64) {
        let state = self.state();
        assert_eq!(state.open, 0, "close every database before the power is cut, after killing the disk");
        if !state.image.is_settled() {
            let left = state.image.after_power_cut(seed, state.operations);
            for name in state.image.names().filter(|name| !left.contains_key(*name)) {
                remove_if_there(&self.0.folder.join(name)).expect("a lost file goes");
            }
            for (name, bytes) in &left {
                put(&self.0.folder.join(name), bytes).expect("a file is put as it survives");
            }
            remove_shared_memory(&self.0.folder).expect("shared memory is lost");
        }
        drop(state);
        self.settle();
        self.start();
    }

    /// Writes the folder as a power cut now would leave it into `target`, an empty folder, and disturbs nothing.
    ///
    /// # Panics
    /// When a folder can't be read or written.
    #[expect(clippy::expect_used, reason = "a test that can't write its folder can't go on")]
    pub fn power_cut_into(&self, seed: u64, target: &Path) {
        let state = self.state();
        let left = state.image.after_power_cut(seed, state.operations);
        let known: Vec<&String> = state.image.names().collect();
        copy_unknown(&self.0.folder, &self.0.folder, target, &|name| known.iter().any(|known| *known == name)).expect("files are copied");
        for (name, bytes) in &left {
            put(&target.join(name), bytes).expect("a file is put as it survives");
        }
    }

    /// Whether a file can be read now.
    pub(crate) fn reads_now(&self) -> bool {
        let mut state = self.state();
        state.reads += 1;
        if state.failing_read == Some(state.reads) {
            (state.failing_read, state.fired) = (None, true);
            return false;
        }
        !state.dead
    }

    /// Opens a name: `made` says whether the file is new. `None` when it can't be.
    pub(crate) fn opened(&self, name: &str, made: bool) -> Option<FileId> {
        let mut state = self.state();
        if state.dead {
            return None;
        }
        let id = if made {
            match state.judge(Sort::Other) {
                Verdict::Go(operation) | Verdict::Last(operation) => state.image.made(operation, name),
                _ => return None,
            }
        } else {
            adopt(&self.0.folder, &mut state.image, name);
            state.image.file(name)?
        };
        if state.dead {
            return None;
        }
        state.open += 1;
        Some(id)
    }

    pub(crate) fn closed(&self) {
        self.state().open -= 1;
    }

    /// Changes a file: `real` changes it where it is read, given how much of a write happens (the whole, or half).
    pub(crate) fn write(&self, file: FileId, at: u64, bytes: &[u8], real: impl FnOnce(&[u8]) -> bool) -> Verdict {
        let mut state = self.state();
        let grows = (at + bytes.len() as u64).saturating_sub(state.image.len(file));
        let verdict = state.judge(Sort::Growing(grows));
        let (operation, part) = match verdict {
            Verdict::Go(operation) | Verdict::Last(operation) => (operation, bytes),
            Verdict::Half(operation) => (operation, &bytes[..bytes.len() / 2]),
            Verdict::Error | Verdict::Full => return verdict,
        };
        if !real(part) {
            return Verdict::Error;
        }
        state.image.written(operation, file, at, part);
        verdict
    }

    pub(crate) fn cut(&self, file: FileId, len: u64, real: impl FnOnce() -> bool) -> Verdict {
        let mut state = self.state();
        match state.judge(Sort::Other) {
            verdict @ (Verdict::Go(operation) | Verdict::Last(operation)) => {
                if !real() {
                    return Verdict::Error;
                }
                state.image.cut(operation, file, len);
                verdict
            }
            verdict => verdict,
        }
    }

    /// Syncs a file, and its folder too when SQLite asks for that.
    pub(crate) fn sync_file(&self, file: FileId, folder: Option<&str>) -> Verdict {
        let mut state = self.state();
        let verdict = state.judge(Sort::Sync);
        match verdict {
            Verdict::Go(_) | Verdict::Last(_) => {
                state.image.synced(file);
                if let Some(folder) = folder {
                    state.image.folder_synced(folder);
                }
            }
            _ if state.dead => {}
            _ => state.image.forsaken(file),
        }
        verdict
    }

    /// SQLite removes a file, and syncs its folder if it says so.
    pub(crate) fn delete(&self, name: &str, sync_folder: bool, real: impl FnOnce() -> i32) -> Result<i32, Verdict> {
        let mut state = self.state();
        if state.dead {
            return Err(Verdict::Error);
        }
        adopt(&self.0.folder, &mut state.image, name);
        if !state.image.knows(name) {
            drop(state);
            return Ok(real());
        }
        let verdict = state.judge(Sort::Other);
        let (Verdict::Go(operation) | Verdict::Last(operation)) = verdict else { return Err(verdict) };
        let code = real();
        state.image.removed(operation, name);
        if sync_folder {
            state.image.folder_synced(folder_of(name));
        }
        if matches!(verdict, Verdict::Last(_)) { Err(Verdict::Error) } else { Ok(code) }
    }
}
