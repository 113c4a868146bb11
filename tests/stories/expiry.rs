//! Links that end by themselves on the day both sides agreed to.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use interoffice_tests::{Office, accept, card, copies, exit, import, link_of, says, specialists, until};
use serde_json::{Value, json};

/// The time of this machine, which the daemons share (milliseconds since 1970, UTC).
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since.as_millis()).expect("a time of this age")
}

/// Shares Clara with Bob over a link that ends so soon; `None` when she came too late to be seen, since the machine is slow.
fn shared_for(a: &Office, b: &Office, record: &str, time: Duration) -> Option<String> {
    let end_ms = now_ms() + u64::try_from(time.as_millis()).expect("seconds");
    let asked = json!({ "office": b.name(), "user": "bob", "purpose": "one question", "not_after_ms": end_ms });
    let link = a.user("ann").api("POST", "/links", &asked).body["link"].as_str().expect("a link").to_owned();
    accept(b.user("bob"), &link);
    a.user("ann").cli(&["link", "wait", &link, "--timeout", "90"]).ok();
    a.user("ann").cli(&["record", "share", "--link", &link, record, "--yes"]).ok();
    let seen = || !copies(b.user("bob"), &link).is_empty();
    while now_ms() < end_ms && !seen() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let in_time = seen() && b.user("bob").api("GET", &format!("/records/{record}"), &Value::Null).status == 200 && now_ms() < end_ms;
    until("its time is over", || now_ms() > end_ms);
    in_time.then_some(link)
}

/// C-12: what an expired link had brought is refused when it is asked for by its id, by every way of reading, and not only gone from lists.
#[test]
fn c_12_an_expired_share_is_refused_by_id() {
    let (a, mut b) = specialists();
    let record = import(a.user("ann"), &card("Clara Client")).remove(0);
    let tries = [4, 20, 60].into_iter().map(Duration::from_secs);
    let link = tries.into_iter().find_map(|time| {
        let link = shared_for(&a, &b, &record, time);
        // Ends are looked for at the start.
        b.restart();
        link
    });
    let link = link.expect("a record is there within a minute");
    let bob = b.user("bob");
    until("the link has ended", || link_of(bob, &link)["status"] == "Ended");
    says(link_of(bob, &link)["end_reason"].as_str().expect("a reason"), "end date");
    bob.cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
    assert_eq!(bob.api("GET", &format!("/records/{record}"), &Value::Null).status, 404);
    bob.cli(&["record", "list", "--link", &link]).ended(exit::NOT_FOUND);
    let exported = bob.cli(&["record", "export", &record]);
    assert!(exported.code != exit::OK || !exported.out.contains("Clara"), "{}", exported.all());
    assert!(bob.records().is_empty());
    until("the owner's office knows", || link_of(a.user("ann"), &link)["status"] == "Ended");
    assert_eq!(a.user("ann").json(&["record", "show", &record])["name"], "Clara Client", "the record itself is where it was");
}
