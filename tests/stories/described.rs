//! The API answers as its description says: schemathesis, a program that reads the description, calls every operation with what fits it and
//! with what does not, and looks at status, media type and body of each answer.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use interoffice_tests::{Office, card, import, skipped};
use serde_json::Value;

/// What the program looks at: no failure of the daemon, no status, media type or body that the description does not name.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Operations that go on for as long as somebody listens or waits.
const ENDLESS: &str = "/(events|wait)$";
/// Requests with which each operation is tried, and the dice they are thrown with.
const EXAMPLES: &str = "6";
const SEED: &str = "1";

/// Where `./test` puts the program.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it runs from");
    let target = test.ancestors().nth(3).expect("a test lies in a folder of its build profile");
    target.join("tools/schemathesis/bin/schemathesis")
}

/// An office in which there is something to find: records, a group, a request, a role, a second practitioner.
fn alder() -> Office {
    let office = Office::open("Alder");
    for args in [
        &["user", "add", "rita", "--account", "admin"][..],
        &["user", "add", "ann"],
        &["user", "add", "bob"],
        &["user", "add", "eve", "--account", "assistant"],
        &["group", "add", "Tax", "--member", "ann"],
        &["role", "add", "Front desk", "--allow", "edit"],
    ] {
        office.cli(args).ok();
    }
    import(office.user("ann"), &(card("Zoe Quast") + &card("Al Ray")));
    import(office.user("bob"), &card("Paul Private"));
    office
}

/// Calls every operation with a token of this user, whose scopes reach everything that a token may do.
fn call_everything(user: &str) {
    let program = program();
    if !program.exists() {
        skipped(
            "the API against its description",
            "no schemathesis in target/tools; ./test installs it where there is python3 with venv and pip",
        );
        return;
    }
    let office = alder();
    let scopes = ["--scope", "records:write", "--scope", "links:write", "--scope", "office:write"];
    let token: Value = office.json(&[&["token", "add", user, "schemathesis"][..], &scopes].concat());
    let address = office.json(&["status"])["daemon"]["http"].as_str().expect("the http door is open").to_owned();
    let description = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let done = Command::new(program)
        .current_dir(office.root())
        .arg("run")
        .arg(description)
        .args(["--url", &format!("https://{address}/api/v1"), "--tls-verify", "false"])
        .args(["--header", &format!("Authorization: Bearer {}", token["token"].as_str().expect("a token"))])
        .args(["--checks", CHECKS, "--phases", "examples,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED])
        .args(["--exclude-path-regex", ENDLESS, "--no-color"])
        .stdin(Stdio::null())
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&done.stdout);
    let tested = said.lines().find_map(|line| line.trim().strip_prefix("Tested: ")).and_then(|number| number.parse::<u32>().ok());
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(tested.is_some_and(|tested| tested > 100), "every operation was tried:\n{said}");
}

#[test]
fn api_9_an_administrator_s_program_gets_what_the_description_says() {
    call_everything("rita");
}

#[test]
fn api_9_a_practitioner_s_program_gets_what_the_description_says() {
    call_everything("ann");
}

#[test]
fn api_9_an_assistant_s_program_gets_what_the_description_says() {
    call_everything("eve");
}
