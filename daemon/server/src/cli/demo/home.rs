//! The folder of a demo: one that was named and is kept, or a temporary one that goes with the demo.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Failure};
use crate::clock;

/// Where both offices live.
pub(super) struct Home {
    path: PathBuf,
    is_kept: bool,
}

impl Home {
    /// Makes the folder `wanted`, which must be empty when it is there, or a temporary one.
    pub(super) fn make(wanted: Option<PathBuf>) -> Result<Self, Failure> {
        let is_kept = wanted.is_some();
        let path = wanted.unwrap_or_else(|| {
            let name = u32::from_be_bytes(clock::random());
            std::env::temp_dir().join(format!("interoffice-demo-{name:08x}"))
        });
        let failed = |error: io::Error| Failure::new(Exit::Failed, format!("{}: {error}", path.display()));
        // A file in its place is told by making the folder, which fails.
        let is_used = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            return Err(Failure::new(Exit::Conflict, format!("{} is not empty: name a new folder for the demo", path.display())));
        }
        DirBuilder::new().recursive(is_kept).mode(0o700).create(&path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self { path, is_kept })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the folder stays when the demo ends.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.is_kept {
            // What can't be removed stays in the system's folder for temporary files, which the system empties.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_named_one_stays() {
        let temporary = Home::make(None).unwrap().path().to_owned();
        assert!(!temporary.exists());
        let parent = tempfile::tempdir().unwrap();
        let named = Home::make(Some(parent.path().join("new/two"))).unwrap().path().to_owned();
        assert!(named.is_dir());
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "").unwrap();
        assert_eq!(Home::make(Some(folder.path().to_owned())).err().map(|failure| failure.exit), Some(Exit::Conflict));
    }
}
