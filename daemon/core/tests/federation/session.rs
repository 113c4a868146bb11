//! One end of a connection: what an office says to another, and what it does with what it hears.

use std::collections::{HashMap, HashSet, VecDeque};

use interoffice_core::actions::outbound::{Acked, Next, Sending, Start};
use interoffice_core::actions::{inbound, outbound, removal};
use interoffice_core::store::links;
use interoffice_core::store::received::Applied;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Answer, Batch, BatchAck, Gone, Holding, Inventory, InventoryAsk, Message, Outcome, Ping, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::office::Office;

/// What an end of a connection remembers while it stands.
#[derive(Default)]
pub(crate) struct Session {
    /// The next statement to be said.
    next_statement: u64,
    /// The last chunk of a list that was said.
    chunk: i64,
    /// Probes behind chunks, with the receipts whose lists the other side has when they come back.
    probes: HashMap<Nonce, Vec<StatementHash>>,
    /// As owner: what is being sent.
    pub(crate) sending: HashMap<LinkId, Sending>,
    /// As reader: links for which this connection has said where we are.
    resumed: HashSet<LinkId>,
    /// As owner: links whose reader was there before its acceptance.
    too_early: HashSet<LinkId>,
    /// As owner: inventories that are still coming in.
    inventories: HashMap<LinkId, Vec<Holding>>,
    /// Links for which an inventory was asked, so that what was in flight is not judged.
    asked: HashSet<LinkId>,
    /// What the other side did wrong.
    pub(crate) misbehaviour: Vec<Misbehaviour>,
}

impl Session {
    /// What `me` has to say to `peer` now that it has not said yet.
    pub(crate) fn speak(&mut self, me: &mut Office, peer: OfficeId) -> VecDeque<Message> {
        let mut said = VecDeque::new();
        let waiting = me.read(|view| outbound::waiting_statements(view, peer, self.next_statement, 100));
        for (sequence, signed) in waiting {
            self.next_statement = sequence + 1;
            said.push_back(Message::Statement(signed));
        }
        self.lists(me, peer, &mut said);
        for link in me.read(|view| outbound::receiving_links(view, peer)) {
            if self.resumed.insert(link) {
                said.push_back(where_we_are(me, link));
            }
        }
        for link in me.read(|view| outbound::sending_links(view, peer)) {
            // The reader said where it is before this office knew of its acceptance.
            if self.too_early.remove(&link) {
                let resume = Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY };
                let start = me.write(|tx| outbound::resume(tx, peer, &resume)).expect("a link is started");
                said.extend(self.start(link, start));
            }
        }
        let gone: Vec<LinkId> =
            self.sending.iter_mut().filter_map(|(link, sending)| send(me, sending, &mut said).then_some(*link)).collect();
        for link in gone {
            self.sending.remove(&link);
        }
        said
    }

    fn lists(&mut self, me: &Office, peer: OfficeId, said: &mut VecDeque<Message>) {
        let chunks = me.read(|view| outbound::waiting_chunks(view, peer, self.chunk, 10_000));
        let Some((last, _)) = chunks.last() else { return };
        self.chunk = *last;
        let nonce = Nonce(last.to_be_bytes().repeat(2).try_into().expect("16 bytes"));
        self.probes.insert(nonce, chunks.iter().map(|(_, chunk)| chunk.statement).collect());
        said.extend(chunks.into_iter().map(|(_, chunk)| chunk.into()));
        said.push_back(Ping { nonce, answer: false }.into());
    }

    /// Takes a message from `peer` and gives the answers.
    pub(crate) fn hear(&mut self, me: &mut Office, peer: OfficeId, message: Message) -> Vec<Message> {
        match message {
            Message::Statement(signed) => {
                let statement = signed.hash();
                let heard = me.write(|tx| inbound::statement(tx, peer, signed.clone())).expect("a statement is heard");
                self.misbehaviour.extend(heard.misbehaviour);
                vec![Answer { statement, outcome: heard.outcome }.into()]
            }
            Message::Answer(answer) => {
                self.answered(me, peer, &answer);
                Vec::new()
            }
            Message::Ping(Ping { nonce, answer: false }) => vec![Ping { nonce, answer: true }.into()],
            Message::Ping(Ping { nonce, answer: true }) => {
                for receipt in self.probes.remove(&nonce).unwrap_or_default() {
                    me.write(|tx| outbound::chunks_had(tx, receipt)).expect("chunks are noted");
                }
                Vec::new()
            }
            Message::ListChunk(chunk) => {
                let wrong = me.write(|tx| removal::list_chunk(tx, peer, &chunk)).expect("a chunk is taken");
                self.misbehaviour.extend(wrong);
                Vec::new()
            }
            Message::Resume(resume) => {
                let start = me.write(|tx| outbound::resume(tx, peer, &resume)).expect("a link is resumed");
                self.start(resume.link, start)
            }
            Message::Batch(batch) => self.batch(me, peer, batch),
            Message::BatchAck(ack) => self.acked(me, &ack),
            Message::Gone(Gone { link }) => {
                self.sending.remove(&link);
                Vec::new()
            }
            Message::InventoryAsk(InventoryAsk { link }) => inventory(me, peer, link),
            Message::Inventory(inventory) => self.inventory(me, peer, inventory),
            other => panic!("no office of these tests says {other:?}"),
        }
    }

    fn answered(&mut self, me: &mut Office, peer: OfficeId, answer: &Answer) {
        me.write(|tx| inbound::answer(tx, peer, answer)).expect("an answer is taken");
        if let Outcome::Gap { expected } = answer.outcome {
            self.next_statement = self.next_statement.min(expected);
        }
    }

    fn start(&mut self, link: LinkId, start: Start) -> Vec<Message> {
        self.asked.remove(&link);
        self.inventories.remove(&link);
        match start {
            Start::Send(sending) => {
                self.sending.insert(link, *sending);
                Vec::new()
            }
            Start::AskInventory => self.ask(link),
            Start::NotYet => {
                self.too_early.insert(link);
                Vec::new()
            }
            Start::Gone => {
                self.sending.remove(&link);
                vec![Gone { link }.into()]
            }
        }
    }

    fn ask(&mut self, link: LinkId) -> Vec<Message> {
        self.sending.remove(&link);
        self.inventories.insert(link, Vec::new());
        if self.asked.insert(link) { vec![InventoryAsk { link }.into()] } else { Vec::new() }
    }

    fn batch(&mut self, me: &mut Office, peer: OfficeId, batch: Batch) -> Vec<Message> {
        let link = batch.link;
        if !me.read(|view| outbound::receiving_links(view, peer)).contains(&link) {
            return vec![Gone { link }.into()];
        }
        let secret = me.read(|view| Ok(links::load(view, link)?)).secret;
        let (epoch, batches) = (batch.epoch, [batch]);
        match me.file(link, |files| files.apply(link, &secret, &batches, me.now_ms)) {
            None => vec![Gone { link }.into()],
            Some(Applied::Gap(_)) => vec![where_we_are(me, link)],
            Some(Applied::Durable { progress, .. }) => {
                vec![BatchAck { link, epoch, to: progress.cursor.sequence, digest: progress.digest }.into()]
            }
        }
    }

    fn acked(&mut self, me: &mut Office, ack: &BatchAck) -> Vec<Message> {
        let Some(sending) = self.sending.get_mut(&ack.link) else { return Vec::new() };
        match sending.acked(ack) {
            Acked::Persist(delivered) => {
                me.write(|tx| outbound::persist(tx, &delivered)).expect("an acknowledgement is kept");
                sending.forget(&delivered);
                Vec::new()
            }
            Acked::Differs => self.ask(ack.link),
            Acked::Unknown => Vec::new(),
        }
    }

    fn inventory(&mut self, me: &mut Office, peer: OfficeId, inventory: Inventory) -> Vec<Message> {
        let link = inventory.link;
        let Some(holdings) = self.inventories.get_mut(&link) else { return Vec::new() };
        if inventory.index == 0 {
            holdings.clear();
        }
        holdings.extend(inventory.holdings);
        if !inventory.last {
            return Vec::new();
        }
        let holdings = std::mem::take(holdings);
        let start = me.write(|tx| outbound::reconcile(tx, peer, link, inventory.cursor, &holdings)).expect("an inventory is taken");
        self.start(link, start)
    }
}

/// Sends what a link has to send; says whether the link is gone.
fn send(me: &Office, sending: &mut Sending, said: &mut VecDeque<Message>) -> bool {
    while sending.in_flight() < limits::BATCHES_IN_FLIGHT {
        match me.read(|view| sending.next(view)) {
            Next::Batch(frame) => said.push_back(Message::from_frame(&frame).expect("a batch decodes").expect("a batch is known")),
            Next::Nothing => return false,
            Next::Gone => return true,
        }
    }
    false
}

fn where_we_are(me: &Office, link: LinkId) -> Message {
    let progress = me.file(link, |files| files.progress(link));
    Resume { link, epoch: progress.cursor.epoch, cursor: progress.cursor.sequence, digest: progress.digest }.into()
}

fn inventory(me: &Office, peer: OfficeId, link: LinkId) -> Vec<Message> {
    if !me.read(|view| outbound::receiving_links(view, peer)).contains(&link) {
        return vec![Gone { link }.into()];
    }
    let cursor = me.file(link, |files| files.progress(link)).cursor.sequence;
    let mut parts = Vec::new();
    let mut after = None;
    loop {
        let holdings = me.file(link, |files| files.holdings(link, after, limits::LIST_CHUNK_ENTRIES));
        after = holdings.last().map(|holding| holding.record);
        let last = holdings.len() < limits::LIST_CHUNK_ENTRIES;
        parts.push(Inventory { link, index: parts.len() as u32, last, holdings, cursor }.into());
        if last {
            return parts;
        }
    }
}
