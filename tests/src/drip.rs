//! Connections that are kept open with next to nothing: a byte on every stream now and then, or none at all.
#![allow(clippy::disallowed_methods, reason = "how long a connection lived is measured with the clock")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use interoffice_protocol::limits::CONTROL_FRAME_BYTES;
use interoffice_protocol::wire::frame::FrameKind;
use quinn::{Connection, ConnectionError, Endpoint, SendStream};
use tokio::runtime::Runtime;

use crate::caller::{fresh_keys, phone};

/// Time between two bytes on a stream.
const DROP_EVERY: Duration = Duration::from_secs(10);
/// Pause before somebody who was refused or cut tries again.
const AGAIN: Duration = Duration::from_secs(1);
/// Streams of either kind that a connection tries to open.
const STREAMS: usize = 8;
/// How long a stream may take to open before no more are tried.
const OPENING: Duration = Duration::from_millis(50);
/// Connections that are dialled at the same time, so that an attacker's own handshakes don't take its whole time.
const DIALLING: usize = 16;
/// Longest time for the last connections to be cut.
const LAST: Duration = Duration::from_secs(120);

/// Who drips on whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DripPlan {
    /// Whom it is for.
    pub target: SocketAddr,
    /// Connections that are kept up.
    pub connections: usize,
    /// Addresses from which they come.
    pub sources: usize,
}

/// What became of the connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DripReport {
    /// Connections that finished their handshake.
    pub opened: u64,
    /// Attempts that were refused.
    pub refused: u64,
    /// Connections that the other end closed.
    pub cut: u64,
    /// The longest time that one was kept open.
    pub longest: Duration,
    /// The most that were open at one time.
    pub most_open: u64,
}

#[derive(Default)]
struct Counts {
    opened: AtomicU64,
    refused: AtomicU64,
    cut: AtomicU64,
    open: AtomicU64,
    most_open: AtomicU64,
    longest: Mutex<Duration>,
}

/// Dripping connections. They end with [`Drip::end`].
pub struct Drip {
    over: Arc<AtomicBool>,
    counts: Arc<Counts>,
    runtime: Runtime,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drip {
    /// Starts to drip.
    pub fn start(plan: DripPlan) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (over, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let keys = fresh_keys(77);
        let dialling = Arc::new(tokio::sync::Semaphore::new(DIALLING));
        let _inside = runtime.enter();
        let phones: Vec<Endpoint> = (0..plan.sources).map(|source| phone(&keys, source_address(source))).collect();
        let tasks = (0..plan.connections).map(|number| {
            let phone = phones[number % phones.len()].clone();
            let (over, counts, dialling) = (over.clone(), counts.clone(), dialling.clone());
            runtime.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let dialled = {
                        let _turn = dialling.acquire().await;
                        one_dial(&phone, plan.target).await
                    };
                    match dialled {
                        Ok(connection) => counts.one_life(&connection, number).await,
                        Err(_) => _ = counts.refused.fetch_add(1, Ordering::Relaxed),
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            })
        });
        let tasks = tasks.collect();
        drop(_inside);
        Self { over, counts, runtime, tasks }
    }

    /// Connections that were opened so far.
    pub fn opened(&self) -> u64 {
        self.counts.opened.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.counts.open.load(Ordering::Relaxed)
    }

    /// Opens no more, and waits until the last one was cut.
    pub fn end(self) -> DripReport {
        self.over.store(true, Ordering::Relaxed);
        self.runtime.block_on(async {
            let all = async {
                for task in self.tasks {
                    task.await.expect("who drips goes on");
                }
            };
            tokio::time::timeout(LAST, all).await.expect("every dripping connection is cut in the end");
        });
        self.counts.report()
    }
}

/// 127.8.0.1 and on: every address of 127/8 is this machine's own.
fn source_address(number: usize) -> IpAddr {
    let [high, low] = u16::try_from(number + 1).unwrap_or(u16::MAX).to_be_bytes();
    Ipv4Addr::new(127, 8, high, low).into()
}

async fn one_dial(phone: &Endpoint, target: SocketAddr) -> Result<Connection, ConnectionError> {
    phone.connect(target, "office.invalid").expect("an address that can be dialled").await
}

impl Counts {
    async fn one_life(&self, connection: &Connection, number: usize) {
        let started = Instant::now();
        self.opened.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
        tokio::select! {
            _ = connection.closed() => {}
            () = drip(connection, number) => {}
        }
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.cut.fetch_add(1, Ordering::Relaxed);
        let mut longest = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        *longest = longest.max(started.elapsed());
    }

    fn report(&self) -> DripReport {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        DripReport {
            opened: read(&self.opened),
            refused: read(&self.refused),
            cut: read(&self.cut),
            longest: *self.longest.lock().unwrap_or_else(PoisonError::into_inner),
            most_open: read(&self.most_open),
        }
    }
}

/// What a connection says before it drips, of each kind some: nothing, half a greeting, nearly all of the longest greeting there can be,
/// bytes that mean nothing.
fn opening(number: usize) -> Vec<u8> {
    let frame = |kind: FrameKind, length: u32| [&[kind as u8, 1][..], &length.to_be_bytes()].concat();
    match number % 4 {
        0 => Vec::new(),
        1 => frame(FrameKind::Hello, 2_000),
        2 => [frame(FrameKind::Hello, CONTROL_FRAME_BYTES as u32), vec![7; CONTROL_FRAME_BYTES - 4 * 1024]].concat(),
        _ => vec![200],
    }
}

/// Opens as many streams as it gets and keeps each one alive with a byte now and then. Ends when the connection does.
async fn drip(connection: &Connection, number: usize) {
    let mut streams: Vec<SendStream> = Vec::new();
    for _ in 0..STREAMS {
        match tokio::time::timeout(OPENING, connection.open_bi()).await {
            Ok(Ok((stream, _))) => streams.push(stream),
            _ => break,
        }
    }
    for _ in 0..STREAMS {
        match tokio::time::timeout(OPENING, connection.open_uni()).await {
            Ok(Ok(stream)) => streams.push(stream),
            _ => break,
        }
    }
    if !number.is_multiple_of(4) {
        for stream in &mut streams {
            // A stream that was closed already takes nothing.
            let _ = stream.write_all(&opening(number)).await;
        }
        while connection.close_reason().is_none() {
            tokio::time::sleep(DROP_EVERY).await;
            for stream in &mut streams {
                let _ = stream.write_all(&[1]).await;
            }
        }
    }
    connection.closed().await;
}
