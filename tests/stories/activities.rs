//! What a specialist notes of the work with a contact that another office shares: his or hers alone, and gone when the copy is.

use interoffice_tests::web::Line;
use interoffice_tests::{Canary, Desk, card, copies, enable, exit, import, link, linked, says, says_not, scan, share, until};
use serde_json::{Value, json};

/// Subjects of the activities of a record, as its specialist lists them.
fn subjects(desk: Desk<'_>, record: &str) -> Vec<String> {
    let listed = desk.json(&["record", "activity", "list", record]);
    listed.as_array().expect("a list").iter().map(|activity| activity["subject"].as_str().expect("a subject").to_owned()).collect()
}

fn note(desk: Desk<'_>, record: &str, subject: &str) -> String {
    let noted = desk.json(&["record", "activity", "add", record, "--kind", "call", "--subject", subject]);
    noted["id"].as_str().expect("an id").to_owned()
}

/// Status and code of an answer.
fn answer(desk: Desk<'_>, method: &str, path: &str, body: &Value) -> (u16, String) {
    let answered = desk.api(method, path, body);
    (answered.status, answered.body["code"].as_str().unwrap_or_default().to_owned())
}

fn told(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// S-47: a specialist can add an activity to a contact shared from another office; he/she gets neither reports over, nor calendar views of,
/// the other office's users. Ann at the other office does not see it.
#[test]
fn s_47_a_specialist_adds_an_activity_to_a_contact_of_another_office() {
    let (a, b, to_bob) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Petra Miller") + &card("Otto Other")));
    share(ann, &to_bob, &records);
    says(&bob.cli(&["record", "activity", "list", &records[0]]).ok().all(), "interoffice record activity add");
    let word = Canary(7).word("call");
    let add = ["record", "activity", "add", &records[0], "--kind", "call", "--subject", &word, "--text", "Wants\nanother quote"];
    let said = bob.cli(&[&add[..], &["--at", "2026-03-01T09:30:00Z"]].concat()).ok().all();
    says(&said, "is noted");
    says(&said, "goes when the copy goes");
    note(bob, &records[0], "Second call");
    let listed = bob.json(&["record", "activity", "list", &records[0]]);
    let first = &listed[1];
    assert_eq!((&first["kind"], &first["subject"], &first["text"]), (&json!("call"), &json!(word), &json!("Wants\nanother quote")));
    assert_eq!(first["at_ms"], 1_772_357_400_000_i64);
    assert_eq!(subjects(bob, &records[0]), ["Second call".to_owned(), word.clone()], "the latest first");
    says(&bob.cli(&["record", "activity", "list", &records[0]]).ok().out, "2026-03-01");
    assert_eq!(subjects(bob, &records[1]), [""; 0]);

    // Of Bob's activities nothing comes to the office that shares the contact.
    assert_eq!(subjects(ann, &records[0]), [""; 0]);
    assert!(scan(a.root()).is_empty(), "not in a single byte");
    // Nor has Bob anything over the users of that office: they are not among his users, and their doings are told by no route.
    says_not(&bob.json(&["user", "list"]).to_string(), "ann");
    assert_eq!(answer(bob, "GET", "/users/ann", &Value::Null), told(404, "unknown-user"));
    assert_eq!(answer(bob, "GET", "/audit?user=ann", &Value::Null), told(403, "not-admin"));
    bob.cli(&["record", "events", &records[0]]).ended(exit::REFUSED);
    let document = bob.api("GET", "/openapi.json", &Value::Null).body;
    let views: Vec<&String> = document["paths"].as_object().expect("paths").keys().filter(|path| tells_of_users(path)).collect();
    assert!(views.is_empty(), "{views:?}");
}

/// Whether a path is one of reports or calendars.
fn tells_of_users(path: &str) -> bool {
    ["calendar", "report", "schedule"].iter().any(|word| path.contains(word))
}

/// S-47, S-28: activities go with their copy, whether one contact is taken back or the link ends; what comes again comes without them.
#[test]
fn s_47_activities_go_with_the_copy() {
    let (a, mut b, to_bob) = linked();
    let ann = a.user("ann");
    let records = import(ann, &(card("Petra Miller") + &card("Otto Other")));
    share(ann, &to_bob, &records);
    for (number, record) in records.iter().enumerate() {
        note(b.user("bob"), record, &Canary(number + 1).word("call"));
    }
    ann.cli(&["record", "edit", &records[0], "--set", "NOTE=changed"]).ok();
    ann.cli(&["link", "wait", &to_bob, "--until", "synced"]).ok();
    b.restart();
    assert_eq!(subjects(b.user("bob"), &records[0]), [Canary(1).word("call")], "a new version and a new start leave them");
    assert_eq!(scan(b.root()).len(), 2);

    ann.cli(&["record", "unshare", "--link", &to_bob, &records[0], "--yes"]).ok();
    until("the copy is gone", || copies(b.user("bob"), &to_bob).len() == 1);
    b.user("bob").cli(&["record", "activity", "list", &records[0]]).ended(exit::NOT_FOUND);
    until("not a byte is left of what was noted on it", || scan(b.root()).into_keys().eq([2]));
    share(ann, &to_bob, &records[..1]);
    assert_eq!(subjects(b.user("bob"), &records[0]), [""; 0], "it comes again as it is at home");

    ann.cli(&["link", "delete", &to_bob, "--yes"]).ok();
    ann.cli(&["link", "wait", &to_bob, "--until", "erased"]).ok();
    assert!(scan(b.root()).is_empty(), "not a byte after the end");
    // The audit says that there was one, and not what it said.
    let deeds = b.events();
    let added: Vec<&Value> = deeds.iter().filter(|line| line["verb"] == "activity.add").collect();
    assert_eq!(added.len(), 2);
    assert_eq!((&added[0]["object"], &added[0]["outcome"]), (&json!(records[0]), &json!("done")));
}

/// S-47: nobody else in the office reads or notes them, not even an administrator; what does not fit is named.
#[test]
fn s_47_activities_are_the_specialists_own() {
    let (a, b, to_bob) = linked();
    enable(&b, "dora");
    b.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Petra Miller") + &card("Otto Other")));
    share(ann, &to_bob, &records[..1]);
    let to_dora = link(ann, b.user("dora"));
    share(ann, &to_dora, &records[..1]);
    let activity = note(bob, &records[0], "Asked for a policy");
    let path = format!("/records/{}/activities", records[0]);
    assert_eq!(subjects(b.user("dora"), &records[0]), [""; 0], "Dora has a copy of her own");
    assert_eq!(answer(b.user("dora"), "DELETE", &format!("{path}/{activity}"), &Value::Null), told(404, "unknown-activity"));
    assert_eq!(answer(b.user("rita"), "GET", &path, &Value::Null), told(404, "unknown-record"));
    assert_eq!(answer(b.user("rita"), "POST", &path, &json!({ "kind": "call", "subject": "x" })), told(404, "unknown-record"));
    says(&b.cli(&["record", "activity", "list", &records[0]]).ended(exit::USAGE), "--as USER");

    let new = |body: Value| answer(bob, "POST", &path, &body);
    assert_eq!(new(json!({ "kind": "visit", "subject": "x" })), told(422, "bad-kind"));
    assert_eq!(new(json!({ "kind": "call", "subject": " " })), told(422, "bad-subject"));
    assert_eq!(new(json!({ "kind": "call", "subject": "x", "text": "a\u{0}b" })), told(422, "bad-text"));
    assert_eq!(new(json!({ "kind": "call", "subject": "x", "at_ms": -1 })), told(422, "bad-time"));
    assert_eq!(new(json!({ "kind": "call", "subject": "x", "colour": "red" })), told(422, "bad-body"));
    assert_eq!(answer(bob, "GET", &format!("{path}?limit=0"), &Value::Null), told(422, "bad-limit"));
    assert_eq!(answer(bob, "GET", &format!("{path}?after=nowhere"), &Value::Null), told(422, "bad-place"));
    assert_eq!(answer(bob, "DELETE", &format!("{path}/{}", records[0]), &Value::Null), told(404, "unknown-activity"));
    assert_eq!(
        answer(bob, "POST", &format!("/records/{}/activities", records[1]), &json!({ "kind": "call", "subject": "x" })),
        told(404, "unknown-record")
    );
    let own = import(bob, &card("Clara Own"));
    let to_own = format!("/records/{}/activities", own[0]);
    assert_eq!(answer(bob, "POST", &to_own, &json!({ "kind": "call", "subject": "x" })), told(409, "own-record"));
    assert_eq!(bob.api("GET", &to_own, &Value::Null).body["items"], json!([]));
    // A program that only reads notes nothing, and an administrator does nothing in his name.
    let token = b.json(&["token", "add", "bob", "Reader", "--scope", "records:read"])["token"].as_str().expect("a token").to_owned();
    let mut program = Line::new(b.browser());
    let as_program = [("authorization", &*format!("Bearer {token}"))];
    assert_eq!(program.ask("GET", &path, &Value::Null, &as_program).status, 200);
    let call = json!({ "kind": "call", "subject": "x" });
    assert_eq!(program.ask("POST", &path, &call, &as_program).status, 403);
    assert_eq!(program.ask("DELETE", &format!("{path}/{activity}"), &Value::Null, &as_program).status, 403);
    let mut rita = Line::new(b.signed_in("rita"));
    for (method, body) in [("GET", &Value::Null), ("POST", &call)] {
        let answer = rita.ask(method, &path, body, &[("x-interoffice-as", "bob")]);
        assert!([403, 404].contains(&answer.status), "{method}: {answer:?}");
    }
    // Who accepts no cases sees neither the copy nor the activities, and loses none.
    bob.cli(&["preferences", "--accept-cases", "off"]).ok();
    assert_eq!(answer(bob, "GET", &path, &Value::Null).0, 404);
    assert_eq!(new(call.clone()).0, 404);
    bob.cli(&["preferences", "--accept-cases", "on"]).ok();
    // Whose role does not let him or her edit notes nothing, and reads on.
    b.cli(&["role", "add", "Reader", "--allow", "exchange"]).ok();
    b.cli(&["user", "role", "bob", "Reader", "--yes"]).ok();
    assert_eq!(new(json!({ "kind": "call", "subject": "x" })), told(403, "role"));
    assert_eq!(answer(bob, "DELETE", &format!("{path}/{activity}"), &Value::Null), told(403, "role"));
    assert_eq!(subjects(bob, &records[0]), ["Asked for a policy"]);
    b.cli(&["user", "role", "bob", "Practitioner", "--yes"]).ok();
    says(&bob.cli(&["record", "activity", "remove", &records[0], &activity]).ok().out, "taken away");
    bob.cli(&["record", "activity", "remove", &records[0], &activity]).ended(exit::NOT_FOUND);
    assert_eq!(subjects(bob, &records[0]), [""; 0]);
}

/// S-47: long lists come in parts, also when activities are of the same moment; a request that is sent twice notes one.
#[test]
fn s_47_many_activities_come_page_by_page() {
    let (a, b, to_bob) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &card("Petra Miller"));
    share(ann, &to_bob, &records);
    let path = format!("/records/{}/activities", records[0]);
    for number in 0..7 {
        let new = json!({ "kind": "note", "subject": number.to_string(), "at_ms": number / 3 });
        assert_eq!(bob.api("POST", &path, &new).status, 200);
    }
    let mut found = Vec::new();
    let mut place = String::new();
    loop {
        let page = bob.api("GET", &format!("{path}?limit=3{place}"), &Value::Null).body;
        found.extend(page["items"].as_array().expect("items").iter().map(|activity| activity["subject"].to_string()));
        match page["next"].as_str() {
            Some(next) => place = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), 7);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 7, "each of them once");
    let mut line = Line::new(b.signed_in("bob"));
    let new = json!({ "kind": "call", "subject": "Sent twice" });
    let twice = [(), ()].map(|()| line.ask("POST", &path, &new, &[("idempotency-key", "k-1")]).ok());
    assert_eq!(twice[0], twice[1]);
    assert_eq!(subjects(bob, &records[0]).len(), 8);
    says_not(&twice[0].to_string(), "Sent twice");
}
