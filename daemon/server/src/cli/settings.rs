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
  interoffice settings --time-zone Europe/Berlin
  interoffice settings --log-views on --log-downloads on")]
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
    /// Whether showing a record whole is written into the audit
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    log_views: Option<String>,
    /// Whether exporting records is written into the audit
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    log_downloads: Option<String>,
    /// Whether a new record that looks like another one is asked about
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    warn_duplicates: Option<String>,
    /// Whether it is asked who is responsible for a new record
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    ask_responsible: Option<String>,
    /// Years for which a record is kept after its relationship was ended, before it is deleted: 1 to 100
    #[arg(long, value_name = "YEARS")]
    keep_years: Option<u32>,
}

pub(super) async fn run(context: &Context, settings: &Settings) -> Result<(), Failure> {
    let switches = [
        ("office_security", &settings.office_security),
        ("second_factor", &settings.second_factor),
        ("log_views", &settings.log_views),
        ("log_downloads", &settings.log_downloads),
        ("warn_duplicates", &settings.warn_duplicates),
        ("ask_responsible", &settings.ask_responsible),
    ];
    let mut change = json!({});
    for (member, state) in switches {
        if let Some(state) = state {
            change[member] = (state == "on").into();
        }
    }
    if let Some(years) = settings.keep_years {
        change["keep_years"] = years.into();
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
            ("Views are logged", text(shown, "log_views")),
            ("Downloads are logged", text(shown, "log_downloads")),
            ("Duplicates are asked about", text(shown, "warn_duplicates")),
            ("The responsible is asked for", text(shown, "ask_responsible")),
            ("Years kept after the end", text(shown, "keep_years")),
        ])
    })
}
