//! `client-access`: whether users see only records that concern them, who may share, and whether users may ask for access.

use serde_json::{Value, json};

use super::Context;
use super::ask::{self, Consent};
use super::exit::Failure;
use super::output::{pairs, text};

/// Show or change who gets at the office's clients
///
/// Switching it on changes nothing for what is there: what everybody reads is then shared with the whole office, and is taken away
/// record by record. What is added later is seen by its owner alone until it is shared. Where users may ask for access, they see the names
/// of records that are hidden from them, private ones left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice client-access
  interoffice client-access --manage on --dry-run
  interoffice client-access --manage on --sharing off --yes
  interoffice client-access --requesting on --dry-run")]
pub(super) struct ClientAccess {
    /// Whether users see only records that concern them
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    manage: Option<String>,
    /// Whether users with Full Control may share, or administrators alone
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    sharing: Option<String>,
    /// Whether users see the names of what is hidden from them, and may ask for access
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    requesting: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(context: &Context, asked: ClientAccess) -> Result<(), Failure> {
    let mut body = json!({});
    for (member, state) in [("on", asked.manage), ("sharing", asked.sharing), ("requesting", asked.requesting)] {
        if let Some(state) = state {
            body[member] = (state == "on").into();
        }
    }
    let shown: Value = if body == json!({}) {
        context.client.get("/client-access").await?
    } else {
        let Some(done) = ask::carry_out(context, "/client-access", body, asked.consent).await? else { return Ok(()) };
        done
    };
    context.printer.one(&shown, |shown| {
        pairs(&[
            ("Client access", text(shown, "on")),
            ("Sharing by users", text(shown, "sharing")),
            ("Asking for access", text(shown, "requesting")),
            ("Office security", text(shown, "office_security")),
        ])
    })
}
