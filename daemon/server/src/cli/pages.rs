//! Lists that the API gives page by page: as many of their things as are asked for.

use serde_json::Value;

use super::Context;
use super::client::query;
use super::exit::Failure;
use super::output::{Column, say};

/// Things asked for at once.
const PAGE: u64 = 1_000;

/// The parameters of a list, but for those that choose the page.
pub(super) type Parameters = Vec<(&'static str, Option<String>)>;

/// The beginning of a list.
pub(super) struct Listed {
    items: Vec<Value>,
    more: bool,
    /// The first page, without its things.
    pub(super) first: Value,
}

/// The first `limit` things of the list at `path`; all of them for 0.
pub(super) async fn list(context: &Context, path: &str, parameters: &Parameters, limit: u64) -> Result<Listed, Failure> {
    let whole = if limit == 0 { u64::MAX } else { limit };
    let (mut items, mut after, mut first) = (Vec::new(), None, None);
    loop {
        let left = whole - items.len() as u64;
        let mut asked = parameters.clone();
        asked.extend([("limit", Some(left.min(PAGE).to_string())), ("after", after)]);
        let mut page: Value = context.client.get(&format!("{path}{}", query(&asked))).await?;
        if let Value::Array(found) = page["items"].take() {
            items.extend(found);
        }
        after = match &page["next"] {
            Value::Null => None,
            Value::String(place) => Some(place.clone()),
            number => Some(number.to_string()),
        };
        let first = first.get_or_insert(page);
        if after.is_none() || items.len() as u64 >= whole {
            return Ok(Listed { items, more: after.is_some(), first: first.take() });
        }
    }
}

impl Listed {
    /// Prints it, and says when there is more; `none` is said instead of an empty table.
    pub(super) fn print(&self, context: &Context, columns: &[Column], none: &str) -> Result<(), Failure> {
        context.printer.list(&self.items, columns, none)?;
        if self.more { say("There are more: --limit 0 shows all.") } else { Ok(()) }
    }
}
