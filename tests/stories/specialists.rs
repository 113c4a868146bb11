//! Specialists: who may share with other offices, who decides that, and what changes with it.

use interoffice_tests::{
    Office, accept, card, copies, enable, exit, import, link, link_of, paired, request, says, says_not, share, specialists, until,
    waiting_link,
};
use serde_json::{Value, json};

fn rights(office: &Office, user: &str) -> Vec<String> {
    let user = office.user_view(user);
    user["rights"].as_array().expect("rights").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn office_security(office: &Office) -> bool {
    office.json(&["settings"])["office_security"].as_bool().expect("a setting is on or off")
}

fn sentences(plan: &Value, part: &str) -> String {
    plan[part].as_array().expect("sentences").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// S-01, S-14: without the right nobody sends, accepts or shares; both sides need it.
///
/// ```text
/// A: mia (no right) --x--> B: bob        A: ann --request--> B: nils (no right) --x
/// ```
#[test]
fn s_01_both_sides_need_the_right() {
    let (a, b) = specialists();
    a.cli(&["user", "add", "mia"]).ok();
    b.cli(&["user", "add", "nils"]).ok();
    let refused = a.user("mia").cli(&["link", "request", "Office B/bob"]).ended(exit::REFUSED);
    says(&refused, "Record Sharing");
    assert!(a.user("mia").links("--receiving-mine").is_empty(), "a refused request leaves no link");

    let to_nils = request(a.user("ann"), "Office B/nils");
    waiting_link(b.user("nils"), &to_nils);
    says(&b.user("nils").cli(&["link", "accept", &to_nils]).ended(exit::REFUSED), "Record Sharing");
    assert_eq!(link_of(a.user("ann"), &to_nils)["status"], "Waiting", "a refused accept changes nothing at the other office");

    let records = import(a.user("mia"), &card("Clara Client"));
    says(&a.user("mia").cli(&["record", "share", "--link", &to_nils, &records[0], "--yes"]).ended(exit::REFUSED), "Record Sharing");
    let own = import(a.user("ann"), &card("Carl Client"));
    let no_link = a.user("ann").cli(&["record", "share", "--link", "Office B/bob", &own[0], "--yes"]).ended(exit::NOT_FOUND);
    says(&no_link, "no link");

    b.cli(&["specialist", "enable", "nils", "--yes"]).ok();
    b.user("nils").cli(&["link", "accept", &to_nils]).ok();
    a.user("ann").cli(&["link", "wait", &to_nils, "--until", "active"]).ok();
}

/// S-02: only an administrator of the user's own office gives the right; another attempt is refused and written down.
#[test]
fn s_02_only_an_administrator_of_the_own_office_enables() {
    let (a, b) = paired();
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    a.cli(&["user", "add", "mia"]).ok();
    a.cli(&["user", "add", "ann"]).ok();
    b.cli(&["user", "add", "boss", "--account", "admin"]).ok();

    says(&a.user("mia").cli(&["specialist", "enable", "ann", "--yes"]).ended(exit::REFUSED), "not an administrator");
    says(&a.user("mia").cli(&["specialist", "enable", "mia", "--yes"]).ended(exit::REFUSED), "not an administrator");
    assert!(rights(&a, "ann").is_empty() && rights(&a, "mia").is_empty(), "nobody got the right");
    let denied: Vec<_> = a.events().into_iter().filter(|line| line["verb"] == "specialist.enable").collect();
    assert_eq!(denied.len(), 2, "both attempts are in the audit: {denied:?}");
    for (line, object) in denied.iter().zip(["ann", "mia"]) {
        assert_eq!((&line["outcome"], &line["object"]), (&json!("not-admin"), &json!(object)));
        says(line["actor"].as_str().expect("an actor"), "mia");
    }

    b.user("boss").cli(&["specialist", "enable", "ann", "--yes"]).ended(exit::NOT_FOUND);
    a.user("boss").cli(&["specialist", "enable", "ann", "--yes"]).ended(exit::NOT_FOUND);
    a.user("rita").cli(&["specialist", "enable", "ann", "--yes"]).ok();
    assert_eq!(rights(&a, "ann"), ["Record Sharing"]);
    a.user("mia").cli(&["specialist", "disable", "ann", "--yes"]).ended(exit::REFUSED);
    assert_eq!(rights(&a, "ann"), ["Record Sharing"]);
}

/// S-03, S-04, S-05, S-06, S-07, S-09, S-10: the plan says each change before it happens, nothing happens before the yes.
#[test]
fn s_04_the_confirmation_names_every_change_and_nothing_happens_before_yes() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "ann", "--super-user", "--enterprise-view"]).ok();
    office.cli(&["user", "add", "eva"]).ok();
    assert_eq!(rights(&office, "ann"), ["Super User", "Enterprise View"]);
    assert!(!office_security(&office));

    let plan = office.json(&["specialist", "enable", "ann", "--dry-run"]);
    let changes = sentences(&plan, "changes");
    for words in ["Record Sharing", "Super User is switched off", "Enterprise View is switched off", "office security is switched on"] {
        says(&changes, words);
    }
    // Closing the dialog: nobody says yes.
    let closed = office.cli(&["specialist", "enable", "ann"]);
    says(&closed.err, "Super User is switched off");
    closed.ended(exit::USAGE);
    assert_eq!(rights(&office, "ann"), ["Super User", "Enterprise View"], "closing without yes leaves the rights");
    assert!(!office_security(&office), "closing without yes leaves office security");
    assert!(office.json(&["link", "list"]).as_array().expect("links").is_empty());

    let said = office.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    says(&said.all(), "Super User is switched off");
    assert_eq!(rights(&office, "ann"), ["Record Sharing"], "Super User and Enterprise View went with it");
    says(&office.cli(&["user", "list"]).ok().out, "Record Sharing");
    assert!(office_security(&office), "office security came with it");

    // A second specialist changes less, and the plan says less.
    let plan = office.json(&["specialist", "enable", "eva", "--dry-run"]);
    let changes = sentences(&plan, "changes");
    for words in ["Super User", "Enterprise View", "office security"] {
        says_not(&changes, words);
    }
    says(&changes, "Record Sharing");
}

/// S-05, S-10: a plan that no longer tells the truth is refused, and so is a commit without one.
#[test]
fn s_05_a_stale_plan_is_refused() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "ann"]).ok();
    let planned = office.api("POST", "/specialists/ann/enable/plan", &json!({}));
    assert_eq!(planned.status, 200);
    let id = planned.body["id"].clone();
    office.cli(&["user", "right", "ann", "super-user", "on"]).ok();
    let stale = office.api("POST", "/specialists/ann/enable", &json!({ "plan": id }));
    assert_eq!((stale.status, &stale.body["code"]), (409, &json!("stale-plan")));
    let none = office.api("POST", "/specialists/ann/enable", &json!({}));
    assert_eq!((none.status, &none.body["code"]), (422, &json!("need-plan")));
    assert_eq!(rights(&office, "ann"), ["Super User"]);
    assert!(!office_security(&office));
}

/// S-08, S-35, S-51: nobody holds the right together with the others, in whatever order; the right is found under both its names.
#[test]
fn s_08_the_rights_exclude_each_other_in_any_order() {
    let office = Office::open("Office A");
    for (user, first, second) in [("ann", "super-user", "enterprise-view"), ("eva", "enterprise-view", "super-user")] {
        office.cli(&["user", "add", user]).ok();
        office.cli(&["user", "right", user, first, "on"]).ok();
        office.cli(&["specialist", "enable", user, "--yes"]).ok();
        for right in [first, second] {
            says(&office.cli(&["user", "right", user, right, "on"]).ended(exit::REFUSED), "together with Record Sharing");
        }
        assert_eq!(rights(&office, user), ["Record Sharing"]);
        office.cli(&["specialist", "disable", user, "--yes"]).ok();
        office.cli(&["user", "right", user, second, "on"]).ok();
        office.cli(&["specialist", "enable", user, "--yes"]).ok();
        assert_eq!(rights(&office, user), ["Record Sharing"]);
    }
    for name in ["record-sharing", "Record Sharing", "cross-office-record-sharing", "Cross-Office Record Sharing"] {
        says(&office.cli(&["user", "right", "ann", name, "off"]).ended(exit::USAGE), "specialist disable ann");
    }
}

/// S-49: enabling says how many contacts without an assigned user stay visible to all, and they do.
#[test]
fn s_49_contacts_without_an_assigned_user_stay_visible_and_are_counted() {
    let office = Office::open("Office A");
    for user in ["ann", "eva"] {
        office.cli(&["user", "add", user]).ok();
    }
    for (name, unassigned) in [("Ada Assigned", false), ("Nobody Known", true), ("Nobody New", true)] {
        let assign = if unassigned { json!([]) } else { Value::Null };
        assert_eq!(office.user("ann").api("POST", "/records", &json!({ "name": name, "assign": assign })).body["created"], true, "{name}");
    }
    let plan = office.json(&["specialist", "enable", "ann", "--dry-run"]);
    assert_eq!(plan["counts"]["unassigned_contacts"], 2);
    says(&sentences(&plan, "stays"), "2 contacts without an assigned user stay visible to all users of the office");
    assert_eq!(office.user("eva").records().len(), 3, "nothing happens before the yes");
    office.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    assert!(office_security(&office));
    let seen = interoffice_tests::names(&office.user("eva"));
    assert_eq!(seen, ["Nobody Known", "Nobody New"], "what is assigned to ann is hers, what is assigned to nobody is everybody's");
}

/// S-11, S-12, S-13: the quick handshake asks for office and user in the same step, and may be left out.
#[test]
fn s_12_a_quick_handshake_sends_the_request_in_the_same_step() {
    let (a, b) = paired();
    enable(&b, "bob");
    a.cli(&["user", "add", "ann"]).ok();
    a.cli(&["user", "add", "eva"]).ok();
    let handshake = ["--handshake", "Office B/bob", "--purpose", "life cases"];

    let plan = a.json(&[&["specialist", "enable", "ann", "--dry-run"][..], &handshake].concat());
    says(&sentences(&plan, "changes"), "link request goes from ann to bob at Office B");
    assert_eq!(plan["counts"]["links"], 1);
    a.cli(&[&["specialist", "enable", "ann"][..], &handshake].concat()).ended(exit::USAGE);
    assert!(a.json(&["link", "list"]).as_array().expect("links").is_empty(), "S-05: no request before yes");

    let wrong = a.cli(&["specialist", "enable", "ann", "--handshake", "Nowhere/bob", "--yes"]).ended(exit::NOT_FOUND);
    says(&wrong, "Nowhere");
    assert!(rights(&a, "ann").is_empty(), "a handshake that can't be done leaves the right alone");

    a.cli(&[&["specialist", "enable", "ann", "--yes"][..], &handshake].concat()).ok();
    let sent = a.user("ann").links("--receiving-mine");
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (&sent[0]["status"], &sent[0]["remote_user"], &sent[0]["purpose"]),
        (&json!("Waiting"), &json!("bob"), &json!("life cases"))
    );
    accept(b.user("bob"), sent[0]["link"].as_str().expect("an id"));

    a.cli(&["specialist", "enable", "eva", "--yes"]).ok();
    assert!(a.user("eva").links("--receiving-mine").is_empty(), "left empty, no request is made");
    request(a.user("eva"), "Office B/bob");

    let names: Vec<_> = a.json(&["specialist", "list"]).as_array().expect("specialists").iter().map(|user| user["name"].clone()).collect();
    assert_eq!(names, ["ann", "eva"], "users with the right are called specialists");
    says(&a.cli(&["specialist", "--help"]).ok().out, "Specialists: users with the right Record Sharing");
}

/// S-32, S-33, S-34: disabling says with numbers what ends and what stays, and then the copies at the other office go.
#[test]
fn s_33_disabling_ends_the_links_and_removes_the_records_elsewhere() {
    let (a, b) = specialists();
    a.cli(&["user", "add", "zoe", "--super-user"]).ok();
    let link = link(a.user("ann"), b.user("bob"));
    let records = import(a.user("ann"), &(card("Carl Client") + &card("Cora Client")));
    share(a.user("ann"), &link, &records);
    assert_eq!(copies(b.user("bob"), &link).len(), 2);

    let plan = a.json(&["specialist", "disable", "ann", "--dry-run"]);
    let counts = &plan["counts"];
    assert_eq!(
        (&counts["links"], &counts["contacts"], &counts["offices"], &counts["people"]),
        (&json!(1), &json!(2), &json!(1), &json!(1))
    );
    says(&sentences(&plan, "changes"), "2 contacts will be removed at Office B (bob)");
    let stays = sentences(&plan, "stays");
    for words in ["Super User and Enterprise View stay off", "office security stays on", "2 records of ann stay"] {
        says(&stays, words);
    }
    a.cli(&["specialist", "disable", "ann"]).ended(exit::USAGE);
    assert_eq!(link_of(a.user("ann"), &link)["status"], "Active", "nothing happens before yes");
    assert_eq!(rights(&a, "ann"), ["Record Sharing"]);

    a.cli(&["specialist", "disable", "ann", "--yes"]).ok();
    assert!(rights(&a, "ann").is_empty(), "neither Super User nor Enterprise View come back");
    assert!(office_security(&a), "office security stays on");
    a.cli(&["link", "wait", &link, "--until", "erased"]).ok();
    let ended = link_of(a.user("ann"), &link);
    assert_eq!((&ended["status"], &ended["removal"]["count"]), (&json!("Ended"), &json!(2)));
    says(ended["end_reason"].as_str().expect("a reason"), "record-sharing right was disabled");
    until("the copies are gone at the other office", || b.user("bob").records().is_empty());
    assert_eq!(link_of(b.user("bob"), &link)["status"], "Ended");
    assert_eq!(a.user("ann").records().len(), 2, "the records themselves stay with ann");
    let refused = a.user("ann").cli(&["link", "request", "Office B/bob"]).ended(exit::REFUSED);
    says(&refused, "Record Sharing");
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    let again = interoffice_tests::link(a.user("ann"), b.user("bob"));
    share(a.user("ann"), &again, &records[..1]);
    b.cli(&["specialist", "disable", "bob", "--yes"]).ok();
    assert!(b.user("bob").records().is_empty(), "S-33 from the receiving side: the copies are unreadable at once");
    a.cli(&["link", "wait", &again, "--until", "erased"]).ok();
}
