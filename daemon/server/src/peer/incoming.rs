//! Calls from other offices: who is it, and what do they want.

use std::time::Duration;

use interoffice_core::domain::actor::Actor;
use interoffice_core::store::audit;
use interoffice_core::store::peers::Standing;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Message, Pair};
use interoffice_protocol::misbehaviour::Misbehaviour;
use quinn::{Connection, SendStream, VarInt};

use super::endpoint::{Arrival, Gate, Place};
use super::greeting::{self, Greeted, Known};
use super::registry::close;
use super::wire::{Broken, Read, Reader};
use super::{PeerDoor, session};
use crate::clock;
use crate::house::Priority;

const GREETING: Duration = Duration::from_millis(limits::HANDSHAKE_MS);

/// Takes calls until the endpoint closes.
pub(super) async fn run(door: PeerDoor) {
    let gate = Gate::default();
    while let Some(arrival) = gate.next(door.endpoint()).await {
        tokio::spawn(take(door.clone(), arrival));
    }
}

async fn take(door: PeerDoor, arrival: Arrival) {
    let (address, began) = (arrival.address(), clock::instant());
    let (connection, place) = match arrival.finish().await {
        Ok(finished) => finished,
        Err(fault) => {
            tracing::debug!(%address, %fault, "a call came to nothing");
            return;
        }
    };
    // The greeting belongs to the handshake and has what is left of its time.
    let left = GREETING.saturating_sub(clock::since(began));
    match tokio::time::timeout(left, greeting::meet(door.house(), &connection)).await {
        Ok(Ok((out, reader, greeted))) => welcome(door, Caller { connection, out, reader, greeted, place }).await,
        Ok(Err(Broken::Misbehaved(misbehaviour))) => hang_up(&door, &connection, &misbehaviour),
        Ok(Err(Broken::Ended)) | Err(_) => connection.close(VarInt::from_u32(close::UNKNOWN), b"no greeting"),
    }
}

/// Who has greeted. The keys of an office cost nothing to make, so the place is held on to until the caller turns out to be an office
/// that is known here, or has gone.
struct Caller {
    connection: Connection,
    out: SendStream,
    reader: Reader,
    greeted: Greeted,
    place: Place,
}

fn hang_up(door: &PeerDoor, connection: &Connection, misbehaviour: &Misbehaviour) {
    let remote = connection.remote_address();
    if door.registry().may_complain(remote.ip()) {
        tracing::warn!(%remote, %misbehaviour, "a caller was turned away");
    }
    connection.close(VarInt::from_u32(close::MISBEHAVED), misbehaviour.words().as_bytes());
}

/// Decides what becomes of a caller that showed who it is.
async fn welcome(door: PeerDoor, mut caller: Caller) {
    let (office, connection) = (caller.greeted.office(), &caller.connection);
    let from = connection.remote_address().ip();
    if door.registry().cooling(office).is_some() || door.registry().is_kept_out(office, from) {
        return connection.close(VarInt::from_u32(close::COOLING), b"cooling down after misbehaviour");
    }
    let known = match greeting::recognise(&door, &caller.greeted).await {
        Ok(known) => known,
        Err(fault) => {
            tracing::warn!(%office, %fault, "a caller could not be looked up");
            return connection.close(VarInt::from_u32(close::UNKNOWN), b"try again later");
        }
    };
    match &known {
        Known::Wrong(misbehaviour) => {
            door.registry().judge(office, misbehaviour);
            door.registry().keep_out(office, from);
            door.health().set(office, "cut off", misbehaviour.words());
            return hang_up(&door, connection, misbehaviour);
        }
        Known::WeAreOld => {
            door.registry().keep_out(office, from);
            door.health().set(office, "cut off", "this data folder is older than what was sent from it: restore the newest one");
            return connection.close(VarInt::from_u32(close::UNKNOWN), b"an old copy of the office answered");
        }
        Known::No | Known::Peer(_) => {}
    }
    if greeting::answer(door.house(), &mut caller.out, &caller.greeted).await.is_err() {
        return;
    }
    go_on(door, caller, known).await;
}

/// After both greetings: a pairing, or a session.
async fn go_on(door: PeerDoor, caller: Caller, known: Known) {
    let Caller { connection, mut out, mut reader, greeted, place } = caller;
    let office = greeted.office();
    let first = match &known {
        // Who is not paired says first what it wants.
        Known::Peer(peer) if matches!(peer.standing, Standing::Paired | Standing::Blocked) => None,
        _ => match tokio::time::timeout(GREETING, reader.next()).await {
            Ok(Ok(Read::Message(message))) => Some(message),
            Ok(Ok(Read::Bad(misbehaviour)) | Err(Broken::Misbehaved(misbehaviour))) => return hang_up(&door, &connection, &misbehaviour),
            Ok(Err(Broken::Ended)) | Err(_) => return connection.close(VarInt::from_u32(close::UNKNOWN), b"nothing was said"),
        },
    };
    match (first, known) {
        (Some(Message::Pair(start @ Pair::Start { .. })), _) => {
            let address = connection.remote_address();
            if let Err(Broken::Misbehaved(misbehaviour)) = door.be_paired(address, greeted, start, &mut out, &mut reader).await {
                return hang_up(&door, &connection, &misbehaviour);
            }
            connection.close(VarInt::from_u32(close::DONE), b"the pairing is over");
        }
        (first, Known::Peer(peer)) => {
            place.known();
            if door.registry().enter(door.house().keys().office(), office, &connection, false) {
                door.registry().waker(office).notify_one();
                session::run(door, connection, *peer, out, reader, first).await;
            } else {
                connection.close(VarInt::from_u32(close::DUPLICATE), b"another connection counts");
            }
        }
        _ => stranger(&door, &connection, &greeted).await,
    }
}

/// An office without a valid invite gets a closed connection, and the admin a line that says who knocked.
async fn stranger(door: &PeerDoor, connection: &Connection, greeted: &Greeted) {
    let office = greeted.office();
    if door.registry().may_pair(connection.remote_address().ip()) && door.registry().may_note_stranger(office, "peer.turned-away") {
        let written = door.house().write(Priority::Chores, move |tx| {
            audit::done(tx, &Actor::Peer(office), "peer.turned-away", &office.to_string(), Misbehaviour::UnknownOffice.words())?;
            Ok(())
        });
        if let Err(fault) = written.await {
            tracing::warn!(%office, %fault, "a stranger could not be written down");
        }
    }
    hang_up(door, connection, &Misbehaviour::UnknownOffice);
}
