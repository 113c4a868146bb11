//! The only place that reads a clock or asks the system for random bytes; below this floor both are arguments.
#![allow(clippy::disallowed_methods, reason = "this file is the clock")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interoffice_core::domain::moment::Moment;

/// The wall clock (milliseconds since 1970, UTC).
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A point on the clock that never jumps, to measure durations from.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// What a verb may know of time and chance when it runs now.
pub(crate) fn moment() -> Moment {
    Moment::new(now_ms(), random())
}

/// Fresh random bytes from the system.
///
/// # Panics
/// When the system has no randomness to give: nothing that follows could be trusted.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[allow(clippy::expect_used, reason = "an office without randomness must not go on")]
    getrandom::fill(&mut bytes).expect("the system gives no random bytes");
    bytes
}
