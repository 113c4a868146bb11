//! `group`: groups of users, with whom records are shared at once.

use clap::Subcommand;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::segment;
use super::exit::Failure;
use super::output::{Column, text};
use super::{Context, pages};

/// Groups of users of this office
#[derive(Debug, Subcommand)]
pub(super) enum Group {
    /// Make a group
    #[command(after_help = "Examples:
  interoffice group add Tax
  interoffice group add \"Life insurance\" --member ann --member bob")]
    Add {
        /// Its name: 1 to 100 characters
        name: String,
        /// A user who is in it from the start
        #[arg(long, value_name = "USER")]
        member: Vec<String>,
    },
    /// List the groups; their members are shown to administrators and to members
    #[command(after_help = "Examples:
  interoffice group list
  interoffice group list --output jsonl")]
    List {
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Show one group
    #[command(after_help = "Examples:
  interoffice group show Tax")]
    Show {
        /// The group
        group: String,
    },
    /// Give a group another name
    #[command(after_help = "Examples:
  interoffice group rename Tax \"Tax and wills\"")]
    Rename {
        /// The group
        group: String,
        /// Its new name
        name: String,
    },
    /// Put a user into a group
    #[command(after_help = "Examples:
  interoffice group join Tax ann")]
    Join {
        /// The group
        group: String,
        /// The user
        user: String,
    },
    /// Take a user out of a group
    #[command(after_help = "Examples:
  interoffice group leave Tax ann")]
    Leave {
        /// The group
        group: String,
        /// The user
        user: String,
    },
    /// Delete a group; access is revoked for all users in it
    #[command(after_help = "Examples:
  interoffice group delete Tax --dry-run
  interoffice group delete Tax --yes")]
    Delete {
        /// The group
        group: String,
        #[command(flatten)]
        consent: Consent,
    },
}

const COLUMNS: [Column; 3] = [
    ("GROUP", |group| text(group, "name")),
    ("MEMBERS", |group| if group["members"].is_null() { "(not shown to you)".to_owned() } else { text(group, "members") }),
    ("RECORDS", |group| text(group, "records")),
];

pub(super) async fn run(context: &Context, group: Group) -> Result<(), Failure> {
    let client = &context.client;
    let path = |group: &str| format!("/groups/{}", segment(group));
    let (group, words): (Value, &str) = match group {
        Group::List { limit } => {
            let groups = pages::list(context, "/groups", &Vec::new(), limit).await?;
            return groups.print(context, &COLUMNS, "This office has no groups yet: interoffice group add NAME");
        }
        Group::Add { name, member } => (client.post("/groups", &json!({ "name": name, "members": member })).await?, "was made."),
        Group::Show { group } => (client.get(&path(&group)).await?, ""),
        Group::Rename { group, name } => (client.patch(&path(&group), &json!({ "name": name })).await?, "has this name now."),
        Group::Join { group, user } => {
            (client.post(&format!("{}/members", path(&group)), &json!({ "user": user })).await?, "has a new member.")
        }
        Group::Leave { group, user } => {
            (client.delete(&format!("{}/members/{}", path(&group), segment(&user))).await?, "has a member less.")
        }
        Group::Delete { group, consent } => {
            let done = ask::carry_out(context, &format!("{}/delete", path(&group)), ask::nothing(), consent).await?;
            let Some(done) = done else { return Ok(()) };
            return context.printer.one(&done, |group| format!("The group {} is deleted.", text(group, "name")));
        }
    };
    context.printer.one(&group, |group| {
        let members = match group["members"].as_array().map(Vec::len) {
            None => "Its members are not shown to you.".to_owned(),
            Some(0) => "Nobody is in it.".to_owned(),
            Some(_) => format!("In it: {}.", text(group, "members")),
        };
        let said = if words.is_empty() { String::new() } else { format!(" {words}") };
        format!("Group {}{said}{} {members}", text(group, "name"), if words.is_empty() { "." } else { "" })
    })
}
