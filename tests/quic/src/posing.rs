//! Posing: somebody in the street with the keys of an office that is down, who speaks as that office and keeps none of its rules.

use interoffice::simulation::{Reader, send, widen};
use interoffice_certs::OfficeKeys;
use interoffice_core::store::{office, peers};
use interoffice_protocol::ids::Nonce;
use interoffice_protocol::messages::{Hello, Lane, Message};
use quinn::{Connection, Endpoint, SendStream};

use crate::home::{NAMES, address};
use crate::network::Voice;
use crate::world::{Street, World, at_once};

/// The Hello that office `from` would say to office `to` now.
///
/// # Panics
/// When `from` does not run.
pub fn hello(world: &World, from: usize, to: usize) -> Hello {
    let running = world.running(from).expect("the office runs");
    let to = world.template.offices[to];
    let (epoch, peer) = at_once(running.office.read(move |view| {
        let peer = peers::find(view, to)?.expect("the offices are paired");
        Ok((office::load(view)?.epoch, peer))
    }))
    .expect("the office can be read");
    Hello {
        to,
        chain: keys(world, from).chain().signed().to_vec(),
        epoch,
        heard_epoch: peer.heard,
        heard_sequence: peer.heard_sequence,
        issued_sequence: peer.issued_sequence,
        office_name: NAMES[from].to_owned(),
        addresses: vec![address(from).to_string()],
        nonce: Nonce([8; 16]),
        paired: true,
    }
}

/// The keys of an office.
///
/// # Panics
/// When its folder is not whole.
pub fn keys(world: &World, office: usize) -> OfficeKeys {
    OfficeKeys::load(&world.folder(office)).expect("the keys are there")
}

/// A connection with its control lane, both greetings said.
pub struct Posed {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Whether it can still send.
    pub voice: Voice,
    /// The connection.
    pub connection: Connection,
    /// Where the control lane is written.
    pub out: SendStream,
    /// Where it is read.
    pub reader: Reader,
}

/// Calls an office as another one and greets.
///
/// # Errors
/// Words for the step that failed.
pub async fn pose(street: &Street, keys: &OfficeKeys, hello: Hello, to: usize) -> Result<Posed, String> {
    let (endpoint, voice) = street.endpoint_with_voice(keys).await;
    let connecting = endpoint.connect(address(to), "office.invalid").map_err(|fault| fault.to_string())?;
    let connection = connecting.await.map_err(|fault| fault.to_string())?;
    let (mut out, input) = connection.open_bi().await.map_err(|fault| fault.to_string())?;
    if !send(&mut out, hello).await {
        return Err("the greeting could not be said".to_owned());
    }
    let mut reader = Reader::new(input, Lane::Control);
    match reader.next().await {
        Ok(Message::Hello(theirs)) if theirs.to == keys.office() => {
            widen(&connection);
            Ok(Posed { endpoint, voice, connection, out, reader })
        }
        other => Err(format!("no greeting came back: {other:?}, {:?}", connection.close_reason())),
    }
}
