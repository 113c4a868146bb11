//! Who gets what, and until when.

use super::stage::{HOUR, LINK, RECORD, SLACK, agree, ann, applied, begin, bob, bob_reads, clocks, heard, request, sent, shared, words};
use crate::event::{Clocks, Event, Marks, Person, Rights, Said, Why};
use crate::local::{State, Viewer};
use crate::token::Token;
use crate::verdict::Answer::{May, Must, MustNot};

#[test]
fn the_reader_and_the_operator_read_and_nobody_else() {
    let oracle = shared();
    let read = |viewer| oracle.may_read(1, viewer, &LINK, &RECORD).answer;
    assert_eq!(read(Viewer::User("bob")), Must);
    assert_eq!(read(Viewer::Operator), Must);
    assert_eq!(read(Viewer::User("ben")), MustNot);
    assert_eq!(read(Viewer::User("nobody")), MustNot);
    assert_eq!(oracle.may_read(0, Viewer::User("ann"), &LINK, &RECORD).answer, MustNot, "an owner has no copies");
    assert_eq!(oracle.may_read(1, Viewer::User("bob"), &LINK, &[9; 16]).answer, MustNot, "a record that never came");
}

#[test]
fn nothing_is_read_before_the_acceptance_or_after_the_end() {
    let mut oracle = begin();
    request(&mut oracle);
    assert_eq!(oracle.may_open(1, Viewer::User("bob"), &LINK).answer, MustNot);
    assert_eq!(oracle.state(1, &LINK), State::Waiting);
    let mut oracle = shared();
    oracle.note(Event::Ended { office: 0, link: LINK, why: Why::DeletedByOwner });
    assert_eq!(bob_reads(&oracle), Must, "his office can't know yet");
    oracle.note(heard(1, 0, Said::End(Why::DeletedByOwner)));
    assert_eq!(bob_reads(&oracle), MustNot);
    assert_eq!(oracle.state(1, &LINK), State::Ended(Why::DeletedByOwner));
}

#[test]
fn an_end_is_never_undone_and_the_first_reason_counts() {
    let mut oracle = shared();
    oracle.note(Event::Ended { office: 1, link: LINK, why: Why::DeletedByReader });
    oracle.note(Event::Ended { office: 0, link: LINK, why: Why::DeletedByOwner });
    oracle.note(heard(1, 0, Said::End(Why::DeletedByOwner)));
    oracle.note(heard(1, 0, Said::Request));
    assert_eq!(oracle.state(1, &LINK), State::Ended(Why::DeletedByOwner));
    oracle.note(heard(0, 1, Said::End(Why::DeletedByReader)));
    assert_eq!(oracle.state(0, &LINK), oracle.state(1, &LINK));
    assert_eq!(oracle.take_breaches(), []);
}

#[test]
fn losing_the_right_or_the_account_ends_every_link_at_once() {
    for event in [Event::RightDisabled { who: bob() }, Event::UserDisabled { who: bob() }] {
        let mut oracle = shared();
        oracle.note(event);
        assert_eq!(bob_reads(&oracle), MustNot);
        assert!(matches!(oracle.state(1, &LINK), State::Ended(Why::RightDisabled | Why::UserGone)));
        oracle.note(Event::RightEnabled { who: bob() });
        assert_eq!(bob_reads(&oracle), MustNot, "nothing comes back with the right");
    }
}

#[test]
fn a_record_that_was_taken_off_is_not_read_any_more() {
    let mut oracle = shared();
    oracle.note(Event::Applied { at: 1, link: LINK, puts: Vec::new(), withdrawn: vec![RECORD] });
    assert_eq!(bob_reads(&oracle), MustNot);
    assert!(oracle.may_hold(1, &LINK, Token(10)), "the file still has to be rebuilt");
    oracle.note(Event::FileRebuilt { at: 1, link: LINK });
    assert!(!oracle.may_hold(1, &LINK, Token(10)));
}

#[test]
fn words_of_a_batch_for_which_there_was_no_room_may_lie_in_the_file_of_its_link_until_it_is_rebuilt() {
    let mut oracle = shared();
    oracle.note(Event::Interrupted { at: 1, link: LINK, tokens: vec![Token(11)] });
    assert!(oracle.may_hold(1, &LINK, Token(11)));
    assert!(!oracle.may_keep(1, Token(11)), "nowhere else");
    oracle.note(Event::FileRebuilt { at: 1, link: LINK });
    assert!(!oracle.may_hold(1, &LINK, Token(11)));
}

#[test]
fn a_lease_runs_on_the_machines_own_count_and_a_wall_clock_never_lengthens_it() {
    let mut oracle = shared();
    let read = |oracle: &mut crate::Oracle, clocks| {
        oracle.note(Event::ClockRead { office: 1, clocks });
        bob_reads(oracle)
    };
    assert_eq!(read(&mut oracle, clocks(HOUR - SLACK - 1)), Must);
    let set_back = |true_ms| Clocks { wall_ms: 5, ..clocks(true_ms) };
    assert_eq!(read(&mut oracle, set_back(HOUR - 1)), May);
    assert_eq!(read(&mut oracle, set_back(HOUR + SLACK)), MustNot);
    oracle.note(Event::LeaseRenewed { at: 1, links: vec![LINK], asked: set_back(HOUR + SLACK) });
    assert_eq!(bob_reads(&oracle), Must);
}

#[test]
fn a_lease_counts_from_when_it_was_asked_for() {
    let mut oracle = shared();
    let asked = clocks(HOUR / 2);
    for true_ms in [HOUR / 2, HOUR - 1] {
        oracle.note(Event::ClockRead { office: 1, clocks: clocks(true_ms) });
    }
    oracle.note(Event::LeaseRenewed { at: 1, links: vec![LINK], asked });
    oracle.note(Event::ClockRead { office: 1, clocks: clocks(HOUR / 2 + HOUR + SLACK) });
    assert_eq!(bob_reads(&oracle), MustNot);
}

#[test]
fn a_wall_clock_that_went_back_while_the_daemon_was_down_locks_until_a_renewal() {
    let mut oracle = shared();
    oracle.note(Event::ClockRead { office: 1, clocks: clocks(1_000) });
    oracle.note(Event::Ticked { office: 1 });
    oracle.note(Event::Crashed { office: 1, machine: true });
    let now = Clocks { true_ms: 2_000, boot_ms: 0, wall_ms: 1_000_500 };
    oracle.note(Event::Restarted { office: 1, clocks: now });
    assert_eq!(bob_reads(&oracle), MustNot);
    oracle.note(Event::LeaseRenewed { at: 1, links: vec![LINK], asked: now });
    assert_eq!(bob_reads(&oracle), Must);
}

#[test]
fn own_records_follow_owner_marks_and_rights() {
    let mut oracle = begin();
    let admin = Person::new(0, "adam");
    oracle.note(Event::UserAdded { who: admin.clone(), rights: Rights { admin: true, ..Rights::default() } });
    oracle.note(Event::UserAdded { who: Person::new(0, "anna"), rights: Rights::default() });
    let see = |oracle: &crate::Oracle, viewer| oracle.local(0).unwrap().may_see_own(viewer, &RECORD).answer;
    assert_eq!(see(&oracle, Viewer::Operator), Must);
    assert_eq!(see(&oracle, Viewer::User("ann")), Must);
    assert_eq!(see(&oracle, Viewer::User("adam")), Must);
    assert_eq!(see(&oracle, Viewer::User("anna")), MustNot, "office security came with Record Sharing");
    oracle.note(Event::SecuritySet { office: 0, on: false });
    assert_eq!(see(&oracle, Viewer::User("anna")), Must);
    oracle.note(Event::RecordMarked { office: 0, record: RECORD, marks: Marks { private: true, assigned: true } });
    assert_eq!(see(&oracle, Viewer::User("anna")), MustNot);
    oracle.note(Event::RightEnabled { who: admin });
    assert_eq!(see(&oracle, Viewer::User("adam")), MustNot, "an administrator who is a specialist");
    oracle.note(Event::RecordDeleted { office: 0, record: RECORD });
    assert_eq!(see(&oracle, Viewer::Operator), MustNot);
    assert_eq!(oracle.local(1).unwrap().may_see_own(Viewer::Operator, &RECORD).answer, MustNot);
}

#[test]
fn links_are_seen_by_their_people_and_administrators() {
    let mut oracle = begin();
    agree(&mut oracle);
    let see = |office, viewer| oracle.may_see_link(office, viewer, &LINK).answer;
    assert_eq!(see(0, Viewer::User("ann")), Must);
    assert_eq!(see(1, Viewer::User("bob")), Must);
    assert_eq!(see(1, Viewer::User("ben")), MustNot);
    assert_eq!(see(1, Viewer::Operator), Must);
    assert_eq!(see(2, Viewer::Operator), MustNot);
}

#[test]
fn a_copy_of_the_folder_brings_back_exactly_what_it_held() {
    let mut oracle = begin();
    agree(&mut oracle);
    oracle.note(Event::FolderKept { office: 1 });
    oracle.note(Event::Shared { link: LINK, records: vec![RECORD] });
    oracle.note(sent(&[10]));
    oracle.note(applied(&[10]));
    assert_eq!(bob_reads(&oracle), Must);
    oracle.note(Event::Ended { office: 1, link: LINK, why: Why::DeletedByReader });
    oracle.note(Event::Crashed { office: 1, machine: false });
    oracle.note(Event::FolderReplaced { office: 1 });
    oracle.note(Event::Restarted { office: 1, clocks: clocks(5) });
    assert!(oracle.known(1, &LINK).unwrap().is_active());
    assert_eq!(bob_reads(&oracle), MustNot, "the copy held no record");
    assert!(oracle.is_rewound(1));
}

#[test]
fn a_lost_file_holds_nothing_and_an_older_one_what_it_held() {
    let mut oracle = shared();
    oracle.note(Event::FileKept { at: 1, link: LINK });
    oracle.note(Event::FileLost { at: 1, link: LINK });
    assert_eq!(bob_reads(&oracle), MustNot);
    assert!(!oracle.may_hold(1, &LINK, Token(10)));
    oracle.note(Event::FileOlder { at: 1, link: LINK });
    assert_eq!(bob_reads(&oracle), May);
    assert!(oracle.may_hold(1, &LINK, Token(10)));
}

#[test]
fn an_office_keeps_words_of_its_own_records_only() {
    let mut oracle = shared();
    assert!(oracle.may_keep(0, Token(12)));
    assert!(!oracle.may_keep(1, Token(10)), "copies lie in the file of their link and nowhere else");
    assert!(!oracle.may_hold(1, &LINK, Token(11)), "what the scope does not show is nowhere");
    assert!(oracle.may_hold(1, &[8; 32], Token(99)), "noise is nobody's");
    oracle.note(Event::RecordEdited { office: 0, record: RECORD, tokens: words(20) });
    assert_eq!(oracle.brought_by(&LINK).len(), 6);
    assert_eq!(oracle.home(&RECORD).unwrap().owner, ann());
}
