//! A day of client relationships: access is switched on, taken and given step by step, asked for, and taken away with a group.

use interoffice_tests::post::{head, in_folder, into_folder, mails, next_morning, to};
use interoffice_tests::screen::whose;
use interoffice_tests::web::Browser;
use interoffice_tests::{Office, says, says_not, until};
use serde_json::{Value, json};

use super::all_see;

const USERS: [&str; 7] = ["ann", "bob", "carl", "dora", "eve", "felix", "gina"];

/// Rita administers, the others have clients; mails are written into a folder, and it is yesterday's evening.
fn office() -> Office {
    let mut office = Office::set_up("Office A");
    office.set_environment(into_folder());
    office.serve();
    office.cli(&["user", "add", "rita", "--account", "admin", "--email", "rita@a.example"]).ok();
    for user in USERS {
        office.cli(&["user", "add", user, "--email", &format!("{user}@a.example")]).ok();
    }
    office.cli(&["settings", "--time-zone", "Etc/GMT+12"]).ok();
    office
}

/// Scenario 10, a day with managed access. P-01 to P-24: Rita administers, Ann has the case, Bob asks for it, Carl, Dora, Eve and Gina
/// are the group Tax, Felix has it by name.
///
/// ```text
/// before    all read all                    then client access is switched on: P-02, P-03, P-05, P-08
/// morning   Ann restricts and shares        P-01, P-04, P-10, P-11, P-12, P-14
/// noon      Bob asks, Ann grants            P-15, P-16, P-17, P-18, P-24
/// evening   who may share, all clients      P-06, P-07, P-13, P-19, P-22
/// night     the digest, the group's end     P-09, P-20, P-21, P-23
/// ```
#[test]
fn scenario_10_a_day_with_managed_access() {
    let mut office = office();
    let mut rita = office.signed_in("rita");
    let [mut ann, mut bob, mut carl, mut dora, mut eve, mut felix, mut gina] = USERS.map(|user| office.signed_in(user));
    let olga = ann.make(&json!({ "name": "Olga Old" }));
    let otto = ann.make(&json!({ "name": "Otto Old" }));

    let on = json!({ "on": true, "requesting": true });
    assert_eq!(ann.post("/client-access/plan", &on).code(), "not-admin", "P-02: an administrator switches it on");
    let plan = rita.post("/client-access/plan", &on).ok();
    says(&plan["changes"].to_string(), "all users are sent a daily digest");
    says(&plan["changes"].to_string(), "8 users with an e-mail address, 2 records");
    says(&plan["stays"].to_string(), "nobody loses access");
    assert_eq!(rita.get("/client-access").ok()["on"], false, "P-08: the warning comes before");
    rita.carry_out("/client-access", &on).ok();
    let state = rita.get("/client-access").ok();
    assert_eq!((&state["on"], &state["requesting"], &state["sharing"]), (&json!(true), &json!(true), &json!(true)), "P-02, P-05, P-06");
    for browser in [&mut bob, &mut gina] {
        assert_eq!(browser.names(""), ["Olga Old", "Otto Old"], "P-03: nothing changes at once");
    }

    // Morning: Ann restricts one, makes another, and a group gets it.
    let clara = ann.make(&json!({ "name": "Clara Client", "emails": ["clara@client.example"] }));
    ann.share(&olga, "whole office", "none").ok();
    assert_eq!(bob.names(""), ["Otto Old"], "P-01, P-04: the case owner restricts step by step");
    assert_eq!(bob.names("locked=true"), ["[Clara Client]", "[Olga Old]", "Otto Old"], "P-14: the list has the name");
    assert_eq!(bob.access(&clara), "none");
    says_not(&bob.get(&format!("/records/{clara}")).ok().to_string(), "clara@client.example");
    let group = json!({ "name": "Tax", "members": ["carl", "dora", "eve", "gina"] });
    assert_eq!(ann.post("/groups", &group).code(), "not-admin");
    assert_eq!(rita.get("/users?text=gin").ok()["items"][0]["name"], "gina", "P-10: users are searched for");
    rita.post("/groups", &group).ok();
    ann.share(&clara, "group Tax", "write").ok();
    ann.share(&clara, "felix", "read").ok();
    assert_eq!(whose(&ann.shares(&clara)["groups"]), ["Tax=write"]);
    assert_eq!(ann.shares(&otto)["whole_office"], "read", "P-12: a user, a group, or the whole company");
    let mut others = [("carl", &mut carl), ("dora", &mut dora), ("eve", &mut eve), ("felix", &mut felix), ("gina", &mut gina)];
    let both: &[&str] = &["Clara Client", "Otto Old"];
    all_see(&mut others, "", &[both; 5], "P-11: a group gives many access at once");
    assert_eq!((carl.access(&clara), felix.access(&clara)), ("write".to_owned(), "read".to_owned()));

    noon(&office, [&clara, &olga], [&mut ann, &mut bob, &mut felix]);
    evening(&clara, [&mut ann, &mut bob, &mut dora, &mut felix, &mut rita]);

    // Night: Bob wants no digest of Clara; her record and Otto's change, and the morning comes.
    bob.post(&format!("/records/{clara}/digest"), &json!({ "receive": false })).ok();
    assert_eq!(bob.shares(&clara)["daily_digest"], false, "P-09: in the sharing options of the relationship");
    for record in [&clara, &otto] {
        ann.edit(record, "NOTE", "called today").ok();
    }
    until("the mails of the day are out", || mails(&office, "waiting").is_empty());
    let by_day = in_folder(&office).len();
    next_morning(&mut office);
    let digests = in_folder(&office).split_off(by_day);
    for (user, told) in [("bob", &["Otto Old"][..]), ("carl", both), ("ann", both)] {
        let mine = to(&digests, user);
        assert_eq!(mine.len(), 1, "P-08: {user}");
        for name in told {
            says(mine[0], &format!("- {name}"));
        }
    }
    says_not(to(&digests, "bob")[0], "Clara");
    group_ends(&office, &clara);
}

/// The mails whose subject says this.
fn about(office: &Office, words: &str) -> Vec<String> {
    in_folder(office).into_iter().filter(|mail| head(mail, "Subject").contains(words)).collect()
}

/// Bob asks; those who may share are told by e-mail, and one of them grants.
fn noon(office: &Office, [clara, olga]: [&str; 2], [ann, bob, felix]: [&mut Browser; 3]) {
    let seen = bob.shares(clara);
    assert_eq!(whose(&seen["groups"]), ["Tax"], "P-16: which groups have access");
    assert_eq!(whose(&seen["users"]), ["ann", "felix"], "P-17: individual users who are in no group");
    for hidden in ["carl", "dora", "eve", "gina", "clara@client.example", "write"] {
        says_not(&seen.to_string(), hidden);
    }
    assert_eq!(bob.get("/groups/Tax").ok()["members"], Value::Null, "P-16: nor is it told by the group");
    assert_eq!(seen["request"]["possible"], true, "P-15");
    let asked = bob.post(&format!("/records/{clara}/requests"), &json!({ "level": "write", "message": "I take over the claim" })).ok();
    assert_eq!((&asked["state"], bob.access(clara)), (&json!("waiting"), "none".to_owned()), "P-15, P-24: it waits");

    until("P-18: those entitled to share get an e-mail", || about(office, "asks for access").len() == 2);
    let written = about(office, "asks for access");
    for entitled in ["ann", "rita"] {
        let mail = to(&written, entitled)[0];
        assert_eq!(head(mail, "Subject"), "bob asks for access to Clara Client", "P-18: {entitled}");
        says(mail, "I take over the claim");
    }
    let number = asked["id"].as_u64().expect("a number");
    assert_eq!(felix.get(&format!("/requests/{number}")).status, 404, "P-18: who may not share is not told");
    ann.post(&format!("/requests/{number}/grant"), &json!({ "level": "read" })).ok();
    assert_eq!((bob.access(clara), bob.names("")), ("read".to_owned(), vec!["Clara Client".to_owned(), "Otto Old".to_owned()]), "P-18");
    until("the one who asked is told", || to(&about(office, "Clara Client"), "bob").len() == 1);

    // The next ones are refused, or nobody answers them.
    let refused = bob.post(&format!("/records/{olga}/requests"), &json!({})).ok()["id"].as_u64().expect("a number");
    let open = felix.post(&format!("/records/{olga}/requests"), &json!({})).ok()["id"].as_u64().expect("a number");
    ann.post(&format!("/requests/{refused}/refuse"), &json!({ "reason": "The case is closed" })).ok();
    let of = |browser: &mut Browser, number: u64| browser.get(&format!("/requests/{number}")).ok();
    let seen = of(bob, refused);
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("refused"), &json!("The case is closed")), "P-24");
    assert_eq!(of(felix, open)["state"], "waiting", "P-24: what nobody answered has a state too");
    assert_eq!((bob.access(olga), felix.access(olga)), ("none".to_owned(), "none".to_owned()));
}

/// Requesting off and on, sharing off and on, and all clients for one user.
fn evening(clara: &str, [ann, bob, dora, felix, rita]: [&mut Browser; 5]) {
    rita.carry_out("/client-access", &json!({ "requesting": false })).ok();
    let seen = felix.shares(clara);
    assert_eq!((&seen["request"]["possible"], &seen["request"]["why"]), (&json!(false), &json!("requesting-off")), "P-19");
    assert_eq!((whose(&seen["groups"]), seen["owner"].clone()), (vec!["Tax=write".to_owned()], json!("ann")), "P-19: groups are shown");
    assert_eq!(felix.post(&format!("/records/{clara}/requests"), &json!({ "level": "write" })).status, 403, "P-19: no button to click");
    rita.carry_out("/client-access", &json!({ "requesting": true, "sharing": false })).ok();
    for whose in ["felix", "group Tax"] {
        assert_eq!(ann.share(clara, whose, "none").code(), "sharing-off", "P-07, P-22: only administrators, for taking away too");
    }
    rita.share(clara, "felix", "none").ok();
    assert_eq!((felix.access(clara), felix.names("")), ("none".to_owned(), vec!["Otto Old".to_owned()]), "P-07, P-22: Rita removes Felix");
    rita.carry_out("/client-access", &json!({ "sharing": true })).ok();
    assert_eq!(bob.share(clara, "felix", "read").status, 403, "P-06 and Full Control: to read is not to share");
    ann.share(clara, "felix", "read").ok();
    assert_eq!(felix.access(clara), "read", "P-06: Ann shares again");

    let plan = rita.post("/users/dora/all-clients/plan", &json!({ "level": "read" })).ok();
    says(&plan["changes"].to_string(), "dora gets Read on all clients: 3 records");
    assert_eq!(dora.names(""), ["Clara Client", "Otto Old"]);
    rita.carry_out("/users/dora/all-clients", &json!({ "level": "read" })).ok();
    assert_eq!(dora.names(""), ["Clara Client", "Olga Old", "Otto Old"], "P-13: Share All Clients with This User");
    rita.carry_out("/users/dora/all-clients", &json!({ "level": "none" })).ok();
}

/// One is taken out of the group, then the group is deleted: what somebody has another way stays.
fn group_ends(office: &Office, clara: &str) {
    let mut rita = office.signed_in("rita");
    let [mut ann, mut carl, mut dora, mut eve, mut gina] = ["ann", "carl", "dora", "eve", "gina"].map(|user| office.signed_in(user));
    rita.delete("/groups/Tax/members/eve").ok();
    assert_eq!(eve.names(""), ["Otto Old"], "P-21: taken out of the group, the record is gone");
    assert_eq!(gina.names(""), ["Clara Client", "Otto Old"], "P-21: for the others nothing changed");
    rita.post("/groups", &json!({ "name": "Wills", "members": ["carl"] })).ok();
    ann.share(clara, "group Wills", "read").ok();
    ann.share(clara, "dora", "read").ok();

    let pop_up = rita.post("/groups/Tax/delete/plan", &json!({})).ok();
    says(&pop_up["changes"].to_string(), "access to 1 record is revoked for all its 3 members");
    says(&pop_up["stays"].to_string(), "through another group or by name keeps it");
    assert_eq!(rita.post("/groups/Tax/delete", &json!({})).code(), "need-plan", "P-20: the pop-up comes first");
    assert_eq!(gina.names(""), ["Clara Client", "Otto Old"], "P-20: nothing happens before Delete");
    rita.carry_out("/groups/Tax/delete", &json!({})).ok();
    assert_eq!(gina.names(""), ["Otto Old"], "P-20");
    assert_eq!((carl.access(clara), dora.access(clara)), ("read".to_owned(), "read".to_owned()), "P-23: a second group, a grant by name");
    assert_eq!((whose(&ann.shares(clara)["groups"]), gina.access(clara)), (vec!["Wills=read".to_owned()], "none".to_owned()));
    let lines = office.events();
    for verb in ["client-access.set", "group.add", "group.delete", "record.grant", "request.grant", "request.refuse"] {
        assert!(lines.iter().any(|line| line["verb"] == verb && line["outcome"] == "done"), "the audit has {verb}");
    }
}
