//! The only place that reads a clock or asks the system for random bytes; below this floor both are arguments.
#![allow(clippy::disallowed_methods, reason = "this file is the clock")]

#[cfg(feature = "simulation")]
use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use interoffice_core::domain::moment::Moment;

/// Fills bytes by chance.
#[cfg(feature = "simulation")]
type Chance = Box<dyn FnMut(&mut [u8])>;

/// What a simulation says instead of the system, in the thread that it runs in.
#[cfg(feature = "simulation")]
pub(crate) struct Pretended {
    /// The wall clock (milliseconds since 1970, UTC).
    pub(crate) now_ms: Box<dyn Fn() -> i64>,
    /// Its randomness.
    pub(crate) fill: Chance,
}

#[cfg(feature = "simulation")]
thread_local! {
    static PRETENDED: RefCell<Option<Pretended>> = const { RefCell::new(None) };
}

/// From here on this thread takes time and chance from a simulation, with `None` from the system again.
#[cfg(feature = "simulation")]
pub(crate) fn pretend(pretended: Option<Pretended>) {
    PRETENDED.set(pretended);
}

/// The wall clock (milliseconds since 1970, UTC).
pub(crate) fn now_ms() -> i64 {
    #[cfg(feature = "simulation")]
    if let Some(now_ms) = PRETENDED.with_borrow(|pretended| pretended.as_ref().map(|pretended| (pretended.now_ms)())) {
        return now_ms;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The year on the wall clock (UTC).
pub(crate) fn year() -> i32 {
    let moment = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    i32::from(moment.to_zoned(jiff::tz::TimeZone::UTC).year())
}

/// A point on the clock that never jumps, to measure durations from: the one that the timers of the runtime go by.
pub(crate) fn instant() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// How long ago `before` was, on the same clock; [`Instant::elapsed`] is on another one when time is simulated.
pub(crate) fn since(before: Instant) -> Duration {
    instant().saturating_duration_since(before)
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
    #[cfg(feature = "simulation")]
    if PRETENDED.with_borrow_mut(|pretended| pretended.as_mut().map(|pretended| (pretended.fill)(&mut bytes))).is_some() {
        return bytes;
    }
    #[allow(clippy::expect_used, reason = "an office without randomness must not go on")]
    getrandom::fill(&mut bytes).expect("the system gives no random bytes");
    bytes
}
