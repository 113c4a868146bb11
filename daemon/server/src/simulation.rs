//! The doors of an office in a simulation: one thread, a network, a clock and chance that a test gives. What runs is the peer door and
//! the chores as the daemon runs them; only the threads of the store are gone, since their order would be nobody's to repeat.

use std::path::Path;
use std::sync::Arc;

use interoffice_certs::{Invite, OfficeKeys};
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, Tx, View};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::messages::{Lane, Message};
use interoffice_protocol::misbehaviour::Misbehaviour;
use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream, ServerConfig};

use crate::chores;
use crate::clock::{self, Pretended};
use crate::config::{Config, PeerConfig};
use crate::house::{House, PeerHandle as _, Priority};
use crate::peer::{self, PeerDoor};

/// From here on this thread takes the wall clock (milliseconds since 1970, UTC) and its chance from a test.
pub fn pretend(now_ms: impl Fn() -> i64 + 'static, fill: impl FnMut(&mut [u8]) + 'static) {
    clock::pretend(Some(Pretended { now_ms: Box::new(now_ms), fill: Box::new(fill) }));
}

/// This thread takes time and chance from the system again.
pub fn stop_pretending() {
    clock::pretend(None);
}

/// The QUIC configurations of the peer door for calls in and for calls out, with its limits, over the TLS that `certs` makes.
///
/// # Errors
/// In words, when the TLS library lacks a cipher that QUIC needs.
pub fn configs(server: Arc<rustls::ServerConfig>, client: Arc<rustls::ClientConfig>) -> Result<(ServerConfig, ClientConfig), String> {
    peer::configs_over(server, client).map_err(|fault| fault.to_string())
}

/// Gives a connection the streams and the window of an office that is known, as both ends do once they know each other.
pub fn widen(connection: &Connection) {
    peer::widen(connection);
}

/// How the way to an office is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The office.
    pub office: OfficeId,
    /// In a word or two: connected, not answering, not reachable, cut off.
    pub state: String,
    /// Why, in words.
    pub reason: String,
}

/// An office whose peer door is open.
#[derive(Clone)]
pub struct Office {
    house: House,
    door: PeerDoor,
}

impl Office {
    /// Opens the office in `folder`, known to others under `addresses` (`host:port`), and its peer door over `endpoint`.
    ///
    /// # Errors
    /// In words, when the database can't be opened.
    ///
    /// # Panics
    /// Later, when a commit does not reach the disk: the daemon would end there.
    pub fn open(folder: &Path, keys: OfficeKeys, addresses: Vec<String>, endpoint: Endpoint) -> Result<Self, String> {
        let listen = endpoint.local_addr().map_err(|error| error.to_string())?;
        let config = Config { peer: PeerConfig { listen, advertise: addresses }, ..Config::default() };
        let fatal = std::sync::Arc::new(|fault: &interoffice_core::store::StoreFault| panic!("a commit did not reach the disk: {fault}"));
        let house = House::open_here(folder, config, keys, fatal).map_err(|fault| fault.to_string())?;
        house.set_listening(listen);
        let door = PeerDoor::over(&house, endpoint);
        Ok(Self { house, door })
    }

    /// Takes calls and calls others, and does the chores, until [`Office::stop`]. Must be called inside the runtime.
    pub fn start(&self) -> tokio::task::JoinHandle<()> {
        let chores: Vec<_> = chores::all(&self.house).into_iter().filter(|chore| chore.name() != "reserve").collect();
        chores::start(&self.house, chores);
        self.door.start()
    }

    /// Tells every door to finish what it does.
    pub fn stop(&self) {
        self.house.stop();
    }

    /// Runs a verb as a person's call would.
    ///
    /// # Errors
    /// What the verb answers.
    pub async fn write<T, F>(&self, verb: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.house.write(Priority::People, verb).await
    }

    /// Looks at the store.
    ///
    /// # Errors
    /// What the reading answers.
    pub async fn read<T, F>(&self, read: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.house.read(read).await
    }

    /// Looks at the copies of other offices' records.
    ///
    /// # Errors
    /// What the work answers.
    pub async fn files<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&ReceivedFiles) -> Result<T, Fault> + Send + 'static,
    {
        self.house.files(work).await
    }

    /// Pairs with the office that made an invite, up to the words to compare.
    ///
    /// # Errors
    /// A refusal that names the step.
    pub async fn accept_invite(&self, invite: Invite) -> Result<OfficeId, Fault> {
        self.door.accept_invite(invite).await
    }

    /// Whether an office gives a sign of life over its session.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn answers(&self, office: OfficeId) -> Result<bool, Fault> {
        Ok(self.door.ping(office).await?.reachable)
    }

    /// How the ways to all offices are, by office.
    pub fn ways(&self) -> Vec<Way> {
        let states = self.door.states().into_iter();
        states.map(|state| Way { office: state.office, state: state.state, reason: state.reason }).collect()
    }
}

/// Reads messages from a stream as the peer door does.
pub struct Reader(peer::Reader);

/// What a [`Reader`] met that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMessage {
    /// The stream or the connection ended.
    Ended,
    /// The sender did what it must not.
    Misbehaved(Misbehaviour),
}

impl Reader {
    /// A reader of a stream that carries `lane`.
    pub fn new(stream: RecvStream, lane: Lane) -> Self {
        Self(peer::Reader::new(stream, lane))
    }

    /// The next message.
    ///
    /// # Errors
    /// [`NoMessage`]; after [`NoMessage::Ended`] nothing more comes.
    pub async fn next(&mut self) -> Result<Message, NoMessage> {
        match self.0.next().await {
            Ok(peer::Read::Message(message)) => Ok(message),
            Ok(peer::Read::Bad(misbehaviour)) | Err(peer::Broken::Misbehaved(misbehaviour)) => Err(NoMessage::Misbehaved(misbehaviour)),
            Err(peer::Broken::Ended) => Err(NoMessage::Ended),
        }
    }
}

/// Writes a message as the peer door does; `false` when the stream is gone.
pub async fn send(stream: &mut SendStream, message: impl Into<Message>) -> bool {
    peer::send(stream, message).await
}
