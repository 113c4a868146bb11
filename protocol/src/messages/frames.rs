//! Batches from records that are already in wire form, so that sending what the store holds needs no decoding.

use super::MESSAGE_VERSION;
use crate::digest::SetDigest;
use crate::epoch::{Epoch, Version};
use crate::ids::{LinkId, RecordId};
use crate::wire::codec;
use crate::wire::frame::{Frame, FrameKind};

/// One change of a link's log, its record already encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RawChange {
    /// The record as the scope shows it.
    Put {
        /// Its version.
        version: Version,
        /// [`codec::encode`] of its [`crate::record::Record`].
        record: Vec<u8>,
    },
    /// The record is no longer shared.
    Withdraw,
}

/// Position of [`super::Change::Put`] in its enum, as the codec writes it.
const PUT: u32 = 0;
/// Position of [`super::Change::Withdraw`].
const WITHDRAW: u32 = 1;

/// The frame of the [`super::Batch`] with these parts; the same bytes as the typed batch gives.
///
/// The codec writes a struct as its fields one after the other and a list as its length and elements, so records in wire form
/// can stand where they would be written. The caller keeps the bounds of [`super::Batch::check`] and that `record` is the encoding of a
/// record: bytes that are none are refused by who receives them.
pub fn encode_batch(link: LinkId, epoch: Epoch, from: u64, to: u64, entries: &[(RecordId, RawChange)], digest_after: SetDigest) -> Frame {
    let records: usize = entries.iter().map(|(_, change)| if let RawChange::Put { record, .. } = change { record.len() } else { 0 }).sum();
    let mut body = codec::encode(&(link, epoch, from, to, entries.len() as u64));
    body.reserve(records + entries.len() * ENTRY_OVERHEAD_BYTES + SetDigest::EMPTY.0.len());
    for (id, change) in entries {
        match change {
            RawChange::Put { version, record } => {
                codec::append(&(id, PUT, version), &mut body);
                body.extend_from_slice(record);
            }
            RawChange::Withdraw => codec::append(&(id, WITHDRAW), &mut body),
        }
    }
    codec::append(&digest_after, &mut body);
    Frame { kind: FrameKind::Batch as u8, version: MESSAGE_VERSION, body }
}

/// What an entry takes besides its record, at most: id, position, and two numbers of nine bytes.
const ENTRY_OVERHEAD_BYTES: usize = RecordId::LEN + 1 + 2 * 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_no_more_besides_its_record_than_is_reserved() {
        let most = codec::encode(&(RecordId([255; 16]), PUT, Version { epoch: u64::MAX, counter: u64::MAX }));
        assert_eq!(most.len(), ENTRY_OVERHEAD_BYTES);
    }
}
