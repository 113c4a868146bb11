//! What the other office sends on the data lane: where it is, acknowledgements, inventories, batches.

use interoffice_core::actions::outbound::{self, Acked, Next, Sending, Start};
use interoffice_core::store::received::Applied;
use interoffice_core::store::{links, log, records};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::limits::COUNTER_MAX;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::{Batch, BatchAck, Change, Entry, Holding, Message, Resume};
use interoffice_protocol::record::{FieldName, Property, Record, RecordKind};
use interoffice_protocol::wire::frame::Frame;

use super::Run;
use crate::bytes::Bytes;

impl Run<'_> {
    pub(super) fn the_peer_sends(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(8) {
            0 => self.resumes(bytes),
            1..=3 => self.takes(bytes),
            4 => self.inventory(bytes),
            _ => self.batch(bytes),
        }
    }

    /// The reader says where it is: mostly where the office believes it to be.
    fn resumes(&mut self, bytes: &mut Bytes<'_>) {
        let Some(row) = self.link(bytes) else { return };
        let mine = self.office.read(|view| Ok(interoffice_core::store::office::load(view)?)).epoch;
        let (mut epoch, mut cursor, mut digest) = ((row.cursor > 0).then_some(mine), row.cursor, row.digest);
        match bytes.below(8) {
            0 => epoch = None,
            1 => epoch = Some(Epoch { counter: bytes.number().min(COUNTER_MAX), identity: [1; 16] }),
            2 => cursor = bytes.number().min(COUNTER_MAX),
            3 => digest = SetDigest(bytes.array()),
            _ => {}
        }
        let resume = Resume { link: row.link, epoch, cursor, digest };
        assert_eq!(resume.check(), Ok(()));
        let peer = self.peer.id;
        let start = self.office.verb(|tx| outbound::resume(tx, peer, &resume)).expect("a link is resumed");
        self.start(row.link, start);
    }

    fn start(&mut self, link: LinkId, start: Start) {
        self.inventories.remove(&link);
        match start {
            Start::Send(sending) => {
                self.sending.insert(link, *sending);
            }
            Start::AskInventory => {
                self.sending.remove(&link);
                self.inventories.insert(link, Vec::new());
            }
            Start::NotYet | Start::Gone => {
                self.sending.remove(&link);
            }
        }
    }

    /// The office sends what it has, and the reader acknowledges it, or something else.
    fn takes(&mut self, bytes: &mut Bytes<'_>) {
        let mut links: Vec<LinkId> = self.sending.keys().copied().collect();
        links.sort();
        let Some(link) = bytes.pick(&links).copied() else { return self.resumes(bytes) };
        let Some(mut sending) = self.sending.remove(&link) else { return };
        let live = self.office.read(|view| Ok(links::load(view, link)?)).state == LinkState::Active { frozen: false };
        match self.office.read(|view| sending.next(view)) {
            Next::Batch(frame) => {
                assert!(live, "a batch was built for a link that is not active");
                let batch = self.looked_at(&frame, link);
                if bytes.rarely(6) {
                    // Lost, and acknowledged later or never.
                    self.sending.insert(link, sending);
                    return;
                }
                self.acknowledged(&batch, sending, bytes);
            }
            Next::Nothing => {
                self.sending.insert(link, sending);
            }
            Next::Gone => assert!(!self.office.read(|view| outbound::is_live(view, link))),
        }
    }

    /// Nothing leaves the office but shared records, cut down to what the scope shows.
    fn looked_at(&self, frame: &Frame, link: LinkId) -> Batch {
        let Ok(Some(Message::Batch(batch))) = Message::from_frame(frame) else { panic!("a batch of ours decodes") };
        self.office.read(|view| {
            let row = links::load(view, link)?;
            let shared = log::put_set(view, row.row)?;
            for entry in &batch.entries {
                let Change::Put { version, record } = &entry.change else { continue };
                assert!(shared.contains(&entry.record), "a record that is not shared was sent");
                let (present, body) = records::load_body(view, entry.record)?.expect("a record that is sent is there");
                assert_eq!((*version, record.as_ref()), (present, &body.within(&row.scope)), "the record as the scope shows it");
            }
            Ok(())
        });
        batch
    }

    fn acknowledged(&mut self, batch: &Batch, mut sending: Sending, bytes: &mut Bytes<'_>) {
        let (mut to, mut digest) = (batch.to, batch.digest_after);
        match bytes.below(12) {
            0 => to = bytes.number().min(COUNTER_MAX),
            1 => digest = SetDigest(bytes.array()),
            _ => {}
        }
        match sending.acked(&BatchAck { link: batch.link, epoch: batch.epoch, to, digest }) {
            Acked::Persist(delivered) => {
                assert_eq!(digest, batch.digest_after);
                self.office.verb(|tx| outbound::persist(tx, &delivered)).expect("an acknowledgement is kept");
                sending.forget(&delivered);
                self.sending.insert(batch.link, sending);
            }
            Acked::Differs => self.start(batch.link, Start::AskInventory),
            Acked::Unknown => {
                self.sending.insert(batch.link, sending);
            }
        }
    }

    fn inventory(&mut self, bytes: &mut Bytes<'_>) {
        let mut links: Vec<LinkId> = self.inventories.keys().copied().collect();
        links.sort();
        let Some(link) = bytes.pick(&links).copied() else { return };
        let mut holdings: Vec<Holding> = (0..bytes.below(5))
            .map(|_| {
                let known = bytes.pick(&self.records).copied().filter(|_| !bytes.rarely(6));
                let record = known.unwrap_or(RecordId([bytes.byte(); 16]));
                Holding { record, version: Version { epoch: 1, counter: 1 + bytes.number().min(COUNTER_MAX - 1) } }
            })
            .collect();
        holdings.sort();
        holdings.dedup_by_key(|holding| holding.record);
        let head = self.office.read(|view| Ok(links::load(view, link)?)).head;
        let cursor = if bytes.rarely(4) { bytes.number().min(COUNTER_MAX) } else { head };
        let peer = self.peer.id;
        let start = self.office.verb(|tx| outbound::reconcile(tx, peer, link, cursor, &holdings)).expect("an inventory is taken");
        self.start(link, start);
    }

    /// A batch for a link that the other office owns, or says to.
    fn batch(&mut self, bytes: &mut Bytes<'_>) {
        let Some(row) = self.link(bytes) else { return };
        let progress = self.files.progress(row.link).expect("progress is read");
        let epoch = if bytes.rarely(8) {
            Epoch { counter: u64::from(bytes.byte()), identity: [bytes.byte(); 16] }
        } else {
            progress.cursor.epoch.unwrap_or(Epoch { counter: 1, identity: [1; 16] })
        };
        let from = if bytes.rarely(8) { bytes.number().min(COUNTER_MAX - 16) } else { progress.cursor.sequence };
        let entries: Vec<Entry> = (0..bytes.below(4)).map(|_| entry(bytes)).collect();
        let batch = Batch { link: row.link, epoch, from, to: from + 1 + bytes.below(3) as u64, entries, digest_after: SetDigest::EMPTY };
        let peer = self.peer.id;
        // As the door does: only for a link that is read from this office and Active in a committed state.
        if !self.office.read(|view| outbound::receiving_links(view, peer)).contains(&row.link) {
            return;
        }
        assert!(matches!(row.state, LinkState::Active { .. }), "a link that is not active receives nothing");
        let applied = self.files.apply(row.link, &row.secret, &[batch], 1).expect("a batch is applied");
        if let Some(Applied::Durable { progress, .. }) = applied {
            assert_eq!(progress, self.files.progress(row.link).expect("progress is read"));
        }
    }
}

fn entry(bytes: &mut Bytes<'_>) -> Entry {
    let record = RecordId([bytes.below(5) as u8; 16]);
    if bytes.rarely(3) {
        return Entry { record, change: Change::Withdraw };
    }
    let property = Property { field: FieldName::Notes, name: "NOTE".into(), group: String::new(), params: vec![], value: "words".into() };
    let body =
        Record { kind: RecordKind::Contact, display_name: "Copy".into(), properties: vec![property], members: vec![], related: vec![] };
    Entry { record, change: Change::Put { version: Version { epoch: 1, counter: 1 + bytes.below(4) as u64 }, record: Box::new(body) } }
}
