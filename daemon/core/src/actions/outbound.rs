//! What goes to another office: statements and lists from the outbox, and each link's log as batches.

use std::collections::{HashMap, VecDeque};

use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, OfficeId, RecordId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::link::{End, LinkState, Side};
use interoffice_protocol::messages::{BatchAck, Holding, ListChunk, RawChange, Resume, encode_batch};
use interoffice_protocol::record::{Record, Scope};
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::Signed;
use interoffice_protocol::wire::codec;
use interoffice_protocol::wire::frame::Frame;

use super::removal;
use crate::store::links::{self, LinkRow};
use crate::store::log::{self, LogRow};
use crate::store::{Fault, Ring, StoreFault, Tx, View, office, peers, removals, statements};

/// Statements that wait for `office`, from `sequence` on.
pub fn waiting_statements(view: &View<'_>, office: OfficeId, sequence: u64, limit: usize) -> Result<Vec<(u64, Signed)>, Fault> {
    let Some(peer) = peers::find(view, office)? else { return Ok(Vec::new()) };
    Ok(statements::waiting(view, peer.row, sequence, limit)?)
}

/// Chunks of lists after local row `after` that wait for `office` and whose receipt it has, each with its local row.
pub fn waiting_chunks(view: &View<'_>, office: OfficeId, after: i64, limit: usize) -> Result<Vec<(i64, ListChunk)>, Fault> {
    let Some(peer) = peers::find(view, office)? else { return Ok(Vec::new()) };
    let rows = statements::waiting_chunks(view, peer.row, after, limit)?;
    Ok(rows.into_iter().map(|(row, statement, index, leaves)| (row, ListChunk { statement, index, leaves })).collect())
}

/// The peer has all chunks of a receipt: a probe sent behind them came back.
pub fn chunks_had(tx: &Tx<'_>, receipt: StatementHash) -> Result<(), Fault> {
    Ok(statements::chunks_had(tx, receipt)?)
}

/// The links of this office that are to be sent to `office`.
pub fn sending_links(view: &View<'_>, office: OfficeId) -> Result<Vec<LinkId>, Fault> {
    links_with(view, office, Side::Owner)
}

/// The links through which this office receives from `office`.
pub fn receiving_links(view: &View<'_>, office: OfficeId) -> Result<Vec<LinkId>, Fault> {
    links_with(view, office, Side::Reader)
}

fn links_with(view: &View<'_>, office: OfficeId, side: Side) -> Result<Vec<LinkId>, Fault> {
    let Some(peer) = peers::find(view, office)?.filter(|peer| peer.standing == peers::Standing::Paired) else { return Ok(Vec::new()) };
    let live = |link: &LinkRow| link.side == side && link.state == LinkState::Active { frozen: false };
    Ok(links::of_peer(view, peer.row)?.into_iter().filter(live).map(|link| link.link).collect())
}

/// Whether a link may be sent: Active, not frozen, and its peer paired.
pub fn is_live(view: &View<'_>, link: LinkId) -> Result<bool, Fault> {
    let unsent = |link: &LinkRow| planted(Bug::UnsentLeftOnDisable) && link.state == LinkState::Ended(End::RightDisabled);
    let Some(link) = links::find(view, link)?.filter(|link| link.state == LinkState::Active { frozen: false } || unsent(link)) else {
        return Ok(false);
    };
    Ok(peers::by_row(view, link.peer)?.standing == peers::Standing::Paired)
}

/// What a batch said of a record: the version put, or `None` for withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Said {
    record: RecordId,
    sequence: u64,
    version: Option<Version>,
}

/// A record's body as it goes out: cut down to the scope.
pub(super) fn as_sent(scope: &Scope, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
    if *scope == Scope::everything() {
        return Ok(body);
    }
    let record: Record = codec::decode_data(&body).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
    Ok(codec::encode(&record.within(scope)))
}

/// A batch in flight.
#[derive(Clone, PartialEq, Eq, Debug)]
struct InFlight {
    to: u64,
    digest: SetDigest,
    entries: Vec<Said>,
}

/// The sending of one link over one connection: what was sent, and what the reader will hold when it has arrived.
#[derive(Clone, Debug)]
pub struct Sending {
    link: LinkId,
    row: i64,
    epoch: Epoch,
    secret: LinkSecret,
    scope: Scope,
    sent: u64,
    digest: SetDigest,
    in_flight: VecDeque<InFlight>,
    /// For each record in flight: the last batch that names it, and what that batch says.
    overlay: HashMap<RecordId, (u64, Option<Version>)>,
}

/// What to do after a reader said where it is.
#[derive(Debug)]
pub enum Start {
    /// Send from here.
    Send(Box<Sending>),
    /// The two sides disagree on what the reader holds: ask it for an inventory.
    AskInventory,
    /// The link waits for its answer here: sending starts by itself once it is Active.
    NotYet,
    /// The link is not live here.
    Gone,
}

/// What to do after an acknowledgement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Acked {
    /// Persist this with [`persist`], then call [`Sending::forget`] with it.
    Persist(Delivered),
    /// The reader holds something else than it should: ask it for an inventory.
    Differs,
    /// It acknowledges what was never sent, or repeats itself.
    Unknown,
}

/// Batches that the reader holds durably.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    link: LinkId,
    row: i64,
    to: u64,
    digest: SetDigest,
    entries: Vec<Said>,
}

/// The result of looking for the next batch.
#[derive(Debug)]
pub enum Next {
    /// Send this frame.
    Batch(Frame),
    /// Everything was sent.
    Nothing,
    /// The link is not live any more.
    Gone,
}

impl Sending {
    fn new(link: &LinkRow, epoch: Epoch) -> Self {
        Self {
            link: link.link,
            row: link.row,
            epoch,
            secret: link.secret.clone(),
            scope: link.scope,
            sent: link.cursor,
            digest: link.digest,
            in_flight: VecDeque::new(),
            overlay: HashMap::new(),
        }
    }

    /// The link.
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// Batches sent and not acknowledged.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The next batch, read from one consistent state of the store.
    pub fn next(&mut self, view: &View<'_>) -> Result<Next, Fault> {
        if !is_live(view, self.link)? {
            return Ok(Next::Gone);
        }
        let rows = log::after(view, self.row, self.sent, limits::BATCH_ENTRIES, limits::BATCH_TARGET_BYTES)?;
        let mut entries = Vec::with_capacity(rows.len());
        let mut delivered = Vec::with_capacity(rows.len());
        let mut to = self.sent;
        for row in rows {
            to = row.sequence;
            let change = self.change(&row)?;
            let version = match &change {
                RawChange::Put { version, .. } => Some(*version),
                RawChange::Withdraw => None,
            };
            self.count(&row, version);
            self.overlay.insert(row.record, (to, version));
            delivered.push(Said { record: row.record, sequence: row.sequence, version });
            entries.push((row.record, change));
        }
        if entries.is_empty() {
            return Ok(Next::Nothing);
        }
        for said in &delivered {
            if let Some(entry) = self.overlay.get_mut(&said.record) {
                entry.0 = to;
            }
        }
        let frame = encode_batch(self.link, self.epoch, self.sent, to, &entries, self.digest);
        self.sent = to;
        self.in_flight.push_back(InFlight { to, digest: self.digest, entries: delivered });
        Ok(Next::Batch(frame))
    }

    /// A row's change as it goes out: the record cut down to the scope, never the uploaded card.
    fn change(&self, row: &LogRow) -> Result<RawChange, Fault> {
        let Some((version, body)) = row.present.as_ref().filter(|_| row.put) else { return Ok(RawChange::Withdraw) };
        Ok(RawChange::Put { version: *version, record: as_sent(&self.scope, body.clone())? })
    }

    /// Counts a change into the digest of what the reader will hold.
    fn count(&mut self, row: &LogRow, version: Option<Version>) {
        let before = self.overlay.get(&row.record).map_or(row.held, |(_, version)| *version);
        if let Some(before) = before {
            self.digest.subtract(&self.secret.item_hash(row.record, before));
        }
        if let Some(version) = version {
            self.digest.add(&self.secret.item_hash(row.record, version));
        }
    }

    /// Takes an acknowledgement.
    pub fn acked(&mut self, ack: &BatchAck) -> Acked {
        let Some(place) = self.in_flight.iter().position(|batch| batch.to == ack.to) else { return Acked::Unknown };
        if ack.epoch != self.epoch {
            return Acked::Unknown;
        }
        if self.in_flight[place].digest != ack.digest && !planted(Bug::GapApplied) {
            return Acked::Differs;
        }
        let entries = self.in_flight.drain(..=place).flat_map(|batch| batch.entries).collect();
        Acked::Persist(Delivered { link: self.link, row: self.row, to: ack.to, digest: ack.digest, entries })
    }

    /// Forgets what was persisted: from now on the store says what the reader holds.
    pub fn forget(&mut self, delivered: &Delivered) {
        for said in &delivered.entries {
            if self.overlay.get(&said.record).is_some_and(|(to, _)| *to <= delivered.to) {
                self.overlay.remove(&said.record);
            }
        }
    }
}

/// Makes an acknowledgement durable.
pub fn persist(tx: &Tx<'_>, delivered: &Delivered) -> Result<(), Fault> {
    let Some(link) = links::find(tx, delivered.link)? else { return Ok(()) };
    if delivered.to <= link.cursor {
        return Ok(());
    }
    links::set_cursor(tx, delivered.row, delivered.to, delivered.digest)?;
    for said in &delivered.entries {
        log::held(tx, delivered.row, said.record, said.version, said.sequence)?;
    }
    removal::settle_parts(tx, &links::load(tx, delivered.link)?)?;
    tx.ring(Ring::Delivered(link.link));
    Ok(())
}

/// A reader of `office` says how far it got: decides where sending starts.
pub fn resume(tx: &Tx<'_>, office: OfficeId, resume: &Resume) -> Result<Start, Fault> {
    let Some(link) = owned(tx, office, resume.link)? else { return not_live(tx, resume.link) };
    let epoch = office::load(tx)?.epoch;
    if resume.epoch.is_none() && link.cursor != 0 {
        // The reader holds nothing, whatever it once had: everything is sent again.
        log::forget_held(tx, link.row)?;
        links::set_cursor(tx, link.row, 0, SetDigest::EMPTY)?;
        let link = links::load(tx, link.link)?;
        return Ok(Start::Send(Box::new(Sending::new(&link, epoch))));
    }
    let same_life = resume.epoch.is_none_or(|reader| reader == epoch);
    if same_life && resume.cursor == link.cursor && resume.digest == link.digest {
        return Ok(Start::Send(Box::new(Sending::new(&link, epoch))));
    }
    if same_life && resume.cursor > link.cursor && resume.cursor <= link.head {
        return adopt(tx, &link, resume, epoch);
    }
    Ok(Start::AskInventory)
}

fn not_live(view: &View<'_>, link: LinkId) -> Result<Start, Fault> {
    let state = links::find(view, link)?.map(|link| link.state);
    Ok(if state == Some(LinkState::Waiting) || state == Some(LinkState::Active { frozen: true }) { Start::NotYet } else { Start::Gone })
}

fn owned(view: &View<'_>, office: OfficeId, link: LinkId) -> Result<Option<LinkRow>, Fault> {
    let Some(peer) = peers::find(view, office)?.filter(|peer| peer.standing == peers::Standing::Paired) else { return Ok(None) };
    let live = |link: &LinkRow| link.peer == peer.row && link.side == Side::Owner && link.state == LinkState::Active { frozen: false };
    Ok(links::find(view, link)?.filter(live))
}

/// The reader applied more than it could acknowledge: takes its word when the digest agrees with the log.
fn adopt(tx: &Tx<'_>, link: &LinkRow, resume: &Resume, epoch: Epoch) -> Result<Start, Fault> {
    let rows = log::all(tx, link.row)?;
    let mut digest = SetDigest::EMPTY;
    let mut changed = Vec::new();
    for row in &rows {
        let arrived = row.sequence > link.cursor && row.sequence <= resume.cursor;
        let holds = match (arrived, row.put) {
            (false, _) => row.held,
            (true, true) => row.present.as_ref().map(|(version, _)| *version),
            (true, false) => None,
        };
        if let Some(version) = holds {
            digest.add(&link.secret.item_hash(row.record, version));
        }
        if arrived {
            changed.push(Said { record: row.record, sequence: row.sequence, version: holds });
        }
    }
    if digest != resume.digest {
        return Ok(Start::AskInventory);
    }
    persist(tx, &Delivered { link: link.link, row: link.row, to: resume.cursor, digest, entries: changed })?;
    Ok(Start::Send(Box::new(Sending::new(&links::load(tx, link.link)?, epoch))))
}

/// A whole inventory of a reader has come: the log is set so that exactly what differs is sent. A reader that says it is absurdly far is
/// sent nothing: believed, it would use up the sequences of its log.
pub fn reconcile(tx: &Tx<'_>, office: OfficeId, link: LinkId, cursor: u64, holdings: &[Holding]) -> Result<Start, Fault> {
    let Some(link) = owned(tx, office, link)? else { return Ok(Start::Gone) };
    if cursor > link.head.saturating_add(limits::LOG_JUMP_MAX) {
        return Ok(Start::Gone);
    }
    let epoch = office::load(tx)?.epoch;
    let held: HashMap<RecordId, Version> = holdings.iter().map(|holding| (holding.record, holding.version)).collect();
    links::raise_head(tx, link.row, cursor)?;
    log::forget_gone(tx, link.row, cursor)?;
    let (mut put, mut withdraw) = (Vec::new(), Vec::new());
    let mut digest = SetDigest::EMPTY;
    let rows = log::all(tx, link.row)?;
    for row in &rows {
        let holds = held.get(&row.record).copied();
        note_holding(tx, &link, row, holds, cursor)?;
        let present = row.present.as_ref().filter(|_| row.put).map(|(version, _)| *version);
        match (present, holds) {
            // It is sent anyway.
            _ if row.sequence > cursor => {}
            (Some(present), holds) if holds != Some(present) => put.push(row.record),
            (None, Some(_)) => withdraw.push(row.record),
            _ => {}
        }
    }
    let known: std::collections::HashSet<RecordId> = rows.iter().map(|row| row.record).collect();
    withdraw.extend(holdings.iter().map(|holding| holding.record).filter(|record| !known.contains(record)));
    for holding in holdings {
        digest.add(&link.secret.item_hash(holding.record, holding.version));
    }
    let link = links::load(tx, link.link)?;
    log::set(tx, &link, &put, true)?;
    if !withdraw.is_empty() {
        let upto = log::set(tx, &link, &withdraw, false)?;
        removals::ask(tx, link.link, upto, epoch.counter, Side::Owner, withdraw.len() as u64)?;
    }
    for holding in holdings.iter().filter(|holding| !known.contains(&holding.record)) {
        log::held(tx, link.row, holding.record, Some(holding.version), cursor)?;
    }
    links::set_cursor(tx, link.row, cursor, digest)?;
    let link = links::load(tx, link.link)?;
    removal::settle_parts(tx, &link)?;
    tx.ring(Ring::Link(link.link));
    Ok(Start::Send(Box::new(Sending::new(&link, epoch))))
}

/// Notes what a reader's inventory says of a record. What is not there any more was withdrawn only if the reader has come past its
/// withdrawal; else it was lost, and no receipt will name it.
fn note_holding(tx: &Tx<'_>, link: &LinkRow, row: &LogRow, holds: Option<Version>, cursor: u64) -> Result<(), Fault> {
    match (row.held, holds) {
        (held, holds) if held == holds => {}
        (Some(_), None) if row.put || row.sequence > cursor => log::not_held(tx, link.row, row.record)?,
        _ => log::held(tx, link.row, row.record, holds, row.sequence)?,
    }
    Ok(())
}
