//! What a specialist does with links: asks, shares many records at once, sees where they are, takes them back; and either side ends a link.

use interoffice_tests::{household, many_cards, share};

use super::*;

/// Ann at Archer Advice and Bob at Harbour Law, both specialists; the offices are paired.
fn specialists() -> (Office, Office) {
    let (a, b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    pair(&a, &b);
    interoffice_tests::enable(&a, "ann");
    interoffice_tests::enable(&b, "bob");
    (a, b)
}

fn scenario_4(hands: Hands) {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let link = link(ann, bob);
    let records = import(ann, &card("Petra Miller"));
    share(ann, &link, &records);
    tell("scenario_4", hands, (&a, &["ann"]), (&b, &["bob"]));
}

/// S-26, S-27, S-28, S-29, S-30, N-01, N-03, N-05: Bob deletes the link from his own list; the record is gone at his office, and Ann, who
/// looks later, sees the receipt on the page of the link and on that of the record.
#[test]
fn s_29_bob_deletes_the_link_from_his_list() {
    scenario_4(MOUSE);
}

/// The same without scripts.
#[test]
fn s_29_bob_deletes_the_link_without_scripts() {
    scenario_4(NO_SCRIPTS);
}

/// The same with the keyboard alone.
#[test]
fn s_29_bob_deletes_the_link_with_the_keyboard_alone() {
    scenario_4(KEYBOARD);
}

fn many_records(hands: Hands) {
    let (a, b) = specialists();
    let ann = a.user("ann");
    link(ann, b.user("bob"));
    let business = card("Miller Mills").replace("VERSION:4.0\r\n", "VERSION:4.0\r\nKIND:org\r\n");
    let people = card("Petra Miller") + &card("Paul Private") + &business + &household("The Millers", &["Petra Miller"]);
    let records = import(ann, &people);
    ann.cli(&["record", "edit", &records[0], "--add-related", "case=Fire claim/pending"]).ok();
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    import(ann, &many_cards(60));
    tell("many_records", hands, (&a, &["ann"]), (&b, &["bob"]));
}

/// S-14, S-25, S-27, S-40, S-41, V-30, K-10, C-22, N-01, N-03, N-04, N-05: Ann chooses a business, a household with its member and a private
/// record, sees how many that are and what Bob would get of them, shares all others too, sees where they are, and takes two back.
#[test]
fn s_40_ann_shares_many_records_and_takes_some_back() {
    many_records(MOUSE);
}

/// The same without scripts.
#[test]
fn s_40_ann_shares_many_records_without_scripts() {
    many_records(NO_SCRIPTS);
}

fn activities(hands: Hands) {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let link = link(ann, bob);
    let records = import(ann, &card("Petra Miller"));
    share(ann, &link, &records);
    tell("activities", hands, (&a, &["ann"]), (&b, &["bob"]));
}

/// S-47: Bob notes a call with a contact that Ann shares, and takes a note away; Ann sees nothing of it, and it goes when she takes the
/// contact back.
#[test]
fn s_47_bob_notes_a_call_with_a_contact_of_ann() {
    activities(MOUSE);
}

/// The same without scripts.
#[test]
fn s_47_bob_notes_a_call_without_scripts() {
    activities(NO_SCRIPTS);
}

fn asking(hands: Hands) {
    let (a, b) = specialists();
    interoffice_tests::enable(&a, "cleo");
    import(a.user("ann"), &card("Petra Miller"));
    tell("asking", hands, (&a, &["ann", "cleo"]), (&b, &["bob"]));
}

/// S-14, S-15, S-16, S-17, S-18, S-19, S-20, S-21, S-22, S-23, S-24, S-31, S-36, S-45, C-11: Ann asks from her own settings on. Of
/// two requests Bob tags hers, and the other stays Waiting.
#[test]
fn s_19_ann_asks_for_links_from_her_settings() {
    asking(MOUSE);
}

/// The same without scripts.
#[test]
fn s_19_ann_asks_for_links_without_scripts() {
    asking(NO_SCRIPTS);
}
