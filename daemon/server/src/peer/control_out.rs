//! The writing half of the control lane: statements and lists from the outbox, answers, probes, leases.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use interoffice_core::actions::{lease, outbound};
use interoffice_core::store::peers::{self, Standing};
use interoffice_core::store::{Fault, Ring};
use interoffice_protocol::ids::{Nonce, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{LeaseAsk, Message, Pair, Ping, Renewal};
use quinn::SendStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::session::{Queues, Session};
use super::{receive, wire};
use crate::clock;
use crate::house::Priority;

/// Statements read from the outbox at a time.
const STATEMENTS_AT_ONCE: usize = 64;
/// Chunks of lists read at a time.
const CHUNKS_AT_ONCE: usize = 8;
/// How often a reader asks for its leases to be renewed.
const LEASE_EVERY: Duration = Duration::from_secs(600);

/// What the other tasks want of the control lane.
pub(super) enum Out {
    /// Send this.
    Send(Message),
    /// The peer lacks statements from this sequence on.
    Rewind(u64),
    /// Something was answered: more may be due.
    Flush,
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
    stream: SendStream,
    queues: Queues,
    /// The next statement that was not sent on this connection.
    sequence: u64,
    /// The last chunk that was sent on this connection, by local row.
    chunk: i64,
    /// Lists that the peer has when the probe comes back.
    had: HashMap<Nonce, Vec<StatementHash>>,
    /// Probes that somebody waits for.
    probes: HashMap<Nonce, (std::time::Instant, oneshot::Sender<Duration>)>,
    /// The renewal that was asked for, and when (safe clock).
    asked: Option<(Nonce, i64)>,
    /// The heartbeat that has not come back.
    beat: Option<Nonce>,
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
pub(super) async fn run(session: Arc<Session>, stream: SendStream, commands: mpsc::Receiver<Out>, queues: Queues) {
    let mut lane = Lane {
        session,
        stream,
        queues,
        sequence: 0,
        chunk: 0,
        had: HashMap::new(),
        probes: HashMap::new(),
        asked: None,
        beat: None,
        confirmed: false,
    };
    if let Err(Over::Failed(fault)) = lane.work(commands).await {
        tracing::warn!(office = %lane.session.office, %fault, "the control lane ends");
    }
}

impl Lane {
    async fn work(&mut self, mut commands: mpsc::Receiver<Out>) -> Result<(), Over> {
        let mut bell = self.session.house().bell().subscribe();
        let ours = Ring::Peer(self.session.office);
        let mut heartbeat = interval(Duration::from_millis(limits::HEARTBEAT_MS / 2));
        let mut leases = interval(LEASE_EVERY);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        leases.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.flush().await?;
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await?,
                    None => return Ok(()),
                },
                heard = bell.next() => match heard {
                    Some(heard) if heard.concerns(&ours) => self.flush().await?,
                    Some(_) => {}
                    None => return Ok(()),
                },
                _ = heartbeat.tick() => self.heartbeat().await?,
                _ = leases.tick() => self.ask_leases().await?,
            }
        }
    }

    async fn send(&mut self, message: impl Into<Message>) -> Result<(), Over> {
        if wire::send(&mut self.stream, message).await { Ok(()) } else { Err(Over::Closed) }
    }

    /// Probes the peer, and says so when the last probe has not come back: the connection may be dead long before it is given up.
    async fn heartbeat(&mut self) -> Result<(), Over> {
        if self.beat.is_some() {
            let words = "no sign of life since the last heartbeat: the daemon there may have stopped";
            self.session.door.health().set(self.session.office, "not answering", words);
        }
        let nonce = Nonce(clock::random());
        self.beat = Some(nonce);
        self.ping(nonce).await
    }

    async fn ping(&mut self, nonce: Nonce) -> Result<(), Over> {
        self.send(Ping { nonce, answer: false }).await
    }

    async fn command(&mut self, command: Out) -> Result<(), Over> {
        match command {
            Out::Send(message) => self.send(message).await,
            Out::Rewind(sequence) => {
                self.sequence = self.sequence.min(sequence);
                self.flush().await
            }
            Out::Flush => self.flush().await,
            Out::Renew(nonce) => self.renew(nonce).await,
            Out::Echo(nonce) => self.echo(nonce).await,
            Out::Renewed(renewal) => self.renewed(renewal).await,
            Out::Probe(caller) => {
                let nonce = Nonce(clock::random());
                self.probes.insert(nonce, (clock::instant(), caller));
                self.ping(nonce).await
            }
        }
    }

    /// Sends everything from the outbox that was not sent on this connection.
    async fn flush(&mut self) -> Result<(), Over> {
        self.look_at_standing().await?;
        let office = self.session.office;
        loop {
            let from = self.sequence;
            let waiting = self.session.house().read(move |view| outbound::waiting_statements(view, office, from, STATEMENTS_AT_ONCE)).await?;
            if waiting.is_empty() {
                break;
            }
            for (sequence, signed) in waiting {
                self.send(Message::Statement(signed)).await?;
                self.sequence = sequence + 1;
            }
        }
        self.flush_chunks().await
    }

    async fn flush_chunks(&mut self) -> Result<(), Over> {
        let office = self.session.office;
        let mut receipts = Vec::new();
        loop {
            let after = self.chunk;
            let chunks = self.session.house().read(move |view| outbound::waiting_chunks(view, office, after, CHUNKS_AT_ONCE)).await?;
            if chunks.is_empty() {
                break;
            }
            for (row, chunk) in chunks {
                receipts.push(chunk.statement);
                self.send(chunk).await?;
                self.chunk = row;
            }
        }
        if !receipts.is_empty() {
            receipts.dedup();
            let nonce = Nonce(clock::random());
            self.had.insert(nonce, receipts);
            self.ping(nonce).await?;
        }
        Ok(())
    }

    /// Follows a change of how we stand to the peer: confirmed, paired, blocked, removed.
    async fn look_at_standing(&mut self) -> Result<(), Over> {
        let office = self.session.office;
        let Some(peer) = self.session.house().read(move |view| Ok(peers::find(view, office)?)).await? else { return Err(Over::Closed) };
        if peer.confirmed_here && !self.confirmed {
            self.confirmed = true;
            self.send(Pair::Confirmed).await?;
        }
        let paired = peer.standing == Standing::Paired;
        if paired != self.session.is_paired() {
            self.session.set_paired(paired);
            self.session.door.health().set(office, "connected", "");
            if paired {
                // Whoever applies what arrives ends with the session, so a full queue is no reason to wait.
                let _ = self.queues.receive.send(receive::Work::ResumeAll).await;
                self.ask_leases().await?;
            }
        }
        Ok(())
    }

    async fn ask_leases(&mut self) -> Result<(), Over> {
        if !self.session.is_paired() {
            return Ok(());
        }
        let nonce = Nonce(clock::random());
        let now = self.session.house().read(lease::safe_now).await?;
        self.asked = Some((nonce, now));
        self.send(LeaseAsk { nonce }).await
    }

    /// Renews what the peer asked for, after everything that was queued before.
    async fn renew(&mut self, nonce: Nonce) -> Result<(), Over> {
        self.flush().await?;
        let office = self.session.office;
        let (epoch, links) = self
            .session
            .house()
            .read(move |view| Ok((interoffice_core::store::office::load(view)?.epoch, lease::renewable(view, office)?)))
            .await?;
        for links in links.chunks(limits::RENEWAL_LINKS) {
            self.send(Renewal { nonce, epoch, links: links.to_vec() }).await?;
        }
        Ok(())
    }

    async fn renewed(&mut self, renewal: Renewal) -> Result<(), Over> {
        let Some((nonce, asked_ms)) = self.asked.filter(|(nonce, _)| *nonce == renewal.nonce) else {
            self.session.misbehaved(&interoffice_protocol::misbehaviour::Misbehaviour::RenewalUnasked);
            return Ok(());
        };
        tracing::debug!(office = %self.session.office, ?nonce, links = renewal.links.len(), "leases renewed");
        let office = self.session.office;
        self.session.house().write(Priority::Sync, move |tx| lease::renewed(tx, office, &renewal.links, asked_ms)).await?;
        Ok(())
    }

    async fn echo(&mut self, nonce: Nonce) -> Result<(), Over> {
        if self.beat == Some(nonce) {
            self.beat = None;
            self.session.door.health().answers(self.session.office);
        }
        if let Some((sent, caller)) = self.probes.remove(&nonce) {
            // Whoever asked may have given up by now.
            let _ = caller.send(sent.elapsed());
        }
        if let Some(receipts) = self.had.remove(&nonce) {
            let had = move |tx: &interoffice_core::store::Tx<'_>| receipts.iter().try_for_each(|receipt| outbound::chunks_had(tx, *receipt));
            self.session.house().write(Priority::Chores, had).await?;
        }
        Ok(())
    }
}
