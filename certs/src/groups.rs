//! 32 bytes as text that people read aloud and type: 13 groups of four base32 characters and a check character.
//!
//! The check character is a weighted sum over GF(32) with a different weight for each place, so one wrong character and two
//! swapped ones always show, and the group they stand in is known. A constant for the kind of text and the group's number is
//! added, so that swapped groups and a text of another kind show as well.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const GROUPS: usize = 13;
const GROUP_CHARS: usize = 5;
const DATA_CHARS: usize = GROUP_CHARS - 1;
const CHARS: usize = GROUPS * GROUP_CHARS;

/// What the 32 bytes are; each has check characters of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeKind {
    Office,
    Recovery,
}

impl CodeKind {
    fn noun(self) -> &'static str {
        match self {
            Self::Office => "office code",
            Self::Recovery => "recovery key",
        }
    }

    /// What the sum over the group with this number (from 0) must be: another value for every kind and group.
    fn target(self, group: usize) -> u8 {
        let first = match self {
            Self::Office => 1,
            Self::Recovery => 1 + GROUPS,
        };
        (first + group) as u8
    }
}

const _: () = assert!(2 * GROUPS < 32, "every kind and group needs a target of its own");

/// Why a text in groups was not accepted; groups count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Too short or too long.
    #[error("the {what} has {found} characters where {CHARS} are needed: copy it again, whole")]
    Length {
        /// What the text should be.
        what: &'static str,
        /// Characters found, dashes and spaces not counted.
        found: usize,
    },
    /// One group is too short or too long.
    #[error("group {group} of the {what} has {found} characters where {GROUP_CHARS} are needed: compare it with the original")]
    GroupLength {
        /// What the text should be.
        what: &'static str,
        /// The group.
        group: usize,
        /// Characters found.
        found: usize,
    },
    /// A character that never occurs.
    #[error("group {group} of the {what} has the character {character:?}, which never occurs in one: compare it with the original")]
    Character {
        /// What the text should be.
        what: &'static str,
        /// The group.
        group: usize,
        /// The character.
        character: char,
    },
    /// The check character does not fit.
    #[error("group {group} of the {what} is mistyped, or this is not one: compare it with the original")]
    Check {
        /// What the text should be.
        what: &'static str,
        /// The group.
        group: usize,
    },
}

/// The groups of `bytes`, joined by dashes: 77 characters.
pub(crate) fn show(kind: CodeKind, bytes: &[u8; 32]) -> String {
    let plain = Zeroizing::new(BASE32_NOPAD.encode(bytes));
    let mut text = String::with_capacity(CHARS + GROUPS - 1);
    for (index, data) in plain.as_bytes().chunks(DATA_CHARS).enumerate() {
        if index > 0 {
            text.push('-');
        }
        text.extend(data.iter().copied().map(char::from));
        let sum = data.iter().fold(0, |sum, byte| times_alpha(sum ^ value(*byte).unwrap_or(0)));
        text.push(char::from(ALPHABET[usize::from(sum ^ kind.target(index))]));
    }
    text
}

/// The bytes that `text` shows. Case, spaces and dashes do not matter; 0, 8 and 1 are read as O, B and I or L.
pub(crate) fn parse(kind: CodeKind, text: &str) -> Result<Zeroizing<[u8; 32]>, BadCode> {
    let what = kind.noun();
    let chars = Zeroizing::new(typed_chars(what, text)?);
    let mut plain = Zeroizing::new(Vec::with_capacity(GROUPS * DATA_CHARS));
    for (index, group) in chars.chunks(GROUP_CHARS).enumerate() {
        let group = read_group(kind, index, group)?;
        plain.extend(group[..DATA_CHARS].iter().map(|value| ALPHABET[usize::from(*value)]));
    }
    let mut bytes = Zeroizing::new([0; 32]);
    // The last character carries four bits that are always zero: a text where they are not is none of ours.
    match BASE32_NOPAD.decode_mut(&plain, bytes.as_mut()) {
        Ok(32) => Ok(bytes),
        _ => Err(BadCode::Check { what, group: GROUPS }),
    }
}

/// The characters of the 13 groups, without what separates them.
fn typed_chars(what: &'static str, text: &str) -> Result<Vec<char>, BadCode> {
    let parts = || text.split(is_separator).filter(|part| !part.is_empty());
    let found = parts().map(|part| part.chars().count()).sum();
    if found == CHARS {
        return Ok(parts().flat_map(str::chars).collect());
    }
    if parts().count() == GROUPS {
        let lengths = parts().map(|part| part.chars().count()).enumerate();
        if let Some((index, found)) = lengths.into_iter().find(|(_, found)| *found != GROUP_CHARS) {
            return Err(BadCode::GroupLength { what, group: index + 1, found });
        }
    }
    Err(BadCode::Length { what, found })
}

fn is_separator(character: char) -> bool {
    // Word processors turn a plain dash into longer ones.
    character.is_whitespace() || matches!(character, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{ad}' | '\u{200b}')
}

/// The values of one group's characters, if the check fits.
fn read_group(kind: CodeKind, index: usize, typed: &[char]) -> Result<[u8; GROUP_CHARS], BadCode> {
    let (what, group) = (kind.noun(), index + 1);
    let mut values = [0; GROUP_CHARS];
    let mut ones = Vec::new();
    for (place, &character) in typed.iter().enumerate() {
        values[place] = match character {
            '0' => LETTER_O,
            '8' => LETTER_B,
            '1' => {
                ones.push(place);
                LETTER_I
            }
            _ => u8::try_from(character).ok().and_then(value).ok_or(BadCode::Character { what, group, character })?,
        };
    }
    // A 1 may stand for I or L. The weights are linearly independent over GF(2), so at most one reading fits.
    for reading in 0..1u8 << ones.len() {
        for (bit, place) in ones.iter().enumerate() {
            values[*place] = if reading >> bit & 1 == 0 { LETTER_I } else { LETTER_L };
        }
        let sum = values[..DATA_CHARS].iter().fold(0, |sum, value| times_alpha(sum ^ value));
        if sum ^ values[DATA_CHARS] == kind.target(index) {
            return Ok(values);
        }
    }
    Err(BadCode::Check { what, group })
}

const LETTER_B: u8 = 1;
const LETTER_I: u8 = 8;
const LETTER_L: u8 = 11;
const LETTER_O: u8 = 14;

/// The value of a base32 character of either case.
fn value(byte: u8) -> Option<u8> {
    match byte.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(letter - b'A'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// Multiplies by the generator of GF(32), modulo x^5 + x^2 + 1.
fn times_alpha(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 0x20 == 0 { doubled } else { doubled ^ 0x25 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shown_code_is_read_back(bytes: [u8; 32]) {
            for kind in [CodeKind::Office, CodeKind::Recovery] {
                prop_assert_eq!(*parse(kind, &show(kind, &bytes)).unwrap(), bytes);
            }
        }

        #[test]
        fn one_wrong_character_is_found_in_its_group(bytes: [u8; 32], place in 0..CHARS, other in any::<char>()) {
            let text = show(CodeKind::Office, &bytes);
            let place = place + place / GROUP_CHARS;
            let mut chars: Vec<char> = text.chars().collect();
            prop_assume!(!is_separator(other));
            chars[place] = other;
            match parse(CodeKind::Office, &chars.iter().collect::<String>()) {
                Ok(read) => prop_assert_eq!(*read, bytes),
                Err(BadCode::Character { group, .. } | BadCode::Check { group, .. }) => {
                    prop_assert_eq!(group, place / (GROUP_CHARS + 1) + 1);
                }
                Err(fault) => prop_assert!(false, "{}", fault),
            }
        }

        #[test]
        fn any_two_swapped_characters_are_found(bytes: [u8; 32], one in 0..CHARS, two in 0..CHARS) {
            let mut chars: Vec<char> = show(CodeKind::Office, &bytes).chars().filter(|character| *character != '-').collect();
            prop_assume!(chars[one] != chars[two]);
            chars.swap(one, two);
            prop_assert!(parse(CodeKind::Office, &chars.iter().collect::<String>()).is_err());
        }

        #[test]
        fn swapped_groups_are_found(bytes: [u8; 32], one in 0..GROUPS, two in 0..GROUPS) {
            let text = show(CodeKind::Office, &bytes);
            let mut groups: Vec<&str> = text.split('-').collect();
            prop_assume!(one != two);
            groups.swap(one, two);
            prop_assert!(parse(CodeKind::Office, &groups.join("-")).is_err());
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(CodeKind::Office, &text);
        }

        #[test]
        fn confusable_digits_are_read_as_letters(bytes: [u8; 32]) {
            let text = show(CodeKind::Office, &bytes);
            let typed: String = text.chars().map(|character| match character {
                'O' => '0',
                'B' => '8',
                'I' | 'L' => '1',
                '-' => '\u{2013}',
                other => other.to_ascii_lowercase(),
            }).collect();
            prop_assert_eq!(*parse(CodeKind::Office, &typed).unwrap(), bytes);
        }
    }

    #[test]
    fn every_wrong_character_in_one_code_is_found() {
        let bytes = *b"sixteen and sixteen are 32 bytes";
        let chars: Vec<char> = show(CodeKind::Recovery, &bytes).chars().filter(|character| *character != '-').collect();
        for place in 0..CHARS {
            for other in ALPHABET.iter().copied().map(char::from).filter(|other| *other != chars[place]) {
                let mut wrong = chars.clone();
                wrong[place] = other;
                let wrong: String = wrong.iter().collect();
                let group = place / GROUP_CHARS + 1;
                assert_eq!(parse(CodeKind::Recovery, &wrong), Err(BadCode::Check { what: "recovery key", group }));
            }
        }
    }

    #[test]
    fn a_code_of_another_kind_is_found() {
        let text = show(CodeKind::Recovery, &[7; 32]);
        assert_eq!(parse(CodeKind::Office, &text), Err(BadCode::Check { what: "office code", group: 1 }));
    }

    #[test]
    fn a_short_group_is_named() {
        let text = show(CodeKind::Office, &[7; 32]);
        let mut groups: Vec<&str> = text.split('-').collect();
        groups[4] = &groups[4][..4];
        let fault = parse(CodeKind::Office, &groups.join("-")).expect_err("a group is short");
        assert_eq!(fault, BadCode::GroupLength { what: "office code", group: 5, found: 4 });
        assert_eq!(parse(CodeKind::Office, "ABC"), Err(BadCode::Length { what: "office code", found: 3 }));
    }
}
