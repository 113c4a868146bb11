//! Who gets how much of an office's own records, and what becomes of it when a reason for it goes.

use super::stage::{RECORD, begin};
use crate::event::{Act, Allows, Event, Level, Marks, Person, Rights, With};
use crate::inside::ADMINISTRATOR;
use crate::local::{Local, Viewer};
use crate::oracle::Oracle;

const CARL: Viewer<'static> = Viewer::User("carl");

/// Ann's record at office 0, with carl and adam, who administers, beside her.
fn office() -> Oracle {
    let mut oracle = begin();
    for (name, admin) in [("carl", false), ("adam", true)] {
        oracle.note(Event::UserAdded { who: Person::new(0, name), rights: Rights { admin, ..Rights::default() } });
    }
    oracle
}

fn local(oracle: &Oracle) -> &Local {
    oracle.local(0).unwrap()
}

fn carls(oracle: &Oracle) -> Option<Level> {
    local(oracle).level_of(CARL, &RECORD)
}

fn grant(oracle: &mut Oracle, with: With, level: Option<Level>) {
    oracle.note(Event::Granted { office: 0, record: RECORD, with, level });
}

fn group(oracle: &mut Oracle, members: &[&str]) {
    let members = members.iter().map(|name| (*name).to_owned()).collect();
    oracle.note(Event::GroupMade { office: 0, group: "Tax".to_owned(), members });
}

fn tax() -> With {
    With::Group("Tax".to_owned())
}

#[test]
fn inv_23_what_came_through_a_group_goes_with_the_membership_and_with_the_group() {
    let mut oracle = office();
    assert_eq!(carls(&oracle), None);
    group(&mut oracle, &["carl"]);
    grant(&mut oracle, tax(), Some(Level::Write));
    grant(&mut oracle, With::User("carl".to_owned()), Some(Level::Read));
    assert_eq!(carls(&oracle), Some(Level::Write));
    oracle.note(Event::MemberSet { office: 0, group: "Tax".to_owned(), user: "carl".to_owned(), on: false });
    assert_eq!(carls(&oracle), Some(Level::Read), "what carl has by name stays");
    oracle.note(Event::MemberSet { office: 0, group: "Tax".to_owned(), user: "carl".to_owned(), on: true });
    oracle.note(Event::GroupDeleted { office: 0, group: "Tax".to_owned() });
    assert_eq!(carls(&oracle), Some(Level::Read));
    group(&mut oracle, &["carl"]);
    assert_eq!(carls(&oracle), Some(Level::Read), "another group of that name has nothing");
}

#[test]
fn inv_23_roles_proxies_and_all_clients_give_while_they_last() {
    let mut oracle = office();
    let who = Person::new(0, "carl");
    let seer = Allows { all_clients: true, edit: true, share: true };
    oracle.note(Event::RoleSet { office: 0, role: "Seer".to_owned(), allows: seer });
    oracle.note(Event::RoleGiven { who: who.clone(), role: "Seer".to_owned() });
    assert_eq!(carls(&oracle), Some(Level::Write));
    oracle.note(Event::RoleSet { office: 0, role: "Seer".to_owned(), allows: Allows { all_clients: false, ..seer } });
    assert_eq!(carls(&oracle), None);
    let proxy = |on| Event::ProxySet { office: 0, owner: "ann".to_owned(), proxy: "carl".to_owned(), on };
    oracle.note(proxy(true));
    assert_eq!(carls(&oracle), Some(Level::Write));
    oracle.note(Event::UserDisabled { who: who.clone() });
    oracle.note(Event::UserEnabled { who: who.clone() });
    assert_eq!(carls(&oracle), None, "who was disabled stands in for nobody");
    oracle.note(Event::RoleGiven { who: who.clone(), role: ADMINISTRATOR.to_owned() });
    assert_eq!(carls(&oracle), Some(Level::Full));
    oracle.note(Event::RightEnabled { who: who.clone() });
    assert_eq!(carls(&oracle), None, "a specialist administers without seeing everything");
    oracle.note(Event::AllClientsSet { who, level: Some(Level::Full) });
    oracle.note(Event::RecordMarked { office: 0, record: RECORD, marks: Marks { private: true, assigned: true } });
    assert_eq!(carls(&oracle), None, "private is by name only");
}

#[test]
fn inv_06_and_inv_01_who_acts_beyond_his_or_her_level_is_found() {
    let mut oracle = office();
    grant(&mut oracle, With::User("carl".to_owned()), Some(Level::Read));
    let acted = |act| Event::Acted { office: 0, by: Some("carl".to_owned()), record: RECORD, act };
    let mut found = |act| {
        oracle.note(acted(act));
        oracle.take_breaches().pop().map(|breach| breach.invariant)
    };
    assert_eq!(found(Act::Edit), Some("INV-06"));
    assert_eq!(found(Act::Share(With::Everybody)), Some("INV-01"));
    assert_eq!(found(Act::GiveAway(None)), Some("INV-01"));
    grant(&mut oracle, With::User("carl".to_owned()), Some(Level::Full));
    oracle.note(Event::Denied { office: 0, by: Some("carl".to_owned()), record: RECORD, act: Act::Edit });
    assert_eq!(oracle.take_breaches().pop().map(|breach| breach.invariant), Some("INV-29"));
}

#[test]
fn inv_01_who_keeps_a_record_or_names_a_proxy_without_the_right_to_share_is_found() {
    let mut oracle = office();
    let gave = |by: &str, keep| Event::Acted { office: 0, by: Some(by.to_owned()), record: RECORD, act: Act::GiveAway(keep) };
    let named = |by: &str, proxy: &str, on, done| {
        let (by, proxy) = (by.to_owned(), proxy.to_owned());
        Event::ProxyTried { office: 0, by, owner: "ann".to_owned(), proxy, on, done }
    };
    let mut found = |event| {
        oracle.note(event);
        oracle.take_breaches().pop().map(|breach| breach.invariant)
    };
    for fine in [gave("ann", Some(Level::Read)), named("ann", "carl", true, true), named("adam", "carl", true, true)] {
        assert_eq!(found(fine), None);
    }
    assert_eq!(found(named("carl", "carl", true, true)), Some("INV-01"), "it is no matter of carl");
    assert_eq!(found(named("adam", "adam", true, true)), Some("INV-01"), "nobody names him- or herself");
    assert_eq!(found(named("ann", "carl", true, false)), Some("INV-29"), "ann shares");
    found(Event::AccessSwitched { office: 0, on: None, sharing: Some(false), requesting: None });
    assert_eq!(found(gave("ann", Some(Level::Read))), Some("INV-01"));
    assert_eq!(found(named("ann", "carl", true, true)), Some("INV-01"));
    for fine in [gave("ann", None), gave("adam", Some(Level::Read)), named("ann", "carl", false, true), named("adam", "carl", true, true)] {
        assert_eq!(found(fine), None, "nobody is let in, or by who administers");
    }
}

#[test]
fn inv_58_names_are_told_of_groups_and_of_individuals_in_none() {
    let mut oracle = office();
    let told = |oracle: &Oracle| {
        let own = &local(oracle).records[&RECORD];
        (local(oracle).individuals(own).into_iter().collect::<Vec<_>>(), local(oracle).groups_of(own).into_iter().collect::<Vec<_>>())
    };
    assert!(!local(&oracle).knows_by_name(CARL, &RECORD), "nobody is told of names");
    oracle.note(Event::AccessSwitched { office: 0, on: None, sharing: None, requesting: Some(true) });
    assert!(local(&oracle).knows_by_name(CARL, &RECORD));
    grant(&mut oracle, With::User("adam".to_owned()), Some(Level::Read));
    assert_eq!(told(&oracle).0, ["adam", "ann"]);
    group(&mut oracle, &["ann"]);
    grant(&mut oracle, tax(), Some(Level::Read));
    assert_eq!(told(&oracle), (vec!["adam".to_owned()], vec!["Tax".to_owned()]));
    grant(&mut oracle, With::User("carl".to_owned()), Some(Level::Read));
    assert!(!local(&oracle).knows_by_name(CARL, &RECORD), "who sees it sees more than the name");
}

#[test]
fn inv_59_what_everybody_read_is_read_after_client_access_was_switched_on() {
    let mut oracle = office();
    oracle.note(Event::RightDisabled { who: Person::new(0, "ann") });
    oracle.note(Event::SecuritySet { office: 0, on: false });
    assert_eq!(carls(&oracle), Some(Level::Read));
    let switched = |on| Event::AccessSwitched { office: 0, on: Some(on), sharing: None, requesting: None };
    oracle.note(switched(true));
    assert_eq!(carls(&oracle), Some(Level::Read));
    grant(&mut oracle, With::Everybody, None);
    assert_eq!(carls(&oracle), None);
    oracle.note(Event::SecuritySet { office: 0, on: true });
    oracle.note(switched(false));
    oracle.note(switched(true));
    assert_eq!(carls(&oracle), None, "what was hidden stays hidden");
}

#[test]
fn inv_60_a_record_given_away_has_one_owner_and_the_one_of_before_what_was_kept() {
    let mut oracle = office();
    let given = |owner: &str, keep| Event::OwnerSet { office: 0, record: RECORD, owner: owner.to_owned(), keep };
    grant(&mut oracle, With::User("carl".to_owned()), Some(Level::Read));
    oracle.note(given("carl", Some(Level::Read)));
    let own = &local(&oracle).records[&RECORD];
    assert_eq!((own.owner.as_str(), own.shares.len()), ("carl", 1));
    assert_eq!(local(&oracle).level_of(Viewer::User("ann"), &RECORD), Some(Level::Read));
    oracle.note(given("ann", None));
    assert_eq!(carls(&oracle), None);
    oracle.note(Event::HandedOver { office: 0, from: "ann".to_owned(), to: "carl".to_owned() });
    assert_eq!(carls(&oracle), Some(Level::Full));
}

#[test]
fn inv_55_a_session_counts_until_something_ends_it() {
    const TOKEN: [u8; 32] = [1; 32];
    const HOUR: i64 = 3_600_000;
    let mut oracle = office();
    let who = Person::new(0, "carl");
    let begun = |token| Event::SessionBegun { who: who.clone(), token, wall_ms: 0 };
    let counts = |oracle: &Oracle, token, wall_ms| local(oracle).session(token, wall_ms).is_some();
    oracle.note(begun(TOKEN));
    assert!(counts(&oracle, &TOKEN, HOUR - 1) && !counts(&oracle, &TOKEN, HOUR), "an hour without being used");
    oracle.note(Event::SessionUsed { office: 0, token: TOKEN, wall_ms: HOUR - 1 });
    assert!(counts(&oracle, &TOKEN, HOUR));
    oracle.note(begun([2; 32]));
    oracle.note(Event::SessionsEnded { who: who.clone(), but: Some([2; 32]) });
    assert!(!counts(&oracle, &TOKEN, 1) && counts(&oracle, &[2; 32], 1));
    oracle.note(Event::UserDisabled { who: who.clone() });
    oracle.note(Event::UserEnabled { who: who.clone() });
    assert!(!counts(&oracle, &[2; 32], 1), "it does not come back");
}
