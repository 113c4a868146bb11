//! The daily digest: once a day, of what changed and may be seen, to who wants to hear of it.

use interoffice_protocol::record::Level;

use super::mails::{alder, change, dropped, grant, letter, listed, row, take};
use super::offices::{Office, as_user, code, user_name};
use crate::actions::client_access::{self, Switch};
use crate::actions::digest::{self, Receive};
use crate::actions::mails::{self as verbs, Letter, Taken};
use crate::actions::settings::{self, Change};
use crate::actions::{access, records, users as user_verbs};
use crate::domain::actor::Actor;
use crate::domain::mail::{DAY_MS, HOUR_MS, Value};
use crate::store::office;

fn cards(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Client {number:03}\r\nUID:c{number}\r\nEND:VCARD\r\n")).collect()
}

fn due(alder: &mut Office) -> u64 {
    alder.does(digest::write_due).unwrap()
}

fn names(letter: &Letter) -> Vec<String> {
    match &letter.values["records"] {
        Value::Names(names) => names.clone(),
        other => panic!("{other:?}"),
    }
}

fn number(letter: &Letter, name: &str) -> u64 {
    match letter.values[name] {
        Value::Number(number) => number,
        ref other => panic!("{other:?}"),
    }
}

/// Takes every letter that is due and calls it sent.
fn sent(alder: &mut Office) -> Vec<Letter> {
    let mut letters = Vec::new();
    loop {
        match take(alder) {
            Taken::Letter(letter) => {
                alder.does(|tx| verbs::sent(tx, letter.id)).unwrap();
                letters.push(*letter);
            }
            Taken::Dropped => {}
            Taken::Nothing => return letters,
        }
    }
}

fn digests_on(alder: &mut Office) {
    alder.does(|tx| Ok(office::set_client_access(tx, false)?)).unwrap();
    let switch = Switch { on: Some(true), ..Switch::default() };
    let plan = alder.does(|tx| client_access::plan_switch(tx, &Actor::Operator, &switch)).unwrap();
    assert!(
        plan.changes.iter().any(|line| line.contains("4 users with an e-mail address, 1 record, at 07:00 UTC")),
        "P-08: the warning has its numbers: {:?}",
        plan.changes
    );
    alder.does(|tx| client_access::switch(tx, &Actor::Operator, &switch, &plan.id)).unwrap();
}

/// P-08: switching client access on says who will be written to; from the next morning on each user is told once a day what changed.
#[test]
fn p_08_each_user_is_told_once_a_day_what_changed() {
    let (mut alder, _) = alder();
    digests_on(&mut alder);
    assert_eq!(due(&mut alder), 0, "it begins the next morning");
    alder.import("ann", &cards(0, 57));
    let third = alder_record(&alder, "Client 003");
    grant(&mut alder, third, "bob", Some(Level::Read));
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 3, "rita sees all, ann owns them, bob has one, carl has none");
    let letters = sent(&mut alder);
    let to = |name: &str| letters.iter().find(|letter| letter.to.starts_with(name)).unwrap();
    assert_eq!((number(to("ann"), "count"), number(to("ann"), "more"), names(to("ann")).len()), (57, 7, 50));
    assert_eq!(names(to("bob")), ["Client 003"], "names only, and only of what he may see");
    assert_eq!(number(to("rita"), "count"), 57);

    for _ in 0..5 {
        alder.lets_pass(HOUR_MS);
        assert_eq!(due(&mut alder), 0, "once a day");
    }
    alder.sets_clock_back(20 * HOUR_MS);
    assert_eq!(due(&mut alder), 0, "also when the clock goes back");
    alder.sets_clock_back(2 * DAY_MS);
    assert_eq!(due(&mut alder), 0, "nor for a day before digests began, since nothing is new");
    alder.lets_pass(4 * DAY_MS);
    assert_eq!(due(&mut alder), 0, "nothing when nothing changed");
    alder.import("ann", &cards(60, 61));
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 2);
    assert!(sent(&mut alder).iter().all(|letter| names(letter) == ["Client 060"]));
    change(&mut alder, "ann", |user| user.email.clear());
    alder.import("ann", &cards(61, 62));
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 1, "who has no address is left out");
}

fn alder_record(alder: &Office, name: &str) -> interoffice_protocol::ids::RecordId {
    let query = records::Query { text: Some(name.to_owned()), ..Default::default() };
    alder.sees(|view| records::list(view, &Actor::Operator, &query)).unwrap().records[0].id.parse().unwrap()
}

/// A clock that ran ahead for years does not keep digests from coming once it is set right.
#[test]
fn a_clock_that_ran_ahead_costs_no_digest() {
    let (mut alder, _) = alder();
    digests_on(&mut alder);
    let ahead = 40 * 365 * DAY_MS;
    alder.lets_pass(ahead);
    due(&mut alder);
    sent(&mut alder);
    alder.sets_clock_back(ahead - DAY_MS);
    alder.import("ann", &cards(0, 1));
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 2);
}

/// P-09: who clears Receive Daily Digest hears no more of that record, and of the others as before.
#[test]
fn p_09_a_user_opts_out_record_by_record() {
    let (mut alder, clara) = alder();
    digests_on(&mut alder);
    let two = alder.import("ann", &cards(0, 2));
    let ann = as_user("ann");
    let receives = |alder: &Office| alder.sees(|view| access::show(view, &ann, two[0])).unwrap().daily_digest;
    assert_eq!(receives(&alder), Some(true));
    let off =
        |alder: &mut Office, actor: &Actor, record| alder.does(|tx| digest::set_receives(tx, actor, record, Receive { receive: false }));
    off(&mut alder, &ann, two[0]).unwrap();
    assert_eq!(receives(&alder), Some(false));
    assert_eq!(alder.sees(|view| access::show(view, &Actor::Operator, two[0])).unwrap().daily_digest, None);
    assert_eq!(code(off(&mut alder, &as_user("carl"), two[0])), "unknown-record", "who does not see it does not learn of it");
    assert_eq!(code(off(&mut alder, &Actor::Operator, two[0])), "need-user");
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 2);
    off(&mut alder, &as_user("rita"), two[1]).unwrap();
    let letters = sent(&mut alder);
    let to = |name: &str| names(letters.iter().find(|letter| letter.to.starts_with(name)).unwrap());
    assert_eq!((to("ann"), to("rita")), (vec!["Client 001".to_owned()], vec!["Client 000".to_owned()]), "the wish counts when it is sent");
    alder.does(|tx| digest::set_receives(tx, &ann, two[0], Receive { receive: true })).unwrap();
    assert_eq!(receives(&alder), Some(true));
    off(&mut alder, &ann, clara).unwrap();
    let plan = alder.does(|tx| records::plan_delete(tx, &ann, &[clara])).unwrap();
    alder.does(|tx| records::delete(tx, &ann, &[clara], &plan.id)).unwrap();
}

/// INV-10, and the race "user deleted || digest mail": what a reader lost between writing and sending is not in the digest.
#[test]
fn inv_10_a_digest_tells_nothing_that_was_lost_meanwhile() {
    let (mut alder, _) = alder();
    digests_on(&mut alder);
    let two = alder.import("ann", &cards(0, 2));
    for record in &two {
        grant(&mut alder, *record, "bob", Some(Level::Read));
        grant(&mut alder, *record, "carl", Some(Level::Read));
    }
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 4);
    grant(&mut alder, two[0], "bob", None);
    let carl = user_name("carl");
    let plan = alder.does(|tx| user_verbs::plan_disable(tx, &Actor::Operator, &carl)).unwrap();
    alder.does(|tx| user_verbs::disable(tx, &Actor::Operator, &carl, &plan.id)).unwrap();
    let letters = sent(&mut alder);
    let to_bob: Vec<Vec<String>> = letters.iter().filter(|letter| letter.to.starts_with("bob")).map(names).collect();
    assert_eq!(to_bob, [["Client 001"]]);
    assert!(!letters.iter().any(|letter| letter.to.starts_with("carl")));
    assert_eq!(listed(&alder, Some("dropped")).remove(0).reason, "the user is disabled");

    alder.import("ann", &cards(0, 2).replace("UID:c", "NOTE:new\r\nUID:c"));
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 3);
    grant(&mut alder, two[1], "bob", None);
    let left = sent(&mut alder);
    assert!(!left.iter().any(|letter| letter.to.starts_with("bob")));
    assert_eq!(listed(&alder, Some("dropped")).last().unwrap().reason, "nothing of it is left that the user may see");

    alder.import("ann", &cards(5, 6));
    alder.lets_pass(DAY_MS);
    due(&mut alder);
    alder.does(|tx| Ok(office::set_client_access(tx, false)?)).unwrap();
    assert_eq!(dropped(&mut alder), "client access is off");
    alder.lets_pass(DAY_MS);
    assert_eq!(due(&mut alder), 0);
}

/// While nothing can be sent one digest waits, and it tells of every day since the last that went.
#[test]
fn digests_that_wait_become_one() {
    let (mut alder, _) = alder();
    digests_on(&mut alder);
    for day in 0..5 {
        alder.import("ann", &cards(day, day + 1));
        alder.lets_pass(DAY_MS);
        assert_eq!(due(&mut alder), 2);
    }
    let ann = row(&alder, "ann");
    assert_eq!(listed(&alder, Some("waiting")).len(), 2);
    let letter = (0..2).map(|_| letter(&mut alder)).find(|letter| letter.to == ann.email).unwrap();
    assert_eq!(number(&letter, "count"), 5);
}

/// The office's time zone decides when its morning is.
#[test]
fn the_morning_is_that_of_the_office() {
    let (mut alder, _) = alder();
    let set = |alder: &mut Office, actor: &Actor, name: &str| {
        alder.does(|tx| settings::change(tx, actor, &Change { time_zone: Some(name.to_owned()), ..Change::default() }))
    };
    assert_eq!(code(set(&mut alder, &as_user("ann"), "Europe/Berlin")), "not-admin");
    assert_eq!(code(set(&mut alder, &as_user("rita"), "Europe/Nowhere")), "unknown-time-zone");
    // It is 17:46 in UTC, and 05:46 of the same day west of the date line.
    set(&mut alder, &as_user("rita"), "Etc/GMT+12").unwrap();
    digests_on_elsewhere(&mut alder);
    alder.import("ann", &cards(0, 1));
    alder.lets_pass(HOUR_MS);
    assert_eq!(due(&mut alder), 0);
    alder.lets_pass(HOUR_MS);
    assert_eq!(due(&mut alder), 2, "07:46 there");
    let said = alder.does(|tx| settings::change(tx, &as_user("rita"), &Change::default())).unwrap();
    assert_eq!((said.time_zone.as_str(), said.office_security), ("Etc/GMT+12", false));
}

fn digests_on_elsewhere(alder: &mut Office) {
    alder.does(|tx| Ok(office::set_client_access(tx, false)?)).unwrap();
    let switch = Switch { on: Some(true), ..Switch::default() };
    let plan = alder.does(|tx| client_access::plan_switch(tx, &Actor::Operator, &switch)).unwrap();
    alder.does(|tx| client_access::switch(tx, &Actor::Operator, &switch, &plan.id)).unwrap();
}
