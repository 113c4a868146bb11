//! The document on reliability: every invariant has its row, every test and limit that it names exists, every part of the long run a place.

use crate::{
    finding::{Finding, lines, none_of},
    lexer::holds_word,
    tree::{self, Text},
};

const BOOK: &str = "docs/reliability.md";
const LIMITS: &str = "protocol/src/limits.rs";
const LONG: &str = "tests/long";
/// Invariants by number, and those that came between.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=60;
const BETWEEN: [&str; 3] = ["INV-42b", "INV-46b", "INV-48b"];

fn broken_rows(files: &[Text]) -> Vec<Finding> {
    let text_of = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let Some(book) = text_of(BOOK) else { return vec![Finding::new(BOOK, 0, "missing: it says which test checks which invariant")] };
    let mut findings = missing_rows(book);
    for (index, line) in book.lines().enumerate() {
        let invariant = invariant_of(line);
        for named in line.split('`').skip(1).step_by(2) {
            let wrong = match named.split_once(".rs") {
                Some((path, function)) if path.contains('/') && !path.contains(' ') => {
                    wrong_test(text_of(&format!("{path}.rs")), function.strip_prefix(':'), invariant)
                }
                _ if is_constant(named) && !text_of(LIMITS).is_some_and(|text| holds_word(text, named)) => {
                    Some(format!("no constant of {LIMITS} has this name"))
                }
                _ if named.ends_with('/') && !files.iter().any(|file| file.path.starts_with(named)) => Some("no such folder".into()),
                _ => None,
            };
            findings.extend(wrong.map(|wrong| Finding::new(BOOK, index + 1, format!("`{named}`: {wrong}"))));
        }
        if let Some(invariant) = invariant
            && !line.contains(".rs")
            && !line.contains("| waits for ")
        {
            findings.push(Finding::new(BOOK, index + 1, format!("{invariant} names no test and does not say what it waits for")));
        }
    }
    findings.extend(missing_limits(book, text_of(LIMITS).unwrap_or_default()));
    findings.extend(missing_places(book, text_of(LONG).unwrap_or_default()));
    findings
}

/// The invariant whose row this is.
fn invariant_of(line: &str) -> Option<&str> {
    line.strip_prefix("| ")?.split(' ').next().filter(|word| word.starts_with("INV-"))
}

fn missing_rows(book: &str) -> Vec<Finding> {
    let numbered = NUMBERS.map(|number| format!("INV-{number:02}"));
    let all = numbered.chain(BETWEEN.map(str::to_owned));
    let count = |name: &str| book.lines().filter(|line| invariant_of(line) == Some(name)).count();
    let odd = all.map(|name| (count(&name), name)).filter(|(count, _)| *count != 1);
    odd.map(|(count, name)| Finding::new(BOOK, 0, format!("{name} has {count} rows: give it one, if only to say what it waits for")))
        .collect()
}

/// What is wrong with a test that is named with its function, or, without one, as a file that names the invariant.
fn wrong_test(text: Option<&str>, function: Option<&str>, invariant: Option<&str>) -> Option<String> {
    let Some(text) = text else { return Some("no such file".into()) };
    match (function, invariant) {
        (Some(name), _) => (!text.contains(&format!("fn {name}("))).then(|| format!("it has no function {name}")),
        (None, Some(invariant)) => (!text.contains(invariant)).then(|| format!("it does not name {invariant}: name a function of it")),
        (None, None) => None,
    }
}

fn is_constant(word: &str) -> bool {
    word.contains('_') && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') && !word.starts_with("INTEROFFICE")
}

/// Every limit has its row too.
fn missing_limits(book: &str, limits: &str) -> Vec<Finding> {
    let named = limits.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let missing = named.filter(|name| !book.contains(&format!("`{name}`")));
    missing.map(|name| Finding::new(BOOK, 0, format!("the limit `{name}` has no row: say which test looks at it"))).collect()
}

/// The long run writes what it found between marks.
fn missing_places(book: &str, long: &str) -> Vec<Finding> {
    let list = long.lines().find_map(|line| line.strip_prefix("readonly all_parts=(")?.strip_suffix(')')).unwrap_or_default();
    let missing = list.split(' ').filter(|part| !part.is_empty() && !book.contains(&format!("<!-- long {part} -->\n")));
    missing.map(|part| Finding::new(BOOK, 0, format!("the part {part} of the long run has no place: <!-- long {part} -->"))).collect()
}

#[test]
fn the_document_on_reliability_names_what_exists() {
    none_of(broken_rows(&tree::texts()));
}

#[test]
fn a_test_that_is_gone_and_an_invariant_without_a_row_are_found() {
    let row = |number: u32| format!("| INV-{number:02} a rule | waits for something | |\n");
    let all: String = NUMBERS.map(row).collect::<String>()
        + "| INV-42b x | waits for y | |\n| INV-46b x | waits for y | |\n| INV-48b x | waits for y | |\n| `FRAME_MAX` |\n";
    let files = |book: &str, long: &str| {
        let test = Text::new("tests/a/b.rs", "//! INV-07 is looked at here.\nfn it_holds() {}\n");
        [Text::new(BOOK, book), test, Text::new(LIMITS, "pub const FRAME_MAX: u8 = 1;"), Text::new(LONG, long)]
    };
    assert_eq!(broken_rows(&files(&all, "")), []);
    let with = |line: &str| broken_rows(&files(&format!("{all}{line}\n"), ""));
    assert_eq!(with("see `tests/a/b.rs:it_holds` and `FRAME_MAX` in `tests/a/`"), []);
    for bad in ["`tests/a/c.rs`", "`tests/a/b.rs:it_held`", "`FRAMES_MAX`", "`tests/c/`"] {
        assert_eq!(lines(&with(bad)), [65], "{bad}");
    }
    let replaced = |number: u32, line: &str| broken_rows(&files(&all.replace(&row(number), line), ""));
    assert_eq!(replaced(7, "| INV-07 a rule | checked | `tests/a/b.rs` |\n"), []);
    assert_eq!(lines(&replaced(8, "| INV-08 a rule | checked | `tests/a/b.rs` |\n")), [8], "the file does not name it");
    assert_eq!(lines(&replaced(9, "| INV-09 a rule | checked | |\n")), [9]);
    assert_eq!(replaced(10, "").len(), 1);
    assert_eq!(broken_rows(&files(&all.replace("FRAME_MAX", "frames"), "")).len(), 1, "a limit has no row");
    assert_eq!(broken_rows(&files(&all, "readonly all_parts=(one two)\n")).len(), 2);
    assert_eq!(broken_rows(&files(&format!("{all}<!-- long one -->\n"), "readonly all_parts=(one)\n")), []);
}
