//! The reserve: a file that only takes up room, so that ending a link succeeds on a full disk by giving the room back.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Size of the reserve (bytes): an ending writes a few pages, and the write-ahead log repeats them.
const RESERVE_BYTES: usize = 4 * 1024 * 1024;
const FILE: &str = "reserve";

/// The reserve of one data folder.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// The reserve in `folder`; call [`Reserve::keep`] to make it.
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE) }
    }

    /// Makes the reserve if it is not whole; says whether it is now.
    pub(super) fn keep(&self) -> bool {
        if fs::metadata(&self.path).is_ok_and(|file| file.len() == RESERVE_BYTES as u64) {
            return true;
        }
        let made = File::create(&self.path).and_then(|mut file| {
            // Real bytes, since a hole would take up no room.
            file.write_all(&vec![0x5a; RESERVE_BYTES])?;
            file.sync_all()
        });
        if made.is_err() {
            self.spend();
        }
        made.is_ok()
    }

    /// Gives the room back; says whether there was any.
    pub(super) fn spend(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_made_once_spent_once_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::new(folder.path());
        assert!(!reserve.spend(), "there is none yet");
        assert!(reserve.keep() && reserve.keep());
        assert_eq!(fs::metadata(folder.path().join(FILE)).unwrap().len(), RESERVE_BYTES as u64);
        assert!(reserve.spend());
        assert!(reserve.keep());
    }
}
