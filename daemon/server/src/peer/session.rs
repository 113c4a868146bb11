//! A session: one connection to one known office, with its control lane, its data lanes, and the tasks that shovel between
//! them and the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interoffice_core::store::peers::{PeerRow, Standing};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::messages::Message;
use interoffice_protocol::misbehaviour::{Consequence, Misbehaviour};
use quinn::{Connection, SendStream, VarInt};
use tokio::sync::{Notify, Semaphore, mpsc};

use super::PeerDoor;
use super::registry::close;
use super::wire::Reader;
use super::{control_in, control_out, data_command, data_in, data_out, endpoint, receive};
use crate::house::House;

/// Messages that wait between two tasks of a session; both ends keep reading, so this only smooths.
pub(super) const QUEUE: usize = 256;

/// Parts of inventories between who lists and who writes: a bound on memory.
const INVENTORIES_WAITING: usize = 8;

/// What the tasks of a session share.
pub(super) struct Session {
    pub(super) door: PeerDoor,
    pub(super) office: OfficeId,
    pub(super) connection: Connection,
    /// Whether records flow: the offices are paired and nobody blocked the other.
    paired: AtomicBool,
    /// The peer is to be told how far every link has come.
    pub(super) resume: Notify,
    /// Room for parts of inventories on their way to the writer.
    pub(super) inventory_room: Semaphore,
}

impl Session {
    /// The house.
    pub(super) fn house(&self) -> &House {
        self.door.house()
    }

    /// Whether records flow.
    pub(super) fn is_paired(&self) -> bool {
        self.paired.load(Ordering::Relaxed)
    }

    /// Notes whether records flow from now on.
    pub(super) fn set_paired(&self, paired: bool) {
        self.paired.store(paired, Ordering::Relaxed);
    }

    /// Acts on what the peer did wrong; `true` when the connection was closed over it.
    pub(super) fn misbehaved(&self, misbehaviour: &Misbehaviour) -> bool {
        tracing::warn!(office = %self.office, %misbehaviour, "the peer misbehaved");
        if misbehaviour.consequence() == Consequence::DropAndTellAdmin {
            self.door.tell_admin(self.office, misbehaviour.words());
        }
        let close_it = self.door.registry().judge(self.office, misbehaviour);
        if close_it {
            self.door.health().set(self.office, "cut off", misbehaviour.words());
            self.connection.close(VarInt::from_u32(close::MISBEHAVED), misbehaviour.words().as_bytes());
        }
        close_it
    }
}

/// The queues of a session.
#[derive(Clone)]
pub(super) struct Queues {
    /// To who writes the control lane.
    pub(super) control: mpsc::Sender<control_out::Out>,
    /// To who sends logs.
    pub(super) data: mpsc::Sender<data_command::Command>,
    /// To who applies what arrives.
    pub(super) receive: mpsc::Sender<receive::Work>,
}

/// Runs a session until its connection ends. `first` is a message that was read already.
pub(super) async fn run(door: PeerDoor, connection: Connection, peer: PeerRow, out: SendStream, reader: Reader, first: Option<Message>) {
    let office = peer.office;
    endpoint::widen(&connection);
    let session = Arc::new(Session {
        door: door.clone(),
        office,
        connection: connection.clone(),
        paired: AtomicBool::new(peer.standing == Standing::Paired),
        resume: Notify::new(),
        inventory_room: Semaphore::new(INVENTORIES_WAITING),
    });
    door.health().set(office, "connected", standing_words(peer.standing));
    door.health().heard(office);
    tracing::info!(%office, remote = %connection.remote_address(), "connected");

    let (control, control_commands) = mpsc::channel(QUEUE);
    let (data, data_commands) = mpsc::channel(QUEUE);
    let (receive, work) = mpsc::channel(receive::BATCHES_WAITING);
    door.registry().set_control(office, &connection, control.clone());
    let queues = Queues { control, data, receive };
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(control_out::run(session.clone(), peer.standing, out, control_commands));
    tasks.spawn(control_in::run(session.clone(), reader, first, queues.clone()));
    tasks.spawn(data_out::run(session.clone(), data_commands));
    tasks.spawn(data_in::run(session.clone(), queues.clone()));
    tasks.spawn(receive::run(session.clone(), work, queues));
    tokio::select! {
        biased;
        _ = connection.closed() => {}
        // A task of a session ends only when its connection is of no use any more.
        _ = tasks.join_next() => connection.close(VarInt::from_u32(close::DONE), b"a lane ended"),
    }
    tasks.shutdown().await;
    door.registry().leave(office, &connection);
    if door.registry().connection(office).is_none() && door.registry().cooling(office).is_none() {
        let reason = match connection.close_reason() {
            Some(quinn::ConnectionError::LocallyClosed) => "the connection was given up and is opened anew".to_owned(),
            Some(reason) => super::dial_fault::DialFault::of(connection.remote_address(), &reason).to_string(),
            None => String::new(),
        };
        door.health().set(office, "not reachable", reason);
    }
    tracing::info!(%office, "disconnected");
}

fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Paired => "",
        Standing::Comparing => "the admins have not both confirmed the words yet",
        Standing::Blocked => "blocked here: only endings and receipts are exchanged",
        Standing::Removed => "removed here: only endings and receipts are exchanged",
    }
}
