//! The daily digest's clock: in whose morning it is sent, and which day is due.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;

/// When the digest of a day is due, on the clock of the office.
const DUE: Time = Time::constant(7, 0, 0, 0);
/// Day 0.
const EPOCH: Date = Date::constant(1970, 1, 1);
/// Most records that one digest names; the others are counted.
pub const NAMES_MAX: usize = 50;
/// How far back the first digest looks (milliseconds): a day.
pub const FIRST_MS: i64 = 24 * 3600 * 1000;

/// The time zone of this IANA name, such as `Europe/Berlin`, as the machine's package tzdata knows it.
pub fn zone(name: &str) -> Result<TimeZone, Refusal> {
    let unknown = || {
        Refusal::invalid(
            "unknown-time-zone",
            "there is no such time zone",
            "use a name like Europe/Berlin or UTC; names are those of the package tzdata",
        )
    };
    let zone = TimeZone::get(name).map_err(|_| unknown())?;
    if zone.iana_name().is_none() && zone != TimeZone::UTC { Err(unknown()) } else { Ok(zone) }
}

/// The same for a name that was accepted once; on a machine that does not know it any more, UTC, since no mail is to wait for that.
pub fn zone_or_utc(name: &str) -> TimeZone {
    zone(name).unwrap_or(TimeZone::UTC)
}

/// The last day whose digest was due at `now_ms` (milliseconds since 1970, UTC), counted from 1970-01-01.
pub fn due_day(now_ms: i64, zone: &TimeZone) -> i64 {
    let here = moment(now_ms).to_zoned(zone.clone());
    let today = days(here.date());
    // A morning without seven o'clock, when clocks are put forward, is over as soon as what comes instead.
    if here.time() >= DUE { today } else { today - 1 }
}

/// A time as people of the office read it: `2026-08-14 09:30 (Europe/Berlin)`.
pub fn show_time(ms: i64, zone: &TimeZone) -> String {
    let here = moment(ms).to_zoned(zone.clone());
    format!("{} ({})", here.strftime("%Y-%m-%d %H:%M"), zone.iana_name().unwrap_or("UTC"))
}

/// A day as people of the office read it: `2026-08-14`.
pub fn show_day(ms: i64, zone: &TimeZone) -> String {
    moment(ms).to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

fn moment(ms: i64) -> Timestamp {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(end)
}

fn days(date: Date) -> i64 {
    let since: SignedDuration = date.duration_since(EPOCH);
    since.as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_day_begins_at_seven_where_the_office_is() {
        let berlin = zone("Europe/Berlin").unwrap();
        let day = due_day(at("2026-01-15T06:00:00Z"), &berlin);
        assert_eq!(due_day(at("2026-01-15T05:59:59.999Z"), &berlin), day - 1, "six in the morning");
        assert_eq!(due_day(at("2026-01-16T05:59:59Z"), &berlin), day);
        assert_eq!(due_day(at("2026-07-15T05:00:00Z"), &berlin), day + 181, "an hour earlier in summer");
        assert_eq!(due_day(at("1970-01-01T07:00:00Z"), &TimeZone::UTC), 0);
        assert_eq!(due_day(0, &TimeZone::UTC), -1);
        assert!(due_day(i64::MAX, &TimeZone::UTC) > due_day(i64::MIN, &TimeZone::UTC), "no clock is too wrong");
    }

    #[test]
    fn every_day_of_a_year_is_due_once_whatever_happens_to_its_clocks() {
        for name in ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "UTC"] {
            let zone = zone(name).unwrap();
            let mut last = due_day(at("2026-01-01T00:00:00Z"), &zone);
            for quarter in 0..366 * 96 {
                let day = due_day(at("2026-01-01T00:00:00Z") + quarter * 900_000, &zone);
                assert!(day == last || day == last + 1, "{name}: {last} is followed by {day}");
                last = day;
            }
        }
    }

    #[test]
    fn names_that_are_no_zones_are_refused() {
        for name in ["", "Berlin", "Europe/Nowhere", "+02:00", "../etc/passwd", "CET-1CEST"] {
            assert!(zone(name).is_err(), "{name:?}");
        }
        assert_eq!(show_time(at("2026-08-14T07:30:00Z"), &zone("Europe/Berlin").unwrap()), "2026-08-14 09:30 (Europe/Berlin)");
        assert_eq!(show_time(0, &zone_or_utc("Europe/Nowhere")), "1970-01-01 00:00 (UTC)");
    }
}
