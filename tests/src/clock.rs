//! Other clocks for daemons: what they take for the time is changed by libfaketime, where a machine has it.

use std::fs;
use std::path::PathBuf;

/// The library that changes what programs take for the time.
pub fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path()).chain([PathBuf::from("/usr/lib")]);
    folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.is_file())
}

/// The environment of a daemon whose wall clock is so many days ahead, and whose other clocks are right; `None` without the library.
pub fn ahead(days: u32) -> Option<Vec<(String, String)>> {
    let library = library()?;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Some(vec![
        pair("LD_PRELOAD", library.to_str().expect("libraries have plain names")),
        pair("FAKETIME", &format!("+{days}d")),
        pair("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ])
}
