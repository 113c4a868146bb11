//! Words that may stand in one place only, or nowhere.

use crate::{
    finding::{Finding, lines, none_of},
    lexer::lines_with,
    tree::{self, Source, Text},
};

const CLOCK: &str = "daemon/server/src/clock.rs";
const CODEC: &str = "protocol/src/wire/codec.rs";
const DISK: &str = "tests/disk/src/vfs.rs";
const CLI: &str = "daemon/server/src/cli/";

/// A word of code with the places that may use it.
struct Ban {
    word: &'static str,
    allowed: fn(&Source, &str) -> bool,
    advice: &'static str,
}

const BANS: [Ban; 6] = [
    Ban {
        word: "::now()",
        allowed: |source, _| source.path == CLOCK || is_test(source) || source.path.contains("/benches/"),
        advice: "take the time as an argument; only daemon/server/src/clock.rs reads a clock",
    },
    Ban {
        word: "bincode::",
        allowed: |source, line| source.path == CODEC || (source.path.starts_with("protocol/") && is_derive_import(line)),
        advice: "encode and decode through protocol/src/wire/codec.rs; elsewhere in protocol only `use bincode::{Decode, Encode};` for the derives",
    },
    Ban {
        word: "unsafe",
        allowed: |source, _| source.path == DISK,
        advice: "write it without; only the disk under SQLite, a table of C functions, can't",
    },
    Ban {
        word: "println!",
        allowed: |source, _| source.path.starts_with(CLI) || is_test(source),
        advice: "stdout is data and belongs to daemon/server/src/cli/; log with tracing instead",
    },
    Ban {
        word: "print!",
        allowed: |source, _| source.path.starts_with(CLI) || is_test(source),
        advice: "stdout is data and belongs to daemon/server/src/cli/; log with tracing instead",
    },
    Ban { word: "unbounded_channel", allowed: |_, _| false, advice: "use a bounded channel and say in limits.rs why its bound is right" },
];

/// Markers of unfinished work, written in two halves so that this file does not find itself.
const MARKERS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

fn is_test(source: &Source) -> bool {
    source.path.starts_with("tests/") || source.path.contains("/tests/")
}

fn is_derive_import(line: &str) -> bool {
    let line = line.trim();
    let names = line.strip_prefix("use bincode::").and_then(|names| names.strip_suffix(';'));
    names.is_some_and(|names| names.split(['{', '}', ',', ' ']).all(|name| ["", "Encode", "Decode"].contains(&name)))
}

fn banned_words(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for ban in &BANS {
            for line in lines_with(&source.code, ban.word) {
                let text = source.code.lines().nth(line - 1).unwrap_or_default();
                if !(ban.allowed)(source, text) {
                    findings.push(Finding::new(&source.path, line, format!("`{}`: {}", ban.word, ban.advice)));
                }
            }
        }
    }
    findings
}

fn markers_of_unfinished_work(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for marker in MARKERS {
            let at = |line| Finding::new(&file.path, line, format!("`{marker}`: finish it now, or open an issue and leave no marker"));
            findings.extend(lines_with(&file.text, marker).into_iter().map(at));
        }
    }
    findings
}

#[test]
fn words_with_one_home_stand_only_there() {
    none_of(banned_words(&tree::sources()));
}

#[test]
fn a_banned_word_is_found_and_its_home_is_spared() {
    let text = "let t = Instant::now();\nlet b = bincode::encode(x);\nuse bincode::{Decode, Encode};\nunsafe {}\nprintln!();\nprint!();\nunbounded_channel();\n// unsafe\n";
    assert_eq!(lines(&banned_words(&[Source::new("daemon/server/src/peer.rs", text)])), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(lines(&banned_words(&[Source::new(CODEC, text)])), [1, 4, 5, 6, 7]);
    assert_eq!(lines(&banned_words(&[Source::new("protocol/src/ids.rs", text)])), [1, 2, 4, 5, 6, 7]);
    assert_eq!(lines(&banned_words(&[Source::new(CLOCK, text)])), [2, 3, 4, 5, 6, 7]);
    assert_eq!(lines(&banned_words(&[Source::new("daemon/server/src/cli/output.rs", text)])), [1, 2, 3, 4, 7]);
    assert_eq!(lines(&banned_words(&[Source::new("tests/stories/main.rs", text)])), [2, 3, 4, 7]);
    assert_eq!(lines(&banned_words(&[Source::new(DISK, text)])), [2, 3, 7]);
}

#[test]
fn nothing_is_marked_as_unfinished() {
    none_of(markers_of_unfinished_work(&tree::texts()));
}

#[test]
fn a_marker_of_unfinished_work_is_found() {
    let bad = format!("// fine\n// {}: later\nlet x = \"{}\";\nlet hacking = 1;\n", MARKERS[0], MARKERS[3]);
    assert_eq!(lines(&markers_of_unfinished_work(&[Text::new("certs/src/lib.rs", &bad)])), [2, 3]);
}
