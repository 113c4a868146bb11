//! `user`: the users of this office and their rights.

use clap::Subcommand;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::segment;
use super::exit::Failure;
use super::output::{Column, text, time};
use super::{Context, pages, proxies};

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
        /// First name
        #[arg(long)]
        first_name: Option<String>,
        /// Last name
        #[arg(long)]
        last_name: Option<String>,
        /// Name for people [default: first and last name, else the sign-in name]
        #[arg(long)]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
        /// practitioner, admin or assistant
        #[arg(long, default_value = "practitioner")]
        account: String,
        /// Role [default: the one that goes with the account]
        #[arg(long)]
        role: Option<String>,
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
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
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
    /// Let a disabled user act again; links and rights that ended do not come back
    #[command(after_help = "Examples:
  interoffice user enable bob")]
    Enable {
        /// The user
        user: String,
    },
    /// Change names and e-mail address of a user
    #[command(after_help = "Examples:
  interoffice user rename ann --last-name Archer --email ann@a.example")]
    Rename {
        /// The user
        user: String,
        /// First name
        #[arg(long)]
        first_name: Option<String>,
        /// Last name
        #[arg(long)]
        last_name: Option<String>,
        /// Name for people
        #[arg(long)]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Give a user another role
    #[command(after_help = "Examples:
  interoffice user role ann Administrator --dry-run
  interoffice user role eve \"Front desk\" --yes")]
    Role {
        /// The user
        user: String,
        /// The role
        role: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Give a user another account type: practitioner, admin or assistant
    #[command(after_help = "Examples:
  interoffice user account ann admin --dry-run
  interoffice user account eve assistant --yes")]
    Account {
        /// The user
        user: String,
        /// practitioner, admin or assistant
        account: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Make a link with which a user sets a first or a forgotten password
    #[command(after_help = "Examples:
  interoffice user invite ann")]
    Invite {
        /// The user
        user: String,
    },
    /// Take the second factor of a user away who lost it
    #[command(after_help = "Examples:
  interoffice user second-factor ann off")]
    SecondFactor {
        /// The user
        user: String,
        /// off
        #[arg(value_parser = ["off"])]
        state: String,
    },
    /// List the sessions of a user
    #[command(after_help = "Examples:
  interoffice user sessions ann")]
    Sessions {
        /// The user
        user: String,
    },
    /// End all sessions of a user
    #[command(after_help = "Examples:
  interoffice user sign-out ann")]
    SignOut {
        /// The user
        user: String,
    },
    /// Give all records of a user to another one
    #[command(after_help = "Examples:
  interoffice user hand-over bob --to ann --dry-run
  interoffice user hand-over bob --to ann --yes")]
    HandOver {
        /// The user
        user: String,
        /// Who is to own the records
        #[arg(long, value_name = "USER")]
        to: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Delete a user who owns no records and has no links; the sign-in name stays taken
    #[command(after_help = "Examples:
  interoffice user delete bob --dry-run
  interoffice user delete bob --yes")]
    Delete {
        /// The user
        user: String,
        #[command(flatten)]
        consent: Consent,
    },
}

const COLUMNS: [Column; 6] = [
    ("USER", |user| text(user, "name")),
    ("NAME", |user| text(user, "display_name")),
    ("ACCOUNT", |user| text(user, "account")),
    ("ROLE", |user| text(user, "role")),
    ("RIGHTS", |user| text(user, "rights")),
    ("STATE", |user| text(user, "state")),
];

const SESSIONS: [Column; 5] = [
    ("SESSION", |session| text(session, "id")),
    ("SINCE", |session| time(session, "created_ms")),
    ("LAST USED", |session| time(session, "seen_ms")),
    ("FROM", |session| text(session, "address")),
    ("PROGRAM", |session| text(session, "agent")),
];

pub(super) async fn run(context: &Context, user: User) -> Result<(), Failure> {
    let client = &context.client;
    match user {
        User::Add { name, first_name, last_name, display_name, email, account, role, super_user, enterprise_view } => {
            let mut body = json!({ "name": name, "account": account, "super_user": super_user, "enterprise_view": enterprise_view });
            let given =
                [("first_name", first_name), ("last_name", last_name), ("display_name", display_name), ("email", email), ("role", role)];
            fill(&mut body, given);
            let user: Value = client.post("/users", &body).await?;
            context.printer.one(&user, |user| format!("User {} was added.", text(user, "name")))
        }
        User::List { text, limit } => {
            let none = if text.is_some() { "Nobody is called so." } else { "This office has no users yet: interoffice user add NAME" };
            pages::list(context, "/users", &vec![("text", text)], limit).await?.print(context, &COLUMNS, none)
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
        other => manage(context, other).await,
    }
}

/// Sets the members that were given.
fn fill<const N: usize>(body: &mut Value, given: [(&str, Option<String>); N]) {
    for (member, value) in given {
        if let Some(value) = value {
            body[member] = value.into();
        }
    }
}

/// What an administrator does with accounts.
async fn manage(context: &Context, user: User) -> Result<(), Failure> {
    let client = &context.client;
    let path = |user: &str, verb: &str| format!("/users/{}{verb}", segment(user));
    let (user, said): (Value, &str) = match user {
        User::Enable { user } => (client.post(&path(&user, "/enable"), &json!({})).await?, "is enabled"),
        User::Rename { user, first_name, last_name, display_name, email } => {
            let mut body = json!({});
            fill(&mut body, [("first_name", first_name), ("last_name", last_name), ("display_name", display_name), ("email", email)]);
            (client.patch(&path(&user, ""), &body).await?, "is changed")
        }
        User::Role { user, role, consent } => {
            let done = ask::carry_out(context, &path(&user, "/assign"), json!({ "role": role }), consent).await?;
            let Some(user) = done else { return Ok(()) };
            (user, "has another role")
        }
        User::Account { user, account, consent } => {
            let done = ask::carry_out(context, &path(&user, "/assign"), json!({ "account": account }), consent).await?;
            let Some(user) = done else { return Ok(()) };
            (user, "has another account")
        }
        User::SecondFactor { user, .. } => (client.delete(&path(&user, "/second-factor")).await?, "has no second factor"),
        User::Delete { user, consent } => {
            let Some(user) = ask::carry_out(context, &path(&user, "/delete"), ask::nothing(), consent).await? else { return Ok(()) };
            (user, "is deleted")
        }
        other => return sign_ins(context, other).await,
    };
    context.printer.one(&user, |user| format!("User {} {said}.", text(user, "name")))
}

/// What has to do with signing in, and with what somebody leaves behind.
async fn sign_ins(context: &Context, user: User) -> Result<(), Failure> {
    let client = &context.client;
    match user {
        User::Invite { user } => {
            let invited: Value = client.post(&format!("/users/{}/invite", segment(&user)), &json!({})).await?;
            context.printer.one(&invited, |invited| {
                let how = if invited["mailed"] == true { "A mail brings it; it can be handed over too" } else { "Hand it over" };
                let (user, until, link) = (text(invited, "user"), time(invited, "until_ms"), text(invited, "link"));
                format!("{user} sets a password with this link, once, until {until}. {how}:\n  {link}")
            })
        }
        User::Sessions { user } => {
            let sessions: Value = client.get(&format!("/users/{}/sessions", segment(&user))).await?;
            let items = sessions["items"].as_array().map_or(&[][..], Vec::as_slice);
            context.printer.list(items, &SESSIONS, "Nobody is signed in as this user.")
        }
        User::SignOut { user } => {
            let ended: Value = client.delete(&format!("/users/{}/sessions", segment(&user))).await?;
            context.printer.one(&ended, |ended| format!("Sessions that ended: {}.", text(ended, "sessions")))
        }
        User::HandOver { user, to, consent } => {
            let path = format!("/users/{}/hand-over", segment(&user));
            let Some(done) = ask::carry_out(context, &path, json!({ "to": to }), consent).await? else { return Ok(()) };
            let words =
                |done: &Value| format!("{} owns {} records of {} now.", text(done, "to"), text(done, "records"), text(done, "from"));
            context.printer.one(&done, words)
        }
        _ => Ok(()),
    }
}

/// Prints the users who are specialists.
pub(super) async fn specialists(context: &Context, none: &str) -> Result<(), Failure> {
    let users: Value = context.client.get("/specialists").await?;
    context.printer.list(users["items"].as_array().map_or(&[], Vec::as_slice), &COLUMNS, none)
}

/// Which rights a user holds, as a sentence.
pub(super) fn rights(user: &Value) -> String {
    let rights = text(user, "rights");
    format!("User {} holds: {}.", text(user, "name"), if rights.is_empty() { "no special right" } else { &rights })
}
