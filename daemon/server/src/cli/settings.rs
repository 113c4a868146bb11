//! `settings`: what the office keeps in its database.

use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output::{pairs, text};

/// Show or change settings of the office
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice settings
  interoffice settings --office-security on
  interoffice settings --second-factor on
  interoffice settings --time-zone Europe/Berlin")]
pub(super) struct Settings {
    /// Whether users see only contacts assigned to them
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    office_security: Option<String>,
    /// Whether everybody needs a second factor to sign in
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    second_factor: Option<String>,
    /// Time zone of the office, whose mornings the daily digest is sent in
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
}

pub(super) async fn run(context: &Context, settings: &Settings) -> Result<(), Failure> {
    let mut change = json!({});
    for (member, state) in [("office_security", &settings.office_security), ("second_factor", &settings.second_factor)] {
        if let Some(state) = state {
            change[member] = (state == "on").into();
        }
    }
    if let Some(name) = &settings.time_zone {
        change["time_zone"] = name.as_str().into();
    }
    let shown: Value =
        if change == json!({}) { context.client.get("/settings").await? } else { context.client.patch("/settings", &change).await? };
    context.printer.one(&shown, |shown| {
        pairs(&[
            ("Office security", text(shown, "office_security")),
            ("Second factor", text(shown, "second_factor")),
            ("Time zone", text(shown, "time_zone")),
        ])
    })
}
