//! `specialist`: giving and taking the right Record Sharing.

use clap::Subcommand;
use serde_json::json;

use super::Context;
use super::ask::{self, Consent};
use super::client::segment;
use super::exit::Failure;
use super::output::{counted, number, short, text};
use super::users;

/// Specialists: users with the right Record Sharing
#[derive(Debug, Subcommand)]
pub(super) enum Specialist {
    /// Give a user the right Record Sharing, after showing what changes with it
    #[command(after_help = "Examples:
  interoffice specialist enable ann
  interoffice specialist enable ann --yes --handshake \"Office B/bob\"
  interoffice specialist enable ann --dry-run --output json")]
    Enable {
        /// The user
        user: String,
        /// Quick Handshake: also send a link request to this user of another office
        #[arg(long, value_name = "OFFICE/USER")]
        handshake: Option<String>,
        /// Why the records are shared, for the quick handshake
        #[arg(long, requires = "handshake", default_value = "")]
        purpose: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Take the right away: all links of the user end, the copies at other offices are removed
    #[command(after_help = "Examples:
  interoffice specialist disable ann
  interoffice specialist disable ann --yes")]
    Disable {
        /// The user
        user: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// List the specialists
    #[command(after_help = "Examples:
  interoffice specialist list
  interoffice specialist list --output json")]
    List,
}

pub(super) async fn run(context: &Context, specialist: Specialist) -> Result<(), Failure> {
    match specialist {
        Specialist::Enable { user, handshake, purpose, consent } => {
            let mut body = ask::nothing();
            if let Some(handshake) = handshake {
                let (office, other) = office_and_user(&handshake)?;
                body["handshake"] = json!({ "office": office, "user": other, "purpose": purpose });
            }
            let path = format!("/specialists/{}/enable", segment(&user));
            let Some(done) = ask::carry_out(context, &path, body, consent).await? else { return Ok(()) };
            context.printer.one(&done, |done| {
                let mut words = users::rights(done);
                if done["link"].is_object() {
                    words.push_str(&format!("\nLink {} was requested: {}.", short(&done["link"], "link"), text(&done["link"], "status")));
                }
                words
            })
        }
        Specialist::Disable { user, consent } => {
            let path = format!("/specialists/{}/disable", segment(&user));
            let Some(done) = ask::carry_out(context, &path, ask::nothing(), consent).await? else { return Ok(()) };
            context.printer.one(&done, |done| {
                let ended = counted(number(done, "links_ended"), "link", "links");
                format!("{}\n{ended} ended.", users::rights(done))
            })
        }
        Specialist::List => users::specialists(context, "No user has the right Record Sharing: interoffice specialist enable USER").await,
    }
}

/// Splits `OFFICE/USER` at the last slash, since an office's name may hold one.
pub(super) fn office_and_user(text: &str) -> Result<(&str, &str), Failure> {
    let parts = text.rsplit_once('/').filter(|(office, user)| !office.trim().is_empty() && !user.trim().is_empty());
    parts
        .map(|(office, user)| (office.trim(), user.trim()))
        .ok_or_else(|| Failure::usage(format!("'{text}' is not OFFICE/USER, such as \"Office B/bob\"")))
}
