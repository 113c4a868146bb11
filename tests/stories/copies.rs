//! Where the copies of a record are, and what the other office would get, before it gets anything.

use interoffice_tests::{card, copies, enable, exit, household, import, link, linked, says, says_not, share, specialists, until};
use serde_json::{Value, json};

/// What the ledger says of each copy: user, state, version.
fn said(ledger: &Value) -> Vec<(String, String, String)> {
    let text = |copy: &Value, name: &str| copy[name].as_str().unwrap_or("none").to_owned();
    ledger.as_array().expect("a list").iter().map(|copy| (text(copy, "user"), text(copy, "state"), text(copy, "version"))).collect()
}

/// N-05: every office and person that holds a copy, with its version, the last word of that office, and the end of its lease; what was
/// taken back stands there with its receipt.
#[test]
fn n_05_the_owner_sees_where_the_copies_of_a_record_are() {
    let (a, mut b, to_bob) = linked();
    enable(&b, "dora");
    let ann = a.user("ann");
    let to_dora = link(ann, b.user("dora"));
    let records = import(ann, &(card("Petra Miller") + &card("Otto Other")));
    says(&ann.cli(&["record", "copies", &records[0]]).ok().all(), "No other office holds a copy");
    share(ann, &to_bob, &records);
    share(ann, &to_dora, &records[..1]);
    let ledger = ann.json(&["record", "copies", &records[0]]);
    let version = ann.json(&["record", "show", &records[0]])["version"].as_str().expect("a version").to_owned();
    let row = |user: &str, state: &str, version: &str| (user.to_owned(), state.to_owned(), version.to_owned());
    assert_eq!(said(&ledger), [row("bob", "delivered", &version), row("dora", "delivered", &version)]);
    for (link, user) in [(&to_bob, "bob"), (&to_dora, "dora")] {
        let there = copies(b.user(user), link).into_iter().find(|copy| copy["id"] == json!(records[0])).expect("a copy");
        assert_eq!(there["version"], json!(version), "what {user} holds is what the ledger says");
    }
    let first = &ledger[0];
    assert_eq!((&first["office_name"], &first["shared_by"], &first["link"]), (&json!("Office B"), &json!("ann"), &json!(to_bob)));
    assert!(first["last_heard_ms"].as_i64() < first["lease_until_ms"].as_i64(), "{first}");
    assert_eq!(said(&ann.json(&["record", "copies", &records[1]])).len(), 1);
    says(&ann.cli(&["record", "copies", &records[0]]).ok().out, "Office B");

    assert_eq!(b.stop(), Some(0));
    ann.cli(&["record", "edit", &records[0], "--set", "NOTE=changed"]).ok();
    ann.cli(&["record", "unshare", "--link", &to_dora, &records[0], "--yes"]).ok();
    let away = said(&ann.json(&["record", "copies", &records[0]]));
    assert_eq!(away, [row("bob", "on the way", &version), row("dora", "being removed", &version)], "the old versions are still there");
    b.serve();
    let after = ann.json(&["record", "show", &records[0]])["version"].as_str().expect("a version").to_owned();
    until("both offices agree again", || {
        said(&ann.json(&["record", "copies", &records[0]])) == [row("bob", "delivered", &after), row("dora", "removed", "none")]
    });
    let gone = ann.json(&["record", "copies", &records[0]])[1].clone();
    let part = ann.json(&["link", "show", &to_dora])["parts"][0].clone();
    assert_eq!((&gone["receipt"], &gone["lease_until_ms"]), (&part["receipt"], &Value::Null));
    assert!(gone["receipt"].is_string() && gone["removed_ms"].is_i64(), "{gone}");
}

/// N-05, V-01: who else sees the record learns nothing of the owner's links; administrators do.
#[test]
fn n_05_only_the_owner_and_administrators_see_where_copies_are() {
    let (a, _b, to_bob) = linked();
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["cleo", "carl"] {
        a.cli(&["user", "add", user]).ok();
    }
    let ann = a.user("ann");
    let records = import(ann, &card("Petra Miller"));
    share(ann, &to_bob, &records);
    ann.cli(&["record", "access", &records[0], "--user", "cleo=full-control", "--yes"]).ok();
    let refused = a.user("cleo").cli(&["record", "copies", &records[0]]).ended(exit::REFUSED);
    says(&refused, "only the owner of a record and administrators");
    says_not(&refused, "bob");
    a.user("carl").cli(&["record", "copies", &records[0]]).ended(exit::NOT_FOUND);
    assert_eq!(said(&a.user("rita").json(&["record", "copies", &records[0]])).len(), 1);
    assert_eq!(said(&a.json(&["record", "copies", &records[0]])).len(), 1, "the operator too");
}

/// N-04, S-14: before anything is shared its owner sees exactly what the other user would get, within what the link shows; what comes is the
/// same. The hash is that of the bytes that are sent (`daemon/core/tests/federation/ledger.rs`).
#[test]
fn n_04_a_preview_shows_what_the_other_office_would_get() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Petra Miller") + &card("Paul Private") + &household("The Millers", &["Petra Miller"])));
    ann.cli(&["record", "edit", &records[0], "--add-related", "case=Fire claim/pending", "--add-related", "policy=Life 12/in force"]).ok();
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    let asked = ann.json(&["link", "request", "Office B/bob", "--fields", "name,emails", "--related", "case"]);
    let link = asked["link"].as_str().expect("an id").to_owned();
    let preview = |body: &Value| ann.api("POST", &format!("/links/{link}/preview"), body);
    let one = preview(&json!({ "records": [records[0]] })).body;
    assert_eq!(one["total"], 1, "{one}");
    let petra = one["items"][0].clone();
    says_not(&petra.to_string(), "555 0100");
    says_not(&petra.to_string(), "Life 12");
    says(&petra.to_string(), "Fire claim");
    assert_eq!(petra["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(preview(&json!({ "records": [records[2]] })).body["total"], 2, "a household brings its members");
    assert_eq!(preview(&json!({ "records": [records[1]] })).status, 403, "what is private is confirmed first");
    assert_eq!(preview(&json!({ "records": [records[1]], "include_private": true })).body["total"], 1);
    assert_eq!(bob.api("POST", &format!("/links/{link}/preview"), &json!({ "all_mine": true })).status, 403);

    interoffice_tests::accept(bob, &link);
    ann.cli(&["link", "wait", &link]).ok();
    share(ann, &link, &records[..1]);
    let came = bob.json(&["record", "show", &records[0]]);
    for part in ["name", "kind", "version", "fields", "related", "members"] {
        assert_eq!(petra[part], came[part], "{part}");
    }
    assert_eq!(preview(&json!({ "records": [records[0]] })).body["items"][0]["sha256"], petra["sha256"]);
}
