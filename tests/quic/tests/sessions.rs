//! Sessions between real offices where a storm would only sometimes look: a data lane that nobody reads, a greeting that comes late, a
//! half of a connection that is left behind.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use interoffice::simulation::{NoMessage, Reader, send};
use interoffice_core::actions::records;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Lane, Message, Resume};
use interoffice_protocol::statement::Kind;
use interoffice_quic_tests::home::{OFFICES, card};
use interoffice_quic_tests::people::{self, unrest, user};
use interoffice_quic_tests::posing::{self, pose};
use interoffice_quic_tests::world::{World, at_once};

const NORTH: usize = 0;
const SOUTH: usize = 1;

/// A world in which all offices are connected.
fn connected(latency_ms: (u64, u64)) -> World {
    interoffice_quic_tests::watch_panics();
    let mut world = World::new(3, latency_ms);
    (0..OFFICES).for_each(|office| world.start(office));
    assert!(world.run_until(Duration::from_secs(20), |world| unrest(world).is_none()), "{:?}", unrest(&world));
    world
}

/// An Active link from alice at North to bob at South.
fn linked(world: &mut World) -> String {
    let link = people::request(&world.running(NORTH).expect("it runs"), NORTH, SOUTH).expect("a request").to_string();
    assert!(world.run_until(Duration::from_secs(5), |world| unrest(world).is_none()));
    people::accept(&world.running(SOUTH).expect("it runs"), SOUTH, &link).expect("an acceptance");
    assert!(world.run_until(Duration::from_secs(5), |world| unrest(world).is_none()));
    link
}

/// More records for alice than fit into the window of a stream.
fn fill(world: &World) {
    let text: String = (5_000..5_300).map(card).collect();
    let running = world.running(NORTH).expect("it runs");
    let (alice, file) = (user(NORTH), records::read_cards(text.as_bytes()));
    for cards in file.cards.chunks(records::IMPORT_CARDS_MAX) {
        let (alice, cards) = (alice.clone(), cards.to_vec());
        let imported =
            running.office.write(move |tx| records::import_cards(tx, &alice, &cards, &records::ImportOptions::default()).map(drop));
        at_once(imported).expect("cards are imported");
    }
}

#[test]
fn an_ending_arrives_within_a_round_trip_while_nobody_reads_the_records() {
    let mut world = connected((5, 10));
    let link = linked(&mut world);
    let (hello, keys) = (posing::hello(&world, SOUTH, NORTH), posing::keys(&world, SOUTH));
    world.crash(SOUTH);
    // What comes right after a connection counts as dialled at the same time.
    world.run_for(Duration::from_secs(1));
    fill(&world);
    let north = world.running(NORTH).expect("it runs");
    people::share(&north, NORTH, &link).expect("records are shared");
    let heard = Rc::new(RefCell::new(None));
    let (told, of) = (heard.clone(), link.parse().expect("a link id"));
    world.in_the_street(move |street| async move {
        let mut posed = pose(&street, &keys, hello, NORTH).await.expect("the office is known");
        let mut lane = posed.connection.open_uni().await.expect("a lane");
        assert!(send(&mut lane, Lane::Data).await);
        assert!(send(&mut lane, Resume { link: of, epoch: None, cursor: 0, digest: SetDigest::EMPTY }).await);
        let records = posed.connection.accept_uni().await.expect("the other lane");
        loop {
            match posed.reader.next().await {
                Ok(Message::Statement(signed)) if signed.kind == Kind::Delete as u8 => break,
                Ok(_) => {}
                Err(broken) => panic!("the control lane broke: {broken:?}"),
            }
        }
        *told.borrow_mut() = turmoil::sim_elapsed();
        // What was on its way goes with the stream.
        let mut lane = Reader::new(records, Lane::Data);
        while lane.next().await != Err(NoMessage::Ended) {}
        posed.connection.close(0u32.into(), b"seen");
    });
    world.run_for(Duration::from_secs(10));
    let before = world.network.traffic();
    world.run_for(Duration::from_secs(2));
    let filled = world.network.traffic().bytes;
    assert!(filled - before.bytes < 4_096, "nothing flows any more, since nobody reads");
    assert!(filled > u64::from(limits::STREAM_WINDOW_BYTES), "the window of the data lane is full: {filled} {before:?}");
    let deleted = world.elapsed();
    people::delete(&north, NORTH, &link).expect("the link is deleted");
    assert!(world.run_until(Duration::from_secs(5), |world| world.jobs() == 0), "the records' stream ends");
    assert_eq!(interoffice_quic_tests::panicked(), None);
    let waited = heard.borrow().expect("the ending was heard") - deleted;
    // One way of at most 10 milliseconds, each end rounded up to a step.
    assert!(waited <= Duration::from_millis(20), "{waited:?}");
}

#[test]
fn what_a_late_greeting_makes_wait_again_is_said_again_in_the_session() {
    let mut world = connected((1, 3));
    // What South would have said before it heard anything.
    let (early, keys) = (posing::hello(&world, SOUTH, NORTH), posing::keys(&world, SOUTH));
    let caller = if world.template.offices[NORTH] < world.template.offices[SOUTH] { NORTH } else { SOUTH };
    let link = people::request(&world.running(NORTH).expect("it runs"), NORTH, SOUTH).expect("a request");
    assert!(world.run_until(Duration::from_secs(5), |world| unrest(world).is_none()));
    // A fresh session, dialled by the office whose call counts; the other one dials at the same time and is turned away.
    world.crash(NORTH);
    world.crash(SOUTH);
    world.start(caller);
    world.start(NORTH + SOUTH - caller);
    world.in_the_street(move |street| async move {
        // Only within the time in which two calls count as simultaneous: later ones would become the session, which says everything again.
        let began = turmoil::sim_elapsed().expect("in a simulation");
        while turmoil::sim_elapsed().expect("in a simulation") - began < Duration::from_millis(250) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let _ = pose(&street, &keys, early.clone(), NORTH).await;
        }
    });
    assert!(world.run_until(Duration::from_secs(60), |world| world.jobs() == 0 && unrest(world).is_none()), "{:?}", unrest(&world));
    assert_eq!(interoffice_quic_tests::panicked(), None);
    let there = people::links_of(&world.running(SOUTH).expect("it runs"));
    assert!(there.iter().any(|there| there.link == link.to_string()), "the request is known at South");
}

#[test]
fn an_office_that_crashed_is_met_again_although_the_other_half_of_the_connection_is_left() {
    let mut world = connected((1, 20));
    world.crash(SOUTH);
    world.run_for(Duration::from_secs(1));
    let half_open = world.running(NORTH).expect("it runs").endpoint.open_connections();
    assert_eq!(half_open, OFFICES - 1, "nobody has told North yet");
    world.start(SOUTH);
    assert!(world.run_until(Duration::from_secs(3), |world| unrest(world).is_none()), "{:?}", unrest(&world));
}

#[test]
fn a_cut_in_one_direction_is_noticed_by_both_offices_and_healed() {
    let mut world = connected((1, 20));
    let north = world.template.offices[NORTH];
    let south = world.template.offices[SOUTH];
    let says = |world: &World, who: usize, of, state: &str| {
        world.running(who).is_some_and(|running| running.office.ways().iter().any(|way| way.office == of && way.state == state))
    };
    world.cut_one_way(NORTH, SOUTH);
    let noticed = world
        .run_until(Duration::from_secs(60), |world| !says(world, NORTH, south, "connected") && !says(world, SOUTH, north, "connected"));
    assert!(noticed);
    world.mend(NORTH, SOUTH);
    assert!(world.run_until(Duration::from_secs(60), |world| unrest(world).is_none()), "{:?}", unrest(&world));
}
