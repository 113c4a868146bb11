//! Links: asked for, waiting, accepted by tag, listed in two lists, declined, withdrawn, and what no stranger learns from them.

use interoffice_tests::{
    Office, accept, card, enable, exit, import, link, link_of, linked, paired, request, says, says_not, share, specialists, until,
    waiting_link,
};
use serde_json::{Value, json};

fn statuses(links: &[Value]) -> Vec<(String, String)> {
    let text = |link: &Value, name: &str| link[name].as_str().unwrap_or_default().to_owned();
    let mut seen: Vec<_> = links.iter().map(|link| (text(link, "remote_user"), text(link, "status"))).collect();
    seen.sort();
    seen
}

fn office_of(office: &Office) -> String {
    office.json(&["id"])["office"].as_str().expect("an id").to_owned()
}

/// S-15, S-17, S-18, S-19, S-20, S-21, S-25, S-26: a request is Waiting at both offices until it is accepted, and then Active at both.
///
/// ```text
/// A: ann --Request--> B: bob     Waiting | Waiting
/// A: ann <--Accept--- B: bob     Active  | Active
/// ```
#[test]
fn s_20_a_request_waits_and_becomes_active_at_both_offices() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let said = ann.cli(&["link", "request", "Office B/bob", "--purpose", "joint cases"]).ok();
    says(&said.all(), "Waiting");

    let mine = ann.links("--receiving-mine");
    assert_eq!(statuses(&mine), [("bob".to_owned(), "Waiting".to_owned())], "users receiving my contact records");
    assert!(ann.links("--sharing-with-me").is_empty(), "the direction is from ann");
    let link = mine[0]["link"].as_str().expect("an id").to_owned();
    let there = waiting_link(bob, &link);
    assert_eq!((&there["status"], &there["remote_user"], &there["purpose"]), (&json!("Waiting"), &json!("ann"), &json!("joint cases")));
    assert!(bob.links("--receiving-mine").is_empty());
    ann.cli(&["link", "accept", &link]).ended(exit::REFUSED);

    bob.cli(&["link", "accept", &link]).ok();
    assert_eq!(link_of(bob, &link)["status"], "Active");
    ann.cli(&["link", "wait", &link, "--until", "active"]).ok();
    assert_eq!(statuses(&ann.links("--receiving-mine")), [("bob".to_owned(), "Active".to_owned())]);
    assert_eq!(statuses(&bob.links("--sharing-with-me")), [("ann".to_owned(), "Active".to_owned())]);
    says(&ann.cli(&["link", "list", "--receiving-mine"]).ok().out, "Active");
    bob.cli(&["link", "accept", &link]).ended(exit::CONFLICT);

    let both = ann.cli(&["link", "list", "--receiving-mine", "--sharing-with-me"]);
    both.ended(exit::USAGE);
    let help = ann.cli(&["link", "list", "--help"]).ok().out;
    says(&help, "Users receiving my contact records");
    says(&help, "Users sharing their contact records with me");
}

/// S-24: the list shows every waiting request; who tags two of three leaves the third Waiting, at both offices.
#[test]
fn s_24_only_tagged_requests_are_accepted() {
    let (a, b) = specialists();
    enable(&a, "carl");
    enable(&a, "dora");
    let asked: Vec<String> = ["ann", "carl", "dora"].iter().map(|user| request(a.user(user), "Office B/bob")).collect();
    for link in &asked {
        waiting_link(b.user("bob"), link);
    }
    let waiting = b.user("bob").json(&["link", "list", "--sharing-with-me", "--status", "waiting"]);
    assert_eq!(waiting.as_array().map(Vec::len), Some(3), "all waiting requests are listed");

    b.user("bob").cli(&["link", "accept", &asked[0], &asked[2]]).ok();
    let word = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    let expected = [word("ann", "Active"), word("carl", "Waiting"), word("dora", "Active")];
    assert_eq!(statuses(&b.user("bob").links("--sharing-with-me")), expected);
    for (user, status) in [("ann", "Active"), ("dora", "Active"), ("carl", "Waiting")] {
        until("the other office knows", || a.user(user).links("--receiving-mine")[0]["status"] == status);
    }

    // One that can't be accepted keeps the others from being accepted half.
    let bad = b.user("bob").cli(&["link", "accept", &asked[1], "zzzzzzzz"]);
    bad.ended(exit::NOT_FOUND);
    assert_eq!(link_of(b.user("bob"), &asked[1])["status"], "Waiting");
}

/// S-14, S-22, S-31: nothing is shared over a link that waits, and a link shows records in one direction only.
#[test]
fn s_22_records_are_shared_over_active_links_in_their_direction_only() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &card("Carl Client"));
    let link = request(ann, "Office B/bob");
    let refused = ann.cli(&["record", "share", "--link", &link, &records[0], "--yes"]).ended(exit::CONFLICT);
    says(&refused, "Waiting");
    accept(bob, &link);
    ann.cli(&["link", "wait", &link]).ok();

    let own = import(bob, &card("Bert Business"));
    let wrong = bob.cli(&["record", "share", "--link", &link, &own[0], "--yes"]).ended(exit::REFUSED);
    says(&wrong, "one direction");
    assert!(ann.records().iter().all(|record| record["link"].is_null()), "nothing came to ann");

    let back = interoffice_tests::link(bob, ann);
    assert_ne!(back, link);
    share(bob, &back, &own);
    until("the second link brings bob's record", || ann.records().iter().any(|record| record["link"] == json!(back)));
    assert_eq!(bob.records().iter().filter(|record| record["link"].is_string()).count(), 0, "the first still shows nothing");

    ann.cli(&["link", "delete", &link, "--yes"]).ok();
    let ended = ann.cli(&["record", "share", "--link", &link, &records[0], "--yes"]).ended(exit::CONFLICT);
    says(&ended, "ended");
    assert_eq!(link_of(bob, &back)["status"], "Active", "the other direction is a link of its own");
}

/// S-25, S-26, S-27: each list leads from a person to the records that are shared with, or by, that person.
#[test]
fn s_27_a_linked_user_leads_to_the_records_shared() {
    let (a, b, link) = linked();
    enable(&b, "bea");
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let other = interoffice_tests::link(ann, b.user("bea"));
    let records = import(ann, &(card("Carl Client") + &card("Cora Client") + &card("Curt Client")));
    share(ann, &link, &records[..2]);
    share(ann, &other, &records[2..]);

    let shared = ann.api("GET", &format!("/links/{link}/records"), &Value::Null);
    let names = |items: &Value| items.as_array().expect("items").iter().map(|row| row["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&shared.body["items"]), ["Carl Client", "Cora Client"], "with bob, at ann's office");
    assert_eq!(link_of(ann, &link)["records"], 2);
    let seen = bob.json(&["record", "list", "--link", "Office A/ann"]);
    assert_eq!(names(&seen), ["Carl Client", "Cora Client"], "by ann, at bob's office");
    assert!(seen.as_array().expect("items").iter().all(|record| record["owner"] == "ann" && record["office_name"] == "Office A"));
    let bea = b.user("bea").json(&["record", "list"]);
    assert_eq!(names(&bea), ["Curt Client"], "bea sees what was shared with her, and nothing of bob's");
    b.user("bea").cli(&["record", "list", "--link", &link]).ended(exit::NOT_FOUND);
    b.user("bea").cli(&["record", "show", &records[0]]).ended(exit::NOT_FOUND);
    assert_eq!(statuses(&ann.links("--receiving-mine")).len(), 2);
}

/// S-36, C-25: an unknown office is told at once; an unknown user looks exactly like one who has not answered.
#[test]
fn c_25_an_unknown_user_looks_like_one_who_has_not_answered() {
    let (a, b) = specialists();
    b.cli(&["user", "add", "nils"]).ok();
    b.cli(&["user", "add", "gone"]).ok();
    b.cli(&["user", "disable", "gone", "--yes"]).ok();
    let unknown = a.user("ann").cli(&["link", "request", "Office Z/bob"]).ended(exit::NOT_FOUND);
    says(&unknown, "Office Z");
    for name in ["bob", "nils", "Office B"] {
        says_not(&unknown.replace("Office Z/bob", ""), name);
    }

    let guesses = ["bob", "nils", "gone", "nobody"];
    let links: Vec<String> = guesses.iter().map(|user| request(a.user("ann"), &format!("Office B/{user}"))).collect();
    for link in &links {
        until("the other office has the request", || link_of(a.user("ann"), link)["sent"] == true);
    }
    let seen = |link: &str| {
        let mut view = link_of(a.user("ann"), link);
        for own in ["link", "remote_user", "created_ms"] {
            view[own] = Value::Null;
        }
        view
    };
    let known = seen(&links[0]);
    assert_eq!(known["status"], "Waiting");
    for (user, link) in guesses.iter().zip(&links).skip(1) {
        assert_eq!(seen(link), known, "{user} can't be told from a user who has not answered");
    }
    let told = a.events().into_iter().filter(|line| line["actor"].as_str().is_some_and(|actor| actor.contains(&office_of(&b)[..8])));
    assert!(
        told.clone().all(|line| line["verb"] != "statement.not-stored"),
        "no guess was answered otherwise: {:?}",
        told.collect::<Vec<_>>()
    );
    for user in ["nobody", "gone"] {
        says_not(&format!("{:?}", a.peer(&b)), user);
    }
}

/// C-11: a request that is taken back is gone at the other office, before and after it got there; a decline is told.
#[test]
fn c_11_a_withdrawn_request_is_gone_at_the_other_office() {
    let (a, mut b) = specialists();
    let first = request(a.user("ann"), "Office B/bob");
    waiting_link(b.user("bob"), &first);
    says(&a.user("ann").cli(&["link", "withdraw", &first]).ok().all(), "withdrawn");
    let waiting = |b: &Office| b.user("bob").json(&["link", "list", "--sharing-with-me", "--status", "waiting"]);
    until("the request is gone", || waiting(&b).as_array().is_some_and(Vec::is_empty));
    b.user("bob").cli(&["link", "accept", &first]).ended(exit::CONFLICT);
    assert_eq!(link_of(a.user("ann"), &first)["status"], "Ended");
    a.user("ann").cli(&["link", "withdraw", &first]).ended(exit::CONFLICT);

    // Asked for and taken back while the other office is away: it never shows there as waiting.
    b.kill9();
    let second = request(a.user("ann"), "Office B/bob");
    a.user("ann").cli(&["link", "withdraw", &second]).ok();
    b.serve();
    let third = request(a.user("ann"), "Office B/bob");
    waiting_link(b.user("bob"), &third);
    assert_eq!(waiting(&b).as_array().map(Vec::len), Some(1), "only the third waits");

    b.user("bob").cli(&["link", "decline", &third, "--reason", "not my line"]).ok();
    until("the decline is told", || link_of(a.user("ann"), &third)["status"] == "Ended");
    says(link_of(a.user("ann"), &third)["end_reason"].as_str().expect("a reason"), "declined");
}

/// K-11: the level is agreed and carried to every copy; a Read or Write reader's own edit is refused in words.
#[test]
fn k_11_the_level_travels_and_the_home_office_stays_the_only_writer() {
    let (a, b) = specialists();
    enable(&b, "bea");
    let ann = a.user("ann");
    let records = import(ann, &card("Carl Client"));
    for (reader, level) in [("bob", "read"), ("bea", "write")] {
        let desk = b.user(reader);
        let asked = ann.json(&["link", "request", &b.at(reader), "--level", level]);
        let link = asked["link"].as_str().expect("an id").to_owned();
        assert_eq!(waiting_link(desk, &link)["level"], level, "the reader sees the level before agreeing");
        accept(desk, &link);
        ann.cli(&["link", "wait", &link]).ok();
        share(ann, &link, &records);
        let copy = desk.json(&["record", "show", &records[0]]);
        assert_eq!((&copy["level"], &copy["access"]), (&json!(level), &json!("read")));
        let refused = desk.cli(&["record", "edit", &records[0], "--set", "TEL=+1 555 0999"]).ended(exit::REFUSED);
        says(&refused, "Office A");
        says(&refused, level);
        assert_eq!(desk.json(&["record", "show", &records[0]]), copy, "the copy is as it was");
    }
    let home = ann.json(&["record", "show", &records[0]]);
    assert!(!home.to_string().contains("0999"), "and so is the record");
    let unknown = ann.cli(&["link", "request", "Office B/bob", "--level", "everything"]).ended(exit::USAGE);
    says(&unknown, "full-control");
}

/// S-15, S-44: offices of different firms link; a user of the own office is no other office.
#[test]
fn s_15_a_link_leads_to_another_office() {
    let (a, b) = paired();
    enable(&a, "ann");
    enable(&a, "carl");
    enable(&b, "bob");
    a.user("ann").cli(&["link", "request", "Office A/carl"]).ended(exit::NOT_FOUND);
    let sent = link(a.user("ann"), b.user("bob"));
    let again = a.user("ann").cli(&["link", "request", "Office B/bob"]).ended(exit::CONFLICT);
    says(&again, "already");
    a.cli(&["link", "request", "Office B/bob"]).ended(exit::USAGE);
    assert_ne!(office_of(&a), office_of(&b), "the offices share no key, no server, no firm");
    assert_eq!(link_of(b.user("bob"), &sent)["office"], json!(office_of(&a)));
}
