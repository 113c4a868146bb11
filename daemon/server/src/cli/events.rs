//! `events`: what happened in the office, line by line.

use serde_json::Value;

use super::Context;
use super::client::query;
use super::exit::Failure;
use super::output::{Format, text, time};

/// Show what happened, and with --follow what goes on to happen
///
/// One line for each deed: time, who, what, on what, how it ended. Contents of records never stand here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice events
  interoffice events --follow
  interoffice events --after 120 --limit 50 --output jsonl")]
pub(super) struct Events {
    /// Go on with what happens next
    #[arg(long, short = 'f')]
    follow: bool,
    /// Only lines after this number
    #[arg(long, default_value_t = 0, value_name = "N")]
    after: u64,
    /// At most this many lines
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

pub(super) async fn run(context: &Context, events: &Events) -> Result<(), Failure> {
    let path = query(&[
        ("after", Some(events.after.to_string())),
        ("limit", events.limit.map(|limit| limit.to_string())),
        ("follow", events.follow.then(|| "true".to_owned())),
    ]);
    let mut lines = context.client.lines(&format!("/events{path}")).await?;
    let mut all = Vec::new();
    while let Some(line) = lines.next().await? {
        match context.printer.format() {
            Format::Table => context.printer.text(&sentence(&line))?,
            Format::Json if !events.follow => all.push(serde_json::from_slice::<Value>(&line).unwrap_or_default()),
            Format::Json | Format::Jsonl => context.printer.text(&String::from_utf8_lossy(&line))?,
        }
    }
    if context.printer.format() == Format::Json && !events.follow {
        context.printer.list(&all, &[], "")?;
    }
    Ok(())
}

fn sentence(line: &[u8]) -> String {
    let line: Value = serde_json::from_slice(line).unwrap_or_default();
    let parts = [
        text(&line, "id"),
        time(&line, "at_ms"),
        text(&line, "actor"),
        text(&line, "verb"),
        text(&line, "object"),
        text(&line, "outcome"),
        text(&line, "detail"),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}
