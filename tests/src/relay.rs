//! A relay between two offices that treats their datagrams as a bad network would: late, in another order, twice, damaged, or not at all.
//!
//! What becomes of each datagram is decided by dice with a seed, in the order in which datagrams come.
#![allow(clippy::disallowed_methods, reason = "a relay that delays reads the clock")]

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::dice::Dice;

/// Datagrams that are delayed at one time; more are dropped, as a full queue in a router does.
const ON_THE_WAY: usize = 4_096;
/// Longest datagram.
const DATAGRAM_BYTES: usize = 65_536;

/// What a network does to datagrams; the last three are percentages of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mix {
    /// How long each is on its way at least (milliseconds).
    pub delay_ms: usize,
    /// How much longer some are (milliseconds): those behind overtake them.
    pub jitter_ms: usize,
    /// Dropped.
    pub dropped: usize,
    /// Delivered twice, each time after a delay of its own.
    pub doubled: usize,
    /// Delivered with a bit turned over.
    pub damaged: usize,
}

/// One delivery of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Copy {
    delay_ms: usize,
    /// The bit that is turned over.
    bit: Option<usize>,
}

impl Mix {
    /// What becomes of a datagram of this length.
    fn fate(self, dice: &mut Dice, length: usize) -> Vec<Copy> {
        if dice.below(100) < self.dropped {
            return Vec::new();
        }
        let copies = if dice.below(100) < self.doubled { 2 } else { 1 };
        let one = |_| {
            let delay_ms = self.delay_ms + dice.below(self.jitter_ms + 1);
            let bit = (dice.below(100) < self.damaged && length > 0).then(|| dice.below(length * 8));
            Copy { delay_ms, bit }
        };
        (0..copies).map(one).collect()
    }
}

/// What a relay has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Datagrams that came.
    pub came: u64,
    /// Of them dropped.
    pub dropped: u64,
    /// Of them delivered twice.
    pub doubled: u64,
    /// Deliveries with a bit turned over.
    pub damaged: u64,
    /// Deliveries that started later than one that came after them.
    pub overtaken: u64,
}

#[derive(Default)]
struct Counts {
    came: AtomicU64,
    dropped: AtomicU64,
    doubled: AtomicU64,
    damaged: AtomicU64,
    overtaken: AtomicU64,
}

/// The number of the last datagram that left, to see which were overtaken.
type Last = Arc<AtomicU64>;

struct Inner {
    front: UdpSocket,
    target: SocketAddr,
    mix: Mutex<Mix>,
    dice: Mutex<Dice>,
    counts: Counts,
    room: Arc<Semaphore>,
}

/// A running relay. It ends with this value.
pub struct Relay {
    inner: Arc<Inner>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Relay {
    /// A relay in front of `target` on an address of its own; until [`Relay::becomes`] is called it only passes on.
    pub fn before(target: SocketAddr, seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let front = runtime.block_on(UdpSocket::bind("127.0.0.1:0")).expect("loopback has a free port");
        let address = front.local_addr().expect("a bound socket has an address");
        let inner = Arc::new(Inner {
            front,
            target,
            mix: Mutex::new(Mix::default()),
            dice: Mutex::new(Dice::new(seed)),
            counts: Counts::default(),
            room: Arc::new(Semaphore::new(ON_THE_WAY)),
        });
        runtime.spawn(inward(inner.clone()));
        Self { inner, address, runtime: Some(runtime) }
    }

    /// Where it takes datagrams.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Treats datagrams like this from now on.
    pub fn becomes(&self, mix: Mix) {
        *locked(&self.inner.mix) = mix;
    }

    /// What it has done so far.
    pub fn tally(&self) -> Tally {
        let counts = &self.inner.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally {
            came: read(&counts.came),
            dropped: read(&counts.dropped),
            doubled: read(&counts.doubled),
            damaged: read(&counts.damaged),
            overtaken: read(&counts.overtaken),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Takes what callers send, each over a socket of its own, so that what the target answers goes back to whom it is for.
async fn inward(inner: Arc<Inner>) {
    let mut callers: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM_BYTES];
    let last = Last::default();
    loop {
        let Ok((length, from)) = inner.front.recv_from(&mut buffer).await else { continue };
        let back = match callers.get(&from) {
            Some(back) => back.clone(),
            None => match behind(&inner, from).await {
                Ok(back) => callers.entry(from).or_insert(back).clone(),
                Err(_) => continue,
            },
        };
        deliver(&inner, &buffer[..length], &last, move |datagram| {
            let back = back.clone();
            async move {
                // Nobody may listen there just now.
                let _ = back.send(&datagram).await;
            }
        });
    }
}

/// The socket behind which one caller appears at the target.
async fn behind(inner: &Arc<Inner>, from: SocketAddr) -> io::Result<Arc<UdpSocket>> {
    let back = UdpSocket::bind("127.0.0.1:0").await?;
    back.connect(inner.target).await?;
    let back = Arc::new(back);
    let (inner, socket) = (inner.clone(), back.clone());
    tokio::spawn(async move {
        let mut buffer = vec![0; DATAGRAM_BYTES];
        let last = Last::default();
        loop {
            match socket.recv(&mut buffer).await {
                Ok(length) => {
                    let out = inner.clone();
                    deliver(&inner, &buffer[..length], &last, move |datagram| {
                        let out = out.clone();
                        async move {
                            let _ = out.front.send_to(&datagram, from).await;
                        }
                    });
                }
                // The target is down for a while.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    });
    Ok(back)
}

/// Sends copies of a datagram on their way, each as its fate is.
fn deliver<Sent>(inner: &Arc<Inner>, datagram: &[u8], last: &Last, send: impl Fn(Vec<u8>) -> Sent)
where
    Sent: Future<Output = ()> + Send + 'static,
{
    let mix = *locked(&inner.mix);
    let fate = mix.fate(&mut locked(&inner.dice), datagram.len());
    let number = inner.counts.came.fetch_add(1, Ordering::Relaxed) + 1;
    match fate.len() {
        0 => _ = inner.counts.dropped.fetch_add(1, Ordering::Relaxed),
        1 => {}
        _ => _ = inner.counts.doubled.fetch_add(1, Ordering::Relaxed),
    }
    for copy in fate {
        let Ok(room) = inner.room.clone().try_acquire_owned() else { return };
        let mut datagram = datagram.to_vec();
        if let Some(bit) = copy.bit {
            datagram[bit / 8] ^= 1 << (bit % 8);
            inner.counts.damaged.fetch_add(1, Ordering::Relaxed);
        }
        let (sending, inner, last) = (send(datagram), inner.clone(), last.clone());
        tokio::spawn(async move {
            if copy.delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(copy.delay_ms as u64)).await;
            }
            if last.fetch_max(number, Ordering::Relaxed) > number {
                inner.counts.overtaken.fetch_add(1, Ordering::Relaxed);
            }
            sending.await;
            drop(room);
        });
    }
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
