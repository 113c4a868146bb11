//! A store that fails wherever it is touched (INV-26, INV-31): with the feature `seeded-bugs` everything that an office does is first tried with a failure at
//! each place where nothing of the kind has failed before in this test. Each time the failure must come out, and leave nothing behind.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{fs, io};

#[cfg(feature = "seeded-bugs")]
use interoffice_core::store::failing::{arm, disarm, touch};
use interoffice_core::store::received::{Disk, Progress, ReceivedFiles};
use interoffice_core::store::{Fault, WriteStore, inspect};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::Holding;

/// Nothing fails in what a release has.
#[cfg(not(feature = "seeded-bugs"))]
#[track_caller]
pub(crate) fn everywhere<C, T, S>(
    on: &mut C,
    _state: impl Fn(&mut C) -> S,
    mut work: impl FnMut(&mut C) -> Result<T, Fault>,
) -> Result<T, Fault> {
    work(on)
}

/// Does `work` again and again until it meets no place any more where nothing has failed yet.
#[cfg(feature = "seeded-bugs")]
#[track_caller]
pub(crate) fn everywhere<C, T, S: PartialEq>(
    on: &mut C,
    state: impl Fn(&mut C) -> S,
    mut work: impl FnMut(&mut C) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let caller = std::panic::Location::caller();
    let before = state(on);
    loop {
        arm(&caller.to_string());
        let end = work(on);
        if !disarm() {
            return end;
        }
        match end {
            Err(Fault::Store(_)) => assert!(state(on) == before, "{caller}: something is left of what failed"),
            Err(Fault::Refused(refusal)) => panic!("{caller}: the store failed, and somebody was told {refusal}"),
            Ok(_) => panic!("{caller}: the store failed, and nobody was told"),
        }
    }
}

/// Every row of an office's database, as a number that changes with it.
pub(crate) fn all_rows(store: &mut WriteStore) -> u64 {
    let mut hasher = DefaultHasher::new();
    let each = &mut |table: &str, row: &[u8]| (table, row).hash(&mut hasher);
    store.read(0, |view| Ok(inspect::contents(view, &[], each)?)).expect("a database is read");
    hasher.finish()
}

/// What a received file holds; nothing can be said of one whose link has ended, since its erasing is allowed to stop halfway. The file
/// is closed afterwards, so that opening it fails too.
pub(crate) fn copies(files: &ReceivedFiles, link: LinkId) -> Option<(Progress, Vec<Holding>)> {
    let open = !files.is_denied(link);
    let held = open.then(|| {
        let progress = files.progress(link).expect("progress is read");
        (progress, files.holdings(link, None, usize::from(u16::MAX)).expect("copies are read"))
    });
    files.close();
    held
}

/// The disk of this machine, which fails like the store.
pub(crate) fn disk() -> Box<dyn Disk> {
    Box::new(FailingDisk)
}

struct FailingDisk;

impl Disk for FailingDisk {
    fn remove(&self, path: &Path) -> io::Result<()> {
        ask("remove")?;
        fs::remove_file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        ask("rename")?;
        fs::rename(from, to)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        ask("sync")?;
        fs::File::open(path)?.sync_all()
    }
}

#[cfg(not(feature = "seeded-bugs"))]
fn ask(_deed: &str) -> io::Result<()> {
    Ok(())
}

#[cfg(feature = "seeded-bugs")]
fn ask(deed: &str) -> io::Result<()> {
    touch(deed, None).map_err(io::Error::other)
}
