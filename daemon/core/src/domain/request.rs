//! Requests for access to a record inside the office: their states, and the bounds that keep asking from becoming a nuisance.

use interoffice_protocol::names::is_plain;
use interoffice_protocol::record::Level;

use super::refusal::Refusal;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Longest message of a request, and longest reason of a refusal (characters): a few sentences, which fit a list and a mail.
pub const TEXT_CHARS_MAX: usize = 500;
/// A request that nobody answered for so long counts as expired (milliseconds): longer than a holiday of the one who may answer.
pub const EXPIRES_MS: i64 = 30 * DAY_MS;
/// Pause between a refusal and the next request for the same record (milliseconds): a no is not argued with on the same day.
pub const AGAIN_MS: i64 = DAY_MS;
/// Most requests of a user that wait at once: more is no question about a record, but one about the user's rights.
pub const WAITING_MAX: usize = 100;
/// Most requests of a user for one record in [`OFTEN_MS`], withdrawn ones among them: enough to correct a level or a message, too few
/// to flood whoever may answer.
pub const OFTEN_MAX: usize = 5;
/// See [`OFTEN_MAX`] (milliseconds).
pub const OFTEN_MS: i64 = DAY_MS;

const _: () = assert!(AGAIN_MS < EXPIRES_MS && OFTEN_MAX < WAITING_MAX);

/// What was written down of a request's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// Nobody answered, and the user did not take it back.
    Waiting,
    /// Access was given.
    Granted,
    /// Access was not given.
    Refused,
    /// The user took it back.
    Withdrawn,
    /// Nobody answered in time, and the user asked anew.
    Expired,
}

impl Written {
    /// Every state; the place is its number in the store.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Granted, Self::Refused, Self::Withdrawn, Self::Expired];
}

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Waits for an answer.
    Waiting,
    /// Access was given.
    Granted,
    /// Access was not given.
    Refused,
    /// The user took it back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
    /// There is nothing to be answered any more.
    Void(Void),
}

/// Why there is nothing to be answered any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Void {
    /// The record is deleted, out of use, or private by now; which of them is not said.
    Unavailable,
    /// The user got the access in another way.
    HasAccess,
    /// The user is disabled.
    Disabled,
}

impl State {
    /// Every name that a state has in the API.
    pub const NAMES: [&str; 6] = ["waiting", "granted", "refused", "withdrawn", "expired", "void"];

    /// The state's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Void(_) => "void",
        }
    }

    /// The state in words that follow "the request".
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "waits for an answer",
            Self::Granted => "was granted",
            Self::Refused => "was refused",
            Self::Withdrawn => "was withdrawn by the user who made it",
            Self::Expired => "was not answered within 30 days",
            Self::Void(void) => void.words(),
        }
    }
}

impl Void {
    /// The reason's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::HasAccess => "has-access",
            Self::Disabled => "requester-disabled",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Unavailable => "is void, since the record can't be asked for any more",
            Self::HasAccess => "is void, since the user has this access by now",
            Self::Disabled => "is void, since the user who made it is disabled",
        }
    }
}

/// What the state of a request depends on beside what was written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// Whether the record is there and in use.
    pub in_use: bool,
    /// Whether the record is private.
    pub private: bool,
    /// Whether the user is disabled.
    pub disabled: bool,
    /// What the user may do with the record by now.
    pub level: Option<Level>,
    /// How long ago it was made (milliseconds).
    pub age_ms: i64,
}

/// Where a request for `wanted` stands. What is waited for is derived at each look, as access itself is: no way in which access is got
/// or lost can be forgotten.
pub fn state(written: Written, wanted: Level, now: &Circumstances) -> State {
    match written {
        Written::Granted => State::Granted,
        Written::Refused => State::Refused,
        Written::Withdrawn => State::Withdrawn,
        Written::Expired => State::Expired,
        Written::Waiting if now.disabled => State::Void(Void::Disabled),
        Written::Waiting if !now.in_use || (now.private && now.level.is_none()) => State::Void(Void::Unavailable),
        Written::Waiting if now.level >= Some(wanted) => State::Void(Void::HasAccess),
        Written::Waiting if now.age_ms >= EXPIRES_MS => State::Expired,
        Written::Waiting => State::Waiting,
    }
}

/// Refuses a message or reason that is too long, or not one line of what can be read.
pub fn check_text(text: &str) -> Result<(), Refusal> {
    if text.chars().count() <= TEXT_CHARS_MAX && is_plain(text) {
        return Ok(());
    }
    Err(Refusal::invalid("bad-text", "a message or reason has at most 500 printable characters, in one line", "say it more shortly"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Circumstances = Circumstances { in_use: true, private: false, disabled: false, level: None, age_ms: 0 };

    /// P-24: every way in which a request ends has its state.
    #[test]
    fn p_24_a_request_that_nobody_answers_expires_or_becomes_void() {
        let state = |now: Circumstances| super::state(Written::Waiting, Level::Write, &now);
        assert_eq!(state(NOW), State::Waiting);
        assert_eq!(state(Circumstances { age_ms: EXPIRES_MS - 1, ..NOW }), State::Waiting);
        assert_eq!(state(Circumstances { age_ms: EXPIRES_MS, ..NOW }), State::Expired);
        assert_eq!(state(Circumstances { age_ms: -1, ..NOW }), State::Waiting, "a clock that went back makes nothing expire");
        assert_eq!(state(Circumstances { in_use: false, ..NOW }), State::Void(Void::Unavailable));
        assert_eq!(state(Circumstances { private: true, ..NOW }), State::Void(Void::Unavailable));
        assert_eq!(state(Circumstances { private: true, level: Some(Level::Read), ..NOW }), State::Waiting);
        assert_eq!(state(Circumstances { level: Some(Level::Write), ..NOW }), State::Void(Void::HasAccess));
        assert_eq!(state(Circumstances { disabled: true, in_use: false, ..NOW }), State::Void(Void::Disabled));
    }

    #[test]
    fn what_was_answered_stays_answered() {
        let gone = Circumstances { in_use: false, disabled: true, age_ms: 2 * EXPIRES_MS, ..NOW };
        for (written, expected) in Written::ALL.into_iter().zip(["void", "granted", "refused", "withdrawn", "expired"]) {
            let state = state(written, Level::Read, &gone);
            assert_eq!(state.as_str(), expected);
            assert!(State::NAMES.contains(&state.as_str()) && !state.words().is_empty());
        }
    }

    #[test]
    fn a_message_is_one_line_of_at_most_500_characters() {
        for good in ["", "Please", "Für den Fall 4711 – danke", &"ä".repeat(TEXT_CHARS_MAX)] {
            assert!(check_text(good).is_ok(), "{good:?}");
        }
        for bad in ["a\nb", "\u{1b}[2J", "\u{202e}x", &"a".repeat(TEXT_CHARS_MAX + 1)] {
            assert_eq!(check_text(bad).map_err(|refusal| refusal.code), Err("bad-text"), "{bad:?}");
        }
    }
}
