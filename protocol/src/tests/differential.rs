//! A second codec writes the same bytes: wincode with variable-length integers. It keeps a way out open, since the codec in
//! use is no longer maintained, and it would notice a change of bytes that both a value and its golden file missed.
//!
//! wincode derives every type that travels; none had to be left out.

use proptest::prelude::*;
use wincode::config::{Configuration, deserialize_exact, serialize, serialize_into};

use super::{samples, strategies};
use crate::messages::Message;
use crate::statement::{Body, Envelope, Signed, Verified};
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

/// Does the same with the body of a statement, whatever its kind is.
macro_rules! of_kind {
    ($body:expr, $do:ident) => {{
        use crate::statement as s;
        match $body {
            Body::Request(value) => $do!(s::Request, value),
            Body::Accept(value) => $do!(s::Accept, value),
            Body::Decline(value) => $do!(s::Decline, value),
            Body::Withdraw(value) => $do!(s::Withdraw, value),
            Body::Delete(value) => $do!(s::Delete, value),
            Body::Amend(value) => $do!(s::Amend, value),
            Body::Freeze(value) => $do!(s::Freeze, value),
            Body::Thaw(value) => $do!(s::Thaw, value),
            Body::Hold(value) => $do!(s::Hold, value),
            Body::Receipt(value) => $do!(s::Receipt, value),
            Body::KeySet(value) => $do!(s::KeySet, value),
            Body::Revoke(value) => $do!(s::Revoke, value),
            Body::Epoch(value) => $do!(s::EpochNotice, value),
            Body::Head(value) => $do!(s::Head, value),
        }
    }};
}

/// A writer that is full before the end, and bytes that end too early: both codecs say so at every byte.
macro_rules! refuse {
    ($type:ty, $value:expr) => {{
        let bytes = codec::encode($value);
        for room in 0..bytes.len() {
            let cut = &bytes[..room];
            assert!(!codec::fits_into($value, room) && codec::decode_data::<$type>(cut).is_err(), "{room} of {} bytes", bytes.len());
            assert!(serialize_into(&mut vec![0; room][..], $value, config!()).is_err(), "{room} of {} bytes", bytes.len());
            assert!(deserialize_exact::<$type, _>(cut, config!()).is_err(), "{room} of {} bytes", bytes.len());
        }
        assert!(codec::fits_into($value, bytes.len()));
    }};
}

#[test]
fn both_codecs_refuse_a_statement_that_is_cut_anywhere_and_a_room_that_is_too_small() {
    for signed in samples::statements() {
        let statement = Verified::from_store(signed).expect("the sample decodes");
        refuse!(Signed, statement.signed());
        refuse!(Envelope, statement.envelope());
        of_kind!(statement.body(), refuse);
    }
}

#[test]
fn both_codecs_refuse_a_choice_that_nobody_knows() {
    use crate::statement as s;
    macro_rules! unknown {
        ($($type:ty,)*) => {$(
            let bytes = [200; 80];
            assert!(codec::decode_head::<$type>(&bytes).is_err(), stringify!($type));
            assert!(deserialize_exact::<$type, _>(&bytes, config!()).is_err(), stringify!($type));
        )*};
    }
    refuse!(s::Audience, &s::Audience::Everyone);
    refuse!(s::Subject, &s::Subject::Office);
    refuse!(s::HoldTerms, &s::HoldTerms::None);
    refuse!(s::EndReason, &s::EndReason::Deleted);
    refuse!(s::ReceiptLevel, &s::ReceiptLevel::Erased);
    refuse!(s::RemovalCover, &s::RemovalCover::Part { epoch: 1, upto: 2 });
    refuse!(s::KeySetAuthority, &s::KeySetAuthority::Root);
    unknown!(s::Audience, s::Subject, s::HoldTerms, s::EndReason, s::ReceiptLevel, s::RemovalCover, s::KeySetAuthority,);
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
        agree!(Envelope, &envelope);
        of_kind!(&body, agree);
    }
}
