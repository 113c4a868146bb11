//! Each thing a peer can do wrong has one consequence and words for an admin.

use super::samples;
use crate::limits::OutOfBounds;
use crate::link::Misfit;
use crate::messages::Message;
use crate::misbehaviour::{Consequence, Misbehaviour, Unsupported};
use crate::statement::{ChainFault, Kind, VerifyFault};
use crate::wire::codec::Malformed;
use crate::wire::frame::{Frame, FrameHeader, FrameKind};

/// One of each.
fn every() -> Vec<Misbehaviour> {
    use Misbehaviour as M;
    vec![
        M::UnknownOffice,
        M::BlockedOffice,
        M::ForeignHello,
        M::BrokenChain(ChainFault::Order(1)),
        M::ForkedChain,
        M::ChainWentBack,
        M::PinMismatch,
        M::EpochWentBack,
        M::TwinOffice,
        M::EpochImplausible,
        M::BeforeHello,
        M::SecondHello,
        M::PairingOutOfTurn,
        M::TooManyPairings,
        M::WrongLane,
        M::from(FrameHeader::decode([1, 1, 255, 255, 255, 255]).expect_err("too long")),
        M::Malformed(Malformed::Trailing(1)),
        M::OutOfBounds("a text"),
        M::WrongRecipient,
        M::ForeignStatement,
        M::BadSignature,
        M::UnknownKeySet(3),
        M::ExpiredKeySet,
        M::WrongSubject,
        M::WrongLink,
        M::WrongSide,
        M::OtherTerms,
        M::Equivocation,
        M::BrokenOrder,
        M::TooManyStatements,
        M::TooManyWaiting,
        M::BatchForForeignLink,
        M::RenewalUnasked,
        M::ReceiptUnfounded,
        M::ListDoesNotMatchRoot,
    ]
}

#[test]
fn every_fact_has_its_own_words_for_people_and_for_the_log() {
    let facts = every();
    let distinct = |text: fn(&Misbehaviour) -> String| facts.iter().map(text).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(distinct(|fact| fact.words().to_owned()), facts.len());
    assert_eq!(distinct(ToString::to_string), facts.len());
    for fact in &facts {
        assert!(!fact.words().ends_with('.'), "{fact}: a part of a sentence, the page ends it");
        assert!(!fact.to_string().chars().next().is_some_and(char::is_uppercase), "{fact}");
    }
}

#[test]
fn what_points_at_a_theft_or_a_second_copy_reaches_an_admin() {
    let told: Vec<_> = every().into_iter().filter(|fact| fact.consequence() == Consequence::DropAndTellAdmin).collect();
    for fact in [
        Misbehaviour::ForkedChain,
        Misbehaviour::PinMismatch,
        Misbehaviour::TwinOffice,
        Misbehaviour::EpochWentBack,
        Misbehaviour::BadSignature,
        Misbehaviour::Equivocation,
        Misbehaviour::ListDoesNotMatchRoot,
    ] {
        assert!(told.contains(&fact), "{fact}");
    }
    assert!(Consequence::DropAndTellAdmin > Consequence::DropConnection, "a later consequence includes the earlier ones");
}

#[test]
fn what_can_happen_to_an_honest_office_is_no_bad_frame() {
    for fact in [Misbehaviour::ExpiredKeySet, Misbehaviour::TooManyWaiting, Misbehaviour::RenewalUnasked, Misbehaviour::UnknownOffice] {
        assert!(!fact.counts_as_bad_frame(), "{fact}");
    }
    for fact in [Misbehaviour::WrongLane, Misbehaviour::Malformed(Malformed::Trailing(1)), Misbehaviour::BeforeHello] {
        assert!(fact.counts_as_bad_frame(), "{fact}");
    }
}

#[test]
fn unsupported_is_not_misbehaviour_and_every_other_fault_of_a_statement_is() {
    for fault in
        [VerifyFault::UnknownKind(99), VerifyFault::UnknownVersion { kind: Kind::Head, version: 2 }, VerifyFault::UnknownExtension(7)]
    {
        assert_eq!(Misbehaviour::try_from(fault), Err(Unsupported));
    }
    let pairs = [
        (VerifyFault::Malformed(Malformed::Trailing(2)), Misbehaviour::Malformed(Malformed::Trailing(2))),
        (VerifyFault::OutOfBounds("a text"), Misbehaviour::OutOfBounds("a text")),
        (VerifyFault::ForeignFrom, Misbehaviour::ForeignStatement),
        (VerifyFault::ForeignTo, Misbehaviour::WrongRecipient),
        (VerifyFault::WrongSubject, Misbehaviour::WrongSubject),
        (VerifyFault::UnknownKeySet(4), Misbehaviour::UnknownKeySet(4)),
        (VerifyFault::ExpiredKeySet, Misbehaviour::ExpiredKeySet),
        (VerifyFault::BadSignature, Misbehaviour::BadSignature),
    ];
    for (fault, fact) in pairs {
        assert_eq!(Misbehaviour::try_from(fault), Ok(fact));
    }
}

#[test]
fn faults_of_frames_chains_and_links_become_the_facts_they_are() {
    let fault = Message::from_frame(&Frame { kind: FrameKind::Ping as u8, version: 1, body: vec![] }).expect_err("too short");
    assert!(matches!(Misbehaviour::from(fault), Misbehaviour::Malformed(_)));
    let fault = Message::from_frame(&Frame { kind: FrameKind::Ping as u8, version: 1, body: vec![0; 1 << 20] }).expect_err("too long");
    assert!(matches!(Misbehaviour::from(fault), Misbehaviour::Oversized(_)));
    let mut hello = samples::hello();
    hello.chain.clear();
    let fault = Message::from_frame(&Message::from(hello).to_frame()).expect_err("out of bounds");
    assert_eq!(Misbehaviour::from(fault), Misbehaviour::OutOfBounds("the chain of key sets"));
    assert_eq!(Misbehaviour::from(OutOfBounds("a text")), Misbehaviour::OutOfBounds("a text"));
    assert_eq!(Misbehaviour::from(ChainFault::Length(0)), Misbehaviour::BrokenChain(ChainFault::Length(0)));
    for (misfit, fact) in [
        (Misfit::OtherLink, Misbehaviour::WrongLink),
        (Misfit::OtherParties, Misbehaviour::WrongLink),
        (Misfit::WrongSide, Misbehaviour::WrongSide),
        (Misfit::OtherTerms, Misbehaviour::OtherTerms),
        (Misfit::TooManyOrphans, Misbehaviour::TooManyWaiting),
    ] {
        assert_eq!(Misbehaviour::from(misfit), fact);
    }
}
