//! Address cards: vCard 2.1, 3.0 and 4.0 in, vCard 3.0 and 4.0 out, nothing lost between (RFC 2426, 6350, 6868, 9554).
//!
//! A card becomes a [`Record`]: every property in neutral form, in its order. Whatever spelling of an older version has no place in the
//! neutral form (quoted-printable, character sets, folding, bare parameters) is resolved here, so the rest of the program knows one form only.

mod cards;
mod compare;
mod content;
mod decode;
mod fields;
mod header;
mod lines;
mod marks;
mod media;
mod neutral;
mod parse;
mod render;
mod summary;
mod value;

#[cfg(test)]
mod tests;

use interoffice_protocol::record::Record;

pub use compare::{Difference, compare};
pub use fields::field_of;
pub use neutral::neutral;
pub use parse::parse_file;
pub use render::render;
pub use summary::{clean_name, uid_key};
pub use value::{components, escape, unescape};

/// Cards in one file; more are refused, since each becomes a record of its own.
pub const CARDS_MAX: usize = 200_000;

/// Bytes of one card as a record; the other office refuses more.
pub const CARD_BYTES_MAX: usize = interoffice_protocol::limits::RECORD_BYTES_MAX;

/// Bytes of one card in a file: quoted-printable writes three for one, and folding adds to every line.
const CARD_FILE_BYTES_MAX: usize = 3 * CARD_BYTES_MAX;

/// Characters of a display name.
pub const DISPLAY_NAME_CHARS_MAX: usize = 256;

/// The version a card is written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CardVersion {
    /// vCard 2.1; read, never written.
    V21,
    /// vCard 3.0, RFC 2426.
    V3,
    /// vCard 4.0, RFC 6350.
    V4,
}

impl CardVersion {
    /// The value of the card's `VERSION` line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V21 => "2.1",
            Self::V3 => "3.0",
            Self::V4 => "4.0",
        }
    }
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ParsedFile {
    /// Cards that became records, in the order of the file.
    pub cards: Vec<ParsedCard>,
    /// Parts of the file that did not, in the order of the file.
    pub broken: Vec<BrokenCard>,
}

/// One card of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParsedCard {
    /// Line of its `BEGIN:VCARD`, from 1.
    pub line: usize,
    /// The record; `members` and `related` are empty, since a card knows neither record ids nor related items.
    pub record: Record,
    /// Its UID as [`uid_key`] spells it.
    pub uid: Option<String>,
    /// The bytes from `BEGIN` to `END` with all line ends; of a UTF-16 file, the same text in UTF-8.
    pub verbatim: Vec<u8>,
    /// The version it was written in.
    pub version: CardVersion,
    /// UIDs of its members as [`uid_key`] spells them.
    pub household_member_uids: Vec<String>,
}

/// A part of a file that could not be read; the other cards are not touched by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokenCard {
    /// Line where the trouble is, from 1.
    pub line: usize,
    /// One sentence: what is wrong and what to do; quotes no content of the card.
    pub reason: String,
}
