//! From the bytes of a file to records.

use interoffice_protocol::record::{Param, Property, Record};

use super::cards::{self, Part, RawCard};
use super::content::{Coding, Content, Contents, Fault};
use super::lines::{Line, single_bytes};
use super::neutral::neutral_of;
use super::{BrokenCard, CARD_BYTES_MAX, CardVersion, DISPLAY_NAME_CHARS_MAX, ParsedCard, ParsedFile};
use super::{decode, marks, summary};

/// What a record has beside its properties: kind, display name, lengths.
const RECORD_FRAME_BYTES: usize = 4 * DISPLAY_NAME_CHARS_MAX + 64;

/// Reads every card of a `.vcf` file: vCard 2.1, 3.0 or 4.0, in UTF-8, UTF-16 or what the cards themselves name.
///
/// Never fails as a whole: what can't be read is named with its line, everything else becomes a record.
pub fn parse_file(bytes: &[u8]) -> ParsedFile {
    let file = single_bytes(bytes);
    let mut parsed = ParsedFile::default();
    cards::cut(&file, |part| match part {
        Part::Broken(broken) => parsed.broken.push(broken),
        Part::Card(raw) => match read_card(&raw) {
            Ok(card) => parsed.cards.push(card),
            Err(fault) => parsed.broken.push(BrokenCard { line: fault.line, reason: fault.reason }),
        },
    });
    parsed
}

fn read_card(raw: &RawCard<'_>) -> Result<ParsedCard, Fault> {
    let inner = &raw.lines[1..raw.lines.len() - 1];
    let version = version(inner);
    let mut properties = Vec::new();
    for content in Contents::new(inner, version) {
        let content = content?;
        match content.header.name.as_str() {
            "VERSION" => {}
            "BEGIN" | "END" => {
                let reason = format!("line {} begins or ends something inside a card that is no card; take it out", content.line);
                return Err(Fault { line: content.line, reason });
            }
            _ => properties.push(property(content, version)?),
        }
    }
    let line = raw.line();
    if properties.is_empty() {
        return Err(Fault { line, reason: format!("the card in line {line} is empty; take it out, or export it again") });
    }
    let bytes = RECORD_FRAME_BYTES + properties.iter().map(property_bytes).sum::<usize>();
    if bytes > CARD_BYTES_MAX {
        return Err(Fault { line, reason: cards::too_long(bytes) });
    }
    Ok(card(properties, version, raw))
}

fn card(mut properties: Vec<Property>, version: CardVersion, raw: &RawCard<'_>) -> ParsedCard {
    let kind = summary::kind(&properties);
    let display_name = summary::display_name(&properties);
    properties.retain(|property| !marks::is_added(property));
    ParsedCard {
        line: raw.line(),
        uid: summary::uid(&properties),
        household_member_uids: summary::members(&properties),
        record: Record { kind, display_name, properties, members: Vec::new(), related: Vec::new() },
        verbatim: raw.bytes.to_vec(),
        version,
    }
}

/// The version that the card names; one that names none is read as 3.0, whose reading forgives most.
fn version(lines: &[Line<'_>]) -> CardVersion {
    let outer = lines.iter().take_while(|line| !line.announces_agent() && !line.opens_agent());
    for line in outer {
        let Some((name, rest)) = line.text.split_at_checked(b"VERSION".len()) else { continue };
        if !name.eq_ignore_ascii_case(b"VERSION") || !matches!(rest.first(), Some(b':' | b';' | b' ')) {
            continue;
        }
        let value = rest.rsplit(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        return match value.first() {
            Some(b'1' | b'2') => CardVersion::V21,
            Some(b'3') => CardVersion::V3,
            _ => CardVersion::V4,
        };
    }
    CardVersion::V3
}

fn property(content: Content, version: CardVersion) -> Result<Property, Fault> {
    let Content { line, header, coding, value } = content;
    let params = header.params;
    let value = match coding {
        Coding::Base64 => decode::lenient_text(&value),
        Coding::Card => super::escape(&decode::lenient_text(&value)),
        Coding::QuotedPrintable => text(&decode::quoted_printable(&value), &params, line)?,
        Coding::None => text(&value, &params, line)?,
    };
    let field = super::field_of(&header.name, &params);
    let mut property = neutral_of(Property { field, name: header.name, group: header.group, params, value }, version);
    marks::remove_added_param(&mut property.params);
    Ok(property)
}

fn text(bytes: &[u8], params: &[Param], line: usize) -> Result<String, Fault> {
    let charset = params.iter().find(|param| param.name == "CHARSET").and_then(|param| param.values.first());
    let Some(charset) = charset else { return Ok(decode::lenient_text(bytes)) };
    decode::text_in(bytes, charset).ok_or_else(|| {
        let name: String = charset.chars().filter(|char| char.is_ascii_graphic()).take(40).collect();
        Fault {
            line,
            reason: format!("line {line} is in the character set {name}, which is not known here; export the card again in UTF-8"),
        }
    })
}

/// Bytes of a property in a record, lengths of its parts included.
fn property_bytes(property: &Property) -> usize {
    const LENGTH_BYTES: usize = 4;
    let params: usize =
        property.params.iter().flat_map(|param| param.values.iter().chain([&param.name])).map(|text| text.len() + LENGTH_BYTES).sum();
    property.name.len() + property.group.len() + property.value.len() + 4 * LENGTH_BYTES + params
}
