//! What administrators do in a browser: offices meet, users come and go, and an office is looked after.

use super::*;

/// Archer Advice with its administrator Rita, and with Ann and Cleo; Ann is linked with Bob at Harbour Law and shares one of her two
/// records with him.
fn before_scenario_6() -> (Office, Office) {
    let (a, b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    pair(&a, &b);
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    a.cli(&["user", "add", "ann", "--first-name", "Ann", "--last-name", "Archer"]).ok();
    a.cli(&["user", "add", "cleo", "--first-name", "Cleo", "--last-name", "Crane"]).ok();
    b.cli(&["user", "add", "bob"]).ok();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    b.cli(&["specialist", "enable", "bob", "--yes"]).ok();
    let made = link(a.user("ann"), b.user("bob"));
    let petra = import(a.user("ann"), &card("Petra Miller"));
    import(a.user("ann"), &card("Quentin Moss"));
    share(a.user("ann"), &made, &petra);
    (a, b)
}

fn scenario_6(hands: Hands) {
    let (a, b) = before_scenario_6();
    tell("scenario_6", hands, (&a, &["rita"]), (&b, &["bob"]));
}

/// S-02, S-08, S-32, S-33, S-34, S-35, S-50, S-51, C-27, P-42: Rita reads what disabling Record Sharing for Ann would do and what stays, says
/// no, says yes, and Bob's copies go. Before that Super User can't be given to Ann, afterwards it can. Ann's account is deleted when
/// her records have another owner, and no earlier.
#[test]
fn s_33_rita_disables_ann_and_every_link_ends() {
    scenario_6(MOUSE);
}

/// The same without scripts.
#[test]
fn s_33_rita_disables_ann_without_scripts() {
    scenario_6(NO_SCRIPTS);
}

fn pairing(hands: Hands) {
    let (a, b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    a.cli(&["user", "add", "ann"]).ok();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    b.cli(&["user", "add", "omar", "--account", "admin"]).ok();
    tell("pairing", hands, (&a, &["rita"]), (&b, &["omar"]));
}

/// C-10, N-12, S-36: Rita invites, Omar takes the invitation, both see the same words and confirm; what is wrong with an invitation is said at its
/// field. A request to an office that nobody knows is refused at its field, and says nothing of anybody's users.
#[test]
fn n_12_two_offices_meet_by_invitation_and_words() {
    pairing(MOUSE);
}

/// The same without scripts.
#[test]
fn n_12_two_offices_meet_without_scripts() {
    pairing(NO_SCRIPTS);
}

fn doctor(hands: Hands) {
    let (a, mut b) = (Office::open("Archer Advice"), Office::open("Harbour Law"));
    pair(&a, &b);
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let off = |b: &mut Office| {
        b.stop();
        until("the silence is noticed", || a.peer(b)["connection"]["state"] != "connected");
    };
    off(&mut b);
    tell("doctor", hands, (&a, &["rita"]), (&a, &[]));
    b.serve();
    tell("doctor_healed", hands, (&a, &["rita"]), (&a, &[]));
    off(&mut b);
    tell("doctor_parting", hands, (&a, &["rita"]), (&a, &[]));
}

/// C-08, C-09, N-10, N-19: with the other office off, the list says so with the reason, and the doctor says what to do; when it is on again, the
/// list says that without anybody's doing. Off once more, it is blocked, let in again and removed all the same.
#[test]
fn n_19_the_doctor_says_what_to_do() {
    doctor(MOUSE);
}

/// The same without scripts.
#[test]
fn n_19_the_doctor_says_what_to_do_without_scripts() {
    doctor(NO_SCRIPTS);
}

fn users(hands: Hands) {
    let a = Office::open("Archer Advice");
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    a.cli(&["user", "add", "ann", "--first-name", "Ann", "--last-name", "Archer"]).ok();
    import(a.user("ann"), &card("Petra Miller"));
    tell("users", hands, (&a, &["rita"]), (&a, &[]));
}

/// S-52, S-53, P-40, P-43, I-30, I-33, I-34, I-35, I-39, K-02: Rita adds Dora, whose name is refused until it fits; Dora is inactive until she uses
/// the link that Rita hands her. Roles are made, changed by plan and deleted, and never exceed the account; a proxy sees what
/// another owns; the last administrator and the last practitioner stay.
#[test]
fn p_43_rita_adds_dora_and_gives_her_a_role() {
    users(MOUSE);
}

/// The same without scripts.
#[test]
fn p_43_rita_adds_dora_without_scripts() {
    users(NO_SCRIPTS);
}

fn upkeep(hands: Hands) {
    let a = Office::open("Archer Advice");
    a.cli(&["user", "add", "rita", "--account", "admin", "--email", "rita@archer.example"]).ok();
    a.cli(&["user", "add", "ann"]).ok();
    a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
    tell("upkeep", hands, (&a, &["rita", "ann"]), (&a, &[]));
}

/// T-49, S-02, S-09, S-56: the audit shows the last seven days, is narrowed by type, user and outcome, and goes out as a file. Settings that
/// specialists need are refused at their field; texts of mails are tried before they are kept; help says what words mean.
#[test]
fn t_49_rita_reads_the_audit_and_looks_after_the_office() {
    upkeep(MOUSE);
}

/// The same without scripts.
#[test]
fn t_49_rita_looks_after_the_office_without_scripts() {
    upkeep(NO_SCRIPTS);
}

fn first_run(hands: Hands) {
    let (mut a, b) = (Office::set_up("Archer Advice"), Office::open("Harbour Law"));
    let silence = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port at which nobody answers");
    let silent = silence.local_addr().expect("it is bound");
    let addresses = format!("{},{},{silent},nobody.invalid:4870", a.address(), b.address());
    a.set_environment(vec![("INTEROFFICE__PEER__ADVERTISE".to_owned(), addresses)]);
    a.serve();
    a.cli(&["user", "add", "ann"]).ok();
    let petra = import(a.user("ann"), &card("Petra Miller")).remove(0);
    a.user("ann").cli(&["record", "edit", &petra, "--private", "on"]).ok();
    tell("first_run", hands, (&a, &[]), (&a, &[]));
}

/// V-04: the first administrator is led from the link that the set-up printed through four questions, and the overview says what is open.
/// What answers at each address of the office is tried on the way, and can be tried again later.
/// Whoever owns the office so sees every record of it without a share.
#[test]
fn the_first_administrator_is_led_through_a_new_office() {
    first_run(MOUSE);
}

/// The same without scripts.
#[test]
fn the_first_administrator_is_led_without_scripts() {
    first_run(NO_SCRIPTS);
}

/// Somebody who follows nothing but the README sets two offices up, lets them meet, shares a client, and takes the copy back with a receipt:
/// the page shows every word that the README names, in its order.
#[test]
fn the_readme_leads_from_nothing_to_a_receipt() {
    let (mut a, mut b) = (Office::set_up("Harbour Law"), Office::set_up("Blue Oak"));
    a.serve();
    b.serve();
    tell("readme", MOUSE, (&a, &[]), (&b, &[]));
}
