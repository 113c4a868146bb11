//! Offices that can't be reached, each for another reason: what the commands say, and that none of them waits for a peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use interoffice_tests::{Office, card, enable, eventually, exit, import, link, pair, says, share, until};
use serde_json::Value;

/// One attempt to reach a silent address takes ten seconds; thirty commands that each waited for one would take five minutes.
const ALL_COMMANDS: Duration = Duration::from_secs(60);

fn way(here: &Office, other: &str) -> Value {
    let peers = here.json(&["peer", "list"]);
    let found = peers.as_array().into_iter().flatten().find(|peer| peer["name"] == other);
    found.unwrap_or_else(|| panic!("no {other} in {peers}"))["connection"].clone()
}

/// C-08, N-10, C-10: one office was killed, at another's address a third one answers, a fourth stopped: each is told apart in words, and
/// every command answers at once.
#[test]
fn c_08_a_peer_that_is_down_costs_users_nothing() {
    let mut a = Office::open("Office A");
    enable(&a, "ann");
    let (mut killed, taken, mut stopped) = (Office::open("Killed"), Office::open("Taken"), Office::open("Stopped"));
    let mut links = Vec::new();
    for other in [&killed, &taken, &stopped] {
        pair(&a, other);
        enable(other, "bob");
        links.push(link(a.user("ann"), other.user("bob")));
    }
    let back = link(killed.user("bob"), a.user("ann"));
    let theirs = import(killed.user("bob"), &card("Bert Client"));
    share(killed.user("bob"), &back, &theirs);
    let records = import(a.user("ann"), &(card("Carl Client") + &card("Cora Client")));
    share(a.user("ann"), &links[0], &records[..1]);

    stopped.stop();
    until("a daemon that stops says so", || way(&a, "Stopped")["state"] != "connected");
    says(&way(&a, "Stopped")["reason"].to_string(), "stop");
    a.stop();
    killed.kill9();
    let address = taken.address();
    drop(taken);
    let mut stranger = Office::set_up_at("Stranger", address);
    stranger.serve();
    a.serve();

    for (office, words) in [("Killed", "no answer from"), ("Taken", "meant to reach another one"), ("Stopped", "no answer from")] {
        let seen = eventually("the reason is known", || {
            let way = way(&a, office);
            (way["state"] == "not reachable" && way["reason"].as_str().is_some_and(|reason| !reason.is_empty())).then_some(way)
        });
        says(seen["reason"].as_str().expect("a reason"), words);
        until("it will be tried again", || way(&a, office)["next_attempt_ms"].is_i64());
    }
    every_command_answers(&a, &links, &back, &records);
    assert!(stranger.json(&["peer", "list"]).as_array().is_some_and(Vec::is_empty), "who took the address learnt nothing");

    // What waited goes out when its office is back.
    killed.serve();
    a.cli(&["link", "wait", &links[0], "--until", "erased"]).ok();
    assert!(killed.user("bob").json(&["record", "list"]).as_array().is_some_and(|list| list.len() == 1), "only Bert, at home");
}

fn every_command_answers(a: &Office, links: &[String], back: &str, records: &[String]) {
    let late = Arc::new(AtomicBool::new(false));
    let flag = late.clone();
    std::thread::spawn(move || {
        std::thread::sleep(ALL_COMMANDS);
        flag.store(true, Ordering::Relaxed);
    });
    let ann = a.user("ann");
    for args in [&["status"][..], &["peer", "list"], &["link", "list"], &["user", "list"], &["specialist", "list"], &["events"], &["id"]] {
        a.cli(args).ok();
    }
    for table in [a.cli(&["status"]).ok().out, a.cli(&["peer", "list"]).ok().out] {
        for words in ["not reachable", "no answer from", "meant to reach another one"] {
            says(&table, words);
        }
    }
    let listed = ann.cli(&["record", "list"]).ok();
    says(&listed.out, "Bert Client");
    says(&listed.err, "Killed is not reachable: its records are shown as they were last received");
    for args in [&["record", "list", "bert"][..], &["record", "export"], &["link", "list", "--receiving-mine"], &["link", "show", back]] {
        ann.cli(args).ok();
    }
    ann.cli(&["record", "edit", &records[0], "--set", "TEL=1"]).ok();
    ann.cli(&["record", "share", "--link", &links[0], &records[1], "--yes"]).ok();
    ann.cli(&["record", "share", "--link", &links[1], &records[0], "--yes"]).ok();
    ann.cli(&["record", "unshare", "--link", &links[0], &records[0], "--yes"]).ok();
    ann.cli(&["link", "request", "Stopped/bea"]).ok();
    ann.cli(&["link", "withdraw", "Stopped/bea"]).ok();
    a.cli(&["peer", "invite"]).ok();
    ann.cli(&["link", "delete", &links[0], "--dry-run"]).ok();
    for link in [&links[0], &links[1], &links[2], &back.to_owned()] {
        ann.cli(&["link", "delete", link, "--yes"]).ok();
    }
    ann.cli(&["link", "wait", &links[1], "--until", "active", "--timeout", "1"]).ended(exit::CONFLICT);
    says(&ann.cli(&["link", "wait", &links[0], "--until", "erased", "--timeout", "1"]).ended(exit::TIMED_OUT), "asked to remove");
    assert!(ann.json(&["record", "list"]).as_array().is_some_and(|list| list.len() == 2), "what came from there is gone at once");
    a.cli(&["specialist", "disable", "ann", "--yes"]).ok();
    a.cli(&["peer", "block", "Stopped"]).ok();
    a.cli(&["peer", "remove", "Taken", "--yes"]).ok();
    assert!(!late.load(Ordering::Relaxed), "no command waited for an office that can't be reached");
}
