//! Records as people name them: by the whole id, or by enough of its beginning.

use interoffice_protocol::ids::RecordId;

use super::super::rights;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::{Fault, View, records};

/// Fewest letters by which a record may be named.
pub const ID_LETTERS_MIN: usize = 6;
/// Letters of a whole id.
const ID_LETTERS: usize = (RecordId::LEN * 8).div_ceil(LETTER_BITS);
const LETTER_BITS: usize = 5;

/// What a text names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// This record.
    Whole(RecordId),
    /// The one record whose id is in this range, ends included.
    Beginning(RecordId, RecordId),
}

impl Named {
    /// Reads an id or the beginning of one, in either letter case.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if let Ok(record) = text.parse() {
            return Ok(Self::Whole(record));
        }
        let bad = || {
            let shown: String = text.chars().filter(|character| !character.is_control()).take(64).collect();
            let remedy = format!("copy the id as the program printed it, or at least its first {ID_LETTERS_MIN} letters");
            Refusal::invalid("bad-record-id", format!("'{shown}' is no record id"), remedy)
        };
        if !(ID_LETTERS_MIN..ID_LETTERS).contains(&text.len()) {
            return Err(bad());
        }
        let mut begun = 0u128;
        for letter in text.bytes() {
            let value = match letter.to_ascii_lowercase() {
                letter @ b'a'..=b'z' => letter - b'a',
                digit @ b'2'..=b'7' => digit - b'2' + 26,
                _ => return Err(bad()),
            };
            begun = begun << LETTER_BITS | u128::from(value);
        }
        let open = RecordId::LEN * 8 - text.len() * LETTER_BITS;
        let from = begun << open;
        Ok(Self::Beginning(RecordId(from.to_be_bytes()), RecordId((from | ((1 << open) - 1)).to_be_bytes())))
    }
}

/// At most two of the office's own records that the actor may see and whose ids are in a range: two are as unclear as many.
pub fn own_in_range(view: &View<'_>, actor: &Actor, from: RecordId, to: RecordId) -> Result<Vec<RecordId>, Fault> {
    Ok(records::in_range(view, &rights::sight(view, actor)?, from, to, 2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_of_an_id_names_a_range_around_it() {
        for id in [RecordId([0; 16]), RecordId([255; 16]), RecordId(std::array::from_fn(|at| at as u8 * 17))] {
            let text = id.to_string();
            assert_eq!((text.len(), Named::parse(&text)), (ID_LETTERS, Ok(Named::Whole(id))));
            for letters in ID_LETTERS_MIN..ID_LETTERS {
                let named = Named::parse(&text[..letters].to_uppercase()).unwrap();
                let Named::Beginning(from, to) = named else { panic!("{named:?}") };
                assert!(from <= id && id <= to);
                assert!(from.to_string().starts_with(&text[..letters]) && to.to_string().starts_with(&text[..letters]));
            }
        }
    }

    #[test]
    fn what_is_no_beginning_is_refused_with_what_to_do() {
        for text in ["", "abcde", "abcde1", "abcd-ef", "ünïcödé", "\u{1b}[2Jabc", &"a".repeat(27), &"7".repeat(26)] {
            let refusal = Named::parse(text).unwrap_err();
            assert_eq!(refusal.code, "bad-record-id");
            assert!(!refusal.to_string().contains('\u{1b}'));
        }
    }
}
