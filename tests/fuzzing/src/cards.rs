//! Address cards from anywhere: what is read is written and read again without loss, and an office keeps what it imports.

use std::cell::RefCell;

use interoffice_core::actions::records::{self, CardFile, Format, IMPORT_CARDS_MAX, ImportCard, ImportOptions, Query};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit;
use interoffice_core::domain::page::LIMIT_MAX;
use interoffice_core::domain::vcard::{CARDS_MAX, CardVersion, ParsedFile, compare, parse_file, render};
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::limits::RECORD_BYTES_MAX;
use interoffice_protocol::record::Record;
use interoffice_protocol::wire::codec;

use crate::keys::user;
use crate::office::Office;

/// Cards that one run imports, so that it stays short.
const IMPORTED_MAX: usize = 40;

/// A file of cards.
pub fn vcard(bytes: &[u8]) {
    let file = parse_file(bytes);
    assert!(file.cards.len() <= CARDS_MAX);
    for card in &file.cards {
        assert!(card.record.members.is_empty() && card.record.related.is_empty(), "a card knows neither");
        written(&card.record, card.uid.as_deref(), &card.household_member_uids);
        kept(&card.record);
    }
    verbatim(bytes, &file);
    assert!(file.broken.iter().all(|broken| broken.line >= 1 && !broken.reason.is_empty()));
}

/// Either version says all of a record, and writing what was read again changes nothing.
fn written(record: &Record, uid: Option<&str>, members: &[String]) {
    for version in [CardVersion::V3, CardVersion::V4] {
        let text = render(record, version);
        assert!(text.split_terminator("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{text}");
        let mut again = parse_file(text.as_bytes());
        assert_eq!((again.broken.len(), again.cards.len()), (0, 1), "{:?}: {text}", again.broken);
        let again = again.cards.remove(0);
        assert_eq!(compare(record, &again.record), [], "{text}");
        assert_eq!(&again.record, record, "{text}");
        assert_eq!(again.uid.as_deref(), uid);
        assert_eq!(again.household_member_uids, members);
        assert_eq!(render(&again.record, version), text, "writing it again changes nothing");
    }
}

/// What is kept can be read back, and no record is kept that another office could not take.
fn kept(record: &Record) {
    let Ok(bytes) = edit::encode(record) else { return };
    assert!(bytes.len() <= RECORD_BYTES_MAX);
    assert_eq!(codec::decode_data::<Record>(&bytes).as_ref(), Ok(record));
}

/// Each card is kept byte for byte as it stood in the file, one behind the other.
fn verbatim(bytes: &[u8], file: &ParsedFile) {
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.iter().take(4).any(|byte| *byte == 0);
    if wide {
        return;
    }
    let mut from = 0;
    for card in &file.cards {
        let found = bytes[from..].windows(card.verbatim.len().max(1)).position(|window| window == card.verbatim);
        from += found.expect("a card stands in its file as it is kept") + card.verbatim.len();
    }
}

thread_local! {
    static OFFICE: RefCell<Office> = RefCell::new(Office::new("North", 1, &[("ann", false), ("ben", false)]));
}

/// A file of cards that a user imports, again, and for a part of it once more; then all of it is exported and imported by another.
pub fn import(bytes: &[u8]) {
    let Some((part, file)) = bytes.split_first() else { return };
    let mut cards = records::read_cards(file);
    cards.cards.truncate(IMPORTED_MAX.min(IMPORT_CARDS_MAX));
    OFFICE.with_borrow_mut(|office| office.for_a_while(|office| imported(office, &cards, file, *part)));
}

fn imported(office: &mut Office, file: &CardFile, bytes: &[u8], part: u8) {
    let ann = Actor::User(user("ann"));
    let first = import_as(office, &ann, &file.cards);
    assert_eq!(
        first.created + first.updated + first.unchanged + first.broken.len() as u64,
        file.cards.len() as u64,
        "every card is told of"
    );
    let again = import_as(office, &ann, &file.cards);
    // A card whose UID another one of the same file has too may turn the other's record round once more.
    assert_eq!(again.created, 0, "what was imported is known");
    assert_eq!(again.broken.len(), first.broken.len());
    let beginning = records::read_cards(&bytes[..bytes.len() * usize::from(part) / 256]);
    let cards = &beginning.cards[..beginning.cards.len().min(IMPORTED_MAX)];
    import_as(office, &ann, cards);
    let all = Query { mine: true, limit: Some(LIMIT_MAX), ..Query::default() };
    let listed = office.read(|view| records::list(view, &ann, &all));
    let ids: Vec<RecordId> = listed.records.iter().map(|record| record.id.parse().expect("a record id")).collect();
    assert!(listed.next.is_none() && ids.len() as u64 >= first.created);
    if ids.is_empty() {
        return;
    }
    for format in [Format::Vcard, Format::Vcard3, Format::Vcard4] {
        passed_on(office, &ids, format);
    }
}

fn import_as(office: &mut Office, actor: &Actor, cards: &[ImportCard]) -> records::ImportReport {
    office.verb(|tx| records::import_cards(tx, actor, cards, &ImportOptions::default())).expect("cards are imported")
}

/// What one user exports, another imports as the same records.
fn passed_on(office: &mut Office, ids: &[RecordId], format: Format) {
    let (ann, ben) = (Actor::User(user("ann")), Actor::User(user("ben")));
    let bytes = office.read(|view| records::export(view, &ann, ids, format));
    let mut mine: Vec<Record> = office.read(|view| bodies(view, ids));
    let file = records::read_cards(&bytes);
    assert_eq!((file.broken.len(), file.cards.len()), (0, ids.len()), "{:?}", file.broken);
    let report = import_as(office, &ben, &file.cards);
    let mut theirs: Vec<Record> = file.cards.into_iter().map(|card| card.record).collect();
    for record in &mut mine {
        record.members.clear();
    }
    let key = |record: &Record| codec::encode(record);
    mine.sort_by_key(key);
    theirs.sort_by_key(key);
    assert_eq!(mine, theirs, "an export says all");
    assert_eq!(report.broken, [], "what one office kept fits into another");
}

fn bodies(view: &interoffice_core::store::View<'_>, ids: &[RecordId]) -> Result<Vec<Record>, interoffice_core::store::Fault> {
    let mut bodies = Vec::with_capacity(ids.len());
    for id in ids {
        let (_, record) = interoffice_core::store::records::load_body(view, *id)?.expect("a listed record has a body");
        bodies.push(record);
    }
    Ok(bodies)
}
