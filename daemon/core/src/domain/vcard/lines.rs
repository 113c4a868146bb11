//! The physical lines of a card file: byte order marks, UTF-16, every kind of line end, and the lines that frame a card.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const BEGIN: &[u8] = b"BEGIN";
const END: &[u8] = b"END";
const END_LINE: &[u8] = b"END:VCARD";

/// One line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Where it starts in the file, behind a byte order mark.
    pub(super) start: usize,
    /// Where the next one starts.
    pub(super) end: usize,
    /// Its bytes without the line end.
    pub(super) text: &'a [u8],
}

impl Line<'_> {
    /// Whether the line continues the one before (RFC 6350, section 3.2).
    pub(super) fn is_folded(&self) -> bool {
        matches!(self.text.first(), Some(b' ' | b'\t'))
    }

    /// Whether nothing can be read in the line: white space, and the end-of-file marks that old programs leave.
    pub(super) fn is_blank(&self) -> bool {
        self.text.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x0B | 0x1A))
    }

    /// Whether the line is `BEGIN:VCARD`.
    pub(super) fn begins_card(&self) -> bool {
        frames(self.text, BEGIN)
    }

    /// Whether the line is `END:VCARD`.
    pub(super) fn ends_card(&self) -> bool {
        !self.is_folded() && frames(self.text, END)
    }

    /// Whether a card that follows in the next line is the value of this `AGENT` property.
    pub(super) fn announces_agent(&self) -> bool {
        !self.is_folded() && is_agent(self.text) && self.text.trim_ascii_end().ends_with(b":") && !self.opens_agent()
    }

    /// Whether this `AGENT` property has the first line of its card as value; the card goes on in the next line.
    pub(super) fn opens_agent(&self) -> bool {
        let text = self.text.trim_ascii_end();
        let colon = text.len().checked_sub(b":BEGIN:VCARD".len());
        !self.is_folded() && is_agent(text) && colon.is_some_and(|at| text[at] == b':' && frames(&text[at + 1..], BEGIN))
    }
}

/// Whether a reader could take `value` of an `AGENT` for the first line of a card.
pub(super) fn looks_like_begin(value: &str) -> bool {
    frames(value.as_bytes(), BEGIN)
}

fn is_agent(text: &[u8]) -> bool {
    let name = text.split(|byte| matches!(byte, b':' | b';')).next().unwrap_or_default();
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(b"AGENT")
}

fn frames(text: &[u8], word: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some((head, rest)) = text.split_at_checked(word.len()) else { return false };
    let rest = rest.trim_ascii_start();
    head.eq_ignore_ascii_case(word) && rest.first() == Some(&b':') && rest[1..].trim_ascii_start().eq_ignore_ascii_case(b"VCARD")
}

/// The file in bytes that keep ASCII as it is: UTF-16 becomes UTF-8, everything else stays.
pub(super) fn single_bytes(file: &[u8]) -> Cow<'_, [u8]> {
    let encoding = match file {
        [0xFF, 0xFE, ..] | [b'B' | b'b', 0, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'B' | b'b', ..] => UTF_16BE,
        _ => return Cow::Borrowed(file),
    };
    let (text, _) = encoding.decode_with_bom_removal(file);
    Cow::Owned(text.into_owned().into_bytes())
}

/// The lines of `file`, split at CR LF, LF or CR, and between two cards that were joined without a line end.
pub(super) struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0, number: 1 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.file.get(self.at..).filter(|rest| !rest.is_empty())?;
        let marks = if rest.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let (start, rest) = (self.at + marks, &rest[marks..]);
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let text = &rest[..length];
        if ends_and_begins(text) {
            self.at = start + END_LINE.len();
            return Some(Line { number: self.number, start, end: self.at, text: &text[..END_LINE.len()] });
        }
        let line_end = match &rest[length..] {
            // Programs that write CR LF through a text stream leave CR CR LF.
            [b'\r', b'\r', b'\n', ..] => 3,
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        self.at = start + length + line_end;
        self.number += 1;
        Some(Line { number: self.number - 1, start, end: self.at, text })
    }
}

/// `END:VCARDBEGIN:VCARD`, which is what remains of two files joined without a line end between them.
fn ends_and_begins(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(END_LINE.len()) else { return false };
    head.eq_ignore_ascii_case(END_LINE) && frames(tail.strip_prefix(BYTE_ORDER_MARK).unwrap_or(tail), BEGIN)
}
