//! Proxies: users who see what another user owns, but neither what is private nor what other offices share.

use interoffice_tests::{Office, card, copy_names, exit, import, linked, names, says, share};
use serde_json::{Value, json};

/// An office with office security on: Rita administers it, Ann, Bob and Carl have clients.
fn office() -> Office {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "carl"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["settings", "--office-security", "on"]).ok();
    office
}

fn pairs(proxies: &Value) -> Vec<String> {
    let pair = |proxy: &Value| format!("{} for {}", proxy["proxy"].as_str().unwrap_or("?"), proxy["owner"].as_str().unwrap_or("?"));
    proxies.as_array().into_iter().flatten().map(pair).collect()
}

/// S-48, S-52: a proxy sees and edits what the assigned user owns, not what is private, and that is said in numbers before it is done.
#[test]
fn s_48_s_52_a_proxy_sees_what_the_user_owns_but_for_private_records() {
    let office = office();
    let (rita, ann, bob, carl) = (office.user("rita"), office.user("ann"), office.user("bob"), office.user("carl"));
    let records = import(office.user("bob"), &(card("Clara Client") + &card("Paul Private")));
    bob.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    let unassigned = import(office.user("carl"), &card("Cora Client"));
    assert!(names(&ann).is_empty(), "with office security on a contact is seen by the user it is assigned to");

    let plan = rita.json(&["user", "proxy", "add", "bob", "ann", "--dry-run"]);
    says(&plan["changes"].to_string(), "gets Write on 1 record of bob");
    says(&plan["stays"].to_string(), "1 private record stays hidden");
    assert!(names(&ann).is_empty(), "nothing happens before the yes");
    ann.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ended(exit::REFUSED);
    carl.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ended(exit::REFUSED);
    rita.cli(&["user", "proxy", "add", "bob", "rita", "--yes"]).ended(exit::REFUSED);
    bob.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ok();
    rita.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ended(exit::CONFLICT);
    bob.cli(&["user", "proxy", "add", "bob", "bob", "--yes"]).ended(exit::USAGE);

    assert_eq!(names(&ann), ["Clara Client"]);
    assert!(names(&bob).len() == 2 && names(&carl) == ["Cora Client"], "it goes one way");
    assert_eq!(ann.json(&["record", "list", "clara"]).as_array().map(Vec::len), Some(1));
    ann.cli(&["record", "show", &records[1]]).ended(exit::NOT_FOUND);
    ann.cli(&["record", "show", &unassigned[0]]).ended(exit::NOT_FOUND);
    assert_eq!(ann.json(&["record", "show", &records[0]])["access"], "write");
    ann.cli(&["record", "edit", &records[0], "--set", "NOTE=seen"]).ok();
    for denied in [&["record", "access", &records[0], "--user", "carl=read", "--yes"][..], &["record", "delete", &records[0], "--yes"]] {
        ann.cli(denied).ended(exit::REFUSED);
    }
    let why = office.json(&["record", "explain", &records[0], "--user", "ann"]);
    assert_eq!((&why[0]["because"][0]["source"], &why[0]["level"]), (&json!("proxy"), &json!("write")));
    says(&office.cli(&["record", "explain", &records[0]]).ok().out, "a proxy of bob");
    let plan = bob.json(&["record", "access", &records[0], "--user", "carl=none", "--dry-run"]);
    assert!(plan["changes"].as_array().is_some_and(Vec::is_empty));
}

/// S-52, S-56: the proxies of the office are listed for administrators, a user's own for that user; they end by hand or with the user.
#[test]
fn s_52_s_56_proxies_are_overseen_and_end_by_hand_or_with_either_user() {
    let office = office();
    let (rita, ann, bob, carl) = (office.user("rita"), office.user("ann"), office.user("bob"), office.user("carl"));
    import(office.user("bob"), &card("Clara Client"));
    for (owner, proxy) in [("bob", "ann"), ("carl", "ann"), ("bob", "carl")] {
        rita.cli(&["user", "proxy", "add", owner, proxy, "--yes"]).ok();
    }
    assert_eq!(pairs(&rita.json(&["user", "proxy", "list"])), ["ann for bob", "carl for bob", "ann for carl"]);
    assert_eq!(pairs(&ann.json(&["user", "proxy", "list"])), ["ann for bob", "ann for carl"]);
    assert_eq!(pairs(&bob.json(&["user", "proxy", "list", "bob"])), ["ann for bob", "carl for bob"]);
    ann.cli(&["user", "proxy", "list", "bob"]).ended(exit::REFUSED);
    assert_eq!(names(&carl), ["Clara Client"]);

    let plan = bob.json(&["user", "proxy", "remove", "bob", "carl", "--dry-run"]);
    says(&plan["changes"].to_string(), "1 record in use");
    bob.cli(&["user", "proxy", "remove", "bob", "carl", "--yes"]).ok();
    bob.cli(&["user", "proxy", "remove", "bob", "carl", "--yes"]).ended(exit::NOT_FOUND);
    assert!(names(&carl).is_empty());
    let verbs: Vec<Value> =
        office.json(&["audit", "--verb", "user.proxy", "--about", "bob", "--outcome", "done"]).as_array().expect("lines").clone();
    assert_eq!((&verbs[0]["verb"], &verbs[0]["detail"]), (&json!("user.proxy.remove"), &json!("carl")));

    assert_eq!(names(&ann), ["Clara Client"]);
    says(&office.json(&["user", "disable", "bob", "--dry-run"])["changes"].to_string(), "1 proxy");
    office.cli(&["user", "disable", "bob", "--yes"]).ok();
    assert!(names(&ann).is_empty(), "with the user whose records were seen it ends");
    office.cli(&["user", "disable", "ann", "--yes"]).ok();
    assert_eq!(rita.json(&["user", "proxy", "list"]), json!([]), "and with the proxy");
}

/// P-06, P-07, K-05, S-52: naming a proxy lets somebody see records, and so is for whoever may share; taking one away is not.
#[test]
fn p_07_who_may_not_share_names_no_proxy() {
    let office = office();
    let (rita, ann, bob) = (office.user("rita"), office.user("ann"), office.user("bob"));
    let record = import(office.user("bob"), &card("Clara Client")).remove(0);
    rita.cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    for confirmed in ["--dry-run", "--yes"] {
        let refused = bob.cli(&["user", "proxy", "add", "bob", "ann", confirmed]).ended(exit::REFUSED);
        says(&refused, "only administrators let others see records");
    }
    let answered = bob.api("POST", "/users/bob/proxies/plan", &json!({ "proxy": "ann", "on": true }));
    assert_eq!(answered.body["code"], "sharing-off");
    ann.cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
    rita.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ok();
    assert_eq!(names(&ann), ["Clara Client"], "an administrator names one");
    bob.cli(&["user", "proxy", "remove", "bob", "ann", "--yes"]).ok();
    assert!(names(&ann).is_empty(), "whose records they are takes the proxy away");

    rita.cli(&["client-access", "--sharing", "on", "--yes"]).ok();
    rita.cli(&["role", "add", "Alone", "--allow", "edit"]).ok();
    rita.cli(&["user", "role", "bob", "Alone", "--yes"]).ok();
    says(&bob.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ended(exit::REFUSED), "role does not allow");
    assert!(names(&ann).is_empty());
    rita.cli(&["user", "role", "bob", "Practitioner", "--yes"]).ok();
    bob.cli(&["user", "proxy", "add", "bob", "ann", "--yes"]).ok();
    assert_eq!(names(&ann), ["Clara Client"]);
}

/// S-52: a specialist may be a proxy and have one, and what another office shares with the user is never shown to the proxy.
#[test]
fn s_52_a_proxy_never_sees_what_another_office_shares() {
    let (a, b, link) = linked();
    let records = import(a.user("ann"), &card("Clara Client"));
    share(a.user("ann"), &link, &records);
    b.cli(&["user", "add", "carl"]).ok();
    import(b.user("bob"), &card("Bert Client"));
    b.cli(&["user", "proxy", "add", "bob", "carl", "--yes"]).ok();
    b.cli(&["specialist", "enable", "carl", "--yes"]).ok();
    assert_eq!(copy_names(b.user("bob")), ["Clara Client"]);
    assert_eq!(names(&b.user("carl")), ["Bert Client"]);
    b.user("carl").cli(&["record", "show", &records[0]]).ended(exit::NOT_FOUND);
    b.user("carl").cli(&["link", "show", &link]).ended(exit::NOT_FOUND);
}
