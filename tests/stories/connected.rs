//! Who is connected to a record, and for whom it opens offline: the owner and the co-owners, as far as they own anything now.

use interoffice_tests::screen::whose;
use interoffice_tests::web::Browser;
use interoffice_tests::{Office, says, says_not};
use serde_json::{Value, json};

/// Rita administers; Ann, Bob and Eve are practitioners, and Ann has made Bob and Eve co-owners of Clara.
fn three_owners() -> (Office, String) {
    let office = Office::open("Harbour Advice");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "eve"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.signed_in("rita").carry_out("/client-access", &json!({ "on": true })).ok();
    let mut ann = office.signed_in("ann");
    let clara = ann.make(&json!({ "name": "Clara Client", "emails": ["clara@client.example"] }));
    for other in ["bob", "eve"] {
        ann.share(&clara, other, "full-control").ok();
    }
    (office, clara)
}

/// What a user reads of a record: who is connected to it and whether it opens offline, the same in the list, in its pages, in the list
/// of what was searched for, and of the record alone.
#[track_caller]
fn told(browser: &mut Browser, record: &str) -> (Vec<String>, bool) {
    let of = |record: &Value| (record["connected_to"].clone(), record["offline"].clone());
    let alone = of(&browser.get(&format!("/records/{record}")).ok());
    for query in ["limit=1000", "limit=1", "text=clara", "owner=ann", "locked=true"] {
        let items = browser.get(&format!("/records?{query}")).ok()["items"].clone();
        let found = items.as_array().into_iter().flatten().find(|item| item["id"] == record).map(of);
        assert_eq!(found.as_ref(), Some(&alone), "the list by {query} and the record say the same");
    }
    let names = alone.0.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    (names.collect(), alone.1 == true)
}

fn account(office: &Office, user: &str, account: &str) {
    office.signed_in("rita").carry_out(&format!("/users/{user}/assign"), &json!({ "account": account })).ok();
}

fn names(of: &[&str], offline: bool) -> (Vec<String>, bool) {
    (of.iter().map(|name| (*name).to_owned()).collect(), offline)
}

/// V-12 to V-15, V-24, V-28, I-33: an assistant owns no client, not even with others, whatever was shared before; so he or she is not named
/// among the owners, has no asterisk, and keeps Write.
#[test]
fn v_14_who_became_an_assistant_is_no_owner_in_the_list_the_mark_or_the_record() {
    let (office, clara) = three_owners();
    let [mut ann, mut bob, mut eve] = ["ann", "bob", "eve"].map(|user| office.signed_in(user));
    for each in [&mut ann, &mut bob, &mut eve] {
        assert_eq!(told(each, &clara), names(&["ann", "bob", "eve"], true), "V-15, V-24: who has Full Control owns it too");
    }

    let plan = office.signed_in("rita").post("/users/eve/assign/plan", &json!({ "account": "assistant" })).ok();
    says(&plan["changes"].to_string(), "eve has Write instead of Full Control on 1 record");
    account(&office, "eve", "assistant");
    for (each, offline) in [(&mut ann, true), (&mut bob, true), (&mut eve, false)] {
        assert_eq!(told(each, &clara), names(&["ann", "bob"], offline), "V-13, V-14, V-28, I-33");
    }
    assert_eq!(eve.access(&clara), "write", "V-28: Write does not open offline");
    says_not(&office.user("eve").cli(&["record", "list"]).ok().out, "*");
    assert_eq!(whose(&ann.shares(&clara)["users"]), ["bob=full-control", "eve=write"], "V-17: each with what he or she has");

    account(&office, "eve", "practitioner");
    assert_eq!(told(&mut eve, &clara), names(&["ann", "bob", "eve"], true), "a practitioner owns again what was shared");
    assert_eq!(whose(&ann.shares(&clara)["users"]), ["bob=full-control", "eve=full-control"]);
}

/// V-13 to V-15, V-24, I-03, K-01: who is disabled can do nothing with a record and is not named as a co-owner; the owner stays the owner, and
/// stands first, until somebody else is.
#[test]
fn v_14_who_is_disabled_is_no_co_owner_and_the_owner_stays_the_owner() {
    let (office, clara) = three_owners();
    let [mut ann, mut eve, mut rita] = ["ann", "eve", "rita"].map(|user| office.signed_in(user));
    rita.carry_out("/users/bob/disable", &json!({})).ok();
    assert_eq!(told(&mut ann, &clara), names(&["ann", "eve"], true), "V-14: the complete list of those who own it");
    assert_eq!(told(&mut eve, &clara), names(&["ann", "eve"], true));
    assert_eq!(told(&mut rita, &clara), names(&["ann", "eve"], false));
    rita.post("/users/bob/enable", &json!({})).ok();
    assert_eq!(told(&mut ann, &clara), names(&["ann", "bob", "eve"], true), "the share stayed, so it counts again");

    rita.carry_out("/users/ann/disable", &json!({})).ok();
    assert_eq!(told(&mut eve, &clara), names(&["ann", "bob", "eve"], true), "K-01: exactly one owner, who stands first");
    rita.carry_out(&format!("/records/{clara}/owner"), &json!({ "owner": "eve", "keep": "full-control" })).ok();
    let shown = eve.get(&format!("/records/{clara}")).ok();
    assert_eq!(shown["connected_to"], json!(["eve", "bob"]), "what Ann keeps is of no use while she is disabled");
}
