//! A flood of connections that are begun and never finished, from many addresses of loopback.
#![allow(clippy::disallowed_methods, reason = "a flood of so many datagrams a second reads the clock")]

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::packet::{Greeting, ID_BYTES, INITIAL_BYTES, Reply, read_reply};

/// Pause between two volleys.
const VOLLEY: Duration = Duration::from_millis(5);
/// How long replies are still taken after the last datagram.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// The longest datagram anybody would answer with.
const REPLY_BYTES: usize = 2_048;

/// A flood that goes on. It ends with [`Flood::end`], or with this value.
pub struct Flood {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    running: Option<JoinHandle<FloodReport>>,
}

/// What was sent, and what came of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FloodReport {
    /// Datagrams sent, each the first of a connection of its own.
    pub sent: u64,
    /// Connections that were let in without proof of address.
    pub admitted: u64,
    /// Connections that were asked for such proof.
    pub retried: u64,
    /// Connections that were refused.
    pub refused: u64,
    /// Connections that were let in after they had proved their address, by those who answer a Retry.
    pub proved: u64,
    /// The most bytes that a connection which proved no address got for each that it had sent.
    pub amplification: f64,
    /// How long it went on (seconds).
    pub seconds: f64,
}

/// What a flood is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FloodPlan {
    /// Whom it is for.
    pub target: SocketAddr,
    /// Datagrams a second.
    pub per_second: u32,
    /// Addresses from which they come.
    pub sources: u16,
    /// Whether who is asked for it proves its address, and then still does not finish its handshake.
    pub answers_retry: bool,
}

/// One address of the flood.
struct Source(UdpSocket);

/// What was told about one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Admitted,
    Retried,
    Refused,
    Proved,
}

struct Attack {
    plan: FloodPlan,
    greeting: Greeting,
    sources: Vec<Source>,
    /// What was told about each connection, by its id, and in how many bytes.
    told: HashMap<Vec<u8>, (Told, u64)>,
    sent: u64,
    /// The same for others to see.
    shown: Arc<AtomicU64>,
}

impl Flood {
    /// Starts a flood.
    pub fn start(plan: FloodPlan) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut attack = Attack::new(plan);
        let (flag, sent) = (over.clone(), attack.shown.clone());
        let running = std::thread::spawn(move || attack.run(&flag));
        Self { over, sent, running: Some(running) }
    }

    /// Datagrams sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Ends it.
    pub fn end(mut self) -> FloodReport {
        self.over.store(true, Ordering::Relaxed);
        self.running.take().map(|running| running.join().expect("the flood goes on")).unwrap_or_default()
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Attack {
    fn new(plan: FloodPlan) -> Self {
        let source = |number: u16| {
            let [high, low] = number.to_be_bytes();
            // 127.9.0.1 and on: every address of 127/8 is this machine's own.
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 9, high, low), 0)).expect("every address of 127/8 can be bound");
            socket.set_nonblocking(true).expect("a socket that does not wait");
            Source(socket)
        };
        let sources = (1..=plan.sources).map(source).collect();
        Self { plan, greeting: Greeting::new(), sources, told: HashMap::new(), sent: 0, shown: Arc::default() }
    }

    fn run(&mut self, over: &AtomicBool) -> FloodReport {
        let started = Instant::now();
        while !over.load(Ordering::Relaxed) {
            let due = (started.elapsed().as_secs_f64() * f64::from(self.plan.per_second)) as u64;
            while self.sent < due {
                self.send_one();
            }
            self.shown.store(self.sent, Ordering::Relaxed);
            self.listen();
            std::thread::sleep(VOLLEY);
        }
        let seconds = started.elapsed().as_secs_f64();
        std::thread::sleep(AFTERWARDS);
        self.listen();
        self.report(seconds)
    }

    fn send_one(&mut self) {
        let ours = self.sent.to_be_bytes();
        // Never the id of another connection: what is sent to a known one goes to that one.
        let theirs = (self.sent.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66).to_be_bytes();
        let datagram = self.greeting.datagram(&theirs, ours, &[]);
        let index = (self.sent % self.sources.len() as u64) as usize;
        self.sources[index].send(&datagram, self.plan.target);
        self.sent += 1;
    }

    /// Takes every reply that came, and answers those that ask for proof when the plan says so.
    fn listen(&mut self) {
        let mut buffer = [0; REPLY_BYTES];
        for source in &self.sources {
            while let Some(length) = source.receive(&mut buffer) {
                let Some((id, reply)) = read_reply(&buffer[..length]) else { continue };
                let (before, got) = self.told.get(&id).map_or((None, 0), |(told, got)| (Some(*told), *got));
                let told = match (reply, before) {
                    (Reply::Retry { id: theirs, token }, None) => {
                        if self.plan.answers_retry {
                            let ours: [u8; ID_BYTES] = id.as_slice().try_into().unwrap_or_default();
                            source.send(&self.greeting.datagram(&theirs, ours, &token), self.plan.target);
                        }
                        Told::Retried
                    }
                    (Reply::Admitted, Some(Told::Retried | Told::Proved)) => Told::Proved,
                    (Reply::Admitted, _) => Told::Admitted,
                    // An end of a handshake, or an answer given twice.
                    (Reply::Refused, Some(told @ (Told::Admitted | Told::Proved))) | (Reply::Retry { .. }, Some(told)) => told,
                    (Reply::Refused, _) => Told::Refused,
                };
                self.told.insert(id, (told, got + length as u64));
            }
        }
    }

    fn report(&self, seconds: f64) -> FloodReport {
        let count = |what: Told| self.told.values().filter(|(told, _)| *told == what).count() as u64;
        let unproved = self.told.values().filter(|(told, _)| *told != Told::Proved).map(|(_, got)| *got as f64 / INITIAL_BYTES as f64);
        FloodReport {
            sent: self.sent,
            admitted: count(Told::Admitted),
            retried: count(Told::Retried),
            refused: count(Told::Refused),
            proved: count(Told::Proved),
            amplification: unproved.fold(0.0, f64::max),
            seconds,
        }
    }
}

impl Source {
    fn send(&self, datagram: &[u8], target: SocketAddr) {
        match self.0.send_to(datagram, target) {
            // A full buffer of the system drops it, as any network may.
            Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("the flood can't be sent: {error}"),
            _ => {}
        }
    }

    fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        // An error says that a datagram before met nobody; the flood goes on.
        self.0.recv(buffer).ok()
    }
}
