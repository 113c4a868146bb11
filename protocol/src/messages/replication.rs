//! What keeps copies alike: resuming, batches, acknowledgements, inventories.

use bincode::{Decode, Encode};

use crate::digest::SetDigest;
use crate::epoch::{Epoch, Version};
use crate::ids::{LinkId, RecordId};
use crate::limits::{self, OutOfBounds};
use crate::record::{Param, Property, Record, Related};
use crate::wire::codec;

/// A reader's office tells the owner's how far it got with a link, and asks for what follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Resume {
    /// The link.
    pub link: LinkId,
    /// Epoch of the last applied batch, `None` when nothing was applied.
    pub epoch: Option<Epoch>,
    /// Its last sequence.
    pub cursor: u64,
    /// Digest of everything held.
    pub digest: SetDigest,
}

/// One change of a link's log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Change {
    /// The record as the scope shows it.
    Put {
        /// Its version.
        version: Version,
        /// Its content.
        record: Box<Record>,
    },
    /// The record is no longer shared: the copy goes.
    Withdraw,
}

/// An entry of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Entry {
    /// Which record.
    pub record: RecordId,
    /// What happened to it.
    pub change: Change,
}

/// A run of a link's log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Batch {
    /// The link.
    pub link: LinkId,
    /// The owner's epoch.
    pub epoch: Epoch,
    /// The cursor it follows on.
    pub from: u64,
    /// The cursor after it; greater than `from`.
    pub to: u64,
    /// Changes in log order.
    pub entries: Vec<Entry>,
    /// Digest of everything the reader should hold after it.
    pub digest_after: SetDigest,
}

/// A batch was applied and is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct BatchAck {
    /// The link.
    pub link: LinkId,
    /// The batch's epoch.
    pub epoch: Epoch,
    /// The batch's `to`.
    pub to: u64,
    /// Digest of everything held now.
    pub digest: SetDigest,
}

/// The link has ended here, or never existed; whatever is still sent for it is discarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Gone {
    /// The link.
    pub link: LinkId,
}

/// What a reader holds of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Holding {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: Version,
}

/// The owner asks for an inventory since digests differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct InventoryAsk {
    /// The link.
    pub link: LinkId,
}

/// A part of a reader's inventory of a link.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Inventory {
    /// The link.
    pub link: LinkId,
    /// Which chunk, from 0.
    pub index: u32,
    /// Whether it is the last.
    pub last: bool,
    /// Holdings in record order.
    pub holdings: Vec<Holding>,
    /// Cursor at the time of the inventory.
    pub cursor: u64,
}

/// What a cursor is called in a refusal.
const CURSOR: &str = "a cursor";

impl Resume {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.epoch.iter().try_for_each(Epoch::check)?;
        limits::check_counter(self.cursor, CURSOR)
    }
}

impl BatchAck {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.epoch.check()?;
        limits::check_counter(self.to, CURSOR)
    }
}

impl Batch {
    /// Checks the bounds that decoding does not: a cursor that moves forward, the number of entries, and each record.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.epoch.check()?;
        limits::check_counter(self.to, CURSOR)?;
        if self.to <= self.from {
            return Err(OutOfBounds("the cursor after the batch"));
        }
        if self.entries.len() > limits::BATCH_ENTRIES {
            return Err(OutOfBounds("the list of entries"));
        }
        for entry in &self.entries {
            if let Change::Put { version, record } = &entry.change {
                version.check()?;
                record.check()?;
                if codec::encoded_len(record.as_ref()) > limits::RECORD_BYTES_MAX {
                    return Err(OutOfBounds("the length of a record"));
                }
            }
        }
        Ok(())
    }
}

impl Inventory {
    /// Checks the bounds that decoding does not: length, and one holding a record in ascending order.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        limits::check_counter(self.cursor, CURSOR)?;
        if self.holdings.len() > limits::LIST_CHUNK_ENTRIES {
            return Err(OutOfBounds("the list of holdings"));
        }
        if !self.holdings.is_sorted_by(|before, after| before.record < after.record) {
            return Err(OutOfBounds("the order of holdings"));
        }
        self.holdings.iter().try_for_each(|holding| holding.version.check())
    }
}

/// What the decoder reserves for the lists of one record and its batch before it has read them (bytes). It counts against
/// the same limit as the bytes read, so a frame must have that much room beyond the longest batch.
const RESERVED_BYTES: usize = limits::BATCH_ENTRIES * size_of::<Entry>()
    + limits::PARAMS_MAX * size_of::<Param>()
    + limits::PARAM_VALUES_MAX * size_of::<String>()
    + if limits::PROPERTIES_MAX * size_of::<Property>() > limits::RELATED_MAX * size_of::<Related>() {
        limits::PROPERTIES_MAX * size_of::<Property>()
    } else {
        limits::RELATED_MAX * size_of::<Related>()
    };
const _: () = assert!(
    limits::RECORD_BYTES_MAX + limits::BATCH_TARGET_BYTES + RESERVED_BYTES < limits::DATA_FRAME_BYTES,
    "the decoder must not refuse a batch that every other bound allows"
);
