//! Relationships that end: what is out of use, what is kept and for how long, what is deleted, and what that means at other offices.

use interoffice_tests::clock::ahead;
use interoffice_tests::post::{head, in_folder, into_folder, to};
use interoffice_tests::{
    Desk, Office, card, copies, copy_names, exit, import, link_of, linked, names, says, says_not, share, skipped, until,
};
use serde_json::{Value, json};

/// Rita administers, Ann has clients and reads mail, Bob has a client and no address.
fn office() -> Office {
    let mut office = Office::set_up("Office A");
    office.set_environment(into_folder());
    office.serve();
    office.cli(&["user", "add", "rita", "--account", "admin", "--email", "rita@a.example"]).ok();
    office.cli(&["user", "add", "ann", "--email", "ann@a.example"]).ok();
    office.cli(&["user", "add", "bob"]).ok();
    office
}

fn status(desk: &Desk<'_>, record: &str) -> Value {
    desk.json(&["record", "show", record])["status"].clone()
}

/// P-44, P-46, P-47: a relationship that was archived or ended is out of use and can be reopened; a deleted one never comes back. What is
/// hidden is not erased, and the plan says which is which.
#[test]
fn p_44_a_relationship_is_active_archived_ended_or_deleted() {
    let office = office();
    let (ann, bob) = (office.user("ann"), office.user("bob"));
    let records = import(ann, &(card("Ada Active") + &card("Arno Archived") + &card("Edda Ended") + &card("Dora Deleted")));
    says(&bob.cli(&["record", "archive", &records[2], "--end", "--yes"]).ended(exit::REFUSED), "Full Control");
    let plan = ann.json(&["record", "archive", &records[2], "--end", "--dry-run"]);
    says(&plan["changes"].to_string(), "deleted for good after 5 years, on 20");
    says(&plan["stays"].to_string(), "hidden and not erased");
    assert_eq!(status(&ann, &records[2]), "active", "nothing happens before the yes");
    ann.cli(&["record", "archive", &records[1], "--yes"]).ok();
    ann.cli(&["record", "archive", &records[2], "--end", "--yes"]).ok();
    ann.cli(&["record", "delete", &records[3], "--yes"]).ok();

    let states: Vec<Value> = records[..3].iter().map(|record| status(&ann, record)).collect();
    assert_eq!(states, ["active", "archived", "ended"]);
    assert_eq!(names(&ann), ["Ada Active"]);
    let out_of_use = ann.json(&["record", "list", "--archived"]);
    assert_eq!(out_of_use.as_array().map(Vec::len), Some(2));
    assert!(out_of_use[0]["deletion_ms"].is_null() && out_of_use[1]["deletion_ms"].is_i64(), "one of them has a day: {out_of_use}");
    says(&ann.cli(&["record", "show", &records[1]]).ok().out, "Archived and active");
    let shown = ann.cli(&["record", "show", &records[2]]).ok().out;
    says(&shown, "Archived and deactivated: can be reopened until it is deleted on 20");
    says(&shown, "edda-ended@example.com");
    says(&ann.cli(&["record", "archive", &records[2], "--end", "--yes"]).ended(exit::CONFLICT), "already");

    let early = ann.json(&["record", "delete", &records[2], "--dry-run"]);
    says(&early["changes"].to_string(), "1 ended relationship is deleted before the office has kept the record");
    for record in &records[1..3] {
        ann.cli(&["record", "archive", record, "--undo"]).ok();
        assert_eq!(status(&ann, record), "active", "P-47: it is reopened");
    }
    assert_eq!(names(&ann), ["Ada Active", "Arno Archived", "Edda Ended"]);
    ann.cli(&["record", "archive", &records[3], "--undo"]).ended(exit::NOT_FOUND);
    ann.cli(&["record", "show", &records[3]]).ended(exit::NOT_FOUND);
}

/// Lets days pass, and the chore run.
fn wait_days(office: &mut Office, environment: Vec<(String, String)>) {
    office.set_environment(environment.into_iter().chain(into_folder()).collect());
    office.restart();
    until("the chore has run", || {
        let status = office.json(&["status"]);
        let chores = status["chores"].as_array().cloned().unwrap_or_default();
        chores.iter().any(|chore| chore["name"] == "retention" && chore["runs"].as_u64().is_some_and(|runs| runs > 0))
    });
}

/// P-45, P-47: an administrator sets how long records of ended relationships are kept, five years at first; a month before the end the
/// owner, or in place of one without an address the administrator, is reminded by mail; then they are deleted, unless reopened.
///
/// ```text
/// day 0      Ann ends Edda and Emil, Bob ends Berta, Arno is archived alone
/// day 1790   nothing          day 1797   mails: Ann (Edda, Emil), Rita (Berta)          then Ann reopens Emil
/// day 1828   Edda and Berta are deleted; Arno and Emil are kept
/// ```
#[test]
fn p_45_an_ended_relationship_is_kept_for_years_and_then_deleted_after_a_reminder() {
    let [Some(early), Some(late), Some(later), Some(end)] = [1790, 1797, 1798, 1828].map(ahead) else {
        skipped("records that are kept for years", "no libfaketime; install the package faketime");
        return;
    };
    let mut office = office();
    let rita = office.user("rita");
    assert_eq!(rita.json(&["settings"])["keep_years"], 5, "P-45: five years at first");
    office.user("ann").cli(&["settings", "--keep-years", "1"]).ended(exit::REFUSED);
    for bad in ["0", "101"] {
        says(&rita.cli(&["settings", "--keep-years", bad]).ended(exit::USAGE), "1 to 100 years");
    }
    rita.cli(&["settings", "--keep-years", "7"]).ok();
    assert_eq!(rita.json(&["settings", "--keep-years", "5"])["keep_years"], 5);
    let records = import(office.user("ann"), &(card("Arno Archived") + &card("Edda Ended") + &card("Emil Ended")));
    let berta = import(office.user("bob"), &card("Berta Ended")).remove(0);
    office.user("ann").cli(&["record", "archive", &records[0], "--yes"]).ok();
    office.user("ann").cli(&["record", "archive", &records[1], &records[2], "--end", "--yes"]).ok();
    office.user("bob").cli(&["record", "archive", &berta, "--end", "--yes"]).ok();
    let before = in_folder(&office).len();

    wait_days(&mut office, early);
    assert_eq!(in_folder(&office).len(), before, "nobody is told too early");
    wait_days(&mut office, late);
    until("P-45: the reminders are out", || in_folder(&office).len() == before + 2);
    wait_days(&mut office, later);
    let mails = in_folder(&office).split_off(before);
    assert_eq!(mails.len(), 2, "once");
    let (hers, ritas) = (to(&mails, "ann")[0], to(&mails, "rita")[0]);
    assert_eq!(head(hers, "Subject"), "2 records will be deleted at Office A");
    says(hers, "- Edda Ended\r\n- Emil Ended");
    says(ritas, "- Berta Ended");
    for other in ["Arno", "Berta"] {
        says_not(hers, other);
    }
    office.user("ann").cli(&["record", "archive", &records[2], "--undo"]).ok();
    assert_eq!(status(&office.user("ann"), &records[1]), "ended", "P-47: until then it is kept");

    wait_days(&mut office, end);
    until("they are deleted", || office.cli(&["record", "show", &records[1]]).code == exit::NOT_FOUND);
    let ann = office.user("ann");
    office.user("bob").cli(&["record", "show", &berta]).ended(exit::NOT_FOUND);
    ann.cli(&["record", "archive", &records[1], "--undo"]).ended(exit::NOT_FOUND);
    assert_eq!((status(&ann, &records[0]), status(&ann, &records[2])), (json!("archived"), json!("active")));
    let lines: Vec<Value> = office.events().into_iter().filter(|line| line["verb"] == "record.delete").collect();
    assert_eq!(lines.len(), 2, "the audit has both: {lines:?}");
    assert!(lines.iter().all(|line| line["actor"] == "daemon" && line["detail"] == "kept long enough"), "{lines:?}");
}

/// P-46: ending a relationship takes the copies at another office away, with a receipt, and hides the record here without erasing it; a
/// person whom the other office knows by itself stays there.
#[test]
fn p_46_removed_elsewhere_hidden_here_and_erased_nowhere_else() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &card("Clara Client"));
    let own = import(bob, &card("Clara Client")).remove(0);
    share(ann, &link, &records);
    assert_eq!(copies(bob, &link).len(), 1);
    let plan = ann.json(&["record", "archive", &records[0], "--end", "--dry-run"]);
    says(&plan["changes"].to_string(), "1 copy is removed at Office B");
    says(&plan["stays"].to_string(), "hidden and not erased");
    ann.cli(&["record", "archive", &records[0], "--end", "--yes"]).ok();
    until("the copy is removed there", || copy_names(bob).is_empty());
    until("a receipt says so", || link_of(ann, &link)["parts"][0]["receipt"].is_string());
    assert!(names(&ann).is_empty(), "hidden here");
    assert_eq!(ann.json(&["record", "show", &records[0]])["name"], "Clara Client", "and not erased");
    assert_eq!(bob.json(&["record", "show", &own])["owner"], "bob", "the client of another office is that office's own");
    ann.cli(&["record", "archive", &records[0], "--undo"]).ok();
    assert_eq!((names(&ann), copy_names(bob)), (vec!["Clara Client".to_owned()], Vec::new()), "reopening shares nothing");
}
