//! The limits of a connection that can be seen from its other end, each on the daemon's own door or configuration, in simulated time.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use interoffice_certs::ALPN;
use interoffice_protocol::limits;
use interoffice_quic_tests::callers::{self, Caller};
use interoffice_quic_tests::home::{OFFICES, host};
use interoffice_quic_tests::network::Socket;
use interoffice_quic_tests::posing::{self, pose};
use interoffice_quic_tests::world::{Street, World};
use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, ConnectionError, Endpoint};

const NORTH: usize = 0;
const SOUTH: usize = 1;

/// Runs a job in the street of a world to its end, within so many seconds.
fn in_the_street<F, Fut>(world: &mut World, seconds: u64, job: F)
where
    F: FnOnce(Street) -> Fut + 'static,
    Fut: Future<Output = ()> + 'static,
{
    world.in_the_street(job);
    assert!(world.run_until(Duration::from_secs(seconds), |world| world.jobs() == 0), "the job ends in time");
    assert_eq!(interoffice_quic_tests::panicked(), None);
    assert_eq!(world.network.complaints(), Vec::<String>::new());
}

/// Two endpoints of the street with the door's configuration and nothing of the door behind them.
async fn two(street: &Street) -> (Endpoint, Endpoint, Connection, Connection) {
    let (here, there) = (street.endpoint(callers::keys()).await, street.endpoint(callers::keys()).await);
    let to = there.local_addr().expect("it is bound");
    let (out, inward) =
        tokio::join!(async { here.connect(to, "office.invalid").expect("it can begin").await.expect("a connection") }, async {
            there.accept().await.expect("a caller").await.expect("a connection")
        });
    (here, there, out, inward)
}

async fn waits<T>(opening: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_secs(3), opening).await.is_err()
}

fn world() -> World {
    interoffice_quic_tests::watch_panics();
    World::new(1, (1, 10))
}

#[test]
fn a_stranger_has_one_stream_and_a_known_office_eight_of_each_kind() {
    let mut world = world();
    world.start(NORTH);
    world.start(SOUTH);
    world.run_for(Duration::from_secs(1));
    let (hello, keys) = (posing::hello(&world, SOUTH, NORTH), posing::keys(&world, SOUTH));
    world.crash(SOUTH);
    in_the_street(&mut world, 60, move |street| async move {
        let posed = pose(&street, &keys, hello, NORTH).await.expect("the office is known");
        // Room is made as soon as it is known who calls.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut streams = Vec::new();
        for _ in 1..limits::STREAMS_MAX {
            streams.push(posed.connection.open_bi().await.expect("a stream within the bound"));
        }
        assert!(waits(posed.connection.open_bi()).await, "the ninth stream beside the control lane has to wait");
        let mut lanes = Vec::new();
        for _ in 0..limits::STREAMS_MAX {
            lanes.push(posed.connection.open_uni().await.expect("a stream within the bound"));
        }
        assert!(waits(posed.connection.open_uni()).await, "the ninth lane has to wait");
        posed.connection.close(0u32.into(), b"seen");
        callers::call(street, Caller::Greedy, NORTH).await;
    });
    assert!(world.network.marks().count("a stranger's second stream had to wait") > 0);
}

#[test]
fn a_silent_office_is_given_up_after_the_idle_time_and_not_before() {
    let mut world = world();
    let lasted = Rc::new(RefCell::new(Duration::ZERO));
    let told = lasted.clone();
    in_the_street(&mut world, 120, move |street| async move {
        let (here, voice) = street.endpoint_with_voice(callers::keys()).await;
        let there = street.endpoint(callers::keys()).await;
        let connecting = here.connect(there.local_addr().expect("bound"), "office.invalid").expect("it can begin");
        let (out, inward) = tokio::join!(connecting, async { there.accept().await.expect("a caller").await });
        let (_out, inward) = (out.expect("a connection"), inward.expect("a connection"));
        voice.lasts(0);
        let began = turmoil::sim_elapsed().expect("in a simulation");
        assert_eq!(inward.closed().await, ConnectionError::TimedOut);
        *told.borrow_mut() = turmoil::sim_elapsed().expect("in a simulation") - began;
    });
    // The last packet that was heard came up to a keep-alive time before the end.
    let (idle, beat) = (Duration::from_millis(limits::IDLE_MS), Duration::from_millis(limits::KEEP_ALIVE_MS));
    let lasted = *lasted.borrow();
    assert!(lasted + beat >= idle && lasted <= idle + beat + Duration::from_secs(1), "{lasted:?}");
}

#[test]
fn a_connection_on_which_nobody_speaks_is_kept_alive_for_hours() {
    let mut world = world();
    in_the_street(&mut world, 7_300, |street| async move {
        let (_here, _there, out, inward) = two(&street).await;
        tokio::time::sleep(Duration::from_secs(7_200)).await;
        assert_eq!((out.close_reason(), inward.close_reason()), (None, None));
    });
}

#[test]
fn a_connection_speaks_this_protocol_without_early_data_or_datagrams() {
    let mut world = world();
    in_the_street(&mut world, 60, |street| async move {
        let (here, there, out, inward) = two(&street).await;
        for connection in [&out, &inward] {
            let data = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok()).expect("a handshake");
            assert_eq!(data.protocol.as_deref(), Some(ALPN));
            assert_eq!(connection.max_datagram_size(), None);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        // A second call has no ticket of the first.
        let again = here.connect(there.local_addr().expect("bound"), "office.invalid").expect("it can begin");
        assert!(again.into_0rtt().is_err(), "early data could be replayed");
    });
}

#[test]
fn a_caller_that_moves_to_another_address_is_not_followed() {
    let mut world = world();
    in_the_street(&mut world, 120, |street| async move {
        let (here, _there, out, inward) = two(&street).await;
        let before = inward.remote_address();
        let elsewhere = Socket::bind(&street.network, host(OFFICES), 0).await.expect("a port");
        here.rebind_abstract(Arc::new(elsewhere)).expect("the caller moves");
        let mut stream = out.open_bi().await.expect("a stream");
        stream.0.write_all(b"here I am").await.expect("credit is there");
        assert_eq!(inward.closed().await, ConnectionError::TimedOut);
        assert_eq!(inward.remote_address(), before);
    });
}

#[test]
fn an_address_that_proved_nothing_gets_at_most_three_times_what_it_sent_and_a_datagram() {
    let mut world = world();
    world.start(NORTH);
    let sent = Rc::new(RefCell::new(Vec::new()));
    let told = sent.clone();
    in_the_street(&mut world, 240, move |street| async move {
        for datagrams in [1, 2] {
            let (endpoint, voice) = street.endpoint_with_voice(callers::keys()).await;
            voice.lasts(datagrams);
            let to = interoffice_quic_tests::home::address(NORTH);
            let connecting = endpoint.connect(to, "office.invalid").expect("it can begin");
            // Whoever could say enough believes to be connected for a while; the office never heard that its answers arrive.
            let connection = tokio::time::timeout(Duration::from_secs(40), connecting).await;
            tokio::time::sleep(Duration::from_secs(40)).await;
            drop(connection);
            told.borrow_mut().push(endpoint.local_addr().expect("bound"));
        }
    });
    for caller in sent.borrow().iter() {
        let north = interoffice_quic_tests::home::address(NORTH);
        let (asked, answered) = (world.network.bytes_between(*caller, north), world.network.bytes_between(north, *caller));
        // quinn begins a datagram while anything is left of the three times, and may end beyond it: its issue 1082.
        assert!(asked >= 1_200 && answered <= 3 * asked + 1_200, "{answered} bytes for {asked}");
    }
}

#[test]
fn a_crowd_that_vanishes_brings_retries_and_keeps_no_office_out() {
    let mut world = world();
    world.start(NORTH);
    world.run_for(Duration::from_millis(100));
    world.in_the_street(|street| callers::call(street, Caller::Crowd, NORTH));
    world.run_for(Duration::from_millis(600));
    world.start(SOUTH);
    let south = world.template.offices[SOUTH];
    let met = world.run_until(Duration::from_secs(3), |world| {
        world.running(NORTH).is_some_and(|north| north.office.ways().iter().any(|way| way.office == south && way.state == "connected"))
    });
    assert!(met, "a known office is let in while the crowd is at the door");
    assert!(world.network.marks().count("a retry asked a caller to prove its address") > 0);
}
