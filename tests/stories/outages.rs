//! Outages: an office that is down, comes back, or moved; what its partners see meanwhile, and that nobody has to heal anything.

use std::time::Duration;

use interoffice_tests::{Office, card, copies, copy_names, enable, exit, import, link, link_of, linked, says, share, specialists, until};
use serde_json::Value;

/// An outage that is long beside the first pauses between attempts.
const OUTAGE: Duration = Duration::from_secs(62);

fn connection(here: &Office, other: &Office) -> Value {
    here.peer(other)["connection"].clone()
}

fn not_reachable(here: &Office, other: &Office) -> bool {
    connection(here, other)["state"] == "not reachable"
}

/// How long until the next attempt to reach an office (milliseconds), by the clock of the daemon that makes it.
fn pause_ms(here: &Office, other: &Office) -> Option<i64> {
    let next = connection(here, other)["next_attempt_ms"].as_i64()?;
    let daemon = here.json(&["status"])["daemon"].clone();
    Some(next - daemon["started_ms"].as_i64()? - daemon["uptime_ms"].as_i64()?)
}

/// C-05, C-06, C-08, C-09, N-10: B is gone for a minute. A's users work on, end links alone, and read in words how things stand; when
/// B returns everything arrives within a heartbeat, whatever pause A had reached, and no admin does anything.
///
/// ```text
/// A: ann -> bob (live)      B: killed ............ back
/// A: carl -> bob (deleted meanwhile)    dora -> bob (right disabled meanwhile)    bob -> ann (copies at A)
/// ```
#[test]
fn c_05_an_outage_costs_users_nothing_and_heals_by_itself() {
    let (a, mut b) = specialists();
    enable(&a, "carl");
    enable(&a, "dora");
    let (ann, carl) = (a.user("ann"), a.user("carl"));
    let (live, deleted, disabled, back) = {
        let bob = b.user("bob");
        (link(ann, bob), link(carl, bob), link(a.user("dora"), bob), link(bob, ann))
    };
    let of_ann = import(ann, &(card("Live Client") + &card("Late Client")));
    let of_carl = import(carl, &(card("First Gone") + &card("Second Gone")));
    let of_dora = import(a.user("dora"), &card("Third Gone"));
    let of_bob = import(b.user("bob"), &card("Bert Client"));
    share(ann, &live, &of_ann[..1]);
    share(carl, &deleted, &of_carl);
    share(a.user("dora"), &disabled, &of_dora);
    share(b.user("bob"), &back, &of_bob);
    b.kill9();
    until("it is seen that B is gone", || not_reachable(&a, &b));

    // C-08: lists answer, show what was received, and say whose office can't be reached.
    let listed = ann.cli(&["record", "list"]).ok();
    says(&listed.out, "Bert Client");
    says(&listed.err, "Office B is not reachable");
    says(&a.cli(&["peer", "list"]).ok().out, "not reachable");
    says(&a.cli(&["status"]).ok().out, "not reachable");
    let down = a.cli(&["peer", "ping", "Office B"]);
    assert_eq!(down.code, exit::FAILED);
    says(&down.out, "not reachable");

    // N-10: work goes on and links end without the other side.
    ann.cli(&["record", "edit", &of_ann[0], "--set", "TEL=+1 555 0177"]).ok();
    ann.cli(&["record", "share", "--link", &live, &of_ann[1], "--yes"]).ok();
    carl.cli(&["link", "delete", &deleted, "--yes"]).ok();
    a.cli(&["specialist", "disable", "dora", "--yes"]).ok();
    for link in [&deleted, &disabled] {
        let ended = a.json(&["link", "show", link]);
        assert_eq!((ended["status"].as_str(), ended["removal"]["state"].as_str()), (Some("Ended"), Some("Removing")));
    }
    assert!(a.peer(&b)["waiting_statements"].as_u64().is_some_and(|waiting| waiting >= 2));

    std::thread::sleep(OUTAGE);
    for link in [&deleted, &disabled] {
        assert_eq!(a.json(&["link", "show", link])["removal"]["state"], "Unconfirmed");
    }
    let notice = a.cli(&["link", "show", &deleted]).ok().out;
    for words in ["has not confirmed the removal since", "Office B", "bob", "Ended"] {
        says(&notice, words);
    }
    says(&a.cli(&["status"]).ok().out, "2 not confirmed yet");

    b.serve();
    let heard = |args: &[&str]| a.cli(args).ok();
    heard(&["link", "wait", &live, "--until", "synced", "--timeout", "20"]);
    heard(&["link", "wait", &deleted, "--until", "erased", "--timeout", "20"]);
    heard(&["link", "wait", &disabled, "--until", "erased", "--timeout", "20"]);
    let bob = b.user("bob");
    let mut names = copy_names(bob);
    names.sort();
    assert_eq!(names, ["Late Client", "Live Client"], "what ended is gone, what is new is there");
    says(&bob.json(&["record", "show", &of_ann[0]]).to_string(), "0177");
    assert_eq!(connection(&a, &b)["state"], "connected");
    assert_eq!(a.json(&["link", "show", &deleted])["removal"]["count"], 2);
    says(&a.cli(&["status"]).ok().out, "all confirmed");

    // C-06: having heard from B, A begins with short pauses again.
    b.kill9();
    until("it is seen that B is gone again", || not_reachable(&a, &b));
    until("the next attempt is near", || pause_ms(&a, &b).is_some_and(|pause| pause <= 4_000));
}

/// C-09: an office that came back at another address is found again, since it calls from there; a restart keeps what was learnt.
#[test]
fn c_09_an_office_that_moved_is_found_again() {
    let (mut a, mut b, link) = linked();
    let records = import(a.user("ann"), &(card("Carl Client") + &card("Cora Client")));
    share(a.user("ann"), &link, &records[..1]);
    assert_eq!(b.stop(), Some(0));
    let was = b.address();
    b.move_away();
    assert_ne!(was, b.address());
    a.user("ann").cli(&["record", "share", "--link", &link, &records[1], "--yes"]).ok();
    b.serve();
    a.cli(&["link", "wait", &link, "--until", "synced"]).ok();
    assert_eq!(copies(b.user("bob"), &link).len(), 2);
    assert_eq!(a.peer(&b)["addresses"][0], b.address().to_string());
    a.restart();
    until("they find each other again", || connection(&a, &b)["state"] == "connected");
    until("from both sides", || connection(&b, &a)["state"] == "connected");
}

/// C-09, S-21: every state survives a restart of either office, and goes on from where it was.
#[test]
fn c_09_states_survive_restarts() {
    let (mut a, mut b) = specialists();
    b.kill9();
    let link = interoffice_tests::request(a.user("ann"), "Office B/bob");
    a.restart();
    assert_eq!(link_of(a.user("ann"), &link)["status"], "Waiting");
    b.serve();
    interoffice_tests::accept(b.user("bob"), &link);
    b.restart();
    a.cli(&["link", "wait", &link, "--until", "active"]).ok();
    a.kill9();
    a.serve();
    assert_eq!(link_of(a.user("ann"), &link)["status"], "Active");
    let records = import(a.user("ann"), &card("Carl Client"));
    share(a.user("ann"), &link, &records);
    b.kill9();
    b.serve();
    assert_eq!(copies(b.user("bob"), &link).len(), 1);
    b.user("bob").cli(&["link", "delete", &link, "--yes"]).ok();
    a.kill9();
    b.kill9();
    b.serve();
    a.serve();
    a.cli(&["link", "wait", &link, "--until", "erased"]).ok();
    assert!(b.user("bob").records().is_empty());
}
