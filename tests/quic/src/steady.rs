//! TLS of the peer door with signatures of one length, so that the lengths of datagrams depend on the seed alone; and a count of the
//! handshakes. An ECDSA signature in DER has 70 to 72 bytes by chance: it is made again until it has the usual ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use interoffice_certs::{OfficeKeys, client_config, server_config};
use quinn::{ClientConfig, ServerConfig, TimeSource};
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use crate::home::BEGIN_MS;

/// The most frequent length of an ECDSA signature over P-256 (bytes).
const SIGNATURE_BYTES: usize = 71;
/// Each attempt has about one chance in two.
const ATTEMPTS: usize = 128;

/// Signatures made while shaking hands: one for each end of each handshake.
#[derive(Clone, Debug, Default)]
pub struct Handshakes(Arc<AtomicU64>);

impl Handshakes {
    /// How many callers proved their key so far; each of them had seen the proof of the office that it called.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The configurations of the peer door of the office with `keys`; handshakes of its callers are counted.
pub fn configs(keys: &OfficeKeys, handshakes: &Handshakes) -> (ServerConfig, ClientConfig) {
    let mut server = (*server_config(keys).expect("the keys are whole")).clone();
    server.cert_resolver = Arc::new(Answering(server.cert_resolver.clone()));
    let mut client = (*client_config(keys).expect("the keys are whole")).clone();
    client.client_auth_cert_resolver = Arc::new(Calling(client.client_auth_cert_resolver.clone(), handshakes.clone()));
    let (mut server, client) =
        interoffice::simulation::configs(Arc::new(server), Arc::new(client)).expect("the TLS library has what QUIC needs");
    server.time_source(Arc::new(Simulated));
    (server, client)
}

/// The time at which tokens that prove an address are made, which also decides whether they count.
struct Simulated;

impl TimeSource for Simulated {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(BEGIN_MS.unsigned_abs()) + turmoil::sim_elapsed().unwrap_or_default()
    }
}

#[derive(Debug)]
struct Answering(Arc<dyn ResolvesServerCert>);

impl ResolvesServerCert for Answering {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.resolve(hello).map(|key| steady(&key, None))
    }
}

#[derive(Debug)]
struct Calling(Arc<dyn ResolvesClientCert>, Handshakes);

impl ResolvesClientCert for Calling {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.resolve(hints, schemes).map(|key| steady(&key, Some(self.1.clone())))
    }

    fn has_certs(&self) -> bool {
        self.0.has_certs()
    }
}

fn steady(key: &CertifiedKey, count: Option<Handshakes>) -> Arc<CertifiedKey> {
    Arc::new(CertifiedKey::new(key.cert.clone(), Arc::new(Steady(key.key.clone(), count))))
}

#[derive(Debug)]
struct Steady(Arc<dyn SigningKey>, Option<Handshakes>);

impl SigningKey for Steady {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.0.choose_scheme(offered).map(|signer| Box::new(Signing(signer, self.1.clone())) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}

#[derive(Debug)]
struct Signing(Box<dyn Signer>, Option<Handshakes>);

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if let Some(handshakes) = &self.1 {
            handshakes.0.fetch_add(1, Ordering::Relaxed);
        }
        let mut signature = self.0.sign(message)?;
        for _ in 0..ATTEMPTS {
            if signature.len() == SIGNATURE_BYTES {
                break;
            }
            signature = self.0.sign(message)?;
        }
        Ok(signature)
    }

    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }
}
