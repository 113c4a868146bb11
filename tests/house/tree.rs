//! The repository as the rules see it: every file that is tracked or about to be.

use std::{fs, path::PathBuf, process::Command};

use crate::lexer;

/// A file with text in it.
pub(crate) struct Text {
    /// Path from the repository root, with forward slashes.
    pub(crate) path: String,
    /// The whole content.
    pub(crate) text: String,
}

impl Text {
    /// A file made up by a test.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// A Rust file, also without its comments and literals.
pub(crate) struct Source {
    /// Path from the repository root, with forward slashes.
    pub(crate) path: String,
    /// The whole content.
    pub(crate) text: String,
    /// Content with comments and literals blanked; same lines.
    pub(crate) code: String,
    /// Content with everything but literals blanked; same lines.
    pub(crate) literals: String,
}

impl Source {
    /// Cuts `text` as if it were the content of `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, literals) = (lexer::code_of(text), lexer::literals_of(text));
        Self { path: path.to_owned(), text: text.to_owned(), code, literals }
    }
}

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests crate stands inside the repository").to_owned()
}

/// Paths of all files that git tracks or would track, sorted.
pub(crate) fn paths() -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the repository");
    assert!(listing.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&listing.stderr));
    let names = String::from_utf8(listing.stdout).expect("file names in the repository are UTF-8");
    let mut paths: Vec<String> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    paths.retain(|path| root().join(path).is_file());
    paths.sort();
    paths.dedup();
    assert!(paths.len() > 10, "only {} files found: the rules would check nothing", paths.len());
    paths
}

/// Every file whose content is UTF-8.
pub(crate) fn texts() -> Vec<Text> {
    let read = |path: String| Some(Text { text: String::from_utf8(fs::read(root().join(&path)).ok()?).ok()?, path });
    paths().into_iter().filter_map(read).collect()
}

/// Every Rust file.
pub(crate) fn sources() -> Vec<Source> {
    let is_rust = |file: &Text| file.path.ends_with(".rs");
    let sources: Vec<Source> = texts().into_iter().filter(is_rust).map(|file| Source::new(&file.path, &file.text)).collect();
    assert!(sources.len() > 5, "only {} Rust files found: the rules would check nothing", sources.len());
    sources
}
