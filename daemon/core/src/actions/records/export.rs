//! Exporting records: the card as it was imported until somebody edits it, a card written anew afterwards, or JSON.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;

use super::super::rights;
use super::list::{self, Query};
use super::{seen, view};
use crate::domain::actor::Actor;
use crate::domain::page::LIMIT_MAX;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::vcard::{self, CardVersion};
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, StoreFault, View};

/// The form of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// The card byte for byte as it was imported, vCard 4.0 once the record was edited.
    #[default]
    Vcard,
    /// vCard 4.0 throughout.
    Vcard4,
    /// vCard 3.0 throughout.
    Vcard3,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// The form with this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "vcard" => Some(Self::Vcard),
            "vcard4" | "4" | "4.0" => Some(Self::Vcard4),
            "vcard3" | "3" | "3.0" => Some(Self::Vcard3),
            "json" | "jsonl" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A part of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportPage {
    /// Cards or lines, to be written behind each other.
    pub bytes: Vec<u8>,
    /// How many records they are.
    pub count: usize,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// Exports records by their ids, in the order given.
pub fn export(view: &View<'_>, actor: &Actor, wanted: &[RecordId], format: Format) -> Result<Vec<u8>, Fault> {
    rights::require(view, actor, Permission::Export)?;
    if wanted.len() > LIMIT_MAX {
        return Err(Refusal::invalid("too-many-records", "at most 1,000 records are named in one export", "export a list instead").into());
    }
    let mut bytes = Vec::new();
    for record in wanted {
        let (row, decision) = seen(view, actor, *record)?;
        write(view, actor, &row, decision.level, format, &mut bytes)?;
    }
    Ok(bytes)
}

/// Exports one page of a list; the pages behind each other are the export of the whole list.
pub fn export_page(view: &View<'_>, actor: &Actor, query: &Query, format: Format) -> Result<ExportPage, Fault> {
    rights::require(view, actor, Permission::Export)?;
    let (rows, next) = list::rows(view, actor, query)?;
    let mut bytes = Vec::with_capacity(rows.len() * 1024);
    for row in &rows {
        // Whatever is in the list may be read; what else the viewer may do is said only in JSON.
        let level = if format == Format::Json { rights::access(view, actor, row)?.level } else { Some(Level::Read) };
        write(view, actor, row, level, format, &mut bytes)?;
    }
    Ok(ExportPage { bytes, count: rows.len(), next })
}

fn write(view: &View<'_>, actor: &Actor, row: &RecordRow, level: Option<Level>, format: Format, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    let version = match format {
        Format::Json => {
            let shown = view::of_row(view, actor, row, level)?;
            serde_json::to_writer(&mut *bytes, &shown).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
            bytes.push(b'\n');
            return Ok(());
        }
        Format::Vcard => {
            if let Some(card) = records::card(view, row.record)? {
                bytes.extend_from_slice(&card);
                if !card.ends_with(b"\n") {
                    bytes.extend_from_slice(b"\r\n");
                }
                return Ok(());
            }
            CardVersion::V4
        }
        Format::Vcard4 => CardVersion::V4,
        Format::Vcard3 => CardVersion::V3,
    };
    let body = records::load_body(view, row.record)?;
    let (_, record) = body.ok_or_else(|| StoreFault::Corrupt("a record has no body".to_owned()))?;
    bytes.extend_from_slice(vcard::render(&record, version).as_bytes());
    Ok(())
}
