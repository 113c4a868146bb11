//! Whatever a record holds, the card written from it gives the same record when it is read.

use interoffice_protocol::record::{FieldName, Param, Property, Record, RecordKind};
use proptest::prelude::*;

use super::super::{CardVersion, clean_name, neutral, parse_file, render};
use super::{WRITTEN, card_of, contact, told_all};

fn names() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "FN",
        "N",
        "NOTE",
        "TEL",
        "EMAIL",
        "ADR",
        "ORG",
        "URL",
        "PHOTO",
        "LOGO",
        "SOUND",
        "KEY",
        "KIND",
        "AGENT",
        "LABEL",
        "CATEGORIES",
        "X-ABShowAs",
        "BEGIN",
        "END",
        "VERSION",
        "X-Ab.c",
        "GEO",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 2 => "[A-Za-z0-9-]{1,12}", 1 => any::<String>()]
}

fn values() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
        "BEGIN:VCARD",
        "END:VCARD",
        "data:image/png;base64,AAAA",
        "data:image/jpeg;base64,AAA=",
        "data:;base64,A",
        "http://a.example/b,c",
        "org",
        "group",
        "company",
        "AAAA",
        "/9j/4AAQ",
        "A;B;C",
        "",
    ]);
    let letters = "([\\\\,;:\"^=\r\n\t a-cNé山\u{1F600}]){0,160}";
    prop_oneof![3 => telling.prop_map(str::to_owned), 6 => letters, 2 => any::<String>(), 1 => "[A-Za-z0-9+/]{0,300}"]
}

fn params() -> impl Strategy<Value = Vec<Param>> {
    let name = prop_oneof![
        4 => prop::sample::select(vec!["TYPE", "VALUE", "ENCODING", "CHARSET", "PREF", "X-A", "LANGUAGE", "MEDIATYPE"]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let known_values =
        prop::sample::select(vec!["JPEG", "image/png", "b", "QUOTED-PRINTABLE", "uri", "home", "a,b", "utf-8", "binary", " x "]);
    let value = prop_oneof![3 => known_values.prop_map(str::to_owned), 2 => values()];
    prop::collection::vec((name, prop::collection::vec(value, 0..3)).prop_map(|(name, values)| Param { name, values }), 0..4)
}

fn properties() -> impl Strategy<Value = Vec<Property>> {
    let group = prop_oneof![3 => Just(String::new()), 1 => "[a-z0-9.]{0,8}", 1 => any::<String>()];
    let property = (names(), group, params(), values());
    prop::collection::vec(
        property.prop_map(|(name, group, params, value)| Property { field: FieldName::Other, name, group, params, value }),
        1..8,
    )
}

fn records() -> impl Strategy<Value = Record> {
    let kinds = prop::sample::select(RecordKind::ALL.to_vec());
    (kinds, any::<String>(), properties()).prop_map(|(kind, name, properties)| Record { kind, ..contact(&clean_name(&name), properties) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_record_is_read_as_it_was_written(record in records()) {
        let expected = Record { properties: record.properties.iter().map(neutral).collect(), ..record.clone() };
        for version in WRITTEN {
            let text = render(&record, version);
            let parsed = parse_file(text.as_bytes());
            prop_assert_eq!(&parsed.broken, &[], "{}", text);
            prop_assert_eq!(parsed.cards.len(), 1);
            prop_assert_eq!(&parsed.cards[0].record, &expected, "{}", text);
            prop_assert_eq!(render(&parsed.cards[0].record, version), text, "writing it again changes nothing");
        }
    }

    #[test]
    fn the_neutral_form_of_the_neutral_form_is_itself(properties in properties()) {
        for property in properties {
            let once = neutral(&property);
            prop_assert_eq!(neutral(&once), once);
        }
    }

    #[test]
    fn written_lines_are_short_ascii_framed_and_end_in_cr_lf(record in records()) {
        for version in WRITTEN {
            let text = render(&record, version);
            let head = format!("BEGIN:VCARD\r\nVERSION:{}\r\n", version.as_str());
            prop_assert!(text.starts_with(&head));
            prop_assert!(text.ends_with("\r\nEND:VCARD\r\n"));
            for line in text.split_terminator("\r\n") {
                prop_assert!(line.len() <= 75, "{line}");
                prop_assert!(!line.contains(['\r', '\n']));
            }
        }
    }
}

#[test]
fn an_agent_that_looks_like_the_beginning_of_a_card_is_a_text() {
    let mut record = card_of("FN:A\r\nAGENT:fred").record;
    record.properties[1].value = "BEGIN:VCARD".to_owned();
    for version in WRITTEN {
        let parsed = parse_file(render(&record, version).as_bytes());
        assert_eq!(parsed.broken, []);
        assert_eq!(parsed.cards[0].record, record);
    }
}

#[test]
fn a_picture_is_written_as_each_version_wants_it() {
    let record = card_of("FN:A\r\nN:;A;;;\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA").record;
    assert!(render(&record, CardVersion::V4).contains("PHOTO;TYPE=JPEG:data:image/jpeg;base64,AAAA\r\n"));
    assert!(render(&record, CardVersion::V3).contains("PHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n"));
    let record = card_of("FN:A\r\nN:;A;;;\r\nPHOTO:data:image/png;base64,BBBB\r\nLOGO:https://a.example/b.png").record;
    assert!(render(&record, CardVersion::V4).contains("PHOTO:data:image/png;base64,BBBB\r\nLOGO:https://a.example/b.png\r\n"));
    let text = render(&record, CardVersion::V3);
    assert!(text.contains("PHOTO;ENCODING=b;TYPE=PNG;X-INTEROFFICE-ADDED=TYPE:BBBB\r\n"), "{text}");
    assert!(text.contains("LOGO;VALUE=uri;X-INTEROFFICE-ADDED=VALUE:https://a.example/b.png\r\n"), "{text}");
}

#[test]
fn nothing_can_be_smuggled_into_a_card_by_names_and_values() {
    let evil = "X\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Evil";
    let property = Property {
        field: FieldName::Notes,
        name: evil.to_owned(),
        group: evil.to_owned(),
        params: vec![Param { name: evil.to_owned(), values: vec![evil.to_owned()] }],
        value: evil.to_owned(),
    };
    for version in WRITTEN {
        let parsed = parse_file(render(&contact(evil, vec![property.clone()]), version).as_bytes());
        assert_eq!(parsed.broken, []);
        assert_eq!(parsed.cards.len(), 1);
        assert_eq!(parsed.cards[0].record.properties.len(), 1);
    }
}

#[test]
fn the_version_that_is_not_written_any_more_gives_3_0() {
    let record = card_of("FN:A").record;
    assert_eq!(render(&record, CardVersion::V21), render(&record, CardVersion::V3));
    assert_eq!(told_all(&record), ["FN|A"]);
}
