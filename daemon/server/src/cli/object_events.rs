//! `record events` and `link events`: what happened to one thing.

use serde_json::Value;

use super::Context;
use super::client::query;
use super::exit::Failure;
use super::output::{Column, say, text, time};

/// Events asked for at once.
const PAGE: u64 = 1_000;

const COLUMNS: [Column; 5] = [
    ("TIME", |event| time(event, "at_ms")),
    ("WHO", |event| text(event, "actor")),
    ("VERB", |event| text(event, "verb")),
    ("OUTCOME", |event| text(event, "outcome")),
    ("DETAIL", |event| text(event, "detail")),
];

/// Prints the newest `limit` events of the thing at `path`; all of them for 0.
pub(super) async fn print(context: &Context, path: &str, limit: u64) -> Result<(), Failure> {
    let whole = if limit == 0 { u64::MAX } else { limit };
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let left = whole - events.len() as u64;
        let parameters = query(&[("limit", Some(left.min(PAGE).to_string())), ("after", after)]);
        let mut page: Value = context.client.get(&format!("{path}/events{parameters}")).await?;
        if let Value::Array(items) = page["items"].take() {
            events.extend(items);
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() || events.len() as u64 >= whole {
            break;
        }
    }
    context.printer.list(&events, &COLUMNS, "Nothing that is told of has happened to it.")?;
    if after.is_some() { say("There are more: --limit 0 shows all.") } else { Ok(()) }
}
