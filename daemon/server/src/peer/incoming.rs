//! Calls from other offices: who is it, and what do they want.

use std::time::Duration;

use interoffice_core::domain::actor::Actor;
use interoffice_core::store::audit;
use interoffice_core::store::peers::Standing;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Message, Pair};
use interoffice_protocol::misbehaviour::Misbehaviour;
use quinn::{Connection, SendStream, VarInt};

use super::endpoint::{Arrival, Gate};
use super::greeting::{self, Greeted, Known};
use super::registry::close;
use super::wire::{Broken, Read, Reader};
use super::{PeerDoor, session};
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
    let address = arrival.address();
    let (connection, place) = match arrival.finish().await {
        Ok(finished) => finished,
        Err(fault) => {
            tracing::debug!(%address, %fault, "a call came to nothing");
            return;
        }
    };
    let met = tokio::time::timeout(GREETING, greeting::meet(door.house(), &connection)).await;
    // From here on the caller is known by its key, or gone.
    drop(place);
    match met {
        Ok(Ok((out, reader, greeted))) => welcome(door, connection, out, reader, greeted).await,
        Ok(Err(Broken::Misbehaved(misbehaviour))) => hang_up(&connection, &misbehaviour),
        Ok(Err(Broken::Ended)) | Err(_) => connection.close(VarInt::from_u32(close::UNKNOWN), b"no greeting"),
    }
}

fn hang_up(connection: &Connection, misbehaviour: &Misbehaviour) {
    tracing::warn!(remote = %connection.remote_address(), %misbehaviour, "a caller was turned away");
    connection.close(VarInt::from_u32(close::MISBEHAVED), misbehaviour.words().as_bytes());
}

/// Decides what becomes of a caller that showed who it is.
async fn welcome(door: PeerDoor, connection: Connection, mut out: SendStream, reader: Reader, greeted: Greeted) {
    let office = greeted.office();
    if door.registry().cooling(office).is_some() {
        return connection.close(VarInt::from_u32(close::COOLING), b"cooling down after misbehaviour");
    }
    let known = match greeting::recognise(door.house(), &greeted).await {
        Ok(known) => known,
        Err(fault) => {
            tracing::warn!(%office, %fault, "a caller could not be looked up");
            return connection.close(VarInt::from_u32(close::UNKNOWN), b"try again later");
        }
    };
    match &known {
        Known::Wrong(misbehaviour) => {
            door.registry().judge(office, misbehaviour);
            door.health().set(office, "cut off", misbehaviour.words());
            return hang_up(&connection, misbehaviour);
        }
        Known::WeAreOld => {
            door.health().set(office, "cut off", "this data folder is older than what was sent from it: restore the newest one");
            return connection.close(VarInt::from_u32(close::UNKNOWN), b"an old copy of the office answered");
        }
        Known::No | Known::Peer(_) => {}
    }
    if greeting::answer(door.house(), &mut out, &greeted).await.is_err() {
        return;
    }
    go_on(door, connection, out, reader, greeted, known).await;
}

/// After both greetings: a pairing, or a session.
async fn go_on(door: PeerDoor, connection: Connection, mut out: SendStream, mut reader: Reader, greeted: Greeted, known: Known) {
    let office = greeted.office();
    let first = match &known {
        // Who is not paired says first what it wants.
        Known::Peer(peer) if matches!(peer.standing, Standing::Paired | Standing::Blocked) => None,
        _ => match tokio::time::timeout(GREETING, reader.next()).await {
            Ok(Ok(Read::Message(message))) => Some(message),
            Ok(Ok(Read::Bad(misbehaviour)) | Err(Broken::Misbehaved(misbehaviour))) => return hang_up(&connection, &misbehaviour),
            Ok(Err(Broken::Ended)) | Err(_) => return connection.close(VarInt::from_u32(close::UNKNOWN), b"nothing was said"),
        },
    };
    match (first, known) {
        (Some(Message::Pair(start @ Pair::Start { .. })), _) => {
            let address = connection.remote_address();
            if let Err(Broken::Misbehaved(misbehaviour)) = door.be_paired(address, greeted, start, &mut out, &mut reader).await {
                return hang_up(&connection, &misbehaviour);
            }
            connection.close(VarInt::from_u32(close::DONE), b"the pairing is over");
        }
        (first, Known::Peer(peer)) => {
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
    if door.registry().may_pair(connection.remote_address().ip()) {
        let written = door.house().write(Priority::Chores, move |tx| {
            audit::done(tx, &Actor::Peer(office), "peer.turned-away", &office.to_string(), Misbehaviour::UnknownOffice.words())?;
            Ok(())
        });
        if let Err(fault) = written.await {
            tracing::warn!(%office, %fault, "a stranger could not be written down");
        }
    }
    hang_up(connection, &Misbehaviour::UnknownOffice);
}
