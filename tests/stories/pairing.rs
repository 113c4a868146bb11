//! Pairing: two offices that know nothing of each other meet over an invite and compare words.

use interoffice_tests::{Office, eventually, exit, pair, says, until};

fn code(office: &Office) -> String {
    office.json(&["peer", "invite"])["invite"].as_str().expect("an invite").to_owned()
}

/// S-44: offices of different firms meet without anything in the middle; both admins compare words, and both must confirm.
#[test]
fn s_44_two_independent_offices_meet_over_an_invite() {
    let (mut a, mut b) = (Office::open("Office A"), Office::open("Office B"));
    let met = b.json(&["peer", "accept", &code(&a)]);
    assert_eq!(met["standing"], "compare words");
    until("the inviting office sees who came", || a.json(&["peer", "list"]).as_array().is_some_and(|peers| peers.len() == 1));
    assert_eq!(a.peer(&b)["words"], met["words"]);

    // Not paired before both have confirmed, and no link before that.
    b.cli(&["user", "add", "bob"]).ok();
    b.cli(&["specialist", "enable", "bob", "--yes"]).ok();
    let wrong = b.cli(&["peer", "confirm", "Office A", "--words", "one two three four five"]).ended(exit::REFUSED);
    says(&wrong, "not the same");
    says(&wrong, "do not confirm");
    assert_eq!(b.peer(&a)["confirmed_here"], false);
    b.cli(&["peer", "confirm", "Office A"]).ended(exit::USAGE);
    b.cli(&["peer", "confirm", "Office A", "--yes"]).ok();
    let early = b.user("bob").cli(&["link", "request", "Office A/ann"]).ended(exit::CONFLICT);
    says(&early, "confirm");

    // What was agreed survives a restart of both.
    a.restart();
    b.restart();
    assert_eq!(a.peer(&b)["standing"], "compare words");
    a.cli(&["peer", "confirm", "Office B", "--yes"]).ok();
    for (here, other) in [(&a, &b), (&b, &a)] {
        until("both are paired", || here.peer(other)["standing"] == "paired");
        until("and connected", || here.peer(other)["connection"]["state"] == "connected");
    }
    a.cli(&["peer", "ping", "Office B"]).ok();
    a.cli(&["peer", "confirm", "Office B", "--yes"]).ended(exit::CONFLICT);
}

/// C-10: when a step of the handshake fails, both admins see which one and why, in words.
#[test]
fn c_10_both_admins_see_which_step_failed_and_why() {
    let (a, b, c) = (Office::open("Office A"), Office::open("Office B"), Office::open("Office C"));
    let invite = code(&a);
    b.cli(&["peer", "accept", &invite]).ok();

    let used = c.cli(&["peer", "accept", &invite]).ended(exit::CONFLICT);
    says(&used, "showing the invite");
    says(&used, "used already");
    let noticed = eventually("the inviting office's admin sees the attempt", || {
        a.events().into_iter().find(|line| line["verb"] == "peer.pairing-refused")
    });
    says(noticed["detail"].as_str().expect("a detail"), "showing the invite");
    assert_eq!(noticed["object"], c.json(&["id"])["office"]);
    assert_eq!(a.json(&["peer", "list"]).as_array().map(Vec::len), Some(1), "the stranger is not on the list");

    let damaged = c.cli(&["peer", "accept", &invite[..invite.len() - 4]]).ended(exit::USAGE);
    says(&damaged, "damaged");
    says(&c.cli(&["peer", "accept", "hello"]).ended(exit::USAGE), "io1-");
    let own = a.cli(&["peer", "accept", &code(&a)]);
    assert_ne!(own.code, exit::OK, "an office does not pair with itself");

    // Nobody at the address.
    let mut d = Office::open("Office D");
    let lost = code(&d);
    d.kill9();
    let silent = c.cli(&["peer", "accept", &lost]).ended(exit::CONFLICT);
    says(&silent, "no answer from");
    says(&silent, &d.address().to_string());
}

/// C-10: a blocked office is told apart from one that is down, and the block can be taken back.
#[test]
fn c_10_a_block_is_shown_in_words_and_taken_back() {
    let (a, b) = (Office::open("Office A"), Office::open("Office B"));
    pair(&a, &b);
    a.cli(&["peer", "block", "Office B"]).ok();
    assert_eq!(a.peer(&b)["standing"], "blocked");
    a.cli(&["user", "add", "ann"]).ok();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    says(&a.user("ann").cli(&["link", "request", "Office B/bob"]).ended(exit::CONFLICT), "blocked");
    a.cli(&["peer", "block", "Office B", "--undo"]).ok();
    until("they find each other again", || a.peer(&b)["connection"]["state"] == "connected");
    a.cli(&["peer", "block", "Office X"]).ended(exit::NOT_FOUND);
}
