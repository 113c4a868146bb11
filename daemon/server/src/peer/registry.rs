//! Which connection counts for each office, and which offices are cooling down.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::misbehaviour::{Consequence, Misbehaviour};
use quinn::{Connection, VarInt};
use tokio::sync::{Notify, mpsc};

use super::control_out::Out;
use super::restraint::{Allowance, Conduct, Notes, PerMinute, Source, TurnedAway};
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
const SIMULTANEOUS: Duration = Duration::from_millis(400);

#[derive(Default)]
struct State {
    live: BTreeMap<OfficeId, Live>,
    conduct: HashMap<OfficeId, Conduct>,
    allowances: HashMap<OfficeId, Allowance>,
    pairings: PerMinute<Source>,
    complaints: PerMinute<Source>,
    turned_away: TurnedAway,
    notes: Notes,
    wakers: HashMap<OfficeId, Arc<Notify>>,
}

struct Live {
    connection: Connection,
    dialled_here: bool,
    since: Instant,
    control: Option<mpsc::Sender<Out>>,
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
            if clock::since(old.since) < SIMULTANEOUS && old_preferred && !new_preferred {
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
        let cut_off = self.lock().conduct.entry(office).or_default().count(misbehaviour, clock::instant());
        cut_off || misbehaviour.consequence() >= Consequence::DropConnection
    }

    /// Counts a control statement of a known office; `false` when it says more than it may.
    pub(super) fn may_state(&self, office: OfficeId) -> bool {
        let now = clock::instant();
        self.lock().allowances.entry(office).or_insert_with(|| Allowance::new(now)).take(now)
    }

    /// How long `office` still cools down.
    pub(super) fn cooling(&self, office: OfficeId) -> Option<Duration> {
        self.lock().conduct.get(&office)?.cooling(clock::instant())
    }

    /// Counts a pairing attempt from an address; `false` when there were too many within a minute.
    pub(super) fn may_pair(&self, address: IpAddr) -> bool {
        self.lock().pairings.may(address.into(), limits::UNKNOWN_OFFICE_PER_MIN, clock::instant())
    }

    /// Whether the log may complain once more about callers from an address.
    pub(super) fn may_complain(&self, address: IpAddr) -> bool {
        self.lock().complaints.may(address.into(), limits::UNKNOWN_OFFICE_PER_MIN, clock::instant())
    }

    /// Keeps callers from this address who speak for `office` out for a while.
    pub(super) fn keep_out(&self, office: OfficeId, address: IpAddr) {
        self.lock().turned_away.keep_out(office, address.into(), clock::instant());
    }

    /// Whether callers from this address who speak for `office` are kept out.
    pub(super) fn is_kept_out(&self, office: OfficeId, address: IpAddr) -> bool {
        self.lock().turned_away.is_kept_out(office, address.into(), clock::instant())
    }

    /// The deeds of a known office that stand in the audit already and need no further line.
    pub(super) fn noted_lately(&self, office: OfficeId) -> Vec<&'static str> {
        self.lock().notes.recent(office, clock::instant())
    }

    /// Notes that these deeds of a known office stand in the audit.
    pub(super) fn noted(&self, office: OfficeId, deeds: &[&'static str]) {
        self.lock().notes.noted(office, deeds, clock::instant());
    }

    /// Whether a deed of an office that is not known gets a line in the audit now; counts it as written.
    pub(super) fn may_note_stranger(&self, office: OfficeId, deed: &'static str) -> bool {
        self.lock().notes.may_note_stranger(office, deed, clock::instant())
    }
}
