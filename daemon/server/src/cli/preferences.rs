//! `preferences`: what a user chooses for him- or herself.

use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::links::COLUMNS;
use super::output::{pairs, table, text};

/// Show or change your own preferences, and see with whom you are linked
///
/// Without "Accept cases as a specialist from any owner" you accept no request, and what others share with you stays closed; nothing
/// of it is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice --as ann preferences
  interoffice --as ann preferences --accept-cases off
  interoffice --as ann preferences --output json")]
pub(super) struct Preferences {
    /// Accept cases as a specialist from any owner
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    accept_cases: Option<String>,
}

pub(super) async fn run(context: &Context, asked: &Preferences) -> Result<(), Failure> {
    let shown: Value = match &asked.accept_cases {
        Some(state) => context.client.patch("/preferences", &json!({ "accept_cases": state == "on" })).await?,
        None => context.client.get("/preferences").await?,
    };
    context.printer.one(&shown, words)
}

fn words(shown: &Value) -> String {
    let sharing = &shown["record_sharing"];
    let mut words = pairs(&[
        ("User", text(shown, "user")),
        ("Record Sharing", text(sharing, "enabled")),
        ("Accept cases as a specialist from any owner", text(sharing, "accept_cases")),
    ]);
    for (list, head) in
        [("receiving_mine", "Users receiving my contact records"), ("sharing_with_me", "Users sharing their contact records with me")]
    {
        let links = sharing[list].as_array().map_or(&[][..], Vec::as_slice);
        let rows = if links.is_empty() { "none\n".to_owned() } else { table(links, &COLUMNS) };
        words.push_str(&format!("\n{head}:\n{rows}"));
    }
    words
}
