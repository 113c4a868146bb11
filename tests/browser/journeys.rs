//! The scenarios as journeys.

use super::*;

/// Archer Advice with its administrator Rita and with Ann, who is a Super User with
/// Enterprise View; Harbour Law with the specialist Bob. The offices are paired.
fn before_scenario_1() -> (Office, Office) {
    let (a, b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    pair(&a, &b);
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    a.cli(&["user", "add", "ann", "--first-name", "Ann", "--last-name", "Archer", "--super-user", "--enterprise-view"]).ok();
    b.cli(&["user", "add", "bob"]).ok();
    b.cli(&["specialist", "enable", "bob", "--yes"]).ok();
    (a, b)
}

fn scenario_1(hands: Hands) {
    let (a, b) = before_scenario_1();
    tell("scenario_1", hands, (&a, &["rita", "ann"]), (&b, &["bob"]));
}

/// S-03, S-04, S-05, S-06, S-07, S-09, S-10, S-11, S-12, S-13, S-17, S-20, S-21, S-23, S-24: Rita enables Ann and asks Bob in the same step; the
/// dialog says what will change, and *No* changes nothing; Bob is asked when he signs in.
#[test]
fn s_04_rita_enables_ann_and_bob_accepts() {
    scenario_1(MOUSE);
}

/// The same without scripts.
#[test]
fn s_04_rita_enables_ann_without_scripts() {
    scenario_1(NO_SCRIPTS);
}

/// The same with the keyboard alone.
#[test]
fn s_04_rita_enables_ann_with_the_keyboard_alone() {
    scenario_1(KEYBOARD);
}

fn scenario_3(hands: Hands) {
    let (a, b) = before_scenario_1();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    link(ann, bob);
    import(ann, &card("Petra Miller"));
    tell("scenario_3", hands, (&a, &["ann"]), (&b, &["bob"]));
}

/// S-22, S-25, S-26, S-27, S-28, S-29, S-30, N-01, N-03: Ann shares a record, reads what an end would do, says no, says yes, and sees the
/// receipt; at Bob's office the record is gone.
#[test]
fn s_28_ann_deletes_the_link_and_sees_the_receipt() {
    scenario_3(MOUSE);
}

/// The same without scripts.
#[test]
fn s_28_ann_deletes_the_link_without_scripts() {
    scenario_3(NO_SCRIPTS);
}

/// The same with the keyboard alone.
#[test]
fn s_28_ann_deletes_the_link_with_the_keyboard_alone() {
    scenario_3(KEYBOARD);
}

/// What changes at the other office comes to an open page by itself, and moves nobody; what somebody opened in a list stays open.
#[test]
fn an_open_page_follows_what_changes_at_the_other_office() {
    let (a, b) = before_scenario_1();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    let link = link(a.user("ann"), b.user("bob"));
    let petra = import(a.user("ann"), &card("Petra Miller"));
    share(a.user("ann"), &link, &petra);
    for user in ["carl", "dora"] {
        a.cli(&["user", "add", user]).ok();
        a.user("ann").cli(&["record", "access", &petra[0], "--user", &format!("{user}=full-control"), "--yes"]).ok();
    }
    tell("live", MOUSE, (&a, &["ann"]), (&b, &["bob"]));
}

/// An address book comes in over the browser, and what does not fit is told by line; nothing of the rest is lost.
fn importing(hands: Hands) {
    let (a, b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    a.cli(&["user", "add", "ann"]).ok();
    tell("importing", hands, (&a, &["ann"]), (&b, &[]));
}

#[test]
fn ann_imports_her_address_book() {
    importing(MOUSE);
}

#[test]
fn ann_imports_her_address_book_without_scripts() {
    importing(NO_SCRIPTS);
}
