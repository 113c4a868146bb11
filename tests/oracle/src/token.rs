//! Words by which a copy is found wherever it lies: each field of each version of each record holds one of its own.

use std::fmt;

/// A word that stands in one field of one version of one record, and nowhere else in the federation.
///
/// Its text has 14 lower-case letters and digits: four that differ much from one number to the next (an index that cuts what
/// neighbours share leaves the rest), seven that say the number, and three by which a scan finds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u32);

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Ends every token; no `q` is followed by `zx` in any word of any language.
const MARK: &[u8; 3] = b"qzx";
/// Letters that say the number.
const SAYING: usize = 7;
/// Odd, so that multiplying by it permutes the numbers of 32 bits.
const SPREAD: u32 = 0x9e37_79b1;
/// Undoes [`SPREAD`].
const GATHER: u32 = inverse(SPREAD);

const fn inverse(odd: u32) -> u32 {
    let mut found = odd;
    let mut round = 0;
    while round < 5 {
        found = found.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(found)));
        round += 1;
    }
    found
}

const _: () = assert!(SPREAD.wrapping_mul(GATHER) == 1);

impl Token {
    /// The token as it stands in a field.
    pub fn text(self) -> String {
        let spread = self.0.wrapping_mul(SPREAD);
        let mut text = String::with_capacity(14);
        for place in 0..4 {
            text.push(letter(spread.rotate_left(5 * place + 7) ^ self.0));
        }
        for place in 0..SAYING as u32 {
            text.push(letter(spread >> (5 * place).min(31)));
        }
        text.push_str("qzx");
        text
    }

    /// Every token in `bytes`, letter case ignored, in order, as often as it stands there.
    pub fn all_in(bytes: &[u8]) -> Vec<Token> {
        let mut found = Vec::new();
        let mut from = SAYING;
        while let Some(at) = next_mark(bytes, from) {
            found.extend(read(&bytes[at - SAYING..at]));
            from = at + MARK.len();
        }
        found
    }
}

fn letter(bits: u32) -> char {
    char::from(LETTERS[(bits & 31) as usize])
}

/// The place of the next mark that begins at `from` or later. One byte in three is looked at: a mark has three.
fn next_mark(bytes: &[u8], from: usize) -> Option<usize> {
    let fits = |at: usize| at >= from && bytes.get(at..at + MARK.len()).is_some_and(|found| found.eq_ignore_ascii_case(MARK));
    let mut last = from + MARK.len() - 1;
    while let Some(byte) = bytes.get(last) {
        let begin = match byte | 0x20 {
            b'q' => last,
            b'z' => last - 1,
            b'x' => last - 2,
            _ => usize::MAX,
        };
        if begin != usize::MAX && fits(begin) {
            return Some(begin);
        }
        last += MARK.len();
    }
    // A mark whose first or second byte is the last that was looked at ends beyond it, and was found there.
    None
}

fn read(saying: &[u8]) -> Option<Token> {
    let mut spread: u64 = 0;
    for (place, byte) in saying.iter().enumerate() {
        let byte = byte.to_ascii_lowercase();
        let digit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        spread |= u64::from(digit) << (5 * place);
    }
    Some(Token(u32::try_from(spread).ok()?.wrapping_mul(GATHER)))
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.text(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_any_letter_case_between_anything() {
        for number in [0, 1, 2, 77, 4_711, 1 << 20, u32::MAX - 1, u32::MAX] {
            let text = Token(number).text();
            assert_eq!(text.len(), 14);
            let around = format!("\u{0}xx{} qz {}\u{1}", text.to_uppercase(), text);
            assert_eq!(Token::all_in(around.as_bytes()), [Token(number), Token(number)]);
        }
    }

    #[test]
    fn a_token_whose_first_letters_an_index_cut_away_is_found_all_the_same() {
        let text = Token(12).text();
        assert_eq!(Token::all_in(&text.as_bytes()[4..]), [Token(12)]);
        assert_eq!(Token::all_in(&text.as_bytes()[5..]), [], "too little is left to say which one it was");
    }

    #[test]
    fn a_token_is_found_wherever_it_begins_and_whatever_stands_before_it() {
        for filling in ["x", "q", "z", "Qz", "zx", "-"] {
            for length in 0..12 {
                let around = format!("{}{}{}{}", filling.repeat(length), Token(5), filling.repeat(length), Token(6));
                let found = Token::all_in(around.as_bytes());
                assert!(found.contains(&Token(5)) && found.contains(&Token(6)), "{around}: {found:?}");
            }
        }
    }

    #[test]
    fn neighbours_do_not_begin_alike() {
        let alike = |a: u32| Token(a).text().bytes().zip(Token(a + 1).text().bytes()).take_while(|(a, b)| a == b).count();
        assert!((0..1_000).filter(|number| alike(*number) > 2).count() < 20);
    }

    #[test]
    fn noise_holds_no_token() {
        assert_eq!(Token::all_in(b"qzx"), []);
        assert_eq!(Token::all_in(b"a-cdefgqzx"), []);
        assert_eq!(Token::all_in(&[0; 64]), []);
    }
}
