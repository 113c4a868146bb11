//! From a record back to a card.

use interoffice_protocol::record::{Param, Property, Record};

use super::fields::types;
use super::header::write_params;
use super::lines::looks_like_begin;
use super::neutral::neutral;
use super::value::is_uri;
use super::{CardVersion, marks, media, summary};

/// Octets of a line without its end (RFC 6350, section 3.2).
const LINE_BYTES_MAX: usize = 75;

/// The record as a card, lines folded and ended by CR LF; 2.1 is not written any more and gives 3.0.
///
/// Reading it again gives the same kind, display name and properties. What the version demands and the record does not have is added with
/// a mark that reading takes away again; members and related items have no place in a card.
pub fn render(record: &Record, version: CardVersion) -> String {
    let version = version.max(CardVersion::V3);
    let properties: Vec<Property> = record.properties.iter().map(neutral).collect();
    let mut out = format!("BEGIN:VCARD\r\nVERSION:{}\r\n", version.as_str());
    for property in demanded(record, &properties, version) {
        write_property(&mut out, &property);
    }
    for mut property in properties {
        if version == CardVersion::V3 {
            spell_medium(&mut property);
        }
        write_property(&mut out, &property);
    }
    out.push_str("END:VCARD\r\n");
    out
}

/// What a card needs and these properties do not say.
fn demanded(record: &Record, properties: &[Property], version: CardVersion) -> Vec<Property> {
    let has = |name: &str| properties.iter().any(|property| property.name == name);
    let mut added = Vec::new();
    if !has("FN") || summary::display_name(properties) != record.display_name {
        added.push(marks::added_property("FN", summary::full_name_value(&record.display_name)));
    }
    if version == CardVersion::V3 && !has("N") {
        added.push(marks::added_property("N", ";;;;".to_owned()));
    }
    let with_added: Vec<Property> = added.iter().chain(properties).cloned().collect();
    if summary::kind(&with_added) != record.kind {
        added.push(marks::added_property("KIND", summary::kind_word(record.kind).to_owned()));
    }
    added
}

/// Writes a picture, sound or key as vCard 3.0 does: base64 with its encoding, or a URI that says it is one.
fn spell_medium(property: &mut Property) {
    let says_how = property.params.iter().any(|param| param.name == "ENCODING" || param.name == "VALUE");
    if !media::is_medium(&property.name) || says_how || !is_uri(&property.value) {
        return;
    }
    if let Some((media_type, base64)) = media::of_data_uri(&property.value) {
        let mut params = property.params.clone();
        if types(&params).next().is_none() {
            marks::add_param(&mut params, "TYPE", media::type_word(&property.name, media_type));
        }
        if media::to_data_uri(&property.name, &params, base64).as_deref() == Some(&property.value) {
            params.insert(0, Param { name: "ENCODING".to_owned(), values: vec!["b".to_owned()] });
            property.value = base64.to_owned();
            property.params = params;
            return;
        }
    }
    marks::add_param(&mut property.params, "VALUE", "uri".to_owned());
}

fn write_property(out: &mut String, property: &Property) {
    let mut line = String::with_capacity(property.value.len() + 64);
    if !property.group.is_empty() {
        line.push_str(&property.group);
        line.push('.');
    }
    line.push_str(&property.name);
    write_params(&mut line, &property.params);
    line.push(':');
    line.push_str(&property.value);
    write_folded(out, &line);
    if property.name == "AGENT" && looks_like_begin(&property.value) {
        // A line that is folded, be it to nothing, is a text and begins no card.
        out.push_str(" \r\n");
    }
}

fn write_folded(out: &mut String, line: &str) {
    let mut rest = line;
    let mut room = LINE_BYTES_MAX;
    while rest.len() > room {
        let cut = (0..=room).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(room);
        out.push_str(&rest[..cut]);
        out.push_str("\r\n ");
        rest = &rest[cut..];
        room = LINE_BYTES_MAX - 1;
    }
    out.push_str(rest);
    out.push_str("\r\n");
}
