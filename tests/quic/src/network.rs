//! The network: quinn's UDP socket over turmoil's, with loss, doubles, corruption, delay and a narrow line on top of turmoil's latency,
//! partitions and holds. Every datagram is written into the trace, and carries a number by which overtaking is seen.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use sha2::{Digest, Sha256};
use tokio::task::AbortHandle;
use turmoil::net::UdpSocket;

use crate::marks::Marks;
use crate::random::Random;

/// Datagrams that wait for an endpoint to read them; more are dropped, as a kernel does.
const INBOX: usize = 4_096;
/// What a narrow line keeps before it drops (microseconds of sending).
const QUEUE_US: u64 = 400_000;
/// The number that each datagram carries at its end (bytes).
const NUMBER_BYTES: usize = 8;
/// First byte of a Retry packet of QUIC version 1, without the four bits that mean nothing.
const RETRY: u8 = 0xf0;

/// What may happen to datagrams, in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Lost.
    pub lost: u32,
    /// Delivered twice.
    pub doubled: u32,
    /// One byte changed.
    pub corrupted: u32,
    /// Kept for up to [`Faults::late_ms`] longer than others.
    pub late: u32,
    /// The longest of these delays (milliseconds).
    pub late_ms: u64,
    /// What each direction between two offices carries (bytes a millisecond), if it is bounded.
    pub line: Option<u64>,
}

#[derive(Debug)]
struct State {
    faults: Faults,
    random: Random,
    trace: Sha256,
    sent: u64,
    arrived: u64,
    bytes: u64,
    between: BTreeMap<(SocketAddr, SocketAddr), u64>,
    marks: Marks,
    complaints: Vec<String>,
    free_us: BTreeMap<(SocketAddr, SocketAddr), u64>,
    newest: BTreeMap<(SocketAddr, SocketAddr), u64>,
}

/// The network of one run; clones are the same network.
#[derive(Clone, Debug)]
pub struct Network(Arc<Mutex<State>>);

/// What a run sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that arrived.
    pub arrived: u64,
    /// Bytes sent.
    pub bytes: u64,
}

/// When a datagram leaves, and what of it.
struct Fate {
    after: Duration,
    bytes: Vec<u8>,
}

fn now_us() -> u64 {
    turmoil::sim_elapsed().map_or(0, |elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

impl Network {
    /// A network without faults.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            faults: Faults::default(),
            random: Random::new(seed, 1),
            trace: Sha256::new(),
            sent: 0,
            arrived: 0,
            bytes: 0,
            between: BTreeMap::new(),
            marks: Marks::default(),
            complaints: Vec::new(),
            free_us: BTreeMap::new(),
            newest: BTreeMap::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these faults happen.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Notes that a situation was met.
    pub fn mark(&self, name: &'static str) {
        self.lock().marks.set(name);
    }

    /// The situations that were met.
    pub fn marks(&self) -> Marks {
        self.lock().marks.clone()
    }

    /// Notes that something is not as it must be.
    pub fn complain(&self, what: String) {
        self.lock().complaints.push(what);
    }

    /// What is not as it must be.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// What was sent so far.
    pub fn traffic(&self) -> Traffic {
        let state = self.lock();
        Traffic { sent: state.sent, arrived: state.arrived, bytes: state.bytes }
    }

    /// Bytes that one address sent another.
    pub fn bytes_between(&self, from: SocketAddr, to: SocketAddr) -> u64 {
        self.lock().between.get(&(from, to)).copied().unwrap_or_default()
    }

    /// SHA-256 over time, direction and length of every datagram so far.
    pub fn trace(&self) -> [u8; 32] {
        self.lock().trace.clone().finalize().into()
    }

    fn send(&self, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<Fate> {
        let mut state = self.lock();
        let now = now_us();
        state.sent += 1;
        state.bytes += payload.len() as u64;
        *state.between.entry((from, to)).or_default() += payload.len() as u64;
        state.note(b's', now, from, to, payload.len());
        if payload.first().is_some_and(|first| first & RETRY == RETRY) && payload.get(1..5) == Some(&[0, 0, 0, 1]) {
            state.marks.set("a retry asked a caller to prove its address");
        }
        let faults = state.faults;
        let mut after_us = 0;
        if let Some(line) = faults.line {
            let free = state.free_us.entry((from, to)).or_default();
            *free = (*free).max(now);
            if *free - now > QUEUE_US {
                return Vec::new();
            }
            *free += payload.len() as u64 * 1_000 / line;
            after_us = *free - now;
        }
        if state.random.permille(faults.lost) {
            return Vec::new();
        }
        let mut bytes = payload.to_vec();
        if state.random.permille(faults.corrupted) && !bytes.is_empty() {
            let at = state.random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << state.random.below(8);
            state.marks.set("a datagram was corrupted");
        }
        if state.random.permille(faults.late) {
            after_us += state.random.below(faults.late_ms.max(1) * 1_000);
        }
        bytes.extend_from_slice(&state.sent.to_be_bytes());
        let mut fates = vec![Fate { after: Duration::from_micros(after_us), bytes: bytes.clone() }];
        if state.random.permille(faults.doubled) {
            let more_us = state.random.below(50_000);
            fates.push(Fate { after: Duration::from_micros(after_us + more_us), bytes });
            state.marks.set("a datagram was duplicated");
        }
        fates
    }

    /// The payload of a datagram that arrived.
    fn arrived(&self, from: SocketAddr, to: SocketAddr, mut bytes: Vec<u8>) -> Vec<u8> {
        let mut state = self.lock();
        state.arrived += 1;
        let payload = bytes.len().saturating_sub(NUMBER_BYTES);
        let number = bytes[payload..].try_into().map_or(0, u64::from_be_bytes);
        bytes.truncate(payload);
        state.note(b'a', now_us(), from, to, payload);
        let newest = state.newest.entry((from, to)).or_default();
        if number < *newest {
            state.marks.set("a datagram overtook another");
        } else {
            *newest = number;
        }
        bytes
    }
}

impl State {
    fn note(&mut self, what: u8, now_us: u64, from: SocketAddr, to: SocketAddr, length: usize) {
        self.trace.update([what]);
        self.trace.update(now_us.to_be_bytes());
        for end in [from, to] {
            if let IpAddr::V4(address) = end.ip() {
                self.trace.update(address.octets());
            }
            self.trace.update(end.port().to_be_bytes());
        }
        self.trace.update((length as u64).to_be_bytes());
    }
}

#[derive(Debug, Default)]
struct Inbox {
    waiting: VecDeque<(Vec<u8>, SocketAddr)>,
    reader: Option<Waker>,
}

/// How much longer a socket can send; clones are of the same socket.
#[derive(Clone, Debug)]
pub struct Voice(Arc<AtomicU64>);

impl Voice {
    /// It is lost after so many more datagrams.
    pub fn lasts(&self, datagrams: u64) {
        self.0.store(datagrams, Ordering::Relaxed);
    }

    fn is_lost(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

/// A UDP socket on a host of the simulation, as quinn wants it.
pub struct Socket {
    network: Network,
    socket: Arc<UdpSocket>,
    address: SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
    receiving: AbortHandle,
    voice: Voice,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.receiving.abort();
    }
}

impl Socket {
    /// Binds `port` on the host that asks, zero for any.
    ///
    /// # Errors
    /// As the simulation says: the port is taken.
    pub async fn bind(network: &Network, host: Ipv4Addr, port: u16) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).await?);
        let address = SocketAddr::new(host.into(), socket.local_addr()?.port());
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let receiving = tokio::spawn(receive(network.clone(), socket.clone(), address, inbox.clone())).abort_handle();
        Ok(Self { network: network.clone(), socket, address, inbox, receiving, voice: Voice(Arc::new(AtomicU64::new(u64::MAX))) })
    }

    /// How long the socket can send.
    pub fn voice(&self) -> Voice {
        self.voice.clone()
    }
}

async fn receive(network: Network, socket: Arc<UdpSocket>, address: SocketAddr, inbox: Arc<Mutex<Inbox>>) {
    let mut room = vec![0; 65_536];
    while let Ok((length, from)) = socket.recv_from(&mut room).await {
        let payload = network.arrived(from, address, room[..length].to_vec());
        let mut inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
        if inbox.waiting.len() < INBOX {
            inbox.waiting.push_back((payload, from));
        }
        if let Some(reader) = inbox.reader.take() {
            reader.wake();
        }
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        if self.voice.is_lost() {
            return Ok(());
        }
        for fate in self.network.send(self.address, transmit.destination, transmit.contents) {
            let (socket, to) = (self.socket.clone(), transmit.destination);
            if fate.after.is_zero() {
                // Nobody is told that a datagram went nowhere.
                let _ = socket.try_send_to(&fate.bytes, to);
            } else {
                tokio::spawn(async move {
                    tokio::time::sleep(fate.after).await;
                    let _ = socket.try_send_to(&fate.bytes, to);
                });
            }
        }
        Ok(())
    }

    fn poll_recv(&self, context: &mut Context<'_>, rooms: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> Poll<io::Result<usize>> {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((payload, from)) = inbox.waiting.pop_front() else {
            inbox.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        let length = payload.len().min(rooms[0].len());
        rooms[0][..length].copy_from_slice(&payload[..length]);
        meta[0] = RecvMeta { addr: from, len: length, stride: length, ecn: None, dst_ip: Some(self.address.ip()) };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    fn may_fragment(&self) -> bool {
        false
    }
}

#[derive(Debug)]
struct AlwaysWritable;

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
