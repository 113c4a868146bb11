//! A QUIC client by hand: it shakes hands like anybody, and then sends pieces of streams wherever it likes.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use interoffice_certs::{ALPN, OfficeKeys, client_config, provider};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::quic::{ClientConnection, KeyChange, Keys, Version};
use rustls::version::TLS13;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::packet::{
    HANDSHAKE, ID_BYTES, INITIAL, Reply, crypto_pieces, first, handshake, initial_keys, open, parameters, read_reply, short, stream_frame,
};

/// How long one answer is waited for, and how often.
const ANSWER: (Duration, usize) = (Duration::from_millis(500), 40);
/// Bytes of frames in one packet.
const PACKET_BYTES: usize = 1_100;
/// The longest datagram that comes.
const DATAGRAM_BYTES: usize = 2_048;

/// A connection whose frames are written by hand. Nothing that comes over it is read, and nothing is acknowledged.
pub struct RawClient {
    socket: UdpSocket,
    theirs: Vec<u8>,
    keys: Keys,
    number: u32,
}

/// What is known in the middle of a handshake.
struct Shaking {
    tls: ClientConnection,
    initial: Keys,
    handshake: Option<Keys>,
    theirs: Vec<u8>,
    /// Bytes of each kind of packet that came, by their place, and how far they were read.
    came: [(BTreeMap<u64, Vec<u8>>, u64); 2],
}

impl RawClient {
    /// Shakes hands with the door at `target`, from an address of loopback; `None` when it is refused.
    pub fn connect(keys: &OfficeKeys, local: IpAddr, target: SocketAddr, number: u64) -> Option<Self> {
        let socket = UdpSocket::bind((local, 0)).expect("every address of 127/8 can be bound");
        socket.connect(target).expect("a target");
        socket.set_read_timeout(Some(ANSWER.0)).expect("a timeout");
        let ours = number.to_be_bytes();
        let mut theirs = (number ^ 0xA5A5_0000_5A5A_FFFF).to_be_bytes().to_vec();
        let mut tls = greeting(keys, &ours);
        let mut hello = Vec::new();
        tls.write_hs(&mut hello);
        socket.send(&first(&hello, &theirs, ours, &[])).ok()?;
        let mut buffer = [0; DATAGRAM_BYTES];
        let mut length = socket.recv(&mut buffer).ok()?;
        if let (_, Reply::Retry { id, token }) = read_reply(&buffer[..length])? {
            theirs = id;
            socket.send(&first(&hello, &theirs, ours, &token)).ok()?;
            length = socket.recv(&mut buffer).ok()?;
        }
        let initial = initial_keys(&theirs);
        let mut shaking = Shaking { tls, initial, handshake: None, theirs, came: Default::default() };
        for _ in 0..ANSWER.1 {
            if let Some((keys, last)) = shaking.take(&buffer[..length])? {
                let own = shaking.handshake.as_ref()?;
                socket.send(&handshake(&last, &shaking.theirs, ours, &own.local)).ok()?;
                return Some(Self { socket, theirs: shaking.theirs, keys, number: 0 });
            }
            length = socket.recv(&mut buffer).ok()?;
        }
        None
    }

    /// Sends one piece of a stream.
    pub fn piece(&mut self, stream: u64, offset: u64, bytes: &[u8]) {
        let mut frames = Vec::new();
        stream_frame(stream, offset, bytes, &mut frames);
        self.packet(frames);
    }

    /// Sends single bytes of a stream, from one offset to another, each with a gap before the next.
    pub fn gaps(&mut self, stream: u64, from: u64, to: u64) {
        let mut frames = Vec::new();
        for offset in (from..to).step_by(2) {
            stream_frame(stream, offset, &[7], &mut frames);
            if frames.len() > PACKET_BYTES {
                self.packet(std::mem::take(&mut frames));
            }
        }
        self.packet(frames);
    }

    fn packet(&mut self, mut frames: Vec<u8>) {
        // Short packets are padded, since their protection needs something to sample.
        frames.resize(frames.len().max(32), 0);
        // A door that has hung up refuses it, and that is no matter.
        let _ = self.socket.send(&short(frames, &self.theirs, self.number, &self.keys.local));
        self.number += 1;
    }
}

impl Shaking {
    /// Takes a datagram; gives the keys of the connection, and what is still to be said, once the other end has said all of its own.
    fn take(&mut self, mut datagram: &[u8]) -> Option<Option<(Keys, Vec<u8>)>> {
        let mut last = Vec::new();
        while !datagram.is_empty() {
            let (initial, handshake) = (&self.initial.remote, self.handshake.as_ref().map(|keys| &keys.remote));
            let before = datagram.len();
            let opened = open(&mut datagram, |kind| if kind == INITIAL { Some(initial) } else { handshake });
            if let Some(opened) = opened {
                self.theirs = opened.theirs;
                let (pieces, read) = &mut self.came[usize::from(opened.kind == HANDSHAKE)];
                pieces.extend(crypto_pieces(&opened.payload));
                while let Some(piece) = pieces.remove(read) {
                    *read += piece.len() as u64;
                    self.tls.read_hs(&piece).ok()?;
                    loop {
                        match self.tls.write_hs(&mut last) {
                            Some(KeyChange::Handshake { keys }) => self.handshake = Some(keys),
                            Some(KeyChange::OneRtt { keys, .. }) => return Some(Some((keys, last))),
                            None => break,
                        }
                    }
                }
            } else if datagram.len() == before {
                break;
            }
        }
        Some(None)
    }
}

fn greeting(keys: &OfficeKeys, ours: &[u8; ID_BYTES]) -> ClientConnection {
    let mut provider = provider();
    provider.kx_groups = vec![X25519];
    let builder = ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[&TLS13]).expect("TLS 1.3");
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_cert_resolver(client_config(keys).expect("a configuration").client_auth_cert_resolver.clone());
    config.alpn_protocols = vec![ALPN.to_vec()];
    let name = "office.invalid".try_into().expect("a name");
    ClientConnection::new(Arc::new(config), Version::V1, name, parameters(ours)).expect("a greeting")
}

/// An attacker does not care who is on the other end.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519]
    }
}
