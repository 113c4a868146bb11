//! This office calls itself, at each address that it gives to others: it finishes the handshake, looks whose certificate answered, and hangs
//! up before anything is said. Nothing of that is a connection of a peer, here or wherever the address leads.

use std::net::SocketAddr;
use std::time::Duration;

use interoffice_core::domain::reach::{Heard, Range, Tried, range};
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::Fault;
use interoffice_protocol::limits;
use quinn::VarInt;
use tokio::task::JoinSet;

use super::PeerDoor;
use super::dial_fault::DialFault;
use super::endpoint::{self, NAME_ADDRESSES_MAX};
use super::registry::close;
use crate::clock;

/// How long one address is tried, its name included: as long as a ping waits. A person stands before the answer.
const TRY: Duration = Duration::from_secs(5);

const _: () = assert!(limits::ADDRESSES_MAX * NAME_ADDRESSES_MAX < limits::HALF_OPEN_RETRY, "an office's own calls must not fill its door");

/// Tries every address of the office at the same time; what came of each, in their order. One such test at a time.
pub(super) async fn try_own_addresses(door: &PeerDoor) -> Result<Vec<Tried>, Fault> {
    let busy = |_| Refusal::conflict("being-tried", "the addresses are being tried already", format!("ask again in {} s", TRY.as_secs()));
    let _turn = door.0.trying.try_lock().map_err(busy)?;
    let addresses = door.house().addresses().into_iter().take(limits::ADDRESSES_MAX);
    Ok(at_once(addresses.map(|address| try_one(door.clone(), address))).await)
}

/// What comes of all of these, done at the same time, in their order. They end with whoever waits.
async fn at_once<T: Send + 'static>(tries: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for (place, one) in tries.enumerate() {
        tasks.spawn(async move { (place, one.await) });
    }
    let mut ends = tasks.join_all().await;
    ends.sort_by_key(|(place, _)| *place);
    ends.into_iter().map(|(_, end)| end).collect()
}

async fn try_one(door: PeerDoor, address: String) -> Tried {
    let began = clock::instant();
    let found = match tokio::time::timeout(TRY, endpoint::resolve(&address)).await {
        Ok(Ok(found)) => found,
        Ok(Err(DialFault::Name { why, .. })) => return Tried::of(address, vec![Heard::NoName(why)]),
        Ok(Err(_)) => return Tried::of(address, Vec::new()),
        Err(_) => return Tried::of(address, vec![Heard::NoName(format!("no answer within {} s", TRY.as_secs()))]),
    };
    let left = TRY.saturating_sub(clock::since(began));
    let heard = at_once(found.into_iter().take(NAME_ADDRESSES_MAX).map(|at| call(door.clone(), at, left))).await;
    Tried::of(address, heard)
}

async fn call(door: PeerDoor, at: SocketAddr, left: Duration) -> Heard {
    let Some(range) = range(at.ip()) else { return Heard::Uncallable(at) };
    if let Ok(listening) = door.endpoint().local_addr()
        && listening.ip().is_loopback()
        && range != Range::Machine
    {
        return Heard::Unsendable(at, format!("it listens at {listening}, where only this machine is heard"));
    }
    match tokio::time::timeout(left, endpoint::dial(door.endpoint(), at)).await {
        Ok(Ok(connection)) => {
            let pin = endpoint::peer_pin(&connection);
            connection.close(VarInt::from_u32(close::DONE), b"only a try");
            match pin {
                Ok(pin) if pin == door.house().keys().pin() => Heard::Ourselves(at),
                Ok(_) => Heard::AnotherOffice(at),
                Err(fault) => Heard::Stranger(at, fault.to_string()),
            }
        }
        Ok(Err(fault)) => heard(at, &fault),
        Err(_) => Heard::Silence(at, TRY.as_secs()),
    }
}

/// What a call that failed tells. An office would have finished the handshake: what fails in it is none.
fn heard(at: SocketAddr, fault: &DialFault) -> Heard {
    match fault {
        DialFault::Local { why, .. } => Heard::Unsendable(at, why.clone()),
        DialFault::NoAnswer { within_s, .. } => Heard::Silence(at, *within_s),
        DialFault::QuicVersion(_)
        | DialFault::Protocol(_)
        | DialFault::TlsVersion(_)
        | DialFault::Certificate { .. }
        | DialFault::Handshake { .. } => Heard::Stranger(at, fault.to_string()),
        DialFault::Name { .. }
        | DialFault::NoAddress(_)
        | DialFault::Stopping
        | DialFault::Refused(_)
        | DialFault::Closed { .. }
        | DialFault::Lost { .. } => Heard::Broken(at, fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_in_the_handshake_is_no_office_and_what_ends_before_it_nobody_knows() {
        let at: SocketAddr = "127.0.0.1:4870".parse().expect("an address");
        let of = |fault: DialFault| Tried::of(at.to_string(), vec![heard(at, &fault)]).outcome.word();
        assert_eq!(of(DialFault::Protocol(at)), "another");
        assert_eq!(of(DialFault::QuicVersion(at)), "another");
        assert_eq!(of(DialFault::Refused(at)), "no-answer");
        assert_eq!(of(DialFault::Lost { address: at, why: "gone".to_owned() }), "no-answer");
        assert_eq!(of(DialFault::Local { address: at, why: "IPv4 only".to_owned() }), "bad-address");
    }
}
