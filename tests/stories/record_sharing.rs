//! Sharing records: what travels, what follows live, what stays at home, and what a reader can't do with a copy.

use interoffice_tests::{
    Office, card, copies, copy_names, enable, eventually, exit, household, import, link, link_of, linked, many_cards, names, says,
    says_not, share, specialists, until,
};
use serde_json::{Value, json};

fn titles(record: &Value) -> Vec<String> {
    let related = record["related"].as_array().into_iter().flatten();
    related.map(|item| format!("{}: {}", item["kind"].as_str().unwrap_or_default(), item["title"].as_str().unwrap_or_default())).collect()
}

/// S-40, S-41, K-01: a household takes its members along, related items come with their contact, and the owner stays one.
///
/// ```text
/// A: ann   Miller family -> Paul, Petra (case, policy, investment, opportunity)   ==>   B: bob
/// ```
#[test]
fn s_40_households_businesses_and_related_items_are_shared() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let business = "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nUID:mill\r\nFN:Miller Mills Ltd\r\nORG:Miller Mills Ltd\r\nEND:VCARD\r\n";
    let cards =
        [card("Paul Miller"), card("Petra Miller"), household("Miller family", &["Paul Miller", "Petra Miller"]), business.to_owned()];
    import(ann, &cards.concat());
    import(ann, &card("Otto Other"));
    let find = |name: &str| ann.records().into_iter().find(|record| record["name"] == name).expect("a record")["id"].clone();
    let id = |name: &str| find(name).as_str().expect("an id").to_owned();
    let items = ["case=Life claim 4711/pending", "policy=Household 12/in force", "investment=Fund 7/held", "opportunity=Pension/open"];
    let mut edit = vec!["record".to_owned(), "edit".to_owned(), id("Petra Miller")];
    edit.extend(items.iter().flat_map(|item| ["--add-related".to_owned(), (*item).to_owned()]));
    ann.cli(&edit.iter().map(String::as_str).collect::<Vec<_>>()).ok();

    let chosen = [id("Miller family"), id("Miller Mills Ltd")];
    let plan = ann.json(&["record", "share", "--link", &link, &chosen[0], &chosen[1], "--dry-run"]);
    let counts = &plan["counts"];
    for (noun, number) in
        [("contacts", 2), ("businesses", 1), ("households", 1), ("cases", 1), ("policies", 1), ("investments", 1), ("opportunities", 1)]
    {
        assert_eq!(counts[noun], number, "{noun} in the plan: {plan}");
    }
    assert!(copies(bob, &link).is_empty(), "a dry run sends nothing");
    share(ann, &link, &chosen);

    let mut names = copy_names(bob);
    names.sort();
    assert_eq!(names, ["Miller Mills Ltd", "Miller family", "Paul Miller", "Petra Miller"], "and nothing else, not Otto");
    let petra = bob.json(&["record", "show", &id("Petra Miller")]);
    assert_eq!(titles(&petra), ["case: Life claim 4711", "policy: Household 12", "investment: Fund 7", "opportunity: Pension"]);
    assert_eq!(petra["related"][0]["status"], "pending");
    assert_eq!(bob.json(&["record", "show", &chosen[0]])["members"].as_array().map(Vec::len), Some(2));
    assert_eq!(bob.json(&["record", "show", &chosen[1]])["kind"], "business");

    // K-01: one owner, listed first, at both offices.
    for desk in [ann, bob] {
        let shown = desk.json(&["record", "show", &id("Petra Miller")]);
        assert_eq!((&shown["owner"], &shown["connected_to"][0]), (&json!("ann"), &json!("ann")));
    }
    ann.cli(&[
        "record",
        "edit",
        &id("Petra Miller"),
        "--status-of",
        &format!("{}=settled", petra["related"][0]["id"].as_str().expect("id")),
    ])
    .ok();
    until("the case's new status is seen", || bob.json(&["record", "show", &id("Petra Miller")])["related"][0]["status"] == "settled");
}

/// S-42: record sharing is between offices; a colleague is no reader of a link, and inside the office records are shared otherwise.
#[test]
fn s_42_record_sharing_does_not_apply_inside_one_office() {
    let office = Office::open("Office A");
    for user in ["ann", "eva"] {
        enable(&office, user);
    }
    let ann = office.user("ann");
    let id = office.json(&["id"])["office"].as_str().expect("an id").to_owned();
    for own in ["Office A", "office a", &id] {
        says(&ann.cli(&["link", "request", &format!("{own}/eva")]).ended(exit::NOT_FOUND), "interoffice record access");
    }
    assert!(ann.links("--receiving-mine").is_empty() && office.user("eva").links("--sharing-with-me").is_empty());
    let record = import(ann, &card("Clara Client")).remove(0);
    says(&ann.cli(&["record", "share", "--link", "Office A/eva", &record, "--yes"]).ended(exit::NOT_FOUND), "this office");
    assert!(names(&office.user("eva")).is_empty(), "that both are specialists gives neither the other's records");
    ann.cli(&["record", "access", &record, "--user", "eva=read", "--yes"]).ok();
    assert_eq!(names(&office.user("eva")), ["Clara Client"], "office security lets her see it once it is shared");
}

/// S-43: the adviser of a pending case shares the contact with the specialist for that line of business, who follows the case.
///
/// ```text
/// A: ann   Petra (case: Disability claim, pending; policy)   --life and disability-->   B: bob, the specialist
/// ```
#[test]
fn s_43_the_adviser_of_a_pending_case_shares_the_contact_with_its_specialist() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Petra Pending") + &card("Otto Other")));
    for item in ["case=Disability claim/pending", "policy=Life 12/in force"] {
        ann.cli(&["record", "edit", &records[0], "--add-related", item]).ok();
    }
    ann.cli(&["record", "edit", &records[1], "--add-related", "case=Fire claim/pending"]).ok();
    let asked = ann.json(&["link", "request", "Office B/bob", "--purpose", "disability cases", "--related", "case"]);
    let link = asked["link"].as_str().expect("an id").to_owned();
    assert_eq!(interoffice_tests::waiting_link(bob, &link)["purpose"], "disability cases", "the specialist reads what it is for");
    interoffice_tests::accept(bob, &link);
    ann.cli(&["link", "wait", &link]).ok();
    share(ann, &link, &records[..1]);
    assert_eq!(copy_names(bob), ["Petra Pending"], "this contact and no other");
    let seen = bob.json(&["record", "show", &records[0]]);
    assert_eq!((titles(&seen), &seen["related"][0]["status"]), (vec!["case: Disability claim".to_owned()], &json!("pending")));
    let status = format!("{}=settled", seen["related"][0]["id"].as_str().expect("an id"));
    ann.cli(&["record", "edit", &records[0], "--status-of", &status]).ok();
    until("the specialist sees how the case ended", || bob.json(&["record", "show", &records[0]])["related"][0]["status"] == "settled");
}

/// S-25, C-08: an edit at home is seen at the other office without anybody asking; a record that is not shared never is.
#[test]
fn s_25_an_edit_follows_to_the_other_office() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Carl Client") + &card("Cora Client")));
    share(ann, &link, &records[..1]);
    let before = bob.json(&["record", "show", &records[0]]);
    ann.cli(&["record", "edit", &records[0], "--set", "TEL=+1 555 0199", "--add", "NOTE=prefers letters"]).ok();
    ann.cli(&["record", "edit", &records[1], "--set", "TEL=+1 555 0777"]).ok();
    let after = eventually("the edit arrives", || {
        let shown = bob.json(&["record", "show", &records[0]]);
        shown.to_string().contains("0199").then_some(shown)
    });
    says(&after.to_string(), "prefers letters");
    assert_ne!(before["version"], after["version"]);
    assert_eq!(after["version"], ann.json(&["record", "show", &records[0]])["version"]);
    bob.cli(&["record", "show", &records[1]]).ended(exit::NOT_FOUND);
    ann.cli(&["record", "edit", &records[0], "--set", "TEL=1", "--base-version", before["version"].as_str().expect("a version")])
        .ended(exit::CONFLICT);
    assert_eq!(bob.json(&["record", "list", "0199"]).as_array().map(Vec::len), Some(1), "copies are found by what they say");
}

/// C-15: a reader's office refuses to share a copy on, over a link of the reader's own.
#[test]
fn c_15_a_copy_is_not_shared_on() {
    let (a, b, link) = linked();
    enable(&a, "carl");
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let onward = interoffice_tests::link(bob, a.user("carl"));
    let records = import(ann, &card("Clara Client"));
    share(ann, &link, &records);
    let refused = bob.cli(&["record", "share", "--link", &onward, &records[0], "--yes"]).ended(exit::NOT_FOUND);
    says(&refused, "you own no record");
    bob.cli(&["record", "share", "--link", &onward, "--all-mine", "--yes"]).ended(exit::USAGE);
    for verb in ["delete", "archive"] {
        bob.cli(&["record", verb, &records[0], "--yes"]).ended(exit::NOT_FOUND);
    }
    assert_eq!(link_of(bob, &onward)["records"], 0);
    assert!(copies(a.user("carl"), &onward).is_empty());
    assert_eq!(copies(bob, &link).len(), 1, "the copy is where it was");
}

/// S-27: only what the scope names travels, and private records only when that is said.
#[test]
fn s_27_the_scope_and_the_mark_private_keep_things_at_home() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let asked = ann.json(&["link", "request", "Office B/bob", "--fields", "name,emails", "--related", "case"]);
    let narrow = asked["link"].as_str().expect("an id").to_owned();
    interoffice_tests::accept(bob, &narrow);
    ann.cli(&["link", "wait", &narrow]).ok();
    let cards = card("Carl Client").replace("END:VCARD", "NOTE:owes ten pounds\r\nX-SECRET:sesame\r\nEND:VCARD");
    let records = import(ann, &(cards + &card("Priva Client")));
    ann.cli(&["record", "edit", &records[0], "--add-related", "case=Claim/open", "--add-related", "policy=Life/in force"]).ok();
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();

    let refused = ann.cli(&["record", "share", "--link", &narrow, &records[1], "--yes"]).ended(exit::REFUSED);
    says(&refused, "--include-private");
    let shared = ann.cli(&["record", "share", "--link", &narrow, "--all-mine", "--yes", "--wait"]).ok();
    says(&(shared.out + &shared.err), "1 private record is left out");
    let seen = bob.json(&["record", "show", &records[0]]).to_string();
    says(&seen, "carl-client@example.com");
    says(&seen, "Claim");
    for kept in ["0100", "ten pounds", "sesame", "in force"] {
        says_not(&seen, kept);
    }
    assert_eq!(copies(bob, &narrow).len(), 1, "the private record stayed at home");
    ann.cli(&["record", "share", "--link", &narrow, &records[1], "--include-private", "--yes", "--wait"]).ok();
    assert_eq!(copies(bob, &narrow).len(), 2);
    let again = ann.cli(&["record", "share", "--link", &narrow, "--all-mine"]);
    let again = again.out + &again.err;
    says(&again, "1 record is shared over this link already");
    says_not(&again, "left out");
}

/// C-22: a first share of 10,000 records is counted before anything is sent and can be narrowed; an interrupted transfer goes on.
#[test]
fn c_22_a_large_share_is_counted_narrowed_and_resumed() {
    const MANY: usize = 10_000;
    let (a, mut b, link) = linked();
    let ann = a.user("ann");
    let note = format!("NOTE:{}\r\nEND:VCARD", "long ".repeat(200));
    let records = import(ann, &many_cards(MANY).replace("END:VCARD", &note));
    assert_eq!(records.len(), MANY);
    let plan = ann.cli(&["record", "share", "--link", &link, "--all-mine"]);
    says(&plan.err, "10000 contacts");
    plan.ended(exit::USAGE);
    assert_eq!(link_of(ann, &link)["records"], 0, "nothing is sent before yes");
    let narrowed = ann.json(&["record", "share", "--link", &link, &records[0], &records[1], "--dry-run"]);
    assert_eq!(narrowed["counts"]["contacts"], 2);

    ann.cli(&["record", "share", "--link", &link, "--all-mine", "--yes"]).ok();
    until("part of it has arrived", || link_of(ann, &link)["delivered"].as_u64().is_some_and(|delivered| delivered > 0));
    b.kill9();
    let delivered = link_of(ann, &link)["delivered"].as_u64().expect("a number");
    assert!(delivered < MANY as u64, "it was cut off before its end");
    b.serve();
    let held = copies(b.user("bob"), &link).len() as u64;
    assert!(held >= delivered, "what counts as delivered was durable: {held} of {delivered}");
    ann.cli(&["link", "wait", &link, "--until", "synced", "--timeout", "120"]).ok();
    assert_eq!(copies(b.user("bob"), &link).len(), MANY);
    assert_eq!(link_of(ann, &link)["delivered"], MANY);
    // Either side reads what the link shows page by page.
    for desk in [ann, b.user("bob")] {
        let page = |limit: usize| desk.api("GET", &format!("/links/{link}/records?limit={limit}"), &Value::Null);
        assert_eq!(page(1_000).body["items"].as_array().map(Vec::len), Some(1_000));
        for limit in [0, 1_001] {
            assert_eq!((page(limit).status, &page(limit).body["code"]), (422, &json!("bad-limit")), "{limit}");
        }
    }
}

/// S-25: two links that carry one record hold two copies, and the end of one leaves the other.
#[test]
fn s_25_each_link_has_copies_of_its_own() {
    let (a, b) = specialists();
    enable(&a, "carl");
    let bob = b.user("bob");
    let first = link(a.user("ann"), bob);
    let second = link(a.user("carl"), bob);
    let of_ann = import(a.user("ann"), &card("Shared Client"));
    let of_carl = import(a.user("carl"), &card("Shared Client"));
    share(a.user("ann"), &first, &of_ann);
    share(a.user("carl"), &second, &of_carl);
    assert_eq!(copy_names(bob), ["Shared Client", "Shared Client"]);
    a.user("ann").cli(&["link", "delete", &first, "--yes"]).ok();
    until("ann's copy is gone", || copy_names(bob).len() == 1);
    assert_eq!(bob.records()[0]["link"], json!(second));
}
