//! `record events` and `link events`: what happened to one thing.

use super::exit::Failure;
use super::output::{Column, text, time};
use super::{Context, pages};

const COLUMNS: [Column; 5] = [
    ("TIME", |event| time(event, "at_ms")),
    ("WHO", |event| text(event, "actor")),
    ("VERB", |event| text(event, "verb")),
    ("OUTCOME", |event| text(event, "outcome")),
    ("DETAIL", |event| text(event, "detail")),
];

/// Prints the newest `limit` events of the thing at `path`; all of them for 0.
pub(super) async fn print(context: &Context, path: &str, limit: u64) -> Result<(), Failure> {
    let events = pages::list(context, &format!("{path}/events"), &Vec::new(), limit).await?;
    events.print(context, &COLUMNS, "Nothing that is told of has happened to it.")
}
