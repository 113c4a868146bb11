//! Calling other offices: one courier an office, which dials when there is no session, with pauses that grow and start over
//! when the office is heard from.

use std::collections::HashSet;
use std::time::Duration;

use interoffice_core::store::peers::{self, PeerRow, Standing};
use interoffice_core::store::{Fault, Ring, statements};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::pace::Pace;
use quinn::VarInt;
use tokio::sync::oneshot;

use super::greeting::{self, Known};
use super::registry::close;
use super::wire::Broken;
use super::{PeerDoor, endpoint, session};
use crate::bell::Heard;
use crate::clock;
use crate::house::PingReport;

/// While an outage is younger than this, an office is tried at least once a heartbeat.
const KEEN_FOR: Duration = Duration::from_secs(600);
/// A session that lived so long was no failure.
const LIVED: Duration = Duration::from_secs(5);
/// A ping gives up after this.
const PING: Duration = Duration::from_secs(5);
const GREETING: Duration = Duration::from_millis(limits::HANDSHAKE_MS);

/// Keeps a courier for every office that was met; ends with the house.
pub(super) async fn run_all(door: PeerDoor) {
    let mut bell = door.house().bell().subscribe();
    let mut started = HashSet::new();
    loop {
        match door.house().read(|view| Ok(peers::all(view)?)).await {
            Ok(all) => {
                for peer in all {
                    if started.insert(peer.office) {
                        tokio::spawn(run(door.clone(), peer.office));
                    }
                }
            }
            Err(fault) => tracing::warn!(%fault, "the offices can't be listed"),
        }
        loop {
            match bell.next().await {
                Some(Heard::Some(rings)) if !rings.iter().any(|ring| matches!(ring, Ring::Peer(office) if !started.contains(office))) => {}
                Some(_) => break,
                None => return,
            }
        }
    }
}

/// What the store says of an office that might be dialled.
struct Errand {
    peer: PeerRow,
    /// Whether anything is to be said to it.
    statements_wait: bool,
}

async fn errand(door: &PeerDoor, office: OfficeId) -> Result<Option<Errand>, Fault> {
    door.house()
        .read(move |view| {
            let Some(peer) = peers::find(view, office)? else { return Ok(None) };
            let (waiting, _) = statements::backlog(view, peer.row)?;
            Ok(Some(Errand { statements_wait: waiting > 0, peer }))
        })
        .await
}

/// One office's courier: dials it whenever there is no session and there should be one.
async fn run(door: PeerDoor, office: OfficeId) {
    let waker = door.registry().waker(office);
    let mut bell = door.house().bell().subscribe();
    let mut pace = Pace::new();
    let mut outage = None;
    loop {
        if let Some(connection) = door.registry().connection(office) {
            pace.heard();
            outage = None;
            connection.closed().await;
            // Whoever replaced the connection is in the registry by the time the old one is closed.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let errand = match errand(&door, office).await {
            Ok(Some(errand)) => errand,
            Ok(None) => return,
            Err(fault) => {
                tracing::warn!(%office, %fault, "a courier can't read the store");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let wanted = match errand.peer.standing {
            Standing::Paired | Standing::Comparing => true,
            Standing::Blocked | Standing::Removed => errand.statements_wait,
        };
        if !wanted {
            door.health().forget(office);
            wait_for_ring(&mut bell, office, &waker).await;
            continue;
        }
        if let Some(left) = door.registry().cooling(office) {
            door.health().next_attempt(office, u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
            tokio::time::sleep(left).await;
            continue;
        }
        let started = clock::instant();
        if dial(&door, &errand.peer).await && clock::since(started) > LIVED {
            continue;
        }
        if door.registry().connection(office).is_some() {
            continue;
        }
        let since = *outage.get_or_insert_with(clock::instant);
        let mut pause_ms = pace.failed(u64::from_le_bytes(clock::random()));
        if clock::since(since) < KEEN_FOR {
            pause_ms = pause_ms.min(limits::HEARTBEAT_MS / 2);
        }
        door.health().next_attempt(office, pause_ms);
        tokio::select! {
            biased;
            () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
            () = waker.notified() => {}
        }
    }
}

async fn wait_for_ring(bell: &mut crate::bell::Listener, office: OfficeId, waker: &tokio::sync::Notify) {
    loop {
        tokio::select! {
            biased;
            heard = bell.next() => match heard {
                Some(heard) if heard.concerns(&Ring::Peer(office)) => return,
                Some(_) => {}
                None => return std::future::pending().await,
            },
            () = waker.notified() => return,
        }
    }
}

/// Notes why an office can't be reached, unless it has reached us meanwhile: of two calls at the same time one fails.
fn not_reachable(door: &PeerDoor, office: OfficeId, why: impl Into<String>) {
    if door.registry().connection(office).is_none() {
        door.health().set(office, "not reachable", why);
    }
}

/// Dials an office and runs the session if it comes to one; `false` when it did not.
async fn dial(door: &PeerDoor, peer: &PeerRow) -> bool {
    let office = peer.office;
    if peer.addresses.is_empty() {
        door.health().set(office, "not reachable", "the office has not said where it can be reached: it has to call us");
        return false;
    }
    for address in &peer.addresses {
        let connection = match endpoint::dial_name(door.endpoint(), address).await {
            Ok(connection) => connection,
            Err(fault) => {
                tracing::debug!(%office, %fault, "dialling failed");
                not_reachable(door, office, fault.to_string());
                continue;
            }
        };
        let greeted = tokio::time::timeout(GREETING, greeting::greet(door.house(), &connection, office)).await;
        match greeted {
            Ok(Ok((out, reader, greeted))) => match greeting::recognise(door, &greeted).await {
                Ok(Known::Peer(known)) => {
                    if door.registry().enter(door.house().keys().office(), office, &connection, true) {
                        session::run(door.clone(), connection, *known, out, reader, None).await;
                    } else {
                        connection.close(VarInt::from_u32(close::DUPLICATE), b"another connection counts");
                    }
                    return true;
                }
                Ok(Known::Wrong(misbehaviour)) => {
                    door.registry().judge(office, &misbehaviour);
                    door.health().set(office, "cut off", misbehaviour.words());
                    connection.close(VarInt::from_u32(close::MISBEHAVED), misbehaviour.words().as_bytes());
                }
                Ok(Known::WeAreOld) => {
                    door.health().set(office, "cut off", "this data folder is older than what was sent from it: restore the newest one");
                    connection.close(VarInt::from_u32(close::UNKNOWN), b"an old copy of the office called");
                }
                Ok(Known::No) => return false,
                Err(fault) => {
                    tracing::warn!(%office, %fault, "the office could not be looked up");
                    return false;
                }
            },
            Ok(Err(Broken::Misbehaved(misbehaviour))) => {
                not_reachable(door, office, misbehaviour.words());
                connection.close(VarInt::from_u32(close::MISBEHAVED), misbehaviour.words().as_bytes());
            }
            Ok(Err(Broken::Ended)) | Err(_) => {
                let reason = connection
                    .close_reason()
                    .map(|reason| super::dial_fault::DialFault::of(connection.remote_address(), &reason).to_string());
                not_reachable(door, office, reason.unwrap_or_else(|| "it took the call and did not greet in time".to_owned()));
                connection.close(VarInt::from_u32(close::UNKNOWN), b"no greeting");
            }
        }
    }
    false
}

/// Asks an office for a sign of life over the session, or tries to reach it when there is none.
pub(super) async fn ping(door: &PeerDoor, office: OfficeId) -> Result<PingReport, Fault> {
    if let Some(connection) = door.registry().connection(office)
        && let Some(probe) = door.registry().probe(office)
    {
        let (caller, answer) = oneshot::channel();
        let asked = probe.send(super::control_out::Out::Probe(caller)).await.is_ok();
        let address = Some(connection.remote_address().to_string());
        if asked && let Ok(Ok(round_trip)) = tokio::time::timeout(PING, answer).await {
            let round_trip_us = u64::try_from(round_trip.as_micros()).ok();
            return Ok(PingReport { reachable: true, round_trip_us, address, reason: None });
        }
        let reason = format!("connected, but no answer within {} s", PING.as_secs());
        return Ok(PingReport { reachable: false, round_trip_us: None, address, reason: Some(reason) });
    }
    door.registry().waker(office).notify_one();
    let Some(errand) = errand(door, office).await? else {
        return Ok(PingReport { reachable: false, round_trip_us: None, address: None, reason: Some("the office is not known".to_owned()) });
    };
    let address = errand.peer.addresses.first().cloned();
    let reason = match &address {
        None => Some("the office has not said where it can be reached".to_owned()),
        Some(name) => match tokio::time::timeout(PING, endpoint::dial_name(door.endpoint(), name)).await {
            Ok(Ok(connection)) => {
                connection.close(VarInt::from_u32(close::DONE), b"only a ping");
                Some("the address answers, and the session is being opened".to_owned())
            }
            Ok(Err(fault)) => Some(fault.to_string()),
            Err(_) => Some(format!(
                "no answer from {name} within {} s: check that the daemon there runs and that every firewall lets UDP through",
                PING.as_secs()
            )),
        },
    };
    Ok(PingReport { reachable: false, round_trip_us: None, address, reason })
}
