//! One end of a connection between the two offices: control and data in one order, every step of it allowed to fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use interoffice_core::actions::outbound::{Acked, Next, Sending, Start};
use interoffice_core::actions::{inbound, outbound, removal};
use interoffice_core::store::links;
use interoffice_core::store::received::{Applied, Progress};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Answer, Batch, BatchAck, Gone, Holding, Inventory, InventoryAsk, Message, Outcome, Ping, Resume};

use super::office::{End, Office, Stop};

/// Statements and chunks read from the outbox at a time.
const AT_ONCE: usize = 1_000;

/// What an end of a connection remembers while it stands.
#[derive(Default)]
pub(crate) struct Session {
    next_statement: u64,
    chunk: i64,
    probes: BTreeMap<Nonce, Vec<StatementHash>>,
    sending: BTreeMap<LinkId, Sending>,
    resumed: BTreeSet<LinkId>,
    too_early: BTreeSet<LinkId>,
    inventories: BTreeMap<LinkId, Vec<Holding>>,
}

impl Session {
    /// What `me` has to say to `peer` now that it has not said yet.
    pub(crate) fn speak(&mut self, me: &mut Office, peer: OfficeId) -> End<VecDeque<Message>> {
        let mut said = VecDeque::new();
        let from = self.next_statement;
        for (sequence, signed) in me.read(|view| outbound::waiting_statements(view, peer, from, AT_ONCE))? {
            self.next_statement = sequence + 1;
            said.push_back(Message::Statement(signed));
        }
        self.lists(me, peer, &mut said)?;
        for link in me.read(|view| outbound::receiving_links(view, peer))? {
            if self.resumed.insert(link) {
                said.push_back(where_we_are(link, &me.look(|files| files.progress(link))?));
            }
        }
        for link in me.read(|view| outbound::sending_links(view, peer))? {
            if self.too_early.remove(&link) {
                let resume = Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY };
                let start = me.write(|tx| outbound::resume(tx, peer, &resume))?;
                said.extend(self.start(link, start));
            }
        }
        let mut gone = Vec::new();
        for (link, sending) in &mut self.sending {
            if send(me, sending, &mut said)? {
                gone.push(*link);
            }
        }
        for link in gone {
            self.sending.remove(&link);
        }
        Ok(said)
    }

    fn lists(&mut self, me: &mut Office, peer: OfficeId, said: &mut VecDeque<Message>) -> End<()> {
        let after = self.chunk;
        let chunks = me.read(|view| outbound::waiting_chunks(view, peer, after, AT_ONCE))?;
        let Some((last, _)) = chunks.last() else { return Ok(()) };
        self.chunk = *last;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&last.to_be_bytes());
        let nonce = Nonce(nonce);
        self.probes.insert(nonce, chunks.iter().map(|(_, chunk)| chunk.statement).collect());
        said.extend(chunks.into_iter().map(|(_, chunk)| chunk.into()));
        said.push_back(Ping { nonce, answer: false }.into());
        Ok(())
    }

    /// Takes a message from `peer` and gives the answers.
    pub(crate) fn hear(&mut self, me: &mut Office, peer: OfficeId, message: Message) -> End<Vec<Message>> {
        let answers = match message {
            Message::Statement(signed) => {
                let statement = signed.hash();
                let heard = me.write(|tx| inbound::statement(tx, peer, signed.clone()))?;
                honest(heard.misbehaviour)?;
                vec![Answer { statement, outcome: heard.outcome }.into()]
            }
            Message::Answer(answer) => {
                me.write(|tx| inbound::answer(tx, peer, &answer))?;
                if let Outcome::Gap { expected } = answer.outcome {
                    self.next_statement = self.next_statement.min(expected);
                }
                Vec::new()
            }
            Message::Ping(Ping { nonce, answer: false }) => vec![Ping { nonce, answer: true }.into()],
            Message::Ping(Ping { nonce, answer: true }) => {
                for receipt in self.probes.remove(&nonce).unwrap_or_default() {
                    me.write(|tx| outbound::chunks_had(tx, receipt))?;
                }
                Vec::new()
            }
            Message::ListChunk(chunk) => {
                honest(me.write(|tx| removal::list_chunk(tx, peer, &chunk))?)?;
                Vec::new()
            }
            Message::Resume(resume) => {
                let start = me.write(|tx| outbound::resume(tx, peer, &resume))?;
                self.start(resume.link, start)
            }
            Message::Batch(batch) => apply(me, peer, batch)?,
            Message::BatchAck(ack) => self.acked(me, &ack)?,
            Message::Gone(Gone { link }) => {
                self.sending.remove(&link);
                Vec::new()
            }
            Message::InventoryAsk(InventoryAsk { link }) => inventory(me, link)?,
            Message::Inventory(inventory) => self.inventory(me, peer, inventory)?,
            other => return Err(Stop::Wrong(format!("nobody here says {other:?}"))),
        };
        Ok(answers)
    }

    fn start(&mut self, link: LinkId, start: Start) -> Vec<Message> {
        self.sending.remove(&link);
        match start {
            Start::Send(sending) => {
                self.sending.insert(link, *sending);
                Vec::new()
            }
            Start::AskInventory => {
                self.inventories.insert(link, Vec::new());
                vec![InventoryAsk { link }.into()]
            }
            Start::NotYet => {
                self.too_early.insert(link);
                Vec::new()
            }
            Start::Gone => vec![Gone { link }.into()],
        }
    }

    fn acked(&mut self, me: &mut Office, ack: &BatchAck) -> End<Vec<Message>> {
        let Some(sending) = self.sending.get_mut(&ack.link) else { return Ok(Vec::new()) };
        match sending.acked(ack) {
            Acked::Persist(delivered) => {
                me.write(|tx| outbound::persist(tx, &delivered))?;
                sending.forget(&delivered);
                Ok(Vec::new())
            }
            Acked::Differs => Ok(self.start(ack.link, Start::AskInventory)),
            Acked::Unknown => Ok(Vec::new()),
        }
    }

    fn inventory(&mut self, me: &mut Office, peer: OfficeId, inventory: Inventory) -> End<Vec<Message>> {
        let link = inventory.link;
        let Some(holdings) = self.inventories.get_mut(&link) else { return Ok(Vec::new()) };
        holdings.extend(inventory.holdings);
        if !inventory.last {
            return Ok(Vec::new());
        }
        let holdings = self.inventories.remove(&link).unwrap_or_default();
        let start = me.write(|tx| outbound::reconcile(tx, peer, link, inventory.cursor, &holdings))?;
        Ok(self.start(link, start))
    }
}

fn honest(found: Option<impl std::fmt::Debug>) -> End<()> {
    found.map_or(Ok(()), |found| Err(Stop::Wrong(format!("an honest office is found to do wrong: {found:?}"))))
}

/// Sends what a link has to send; says whether the link is gone.
fn send(me: &mut Office, sending: &mut Sending, said: &mut VecDeque<Message>) -> End<bool> {
    while sending.in_flight() < limits::BATCHES_IN_FLIGHT {
        match me.read(|view| sending.next(view))? {
            Next::Batch(frame) => match Message::from_frame(&frame) {
                Ok(Some(batch)) => said.push_back(batch),
                other => return Err(Stop::Wrong(format!("a batch does not decode: {other:?}"))),
            },
            Next::Nothing => return Ok(false),
            Next::Gone => return Ok(true),
        }
    }
    Ok(false)
}

fn apply(me: &mut Office, peer: OfficeId, batch: Batch) -> End<Vec<Message>> {
    let (link, epoch) = (batch.link, batch.epoch);
    if !me.read(|view| outbound::receiving_links(view, peer))?.contains(&link) {
        return Ok(vec![Gone { link }.into()]);
    }
    let secret = me.read(|view| Ok(links::load(view, link)?))?.secret;
    Ok(vec![match me.change(|files| files.apply(link, &secret, &[batch], 0))? {
        None => Gone { link }.into(),
        Some(Applied::Gap(progress)) => where_we_are(link, &progress),
        Some(Applied::Durable { progress, .. }) => BatchAck { link, epoch, to: progress.cursor.sequence, digest: progress.digest }.into(),
    }])
}

fn where_we_are(link: LinkId, progress: &Progress) -> Message {
    Resume { link, epoch: progress.cursor.epoch, cursor: progress.cursor.sequence, digest: progress.digest }.into()
}

fn inventory(me: &mut Office, link: LinkId) -> End<Vec<Message>> {
    let cursor = me.look(|files| files.progress(link))?.cursor.sequence;
    let holdings = me.look(|files| files.holdings(link, None, limits::LIST_CHUNK_ENTRIES))?;
    Ok(vec![Inventory { link, index: 0, last: true, holdings, cursor }.into()])
}
