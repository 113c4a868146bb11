//! `reach`: whether this office answers at the addresses that it gives to others.

use serde_json::Value;

use super::exit::{Exit, Failure};
use super::output::{Column, Format, say, text};
use super::{Context, ask};

/// Try the addresses that this office gives to others, from the inside
///
/// The daemon calls itself at each address that invites name, looks who answers, and hangs up; that takes five seconds at most. An answer does
/// not prove that a firewall lets others in, and no answer does not prove that others hear nothing: many routers do not let their own
/// network call its outside address. For administrators.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice reach
  interoffice reach --output json

Exit codes: 0 when this office answered at every address, 7 at some, 1 at none.")]
pub(super) struct Reach {}

const COLUMNS: [Column; 4] = [
    ("ADDRESS", |tried| text(tried, "address")),
    ("OUTCOME", |tried| text(tried, "outcome")),
    ("AT", |tried| text(tried, "at")),
    ("CALLED FROM", |tried| match tried["range"].as_str() {
        Some("machine") => "this machine alone".to_owned(),
        Some("network") => "this network alone".to_owned(),
        Some(_) => "anywhere".to_owned(),
        None => String::new(),
    }),
];
const NONE: &str = "This office names no address: write it under [peer] as advertise into interoffice.toml and start the daemon again.";

pub(super) async fn run(context: &Context, _: &Reach) -> Result<(), Failure> {
    let tried: Value = context.client.post("/office/addresses/test", &ask::nothing()).await?;
    let items = tried["items"].as_array().map_or(&[][..], Vec::as_slice);
    context.printer.list(items, &COLUMNS, NONE)?;
    if context.printer.format() == Format::Table && !items.is_empty() {
        for item in items {
            say(&format!("\n{}: {}.\n  To do: {}.", text(item, "address"), text(item, "detail"), text(item, "remedy")))?;
        }
        say("\nThis was tried from the inside and does not prove what others meet: the proof is another office that connects.")?;
    }
    let reached = items.iter().filter(|item| item["outcome"] == "reached").count();
    match reached {
        0 => Err(Failure::new(Exit::Failed, "")),
        some if some < items.len() => Err(Failure::new(Exit::Partly, "")),
        _ => Ok(()),
    }
}
