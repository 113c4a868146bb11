//! The audit: who did what, found by verb, user, record and time, written out as a file, and what is noted when records are looked at.

use interoffice_tests::{Desk, Office, card, exit, import, linked, says, says_not, share};
use serde_json::{Value, json};

/// An office with Rita, who administers it, and Ann and Bob, who have clients.
fn office() -> Office {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    office
}

fn verbs(lines: &Value) -> Vec<&str> {
    lines.as_array().into_iter().flatten().filter_map(|line| line["verb"].as_str()).collect()
}

fn audit(office: &Office, filter: &[&str]) -> Value {
    office.json(&[&["audit", "--limit", "0"], filter].concat())
}

/// T-49: the audit is found by type, user, record and period; without a period it is the last seven days, newest first.
#[test]
fn t_49_the_audit_is_found_by_type_user_record_and_period() {
    let office = office();
    let (rita, ann) = (office.user("rita"), office.user("ann"));
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    ann.cli(&["record", "edit", &record, "--set", "TEL=+1 555 0100"]).ok();
    ann.cli(&["record", "access", &record, "--user", "bob=read", "--yes"]).ok();
    ann.cli(&["user", "add", "eve"]).ended(exit::REFUSED);
    rita.cli(&["user", "right", "bob", "super-user", "on"]).ok();

    let whole = audit(&office, &[]);
    assert_eq!(verbs(&whole).last(), Some(&"office.set-up"), "the log begins with the office, and nothing is from before it");
    let numbers: Vec<u64> = whole.as_array().expect("lines").iter().filter_map(|line| line["id"].as_u64()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {numbers:?}");

    assert_eq!(verbs(&audit(&office, &["--verb", "record"])), ["record.grant", "record.edit", "record.import"]);
    assert_eq!(verbs(&audit(&office, &["--verb", "record.edit"])), ["record.edit"]);
    assert!(verbs(&audit(&office, &["--verb", "rec"])).is_empty(), "a type is not cut in the middle of a word");
    assert_eq!(verbs(&audit(&office, &["--user", "ann"])), ["user.add", "record.grant", "record.edit", "record.import"]);
    assert_eq!(verbs(&audit(&office, &["--user", "ann", "--verb", "record.edit"])), ["record.edit"]);
    assert_eq!(verbs(&audit(&office, &["--about", "bob"])), ["user.right", "user.add"]);
    assert_eq!(verbs(&audit(&office, &["--record", &record])), ["record.grant", "record.edit"]);
    assert_eq!(audit(&office, &["--record", &record[..25]]), audit(&office, &["--record", &record]));
    let refused = audit(&office, &["--outcome", "refused"]);
    assert_eq!((verbs(&refused), &refused[0]["outcome"]), (vec!["user.add"], &json!("not-admin")));
    assert_eq!(audit(&office, &["--outcome", "not-admin"]), refused);
    assert_eq!(audit(&office, &["--outcome", "done"]).as_array().map(Vec::len), Some(numbers.len() - 1));

    assert!(verbs(&audit(&office, &["--from", "2020-01-01", "--to", "2020-12-31"])).is_empty());
    assert_eq!(audit(&office, &["--from", "2020-01-01"]), whole);
    assert_eq!(audit(&office, &["--since", "12h"]), whole);
    let page = office.api("GET", "/audit?limit=2", &Value::Null).body;
    assert_eq!(page["to_ms"].as_i64().zip(page["from_ms"].as_i64()).map(|(to, from)| to - from), Some(7 * 24 * 60 * 60 * 1000));
    let path = format!("/audit?limit=1000&after={}", page["next"].as_str().expect("more follow"));
    let rest = office.api("GET", &path, &Value::Null).body;
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(numbers.len() - 2), "pages follow each other without a gap");

    for bad in [&["--verb", "Bad Verb"][..], &["--from", "yesterday"], &["--since", "3"], &["--from", "2026-02-01", "--to", "2026-01-01"]] {
        office.cli(&[&["audit"], bad].concat()).ended(exit::USAGE);
    }
    ann.cli(&["audit"]).ended(exit::REFUSED);
    says(&rita.cli(&["audit"]).ok().out, "record.grant");
    says(&office.cli(&["audit", "--verb", "peer"]).ok().err, "--since");
}

/// INV-52: who is refused a look leaves a line like who is refused a deed, and an administrator who acts for another is found by name.
#[test]
fn inv_52_a_refused_look_is_written_down_and_who_acted_for_another_is_found() {
    let office = office();
    let (mut ann, mut rita) = (office.signed_in("ann"), office.signed_in("rita"));
    assert_eq!(ann.get("/audit").status, 403);
    let looks = audit(&office, &["--user", "ann", "--outcome", "refused"]);
    assert_eq!(verbs(&looks), ["api"], "{looks}");
    let seen = ["actor", "object", "outcome"].map(|member| looks[0][member].as_str().unwrap_or_default());
    assert_eq!(seen, ["user:ann", "/audit", "not-admin"]);

    let token = ann.post("/users/ann/tokens", &json!({ "name": "tool", "scopes": ["records:read"] })).ok();
    let mut tool = office.browser();
    tool.headers.insert("authorization".into(), format!("Bearer {}", token["token"].as_str().expect("a token")));
    for (reply, why) in
        [(tool.get("/links"), "scope"), (tool.json("PATCH", "/users/ann", &json!({ "email": "a@b.example" }), &[]), "not-for-tokens")]
    {
        assert_eq!((reply.status, reply.code().as_str()), (403, why));
        let line = &audit(&office, &["--user", "ann", "--outcome", why])[0];
        assert_eq!((&line["verb"], &line["outcome"]), (&json!("api"), &json!(why)));
    }

    rita.headers.insert("x-interoffice-as".into(), "ann".into());
    rita.post("/records", &json!({ "kind": "contact", "name": "Clara Client" })).ok();
    for user in ["ann", "rita"] {
        let found = audit(&office, &["--user", user, "--verb", "record.create"]);
        assert_eq!(found[0]["actor"], "user:rita for user:ann", "{user}: {found}");
    }
    assert!(verbs(&audit(&office, &["--user", "bob", "--verb", "record.create"])).is_empty());
}

/// T-49: the audit is written out as a file, by administrators only, and that is a deed of its own; no cell becomes a formula.
#[test]
fn t_49_the_audit_is_exported_as_a_file_and_that_is_written_down() {
    let office = office();
    office.user("ann").cli(&["user", "add", "eve"]).ended(exit::REFUSED);
    office.user("ann").cli(&["audit", "--export", "csv"]).ended(exit::REFUSED);
    let csv = office.user("rita").cli(&["audit", "--export", "csv"]).ok().out;
    assert!(csv.starts_with("number,time,actor,verb,object,outcome,detail\r\n"), "{csv}");
    says(&csv, "operator for user:ann,user.add,eve,not-admin");
    says(&csv, "operator for user:rita,audit.export,audit,done");
    says_not(&csv, "\n=");
    let json: Value =
        serde_json::from_str(&office.cli(&["audit", "--verb", "user", "--export", "json"]).ok().out).expect("a JSON document");
    assert_eq!(verbs(&json), ["user.add"; 4]);
    let exports = audit(&office, &["--verb", "audit"]);
    assert_eq!(verbs(&exports), ["audit.export"; 3], "each attempt has its line: {exports}");
    assert_eq!(exports[2]["outcome"], "not-admin");
    assert_eq!(verbs(&audit(&office, &["--verb", "api"])), [""; 0], "and no second one");
    says(&exports[0].to_string(), "json");
    says(&exports[0].to_string(), "verb user");
    let none: Value =
        serde_json::from_str(&office.cli(&["audit", "--verb", "peer", "--export", "json"]).ok().out).expect("a JSON document");
    assert_eq!(none, json!([]));
}

fn looks(desk: &Desk<'_>, record: &str) {
    desk.cli(&["record", "show", record]).ok();
    desk.cli(&["record", "list", "clara"]).ok();
}

/// P-40: showing a record whole and exporting records are written down where the office says so, and lists are not.
#[test]
fn p_40_views_and_downloads_are_logged_where_the_office_says_so() {
    let office = office();
    let ann = office.user("ann");
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Carl Client")));
    looks(&ann, &records[0]);
    ann.cli(&["record", "export"]).ok();
    let seen = |office: &Office| [audit(office, &["--verb", "record.view"]), audit(office, &["--verb", "record.export"])];
    assert_eq!(seen(&office), [json!([]), json!([])], "nothing of it is noted until the office says so");

    ann.cli(&["settings", "--log-views", "on"]).ended(exit::REFUSED);
    let settings = office.user("rita").json(&["settings", "--log-views", "on"]);
    assert_eq!((&settings["log_views"], &settings["log_downloads"]), (&json!(true), &json!(false)));
    looks(&ann, &records[0]);
    ann.cli(&["record", "export"]).ok();
    office.user("bob").cli(&["record", "show", "aaaaaaaaaaaaaaaaaaaaaaaaaa"]).ended(exit::NOT_FOUND);
    let [views, exports] = seen(&office);
    assert_eq!(
        (verbs(&views), &views[0]["object"], &views[0]["actor"]),
        (vec!["record.view"], &json!(records[0]), &json!("operator for user:ann"))
    );
    assert_eq!(exports, json!([]));

    let settings = office.user("rita").json(&["settings", "--log-views", "off", "--log-downloads", "on"]);
    assert_eq!((&settings["log_views"], &settings["log_downloads"]), (&json!(false), &json!(true)));
    looks(&ann, &records[0]);
    ann.cli(&["record", "export"]).ok();
    ann.cli(&["record", "export", &records[1]]).ok();
    let [views, exports] = seen(&office);
    assert_eq!(verbs(&views).len(), 1);
    assert_eq!((&exports[1]["object"], &exports[1]["detail"]), (&json!("records"), &json!("2 records")));
    assert_eq!(
        (&exports[0]["object"], exports.as_array().map(Vec::len)),
        (&json!(records[1]), Some(2)),
        "who is named has a line: {exports}"
    );
    says(&audit(&office, &["--verb", "office"]).to_string(), "office.log-downloads");
    says_not(&audit(&office, &[]).to_string(), "Clara");
}

/// P-40: copies that other offices share are noted in the same way, with the link that brought them.
#[test]
fn p_40_views_of_received_copies_are_logged_too() {
    let (alder, birch, link) = linked();
    let record = import(alder.user("ann"), &card("Clara Client")).remove(0);
    share(alder.user("ann"), &link, std::slice::from_ref(&record));
    birch.cli(&["settings", "--log-views", "on", "--log-downloads", "on"]).ok();
    birch.user("bob").cli(&["record", "show", &record]).ok();
    birch.user("bob").cli(&["record", "export"]).ok();
    birch.user("bob").cli(&["record", "export", &record]).ok();
    let lines = audit(&birch, &["--user", "bob", "--verb", "record"]);
    assert_eq!(verbs(&lines), ["record.export", "record.export", "record.view"]);
    assert_eq!((&lines[2]["object"], &lines[0]["object"]), (&json!(record), &json!(record)));
    says(&lines[2].to_string(), "a copy of link");
    says(&lines[1].to_string(), "1 copy");
}
