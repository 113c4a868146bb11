//! What happened to one record or one link, told to those whom it belongs to, and no more than they may know.

use interoffice_tests::{Desk, Office, card, enable, exit, import, linked, says, share, until};
use serde_json::{Value, json};

/// An office where users see only what concerns them, with Rita, who administers it, and a group that Carl alone is in.
fn office() -> (Office, String) {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "carl", "dora"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.user("rita").cli(&["client-access", "--manage", "on", "--yes"]).ok();
    office.cli(&["group", "add", "Tax", "--member", "carl"]).ok();
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    (office, record)
}

fn grant(desk: &Desk<'_>, record: &str, change: [&str; 2]) {
    desk.cli(&["record", "access", record, change[0], change[1], "--yes"]).ok();
}

/// Events in one line each: who, what, and more about it.
fn told(events: &Value) -> Vec<String> {
    let word = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let events = events.as_array().expect("events").iter();
    events
        .map(|event| format!("{} {} {}", word(event, "actor"), word(event, "verb"), word(event, "detail")).trim_end().to_owned())
        .collect()
}

/// Who has Full Control of a record reads what happened to it: who did it where that tells no group, and nothing of who was refused.
#[test]
fn who_has_full_control_of_a_record_reads_what_happened_to_it_and_no_more() {
    let (office, record) = office();
    let (rita, ann, bob, carl, dora) =
        (office.user("rita"), office.user("ann"), office.user("bob"), office.user("carl"), office.user("dora"));
    let events = |desk: &Desk<'_>| told(&desk.json(&["record", "events", &record]));
    assert_eq!(events(&ann), ["operator for user:ann record.import"], "what else the import brought is not told");
    dora.cli(&["record", "events", &record]).ended(exit::NOT_FOUND);

    grant(&ann, &record, ["--group", "Tax=write"]);
    carl.cli(&["record", "edit", &record, "--set", "TEL=+1 555 0101"]).ok();
    says(&carl.cli(&["record", "events", &record]).ended(exit::REFUSED), "Full Control");
    carl.cli(&["record", "access", &record, "--user", "dora=read", "--yes"]).ended(exit::REFUSED);
    grant(&ann, &record, ["--user", "bob=full-control"]);
    grant(&bob, &record, ["--user", "dora=read"]);
    grant(&bob, &record, ["--user", "dora=none"]);
    bob.cli(&["record", "edit", &record, "--set", "TEL=+1 555 0102"]).ok();
    let edited: Vec<String> = events(&ann).into_iter().filter(|line| line.contains("record.edit")).collect();
    assert!(edited[0].starts_with("operator for user:bob record.edit version "), "{edited:?}");
    assert!(edited[1].starts_with("somebody record.edit version "), "it would tell that Carl is in the group: {edited:?}");
    let shared: Vec<String> = events(&ann).into_iter().filter(|line| !line.contains("record.edit")).collect();
    let expected = [
        "operator for user:bob record.revoke a user: none",
        "operator for user:bob record.grant a user: read",
        "operator for user:ann record.grant bob: full-control",
        "operator for user:ann record.grant group Tax: write",
        "operator for user:ann record.import",
    ];
    assert_eq!(shared, expected, "who lost the access is told no more");
    assert_eq!(events(&bob), events(&ann));
    let whole = events(&rita);
    assert!(whole.iter().any(|line| line.starts_with("operator for user:carl record.edit")), "an administrator reads the audit: {whole:?}");
    assert!(whole.iter().any(|line| line.starts_with("operator for user:carl record.grant")), "what was refused too: {whole:?}");

    // A level that does not explain what Carl did does not tell that it was he.
    grant(&ann, &record, ["--user", "carl=read"]);
    assert!(!told(&ann.json(&["record", "events", &record])).iter().any(|line| line.contains("user:carl")));
    office.cli(&["group", "join", "Tax", "ann"]).ok();
    assert!(events(&ann).iter().any(|line| line.starts_with("operator for user:carl record.edit")), "a member knows the members");

    ann.cli(&["record", "owner", &record, "bob", "--yes"]).ok();
    assert_eq!(events(&bob)[0], "somebody record.owner bob instead of a user", "Ann has the record no more that Bob may know of");
    grant(&bob, &record, ["--user", "ann=full-control"]);
    assert_eq!(events(&bob)[1], "operator for user:ann record.owner bob instead of ann");
    ann.cli(&["record", "edit", &record, "--private", "on"]).ok();
    let path = format!("/records/{record}/events");
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = bob.api("GET", &format!("{path}?limit=2{after}"), &Value::Null).body;
        pages.extend(page["items"].as_array().cloned().expect("events"));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(told(&Value::from(pages)), events(&bob), "pages follow each other without a gap");
    for bad in ["limit=0", "limit=1001", "after=x", "after=1.x"] {
        assert_eq!(bob.api("GET", &format!("{path}?{bad}"), &Value::Null).status, 422, "{bad}");
    }
}

/// The audit has one line for all that an import brings, and each record tells that it came so; what an import changed, and what was
/// handed over with all other records of a user, is told as if it had been done one by one.
#[test]
fn a_record_tells_how_it_came_and_whose_it_became() {
    let (office, record) = office();
    let (rita, ann, bob) = (office.user("rita"), office.user("ann"), office.user("bob"));
    let events = |desk: &Desk<'_>, record: &str| told(&desk.json(&["record", "events", record]));
    let uid = "BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\nFN:Dina Client\nEND:VCARD\n";
    let other = import(office.user("ann"), uid).remove(0);
    import(office.user("ann"), &uid.replace("END:", "TEL:+1 555 0107\nEND:"));
    let imported = ["operator for user:ann record.edit version 1.2, imported", "operator for user:ann record.import"];
    assert_eq!(events(&ann, &other), imported);
    assert_eq!(events(&rita, &other), imported, "an administrator learns of it too");
    let made = ann.json(&["record", "add", "Emil Client"])["record"].as_str().expect("an id").to_owned();
    assert_eq!(events(&ann, &made), ["operator for user:ann record.create"]);

    let path = format!("/records/{other}/events?limit=1");
    let first = ann.api("GET", &path, &Value::Null).body;
    let next = first["next"].as_str().expect("a second page");
    let second = ann.api("GET", &format!("{path}&after={next}"), &Value::Null).body;
    assert_eq!([told(&first["items"]), told(&second["items"])].concat(), imported);
    assert_eq!(
        second["next"].as_str().map(|next| told(&ann.api("GET", &format!("{path}&after={next}"), &Value::Null).body["items"])),
        None
    );

    rita.cli(&["user", "hand-over", "ann", "--to", "bob", "--yes"]).ok();
    for record in [&record, &other, &made] {
        assert_eq!(events(&bob, record)[0], "operator for user:rita record.owner bob instead of a user");
    }
    says(&rita.cli(&["audit", "--record", &record]).ok().out, "bob instead of ann");
}

/// Who did it knows what he or she did, whatever became of it.
#[test]
fn who_did_it_knows_whom_it_was_about() {
    let (office, record) = office();
    let mut ann = office.signed_in("ann");
    for level in ["read", "none"] {
        let changes = json!([{ "user": "dora", "level": level }]);
        let plan = ann.post(&format!("/records/{record}/shares/plan"), &json!({ "changes": changes })).ok()["id"].clone();
        ann.post(&format!("/records/{record}/shares"), &json!({ "plan": plan, "changes": changes })).ok();
    }
    let events = ann.get(&format!("/records/{record}/events")).ok();
    let page = ann.send("GET", &format!("/clients/{record}"), &[], b"");
    let page = String::from_utf8(page.bytes).expect("a page");
    says(&page, "<h2 id=\"events-title\">Events</h2>");
    says(&page, "Not shared any more: dora<br><span class=\"quiet small\">ann</span>");
    assert_eq!(
        told(&events["items"]),
        ["user:ann record.revoke dora: none", "user:ann record.grant dora: read", "operator for user:ann record.import"]
    );
}

/// The two users of a link read what happened to it, each in his or her own office, and administrators do.
#[test]
fn the_users_of_a_link_read_what_happened_to_it() {
    let (a, b, link) = linked();
    for (office, user) in [(&a, "rita"), (&b, "rolf")] {
        office.cli(&["user", "add", user, "--account", "admin"]).ok();
    }
    enable(&a, "carl");
    let record = import(a.user("ann"), &card("Clara Client"));
    share(a.user("ann"), &link, &record);
    let events = |desk: Desk<'_>| desk.json(&["link", "events", &link]);
    let verbs = |events: &Value| {
        told(events).iter().map(|line| line.split(' ').find(|word| word.contains('.')).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verbs(&events(a.user("ann"))), ["record.share", "link.accepted", "link.request"]);
    assert_eq!(verbs(&events(b.user("bob"))), ["link.accept", "link.requested"]);
    assert_eq!(events(a.user("rita")), events(a.user("ann")));
    a.user("carl").cli(&["link", "events", &link]).ended(exit::NOT_FOUND);
    b.user("bob").cli(&["record", "events", &record[0]]).ended(exit::REFUSED);

    let copy_gone = || b.user("bob").records().is_empty();
    a.user("rita").cli(&["record", "archive", &record[0], "--yes"]).ok();
    until("the copy is removed", copy_gone);
    let back = events(a.user("ann"));
    assert!(told(&back).contains(&"operator for user:rita record.unshare 1 record".to_owned()), "administrators are named: {back}");
    b.user("bob").cli(&["link", "delete", &link, "--yes"]).ok();
    until("the end is told", || verbs(&events(a.user("ann"))).contains(&"link.deleted".to_owned()));
    says(&a.user("ann").cli(&["link", "events", &link, "--limit", "1"]).ok().err, "more");
}
