//! A disk of fixed size under a data folder, which a test fills and frees.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Size of a disk (MiB): the reserve, a database with its log, and room for what tests bring.
const SIZE_MIB: usize = 24;
/// What disks are called in the system's list; behind it stands the process whose test made it.
const SOURCE: &str = "interoffice-test-";
/// File that takes up the room.
const BALLAST: &str = "ballast";
const CHUNK_BYTES: usize = 64 * 1024;

/// A small disk; it goes with this value, and with it the folder above it.
pub(crate) struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Whether this process may mount, found out by doing it.
    pub(crate) fn possible() -> bool {
        remove_leftovers();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = folder.path().join("disk");
        fs::create_dir(&at).expect("a folder");
        let mounted = mount(&at);
        if mounted {
            unmount(&at);
        }
        mounted
    }

    /// Puts a disk under an empty folder.
    pub(crate) fn under(folder: &Path) -> Self {
        assert!(mount(folder), "a small disk can't be mounted at {}", folder.display());
        Self { at: folder.to_owned() }
    }

    fn ballast(&self) -> PathBuf {
        self.at.join(BALLAST)
    }

    /// Fills the disk up to `left_bytes`.
    pub(crate) fn fill(&self, left_bytes: u64) {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("the ballast opens");
        let mut size = CHUNK_BYTES;
        while size > 0 {
            let full = ballast.write_all(&vec![0x42; size]).is_err();
            size = if full { size / 2 } else { size };
        }
        let length = ballast.metadata().expect("the ballast can be looked at").len();
        ballast.set_len(length.saturating_sub(left_bytes)).expect("the ballast gives room back");
    }

    /// Takes the ballast away.
    pub(crate) fn free(&self) {
        if self.ballast().exists() {
            fs::remove_file(self.ballast()).expect("the ballast can be removed");
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.at);
        if let Some(root) = self.at.parent() {
            // The office could not remove the folder while the disk was under it.
            let _ = fs::remove_dir_all(root);
        }
    }
}

fn mount(at: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o"]).arg(format!("size={SIZE_MIB}m,mode=700")).arg(format!("{SOURCE}{}", std::process::id())).arg(at);
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Lazily, so that a daemon that is still dying keeps nothing.
fn unmount(at: &Path) {
    let _ = Command::new("umount").arg("-l").arg(at).stderr(Stdio::null()).status();
}

/// Removes the disks of tests that were killed before they could.
fn remove_leftovers() {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    for line in mounts.lines() {
        let mut parts = line.split(' ');
        let (Some(source), Some(at)) = (parts.next(), parts.next()) else { continue };
        let Some(process) = source.strip_prefix(SOURCE) else { continue };
        if !Path::new("/proc").join(process).exists() {
            unmount(Path::new(at));
        }
    }
}
