//! How long a record is kept after the relationship with the client was ended: for years, and never less than a month after somebody was
//! reminded that it will be deleted.

use jiff::{Timestamp, ToSpan as _};

use super::refusal::Refusal;

/// Years for which an office keeps records when it decided nothing else.
pub const YEARS_DEFAULT: u32 = 5;
/// Most years.
pub const YEARS_MAX: u32 = 100;
/// How long before a record is deleted somebody is reminded (milliseconds): 30 days.
pub const REMIND_MS: i64 = 30 * 24 * 3600 * 1000;

/// What is to be done with a record whose relationship was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// Somebody is to be told that it will be deleted.
    Reminder,
    /// It was kept long enough.
    Deletion,
}

/// Refuses a number of years for which nothing can be kept.
pub fn check_years(years: u32) -> Result<(), Refusal> {
    if (1..=YEARS_MAX).contains(&years) {
        return Ok(());
    }
    Err(Refusal::invalid("bad-years", "records are kept for 1 to 100 years", "ask what the law of your country says"))
}

/// When a record is deleted that was ended at `ended_ms`, of which somebody was reminded at `reminded_ms` (milliseconds since 1970, UTC).
pub fn deletion_ms(ended_ms: i64, reminded_ms: Option<i64>, years: u32) -> i64 {
    let ended = Timestamp::from_millisecond(ended_ms).unwrap_or(Timestamp::MAX).to_zoned(jiff::tz::TimeZone::UTC);
    let kept = ended.checked_add(i64::from(years).years()).map_or(i64::MAX, |end| end.timestamp().as_millisecond());
    kept.max(reminded_ms.map_or(kept, |reminded| reminded.saturating_add(REMIND_MS)))
}

/// What is to be done at `now_ms`. A clock that jumps brings a reminder, and only then a deletion.
pub fn due(ended_ms: i64, reminded_ms: Option<i64>, years: u32, now_ms: i64) -> Due {
    let deletion = deletion_ms(ended_ms, reminded_ms, years);
    match reminded_ms {
        None if now_ms >= deletion.saturating_sub(REMIND_MS) => Due::Reminder,
        Some(_) if now_ms >= deletion => Due::Deletion,
        _ => Due::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn p_45_a_record_is_kept_for_whole_years_and_a_month_after_the_reminder() {
        let ended = at("2024-02-29T12:00:00Z");
        assert_eq!(deletion_ms(ended, None, 5), at("2029-02-28T12:00:00Z"), "a leap day ends with February");
        assert_eq!(due(ended, None, 5, at("2029-01-29T11:59:59Z")), Due::Nothing);
        let reminder = at("2029-01-29T12:00:00Z");
        assert_eq!(due(ended, None, 5, reminder), Due::Reminder);
        assert_eq!(due(ended, Some(reminder), 5, at("2029-02-28T11:59:59Z")), Due::Nothing);
        assert_eq!(due(ended, Some(reminder), 5, at("2029-02-28T12:00:00Z")), Due::Deletion);
    }

    #[test]
    fn p_45_a_clock_that_jumps_or_years_that_are_cut_delete_nothing_without_a_reminder() {
        let ended = at("2026-01-01T00:00:00Z");
        let late = at("2060-01-01T00:00:00Z");
        assert_eq!(due(ended, None, 5, late), Due::Reminder);
        assert_eq!(due(ended, Some(late), 5, late), Due::Nothing, "a month later");
        assert_eq!(due(ended, Some(late), 5, at("2032-01-01T00:00:00Z")), Due::Nothing, "when the clock is right again");
        assert_eq!(due(ended, Some(late), 5, late + REMIND_MS), Due::Deletion);
        assert_eq!(due(ended, None, 1, at("2027-06-01T00:00:00Z")), Due::Reminder);
        assert_eq!(due(i64::MAX, None, 100, late), Due::Nothing, "no time is too late to be counted");
        assert!(check_years(0).is_err() && check_years(101).is_err() && check_years(1).is_ok());
    }
}
