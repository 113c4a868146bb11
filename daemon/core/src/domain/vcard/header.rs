//! What stands before the colon of a property: group, name and parameters, in the spellings of all versions.

use interoffice_protocol::record::Param;

use super::CardVersion;
use super::decode::lenient_text;

/// Group, name and parameters of a property.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) params: Vec<Param>,
}

/// Looks for the colon that ends a header; goes on where it stopped when more bytes were appended.
#[derive(Default)]
pub(super) struct ColonScan {
    at: usize,
    quoted: bool,
}

impl ColonScan {
    /// The first colon of `raw` outside of a quoted parameter value.
    pub(super) fn find(&mut self, raw: &[u8]) -> Option<usize> {
        while let Some(byte) = raw.get(self.at) {
            match byte {
                b'"' if self.quoted => self.quoted = false,
                b'"' => self.quoted = self.at > 0 && matches!(raw[self.at - 1], b'=' | b','),
                b':' if !self.quoted => return Some(self.at),
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

/// Reads a header; `None` when it has no name that a property can have.
pub(super) fn parse(raw: &[u8], version: CardVersion) -> Option<Header> {
    let text = lenient_text(raw);
    let (path, rest) = text.split_once(';').map_or((text.as_str(), None), |(path, rest)| (path, Some(rest)));
    let (group, name) = path.trim().rsplit_once('.').unwrap_or(("", path.trim()));
    let fits = !name.is_empty() && name.bytes().all(is_name_byte) && group.bytes().all(|byte| byte == b'.' || is_name_byte(byte));
    fits.then(|| Header {
        group: group.to_owned(),
        name: name.to_ascii_uppercase(),
        params: rest.map(|rest| params(rest, version)).unwrap_or_default(),
    })
}

/// Whether a property or parameter name may hold `byte`: more than RFC 6350 has, since programs write `X-messaging/aim` and the like.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b":;,.\"=^".contains(&byte)
}

fn params(text: &str, version: CardVersion) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    let mut bare_before = false;
    let mut rest = Some(text);
    while let Some(text) = rest {
        let stop = text.find(['=', ';']).unwrap_or(text.len());
        let (head, tail) = (text[..stop].trim(), &text[stop..]);
        if let Some(tail) = tail.strip_prefix('=') {
            let (values, after) = values(tail, version);
            let name = if head.is_empty() { "TYPE".to_owned() } else { head.to_ascii_uppercase() };
            params.push(Param { name, values });
            bare_before = false;
            rest = after;
        } else {
            if !head.is_empty() {
                bare_before = push_bare(&mut params, head, bare_before);
            }
            rest = tail.strip_prefix(';');
        }
    }
    params
}

/// A parameter without name (`TEL;WORK;FAX`, vCard 2.1); returns whether it went into a `TYPE` that the next one may join.
fn push_bare(params: &mut Vec<Param>, value: &str, joins: bool) -> bool {
    let name = match value.to_ascii_uppercase().as_str() {
        "QUOTED-PRINTABLE" | "BASE64" | "7BIT" | "8BIT" => "ENCODING",
        "INLINE" | "CONTENT-ID" | "CID" | "URL" => "VALUE",
        "UTF-8" => "CHARSET",
        _ => "TYPE",
    };
    match params.last_mut() {
        Some(last) if joins && name == "TYPE" => last.values.push(value.to_owned()),
        _ => params.push(Param { name: name.to_owned(), values: vec![value.to_owned()] }),
    }
    name == "TYPE"
}

/// The values of one parameter, and what follows behind the next semicolon.
fn values(text: &str, version: CardVersion) -> (Vec<String>, Option<&str>) {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, after) = match quoted(rest) {
            Some((value, after)) => (value, after),
            None => {
                let stop = rest.find([',', ';']).unwrap_or(rest.len());
                (rest[..stop].trim(), &rest[stop..])
            }
        };
        values.push(if version == CardVersion::V21 { value.to_owned() } else { decode_carets(value) });
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (values, after.strip_prefix(';')),
        }
    }
}

/// The value in quotes that `text` starts with, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (value, after) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    let after = after.trim_start();
    (after.is_empty() || after.starts_with([',', ';'])).then_some((value, after))
}

/// Decodes `^n`, `^^` and `^'` (RFC 6868).
fn decode_carets(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('^') {
        text.push_str(before);
        let (plain, skip) = match after.bytes().next() {
            Some(b'n') => ('\n', 1),
            Some(b'^') => ('^', 1),
            Some(b'\'') => ('"', 1),
            _ => ('^', 0),
        };
        text.push(plain);
        rest = &after[skip..];
    }
    text.push_str(rest);
    text
}

/// Writes the parameters, each with its semicolon before it.
pub(super) fn write_params(out: &mut String, params: &[Param]) {
    for param in params {
        out.push(';');
        out.push_str(&param.name);
        out.push('=');
        for (index, value) in param.values.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_value(out, value);
        }
    }
}

fn write_value(out: &mut String, value: &str) {
    let quote = value.contains([':', ';', ',']) || value.trim().len() != value.len();
    if quote {
        out.push('"');
    }
    for char in value.chars() {
        match char {
            '\n' => out.push_str("^n"),
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            _ => out.push(char),
        }
    }
    if quote {
        out.push('"');
    }
}
