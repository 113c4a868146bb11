//! A million frames of real traffic, each changed a little: none makes the decoder or a handler panic, and afterwards both offices still
//! agree on everything.

use interoffice_core::store::links;
use interoffice_protocol::limits::FRAME_HEADER_BYTES;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::messages::Message;
use interoffice_protocol::statement::Kind;
use interoffice_protocol::wire::frame::{Frame, FrameHeader};

use crate::people::{NORTH, SOUTH};
use crate::random::Random;
use crate::session::Session;
use crate::world::World;

const FRAMES: usize = 1_000_000;
/// Of those that decode, every so many are handled by an office as well; it commits a transaction for most of them.
const HANDLED: usize = 12;
/// Messages after which a new connection begins.
const SESSION: usize = 64;

/// Everything that two offices say to each other while they link, share, edit, unshare and end links, as bytes; and a link that stays.
fn traffic(world: &mut World) -> Vec<(usize, usize, Vec<u8>)> {
    let (link, back) = world.busy();
    world.delete_link(SOUTH, "bob", back).expect("bob deletes");
    world.exchange(NORTH, SOUTH);
    world.assert_alike(NORTH, SOUTH, link);
    world.assert_honest();
    let sent = std::mem::take(&mut world.sent);
    sent.into_iter().map(|(from, to, message)| (from, to, message.to_frame().to_bytes())).collect()
}

/// The bytes with one to four changes: bits, bytes, numbers at their edges, cuts, repeats, and pieces of another frame.
fn mutated(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const EDGES: [u8; 8] = [0, 1, 127, 128, 250, 251, 254, 255];
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1));
        match random.below(8) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = EDGES[random.below(EDGES.len())],
            3 => bytes[at] = random.next() as u8,
            4 => bytes.truncate(at.max(FRAME_HEADER_BYTES)),
            5 => {
                let piece = bytes[at..].iter().copied().take(random.below(40)).collect::<Vec<u8>>();
                bytes.splice(at..at, piece);
            }
            6 => {
                let from = random.below(other.len());
                let piece: Vec<u8> = other[from..].iter().copied().take(random.below(60)).collect();
                let end = (at + random.below(60)).min(bytes.len());
                bytes.splice(at..end, piece);
            }
            _ => _ = bytes.drain(at..(at + random.below(9)).min(bytes.len())),
        }
        bytes.resize(bytes.len().max(FRAME_HEADER_BYTES), 0);
    }
    bytes
}

/// The frame in these bytes: its header says what it says, and half of the time it tells the true length.
fn frame(bytes: &[u8], random: &mut Random) -> Option<Frame> {
    let (header, body) = bytes.split_at(FRAME_HEADER_BYTES);
    let header = FrameHeader::decode(header.try_into().ok()?).ok()?;
    let length = header.length as usize;
    let body = if random.chance(50) { body.to_vec() } else { body.iter().copied().chain(std::iter::repeat(0)).take(length).collect() };
    Some(Frame { kind: header.kind, version: header.version, body })
}

/// What an office of these tests can be told; greetings, pairings and leases are the peer door's. A statement that is not supported takes
/// its place in the order of its issuer, who then has to go on from there: it is not one of those that change nothing.
fn can_be_heard(message: &Message) -> bool {
    if let Message::Statement(signed) = message {
        let plain = signed.envelope().is_none_or(|envelope| envelope.extensions.is_empty());
        return plain && Kind::from_byte(signed.kind).is_some() && signed.version == 1;
    }
    !matches!(
        message,
        Message::Hello(_)
            | Message::Lane(_)
            | Message::Pair(_)
            | Message::LeaseAsk(_)
            | Message::Renewal(_)
            | Message::Proposal(_)
            | Message::ProposalAnswer(_)
    )
}

#[test]
fn a_million_mutated_frames_change_nothing_for_good() {
    let mut world = World::two();
    let traffic = traffic(&mut world);
    let link =
        world.offices[NORTH].read(|view| Ok(links::all(view)?)).into_iter().find(|link| link.ended_ms.is_none()).expect("a link").link;
    let random = &mut Random::new(16);
    let (mut decoded, mut handled, mut sessions) = (0, 0, [Session::default(), Session::default()]);
    for _ in 0..FRAMES {
        let (from, to, bytes) = &traffic[random.below(traffic.len())];
        let other = &traffic[random.below(traffic.len())].2;
        let Some(frame) = frame(&mutated(bytes, other, random), random) else { continue };
        let Ok(Some(message)) = Message::from_frame(&frame) else { continue };
        decoded += 1;
        if decoded % HANDLED == 0 && can_be_heard(&message) {
            handled += 1;
            if handled % SESSION == 0 {
                sessions = [Session::default(), Session::default()];
            }
            let peer = world.offices[*from].id;
            sessions[*to].hear(&mut world.offices[*to], peer, message);
        }
    }
    println!("{FRAMES} mutated frames, {decoded} decoded, {handled} handled");
    assert!(decoded > FRAMES / 20 && handled > 5_000, "enough came through to mean something: {decoded} decoded, {handled} handled");
    world.exchange(NORTH, SOUTH);
    world.exchange(NORTH, SOUTH);
    for office in [NORTH, SOUTH] {
        assert_eq!(world.state(office, link), LinkState::Active { frozen: false }, "no link was ended by what nobody signed");
    }
    world.assert_alike(NORTH, SOUTH, link);
}
