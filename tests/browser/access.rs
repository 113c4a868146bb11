//! Access inside one office, as journeys.

use interoffice_tests::post::into_folder;

use super::*;

/// Harbour Advice: Rita administers, Ann, Bob, Carl and Dora have clients.
fn harbour() -> Office {
    harbour_with(Vec::new())
}

/// The same with these variables for its daemon.
fn harbour_with(environment: Vec<(String, String)>) -> Office {
    let mut office = Office::set_up("Harbour Advice");
    office.set_environment(environment);
    office.serve();
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for (user, first, last) in [("ann", "Ann", "Archer"), ("bob", "Bob", "Baker"), ("carl", "Carl", "Cook"), ("dora", "Dora", "Dyer")] {
        office.cli(&["user", "add", user, "--first-name", first, "--last-name", last, "--email", &format!("{user}@harbour.example")]).ok();
    }
    office
}

const ALL: [&str; 5] = ["rita", "ann", "bob", "carl", "dora"];

fn scenario_7(hands: Hands) {
    let office = harbour();
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    tell_in_one("scenario_7", hands, (&office, &ALL));
}

/// V-01, V-02, V-06, V-07, V-08, V-09, V-10, V-11, V-12, V-13, V-14, V-15, V-16, V-17, V-18, V-19, V-20, V-21, V-22, V-23, V-24, V-25, V-26,
/// V-05, V-27, V-28, V-29, V-32, V-50, P-13, S-55, I-12, I-13, I-14, I-15, I-17: Ann shares a client with Bob at Read, Write and Full Control; the page
/// offers what the level allows; Connected To names all owners; what one typed survives what another saved; the owner changes.
#[test]
fn v_20_a_day_with_read_write_and_full_control() {
    scenario_7(MOUSE);
}

/// The same without scripts.
#[test]
fn v_20_a_day_with_three_levels_without_scripts() {
    scenario_7(NO_SCRIPTS);
}

fn scenario_10(hands: Hands) {
    let office = harbour_with(into_folder());
    import(office.user("ann"), &(card("Olga Old") + &card("Otto Old")));
    let mails = json!({ "mails": office.folder().join("mails") });
    tell_at("scenario_10", hands, &json!({ "a": seen(&office, &ALL) }), &mails);
}

/// P-01, P-02, P-03, P-04, P-05, P-06, P-07, P-08, P-09, P-10, P-11, P-12, P-14, P-15, P-16, P-17, P-18, P-19, P-20, P-21, P-22, P-23, P-24: Rita
/// switches client access on, and nobody loses anything; Ann restricts one client to a group; Bob asks for it; she is told by
/// e-mail and grants one level, and refuses the next. The group ends, and what was had another way stays.
#[test]
fn p_15_a_day_with_managed_access() {
    scenario_10(MOUSE);
}

/// The same without scripts.
#[test]
fn p_15_a_day_with_managed_access_without_scripts() {
    scenario_10(NO_SCRIPTS);
}

fn new_client(hands: Hands) {
    let office = harbour();
    office.cli(&["settings", "--office-security", "on", "--ask-responsible", "on"]).ok();
    tell_in_one("new_client", hands, (&office, &["ann", "bob", "carl"]));
}

/// S-49, S-55, P-41: under office security it is asked whom a new client is assigned to and who is responsible; nobody is an answer, and
/// then all users see it; "No responsible assigned" is shown and filtered by.
#[test]
fn s_55_a_new_client_is_assigned() {
    new_client(MOUSE);
}

/// The same without scripts.
#[test]
fn s_55_a_new_client_is_assigned_without_scripts() {
    new_client(NO_SCRIPTS);
}

fn seeing_all(hands: Hands) {
    let office = harbour();
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    import(office.user("ann"), &(card("Clara Client") + &card("Paul Plain")));
    tell_in_one("seeing_all", hands, (&office, &ALL));
}

/// V-03, V-05, V-17, V-27, V-32, S-01, S-50, I-02, I-14, I-16, I-34, K-10: what is marked Private is shared by name alone. An administrator
/// sees it without a share; Super User and a role that can access all clients show all but that, and the dialogs say who sees a client
/// why. Ann's clients have another owner before her account only administers, and then she makes none for herself.
#[test]
fn v_03_who_sees_what_nobody_shared() {
    seeing_all(MOUSE);
}

/// The same without scripts.
#[test]
fn v_03_who_sees_what_nobody_shared_without_scripts() {
    seeing_all(NO_SCRIPTS);
}
