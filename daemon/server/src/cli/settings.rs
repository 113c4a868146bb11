//! `settings`: what the office keeps in its database.

use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output::{pairs, text};

/// Show or change settings of the office
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice settings
  interoffice settings --office-security on")]
pub(super) struct Settings {
    /// Whether users see only contacts assigned to them
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    office_security: Option<String>,
}

pub(super) async fn run(context: &Context, settings: &Settings) -> Result<(), Failure> {
    let shown: Value = match &settings.office_security {
        Some(state) => context.client.patch("/settings", &json!({ "office_security": state == "on" })).await?,
        None => context.client.get("/settings").await?,
    };
    context.printer.one(&shown, |shown| pairs(&[("Office security", text(shown, "office_security"))]))
}
