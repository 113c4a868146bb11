//! Transfer encodings and character sets of old cards.

use encoding_rs::{Encoding, WINDOWS_1252};

/// The text in `bytes`: UTF-8, and windows-1252 for the bytes that are none, which is what old programs wrote without saying so.
pub(super) fn lenient_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

/// The text in `bytes` under the name that a `CHARSET` parameter gave; `None` when nobody knows that name and it matters.
pub(super) fn text_in(bytes: &[u8], charset: &str) -> Option<String> {
    let label = charset.trim().trim_matches('"').replace('_', "-");
    let encoding = if label.is_empty() { Some(encoding_rs::UTF_8) } else { Encoding::for_label_no_replacement(label.as_bytes()) };
    match encoding {
        Some(encoding) if encoding == encoding_rs::UTF_8 => Some(lenient_text(bytes)),
        // A wide label on single bytes is left over from a file that was converted as a whole.
        Some(encoding) if !encoding.is_ascii_compatible() && encoding != encoding_rs::ISO_2022_JP => Some(lenient_text(bytes)),
        Some(encoding) => Some(encoding.decode_without_bom_handling(bytes).0.into_owned()),
        None => bytes.iter().all(|byte| is_same_everywhere(*byte)).then(|| lenient_text(bytes)),
    }
}

/// Bytes that mean the same in every character set a card was ever written in; `+`, `~` and escapes switch sets in some.
fn is_same_everywhere(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n') || ((b' '..=b'}').contains(&byte) && byte != b'+')
}

/// Decodes quoted-printable (RFC 2045, section 6.7) after soft line breaks were removed; an `=` that encodes nothing stays.
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'=', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}
