//! The small rules: pauses, pairing words, cursors, epochs, names, identifiers, scopes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::samples;
use crate::epoch::Epoch;
use crate::ids::{LinkId, OfficeId, RecordId};
use crate::limits::{EPOCH_JUMP_MAX, RETRY_FIRST_MS, RETRY_MAX_MS, RETRY_REMOVAL_MAX_MS};
use crate::log::{Cursor, Fit};
use crate::messages::Batch;
use crate::names::UserName;
use crate::pace::Pace;
use crate::pairing::{Transcript, commitment, opens};
use crate::pairing_words::LIST;
use crate::record::{FieldName, Level, RecordKind, RelatedKind, Scope};

#[test]
fn pauses_double_up_to_their_cap_and_start_over_when_the_peer_is_heard() {
    let mut pace = Pace::new();
    let pauses: Vec<u64> = (0..40).map(|_| pace.failed(u64::MAX - 1)).collect();
    assert!(pauses.iter().all(|pause| *pause <= RETRY_MAX_MS));
    assert_eq!(pace.failures(), 40);
    let mut full = Pace::new();
    for whole in [RETRY_FIRST_MS, 2 * RETRY_FIRST_MS, 4 * RETRY_FIRST_MS] {
        let mut other = full;
        assert_eq!(other.failed(0), whole / 2, "the shortest pause");
        assert_eq!(full.failed(whole / 2), whole, "the longest pause");
    }
    pace.heard();
    assert_eq!(pace, Pace::new());
    assert!(pace.failed(u64::MAX) <= RETRY_FIRST_MS);
}

#[test]
fn a_removal_is_tried_again_within_the_hour_for_ever() {
    let mut pace = Pace::new();
    for random in 0..1_000 {
        let pause = pace.failed(random * 7_919_117);
        assert!((RETRY_FIRST_MS / 2..=RETRY_REMOVAL_MAX_MS).contains(&pause), "{pause}");
    }
}

fn transcript() -> Transcript {
    Transcript {
        inviter: samples::office(1).id,
        invited: samples::office(2).id,
        token: [1; 16],
        inviter_nonce: [2; 32],
        invited_nonce: [3; 32],
    }
}

#[test]
fn both_ends_see_the_same_words_and_a_man_in_the_middle_makes_them_differ() {
    let words = transcript().words();
    assert_eq!(words, transcript().words());
    let mallory = samples::office(9).id;
    // What each end sees when somebody stands in between: another office, and nonces of his own.
    let differing = [
        Transcript { invited: mallory, ..transcript() },
        Transcript { inviter: mallory, ..transcript() },
        Transcript { token: [9; 16], ..transcript() },
        Transcript { inviter_nonce: [9; 32], ..transcript() },
        Transcript { invited_nonce: [9; 32], ..transcript() },
        Transcript { inviter: transcript().invited, invited: transcript().inviter, ..transcript() },
    ];
    for other in differing {
        assert_ne!(other.words(), words);
    }
}

#[test]
fn a_commitment_opens_with_its_own_nonce_and_office_alone() {
    let (owner, other) = (samples::office(1).id, samples::office(2).id);
    let seen = commitment(owner, &[1; 32]);
    assert!(opens(&seen, owner, &[1; 32]));
    assert!(!opens(&seen, owner, &[2; 32]), "another nonce");
    assert!(!opens(&seen, other, &[1; 32]), "a commitment reflected by the other office");
}

#[test]
fn pairing_words_are_short_plain_and_easy_to_tell_apart() {
    assert_eq!(LIST.iter().collect::<BTreeSet<_>>().len(), 1_024);
    assert!(LIST.is_sorted());
    for word in LIST {
        assert!((5..=7).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
    }
    let beginnings: BTreeSet<&str> = LIST.iter().map(|word| &word[..4]).collect();
    assert_eq!(beginnings.len(), 1_024, "four letters are enough to tell a word");
    for (index, one) in LIST.iter().enumerate() {
        for other in &LIST[index + 1..] {
            let different = one.bytes().zip(other.bytes()).filter(|(one, other)| one != other).count();
            assert!(one.len() != other.len() || different > 1, "{one} and {other}");
        }
    }
}

#[test]
fn a_batch_fits_only_where_the_cursor_stands() {
    let batch = |epoch: Epoch, from, to| Batch { epoch, from, to, ..samples::batch() };
    let (first, second) = (samples::epoch(1), samples::epoch(2));
    let twin = Epoch { identity: [0xff; 16], ..first };
    let at = |sequence| Cursor { epoch: Some(first), sequence };
    for (cursor, batch, fit) in [
        (Cursor::START, batch(first, 0, 5), Fit::Next),
        (Cursor::START, batch(first, 3, 5), Fit::Gap),
        (at(5), batch(first, 5, 9), Fit::Next),
        (at(5), batch(first, 0, 5), Fit::Old),
        (at(5), batch(first, 2, 4), Fit::Old),
        (at(5), batch(first, 6, 9), Fit::Gap),
        // Applied in part only: what was applied stands in another batch, so the owner must cut it anew.
        (at(5), batch(first, 3, 9), Fit::Gap),
        (at(5), batch(second, 0, 3), Fit::Gap),
        (at(5), batch(second, 5, 9), Fit::Next),
        (at(5), batch(twin, 5, 9), Fit::Gap),
        (at(5), batch(twin, 0, 5), Fit::Gap),
        (Cursor { epoch: Some(second), sequence: 5 }, batch(first, 5, 9), Fit::Gap),
        (Cursor { epoch: Some(second), sequence: 5 }, batch(first, 0, 9), Fit::Gap),
    ] {
        assert_eq!(cursor.fit(&batch), fit, "{cursor:?} and {}..{} of {:?}", batch.from, batch.to, batch.epoch);
    }
}

#[test]
fn an_epoch_exceeds_every_known_one_and_an_implausible_claim_is_seen() {
    let known = [samples::epoch(4), samples::epoch(9), samples::epoch(2)];
    assert_eq!(Epoch::after(known, [7; 16]), Epoch { counter: 10, identity: [7; 16] });
    assert_eq!(Epoch::after([], [7; 16]).counter, 1);
    assert!(samples::epoch(9).is_plausible_after(samples::epoch(4)));
    assert!(samples::epoch(4 + EPOCH_JUMP_MAX).is_plausible_after(samples::epoch(4)));
    assert!(!samples::epoch(5 + EPOCH_JUMP_MAX).is_plausible_after(samples::epoch(4)));
    assert!(samples::epoch(u64::MAX).is_plausible_after(samples::epoch(u64::MAX - 1)));
}

#[test]
fn user_names_are_letters_and_digits_in_lower_case() {
    assert_eq!(UserName::new("Ann42").expect("fits").as_str(), "ann42");
    for text in ["", "a", "a b", "ann@b", "änne", "a\u{0}b", &"x".repeat(257)] {
        assert!(UserName::new(text).is_err(), "{text:?}");
    }
    assert!(UserName::new(&"x".repeat(256)).is_ok());
}

#[test]
fn names_of_the_api_come_back_as_what_they_name() {
    assert!(FieldName::ALL.iter().all(|field| FieldName::parse(field.as_str()) == Some(*field)));
    assert!(RecordKind::ALL.iter().all(|kind| RecordKind::parse(kind.as_str()) == Some(*kind)));
    assert!(RelatedKind::ALL.iter().all(|kind| RelatedKind::parse(kind.as_str()) == Some(*kind)));
    assert!(Level::ALL.iter().all(|level| Level::parse(level.as_str()) == Some(*level)));
    assert!(Level::ALL.is_sorted());
}

#[test]
fn a_scope_shows_what_it_names_and_always_the_name() {
    let nothing = Scope { fields: 0, related: 0, documents: false };
    let record = samples::record();
    let shown = record.within(&nothing);
    assert_eq!(shown.properties, record.properties[..1], "the name alone");
    assert!(shown.members.is_empty() && shown.related.is_empty());
    assert_eq!(record.within(&Scope::everything()), record);
    let standard = record.within(&Scope::standard());
    assert!(standard.properties.iter().all(|property| property.field != FieldName::Other));
    assert!(Scope::everything().includes(&Scope::standard()) && !Scope::standard().includes(&Scope::everything()));
    assert!(!Scope::everything().includes(&Scope { documents: true, ..nothing }));
}

proptest! {
    #[test]
    fn an_identifier_comes_back_from_its_text(bytes: [u8; 32], short: [u8; 16]) {
        prop_assert_eq!(OfficeId(bytes).to_string().parse(), Ok(OfficeId(bytes)));
        prop_assert_eq!(RecordId(short).to_string().to_uppercase().parse(), Ok(RecordId(short)));
        prop_assert!(LinkId(bytes).to_string()[1..].parse::<LinkId>().is_err());
    }

    #[test]
    fn a_cut_record_shows_no_more_under_a_narrower_scope(fields: u32, narrower: u32, related: u8) {
        let wide = Scope { fields, related, documents: false };
        let narrow = Scope { fields: fields & narrower, ..wide };
        prop_assert!(wide.includes(&narrow));
        let record = samples::record();
        prop_assert_eq!(record.within(&wide).within(&narrow), record.within(&narrow));
    }
}
