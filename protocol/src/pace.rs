//! Pauses between attempts to reach a peer: exponential, with jitter, capped, and started over when the peer is heard from.

use crate::limits::{RETRY_FIRST_MS, RETRY_MAX_MS};

/// The state of retrying one peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    failures: u32,
}

impl Pace {
    /// No failure so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Attempts that failed since the peer was last heard from.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and says how long to wait (milliseconds) before the next attempt, at most [`RETRY_MAX_MS`].
    ///
    /// `random` is any number; it spreads the pause over its upper half, so that peers do not knock in step.
    pub fn failed(&mut self, random: u64) -> u64 {
        let whole = RETRY_FIRST_MS.saturating_mul(1u64 << self.failures.min(24)).min(RETRY_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        whole / 2 + random % (whole / 2 + 1)
    }

    /// The peer was heard from, in either direction: the next attempt comes at once.
    pub fn heard(&mut self) {
        self.failures = 0;
    }
}
