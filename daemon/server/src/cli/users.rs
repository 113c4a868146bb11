//! `user`: the users of this office and their rights.

use clap::Subcommand;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::{query, segment};
use super::exit::Failure;
use super::output::{Column, text};
use super::{Context, proxies};

/// Users of this office
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user
    #[command(after_help = "Examples:
  interoffice user add ann
  interoffice user add root --account admin --display-name \"Rita Root\" --email rita@a.example
  interoffice user add sue --super-user")]
    Add {
        /// Permanent sign-in name: 2 to 256 letters and digits
        name: String,
        /// Name for people [default: the sign-in name]
        #[arg(long)]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
        /// practitioner, admin or assistant
        #[arg(long, default_value = "practitioner")]
        account: String,
        /// Sees everything but private records
        #[arg(long)]
        super_user: bool,
        /// Sees over department borders
        #[arg(long)]
        enterprise_view: bool,
    },
    /// List the users and their rights
    #[command(after_help = "Examples:
  interoffice user list
  interoffice user list --text \"muller@\"
  interoffice user list --output jsonl")]
    List {
        /// Only those in whose name, e-mail address or sign-in name all these words are found
        #[arg(long, value_name = "WORDS")]
        text: Option<String>,
    },
    /// Switch a right of a user on or off
    ///
    /// A user with the record-sharing right can hold neither; that right itself is given by `interoffice specialist enable`.
    #[command(after_help = "Examples:
  interoffice user right sue super-user on
  interoffice user right sue enterprise-view off")]
    Right {
        /// The user
        user: String,
        /// super-user or enterprise-view
        right: String,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
    /// Share all clients of the office with a user, or no longer
    #[command(after_help = "Examples:
  interoffice user all-clients bob write --dry-run
  interoffice user all-clients bob none --yes")]
    AllClients {
        /// The user
        user: String,
        /// read, write, full-control or none
        level: String,
        #[command(flatten)]
        consent: Consent,
    },
    #[command(subcommand)]
    Proxy(proxies::Proxy),
    /// Disable a user: all links end, the copies at other offices are removed
    #[command(after_help = "Examples:
  interoffice user disable bob --dry-run
  interoffice user disable bob --yes")]
    Disable {
        /// The user
        user: String,
        #[command(flatten)]
        consent: Consent,
    },
}

const COLUMNS: [Column; 5] = [
    ("USER", |user| text(user, "name")),
    ("NAME", |user| text(user, "display_name")),
    ("ACCOUNT", |user| text(user, "account")),
    ("RIGHTS", |user| text(user, "rights")),
    ("STATE", |user| if user["disabled"] == true { "disabled".to_owned() } else { "enabled".to_owned() }),
];

pub(super) async fn run(context: &Context, user: User) -> Result<(), Failure> {
    let client = &context.client;
    match user {
        User::Add { name, display_name, email, account, super_user, enterprise_view } => {
            let mut body = json!({ "name": name, "account": account, "super_user": super_user, "enterprise_view": enterprise_view });
            for (member, value) in [("display_name", display_name), ("email", email)] {
                if let Some(value) = value {
                    body[member] = value.into();
                }
            }
            let user: Value = client.post("/users", &body).await?;
            context.printer.one(&user, |user| format!("User {} was added.", text(user, "name")))
        }
        User::List { text } => {
            let none = if text.is_some() { "Nobody is called so." } else { "This office has no users yet: interoffice user add NAME" };
            list(context, &format!("/users{}", query(&[("text", text)])), none).await
        }
        User::Right { user, right, state } => {
            let path = format!("/users/{}/rights", segment(&user));
            let user: Value = client.post(&path, &json!({ "right": right, "on": state == "on" })).await?;
            context.printer.one(&user, rights)
        }
        User::AllClients { user, level, consent } => {
            let path = format!("/users/{}/all-clients", segment(&user));
            let Some(user) = ask::carry_out(context, &path, json!({ "level": level }), consent).await? else { return Ok(()) };
            context.printer.one(&user, |user| format!("User {} has {} on all clients.", text(user, "name"), text(user, "all_clients")))
        }
        User::Proxy(proxy) => proxies::run(context, proxy).await,
        User::Disable { user, consent } => {
            let path = format!("/users/{}/disable", segment(&user));
            let Some(user) = ask::carry_out(context, &path, ask::nothing(), consent).await? else { return Ok(()) };
            context.printer.one(&user, |user| format!("User {} is disabled.", text(user, "name")))
        }
    }
}

/// Prints the users at `path`.
pub(super) async fn list(context: &Context, path: &str, none: &str) -> Result<(), Failure> {
    let users: Value = context.client.get(path).await?;
    context.printer.list(users["items"].as_array().map_or(&[], Vec::as_slice), &COLUMNS, none)
}

/// Which rights a user holds, as a sentence.
pub(super) fn rights(user: &Value) -> String {
    let rights = text(user, "rights");
    format!("User {} holds: {}.", text(user, "name"), if rights.is_empty() { "no special right" } else { &rights })
}
