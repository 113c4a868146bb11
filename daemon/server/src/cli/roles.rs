//! `role`: roles of this office, each a set of permissions.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::ask::{self, Consent};
use super::client::segment;
use super::exit::Failure;
use super::output::{Column, text};

/// Roles of this office, each a set of permissions
#[derive(Debug, Subcommand)]
pub(super) enum Role {
    /// Make a role
    ///
    /// Permissions: all-clients, edit, share, exchange, archive, delete, export.
    #[command(after_help = "Examples:
  interoffice role add \"Front desk\" --allow edit
  interoffice role add Partner --allow all-clients --allow edit --allow share --allow export")]
    Add {
        /// Its name: 1 to 100 characters
        name: String,
        /// A permission that it gives; may be repeated
        #[arg(long, value_name = "PERMISSION")]
        allow: Vec<String>,
    },
    /// List the roles
    #[command(after_help = "Examples:
  interoffice role list
  interoffice role list --output jsonl")]
    List,
    /// Show one role
    #[command(after_help = "Examples:
  interoffice role show Practitioner")]
    Show {
        /// The role
        role: String,
    },
    /// Give a role another name or other permissions
    #[command(after_help = "Examples:
  interoffice role change \"Front desk\" --name Reception --yes
  interoffice role change Assistant --allow edit --allow export --dry-run")]
    Change {
        /// The role
        role: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// A permission that it is to give, instead of all that it gives now; may be repeated
        #[arg(long, value_name = "PERMISSION", conflicts_with = "allow_nothing")]
        allow: Vec<String>,
        /// Leave it no permission
        #[arg(long)]
        allow_nothing: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Delete a role that no user has
    #[command(after_help = "Examples:
  interoffice role delete \"Front desk\"")]
    Delete {
        /// The role
        role: String,
    },
}

const COLUMNS: [Column; 3] = [
    ("ROLE", |role| text(role, "name")),
    ("MAY", |role| if role["administers"] == true { "everything".to_owned() } else { text(role, "permissions") }),
    ("USERS", |role| text(role, "users")),
];

pub(super) async fn run(context: &Context, role: Role) -> Result<(), Failure> {
    let client = &context.client;
    let path = |role: &str| format!("/roles/{}", segment(role));
    let (role, said): (Value, &str) = match role {
        Role::List => {
            let roles: Value = client.get("/roles").await?;
            let items = roles["items"].as_array().map_or(&[][..], Vec::as_slice);
            return context.printer.list(items, &COLUMNS, "This office has no roles.");
        }
        Role::Add { name, allow } => (client.post("/roles", &json!({ "name": name, "permissions": allow })).await?, " was made"),
        Role::Show { role } => (client.get(&path(&role)).await?, ""),
        Role::Change { role, name, allow, allow_nothing, consent } => {
            let mut body = json!({});
            if let Some(name) = name {
                body["name"] = name.into();
            }
            if allow_nothing || !allow.is_empty() {
                body["permissions"] = allow.into();
            }
            let Some(role) = ask::carry_out(context, &format!("{}/change", path(&role)), body, consent).await? else { return Ok(()) };
            (role, " is changed")
        }
        Role::Delete { role } => (client.delete(&path(&role)).await?, " is deleted"),
    };
    context.printer.one(&role, |role| {
        let may = match (role["administers"] == true, text(role, "permissions")) {
            (true, _) => "It administers the office.".to_owned(),
            (false, permissions) if permissions.is_empty() => "It allows nothing.".to_owned(),
            (false, permissions) => format!("It allows: {permissions}."),
        };
        format!("Role {}{said}. {may}", text(role, "name"))
    })
}
