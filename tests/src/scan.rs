//! Searching every byte of a folder for unique words, letter case folded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What every canary begins with; it occurs nowhere else.
const HEAD: &str = "QxzCanary";
const DIGITS: usize = 5;
/// Stands for the record of a word that was cut off before its number was whole, as happens between two pages of a database.
pub const CUT_OFF: usize = 0;

/// Unique words, each telling the record it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Canary(pub usize);

impl Canary {
    /// The word for one field of the record; `field` is letters.
    pub fn word(self, field: &str) -> String {
        format!("{HEAD}{:0DIGITS$}{field}", self.0)
    }
}

/// Where canaries occur in files below `folder`: number of the record, and the files.
pub fn scan(folder: &Path) -> BTreeMap<usize, Vec<PathBuf>> {
    let mut found: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder that can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                scan_file(&path, &mut found);
            }
        }
    }
    found
}

fn scan_file(path: &Path, found: &mut BTreeMap<usize, Vec<PathBuf>>) {
    // Sockets can't be read, and a file that went away meanwhile holds nothing.
    let Ok(mut bytes) = std::fs::read(path) else { return };
    bytes.make_ascii_lowercase();
    let head = HEAD.to_ascii_lowercase().into_bytes();
    for (at, window) in bytes.windows(head.len()).enumerate() {
        if window != head {
            continue;
        }
        let digits = bytes.get(at + head.len()..at + head.len() + DIGITS).unwrap_or_default();
        let record = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(CUT_OFF);
        let files = found.entry(record).or_default();
        if files.last().is_none_or(|last| last != path) {
            files.push(path.to_owned());
        }
    }
}
