//! Tests of the address cards, by what they prove.

mod broken_files;
mod hostile_input;
mod kinds_and_names;
mod programs;
mod round_trip;
mod spelling;

use interoffice_protocol::record::{Property, Record, RecordKind};

use super::{CardVersion, ParsedCard, parse_file};

/// The only card of a text that must have no broken one.
fn card(text: &str) -> ParsedCard {
    let mut parsed = parse_file(text.as_bytes());
    assert_eq!(parsed.broken, []);
    assert_eq!(parsed.cards.len(), 1, "one card in {text}");
    parsed.cards.remove(0)
}

/// A 3.0 card with these lines.
fn card_of(lines: &str) -> ParsedCard {
    card(&format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}\r\nEND:VCARD\r\n"))
}

/// `group.NAME|PARAM=a,b|PARAM=c|value`, a spelling of a property that no rule of vCard touches.
fn told(property: &Property) -> String {
    let mut text = String::new();
    if !property.group.is_empty() {
        text.push_str(&format!("{}.", property.group));
    }
    text.push_str(&property.name);
    for param in &property.params {
        text.push_str(&format!("|{}={}", param.name, param.values.join(",")));
    }
    format!("{text}|{}", property.value)
}

fn told_all(record: &Record) -> Vec<String> {
    record.properties.iter().map(told).collect()
}

fn contact(display_name: &str, properties: Vec<Property>) -> Record {
    Record { kind: RecordKind::Contact, display_name: display_name.to_owned(), properties, members: Vec::new(), related: Vec::new() }
}

const WRITTEN: [CardVersion; 2] = [CardVersion::V3, CardVersion::V4];
