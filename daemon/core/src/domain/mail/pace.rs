//! How often a mail is tried, how many a user is sent, and how long one is kept.

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// An hour in milliseconds: a second mail of the same kind about the same within it says nothing new and is left out.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Most mails that are written to one user within a day: far more than anybody reads, and too few to make a mailbox unusable or to have
/// the office's server taken for one that sends spam.
pub const DAY_MAX: u64 = 50;
/// A mail that could not be sent for so long since it was first tried is given up: servers keep trying for a few days, and then the
/// reader has found out otherwise (RFC 5321, section 4.5.4.1: four to five days; people wait less).
pub const GIVE_UP_MS: i64 = 3 * DAY_MS;
/// A mail that waited for so long without being tried, since mail was not set up, is old news.
pub const WAIT_MAX_MS: i64 = 14 * DAY_MS;
/// How long the row of a mail is kept after its end, for questions about it.
pub const KEPT_MS: i64 = 30 * DAY_MS;
/// Most mails that one transaction puts off.
pub const LINES_MAX: usize = 1_000;

/// How long to wait after so many attempts, counted from 1: a minute, doubled by each, an hour at most.
pub fn pause_ms(attempts: u64) -> i64 {
    let doublings = attempts.saturating_sub(1).min(6);
    (MINUTE_MS << doublings).min(HOUR_MS)
}

/// Whether a mail that was first tried at `began_ms` is given up at `now_ms`.
pub fn gives_up(began_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(began_ms) >= GIVE_UP_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_end_after_three_days() {
        let minutes: Vec<i64> = (0..9).map(|attempts| pause_ms(attempts) / MINUTE_MS).collect();
        assert_eq!(minutes, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause_ms(u64::MAX), HOUR_MS);
        let (mut now_ms, mut attempts) = (0, 1);
        while !gives_up(0, now_ms) {
            now_ms += pause_ms(attempts);
            attempts += 1;
        }
        assert_eq!((now_ms / HOUR_MS, attempts), (72, 78), "about one attempt an hour for three days");
    }
}
