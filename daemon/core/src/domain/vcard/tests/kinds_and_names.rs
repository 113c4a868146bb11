//! What a card stands for, how it is called, and to which fields its properties belong.

use interoffice_protocol::record::{FieldName, RecordKind};

use super::super::{DISPLAY_NAME_CHARS_MAX, clean_name, compare, field_of, parse_file, render, uid_key};
use super::{WRITTEN, card_of, contact};

#[test]
fn a_card_is_named_by_what_is_nearest_to_a_name() {
    let name = |lines: &str| card_of(lines).record.display_name;
    assert_eq!(name("EMAIL:a@mail.example\r\nN:Doe;John;Q.,R.;Dr.;Jr.\r\nFN:J. Doe"), "J. Doe");
    assert_eq!(name("EMAIL:a@mail.example\r\nN:Doe;John;Q.,R.;Dr.;Jr.\r\nFN: "), "Dr. John Q. R. Doe Jr.");
    assert_eq!(name("N:;;;;\r\nNICKNAME:Joe"), "Joe");
    assert_eq!(name("ORG:Kestrel\\, Inc.;;Sales\r\nEMAIL:a@mail.example"), "Kestrel, Inc., Sales");
    assert_eq!(name("TEL:1\r\nEMAIL:a@mail.example"), "a@mail.example");
    assert_eq!(name("X-A:b"), "Unnamed");
    assert_eq!(name("FN:a\\n  b\\, c\u{7}"), "a b, c");
}

#[test]
fn a_display_name_is_never_empty_nor_longer_than_its_bound() {
    assert_eq!(clean_name(" \n\t"), "Unnamed");
    assert_eq!(clean_name(&"é".repeat(1_000)).chars().count(), DISPLAY_NAME_CHARS_MAX);
    let long = format!("{} b", "a".repeat(DISPLAY_NAME_CHARS_MAX - 1));
    assert_eq!(clean_name(&long), "a".repeat(DISPLAY_NAME_CHARS_MAX - 1));
}

#[test]
fn the_kind_is_what_the_card_says_or_how_its_program_marks_companies() {
    let kind = |lines: &str| card_of(lines).record.kind;
    assert_eq!(kind("FN:A"), RecordKind::Contact);
    assert_eq!(kind("FN:A\r\nKIND:individual\r\nX-ABShowAs:COMPANY"), RecordKind::Contact);
    assert_eq!(kind("FN:A\r\nkind:ORG"), RecordKind::Business);
    assert_eq!(kind("FN:A\r\nKIND:group"), RecordKind::Household);
    assert_eq!(kind("FN:A\r\nX-ADDRESSBOOKSERVER-KIND:group"), RecordKind::Household);
    assert_eq!(kind("FN:A\r\nN:A;;;;\r\nX-ABShowAs:COMPANY"), RecordKind::Business);
    assert_eq!(kind("FN:A\\, Inc.\r\nORG:A\\, Inc.;Sales\r\nN:;;;;"), RecordKind::Business);
    assert_eq!(kind("FN:A\r\nORG:A"), RecordKind::Business);
    assert_eq!(kind("FN:A\r\nN:A;;;;\r\nORG:A"), RecordKind::Contact);
    assert_eq!(kind("FN:A\r\nORG:B"), RecordKind::Contact);
}

#[test]
fn uids_match_however_they_are_spelled() {
    let uuid = "af5b1c3e-0f4d-4b6b-9e0c-52b1e7c7a001";
    assert_eq!(uid_key(&uuid.to_uppercase()), uuid);
    assert_eq!(uid_key(&format!("URN:UUID:{}", uuid.to_uppercase())), uuid);
    assert_eq!(uid_key(" Some\\,Thing "), "Some,Thing");
    let card = card_of(&format!("FN:H\r\nKIND:group\r\nUID:{uuid}\r\nMEMBER:urn:uuid:{uuid}\r\nMEMBER:"));
    assert_eq!(card.uid.as_deref(), Some(uuid));
    assert_eq!(card.household_member_uids, [uuid]);
    assert_eq!(card_of("UID:\r\nFN:A").uid, None);
}

#[test]
fn unknown_names_are_shown_under_other_only() {
    for name in ["X-SPOUSE", "X-PHONETIC-FIRST-NAME", "X-ABDATE", "X-SOCIALPROFILE", "JSPROP", "XML", "WHATEVER"] {
        assert_eq!(field_of(name, &[]), FieldName::Other, "{name}");
    }
    assert_eq!(field_of("GRAMGENDER", &[]), FieldName::SpeakToAs);
    assert_eq!(field_of("DEATHDATE", &[]), FieldName::Anniversaries);
    assert_eq!(field_of("SOUND", &[]), FieldName::Media);
    assert_eq!(field_of("AGENT", &[]), FieldName::RelatedTo);
}

#[test]
fn what_a_scope_hides_does_not_change_kind_and_name_of_the_card_that_is_written() {
    let source = card_of("ORG:Kestrel\r\nKIND:org\r\nEMAIL:a@mail.example").record;
    let mut shared = source.clone();
    shared.properties.retain(|property| property.field == FieldName::Emails);
    for version in WRITTEN {
        let text = render(&shared, version);
        assert!(text.contains("\r\nFN;") && !text.contains("ORG"), "{text}");
        let parsed = parse_file(text.as_bytes());
        assert_eq!(compare(&shared, &parsed.cards[0].record), []);
        assert_eq!(parsed.cards[0].record, shared);
    }
}

#[test]
fn a_card_in_3_0_has_the_name_that_version_demands() {
    let record = contact("Ann", card_of("FN:Ann").record.properties);
    assert!(render(&record, super::CardVersion::V3).contains("\r\nN;X-INTEROFFICE-ADDED=N:;;;;\r\n"));
    assert!(!render(&record, super::CardVersion::V4).contains("\r\nN"));
}

#[test]
fn differences_are_told_in_words() {
    let first = card_of("FN:Ann\r\nTEL;TYPE=home:1\r\nTEL;TYPE=home:1\r\nEMAIL;TYPE=a;TYPE=b:x").record;
    let same = card_of("EMAIL;TYPE=a,b:x\r\nTEL;TYPE=home:1\r\nFN:Ann\r\nTEL;TYPE=home:1").record;
    assert_eq!(compare(&first, &same), []);
    let second = card_of("FN:Anna\r\nKIND:org\r\nTEL;TYPE=home:1\r\nEMAIL;TYPE=a,b:x").record;
    let words: Vec<String> = compare(&first, &second).iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "the kind is contact in the first and business in the second",
            "the name is 'Ann' in the first and 'Anna' in the second",
            "missing in the second: FN 'Ann'",
            "only in the second: FN 'Anna'",
            "only in the second: KIND 'org'",
            "missing in the second: TEL TYPE=home '1'",
        ]
    );
}
