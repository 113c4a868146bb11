//! The writing half of the control lane: statements and lists from the outbox, answers, probes, leases.
//!
//! Like the data lane, this task never waits for the peer to read: frames go to a writer over a short queue, and while that is
//! full it keeps taking what the reading half has to say. So two offices with long outboxes can't block each other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interoffice_core::actions::{issue, lease, outbound};
use interoffice_core::store::peers::{self, Standing};
use interoffice_core::store::{Fault, Ring, StoreFault};
use interoffice_protocol::ids::{Nonce, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{LeaseAsk, Message, Pair, Ping, Renewal};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::Signed;
use interoffice_protocol::wire::frame::Frame;
use quinn::SendStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::session::Session;
use super::wire;
use crate::clock;
use crate::house::Priority;

/// Statements read from the outbox at a time.
const STATEMENTS_AT_ONCE: usize = 64;
/// Chunks of lists read at a time.
const CHUNKS_AT_ONCE: usize = 8;
/// Frames between this task and the writer.
const FRAMES_WAITING: usize = 4;
/// Small messages that wait for the writer before the peer counts as not reading.
const SMALL_WAITING: usize = 8_192;
/// How often a reader asks for its leases to be renewed.
const LEASE_EVERY: Duration = Duration::from_secs(600);
/// A probe goes out twice a heartbeat.
const BEAT: Duration = Duration::from_millis(limits::HEARTBEAT_MS / 2);
/// Probes without an answer after which the connection is given up.
const SILENT_BEATS: u32 = 6;

/// What the other tasks want of the control lane.
pub(super) enum Out {
    /// Send this.
    Send(Message),
    /// The peer lacks statements from this sequence on.
    Rewind(u64),
    /// Something was answered: more may be due.
    Flush,
    /// The peer can't take a statement yet: it is sent again at a later heartbeat.
    Later,
    /// The peer asks for its leases.
    Renew(Nonce),
    /// A probe came back.
    Echo(Nonce),
    /// The peer renewed leases.
    Renewed(Renewal),
    /// Somebody wants to know how long a probe takes.
    Probe(oneshot::Sender<Duration>),
}

struct Lane {
    session: Arc<Session>,
    writer: mpsc::Sender<Frame>,
    small: VecDeque<Frame>,
    /// The outbox may hold more than was read.
    outbox: bool,
    statements: VecDeque<(u64, Signed)>,
    /// The next statement that was not sent on this connection.
    sequence: u64,
    /// The last chunk that was sent on this connection, by local row.
    chunk: i64,
    /// Receipts whose chunks were sent since the last probe behind them.
    sent_lists: Vec<StatementHash>,
    /// Lists that the peer has when the probe comes back.
    had: HashMap<Nonce, Vec<StatementHash>>,
    /// Probes that somebody waits for.
    probes: HashMap<Nonce, (Instant, oneshot::Sender<Duration>)>,
    /// A renewal that is due once everything before it was sent.
    renew: Option<Nonce>,
    /// The renewal that was asked for, and when (safe clock).
    asked: Option<(Nonce, i64)>,
    /// The heartbeat that has not come back, and how many have not.
    beat: Option<Nonce>,
    silent: u32,
    /// A statement was put off by the peer.
    later: bool,
    /// How we stood to the peer when it was last looked at; the session began with this.
    standing: Standing,
    confirmed: bool,
}

/// Why the lane ends.
enum Over {
    Closed,
    Failed(Fault),
}

impl From<Fault> for Over {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// Writes the control lane until the connection ends.
pub(super) async fn run(session: Arc<Session>, standing: Standing, mut stream: SendStream, commands: mpsc::Receiver<Out>) {
    let (writer, mut frames) = mpsc::channel::<Frame>(FRAMES_WAITING);
    let writing = tokio::spawn(async move {
        while let Some(frame) = frames.recv().await {
            if !wire::send_frame(&mut stream, &frame).await {
                return;
            }
        }
    });
    let office = session.office;
    let mut lane = Lane {
        session,
        writer,
        small: VecDeque::new(),
        outbox: true,
        statements: VecDeque::new(),
        sequence: 0,
        chunk: 0,
        sent_lists: Vec::new(),
        had: HashMap::new(),
        probes: HashMap::new(),
        renew: None,
        asked: None,
        beat: None,
        silent: 0,
        later: false,
        standing,
        confirmed: false,
    };
    if let Err(Over::Failed(fault)) = lane.work(commands).await {
        tracing::warn!(%office, %fault, "the control lane ends");
    }
    writing.abort();
}

impl Lane {
    async fn work(&mut self, mut commands: mpsc::Receiver<Out>) -> Result<(), Over> {
        let mut bell = self.session.house().bell().subscribe();
        let ours = Ring::Peer(self.session.office);
        let (mut heartbeat, mut leases) = (interval(BEAT), interval(LEASE_EVERY));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        leases.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.look_at_standing().await?;
        loop {
            let busy = self.outbox || !self.small.is_empty() || !self.statements.is_empty() || self.renew.is_some();
            let writer = self.writer.clone();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await?,
                    None => return Ok(()),
                },
                heard = bell.next() => match heard {
                    Some(heard) if heard.concerns(&ours) => {
                        self.look_at_standing().await?;
                        self.outbox = true;
                    }
                    Some(_) => {}
                    None => return Ok(()),
                },
                _ = heartbeat.tick() => self.heartbeat()?,
                _ = leases.tick() => self.ask_leases().await?,
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

    fn ping(&mut self) -> Nonce {
        let nonce = Nonce(clock::random());
        self.queue(Ping { nonce, answer: false });
        nonce
    }

    /// The next frame to write: answers and probes, then statements, then lists, then a renewal behind all of them.
    async fn next_frame(&mut self) -> Result<Option<Frame>, Over> {
        if let Some(frame) = self.small.pop_front() {
            return Ok(Some(frame));
        }
        if self.statements.is_empty() && self.outbox {
            let (office, from) = (self.session.office, self.sequence);
            let waiting =
                self.session.house().read(move |view| outbound::waiting_statements(view, office, from, STATEMENTS_AT_ONCE)).await?;
            self.statements = waiting.into();
            if self.statements.is_empty() {
                return self.lists().await;
            }
        }
        if let Some((sequence, signed)) = self.statements.pop_front() {
            self.sequence = sequence + 1;
            return Ok(Some(Message::Statement(signed).to_frame()));
        }
        if let Some(nonce) = self.renew.take() {
            self.renewal(nonce).await?;
        }
        Ok(self.small.pop_front())
    }

    /// Queues the next chunks of lists, and a probe behind the last of them.
    async fn lists(&mut self) -> Result<Option<Frame>, Over> {
        let (office, after) = (self.session.office, self.chunk);
        let chunks = self.session.house().read(move |view| outbound::waiting_chunks(view, office, after, CHUNKS_AT_ONCE)).await?;
        if chunks.is_empty() {
            self.outbox = false;
            let mut receipts = std::mem::take(&mut self.sent_lists);
            if !receipts.is_empty() {
                receipts.dedup();
                let nonce = self.ping();
                self.had.insert(nonce, receipts);
            }
        }
        for (row, chunk) in chunks {
            self.sent_lists.push(chunk.statement);
            self.chunk = row;
            self.queue(chunk);
        }
        Ok(self.small.pop_front())
    }

    /// Probes the peer, and says so when the last probe has not come back: the connection may be dead long before it is given up.
    fn heartbeat(&mut self) -> Result<(), Over> {
        if self.beat.is_some() {
            self.silent += 1;
            let words = "no sign of life since the last heartbeat: the daemon there may have stopped";
            self.session.door.health().set(self.session.office, "not answering", words);
        }
        if self.silent >= SILENT_BEATS {
            return Err(Over::Closed);
        }
        if std::mem::take(&mut self.later) {
            self.statements.clear();
            self.sequence = 0;
            self.outbox = true;
        }
        let nonce = self.ping();
        self.beat = Some(nonce);
        Ok(())
    }

    async fn command(&mut self, command: Out) -> Result<(), Over> {
        match command {
            Out::Send(message) => self.queue(message),
            Out::Rewind(sequence) => self.rewind(sequence).await?,
            Out::Flush => self.outbox = true,
            Out::Later => self.later = true,
            Out::Renew(nonce) => {
                self.outbox = true;
                self.renew = Some(nonce);
            }
            Out::Echo(nonce) => self.echo(nonce).await?,
            Out::Renewed(renewal) => self.renewed(renewal).await?,
            Out::Probe(caller) => {
                let nonce = self.ping();
                self.probes.insert(nonce, (clock::instant(), caller));
            }
        }
        Ok(())
    }

    /// The peer lacks statements from `sequence` on, also such as it once answered: they wait again, and what follows them too.
    async fn rewind(&mut self, sequence: u64) -> Result<(), Over> {
        let office = self.session.office;
        self.session.house().write(Priority::Sync, move |tx| issue::send_again(tx, office, sequence)).await?;
        self.statements.clear();
        self.sequence = self.sequence.min(sequence);
        self.outbox = true;
        Ok(())
    }

    /// Follows a change of how we stand to the peer: confirmed, paired, blocked, removed.
    async fn look_at_standing(&mut self) -> Result<(), Over> {
        let office = self.session.office;
        let Some(peer) = self.session.house().read(move |view| Ok(peers::find(view, office)?)).await? else { return Err(Over::Closed) };
        if peer.confirmed_here && !self.confirmed {
            self.confirmed = true;
            self.queue(Pair::Confirmed);
        }
        match (std::mem::replace(&mut self.standing, peer.standing), peer.standing) {
            (Standing::Comparing, Standing::Paired) => {
                self.session.set_paired(true);
                self.session.door.health().set(office, "connected", "");
                self.session.resume.notify_one();
                self.ask_leases().await
            }
            // Whatever was on its way belongs to how we stood before; the next connection begins as we stand now.
            (before, now) if before != now => Err(Over::Closed),
            _ => Ok(()),
        }
    }

    async fn ask_leases(&mut self) -> Result<(), Over> {
        if !self.session.is_paired() {
            return Ok(());
        }
        let nonce = Nonce(clock::random());
        let now = self.session.house().read(lease::safe_now).await?;
        self.asked = Some((nonce, now));
        self.queue(LeaseAsk { nonce });
        Ok(())
    }

    /// Queues the renewal of the peer's leases; everything that waited before it was sent.
    async fn renewal(&mut self, nonce: Nonce) -> Result<(), Over> {
        let office = self.session.office;
        let (epoch, links) = self
            .session
            .house()
            .read(move |view| Ok((interoffice_core::store::office::load(view)?.epoch, lease::renewable(view, office)?)))
            .await?;
        for links in links.chunks(limits::RENEWAL_LINKS) {
            self.queue(Renewal { nonce, epoch, links: links.to_vec() });
        }
        Ok(())
    }

    async fn renewed(&mut self, renewal: Renewal) -> Result<(), Over> {
        let Some((_, asked_ms)) = self.asked.filter(|(nonce, _)| *nonce == renewal.nonce) else {
            self.session.misbehaved(&Misbehaviour::RenewalUnasked);
            return Ok(());
        };
        let office = self.session.office;
        unless_full(self.session.house().write(Priority::Sync, move |tx| lease::renewed(tx, office, &renewal.links, asked_ms)).await)
    }

    async fn echo(&mut self, nonce: Nonce) -> Result<(), Over> {
        if self.beat == Some(nonce) {
            self.beat = None;
            self.silent = 0;
            self.session.door.health().answers(self.session.office);
        }
        if let Some((sent, caller)) = self.probes.remove(&nonce) {
            // Whoever asked may have given up by now.
            let _ = caller.send(clock::since(sent));
        }
        if let Some(receipts) = self.had.remove(&nonce) {
            let had =
                move |tx: &interoffice_core::store::Tx<'_>| receipts.iter().try_for_each(|receipt| outbound::chunks_had(tx, *receipt));
            return unless_full(self.session.house().write(Priority::Chores, had).await);
        }
        Ok(())
    }
}

/// What is asked for or said again later may stay unwritten while the disk is full: the connection goes on, over which records may be
/// taken back.
fn unless_full<T>(end: Result<T, Fault>) -> Result<(), Over> {
    match end {
        Err(Fault::Store(StoreFault::DiskFull)) => Ok(()),
        end => Ok(end.map(|_| ())?),
    }
}
