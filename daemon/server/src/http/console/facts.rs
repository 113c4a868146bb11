//! What a card says, as people write it: without the marks of vCard, days as days, addresses of web pages as links where they are no more
//! than that. Whatever others wrote stays text.

use std::collections::BTreeMap;

use interoffice_core::domain::vcard::unescape;
use jiff::civil::Date;

use super::client::Property;
use super::shown::{capital, grouped};

/// What a record says in one line of the page: a word, and what stands there.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
    /// Whether the value is the address of a web page that a browser may be led to.
    pub(super) link: bool,
}

/// Properties that say something about the card and nothing about the person, or that stand elsewhere on the page.
const ABOUT_THE_CARD: [&str; 10] = ["FN", "N", "KIND", "UID", "REV", "PRODID", "VERSION", "X-ABADR", "X-MS-OL-DESIGN", LABEL];
/// The name that somebody gave to the properties of a group.
const LABEL: &str = "X-ABLABEL";
/// A year that says that there is none.
const NO_YEAR: &str = "X-APPLE-OMIT-YEAR";
/// Signs of an address that could be taken for something else where it is shown.
const NO_LINK: [char; 8] = ['"', '<', '>', '\\', '`', '{', '}', '|'];

/// What the fields of a record say, what is needed most first.
pub(super) fn facts(fields: &BTreeMap<String, Vec<Property>>) -> Vec<Fact> {
    let order = ["emails", "phones", "addresses", "organizations", "titles", "anniversaries"];
    let rank = |field: &str| order.iter().position(|name| *name == field).unwrap_or(order.len());
    let mut ranked: Vec<(&String, &Vec<Property>)> = fields.iter().collect();
    ranked.sort_by_key(|(field, _)| rank(field));
    let properties = ranked.into_iter().flat_map(|(_, properties)| properties);
    let said = properties.filter(|property| !ABOUT_THE_CARD.contains(&property.name.as_str()));
    let facts = said.map(|property| {
        let value = value(property);
        let of_pages = matches!(property.name.as_str(), "URL" | "FBURL" | "CALURI" | "SOCIALPROFILE" | "CONTACT-URI");
        let named = fields.values().flatten().find(|other| other.name == LABEL && other.group == property.group);
        let named = named.filter(|_| !property.group.is_empty()).map(|label| unescape(&label.value));
        Fact { label: label(property, named.as_deref()), link: of_pages && is_link(&value), value }
    });
    facts.filter(|fact| !fact.value.is_empty()).collect()
}

fn label(property: &Property, named: Option<&str>) -> String {
    let word = match property.name.as_str() {
        "EMAIL" => "E-mail",
        "TEL" => "Phone",
        "ADR" => "Address",
        "LABEL" => "Address as written",
        "BDAY" => "Birthday",
        "X-MS-ANNIVERSARY" | "X-ANNIVERSARY" => "Anniversary",
        "ORG" => "Organisation",
        "URL" => "Web page",
        "LANG" => "Language",
        "IMPP" => "Messages",
        "PHOTO" => "Picture",
        "TZ" => "Time zone",
        "GEO" => "Place on the map",
        "FBURL" => "Calendar of free times",
        "X-ABDATE" => "Date",
        "X-ABRELATEDNAMES" => "Related",
        other => &spoken(other),
    };
    // Programs write the names that they have themselves between signs.
    let named = named.map(|label| label.trim_start_matches("_$!<").trim_end_matches(">!$_")).filter(|label| !label.is_empty());
    let named = named.map(|label| format!(" ({label})")).unwrap_or_default();
    format!("{word}{}{named}", property.type_words())
}

/// The name of a property that nobody has a word for: `X-PHONETIC-LAST-NAME` as *Phonetic last name*.
fn spoken(name: &str) -> String {
    let plain = name.strip_prefix("X-").unwrap_or(name);
    let plain = plain.strip_prefix("MS-").unwrap_or(plain);
    capital(&plain.to_lowercase().replace('-', " "))
}

impl Property {
    /// Of which type it is, such as ` (work)`; empty when it does not say.
    pub(super) fn type_words(&self) -> String {
        let kinds: Vec<String> =
            self.values_of("TYPE").map(str::to_lowercase).filter(|kind| kind != "internet" && kind != "pref").collect();
        if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) }
    }

    /// Whether the value is an address, in which nothing is escaped.
    pub(super) fn is_uri(&self) -> bool {
        self.values_of("VALUE").any(|value| value.eq_ignore_ascii_case("uri"))
    }

    fn values_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |param| param.name.eq_ignore_ascii_case(name)).flat_map(|param| &param.values).map(String::as_str)
    }
}

/// The parts of a value as they are written, between separators that are not escaped.
pub(super) fn parts(value: &str, separator: char) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for letter in value.chars() {
        if letter == separator && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    parts
}

/// The parts of a value in a row, without those that are empty.
fn row(value: &str, separator: char) -> String {
    let parts = parts(value, separator);
    let said: Vec<String> =
        parts.iter().map(|part| unescape(part).trim().trim_end_matches(',').to_owned()).filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

/// The text behind a scheme, such as the number behind `tel:`.
fn without<'a>(scheme: &str, text: &'a str) -> &'a str {
    let begins = text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    if begins { &text[scheme.len()..] } else { text }
}

/// A value as people write it.
fn value(property: &Property) -> String {
    if let Some(file) = file(&property.value) {
        return file;
    }
    let plain = if property.is_uri() { property.value.clone() } else { unescape(&property.value) };
    match property.name.as_str() {
        "ADR" | "ORG" => row(&property.value, ';'),
        "CATEGORIES" | "NICKNAME" => row(&property.value, ','),
        "BDAY" | "ANNIVERSARY" | "DEATHDATE" | "X-MS-ANNIVERSARY" | "X-ANNIVERSARY" | "X-ABDATE" => day(property).unwrap_or(plain),
        "TEL" => without("tel:", &plain).replace(";ext=", " ext. "),
        "EMAIL" => without("mailto:", &plain).to_owned(),
        "GEO" => without("geo:", &plain).to_owned(),
        "GENDER" => gender(&property.value),
        _ => plain,
    }
}

/// A picture or another file inside a card: of which kind it is, and how big.
fn file(value: &str) -> Option<String> {
    let (kind, base64) = value.strip_prefix("data:")?.split_once(";base64,")?;
    Some(format!("{kind}, {} kB", grouped((base64.len() as u64 * 3 / 4).div_ceil(1_000))))
}

fn gender(value: &str) -> String {
    let (sex, words) = value.split_once(';').unwrap_or((value, ""));
    if !words.trim().is_empty() {
        return unescape(words);
    }
    match sex {
        "M" => "Male".to_owned(),
        "F" => "Female".to_owned(),
        "O" => "Other".to_owned(),
        "N" => "None, or not applicable".to_owned(),
        "U" => "Unknown".to_owned(),
        other => unescape(other),
    }
}

/// A day, with or without a year, and the time when there is one; `None` for what is no day.
fn day(property: &Property) -> Option<String> {
    let (date, time) = property.value.split_once('T').unwrap_or((&property.value, ""));
    let (year, rest) = match date.strip_prefix("--") {
        Some(rest) => (None, rest),
        None => (Some(date.get(..4)?), date.get(4..)?),
    };
    let rest = rest.replace('-', "");
    let (month, day) = rest.split_at_checked(2).filter(|_| rest.len() == 4)?;
    let known = year.filter(|year| property.values_of(NO_YEAR).all(|none| none != *year));
    // A year that is not known may have had a 29 February.
    let date = Date::new(known.unwrap_or("2000").parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let said = date.strftime(if known.is_some() { "%-d %B %Y" } else { "%-d %B" }).to_string();
    let digits: String = time.chars().filter(|letter| *letter != ':').take_while(char::is_ascii_digit).collect();
    Some(match digits.split_at_checked(2) {
        Some((hour, rest)) if rest.len() >= 2 && digits.contains(|digit| digit != '0') => format!("{said}, {hour}:{}", &rest[..2]),
        _ => said,
    })
}

/// Whether a browser may be led there: to a web page, at an address that says where it leads.
fn is_link(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '[')
        // What stands before an @ looks like the host, and is not.
        && !host.contains('@')
        && rest.chars().all(|letter| letter.is_ascii_graphic() && !NO_LINK.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::super::client::Param;
    use super::*;

    fn property(name: &str, value: &str) -> Property {
        Property { name: name.to_owned(), value: value.to_owned(), ..Property::default() }
    }

    fn with(mut property: Property, name: &str, value: &str) -> Property {
        property.params.push(Param { name: name.to_owned(), values: vec![value.to_owned()] });
        property
    }

    fn said(name: &str, text: &str) -> String {
        value(&property(name, text))
    }

    #[test]
    fn what_a_card_says_is_written_as_people_write_it() {
        assert_eq!(said("ADR", ";Rear\\; left;Hafenstr. 3;Kiel;;24103;DE"), "Rear; left, Hafenstr. 3, Kiel, 24103, DE");
        assert_eq!(said("NOTE", "one\\ntwo\\, three"), "one\ntwo, three");
        assert_eq!(said("CATEGORIES", "client,old\\, dear,,VIP"), "client, old, dear, VIP");
        assert_eq!(value(&with(property("TEL", "tel:+1-415-555-0112"), "VALUE", "uri")), "+1-415-555-0112");
        assert_eq!(said("TEL", "TEL:+1-418-656-9254;ext=102"), "+1-418-656-9254 ext. 102");
        assert_eq!(said("EMAIL", "mailto:ann@archer.example"), "ann@archer.example");
        assert_eq!(said("GENDER", "M"), "Male");
        assert_eq!(said("GENDER", "O;neither"), "neither");
        assert_eq!(said("PHOTO", "data:image/jpeg;base64,AAAAAAAA"), "image/jpeg, 1 kB");
        assert_eq!(said("TEL", "ünü"), "ünü", "shorter than what is looked for");
    }

    #[test]
    fn a_day_is_written_as_a_day() {
        for (text, day) in [
            ("19700412", "12 April 1970"),
            ("1970-09-21", "21 September 1970"),
            ("--0229", "29 February"),
            ("--02-03", "3 February"),
            ("1980-03-22T00:00:00Z", "22 March 1980"),
            ("20090808T1430-0500", "8 August 2009, 14:30"),
        ] {
            assert_eq!(said("BDAY", text), day);
        }
        for text in ["ünüü", "about 1970", "1970", "19701399", "1970-02-30", "", "--", "0000000000", "1970ü1"] {
            assert_eq!(said("BDAY", text), text, "is no day");
        }
        assert_eq!(value(&with(property("BDAY", "1604-05-06"), NO_YEAR, "1604")), "6 May");
    }

    #[test]
    fn a_label_says_what_the_card_calls_it() {
        let phone = with(with(property("TEL", "1"), "TYPE", "CELL"), "TYPE", "pref");
        assert_eq!(label(&phone, None), "Phone (cell)");
        assert_eq!(label(&phone, Some("_$!<School>!$_")), "Phone (cell) (School)");
        assert_eq!(label(&property("X-PHONETIC-LAST-NAME", "Dow"), None), "Phonetic last name");
        assert_eq!(label(&property("X-MS-SPOUSE", "Jenny"), None), "Spouse");
        let of = |group: &str, name: &str, value: &str| Property { group: group.to_owned(), ..property(name, value) };
        let other = vec![of("item1", "X-ABDATE", "1975-03-01"), of("item1", LABEL, "_$!<Anniversary>!$_"), of("", LABEL, "stray")];
        let found = facts(&BTreeMap::from([("other".to_owned(), other), ("emails".to_owned(), vec![property("EMAIL", "a@b.example")])]));
        let lines: Vec<String> = found.iter().map(|fact| format!("{}: {}", fact.label, fact.value)).collect();
        assert_eq!(lines, ["E-mail: a@b.example", "Date (Anniversary): 1 March 1975"]);
    }

    #[test]
    fn an_address_is_a_link_only_when_it_is_one_of_a_web_page() {
        for address in ["https://www.example.com/a?b=c#d", "HTTP://example.com", "http://[::1]:80/", "https://example.com/@ann"] {
            assert!(is_link(address), "{address}");
        }
        for text in [
            "javascript:alert(1)",
            "//evil.example",
            "https:///evil.example",
            "https://bank.example@evil.example/",
            "https://a.example/\" onmouseover=\"x",
            "https://a.example/<script>",
            "https://a.example\\@b.example",
            "https://a.example/\nb",
            "https://exаmple.com/",
            "data:text/html,x",
            "mailto:a@b.example",
            "",
        ] {
            assert!(!is_link(text), "{text}");
        }
    }
}
