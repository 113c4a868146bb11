//! Content lines: joins the physical lines of a property and takes it apart into header and value.

use interoffice_protocol::record::Param;

use super::CardVersion;
use super::header::{self, ColonScan, Header};
use super::lines::Line;

/// A line of base64 that is not indented is known by standing behind one at least this long.
const BASE64_LINE_BYTES_MIN: usize = 40;

/// A property as it stands in the card, unfolded, its value not yet decoded.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) line: usize,
    pub(super) header: Header,
    pub(super) coding: Coding,
    pub(super) value: Vec<u8>,
}

/// The transfer encoding of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    None,
    QuotedPrintable,
    Base64,
    /// A card as value: its lines joined by line feeds.
    Card,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Reads the properties of one card, one after the other.
pub(super) struct Contents<'a> {
    lines: &'a [Line<'a>],
    at: usize,
    version: CardVersion,
}

impl<'a> Contents<'a> {
    /// `lines` without `BEGIN` and `END`.
    pub(super) fn new(lines: &'a [Line<'a>], version: CardVersion) -> Self {
        Self { lines, at: 0, version }
    }

    fn peek(&self) -> Option<&'a Line<'a>> {
        self.lines.get(self.at)
    }

    fn take_folded(&mut self) -> Option<&'a [u8]> {
        let line = self.peek().filter(|line| line.is_folded())?;
        self.at += 1;
        Some(&line.text[1..])
    }

    fn skip_blank(&mut self) {
        while self.peek().is_some_and(Line::is_blank) {
            self.at += 1;
        }
    }

    fn read(&mut self, first: &'a Line<'a>) -> Result<Content, Fault> {
        let fault = |reason: &str| Fault { line: first.number, reason: format!("line {} {reason}", first.number) };
        let mut raw = first.text.trim_ascii_start().to_vec();
        let mut scan = ColonScan::default();
        let colon = loop {
            if let Some(colon) = scan.find(&raw) {
                break Some(colon);
            }
            match self.take_folded() {
                Some(more) => raw.extend_from_slice(more),
                // A quotation mark that is never closed hides every colon; then it is taken as any other character.
                None => break raw.iter().position(|byte| *byte == b':'),
            }
        };
        let colon = colon.ok_or_else(|| {
            fault("has no colon, so it is no property; write it as NAME:VALUE, or begin it with a space if it continues the line before")
        })?;
        let header = header::parse(&raw[..colon], self.version).ok_or_else(|| {
            fault("has no property name before its colon; begin it with a space if it continues the line before, or name the property")
        })?;
        let coding = coding(&header.params);
        let value = raw.split_off(colon + 1);
        let (coding, value) = self.value(&header, coding, value, first);
        Ok(Content { line: first.number, header, coding, value })
    }

    fn value(&mut self, header: &Header, coding: Coding, mut value: Vec<u8>, first: &Line<'_>) -> (Coding, Vec<u8>) {
        if header.name == "AGENT" && self.takes_card(first) {
            return (Coding::Card, self.inner_card(first));
        }
        match coding {
            Coding::QuotedPrintable => self.join_soft_breaks(&mut value),
            Coding::Base64 => self.join_base64(&mut value),
            Coding::None | Coding::Card => {
                while let Some(more) = self.take_folded() {
                    value.extend_from_slice(more);
                }
            }
        }
        (coding, value)
    }

    /// A line that ends in `=` goes on in the next, which starts with its first byte, be it a space.
    fn join_soft_breaks(&mut self, value: &mut Vec<u8>) {
        let mut last = 0;
        loop {
            let trimmed = value[last..].trim_ascii_end().len();
            if trimmed > 0 && value[last + trimmed - 1] == b'=' {
                value.truncate(last + trimmed - 1);
                last = value.len();
                let Some(line) = self.peek() else { return };
                self.at += 1;
                value.extend_from_slice(line.text);
            } else if let Some(more) = self.take_folded() {
                last = value.len();
                value.extend_from_slice(more);
            } else {
                return;
            }
        }
    }

    fn join_base64(&mut self, value: &mut Vec<u8>) {
        value.retain(|byte| !byte.is_ascii_whitespace());
        let mut last_length = if value.is_empty() { usize::MAX } else { value.len() };
        while let Some(line) = self.peek() {
            let goes_on = line.is_folded() || (last_length >= BASE64_LINE_BYTES_MIN && is_base64(line.text));
            if !goes_on {
                return;
            }
            self.at += 1;
            if !line.is_blank() {
                last_length = line.text.len();
            }
            value.extend(line.text.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }

    fn takes_card(&mut self, first: &Line<'_>) -> bool {
        if first.opens_agent() {
            return !self.peek().is_some_and(Line::is_folded);
        }
        if !first.announces_agent() {
            return false;
        }
        let next = self.lines[self.at..].iter().find(|line| !line.is_blank());
        next.is_some_and(|line| !line.is_folded() && line.begins_card())
    }

    fn inner_card(&mut self, first: &Line<'_>) -> Vec<u8> {
        let mut value = Vec::new();
        let mut depth = 0_usize;
        if first.opens_agent() {
            value.extend_from_slice(b"BEGIN:VCARD\n");
            depth = 1;
        } else {
            self.skip_blank();
        }
        while let Some(line) = self.peek() {
            self.at += 1;
            let goes_on = self.peek().is_some_and(Line::is_folded);
            value.extend_from_slice(line.text);
            value.push(b'\n');
            let begins = !line.is_folded() && line.begins_card();
            depth += usize::from(begins || (line.opens_agent() && !goes_on));
            if line.ends_card() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
        }
        value
    }
}

impl Iterator for Contents<'_> {
    type Item = Result<Content, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blank();
        let first = self.peek()?;
        self.at += 1;
        Some(self.read(first))
    }
}

/// The transfer encoding that the parameters name.
pub(super) fn coding(params: &[Param]) -> Coding {
    let encodings = params.iter().filter(|param| param.name == "ENCODING").flat_map(|param| &param.values);
    let mut coding = Coding::None;
    for encoding in encodings {
        if encoding.eq_ignore_ascii_case("b") || encoding.eq_ignore_ascii_case("base64") {
            return Coding::Base64;
        }
        if encoding.eq_ignore_ascii_case("quoted-printable") || encoding.eq_ignore_ascii_case("q") {
            coding = Coding::QuotedPrintable;
        }
    }
    coding
}

fn is_base64(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}
