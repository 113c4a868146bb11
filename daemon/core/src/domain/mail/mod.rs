//! Mails to users of the office: which kinds there are, what each is about, and the values that its text may use.

mod pace;
mod texts;

use std::collections::BTreeMap;
use std::fmt;

use interoffice_protocol::ids::RecordId;
use serde::Serialize;
use zeroize::Zeroizing;

pub use pace::{DAY_MAX, DAY_MS, GIVE_UP_MS, HOUR_MS, KEPT_MS, LINES_MAX, WAIT_MAX_MS, gives_up, pause_ms};
pub use texts::{HTML_BYTES_MAX, SUBJECT_CHARS_MAX, TEXT_BYTES_MAX, Text, samples, text, variables};

use super::refusal::Refusal;

/// Longest text that a person adds to a request for access, or to its answer (characters).
pub const NOTE_CHARS_MAX: usize = 500;

/// What a mail is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MailKind {
    /// A new user is asked to set a password.
    Invitation,
    /// A user who forgot the password may set another.
    PasswordReset,
    /// Somebody asks for access to a record.
    AccessAsked,
    /// Access to a record was granted.
    AccessGranted,
    /// Access to a record was refused.
    AccessRefused,
    /// Which records changed since the last digest.
    Digest,
    /// Shows that mail works.
    Test,
    /// Records of ended relationships will be deleted.
    DeletionNear,
}

impl MailKind {
    /// Every kind; the place is its number in the store.
    pub const ALL: [Self; 8] = [
        Self::Invitation,
        Self::PasswordReset,
        Self::AccessAsked,
        Self::AccessGranted,
        Self::AccessRefused,
        Self::Digest,
        Self::Test,
        Self::DeletionNear,
    ];

    /// The kind's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password-reset",
            Self::AccessAsked => "access-asked",
            Self::AccessGranted => "access-granted",
            Self::AccessRefused => "access-refused",
            Self::Digest => "digest",
            Self::Test => "test",
            Self::DeletionNear => "deletion-near",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let unknown = || {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            Refusal::not_found("unknown-mail-kind", "there is no such kind of mail", format!("the kinds are {}", names.join(", ")))
        };
        Self::ALL.into_iter().find(|kind| kind.as_str() == text.trim()).ok_or_else(unknown)
    }

    /// Whether it is sent however many mails the user was written already: others bring those about, and without this one somebody stays
    /// out or loses records unannounced.
    pub fn is_needed(self) -> bool {
        matches!(self, Self::Invitation | Self::PasswordReset | Self::DeletionNear)
    }

    /// Whether a second mail about the same within an hour is left out. An administrator who asks for an invitation or a test again has a
    /// reason to, and a digest comes once a day; the others are brought about by what anybody does.
    pub fn is_rare(self) -> bool {
        !matches!(self, Self::Invitation | Self::Test | Self::Digest | Self::DeletionNear)
    }
}

/// Where a mail is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MailState {
    /// It will be sent, or tried again.
    Waiting,
    /// The server took it.
    Sent,
    /// It was refused for good, or tried for too long.
    Failed,
    /// It must not or need not be sent.
    Dropped,
}

impl MailState {
    /// Every state; the place is its number in the store.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Failed, Self::Dropped];

    /// The state's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let unknown = || Refusal::invalid("bad-mail-state", "there is no such state of a mail", "use waiting, sent, failed or dropped");
        Self::ALL.into_iter().find(|state| state.as_str() == text.trim()).ok_or_else(unknown)
    }
}

/// The secret end of a link in a mail; it is never shown, not even for a look at a program that fails.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(Zeroizing<String>);

impl LinkToken {
    /// A token of letters, digits, `-` and `_`, as they may stand in an address.
    ///
    /// # Errors
    /// Refused when it holds anything else, or nothing.
    pub fn new(text: impl Into<String>) -> Result<Self, Refusal> {
        let text = Zeroizing::new(text.into());
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Ok(Self(text));
        }
        Err(Refusal::invalid("bad-link-token", "a link token has letters, digits, '-' and '_' only", ""))
    }

    /// The token itself, to be put into a link or kept until then.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// A mail that a verb writes: to whom and about what, by local rows of users and ids of records. Its words are found when it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A new user is asked to set a password, over a link that is good until `expires_ms`.
    Invitation {
        /// Who gets it.
        user: i64,
        /// The secret end of its link.
        token: LinkToken,
        /// End of the link's life (milliseconds since 1970, UTC): 14 days from now.
        expires_ms: i64,
    },
    /// A user may set another password, over a link that is good until `expires_ms`.
    PasswordReset {
        /// Who gets it.
        user: i64,
        /// The secret end of its link.
        token: LinkToken,
        /// End of the link's life (milliseconds since 1970, UTC): an hour from now.
        expires_ms: i64,
    },
    /// `by` asks for access to a record; for each user who may share it.
    AccessAsked {
        /// Who gets it.
        user: i64,
        /// Who asks.
        by: i64,
        /// For which record.
        record: RecordId,
        /// Local row of the request.
        request: i64,
        /// Why, in at most [`NOTE_CHARS_MAX`] characters; may be empty.
        reason: String,
    },
    /// The access that `user` asked for was granted.
    AccessGranted {
        /// Who gets it.
        user: i64,
        /// Who granted it; `None` for the operator.
        by: Option<i64>,
        /// To which record.
        record: RecordId,
        /// Local row of the request.
        request: i64,
    },
    /// The access that `user` asked for was refused.
    AccessRefused {
        /// Who gets it.
        user: i64,
        /// Who refused it; `None` for the operator.
        by: Option<i64>,
        /// To which record.
        record: RecordId,
        /// Local row of the request.
        request: i64,
        /// Why, in at most [`NOTE_CHARS_MAX`] characters; may be empty.
        reason: String,
    },
    /// Which records changed after `from_ms` and up to `until_ms` (milliseconds since 1970, UTC).
    Digest {
        /// Who gets it.
        user: i64,
        /// Changes after this.
        from_ms: i64,
        /// And up to this.
        until_ms: i64,
    },
    /// Shows that mail works.
    Test {
        /// Who gets it.
        user: i64,
    },
    /// Records of ended relationships will be deleted: those of which somebody is reminded at `reminded_ms`.
    DeletionNear {
        /// Who gets it.
        user: i64,
        /// When that is noted of the records (milliseconds since 1970, UTC).
        reminded_ms: i64,
    },
}

impl Message {
    /// What it is for.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Invitation { .. } => MailKind::Invitation,
            Self::PasswordReset { .. } => MailKind::PasswordReset,
            Self::AccessAsked { .. } => MailKind::AccessAsked,
            Self::AccessGranted { .. } => MailKind::AccessGranted,
            Self::AccessRefused { .. } => MailKind::AccessRefused,
            Self::Digest { .. } => MailKind::Digest,
            Self::Test { .. } => MailKind::Test,
            Self::DeletionNear { .. } => MailKind::DeletionNear,
        }
    }

    /// Local row of the user who gets it.
    pub fn user(&self) -> i64 {
        match self {
            Self::Invitation { user, .. }
            | Self::PasswordReset { user, .. }
            | Self::AccessAsked { user, .. }
            | Self::AccessGranted { user, .. }
            | Self::AccessRefused { user, .. }
            | Self::Digest { user, .. }
            | Self::DeletionNear { user, .. }
            | Self::Test { user } => *user,
        }
    }
}

/// What a variable of a text stands for in one mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number.
    Number(u64),
    /// Names in their order.
    Names(Vec<String>),
}

/// The variables of one mail.
pub type Values = BTreeMap<&'static str, Value>;

/// A variable that the text of a kind of mail may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Variable {
    /// How a text names it.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
}

/// Refuses a note that is longer than a mail takes.
pub fn check_note(note: &str) -> Result<(), Refusal> {
    if note.chars().count() <= NOTE_CHARS_MAX {
        return Ok(());
    }
    Err(Refusal::invalid("note-too-long", "a reason has at most 500 characters", "say it in fewer words"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_itself() {
        for kind in MailKind::ALL {
            assert_eq!((MailKind::parse(kind.as_str()).unwrap(), MailKind::ALL[kind as usize]), (kind, kind));
        }
        for state in MailState::ALL {
            assert_eq!((MailState::parse(state.as_str()).unwrap(), MailState::ALL[state as usize]), (state, state));
        }
        assert_eq!(MailKind::parse("spam").unwrap_err().code, "unknown-mail-kind");
        assert_eq!(MailState::parse("lost").unwrap_err().code, "bad-mail-state");
    }

    #[test]
    fn a_token_is_shown_to_nobody_and_breaks_no_address() {
        let token = LinkToken::new("abc-DEF_123").unwrap();
        assert!(!format!("{:?}", Message::Invitation { user: 1, token, expires_ms: 0 }).contains("abc"));
        for bad in ["", "a b", "a/b", "a\r\nb", "a%20b", "ä"] {
            assert!(LinkToken::new(bad).is_err(), "{bad:?}");
        }
    }
}
