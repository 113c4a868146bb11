//! The peer door's socket on loopback: two offices meet, strangers and floods do not, and every failure says what failed.

use std::net::{Ipv4Addr, Ipv6Addr};

use interoffice_certs::{SecretSeed, Seeds, SetTerms};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::Nonce;
use quinn::ConnectionError;

use super::*;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn office(byte: u8) -> OfficeKeys {
    let seed = |add: u8| SecretSeed::new([byte + add; 32]);
    let terms = SetTerms { epoch: Epoch { counter: 1, identity: [1; 16] }, nonce: Nonce([1; 16]), issued_at_ms: 0, not_after_ms: i64::MAX };
    OfficeKeys::generate(Seeds { root: seed(0), statement: seed(1), recovery: seed(2) }, &terms).expect("keys can be made").0
}

type Told = tokio::sync::mpsc::Receiver<Result<(Connection, Place), DialFault>>;

/// An endpoint that lets people in through a gate with `taken` places taken, and tells what became of each.
fn listening(keys: &OfficeKeys, taken: usize) -> (Endpoint, Told) {
    let endpoint = bind(keys, ANY_PORT).expect("loopback is there");
    let (tell, told) = tokio::sync::mpsc::channel(16);
    let door = endpoint.clone();
    tokio::spawn(async move {
        let gate = Gate::default();
        let _places: Vec<Place> = (0..taken).map(|_| gate.take_place(Source::from(ANY_PORT.ip()), false)).collect();
        while let Some(arrival) = gate.next(&door).await {
            assert!(gate.half_open() > taken, "who is let in is counted");
            let _ = tell.send(arrival.finish().await).await;
        }
    });
    (endpoint, told)
}

fn address(endpoint: &Endpoint) -> SocketAddr {
    endpoint.local_addr().expect("it is bound")
}

/// Dials with other TLS settings.
async fn dial_as(endpoint: &Endpoint, tls: rustls::ClientConfig, to: SocketAddr) -> Result<Connection, DialFault> {
    let config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("a cipher")));
    finish(endpoint.connect_with(config, to, SERVER_NAME).expect("it can begin"), to, Duration::from_secs(5)).await
}

#[tokio::test]
async fn two_offices_meet_and_see_each_others_pins() {
    let (ann, bob) = (office(10), office(20));
    let (there, mut told) = listening(&bob, 0);
    let here = bind(&ann, ANY_PORT).expect("loopback is there");
    let out = dial(&here, address(&there)).await.expect("the offices meet");
    let (inward, _place) = told.recv().await.expect("told").expect("the offices meet");
    assert_eq!(peer_pin(&out), Ok(bob.pin()));
    assert_eq!(peer_pin(&inward), Ok(ann.pin()));

    let by_name = dial_name(&here, &format!("localhost:{}", address(&there).port())).await.expect("a name works too");
    assert_eq!(peer_pin(&by_name), Ok(bob.pin()));
}

#[tokio::test]
async fn a_connection_has_the_bounds_of_the_protocol() {
    let (there, mut told) = listening(&office(20), 0);
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let out = dial(&here, address(&there)).await.expect("the offices meet");
    let (inward, _place) = told.recv().await.expect("told").expect("the offices meet");
    assert_eq!(out.max_datagram_size(), None, "datagrams are off");
    let mut streams = Vec::new();
    let no_more = Duration::from_millis(200);
    assert!(tokio::time::timeout(no_more, out.open_uni()).await.is_err(), "a stranger has the control lane");
    let mut control = out.open_bi().await.expect("the control lane").0;
    assert!(tokio::time::timeout(no_more, out.open_bi()).await.is_err(), "and nothing else");
    let greeting = vec![7; limits::STRANGER_WINDOW_BYTES as usize];
    tokio::time::timeout(Duration::from_secs(2), control.write_all(&greeting)).await.expect("a greeting has credit").expect("open");
    widen(&inward);
    for _ in 0..limits::STREAMS_MAX {
        streams.push(out.open_uni().await.expect("a stream within the bound"));
    }
    assert!(tokio::time::timeout(Duration::from_millis(200), out.open_uni()).await.is_err(), "one more stream has to wait");

    let block = vec![7; 64 * 1024];
    let mut sent = 0;
    while let Ok(write) = tokio::time::timeout(Duration::from_millis(300), streams[0].write(&block)).await {
        sent += write.expect("the stream is open");
        assert!(sent <= (limits::STREAM_WINDOW_BYTES + limits::SEND_WINDOW_BYTES) as usize);
    }
    tokio::time::timeout(Duration::from_secs(2), streams[1].write_all(b"control")).await.expect("another stream has credit").expect("open");
}

#[tokio::test]
async fn nobody_there_is_said_within_the_bound() {
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let silent = std::net::UdpSocket::bind(ANY_PORT).expect("loopback is there");
    let to = silent.local_addr().expect("bound");
    let connecting = here.connect(to, SERVER_NAME).expect("it can begin");
    let fault = finish(connecting, to, Duration::from_secs(1)).await.expect_err("nobody answers");
    assert_eq!(
        fault.to_string(),
        format!("no answer from {to} within 1 s: check that the daemon there runs and that every firewall on the way lets UDP through")
    );
}

#[tokio::test]
async fn another_application_protocol_is_named() {
    let (there, _told) = listening(&office(20), 0);
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    for protocols in [vec![b"h3".to_vec()], Vec::new()] {
        let mut tls = (*client_config(&office(10)).expect("a configuration")).clone();
        tls.alpn_protocols = protocols;
        let fault = dial_as(&here, tls, address(&there)).await.expect_err("not our protocol");
        assert!(matches!(fault, DialFault::Protocol(_)), "{fault}");
    }
}

#[tokio::test]
async fn a_caller_without_a_certificate_is_not_let_in() {
    let (there, mut told) = listening(&office(20), 0);
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let mut tls = (*client_config(&office(10)).expect("a configuration")).clone();
    tls.client_auth_cert_resolver = Arc::new(NoCertificate);
    let fault = match dial_as(&here, tls, address(&there)).await {
        Ok(connection) => DialFault::of(address(&there), &connection.closed().await),
        Err(fault) => fault,
    };
    assert_eq!(fault, DialFault::Certificate { address: address(&there), alert: "none was shown" });
    told.recv().await.expect("told").expect_err("nobody came in");
}

#[tokio::test]
async fn above_the_first_bound_an_address_proves_itself_and_above_the_second_it_is_refused() {
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let (there, mut told) = listening(&office(20), limits::HALF_OPEN_RETRY);
    let out = dial(&here, address(&there)).await.expect("a Retry costs one round trip and nothing else");
    told.recv().await.expect("told").expect("the handshake is whole");
    drop(out);
    let (full, _told) = listening(&office(30), limits::HALF_OPEN_REFUSE);
    let fault = dial(&here, address(&full)).await.expect_err("the house is full");
    assert_eq!(fault, DialFault::Refused(address(&full)));
}

#[test]
fn the_gate_asks_for_proof_before_it_refuses() {
    use limits::{HALF_OPEN_FAMILIAR, HALF_OPEN_REFUSE, HALF_OPEN_RETRY};
    for (half_open, proved, expected) in [
        (0, false, Verdict::Admit),
        (HALF_OPEN_RETRY - 1, false, Verdict::Admit),
        (HALF_OPEN_RETRY, false, Verdict::Retry),
        (HALF_OPEN_RETRY, true, Verdict::Admit),
        (HALF_OPEN_REFUSE - 1, true, Verdict::Admit),
        (HALF_OPEN_REFUSE, true, Verdict::Refuse),
        (HALF_OPEN_REFUSE, false, Verdict::Refuse),
    ] {
        assert_eq!(verdict(half_open, 0, proved, false), expected, "{half_open} {proved}");
    }
    // From where a known office called before, it is let in when the house is full of others.
    for (beyond, proved, expected) in [
        (0, true, Verdict::Admit),
        (0, false, Verdict::Retry),
        (HALF_OPEN_FAMILIAR - 1, true, Verdict::Admit),
        (HALF_OPEN_FAMILIAR, true, Verdict::Refuse),
    ] {
        assert_eq!(verdict(HALF_OPEN_REFUSE + beyond, 0, proved, true), expected, "{beyond} {proved}");
    }
}

#[test]
fn places_are_given_back() {
    let gate = Gate::default();
    let source = Source::from(ANY_PORT.ip());
    let places = [gate.take_place(source, false), gate.take_place(source, true), gate.take_place(source, true)];
    assert_eq!((gate.half_open(), locked(&gate.half_open).proved.len()), (3, 1));
    places.into_iter().for_each(Place::known);
    assert_eq!((gate.half_open(), locked(&gate.half_open).proved.len()), (0, 0));
    assert_eq!(locked(&gate.half_open).familiar, [source], "remembered once");
    for address in 0..2 * limits::FAMILIAR_MAX {
        let address = Ipv4Addr::from_bits(u32::try_from(address).expect("a small number"));
        gate.take_place(Source::from(std::net::IpAddr::V4(address)), true).known();
    }
    assert_eq!(locked(&gate.half_open).familiar.len(), limits::FAMILIAR_MAX, "and only so many are");
}

#[test]
fn one_source_that_proved_itself_gets_its_share_of_the_places_and_forged_ones_take_nothing_from_it() {
    use limits::{HALF_OPEN_PER_SOURCE, HALF_OPEN_RETRY};
    assert_eq!(verdict(HALF_OPEN_RETRY, HALF_OPEN_PER_SOURCE - 1, true, false), Verdict::Admit);
    assert_eq!(verdict(HALF_OPEN_RETRY, HALF_OPEN_PER_SOURCE, true, true), Verdict::Refuse);
    assert_eq!(verdict(HALF_OPEN_RETRY, HALF_OPEN_PER_SOURCE, false, false), Verdict::Retry);
}

#[tokio::test]
async fn whoever_holds_its_places_without_saying_who_it_is_gets_no_more_of_them() {
    let (there, mut told) = listening(&office(20), limits::HALF_OPEN_RETRY);
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let mut places = Vec::new();
    for _ in 0..limits::HALF_OPEN_PER_SOURCE {
        let out = dial(&here, address(&there)).await.expect("within its share");
        places.push((out, told.recv().await.expect("told").expect("the handshake is whole")));
    }
    assert_eq!(dial(&here, address(&there)).await.expect_err("its share is used up"), DialFault::Refused(address(&there)));
    drop(places);
    dial(&here, address(&there)).await.expect("places that were given back can be taken again");
}

#[tokio::test]
async fn faults_of_this_side_are_named() {
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let fault = bind(&office(10), address(&here)).expect_err("the port is taken");
    assert!(matches!(fault, EndpointFault::InUse(_)), "{fault}");

    let fault = dial(&here, SocketAddr::from((Ipv6Addr::LOCALHOST, 9))).await.expect_err("another family");
    assert!(fault.to_string().contains("listens on an IPv4 address"), "{fault}");
    let fault = resolve("no port").await.expect_err("not host:port");
    assert!(matches!(fault, DialFault::Name { .. }), "{fault}");
    let unknown = std::io::Error::other("failed to lookup address information: Name or service not known");
    let words = "the name in nobody.invalid:4870 can't be looked up (Name or service not known): \
                 check its spelling and this machine's name service";
    assert_eq!(DialFault::of_lookup("nobody.invalid:4870", &unknown).to_string(), words);

    here.close(0u32.into(), b"");
    assert_eq!(dial(&here, SocketAddr::from((Ipv4Addr::LOCALHOST, 9))).await.expect_err("it is closed"), DialFault::Stopping);
}

#[tokio::test]
async fn a_close_on_purpose_is_told_without_control_characters() {
    let (there, mut told) = listening(&office(20), 0);
    let here = bind(&office(10), ANY_PORT).expect("loopback is there");
    let out = dial(&here, address(&there)).await.expect("the offices meet");
    let (inward, _place) = told.recv().await.expect("told").expect("the offices meet");
    inward.close(7u32.into(), b"blocked\x1b[2J");
    let fault = DialFault::of(address(&there), &out.closed().await);
    assert_eq!(fault.to_string(), format!("{} closed the connection (code 7): blocked [2J", address(&there)));
    let lost = DialFault::of(address(&there), &ConnectionError::TimedOut).to_string();
    assert!(lost.ends_with("was lost: nothing was heard from it for too long"), "{lost}");
}

#[derive(Debug)]
struct NoCertificate;

impl rustls::client::ResolvesClientCert for NoCertificate {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
