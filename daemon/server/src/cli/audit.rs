//! `audit`: who did what, found by verb, user, record and time.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::Context;
use super::client::query;
use super::exit::Failure;
use super::output::{Column, text, time};
use super::pages::{self, Parameters};
use crate::clock;

/// One day (milliseconds).
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Show who did what, newest first; the last seven days unless told otherwise
///
/// Times are UTC: a day such as 2026-03-01, or a moment such as 2026-03-01T12:30:00Z. Contents of records never stand here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice audit
  interoffice audit --verb link --since 30d
  interoffice audit --user ann --outcome refused
  interoffice audit --record agpz2q7m --from 2026-03-01 --to 2026-03-31
  interoffice audit --since 90d --export csv > audit.csv")]
pub(super) struct Audit {
    /// A verb such as link.accept, or the beginning of verbs up to a dot such as link
    #[arg(long, value_name = "VERB")]
    verb: Option<String>,
    /// Who acted, or for whom somebody acted
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The user whom it was about
    #[arg(long, value_name = "USER")]
    about: Option<String>,
    /// The record that it was about
    #[arg(long, value_name = "RECORD")]
    record: Option<String>,
    /// From this day or moment on
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to the end of this day, or up to this moment
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// So far back: 12h, 30d or 8w
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["from", "to"])]
    since: Option<String>,
    /// done, refused, or the code of a refusal
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// At most this many lines; 0 for all
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u64,
    /// Write all of them as a file to standard output
    #[arg(long, value_name = "csv|json", value_parser = ["csv", "json"], conflicts_with = "limit")]
    export: Option<String>,
}

const COLUMNS: [Column; 7] = [
    ("LINE", |line| text(line, "id")),
    ("TIME", |line| time(line, "at_ms")),
    ("WHO", |line| text(line, "actor")),
    ("VERB", |line| text(line, "verb")),
    ("OBJECT", |line| text(line, "object")),
    ("OUTCOME", |line| text(line, "outcome")),
    ("DETAIL", |line| text(line, "detail")),
];

fn parameters(audit: &Audit) -> Result<Parameters, Failure> {
    let number = |ms: i64| ms.to_string();
    let from = match (&audit.from, &audit.since) {
        (Some(from), _) => Some(moment(from, Time::midnight())?),
        (None, Some(span)) => Some(clock::now_ms().saturating_sub(span_ms(span)?)),
        (None, None) => None,
    };
    let to = audit.to.as_deref().map(|to| moment(to, Time::MAX)).transpose()?;
    Ok(vec![
        ("verb", audit.verb.clone()),
        ("user", audit.user.clone()),
        ("about", audit.about.clone()),
        ("record", audit.record.clone()),
        ("from_ms", from.map(number)),
        ("to_ms", to.map(number)),
        ("outcome", audit.outcome.clone()),
    ])
}

/// A moment, or the hour `of_day` of a day, in UTC (milliseconds since 1970).
pub(super) fn moment(text: &str, of_day: Time) -> Result<i64, Failure> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    let bad = |_| Failure::usage(format!("'{text}' is no day and no moment: write 2026-03-01 or 2026-03-01T12:30:00Z"));
    let day: Date = text.parse().map_err(bad)?;
    let moment: Zoned = DateTime::from_parts(day, of_day).to_zoned(TimeZone::UTC).map_err(bad)?;
    Ok(moment.timestamp().as_millisecond())
}

/// A span such as `30d` (milliseconds).
fn span_ms(text: &str) -> Result<i64, Failure> {
    let bad = || Failure::usage(format!("'{text}' is no span: write 12h, 30d or 8w"));
    let unit = text.chars().last().ok_or_else(bad)?;
    let unit_ms = match unit {
        'h' => DAY_MS / 24,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return Err(bad()),
    };
    let number: i64 = text[..text.len() - 1].parse().ok().filter(|number| *number >= 0).ok_or_else(bad)?;
    Ok(number.saturating_mul(unit_ms))
}

pub(super) async fn run(context: &Context, audit: &Audit) -> Result<(), Failure> {
    let parameters = parameters(audit)?;
    if let Some(format) = &audit.export {
        return export(context, parameters, format).await;
    }
    let lines = pages::list(context, "/audit", &parameters, audit.limit).await?;
    lines.print(context, &COLUMNS, "There is no such line in this time: --since 30d looks further back.")
}

async fn export(context: &Context, mut parameters: Parameters, format: &str) -> Result<(), Failure> {
    parameters.push(("format", Some(format.to_owned())));
    let mut body = context.client.body(&format!("/audit/export{}", query(&parameters))).await?;
    while let Some(part) = body.next().await? {
        context.printer.bytes(&part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_spans_are_read_as_people_write_them() {
        assert_eq!(moment("1970-01-02", Time::midnight()).unwrap(), DAY_MS);
        assert_eq!(moment("1970-01-01", Time::MAX).unwrap(), DAY_MS - 1);
        assert_eq!(moment("1970-01-01T01:00:00+01:00", Time::MAX).unwrap(), 0);
        assert_eq!(["12h", "30d", "8w"].map(|span| span_ms(span).unwrap()), [DAY_MS / 2, 30 * DAY_MS, 56 * DAY_MS]);
        for bad in ["", "d", "30", "-1d", "3 d", "1é"] {
            assert!(span_ms(bad).is_err(), "{bad}");
        }
        assert!(moment("yesterday", Time::midnight()).is_err());
    }
}
