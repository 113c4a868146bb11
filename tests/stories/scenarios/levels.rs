//! A day of three levels: what Read, Write and Full Control allow, who is connected to what, and what opens offline.

use interoffice_tests::screen::whose;
use interoffice_tests::web::Browser;
use interoffice_tests::{Office, exit, link, pair, says, says_not, share};
use serde_json::json;

use super::all_see;

/// Scenario 7, a day with three levels. V-01 to V-30: Rita administers, Ann and Bob are advisers, Carl is new, Dora gets a role.
///
/// ```text
/// morning   Ann makes Clara and Karl       who sees what: V-01, V-03, V-04, V-06, V-08, V-09, V-10, V-49
/// noon      Bob gets Read, Write, Full     the three levels: V-20, V-21, V-22, V-23, V-24, V-25, V-26
/// evening   who is connected, what opens   Connected To, asterisk, offline: V-11 to V-15, V-27, V-28, V-29
/// night     Dora gets the role, firms      V-05, V-30, V-50
/// ```
#[test]
fn scenario_7_a_day_with_read_write_and_full_control() {
    let office = Office::open("Harbour Advice");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for (user, first, last) in [("ann", "Ann", "Archer"), ("bob", "Bob", "Baker"), ("carl", "Carl", "Cook"), ("dora", "Dora", "Dyer")] {
        office.cli(&["user", "add", user, "--first-name", first, "--last-name", last, "--email", &format!("{user}@harbour.example")]).ok();
    }
    let mut rita = office.signed_in("rita");
    rita.carry_out("/client-access", &json!({ "on": true })).ok();
    let [mut ann, mut bob, mut carl, mut dora] = ["ann", "bob", "carl", "dora"].map(|user| office.signed_in(user));

    // Morning: who makes a record owns it, and it is seen by nobody else but those who see all.
    let clara = ann.make(&json!({ "name": "Clara Client", "emails": ["clara@client.example"] }));
    let karl = ann.make(&json!({ "name": "Karl Client" }));
    carl.make(&json!({ "name": "Nora New" }));
    let mut people = [("ann", &mut ann), ("bob", &mut bob), ("carl", &mut carl), ("dora", &mut dora), ("rita", &mut rita)];
    let hers: &[&str] = &["Clara Client", "Karl Client"];
    let morning = [hers, &[], &["Nora New"], &[], &["Clara Client", "Karl Client", "Nora New"]];
    all_see(&mut people, "", &morning, "V-01, V-03, V-06, V-08: owners see their own, an administrator sees every record of the firm");
    let whole = office.json(&["record", "list"]);
    assert_eq!(whole.as_array().map(Vec::len), Some(3), "V-04: so does whoever owns the installation");
    let new = rita.get("/users/carl").ok();
    assert_eq!((&new["role"], &new["all_clients"]), (&json!("Practitioner"), &json!("none")), "V-49: the role of new users");
    let own = carl.listed("Nora New")["id"].as_str().expect("an id").to_owned();
    carl.edit(&own, "TEL", "+1 555 0100").ok();
    assert_eq!((carl.access(&clara), carl.edit(&clara, "TEL", "1").status), ("unknown-record".to_owned(), 404), "V-49: own records alone");

    // Noon: Ann finds Bob, looks at what would happen, and says yes.
    let found = ann.get("/users?text=baker").ok();
    assert_eq!(found["items"][0]["name"], "bob", "V-18: found by last name");
    let plan = ann.plan_share(&clara, "bob", "read").ok();
    says(&plan["changes"].to_string(), "bob gets Read");
    assert_eq!(bob.names(""), Vec::<String>::new(), "V-25: nothing is effective before OK");
    assert_eq!(whose(&ann.shares(&clara)["users"]), Vec::<String>::new(), "V-25: not in the dialog either");
    ann.share(&clara, "bob", "read").ok();
    assert_eq!(whose(&ann.shares(&clara)["users"]), ["bob=read"], "V-16, V-17: not those who see it by a role, such as Rita");

    assert_eq!((bob.names(""), bob.access(&clara)), (vec!["Clara Client".to_owned()], "read".to_owned()), "V-02, V-26");
    assert_eq!(bob.edit(&clara, "TEL", "+1 555 0101").code(), "read-only", "V-23: Read does not edit");
    assert_eq!(bob.share(&clara, "carl", "read").status, 403, "V-23: Read does not share");
    ann.share(&clara, "bob", "write").ok();
    bob.edit(&clara, "TEL", "+1 555 0102").ok();
    says(&ann.get(&format!("/records/{clara}")).ok().to_string(), "+1 555 0102");
    let refused = bob.share(&clara, "carl", "read");
    assert_eq!(refused.status, 403, "V-22: Write does not share");
    says(&refused.json()["detail"].to_string(), "Full Control");
    assert_eq!(carl.names(""), ["Nora New"], "V-22, V-23: what was refused left nothing behind");
    ann.share(&clara, "bob", "full-control").ok();
    bob.edit(&clara, "TEL", "+1 555 0103").ok();
    bob.share(&clara, "carl", "read").ok();
    assert_eq!(carl.names(""), ["Clara Client", "Nora New"], "V-21: Full Control reads, edits and shares; V-09: own and shared ones");
    assert_eq!(ann.share(&clara, "carl", "own").status, 422, "V-20: exactly three levels");
    assert_eq!(whose(&carl.shares(&clara)["users"]), ["bob=full-control", "carl=read"], "V-17, V-20");

    evening(&office, &clara, [&mut ann, &mut bob, &mut carl, &mut dora, &mut rita]);
    assert_eq!(ann.names("mine=true"), ["Clara Client", "Karl Client"], "V-10: My Clients are those one owns");
    let offline: Vec<bool> = ann.list("mine=true").iter().map(|record| record["offline"] == true).collect();
    assert_eq!(offline, [true, true], "V-11: My Clients says which of them open offline");
    night(&office, &karl, &mut dora, &mut rita);
}

/// Connected To names the owners, and the asterisk is theirs alone.
fn evening(office: &Office, clara: &str, [ann, bob, carl, dora, rita]: [&mut Browser; 5]) {
    for (name, browser, opens) in [("ann", &mut *ann, true), ("bob", &mut *bob, true), ("carl", &mut *carl, false)] {
        let record = browser.listed("Clara Client");
        assert_eq!(record["connected_to"], json!(["ann", "bob"]), "V-13, V-15, V-24: {name} sees the owner first, then the co-owner");
        assert_eq!(record["offline"], opens, "V-28: {name}; a share to read or to write does not open offline");
    }
    says(&office.user("bob").cli(&["record", "list"]).ok().out, "ann, bob*");
    says_not(&office.user("carl").cli(&["record", "list"]).ok().out, "ann, bob*");
    ann.share(clara, "dora", "write").ok();
    assert_eq!(dora.listed("Clara Client")["offline"], false, "V-28: nor does Write");

    // Many owners: the narrow list may cut them, the record names them all.
    for user in ["dora", "carl"] {
        ann.share(clara, user, "full-control").ok();
    }
    let all = json!(["ann", "bob", "carl", "dora"]);
    assert_eq!(carl.get(&format!("/records/{clara}")).ok()["connected_to"], all, "V-14: the complete list of owners");
    says(&office.user("carl").cli(&["record", "show", clara]).ok().out, "ann, bob, carl, dora");
    assert_eq!(rita.listed("Clara Client")["offline"], false, "V-27: who sees all by a role has it with a connection only");
    rita.share(clara, "rita", "full-control").ok();
    assert_eq!(rita.listed("Clara Client")["offline"], true, "V-19, V-29: until he or she shares it with him- or herself");
    rita.share(clara, "rita", "none").ok();
    ann.share(clara, "dora", "none").ok();
    assert_eq!(dora.names(""), Vec::<String>::new());
}

/// A role that sees all clients, its summary before it is saved, and where sharing inside the firm ends.
fn night(office: &Office, karl: &str, dora: &mut Browser, rita: &mut Browser) {
    rita.post("/roles", &json!({ "name": "All Client Access in Subscription", "permissions": ["all-clients", "edit"] })).ok();
    let wanted = json!({ "role": "All Client Access in Subscription" });
    let summary = rita.post("/users/dora/assign/plan", &wanted).ok();
    for words in ["may access all clients, to read and edit them", "no longer share records", "no longer export records"] {
        says(&summary["changes"].to_string(), words);
    }
    says(&summary["stays"].to_string(), "3 records now");
    assert_eq!(dora.names(""), Vec::<String>::new(), "V-50: the summary is reviewed before anything is saved");
    assert_eq!(rita.post("/users/dora/assign", &wanted).code(), "need-plan", "V-50: nothing is saved without it");
    rita.carry_out("/users/dora/assign", &wanted).ok();
    assert_eq!(dora.names(""), ["Clara Client", "Karl Client", "Nora New"], "V-05, V-08, V-50");
    dora.edit(karl, "NOTE", "seen by Dora").ok();
    assert_eq!(dora.listed("Karl Client")["offline"], false, "V-27");
    assert_eq!(dora.share(karl, "carl", "read").status, 403, "V-50: it gives reading and editing, not sharing");

    // Another firm: nobody there can be named in the dialog, and that is what a link is for.
    let other = Office::open("Lakeside Advice");
    other.cli(&["user", "add", "lena"]).ok();
    for stranger in ["lena", "Lakeside Advice/lena"] {
        let refused = office.user("ann").cli(&["record", "access", karl, "--user", &format!("{stranger}=read"), "--yes"]);
        assert!([exit::NOT_FOUND, exit::USAGE].contains(&refused.code), "V-30: {stranger}: {}", refused.all());
    }
    pair(office, &other);
    office.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    other.cli(&["specialist", "enable", "lena", "--yes"]).ok();
    let link = link(office.user("ann"), other.user("lena"));
    share(office.user("ann"), &link, &[karl.to_owned()]);
    assert_eq!(interoffice_tests::copy_names(other.user("lena")), ["Karl Client"], "V-30: over a link the record goes to another firm");
    assert_eq!(whose(&office.user("ann").json(&["record", "access", karl])["users"]), Vec::<String>::new(), "V-30: and in no share");
}
