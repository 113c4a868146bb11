//! How long the runner itself takes: the only place that looks at a real clock, and nothing in a run depends on it.
#![allow(clippy::disallowed_methods, reason = "this file measures the runner, not the world")]

use std::time::Instant;

/// Measures from when it was made.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
