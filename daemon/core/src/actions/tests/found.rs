//! Finding records: whichever way a list goes, it finds what stands in the text that records are found by, and nothing stays of what went.

use interoffice_protocol::ids::RecordId;
use proptest::prelude::*;

use super::offices::{Office, as_user};
use crate::actions::records::{self, Query};
use crate::domain::actor::Actor;
use crate::domain::edit::{Edit, PropertyEdit};
use crate::domain::fold::fold;
use crate::domain::user::Account;
use crate::store::{damage, inspect};

fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    alder.add("ann", Account::Practitioner);
    alder
}

fn card(name: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\nUID:{name}\r\nEND:VCARD\r\n")
}

fn found(alder: &Office, text: &str) -> Vec<String> {
    let query = Query { text: Some(text.to_owned()), limit: Some(1_000), ..Query::default() };
    let page = alder.sees(|view| records::list(view, &as_user("ann"), &query)).expect("a page");
    page.records.into_iter().map(|record| record.name).collect()
}

/// What each row of the index's own tables holds.
fn index(alder: &Office) -> Vec<u8> {
    let mut all = Vec::new();
    let each = &mut |table: &str, row: &[u8]| {
        if table.starts_with("records_found_") {
            all.extend_from_slice(row);
        }
    };
    alder.sees(|view| Ok(inspect::contents(view, &[], each)?)).expect("contents");
    all
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[test]
fn what_was_edited_or_deleted_is_found_no_more_and_leaves_nothing_in_the_index() {
    let mut alder = alder();
    let ids = alder.import("ann", &(card("Zoe 0qxz") + &card("Yan")));
    let nick = |value: &str| Edit { set: vec![PropertyEdit::parse(&format!("NICKNAME={value}")).expect("a change")], ..Edit::default() };
    alder.does(|tx| records::edit(tx, &as_user("ann"), ids[0], &nick("Jkvw"))).expect("edited");
    assert_eq!((found(&alder, "0qxz"), found(&alder, "JKVW")), (vec!["Zoe 0qxz".to_owned()], vec!["Zoe 0qxz".to_owned()]));
    assert!(holds(&index(&alder), b"qxz") && holds(&index(&alder), b"jkv"));
    alder.does(|tx| records::edit(tx, &as_user("ann"), ids[0], &nick("Hgdw"))).expect("edited");
    assert_eq!((found(&alder, "jkvw"), found(&alder, "hgdw").len()), (Vec::new(), 1));
    assert!(!holds(&index(&alder), b"jkv"), "what was edited away is gone from the index");
    alder.does(|tx| Ok(damage::index_fits(tx)?)).expect("the index fits the records");
    let plan = alder.does(|tx| records::plan_delete(tx, &Actor::Operator, &[ids[0]])).expect("a plan");
    alder.does(|tx| records::delete(tx, &Actor::Operator, &[ids[0]], &plan.id)).expect("deleted");
    assert_eq!((found(&alder, "0qxz").len(), found(&alder, "yan").len()), (0, 1));
    assert!(!holds(&index(&alder), b"qxz"), "what was deleted is gone from the index");
    alder.does(|tx| Ok(damage::index_fits(tx)?)).expect("the index fits the records");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A search finds exactly the names that hold its words, with two letters and with more, however odd they are.
    #[test]
    fn a_search_finds_exactly_what_holds_its_words(
        names in proptest::collection::btree_set("[ab%_\"'éß*-]{2,7}", 1..12),
        words in proptest::collection::vec("[ab%_\"'éß*-]{2,4}", 1..3),
    ) {
        let mut alder = alder();
        let cards: String = names.iter().map(|name| card(name)).collect();
        let ids: Vec<RecordId> = alder.import("ann", &cards);
        prop_assert_eq!(ids.len(), names.len());
        let text = words.join(" ");
        let words: Vec<String> = words.iter().map(|word| fold(word)).collect();
        let expected: Vec<&String> = names.iter().filter(|name| words.iter().all(|word| fold(name).contains(word.as_str()))).collect();
        let found = found(&alder, &text);
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{}", text);
    }
}
