//! Frames and the messages in them: what is taken is within its bounds, and means the same when it is written again.

use interoffice_protocol::limits::FRAME_HEADER_BYTES;
use interoffice_protocol::messages::{MESSAGE_VERSION, Message, lane};
use interoffice_protocol::wire::frame::{Frame, FrameFault, FrameHeader, FrameKind, STATEMENT_KINDS_FROM, longest_body};

/// A stream of frames, as it comes in from a peer.
pub fn frame(bytes: &[u8]) {
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<FRAME_HEADER_BYTES>() {
        let claimed = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
        let header = match FrameHeader::decode(*head) {
            Ok(header) => header,
            Err(refused) => {
                assert!(claimed as usize > longest_body(head[0]), "a length within the bound of kind {} was refused", head[0]);
                assert_eq!((refused.kind, refused.length, refused.most), (head[0], claimed, longest_body(head[0])));
                return;
            }
        };
        assert_eq!((header.kind, header.version, header.length), (head[0], head[1], claimed));
        assert!(claimed as usize <= longest_body(header.kind));
        let Some((body, next)) = after.split_at_checked(claimed as usize) else { return };
        let frame = Frame { kind: header.kind, version: header.version, body: body.to_vec() };
        assert_eq!(frame.to_bytes(), rest[..FRAME_HEADER_BYTES + body.len()], "a frame is written as it came");
        read(&frame);
        rest = next;
    }
}

/// Bodies of greetings: Hello, lanes, pairing. The first byte picks the kind.
pub fn greeting(bytes: &[u8]) {
    body_of(&[FrameKind::Hello, FrameKind::Lane, FrameKind::Pair], bytes);
}

/// Bodies of what travels beside statements: answers, lists, probes, leases.
pub fn control(bytes: &[u8]) {
    body_of(&[FrameKind::Answer, FrameKind::ListChunk, FrameKind::Ping, FrameKind::LeaseAsk, FrameKind::Renewal], bytes);
}

/// Bodies of what keeps copies alike, batches aside.
pub fn replication(bytes: &[u8]) {
    body_of(&[FrameKind::Resume, FrameKind::BatchAck, FrameKind::Gone, FrameKind::InventoryAsk, FrameKind::Inventory], bytes);
}

/// Bodies of proposals and their answers.
pub fn proposal(bytes: &[u8]) {
    body_of(&[FrameKind::Proposal, FrameKind::ProposalAnswer], bytes);
}

/// Reads what follows the first byte as the body of the kind that the first byte picks.
fn body_of(kinds: &[FrameKind], bytes: &[u8]) {
    let Some((which, body)) = bytes.split_first() else { return };
    let kind = kinds[usize::from(*which) % kinds.len()] as u8;
    if let Some(message) = read(&Frame { kind, version: MESSAGE_VERSION, body: body.to_vec() }) {
        assert_eq!(message.kind(), kind);
    }
}

/// Reads a frame and asserts what must hold of what came out; gives the message if there is one.
pub(crate) fn read(frame: &Frame) -> Option<Message> {
    let known = frame.kind >= STATEMENT_KINDS_FROM || (FrameKind::from_byte(frame.kind).is_some() && frame.version == MESSAGE_VERSION);
    let message = match Message::from_frame(frame) {
        Ok(Some(message)) => message,
        Ok(None) => {
            assert!(!known, "a known kind was passed over");
            return None;
        }
        Err(FrameFault::Oversized(fault)) => {
            assert!(frame.body.len() > fault.most);
            return None;
        }
        Err(FrameFault::Malformed { .. } | FrameFault::OutOfBounds { .. }) => {
            assert!(known, "a frame of an unknown kind is skipped, not judged");
            return None;
        }
    };
    assert!(known);
    assert!(frame.body.len() <= longest_body(frame.kind));
    assert_eq!(message.check(), Ok(()), "what was taken is within its bounds");
    assert_eq!(message.kind(), frame.kind);
    assert_eq!(message.lane_kind(), lane(frame.kind));
    let again = message.to_frame();
    assert_eq!((again.kind, again.version), (frame.kind, frame.version));
    assert!(again.body.len() <= frame.body.len(), "we write numbers as short as they can be");
    assert_eq!(Message::from_frame(&again), Ok(Some(message.clone())), "what is written again means the same");
    for longer in [&[0][..], &[1, 2, 3]] {
        let trailing = Frame { body: [&frame.body, longer].concat(), ..frame.clone() };
        assert!(Message::from_frame(&trailing).is_err(), "every byte of a body counts");
    }
    Some(message)
}
