//! Numbers that would tell of records: whoever does not see a record learns from no count that it is there.

use interoffice_tests::web::Browser;
use interoffice_tests::{Office, card, import, linked, says, share, until};
use serde_json::{Value, json};

/// Rita administers and sees all; Ruth administers and is a specialist, so she does not; Ann, Bob and Carl are practitioners. Ann has three
/// records, one of them private and one out of use; Bob has one; a group has one of Ann's.
fn harbour() -> Office {
    let office = Office::open("Harbour Advice");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "carl", "ruth"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["user", "role", "ruth", "Administrator", "--yes"]).ok();
    office.cli(&["specialist", "enable", "ruth", "--yes"]).ok();
    office.cli(&["group", "add", "Tax", "--member", "bob"]).ok();
    office.signed_in("rita").carry_out("/client-access", &json!({ "on": true })).ok();
    let mut ann = office.signed_in("ann");
    let clara = ann.make(&json!({ "name": "Clara Client", "assign": ["ann"] }));
    ann.make(&json!({ "name": "Paul Private", "private": true, "assign": ["ann"] }));
    let old = ann.make(&json!({ "name": "Otto Old", "assign": ["ann"] }));
    ann.carry_out("/records/archive", &json!({ "records": [old] })).ok();
    ann.share(&clara, "group Tax", "read").ok();
    office.signed_in("bob").make(&json!({ "name": "Berta Business", "kind": "business", "assign": ["bob"] }));
    office
}

fn kinds(contacts: u64, businesses: u64) -> Value {
    json!({ "contacts": contacts, "businesses": businesses, "households": 0 })
}

/// The number of records of each user, as a caller is told it.
#[track_caller]
fn owned(browser: &mut Browser) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for user in browser.get("/users").ok()["items"].as_array().expect("users") {
        let name = user["name"].as_str().expect("a name").to_owned();
        assert!(user.get("records").is_some(), "the member is there, be it null: {user}");
        let alone = browser.get(&format!("/users/{name}")).ok();
        let found_by_name = browser.get(&format!("/users?text={name}")).ok()["items"][0].clone();
        assert_eq!(
            (&alone["records"], &found_by_name["records"]),
            (&user["records"], &user["records"]),
            "one, listed and searched for alike"
        );
        found.push((name, user["records"].clone()));
    }
    found
}

#[track_caller]
fn status(browser: &mut Browser) -> Value {
    browser.get("/status").ok()["counts"]["records"].clone()
}

fn each(numbers: [Value; 5]) -> Vec<(String, Value)> {
    ["ann", "bob", "carl", "rita", "ruth"].map(str::to_owned).into_iter().zip(numbers).collect()
}

/// P-01, V-06, I-04, INV-01: how many records a colleague owns is for that colleague and for administrators.
#[test]
fn p_01_how_many_records_a_colleague_owns_is_told_to_administrators_alone() {
    let office = harbour();
    let nothing = || Value::Null;
    let mut carl = office.signed_in("carl");
    assert_eq!(owned(&mut carl), each([nothing(), nothing(), kinds(0, 0), nothing(), nothing()]));
    let mut ann = office.signed_in("ann");
    assert_eq!(owned(&mut ann), each([kinds(2, 0), nothing(), nothing(), nothing(), nothing()]), "her own number stays");
    assert_eq!(ann.get("/session").ok()["user"]["records"], kinds(2, 0));
    assert_eq!(carl.get("/specialists").ok()["items"][0]["records"], Value::Null, "nor in the list of specialists");
    for admin in ["rita", "ruth"] {
        let all = each([kinds(2, 0), kinds(0, 1), kinds(0, 0), kinds(0, 0), kinds(0, 0)]);
        assert_eq!(owned(&mut office.signed_in(admin)), all, "{admin} administers, and needs the numbers when somebody goes");
    }
}

/// P-01, V-06, S-49, INV-01: what the status counts is what the caller sees.
#[test]
fn p_01_the_status_counts_what_the_caller_sees() {
    let office = harbour();
    let counted = |total: Value, archived: u64, private: u64, by_user: Value| json!({ "total": total, "archived": archived, "private": private, "unassigned_contacts": 0, "by_user": by_user });
    let [mut ann, mut bob, mut carl] = ["ann", "bob", "carl"].map(|user| office.signed_in(user));
    assert_eq!(status(&mut carl), counted(kinds(0, 0), 0, 0, json!([])));
    assert_eq!(
        status(&mut bob),
        counted(kinds(1, 1), 0, 0, json!([{ "user": "bob", "records": kinds(0, 1) }])),
        "his own, and one by a group"
    );
    assert_eq!(status(&mut ann), counted(kinds(2, 0), 1, 1, json!([{ "user": "ann", "records": kinds(2, 0) }])));
    let all = json!([{ "user": "ann", "records": kinds(2, 0) }, { "user": "bob", "records": kinds(0, 1) }]);
    for admin in ["rita", "ruth"] {
        assert_eq!(status(&mut office.signed_in(admin)), counted(kinds(2, 1), 1, 1, all.clone()), "{admin}");
    }
    let unassigned = json!({ "name": "Ulla Unassigned", "assign": [] });
    ann.make(&unassigned);
    assert_eq!(status(&mut carl)["unassigned_contacts"], 1, "S-49: all users see it");
    assert_eq!(status(&mut carl)["total"], kinds(1, 0));
}

/// C-27, P-42, I-34: whoever takes a colleague out of the office is told what that colleague owns, private records among it, though he or she does
/// not see every record.
#[test]
fn c_27_an_administrator_keeps_the_numbers_that_deleting_a_user_takes() {
    let office = harbour();
    for admin in ["rita", "ruth"] {
        let mut admin = office.signed_in(admin);
        let refused = admin.post("/users/ann/delete/plan", &json!({}));
        assert_eq!(refused.code(), "owns-records");
        says(&refused.json()["detail"].to_string(), "ann owns 3 records");
        let plan = admin.post("/users/ann/hand-over/plan", &json!({ "to": "bob" })).ok();
        says(&plan["changes"].to_string(), "3 records of ann, 1 of them archived");
        let narrowed = admin.post("/users/ann/assign/plan", &json!({ "account": "admin" }));
        says(&narrowed.json()["detail"].to_string(), "ann owns 3 records");
    }
}

/// Everything that a list, a page or a number tells somebody without access, in one text.
#[track_caller]
fn all_told(browser: &mut Browser) -> Vec<String> {
    let mut told = Vec::new();
    let pages = [
        "/users",
        "/users/ann",
        "/specialists",
        "/groups",
        "/groups/Tax",
        "/roles",
        "/proxies",
        "/links",
        "/peers",
        "/requests",
        "/records",
        "/records?archived=true",
        "/records?text=hidden",
        "/records?owner=ann",
        "/records?locked=true",
        "/records?no_responsible=true",
        "/client-access",
        "/settings",
        "/chores",
    ];
    for page in pages {
        let answer = browser.get(page);
        let mut body = answer.json();
        for chore in body["items"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            // When a chore ran, and how often, is a matter of time.
            chore.retain(|key, _| !["runs", "last_ms", "next_ms", "state"].contains(&key.as_str()));
        }
        told.push(format!("{page} {} {body}", answer.status));
    }
    told.push(format!("/status {}", status(browser)));
    told
}

/// INV-01, P-01, V-06, K-04: a record that is made, shared, put out of use and deleted out of sight changes no list, page or number of who never
/// sees it.
#[test]
fn inv_01_a_hidden_record_changes_nothing_that_others_are_told() {
    let office = harbour();
    let [mut ann, mut carl] = ["ann", "carl"].map(|user| office.signed_in(user));
    let before = all_told(&mut carl);
    let hidden = ann.make(&json!({ "name": "Hidden Henry", "emails": ["henry@hidden.example"], "assign": ["ann"] }));
    assert_eq!(all_told(&mut carl), before, "made");
    ann.share(&hidden, "bob", "full-control").ok();
    ann.share(&hidden, "group Tax", "read").ok();
    assert_eq!(all_told(&mut carl), before, "shared with others");
    let alike = carl.post("/records", &json!({ "name": "Henry", "emails": ["henry@hidden.example"], "assign": ["carl"] })).ok();
    assert!(alike["warnings"].as_array().is_none_or(Vec::is_empty), "nor is he warned of it: {alike}");
    let made = json!({ "records": [alike["record"]] });
    carl.carry_out("/records/delete", &made).ok();
    ann.carry_out("/records/archive", &json!({ "records": [hidden] })).ok();
    assert_eq!(all_told(&mut carl), before, "out of use");
    ann.carry_out("/records/delete", &json!({ "records": [hidden] })).ok();
    assert_eq!(all_told(&mut carl), before, "deleted");
}

/// INV-01: what a chore did, which is so many records of others, is told to administrators.
#[test]
fn inv_01_what_chores_did_is_told_to_administrators_alone() {
    let (a, b, link) = linked();
    share(a.user("ann"), &link, &import(a.user("ann"), &card("Clara Client")));
    b.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    b.cli(&["user", "add", "carl"]).ok();
    b.user("bob").cli(&["link", "delete", &link, "--yes"]).ok();
    let last = |browser: &mut Browser| -> Vec<String> {
        let chores = [browser.get("/chores").ok()["items"].clone(), browser.get("/status").ok()["chores"].clone()];
        let all = chores.iter().flat_map(|chores| chores.as_array().cloned().unwrap_or_default());
        all.filter_map(|chore| chore["last"].as_str().map(str::to_owned)).filter(|last| !last.is_empty()).collect()
    };
    let (mut rita, mut carl) = (b.signed_in("rita"), b.signed_in("carl"));
    until("Rita reads that a copy was erased", || last(&mut rita).contains(&"1 erased".to_owned()));
    assert_eq!(last(&mut carl), Vec::<String>::new());
    assert!(!carl.get("/chores").ok()["items"].as_array().expect("chores").is_empty(), "that they run is no secret");
}
