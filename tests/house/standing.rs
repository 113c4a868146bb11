//! The standing files: documents that must exist, decisions, scripts, and what no file may say or weigh.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use crate::{
    finding::{Finding, lines, none_of},
    lexer::holds_word,
    tree::{self, Text},
};

const MAX_FILE_BYTES: u64 = 1 << 20;
const DECISIONS: &str = "docs/decisions/";
const DOCUMENTS: [&str; 6] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"];

/// A phrase that speaks of something else than the project, with the files that may hold it.
struct Phrase {
    text: &'static str,
    allowed: &'static [&'static str],
    advice: &'static str,
}

const MACHINE: &str = "a path of one machine: say it relative to the repository or to a temporary folder";
const OURSELVES: &str = "the project speaks of itself only: say what it does, not how it came about";

/// Written in two halves where this file would otherwise find itself.
const PHRASES: [Phrase; 11] = [
    Phrase { text: concat!("/wo", "rk/"), allowed: &[], advice: MACHINE },
    Phrase { text: concat!("/ro", "ot/"), allowed: &[], advice: MACHINE },
    Phrase { text: concat!("/tmp", "/bp"), allowed: &[], advice: MACHINE },
    Phrase { text: concat!("/tmp", "/t/"), allowed: &[], advice: MACHINE },
    Phrase { text: concat!("../sh", "ared"), allowed: &[], advice: MACHINE },
    Phrase {
        text: concat!("crates", ".io"),
        allowed: &["deny.toml", "Cargo.lock", "fuzz/Cargo.lock"],
        advice: "the registry is named in deny.toml alone",
    },
    Phrase { text: concat!("sub-a", "gent"), allowed: &[], advice: OURSELVES },
    Phrase { text: concat!("suba", "gent"), allowed: &[], advice: OURSELVES },
    Phrase { text: concat!("LL", "M"), allowed: &[], advice: OURSELVES },
    Phrase { text: concat!("helper ", "session"), allowed: &[], advice: OURSELVES },
    Phrase { text: concat!("language ", "model"), allowed: &[], advice: OURSELVES },
];

fn foreign_phrases(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for phrase in PHRASES.iter().filter(|phrase| !phrase.allowed.contains(&file.path.as_str())) {
            let guilty = file.text.lines().enumerate().filter(|(_, line)| says(line, phrase.text));
            findings.extend(guilty.map(|(index, _)| Finding::new(&file.path, index + 1, format!("`{}`: {}", phrase.text, phrase.advice))));
        }
    }
    findings
}

/// An absolute path counts only where it starts: `phones/x/number` is no path of a machine.
fn says(line: &str, phrase: &str) -> bool {
    let starts_here = |at: usize| !phrase.starts_with('/') || !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}".contains(c));
    holds_word(line, phrase) && line.match_indices(phrase).any(|(at, _)| starts_here(at))
}

fn missing_documents(paths: &[String]) -> Vec<Finding> {
    let missing = DOCUMENTS.iter().filter(|document| !paths.iter().any(|path| path == *document));
    missing.map(|document| Finding::new(document, 0, "missing: every reader of the repository looks for it")).collect()
}

fn bad_decisions(files: &[Text]) -> Vec<Finding> {
    let (mut findings, mut numbers) = (Vec::new(), BTreeMap::new());
    for file in files {
        let Some(name) = file.path.strip_prefix(DECISIONS) else { continue };
        let number = name.get(..4).filter(|number| number.bytes().all(|b| b.is_ascii_digit()) && name[4..].starts_with('-'));
        if number.is_none() || !name.ends_with(".md") {
            findings.push(Finding::new(&file.path, 0, "name it NNNN-what-was-decided.md"));
        } else if let Some(other) = numbers.insert(number, &file.path) {
            findings.push(Finding::new(&file.path, 0, format!("has the number of {other}: take the next free one")));
        }
        for heading in ["Context", "Decision", "Consequence"] {
            if !file.text.lines().any(|line| line.strip_prefix("## ").is_some_and(|title| title.starts_with(heading))) {
                findings.push(Finding::new(&file.path, 0, format!("has no heading `## {heading}`")));
            }
        }
    }
    findings
}

/// Scripts that cannot be run: (path, text, permission bits).
fn dead_scripts(files: &[(Text, u32)]) -> Vec<Finding> {
    let is_script = |file: &Text| file.path.ends_with(".sh") || (file.text.starts_with("#!") && !file.text.starts_with("#!["));
    let dead = files.iter().filter(|(file, mode)| is_script(file) && mode & 0o111 == 0);
    dead.map(|(file, _)| Finding::new(&file.path, 1, "a script that is not executable: chmod +x it")).collect()
}

/// Every accepted advisory says since when, and when it is looked at again.
fn undated_exceptions(deny: &Text) -> Vec<Finding> {
    let dates = |line: &str| line.as_bytes().windows(10).filter(|part| is_date(part)).count();
    let undated = deny.text.lines().enumerate().filter(|(_, line)| line.contains("RUSTSEC-") && dates(line) < 2);
    let advice = "an accepted advisory needs a reason with two dates: accepted YYYY-MM-DD, look again by YYYY-MM-DD";
    undated.map(|(index, _)| Finding::new(&deny.path, index + 1, advice)).collect()
}

fn is_date(part: &[u8]) -> bool {
    part.iter().enumerate().all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

fn heavy_files(sizes: &[(String, u64)]) -> Vec<Finding> {
    let heavy = sizes.iter().filter(|(_, bytes)| *bytes > MAX_FILE_BYTES);
    heavy
        .map(|(path, bytes)| Finding::new(path, 0, format!("{bytes} bytes, {MAX_FILE_BYTES} at most: generate it, or keep it elsewhere")))
        .collect()
}

#[test]
fn the_project_speaks_of_itself_only() {
    none_of(foreign_phrases(&tree::texts()));
}

#[test]
fn a_foreign_phrase_is_found() {
    let sample: String = PHRASES.iter().map(|phrase| format!("see {}\n", phrase.text)).collect();
    assert_eq!(foreign_phrases(&[Text::new("README.md", &sample)]).len(), PHRASES.len());
    let fine = format!("phones{}number\nthe {}VM exception\n", PHRASES[0].text, PHRASES[8].text);
    assert_eq!(foreign_phrases(&[Text::new("README.md", &fine)]), []);
    assert_eq!(foreign_phrases(&[Text::new("deny.toml", PHRASES[5].text)]), []);
}

#[test]
fn the_standing_documents_exist() {
    none_of(missing_documents(&tree::paths()));
}

#[test]
fn a_missing_document_is_found() {
    let all: Vec<String> = DOCUMENTS.iter().map(ToString::to_string).collect();
    assert_eq!(missing_documents(&all), []);
    assert_eq!(missing_documents(&all[1..]).len(), 1);
}

#[test]
fn every_decision_has_a_number_a_context_and_a_consequence() {
    none_of(bad_decisions(&tree::texts()));
}

#[test]
fn a_decision_out_of_form_is_found() {
    let whole = "# T\n\n## Context\n\n## Decision\n\n## Consequence\n";
    assert_eq!(bad_decisions(&[Text::new("docs/decisions/0001-a.md", whole)]), []);
    assert_eq!(bad_decisions(&[Text::new("docs/decisions/0001-a.md", whole), Text::new("docs/decisions/0001-b.md", whole)]).len(), 1);
    assert_eq!(bad_decisions(&[Text::new("docs/decisions/one.md", whole)]).len(), 1);
    assert_eq!(bad_decisions(&[Text::new("docs/decisions/0002-c.md", "# T\n## Context\n")]).len(), 2);
}

#[test]
fn every_script_can_be_run() {
    let mode = |path: &str| fs::metadata(tree::root().join(path)).map_or(0, |meta| meta.permissions().mode());
    none_of(dead_scripts(&tree::texts().into_iter().map(|file| (Text::new(&file.path, &file.text), mode(&file.path))).collect::<Vec<_>>()));
}

#[test]
fn a_script_that_is_not_executable_is_found() {
    let file = |text: &str, mode| (Text::new("run", text), mode);
    assert_eq!(lines(&dead_scripts(&[file("#!/bin/sh\n", 0o644), file("#!/bin/sh\n", 0o755), file("#![forbid(x)]\n", 0o644)])), [1]);
}

#[test]
fn every_accepted_advisory_has_its_dates() {
    let files = tree::texts();
    let deny = files.iter().find(|file| file.path == "deny.toml").expect("deny.toml stands in the repository root");
    none_of(undated_exceptions(deny));
}

#[test]
fn an_undated_exception_is_found() {
    let text =
        "{ id = \"RUSTSEC-2020-0001\", reason = \"old\" },\n{ id = \"RUSTSEC-2020-0002\", reason = \"2026-01-01 to 2026-02-01\" },\n";
    assert_eq!(lines(&undated_exceptions(&Text::new("deny.toml", text))), [1]);
}

#[test]
fn no_file_weighs_more_than_a_mebibyte() {
    let size = |path: String| fs::metadata(tree::root().join(&path)).ok().map(|meta| (path, meta.len()));
    none_of(heavy_files(&tree::paths().into_iter().filter_map(size).collect::<Vec<_>>()));
}

#[test]
fn a_heavy_file_is_found() {
    assert_eq!(heavy_files(&[("a".to_owned(), MAX_FILE_BYTES), ("b".to_owned(), MAX_FILE_BYTES + 1)]).len(), 1);
}
