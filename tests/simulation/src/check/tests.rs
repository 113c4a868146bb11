//! Each check can fail: a small world that is right, in which one thing is made wrong behind the back of the checks.

use interoffice_core::actions::sharing::{self, Selection};
use interoffice_core::actions::{links as verbs, records};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::{Edit, PropertyEdit};
use interoffice_core::store::{audit, links, peers, statements, users};
use interoffice_oracle::event::{Clocks, Why};
use interoffice_oracle::{Event, Person, Token};
use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::misbehaviour::Misbehaviour;

use super::{Checker, Violation, after_step, at_rest, kept, links as link_checks, orders, people, readers, rest, scan, wire};
use crate::people::actor;
use crate::random::Random;
use crate::step::{Step, Timed};
use crate::swarm::{Rates, Swarm};
use crate::world::{Complaint, Who, World};

const OWNER: Who = Who { office: 0, user: 0 };

pub(super) fn calm() -> Swarm {
    let swarm = Swarm::of(0);
    let (crystal_ppm, wall_off_ms) = (vec![0; 2], vec![0; 2]);
    Swarm { offices: 2, users: 2, on_disk: false, hostile: None, crystal_ppm, wall_off_ms, rates: Rates::default(), ..swarm }
}

pub(super) fn happen(world: &mut World, id: u32, step: Step) {
    assert!(world.step(&Timed { id, gap_ms: 1, step }).unwrap(), "{step}");
}

/// A user of office 0 shares two records with one of office 1, and all is at rest.
fn shared() -> World {
    let mut world = World::new(calm(), false).unwrap();
    for record in [1, 2] {
        happen(&mut world, record, Step::AddRecord { record, office: 0, user: 0, marks: 0 });
    }
    happen(&mut world, 3, Step::Request { link: 1, office: 0, user: 0, to: 1, reader: 0, scope: 2, ends: 0 });
    world.rest().unwrap();
    happen(&mut world, 4, Step::Accept { link: 1 });
    world.rest().unwrap();
    happen(&mut world, 5, Step::ShareAll { link: 1 });
    world.rest().unwrap();
    at_rest(&mut world).unwrap();
    assert_eq!(world.checker.oracle.known(1, &link(&world).0).unwrap().copies.len(), 2);
    world
}

fn link(world: &World) -> LinkId {
    world.links[0].link
}

/// Something is done at an office of which nobody tells the checks.
pub(super) fn in_secret<T>(
    world: &mut World,
    office: usize,
    verb: impl FnMut(&interoffice_core::store::Tx<'_>) -> Result<T, interoffice_core::store::Fault>,
) -> T {
    world.offices[office].write(verb).unwrap()
}

pub(super) fn broken(end: Result<(), Violation>) -> (&'static str, &'static str) {
    let violation = end.expect_err("this must have been found");
    (violation.invariant, violation.anomaly)
}

#[test]
fn inv_01_whoever_must_not_read_and_does_is_found() {
    let mut world = shared();
    readers(&world).unwrap();
    world.note(Event::UserDisabled { who: Person::new(1, "ada1") });
    assert_eq!(broken(readers(&world)), ("INV-01", "stale-right"), "copies are shown to a user who is disabled");
    let mut world = shared();
    let mask = interoffice_oracle::event::Marks { private: true, assigned: true };
    let record = world.records[0].record.0;
    world.note(Event::RecordMarked { office: 0, record, marks: mask });
    assert_eq!(broken(kept::record(&world, 0, &record)), ("INV-29", "lost-ack"));
}

#[test]
fn inv_02_an_active_link_without_an_agreement_is_found() {
    let mut world = shared();
    let row = world.look(1, |view| Ok(links::load(view, link(&world))?)).unwrap();
    world.checker = Checker::default();
    assert_eq!(broken(link_checks::two_signatures(&world, 1, &row)), ("INV-02", "forged-consent"));
}

#[test]
fn inv_03_and_13_a_state_that_nobody_agreed_to_is_found() {
    let mut world = shared();
    let id = link(&world);
    world.checker = Checker::default();
    assert_eq!(broken(link_checks::state(&world, 1, id).map(drop)), ("INV-03", "forged-consent"));
    let mut world = shared();
    world.note(Event::Ended { office: 1, link: id.0, why: Why::DeletedByReader });
    assert_eq!(broken(after_step(&mut world)), ("INV-13", "resurrected-delete"));
}

#[test]
fn inv_04_an_end_that_nobody_asked_for_is_found() {
    let mut world = shared();
    let (by, id) = (actor(OWNER).unwrap(), link(&world));
    in_secret(&mut world, 0, |tx| {
        let plan = verbs::plan_delete(tx, &by, &id.to_string())?;
        verbs::delete(tx, &by, &id.to_string(), &plan.id)
    });
    assert_eq!(broken(link_checks::look(&mut world, 0, id)), ("INV-04", "forged-end"));
}

#[test]
fn inv_05_a_complaint_about_an_honest_office_is_found() {
    let mut world = shared();
    let complaint = |genuine| Complaint { at: 0, about: 1, misbehaviour: Misbehaviour::BrokenOrder, genuine };
    world.complaints.push(complaint(false));
    after_step(&mut world).unwrap();
    world.complaints.push(complaint(true));
    assert_eq!(broken(after_step(&mut world)), ("INV-05", "false-complaint"));
}

#[test]
fn inv_08_rights_that_exclude_each_other_are_found() {
    let mut world = shared();
    in_secret(&mut world, 0, |tx| {
        let mut user = users::list(tx)?.into_iter().find(|user| user.specialist).unwrap();
        user.super_user = true;
        Ok(users::update(tx, &user)?)
    });
    assert_eq!(broken(people::look(&world, 0)), ("INV-08", "stale-right"));
}

#[test]
fn inv_11_a_word_in_a_file_where_it_may_not_be_is_found() {
    let mut world = shared();
    scan::office(&world, 1).unwrap();
    let word = world.records[0].tokens[0].token.text().to_uppercase();
    let leftover = world.offices[1].folder().join("spool");
    std::fs::write(&leftover, format!("... {word} ...")).unwrap();
    assert_eq!(broken(scan::office(&world, 1)), ("INV-11", "zombie-share"));
    std::fs::remove_file(leftover).unwrap();
    let id = link(&world);
    world.note(Event::FileErased { at: 1, link: id.0 });
    assert_eq!(broken(scan::office(&world, 1)), ("INV-11", "zombie-share"), "the file that should be gone is there");
    in_secret(&mut world, 1, |tx| Ok(audit::done(tx, &Actor::Operator, "record.edit", &word.to_lowercase(), "")?));
    assert_eq!(broken(people::audit(&mut world, 1)), ("INV-53", "orphan-share"));
}

#[test]
fn inv_12_a_receipt_for_a_file_that_is_there_is_found() {
    let mut world = shared();
    let path = world.offices[1].received(link(&world));
    happen(&mut world, 6, Step::DeleteLink { link: 1, side: 0 });
    world.rest().unwrap();
    at_rest(&mut world).unwrap();
    std::fs::write(path, b"still here").unwrap();
    world.checker.said = wire::Said::default();
    assert_eq!(broken(wire::look(&mut world)), ("INV-12", "zombie-share"));
    assert_eq!(broken(at_rest(&mut world)), ("INV-17", "zombie-share"));
}

#[test]
fn inv_14_a_set_that_lacks_a_statement_is_another() {
    let world = shared();
    let set = world.look(1, |view| Ok(statements::link_set(view, link(&world))?)).unwrap();
    let all: Vec<_> = set.statements().cloned().collect();
    let mut random = Random::new(1);
    assert_eq!(orders::in_another_order(set.link(), &all, &mut random), set);
    assert_ne!(orders::in_another_order(set.link(), &all[1..], &mut random), set);
}

#[test]
fn inv_15_two_ends_that_differ_and_work_that_is_left_are_found() {
    let mut world = shared();
    let (by, id, record) = (actor(OWNER).unwrap(), link(&world).to_string(), world.records[0].record.to_string());
    in_secret(&mut world, 0, |tx| {
        let chosen = Selection { records: vec![record.clone()], ..Selection::default() };
        let plan = sharing::plan_unshare(tx, &by, &id, &chosen)?;
        sharing::unshare(tx, &by, &id, &chosen, &plan.id)
    });
    let facts = world.links[0].clone();
    assert_eq!(broken(rest::both_ends(&world, &facts)).0, "INV-15");
    let mut world = shared();
    happen(&mut world, 6, Step::DeleteLink { link: 1, side: 1 });
    assert_eq!(broken(rest::nothing_waits(&world, 1)), ("INV-15", "never-at-rest"));
    assert_eq!(broken(rest::both_ends(&world, &facts)), ("INV-15", "split-link"));
    world.counts.messages = 1_000_000;
    assert_eq!(broken(rest::few_messages(&world)), ("INV-15", "never-at-rest"));
}

#[test]
fn inv_26_what_was_done_twice_is_found() {
    let mut world = shared();
    let id = link(&world).to_string();
    in_secret(&mut world, 1, |tx| Ok(audit::done(tx, &Actor::Operator, "link.accept", &id, "")?));
    assert_eq!(broken(people::audit(&mut world, 1)), ("INV-26", "duplicate-effect"));
}

#[test]
fn inv_27_a_gap_in_what_was_heard_is_found() {
    let mut world = shared();
    wire::heard(&mut world, 1, 0).unwrap();
    let from = world.offices[0].id;
    let peer = world.look(1, |view| Ok(peers::find(view, from)?.unwrap())).unwrap();
    let hear = |world: &mut World, sequence| {
        in_secret(world, 1, |tx| Ok(peers::set_heard(tx, peer.row, peer.heard.unwrap(), sequence, StatementHash([7; 32]))?));
        broken(wire::heard(world, 1, 0))
    };
    assert_eq!(hear(&mut world, peer.heard_sequence + 3), ("INV-27", "lost-ack"));
    assert_eq!(hear(&mut world, peer.heard_sequence), ("INV-27", "lost-ack"), "it went back");
}

#[test]
fn inv_28_and_29_a_record_that_says_something_else_is_found() {
    let mut world = shared();
    let (by, record) = (actor(OWNER).unwrap(), world.records[0].record);
    let note = PropertyEdit { name: "NOTE".into(), value: Token(1 << 30).text(), params: Vec::new() };
    in_secret(&mut world, 0, |tx| records::edit(tx, &by, record, &Edit { set: vec![note.clone()], ..Edit::default() }));
    assert_eq!(broken(kept::record(&world, 0, &record.0)), ("INV-29", "lost-ack"));
    world.rest().unwrap();
    assert_eq!(broken(kept::copies(&world, 1, link(&world))), ("INV-28", "torn-record"));
    assert_eq!(broken(after_step(&mut world)), ("INV-28", "torn-record"));
}

#[test]
fn inv_29_copies_that_are_lost_are_found() {
    let world = shared();
    let id = link(&world);
    world.offices[1].files.erase(id).unwrap();
    assert_eq!(broken(link_checks::held(&world, 1, id)), ("INV-29", "orphan-share"));
}

#[test]
fn inv_32_an_end_that_nobody_is_told_of_is_found() {
    let mut world = shared();
    let id = link(&world);
    happen(&mut world, 6, Step::DeleteLink { link: 1, side: 0 });
    world.rest().unwrap();
    let row = world.look(1, |view| Ok(links::load(view, id)?)).unwrap();
    link_checks::outbox(&world, 1, &row).unwrap();
    // The other office's end is made this office's own.
    let mut other = Checker::default();
    std::mem::swap(&mut other, &mut world.checker);
    let agreed = other.oracle.agreement(&id.0).unwrap().wanted.clone();
    world.note(Event::Restarted { office: 1, clocks: Clocks::default() });
    world.note(Event::Requested { link: id.0, wanted: agreed });
    let heard = interoffice_oracle::event::Said::Request;
    world.note(Event::Heard { at: 1, from: 0, link: id.0, said: heard, taken: interoffice_oracle::event::Taken::New });
    world.note(Event::Ended { office: 1, link: id.0, why: Why::DeletedByReader });
    assert_eq!(broken(link_checks::outbox(&world, 1, &row)), ("INV-32", "lost-ack"));
}

#[test]
fn inv_36_a_lease_that_is_over_and_still_open_is_found() {
    let mut world = shared();
    let mut clocks = world.offices[1].clocks();
    for passed in [&mut clocks.true_ms, &mut clocks.boot_ms, &mut clocks.wall_ms] {
        *passed += 4 * 24 * 3_600_000;
    }
    world.note(Event::ClockRead { office: 1, clocks });
    assert_eq!(broken(link_checks::reading(&world, 1, link(&world))), ("INV-36", "unbounded-exposure"));
    assert_eq!(broken(readers(&world)), ("INV-36", "unbounded-exposure"));
}
