//! Everyday handling of the command line: help, exit codes, forms of output, empty states, starting and stopping.

use interoffice_tests::{Office, card, exit, import, says};
use serde_json::Value;

/// Every command with its arguments left out.
const COMMANDS: [&str; 95] = [
    "init",
    "id",
    "serve",
    "status",
    "reach",
    "user add",
    "user list",
    "user right",
    "user disable",
    "user enable",
    "user rename",
    "user role",
    "user account",
    "user invite",
    "user second-factor",
    "user sessions",
    "user sign-out",
    "user hand-over",
    "user delete",
    "role add",
    "role list",
    "role show",
    "role change",
    "role delete",
    "token add",
    "token list",
    "token remove",
    "user all-clients",
    "user proxy add",
    "user proxy remove",
    "user proxy list",
    "group add",
    "group list",
    "group show",
    "group rename",
    "group join",
    "group leave",
    "group delete",
    "specialist enable",
    "specialist disable",
    "specialist list",
    "peer invite",
    "peer accept",
    "peer confirm",
    "peer list",
    "peer ping",
    "peer block",
    "peer remove",
    "link request",
    "link list",
    "link show",
    "link events",
    "link accept",
    "link decline",
    "link withdraw",
    "link delete",
    "link wait",
    "record import",
    "record add",
    "record list",
    "record show",
    "record activity add",
    "record activity list",
    "record activity remove",
    "record edit",
    "record export",
    "record access",
    "record events",
    "record copies",
    "record explain",
    "record owner",
    "record digest",
    "record share",
    "record unshare",
    "record archive",
    "record delete",
    "access request",
    "access list",
    "access grant",
    "access refuse",
    "access withdraw",
    "client-access",
    "mail list",
    "mail retry",
    "mail test",
    "mail text list",
    "mail text show",
    "mail text set",
    "mail text reset",
    "settings",
    "preferences",
    "events",
    "audit",
    "completions",
    "man",
];

/// S-13: every command explains itself, with examples that can be copied.
#[test]
fn s_13_every_command_has_help_with_examples() {
    let office = Office::set_up("Office A");
    for command in COMMANDS {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = office.cli(&words).ok().out;
        says(&help, "Usage:");
        says(&help, "Examples:");
        says(&help, &format!("interoffice {}", command.split(' ').next().unwrap_or_default()));
    }
    let top = office.cli(&["--help"]).ok().out;
    says(&top, "Exit codes:");
    says(&office.cli(&["--version"]).ok().out, "interoffice");
    for shell in ["bash", "zsh", "fish"] {
        says(&office.cli(&["completions", shell]).ok().out, "interoffice");
    }
    says(&office.cli(&["man"]).ok().out, ".TH");
}

/// S-19: each way a command can end has its exit code, and words on stderr only.
#[test]
fn s_19_exit_codes_tell_scripts_what_happened() {
    let mut office = Office::set_up("Office A");
    let down = office.cli(&["status"]);
    assert!(down.out.is_empty(), "stdout is data");
    says(&down.ended(exit::UNREACHABLE), "interoffice serve");
    let folder = office.folder();
    let twice = office.cli(&["init", "--name", "Office A"]).ended(exit::CONFLICT);
    says(&twice, folder.to_str().expect("a plain path"));
    office.serve();
    says(&office.cli(&["serve"]).ended(exit::CONFLICT), "runs");

    office.cli(&["user", "add", "ann"]).ok();
    office.cli(&["user", "add", "ann"]).ended(exit::CONFLICT);
    office.cli(&["user", "add", "ANN"]).ended(exit::CONFLICT);
    for bad in ["a", "two words", "ä!"] {
        office.cli(&["user", "add", bad]).ended(exit::USAGE);
    }
    office.cli(&["user", "disable", "nobody", "--yes"]).ended(exit::NOT_FOUND);
    office.cli(&["peer", "ping", "Nowhere"]).ended(exit::NOT_FOUND);
    office.cli(&["nonsense"]).ended(exit::USAGE);
    office.cli(&["link", "request", "no-slash"]).ended(exit::USAGE);
    office.user("ghost").cli(&["record", "list"]).ended(exit::NOT_FOUND);
    office.user("ann").cli(&["user", "add", "eve"]).ended(exit::REFUSED);
    office.user("ann").cli(&["events"]).ended(exit::REFUSED);
    office.user("ann").cli(&["record", "edit", "xyz", "--set", "TEL=1"]).ended(exit::USAGE);
    office.cli(&["user", "disable", "ann", "--yes"]).ok();
    office.user("ann").cli(&["record", "list"]).ended(exit::REFUSED);
    assert_eq!(office.stop(), Some(exit::OK), "asked to stop, it stops well");
    assert!(!folder.join("control.sock").exists(), "and takes its socket away");
}

/// S-17: empty lists say what to do next to people, and are empty to programs.
#[test]
fn s_17_empty_states_say_what_to_do() {
    let office = Office::open("Office A");
    let lists: [(&[&str], &str); 5] = [
        (&["user", "list"], "interoffice user add"),
        (&["specialist", "list"], "interoffice specialist enable"),
        (&["peer", "list"], "interoffice peer invite"),
        (&["link", "list"], "no links"),
        (&["record", "list"], "no records"),
    ];
    for (list, words) in lists {
        let table = office.cli(list).ok();
        assert!(table.out.is_empty(), "an empty list has no data: {}", table.out);
        says(&table.err, words);
        assert_eq!(office.json(list), Value::Array(Vec::new()));
        assert_eq!(office.cli(&[list, &["--output", "jsonl"]].concat()).ok().out, "");
    }
    says(&office.cli(&["status"]).ok().out, "0 users");
}

/// S-03: tables for people, one JSON value or one a line for programs: the same data.
#[test]
fn s_03_the_forms_of_output_hold_the_same_data() {
    let office = Office::open("Office A");
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user, "--display-name", "Ann \u{1b}[31mRed", "--email", "x@example.com"]).ended(exit::USAGE);
        office.cli(&["user", "add", user, "--email", "x@example.com"]).ok();
    }
    import(office.user("ann"), &(card("Carl Client") + &card("Cora Client") + &card("Curt Client")));
    let lists: [&[&str]; 4] = [&["user", "list"], &["record", "list"], &["events"], &["record", "list", "--limit", "2"]];
    for list in lists {
        let whole = office.json(list);
        let lines = office.cli(&[list, &["--output", "jsonl"]].concat()).ok().out;
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(Value::Array(lines), whole, "{list:?}");
    }
    let two = office.cli(&["record", "list", "--limit", "2"]).ok();
    says(&two.err, "more");
    assert_eq!(office.json(&["record", "list", "cora"]).as_array().map(Vec::len), Some(1));
    assert_eq!(office.json(&["record", "list", "--kind", "household"]).as_array().map(Vec::len), Some(0));
    says(&office.cli(&["record", "list"]).ok().out, "Cora Client");
    says(&office.cli(&["id", "--qr"]).ok().out, "█");
    let id = office.json(&["id"]);
    says(&office.cli(&["id"]).ok().out, id["code"].as_str().expect("a code"));
    let log = std::fs::read_to_string(office.log()).expect("a log");
    assert!(!log.contains("Cora"), "the log holds no names");
}
