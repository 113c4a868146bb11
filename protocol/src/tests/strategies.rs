//! Generated values of everything that travels.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::digest::SetDigest;
use crate::epoch::{Epoch, Version};
use crate::ids::{LinkId, Nonce, OfficeId, ProposalId, RecordId, RelatedId, StatementHash, VersionId};
use crate::limits::COUNTER_MAX;
use crate::messages::{
    Answer, Batch, BatchAck, Change, Entry, Gone, Hello, Holding, Inventory, InventoryAsk, Lane, Leaf, LeaseAsk, ListChunk, Message,
    Outcome, Pair, PairRefusal, Ping, Proposal, ProposalAnswer, Renewal, Resume, Verdict,
};
use crate::names::UserName;
use crate::record::{FieldName, Level, Param, Property, Record, RecordKind, Related, RelatedKind, Scope};
use crate::statement::{
    Accept, Amend, Audience, Body, Decline, Delete, EndReason, Envelope, EpochNotice, Extension, Freeze, Head, Hold, HoldTerms, KeySet,
    KeySetAuthority, Receipt, ReceiptLevel, RemovalCover, Request, Revoke, Signed, Subject, Terms, Thaw, Withdraw,
};

macro_rules! ids {
    ($($name:ident -> $id:ident($len:literal),)*) => {
        $(fn $name() -> impl Strategy<Value = $id> {
            any::<[u8; $len]>().prop_map($id)
        })*
    };
}

ids! {
    office -> OfficeId(32),
    link -> LinkId(32),
    record_id -> RecordId(16),
    related_id -> RelatedId(16),
    hash -> StatementHash(32),
    nonce -> Nonce(16),
    proposal_id -> ProposalId(16),
    version_id -> VersionId(32),
    digest -> SetDigest(32),
}

/// Numbers around the places where the codec changes their length, and any other.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        prop::sample::select(vec![0, 250, 251, 252, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, COUNTER_MAX]),
        0..=COUNTER_MAX,
        0u64..1_000,
    ]
}

/// The same around zero, for times.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![prop::sample::select(vec![i64::MIN, -32_769, -126, -125, -1, 0, 1, 125, 126, 32_768, i64::MAX]), any::<i64>(),]
}

fn epoch() -> impl Strategy<Value = Epoch> {
    (number(), any::<[u8; 16]>()).prop_map(|(counter, identity)| Epoch { counter, identity })
}

fn version() -> impl Strategy<Value = Version> {
    (number(), number()).prop_map(|(epoch, counter)| Version { epoch, counter: counter.max(1) })
}

fn user() -> impl Strategy<Value = UserName> {
    "[a-z0-9]{2,20}".prop_map(|text| UserName::new(&text).expect("letters and digits"))
}

fn text() -> impl Strategy<Value = String> {
    ".{0,24}"
}

fn property() -> impl Strategy<Value = Property> {
    let param = ("[A-Z]{1,8}", vec(text(), 0..3)).prop_map(|(name, values)| Param { name, values });
    (prop::sample::select(FieldName::ALL), "[A-Z-]{1,12}", "[a-z0-9]{0,5}", vec(param, 0..3), text())
        .prop_map(|(field, name, group, params, value)| Property { field, name, group, params, value })
}

pub(super) fn record() -> impl Strategy<Value = Record> {
    let related = (related_id(), prop::sample::select(&RelatedKind::ALL), text(), text(), text())
        .prop_map(|(id, kind, title, status, detail)| Related { id, kind, title, status, detail });
    let kind = prop::sample::select(&RecordKind::ALL);
    (kind, ".{1,24}", vec(property(), 0..6), vec(record_id(), 0..3), vec(related, 0..3))
        .prop_map(|(kind, display_name, properties, members, related)| Record { kind, display_name, properties, members, related })
}

fn terms() -> impl Strategy<Value = Terms> {
    let scope = (any::<u32>(), any::<u8>(), any::<bool>()).prop_map(|(fields, related, documents)| Scope { fields, related, documents });
    let hold = prop_oneof![Just(HoldTerms::None), number().prop_map(|longest_s| HoldTerms::Declared { longest_s })];
    (text(), prop::sample::select(&Level::ALL), scope, prop::option::of(time()), any::<u32>(), hold)
        .prop_map(|(purpose, level, scope, not_after_ms, lease_s, hold)| Terms { purpose, level, scope, not_after_ms, lease_s, hold })
}

pub(super) fn envelope() -> impl Strategy<Value = Envelope> {
    let audience = prop_oneof![office().prop_map(Audience::Office), Just(Audience::Everyone)];
    let subject = prop_oneof![
        Just(Subject::Office),
        (user(), user()).prop_map(|(owner, reader)| Subject::Opening { owner, reader }),
        (link(), hash(), user(), user()).prop_map(|(link, request, owner, reader)| Subject::Link { link, request, owner, reader }),
    ];
    let extension =
        (any::<u16>(), any::<bool>(), vec(any::<u8>(), 0..20)).prop_map(|(tag, critical, bytes)| Extension { tag, critical, bytes });
    (office(), audience, subject, epoch(), number(), hash(), nonce(), time(), vec(extension, 0..3)).prop_map(
        |(from, to, subject, epoch, sequence, previous, nonce, issued_at_ms, extensions)| Envelope {
            from,
            to,
            subject,
            epoch,
            sequence,
            previous,
            nonce,
            issued_at_ms,
            extensions,
        },
    )
}

/// A body of any kind.
pub(super) fn body() -> impl Strategy<Value = Body> {
    let reason = prop::sample::select(vec![
        EndReason::Deleted,
        EndReason::RightDisabled,
        EndReason::UserGone,
        EndReason::Expired,
        EndReason::PeerRemoved,
    ]);
    prop_oneof![
        (terms(), any::<[u8; 32]>()).prop_map(|(terms, secret)| Request { terms, secret }.into()),
        terms().prop_map(|terms| Accept { terms }.into()),
        text().prop_map(|reason| Decline { reason }.into()),
        text().prop_map(|reason| Withdraw { reason }.into()),
        (reason, text()).prop_map(|(reason, note)| Delete { reason, note }.into()),
        (terms(), hash()).prop_map(|(terms, agrees_to)| Amend { terms, agrees_to }.into()),
        text().prop_map(|reason| Freeze { reason }.into()),
        hash().prop_map(|freeze| Thaw { freeze }.into()),
        (text(), time(), number(), any::<[u8; 32]>())
            .prop_map(|(basis, until_ms, count, root)| Hold { basis, until_ms, count, root }.into()),
        receipt().prop_map(Body::from),
        key_set().prop_map(Body::from),
        (any::<[u8; 32]>(), epoch(), number()).prop_map(|(key, epoch, sequence)| Revoke { key, epoch, sequence }.into()),
        (epoch(), prop::option::of(epoch()), office())
            .prop_map(|(epoch, quotes, reported_by)| EpochNotice { epoch, quotes, reported_by }.into()),
        (number(), any::<[u8; 32]>()).prop_map(|(sequence, hash)| Head { sequence, hash }.into()),
    ]
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let cover = prop_oneof![
        hash().prop_map(|end| RemovalCover::Link { end }),
        (number(), number()).prop_map(|(epoch, upto)| RemovalCover::Part { epoch, upto }),
    ];
    let level = prop::sample::select(vec![ReceiptLevel::Removed, ReceiptLevel::Erased]);
    (level, cover, number(), any::<[u8; 32]>(), any::<u32>(), time(), number(), vec(hash(), 0..3)).prop_map(
        |(level, cover, count, root, chunks, removed_at_ms, held, holds)| Receipt {
            level,
            cover,
            count,
            root,
            chunks,
            removed_at_ms,
            held,
            holds,
        },
    )
}

fn key_set() -> impl Strategy<Value = KeySet> {
    let authority = prop::sample::select(vec![KeySetAuthority::Root, KeySetAuthority::Recovery]);
    let key = any::<[u8; 32]>;
    (any::<u32>(), authority, key(), key(), vec(key(), 1..4), key(), time(), hash()).prop_map(
        |(version, authority, root_key, statement_key, tls_pins, recovery_key, not_after_ms, previous)| KeySet {
            version,
            authority,
            root_key,
            statement_key,
            tls_pins,
            recovery_key,
            not_after_ms,
            previous,
        },
    )
}

pub(super) fn signed() -> impl Strategy<Value = Signed> {
    (0u8..=191, any::<u8>(), any::<u32>(), vec(any::<u8>(), 0..300), any::<[u8; 64]>())
        .prop_map(|(kind, version, key_set_version, payload, signature)| Signed { kind, version, key_set_version, payload, signature })
}

pub(super) fn batch() -> impl Strategy<Value = Batch> {
    let put = (version(), record()).prop_map(|(version, record)| Change::Put { version, record: Box::new(record) });
    let entry = (record_id(), prop_oneof![3 => put, 1 => Just(Change::Withdraw)]).prop_map(|(record, change)| Entry { record, change });
    (link(), epoch(), number(), 1u64..1 << 40, vec(entry, 0..8), digest()).prop_map(|(link, epoch, from, steps, entries, digest_after)| {
        let from = from.min(COUNTER_MAX >> 1);
        Batch { link, epoch, from, to: from + steps, entries, digest_after }
    })
}

fn control() -> impl Strategy<Value = Message> {
    let refusals =
        vec![PairRefusal::UnknownToken, PairRefusal::Expired, PairRefusal::BrokenCommitment, PairRefusal::Rejected, PairRefusal::TooMany];
    let pair = prop_oneof![
        (any::<[u8; 16]>(), any::<[u8; 32]>()).prop_map(|(token, commitment)| Pair::Start { token, commitment }),
        any::<[u8; 32]>().prop_map(|commitment| Pair::Commit { commitment }),
        any::<[u8; 32]>().prop_map(|nonce| Pair::Reveal { nonce }),
        Just(Pair::Confirmed),
        prop::sample::select(refusals).prop_map(|reason| Pair::Refused { reason }),
    ];
    let outcome = prop_oneof![
        prop::sample::select(vec![Outcome::Stored, Outcome::Unsupported, Outcome::Refused, Outcome::Later]),
        number().prop_map(|expected| Outcome::Gap { expected }),
    ];
    let leaves = prop::collection::btree_map(record_id(), version_id(), 0..10)
        .prop_map(|leaves| leaves.into_iter().map(|(record, version)| Leaf { record, version }).collect());
    prop_oneof![
        hello().prop_map(Message::from),
        prop::sample::select(vec![Lane::Control, Lane::Data]).prop_map(Message::from),
        pair.prop_map(Message::from),
        (hash(), outcome).prop_map(|(statement, outcome)| Answer { statement, outcome }.into()),
        (hash(), any::<u32>(), leaves).prop_map(|(statement, index, leaves)| ListChunk { statement, index, leaves }.into()),
        (nonce(), any::<bool>()).prop_map(|(nonce, answer)| Ping { nonce, answer }.into()),
        nonce().prop_map(|nonce| LeaseAsk { nonce }.into()),
        (nonce(), epoch(), vec(link(), 0..10)).prop_map(|(nonce, epoch, links)| Renewal { nonce, epoch, links }.into()),
    ]
}

fn hello() -> impl Strategy<Value = Hello> {
    let heard = (prop::option::of(epoch()), number(), number());
    (office(), vec(signed(), 1..4), epoch(), heard, "[a-zöß][ -~]{0,20}", vec("[a-z.]{1,30}:[0-9]{1,5}", 0..8), nonce(), any::<bool>())
        .prop_map(|(to, chain, epoch, (heard_epoch, heard_sequence, issued_sequence), office_name, addresses, nonce, paired)| Hello {
            to,
            chain,
            epoch,
            heard_epoch,
            heard_sequence,
            issued_sequence,
            office_name,
            addresses,
            nonce,
            paired,
        })
}

fn data() -> impl Strategy<Value = Message> {
    let holdings = prop::collection::btree_map(record_id(), version(), 0..10)
        .prop_map(|holdings| holdings.into_iter().map(|(record, version)| Holding { record, version }).collect());
    let proposal = (proposal_id(), link(), user(), record_id(), version(), vec(property(), 0..3), vec(property(), 1..3));
    let verdict =
        prop_oneof![version().prop_map(Verdict::Applied), version().prop_map(Verdict::Conflict), text().prop_map(Verdict::Refused),];
    prop_oneof![
        (link(), prop::option::of(epoch()), number(), digest()).prop_map(|(link, epoch, cursor, digest)| Resume {
            link,
            epoch,
            cursor,
            digest
        }
        .into()),
        batch().prop_map(Message::from),
        (link(), epoch(), number(), digest()).prop_map(|(link, epoch, to, digest)| BatchAck { link, epoch, to, digest }.into()),
        link().prop_map(|link| Gone { link }.into()),
        link().prop_map(|link| InventoryAsk { link }.into()),
        (link(), any::<u32>(), any::<bool>(), holdings, number()).prop_map(|(link, index, last, holdings, cursor)| Inventory {
            link,
            index,
            last,
            holdings,
            cursor
        }
        .into()),
        proposal
            .prop_map(|(id, link, actor, record, base, remove, add)| { Proposal { id, link, actor, record, base, remove, add }.into() }),
        (proposal_id(), verdict).prop_map(|(id, verdict)| ProposalAnswer { id, verdict }.into()),
    ]
}

/// A message of any kind that keeps every bound.
pub(super) fn message() -> impl Strategy<Value = Message> {
    prop_oneof![signed().prop_map(Message::from), control(), data()]
}
