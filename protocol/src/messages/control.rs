//! What travels beside statements on the control lane: answers, removal lists, probes, leases.

use bincode::{Decode, Encode};

use crate::epoch::Epoch;
use crate::ids::{LinkId, Nonce, RecordId, StatementHash, VersionId};
use crate::limits::{self, OutOfBounds};

/// What became of a statement at the other office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Outcome {
    /// Stored, now or earlier; says nothing about users or effects.
    Stored,
    /// Its sequence leaves a gap; send again from `expected`.
    Gap {
        /// The sequence that is waited for.
        expected: u64,
    },
    /// Its kind, version or a critical extension is not known here.
    Unsupported,
    /// It breaks a rule; sending it again will not help.
    Refused,
    /// Too many of its kind wait here; try again later.
    Later,
}

/// The answer to a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Answer {
    /// Which statement.
    pub statement: StatementHash,
    /// What became of it.
    pub outcome: Outcome,
}

/// One leaf of a removal list or an inventory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Leaf {
    /// The record.
    pub record: RecordId,
    /// Its version, as the link's secret shows it.
    pub version: VersionId,
}

/// A part of the list behind a Receipt or Hold.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct ListChunk {
    /// The Receipt or Hold.
    pub statement: StatementHash,
    /// Which chunk, from 0.
    pub index: u32,
    /// Leaves in record order.
    pub leaves: Vec<Leaf>,
}

/// "Are you there?", answered by the same with `answer` set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Ping {
    /// Echoed.
    pub nonce: Nonce,
    /// Whether this is the echo.
    pub answer: bool,
}

/// A reader asks for its leases to be renewed; they will run from when it sent this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct LeaseAsk {
    /// Fresh; the renewal echoes it.
    pub nonce: Nonce,
}

/// An owner's office renews the leases of the live links it has towards the asker.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Renewal {
    /// The asker's nonce.
    pub nonce: Nonce,
    /// The owner's epoch.
    pub epoch: Epoch,
    /// Links that are live at the owner's office and not frozen.
    pub links: Vec<LinkId>,
}

impl Answer {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        match self.outcome {
            Outcome::Gap { expected } => limits::check_counter(expected, "the sequence of a statement"),
            Outcome::Stored | Outcome::Unsupported | Outcome::Refused | Outcome::Later => Ok(()),
        }
    }
}

impl ListChunk {
    /// Checks the bounds that decoding does not: length, and one leaf a record in ascending order.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        if self.leaves.len() > limits::LIST_CHUNK_ENTRIES {
            return Err(OutOfBounds("the list of leaves"));
        }
        if !self.leaves.is_sorted_by(|before, after| before.record < after.record) {
            return Err(OutOfBounds("the order of leaves"));
        }
        Ok(())
    }
}

impl Renewal {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        if self.links.len() > limits::RENEWAL_LINKS { Err(OutOfBounds("the list of links")) } else { self.epoch.check() }
    }
}
