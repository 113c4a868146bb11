//! Applying what arrives: batches of a link in order, as many as wait in one transaction of its file, acknowledged when durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interoffice_core::actions::copies::{self, Arriving};
use interoffice_core::actions::outbound;
use interoffice_core::store::links::LinkRow;
use interoffice_core::store::received::{Applied, Progress, ReceivedFiles};
use interoffice_core::store::{Fault, Ring, Rings};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Batch, BatchAck, Gone, Inventory, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;
use tokio::sync::mpsc;

use super::data_command::Command;
use super::session::{Queues, Session};
use super::written;
use crate::clock;

/// Batches that wait to be applied, a session: a bound on memory, not on speed.
pub(super) const BATCHES_WAITING: usize = 8;
/// Entries applied in one transaction.
const GROUP_ENTRIES: usize = 1_024;
/// A reader says where it is in the same place at most this often, and lists what it holds too.
const AGAIN: Duration = Duration::from_secs(1);
/// A link whose file could not be written is left alone for this long.
const ASIDE: Duration = Duration::from_secs(10);

/// What there is to do.
pub(super) enum Work {
    /// Apply this.
    Batch(Box<Batch>),
    /// Tell the peer how far every link has come.
    ResumeAll,
    /// List what is held of a link.
    Inventory(LinkId),
}

struct Receiver {
    session: Arc<Session>,
    queues: Queues,
    /// Where and when the peer was last told how far a link has come.
    resumed: BTreeMap<LinkId, (u64, Instant)>,
    /// Links that the peer is to be told of once the pause is over.
    owed: BTreeSet<LinkId>,
    /// Links whose file could not be written, and since when.
    aside: BTreeMap<LinkId, Instant>,
    listed: BTreeMap<LinkId, Instant>,
}

/// Applies until the connection ends.
pub(super) async fn run(session: Arc<Session>, mut work: mpsc::Receiver<Work>, queues: Queues) {
    let mut bell = session.house().bell().subscribe();
    let (resumed, aside, listed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut receiver = Receiver { session: session.clone(), queues, resumed, owed: BTreeSet::new(), aside, listed };
    let mut tick = tokio::time::interval(AGAIN);
    let mut next = None;
    loop {
        let end = match next.take() {
            Some(item) => receiver.take(item, &mut work, &mut next).await,
            // What comes seldom goes first, so that a busy peer can't hold it up.
            None => tokio::select! {
                biased;
                _ = tick.tick(), if receiver.owes() => receiver.pay_debts().await,
                () = session.resume.notified() => receiver.resume_all().await,
                heard = bell.next() => match heard {
                    Some(crate::bell::Heard::Some(rings)) => receiver.heard(&rings).await,
                    Some(crate::bell::Heard::Everything) => receiver.resume_all().await,
                    None => return,
                },
                item = work.recv() => match item {
                    Some(item) => receiver.take(item, &mut work, &mut next).await,
                    None => return,
                },
            },
        };
        if let Err(fault) = end {
            // Nothing was acknowledged that is not durable; the sender goes on from the last acknowledgement on the next connection.
            tracing::warn!(office = %receiver.session.office, %fault, "what arrived could not be applied");
            return;
        }
    }
}

impl Receiver {
    async fn take(&mut self, item: Work, work: &mut mpsc::Receiver<Work>, next: &mut Option<Work>) -> Result<(), Fault> {
        match item {
            Work::Batch(first) => {
                let link = first.link;
                let mut entries = first.entries.len();
                let mut group = vec![*first];
                while entries < GROUP_ENTRIES {
                    match work.try_recv() {
                        Ok(Work::Batch(batch)) if batch.link == link => {
                            entries += batch.entries.len();
                            group.push(*batch);
                        }
                        Ok(other) => {
                            *next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                self.apply(link, group).await
            }
            Work::ResumeAll => self.resume_all().await,
            Work::Inventory(link) => self.inventory(link).await,
        }
    }

    async fn send(&self, message: impl Into<interoffice_protocol::messages::Message>) {
        // Whoever sends ends with the session.
        let _ = self.queues.data.send(Command::Send(message.into())).await;
    }

    /// The link if this office reads it from the peer; tells the peer, or counts it against it, when not.
    async fn readable(&self, link: LinkId) -> Result<Option<LinkRow>, Fault> {
        let office = self.session.office;
        match self.session.house().read(move |view| copies::arriving(view, office, link)).await? {
            Arriving::Taken(row) => return Ok(Some(*row)),
            Arriving::Gone => self.send(Gone { link }).await,
            Arriving::Foreign => {
                self.session.misbehaved(&Misbehaviour::BatchForForeignLink);
            }
        }
        Ok(None)
    }

    async fn apply(&mut self, link: LinkId, group: Vec<Batch>) -> Result<(), Fault> {
        if self.aside.contains_key(&link) {
            written::put_off(self.session.house(), link, &group);
            return Ok(());
        }
        let Some(row) = self.readable(link).await? else { return Ok(()) };
        let end = group.last().map_or(0, |batch| batch.to);
        let applied = match written::write(self.session.house(), link, row.secret, group).await {
            Ok(applied) => applied,
            Err(fault) => {
                // One link's file is no reason to stop the others; the sender is told where this one stands when the pause is over.
                tracing::warn!(%link, %fault, "copies could not be written; the link is set aside for a while");
                self.aside.insert(link, clock::instant());
                return Ok(());
            }
        };
        match applied {
            None => self.send(Gone { link }).await,
            Some(Applied::Gap(progress)) => self.resume(link, &progress).await,
            Some(Applied::Durable { progress, withdrawn }) => {
                if let Some(epoch) = progress.cursor.epoch {
                    self.send(BatchAck { link, epoch, to: progress.cursor.sequence, digest: progress.digest }).await;
                }
                if progress.cursor.sequence < end {
                    self.resume(link, &progress).await;
                }
                // Copies lie in files of their own: no commit of the office rings for them.
                let mut rings = Rings::from([Ring::Copies(link)]);
                rings.extend((withdrawn > 0).then_some(Ring::Removal(link)));
                self.session.house().bell().ring(rings);
            }
        }
        Ok(())
    }

    async fn resume(&mut self, link: LinkId, progress: &Progress) {
        let now = clock::instant();
        let again =
            self.resumed.get(&link).is_some_and(|(cursor, at)| *cursor == progress.cursor.sequence && now.duration_since(*at) < AGAIN);
        if again {
            self.owed.insert(link);
            return;
        }
        self.resumed.insert(link, (progress.cursor.sequence, now));
        let cursor = progress.cursor;
        self.send(Resume { link, epoch: cursor.epoch, cursor: cursor.sequence, digest: progress.digest }).await;
    }

    /// Whether there is anything that [`Receiver::pay_debts`] might have to act on; nobody wakes up when there is not.
    fn owes(&self) -> bool {
        !self.owed.is_empty() || !self.aside.is_empty()
    }

    /// Tells the peer what it was not told at once, and takes up links that were set aside.
    async fn pay_debts(&mut self) -> Result<(), Fault> {
        let now = clock::instant();
        let over = self.aside.extract_if(.., |_, since| now.duration_since(*since) > ASIDE).map(|(link, _)| link);
        let due: Vec<LinkId> = over.chain(std::mem::take(&mut self.owed)).collect();
        for link in due {
            self.resumed.remove(&link);
            self.resume_link(link).await?;
        }
        Ok(())
    }

    async fn resume_all(&mut self) -> Result<(), Fault> {
        if !self.session.is_paired() {
            return Ok(());
        }
        let office = self.session.office;
        let all = self.session.house().read(move |view| outbound::receiving_links(view, office)).await?;
        for link in all {
            self.resumed.remove(&link);
            self.resume_link(link).await?;
        }
        Ok(())
    }

    async fn resume_link(&mut self, link: LinkId) -> Result<(), Fault> {
        match self.session.house().files(move |received| Ok(received.progress(link)?)).await {
            Ok(progress) => self.resume(link, &progress).await,
            Err(fault) => {
                tracing::warn!(%link, %fault, "a received file can't be read; the link is set aside for a while");
                self.aside.insert(link, clock::instant());
            }
        }
        Ok(())
    }

    /// A link of ours changed in the office's own store: it may have become Active or thawed, so the sender is told where we are.
    async fn heard(&mut self, rings: &Rings) -> Result<(), Fault> {
        if !self.session.is_paired() || !rings.iter().any(|ring| matches!(ring, Ring::Link(_))) {
            return Ok(());
        }
        let office = self.session.office;
        let reading = self.session.house().read(move |view| outbound::receiving_links(view, office)).await?;
        for ring in rings {
            if let Ring::Link(link) = ring
                && reading.contains(link)
            {
                self.resume_link(*link).await?;
            }
        }
        Ok(())
    }

    async fn inventory(&mut self, link: LinkId) -> Result<(), Fault> {
        let now = clock::instant();
        let again = self.listed.insert(link, now).is_some_and(|at| now.duration_since(at) < AGAIN);
        if again || self.readable(link).await?.is_none() {
            return Ok(());
        }
        let (mut after, mut index) = (None, 0);
        loop {
            let list =
                move |received: &ReceivedFiles| Ok((received.progress(link)?, received.holdings(link, after, limits::LIST_CHUNK_ENTRIES)?));
            let (progress, holdings) = self.session.house().files(list).await?;
            after = holdings.last().map(|holding| holding.record);
            let last = holdings.len() < limits::LIST_CHUNK_ENTRIES;
            if let Ok(room) = self.session.inventory_room.acquire().await {
                // Whoever writes the part gives the room back.
                room.forget();
            }
            self.send(Inventory { link, index, last, holdings, cursor: progress.cursor.sequence }).await;
            if last {
                return Ok(());
            }
            index += 1;
        }
    }
}
