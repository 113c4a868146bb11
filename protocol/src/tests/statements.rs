//! Statements: every kind signs and verifies, every fault is found, and nothing but the received bytes counts.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::samples::{self, NOT_AFTER_MS, NOW_MS, Office, Opened};
use super::strategies;
use crate::ids::{OfficeId, StatementHash};
use crate::limits;
use crate::statement::{
    Accept, Audience, Body, Chain, Decline, Delete, EndReason, Envelope, EpochNotice, Extension, Freeze, Head, KeySet, Kind, Receipt,
    ReceiptLevel, RemovalCover, Revoke, Signed, Signer, Subject, Terms, Verified, VerifyFault, Withdraw, link_id, signing_bytes, verify,
};
use crate::wire::codec::Malformed;

fn fault(signed: Signed, opened: &Opened) -> VerifyFault {
    verify(signed, &opened.owner.chain, opened.reader.id, NOW_MS).expect_err("it has a fault")
}

fn about_link(opened: &Opened) -> Envelope {
    samples::envelope(opened.owner.id, Audience::Office(opened.reader.id), opened.subject(), 2)
}

fn freeze() -> Body {
    Freeze { reason: "test".into() }.into()
}

#[test]
fn every_kind_verifies_at_the_office_it_is_said_to() {
    let Opened { owner, reader, .. } = samples::opened();
    for (signed, kind) in samples::statements().into_iter().zip(Kind::ALL) {
        if kind == Kind::KeySet {
            // Key sets are said to everyone and checked as a chain.
            assert_eq!(verify(signed, &owner.chain, reader.id, NOW_MS), Err(VerifyFault::ForeignTo));
            continue;
        }
        let from = Verified::from_store(signed.clone()).expect("well formed").from();
        let (from, to) = if from == owner.id { (&owner, &reader) } else { (&reader, &owner) };
        let verified = verify(signed.clone(), &from.chain, to.id, NOW_MS).expect("it verifies");
        assert_eq!((verified.body().kind(), verified.from(), verified.hash()), (kind, from.id, signed.hash()));
        assert_eq!(verified.signed(), &signed);
        assert_eq!(Verified::from_store(signed), Ok(verified));
    }
}

#[test]
fn kinds_have_distinct_numbers_and_names() {
    for (index, kind) in Kind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, index + 1);
        assert_eq!(Kind::from_byte(kind as u8), Some(kind));
    }
    let names: std::collections::BTreeSet<_> = Kind::ALL.map(Kind::as_str).into();
    assert_eq!(names.len(), Kind::ALL.len());
    assert_eq!(Kind::from_byte(0), None);
    assert_eq!(Kind::from_byte(15), None);
}

#[test]
fn an_unknown_kind_version_or_critical_extension_is_told_apart_from_a_lie() {
    let opened = samples::opened();
    let signed = opened.by_owner(2, freeze());
    assert_eq!(fault(Signed { kind: 77, ..signed.clone() }, &opened), VerifyFault::UnknownKind(77));
    let unknown = VerifyFault::UnknownVersion { kind: Kind::Freeze, version: 2 };
    assert_eq!(fault(Signed { version: 2, ..signed }, &opened), unknown);
    let mut envelope = about_link(&opened);
    envelope.extensions = vec![Extension { tag: 900, critical: true, bytes: vec![] }];
    assert_eq!(fault(opened.owner.signer.sign(envelope.clone(), &freeze()), &opened), VerifyFault::UnknownExtension(900));
    envelope.extensions[0].critical = false;
    assert!(verify(opened.owner.signer.sign(envelope, &freeze()), &opened.owner.chain, opened.reader.id, NOW_MS).is_ok());
}

#[test]
fn a_payload_that_does_not_decode_to_its_last_byte_is_malformed() {
    let opened = samples::opened();
    let mut signed = opened.by_owner(2, freeze());
    signed.payload.push(0);
    assert_eq!(fault(signed.clone(), &opened), VerifyFault::Malformed(Malformed::Trailing(1)));
    signed.payload.truncate(20);
    assert!(matches!(fault(signed, &opened), VerifyFault::Malformed(Malformed::Invalid(_))));
}

#[test]
fn texts_and_lists_over_their_bounds_are_refused() {
    let opened = samples::opened();
    let long = || "x".repeat(limits::STATEMENT_TEXT_BYTES_MAX + 1);
    let terms = || Terms { purpose: long(), ..samples::terms() };
    let receipt = Receipt {
        level: ReceiptLevel::Removed,
        cover: RemovalCover::Part { epoch: 1, upto: 9 },
        count: 0,
        root: [0; 32],
        chunks: 0,
        removed_at_ms: NOW_MS,
        held: 0,
        holds: vec![StatementHash::NONE; limits::LIST_CHUNK_ENTRIES + 1],
    };
    let bodies: [Body; 7] = [
        Accept { terms: terms() }.into(),
        Decline { reason: long() }.into(),
        Withdraw { reason: long() }.into(),
        Delete { reason: EndReason::Deleted, note: long() }.into(),
        Freeze { reason: long() }.into(),
        crate::statement::Hold { basis: long(), until_ms: 0, count: 0, root: [0; 32] }.into(),
        receipt.into(),
    ];
    for body in bodies {
        assert!(matches!(fault(opened.by_owner(2, body), &opened), VerifyFault::OutOfBounds(_)));
    }
    let amend = crate::statement::Amend { terms: terms(), agrees_to: StatementHash::NONE };
    assert!(matches!(fault(opened.by_owner(2, amend), &opened), VerifyFault::OutOfBounds(_)));
    let opening = Subject::Opening { owner: samples::user("ann"), reader: samples::user("bob") };
    let request = crate::statement::Request { terms: terms(), secret: [0; 32] };
    let envelope = samples::envelope(opened.owner.id, Audience::Office(opened.reader.id), opening, 2);
    assert!(matches!(fault(opened.owner.signer.sign(envelope, &request.into()), &opened), VerifyFault::OutOfBounds(_)));

    let with = |extensions| opened.owner.signer.sign(Envelope { extensions, ..about_link(&opened) }, &freeze());
    let extension = |length| Extension { tag: 1, critical: false, bytes: vec![0; length] };
    let bound = VerifyFault::OutOfBounds("the list of extensions");
    assert_eq!(fault(with(vec![extension(0); limits::EXTENSIONS_MAX + 1]), &opened), bound);
    assert_eq!(fault(with(vec![extension(limits::EXTENSION_BYTES_MAX + 1)]), &opened), bound);

    for pins in [vec![], vec![[1; 32]; limits::TLS_PINS_MAX + 1]] {
        let mut set = samples::first_key_set(&opened.owner.root, &opened.owner.recovery, &opened.owner.signer);
        set.tls_pins = pins;
        let signed = samples::key_set_statement(&opened.owner.root, 1, set);
        assert_eq!(Verified::from_store(signed), Err(VerifyFault::OutOfBounds("the list of TLS pins")));
    }
}

#[test]
fn a_statement_of_or_for_another_office_is_refused() {
    let opened = samples::opened();
    let stranger = samples::office(3);
    let signed = opened.by_owner(2, freeze());
    assert_eq!(verify(signed.clone(), &stranger.chain, opened.reader.id, NOW_MS), Err(VerifyFault::ForeignFrom), "passed on by another");
    assert_eq!(verify(signed, &opened.owner.chain, stranger.id, NOW_MS), Err(VerifyFault::ForeignTo), "meant for another");
    let everyone = Envelope { to: Audience::Everyone, ..about_link(&opened) };
    assert_eq!(fault(opened.owner.signer.sign(everyone, &freeze()), &opened), VerifyFault::ForeignTo);
    let office = opened.owner.id;
    let forged = Signer::new(office, 1, &[0x77; 32]);
    assert_eq!(fault(forged.sign(about_link(&opened), &freeze()), &opened), VerifyFault::BadSignature, "another key in its name");
}

#[test]
fn a_subject_that_does_not_fit_its_kind_is_refused() {
    let opened = samples::opened();
    let opening = || Subject::Opening { owner: samples::user("ann"), reader: samples::user("bob") };
    let say = |subject, body: Body| {
        let envelope = Envelope { subject, ..about_link(&opened) };
        fault(opened.owner.signer.sign(envelope, &body), &opened)
    };
    let request = || crate::statement::Request { terms: samples::terms(), secret: [0; 32] };
    assert_eq!(say(Subject::Office, freeze()), VerifyFault::WrongSubject);
    assert_eq!(say(opening(), freeze()), VerifyFault::WrongSubject);
    assert_eq!(say(opened.subject(), request().into()), VerifyFault::WrongSubject);
    assert_eq!(say(opened.subject(), Head { sequence: 1, hash: [0; 32] }.into()), VerifyFault::WrongSubject);
    // A user name that our own constructor would never make.
    let bad = crate::wire::codec::decode_control(&crate::wire::codec::encode(&"Ann".to_owned())).expect("a text is a text");
    assert_eq!(say(Subject::Opening { owner: bad, reader: samples::user("bob") }, request().into()), VerifyFault::WrongSubject);
}

/// The owner's office after a rotation to key set `version`, whose sets end at `ends`.
fn rotated(ends: &[i64]) -> (Office, Vec<Signer>) {
    let mut office = samples::office(1);
    let signers: Vec<Signer> =
        (1u8..).zip(ends).map(|(version, _)| Signer::new(office.id, u32::from(version), &[0x30 + version; 32])).collect();
    let mut sets: Vec<Signed> = Vec::new();
    for (signer, ends) in signers.iter().zip(ends) {
        let set = KeySet {
            version: sets.len() as u32 + 1,
            not_after_ms: *ends,
            previous: sets.last().map_or(StatementHash::NONE, Signed::hash),
            ..samples::first_key_set(&office.root, &office.recovery, signer)
        };
        sets.push(samples::key_set_statement(&office.root, sets.len() as u64 + 1, set));
    }
    office.chain = Chain::verify(&sets).expect("the chain holds");
    (office, signers)
}

#[test]
fn an_expired_key_set_still_ends_links_and_does_nothing_else() {
    let opened = samples::opened();
    let (owner, signers) = rotated(&[NOW_MS - 1, NOT_AFTER_MS]);
    let say = |signer: &Signer, body: Body| verify(signer.sign(about_link(&opened), &body), &owner.chain, opened.reader.id, NOW_MS);
    let delete = || Body::from(Delete { reason: EndReason::Deleted, note: String::new() });
    let receipt = samples::statements().remove(9);
    let receipt = Verified::from_store(receipt).expect("well formed").body().clone();
    assert_eq!(say(&signers[0], freeze()), Err(VerifyFault::ExpiredKeySet));
    assert_eq!(say(&signers[0], Accept { terms: samples::terms() }.into()), Err(VerifyFault::ExpiredKeySet));
    for body in [delete(), Withdraw { reason: String::new() }.into(), Decline { reason: String::new() }.into(), receipt] {
        assert!(say(&signers[0], body).is_ok());
    }
    assert!(say(&signers[1], freeze()).is_ok(), "the newer set");
    assert_eq!(say(&Signer::new(owner.id, 3, &[1; 32]), freeze()), Err(VerifyFault::UnknownKeySet(3)));
    assert_eq!(say(&owner.root, freeze()), Err(VerifyFault::UnknownKeySet(0)), "the root signs key sets and nothing else");
    let mixed = Signer::new(owner.id, 2, &[0x31; 32]);
    assert_eq!(say(&mixed, delete()), Err(VerifyFault::BadSignature), "the first set's key under the second's number");
    let forged = Signer::new(owner.id, 1, &[0x77; 32]);
    assert_eq!(say(&forged, freeze()), Err(VerifyFault::BadSignature), "only what the office did say has expired");
}

#[test]
fn a_kind_is_signed_under_its_name_or_its_number_for_ever() {
    let signed = samples::opened().by_owner(2, freeze());
    for kind in 0..=u8::MAX {
        let name = match kind {
            7 => "freeze".to_owned(),
            14 => "head".to_owned(),
            1..=14 => continue,
            later => format!("kind-{later}"),
        };
        let bytes = signing_bytes(&Signed { kind, ..signed.clone() });
        let prefix = [b"interoffice/v1/", name.as_bytes(), &[0, kind, 1]].concat();
        assert!(bytes.starts_with(&prefix), "kind {kind}");
    }
}

#[test]
fn what_is_not_known_here_is_named_and_placed_all_the_same() {
    let opened = samples::opened();
    let envelope = about_link(&opened);
    let mut signed = opened.owner.signer.sign(envelope.clone(), &freeze());
    signed.kind = 99;
    let named = Sha256::new().chain_update(b"interoffice/v1/statement\0").chain_update([99, 1]).chain_update(1u32.to_be_bytes());
    assert_eq!(signed.hash(), StatementHash(named.chain_update(&signed.payload).finalize().into()), "no name of a kind is needed");
    assert_eq!(signed.envelope(), Some(Envelope { from: opened.owner.id, ..envelope }));
    signed.payload.truncate(20);
    assert_eq!(signed.envelope(), None);
}

#[test]
fn a_weak_key_signs_nothing() {
    // The neutral point as a public key makes one signature fit every message; `verify_strict` and `is_weak` both refuse it. No point
    // of the curve begins with a two and nothing behind it.
    for first in [1, 2] {
        let mut weak = [0; 32];
        weak[0] = first;
        let owner = samples::office(1);
        let set = KeySet { statement_key: weak, ..samples::first_key_set(&owner.root, &owner.recovery, &owner.signer) };
        let chain = Chain::verify(&[samples::key_set_statement(&owner.root, 1, set)]).expect("the root signed it");
        let opened = samples::opened();
        let mut forged = opened.by_owner(2, freeze());
        forged.signature = [0; 64];
        forged.signature[0] = 1;
        assert_eq!(verify(forged, &chain, opened.reader.id, NOW_MS), Err(VerifyFault::BadSignature));
    }
}

#[test]
fn a_signer_that_is_printed_says_who_it_is_and_no_key() {
    let office = samples::office(1);
    let printed = format!("{:?}", office.signer);
    assert_eq!(printed, format!("Signer({}, key set 1)", office.id));
}

#[test]
fn kind_version_and_key_set_are_under_the_signature() {
    let (owner, signers) = rotated(&[NOT_AFTER_MS, NOT_AFTER_MS]);
    let opened = samples::opened();
    let decline = signers[0].sign(about_link(&opened), &Decline { reason: "no".into() }.into());
    // Decline and Withdraw have bodies of one shape: only the signed kind tells them apart.
    let twisted = Signed { kind: Kind::Withdraw as u8, ..decline.clone() };
    assert!(matches!(Verified::from_store(twisted.clone()).expect("it decodes").body(), Body::Withdraw(_)));
    assert_eq!(verify(twisted, &owner.chain, opened.reader.id, NOW_MS), Err(VerifyFault::BadSignature));
    let moved = Signed { key_set_version: 2, ..decline };
    assert_eq!(verify(moved, &owner.chain, opened.reader.id, NOW_MS), Err(VerifyFault::BadSignature));
}

#[test]
fn the_link_is_named_by_the_request_without_its_signature() {
    let opened = samples::opened();
    assert_eq!(opened.link, link_id(&opened.request.payload));
    let again = samples::opened();
    assert_eq!(again.link, opened.link, "the same bytes, the same link");
    let other = opened.owner.signer.sign(
        Envelope {
            nonce: crate::ids::Nonce([9; 16]),
            ..Verified::from_store(opened.request.clone()).expect("well formed").envelope().clone()
        },
        &crate::statement::Request { terms: samples::terms(), secret: [0x5e; 32] }.into(),
    );
    assert_ne!(link_id(&other.payload), opened.link, "a later link between the same users has a new id");
    let office_statement = samples::statements().remove(13);
    assert_eq!(Verified::from_store(office_statement).expect("well formed").link(), None);
}

#[test]
fn a_statement_of_ours_names_us_whatever_the_envelope_said() {
    let opened = samples::opened();
    let envelope = Envelope { from: OfficeId([9; 32]), ..about_link(&opened) };
    let signed = opened.owner.signer.sign(envelope, &freeze());
    assert_eq!(Verified::from_store(signed).expect("well formed").from(), opened.owner.id);
}

#[test]
fn a_number_that_no_database_could_keep_is_refused_in_every_statement() {
    const BEYOND: u64 = limits::COUNTER_MAX + 1;
    let opened = samples::opened();
    let epoch = crate::epoch::Epoch { counter: BEYOND, identity: [0; 16] };
    let signed = |envelope: Envelope| opened.owner.signer.sign(envelope, &freeze());
    let fault_of = |envelope| fault(signed(envelope), &opened);
    assert_eq!(fault_of(Envelope { epoch, ..about_link(&opened) }), VerifyFault::OutOfBounds("the counter of an epoch"));
    assert_eq!(fault_of(Envelope { sequence: BEYOND, ..about_link(&opened) }), VerifyFault::OutOfBounds("the sequence of a statement"));
    let receipt = |cover, count| Receipt {
        level: ReceiptLevel::Removed,
        cover,
        count,
        root: [0; 32],
        chunks: 0,
        removed_at_ms: NOW_MS,
        held: 0,
        holds: vec![],
    };
    for (body, what) in [
        (Body::from(receipt(RemovalCover::Part { epoch: 1, upto: BEYOND }, 0)), "the sequence of a log"),
        (receipt(RemovalCover::Part { epoch: BEYOND, upto: 1 }, 0).into(), "the counter of an epoch"),
        (receipt(RemovalCover::Part { epoch: 1, upto: 1 }, BEYOND).into(), "an amount"),
        (crate::statement::Hold { basis: String::new(), until_ms: 0, count: BEYOND, root: [0; 32] }.into(), "an amount"),
    ] {
        assert_eq!(fault(opened.by_owner(2, body), &opened), VerifyFault::OutOfBounds(what));
    }
    let held = Receipt { held: BEYOND, ..receipt(RemovalCover::Part { epoch: 1, upto: 1 }, 0) };
    assert_eq!(fault(opened.by_owner(2, held), &opened), VerifyFault::OutOfBounds("an amount"));
    let about_office = Envelope { subject: Subject::Office, ..about_link(&opened) };
    let (first, reported_by) = (samples::epoch(1), opened.reader.id);
    for (body, what) in [
        (Body::from(Revoke { key: [0; 32], epoch, sequence: 1 }), "the counter of an epoch"),
        (Revoke { key: [0; 32], epoch: first, sequence: BEYOND }.into(), "the sequence of a statement"),
        (EpochNotice { epoch, quotes: None, reported_by }.into(), "the counter of an epoch"),
        (EpochNotice { epoch: first, quotes: Some(epoch), reported_by }.into(), "the counter of an epoch"),
        (Head { sequence: BEYOND, hash: [0; 32] }.into(), "the number of an audit line"),
    ] {
        let signed = opened.owner.signer.sign(about_office.clone(), &body);
        assert_eq!(fault(signed, &opened), VerifyFault::OutOfBounds(what));
    }
}

proptest! {
    #[test]
    fn a_changed_byte_anywhere_is_refused(which in 0usize..14, at: prop::sample::Index, bit in 0u8..8) {
        let Opened { owner, reader, .. } = samples::opened();
        let signed = samples::statements().remove(which);
        prop_assume!(signed.kind != Kind::KeySet as u8);
        let from = Verified::from_store(signed.clone()).expect("well formed").from();
        let (from, to) = if from == owner.id { (&owner, &reader) } else { (&reader, &owner) };
        let mut payload = signed.clone();
        let index = at.index(payload.payload.len());
        payload.payload[index] ^= 1 << bit;
        prop_assert!(verify(payload, &from.chain, to.id, NOW_MS).is_err());
        let mut signature = signed;
        signature.signature[at.index(64)] ^= 1 << bit;
        prop_assert_eq!(verify(signature, &from.chain, to.id, NOW_MS), Err(VerifyFault::BadSignature));
    }

    #[test]
    fn whatever_is_signed_decodes_to_what_was_meant(envelope in strategies::envelope(), body in strategies::body()) {
        let signer = Signer::new(envelope.from, 3, &[5; 32]);
        let signed = signer.sign(envelope.clone(), &body);
        let domain = format!("interoffice/v1/{}\0", body.kind().as_str());
        prop_assert!(signing_bytes(&signed).starts_with(domain.as_bytes()));
        if let Ok(read) = Verified::from_store(signed) {
            prop_assert_eq!((read.envelope(), read.body()), (&envelope, &body));
        }
    }

    #[test]
    fn any_bytes_as_a_payload_are_a_fault_and_never_a_panic(kind in 0u8..16, payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let signed = Signed { kind, version: 1, key_set_version: 1, payload, signature: [0; 64] };
        let opened = samples::opened();
        prop_assert!(verify(signed, &opened.owner.chain, opened.reader.id, NOW_MS).is_err());
    }
}
