//! A day in a clinic: a file goes to another practitioner, is opened to some and to all, and one role sees every client.

use interoffice_tests::screen::whose;
use interoffice_tests::{Office, exit, says};
use serde_json::{Value, json};

use super::all_see;

const USERS: [&str; 4] = ["ann", "bob", "carl", "dora"];

/// Scenario 9 without its forms, a day in a clinic. I-01 to I-05, I-12 to I-17: Rita's is the admin account, Dr. Ann, Dr. Bob and Dr. Carl
/// have clients, Dora leads the clinic, Eve assists.
///
/// ```text
/// morning   Ann's client, and Eve makes one for Bob     I-02, I-03, I-04, I-05
/// noon      Ann's client becomes Bob's                  I-01, I-12, I-14, I-15, I-17
/// evening   all practitioners, then one role            I-13, I-16
/// ```
#[test]
fn scenario_9_a_day_in_a_clinic_without_forms() {
    let office = Office::open("Clinic");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in USERS {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["user", "add", "eve", "--account", "assistant"]).ok();
    let mut rita = office.signed_in("rita");
    let mut eve = office.signed_in("eve");
    rita.carry_out("/client-access", &json!({ "on": true })).ok();
    let [mut ann, mut bob, mut carl, mut dora] = USERS.map(|user| office.signed_in(user));

    // Morning: clients are made by hand, by a practitioner and by an assistant.
    let clara = ann.make(&json!({ "name": "Clara Client" }));
    eve.make(&json!({ "name": "Bert Client", "owner": "bob" }));
    let mut people =
        [("ann", &mut ann), ("bob", &mut bob), ("carl", &mut carl), ("dora", &mut dora), ("eve", &mut eve), ("rita", &mut rita)];
    let morning: [&[&str]; 6] = [&["Clara Client"], &["Bert Client"], &[], &[], &[], &["Bert Client", "Clara Client"]];
    all_see(&mut people, "", &morning, "I-02, I-04, I-05: the owner and the admin account");
    assert_eq!(rita.share(&clara, "rita", "none").ok()["owner"], "ann");
    assert_eq!(rita.names(""), ["Bert Client", "Clara Client"], "I-02: nobody can take that away, not even Rita herself");
    assert_eq!(rita.carry_out("/users/rita/assign", &json!({ "role": "Assistant" })).status, 403, "I-02: nor the role");
    assert_eq!(ann.share(&clara, "rita", "none").ok()["owner"], "ann");
    assert_eq!(rita.access(&clara), "full-control");

    // Noon: several have the file, one owns it; the dialog is opened from the file, and gives it to Bob.
    ann.share(&clara, "carl", "write").ok();
    let profile = office.user("ann").cli(&["record", "show", &clara]).ok();
    says(&profile.err, &format!("interoffice record access {clara}"));
    let dialog = ann.shares(&clara);
    assert_eq!((&dialog["owner"], whose(&dialog["users"])), (&json!("ann"), vec!["carl=write".to_owned()]), "I-01, I-14, I-15");
    assert_eq!(carl.names(""), ["Clara Client"], "I-14: specific practitioners");
    assert_eq!(carl.carry_out(&format!("/records/{clara}/owner"), &json!({ "owner": "carl" })).code(), "not-owner", "I-12");
    let plan = ann.post(&format!("/records/{clara}/owner/plan"), &json!({ "owner": "bob" })).ok();
    says(&plan["changes"].to_string(), "bob owns the record instead of ann");
    assert_eq!((ann.listed("Clara Client")["owner"].clone(), bob.names("")), (json!("ann"), vec!["Bert Client".to_owned()]));
    ann.carry_out(&format!("/records/{clara}/owner"), &json!({ "owner": "bob" })).ok();
    let file = bob.listed("Clara Client");
    assert_eq!((&file["owner"], &file["connected_to"]), (&json!("bob"), &json!(["bob"])), "I-03, I-12: exactly one owner, another one");
    assert_eq!((ann.names(""), carl.access(&clara)), (Vec::new(), "write".to_owned()), "I-17: grants stay, the old owner has none");
    bob.share(&clara, "carl", "none").ok();
    assert_eq!(carl.names(""), Vec::<String>::new(), "I-17: unless they are removed in the dialog");
    assert_eq!(
        bob.carry_out(&format!("/records/{clara}/owner"), &json!({ "owner": "eve" })).status,
        403,
        "I-03: a practitioner, no assistant"
    );

    // Evening: one file for the whole clinic, and one role for every file.
    bob.share(&clara, "whole office", "write").ok();
    let mut people = [("ann", &mut ann), ("bob", &mut bob), ("carl", &mut carl), ("dora", &mut dora), ("eve", &mut eve)];
    let file: &[&str] = &["Clara Client"];
    all_see(&mut people, "", &[file, &["Bert Client", "Clara Client"], file, file, file], "I-13: open to all practitioners in the clinic");
    bob.share(&clara, "whole office", "none").ok();
    let mut people = [("ann", &mut ann), ("carl", &mut carl), ("dora", &mut dora), ("eve", &mut eve)];
    all_see(&mut people, "", &[&[] as &[&str]; 4], "I-13: and closed again");
    rita.post("/roles", &json!({ "name": "Lead", "permissions": ["all-clients", "edit"] })).ok();
    rita.carry_out("/users/dora/assign", &json!({ "role": "Lead" })).ok();
    assert_eq!(dora.names(""), ["Bert Client", "Clara Client"], "I-16: a role with the permission Can access all clients");
    dora.edit(&clara, "TEL", "+1 555 0100").ok();
    let why: Value = office.json(&["record", "explain", &clara, "--user", "dora"]);
    assert_eq!(why[0]["because"][0]["source"], "role", "I-16");
    let private = ann.make(&json!({ "name": "Paula Private", "private": true }));
    assert_eq!((dora.access(&private), rita.access(&private)), ("unknown-record".to_owned(), "full-control".to_owned()), "I-02, I-16");
    rita.carry_out("/users/dora/assign", &json!({ "role": "Practitioner" })).ok();
    assert_eq!(dora.names(""), Vec::<String>::new(), "I-16: with the role it goes");
    office.user("dora").cli(&["record", "show", &clara]).ended(exit::NOT_FOUND);
}
