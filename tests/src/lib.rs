//! The harness of stories and processes: offices that run the real program in folders of their own, on loopback alone.
//!
//! Everything here panics with words when it can't do its part, as test code may.
#![forbid(unsafe_code)]

pub mod caller;
mod cards;
pub mod clock;
pub mod console;
mod control;
mod daemon;
mod dice;
pub mod drip;
pub mod guesses;
pub mod honest;
mod meet;
mod office;
pub mod post;
pub mod process;
pub mod raw;
pub mod relay;
mod said;
mod scan;
pub mod screen;
mod skips;
pub mod web;

use std::time::Duration;

pub use cards::{card, household, import, many_cards};
pub use control::Answered;
pub use daemon::{Running, run, start};
pub use dice::Dice;
pub use meet::{accept, copies, copy_names, enable, link, link_of, linked, pair, paired, request, share, specialists, waiting_link};
pub use office::{Desk, Office};
pub use said::Said;
pub use scan::{CUT_OFF, Canary, scan};
pub use screen::names;
pub use skips::skipped;

/// Exit codes of the command line, as its help explains them.
pub mod exit {
    /// Done.
    pub const OK: i32 = 0;
    /// Failed for another reason.
    pub const FAILED: i32 = 1;
    /// The command line, or what it names, is wrong.
    pub const USAGE: i32 = 2;
    /// No daemon answers.
    pub const UNREACHABLE: i32 = 3;
    /// No such user, office, link or record.
    pub const NOT_FOUND: i32 = 4;
    /// Refused by a right or a policy.
    pub const REFUSED: i32 = 5;
    /// The state does not allow it, or changed meanwhile.
    pub const CONFLICT: i32 = 6;
    /// Done for a part.
    pub const PARTLY: i32 = 7;
    /// Not reached in time.
    pub const TIMED_OUT: i32 = 8;
}

/// Pause between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(20);
/// Looks before giving up: two minutes of pauses, far more than any wait in a story takes.
const LOOKS_MAX: u32 = 6_000;

/// Looks until `seen` gives something, and panics with `what` when it never does.
pub fn eventually<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(found) = seen() {
            return found;
        }
        std::thread::sleep(LOOK);
    }
    panic!("this never came about: {what}");
}

/// Looks until `seen` is true.
pub fn until(what: &str, mut seen: impl FnMut() -> bool) {
    eventually(what, || seen().then_some(()));
}

/// Panics unless `text` holds `words`, letter case ignored.
#[track_caller]
pub fn says(text: &str, words: &str) {
    assert!(text.to_lowercase().contains(&words.to_lowercase()), "expected {words:?} in:\n{text}");
}

/// Panics if `text` holds `words`, letter case ignored.
#[track_caller]
pub fn says_not(text: &str, words: &str) {
    assert!(!text.to_lowercase().contains(&words.to_lowercase()), "did not expect {words:?} in:\n{text}");
}
