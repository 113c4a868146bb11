//! Each check of the inside of an office can fail: something happens behind the back of the checks, or they are told what did not.

use interoffice_core::actions::sign_in;
use interoffice_core::domain::actor::Actor;
use interoffice_oracle::event::{Level, With};
use interoffice_oracle::{Event, Person};

use super::tests::{broken, calm, happen, in_secret};
use super::{inside, kept, last_line, readers, session, written};
use crate::step::Step;
use crate::world::World;

/// A record of the first user of office 0, which is shared with a group of the second one; names are told.
fn shared() -> World {
    let mut world = World::new(calm(), false).unwrap();
    happen(&mut world, 1, Step::AddRecord { record: 1, office: 0, user: 0, marks: 0 });
    happen(&mut world, 2, Step::MakeGroup { office: 0, group: 0, members: 2 });
    happen(&mut world, 3, Step::GrantRecord { record: 1, by: 0, to: 6, level: 1 });
    happen(&mut world, 4, Step::ClientAccess { office: 0, what: 2, on: 1 });
    readers(&world).unwrap();
    world
}

fn ben() -> Person {
    Person::new(0, "ben0")
}

/// Tells the checks of something that did not happen, and forgets what they would find at once.
fn pretend(world: &mut World, event: Event) -> [u8; 16] {
    world.note(event);
    world.records[0].record.0
}

#[test]
fn inv_23_a_member_who_left_and_is_still_there_is_found() {
    let mut world = shared();
    inside::look(&world, 0).unwrap();
    pretend(&mut world, Event::MemberSet { office: 0, group: "Group 0".to_owned(), user: "ben0".to_owned(), on: false });
    assert_eq!(broken(inside::look(&world, 0)), ("INV-23", "stale-right"));
    assert_eq!(broken(super::readers::inside(&world, 0, &[].into())), ("INV-23", "stale-right"), "what came through the group is counted");
}

#[test]
fn inv_06_a_level_that_reaches_further_than_its_reasons_is_found() {
    let mut world = shared();
    let record = world.records[0].record.0;
    happen(&mut world, 5, Step::Proxy { office: 0, owner: 0, user: 1, by: 0, on: 1 });
    let (owner, proxy) = ("ada0".to_owned(), "ben0".to_owned());
    pretend(&mut world, Event::ProxySet { office: 0, owner, proxy, on: false });
    assert_eq!(broken(super::readers::inside(&world, 0, &[record].into())), ("INV-06", "stale-right"));
    let with = With::Group("Group 0".to_owned());
    pretend(&mut world, Event::Granted { office: 0, record, with, level: Some(Level::Write) });
    assert_eq!(broken(kept::record(&world, 0, &record)), ("INV-29", "stale-right"));
}

#[test]
fn inv_52_what_leaves_no_line_is_found() {
    let world = shared();
    let last = last_line(&world, 0).unwrap();
    written(&world, 0, last - 1, "client-access.requesting").unwrap();
    assert_eq!(broken(written(&world, 0, last, "client-access.requesting")), ("INV-52", "lost-ack"));
}

#[test]
fn inv_55_a_session_that_must_be_over_and_counts_is_found() {
    let mut world = shared();
    happen(&mut world, 5, Step::SignIn { office: 0, user: 1 });
    happen(&mut world, 6, Step::SignIn { office: 0, user: 1 });
    happen(&mut world, 7, Step::UseSession { nth: 0 });
    let token = world.signed_in[0].token;
    assert!(session(&world, 0, &token).unwrap());
    in_secret(&mut world, 0, |tx| {
        sign_in::end_all(tx, &Actor::Operator, &interoffice_protocol::names::UserName::new("ben0").unwrap(), None)
    });
    assert_eq!(broken(session(&world, 0, &token).map(drop)), ("INV-29", "lost-ack"), "it ended and nobody said so");
    happen(&mut world, 8, Step::SignOut { nth: 0, all: 1 });
    happen(&mut world, 9, Step::SignIn { office: 0, user: 1 });
    pretend(&mut world, Event::SessionsEnded { who: ben(), but: None });
    assert_eq!(broken(inside::sessions(&world, 0)), ("INV-55", "stale-right"));
}

#[test]
fn inv_58_who_is_told_of_somebody_in_a_group_is_found() {
    let mut world = shared();
    happen(&mut world, 5, Step::Member { office: 0, group: 0, user: 1, on: 0 });
    happen(&mut world, 6, Step::AskAccess { record: 1, by: 1, level: 0 });
    readers(&world).unwrap();
    let record = pretend(&mut world, Event::MemberSet { office: 0, group: "Group 0".to_owned(), user: "ada0".to_owned(), on: true });
    assert_eq!(broken(super::readers::inside(&world, 0, &[record].into())), ("INV-58", "stale-right"));
}

#[test]
fn inv_59_switching_client_access_on_changes_what_nobody_gets() {
    let mut world = shared();
    for (id, user) in [(5, 0), (6, 1)] {
        happen(&mut world, id, Step::RightOff { office: 0, user });
    }
    happen(&mut world, 7, Step::Security { office: 0, on: 0 });
    happen(&mut world, 8, Step::DeleteGroup { office: 0, group: 0 });
    happen(&mut world, 9, Step::ClientAccess { office: 0, what: 0, on: 1 });
    readers(&world).unwrap();
    let record = world.records[0].record.0;
    let local = world.checker.oracle.local(0).unwrap();
    assert_eq!(local.records[&record].shares[&With::Everybody], Level::Read);
}

#[test]
fn inv_60_a_record_with_another_owner_than_it_must_have_is_found() {
    let mut world = shared();
    happen(&mut world, 5, Step::GiveRecord { record: 1, by: 0, to: 1, keep: 1 });
    assert_eq!(world.records[0].owner.user, 1);
    let record = world.records[0].record.0;
    kept::record(&world, 0, &record).unwrap();
    pretend(&mut world, Event::OwnerSet { office: 0, record, owner: "ada0".to_owned(), keep: None });
    assert_eq!(broken(kept::record(&world, 0, &record)), ("INV-60", "stale-right"));
}
