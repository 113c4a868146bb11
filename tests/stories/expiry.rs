//! Links that end by themselves on the day both sides agreed to.

use interoffice_tests::clock::ahead;
use interoffice_tests::{accept, card, copies, exit, import, link_of, says, share, skipped, specialists, until};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// C-12: what an expired link had brought is refused when it is asked for by its id, by every way of reading, and not only gone from lists.
///
/// ```text
/// A: ann  --Clara, for two days-->  B: bob         then three days pass at B
/// ```
#[test]
fn c_12_an_expired_share_is_refused_by_id() {
    let Some(three_days) = ahead(3) else {
        skipped("links whose end date has passed", "no libfaketime; install the package faketime");
        return;
    };
    let (a, mut b) = specialists();
    let ann = a.user("ann");
    let record = import(ann, &card("Clara Client")).remove(0);
    let today_ms = a.user_view("ann")["created_ms"].as_i64().expect("a time");
    let asked = json!({ "office": "Office B", "user": "bob", "purpose": "one question", "not_after_ms": today_ms + 2 * DAY_MS });
    let link = ann.api("POST", "/links", &asked).body["link"].as_str().expect("a link").to_owned();
    accept(b.user("bob"), &link);
    ann.cli(&["link", "wait", &link, "--timeout", "90"]).ok();
    share(ann, &link, std::slice::from_ref(&record));
    assert_eq!(copies(b.user("bob"), &link).len(), 1);
    assert_eq!(b.user("bob").api("GET", &format!("/records/{record}"), &Value::Null).status, 200);

    b.set_environment(three_days);
    b.restart();
    let bob = b.user("bob");
    until("the link has ended", || link_of(bob, &link)["status"] == "Ended");
    says(link_of(bob, &link)["end_reason"].as_str().expect("a reason"), "end date");
    bob.cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
    assert_eq!(bob.api("GET", &format!("/records/{record}"), &Value::Null).status, 404);
    bob.cli(&["record", "list", "--link", &link]).ended(exit::NOT_FOUND);
    let exported = bob.cli(&["record", "export", &record]);
    assert!(exported.code != exit::OK || !exported.out.contains("Clara"), "{}", exported.all());
    assert!(bob.records().is_empty());
    until("the owner's office knows", || link_of(ann, &link)["status"] == "Ended");
    assert_eq!(ann.json(&["record", "show", &record])["name"], "Clara Client", "the record itself is where it was");
}
