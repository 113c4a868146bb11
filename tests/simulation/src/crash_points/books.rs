//! What stands in the files of an office, to compare two states with each other and with what may be there.

use std::fs;
use std::path::{Path, PathBuf};

use interoffice_core::store::inspect;
use rusqlite::Connection;

/// Tables of a received file that say what is held.
const HELD: [&str; 3] = ["copies:", "progress:", "withdrawn:"];
/// The progress of a file into which nothing was ever received; such a file is as good as none.
const NOTHING_RECEIVED: &str = "Null Null Integer(0)";

/// Every database of an office, `office.db` first.
pub(crate) fn databases(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.join("office.db")];
    let mut received: Vec<PathBuf> =
        fs::read_dir(folder.join("received")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    received.retain(|path| path.extension().is_some_and(|extension| extension == "db"));
    received.sort();
    found.extend(received);
    found
}

/// Every row of an office, a line each.
pub(crate) fn of(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for path in databases(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A file that could not be upgraded yet holds the same copies, without seals.
        let rows = inspect::rows(&path, &["seal"]).unwrap_or_else(|fault| vec![format!("unreadable: {fault}")]);
        if name == "office.db" {
            lines.extend(rows);
            continue;
        }
        let empty = rows.iter().all(|row| !row.starts_with(HELD[0]) && !row.starts_with(HELD[2]))
            && rows.iter().filter(|row| row.starts_with(HELD[1])).all(|row| row.contains(NOTHING_RECEIVED));
        if !empty {
            lines.extend(rows.iter().filter(|row| HELD.iter().any(|table| row.starts_with(table))).map(|row| format!("{name} {row}")));
        }
    }
    lines
}

/// What a check of every database finds wrong.
pub(crate) fn broken(folder: &Path) -> Option<String> {
    for path in databases(folder) {
        let check = Connection::open(&path).and_then(|conn| conn.query_row("PRAGMA quick_check", [], |row| row.get::<_, String>(0)));
        match check {
            Ok(word) if word == "ok" => {}
            other => return Some(format!("{}: {other:?}", path.display())),
        }
    }
    None
}

/// The first file of an office that holds `word`, letter case ignored.
pub(crate) fn file_with(folder: &Path, word: &str) -> Option<PathBuf> {
    let word = word.to_ascii_lowercase().into_bytes();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default().to_ascii_lowercase();
            if bytes.windows(word.len()).any(|window| window == word) {
                return Some(path);
            }
        }
    }
    None
}

/// Where two states differ first.
pub(crate) fn difference(one: &[String], other: &[String]) -> String {
    let only =
        |one: &[String], other: &[String]| one.iter().find(|line| !other.contains(line)).map(|line| line.chars().take(300).collect());
    let missing: String = only(one, other).unwrap_or_else(|| "nothing".to_owned());
    let new: String = only(other, one).unwrap_or_else(|| "nothing".to_owned());
    format!("missing {missing}; new {new}")
}

/// Copies a folder of databases that nobody has open.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
