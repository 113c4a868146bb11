//! Making a record by hand: who owns it, whom it is assigned to, and what is said when it looks like another one.

use interoffice_tests::{Office, card, exit, import, names, says, says_not};
use serde_json::{Value, json};

/// An office with Rita, who administers it, Ann and Bob, who have clients, and Eve, who assists them.
fn office() -> Office {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["user", "add", "eve", "--account", "assistant"]).ok();
    office
}

/// V-01, I-05: who makes a record by hand owns it; assistants and administrators make records for others.
#[test]
fn v_01_i_05_who_makes_a_record_owns_it_and_assistants_name_an_owner() {
    let office = office();
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let (ann, bob, eve) = (office.user("ann"), office.user("bob"), office.user("eve"));
    let made =
        ann.json(&["record", "add", "Clara Client", "--email", "clara@a.example", "--phone", "+1 555 0100", "--organisation", "Acme"]);
    assert_eq!((&made["created"], &made["owner"], &made["assigned"]), (&json!(true), &json!("ann"), &json!(["ann"])));
    let record = made["record"].as_str().expect("an id").to_owned();
    let shown = ann.json(&["record", "show", &record]);
    assert_eq!((&shown["name"], &shown["kind"], &shown["access"]), (&json!("Clara Client"), &json!("contact"), &json!("full-control")));
    for value in ["clara@a.example", "+1 555 0100", "Acme"] {
        says(&shown.to_string(), value);
    }
    assert!(names(&bob).is_empty(), "nobody else sees it");

    says(&eve.cli(&["record", "add", "Carl Client"]).ended(exit::REFUSED), "--owner");
    says(&office.cli(&["record", "add", "Carl Client"]).ended(exit::USAGE), "--owner");
    eve.cli(&["record", "add", "Carl Client", "--owner", "bob", "--kind", "business"]).ok();
    assert_eq!((names(&bob), names(&eve)), (vec!["Carl Client".to_owned()], Vec::new()), "it is Bob's, and Eve made it");
    office.user("rita").cli(&["record", "add", "Curt Client", "--owner", "bob"]).ok();
    ann.cli(&["record", "add", "Cora Client", "--owner", "bob"]).ended(exit::REFUSED);
    eve.cli(&["record", "add", "Cora Client", "--owner", "eve"]).ended(exit::REFUSED);
    ann.cli(&["record", "add", "Cora Client", "--owner", "nobody"]).ended(exit::NOT_FOUND);
    for bad in [&["record", "add", " "][..], &["record", "add", "Cora", "--kind", "robot"], &["record", "add", "Cora", "--set", "UID=1"]] {
        ann.cli(bad).ended(exit::USAGE);
    }
    assert_eq!(names(&bob).len(), 2);
    let lines = office.json(&["audit", "--verb", "record.create"]);
    says(&lines.to_string(), "owner ann, assigned to 0 other users");
    says_not(&lines.to_string(), "Clara");

    let card = ann.cli(&["record", "export", &record]).ok().out;
    let again = import(office.user("ann"), &card);
    assert!(again.is_empty(), "its own card is no other record");
}

/// S-55: with office security on, making a contact asks which users to assign; what they get goes with the office's rules.
#[test]
fn s_55_with_office_security_on_it_is_asked_whom_a_contact_is_assigned_to() {
    let office = office();
    office.cli(&["settings", "--office-security", "on"]).ok();
    let (ann, bob, eve) = (office.user("ann"), office.user("bob"), office.user("eve"));
    let asked = ann.cli(&["record", "add", "Clara Client"]).ended(exit::USAGE);
    says(&asked, "--assign");
    says(&asked, "--unassigned");
    assert_eq!(ann.api("POST", "/records", &json!({ "name": "Clara Client" })).body["code"], "need-assignment");
    assert!(names(&ann).is_empty(), "nothing was made");

    ann.cli(&["record", "add", "Clara Client", "--assign", "ann"]).ok();
    assert!(names(&bob).is_empty());
    let made = ann.json(&["record", "add", "Carl Client", "--assign", "ann", "--assign", "bob"]);
    assert_eq!(made["assigned"], json!(["ann", "bob"]));
    assert_eq!(names(&bob), ["Carl Client"]);
    let record = made["record"].as_str().expect("an id");
    assert_eq!(bob.json(&["record", "show", record])["access"], "write");
    ann.cli(&["record", "add", "Cora Client", "--unassigned"]).ok();
    assert_eq!(names(&eve), ["Cora Client"], "what nobody is assigned to is seen by all");
    eve.cli(&["record", "add", "Curt Client", "--owner", "ann", "--assign", "ann", "--assign", "eve"]).ok();
    assert_eq!(names(&eve), ["Cora Client", "Curt Client"]);
    ann.cli(&["record", "add", "Carol Client", "--assign", "nobody"]).ended(exit::NOT_FOUND);

    office.cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    ann.cli(&["record", "add", "Carol Client", "--assign", "bob"]).ended(exit::REFUSED);
    ann.cli(&["record", "add", "Carol Client", "--unassigned"]).ended(exit::REFUSED);
    ann.cli(&["record", "add", "Carol Client", "--assign", "ann"]).ok();
}

/// S-55: a contact that shares an e-mail address or a telephone number with another is asked about, and of hidden ones nothing is said.
#[test]
fn s_55_a_duplicate_gives_a_warning_if_that_option_is_on() {
    let office = office();
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let (ann, bob, rita) = (office.user("ann"), office.user("bob"), office.user("rita"));
    let first = ann.json(&["record", "add", "Clara Client", "--email", "Clara@A.example", "--phone", "+44 20 7946 0958"]);
    let by_phone = json!({ "name": "C. Client", "phones": ["(020) 7946-0958"] });
    let asked = ann.api("POST", "/records", &by_phone).body;
    assert_eq!((&asked["created"], &asked["record"]), (&json!(false), &Value::Null));
    let warning = json!([{ "code": "duplicate", "record": first["record"], "name": "Clara Client", "by": "phone" }]);
    assert_eq!(asked["warnings"], warning, "the same number is recognised with and without its country");
    let said = ann.cli(&["record", "add", "C. Client", "--email", "clara@a.example"]).ended(exit::CONFLICT);
    says(&said, "--confirm-duplicates");
    says(&said, "e-mail address");
    assert_eq!(names(&ann), ["Clara Client"], "nothing is made before it is confirmed");

    let hidden = bob.json(&["record", "add", "C. Client", "--email", "clara@a.example"]);
    assert_eq!((&hidden["created"], &hidden["warnings"]), (&json!(true), &json!([])), "of a record that is hidden nothing is said");
    let made = ann.json(&["record", "add", "Clara Again", "--email", "clara@a.example", "--confirm-duplicates"]);
    assert_eq!((&made["created"], made["warnings"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    let all = rita.json(&["record", "add", "Clara Thrice", "--owner", "ann", "--email", "clara@a.example", "--confirm-duplicates"]);
    assert_eq!(all["warnings"].as_array().map(Vec::len), Some(3), "an administrator sees all of them");

    ann.cli(&["record", "edit", first["record"].as_str().expect("an id"), "--remove", "TEL"]).ok();
    assert_eq!(ann.api("POST", "/records", &by_phone).body["created"], true, "what a record no longer has is no likeness");
    ann.cli(&["settings", "--warn-duplicates", "off"]).ended(exit::REFUSED);
    rita.cli(&["settings", "--warn-duplicates", "off"]).ok();
    ann.cli(&["record", "add", "C. Client", "--email", "clara@a.example"]).ok();
}

/// S-55: an import says which of its records look like others, and leaves none of them out.
#[test]
fn s_55_an_import_reports_possible_duplicates_and_refuses_none() {
    let office = office();
    let ann = office.user("ann");
    ann.cli(&["record", "add", "Clara Client", "--email", "clara-c@example.com"]).ok();
    let cards = card("Clara C").replace("TEL:+1 555 0100\r\n", "") + &card("Carl").replace("TEL:+1 555 0100\r\n", "");
    let file = office.file("cards.vcf", cards);
    let report = ann.json(&["record", "import", file.to_str().expect("a plain path")]);
    assert_eq!((&report[0]["created"], &report[0]["possible_duplicates"]), (&json!(2), &json!(1)));
    assert_eq!(report[0]["duplicates"], json!([report[0]["records"][0]]));
    assert_eq!(names(&ann).len(), 3);
}

/// P-41: the responsible of a client is a user, its owner; with the option on it is asked who that is when a record is made, and records
/// without one say so; the list is narrowed by it.
#[test]
fn p_41_who_is_responsible_is_asked_shown_and_filtered_by() {
    let office = office();
    let (ann, bob, eve, rita) = (office.user("ann"), office.user("bob"), office.user("eve"), office.user("rita"));
    ann.cli(&["record", "add", "Before Anyone Asked"]).ok();
    ann.cli(&["settings", "--ask-responsible", "on"]).ended(exit::REFUSED);
    says(&rita.cli(&["settings", "--ask-responsible", "on"]).ok().out, "The responsible is asked for");
    let asked = ann.cli(&["record", "add", "Clara Client"]).ended(exit::USAGE);
    says(&asked, "--owner USER");
    says(&asked, "--unassigned");
    assert_eq!(ann.api("POST", "/records", &json!({ "name": "Clara Client" })).body["code"], "need-responsible");
    assert_eq!(names(&ann), ["Before Anyone Asked"], "nothing was made");
    ann.cli(&["record", "add", "Clara Client", "--owner", "ann"]).ok();
    eve.cli(&["record", "add", "Bert Client", "--owner", "bob"]).ok();
    ann.cli(&["record", "add", "Nobody's Client", "--unassigned"]).ok();
    ann.cli(&["record", "add", "Carl Client", "--owner", "nobody"]).ended(exit::NOT_FOUND);
    says(&rita.cli(&["record", "add", "Carl Client", "--owner", "eve"]).ended(exit::REFUSED), "assistant");

    let responsible = |record: &Value| format!("{}: {}", record["name"].as_str().unwrap_or_default(), record["responsible"]);
    let listed: Vec<String> = bob.records().iter().map(responsible).collect();
    assert_eq!(listed, ["Before Anyone Asked: \"ann\"", "Bert Client: \"bob\"", "Clara Client: \"ann\"", "Nobody's Client: null"]);
    let shown = |args: &[&str]| -> Vec<String> {
        let list = bob.json(&[&["record", "list"], args].concat());
        list.as_array().expect("a list").iter().filter_map(|record| record["name"].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(shown(&["--responsible", "ann"]), ["Before Anyone Asked", "Clara Client"]);
    assert_eq!(shown(&["--responsible", "bob", "bert"]), ["Bert Client"]);
    assert_eq!(shown(&["--owner", "ann"]).len(), 3, "who owns it and nobody is responsible for it are two things");
    assert_eq!(shown(&["--no-responsible"]), ["Nobody's Client"]);
    assert_eq!(shown(&["--no-responsible", "--owner", "bob"]), Vec::<String>::new());
    assert_eq!(shown(&["--responsible", "ann", "--owner", "bob"]), Vec::<String>::new());
    bob.cli(&["record", "list", "--responsible", "nobody"]).ended(exit::NOT_FOUND);
    let table = bob.cli(&["record", "list", "--no-responsible"]).ok().out;
    says(&table, "RESPONSIBLE");
    says(&table, "No responsible assigned");
    let id = bob.json(&["record", "list", "--no-responsible"])[0]["id"].as_str().expect("an id").to_owned();
    says(&bob.cli(&["record", "show", &id]).ok().out, "No responsible assigned");

    // Whoever may only know a name learns nothing of who is responsible.
    rita.cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
    ann.cli(&["record", "add", "Hidden Client", "--owner", "ann"]).ok();
    for narrow in ["responsible=ann", "no_responsible=true"] {
        assert_eq!(bob.api("GET", &format!("/records?locked=true&{narrow}"), &Value::Null).status, 422, "{narrow}");
    }
    let locked = bob.cli(&["record", "list", "--locked", "hidden"]).ok().out;
    says(&locked, "Hidden Client");
    for untold in ["ann", "No responsible"] {
        says_not(&locked, untold);
    }
    rita.cli(&["settings", "--ask-responsible", "off"]).ok();
    ann.cli(&["record", "add", "Later Client"]).ok();
}
