//! Sending: the logs of this office's links to one peer, as batches in flight, and whatever else travels on the data lane.
//!
//! This task never waits for the peer to read: frames go to a writer over a short queue, and while that is full it keeps taking
//! acknowledgements. So two offices that send to each other at once can't block each other.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use interoffice_core::actions::outbound::{self, Acked, Next, Sending, Start};
use interoffice_core::store::{Fault, Ring, links};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::limits;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::{BatchAck, Gone, Holding, Inventory, InventoryAsk, Lane, Message, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::wire::frame::Frame;
use tokio::sync::mpsc;

use super::session::Session;
use super::wire;
use crate::bell::Heard;
use crate::house::Priority;

/// Frames between this task and the writer.
const FRAMES_WAITING: usize = 4;
/// Small messages that wait for the writer before the peer counts as not reading.
const SMALL_WAITING: usize = 8_192;
/// Records that an inventory may name.
const INVENTORY_MAX: usize = 4_000_000;

/// What the other tasks want of the data lane.
pub(super) enum Command {
    /// Send this.
    Send(Message),
    /// A reader says where it is.
    Resume(Resume),
    /// A reader acknowledges.
    Ack(BatchAck),
    /// A reader lists what it holds.
    Inventory(Inventory),
    /// The reader has no such link any more.
    Gone(LinkId),
}

enum ToWriter {
    Frame(Frame),
    /// Drop what was not sent yet and begin a new stream.
    Restart,
}

struct Sender {
    session: Arc<Session>,
    writer: mpsc::Sender<ToWriter>,
    small: VecDeque<Frame>,
    sendings: BTreeMap<LinkId, Sending>,
    /// Links that may have something to send.
    due: VecDeque<LinkId>,
    inventories: HashMap<LinkId, Vec<Holding>>,
    /// The stream is to be dropped, since a link ended with batches on their way.
    restart: bool,
}

/// Sends until the connection ends.
pub(super) async fn run(session: Arc<Session>, commands: mpsc::Receiver<Command>) {
    let (writer, frames) = mpsc::channel(FRAMES_WAITING);
    let connection = session.connection.clone();
    let writing = tokio::spawn(async move { write(connection, frames).await });
    let office = session.office;
    let mut sender = Sender {
        session,
        writer,
        small: VecDeque::new(),
        sendings: BTreeMap::new(),
        due: VecDeque::new(),
        inventories: HashMap::new(),
        restart: false,
    };
    if let Err(fault) = sender.work(commands).await {
        tracing::warn!(%office, %fault, "the data lane ends");
    }
    writing.abort();
}

/// Writes frames on a stream of our own; ends with the connection.
async fn write(connection: quinn::Connection, mut frames: mpsc::Receiver<ToWriter>) {
    'lane: loop {
        let Ok(mut stream) = connection.open_uni().await else { return };
        // Whatever control has to say goes first.
        let _ = stream.set_priority(-1);
        if !wire::send(&mut stream, Lane::Data).await {
            return;
        }
        loop {
            match frames.recv().await {
                Some(ToWriter::Frame(frame)) => {
                    if !wire::send_frame(&mut stream, &frame).await {
                        return;
                    }
                }
                Some(ToWriter::Restart) => {
                    // An error means that the stream is closed already.
                    let _ = stream.reset(0u32.into());
                    continue 'lane;
                }
                None => return,
            }
        }
    }
}

impl Sender {
    async fn work(&mut self, mut commands: mpsc::Receiver<Command>) -> Result<(), Fault> {
        let mut bell = self.session.house().bell().subscribe();
        loop {
            let busy = self.restart || !self.small.is_empty() || !self.due.is_empty();
            let writer = self.writer.clone();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await?,
                    None => return Ok(()),
                },
                heard = bell.next() => match heard {
                    Some(heard) => self.heard(&heard).await?,
                    None => return Ok(()),
                },
                room = writer.reserve(), if busy => match room {
                    Ok(room) => {
                        if let Some(frame) = self.next_frame().await? {
                            room.send(frame);
                        }
                    }
                    Err(_) => return Ok(()),
                },
            }
            if self.small.len() > SMALL_WAITING {
                return Ok(());
            }
        }
    }

    fn queue(&mut self, message: impl Into<Message>) {
        self.small.push_back(message.into().to_frame());
    }

    /// The next frame to write: small messages first, then a batch of a link that is due.
    async fn next_frame(&mut self) -> Result<Option<ToWriter>, Fault> {
        if std::mem::take(&mut self.restart) {
            return Ok(Some(ToWriter::Restart));
        }
        if let Some(frame) = self.small.pop_front() {
            return Ok(Some(ToWriter::Frame(frame)));
        }
        let Some(link) = self.due.pop_front() else { return Ok(None) };
        let Some(mut sending) = self.sendings.remove(&link) else { return Ok(None) };
        if sending.in_flight() >= limits::BATCHES_IN_FLIGHT {
            // The next acknowledgement makes it due again.
            self.sendings.insert(link, sending);
            return Ok(None);
        }
        let house = self.session.house().clone();
        let (sending, next) = house
            .read(move |view| {
                let next = sending.next(view)?;
                Ok((sending, next))
            })
            .await?;
        match next {
            Next::Batch(frame) => {
                self.sendings.insert(link, sending);
                self.due.push_back(link);
                Ok(Some(ToWriter::Frame(frame)))
            }
            Next::Nothing => {
                self.sendings.insert(link, sending);
                Ok(None)
            }
            Next::Gone => {
                self.sendings.insert(link, sending);
                self.stop(link);
                Ok(None)
            }
        }
    }

    /// Stops sending a link that is not live any more. What is on its way in the stream's buffers goes with the stream; the readers
    /// of other links resume on the new one.
    fn stop(&mut self, link: LinkId) {
        if self.sendings.remove(&link).is_some_and(|sending| sending.in_flight() > 0) {
            self.sendings.clear();
            self.due.clear();
            self.restart = true;
        }
    }

    async fn command(&mut self, command: Command) -> Result<(), Fault> {
        match command {
            Command::Send(message) => self.queue(message),
            Command::Resume(resume) => self.resume(resume).await?,
            Command::Ack(ack) => self.acked(ack).await?,
            Command::Inventory(inventory) => self.inventory(inventory).await?,
            Command::Gone(link) => {
                self.sendings.remove(&link);
            }
        }
        Ok(())
    }

    async fn resume(&mut self, resume: Resume) -> Result<(), Fault> {
        let office = self.session.office;
        self.sendings.remove(&resume.link);
        let start = self.session.house().write(Priority::Sync, move |tx| outbound::resume(tx, office, &resume)).await?;
        self.start(resume.link, start);
        Ok(())
    }

    fn start(&mut self, link: LinkId, start: Start) {
        match start {
            Start::Send(sending) => {
                self.sendings.insert(link, *sending);
                self.make_due(link);
            }
            Start::AskInventory => {
                self.inventories.remove(&link);
                self.queue(InventoryAsk { link });
            }
            Start::NotYet => {}
            Start::Gone => self.queue(Gone { link }),
        }
    }

    fn make_due(&mut self, link: LinkId) {
        if !self.due.contains(&link) {
            self.due.push_back(link);
        }
    }

    async fn acked(&mut self, ack: BatchAck) -> Result<(), Fault> {
        let Some(sending) = self.sendings.get_mut(&ack.link) else { return Ok(()) };
        match sending.acked(&ack) {
            Acked::Persist(delivered) => {
                let persisted = delivered.clone();
                self.session.house().write(Priority::Sync, move |tx| outbound::persist(tx, &persisted)).await?;
                sending.forget(&delivered);
                self.make_due(ack.link);
            }
            Acked::Differs => {
                tracing::warn!(office = %self.session.office, link = %ack.link, "the reader holds something else than it should: asking what");
                self.sendings.remove(&ack.link);
                self.inventories.remove(&ack.link);
                self.queue(InventoryAsk { link: ack.link });
            }
            Acked::Unknown => {}
        }
        Ok(())
    }

    async fn inventory(&mut self, inventory: Inventory) -> Result<(), Fault> {
        let link = inventory.link;
        let collected = self.inventories.entry(link).or_default();
        if inventory.index == 0 {
            collected.clear();
        }
        collected.extend(inventory.holdings);
        if collected.len() > INVENTORY_MAX {
            self.inventories.remove(&link);
            self.session.misbehaved(&Misbehaviour::OutOfBounds("an inventory"));
            return Ok(());
        }
        if !inventory.last {
            return Ok(());
        }
        let holdings = self.inventories.remove(&link).unwrap_or_default();
        let (office, cursor) = (self.session.office, inventory.cursor);
        let start = self.session.house().write(Priority::Sync, move |tx| outbound::reconcile(tx, office, link, cursor, &holdings)).await?;
        self.start(link, start);
        Ok(())
    }

    /// A commit: links that are being sent may have more, and a link that has just become Active starts.
    async fn heard(&mut self, heard: &Heard) -> Result<(), Fault> {
        match heard {
            Heard::Some(rings) => {
                for ring in rings.iter() {
                    if let Ring::Link(link) = ring {
                        self.look_at(*link).await?;
                    }
                }
            }
            Heard::Everything => {
                let office = self.session.office;
                for link in self.session.house().read(move |view| outbound::sending_links(view, office)).await? {
                    self.look_at(link).await?;
                }
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, link: LinkId) -> Result<(), Fault> {
        let office = self.session.office;
        if self.sendings.contains_key(&link) {
            let live = self.session.house().read(move |view| outbound::is_live(view, link)).await?;
            if live {
                self.make_due(link);
            } else {
                self.stop(link);
            }
            return Ok(());
        }
        let fresh = self
            .session
            .house()
            .read(move |view| {
                let row = links::find(view, link)?;
                let active = row.filter(|row| row.side == Side::Owner && row.state == LinkState::Active { frozen: false } && row.cursor == 0);
                Ok(active.is_some() && outbound::sending_links(view, office)?.contains(&link))
            })
            .await?;
        if fresh && self.session.is_paired() {
            // Nothing was ever acknowledged: the reader's first word would be that it holds nothing.
            self.resume(Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY }).await?;
        }
        Ok(())
    }
}
