//! How pages write things: times, numbers with their noun, states with their tone.

use std::borrow::Borrow;
use std::fmt;

use askama::FastWritable;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use qrcode::{Color, QrCode};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Now, in the time zone of the office.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    now_ms: i64,
    zone: TimeZone,
}

/// A time: how long ago or how far ahead in words, exactly for machines and for who points at it.
#[derive(Clone, Debug)]
pub(super) struct When {
    machine: String,
    exact: String,
    words: String,
}

impl Clock {
    /// `now_ms` in the zone of this name; UTC when there is no such zone here.
    pub(super) fn new(now_ms: i64, zone: &str) -> Self {
        Self { now_ms, zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    /// A time (milliseconds since 1970).
    pub(super) fn when(&self, at_ms: i64) -> When {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let zoned = at.to_zoned(self.zone.clone());
        let day = zoned.strftime("%-d %b %Y").to_string();
        When { machine: at.to_string(), exact: zoned.strftime("%-d %B %Y, %H:%M:%S %Z").to_string(), words: self.words(at_ms, day) }
    }

    /// Milliseconds from now until `at_ms`; none when that is over.
    pub(super) fn until(&self, at_ms: i64) -> i64 {
        at_ms.saturating_sub(self.now_ms).max(0)
    }

    /// A time that is over, whatever the clocks of two machines say.
    pub(super) fn past(&self, at_ms: i64) -> When {
        self.when(at_ms.min(self.now_ms))
    }

    /// A time that is shown to the second, for lists that are read as evidence.
    pub(super) fn exactly(&self, at_ms: i64) -> When {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let words = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        When { words, ..self.when(at_ms) }
    }

    /// A time that is shown to the minute, for what people agreed on.
    pub(super) fn on_the_minute(&self, at_ms: i64) -> When {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let words = at.to_zoned(self.zone.clone()).strftime("%-d %b %Y, %H:%M").to_string();
        When { words, ..self.when(at_ms) }
    }

    /// The time that a field of a form says (milliseconds since 1970); `None` for what is none.
    pub(super) fn moment(&self, text: &str) -> Option<i64> {
        let at: DateTime = text.parse().ok()?;
        Some(at.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond())
    }

    /// The day of a time, as fields of forms write one.
    pub(super) fn day(&self, at_ms: i64) -> String {
        Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.zone.clone()).date().to_string()
    }

    /// When a day of a form begins, and when the next one does (milliseconds since 1970); `None` for what is no day.
    pub(super) fn span_of(&self, day: &str) -> Option<(i64, i64)> {
        let day: Date = day.parse().ok()?;
        let begins = |day: Date| Some(day.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond());
        Some((begins(day)?, begins(day.tomorrow().ok()?)?))
    }

    /// A time that may not be known.
    pub(super) fn maybe(&self, at_ms: Option<i64>) -> Option<When> {
        at_ms.map(|at_ms| self.when(at_ms))
    }

    fn words(&self, at_ms: i64, day: String) -> String {
        let span = (self.now_ms - at_ms).abs();
        let (length, unit) = match span {
            0..MINUTE_MS => return if at_ms <= self.now_ms { "just now".to_owned() } else { "in a moment".to_owned() },
            MINUTE_MS..HOUR_MS => (MINUTE_MS, "minute"),
            HOUR_MS..DAY_MS => (HOUR_MS, "hour"),
            _ if span < 14 * DAY_MS => (DAY_MS, "day"),
            _ => return day,
        };
        let spoken = |span: i64| counted((span / length).unsigned_abs(), unit);
        // What counts for three days has three days left a second later, and not two.
        if at_ms <= self.now_ms { format!("{} ago", spoken(span)) } else { format!("in {}", spoken(span + length / 2)) }
    }
}

impl When {
    /// The same time for what goes on since then: `for 3 minutes`, `since 26 May 2025`, `just now`.
    pub(super) fn lasting(&self) -> Self {
        let words = match self.words.strip_suffix(" ago") {
            Some(span) => format!("for {span}"),
            None if self.words.starts_with(|first: char| first.is_ascii_digit()) => format!("since {}", self.words),
            None => self.words.clone(),
        };
        Self { words, ..self.clone() }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // None of the three holds anything but digits, letters of ours, and signs that need no escaping.
        write!(f, r#"<time datetime="{}" title="{}">{}</time>"#, self.machine, self.exact, self.words)
    }
}

impl FastWritable for When {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(write!(dest, "{self}")?)
    }
}

impl HtmlSafe for When {}

/// A number with its noun: `1 record`, `2 records`, `1,000 records`.
pub(super) fn counted(count: impl Borrow<u64>, noun: &str) -> String {
    let count = *count.borrow();
    let plural = match noun {
        _ if count == 1 => noun.to_owned(),
        "business" => "businesses".to_owned(),
        _ => match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{noun}s"),
        },
    };
    format!("{} {plural}", grouped(count))
}

/// A number with commas between thousands.
pub(super) fn grouped(count: impl Borrow<u64>) -> String {
    let digits = count.borrow().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Browsers by a word of what they call themselves, those first that also say the words of others.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems, likewise.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The program of a session: `Firefox on Windows`; what is no browser as it calls itself.
pub(super) fn program(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    match (first(&BROWSERS), first(&SYSTEMS)) {
        _ if agent.is_empty() => "Unknown program".to_owned(),
        (Some(browser), Some(system)) if agent.starts_with("Mozilla/") => format!("{browser} on {system}"),
        _ => agent.to_owned(),
    }
}

/// The tone of a state: a class of the style, never the only sign.
pub(super) fn tone(state: &str) -> &'static str {
    match state {
        "Active" | "connected" | "active" | "sent" | "Removed" | "Erased" | "granted" | "paired" => "good",
        "Waiting" | "Removing" | "inactive" | "waiting" | "queued" | "connecting" | "compare words" => "wait",
        "Refused" | "Unconfirmed" | "Receipt does not match" | "failed" | "broken" | "not reachable" | "not answering" | "blocked" => "bad",
        _ => "off",
    }
}

/// Light rim around the squares of a picture, which readers need (squares).
const RIM: usize = 4;

/// Text as a QR picture, as an address that holds it; `None` for more than such a picture takes.
pub(super) fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let (width, squares) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (row, line) in squares.chunks(width).enumerate() {
        let mut column = 0;
        for run in line.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                path.push_str(&format!("M{} {}h{}v1h-{}z", column + RIM, row + RIM, run.len(), run.len()));
            }
            column += run.len();
        }
    }
    let side = width + 2 * RIM;
    let svg = format!(
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {side} {side}'%3E%3Cpath fill='%23fff' d='M0 0h{side}v{side}H0z'/%3E"
    );
    Some(format!("data:image/svg+xml,{svg}%3Cpath d='{path}'/%3E%3C/svg%3E"))
}

/// The first letter as a capital: for a phrase that begins a line.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_form_says_a_time_in_the_zone_of_the_office() {
        let clock = Clock::new(0, "Europe/Berlin");
        let at = |text: &str| clock.moment(text).map(|at_ms| clock.on_the_minute(at_ms).words);
        assert_eq!(clock.moment("2026-03-01T09:30"), Some(1_772_353_800_000));
        assert_eq!(at("2026-03-01T09:30:59").as_deref(), Some("1 Mar 2026, 09:30"));
        assert_eq!(at("2026-03-29T02:30").as_deref(), Some("29 Mar 2026, 03:30"), "an hour that this day lacks");
        assert_eq!(at("2026-10-25T02:30").as_deref(), Some("25 Oct 2026, 02:30"), "an hour that comes twice");
        for bad in ["", "soon", "2026-02-30T10:00", "99999-01-01T00:00"] {
            assert_eq!(clock.moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_qr_picture_is_small_enough_for_a_page() {
        let picture = qr(&"a7".repeat(130)).unwrap();
        assert!(picture.starts_with("data:image/svg+xml,%3Csvg") && picture.len() < 20_000, "{} bytes", picture.len());
        assert!(qr(&"a".repeat(5_000)).is_none());
    }

    #[test]
    fn times_are_words_with_the_exact_time_beside_them() {
        let clock = Clock::new(1_750_000_000_000, "Europe/Berlin");
        assert_eq!(
            clock.when(1_750_000_000_000 - 3 * MINUTE_MS).to_string(),
            r#"<time datetime="2025-06-15T15:03:40Z" title="15 June 2025, 17:03:40 CEST">3 minutes ago</time>"#
        );
        let words = |at_ms: i64| clock.when(at_ms).words;
        assert_eq!(words(1_750_000_000_000), "just now");
        assert_eq!(words(1_750_000_000_000 + 25 * HOUR_MS), "in 1 day");
        assert_eq!(words(1_750_000_000_000 + 3 * DAY_MS - 1_000), "in 3 days");
        assert_eq!(words(1_750_000_000_000 + 14 * DAY_MS - 1_000), "in 14 days");
        assert_eq!(words(1_750_000_000_000 + 90 * MINUTE_MS), "in 2 hours");
        assert_eq!(words(1_750_000_000_000 - 20 * DAY_MS), "26 May 2025");
        assert_eq!(words(i64::MIN / 2), "1 Jan 1970", "what no calendar has");
    }

    #[test]
    fn what_goes_on_has_a_span() {
        let clock = Clock::new(1_750_000_000_000, "Europe/Berlin");
        let words = |back: i64| clock.when(1_750_000_000_000 - back).lasting().words;
        assert_eq!(
            (words(0).as_str(), words(HOUR_MS).as_str(), words(20 * DAY_MS).as_str()),
            ("just now", "for 1 hour", "since 26 May 2025")
        );
    }

    #[test]
    fn programs_have_names() {
        let said = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(program(said), "Chrome on Linux");
        assert_eq!(program(&format!("{said} Edg/156.0.0.0")), "Edge on Linux");
        let said =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1";
        assert_eq!(program(said), "Safari on iPhone");
        assert_eq!(program("curl/9.0 on Linux"), "curl/9.0 on Linux");
        assert_eq!(program(""), "Unknown program");
    }

    #[test]
    fn a_day_is_as_long_as_the_zone_has_it() {
        let clock = Clock::new(1_750_000_000_000, "Europe/Berlin");
        assert_eq!(clock.day(1_750_000_000_000), "2025-06-15");
        let (begins, ends) = clock.span_of("2026-03-29").unwrap();
        assert_eq!(ends - begins, 23 * HOUR_MS, "clocks go forward");
        assert_eq!(clock.span_of("yesterday"), None);
    }

    #[test]
    fn numbers_bring_their_noun() {
        assert_eq!(counted(1, "contact"), "1 contact");
        assert_eq!(counted(1_234_567, "policy"), "1,234,567 policies");
        assert_eq!(counted(2, "business"), "2 businesses");
        assert_eq!(counted(0, "opportunity"), "0 opportunities");
    }
}
