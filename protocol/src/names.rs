//! Names for people: user names, office names, and the rules both ends check.

use std::fmt;

use bincode::{Decode, Encode};

use crate::limits;

/// A user's permanent sign-in name: 2 to 256 ASCII letters and digits, kept in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct UserName(String);

/// A text that can't be a user name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 2 to 256 letters and digits, nothing else: '{0}' does not fit")]
pub struct BadUserName(pub String);

impl UserName {
    /// The name in `text`, folded to lower case.
    pub fn new(text: &str) -> Result<Self, BadUserName> {
        let fits = (limits::USER_NAME_CHARS_MIN..=limits::USER_NAME_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(BadUserName(text.chars().take(64).collect())) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a decoded name keeps the rules of [`UserName::new`]; what a peer sends is checked with this.
    pub fn is_valid(&self) -> bool {
        Self::new(&self.0).is_ok_and(|name| name.0 == self.0)
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserName({})", self.0)
    }
}

impl std::str::FromStr for UserName {
    type Err = BadUserName;

    fn from_str(text: &str) -> Result<Self, BadUserName> {
        Self::new(text)
    }
}

/// Whether `text` is one line that says what it seems to say: no control characters, no ends of lines or paragraphs, and nothing that
/// turns the direction of reading. Names and addresses that another office gives itself keep to it.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(is_plain_character)
}

/// `text` as one plain line, see [`is_plain`]: each character that does not belong there is a space.
pub fn plain(text: &str) -> String {
    text.chars().map(|character| if is_plain_character(character) { character } else { ' ' }).collect()
}

fn is_plain_character(character: char) -> bool {
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(character.is_control() || turns || matches!(character, '\u{2028}' | '\u{2029}'))
}
