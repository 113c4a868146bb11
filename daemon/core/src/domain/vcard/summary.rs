//! What a card says about itself as a whole: its kind, the name shown in lists, its UID and its members.

use interoffice_protocol::record::{Property, RecordKind};

use super::marks::is_added;
use super::value::{components, unescape};
use super::{DISPLAY_NAME_CHARS_MAX, escape};

const UNNAMED: &str = "Unnamed";
const UUID_SCHEME: &str = "urn:uuid:";

/// A name for lists: white space and control characters joined to single spaces, at most 256 characters, never empty.
pub fn clean_name(text: &str) -> String {
    let words = text.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join(" ").chars().take(DISPLAY_NAME_CHARS_MAX).collect();
    let name = name.trim_end();
    if name.is_empty() { UNNAMED.to_owned() } else { name.to_owned() }
}

/// A UID as cards are matched by it: a UUID in lower case without `urn:uuid:`, any other text as it is.
pub fn uid_key(value: &str) -> String {
    let text = unescape(value.trim());
    match text.get(..UUID_SCHEME.len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case(UUID_SCHEME) => text[UUID_SCHEME.len()..].to_lowercase(),
        _ if is_uuid(&text) => text.to_lowercase(),
        _ => text,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// The value of `FN` that shows `name`.
pub(super) fn full_name_value(name: &str) -> String {
    escape(&clean_name(name))
}

/// The name that lists show: the full name, else what is nearest to a name.
pub(super) fn display_name(properties: &[Property]) -> String {
    let added = properties.iter().find(|property| property.name == "FN" && is_added(property));
    if let Some(added) = added {
        return clean_name(&unescape(&added.value));
    }
    for name in ["FN", "N", "NICKNAME", "ORG", "EMAIL", "TEL"] {
        let mut texts = properties.iter().filter(|property| property.name == name).map(|property| match name {
            "N" => spoken_name(&property.value),
            "ORG" => organization(&property.value),
            _ => unescape(&property.value),
        });
        if let Some(text) = texts.find(|text| has_text(text)) {
            return clean_name(&text);
        }
    }
    UNNAMED.to_owned()
}

fn has_text(text: &str) -> bool {
    text.chars().any(|char| !char.is_whitespace() && !char.is_control())
}

/// Prefix, given, additional, family name and suffix in the order in which they are spoken.
fn spoken_name(value: &str) -> String {
    let parts = components(value);
    let part = |at: usize| parts.get(at).map(|part| part.replace(',', " ")).unwrap_or_default();
    [part(3), part(1), part(2), part(0), part(4)].join(" ")
}

fn organization(value: &str) -> String {
    let parts: Vec<String> = components(value).into_iter().filter(|part| has_text(part)).collect();
    parts.join(", ")
}

/// Person, business or household.
pub(super) fn kind(properties: &[Property]) -> RecordKind {
    let first = |name: &str| properties.iter().find(|property| property.name == name).map(|property| property.value.trim());
    let added = properties.iter().find(|property| property.name == "KIND" && is_added(property)).map(|property| property.value.trim());
    if let Some(kind) = added.or_else(|| first("KIND")).or_else(|| first("X-ADDRESSBOOKSERVER-KIND")).filter(|kind| !kind.is_empty()) {
        return match kind.to_ascii_lowercase().as_str() {
            "org" => RecordKind::Business,
            "group" => RecordKind::Household,
            _ => RecordKind::Contact,
        };
    }
    let shown_as_company = first("X-ABSHOWAS").is_some_and(|value| value.eq_ignore_ascii_case("company"));
    if shown_as_company || is_named_as_company(properties) { RecordKind::Business } else { RecordKind::Contact }
}

/// Programs without a kind of card write a company as a card whose full name is the organisation and whose name is empty.
fn is_named_as_company(properties: &[Property]) -> bool {
    let named = |name: &'static str| properties.iter().filter(move |property| property.name == name);
    let Some(full_name) = named("FN").map(|property| clean_name(&unescape(&property.value))).next() else { return false };
    let has_name = named("N").flat_map(|property| components(&property.value)).any(|part| has_text(&part));
    !has_name && named("ORG").any(|property| components(&property.value).first().is_some_and(|org| clean_name(org) == full_name))
}

/// The word for `KIND`.
pub(super) fn kind_word(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Contact => "individual",
        RecordKind::Business => "org",
        RecordKind::Household => "group",
    }
}

/// The card's own UID.
pub(super) fn uid(properties: &[Property]) -> Option<String> {
    let uid = properties.iter().find(|property| property.name == "UID")?;
    Some(uid_key(&uid.value)).filter(|uid| !uid.is_empty())
}

/// UIDs of the members of a group.
pub(super) fn members(properties: &[Property]) -> Vec<String> {
    let is_member = |property: &&Property| matches!(property.name.as_str(), "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER");
    properties.iter().filter(is_member).map(|property| uid_key(&property.value)).filter(|uid| !uid.is_empty()).collect()
}
