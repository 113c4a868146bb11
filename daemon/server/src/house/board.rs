//! The board on which chores write how they are, for everyone to read.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How one chore is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct ChoreState {
    /// Its name.
    pub(crate) name: &'static str,
    /// In a word: waiting, running, failed.
    pub(crate) state: &'static str,
    /// What the last run did or why it failed, in words; empty for who is no administrator.
    pub(crate) last: String,
    /// Runs since the start of the daemon.
    pub(crate) runs: u64,
    /// Runs that failed since the last one that did not.
    pub(crate) failures: u64,
    /// End of the last run (milliseconds since 1970, UTC).
    pub(crate) last_ms: Option<i64>,
    /// When the next run is due at the latest (milliseconds since 1970, UTC).
    pub(crate) next_ms: Option<i64>,
}

/// The states of all chores.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<BTreeMap<&'static str, ChoreState>>);

impl Board {
    /// Changes the entry of the chore `name`.
    pub(crate) fn note(&self, name: &'static str, change: impl FnOnce(&mut ChoreState)) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = board.entry(name).or_insert_with(|| ChoreState { name, state: "waiting", ..ChoreState::default() });
        change(state);
    }

    /// All entries by name.
    pub(crate) fn all(&self) -> Vec<ChoreState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
