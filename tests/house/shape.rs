//! The shape of Rust files: a header, no unsafe code, files and functions that fit a head.

use crate::{
    cycles::closing_brace,
    finding::{Finding, lines, none_of},
    lexer::{holds_word, line_at},
    tree::{self, Source},
};

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 70;

/// Files that may be longer, each with the reason: (path, reason).
const LONG_FILES: [(&str, &str); 0] = [];

/// Functions that may be longer, each with the reason: (path, function, reason).
const LONG_FUNCTIONS: [(&str, &str, &str); 0] = [];

/// The one crate with a file of unsafe code: `banned.rs` says which file.
const UNSAFE_INSIDE: &str = "tests/disk/src/lib.rs";

fn missing_headers(sources: &[Source]) -> Vec<Finding> {
    let bare = |source: &&Source| !source.text.trim_start().starts_with("//!");
    let advice = "start the file with a `//!` header that says what it is for";
    sources.iter().filter(bare).map(|source| Finding::new(&source.path, 1, advice)).collect()
}

fn roots_that_allow_unsafe_code(sources: &[Source]) -> Vec<Finding> {
    let closed = |source: &Source| {
        let word = if source.path == UNSAFE_INSIDE { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
        source.code.contains(word)
    };
    let open = |source: &&Source| is_crate_root(&source.path) && !closed(source);
    let advice = "this is a crate root: put `#![forbid(unsafe_code)]` below its header";
    sources.iter().filter(open).map(|source| Finding::new(&source.path, 1, advice)).collect()
}

/// Libraries, binaries, build scripts, and the files that cargo makes a test, bench or example program of.
fn is_crate_root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [.., "src", "lib.rs" | "main.rs"] | [.., "src", "bin", _] | [.., "build.rs"] => true,
        ["tests", _, "main.rs"] => true,
        [.., "tests" | "benches" | "examples", file] => file != "lib.rs" && parts.len() > 2 && !path.contains("/src/"),
        _ => false,
    }
}

fn long_files(sources: &[Source], excused: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let (len, excuse) = (source.text.lines().count(), excused.iter().any(|(path, _)| *path == source.path));
        if len > MAX_FILE_LINES && !excuse {
            findings.push(Finding::new(&source.path, len, format!("{len} lines, {MAX_FILE_LINES} at most: cut the file by noun")));
        }
        if len <= MAX_FILE_LINES && excuse {
            findings.push(Finding::new(&source.path, len, "no longer too long: take it off the list of excused files"));
        }
    }
    findings
}

fn long_functions(sources: &[Source], excused: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for (name, line, len) in functions_of(&source.code) {
            let excuse = excused.iter().any(|(path, function, _)| *path == source.path && *function == name);
            if len <= MAX_FUNCTION_LINES && excuse {
                let what = format!("`{name}` is no longer too long: take it off the list of excused functions");
                findings.push(Finding::new(&source.path, line, what));
            }
            if len > MAX_FUNCTION_LINES && !excuse {
                let what = format!("`{name}` has {len} lines, {MAX_FUNCTION_LINES} at most: give its parts names of their own");
                findings.push(Finding::new(&source.path, line, what));
            }
        }
    }
    findings
}

/// Name, first line and number of lines of every function with a body. A rough scan, not a parser.
fn functions_of(code: &str) -> Vec<(String, usize, usize)> {
    let mut functions = Vec::new();
    for (at, keyword) in code.match_indices("fn ") {
        if !holds_word(&code[code[..at].rfind('\n').map_or(0, |end| end + 1)..at + 2], "fn") {
            continue;
        }
        let name: String = code[at + keyword.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(open) = body_of(code, at) else { continue };
        let (first, last) = (line_at(code, at), line_at(code, closing_brace(code, open)));
        if !name.is_empty() {
            functions.push((name, first, last - first + 1));
        }
    }
    functions
}

/// Offset of the brace that opens the body of the function at `at`; `None` when a semicolon ends it first.
fn body_of(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, c) in code[at..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at + offset),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[test]
fn every_file_says_at_its_top_what_it_is_for() {
    none_of(missing_headers(&tree::sources()));
}

#[test]
fn a_file_without_a_header_is_found() {
    let sources = [Source::new("a.rs", "// almost\nfn f() {}\n"), Source::new("b.rs", "//! Says it.\n")];
    assert_eq!(missing_headers(&sources).len(), 1);
}

#[test]
fn every_crate_root_forbids_unsafe_code() {
    none_of(roots_that_allow_unsafe_code(&tree::sources()));
}

#[test]
fn a_crate_root_that_allows_unsafe_code_is_found() {
    let bare = "//! Header.\n// #![forbid(unsafe_code)]\n";
    for root in
        ["certs/src/lib.rs", "daemon/server/src/main.rs", "tests/stories/main.rs", "protocol/tests/vectors.rs", "protocol/benches/codec.rs"]
    {
        assert_eq!(roots_that_allow_unsafe_code(&[Source::new(root, bare)]).len(), 1, "{root} is a crate root");
    }
    for other in ["certs/src/keys.rs", "tests/stories/pairing.rs", "daemon/core/src/store/tests/links.rs"] {
        assert_eq!(roots_that_allow_unsafe_code(&[Source::new(other, bare)]), [], "{other} is no crate root");
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    none_of(long_files(&tree::sources(), &LONG_FILES));
}

#[test]
fn a_long_file_and_a_stale_excuse_are_found() {
    let long = Source::new("a.rs", &"//\n".repeat(MAX_FILE_LINES + 1));
    let short = Source::new("b.rs", &"//\n".repeat(MAX_FILE_LINES));
    assert_eq!(long_files(&[long], &[]).len(), 1);
    assert_eq!(long_files(&[Source::new("b.rs", &short.text)], &[]), []);
    assert_eq!(long_files(&[short], &[("b.rs", "was long once")]).len(), 1);
}

#[test]
fn no_function_is_longer_than_70_lines() {
    none_of(long_functions(&tree::sources(), &LONG_FUNCTIONS));
}

#[test]
fn a_long_function_is_found() {
    let body = "    g(\"}\");\n".repeat(MAX_FUNCTION_LINES - 1);
    let text = format!("trait T {{ fn declared(a: [u8; 2]); }}\nfn long() {{\n{body}}}\nfn short() {{}}\n");
    let findings = long_functions(&[Source::new("a.rs", &text)], &[]);
    assert_eq!(lines(&findings), [2], "{findings:?}");
    assert_eq!(long_functions(&[Source::new("a.rs", &text)], &[("a.rs", "long", "a table")]), []);
    let stale = [("a.rs", "long", "a table"), ("a.rs", "short", "was long once")];
    assert_eq!(lines(&long_functions(&[Source::new("a.rs", &text)], &stale)).len(), 1);
}
