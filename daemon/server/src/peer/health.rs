//! How the way to each office is, in words: what `status` and `peer list` show without asking anybody.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use interoffice_protocol::ids::OfficeId;

use crate::clock;
use crate::house::PeerState;

/// The states of all offices.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<HashMap<OfficeId, Entry>>);

#[derive(Clone, Debug)]
struct Entry {
    state: &'static str,
    reason: String,
    since_ms: i64,
    last_heard_ms: Option<i64>,
    next_attempt_ms: Option<i64>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, HashMap<OfficeId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state of `office`; `since_ms` moves only when the state's word changes.
    pub(super) fn set(&self, office: OfficeId, state: &'static str, reason: impl Into<String>) {
        let now_ms = clock::now_ms();
        let mut all = self.lock();
        let entry = all.entry(office).or_insert_with(|| Entry {
            state,
            reason: String::new(),
            since_ms: now_ms,
            last_heard_ms: None,
            next_attempt_ms: None,
        });
        if entry.state != state {
            entry.state = state;
            entry.since_ms = now_ms;
        }
        entry.reason = reason.into();
        entry.next_attempt_ms = None;
    }

    /// Notes when `office` will be tried again.
    pub(super) fn next_attempt(&self, office: OfficeId, in_ms: u64) {
        if let Some(entry) = self.lock().get_mut(&office) {
            entry.next_attempt_ms = Some(clock::now_ms().saturating_add(i64::try_from(in_ms).unwrap_or(i64::MAX)));
        }
    }

    /// Notes that `office` was heard from.
    pub(super) fn heard(&self, office: OfficeId) {
        if let Some(entry) = self.lock().get_mut(&office) {
            entry.last_heard_ms = Some(clock::now_ms());
        }
    }

    /// Notes that `office` answers again after a silence.
    pub(super) fn answers(&self, office: OfficeId) {
        let silent = self.lock().get(&office).is_some_and(|entry| entry.state == "not answering");
        if silent {
            self.set(office, "connected", "");
        }
    }

    /// Forgets an office that is not dialled any more.
    pub(super) fn forget(&self, office: OfficeId) {
        self.lock().remove(&office);
    }

    /// All states, in order of office id.
    pub(super) fn all(&self) -> Vec<PeerState> {
        let mut states: Vec<PeerState> = self
            .lock()
            .iter()
            .map(|(office, entry)| PeerState {
                office: *office,
                state: entry.state.to_owned(),
                reason: entry.reason.clone(),
                since_ms: entry.since_ms,
                last_heard_ms: entry.last_heard_ms,
                next_attempt_ms: entry.next_attempt_ms,
            })
            .collect();
        states.sort_by_key(|state| state.office);
        states
    }
}
