//! Activities: what a specialist notes of his or her work with a contact that another office shares, such as a call. They stand with the
//! copy, in the file of its link, and go with it.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use interoffice_protocol::ids::RecordId;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Longest subject (characters): a line of a list.
pub const SUBJECT_CHARS_MAX: usize = 200;
/// Longest text (characters): about a printed page.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Most activities of one copy: one in each week of four years. Deleting as many of the longest writes less into the log of a file than
/// the reserve holds that is kept for endings on a full disk.
pub const PER_COPY_MAX: u64 = 200;
/// Most activities of one link: ten on every working day of eight years.
pub const PER_LINK_MAX: u64 = 20_000;
/// How far ahead an activity may lie (milliseconds): what is planned for later than in ten years is a slip of the year.
pub const AHEAD_MS_MAX: i64 = 10 * 366 * 24 * 60 * 60 * 1_000;

/// What sort of activity it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ActivityKind)]
pub enum Kind {
    /// A telephone call.
    Call,
    /// A meeting.
    Meeting,
    /// An e-mail.
    Email,
    /// A letter.
    Letter,
    /// Anything else.
    Note,
}

impl Kind {
    /// Every kind; the place is its number in the store.
    pub const ALL: [Self; 5] = [Self::Call, Self::Meeting, Self::Email, Self::Letter, Self::Note];

    /// The kind's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Email => "email",
            Self::Letter => "letter",
            Self::Note => "note",
        }
    }

    /// The kind for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Call => "Call",
            Self::Meeting => "Meeting",
            Self::Email => "E-mail",
            Self::Letter => "Letter",
            Self::Note => "Note",
        }
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Refusal::invalid("bad-kind", "there is no such kind of activity", format!("the kinds are {}", known())))
    }
}

/// An activity: a UUID v7, shown as lower-case base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ActivityId(pub [u8; 16]);

impl ActivityId {
    /// The activity that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.trim().to_ascii_uppercase().as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

/// An activity that is to be noted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewActivity {
    /// `call`, `meeting`, `email`, `letter` or `note`.
    pub kind: String,
    /// What it was about, in one line: 1 to 200 characters.
    pub subject: String,
    /// More about it: up to 2,000 characters in any number of lines.
    pub text: String,
    /// When it was or will be (milliseconds since 1970, UTC), at most ten years ahead; now when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// An activity as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activity {
    /// Made when it was noted.
    pub id: ActivityId,
    /// The record of the copy that it stands with.
    pub record: RecordId,
    /// What sort it is.
    pub kind: Kind,
    /// When it was or will be (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// What it was about: one line.
    pub subject: String,
    /// More about it; may be empty.
    pub text: String,
    /// When it was noted (milliseconds since 1970, UTC).
    pub added_ms: i64,
}

impl NewActivity {
    /// The activity as it is kept of a record.
    ///
    /// # Errors
    /// A refusal that names what does not fit.
    pub fn noted(&self, id: ActivityId, record: RecordId, now_ms: i64) -> Result<Activity, Refusal> {
        let kind = Kind::parse(self.kind.trim())?;
        let subject = self.subject.trim();
        if !(1..=SUBJECT_CHARS_MAX).contains(&subject.chars().count()) || subject.chars().any(char::is_control) {
            let message = "say what it was about, in one line of 1 to 200 characters";
            return Err(Refusal::invalid("bad-subject", message, "what takes more lines goes into the text"));
        }
        // Browsers send the ends of lines as two characters.
        let text = self.text.replace("\r\n", "\n").trim_end().to_owned();
        let fits = text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        if !fits {
            let message = "a text has at most 2,000 characters, and no control characters but ends of lines and tabs";
            return Err(Refusal::invalid("bad-text", message, "make two activities of it"));
        }
        let at_ms = self.at_ms.unwrap_or(now_ms);
        if !(0..=now_ms.saturating_add(AHEAD_MS_MAX)).contains(&at_ms) {
            let message = "an activity is between the year 1970 and ten years from now";
            return Err(Refusal::invalid("bad-time", message, "look at the year"));
        }
        Ok(Activity { id, record, kind, at_ms, subject: subject.to_owned(), text, added_ms: now_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn noted(new: &NewActivity) -> Result<Activity, &'static str> {
        new.noted(ActivityId([1; 16]), RecordId([2; 16]), NOW_MS).map_err(|refusal| refusal.code)
    }

    fn call(subject: &str) -> NewActivity {
        NewActivity { kind: "call".to_owned(), subject: subject.to_owned(), ..NewActivity::default() }
    }

    #[test]
    fn what_is_noted_is_kept_without_blanks_around_it_and_is_now_unless_said_otherwise() {
        let new = NewActivity { text: "one\r\ntwo\n\n".to_owned(), ..call("  About the pension ") };
        let kept = noted(&new).unwrap();
        assert_eq!((kept.kind, kept.subject.as_str(), kept.text.as_str()), (Kind::Call, "About the pension", "one\ntwo"));
        assert_eq!((kept.at_ms, kept.added_ms), (NOW_MS, NOW_MS));
        assert_eq!(noted(&NewActivity { at_ms: Some(7), ..new }).unwrap().at_ms, 7);
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = ActivityId([7; 16]);
        assert_eq!(ActivityId::parse(&id.to_string()), Some(id));
        for bad in ["", "a", "?", "aaaaaaaa"] {
            assert_eq!(ActivityId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(noted(&call(&"ä".repeat(SUBJECT_CHARS_MAX))).is_ok());
        for bad in [String::new(), "  ".to_owned(), "two\nlines".to_owned(), "ä".repeat(SUBJECT_CHARS_MAX + 1)] {
            assert_eq!(noted(&call(&bad)), Err("bad-subject"), "{bad}");
        }
        assert_eq!(noted(&NewActivity { kind: "visit".to_owned(), ..call("x") }), Err("bad-kind"));
        let text = |text: String| noted(&NewActivity { text, ..call("x") });
        assert!(text("ä".repeat(TEXT_CHARS_MAX)).is_ok());
        for bad in ["ä".repeat(TEXT_CHARS_MAX + 1), "bell\u{7}".to_owned()] {
            assert_eq!(text(bad), Err("bad-text"));
        }
        let at = |at_ms| noted(&NewActivity { at_ms: Some(at_ms), ..call("x") });
        assert!(at(0).is_ok() && at(NOW_MS + AHEAD_MS_MAX).is_ok());
        for bad in [-1, i64::MIN, NOW_MS + AHEAD_MS_MAX + 1, i64::MAX] {
            assert_eq!(at(bad), Err("bad-time"));
        }
    }
}
