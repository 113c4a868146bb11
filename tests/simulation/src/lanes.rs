//! The data lane of a session: logs as batches and their acknowledgements on one side, copies applied on the other.

use std::collections::{BTreeMap, VecDeque};

use interoffice_core::actions::copies::{self, Arriving};
use interoffice_core::actions::outbound::{self, Acked, Next, Sending, Start};
use interoffice_core::store::received::{Applied, Progress};
use interoffice_core::store::{Fault, Ring, Rings, StoreFault, links};
use interoffice_oracle::{Event, Token};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::limits;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::{Batch, BatchAck, Change, Gone, Holding, Inventory, InventoryAsk, Message, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::wire::codec;

use crate::office::Office;
use crate::session::{Follow, Session};
use crate::sometimes;

/// A link whose batches are not acknowledged for so long is asked about (milliseconds).
const STALLED_MS: i64 = 30_000;
/// A link whose file could not be written is left alone for so long (milliseconds).
const ASIDE_MS: i64 = 10_000;

struct Course {
    sending: Sending,
    moved_ms: i64,
}

struct Asked {
    index: u32,
    holdings: Vec<Holding>,
    since_ms: i64,
}

/// What a session remembers of its data lane.
#[derive(Default)]
pub(crate) struct DataLane {
    /// What is to be written before any batch.
    pub(crate) small: VecDeque<Message>,
    courses: BTreeMap<LinkId, Course>,
    due: VecDeque<LinkId>,
    asked: BTreeMap<LinkId, Asked>,
    aside: BTreeMap<LinkId, i64>,
}

impl DataLane {
    /// Whether something may be written.
    pub(crate) fn has_work(&self) -> bool {
        !self.small.is_empty() || !self.due.is_empty()
    }

    /// Forgets everything that was on a stream that is reset.
    pub(crate) fn restart(&mut self) {
        self.courses.clear();
        self.due.clear();
        self.small.clear();
    }

    fn make_due(&mut self, link: LinkId) {
        if !self.due.contains(&link) {
            self.due.push_back(link);
        }
    }
}

impl Session {
    /// Acts on commits of this office that concern links.
    pub(crate) fn hear_bell(&mut self, me: &mut Office, rings: &Rings) -> Result<Follow, Fault> {
        if !self.paired {
            return Ok(Follow::Nothing);
        }
        let mut follow = Follow::Nothing;
        for ring in rings {
            match ring {
                Ring::Link(link) => {
                    self.look_at(me, *link)?;
                    let office = self.office;
                    if me.read(|view| outbound::receiving_links(view, office))?.contains(link) {
                        self.resume_link(me, *link)?;
                    }
                }
                Ring::Removal(link) if self.stop_if_over(me, *link)? => follow = Follow::Reset,
                _ => {}
            }
        }
        self.pay_debts(me)?;
        Ok(follow)
    }

    /// A link of ours that is being sent may have more; one that has just become Active starts.
    fn look_at(&mut self, me: &mut Office, link: LinkId) -> Result<(), Fault> {
        if let Some(course) = self.data.courses.get(&link) {
            if course.sending.in_flight() < limits::BATCHES_IN_FLIGHT {
                self.data.make_due(link);
            }
            return Ok(());
        }
        let office = self.office;
        let fresh = me.read(|view| {
            let live =
                |row: &links::LinkRow| row.side == Side::Owner && row.state == LinkState::Active { frozen: false } && row.cursor == 0;
            Ok(links::find(view, link)?.is_some_and(|row| live(&row)) && outbound::sending_links(view, office)?.contains(&link))
        })?;
        if fresh && !self.data.asked.contains_key(&link) {
            self.resume(me, &Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY })?;
        }
        Ok(())
    }

    fn stop_if_over(&mut self, me: &Office, link: LinkId) -> Result<bool, Fault> {
        if !self.data.courses.contains_key(&link) || me.read(|view| outbound::is_live(view, link))? {
            return Ok(false);
        }
        Ok(self.stop(link))
    }

    /// Stops sending a link; says whether the stream must be reset for it.
    fn stop(&mut self, link: LinkId) -> bool {
        let in_flight = self.data.courses.remove(&link).is_some_and(|course| course.sending.in_flight() > 0);
        if in_flight {
            sometimes!("a link ended with batches in flight");
            self.data.courses.clear();
            self.data.due.clear();
        }
        in_flight
    }

    /// The next message of the data lane.
    pub(crate) fn next_data(&mut self, me: &Office) -> Result<(Option<Message>, Follow), Fault> {
        if let Some(message) = self.data.small.pop_front() {
            return Ok((Some(message), Follow::Nothing));
        }
        while let Some(link) = self.data.due.pop_front() {
            let Some(course) = self.data.courses.get_mut(&link) else { continue };
            if course.sending.in_flight() >= limits::BATCHES_IN_FLIGHT {
                sometimes!("the window of a link was full");
                continue;
            }
            if course.sending.in_flight() == 0 {
                course.moved_ms = me.true_ms;
            }
            match me.read(|view| course.sending.next(view))? {
                Next::Batch(frame) => {
                    self.data.due.push_back(link);
                    let batch = Message::from_frame(&frame).ok().flatten();
                    return Ok((batch, Follow::Nothing));
                }
                Next::Nothing => {}
                Next::Gone => {
                    let follow = if self.stop(link) { Follow::Reset } else { Follow::Nothing };
                    return Ok((None, follow));
                }
            }
        }
        Ok((None, Follow::Nothing))
    }

    /// Takes a message of the data lane.
    pub(crate) fn hear_data(&mut self, me: &mut Office, message: Message) -> Result<Follow, Fault> {
        if !self.paired {
            return Ok(Follow::Nothing);
        }
        match message {
            Message::Batch(batch) => return self.batch(me, batch),
            Message::InventoryAsk(InventoryAsk { link }) => return self.list(me, link),
            Message::Resume(resume) => self.resume(me, &resume)?,
            Message::BatchAck(ack) => self.acked(me, &ack)?,
            Message::Inventory(inventory) => self.inventory(me, inventory)?,
            Message::Gone(Gone { link }) => {
                sometimes!("a sender was told that a link is gone");
                self.data.courses.remove(&link);
                self.data.asked.remove(&link);
            }
            Message::Proposal(_) | Message::ProposalAnswer(_) => {}
            _ => return Ok(Follow::Judge(Misbehaviour::WrongLane)),
        }
        Ok(Follow::Nothing)
    }

    fn resume(&mut self, me: &mut Office, resume: &Resume) -> Result<(), Fault> {
        let (office, link) = (self.office, resume.link);
        self.data.courses.remove(&link);
        let start = me.write(|tx| outbound::resume(tx, office, resume))?;
        self.start(me, link, start);
        Ok(())
    }

    fn start(&mut self, me: &Office, link: LinkId, start: Start) {
        match start {
            Start::Send(sending) => {
                self.data.asked.remove(&link);
                self.data.courses.insert(link, Course { sending: *sending, moved_ms: me.true_ms });
                self.data.make_due(link);
            }
            Start::AskInventory => self.ask(me, link),
            Start::NotYet => sometimes!("a reader was there before its acceptance"),
            Start::Gone => self.data.small.push_back(Gone { link }.into()),
        }
    }

    fn ask(&mut self, me: &Office, link: LinkId) {
        sometimes!("a reader was asked what it holds");
        self.data.courses.remove(&link);
        self.data.asked.insert(link, Asked { index: 0, holdings: Vec::new(), since_ms: me.true_ms });
        self.data.small.push_back(InventoryAsk { link }.into());
    }

    fn acked(&mut self, me: &mut Office, ack: &BatchAck) -> Result<(), Fault> {
        let Some(course) = self.data.courses.get_mut(&ack.link) else { return Ok(()) };
        match course.sending.acked(ack) {
            Acked::Persist(delivered) => {
                course.moved_ms = me.true_ms;
                me.write(|tx| outbound::persist(tx, &delivered))?;
                course.sending.forget(&delivered);
                self.data.make_due(ack.link);
            }
            Acked::Differs => {
                sometimes!("a digest differed");
                self.ask(me, ack.link);
            }
            Acked::Unknown => {}
        }
        Ok(())
    }

    fn inventory(&mut self, me: &mut Office, inventory: Inventory) -> Result<(), Fault> {
        let (office, link) = (self.office, inventory.link);
        let Some(asked) = self.data.asked.get_mut(&link).filter(|asked| asked.index == inventory.index) else { return Ok(()) };
        asked.index += 1;
        asked.since_ms = me.true_ms;
        asked.holdings.extend(inventory.holdings);
        if !inventory.last {
            return Ok(());
        }
        let holdings = self.data.asked.remove(&link).map(|asked| asked.holdings).unwrap_or_default();
        let start = me.write(|tx| outbound::reconcile(tx, office, link, inventory.cursor, &holdings))?;
        self.start(me, link, start);
        Ok(())
    }

    /// Asks those that have been silent, and takes up links that were set aside.
    fn pay_debts(&mut self, me: &Office) -> Result<(), Fault> {
        let now = me.true_ms;
        let silent = |course: &Course| course.sending.in_flight() > 0 && now - course.moved_ms > STALLED_MS;
        let stalled: Vec<LinkId> = self.data.courses.iter().filter(|(_, course)| silent(course)).map(|(link, _)| *link).collect();
        let unanswered: Vec<LinkId> =
            self.data.asked.iter().filter(|(_, asked)| now - asked.since_ms > STALLED_MS).map(|(link, _)| *link).collect();
        for link in stalled.into_iter().chain(unanswered) {
            self.ask(me, link);
        }
        let over: Vec<LinkId> = self.data.aside.iter().filter(|(_, since)| now - **since > ASIDE_MS).map(|(link, _)| *link).collect();
        for link in over {
            self.data.aside.remove(&link);
            self.resume_link(me, link)?;
        }
        Ok(())
    }

    /// Tells the other side how far every link has come.
    pub(crate) fn resume_all(&mut self, me: &Office) -> Result<(), Fault> {
        if !self.paired {
            return Ok(());
        }
        let office = self.office;
        for link in me.read(|view| outbound::receiving_links(view, office))? {
            self.resume_link(me, link)?;
        }
        Ok(())
    }

    fn resume_link(&mut self, me: &Office, link: LinkId) -> Result<(), Fault> {
        let progress = me.files.progress(link)?;
        self.where_we_are(link, &progress);
        Ok(())
    }

    fn where_we_are(&mut self, link: LinkId, progress: &Progress) {
        let cursor = progress.cursor;
        self.data.small.push_back(Resume { link, epoch: cursor.epoch, cursor: cursor.sequence, digest: progress.digest }.into());
    }

    /// The link, when this office reads it from the other.
    fn readable(&mut self, me: &Office, link: LinkId) -> Result<Result<links::LinkRow, Follow>, Fault> {
        match me.read(|view| copies::arriving(view, self.office, link))? {
            Arriving::Taken(row) => Ok(Ok(*row)),
            Arriving::Gone => {
                self.data.small.push_back(Gone { link }.into());
                Ok(Err(Follow::Nothing))
            }
            Arriving::Foreign => Ok(Err(Follow::Judge(Misbehaviour::BatchForForeignLink))),
        }
    }

    fn batch(&mut self, me: &mut Office, batch: Batch) -> Result<Follow, Fault> {
        let link = batch.link;
        if self.data.aside.contains_key(&link) {
            return Ok(Follow::Nothing);
        }
        let row = match self.readable(me, link)? {
            Ok(row) => row,
            Err(follow) => {
                sometimes!("a batch met a link that is not Active here");
                return Ok(follow);
            }
        };
        let before = me.files.progress(link)?;
        let applied = match me.files.apply(link, &row.secret, std::slice::from_ref(&batch), me.wall_ms()) {
            Err(StoreFault::DiskFull) => {
                let tokens = Token::all_in(&codec::encode(&batch));
                self.told.push(Event::Interrupted { at: self.me, link: link.0, tokens });
                self.data.aside.insert(link, me.true_ms);
                return Ok(Follow::Nothing);
            }
            applied => applied?,
        };
        match applied {
            None => self.data.small.push_back(Gone { link }.into()),
            Some(Applied::Gap(progress)) => {
                sometimes!("a batch left a gap");
                self.where_we_are(link, &progress);
            }
            Some(Applied::Durable { progress, withdrawn }) => {
                if let Some(epoch) = progress.cursor.epoch {
                    let to = progress.cursor.sequence;
                    self.data.small.push_back(BatchAck { link, epoch, to, digest: progress.digest }.into());
                }
                if progress.cursor.sequence < batch.to {
                    self.where_we_are(link, &progress);
                }
                if withdrawn > 0 {
                    me.ring(Ring::Removal(link));
                }
                if progress.cursor != before.cursor {
                    self.told.push(applied_event(self.me, &batch));
                }
            }
        }
        Ok(Follow::Nothing)
    }

    fn list(&mut self, me: &Office, link: LinkId) -> Result<Follow, Fault> {
        if let Err(follow) = self.readable(me, link)? {
            return Ok(follow);
        }
        let cursor = me.files.progress(link)?.cursor.sequence;
        let (mut after, mut index) = (None, 0);
        loop {
            let holdings = me.files.holdings(link, after, limits::LIST_CHUNK_ENTRIES)?;
            after = holdings.last().map(|holding| holding.record);
            let last = holdings.len() < limits::LIST_CHUNK_ENTRIES;
            self.data.small.push_back(Inventory { link, index, last, holdings, cursor }.into());
            if last {
                return Ok(Follow::Nothing);
            }
            index += 1;
        }
    }
}

fn applied_event(at: usize, batch: &Batch) -> Event {
    let (mut puts, mut withdrawn) = (Vec::new(), Vec::new());
    for entry in &batch.entries {
        match &entry.change {
            Change::Put { record, .. } => puts.push((entry.record.0, Token::all_in(&codec::encode(record)))),
            Change::Withdraw => withdrawn.push(entry.record.0),
        }
    }
    Event::Applied { at, link: batch.link.0, puts, withdrawn }
}
