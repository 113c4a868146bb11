//! What the doors ask and do beside the traffic that the other tests carry: asked here so that the store fails at each question.

use interoffice_core::actions::copies::{self, Arriving};
use interoffice_core::actions::inbound;
use interoffice_core::actions::issue::{self, Heard};
use interoffice_core::actions::links::{self as link_verbs, Ask};
use interoffice_core::actions::{ending, lease, sharing};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::links;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::messages::{Answer, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{Freeze, Head, Subject};

use crate::office::{BEGIN_MS, KEYS_LAST_MS};
use crate::people::{NORTH, SOUTH, name, refused, user};
use crate::statements::Forged;
use crate::world::World;

fn subject(world: &World, link: LinkId) -> Subject {
    let row = world.offices[NORTH].read(|view| Ok(links::load(view, link)?));
    Subject::Link { link, request: row.request, owner: row.local_user, reader: row.remote_user }
}

fn freeze() -> Freeze {
    Freeze { reason: String::new() }
}

#[test]
fn who_would_end_a_link_is_told_which() {
    let mut world = World::two();
    let ask = Ask {
        office: "South".into(),
        user: "bob".into(),
        purpose: String::new(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: Some(BEGIN_MS + 86_400_000),
    };
    let asked = world.offices[NORTH].write(|tx| link_verbs::request(tx, &user("alice"), &ask)).expect("a request");
    let link: LinkId = asked.link.parse().expect("a link id");
    let (alice, south) = (name("alice"), world.offices[SOUTH].id);
    let north = &world.offices[NORTH];
    assert_eq!(north.read(|view| ending::of_user(view, &Actor::Operator, &alice)), [link]);
    assert_eq!(north.read(|view| ending::of_peer(view, &Actor::Operator, &south.to_string())), [link]);
    assert_eq!(north.read(|view| ending::of_link(view, &user("alice"), &link.to_string()[..8])), [link]);
    assert_eq!(north.read(ending::of_time), []);
    world.exchange(NORTH, SOUTH);
    world.decline(SOUTH, "bob", link).expect("bob declines");
    let declined = world.offices[SOUTH].read(|view| Ok(interoffice_core::store::statements::link_set(view, link)?));
    let decline = declined.statements().find(|said| said.from() == south).expect("a decline").signed().clone();
    assert_eq!(world.offices[NORTH].read(|view| ending::of_statement(view, south, &decline)), [link]);
    world.pass(86_400_000);
    assert_eq!(world.offices[NORTH].read(ending::of_time), [link]);
}

#[test]
fn copies_have_a_place_while_their_link_lives_and_lock_when_a_clock_was_set_back() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    let alices = world.import(NORTH, "alice", 0, 1)[0];
    let (north, south) = (world.offices[NORTH].id, world.offices[SOUTH].id);
    let taken = world.offices[SOUTH].read(|view| copies::arriving(view, north, link));
    assert!(matches!(taken, Arriving::Taken(row) if row.link == link));
    assert_eq!(world.offices[NORTH].read(|view| copies::arriving(view, south, link)), Arriving::Foreign);
    let shown = world.offices[NORTH].read(|view| sharing::preview(view, &user("alice"), &link.to_string(), alices));
    assert!(shown.display_name.contains("Fncanary0x"));
    let first = lease::Passed { first: true, boot_ms: 0 };
    world.offices[SOUTH].write(|tx| lease::tick(tx, first)).expect("a tick");
    world.offices[SOUTH].now_ms -= 1_000;
    assert!(world.offices[SOUTH].write(|tx| lease::tick(tx, first)).expect("a tick of a clock that was set back").went_back);
    assert!(world.offices[SOUTH].read(|view| lease::locked(view, &links::load(view, link)?)));
}

#[test]
fn an_office_that_begins_anew_is_told_everything_and_heard_from_its_first_statement() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    let south = world.offices[SOUTH].id;
    assert_eq!(world.offices[NORTH].write(|tx| issue::send_again(tx, south, 1)).expect("sent again"), 1);
    let heard = world.offices[NORTH].write(|tx| issue::reconcile_heard(tx, south, Some(0), 7)).expect("a greeting");
    assert_eq!(heard, Heard::Rewound(1));
    let about = subject(&world, link);
    let mut anew = Forged::next(&mut world, NORTH, SOUTH, about);
    anew.envelope.epoch = Epoch { counter: 2, identity: [7; 16] };
    (anew.envelope.sequence, anew.envelope.previous) = (1, StatementHash::NONE);
    assert_eq!(anew.say(freeze()).outcome, Outcome::Stored);
}

#[test]
fn under_keys_whose_time_is_over_a_statement_is_refused_in_its_turn_and_out_of_it() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    world.pass(KEYS_LAST_MS + 1);
    let about = subject(&world, link);
    let mut early = Forged::next(&mut world, NORTH, SOUTH, about.clone());
    early.envelope.sequence += 1;
    let expected = early.envelope.sequence - 1;
    assert_eq!(early.say(freeze()).outcome, Outcome::Gap { expected });
    let heard = Forged::next(&mut world, NORTH, SOUTH, about).say(freeze());
    assert_eq!((heard.outcome, heard.misbehaviour), (Outcome::Refused, Some(Misbehaviour::ExpiredKeySet)));
}

#[test]
fn a_request_that_the_other_office_does_not_support_is_given_up() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    let (south, subject) = (world.offices[SOUTH].id, subject(&world, link));
    let Subject::Link { request, .. } = subject else { panic!("a link") };
    let answer = Answer { statement: request, outcome: Outcome::Unsupported };
    world.offices[NORTH].write(|tx| inbound::answer(tx, south, &answer)).expect("an answer is taken");
    assert!(matches!(world.state(NORTH, link), interoffice_protocol::link::LinkState::Ended(_)));
}

#[test]
fn a_blocked_office_says_nothing_about_itself() {
    let mut world = World::two();
    world.block(SOUTH, NORTH, true).expect("an office is blocked");
    let head = Head { sequence: 1, hash: [0; 32] };
    let heard = Forged::next(&mut world, NORTH, SOUTH, Subject::Office).say(head);
    assert_eq!(heard.outcome, Outcome::Refused);
    let refusal = refused(world.request(SOUTH, "bob", NORTH, "alice"));
    assert_eq!(refusal, "not-paired");
}
