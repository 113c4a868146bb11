//! Callers from the street: nobody whom an office knows, or nobody at all. What they say goes through the real frames, and what they get
//! is noted. Whatever the network does, an office is rid of each of them within a minute.

use std::time::Duration;

use interoffice::simulation::{NoMessage, Reader, send};
use interoffice_certs::OfficeKeys;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Hello, Lane, Ping};
use interoffice_protocol::misbehaviour::Misbehaviour;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, SendStream};

use crate::home::{self, address};
use crate::world::Street;

/// After this an office must be rid of any caller that is no office: the handshake, the greeting, and an idle time for a lost close.
pub const RID: Duration = Duration::from_secs(60);
/// Code with which an office closes a connection over what the caller did.
pub const MISBEHAVED: u32 = 3;
/// Code with which an office closes a connection that does not greet.
pub const UNKNOWN: u32 = 4;

/// What a caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Greets well, and no office knows it.
    Stranger,
    /// Shakes hands and says nothing.
    Silent,
    /// Says one byte of its greeting a second.
    Dripping,
    /// Speaks another protocol.
    OtherProtocol,
    /// Is gone after its first datagrams.
    Vanishing,
    /// Greets another office than the one it called.
    Confused,
    /// Sends bytes that are no frame.
    Babbling,
    /// Opens more streams than it may.
    Greedy,
    /// Many callers that vanish at once.
    Crowd,
}

impl Caller {
    /// Every kind but the crowd, which is costly.
    pub const ALL: [Self; 8] =
        [Self::Stranger, Self::Silent, Self::Dripping, Self::OtherProtocol, Self::Vanishing, Self::Confused, Self::Babbling, Self::Greedy];
}

/// Keys of a caller whom nobody knows; made once a process.
pub fn keys() -> &'static OfficeKeys {
    static KEYS: std::sync::OnceLock<OfficeKeys> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| home::keys(77))
}

/// A greeting from the office of `keys`.
pub fn hello(keys: &OfficeKeys, to: OfficeId) -> Hello {
    Hello {
        to,
        chain: keys.chain().signed().to_vec(),
        epoch: Epoch { counter: 1, identity: [7; 16] },
        heard_epoch: None,
        heard_sequence: 0,
        issued_sequence: 0,
        office_name: "Office M".to_owned(),
        addresses: Vec::new(),
        nonce: Nonce([7; 16]),
        paired: true,
    }
}

/// Calls an office, and complains when the office does not get rid of the caller.
pub async fn call(street: Street, caller: Caller, office: usize) {
    match caller {
        Caller::OtherProtocol => return other_protocol(&street, office).await,
        Caller::Vanishing => return vanish(&street, office, 1).await,
        Caller::Crowd => return vanish(&street, office, limits::HALF_OPEN_RETRY + 8).await,
        _ => {}
    }
    let endpoint = street.endpoint(keys()).await;
    let Some(connection) = dial(&endpoint, office).await else { return };
    let speaking = speak(&street, &connection, caller, street.template.offices[office]);
    // Whoever speaks is heard until the office has had enough.
    let ended = tokio::time::timeout(RID, async { tokio::join!(speaking, connection.closed()).1 });
    match ended.await {
        Ok(reason) => note(&street, caller, &reason),
        Err(_) => street.network.complain(format!("{caller:?} was still connected with office {office} after {RID:?}")),
    }
}

async fn dial(endpoint: &Endpoint, office: usize) -> Option<Connection> {
    endpoint.connect(address(office), "office.invalid").ok()?.await.ok()
}

async fn speak(street: &Street, connection: &Connection, caller: Caller, office: OfficeId) {
    if caller == Caller::Silent {
        return;
    }
    if caller == Caller::Greedy {
        return open_too_many(street, connection).await;
    }
    let Ok((mut out, input)) = connection.open_bi().await else { return };
    match caller {
        Caller::Stranger => {
            send(&mut out, hello(keys(), office)).await;
            // Who is not known says first what it wants.
            send(&mut out, Ping { nonce: Nonce([1; 16]), answer: false }).await;
        }
        Caller::Confused => drop(send(&mut out, hello(keys(), OfficeId([3; 32]))).await),
        Caller::Babbling => drop(out.write_all(&[0xff; 64]).await),
        Caller::Dripping => drip(&mut out, office).await,
        _ => {}
    }
    let mut reader = Reader::new(input, Lane::Control);
    while !matches!(reader.next().await, Err(NoMessage::Ended)) {}
}

async fn drip(out: &mut SendStream, office: OfficeId) {
    let bytes = interoffice_protocol::messages::Message::from(hello(keys(), office)).to_frame().to_bytes();
    for byte in bytes {
        if out.write_all(&[byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn open_too_many(street: &Street, connection: &Connection) {
    let mut streams = Vec::new();
    for _ in 0..limits::STRANGER_STREAMS {
        let Ok(stream) = connection.open_bi().await else { return };
        streams.push(stream);
    }
    let more = tokio::time::timeout(Duration::from_secs(3), async {
        tokio::select! {
            biased;
            stream = connection.open_bi() => stream.is_ok(),
            stream = connection.open_uni() => stream.is_ok(),
        }
    });
    match more.await {
        Err(_) => street.network.mark("a stranger's second stream had to wait"),
        Ok(true) => street.network.complain("a stranger could open more streams than the bound says".to_owned()),
        // The office hung up.
        Ok(false) => {}
    }
}

fn note(street: &Street, caller: Caller, reason: &ConnectionError) {
    let ConnectionError::ApplicationClosed(close) = reason else { return };
    let misbehaved =
        |misbehaviour: Misbehaviour| close.error_code == MISBEHAVED.into() && close.reason.as_ref() == misbehaviour.words().as_bytes();
    let mark = match caller {
        Caller::Stranger if misbehaved(Misbehaviour::UnknownOffice) => "a stranger was turned away",
        Caller::Confused if misbehaved(Misbehaviour::ForeignHello) => "a hello for another office was refused",
        Caller::Babbling if close.error_code == MISBEHAVED.into() => "a broken frame was refused",
        Caller::Silent if close.error_code == UNKNOWN.into() => "a silent caller was cut off after its greeting was due",
        Caller::Dripping if close.error_code == UNKNOWN.into() => "a caller that drips was cut off after its greeting was due",
        _ => return,
    };
    street.network.mark(mark);
}

async fn other_protocol(street: &Street, office: usize) {
    let endpoint = street.endpoint(keys()).await;
    let mut tls = (*interoffice_certs::client_config(keys()).expect("a configuration")).clone();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let config = ClientConfig::new(std::sync::Arc::new(QuicClientConfig::try_from(tls).expect("a cipher")));
    let Ok(connecting) = endpoint.connect_with(config, address(office), "office.invalid") else { return };
    match connecting.await {
        Ok(_) => street.network.complain("a caller with another protocol was let in".to_owned()),
        Err(ConnectionError::ConnectionClosed(close)) if close.to_string().contains("protocol") => {
            street.network.mark("a caller with another protocol was refused");
        }
        // The network was in the way.
        Err(_) => {}
    }
}

/// Sends the first datagrams of so many handshakes, and nothing after.
async fn vanish(street: &Street, office: usize, callers: usize) {
    let mut waiting = Vec::new();
    for _ in 0..callers {
        let (endpoint, voice) = street.endpoint_with_voice(keys()).await;
        // The first flight has two datagrams, as post-quantum keys are long.
        voice.lasts(2);
        if let Ok(connecting) = endpoint.connect(address(office), "office.invalid") {
            waiting.push((endpoint, connecting));
        }
        tokio::time::sleep(Duration::from_millis(1 + street.below(4))).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    street.network.mark("a caller vanished in the middle of its handshake");
}
