//! Pictures, sounds and keys: base64 of old cards becomes a `data:` URI (RFC 6350, section 5.7), and back for vCard 3.0.

use interoffice_protocol::record::Param;

use super::fields::types;

const UNKNOWN: &str = "application/octet-stream";

/// `TYPE` words of vCard 2.1 and 3.0 and the media types they stand for; of two words for one type, the first is written.
const MEDIA_TYPES: &[(&str, &str, &str)] = &[
    ("image", "JPEG", "image/jpeg"),
    ("image", "JPG", "image/jpeg"),
    ("image", "PNG", "image/png"),
    ("image", "GIF", "image/gif"),
    ("image", "BMP", "image/bmp"),
    ("image", "TIFF", "image/tiff"),
    ("image", "WEBP", "image/webp"),
    ("image", "HEIC", "image/heic"),
    ("image", "SVG", "image/svg+xml"),
    ("audio", "BASIC", "audio/basic"),
    ("audio", "WAVE", "audio/wav"),
    ("audio", "WAV", "audio/wav"),
    ("audio", "MP3", "audio/mpeg"),
    ("audio", "MPEG", "audio/mpeg"),
    ("audio", "AAC", "audio/aac"),
    ("audio", "OGG", "audio/ogg"),
    ("key", "X509", "application/pkix-cert"),
    ("key", "PGP", "application/pgp-keys"),
];

/// First letters of base64 by which a picture is known when nothing else names it.
const BEGINNINGS: &[(&str, &str)] =
    &[("/9j/", "image/jpeg"), ("iVBOR", "image/png"), ("R0lGOD", "image/gif"), ("Qk", "image/bmp"), ("UklGR", "image/webp")];

/// Whether the property holds a medium, which vCard 4 writes as a URI.
pub(super) fn is_medium(name: &str) -> bool {
    family(name).is_some()
}

fn family(name: &str) -> Option<&'static str> {
    match name {
        "PHOTO" | "LOGO" => Some("image"),
        "SOUND" => Some("audio"),
        "KEY" => Some("key"),
        _ => None,
    }
}

/// The `data:` URI of `base64` (no white space in it), or `None` when it is no base64 or no medium.
pub(super) fn to_data_uri(name: &str, params: &[Param], base64: &str) -> Option<String> {
    let family = family(name)?;
    is_base64(base64).then(|| format!("data:{};base64,{base64}", media_type(family, params, base64)))
}

/// Takes apart a `data:` URI: its media type and its base64. `None` when it is written in any way but that of [`to_data_uri`].
pub(super) fn of_data_uri(value: &str) -> Option<(&str, &str)> {
    let (media_type, base64) = value.strip_prefix("data:")?.split_once(";base64,")?;
    let plain = !media_type.is_empty()
        && media_type.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/+.-".contains(&byte));
    (plain && is_base64(base64)).then_some((media_type, base64))
}

/// The value for `TYPE` by which vCard 3.0 names this media type.
pub(super) fn type_word(name: &str, media_type: &str) -> String {
    let family = family(name);
    let known = MEDIA_TYPES.iter().find(|(of, _, known)| Some(*of) == family && *known == media_type);
    known.map_or_else(|| media_type.to_owned(), |(_, word, _)| (*word).to_owned())
}

fn media_type(family: &str, params: &[Param], base64: &str) -> String {
    let named = params.iter().filter(|param| param.name == "MEDIATYPE").flat_map(|param| &param.values).map(String::as_str);
    for word in named.chain(types(params)) {
        if let Some((_, _, known)) = MEDIA_TYPES.iter().find(|(of, known, _)| *of == family && known.eq_ignore_ascii_case(word)) {
            return (*known).to_owned();
        }
        if word.contains('/') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+.-".contains(&byte)) {
            return word.to_ascii_lowercase();
        }
    }
    let seen = BEGINNINGS.iter().find(|(beginning, _)| base64.starts_with(beginning));
    seen.filter(|_| family == "image").map_or(UNKNOWN, |(_, known)| known).to_owned()
}

/// Only the letters are checked: programs leave out the padding, or cut the value short, and a picture viewer takes what there is.
fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    text.len() - letters.len() <= 2
        && !letters.is_empty()
        && letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
