//! What edits do to a record in memory.

use interoffice_protocol::record::RecordKind;

use super::*;

fn record(lines: &[(&str, &str)]) -> Record {
    let properties = lines.iter().map(|(name, value)| {
        let raw = Property {
            field: FieldName::Other,
            name: (*name).to_owned(),
            group: String::new(),
            params: Vec::new(),
            value: (*value).to_owned(),
        };
        vcard::neutral(&raw)
    });
    Record {
        kind: RecordKind::Contact,
        display_name: "Ann Lee".to_owned(),
        properties: properties.collect(),
        members: Vec::new(),
        related: Vec::new(),
    }
}

fn set(text: &str) -> Edit {
    Edit { set: vec![PropertyEdit::parse(text).unwrap()], ..Edit::default() }
}

fn apply(edit: &Edit, record: &mut Record) -> Result<(), &'static str> {
    edit.apply(record, || RelatedId([7; 16])).map_err(|refusal| refusal.code)
}

fn values<'r>(record: &'r Record, name: &str) -> Vec<&'r str> {
    record.properties.iter().filter(|property| property.name == name).map(|property| property.value.as_str()).collect()
}

#[test]
fn set_replaces_the_one_property_of_that_name_or_adds_it() {
    let mut ann = record(&[("FN", "Ann Lee"), ("TEL", "1")]);
    apply(&set("tel=+1-555-0100"), &mut ann).unwrap();
    apply(&set("NOTE=Prefers mail, not calls;\nreally"), &mut ann).unwrap();
    assert_eq!(values(&ann, "TEL"), ["+1-555-0100"]);
    assert_eq!(ann.properties.last().map(|property| property.field), Some(FieldName::Notes));
    assert!(values(&ann, "NOTE")[0].contains("\\n"), "a line end never stands bare in a value");
}

#[test]
fn with_several_of_a_name_the_edit_says_which_one() {
    let mut ann = record(&[("FN", "Ann Lee"), ("TEL", "1"), ("TEL", "2")]);
    assert_eq!(apply(&set("TEL=3"), &mut ann), Err("which-one"));
    apply(&set("TEL#2=3"), &mut ann).unwrap();
    assert_eq!(values(&ann, "TEL"), ["1", "3"]);
    assert_eq!(apply(&set("TEL#3=3"), &mut ann), Err("no-such-property"));
    let remove = |name: &str| Edit { remove: vec![name.to_owned()], ..Edit::default() };
    apply(&remove("TEL#1"), &mut ann).unwrap();
    assert_eq!(values(&ann, "TEL"), ["3"]);
    apply(&remove("TEL"), &mut ann).unwrap();
    assert_eq!(apply(&remove("TEL"), &mut ann), Err("no-such-property"));
}

#[test]
fn the_full_name_is_the_name_in_lists_and_never_goes() {
    let mut ann = record(&[("FN", "Ann Lee")]);
    apply(&set("FN=Ann Lee\\, Dr."), &mut ann).unwrap();
    assert_eq!(ann.display_name, "Ann Lee, Dr.");
    assert_eq!(apply(&Edit { remove: vec!["FN".to_owned()], ..Edit::default() }, &mut ann), Err("name-needed"));
}

#[test]
fn what_a_card_is_keeps_its_value() {
    for name in ["UID", "kind", "VERSION", "BEGIN"] {
        assert_eq!(apply(&set(&format!("{name}=x")), &mut record(&[("FN", "Ann")])), Err("fixed-property"), "{name}");
    }
    for name in ["", "A B", "TEL#0", "TEL#x", "TÉL"] {
        let edit = Edit { set: vec![PropertyEdit { name: name.to_owned(), value: "x".to_owned(), params: Vec::new() }], ..Edit::default() };
        assert_eq!(apply(&edit, &mut record(&[("FN", "Ann")])), Err("bad-property"), "{name}");
    }
    assert_eq!(apply(&set("NOTE=a\u{0}b"), &mut record(&[("FN", "Ann")])), Err("bad-property"));
}

#[test]
fn parameters_stay_unless_the_edit_brings_some() {
    let mut ann = record(&[("FN", "Ann")]);
    apply(&set("TEL;TYPE=cell,voice=+1 555 0100"), &mut ann).unwrap();
    apply(&set("TEL=+1 555 0101"), &mut ann).unwrap();
    assert_eq!(ann.properties[1].params, [Param { name: "TYPE".to_owned(), values: vec!["cell".to_owned(), "voice".to_owned()] }]);
    apply(&set("TEL;TYPE=home=+1 555 0101"), &mut ann).unwrap();
    assert_eq!(ann.properties[1].params[0].values, ["home"]);
    for bad in ["TEL", "=x", "TEL;TYPE", "TEL;TYPE=cell"] {
        assert!(PropertyEdit::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn related_items_are_added_changed_and_removed_by_id() {
    let mut ann = record(&[("FN", "Ann")]);
    let policy = |kind: &str, title: &str| NewRelated {
        kind: kind.to_owned(),
        title: title.to_owned(),
        status: "pending".to_owned(),
        detail: String::new(),
    };
    apply(&Edit { add_related: vec![policy("policy", "Life 4711")], ..Edit::default() }, &mut ann).unwrap();
    let id = ann.related[0].id.to_string();
    let change = RelatedChange { id: id.clone(), status: Some("in force".to_owned()), ..RelatedChange::default() };
    apply(&Edit { change_related: vec![change], ..Edit::default() }, &mut ann).unwrap();
    assert_eq!((ann.related[0].title.as_str(), ann.related[0].status.as_str()), ("Life 4711", "in force"));
    assert_eq!(apply(&Edit { add_related: vec![policy("loan", "x")], ..Edit::default() }, &mut ann), Err("bad-related"));
    assert_eq!(apply(&Edit { add_related: vec![policy("case", " ")], ..Edit::default() }, &mut ann), Err("bad-related"));
    let remove = Edit { remove_related: vec![id], ..Edit::default() };
    apply(&remove, &mut ann).unwrap();
    assert_eq!(apply(&remove, &mut ann), Err("no-such-related"));
}

#[test]
fn an_edit_of_an_older_version_is_a_conflict() {
    let edit = Edit { base_version: Some("1.2".to_owned()), ..Edit::default() };
    assert!(edit.check_base(Version { epoch: 1, counter: 2 }).is_ok());
    assert_eq!(edit.check_base(Version { epoch: 1, counter: 3 }).map_err(|refusal| refusal.code), Err("changed-meanwhile"));
}
