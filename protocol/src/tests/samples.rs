//! Fixed values for tests: offices with keys from fixed seeds, one statement of each kind, one message of each kind.

use crate::digest::SetDigest;
use crate::epoch::{Epoch, Version};
use crate::ids::{LinkId, Nonce, OfficeId, ProposalId, RecordId, RelatedId, StatementHash, VersionId};
use crate::messages::{
    Answer, Batch, BatchAck, Change, Entry, Gone, Hello, Holding, Inventory, InventoryAsk, Lane, Leaf, LeaseAsk, ListChunk, Message,
    Outcome, Pair, PairRefusal, Ping, Proposal, ProposalAnswer, Renewal, Resume, Verdict,
};
use crate::names::UserName;
use crate::record::{FieldName, Level, Param, Property, Record, RecordKind, Related, RelatedKind, Scope};
use crate::statement::{
    Accept, Amend, Audience, Body, Chain, Decline, Delete, EndReason, Envelope, EpochNotice, Extension, Freeze, Head, Hold, HoldTerms,
    KeySet, KeySetAuthority, Receipt, ReceiptLevel, RemovalCover, Request, Revoke, Signed, Signer, Subject, Terms, Thaw, Verified,
    Withdraw, office_id, verify,
};

/// A moment at which every sample key is valid (milliseconds since 1970).
pub(super) const NOW_MS: i64 = 1_900_000_000_000;
/// End of every sample key set.
pub(super) const NOT_AFTER_MS: i64 = 2_000_000_000_000;

/// An office with its keys.
pub(super) struct Office {
    pub(super) id: OfficeId,
    pub(super) root: Signer,
    pub(super) recovery: Signer,
    pub(super) signer: Signer,
    pub(super) chain: Chain,
}

/// The office whose keys grow from `seed`.
pub(super) fn office(seed: u8) -> Office {
    let root_key = Signer::root(OfficeId([0; 32]), &[seed; 32]).public_key();
    let id = office_id(&root_key);
    let root = Signer::root(id, &[seed; 32]);
    let recovery = Signer::root(id, &[seed.wrapping_add(100); 32]);
    let signer = Signer::new(id, 1, &[seed.wrapping_add(50); 32]);
    let first = first_key_set(&root, &recovery, &signer);
    let chain = Chain::verify(&[key_set_statement(&root, 1, first)]).expect("the sample chain holds");
    Office { id, root, recovery, signer, chain }
}

/// The first key set of an office.
pub(super) fn first_key_set(root: &Signer, recovery: &Signer, signer: &Signer) -> KeySet {
    KeySet {
        version: 1,
        authority: KeySetAuthority::Root,
        root_key: root.public_key(),
        statement_key: signer.public_key(),
        tls_pins: vec![[7; 32], [8; 32]],
        recovery_key: recovery.public_key(),
        not_after_ms: NOT_AFTER_MS,
        previous: StatementHash::NONE,
    }
}

/// The statement that carries a key set, signed by `key`.
pub(super) fn key_set_statement(key: &Signer, sequence: u64, set: KeySet) -> Signed {
    let mut envelope = envelope(key.office(), Audience::Everyone, Subject::Office, sequence);
    envelope.previous = set.previous;
    key.sign(envelope, &set.into())
}

/// An envelope without extensions.
pub(super) fn envelope(from: OfficeId, to: Audience, subject: Subject, sequence: u64) -> Envelope {
    Envelope {
        from,
        to,
        subject,
        epoch: epoch(1),
        sequence,
        previous: StatementHash::NONE,
        nonce: Nonce([sequence as u8; 16]),
        issued_at_ms: NOW_MS,
        extensions: Vec::new(),
    }
}

pub(super) fn epoch(counter: u64) -> Epoch {
    Epoch { counter, identity: [0xe0; 16] }
}

pub(super) fn user(name: &str) -> UserName {
    UserName::new(name).expect("a valid name")
}

pub(super) fn terms() -> Terms {
    Terms {
        purpose: "Baufinanzierung für Familie Krüger".into(),
        level: Level::Write,
        scope: Scope::standard(),
        not_after_ms: Some(NOT_AFTER_MS),
        lease_s: 259_200,
        hold: HoldTerms::Declared { longest_s: 315_360_000 },
    }
}

/// A link from Ann at `owner` to Bob at `reader`: everything needed to speak about it.
pub(super) struct Opened {
    pub(super) owner: Office,
    pub(super) reader: Office,
    pub(super) request: Signed,
    pub(super) link: LinkId,
}

pub(super) fn opened() -> Opened {
    let (owner, reader) = (office(1), office(2));
    let subject = Subject::Opening { owner: user("ann"), reader: user("bob") };
    let request = Request { terms: terms(), secret: [0x5e; 32] };
    let request = owner.signer.sign(envelope(owner.id, Audience::Office(reader.id), subject, 1), &request.into());
    let link = verified(&request, &owner, &reader).link().expect("a request opens a link");
    Opened { owner, reader, request, link }
}

impl Opened {
    /// The subject of every later statement about the link.
    pub(super) fn subject(&self) -> Subject {
        Subject::Link { link: self.link, request: self.request.hash(), owner: user("ann"), reader: user("bob") }
    }

    /// A statement of the owner's office about the link.
    pub(super) fn by_owner(&self, sequence: u64, body: impl Into<Body>) -> Signed {
        self.owner.signer.sign(envelope(self.owner.id, Audience::Office(self.reader.id), self.subject(), sequence), &body.into())
    }

    /// A statement of the reader's office about the link.
    pub(super) fn by_reader(&self, sequence: u64, body: impl Into<Body>) -> Signed {
        self.reader.signer.sign(envelope(self.reader.id, Audience::Office(self.owner.id), self.subject(), sequence), &body.into())
    }

    /// The statement as whoever receives it has verified it.
    pub(super) fn verified(&self, signed: &Signed) -> Verified {
        let from = Verified::from_store(signed.clone()).expect("a well-formed statement").from();
        let (from, to) = if from == self.owner.id { (&self.owner, &self.reader) } else { (&self.reader, &self.owner) };
        verified(signed, from, to)
    }
}

pub(super) fn verified(signed: &Signed, from: &Office, to: &Office) -> Verified {
    verify(signed.clone(), &from.chain, to.id, NOW_MS).expect("the sample verifies")
}

/// One statement of each kind, in wire order, each with every field set to something.
pub(super) fn statements() -> Vec<Signed> {
    let opened = opened();
    let Opened { owner, reader, .. } = &opened;
    let hash = StatementHash([0xab; 32]);
    let about_office =
        |sequence, body: Body| owner.signer.sign(envelope(owner.id, Audience::Office(reader.id), Subject::Office, sequence), &body);
    let narrowed = Terms { level: Level::Read, not_after_ms: None, hold: HoldTerms::None, ..terms() };
    let mut extended = envelope(owner.id, Audience::Office(reader.id), opened.subject(), 5);
    extended.previous = hash;
    extended.extensions = vec![Extension { tag: 700, critical: false, bytes: vec![1, 2, 3] }];
    let removal = Receipt {
        level: ReceiptLevel::Erased,
        cover: RemovalCover::Link { end: hash },
        count: 20_000,
        root: [0xcd; 32],
        chunks: 20,
        removed_at_ms: NOW_MS,
        held: 3,
        holds: vec![StatementHash([0xa9; 32])],
    };
    vec![
        opened.request.clone(),
        opened.by_reader(1, Accept { terms: terms() }),
        opened.by_reader(2, Decline { reason: "not our client".into() }),
        opened.by_owner(2, Withdraw { reason: "wrong person".into() }),
        opened.by_owner(3, Delete { reason: EndReason::RightDisabled, note: "left the firm".into() }),
        opened.by_owner(4, Amend { terms: narrowed, agrees_to: StatementHash::NONE }),
        owner.signer.sign(extended, &Freeze { reason: "two copies of the office".into() }.into()),
        opened.by_owner(6, Thaw { freeze: hash }),
        opened.by_reader(3, Hold { basis: "§ 147 AO".into(), until_ms: NOT_AFTER_MS, count: 3, root: [0xce; 32] }),
        opened.by_reader(4, removal),
        owner.chain.signed()[0].clone(),
        about_office(7, Revoke { key: [0x33; 32], epoch: epoch(1), sequence: 6 }.into()),
        about_office(8, EpochNotice { epoch: epoch(3), quotes: Some(epoch(2)), reported_by: reader.id }.into()),
        about_office(9, Head { sequence: 4_711, hash: [0x44; 32] }.into()),
    ]
}

pub(super) fn record() -> Record {
    let property = |field, name: &str, group: &str, params: &[(&str, &[&str])], value: &str| Property {
        field,
        name: name.into(),
        group: group.into(),
        params: params
            .iter()
            .map(|(name, values)| Param { name: (*name).into(), values: values.iter().map(|value| (*value).into()).collect() })
            .collect(),
        value: value.into(),
    };
    Record {
        kind: RecordKind::Household,
        display_name: "Familie Krüger".into(),
        properties: vec![
            property(FieldName::Name, "FN", "", &[], "Familie Krüger"),
            property(FieldName::Emails, "EMAIL", "", &[("TYPE", &["home", "pref"])], "krueger@example.org"),
            property(FieldName::Other, "X-ABLABEL", "item1", &[], "Ferienhaus"),
        ],
        members: vec![RecordId([0x11; 16]), RecordId([0x12; 16])],
        related: vec![Related {
            id: RelatedId([0x13; 16]),
            kind: RelatedKind::Policy,
            title: "Life policy 4711".into(),
            status: "pending".into(),
            detail: String::new(),
        }],
    }
}

pub(super) fn batch() -> Batch {
    let version = Version { epoch: 1, counter: 300 };
    Batch {
        link: LinkId([0x1f; 32]),
        epoch: epoch(1),
        from: 250,
        to: 70_000,
        entries: vec![
            Entry { record: RecordId([0x21; 16]), change: Change::Put { version, record: Box::new(record()) } },
            Entry { record: RecordId([0x22; 16]), change: Change::Withdraw },
        ],
        digest_after: SetDigest([0x23; 32]),
    }
}

/// Each kind of message under its file name, with every variant that has a form of its own.
pub(super) fn messages() -> Vec<(&'static str, Vec<Message>)> {
    let mut messages = control();
    messages.extend(data());
    messages
}

fn control() -> Vec<(&'static str, Vec<Message>)> {
    let (link, statement) = (LinkId([0x1f; 32]), StatementHash([0xab; 32]));
    let answer = |outcome| Message::from(Answer { statement, outcome });
    let refused = |reason| Message::from(Pair::Refused { reason });
    vec![
        ("hello", vec![hello().into()]),
        ("lane", vec![Lane::Control.into(), Lane::Data.into()]),
        (
            "pair",
            vec![
                Pair::Start { token: [0x41; 16], commitment: [0x42; 32] }.into(),
                Pair::Commit { commitment: [0x43; 32] }.into(),
                Pair::Reveal { nonce: [0x44; 32] }.into(),
                Pair::Confirmed.into(),
                refused(PairRefusal::UnknownToken),
                refused(PairRefusal::Expired),
                refused(PairRefusal::BrokenCommitment),
                refused(PairRefusal::Rejected),
                refused(PairRefusal::TooMany),
            ],
        ),
        (
            "answer",
            vec![
                answer(Outcome::Stored),
                answer(Outcome::Gap { expected: 1_000 }),
                answer(Outcome::Unsupported),
                answer(Outcome::Refused),
                answer(Outcome::Later),
            ],
        ),
        ("list-chunk", vec![ListChunk { statement, index: 2, leaves: leaves(3) }.into()]),
        ("ping", vec![Ping { nonce: Nonce([0x51; 16]), answer: false }.into(), Ping { nonce: Nonce([0x51; 16]), answer: true }.into()]),
        ("lease-ask", vec![LeaseAsk { nonce: Nonce([0x52; 16]) }.into()]),
        ("renewal", vec![Renewal { nonce: Nonce([0x52; 16]), epoch: epoch(1), links: vec![link, LinkId([0x2f; 32])] }.into()]),
    ]
}

fn data() -> Vec<(&'static str, Vec<Message>)> {
    let link = LinkId([0x1f; 32]);
    let version = Version { epoch: 1, counter: 300 };
    let verdict = |verdict| Message::from(ProposalAnswer { id: ProposalId([0x31; 16]), verdict });
    let property = record().properties.remove(1);
    vec![
        (
            "resume",
            vec![
                Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY }.into(),
                Resume { link, epoch: Some(epoch(1)), cursor: 250, digest: SetDigest([0x53; 32]) }.into(),
            ],
        ),
        ("batch", vec![batch().into()]),
        ("batch-ack", vec![BatchAck { link, epoch: epoch(1), to: 70_000, digest: SetDigest([0x23; 32]) }.into()]),
        ("gone", vec![Gone { link }.into()]),
        ("inventory-ask", vec![InventoryAsk { link }.into()]),
        (
            "inventory",
            vec![
                Inventory { link, index: 0, last: true, holdings: vec![Holding { record: RecordId([0x21; 16]), version }], cursor: 9 }
                    .into(),
            ],
        ),
        (
            "proposal",
            vec![
                Proposal {
                    id: ProposalId([0x31; 16]),
                    link,
                    actor: user("bob"),
                    record: RecordId([0x21; 16]),
                    base: version,
                    remove: vec![property.clone()],
                    add: vec![Property { value: "new@example.org".into(), ..property }],
                }
                .into(),
            ],
        ),
        (
            "proposal-answer",
            vec![
                verdict(Verdict::Applied(version)),
                verdict(Verdict::Conflict(version)),
                verdict(Verdict::Refused("the record is not shared for writing".into())),
            ],
        ),
    ]
}

pub(super) fn hello() -> Hello {
    let (owner, reader) = (office(1), office(2));
    Hello {
        to: reader.id,
        chain: owner.chain.signed().to_vec(),
        epoch: epoch(2),
        heard_epoch: Some(epoch(1)),
        heard_sequence: 41,
        issued_sequence: 300,
        office_name: "Krüger & Partner".into(),
        addresses: vec!["office.example.org:4433".into(), "[2001:db8::1]:4433".into()],
        nonce: Nonce([0x61; 16]),
        paired: true,
    }
}

/// Leaves in record order.
pub(super) fn leaves(count: u32) -> Vec<Leaf> {
    (0..count)
        .map(|index| {
            let mut record = [0; 16];
            record[..4].copy_from_slice(&index.to_be_bytes());
            Leaf { record: RecordId(record), version: VersionId([index as u8; 32]) }
        })
        .collect()
}
