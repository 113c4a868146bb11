//! A link's log and the reader's cursor, as rules: what follows on what, and when a batch may be applied.

use crate::epoch::Epoch;
use crate::messages::Batch;
use crate::seeded::{Bug, planted};

/// How far a reader got with a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Epoch of the last applied batch, `None` before the first.
    pub epoch: Option<Epoch>,
    /// Its last sequence, 0 before the first.
    pub sequence: u64,
}

/// What a reader does with a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// It follows on the cursor: apply it.
    Next,
    /// All of it was applied before: acknowledge again, change nothing.
    Old,
    /// It leaves a gap, or comes from an epoch the reader did not agree to resume in: say where we are.
    Gap,
}

impl Cursor {
    /// Before the first batch.
    pub const START: Self = Self { epoch: None, sequence: 0 };

    /// How `batch` relates to what was applied.
    ///
    /// A batch of a newer epoch fits only where the reader stands: an owner that came back from a backup asks what the reader holds
    /// and goes on from there. One of an older epoch, or of another epoch with an equal counter, never fits.
    pub fn fit(&self, batch: &Batch) -> Fit {
        let same = self.epoch.is_none_or(|epoch| epoch == batch.epoch);
        let newer = self.epoch.is_some_and(|epoch| batch.epoch.counter > epoch.counter);
        match () {
            () if same && batch.from == self.sequence => Fit::Next,
            () if same && batch.to <= self.sequence => Fit::Old,
            () if same && batch.from > self.sequence && planted(Bug::GapApplied) => Fit::Next,
            () if newer && batch.from == self.sequence => Fit::Next,
            () => Fit::Gap,
        }
    }
}
