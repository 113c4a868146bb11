//! What a record can be found by, as text that is folded once when it is written and once when it is looked for.

use interoffice_protocol::record::{FieldName, Record};

use super::fold::fold;
use super::refusal::Refusal;

/// Most words of one search that count; the rest is ignored.
pub const WORDS_MAX: usize = 8;

/// Fewest letters of a word that is looked for.
pub const LETTERS_MIN: usize = 2;

/// The words to look for in `text`, folded. A word of one letter stands almost everywhere and is passed over.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded.split_whitespace().filter(|word| word.chars().nth(LETTERS_MIN - 1).is_some()).take(WORDS_MAX).map(str::to_owned).collect()
}

/// Refuses a text that says something and leaves no word to look for.
pub fn check(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() || !words(text).is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid("short-search", "a search needs a word of two letters or more", "write more of the word"))
}

/// What a record can be found by: its name, nicknames, organisations, e-mail addresses, and telephone numbers as written and
/// as bare digits; folded, one a line.
pub fn search_text(record: &Record) -> String {
    let mut text = fold(&record.display_name);
    for property in &record.properties {
        let found = matches!(
            property.field,
            FieldName::Name | FieldName::Nicknames | FieldName::Organizations | FieldName::Emails | FieldName::Phones
        );
        if !found || property.name == "SOUND" {
            continue;
        }
        add_line(&mut text, &fold(&property.value));
        if property.field == FieldName::Phones {
            add_line(&mut text, &property.value.chars().filter(char::is_ascii_digit).collect::<String>());
        }
    }
    text
}

fn add_line(text: &mut String, line: &str) {
    if !text.contains(line) {
        text.push('\n');
        text.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use interoffice_protocol::record::{Property, RecordKind};

    use super::*;

    fn property(field: FieldName, name: &str, value: &str) -> Property {
        Property { field, name: name.to_owned(), group: String::new(), params: Vec::new(), value: value.to_owned() }
    }

    #[test]
    fn a_record_is_found_by_its_bare_telephone_number_but_not_by_its_notes() {
        let record = Record {
            kind: RecordKind::Contact,
            display_name: "Zoë Quast".to_owned(),
            properties: vec![
                property(FieldName::Name, "FN", "Zoë Quast"),
                property(FieldName::Phones, "TEL", "+1 (555) 0100"),
                property(FieldName::Emails, "EMAIL", "Zoe@Example.com"),
                property(FieldName::Notes, "NOTE", "secret"),
            ],
            members: Vec::new(),
            related: Vec::new(),
        };
        assert_eq!(search_text(&record), "zoe quast\n+1 (555) 0100\n15550100\nzoe@example.com");
        assert_eq!(words("  Zoë   QUAST "), ["zoe", "quast"]);
    }

    #[test]
    fn a_word_of_one_letter_is_passed_over_and_refused_by_itself() {
        assert_eq!(words("Q Zoë é"), ["zoe"]);
        for text in ["", "  ", "zo", "q zo", "ß"] {
            assert!(check(text).is_ok(), "{text:?}: folded it has two letters, or it is nothing");
        }
        for text in ["z", " é ", "a b c"] {
            assert_eq!(check(text).map_err(|refusal| refusal.code), Err("short-search"));
        }
    }
}
