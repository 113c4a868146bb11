//! A generated matrix: roles, account types, rights, grants, links and settings, thrown with dice; every user asks about everything, and
//! an oracle that was written apart from the product says what each is answered.

use self::cells::{Matrix, ask_all, look_through};
use self::doors::knock;
use self::office::Stage;
use self::oracle::Level;

mod asked;
mod cells;
mod copies;
mod doors;
mod expected;
mod office;
mod oracle;
mod waiting;

/// Answers of which each has to come up, so that the dice leave out none of the rules.
const ANSWERS: [&str; 23] = [
    "200",
    "401 not-signed-in",
    "403 assistant",
    "403 not-answerer",
    "403 not-owner",
    "403 not-requester",
    "403 read-only",
    "403 requesting-off",
    "403 role",
    "403 sharing-off",
    "404 unknown-record",
    "404 unknown-request",
    "409 already-archived",
    "409 already-owner",
    "409 has-access",
    "409 owner-has-all",
    "409 private-record",
    "409 record-archived",
    "409 user-disabled",
    "412 changed-meanwhile",
    "Absent",
    "Name",
    "Seen",
];

fn phase(stage: &mut Stage, name: &str) -> Matrix {
    let name = &format!("seed {}, {name}", stage.dice.seed());
    let all = ask_all(stage, name).join(look_through(stage, name)).join(knock(stage, name));
    all.join(waiting::ask_and_wait(stage, name))
}

/// An office that nobody closed, and then client access step by step.
fn open_office(seed: u64) -> Matrix {
    let mut stage = Stage::new("Alder", seed, false);
    let open = phase(&mut stage, "open");
    stage.switch(true, true, true);
    stage.close_every_second();
    stage.delete_group("Tax");
    let asking = phase(&mut stage, "client access, requests");
    stage.switch(true, false, false);
    stage.change_role("Front desk", &["edit", "all-clients", "archive"]);
    stage.transfer(1, 0, Level::Read);
    stage.make_assistant(3);
    open.join(asking).join(phase(&mut stage, "client access, no sharing"))
}

/// An office with specialists, where office security is on.
fn secured_office(seed: u64) -> Matrix {
    let mut stage = Stage::new("Birch", seed, true);
    let secured = phase(&mut stage, "security");
    stage.switch(false, true, true);
    stage.make_assistant(0);
    let to = if stage.world.records[4].owner == 3 { 0 } else { 3 };
    stage.transfer(4, to, Level::Full);
    let asking = phase(&mut stage, "security, requests");
    stage.switch(true, false, true);
    stage.delete_group("Wills");
    stage.disable(12);
    secured.join(asking).join(phase(&mut stage, "security, client access, no sharing"))
}

/// R28, INV-58 to INV-60, I-02, I-33, K-02 to K-05, K-10, P-01 to P-17, S-48 to S-52, V-01 to V-24: what the daemon answers is what the rules say, for
/// every user, record and question, and in every list.
#[test]
fn r_28_every_user_is_answered_about_every_record_as_the_rules_say() {
    let other = std::thread::spawn(|| secured_office(2));
    let all = open_office(1).join(other.join().expect("the other office"));
    all.judge(30_000, &ANSWERS);
}

/// R28, K-02, K-11, S-22, S-29, S-31, S-45, S-46, S-52: what comes over a link is its reader's alone, and what may be done with the link is a
/// matter of those whom it links; all of it ends with the link.
#[test]
fn r_28_copies_and_links_are_answered_about_as_the_rules_say() {
    copies::two_offices().judge(600, &["200", "403 foreign-record", "403 wrong-direction", "404 unknown-link", "409 link-ended", "there"]);
}
