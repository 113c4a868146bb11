//! One office of a world: its store, its received files, its clocks. Killing it loses everything that is not in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interoffice_core::actions::lease;
use interoffice_core::domain::moment::Moment;
use interoffice_core::store::received::{self, ReceivedFiles};
use interoffice_core::store::{Fault, OfficeContext, Ring, Rings, StoreFault, Tx, View, WriteStore};
use interoffice_disk::Disk;
use interoffice_oracle::event::Clocks;
use interoffice_protocol::ids::{LinkId, OfficeId};
use interoffice_protocol::statement::Chain;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::keys;
use crate::random::Random;
use crate::sometimes;

/// What the offices are called, by their place.
pub(crate) const NAMES: [&str; 6] = ["North", "South", "East", "West", "Inland", "Island"];

/// Room that endings may still use on a full disk (bytes).
const RESERVE_BYTES: u64 = 4 << 20;

/// See the module.
pub(crate) struct Office {
    /// Its place in the world.
    pub(crate) place: usize,
    /// Its id.
    pub(crate) id: OfficeId,
    /// Its keys, as others know them.
    pub(crate) chain: Chain,
    /// Its received files; meaningless while the daemon is down.
    pub(crate) files: ReceivedFiles,
    /// The clocks of its machine.
    pub(crate) clock: Clock,
    /// True time, the same everywhere (milliseconds since the world began).
    pub(crate) true_ms: i64,
    /// Whether its daemon runs.
    pub(crate) up: bool,
    /// Whether its machine died with its daemon, and not only the daemon.
    pub(crate) machine_died: bool,
    /// What the process counts on its crystal between two ticks.
    count: lease::Count,
    /// Whether its disk has no room.
    pub(crate) disk_full: bool,
    /// Whether the reserve that endings may use up is whole.
    reserve: bool,
    /// Whether it has once signed or lived what no honest office does: a lie, or a second life from an old copy.
    pub(crate) tainted: bool,
    /// What commits since the last look concern.
    rings: Rings,
    /// What its transactions are given; the process forgets what is not written when it dies.
    context: Arc<OfficeContext>,
    /// Open but for the moment in which a daemon dies.
    store: Option<WriteStore>,
    /// The disk under the data folder, when databases are files.
    disk: Option<Disk>,
    base: TempDir,
    life: u32,
    random: Random,
}

pub(crate) fn context(place: usize) -> Arc<OfficeContext> {
    Arc::new(OfficeContext::new(keys::signer(place)))
}

pub(crate) fn memory() -> &'static Path {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory } else { Path::new("/tmp") }
}

/// Where in `base` the data folder of a life lies.
fn folder_of(base: &Path, life: u32) -> PathBuf {
    base.join(format!("life{life}"))
}

impl Office {
    /// A new office that has never run.
    pub(crate) fn open(place: usize, on_disk: bool, clock: Clock) -> Result<Self, StoreFault> {
        let chain = keys::chain(place);
        let base = tempfile::Builder::new().prefix("interoffice-simulation-").tempdir_in(memory());
        let base = base.map_err(|error| StoreFault::io("making a folder", error))?;
        let folder = folder_of(base.path(), 0);
        // A disk knows of folders that were there before it, or in which a database was made.
        fs::create_dir_all(folder.join("received")).map_err(|error| StoreFault::io("making a folder", error))?;
        let disk = on_disk.then(|| Disk::of(&folder));
        let context = context(place);
        let store = if on_disk { WriteStore::open(&folder, Arc::clone(&context))? } else { WriteStore::in_memory(Arc::clone(&context))? };
        Ok(Self {
            place,
            id: chain.office(),
            chain,
            files: received_files(&folder, disk.as_ref())?,
            clock,
            true_ms: 0,
            up: true,
            machine_died: false,
            count: lease::Count::default(),
            disk_full: false,
            reserve: true,
            tainted: false,
            rings: Rings::new(),
            context,
            store: Some(store),
            disk,
            base,
            life: 0,
            random: Random::new(place as u64),
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        NAMES[self.place]
    }

    /// Where everything of the office lies.
    pub(crate) fn folder(&self) -> PathBuf {
        folder_of(self.base.path(), self.life)
    }

    /// The file of one received link.
    pub(crate) fn received(&self, link: LinkId) -> PathBuf {
        self.folder().join("received").join(format!("{link}.db"))
    }

    /// Whether its database is a file.
    pub(crate) fn on_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// Its wall clock now (milliseconds since 1970, UTC).
    pub(crate) fn wall_ms(&self) -> i64 {
        self.clock.wall_ms(self.true_ms)
    }

    /// What its clocks show now.
    pub(crate) fn clocks(&self) -> Clocks {
        Clocks { true_ms: self.true_ms, boot_ms: self.clock.boot_ms(self.true_ms), wall_ms: self.wall_ms() }
    }

    /// Chance in what follows comes from here.
    pub(crate) fn set_chance(&mut self, random: Random) {
        self.random = random;
    }

    /// Random bytes for what a door draws.
    pub(crate) fn draw(&mut self) -> [u8; 16] {
        let (high, low) = (self.random.next(), self.random.next());
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    }

    /// One verb in a transaction of its own.
    pub(crate) fn write<T>(&mut self, work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let moment = Moment::new(self.wall_ms(), self.random.bytes());
        let store = self.store.as_mut().ok_or_else(closed)?;
        let (value, rings) = store.write(moment, work)?;
        self.rings.extend(rings);
        Ok(value)
    }

    /// The same for a verb that ends links, or may: on a full disk the reserve gives up its room for it.
    pub(crate) fn write_ending<T>(&mut self, mut work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        match self.write(&mut work) {
            Err(Fault::Store(StoreFault::DiskFull)) if std::mem::take(&mut self.reserve) => {
                sometimes!("the reserve was spent on an ending");
                self.limit_disk(Some(RESERVE_BYTES));
                self.write(work)
            }
            end => end,
        }
    }

    /// Looks at the crystal for a tick: what it showed, and what the tick is to be given.
    pub(crate) fn look_at_crystal(&mut self) -> Result<(i64, lease::Passed), Fault> {
        let boot_ms = self.clock.boot_ms(self.true_ms);
        let mut count = std::mem::take(&mut self.count);
        let passed = self.read(|view| count.look(view, boot_ms));
        self.count = count;
        Ok((boot_ms, passed?))
    }

    /// The tick after a look was written.
    pub(crate) fn ticked(&mut self, boot_ms: i64, ticked: lease::Ticked) {
        self.count.written(&self.context, boot_ms, ticked);
    }

    /// Reads the store.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.store.as_ref().ok_or_else(closed)?.read(self.wall_ms(), read)
    }

    /// What commits since the last call concern.
    pub(crate) fn take_rings(&mut self) -> Rings {
        std::mem::take(&mut self.rings)
    }

    /// Rings by hand, as the door does that applies batches.
    pub(crate) fn ring(&mut self, ring: Ring) {
        self.rings.insert(ring);
    }

    /// The daemon dies in the very state in which it is, with its `machine` or alone; afterwards it is down. A disk of our own forgets
    /// what was not synced when the power goes; without one the folder is copied before any handle on it is closed, so that nothing
    /// tidies up.
    pub(crate) fn die(&mut self, machine: bool) -> Result<(), StoreFault> {
        (self.up, self.disk_full, self.reserve) = (false, false, true);
        let old = self.folder();
        let Some(disk) = self.disk.clone() else {
            let new = folder_of(self.base.path(), self.life + 1);
            copy_folder(&old, &new)?;
            self.life += 1;
            self.reopen(&new)?;
            return fs::remove_dir_all(&old).map_err(|error| StoreFault::io("removing the folder of an earlier life", error));
        };
        disk.kill();
        self.close();
        if machine {
            disk.power_cut(self.random.next());
        } else {
            disk.start();
        }
        self.reopen(&old)
    }

    /// Closes every database.
    fn close(&mut self) {
        self.files.close();
        if self.disk.is_some() {
            self.store = None;
        }
    }

    /// Changes files of the data folder while the daemon is down.
    pub(crate) fn tamper<T>(&mut self, change: impl FnOnce(&Path) -> std::io::Result<T>) -> Result<T, StoreFault> {
        self.close();
        let folder = self.folder();
        let changed = change(&folder).map_err(|error| StoreFault::io("changing a file", error))?;
        if let Some(disk) = &self.disk {
            disk.settle();
        }
        self.reopen(&folder)?;
        Ok(changed)
    }

    /// Lets the disk have room for so many bytes more, or for any number; says whether it is a disk that can be full.
    pub(crate) fn limit_disk(&mut self, room: Option<u64>) -> bool {
        self.reserve |= room.is_none();
        if let Some(disk) = &self.disk {
            disk.limit(room.map(|room| disk.used() + room));
        }
        self.disk.is_some()
    }

    /// The daemon starts in the folder as it was left.
    pub(crate) fn start(&mut self) -> Result<(), StoreFault> {
        self.files.sweep()?;
        self.up = true;
        Ok(())
    }

    fn reopen(&mut self, folder: &Path) -> Result<(), StoreFault> {
        self.files = received_files(folder, self.disk.as_ref())?;
        self.count = lease::Count::begin(&self.context);
        self.rings.clear();
        if self.disk.is_some() {
            self.store = Some(WriteStore::open(folder, Arc::clone(&self.context))?);
        }
        Ok(())
    }

    /// Copies the whole data folder, as somebody does who thinks that this is a backup.
    pub(crate) fn keep_folder(&self) -> Result<(), StoreFault> {
        let kept = self.base.path().join("kept");
        let _ = fs::remove_dir_all(&kept);
        copy_folder(&self.folder(), &kept)
    }

    /// Puts the copied folder in place of the present one, the daemon being down; says whether there was one.
    pub(crate) fn put_back_folder(&mut self) -> Result<bool, StoreFault> {
        let kept = self.base.path().join("kept");
        if self.disk.is_none() || !kept.is_dir() {
            return Ok(false);
        }
        let (old, new) = (self.folder(), folder_of(self.base.path(), self.life + 1));
        copy_folder(&kept, &new)?;
        self.close();
        self.life += 1;
        self.disk = Some(Disk::of(&new));
        self.reopen(&new)?;
        fs::remove_dir_all(&old).map_err(|error| StoreFault::io("removing the folder of an earlier life", error))?;
        Ok(true)
    }
}

fn closed() -> StoreFault {
    StoreFault::Database("the databases of this office are closed".to_owned())
}

/// The received files in a data folder, on a disk of ours where there is one.
fn received_files(folder: &Path, disk: Option<&Disk>) -> Result<ReceivedFiles, StoreFault> {
    match disk {
        Some(disk) => ReceivedFiles::open_on(folder.join("received"), Box::new(Past(disk.clone()))),
        None => ReceivedFiles::open(folder.join("received")),
    }
}

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

/// Copies files as they are; what databases share in memory is not copied, since it does not survive either.
fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreFault> {
    let io = |error| StoreFault::io(format!("copying {}", from.display()), error);
    fs::create_dir_all(to).map_err(io)?;
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(from).map_err(io)? {
        entries.push(entry.map_err(io)?.path());
    }
    for path in entries {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(&path, to.join(name)).map_err(io)?;
        }
    }
    Ok(())
}
