//! The codec refuses what is too long, too short, or claims more than it brings.

use proptest::prelude::*;

use super::{samples, strategies};
use crate::limits::{CONTROL_FRAME_BYTES, DATA_FRAME_BYTES};
use crate::messages::{Batch, Inventory, LeaseAsk, ListChunk, Message, Renewal};
use crate::record::Record;
use crate::wire::codec::{self, Malformed};
use crate::wire::frame::{Frame, FrameFault, FrameHeader, FrameKind, Oversized, STATEMENT_KINDS_FROM, longest_body};

/// A length of 2^64 - 1 in nine bytes: read without a limit it makes the decoder reserve memory until the process aborts.
const BOMB: [u8; 9] = [253, 255, 255, 255, 255, 255, 255, 255, 255];

#[test]
fn nine_bytes_that_claim_everything_are_refused_by_every_type_with_a_list() {
    assert!(matches!(codec::decode_control::<Vec<u8>>(&BOMB), Err(Malformed::Invalid(_))));
    assert!(matches!(codec::decode_data::<String>(&BOMB), Err(Malformed::Invalid(_))));
    // The same length where each list of a record stands: properties, members, related items.
    let empty = Record { properties: vec![], members: vec![], related: vec![], ..samples::record() };
    let bytes = codec::encode(&empty);
    for list in 1..=3 {
        let mut bomb = bytes[..bytes.len() - list].to_vec();
        bomb.extend_from_slice(&BOMB);
        assert!(matches!(codec::decode_data::<Record>(&bomb), Err(Malformed::Invalid(_))), "list {list}");
    }
}

#[test]
fn a_list_that_claims_more_than_the_limit_is_refused_before_it_is_reserved() {
    // 60,000 leaves of 48 bytes are more than a control frame, whatever follows.
    let mut bytes = codec::encode(&ListChunk { statement: samples::opened().request.hash(), index: 0, leaves: vec![] });
    bytes.pop();
    bytes.extend(codec::encode(&60_000u64));
    let started = Frame { kind: FrameKind::ListChunk as u8, version: 1, body: bytes };
    assert!(matches!(Message::from_frame(&started), Err(FrameFault::Malformed { kind: 5, .. })));
}

#[test]
fn a_byte_too_many_is_refused() {
    let mut bytes = codec::encode(&samples::record());
    bytes.extend([0, 0, 0]);
    assert_eq!(codec::decode_data::<Record>(&bytes), Err(Malformed::Trailing(3)));
    assert_eq!(codec::decode_control::<Record>(&bytes), Err(Malformed::Trailing(3)));
}

#[test]
fn more_bytes_than_the_limit_are_refused_unread() {
    let long = vec![0; DATA_FRAME_BYTES + 1];
    assert!(matches!(codec::decode_data::<Batch>(&long), Err(Malformed::Invalid(_))));
    assert!(matches!(codec::decode_control::<Renewal>(&long[..=CONTROL_FRAME_BYTES]), Err(Malformed::Invalid(_))));
}

#[test]
fn a_long_way_of_writing_a_short_number_is_read_so_only_received_bytes_may_be_hashed() {
    // The codec reads 251, then 16 bits, also for a number that fits in one byte. Values are therefore not one to one with their
    // bytes, and nothing in this crate may encode again what it received: signatures and hashes are over the bytes themselves.
    assert_eq!(codec::decode_control::<u64>(&[251, 5, 0]), Ok(5));
    assert_eq!(codec::encode(&5u64), [5]);
}

#[test]
fn a_message_cut_off_anywhere_is_refused() {
    for (name, messages) in samples::messages() {
        for message in messages {
            let frame = message.to_frame();
            for length in 0..frame.body.len() {
                let cut = Frame { body: frame.body[..length].to_vec(), ..frame.clone() };
                assert!(matches!(Message::from_frame(&cut), Err(FrameFault::Malformed { .. })), "{name} cut to {length}");
            }
        }
    }
    for signed in samples::statements() {
        let frame = Message::from(signed).to_frame();
        for length in 0..frame.body.len() {
            let cut = Frame { body: frame.body[..length].to_vec(), ..frame.clone() };
            assert!(matches!(Message::from_frame(&cut), Err(FrameFault::Malformed { .. })), "statement cut to {length}");
        }
    }
}

#[test]
fn a_header_that_claims_more_than_its_kind_may_have_is_refused_before_the_body_is_read() {
    for kind in 0..=u8::MAX {
        let most = longest_body(kind);
        let data = [FrameKind::Batch, FrameKind::Proposal, FrameKind::ProposalAnswer].iter().any(|data| *data as u8 == kind);
        assert_eq!(most, if data { DATA_FRAME_BYTES } else { CONTROL_FRAME_BYTES }, "kind {kind}");
        let header = |length: u32| {
            let [a, b, c, d] = length.to_be_bytes();
            FrameHeader::decode([kind, 1, a, b, c, d])
        };
        assert_eq!(header(most as u32), Ok(FrameHeader { kind, version: 1, length: most as u32 }));
        for length in [most as u32 + 1, u32::MAX] {
            assert_eq!(header(length), Err(Oversized { kind, length, most }), "kind {kind}");
        }
        let frame = Frame { kind, version: 1, body: vec![0; most + 1] };
        assert_eq!(Message::from_frame(&frame), Err(Oversized { kind, length: most as u32 + 1, most }.into()), "kind {kind}");
    }
}

#[test]
fn a_frame_header_stands_before_its_body_with_its_length() {
    let message = Message::from(LeaseAsk { nonce: crate::ids::Nonce([9; 16]) });
    let bytes = message.to_frame().to_bytes();
    assert_eq!(bytes[..6], [7, 1, 0, 0, 0, 16]);
    assert_eq!(bytes[6..], [9; 16]);
}

#[test]
fn the_longest_batch_that_the_bounds_allow_decodes() {
    // The decoder counts what it reserves for lists against the same limit as the bytes it reads.
    use crate::limits::{BATCH_ENTRIES, BATCH_TARGET_BYTES, PROPERTIES_MAX, RECORD_BYTES_MAX};
    let mut batch = samples::batch();
    let put = batch.entries.remove(0);
    let crate::messages::Change::Put { version, mut record } = put.change else { panic!("the sample begins with a put") };
    let property = record.properties.remove(0);
    record.properties = vec![property.clone(); PROPERTIES_MAX];
    let missing = RECORD_BYTES_MAX - codec::encoded_len(record.as_ref());
    // A picture first, so that its bytes are counted already when the small properties behind it are still reserved for.
    record.properties[0].value.push_str(&"x".repeat(missing - 4));
    while codec::encoded_len(record.as_ref()) < RECORD_BYTES_MAX {
        record.properties[0].value.push('x');
    }
    let filler = Record { properties: vec![], members: vec![], related: vec![], ..record.as_ref().clone() };
    let overhead = codec::encoded_len(&filler) + 40;
    let mut entries = vec![];
    let each = BATCH_TARGET_BYTES / (BATCH_ENTRIES - 1) - overhead;
    for index in 0..BATCH_ENTRIES - 1 {
        let mut filler = filler.clone();
        filler.properties = vec![crate::record::Property { value: "y".repeat(each), ..property.clone() }];
        let id = crate::ids::RecordId([index as u8; 16]);
        entries.push(crate::messages::Entry { record: id, change: crate::messages::Change::Put { version, record: Box::new(filler) } });
    }
    entries.push(crate::messages::Entry { record: put.record, change: crate::messages::Change::Put { version, record } });
    batch.entries = entries;
    let message = Message::from(batch);
    assert_eq!(Message::from_frame(&message.to_frame()), Ok(Some(message)));
}

proptest! {
    #[test]
    fn every_message_comes_back_as_it_went(message in strategies::message()) {
        let frame = message.to_frame();
        prop_assert_eq!(frame.kind, message.kind());
        prop_assert_eq!(Message::from_frame(&frame), Ok(Some(message)));
    }

    #[test]
    fn the_length_is_known_without_encoding(record in strategies::record()) {
        prop_assert_eq!(codec::encoded_len(&record), codec::encode(&record).len());
    }

    #[test]
    fn any_bytes_are_a_message_or_a_fault_and_never_a_panic(kind: u8, version in 0u8..3, body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::from_frame(&Frame { kind, version, body });
    }

    #[test]
    fn a_flipped_bit_gives_another_message_or_a_fault(message in strategies::message(), at: prop::sample::Index, bit in 0u8..8) {
        let mut frame = message.to_frame();
        prop_assume!(!frame.body.is_empty());
        let at = at.index(frame.body.len());
        frame.body[at] ^= 1 << bit;
        prop_assert_ne!(Message::from_frame(&frame), Ok(Some(message)));
    }

    #[test]
    fn a_statement_frame_and_its_statement_name_one_kind_and_version(signed in strategies::signed()) {
        let frame = Message::from(signed.clone()).to_frame();
        prop_assert_eq!(frame.kind, STATEMENT_KINDS_FROM + signed.kind);
        prop_assert_eq!(frame.version, signed.version);
        prop_assert_eq!(Message::from_frame(&frame), Ok(Some(Message::Statement(signed))));
    }
}

#[test]
fn an_inventory_may_be_empty() {
    let inventory = Inventory { link: samples::opened().link, index: 0, last: true, holdings: vec![], cursor: 0 };
    let message = Message::from(inventory);
    assert_eq!(Message::from_frame(&message.to_frame()), Ok(Some(message)));
}
