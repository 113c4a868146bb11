//! Messages: lanes, bounds after decoding, batches from records in wire form.

use proptest::prelude::*;

use super::{samples, strategies};
use crate::ids::{LinkId, RecordId};
use crate::limits;
use crate::messages::{
    Answer, Batch, BatchAck, Change, Hello, Holding, Inventory, Lane, ListChunk, Message, Outcome, Proposal, ProposalAnswer, RawChange,
    Renewal, Resume, Verdict, encode_batch, lane,
};
use crate::names::UserName;
use crate::record::{Param, Property, Record};
use crate::wire::codec;
use crate::wire::frame::{Frame, FrameFault, FrameKind, STATEMENT_KINDS_FROM};

/// Sends `message` past every check and says what the receiver finds out of bounds.
fn refused(message: impl Into<Message>) -> &'static str {
    let message = message.into();
    match Message::from_frame(&message.to_frame()) {
        Err(FrameFault::OutOfBounds { kind, what }) => {
            assert_eq!(kind, message.kind());
            assert!(message.check().is_err(), "who sends finds the same");
            what
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn batch_of(record: Record) -> Batch {
    let mut batch = samples::batch();
    if let Change::Put { record: kept, .. } = &mut batch.entries[0].change {
        **kept = record;
    }
    batch
}

#[test]
fn every_kind_has_one_lane_and_the_lane_message_opens_either() {
    let control = [FrameKind::Hello, FrameKind::Pair, FrameKind::Answer, FrameKind::ListChunk, FrameKind::Ping, FrameKind::LeaseAsk];
    for kind in FrameKind::ALL {
        let expected = match kind {
            FrameKind::Lane => None,
            FrameKind::Renewal => Some(Lane::Control),
            kind if control.contains(&kind) => Some(Lane::Control),
            _ => Some(Lane::Data),
        };
        assert_eq!(lane(kind as u8), expected, "{kind:?}");
    }
    assert!((STATEMENT_KINDS_FROM..=u8::MAX).all(|kind| lane(kind) == Some(Lane::Control)), "statements, known or not");
    assert_eq!(lane(0), None);
    assert_eq!(Message::from(samples::batch()).lane_kind(), Some(Lane::Data));
}

#[test]
fn an_unknown_kind_or_version_is_skipped_and_an_unknown_statement_is_kept_for_its_answer() {
    for kind in (0..STATEMENT_KINDS_FROM).filter(|kind| FrameKind::from_byte(*kind).is_none()) {
        assert_eq!(Message::from_frame(&Frame { kind, version: 1, body: vec![1, 2, 3] }), Ok(None));
    }
    for kind in FrameKind::ALL {
        assert_eq!(Message::from_frame(&Frame { kind: kind as u8, version: 2, body: vec![1, 2, 3] }), Ok(None), "{kind:?}");
    }
    let unknown = crate::statement::Signed { kind: 77, version: 9, ..samples::opened().request };
    let read = Message::from_frame(&Message::from(unknown.clone()).to_frame());
    assert_eq!(read, Ok(Some(Message::Statement(unknown))));
}

#[test]
fn a_greeting_over_its_bounds_is_refused() {
    let hello = samples::hello;
    assert_eq!(refused(Hello { chain: vec![], ..hello() }), "the chain of key sets");
    let chain = vec![hello().chain[0].clone(); limits::KEY_SETS_MAX + 1];
    assert_eq!(refused(Hello { chain, ..hello() }), "the chain of key sets");
    let office_name = "x".repeat(limits::OFFICE_NAME_BYTES_MAX + 1);
    assert_eq!(refused(Hello { office_name, ..hello() }), "the office name");
    assert_eq!(refused(Hello { addresses: vec!["a:1".into(); limits::ADDRESSES_MAX + 1], ..hello() }), "the list of addresses");
    assert_eq!(refused(Hello { addresses: vec!["a".repeat(limits::ADDRESS_BYTES_MAX + 1)], ..hello() }), "an address");
    assert_eq!(refused(Hello { addresses: vec![String::new()], ..hello() }), "an address");
}

#[test]
fn a_greeting_that_could_drive_a_terminal_or_forge_a_line_is_refused() {
    let hello = samples::hello;
    for name in ["", "  ", "A\u{1b}[2J", "Office\nOffice A is paired", "A\u{9b}1m", "A\u{202e}B", "A\u{2028}B"] {
        assert_eq!(refused(Hello { office_name: name.into(), ..hello() }), "the office name", "{name:?}");
    }
    for address in ["a.example:1\nb.example:2", "a example:1", "a.example:1\u{1b}[2J", "\ta:1", "a:1\u{a0}"] {
        assert_eq!(refused(Hello { addresses: vec![address.into()], ..hello() }), "an address", "{address:?}");
    }
    let honest =
        Hello { office_name: "Bürogemeinschaft Süd – 東京".into(), addresses: vec!["[fe80::1%eth0]:4870".into()], ..hello() };
    assert!(Message::from(honest).check().is_ok());
}

#[test]
fn a_counter_that_no_database_could_keep_is_refused_in_every_message() {
    const BEYOND: u64 = limits::COUNTER_MAX + 1;
    let (link, digest) = (LinkId([1; 32]), crate::digest::SetDigest::EMPTY);
    let epoch = crate::epoch::Epoch { counter: BEYOND, identity: [1; 16] };
    let hello = samples::hello;
    assert_eq!(refused(Hello { epoch, ..hello() }), "the counter of an epoch");
    assert_eq!(refused(Hello { heard_epoch: Some(epoch), ..hello() }), "the counter of an epoch");
    assert_eq!(refused(Hello { heard_sequence: BEYOND, ..hello() }), "the sequence of a statement");
    assert_eq!(refused(Hello { issued_sequence: BEYOND, ..hello() }), "the sequence of a statement");
    let gap = Answer { statement: samples::opened().request.hash(), outcome: Outcome::Gap { expected: BEYOND } };
    assert_eq!(refused(gap), "the sequence of a statement");
    let nonce = crate::ids::Nonce([1; 16]);
    assert_eq!(refused(Renewal { nonce, epoch, links: vec![] }), "the counter of an epoch");

    assert_eq!(refused(Batch { to: BEYOND, ..samples::batch() }), "a cursor");
    assert_eq!(refused(Batch { from: u64::MAX - 1, to: u64::MAX, ..samples::batch() }), "a cursor");
    assert_eq!(refused(Batch { epoch, ..samples::batch() }), "the counter of an epoch");
    assert_eq!(refused(BatchAck { link, epoch: samples::epoch(1), to: BEYOND, digest }), "a cursor");
    assert_eq!(refused(BatchAck { link, epoch, to: 1, digest }), "the counter of an epoch");
    assert_eq!(refused(Resume { link, epoch: None, cursor: BEYOND, digest }), "a cursor");
    assert_eq!(refused(Resume { link, epoch: Some(epoch), cursor: 1, digest }), "the counter of an epoch");
    assert_eq!(refused(Inventory { link, index: 0, last: true, holdings: vec![], cursor: BEYOND }), "a cursor");

    let record = Box::new(samples::record());
    for version in [version(BEYOND), crate::epoch::Version { epoch: BEYOND, counter: 1 }] {
        let mut batch = samples::batch();
        batch.entries[0].change = Change::Put { version, record: record.clone() };
        assert_eq!(refused(batch), "the version of a record");
        let holdings = vec![Holding { record: RecordId([1; 16]), version }];
        assert_eq!(refused(Inventory { link, index: 0, last: true, holdings, cursor: 1 }), "the version of a record");
        let answer = ProposalAnswer { id: crate::ids::ProposalId([1; 16]), verdict: Verdict::Applied(version) };
        assert_eq!(refused(answer), "the version of a record");
    }
    let most = BatchAck { link, epoch: samples::epoch(1), to: limits::COUNTER_MAX, digest };
    assert!(Message::from(most).check().is_ok());
}

#[test]
fn lists_out_of_order_or_over_their_bounds_are_refused() {
    let statement = samples::opened().request.hash();
    let chunk = |leaves| ListChunk { statement, index: 0, leaves };
    assert_eq!(refused(chunk(samples::leaves(limits::LIST_CHUNK_ENTRIES as u32 + 1))), "the list of leaves");
    let mut twice = samples::leaves(3);
    twice[1].record = twice[0].record;
    assert_eq!(refused(chunk(twice)), "the order of leaves");
    let mut reversed = samples::leaves(3);
    reversed.reverse();
    assert_eq!(refused(chunk(reversed)), "the order of leaves");

    let holding = |index: u32| Holding { record: samples::leaves(index + 1)[index as usize].record, version: version(1) };
    let inventory = |holdings| Inventory { link: LinkId([1; 32]), index: 0, last: false, holdings, cursor: 1 };
    assert_eq!(refused(inventory(vec![holding(1), holding(0)])), "the order of holdings");
    assert_eq!(refused(inventory(vec![holding(0); limits::LIST_CHUNK_ENTRIES + 1])), "the list of holdings");

    let renewal = |count| Renewal { nonce: crate::ids::Nonce([1; 16]), epoch: samples::epoch(1), links: vec![LinkId([255; 32]); count] };
    assert_eq!(refused(renewal(limits::RENEWAL_LINKS + 1)), "the list of links");
    let most = Message::from(renewal(limits::RENEWAL_LINKS));
    assert_eq!(Message::from_frame(&most.to_frame()), Ok(Some(most)));
}

fn version(counter: u64) -> crate::epoch::Version {
    crate::epoch::Version { epoch: 1, counter }
}

#[test]
fn a_batch_over_its_bounds_is_refused() {
    let batch = samples::batch;
    assert_eq!(refused(Batch { to: 250, ..batch() }), "the cursor after the batch");
    assert_eq!(refused(Batch { to: 0, ..batch() }), "the cursor after the batch");
    let entries = vec![batch().entries[1].clone(); limits::BATCH_ENTRIES + 1];
    assert_eq!(refused(Batch { entries, ..batch() }), "the list of entries");
    let record = Box::new(samples::record());
    let mut zero = batch();
    zero.entries[0].change = Change::Put { version: version(0), record };
    assert_eq!(refused(zero), "the version of a record");
}

#[test]
fn a_record_over_its_bounds_is_refused() {
    let record = samples::record;
    let property = record().properties.remove(1);
    let refused = |record| refused(batch_of(record));
    assert_eq!(refused(Record { display_name: String::new(), ..record() }), "the display name of a record");
    let display_name = "ü".repeat(limits::DISPLAY_NAME_CHARS_MAX);
    assert!(Record { display_name: display_name.clone(), ..record() }.check().is_ok(), "characters count, not bytes");
    assert_eq!(refused(Record { display_name: display_name + "ü", ..record() }), "the display name of a record");
    let members = vec![RecordId([1; 16]); limits::MEMBERS_MAX + 1];
    assert_eq!(refused(Record { members, ..record() }), "the members of a household");
    let related = vec![record().related.remove(0); limits::RELATED_MAX + 1];
    assert_eq!(refused(Record { related, ..record() }), "the related items of a record");
    let with = |properties| Record { properties, ..record() };
    assert_eq!(refused(with(vec![property.clone(); limits::PROPERTIES_MAX + 1])), "the properties of a record");
    let params = vec![property.params[0].clone(); limits::PARAMS_MAX + 1];
    assert_eq!(refused(with(vec![Property { params, ..property.clone() }])), "the parameters of a property");
    let values = vec![String::new(); limits::PARAM_VALUES_MAX + 1];
    let params = vec![Param { name: "TYPE".into(), values }];
    assert_eq!(refused(with(vec![Property { params, ..property.clone() }])), "the values of a parameter");
    let value = "x".repeat(limits::RECORD_BYTES_MAX);
    assert_eq!(refused(with(vec![Property { value, ..property }])), "the length of a record");
}

#[test]
fn a_proposal_over_its_bounds_is_refused() {
    let proposal = || match samples::messages().into_iter().find(|(name, _)| *name == "proposal") {
        Some((_, mut messages)) => match messages.remove(0) {
            Message::Proposal(proposal) => proposal,
            other => panic!("{other:?} is no proposal"),
        },
        None => panic!("there is a sample proposal"),
    };
    let property = proposal().add.remove(0);
    assert_eq!(refused(Proposal { add: vec![property; limits::PROPERTIES_MAX + 1], ..proposal() }), "the properties of a record");
    assert_eq!(refused(Proposal { add: vec![], remove: vec![], ..proposal() }), "a proposal without a change");
    // A name that our own constructor would never make, as a peer can send it.
    let actor: UserName = codec::decode_control(&codec::encode(&"No Name!".to_owned())).expect("a text is a text");
    assert_eq!(refused(Proposal { actor, ..proposal() }), "the actor's name");
    let verdict = Verdict::Refused("x".repeat(limits::VERDICT_TEXT_BYTES_MAX + 1));
    assert_eq!(refused(ProposalAnswer { id: proposal().id, verdict }), "the reason of a refusal");
}

#[test]
fn the_longest_of_each_kind_that_the_bounds_allow_comes_through() {
    let (set, pins) = (samples::office(1), vec![[255; 32]; limits::TLS_PINS_MAX]);
    let first = crate::statement::KeySet { tls_pins: pins, ..samples::first_key_set(&set.root, &set.recovery, &set.signer) };
    let chain = vec![samples::key_set_statement(&set.root, limits::COUNTER_MAX, first); limits::KEY_SETS_MAX];
    let office_name = "x".repeat(limits::OFFICE_NAME_BYTES_MAX);
    let addresses = vec!["a".repeat(limits::ADDRESS_BYTES_MAX); limits::ADDRESSES_MAX];
    let holdings = samples::leaves(limits::LIST_CHUNK_ENTRIES as u32).into_iter().map(|leaf| Holding {
        record: leaf.record,
        version: crate::epoch::Version { epoch: limits::COUNTER_MAX, counter: limits::COUNTER_MAX },
    });
    let link = LinkId([255; 32]);
    for message in [
        Message::from(Hello { chain, office_name, addresses, ..samples::hello() }),
        Inventory { link, index: u32::MAX, last: true, holdings: holdings.collect(), cursor: limits::COUNTER_MAX }.into(),
        ListChunk {
            statement: samples::opened().request.hash(),
            index: u32::MAX,
            leaves: samples::leaves(limits::LIST_CHUNK_ENTRIES as u32),
        }
        .into(),
    ] {
        assert_eq!(Message::from_frame(&message.to_frame()), Ok(Some(message)));
    }
}

#[test]
fn no_secret_token_or_nonce_of_a_pairing_shows_in_debug_output() {
    for (name, messages) in samples::messages() {
        for message in messages.iter().filter(|_| name == "pair") {
            let shown = format!("{message:?}");
            assert!(!shown.contains('['), "{shown}");
        }
    }
    let shown = format!("{:?}", samples::opened().verified(&samples::opened().request));
    assert!(!shown.contains("94"), "the link's secret is 0x5e bytes: {shown}");
}

proptest! {
    #[test]
    fn a_batch_from_records_in_wire_form_has_the_bytes_of_the_typed_one(batch in strategies::batch()) {
        let entries: Vec<(RecordId, RawChange)> = batch
            .entries
            .iter()
            .map(|entry| {
                let change = match &entry.change {
                    Change::Put { version, record } => RawChange::Put { version: *version, record: codec::encode(record.as_ref()) },
                    Change::Withdraw => RawChange::Withdraw,
                };
                (entry.record, change)
            })
            .collect();
        let raw = encode_batch(batch.link, batch.epoch, batch.from, batch.to, &entries, batch.digest_after);
        prop_assert_eq!(raw, Message::from(batch).to_frame());
    }
}
