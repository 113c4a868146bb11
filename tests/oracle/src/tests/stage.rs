//! Two offices, ann at 0 and bob at 1, and a third at 2; what they do in one line each.

use crate::event::{Clocks, Event, Link, Marks, Mask, Office, Person, Place, Placed, Record, Rights, Said, Taken, Wanted};
use crate::local::Viewer;
use crate::oracle::Oracle;
use crate::token::Token;
use crate::verdict::{Answer, Breach};

pub(super) const LINK: Link = [7; 32];
pub(super) const RECORD: Record = [1; 16];
pub(super) const HOUR: i64 = 3_600_000;
pub(super) const SLACK: i64 = 60_000;

pub(super) fn ann() -> Person {
    Person::new(0, "ann")
}

pub(super) fn bob() -> Person {
    Person::new(1, "bob")
}

pub(super) fn clocks(true_ms: i64) -> Clocks {
    Clocks { true_ms, boot_ms: true_ms, wall_ms: 1_000_000 + true_ms }
}

/// A name, an e-mail address that the link does not show, and a word of the card.
pub(super) fn words(from: u32) -> Vec<Placed> {
    let places = [Place::Field(0), Place::Field(4), Place::Card];
    (from..).zip(places).map(|(number, place)| Placed { place, token: Token(number) }).collect()
}

pub(super) fn wanted() -> Wanted {
    let mask = Mask { fields: 1, related: 0 };
    Wanted { owner: ann(), reader: bob(), mask, lease_ms: HOUR, not_after_ms: None }
}

/// Everybody is there, all offices are paired, ann has a record.
pub(super) fn begin() -> Oracle {
    let mut oracle = Oracle::new(SLACK);
    for (office, user) in [(0, "ann"), (1, "bob"), (1, "ben"), (2, "carol")] {
        if oracle.local(office).is_none() {
            oracle.note(Event::Restarted { office, clocks: clocks(0) });
        }
        let who = Person::new(office, user);
        oracle.note(Event::UserAdded { who: who.clone(), rights: Rights::default() });
        oracle.note(Event::RightEnabled { who });
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        oracle.note(Event::Paired { a, b });
    }
    let marks = Marks { private: false, assigned: true };
    oracle.note(Event::RecordMade { owner: ann(), record: RECORD, marks, tokens: words(10) });
    oracle
}

pub(super) fn heard(at: Office, from: Office, said: Said) -> Event {
    Event::Heard { at, from, link: LINK, said, taken: Taken::New }
}

pub(super) fn request(oracle: &mut Oracle) {
    oracle.note(Event::Requested { link: LINK, wanted: wanted() });
    oracle.note(heard(1, 0, Said::Request));
}

/// The link is Active at both ends.
pub(super) fn agree(oracle: &mut Oracle) {
    request(oracle);
    oracle.note(Event::Accepted { link: LINK, by: bob() });
    oracle.note(heard(0, 1, Said::Accept));
}

pub(super) fn sent(tokens: &[u32]) -> Event {
    Event::Sent { from: 0, to: 1, link: Some(LINK), tokens: tokens.iter().copied().map(Token).collect() }
}

pub(super) fn applied(tokens: &[u32]) -> Event {
    Event::Applied { at: 1, link: LINK, puts: vec![(RECORD, tokens.iter().copied().map(Token).collect())], withdrawn: Vec::new() }
}

/// Bob holds ann's record.
pub(super) fn shared() -> Oracle {
    let mut oracle = begin();
    agree(&mut oracle);
    oracle.note(Event::Shared { link: LINK, records: vec![RECORD] });
    oracle.note(sent(&[10]));
    oracle.note(applied(&[10]));
    assert_eq!(oracle.take_breaches(), []);
    oracle
}

pub(super) fn bob_reads(oracle: &Oracle) -> Answer {
    oracle.may_read(1, Viewer::User("bob"), &LINK, &RECORD).answer
}

/// The one breach that was found.
pub(super) fn only_breach(oracle: &mut Oracle) -> (&'static str, &'static str) {
    let breaches = oracle.take_breaches();
    let [Breach { invariant, anomaly, .. }] = breaches[..] else { panic!("one breach was expected: {breaches:?}") };
    (invariant, anomaly)
}
