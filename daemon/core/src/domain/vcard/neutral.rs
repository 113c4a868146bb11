//! The neutral form of a property: one spelling for everything that the versions of vCard spell differently.

use interoffice_protocol::record::{Param, Property};

use super::CardVersion;
use super::content::{Coding, coding};
use super::fields::field_of;
use super::header::is_name_byte;
use super::media::{is_medium, to_data_uri};
use super::value::respell;

/// `property` in neutral form, with the field that its name belongs to. Applying it again changes nothing.
///
/// Use it for every property that did not come out of [`super::parse_file`], such as one that a person typed.
pub fn neutral(property: &Property) -> Property {
    neutral_of(property.clone(), CardVersion::V4)
}

/// The same for a property read from a card of `version`, its transfer encoding and character set already undone, except base64.
pub(super) fn neutral_of(property: Property, version: CardVersion) -> Property {
    let name = property_name(&property.name);
    let group = tidy_name(&property.group, |byte| byte == b'.' || is_name_byte(byte));
    let base64 = coding(&property.params) == Coding::Base64;
    let mut params = params(property.params, base64);
    let mut value = property.value;
    if base64 {
        value.retain(|char| !char.is_ascii_whitespace());
        if let Some(uri) = to_data_uri(&name, &params, &value) {
            params.retain(|param| !says_base64(param));
            value = uri;
        }
    }
    let field = field_of(&name, &params);
    if !(base64 && is_medium(&name)) {
        value = respell(&name, field, &value, version);
    }
    Property { field, name, group, params, value }
}

/// What only a base64 value needs: once it is a `data:` URI, nothing of this is true any more.
fn says_base64(param: &Param) -> bool {
    let is_value = |words: &[&str]| param.values.iter().all(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)));
    match param.name.as_str() {
        "ENCODING" | "CHARSET" => true,
        "VALUE" => is_value(&["binary", "inline"]),
        _ => false,
    }
}

fn property_name(name: &str) -> String {
    let name = tidy_name(name, is_name_byte).to_ascii_uppercase();
    match name.as_str() {
        "" => "X-UNNAMED".to_owned(),
        "BEGIN" | "END" | "VERSION" => format!("X-{name}"),
        _ => name,
    }
}

fn tidy_name(name: &str, fits: impl Fn(u8) -> bool) -> String {
    name.chars().map(|char| if u8::try_from(char).is_ok_and(&fits) { char } else { '-' }).collect()
}

fn params(params: Vec<Param>, base64: bool) -> Vec<Param> {
    let mut out: Vec<Param> = Vec::with_capacity(params.len());
    let mut encoded = false;
    for param in params {
        let name = tidy_name(&param.name, |byte| byte == b'.' || is_name_byte(byte)).to_ascii_uppercase();
        match name.as_str() {
            "ENCODING" if !base64 || encoded => {}
            "ENCODING" => {
                encoded = true;
                out.push(Param { name, values: vec!["b".to_owned()] });
            }
            "CHARSET" if !base64 => {}
            "" => out.push(Param { name: "X-UNNAMED".to_owned(), values: param_values(param.values) }),
            // RFC 6350 itself writes TYPE="work,voice" and means two types.
            "TYPE" => {
                let values = param_values(param.values);
                out.push(Param {
                    name,
                    values: values.iter().flat_map(|value| value.split(',')).map(|value| value.trim().to_owned()).collect(),
                });
            }
            _ => out.push(Param { name, values: param_values(param.values) }),
        }
    }
    out
}

fn param_values(values: Vec<String>) -> Vec<String> {
    if values.is_empty() {
        return vec![String::new()];
    }
    let one_line = |value: String| if value.contains('\r') { value.replace("\r\n", "\n").replace('\r', "\n") } else { value };
    values.into_iter().map(one_line).collect()
}
