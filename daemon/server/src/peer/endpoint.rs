//! The UDP socket of the peer door: QUIC with this product's limits, dialling with faults in words, and a gate for who knocks.
//!
//! A connection that comes out of here has proved possession of a key, and no more: [`peer_pin`] must be checked against the
//! chain of the first Hello before anything else is read.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use interoffice_certs::{OfficeKeys, TlsFault, client_config, server_config, spki_pin};
use interoffice_protocol::limits;
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, Connecting, Connection, Endpoint, EndpointConfig, IdleTimeout, Incoming, ServerConfig, TokioRuntime, TransportConfig,
    VarInt,
};
use rustls::pki_types::CertificateDer;

use super::dial_fault::DialFault;
use super::restraint::Source;

/// What every dialled office is called in the handshake; nobody looks at it, and it says nothing to who listens.
const SERVER_NAME: &str = "office.invalid";
/// Addresses of one name that are tried.
pub(super) const NAME_ADDRESSES_MAX: usize = 4;
const HANDSHAKE: Duration = Duration::from_millis(limits::HANDSHAKE_MS);

const _: () = assert!(limits::IDLE_MS <= u32::MAX as u64, "the idle time must fit its field");
const _: () = assert!(limits::KEEP_ALIVE_MS * 2 < limits::IDLE_MS, "a lost keep-alive packet must not end a connection");
const _: () = assert!(limits::HALF_OPEN_RETRY < limits::HALF_OPEN_REFUSE, "Retry comes before refusal");

/// Why the peer door could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointFault {
    /// Another program has the port.
    #[error("another program listens on UDP {0} already: stop it, or choose another port in interoffice.toml")]
    InUse(SocketAddr),
    /// The system refused.
    #[error("can't listen on UDP {address}: {source}")]
    Bind {
        /// The address to listen on.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// This office's key is unusable.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The TLS library lacks what QUIC needs.
    #[error("the TLS library lacks a cipher that QUIC needs: {0}")]
    Cipher(#[from] NoInitialCipherSuite),
}

/// Opens the peer door on `listen`: for calls in and out. Must be called inside the runtime.
pub(crate) fn bind(keys: &OfficeKeys, listen: SocketAddr) -> Result<Endpoint, EndpointFault> {
    let (server, client) = configs(keys)?;
    let fault = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => EndpointFault::InUse(listen),
        _ => EndpointFault::Bind { address: listen, source },
    };
    let socket = std::net::UdpSocket::bind(listen).map_err(fault)?;
    let mut endpoint = Endpoint::new(EndpointConfig::default(), Some(server), socket, Arc::new(TokioRuntime)).map_err(fault)?;
    endpoint.set_default_client_config(client);
    Ok(endpoint)
}

/// The configurations for calls in and for calls out; after a rotation of the TLS key they replace those of the open endpoint.
pub(crate) fn configs(keys: &OfficeKeys) -> Result<(ServerConfig, ClientConfig), EndpointFault> {
    Ok(configs_over(server_config(keys)?, client_config(keys)?)?)
}

/// The same over TLS that is configured already.
pub(crate) fn configs_over(
    server: Arc<rustls::ServerConfig>,
    client: Arc<rustls::ClientConfig>,
) -> Result<(ServerConfig, ClientConfig), NoInitialCipherSuite> {
    let transport = Arc::new(transport());
    let mut server = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(server)?));
    server
        .transport_config(transport.clone())
        .migration(false)
        .max_incoming(limits::INCOMING_MAX)
        .incoming_buffer_size(limits::INCOMING_BUFFER_BYTES)
        .incoming_buffer_size_total(limits::INCOMING_BUFFERS_BYTES);
    let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(client)?));
    client.transport_config(transport);
    Ok((server, client))
}

/// What a connection may cost while nobody knows who is on the other end; [`widen`] makes room afterwards.
fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(limits::STRANGER_STREAMS.into())
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(limits::STREAM_WINDOW_BYTES.into())
        .receive_window(limits::STRANGER_WINDOW_BYTES.into())
        .send_window(limits::SEND_WINDOW_BYTES.into())
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(limits::IDLE_MS as u32))))
        .keep_alive_interval(Some(Duration::from_millis(limits::KEEP_ALIVE_MS)))
        .datagram_receive_buffer_size(None)
        .datagram_send_buffer_size(0);
    transport
}

/// Gives a connection the streams and the window of an office that is known.
pub(crate) fn widen(connection: &Connection) {
    connection.set_receive_window(limits::CONNECTION_WINDOW_BYTES.into());
    connection.set_max_concurrent_bi_streams(limits::STREAMS_MAX.into());
    connection.set_max_concurrent_uni_streams(limits::STREAMS_MAX.into());
}

/// The pin of the certificate that the other end showed and holds the key of.
pub(crate) fn peer_pin(connection: &Connection) -> Result<[u8; 32], DialFault> {
    let address = connection.remote_address();
    let shown = connection.peer_identity().and_then(|shown| shown.downcast::<Vec<CertificateDer<'static>>>().ok());
    shown
        .as_deref()
        .and_then(|chain| chain.first())
        .and_then(|certificate| spki_pin(certificate).ok())
        .ok_or(DialFault::Certificate { address, alert: "none that can be pinned" })
}

/// Dials the office at `address`, `host:port`: looks the name up and tries its first addresses one after the other.
pub(crate) async fn dial_name(endpoint: &Endpoint, address: &str) -> Result<Connection, DialFault> {
    let mut last = None;
    for address in resolve(address).await?.into_iter().take(NAME_ADDRESSES_MAX) {
        match dial(endpoint, address).await {
            Ok(connection) => return Ok(connection),
            // An address of a family that this daemon does not listen on says less than an attempt that failed.
            Err(fault @ DialFault::Local { .. }) if last.is_some() => drop(fault),
            Err(fault) => last = Some(fault),
        }
    }
    Err(last.unwrap_or_else(|| DialFault::NoAddress(address.to_owned())))
}

/// The socket addresses of `address`, `host:port`, at least one.
pub(crate) async fn resolve(address: &str) -> Result<Vec<SocketAddr>, DialFault> {
    let found = match tokio::time::timeout(HANDSHAKE, tokio::net::lookup_host(address)).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(source)) => return Err(DialFault::of_lookup(address, &source)),
        Err(_) => return Err(DialFault::Name { name: address.to_owned(), why: format!("no answer within {} s", HANDSHAKE.as_secs()) }),
    };
    if found.is_empty() { Err(DialFault::NoAddress(address.to_owned())) } else { Ok(found) }
}

/// Dials the office at `address`, at most for [`limits::HANDSHAKE_MS`].
///
/// A peer that refuses our certificate says so only after this end believes itself connected: the first read fails then, and
/// [`DialFault::of`] has the words for it.
pub(crate) async fn dial(endpoint: &Endpoint, address: SocketAddr) -> Result<Connection, DialFault> {
    let connecting = endpoint.connect(address, SERVER_NAME).map_err(|fault| DialFault::of_attempt(address, fault))?;
    finish(connecting, address, HANDSHAKE).await
}

async fn finish(connecting: Connecting, address: SocketAddr, bound: Duration) -> Result<Connection, DialFault> {
    match tokio::time::timeout(bound, connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(fault)) => Err(DialFault::of(address, &fault)),
        Err(_) => Err(DialFault::NoAnswer { address, within_s: bound.as_secs() }),
    }
}

/// Counts the callers that are no known office yet, and asks for proof of address or refuses when they are too many.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    half_open: Arc<Mutex<HalfOpen>>,
}

#[derive(Debug, Default)]
struct HalfOpen {
    /// Sources from which a known office called, the latest last.
    familiar: VecDeque<Source>,
    all: usize,
    /// Of each source that proved its address; any other may be forged, and would keep its true owner out.
    proved: HashMap<Source, usize>,
}

/// A caller that is no known office yet, counted until it is dropped: the door holds it until it knows the office, or is done with it.
#[derive(Debug)]
pub(crate) struct Place {
    half_open: Arc<Mutex<HalfOpen>>,
    source: Source,
    proved: bool,
}

impl Place {
    /// Gives the place back since the caller is an office that is known here, which is let in from there also when the house is full.
    pub(crate) fn known(self) {
        let mut half_open = locked(&self.half_open);
        half_open.familiar.retain(|source| *source != self.source);
        half_open.familiar.push_back(self.source);
        if half_open.familiar.len() > limits::FAMILIAR_MAX {
            half_open.familiar.pop_front();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut half_open = locked(&self.half_open);
        half_open.all -= 1;
        if self.proved
            && let Entry::Occupied(mut of_source) = half_open.proved.entry(self.source)
        {
            *of_source.get_mut() -= 1;
            if *of_source.get() == 0 {
                of_source.remove();
            }
        }
    }
}

fn locked(half_open: &Mutex<HalfOpen>) -> MutexGuard<'_, HalfOpen> {
    // Numbers are never left half changed.
    half_open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody who was let in and whose handshake goes on.
#[derive(Debug)]
pub(crate) struct Arrival {
    connecting: Connecting,
    address: SocketAddr,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Admit,
    Retry,
    Refuse,
}

/// An address that proved itself by a Retry is only refused when the house is full, or when it has its share of the places. For an address
/// from which a known office called before there is room left when the house is full for others.
fn verdict(half_open: usize, of_source: usize, proved: bool, familiar: bool) -> Verdict {
    let full = limits::HALF_OPEN_REFUSE + if familiar { limits::HALF_OPEN_FAMILIAR } else { 0 };
    if half_open >= full || (proved && of_source >= limits::HALF_OPEN_PER_SOURCE) {
        Verdict::Refuse
    } else if half_open >= limits::HALF_OPEN_RETRY && !proved {
        Verdict::Retry
    } else {
        Verdict::Admit
    }
}

impl Gate {
    /// How many handshakes are half open.
    #[cfg(test)]
    pub(crate) fn half_open(&self) -> usize {
        locked(&self.half_open).all
    }

    /// The next one who is let in, `None` once the endpoint is closed. May be cancelled without losing anybody.
    pub(crate) async fn next(&self, endpoint: &Endpoint) -> Option<Arrival> {
        loop {
            if let Some(arrival) = self.judge(endpoint.accept().await?) {
                return Some(arrival);
            }
        }
    }

    fn judge(&self, incoming: Incoming) -> Option<Arrival> {
        let source = Source::from(incoming.remote_address().ip());
        let proved = incoming.remote_address_validated();
        let verdict = {
            let half_open = locked(&self.half_open);
            let of_source = half_open.proved.get(&source).copied().unwrap_or(0);
            verdict(half_open.all, of_source, proved, half_open.familiar.contains(&source))
        };
        match verdict {
            Verdict::Refuse => incoming.refuse(),
            Verdict::Retry => {
                if let Err(fault) = incoming.retry() {
                    fault.into_incoming().refuse();
                }
            }
            Verdict::Admit => {
                let address = incoming.remote_address();
                let place = self.take_place(source, proved);
                match incoming.accept() {
                    Ok(connecting) => return Some(Arrival { connecting, address, place }),
                    Err(fault) => tracing::debug!(%address, %fault, "a call ended before its handshake began"),
                }
            }
        }
        None
    }

    fn take_place(&self, source: Source, proved: bool) -> Place {
        let mut half_open = locked(&self.half_open);
        half_open.all += 1;
        if proved {
            *half_open.proved.entry(source).or_insert(0) += 1;
        }
        Place { half_open: self.half_open.clone(), source, proved }
    }
}

impl Arrival {
    /// Where the call comes from.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes the handshake, at most for [`limits::HANDSHAKE_MS`]; what is left of that time for the Hello is the door's to watch.
    pub(crate) async fn finish(self) -> Result<(Connection, Place), DialFault> {
        let connection = finish(self.connecting, self.address, HANDSHAKE).await?;
        Ok((connection, self.place))
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
