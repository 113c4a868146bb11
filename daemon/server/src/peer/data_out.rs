//! Sending: the logs of this office's links to one peer, as batches in flight, and whatever else travels on the data lane.
//!
//! This task never waits for the peer to read: frames go to a writer over a short queue, and while that is full it keeps taking
//! acknowledgements. So two offices that send to each other at once can't block each other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interoffice_core::actions::outbound::{self, Acked, Next, Sending, Start};
use interoffice_core::store::{Fault, Ring, links};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::limits;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::{BatchAck, Gone, Holding, Inventory, InventoryAsk, Message, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::wire::frame::Frame;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::data_command::{Command, last_ack};
use super::data_write::{self, Ended, Outgoing};
use super::session::Session;
use crate::bell::Heard;
use crate::clock;
use crate::house::Priority;

/// Frames between this task and the writer.
const FRAMES_WAITING: usize = 2;
/// Small messages that wait for the writer before the peer counts as not reading.
const SMALL_WAITING: usize = 8_192;
/// How often debts are looked at.
const TICK: Duration = Duration::from_millis(250);
/// A reader's word on where it is counts at most this often, a link.
const RESUME_AGAIN: Duration = Duration::from_millis(250);
/// A link without an acknowledgement for this long is asked what it holds.
const STALLED: Duration = Duration::from_secs(30);
/// Holdings that an inventory may name beyond what the log ever held.
const INVENTORY_SLACK: u64 = 1_000;

/// One link that is being sent.
struct Course {
    sending: Sending,
    /// When something was last acknowledged, or the first batch of a run sent.
    moved: Instant,
}

/// An inventory that was asked for.
struct Asked {
    index: u32,
    most: usize,
    holdings: Vec<Holding>,
    since: Instant,
}

struct Sender {
    session: Arc<Session>,
    writer: mpsc::Sender<Outgoing>,
    ended: Arc<Ended>,
    small: VecDeque<Frame>,
    courses: BTreeMap<LinkId, Course>,
    /// Links that may have something to send.
    due: VecDeque<LinkId>,
    asked: BTreeMap<LinkId, Asked>,
    /// When a reader's word was last acted on, and the latest word that was not yet.
    resumed: BTreeMap<LinkId, Instant>,
    words: BTreeMap<LinkId, Resume>,
    /// Something may have to be looked at again at the next tick; nobody wakes up for a session in which nothing is owed.
    owing: bool,
    /// A command that was taken from the queue behind an acknowledgement.
    stash: Option<Command>,
}

/// Sends until the connection ends.
pub(super) async fn run(session: Arc<Session>, commands: mpsc::Receiver<Command>) {
    let (writer, frames) = mpsc::channel(FRAMES_WAITING);
    let ended = Arc::new(Ended::default());
    let writing = tokio::spawn(data_write::run(session.clone(), frames, ended.clone()));
    let office = session.office;
    let mut sender = Sender {
        session,
        writer,
        ended,
        small: VecDeque::new(),
        courses: BTreeMap::new(),
        due: VecDeque::new(),
        asked: BTreeMap::new(),
        resumed: BTreeMap::new(),
        words: BTreeMap::new(),
        owing: false,
        stash: None,
    };
    if let Err(fault) = sender.work(commands).await {
        tracing::warn!(%office, %fault, "the data lane ends");
    }
    writing.abort();
}

impl Sender {
    async fn work(&mut self, mut commands: mpsc::Receiver<Command>) -> Result<(), Fault> {
        let mut bell = self.session.house().bell().subscribe();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticking = false;
        loop {
            if self.owing && !ticking {
                tick.reset();
            }
            ticking = self.owing;
            let busy = !self.small.is_empty() || !self.due.is_empty();
            let writer = self.writer.clone();
            if let Some(command) = self.stash.take() {
                self.command(command).await?;
            }
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => {
                        let command = last_ack(command, &mut commands, &mut self.stash);
                        self.command(command).await?;
                    }
                    None => return Ok(()),
                },
                heard = bell.next() => match heard {
                    Some(heard) => self.heard(&heard).await?,
                    None => return Ok(()),
                },
                room = writer.reserve(), if busy => match room {
                    Ok(room) => {
                        if let Some(outgoing) = self.next_frame().await {
                            room.send(outgoing);
                        }
                    }
                    Err(_) => return Ok(()),
                },
                _ = tick.tick(), if ticking => self.pay_debts().await?,
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
    async fn next_frame(&mut self) -> Option<Outgoing> {
        if let Some(frame) = self.small.pop_front() {
            return Some(Outgoing { link: None, frame });
        }
        let link = self.due.pop_front()?;
        let mut course = self.courses.remove(&link)?;
        if course.sending.in_flight() >= limits::BATCHES_IN_FLIGHT {
            // The next acknowledgement makes it due again.
            self.courses.insert(link, course);
            return None;
        }
        let idle = course.sending.in_flight() == 0;
        let read = self.session.house().read(move |view| {
            let next = course.sending.next(view)?;
            Ok((course, next))
        });
        match read.await {
            Ok((mut course, Next::Batch(frame))) => {
                if idle {
                    course.moved = clock::instant();
                }
                self.owing = true;
                self.courses.insert(link, course);
                self.due.push_back(link);
                Some(Outgoing { link: Some(link), frame })
            }
            Ok((course, Next::Nothing)) => {
                self.courses.insert(link, course);
                None
            }
            Ok((course, Next::Gone)) => {
                self.courses.insert(link, course);
                self.stop(link);
                None
            }
            Err(fault) => {
                // One link that can't be read is no reason to stop the others; asking what the reader holds starts it anew.
                tracing::warn!(office = %self.session.office, %link, %fault, "a link can't be sent and is set aside");
                self.owing = true;
                self.asked.insert(link, Asked { index: 0, most: 0, holdings: Vec::new(), since: clock::instant() });
                None
            }
        }
    }

    /// Stops sending a link that is not live any more. What is on its way in the stream's buffers goes with the stream; the readers
    /// of other links resume on the new one.
    fn stop(&mut self, link: LinkId) {
        if self.courses.remove(&link).is_some_and(|course| course.sending.in_flight() > 0) {
            self.courses.clear();
            self.due.clear();
            self.ended.stop(link);
        }
    }

    async fn command(&mut self, command: Command) -> Result<(), Fault> {
        match command {
            Command::Send(message) => self.queue(message),
            Command::Resume(resume) => {
                let now = clock::instant();
                if self.resumed.get(&resume.link).is_some_and(|at| now.duration_since(*at) < RESUME_AGAIN) {
                    self.words.insert(resume.link, resume);
                    self.owing = true;
                } else {
                    self.resume(resume).await?;
                }
            }
            Command::Ack(ack) => self.acked(ack).await?,
            Command::Inventory(inventory) => self.inventory(inventory).await?,
            Command::Gone(link) => {
                self.courses.remove(&link);
                // The reader has nothing to list: asked again, it would say the same for as long as the connection stands.
                self.asked.remove(&link);
            }
        }
        Ok(())
    }

    async fn resume(&mut self, resume: Resume) -> Result<(), Fault> {
        let office = self.session.office;
        self.words.remove(&resume.link);
        self.resumed.insert(resume.link, clock::instant());
        self.courses.remove(&resume.link);
        let start = self.session.house().write(Priority::Sync, move |tx| outbound::resume(tx, office, &resume)).await?;
        self.start(resume.link, start).await
    }

    async fn start(&mut self, link: LinkId, start: Start) -> Result<(), Fault> {
        match start {
            Start::Send(sending) => {
                self.ended.allow(link);
                self.asked.remove(&link);
                self.courses.insert(link, Course { sending: *sending, moved: clock::instant() });
                self.make_due(link);
            }
            Start::AskInventory => self.ask(link).await?,
            Start::NotYet => {}
            Start::Gone => self.queue(Gone { link }),
        }
        Ok(())
    }

    /// Asks a reader what it holds of a link; until it has answered nothing more of the link is sent.
    async fn ask(&mut self, link: LinkId) -> Result<(), Fault> {
        self.courses.remove(&link);
        self.owing = true;
        let head = self.session.house().read(move |view| Ok(links::find(view, link)?.map_or(0, |row| row.head))).await?;
        let most = usize::try_from(head.saturating_add(INVENTORY_SLACK)).unwrap_or(usize::MAX);
        self.asked.insert(link, Asked { index: 0, most, holdings: Vec::new(), since: clock::instant() });
        self.queue(InventoryAsk { link });
        Ok(())
    }

    fn make_due(&mut self, link: LinkId) {
        if !self.due.contains(&link) {
            self.due.push_back(link);
        }
    }

    async fn acked(&mut self, ack: BatchAck) -> Result<(), Fault> {
        let Some(course) = self.courses.get_mut(&ack.link) else { return Ok(()) };
        match course.sending.acked(&ack) {
            Acked::Persist(delivered) => {
                course.moved = clock::instant();
                // What the reader said before this and was put off is old: acted on later, it would say that nothing is held there.
                self.words.remove(&ack.link);
                let persisted = delivered.clone();
                self.session.house().write(Priority::Sync, move |tx| outbound::persist(tx, &persisted)).await?;
                course.sending.forget(&delivered);
                self.make_due(ack.link);
            }
            Acked::Differs => {
                tracing::warn!(office = %self.session.office, link = %ack.link, "the reader holds something else than it should: asking what");
                self.ask(ack.link).await?;
            }
            Acked::Unknown => {}
        }
        Ok(())
    }

    async fn inventory(&mut self, inventory: Inventory) -> Result<(), Fault> {
        let link = inventory.link;
        let Some(asked) = self.asked.get_mut(&link) else { return Ok(()) };
        if inventory.index != asked.index {
            // A part was lost with its stream; the question is asked again when it has waited long enough.
            return Ok(());
        }
        asked.index += 1;
        asked.since = clock::instant();
        asked.holdings.extend(inventory.holdings);
        if asked.holdings.len() > asked.most {
            self.asked.remove(&link);
            self.session.misbehaved(&Misbehaviour::OutOfBounds("an inventory"));
            return Ok(());
        }
        if !inventory.last {
            return Ok(());
        }
        let holdings = self.asked.remove(&link).map(|asked| asked.holdings).unwrap_or_default();
        let (office, cursor) = (self.session.office, inventory.cursor);
        let start = self.session.house().write(Priority::Sync, move |tx| outbound::reconcile(tx, office, link, cursor, &holdings)).await?;
        self.start(link, start).await
    }

    /// Acts on what readers said too often to be acted on at once, and asks those that have been silent.
    async fn pay_debts(&mut self) -> Result<(), Fault> {
        let now = clock::instant();
        let words: Vec<Resume> = std::mem::take(&mut self.words).into_values().collect();
        for resume in words {
            self.resume(resume).await?;
        }
        let silent = self.courses.iter().filter(|(_, course)| course.sending.in_flight() > 0 && now.duration_since(course.moved) > STALLED);
        let unanswered = self.asked.iter().filter(|(_, asked)| now.duration_since(asked.since) > STALLED);
        let stalled: Vec<LinkId> = silent.map(|(link, _)| *link).chain(unanswered.map(|(link, _)| *link)).collect();
        for link in stalled {
            tracing::debug!(office = %self.session.office, %link, "no acknowledgement for a while: asking what the reader holds");
            self.ask(link).await?;
        }
        let sending = self.courses.values().any(|course| course.sending.in_flight() > 0);
        self.owing = sending || !self.words.is_empty() || !self.asked.is_empty();
        Ok(())
    }

    /// A commit: links that are being sent may have more, and a link that has just become Active starts.
    async fn heard(&mut self, heard: &Heard) -> Result<(), Fault> {
        match heard {
            Heard::Some(rings) => {
                for ring in rings.iter() {
                    match ring {
                        Ring::Link(link) => self.look_at(*link).await?,
                        Ring::Removal(link) => self.stop_if_over(*link).await?,
                        _ => {}
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

    /// Something of the link is to be removed: when that is all of it, nothing more of it leaves.
    async fn stop_if_over(&mut self, link: LinkId) -> Result<(), Fault> {
        if self.courses.contains_key(&link) && !self.session.house().read(move |view| outbound::is_live(view, link)).await? {
            self.stop(link);
        }
        Ok(())
    }

    async fn look_at(&mut self, link: LinkId) -> Result<(), Fault> {
        let office = self.session.office;
        if let Some(course) = self.courses.get(&link) {
            // With a full window there is nothing to look for; the next acknowledgement looks.
            if course.sending.in_flight() < limits::BATCHES_IN_FLIGHT {
                self.make_due(link);
            }
            return Ok(());
        }
        let fresh = self
            .session
            .house()
            .read(move |view| {
                let row = links::find(view, link)?;
                let active =
                    row.filter(|row| row.side == Side::Owner && row.state == LinkState::Active { frozen: false } && row.cursor == 0);
                Ok(active.is_some() && outbound::sending_links(view, office)?.contains(&link))
            })
            .await?;
        if fresh && self.session.is_paired() && !self.asked.contains_key(&link) {
            // Nothing was ever acknowledged: the reader's first word would be that it holds nothing.
            self.resume(Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY }).await?;
        }
        Ok(())
    }
}
