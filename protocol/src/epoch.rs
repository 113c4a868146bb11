//! Epochs and versions: what keeps an office that came back from a backup from speaking with its old voice.

use std::fmt;

use bincode::{Decode, Encode};

use crate::limits::{self, OutOfBounds};

/// One life of an office's database: a counter and 128 random bits, minted at the first run and after each restore.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Epoch {
    /// Exceeds every counter that the office or any peer ever reported.
    pub counter: u64,
    /// Tells two lives with equal counters apart.
    pub identity: [u8; 16],
}

impl Epoch {
    /// The epoch after the highest of `known`, with fresh random `identity`.
    pub fn after(known: impl IntoIterator<Item = Epoch>, identity: [u8; 16]) -> Epoch {
        let highest = known.into_iter().map(|epoch| epoch.counter).max().unwrap_or(0);
        Epoch { counter: highest.saturating_add(1), identity }
    }

    /// Refuses a counter beyond [`limits::COUNTER_MAX`].
    pub fn check(&self) -> Result<(), OutOfBounds> {
        limits::check_counter(self.counter, "the counter of an epoch")
    }

    /// Whether a peer may have heard `self` from an office whose own highest known epoch is `known`.
    ///
    /// A claim far above it is a lie or damage; believed, it would use up the counter and bar every later epoch.
    pub fn is_plausible_after(&self, known: Epoch) -> bool {
        self.counter <= known.counter.saturating_add(limits::EPOCH_JUMP_MAX)
    }
}

/// The version of a record at its home office; a later one compares greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Version {
    /// Counter of the epoch in which the version was written.
    pub epoch: u64,
    /// Counts the changes of the record, from 1.
    pub counter: u64,
}

impl Version {
    /// Refuses version 0, and counters beyond [`limits::COUNTER_MAX`].
    pub fn check(&self) -> Result<(), OutOfBounds> {
        const WHAT: &str = "the version of a record";
        limits::check_counter(self.epoch, WHAT)?;
        if self.counter == 0 { Err(OutOfBounds(WHAT)) } else { limits::check_counter(self.counter, WHAT) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.counter)
    }
}
