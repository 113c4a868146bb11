//! Records beyond what an office takes are refused where they are made, not when another office stumbles over them.

use interoffice_protocol::limits::{PARAM_VALUES_MAX, PARAMS_MAX, PROPERTIES_MAX, RELATED_MAX};
use interoffice_protocol::record::RecordKind;

use super::offices::{Office, as_user, code};
use crate::actions::records::{self, Format, ImportReport, Query, RecordView, read_cards};
use crate::domain::edit::{Edit, NewRelated, ParamView, PropertyEdit};
use crate::domain::user::Account;
use crate::store::Fault;

fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    alder.add("ann", Account::Practitioner);
    alder
}

fn card(uid: &str, lines: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:Zoe\r\n{lines}END:VCARD\r\n")
}

fn import(alder: &mut Office, cards: &str) -> ImportReport {
    let file = read_cards(cards.as_bytes());
    assert_eq!(file.broken, []);
    alder.does(|tx| records::import_cards(tx, &as_user("ann"), &file.cards, &Default::default())).unwrap()
}

fn edit(alder: &mut Office, id: &str, edit: &Edit) -> Result<RecordView, Fault> {
    let id = id.parse().unwrap();
    alder.does(|tx| records::edit(tx, &as_user("ann"), id, edit))
}

fn phone(param_values: &[usize]) -> PropertyEdit {
    let param = |values: &usize| ParamView { name: "TYPE".to_owned(), values: vec!["x".to_owned(); *values] };
    PropertyEdit { name: "TEL".to_owned(), value: "1".to_owned(), params: param_values.iter().map(param).collect() }
}

#[test]
fn a_card_of_too_many_properties_is_left_out_with_its_line_and_the_others_are_imported() {
    let mut alder = alder();
    // Small in bytes, and more than the decoder would ever read back.
    let hostile = card("1", &"X:1\r\n".repeat(30_000));
    let report = import(&mut alder, &(hostile + &card("2", &"X:1\r\n".repeat(PROPERTIES_MAX - 10))));
    assert_eq!((report.created, report.broken.len()), (1, 1));
    assert_eq!(report.broken[0].line, 1);
    assert!(report.broken[0].reason.contains("the properties of a record"), "{}", report.broken[0].reason);
    // What is in the office can be read in every way.
    let page = alder.sees(|view| records::export_page(view, &as_user("ann"), &Query::default(), Format::Vcard4)).unwrap();
    assert_eq!(page.count, 1);
}

#[test]
fn a_card_that_would_grow_a_record_beyond_its_bounds_leaves_it_as_it_was() {
    let mut alder = alder();
    let first = import(&mut alder, &card("1", "NOTE:small\r\n"));
    let again = import(&mut alder, &card("1", &"X:1\r\n".repeat(PROPERTIES_MAX)));
    assert_eq!((again.updated, again.broken.len()), (0, 1));
    let id = first.records[0].parse().unwrap();
    assert_eq!(alder.sees(|view| records::show(view, &as_user("ann"), id)).unwrap().summary.version, "1.1");
}

#[test]
fn an_edit_that_would_grow_a_record_beyond_its_bounds_is_refused() {
    let mut alder = alder();
    let id = import(&mut alder, &card("1", "")).records.remove(0);
    for params in [vec![1; PARAMS_MAX + 1], vec![PARAM_VALUES_MAX + 1]] {
        assert_eq!(code(edit(&mut alder, &id, &Edit { add: vec![phone(&params)], ..Edit::default() })), "record-out-of-bounds");
    }
    let most = Edit { add: vec![phone(&[PARAM_VALUES_MAX; 2])], ..Edit::default() };
    assert!(edit(&mut alder, &id, &most).is_ok());
    let policy = NewRelated { kind: "policy".into(), title: "Life".into(), status: String::new(), detail: String::new() };
    assert!(edit(&mut alder, &id, &Edit { add_related: vec![policy.clone(); RELATED_MAX], ..Edit::default() }).is_ok());
    assert_eq!(code(edit(&mut alder, &id, &Edit { add_related: vec![policy], ..Edit::default() })), "record-out-of-bounds");
    let many = Edit { add: vec![phone(&[]); PROPERTIES_MAX], ..Edit::default() };
    assert_eq!(code(edit(&mut alder, &id, &many)), "record-out-of-bounds");
    let shown = alder.sees(|view| records::show(view, &as_user("ann"), id.parse().unwrap())).unwrap();
    assert_eq!((shown.summary.kind, shown.content.related.len()), (RecordKind::Contact.as_str(), RELATED_MAX));
}
