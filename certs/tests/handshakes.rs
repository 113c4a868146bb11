//! Real TLS handshakes in memory: who gets through the peer door's configurations, who does not, and what the pin says.
#![forbid(unsafe_code)]

use std::sync::Arc;

use interoffice_certs::{ALPN, OfficeKeys, SecretSeed, Seeds, SetTerms, client_config, provider, server_config, spki_pin};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::Nonce;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm, date_time_ymd};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS12;
use rustls::{AlertDescription, ClientConfig, ClientConnection, Connection, Error, ServerConfig, ServerConnection};

fn office(byte: u8) -> OfficeKeys {
    let seed = |add: u8| SecretSeed::new([byte + add; 32]);
    let terms = SetTerms { epoch: Epoch { counter: 1, identity: [1; 16] }, nonce: Nonce([1; 16]), issued_at_ms: 0, not_after_ms: i64::MAX };
    OfficeKeys::generate(Seeds { root: seed(0), statement: seed(1), recovery: seed(2) }, &terms).expect("keys can be made").0
}

/// A certificate and key that no office made, with the dates of the last century.
fn expired(algorithm: &'static SignatureAlgorithm) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let pair = KeyPair::generate_for(algorithm).expect("a key");
    let mut params = CertificateParams::new(vec!["someone.example".into()]).expect("parameters");
    params.not_before = date_time_ymd(1998, 1, 1);
    params.not_after = date_time_ymd(1999, 1, 1);
    let certificate = params.self_signed(&pair).expect("a certificate").der().clone();
    (certificate, PrivateKeyDer::try_from(pair.serialize_der()).expect("PKCS #8"))
}

/// The certificates of `chain` shown with `key`, whether they belong together or not.
fn shown(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Arc<SingleCertAndKey> {
    let key = provider().key_provider.load_private_key(key).expect("a key of a known kind");
    Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)))
}

/// A dialling office's configuration with another certificate.
fn client_showing(identity: Arc<SingleCertAndKey>) -> Arc<ClientConfig> {
    let mut config = (*client_config(&office(1)).expect("a configuration")).clone();
    config.client_auth_cert_resolver = identity;
    Arc::new(config)
}

/// A listening office's configuration with another certificate.
fn server_showing(identity: Arc<SingleCertAndKey>) -> Arc<ServerConfig> {
    let mut config = (*server_config(&office(1)).expect("a configuration")).clone();
    config.cert_resolver = identity;
    Arc::new(config)
}

struct Outcome {
    client: Result<(), Error>,
    server: Result<(), Error>,
    client_saw: Option<CertificateDer<'static>>,
    server_saw: Option<CertificateDer<'static>>,
    ends: (ClientConnection, ServerConnection),
}

impl Outcome {
    fn agreed(&self) -> bool {
        self.client.is_ok() && self.server.is_ok() && !self.ends.0.is_handshaking() && !self.ends.1.is_handshaking()
    }
}

/// Carries bytes both ways until nobody has any more.
fn handshake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Outcome {
    let name = ServerName::try_from("office.invalid").expect("a name");
    let mut client = Connection::Client(ClientConnection::new(client, name).expect("a client"));
    let mut server = Connection::Server(ServerConnection::new(server).expect("a server"));
    let mut faults = (Ok(()), Ok(()));
    for _ in 0..20 {
        let there = carry(&mut client, &mut server, &mut faults.1);
        let back = carry(&mut server, &mut client, &mut faults.0);
        if !there && !back {
            break;
        }
    }
    let saw =
        |end: &Connection| end.peer_certificates().and_then(|chain| chain.first()).map(|certificate| certificate.clone().into_owned());
    let (client_saw, server_saw) = (saw(&client), saw(&server));
    let (Connection::Client(client), Connection::Server(server)) = (client, server) else { unreachable!("made above") };
    Outcome { client: faults.0, server: faults.1, client_saw, server_saw, ends: (client, server) }
}

fn carry(from: &mut Connection, to: &mut Connection, fault: &mut Result<(), Error>) -> bool {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).expect("memory takes every byte");
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() && fault.is_ok() {
        to.read_tls(&mut rest).expect("memory gives every byte");
        *fault = to.process_new_packets().map(drop);
    }
    !bytes.is_empty()
}

#[test]
fn two_offices_meet_and_the_pins_say_who_they_are() {
    let (ann, bob) = (office(10), office(20));
    let outcome = handshake(client_config(&ann).expect("a configuration"), server_config(&bob).expect("a configuration"));
    assert!(outcome.agreed(), "{:?} {:?}", outcome.client, outcome.server);
    let pin = |seen: &Option<CertificateDer<'static>>| spki_pin(seen.as_ref().expect("a certificate")).expect("it parses");
    assert_eq!(pin(&outcome.server_saw), ann.pin());
    assert_eq!(pin(&outcome.client_saw), bob.pin());
    assert!(ann.chain().accepts_pin(&pin(&outcome.server_saw)) && !bob.chain().accepts_pin(&pin(&outcome.server_saw)));
    assert_eq!(outcome.ends.0.alpn_protocol(), Some(ALPN));
    let group = outcome.ends.0.negotiated_key_exchange_group().expect("a key exchange");
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
    assert_eq!(outcome.ends.0.tls13_tickets_received(), 0);
}

#[test]
fn inv_43_an_expired_certificate_passes_and_its_pin_says_whose_it_is() {
    let ann = office(10);
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let (certificate, key) = expired(algorithm);
        let server = server_config(&ann).expect("a configuration");
        let outcome = handshake(client_showing(shown(vec![certificate.clone()], key.clone_key())), server);
        assert!(outcome.agreed(), "{:?} {:?}", outcome.client, outcome.server);
        assert_eq!(outcome.server_saw, Some(certificate.clone()));

        let client = client_config(&ann).expect("a configuration");
        let outcome = handshake(client, server_showing(shown(vec![certificate.clone()], key)));
        assert!(outcome.agreed(), "{:?} {:?}", outcome.client, outcome.server);
        assert_eq!(outcome.client_saw, Some(certificate.clone()));
        assert!(!ann.chain().accepts_pin(&spki_pin(&certificate).expect("it parses")));
    }
}

#[test]
fn c_02_a_client_without_a_certificate_is_refused() {
    let (ann, bob) = (office(10), office(20));
    let mut client = (*client_config(&ann).expect("a configuration")).clone();
    client.client_auth_cert_resolver = Arc::new(NoCertificate);
    let outcome = handshake(Arc::new(client), server_config(&bob).expect("a configuration"));
    assert_eq!(outcome.server, Err(Error::NoCertificatesPresented));
    assert_eq!(outcome.client, Err(Error::AlertReceived(AlertDescription::CertificateRequired)));
}

#[test]
fn somebody_elses_certificate_without_its_key_is_refused_on_both_sides() {
    let (ann, bob) = (office(10), office(20));
    let (_, own_key) = expired(&PKCS_ECDSA_P256_SHA256);
    let stolen = || shown(vec![bob.certificate().clone()], own_key.clone_key());
    let outcome = handshake(client_showing(stolen()), server_config(&ann).expect("a configuration"));
    assert!(matches!(outcome.server, Err(Error::InvalidCertificate(_))), "{:?}", outcome.server);
    assert!(outcome.client.is_err());
    let outcome = handshake(client_config(&ann).expect("a configuration"), server_showing(stolen()));
    assert!(matches!(outcome.client, Err(Error::InvalidCertificate(_))), "{:?}", outcome.client);
    assert!(outcome.server.is_err());
}

#[test]
fn other_shapes_of_certificates_are_refused_on_both_sides() {
    let ann = office(10);
    let (leaf, key) = expired(&PKCS_ECDSA_P256_SHA256);
    let (issuer, _) = expired(&PKCS_ECDSA_P256_SHA256);
    let (other_kind, other_key) = expired(&PKCS_ECDSA_P384_SHA384);
    let shapes = [
        ("a chain", vec![leaf.clone(), issuer], key.clone_key()),
        ("garbage", vec![CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])], key.clone_key()),
        ("an empty one", vec![CertificateDer::from(Vec::new())], key.clone_key()),
        ("bytes behind it", vec![CertificateDer::from([leaf.as_ref(), b"x"].concat())], key.clone_key()),
        ("a huge one", vec![CertificateDer::from(vec![0; 60_000])], key.clone_key()),
        ("another kind of key", vec![other_kind], other_key),
    ];
    for (name, chain, key) in shapes {
        let identity = shown(chain, key);
        let outcome = handshake(client_showing(identity.clone()), server_config(&ann).expect("a configuration"));
        assert!(!outcome.agreed() && outcome.server.is_err(), "{name} from a client");
        let outcome = handshake(client_config(&ann).expect("a configuration"), server_showing(identity));
        assert!(!outcome.agreed() && (outcome.client.is_err() || outcome.server.is_err()), "{name} from a server");
    }
}

#[test]
fn tls_1_2_is_refused_on_both_sides() {
    let (ann, bob) = (office(10), office(20));
    let (certificate, key) = expired(&PKCS_ECDSA_P256_SHA256);
    let old = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS12])
        .expect("a version")
        .dangerous()
        .with_custom_certificate_verifier(any_certificate())
        .with_client_auth_cert(vec![certificate.clone()], key.clone_key())
        .expect("a configuration");
    let outcome = handshake(Arc::new(old), server_config(&bob).expect("a configuration"));
    assert!(matches!(outcome.server, Err(Error::PeerIncompatible(_))), "{:?}", outcome.server);

    let old = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS12])
        .expect("a version")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    let outcome = handshake(client_config(&ann).expect("a configuration"), Arc::new(old));
    assert!(!outcome.agreed() && outcome.server.is_err(), "{:?}", outcome.client);
}

#[test]
fn another_application_protocol_is_refused() {
    let (ann, bob) = (office(10), office(20));
    let mut client = (*client_config(&ann).expect("a configuration")).clone();
    client.alpn_protocols = vec![b"h3".to_vec(), b"interoffice/2".to_vec()];
    let outcome = handshake(Arc::new(client), server_config(&bob).expect("a configuration"));
    assert_eq!(outcome.server, Err(Error::NoApplicationProtocol));
    assert_eq!(outcome.client, Err(Error::AlertReceived(AlertDescription::NoApplicationProtocol)));
}

#[test]
fn a_second_connection_is_a_full_handshake_again() {
    let (client, server) = (client_config(&office(10)).expect("a configuration"), server_config(&office(20)).expect("a configuration"));
    for _ in 0..2 {
        let outcome = handshake(client.clone(), server.clone());
        assert!(outcome.agreed());
        // With the hybrid group a server may ask for a second hello; a resumption it must never be.
        assert_ne!(outcome.ends.0.handshake_kind(), Some(rustls::HandshakeKind::Resumed));
        assert!(!outcome.ends.0.is_early_data_accepted());
    }
}

#[derive(Debug)]
struct NoCertificate;

impl rustls::client::ResolvesClientCert for NoCertificate {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// A verifier for the test's own old client, which never gets as far as a certificate.
fn any_certificate() -> Arc<dyn ServerCertVerifier> {
    let (certificate, _) = expired(&PKCS_ECDSA_P256_SHA256);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a root");
    rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider())).build().expect("a verifier")
}
