//! Which connection counts for each office, and which offices are cooling down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::misbehaviour::{Consequence, Misbehaviour};
use quinn::{Connection, VarInt};
use tokio::sync::{Notify, mpsc};

use super::control_out::Out;
use crate::clock;

/// Codes with which a connection is closed.
pub(super) mod close {
    /// The daemon stops.
    pub(in crate::peer) const STOPPING: u32 = 1;
    /// Another connection between the two offices counts.
    pub(in crate::peer) const DUPLICATE: u32 = 2;
    /// The other end did what it must not.
    pub(in crate::peer) const MISBEHAVED: u32 = 3;
    /// The other end is not known, or not any more.
    pub(in crate::peer) const UNKNOWN: u32 = 4;
    /// What was to be said is said.
    pub(in crate::peer) const DONE: u32 = 5;
    /// The other end is cooling down.
    pub(in crate::peer) const COOLING: u32 = 6;
}

/// Two connections this close to each other were dialled at the same time.
const SIMULTANEOUS: Duration = Duration::from_secs(1);

#[derive(Default)]
struct State {
    live: HashMap<OfficeId, Live>,
    bad: HashMap<OfficeId, Bad>,
    pairings: HashMap<IpAddr, (Instant, u32)>,
    wakers: HashMap<OfficeId, Arc<Notify>>,
}

struct Live {
    connection: Connection,
    dialled_here: bool,
    since: Instant,
    control: Option<mpsc::Sender<Out>>,
}

#[derive(Default)]
struct Bad {
    frames: u32,
    cooled: u32,
    until: Option<Instant>,
}

/// The connections that count.
#[derive(Default)]
pub(super) struct Registry(Mutex<State>);

impl Registry {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `connection` the one that counts for `office`; `false` when another one does.
    ///
    /// Of two connections dialled at the same time the one that counts was dialled by the office with the lower id, so both ends
    /// decide alike. A later one replaces an older one: a live office does not dial while it has a connection.
    pub(super) fn enter(&self, ours: OfficeId, office: OfficeId, connection: &Connection, dialled_here: bool) -> bool {
        let mut state = self.lock();
        if let Some(old) = state.live.get(&office)
            && old.connection.close_reason().is_none()
        {
            let old_preferred = old.dialled_here == (ours < office);
            let new_preferred = dialled_here == (ours < office);
            if old.since.elapsed() < SIMULTANEOUS && old_preferred && !new_preferred {
                return false;
            }
            old.connection.close(VarInt::from_u32(close::DUPLICATE), b"another connection counts");
        }
        state.live.insert(office, Live { connection: connection.clone(), dialled_here, since: clock::instant(), control: None });
        true
    }

    /// Takes `connection` out if it is the one that counts.
    pub(super) fn leave(&self, office: OfficeId, connection: &Connection) {
        let mut state = self.lock();
        if state.live.get(&office).is_some_and(|live| live.connection.stable_id() == connection.stable_id()) {
            state.live.remove(&office);
        }
        if let Some(waker) = state.wakers.get(&office) {
            waker.notify_one();
        }
    }

    /// The connection that counts for `office`, if it is open.
    pub(super) fn connection(&self, office: OfficeId) -> Option<Connection> {
        self.lock().live.get(&office).map(|live| live.connection.clone()).filter(|connection| connection.close_reason().is_none())
    }

    /// Notes the way to the control lane of the session over `connection`.
    pub(super) fn set_control(&self, office: OfficeId, connection: &Connection, control: mpsc::Sender<Out>) {
        if let Some(live) = self.lock().live.get_mut(&office)
            && live.connection.stable_id() == connection.stable_id()
        {
            live.control = Some(control);
        }
    }

    /// The way to the control lane of the session that counts.
    pub(super) fn probe(&self, office: OfficeId) -> Option<mpsc::Sender<Out>> {
        self.lock().live.get(&office)?.control.clone()
    }

    /// Rings when the courier of `office` should look again.
    pub(super) fn waker(&self, office: OfficeId) -> Arc<Notify> {
        self.lock().wakers.entry(office).or_default().clone()
    }

    /// Closes every connection, since the daemon stops.
    pub(super) fn close_all(&self) {
        for live in self.lock().live.values() {
            live.connection.close(VarInt::from_u32(close::STOPPING), b"the daemon stops");
        }
    }

    /// Counts what a peer did; says whether its connection is to be closed.
    pub(super) fn judge(&self, office: OfficeId, misbehaviour: &Misbehaviour) -> bool {
        let mut state = self.lock();
        let bad = state.bad.entry(office).or_default();
        if misbehaviour.counts_as_bad_frame() {
            bad.frames += 1;
        }
        if bad.frames >= limits::BAD_FRAMES_MAX {
            let pause_ms = (limits::COOL_DOWN_MIN_MS << bad.cooled.min(16)).min(limits::COOL_DOWN_MAX_MS);
            bad.frames = 0;
            bad.cooled += 1;
            bad.until = Some(clock::instant() + Duration::from_millis(pause_ms));
            return true;
        }
        misbehaviour.consequence() >= Consequence::DropConnection
    }

    /// How long `office` still cools down.
    pub(super) fn cooling(&self, office: OfficeId) -> Option<Duration> {
        let until = self.lock().bad.get(&office)?.until?;
        let left = until.saturating_duration_since(clock::instant());
        (!left.is_zero()).then_some(left)
    }

    /// Counts a pairing attempt from an address; `false` when there were too many within a minute.
    pub(super) fn may_pair(&self, address: IpAddr) -> bool {
        let mut state = self.lock();
        let now = clock::instant();
        state.pairings.retain(|_, (since, _)| now.duration_since(*since) < Duration::from_secs(60));
        let (_, count) = state.pairings.entry(address).or_insert((now, 0));
        *count += 1;
        *count <= limits::UNKNOWN_OFFICE_PER_MIN
    }
}
