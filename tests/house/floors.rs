//! The floors: a file uses only what stands below it, never a door beside it, never up.

use crate::{
    finding::{Finding, lines, none_of},
    lexer::lines_with,
    paths::{Layout, module_of},
    tree::{self, Source, Text},
};

const CORE: &str = "daemon/core/src";
const SERVER: &str = "daemon/server/src";
const STORE: &str = "daemon/core/src/store";

/// Words of code that mean input, output, waiting or chance; below the line all of these are arguments.
const NOT_BELOW_THE_LINE: [&str; 14] = [
    "tokio",
    ".await",
    "async",
    "quinn",
    "axum",
    "hyper",
    "rustls",
    "getrandom",
    "rand",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "UnixListener",
    "UnixStream",
];

/// Crates that the manifests of the pure floors may not name: (manifest, crates).
const NOT_IN_MANIFEST: [(&str, &[&str]); 3] = [
    ("protocol/Cargo.toml", &["tokio", "quinn", "axum", "hyper", "rustls", "rusqlite", "getrandom", "rand", "jiff"]),
    ("daemon/core/Cargo.toml", &["tokio", "quinn", "axum", "hyper", "rustls", "getrandom", "rand"]),
    ("certs/Cargo.toml", &["tokio", "quinn", "axum", "hyper", "rusqlite"]),
];

const SQL: [&str; 8] = ["SELECT ", "INSERT INTO", "INSERT OR ", "UPDATE ", "DELETE FROM", "CREATE TABLE", "ALTER TABLE", "PRAGMA "];

/// Where SQL and its driver may stand: the store, these rules, and the tests of what a disk can do to a database.
const SPEAK_SQL: [&str; 5] = [STORE, "tests/house/", "tests/disk/", "tests/simulation/src/crash_points/", "tests/processes/ledger.rs"];

/// Which top-level modules a module of a crate may not use: (crate, module, barred, what to do).
const BARRED: [(&str, &str, &[&str], &str); 7] = [
    (CORE, "domain", &["store", "actions"], "domain is pure: pass what it needs as arguments"),
    (CORE, "store", &["actions"], "store is below the verbs: let the action call the store"),
    (SERVER, "peer", &["http", "mail", "chores", "cli", "app"], DOORS),
    (SERVER, "http", &["peer", "mail", "chores", "cli", "app"], DOORS),
    (SERVER, "mail", &["peer", "http", "chores", "cli", "app"], DOORS),
    (SERVER, "chores", &["peer", "http", "mail", "cli", "app"], DOORS),
    (SERVER, "cli", &["peer", "http", "mail", "chores"], DOORS),
];

const DOORS: &str = "doors meet in the store: write a row and ring the bell, or move what both need to a module below the doors";

fn io_below_the_line(sources: &[Source]) -> Vec<Finding> {
    let pure = sources.iter().filter(|source| ["protocol/", "daemon/core/"].iter().any(|floor| source.path.starts_with(floor)));
    let mut findings = Vec::new();
    for source in pure {
        for word in NOT_BELOW_THE_LINE {
            let advice = "take the value as an argument and leave the waiting to daemon/server";
            let at = |line| Finding::new(&source.path, line, format!("`{word}` below the line: {advice}"));
            findings.extend(lines_with(&source.code, word).into_iter().map(at));
        }
    }
    findings
}

fn barred_dependencies(manifests: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, barred) in NOT_IN_MANIFEST {
        for manifest in manifests.iter().filter(|manifest| manifest.path == path) {
            for (index, line) in manifest.text.lines().enumerate() {
                let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
                if barred.contains(&name) {
                    let what = format!("`{name}` does not belong on this floor: use it in daemon/server and pass its result down");
                    findings.push(Finding::new(path, index + 1, what));
                }
            }
        }
    }
    findings
}

fn sql_outside_the_store(sources: &[Source]) -> Vec<Finding> {
    let elsewhere = |source: &&Source| !SPEAK_SQL.iter().any(|place| source.path.starts_with(place));
    let mut findings = Vec::new();
    for source in sources.iter().filter(elsewhere) {
        let driver = lines_with(&source.code, "rusqlite").into_iter().map(|line| (line, "rusqlite"));
        let strings = SQL.into_iter().flat_map(|word| lines_with(&source.literals, word).into_iter().map(move |line| (line, word)));
        let at = |(line, word): (usize, &str)| {
            Finding::new(&source.path, line, format!("`{}` outside {STORE}: give the store a function for it", word.trim()))
        };
        findings.extend(driver.chain(strings).map(at));
    }
    findings
}

fn barred_modules(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (home, module, barred, advice) in BARRED {
        let layout = Layout::of(home, sources);
        for source in sources.iter().filter(|source| module_of(home, &source.path).as_deref() == Some(module)) {
            let references = layout.references(home, source);
            let up = references.iter().filter(|reference| barred.contains(&reference.module.as_str()));
            findings.extend(up.map(|used| Finding::new(&source.path, used.line, format!("`{module}` uses `{}`: {advice}", used.module))));
        }
    }
    findings
}

#[test]
fn below_the_line_nothing_waits_and_nothing_touches_a_socket() {
    none_of(io_below_the_line(&tree::sources()));
}

#[test]
fn a_socket_below_the_line_is_found() {
    let bad = Source::new("daemon/core/src/a.rs", "//! tokio is only named here\nuse tokio::net::TcpStream;\nasync fn f() { g().await }\n");
    assert_eq!(lines(&io_below_the_line(&[bad])), [2, 3, 3, 2]);
    let door = Source::new("daemon/server/src/peer.rs", "use tokio::net::UdpSocket;\n");
    assert_eq!(io_below_the_line(&[door]), []);
}

#[test]
fn manifests_of_the_pure_floors_do_not_name_crates_of_the_doors() {
    none_of(barred_dependencies(&tree::texts()));
}

#[test]
fn a_door_crate_in_a_pure_manifest_is_found() {
    let bad = Text::new(
        "daemon/core/Cargo.toml",
        "[dependencies]\nserde.workspace = true\ntokio.workspace = true\n[dev-dependencies]\nrand = \"1\"\n",
    );
    assert_eq!(lines(&barred_dependencies(&[bad])), [3, 5]);
}

#[test]
fn sql_stands_in_the_store_only() {
    none_of(sql_outside_the_store(&tree::sources()));
}

#[test]
fn a_query_outside_the_store_is_found() {
    let text = "use rusqlite::Row;\n// SELECT in a comment is talk\nlet q = \"SELECT id FROM links\";\nlet w = \"select a file\";\n";
    assert_eq!(lines(&sql_outside_the_store(&[Source::new("daemon/core/src/actions/links.rs", text)])), [1, 3]);
    assert_eq!(sql_outside_the_store(&[Source::new("daemon/core/src/store/links.rs", text)]), []);
}

#[test]
fn no_module_uses_a_door_beside_it_or_a_floor_above_it() {
    none_of(barred_modules(&tree::sources()));
}

#[test]
fn a_door_that_uses_another_door_is_found() {
    let sources = [
        Source::new("daemon/server/src/peer/mod.rs", "\nuse crate::{bell::Bell, http::Page};"),
        Source::new("daemon/server/src/http.rs", "use crate::bell;"),
        Source::new("daemon/server/src/bell.rs", ""),
        Source::new("daemon/core/src/domain/link.rs", "use crate::store;"),
        Source::new("daemon/core/src/store/mod.rs", "fn f() { crate::actions::g() }"),
        Source::new("daemon/core/src/actions/mod.rs", "use crate::{domain, store};"),
    ];
    assert_eq!(lines(&barred_modules(&sources)), [1, 1, 2]);
}
