//! A second codec writes the same bytes: wincode with variable-length integers. It keeps a way out open, since the codec in
//! use is no longer maintained, and it would notice a change of bytes that both a value and its golden file missed.
//!
//! wincode derives every type that travels; none had to be left out.

use proptest::prelude::*;
use wincode::config::{Configuration, deserialize_exact, serialize};

use super::strategies;
use crate::messages::Message;
use crate::statement::Body;
use crate::wire::codec;

/// The configuration that writes what `wire::codec` writes: little-endian, variable-length integers, positions as `u32`.
macro_rules! config {
    () => {
        Configuration::default().with_varint_encoding()
    };
}

/// Both codecs write the same bytes, and each reads the other's.
macro_rules! agree {
    ($type:ty, $value:expr) => {{
        let ours = codec::encode($value);
        let theirs = serialize($value, config!()).expect("wincode writes it");
        prop_assert_eq!(&ours, &theirs);
        let read: $type = codec::decode_data(&theirs).expect("our codec reads wincode's bytes");
        prop_assert_eq!(&read, $value);
        let read: $type = deserialize_exact(&ours, config!()).expect("wincode reads our bytes");
        prop_assert_eq!(&read, $value);
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn both_codecs_agree_on_every_message(message in strategies::message()) {
        use crate::messages as m;
        match &message {
            Message::Statement(value) => agree!(crate::statement::Signed, value),
            Message::Hello(value) => agree!(m::Hello, value),
            Message::Lane(value) => agree!(m::Lane, value),
            Message::Pair(value) => agree!(m::Pair, value),
            Message::Answer(value) => agree!(m::Answer, value),
            Message::ListChunk(value) => agree!(m::ListChunk, value),
            Message::Ping(value) => agree!(m::Ping, value),
            Message::LeaseAsk(value) => agree!(m::LeaseAsk, value),
            Message::Renewal(value) => agree!(m::Renewal, value),
            Message::Resume(value) => agree!(m::Resume, value),
            Message::Batch(value) => agree!(m::Batch, value),
            Message::BatchAck(value) => agree!(m::BatchAck, value),
            Message::Gone(value) => agree!(m::Gone, value),
            Message::InventoryAsk(value) => agree!(m::InventoryAsk, value),
            Message::Inventory(value) => agree!(m::Inventory, value),
            Message::Proposal(value) => agree!(m::Proposal, value),
            Message::ProposalAnswer(value) => agree!(m::ProposalAnswer, value),
        }
    }

    #[test]
    fn both_codecs_agree_on_every_statement(envelope in strategies::envelope(), body in strategies::body()) {
        use crate::statement as s;
        agree!(s::Envelope, &envelope);
        match &body {
            Body::Request(value) => agree!(s::Request, value),
            Body::Accept(value) => agree!(s::Accept, value),
            Body::Decline(value) => agree!(s::Decline, value),
            Body::Withdraw(value) => agree!(s::Withdraw, value),
            Body::Delete(value) => agree!(s::Delete, value),
            Body::Amend(value) => agree!(s::Amend, value),
            Body::Freeze(value) => agree!(s::Freeze, value),
            Body::Thaw(value) => agree!(s::Thaw, value),
            Body::Hold(value) => agree!(s::Hold, value),
            Body::Receipt(value) => agree!(s::Receipt, value),
            Body::KeySet(value) => agree!(s::KeySet, value),
            Body::Revoke(value) => agree!(s::Revoke, value),
            Body::Epoch(value) => agree!(s::EpochNotice, value),
            Body::Head(value) => agree!(s::Head, value),
        }
    }
}
