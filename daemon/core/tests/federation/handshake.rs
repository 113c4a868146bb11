//! Asking, answering, taking back: what both offices see of a link before anything is shared.

use interoffice_core::actions::link_view;
use interoffice_core::domain::actor::Actor;
use interoffice_protocol::link::{End, LinkState};
use interoffice_protocol::messages::{Message, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::people::{NORTH, SOUTH, refused, selection};
use crate::random::Random;
use crate::world::{Fate, World};

const ACTIVE: LinkState = LinkState::Active { frozen: false };

#[test]
fn a_request_waits_at_both_offices_until_bob_accepts() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    assert!(!world.view(NORTH, link).sent, "nobody has it yet");
    world.exchange(NORTH, SOUTH);
    assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (LinkState::Waiting, LinkState::Waiting));
    assert!(world.view(NORTH, link).sent);
    world.accept(SOUTH, "bob", link).expect("an acceptance");
    assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (LinkState::Waiting, ACTIVE));
    world.exchange(NORTH, SOUTH);
    assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (ACTIVE, ACTIVE));
    world.assert_honest();
}

#[test]
fn a_link_has_one_direction() {
    let mut world = World::two();
    let link = world.alice_to_bob();
    assert_eq!(world.view(NORTH, link).direction, "receiving-mine");
    assert_eq!(world.view(SOUTH, link).direction, "sharing-with-me");
    let bobs = world.import(SOUTH, "bob", 1, 3);
    assert_eq!(refused(world.share(SOUTH, "bob", link, &selection(&bobs))), "wrong-direction");
    let back = world.linked(SOUTH, "bob", NORTH, "alice");
    world.share(SOUTH, "bob", back, &selection(&bobs)).expect("bob shares over a link of his own");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(SOUTH, NORTH, back);
    assert!(world.copies(SOUTH, link).is_empty());
    world.assert_honest();
}

#[test]
fn nothing_is_shared_before_bob_accepts() {
    let mut world = World::two();
    let records = world.import(NORTH, "alice", 1, 3);
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    assert_eq!(refused(world.share(NORTH, "alice", link, &selection(&records))), "link-not-active");
    assert_eq!(refused(world.request(NORTH, "alice", SOUTH, "bob")), "link-exists");
    assert_eq!(refused(world.accept(NORTH, "alice", link)), "not-addressee");
}

#[test]
fn only_the_addressee_answers_a_request() {
    let mut world = World::two();
    world.specialist(SOUTH, "ben");
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    assert_eq!(refused(world.accept(SOUTH, "ben", link)), "unknown-link");
    assert_eq!(refused(world.decline(SOUTH, "ben", link)), "unknown-link");
    assert_eq!(world.state(SOUTH, link), LinkState::Waiting);
}

#[test]
fn a_declined_request_ends_at_both_offices_without_a_removal() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.decline(SOUTH, "bob", link).expect("a refusal");
    world.exchange(NORTH, SOUTH);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Ended(End::Declined));
        assert!(world.removals(office, link).is_empty());
    }
    assert_eq!(refused(world.accept(SOUTH, "bob", link)), "not-waiting");
    world.request(NORTH, "alice", SOUTH, "bob").expect("alice may ask again");
    world.assert_honest();
}

#[test]
fn a_request_taken_back_while_bob_accepts_ends_at_both_offices() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.take_back(NORTH, "alice", link).expect("alice takes it back");
    world.accept(SOUTH, "bob", link).expect("bob accepts at the same time");
    world.exchange(NORTH, SOUTH);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Ended(End::Withdrawn));
        let removals = world.removals(office, link);
        assert!(removals.iter().all(|removal| removal.receipt.is_some()), "{removals:?}");
    }
    world.assert_honest();
    let next = world.request(NORTH, "alice", SOUTH, "bob").expect("alice asks again");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(SOUTH, next), LinkState::Waiting, "later statements are heard");
}

#[test]
fn a_request_taken_back_while_bob_declines_ends_at_both_offices() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.take_back(NORTH, "alice", link).expect("alice takes it back");
    world.decline(SOUTH, "bob", link).expect("bob declines at the same time");
    world.exchange(NORTH, SOUTH);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Ended(End::Withdrawn));
    }
    world.assert_honest();
}

#[test]
fn a_link_accepted_and_deleted_before_the_owner_hears_of_either_ends_with_a_receipt() {
    let mut world = World::two();
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    world.accept(SOUTH, "bob", link).expect("bob accepts");
    world.delete_link(SOUTH, "bob", link).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Ended(End::DeletedByReader));
        assert_eq!(world.view(office, link).removal.expect("a removal").state, "Erased");
    }
    world.assert_honest();
}

#[test]
fn a_waiting_request_may_be_deleted_by_either_side() {
    for (office, who, end) in [(NORTH, "alice", End::DeletedByOwner), (SOUTH, "bob", End::DeletedByReader)] {
        let mut world = World::two();
        let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
        world.exchange(NORTH, SOUTH);
        world.delete_link(office, who, link).expect("a waiting link is deleted");
        world.exchange(NORTH, SOUTH);
        assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (LinkState::Ended(end), LinkState::Ended(end)));
        world.assert_honest();
    }
}

/// What South answers to a request for `reader`, and everything else South sends meanwhile.
fn answers(prepare: impl FnOnce(&mut World), reader: &str) -> Vec<Vec<u8>> {
    let mut world = World::two();
    prepare(&mut world);
    world.request(NORTH, "alice", SOUTH, reader).expect("a request");
    world.exchange(NORTH, SOUTH);
    let from_south = world.sent.iter().filter(|(from, ..)| *from == SOUTH);
    from_south
        .map(|(.., message)| match message {
            // The answer names the statement, which differs with the name asked for.
            Message::Answer(answer) => {
                let nameless =
                    interoffice_protocol::messages::Answer { statement: interoffice_protocol::ids::StatementHash::NONE, ..*answer };
                Message::from(nameless).to_frame().to_bytes()
            }
            other => other.to_frame().to_bytes(),
        })
        .collect()
}

#[test]
fn c25_requests_to_unknown_disabled_and_ordinary_users_are_answered_like_any_other() {
    let known = answers(|_| {}, "bob");
    assert_eq!(known.len(), 1);
    let unknown = answers(|_| {}, "nobody");
    let ordinary = answers(|world| world.add_user(SOUTH, "ben"), "ben");
    let disabled = answers(
        |world| {
            world.add_user(SOUTH, "ben");
            world.disable_user(SOUTH, "ben").expect("a user is disabled");
        },
        "ben",
    );
    assert_eq!((&unknown, &ordinary, &disabled), (&known, &known, &known));
}

#[test]
fn requests_over_the_limit_are_refused_and_what_follows_is_heard() {
    let mut world = World::two();
    let links: Vec<_> = (0..22).map(|number| world.request(NORTH, "alice", SOUTH, &format!("user{number}")).expect("a request")).collect();
    world.exchange(NORTH, SOUTH);
    let refusals = world.take_misbehaviour();
    assert_eq!(refusals, vec![Misbehaviour::TooManyWaiting; 2]);
    let known = world.offices[SOUTH].read(|view| link_view::list(view, &Actor::Operator, &link_view::Filter::default()));
    assert_eq!(known.len(), 20);
    assert_eq!(world.state(NORTH, links[19]), LinkState::Waiting);
    for link in &links[20..] {
        assert_eq!(world.state(NORTH, *link), LinkState::Ended(End::Withdrawn), "a refused request does not wait for ever");
    }
    world.take_back(NORTH, "alice", links[0]).expect("alice takes one back");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(SOUTH, links[0]), LinkState::Ended(End::Withdrawn), "later statements are heard");
    let next = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(SOUTH, next), LinkState::Waiting);
    world.assert_honest();
}

#[test]
fn an_office_that_is_paired_on_one_side_only_is_told_later_and_heard_afterwards() {
    use interoffice_core::actions::peers;
    use interoffice_core::store::peers::Standing;
    let mut world = World::two();
    // South has not learnt yet that North's admin confirmed.
    let north = world.offices[NORTH].id;
    world.offices[SOUTH]
        .write(|tx| {
            let row = interoffice_core::store::peers::find(tx, north)?.expect("a peer").row;
            Ok(interoffice_core::store::peers::set_standing(tx, row, Standing::Comparing)?)
        })
        .expect("a standing is set back");
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    world.exchange(NORTH, SOUTH);
    let later = world.sent.iter().any(|(.., message)| matches!(message, Message::Answer(answer) if answer.outcome == Outcome::Later));
    assert!(later, "{:?}", world.sent);
    assert_eq!(world.state(NORTH, link), LinkState::Waiting);
    world.offices[SOUTH].write(|tx| peers::confirm(tx, &Actor::Operator, &north.to_string())).expect("words are confirmed");
    world.exchange(NORTH, SOUTH);
    assert_eq!(world.state(SOUTH, link), LinkState::Waiting, "the request has come through");
    world.assert_honest();
}

#[test]
fn lost_answers_and_lost_statements_are_made_good() {
    let mut world = World::two();
    let mut random = Random::new(7);
    world.fates = Box::new(move |_, _, _| if random.chance(50) { Fate::Lose } else { Fate::Twice });
    let link = world.request(NORTH, "alice", SOUTH, "bob").expect("a request");
    for _ in 0..8 {
        world.exchange(NORTH, SOUTH);
    }
    world.accept(SOUTH, "bob", link).expect("an acceptance");
    for _ in 0..8 {
        world.exchange(NORTH, SOUTH);
    }
    assert_eq!((world.state(NORTH, link), world.state(SOUTH, link)), (ACTIVE, ACTIVE));
    world.assert_honest();
}
