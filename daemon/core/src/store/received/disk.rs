//! What received files ask of the disk past SQLite. A seam of its own, so that a test can put a disk under them that fails and forgets.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Files as names in a folder, and what makes both durable.
pub trait Disk: Send + Sync {
    /// Removes a file.
    ///
    /// # Errors
    /// As the system says; a file that is not there is an error too.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Puts a file in the place of another, or of none.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes durable what a file holds, or which names a folder holds.
    ///
    /// # Errors
    /// As the system says. Whether anything is durable is unknown then, and a later success does not tell.
    fn sync(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
pub(super) struct MachineDisk;

impl Disk for MachineDisk {
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}
