//! Each thing that must never be told is named when it is.

use super::stage::{HOUR, LINK, RECORD, agree, applied, begin, clocks, heard, only_breach, request, sent, shared, words};
use crate::event::{Event, Marks, Person, Said, Why};
use crate::token::Token;

#[test]
fn inv_03_only_the_reader_agrees() {
    let mut oracle = begin();
    request(&mut oracle);
    oracle.note(Event::Accepted { link: LINK, by: Person::new(1, "ben") });
    assert_eq!(only_breach(&mut oracle), ("INV-03", "forged-consent"));
    oracle.note(Event::Accepted { link: [9; 32], by: Person::new(1, "bob") });
    assert_eq!(only_breach(&mut oracle), ("INV-03", "forged-consent"));
}

#[test]
fn inv_04_an_office_says_nothing_that_nobody_did() {
    let mut oracle = begin();
    request(&mut oracle);
    for said in [Said::Accept, Said::End(Why::DeletedByReader)] {
        oracle.note(heard(0, 1, said));
        assert_eq!(only_breach(&mut oracle), ("INV-04", "forged-consent"));
    }
}

#[test]
fn inv_05_a_statement_comes_from_the_office_at_the_other_end() {
    let mut oracle = begin();
    agree(&mut oracle);
    oracle.note(heard(2, 0, Said::Request));
    assert_eq!(only_breach(&mut oracle), ("INV-05", "forged-consent"));
    oracle.note(heard(1, 2, Said::Freeze));
    assert_eq!(only_breach(&mut oracle), ("INV-05", "forged-consent"));
}

#[test]
fn inv_06_nothing_outside_the_scope_or_the_share_is_sent() {
    let mut oracle = shared();
    for hidden in [11, 12] {
        oracle.note(sent(&[hidden]));
        assert_eq!(only_breach(&mut oracle), ("INV-06", "leaked-onward"));
    }
    oracle.note(Event::Unshared { link: LINK, records: vec![RECORD] });
    oracle.note(sent(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-06", "zombie-share"));
}

#[test]
fn inv_06_a_record_that_left_use_is_on_no_link() {
    for event in [Event::RecordDeleted { office: 0, record: RECORD }, Event::RecordArchived { office: 0, record: RECORD }] {
        let mut oracle = shared();
        oracle.note(event);
        oracle.note(sent(&[10]));
        assert_eq!(only_breach(&mut oracle), ("INV-06", "zombie-share"));
    }
}

#[test]
fn inv_07_copies_go_nowhere_and_records_go_over_their_link_only() {
    let mut oracle = shared();
    oracle.note(Event::Sent { from: 1, to: 2, link: None, tokens: vec![Token(10)] });
    assert_eq!(only_breach(&mut oracle), ("INV-07", "leaked-onward"));
    oracle.note(Event::Sent { from: 0, to: 2, link: Some(LINK), tokens: vec![Token(10)] });
    assert_eq!(only_breach(&mut oracle), ("INV-07", "leaked-onward"));
    oracle.note(Event::Sent { from: 0, to: 1, link: None, tokens: vec![Token(10)] });
    assert_eq!(only_breach(&mut oracle), ("INV-07", "leaked-onward"));
}

#[test]
fn inv_10_nothing_is_shared_over_a_link_that_is_not_active() {
    let mut oracle = begin();
    request(&mut oracle);
    oracle.note(Event::Shared { link: LINK, records: vec![RECORD] });
    assert_eq!(only_breach(&mut oracle), ("INV-10", "stale-right"));
}

#[test]
fn inv_12_copies_that_are_there_are_not_confirmed_as_gone() {
    let receipted = Event::Receipted { at: 0, link: LINK, part: false, erased: true };
    let mut oracle = shared();
    oracle.note(receipted.clone());
    assert_eq!(only_breach(&mut oracle), ("INV-12", "zombie-share"));
    oracle.note(Event::Ended { office: 1, link: LINK, why: Why::DeletedByReader });
    oracle.note(receipted.clone());
    assert_eq!(only_breach(&mut oracle), ("INV-12", "zombie-share"));
    oracle.note(Event::FileErased { at: 1, link: LINK });
    oracle.note(receipted);
    assert_eq!(oracle.take_breaches(), []);
}

#[test]
fn inv_16_an_owner_renews_nothing_that_it_has_ended() {
    let mut oracle = shared();
    for office in [0, 1] {
        oracle.note(Event::ClockRead { office, clocks: clocks(HOUR) });
    }
    oracle.note(Event::Ended { office: 0, link: LINK, why: Why::DeletedByOwner });
    oracle.note(Event::LeaseRenewed { at: 1, links: vec![LINK], asked: clocks(HOUR) });
    assert_eq!(oracle.take_breaches(), [], "it was asked for before");
    oracle.note(Event::LeaseRenewed { at: 1, links: vec![LINK], asked: clocks(HOUR + 1) });
    assert_eq!(only_breach(&mut oracle), ("INV-16", "unbounded-exposure"));
}

#[test]
fn inv_19_a_share_that_comes_after_the_end_is_not_applied() {
    let mut oracle = shared();
    oracle.note(Event::Ended { office: 1, link: LINK, why: Why::DeletedByReader });
    oracle.note(applied(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-19", "zombie-share"));
}

#[test]
fn inv_20_nothing_leaves_after_the_end_or_a_block() {
    let mut oracle = shared();
    oracle.note(Event::PeerBlocked { office: 0, peer: 1, blocked: true });
    oracle.note(sent(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-20", "zombie-share"));
    oracle.note(Event::PeerBlocked { office: 0, peer: 1, blocked: false });
    oracle.note(Event::RightDisabled { who: Person::new(0, "ann") });
    oracle.note(sent(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-20", "zombie-share"));
}

#[test]
fn inv_22_a_new_link_shows_only_what_is_shared_under_it() {
    let mut oracle = begin();
    agree(&mut oracle);
    oracle.note(applied(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-22", "zombie-share"));
}

#[test]
fn inv_26_a_record_is_made_once() {
    let mut oracle = begin();
    let marks = Marks { private: false, assigned: false };
    oracle.note(Event::RecordMade { owner: Person::new(0, "ann"), record: RECORD, marks, tokens: words(30) });
    assert_eq!(only_breach(&mut oracle), ("INV-26", "duplicate-effect"));
}

#[test]
fn inv_28_a_copy_is_one_version_and_never_an_older_one() {
    let mut oracle = shared();
    let mut both = words(20);
    both.push(crate::event::Placed { place: crate::event::Place::Field(0), token: Token(23) });
    oracle.note(Event::RecordEdited { office: 0, record: RECORD, tokens: both });
    oracle.note(applied(&[20]));
    assert_eq!(only_breach(&mut oracle), ("INV-28", "torn-record"));
    oracle.note(sent(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-28", "non-monotonic-read"));
    oracle.note(sent(&[20, 23]));
    oracle.note(applied(&[23, 20]));
    assert_eq!(oracle.take_breaches(), []);
    oracle.note(applied(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-28", "non-monotonic-read"));
}

#[test]
fn an_office_that_lies_is_not_judged_and_its_words_need_nobody() {
    let mut oracle = shared();
    oracle.note(Event::Hostile { office: 1 });
    oracle.note(heard(0, 1, Said::End(Why::DeletedByReader)));
    oracle.note(Event::Sent { from: 1, to: 2, link: None, tokens: vec![Token(10)] });
    assert_eq!(oracle.take_breaches(), []);
}

#[test]
fn an_office_that_lives_on_from_an_older_folder_sends_what_stood_there_then() {
    let mut oracle = shared();
    oracle.note(Event::FolderKept { office: 0 });
    let mut edited = words(20);
    edited.push(crate::event::Placed { place: crate::event::Place::Card, token: Token(10) });
    oracle.note(Event::RecordEdited { office: 0, record: RECORD, tokens: edited });
    oracle.note(sent(&[10]));
    assert_eq!(only_breach(&mut oracle), ("INV-06", "leaked-onward"), "it stands in the uploaded card only");
    oracle.note(Event::Crashed { office: 0, machine: false });
    oracle.note(Event::FolderReplaced { office: 0 });
    oracle.note(Event::Restarted { office: 0, clocks: clocks(5) });
    oracle.note(sent(&[10]));
    assert_eq!(oracle.take_breaches(), []);
}
