//! The house: what every door is given. It holds the keys, the settings, the store's threads, the bell, and the way to the peer door.
//!
//! A door never touches a connection: it hands a closure to [`House::write`] or [`House::read`] and waits for the answer.

mod board;
mod denials;
mod keyed;
mod peers;
mod queue;
mod readers;
mod reserve;
mod writer;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use interoffice_certs::OfficeKeys;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, OfficeContext, StoreFault, Tx, View, WriteStore};
use interoffice_protocol::ids::LinkId;
use tokio::sync::Notify;

use crate::bell::Bell;
use crate::clock;
use crate::config::{Config, HttpConfig};

pub(crate) use board::{Board, ChoreState};
pub(crate) use keyed::Claim;
pub(crate) use peers::{Later, PeerHandle, PeerState, PingReport};
pub(crate) use writer::{OnFatal, Priority};

/// Folder of the received files in the data folder.
const RECEIVED: &str = "received";

/// What every door is given; clones are the same house.
#[derive(Clone)]
pub(crate) struct House(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    config: Config,
    context: Arc<OfficeContext>,
    bell: Bell,
    writer: writer::Writer,
    readers: readers::Readers,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Whoever waits does the work, instead of a thread.
    inline: bool,
    stop: Stop,
    board: Board,
    listening: OnceLock<SocketAddr>,
    web: OnceLock<SocketAddr>,
    peers: OnceLock<Arc<dyn PeerHandle>>,
    keys: OfficeKeys,
    received: Arc<ReceivedFiles>,
    on_fatal: OnFatal,
    reserve: reserve::Reserve,
    denials: denials::Denials,
    started_ms: i64,
}

/// Whether the house stops, and who waits for that; they are told in the order in which they began to wait.
#[derive(Debug, Default)]
struct Stop {
    said: AtomicBool,
    waiting: Notify,
}

/// The parts of a house that work on the office's database.
struct Store {
    context: Arc<OfficeContext>,
    bell: Bell,
    writer: writer::Writer,
    readers: readers::Readers,
    threads: Vec<JoinHandle<()>>,
    on_fatal: OnFatal,
    inline: bool,
}

/// The answer to everything that comes after the stop.
fn stopping() -> Fault {
    Refusal::conflict("stopping", "the daemon is stopping", "ask again when it runs").into()
}

impl House {
    /// Opens the database in `folder` and starts the threads of the store. `on_fatal` is called when the disk could not make a
    /// change durable; it does not come back, except in tests.
    pub(crate) fn open(folder: &Path, config: Config, keys: OfficeKeys, on_fatal: OnFatal) -> Result<Self, StoreFault> {
        let context = Arc::new(OfficeContext::new(keys.signer()));
        let store = WriteStore::open(folder, Arc::clone(&context))?;
        let bell = Bell::new();
        let (readers, mut threads) = readers::Readers::start(folder.to_owned(), Arc::clone(&context))?;
        let (writer, thread) = writer::Writer::start(store, bell.clone(), Arc::clone(&on_fatal))
            .map_err(|error| StoreFault::io("the writer can't be started", error))?;
        threads.push(thread);
        Self::build(folder, config, keys, Store { context, bell, writer, readers, threads, on_fatal, inline: false })
    }

    /// The same without a thread: everything is done by who waits for it, in the order in which it is asked for.
    #[cfg(feature = "simulation")]
    pub(crate) fn open_here(folder: &Path, config: Config, keys: OfficeKeys, on_fatal: OnFatal) -> Result<Self, StoreFault> {
        let context = Arc::new(OfficeContext::new(keys.signer()));
        let store = WriteStore::open(folder, Arc::clone(&context))?;
        let bell = Bell::new();
        let readers = readers::Readers::here(folder, Arc::clone(&context))?;
        let writer = writer::Writer::here(store, bell.clone(), Arc::clone(&on_fatal));
        Self::build(folder, config, keys, Store { context, bell, writer, readers, threads: Vec::new(), on_fatal, inline: true })
    }

    fn build(folder: &Path, config: Config, keys: OfficeKeys, store: Store) -> Result<Self, StoreFault> {
        let received = Arc::new(ReceivedFiles::open(folder.join(RECEIVED))?);
        let reserve = reserve::Reserve::new(folder);
        if !store.inline && !reserve.keep() {
            tracing::warn!("the disk has no room for the reserve: ending a link may fail when it is full");
        }
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            config,
            context: store.context,
            bell: store.bell,
            writer: store.writer,
            readers: store.readers,
            threads: Mutex::new(store.threads),
            inline: store.inline,
            stop: Stop::default(),
            board: Board::default(),
            listening: OnceLock::new(),
            web: OnceLock::new(),
            peers: OnceLock::new(),
            keys,
            received,
            on_fatal: store.on_fatal,
            reserve,
            denials: denials::Denials::default(),
            started_ms: clock::now_ms(),
        })))
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The settings of this start.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Who this office is, and its signing key.
    pub(crate) fn context(&self) -> &Arc<OfficeContext> {
        &self.0.context
    }

    /// Rings after each commit.
    pub(crate) fn bell(&self) -> &Bell {
        &self.0.bell
    }

    /// The keys of this office.
    pub(crate) fn keys(&self) -> &OfficeKeys {
        &self.0.keys
    }

    /// Runs `work` on the copies that other offices share with this one, where it may wait for their files. It must not be done inside
    /// [`House::read`], whose few threads serve everybody.
    pub(crate) async fn files<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&ReceivedFiles) -> Result<T, Fault> + Send + 'static,
    {
        let (received, on_fatal) = (Arc::clone(&self.0.received), Arc::clone(&self.0.on_fatal));
        let work = move || {
            let end = work(&received);
            if let Err(Fault::Store(fault)) = &end
                && fault.is_fatal()
            {
                on_fatal(fault);
            }
            end
        };
        if self.0.inline {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(end) => end,
            Err(error) => Err(StoreFault::Database(format!("work on received files met a case it does not know: {error}")).into()),
        }
    }

    /// Does `work` to its end, also when whoever asked for it goes away meanwhile: for what takes more than one verb or file.
    pub(crate) async fn to_the_end<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        if self.0.inline {
            return work.await;
        }
        let task = match Claim::due() {
            Some(claim) => tokio::spawn(claim.during(work)),
            None => tokio::spawn(work),
        };
        task.await.unwrap_or_else(|error| Err(StoreFault::Database(format!("a deed met a case it does not know: {error}")).into()))
    }

    /// The copies that other offices share with this one. Its calls block, see [`House::files`].
    pub(crate) fn received(&self) -> &Arc<ReceivedFiles> {
        &self.0.received
    }

    /// How the chores are.
    pub(crate) fn board(&self) -> &Board {
        &self.0.board
    }

    /// Makes the peer door known to the others; done once, before they open.
    pub(crate) fn set_peers(&self, peers: Arc<dyn PeerHandle>) {
        // A second call would be a second peer door, which can't listen at the same address anyway.
        let _ = self.0.peers.set(peers);
    }

    /// The peer door, `None` while it is not open.
    pub(crate) fn peers(&self) -> Option<&Arc<dyn PeerHandle>> {
        self.0.peers.get()
    }

    /// Notes where the peer door listens.
    pub(crate) fn set_listening(&self, address: SocketAddr) {
        // The door opens once.
        let _ = self.0.listening.set(address);
    }

    /// Where the peer door listens, `None` while it does not.
    pub(crate) fn listening(&self) -> Option<SocketAddr> {
        self.0.listening.get().copied()
    }

    /// Notes where the http door listens.
    pub(crate) fn set_web(&self, address: SocketAddr) {
        // The door opens once.
        let _ = self.0.web.set(address);
    }

    /// Where the http door listens, `None` while it does not.
    pub(crate) fn web(&self) -> Option<SocketAddr> {
        self.0.web.get().copied()
    }

    /// Where browsers find the http door: as configured, else where it listens; `None` while it does not.
    pub(crate) fn web_url(&self) -> Option<String> {
        let configured = self.0.config.http.url.trim_end_matches('/');
        if !configured.is_empty() {
            return Some(configured.to_owned());
        }
        let address = self.web().or_else(|| self.0.config.http.address())?;
        Some(if address.ip().is_unspecified() { format!("https://localhost:{}", address.port()) } else { format!("https://{address}") })
    }

    /// Settings of the http door.
    pub(crate) fn http(&self) -> &HttpConfig {
        &self.0.config.http
    }

    /// Where other offices reach this one: as configured, else where the peer door listens if that is an address of one machine.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let configured = &self.0.config.peer.advertise;
        if !configured.is_empty() {
            return configured.clone();
        }
        let listening = self.listening().unwrap_or(self.0.config.peer.listen);
        if listening.ip().is_unspecified() || listening.port() == 0 { Vec::new() } else { vec![listening.to_string()] }
    }

    /// When the house was opened (milliseconds since 1970, UTC).
    pub(crate) fn started_ms(&self) -> i64 {
        self.0.started_ms
    }

    /// Runs `verb` in a transaction of the office; the answer comes after the commit is durable and the bell was rung.
    ///
    /// The verb may be run more than once and must do nothing but work on its transaction; only its last run counts.
    pub(crate) async fn write<T, F>(&self, priority: Priority, verb: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let Some(claim) = Claim::due() else { return self.0.writer.write(priority, verb).await };
        let claiming = claim.clone();
        let end = self.0.writer.write(priority, move |tx| claiming.take(tx).and_then(|()| verb(tx))).await;
        if end.is_ok() {
            claim.taken();
        }
        end
    }

    /// The same for what must succeed on a full disk: endings of links and what peers say. The reserve is spent on it when need be.
    pub(crate) async fn write_ending<T, F>(&self, priority: Priority, verb: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Fault> + Send + Clone + 'static,
    {
        match self.write(priority, verb.clone()).await {
            Err(Fault::Store(StoreFault::DiskFull)) if self.0.reserve.spend() => {
                tracing::warn!("the disk is full: the reserve was spent on an ending, free some space");
                self.write(priority, verb).await
            }
            end => end,
        }
    }

    /// The same for a verb that ends links: when not even the reserve helps, the links that `ends` names become unreadable at once,
    /// although nothing is written down (INV-33). They open again when a later attempt to end them is refused; one that succeeds leaves
    /// nothing to open.
    pub(crate) async fn end_links<T, F, E>(&self, priority: Priority, ends: E, verb: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Fault> + Send + Clone + 'static,
        E: Fn(&View<'_>) -> Result<Vec<LinkId>, Fault> + Send + Clone + 'static,
    {
        let end = self.write_ending(priority, verb).await;
        let full = matches!(end, Err(Fault::Store(StoreFault::DiskFull)));
        if full || !self.0.denials.is_empty() {
            denials::settle(self, &self.0.denials, full, ends).await;
        }
        end
    }

    /// Gives up the reserve for something that takes readability away; says whether there was one.
    pub(crate) fn spend_reserve(&self) -> bool {
        let spent = self.0.reserve.spend();
        if spent {
            tracing::warn!("the disk is full: the reserve was spent on taking copies back, free some space");
        }
        spent
    }

    /// Makes the reserve again after it was spent; says whether it is whole.
    pub(crate) fn keep_reserve(&self) -> bool {
        self.0.reserve.keep()
    }

    /// Runs `read` on one consistent state that holds everything acknowledged before the call.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.0.readers.read(read).await
    }

    /// Tells every door to finish what it does.
    pub(crate) fn stop(&self) {
        self.0.stop.said.store(true, Ordering::SeqCst);
        self.0.stop.waiting.notify_waiters();
    }

    /// Waits until [`House::stop`] was called.
    pub(crate) async fn stopped(&self) {
        let mut told = pin!(self.0.stop.waiting.notified());
        // Listen first: what is said between the look and the wait is heard.
        told.as_mut().enable();
        if !self.0.stop.said.load(Ordering::SeqCst) {
            told.await;
        }
    }

    /// Ends the threads of the store after what they still have to do. Blocks; the doors are closed before.
    pub(crate) fn close(&self) {
        self.0.writer.close();
        self.0.readers.close();
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread that panicked has said so itself; there is nothing left to be saved here.
            let _ = thread.join();
        }
    }
}
