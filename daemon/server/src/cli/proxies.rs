//! `user proxy`: whose records a user sees beside his or her own.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::ask::{self, Consent};
use super::client::segment;
use super::exit::Failure;
use super::output::{Column, text, time};

/// Proxies: users who see what another user owns, but for private records
#[derive(Debug, Subcommand)]
pub(super) enum Proxy {
    /// Let PROXY see and edit what USER owns
    ///
    /// For administrators, and for USER where users may share records.
    #[command(after_help = "Examples:
  interoffice user proxy add bob ann --dry-run
  interoffice --as bob user proxy add bob ann --yes")]
    Add {
        /// The user whose records are seen
        user: String,
        /// The user who sees them
        proxy: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Let PROXY no longer see what USER owns
    #[command(after_help = "Examples:
  interoffice user proxy remove bob ann --yes")]
    Remove {
        /// The user whose records are seen
        user: String,
        /// The user who sees them
        proxy: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// List the proxies of the office, or those that have to do with one user
    #[command(after_help = "Examples:
  interoffice user proxy list
  interoffice user proxy list bob --output jsonl")]
    List {
        /// The user
        user: Option<String>,
    },
}

const COLUMNS: [Column; 3] =
    [("USER", |proxy| text(proxy, "owner")), ("SEEN BY PROXY", |proxy| text(proxy, "proxy")), ("SINCE", |proxy| time(proxy, "since_ms"))];

fn path(user: &str) -> String {
    format!("/users/{}/proxies", segment(user))
}

pub(super) async fn run(context: &Context, proxy: Proxy) -> Result<(), Failure> {
    let (user, proxy, on, consent) = match proxy {
        Proxy::List { user } => {
            let found: Value = context.client.get(&user.as_deref().map_or_else(|| "/proxies".to_owned(), path)).await?;
            return list(context, &found, "There are no proxies: interoffice user proxy add USER PROXY");
        }
        Proxy::Add { user, proxy, consent } => (user, proxy, true, consent),
        Proxy::Remove { user, proxy, consent } => (user, proxy, false, consent),
    };
    match ask::carry_out(context, &path(&user), json!({ "proxy": proxy, "on": on }), consent).await? {
        Some(done) => list(context, &done, &format!("{user} has no proxies, and is none.")),
        None => Ok(()),
    }
}

fn list(context: &Context, found: &Value, none: &str) -> Result<(), Failure> {
    context.printer.list(found["items"].as_array().map_or(&[], Vec::as_slice), &COLUMNS, none)
}
