//! Values as text: which characters are escaped in the neutral form, and how to read and write them.

use interoffice_protocol::record::FieldName;

use super::CardVersion;

/// How the value of a property is spelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spelling {
    /// Unknown to us: kept as it is.
    AsIs,
    /// Text; commas may separate values.
    Text { escape_commas: bool },
    /// An address of some scheme, in which escapes have no place.
    Uri,
}

/// `value` of the property `name` with vCard 4 escapes, read from a card of `version`. Applying it again changes nothing.
pub(super) fn respell(name: &str, field: FieldName, value: &str, version: CardVersion) -> String {
    match spelling(name, field, value, version) {
        Spelling::AsIs => escape_line_ends(value),
        Spelling::Text { escape_commas } => respell_text(value, escape_commas),
        Spelling::Uri => respell_uri(value),
    }
}

fn spelling(name: &str, field: FieldName, value: &str, version: CardVersion) -> Spelling {
    match name {
        _ if field == FieldName::Other => Spelling::AsIs,
        "AGENT" | "GEO" | "XML" => Spelling::AsIs,
        // One text each, or parts between semicolons: a comma separates nothing in them.
        "FN" | "NOTE" | "TITLE" | "ROLE" | "LABEL" | "ORG" => Spelling::Text { escape_commas: true },
        // Lists of texts came with 3.0.
        "N" | "ADR" => Spelling::Text { escape_commas: version == CardVersion::V21 },
        "TEL" | "EMAIL" => Spelling::Text { escape_commas: false },
        _ if is_uri(value) => Spelling::Uri,
        _ => Spelling::Text { escape_commas: false },
    }
}

/// Whether `value` begins with a scheme; its colon may be escaped, as some programs do.
pub(super) fn is_uri(value: &str) -> bool {
    let Some((scheme, _)) = value.split_once(':') else { return false };
    let scheme = scheme.strip_suffix('\\').unwrap_or(scheme);
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    scheme.len() > 1 && scheme.as_bytes()[0].is_ascii_alphabetic() && scheme.bytes().all(letters)
}

fn respell_text(value: &str, escape_commas: bool) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.peek().copied() {
                Some('n' | 'N') => {
                    out.push_str("\\n");
                    chars.next();
                }
                Some(escaped @ ('\\' | ',' | ';')) => {
                    out.push('\\');
                    out.push(escaped);
                    chars.next();
                }
                // Not to be escaped at all, but some programs do.
                Some(plain @ (':' | '"')) => {
                    out.push(plain);
                    chars.next();
                }
                _ => out.push_str("\\\\"),
            },
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\\n");
            }
            '\n' => out.push_str("\\n"),
            ',' if escape_commas => out.push_str("\\,"),
            _ => out.push(char),
        }
    }
    out
}

fn respell_uri(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek().copied()) {
            ('\\', Some(plain @ (':' | ',' | ';'))) => {
                out.push(plain);
                chars.next();
            }
            ('\\', Some('\\')) => {
                out.push_str("\\\\");
                chars.next();
            }
            _ => out.push(char),
        }
    }
    escape_line_ends(&out)
}

fn escape_line_ends(value: &str) -> String {
    if value.contains(['\r', '\n']) { value.replace("\r\n", "\\n").replace(['\r', '\n'], "\\n") } else { value.to_owned() }
}

/// Plain text as one value in neutral form.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' | ',' | ';' => {
                out.push('\\');
                out.push(char);
            }
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\\n");
            }
            '\n' => out.push_str("\\n"),
            _ => out.push(char),
        }
    }
    out
}

/// The plain text of a value in neutral form; separators that are not escaped stay.
pub fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(escaped @ ('\\' | ',' | ';' | ':' | '"')) => out.push(escaped),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// The components of a structured value (`N`, `ADR`, `ORG`) as plain texts; always at least one.
pub fn components(value: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, byte) in value.bytes().enumerate() {
        if byte == b';' && !escaped {
            parts.push(unescape(&value[start..at]));
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(unescape(&value[start..]));
    parts
}
