//! Batches: read, cut down to what a scope shows, written anew from records in wire form, and applied to a link's file.

use interoffice_core::store::received::{Applied, CopyQuery, ReceivedFiles};
use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Batch, Change, MESSAGE_VERSION, Message, RawChange, encode_batch};
use interoffice_protocol::record::{Record, Scope};
use interoffice_protocol::wire::codec;
use interoffice_protocol::wire::frame::{Frame, FrameKind};

use crate::bytes::Bytes;
use crate::messages::read;
use crate::received::folder;

/// Fields and related items of a scope, then the body of a batch.
pub fn batch(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let scope = Scope { fields: u32::from_be_bytes(bytes.array()), related: bytes.byte(), documents: false };
    let frame = Frame { kind: FrameKind::Batch as u8, version: MESSAGE_VERSION, body: bytes.rest().to_vec() };
    let Some(Message::Batch(batch)) = read(&frame) else { return };
    assert!(batch.entries.len() <= limits::BATCH_ENTRIES && batch.to > batch.from);
    for entry in &batch.entries {
        if let Change::Put { record, .. } = &entry.change {
            narrowed(record, &scope);
        }
    }
    in_wire_form(&batch);
    applied(&batch);
}

/// A scope shows nothing but what it names, and looking twice shows no less.
fn narrowed(record: &Record, scope: &Scope) {
    let shown = record.within(scope);
    assert!(shown.properties.iter().all(|property| scope.shows_field(property.field) && record.properties.contains(property)));
    assert!(shown.related.iter().all(|item| scope.shows_related(item.kind) && record.related.contains(item)));
    assert!(shown.members.is_empty() || shown.members == record.members);
    assert_eq!(shown.within(scope), shown);
    assert_eq!(record.within(&Scope::everything()), *record);
    assert_eq!(shown.check(), Ok(()), "a part of a record that fits fits");
}

/// A batch from records that are already in wire form is the same batch.
fn in_wire_form(batch: &Batch) {
    let raw: Vec<_> = batch
        .entries
        .iter()
        .map(|entry| {
            let change = match &entry.change {
                Change::Put { version, record } => RawChange::Put { version: *version, record: codec::encode(record.as_ref()) },
                Change::Withdraw => RawChange::Withdraw,
            };
            (entry.record, change)
        })
        .collect();
    let frame = encode_batch(batch.link, batch.epoch, batch.from, batch.to, &raw, batch.digest_after);
    assert_eq!(frame, Message::from(batch.clone()).to_frame());
}

/// An empty file takes it when it is the first, and holds exactly what it put.
fn applied(batch: &Batch) {
    let folder = folder();
    let files = ReceivedFiles::open(folder.path().join("received")).expect("a folder for received files");
    let secret = LinkSecret::new([7; 32]);
    let outcome = files.apply(batch.link, &secret, std::slice::from_ref(batch), 1).expect("a batch is applied").expect("no link is denied");
    let rows = files.list(batch.link, &CopyQuery { limit: 1_000, ..CopyQuery::default() }).expect("copies are listed");
    let Applied::Durable { progress, withdrawn } = outcome else {
        assert_ne!(batch.from, 0, "the first batch of a log fits");
        assert!(rows.is_empty());
        return;
    };
    assert_eq!(batch.from, 0, "a batch that leaves a gap was taken");
    assert_eq!((progress.cursor.epoch, progress.cursor.sequence), (Some(batch.epoch), batch.to));
    assert_eq!((progress.count, rows.len()), (rows.len() as u64, rows.len()));
    assert!(withdrawn <= batch.entries.len() as u64);
    let mut digest = SetDigest::EMPTY;
    for row in &rows {
        let (version, record) = files.get(batch.link, row.record).expect("a copy is read").expect("a listed copy is there");
        let put = batch.entries.iter().rev().find(|entry| entry.record == row.record).expect("only what was put is there");
        assert_eq!(put.change, Change::Put { version, record: Box::new(record) }, "the last word counts");
        digest.add(&secret.item_hash(row.record, row.version));
    }
    assert_eq!(progress.digest, digest);
}
