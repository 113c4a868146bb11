//! One daemon a folder: a lock that the system releases when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::AppFault;

/// File that is locked.
const FILE: &str = "lock";

/// Holds the lock.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock of `folder`, or says that a daemon holds it.
pub(super) fn take(folder: &Path) -> Result<Lock, AppFault> {
    let path = folder.join(FILE);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(AppFault::io(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(AppFault::Running(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(AppFault::io(format!("locking {}", path.display()))(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_on_the_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path()).unwrap();
        assert!(matches!(take(folder.path()), Err(AppFault::Running(_))));
        drop(first);
        take(folder.path()).unwrap();
    }
}
