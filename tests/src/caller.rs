//! A caller that speaks the wire of two offices and keeps none of its rules.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use interoffice_certs::{Invite, OfficeKeys, SecretSeed, Seeds, SetTerms, client_config, server_config};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Answer, Hello, Lane, Message, Outcome, Pair};
use interoffice_protocol::pairing::commitment;
use interoffice_protocol::statement::{Audience, Body, Envelope, Signed, Subject};
use interoffice_protocol::wire::frame::{Frame, FrameHeader};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream, ServerConfig};

use crate::meet::pair;
use crate::office::Office;

/// Longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something, at most for half a minute.
pub async fn soon<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in vain waited for: {what}"))
}

/// Keys of an office that nobody knows.
pub fn fresh_keys(seed: u8) -> OfficeKeys {
    let part = |index: u8| SecretSeed::new([seed.wrapping_mul(7).wrapping_add(index); 32]);
    let terms = SetTerms { epoch: epoch(), nonce: Nonce([seed; 16]), issued_at_ms: 0, not_after_ms: i64::MAX };
    OfficeKeys::generate(Seeds { root: part(1), statement: part(2), recovery: part(3) }, &terms).expect("keys can be made").0
}

fn epoch() -> Epoch {
    Epoch { counter: 1, identity: [9; 16] }
}

/// A Hello from the office of `keys` to another.
pub fn hello(keys: &OfficeKeys, to: OfficeId, nonce: u8) -> Hello {
    Hello {
        to,
        chain: keys.chain().signed().to_vec(),
        epoch: epoch(),
        heard_epoch: None,
        heard_sequence: 0,
        issued_sequence: 0,
        office_name: "Office M".to_owned(),
        addresses: vec!["127.0.0.1:9".to_owned()],
        nonce: Nonce([nonce; 16]),
        paired: true,
    }
}

/// A socket on a loopback address from which an office is dialled with the certificate of `keys`.
pub fn phone(keys: &OfficeKeys, local: IpAddr) -> Endpoint {
    let mut endpoint = Endpoint::client(SocketAddr::new(local, 0)).expect("a socket");
    let crypto = QuicClientConfig::try_from(client_config(keys).expect("a configuration")).expect("a cipher");
    endpoint.set_default_client_config(ClientConfig::new(Arc::new(crypto)));
    endpoint
}

/// Dials an office; gives the connection once both shook hands.
///
/// # Errors
/// The reason for which the door did not let the caller in.
pub async fn try_dial(endpoint: &Endpoint, address: SocketAddr) -> Result<Connection, ConnectionError> {
    let connecting = endpoint.connect(address, "office.invalid").expect("an address that can be dialled");
    soon("a connection", connecting).await
}

/// Dials an office with the certificate of `keys`.
pub async fn dial(keys: &OfficeKeys, address: SocketAddr) -> (Endpoint, Connection) {
    let endpoint = phone(keys, Ipv4Addr::LOCALHOST.into());
    let connection = try_dial(&endpoint, address).await.expect("the door lets everybody shake hands");
    (endpoint, connection)
}

/// A door with the certificate of `keys`.
pub fn listen(keys: &OfficeKeys, address: SocketAddr) -> Endpoint {
    let crypto = QuicServerConfig::try_from(server_config(keys).expect("a configuration")).expect("a cipher");
    Endpoint::server(ServerConfig::with_crypto(Arc::new(crypto)), address).expect("the address is free")
}

/// A connection with its control stream.
pub struct Call {
    /// The connection.
    pub connection: Connection,
    /// Where the control lane is written.
    pub out: SendStream,
    input: RecvStream,
    _endpoint: Endpoint,
}

impl Call {
    /// Dials and says nothing yet.
    pub async fn silent(keys: &OfficeKeys, address: SocketAddr) -> Self {
        Self::silent_from(keys, Ipv4Addr::LOCALHOST.into(), address).await
    }

    /// The same from an address of loopback.
    pub async fn silent_from(keys: &OfficeKeys, local: IpAddr, address: SocketAddr) -> Self {
        let endpoint = phone(keys, local);
        let connection = try_dial(&endpoint, address).await.expect("the door lets everybody shake hands");
        let (out, input) = soon("a stream", connection.open_bi()).await.expect("a stream opens");
        Self { connection, out, input, _endpoint: endpoint }
    }

    /// Dials, greets, and reads the other office's Hello.
    pub async fn greeted(keys: &OfficeKeys, address: SocketAddr, to: OfficeId) -> Self {
        Self::try_greeted(keys, address, to).await.unwrap_or_else(|why| panic!("no greeting: {why}"))
    }

    /// The same, where the door may turn the caller away.
    ///
    /// # Errors
    /// Words for why no greeting came.
    pub async fn try_greeted(keys: &OfficeKeys, address: SocketAddr, to: OfficeId) -> Result<Self, String> {
        let endpoint = phone(keys, Ipv4Addr::LOCALHOST.into());
        let connection = try_dial(&endpoint, address).await.map_err(|why| why.to_string())?;
        let (out, input) = soon("a stream", connection.open_bi()).await.map_err(|why| why.to_string())?;
        let mut call = Self { connection, out, input, _endpoint: endpoint };
        call.send(hello(keys, to, 5)).await;
        match call.next().await {
            Some(Message::Hello(_)) => Ok(call),
            other => Err(format!("expected a Hello, got {other:?}: {:?}", call.connection.close_reason())),
        }
    }

    /// Sends a message on the control lane.
    pub async fn send(&mut self, message: impl Into<Message>) {
        self.send_bytes(&message.into().to_frame().to_bytes()).await;
    }

    /// Sends bytes, whatever they are. A connection that is closed already takes nothing.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = soon("room to send", self.out.write_all(bytes)).await;
    }

    /// The next message; `None` when the connection ended.
    pub async fn next(&mut self) -> Option<Message> {
        soon("a message", read(&mut self.input)).await
    }

    /// Says a statement and gives what became of it.
    pub async fn say(&mut self, statement: &Signed) -> Outcome {
        self.send(statement.clone()).await;
        loop {
            match self.next().await {
                Some(Message::Answer(Answer { statement: answered, outcome })) if answered == statement.hash() => return outcome,
                Some(_) => {}
                None => panic!("no answer: the connection was closed: {:?}", self.connection.close_reason()),
            }
        }
    }

    /// Opens a stream of the data lane.
    pub async fn data(&self, messages: &[Message]) -> SendStream {
        let mut stream = soon("a stream", self.connection.open_uni()).await.expect("a stream opens");
        for message in [Message::Lane(Lane::Data)].iter().chain(messages) {
            let _ = stream.write_all(&message.to_frame().to_bytes()).await;
        }
        stream
    }

    /// Waits until the other office closed the connection; gives code and words.
    pub async fn closed(&self) -> (u64, String) {
        match soon("the other office to hang up", self.connection.closed()).await {
            ConnectionError::ApplicationClosed(close) => {
                (close.error_code.into_inner(), String::from_utf8_lossy(&close.reason).into_owned())
            }
            other => panic!("the connection ended otherwise: {other}"),
        }
    }
}

/// The next message of a stream; `None` when it ended.
pub async fn read(input: &mut RecvStream) -> Option<Message> {
    loop {
        let mut header = [0; limits::FRAME_HEADER_BYTES];
        input.read_exact(&mut header).await.ok()?;
        let header = FrameHeader::decode(header).expect("an office sends no frame over its bound");
        let mut body = vec![0; header.length as usize];
        input.read_exact(&mut body).await.ok()?;
        let frame = Frame { kind: header.kind, version: header.version, body };
        if let Some(message) = Message::from_frame(&frame).expect("an office sends frames that can be read") {
            return Some(message);
        }
    }
}

/// An office's statements to one other, in their order.
pub struct Voice<'a> {
    /// Who speaks.
    pub keys: &'a OfficeKeys,
    /// To whom.
    pub to: OfficeId,
    /// Place of the next statement.
    pub sequence: u64,
    /// The statement before it.
    pub previous: StatementHash,
    nonces: u8,
}

impl<'a> Voice<'a> {
    /// The first statement is still to be said.
    pub fn new(keys: &'a OfficeKeys, to: OfficeId) -> Self {
        Self { keys, to, sequence: 1, previous: StatementHash::NONE, nonces: 0 }
    }

    /// The statement that comes next, with whatever the body says.
    pub fn sign(&mut self, subject: Subject, body: &Body) -> Signed {
        self.sign_to(Audience::Office(self.to), subject, body)
    }

    /// The same for another audience.
    pub fn sign_to(&mut self, to: Audience, subject: Subject, body: &Body) -> Signed {
        self.nonces += 1;
        let envelope = Envelope {
            from: self.keys.office(),
            to,
            subject,
            epoch: epoch(),
            sequence: self.sequence,
            previous: self.previous,
            nonce: Nonce([self.nonces; 16]),
            issued_at_ms: 0,
            extensions: Vec::new(),
        };
        self.keys.signer().sign(envelope, body)
    }

    /// Goes on after a statement that was stored.
    pub fn said(&mut self, statement: &Signed) {
        self.sequence += 1;
        self.previous = statement.hash();
    }
}

/// An office that exists in a test alone: it meets `office` over an invite, calling from an address of its own, and both are paired.
pub async fn met(name: &str, keys: &OfficeKeys, local: IpAddr, office: &Office) {
    let code = office.json(&["peer", "invite"])["invite"].as_str().expect("a code").to_owned();
    met_over(name, keys, local, office.address(), &code, || _ = office.cli(&["peer", "confirm", name, "--yes"]).ok()).await;
}

/// The same where the invite is there already, and `confirm` says for the other office that the words are the same.
pub async fn met_over(name: &str, keys: &OfficeKeys, local: IpAddr, address: SocketAddr, code: &str, confirm: impl FnOnce()) {
    let invite = Invite::parse(code).expect("an invite");
    let ours = [keys.office().0[0]; 32];
    let mut call = Call::silent_from(keys, local, address).await;
    call.send(Hello { office_name: name.to_owned(), ..hello(keys, invite.office, 1) }).await;
    call.next().await.expect("a Hello");
    call.send(Pair::Start { token: *invite.token.expose(), commitment: commitment(keys.office(), &ours) }).await;
    call.next().await.expect("a commitment");
    call.send(Pair::Reveal { nonce: ours }).await;
    call.next().await.expect("a nonce");
    confirm();
    call.connection.close(0u32.into(), b"met");
    // The next Hello says that we confirmed too.
    let mut call = Call::silent_from(keys, local, address).await;
    call.send(Hello { office_name: name.to_owned(), ..hello(keys, invite.office, 2) }).await;
    call.next().await.expect("a Hello");
}

/// Pairs `office` with one whose keys are then used without its daemon.
pub fn scripted(name: &str, office: &Office) -> OfficeKeys {
    let mut other = Office::open(name);
    pair(&other, office);
    other.stop();
    OfficeKeys::load(&other.folder()).expect("its keys")
}

/// The id of a running office.
#[track_caller]
pub fn id_of(office: &Office) -> OfficeId {
    office.json(&["id"])["office"].as_str().expect("an id").parse().expect("an office id")
}
