//! The schema is prose: migrations are numbered without gaps, and every column says what it holds.

use std::collections::BTreeMap;

use crate::{
    finding::{Finding, lines, none_of},
    tree::{self, Text},
};

const MIGRATIONS: &str = "daemon/core/src/store/migrations/";

/// First words of lines inside a table that continue a column or state a constraint.
const NOT_A_COLUMN: [&str; 12] =
    ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "CONSTRAINT", "REFERENCES", "DEFAULT", "GENERATED", "COLLATE", "ON", "NOT", "AS"];

fn migrations(files: Vec<Text>) -> Vec<Text> {
    files.into_iter().filter(|file| file.path.starts_with(MIGRATIONS) && file.path.ends_with(".sql")).collect()
}

/// Each folder and each name before the number is a ladder of its own; a ladder starts at 1 and has no gap and no double.
fn broken_ladders(files: &[Text]) -> Vec<Finding> {
    let mut ladders: BTreeMap<&str, Vec<(Option<u32>, &str)>> = BTreeMap::new();
    for file in files {
        let start = file.path.rfind('/').map_or(0, |at| at + 1);
        let digits = file.path[start..].find(|c: char| c.is_ascii_digit()).map_or(file.path.len(), |at| start + at);
        let number: String = file.path[digits..].chars().take_while(char::is_ascii_digit).collect();
        ladders.entry(&file.path[..digits]).or_default().push((number.parse().ok(), &file.path));
    }
    let mut findings = Vec::new();
    for rungs in ladders.values_mut() {
        rungs.sort();
        for (expected, (number, path)) in (1..).zip(rungs.iter()) {
            if *number != Some(expected) {
                findings.push(Finding::new(
                    path,
                    0,
                    format!("expected number {expected} here: number migrations from 1 without gaps or doubles"),
                ));
                break;
            }
        }
    }
    findings
}

fn columns_without_a_comment(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let (mut depth, mut in_table) = (0_i32, false);
        for (index, line) in file.text.lines().enumerate() {
            let (code, comment) = line.split_once("--").map_or((line, None), |(code, comment)| (code, Some(comment)));
            let upper = code.trim().to_uppercase();
            let first: String = upper.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '"').collect();
            let is_column = in_table && depth == 1 && !first.is_empty() && !NOT_A_COLUMN.contains(&first.as_str());
            let is_added = upper.contains("ADD COLUMN");
            if (is_column || is_added) && comment.is_none_or(|comment| comment.trim().is_empty()) {
                let what = format!("column `{}`: end its line with `--` and what it holds, with unit or form", first.to_lowercase());
                findings.push(Finding::new(&file.path, index + 1, what));
            }
            in_table |= upper.starts_with("CREATE TABLE") || upper.starts_with("CREATE TEMP TABLE");
            depth += i32::try_from(code.matches('(').count()).unwrap_or(0) - i32::try_from(code.matches(')').count()).unwrap_or(0);
            in_table &= !(depth <= 0 && code.contains(';'));
        }
    }
    findings
}

#[test]
fn migrations_are_numbered_without_gaps() {
    none_of(broken_ladders(&migrations(tree::texts())));
}

#[test]
fn a_gap_between_migrations_is_found() {
    let ladder =
        |names: &[&str]| broken_ladders(&names.iter().map(|name| Text::new(&format!("{MIGRATIONS}{name}"), "")).collect::<Vec<_>>()).len();
    assert_eq!(ladder(&["0001_office.sql", "0002_links.sql", "received/0001_copies.sql"]), 0);
    assert_eq!(ladder(&["0001_office.sql", "0003_links.sql"]), 1);
    assert_eq!(ladder(&["0001_office.sql", "0001_links.sql"]), 1);
    assert_eq!(ladder(&["received_0002.sql", "office_0001.sql"]), 1);
    assert_eq!(ladder(&["office.sql"]), 1);
}

#[test]
fn every_column_says_what_it_holds() {
    none_of(columns_without_a_comment(&migrations(tree::texts())));
}

#[test]
fn a_column_without_a_comment_is_found() {
    let text = "-- Links.\nCREATE TABLE links (\n  id BLOB NOT NULL, -- 32 bytes\n  state TEXT NOT NULL\n    CHECK (state <> ''),\n  level INTEGER, --\n  \
                CHECK (length(id) = 32),\n  PRIMARY KEY (id)\n) STRICT;\nCREATE INDEX a ON links (\n  state\n);\nALTER TABLE links ADD COLUMN x INTEGER;\n";
    assert_eq!(lines(&columns_without_a_comment(&[Text::new("a.sql", text)])), [4, 6, 13]);
}
