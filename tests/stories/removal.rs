//! Taking back: every way in which copies at another office come to an end, and the receipt for it.

use interoffice_tests::{
    Office, card, copies, copy_names, enable, eventually, exit, import, link, link_of, linked, says, says_not, share, specialists, until,
};
use serde_json::{Value, json};

/// Waits for the signed receipt of a link's end at its owner's office.
fn erased(owner: &Office, link: &str) -> Value {
    owner.cli(&["link", "wait", link, "--until", "erased", "--timeout", "90"]).ok();
    owner.json(&["link", "show", link])
}

fn cards(names: &[&str]) -> String {
    names.iter().map(|name| card(name)).collect()
}

/// S-28, S-30, K-07: deleting a link says with numbers what goes, waits for yes, and takes the copies at the other office away.
#[test]
fn s_28_deleting_a_link_removes_the_copies_at_the_other_office() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &cards(&["Carl Client", "Cora Client", "Curt Client"]));
    share(ann, &link, &records);

    let shown = ann.cli(&["link", "delete", &link]);
    says(&shown.err, "3 contacts will be removed at Office B (bob)");
    says(&shown.err, "stay here with ann");
    shown.ended(exit::USAGE);
    let planned = ann.json(&["link", "delete", &link, "--dry-run"]);
    assert_eq!(planned["counts"]["contacts"], 3);
    assert_eq!((link_of(ann, &link)["status"].clone(), copies(bob, &link).len()), (json!("Active"), 3), "nothing happens before yes");

    ann.cli(&["record", "edit", &records[0], "--set", "TEL=1"]).ok();
    ann.cli(&["record", "unshare", "--link", &link, &records[2], "--yes"]).ok();
    let stale = ann.api("POST", &format!("/links/{link}/delete"), &json!({ "plan": planned["id"] }));
    assert_eq!((stale.status, &stale.body["code"]), (409, &json!("stale-plan")));

    says(&ann.cli(&["link", "delete", &link, "--yes"]).ok().all(), "Ended");
    assert_eq!(ann.cli(&["link", "delete", &link, "--yes"]).code, exit::CONFLICT, "a second delete has nothing to do");
    let ended = erased(&a, &link);
    assert_eq!(ended["end_reason"], "deleted by the sharing side");
    let removal = &ended["removal"];
    assert_eq!(removal["state"], "Erased");
    says(removal["words"].as_str().expect("words"), "signed receipt");
    assert!(removal["receipt"].is_string() && removal["root"].is_string(), "the receipt is kept: {removal}");
    assert!(bob.records().is_empty());
    for record in &records {
        bob.cli(&["record", "show", record]).ended(exit::NOT_FOUND);
    }
    bob.cli(&["record", "list", "--link", &link]).ended(exit::NOT_FOUND);
    assert_eq!(bob.cli(&["record", "export"]).ok().out, "");
    assert_eq!(ann.records().len(), 3, "removed is not deleted: the records stay at home");
    let audit = a.events();
    assert!(audit.iter().any(|line| line["verb"] == "receipt.verified" && line["object"] == json!(link)));
}

/// S-29: the receiving side ends a link from its own list, with the same result.
#[test]
fn s_29_the_receiving_side_ends_a_link_too() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &cards(&["Carl Client", "Cora Client"]));
    share(ann, &link, &records);
    let shown = bob.cli(&["link", "delete", &link]);
    says(&shown.err, "everything that ann at Office A shared with bob is erased here");
    shown.ended(exit::USAGE);
    assert_eq!(copies(bob, &link).len(), 2);
    bob.cli(&["link", "delete", &link, "--yes"]).ok();
    assert!(bob.records().is_empty(), "the copies are gone at once");
    let ended = erased(&a, &link);
    assert_eq!((&ended["end_reason"], &ended["removal"]["count"]), (&json!("deleted by the receiving side"), &json!(2)));
    assert_eq!(ann.records().len(), 2);
    let strangers = a.user("ann").cli(&["link", "delete", "zzzzzzzzzz", "--yes"]);
    strangers.ended(exit::NOT_FOUND);
}

/// K-07, C-17: unshared, removed and deleted are three things; a record that is unshared, archived or deleted leaves the other office.
#[test]
fn k_07_unshared_removed_and_deleted_are_three_words() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &cards(&["Archie Client", "Dora Client", "Stan Client", "Una Client"]));
    share(ann, &link, &records);
    assert_eq!(copy_names(bob).len(), 4);
    let receipts = |number: usize| {
        eventually("each removal has a receipt", || {
            let parts = link_of(ann, &link)["parts"].as_array()?.clone();
            (parts.len() == number && parts.iter().all(|part| part["state"] == "Erased")).then_some(parts)
        })
    };
    let [archive, delete, stay, unshare] = &records[..] else { panic!("four records") };

    let shown = ann.cli(&["record", "unshare", "--link", &link, unshare]);
    says(&shown.err, "1 contact will be removed at Office B (bob)");
    says(&shown.err, "stay here");
    shown.ended(exit::USAGE);
    assert_eq!(copy_names(bob).len(), 4, "nothing before yes");
    let unshared = ann.cli(&["record", "unshare", "--link", &link, unshare, "--yes"]).ok();
    says(&unshared.all(), "no longer shared");
    receipts(1);
    until("unshared: gone there", || !copy_names(bob).contains(&"Una Client".to_owned()));
    ann.cli(&["record", "show", unshare]).ok();
    ann.cli(&["record", "unshare", "--link", &link, unshare, "--yes"]).ended(exit::NOT_FOUND);

    says(&ann.cli(&["record", "archive", archive]).err, "1 copy is removed at Office B");
    ann.cli(&["record", "archive", archive, "--yes"]).ok();
    receipts(2);
    until("archived: gone there", || !copy_names(bob).contains(&"Archie Client".to_owned()));
    ann.cli(&["record", "archive", archive, "--undo"]).ok();

    says(&ann.cli(&["record", "delete", delete]).err, "1 copy is removed at Office B");
    ann.cli(&["record", "delete", delete, "--yes"]).ok();
    let parts = receipts(3);
    until("deleted: gone there", || copy_names(bob) == ["Stan Client"]);
    ann.cli(&["record", "show", delete]).ended(exit::NOT_FOUND);

    // Each removal has a receipt of its own, and using an archived record again shares nothing.
    assert!(parts.iter().all(|part| part["count"] == 1 && part["receipt"].is_string()), "{parts:?}");
    assert_eq!(parts[0]["words"], "1 copy is erased, as a signed receipt says");
    assert_eq!(copy_names(bob), ["Stan Client"]);
    bob.cli(&["record", "show", stay]).ok();
    ann.cli(&["record", "share", "--link", &link, unshare, "--yes", "--wait"]).ok();
    assert_eq!(copy_names(bob).len(), 2, "what was unshared can be shared again");
}

/// One way to end a link.
type Way = (&'static str, fn(&Office, &Office, &str, &str));

/// Every way in, each for a sharing user of its own.
const WAYS: [Way; 6] = [
    ("alma", |a, _, user, link| {
        a.user(user).cli(&["link", "delete", link, "--yes"]).ok();
    }),
    ("ben", |a, _, _, link| {
        a.cli(&["link", "delete", link, "--yes"]).ok();
    }),
    ("cleo", |a, _, user, link| {
        let plan = a.user(user).api("POST", &format!("/links/{link}/delete/plan"), &json!({}));
        let done = a.user(user).api("POST", &format!("/links/{link}/delete"), &json!({ "plan": plan.body["id"] }));
        assert_eq!(done.status, 200, "{:?}", done.body);
    }),
    ("dan", |a, _, user, _| {
        a.cli(&["specialist", "disable", user, "--yes"]).ok();
    }),
    ("ella", |a, _, user, _| {
        a.cli(&["user", "disable", user, "--yes"]).ok();
    }),
    ("finn", |_, b, _, link| {
        b.user("bob").cli(&["link", "delete", link, "--yes"]).ok();
    }),
];

/// C-16, C-18, S-28: whichever way a link ends, and a user who is disabled, the same cascade runs with the same receipt.
#[test]
fn c_18_every_way_in_runs_the_same_cascade() {
    let (a, b) = interoffice_tests::paired();
    enable(&b, "bob");
    let mut links = Vec::new();
    for (user, _) in WAYS {
        enable(&a, user);
        let link = link(a.user(user), b.user("bob"));
        let records = import(a.user(user), &cards(&[&format!("First of {user}"), &format!("Second of {user}")]));
        share(a.user(user), &link, &records);
        links.push(link);
    }
    assert_eq!(copy_names(b.user("bob")).len(), 2 * WAYS.len());
    for ((user, end), link) in WAYS.iter().zip(&links) {
        end(&a, &b, user, link);
        let ended = erased(&a, link);
        assert_eq!((&ended["status"], &ended["removal"]["state"]), (&json!("Ended"), &json!("Erased")), "{user}");
        assert_eq!((&ended["removal"]["count"], &ended["removal"]["expected"]), (&json!(2), &json!(2)), "{user}");
        says_not(&copy_names(b.user("bob")).join("\n"), &format!("of {user}"));
        assert_eq!(b.json(&["link", "show", link])["status"], "Ended", "{user}");
        assert!(!received_file_of(&b, link), "the file of {user}'s link is gone");
    }
    assert!(b.user("bob").records().is_empty());
}

fn received_file_of(office: &Office, link: &str) -> bool {
    let folder = office.folder().join("received");
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains(link))
}

/// C-18, S-28: removing a whole office ends every link with it, in both directions, and its receipts still come in.
#[test]
fn c_18_removing_an_office_ends_every_link_with_it() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let (out, back) = (link(ann, bob), link(bob, ann));
    let (mine, theirs) = (import(ann, &cards(&["Carl Client", "Cora Client"])), import(bob, &card("Bert Client")));
    share(ann, &out, &mine);
    share(bob, &back, &theirs);
    let plan = a.json(&["peer", "remove", "Office B", "--dry-run"]);
    assert_eq!((&plan["counts"]["links"], &plan["counts"]["contacts"]), (&json!(2), &json!(2)));
    a.cli(&["peer", "remove", "Office B", "--yes"]).ok();
    assert_eq!(a.peer(&b)["standing"], "removed");
    assert_eq!(copy_names(ann).len(), 0, "what came from there is gone at once");
    until("the copies there are gone", || copy_names(bob).is_empty());
    assert_eq!(erased(&a, &out)["removal"]["count"], 2, "the receipt comes in all the same");
    assert_eq!(erased(&b, &back)["removal"]["count"], 1);
    ann.cli(&["link", "request", "Office B/bob"]).ended(exit::CONFLICT);
}

/// C-01, N-10: the owner's office is gone for ever; the receiver ends the link alone, and the notice waits.
#[test]
fn c_01_the_receiver_ends_a_link_alone() {
    let (a, b, link) = linked();
    let records = import(a.user("ann"), &cards(&["Carl Client", "Cora Client"]));
    share(a.user("ann"), &link, &records);
    drop(a);
    let bob = b.user("bob");
    says(&bob.cli(&["link", "delete", &link]).err, "erased here");
    bob.cli(&["link", "delete", &link, "--yes"]).ok();
    assert!(bob.records().is_empty());
    assert_eq!(link_of(bob, &link)["status"], "Ended");
    until("the file is gone", || !received_file_of(&b, &link));
    let peer = &b.json(&["peer", "list"])[0];
    assert!(peer["waiting_statements"].as_u64().is_some_and(|waiting| waiting >= 1), "the notice is queued: {peer}");
}

/// C-02, N-10: somebody else answers at the owner's address with another certificate; the receiver ends the link all the same.
#[test]
fn c_02_the_receiver_ends_a_link_whatever_certificate_answers() {
    let (a, mut b, link) = linked();
    let records = import(a.user("ann"), &card("Carl Client"));
    share(a.user("ann"), &link, &records);
    let address = a.address();
    drop(a);
    let mut eve = Office::set_up_at("Office E", address);
    eve.serve();
    b.restart();
    let peer = eventually("it is seen that somebody else answers", || {
        let peer = b.json(&["peer", "list"])[0].clone();
        let reason = peer["connection"]["reason"].as_str().unwrap_or_default().to_lowercase();
        reason.contains("meant to reach another one").then_some(peer)
    });
    assert_ne!(peer["connection"]["state"], "connected");
    b.user("bob").cli(&["link", "delete", &link, "--yes"]).ok();
    assert!(b.user("bob").records().is_empty());
    until("the file is gone", || !received_file_of(&b, &link));
    assert!(eve.json(&["link", "list"]).as_array().is_some_and(Vec::is_empty), "the stranger learns nothing");
    assert!(eve.json(&["peer", "list"]).as_array().is_some_and(Vec::is_empty));
}
