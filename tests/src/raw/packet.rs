//! Building and opening QUIC version 1 packets (RFC 9000, RFC 9001), as far as an attacker needs them.

use std::sync::Arc;

use interoffice_certs::{ALPN, provider};
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::quic::{ClientConnection, DirectionalKeys, Keys, Version};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, Side};

/// A connection id of this length is what we use on both sides.
pub(super) const ID_BYTES: usize = 8;
/// Every datagram that starts a connection is padded to this.
pub(super) const INITIAL_BYTES: usize = 1_200;
/// Packet numbers are written in full.
const NUMBER_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
const SAMPLE_BYTES: usize = 16;
/// Frame that carries the handshake.
const CRYPTO: u8 = 0x06;
/// First byte of the packets that start a connection, without what it says of the number.
pub(super) const INITIAL: u8 = 0xC0;
/// The same of those that end a handshake.
pub(super) const HANDSHAKE: u8 = 0xE0;

/// Appends a number in QUIC's variable length (at most 2^62 - 1).
pub(super) fn varint(number: u64, out: &mut Vec<u8>) {
    match number {
        0..0x40 => out.push(number as u8),
        0x40..0x4000 => out.extend_from_slice(&(number as u16 | 0x4000).to_be_bytes()),
        0x4000..0x4000_0000 => out.extend_from_slice(&(number as u32 | 0x8000_0000).to_be_bytes()),
        _ => out.extend_from_slice(&(number | 0xC000_0000_0000_0000).to_be_bytes()),
    }
}

/// Keys of the first packets of a connection, which anybody can derive from its first connection id.
pub(super) fn initial_keys(id: &[u8]) -> Keys {
    let suite = TLS13_AES_128_GCM_SHA256.tls13().and_then(|suite| suite.quic_suite()).expect("the suite that QUIC demands");
    suite.keys(id, Side::Client, Version::V1)
}

/// A TLS greeting that can be sent under any connection id: the id that stands in it is put in afterwards.
pub(super) struct Greeting {
    bytes: Vec<u8>,
    id_at: usize,
}

impl Greeting {
    /// A greeting small enough for one datagram.
    pub(super) fn new() -> Self {
        let marker = *b"\xA5MARKER\x5A";
        let mut provider = provider();
        provider.kx_groups = vec![X25519];
        let builder = ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[&TLS13]).expect("TLS 1.3");
        let mut config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        let name = "office.invalid".try_into().expect("a name");
        let mut tls = ClientConnection::new(Arc::new(config), Version::V1, name, parameters(&marker)).expect("a greeting");
        let mut bytes = Vec::new();
        tls.write_hs(&mut bytes);
        let id_at = bytes.windows(ID_BYTES).position(|window| window == marker).expect("the greeting names our id");
        Self { bytes, id_at }
    }

    /// The first datagram of a connection from `ours` to `theirs`; `token` is what a Retry gave.
    pub(super) fn datagram(&self, theirs: &[u8], ours: [u8; ID_BYTES], token: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[self.id_at..][..ID_BYTES].copy_from_slice(&ours);
        first(&bytes, theirs, ours, token)
    }
}

/// The datagram that starts a connection with this TLS greeting, padded as it has to be.
pub(super) fn first(greeting: &[u8], theirs: &[u8], ours: [u8; ID_BYTES], token: &[u8]) -> Vec<u8> {
    let mut header = long_header(INITIAL, theirs, &ours);
    varint(token.len() as u64, &mut header);
    header.extend_from_slice(token);
    let body = INITIAL_BYTES - header.len() - 2;
    header.extend_from_slice(&(body as u16 | 0x4000).to_be_bytes());
    let mut payload = crypto_frame(greeting);
    payload.resize(body - NUMBER_BYTES - TAG_BYTES, 0);
    seal(header, 0, payload, &initial_keys(theirs).local)
}

/// The packet that ends a handshake.
pub(super) fn handshake(bytes: &[u8], theirs: &[u8], ours: [u8; ID_BYTES], keys: &DirectionalKeys) -> Vec<u8> {
    let payload = crypto_frame(bytes);
    let mut header = long_header(HANDSHAKE, theirs, &ours);
    header.extend_from_slice(&((payload.len() + NUMBER_BYTES + TAG_BYTES) as u16 | 0x4000).to_be_bytes());
    seal(header, 0, payload, keys)
}

/// A packet of a connection that stands.
pub(super) fn short(payload: Vec<u8>, theirs: &[u8], number: u32, keys: &DirectionalKeys) -> Vec<u8> {
    let mut header = vec![0x40 | (NUMBER_BYTES as u8 - 1)];
    header.extend_from_slice(theirs);
    seal(header, number, payload, keys)
}

/// Bytes of a handshake, from its beginning.
fn crypto_frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![CRYPTO];
    varint(0, &mut frame);
    varint(bytes.len() as u64, &mut frame);
    frame.extend_from_slice(bytes);
    frame
}

/// A piece of a stream.
pub(super) fn stream_frame(stream: u64, offset: u64, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(0x0E);
    varint(stream, out);
    varint(offset, out);
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn long_header(kind: u8, theirs: &[u8], ours: &[u8]) -> Vec<u8> {
    let mut header = vec![kind | (NUMBER_BYTES as u8 - 1), 0, 0, 0, 1, theirs.len() as u8];
    header.extend_from_slice(theirs);
    header.push(ours.len() as u8);
    header.extend_from_slice(ours);
    header
}

/// The transport parameters of a client: its connection id, and room for what it might be sent.
pub(super) fn parameters(id: &[u8; ID_BYTES]) -> Vec<u8> {
    let mut out = vec![0x0F, ID_BYTES as u8];
    out.extend_from_slice(id);
    for (parameter, value) in [(0x01, 30_000u64), (0x04, 1 << 20), (0x05, 1 << 18), (0x06, 1 << 18), (0x07, 1 << 18), (0x08, 8), (0x09, 8)]
    {
        let mut number = Vec::new();
        varint(value, &mut number);
        out.extend_from_slice(&[parameter, number.len() as u8]);
        out.extend_from_slice(&number);
    }
    out
}

/// Encrypts a payload behind its header, and protects the header.
pub(super) fn seal(mut header: Vec<u8>, number: u32, mut payload: Vec<u8>, keys: &DirectionalKeys) -> Vec<u8> {
    let number_at = header.len();
    header.extend_from_slice(&number.to_be_bytes());
    let tag = keys.packet.encrypt_in_place(u64::from(number), &header, &mut payload).expect("a payload of bounded length");
    let mut packet = header;
    packet.extend_from_slice(&payload);
    packet.extend_from_slice(tag.as_ref());
    let (head, body) = packet.split_at_mut(number_at + NUMBER_BYTES);
    let (first, number) = head.split_at_mut(number_at);
    keys.header.encrypt_in_place(&body[..SAMPLE_BYTES], &mut first[0], number).expect("a sample of the right length");
    packet
}

/// What a door answers to a first datagram, as far as it can be seen without keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Reply {
    /// The handshake goes on.
    Admitted,
    /// The address is to be proved first: the door's id for the next attempt, and the token that proves it.
    Retry { id: Vec<u8>, token: Vec<u8> },
    /// No.
    Refused,
}

/// Reads a reply; gives the connection id that it is for too.
pub(super) fn read_reply(datagram: &[u8]) -> Option<(Vec<u8>, Reply)> {
    let (&first, rest) = datagram.split_first()?;
    let (ours, rest) = id(rest.get(4..)?)?;
    let (theirs, rest) = id(rest)?;
    let reply = match (first & 0x80 != 0, first & 0x30) {
        (false, _) => return None,
        (true, 0x30) => Reply::Retry { id: theirs.to_vec(), token: rest.get(..rest.len().checked_sub(TAG_BYTES)?)?.to_vec() },
        // A refusal is one short packet; whoever goes on with a handshake pads its first datagram.
        (true, 0x00) if datagram.len() < INITIAL_BYTES => Reply::Refused,
        _ => Reply::Admitted,
    };
    Some((ours.to_vec(), reply))
}

/// A packet of a handshake that was opened.
pub(super) struct Opened {
    /// [`INITIAL`] or [`HANDSHAKE`].
    pub(super) kind: u8,
    /// The id by which the other end wants to be called.
    pub(super) theirs: Vec<u8>,
    /// Its frames.
    pub(super) payload: Vec<u8>,
}

/// Opens the first packet of a datagram, if it is one of a handshake and there are keys for its kind, and takes it out.
pub(super) fn open<'a>(datagram: &mut &[u8], keys: impl Fn(u8) -> Option<&'a DirectionalKeys>) -> Option<Opened> {
    let kind = datagram.first()? & 0xF0;
    let (_, rest) = id(datagram.get(5..)?)?;
    let (theirs, mut rest) = id(rest)?;
    if kind & 0x30 == 0 {
        let token = usize::try_from(read_varint(&mut rest)?).ok()?;
        rest = rest.get(token..)?;
    }
    let length = usize::try_from(read_varint(&mut rest)?).ok()?;
    let number_at = datagram.len() - rest.len();
    let mut packet = datagram.get(..number_at + length)?.to_vec();
    *datagram = &datagram[number_at + length..];
    let keys = keys(kind & 0xF0)?;
    let (head, body) = packet.split_at_mut(number_at);
    let (number, rest) = body.split_at_mut(NUMBER_BYTES);
    keys.header.decrypt_in_place(&rest[..SAMPLE_BYTES], &mut head[0], number).ok()?;
    let number_bytes = usize::from(head[0] & 3) + 1;
    let number = number[..number_bytes].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (header, sealed) = packet.split_at_mut(number_at + number_bytes);
    let payload = keys.packet.decrypt_in_place(number, header, sealed).ok()?.to_vec();
    Some(Opened { kind, theirs: theirs.to_vec(), payload })
}

/// The pieces of the handshake in a payload, each with its place.
pub(super) fn crypto_pieces(mut payload: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut pieces = Vec::new();
    while let Some((&kind, rest)) = payload.split_first() {
        payload = rest;
        let piece = match kind {
            0x00 | 0x01 => Some(()),
            0x02 | 0x03 => skip_ack(&mut payload),
            CRYPTO => crypto_piece(&mut payload).map(|piece| pieces.push(piece)),
            _ => None,
        };
        if piece.is_none() {
            break;
        }
    }
    pieces
}

fn crypto_piece(payload: &mut &[u8]) -> Option<(u64, Vec<u8>)> {
    let offset = read_varint(payload)?;
    let length = usize::try_from(read_varint(payload)?).ok()?;
    let (piece, rest) = payload.split_at_checked(length)?;
    *payload = rest;
    Some((offset, piece.to_vec()))
}

fn skip_ack(payload: &mut &[u8]) -> Option<()> {
    let _ = (read_varint(payload)?, read_varint(payload)?);
    let ranges = read_varint(payload)?;
    read_varint(payload)?;
    for _ in 0..ranges * 2 {
        read_varint(payload)?;
    }
    Some(())
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let length = 1 << (bytes.first()? >> 6);
    let (number, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    let whole = number.iter().fold(0u64, |whole, byte| whole << 8 | u64::from(*byte));
    Some(whole & (u64::MAX >> (2 + 64 - 8 * length)))
}

/// A connection id behind its length, and what follows.
fn id(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    rest.split_at_checked(length.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_lengths() {
        let bytes = |number| {
            let mut out = Vec::new();
            varint(number, &mut out);
            out
        };
        // The examples of RFC 9000, A.1.
        assert_eq!(bytes(37), [0x25]);
        assert_eq!(bytes(15_293), [0x7B, 0xBD]);
        assert_eq!(bytes(494_878_333), [0x9D, 0x7F, 0x3E, 0x7D]);
        assert_eq!(bytes(151_288_809_941_952_652), [0xC2, 0x19, 0x7C, 0x5E, 0xFF, 0x14, 0xE8, 0x8C]);
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for number in [0, 37, 63, 64, 15_293, 16_384, 494_878_333, 1 << 40, (1 << 62) - 1] {
            let mut out = Vec::new();
            varint(number, &mut out);
            assert_eq!(read_varint(&mut &out[..]), Some(number));
        }
    }

    #[test]
    fn a_first_datagram_is_what_its_receiver_can_open() {
        let greeting = Greeting::new();
        let mut datagram = greeting.datagram(&[7; ID_BYTES], [9; ID_BYTES], b"token");
        assert_eq!(datagram.len(), INITIAL_BYTES);
        let number_at = 6 + ID_BYTES + 1 + ID_BYTES + 1 + 5 + 2;
        let keys = initial_keys(&[7; ID_BYTES]).local;
        let (head, body) = datagram.split_at_mut(number_at + NUMBER_BYTES);
        let (first, number) = head.split_at_mut(number_at);
        keys.header.decrypt_in_place(&body[..SAMPLE_BYTES], &mut first[0], number).expect("a sample");
        assert_eq!((first[0], number), (0xC3, &mut [0, 0, 0, 0][..]));
        let header = head.to_vec();
        let payload = keys.packet.decrypt_in_place(0, &header, body).expect("the keys fit");
        assert_eq!(payload[0], CRYPTO);
        assert!(payload.windows(ID_BYTES).any(|window| window == [9; ID_BYTES]), "the greeting names the id under which it is sent");
    }

    #[test]
    fn replies_are_told_apart() {
        let head = [&[0, 0, 0, 1, 2, 5, 6, 3, 1, 2, 3][..]].concat();
        let retry = [&[0xF0][..], &head, b"token", &[0; TAG_BYTES]].concat();
        let expected = Reply::Retry { id: vec![1, 2, 3], token: b"token".to_vec() };
        assert_eq!(read_reply(&retry), Some((vec![5, 6], expected)));
        let mut initial = [&[0xC0][..], &head, &[0; 40]].concat();
        assert_eq!(read_reply(&initial), Some((vec![5, 6], Reply::Refused)));
        initial.resize(INITIAL_BYTES, 0);
        assert_eq!(read_reply(&initial), Some((vec![5, 6], Reply::Admitted)));
        assert_eq!(read_reply(&[0x40; 30]), None);
        assert_eq!(read_reply(&[0xC0, 0, 0]), None);
    }
}
