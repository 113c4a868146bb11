//! `mail`: how mails to users are, and what they say.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::segment;
use super::exit::Failure;
use super::output::{Column, none, pairs, say, text, time};
use super::{Context, pages};

/// Mails to users of this office, for administrators
///
/// Where mails go stands in `interoffice.toml` under [mail]; until it says so they wait. Once a day, when client access is on, users are
/// told which of the records they have access to were changed; copies received from other offices are not among them.
#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// List the mails, the newest first, with how each is: waiting, sent, failed or dropped
    #[command(after_help = "Examples:
  interoffice mail list
  interoffice mail list --state failed
  interoffice mail list --output jsonl")]
    List {
        /// Only mails in this state: waiting, sent, failed or dropped
        #[arg(long)]
        state: Option<String>,
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Try a mail again at once that failed, or that waits for its next attempt
    #[command(after_help = "Examples:
  interoffice mail retry 17")]
    Retry {
        /// Its number, as `mail list` shows it
        mail: String,
    },
    /// Send a user a test message
    #[command(after_help = "Examples:
  interoffice mail test ann
  interoffice --as rita mail test")]
    Test {
        /// The user [default: whoever acts]
        user: Option<String>,
    },
    /// What mails say
    #[command(subcommand)]
    Text(Text),
}

/// The texts of mails: templates in which {{ name }} stands for a variable
#[derive(Debug, Subcommand)]
pub(super) enum Text {
    /// List the kinds of mail, and which texts were changed here
    #[command(after_help = "Examples:
  interoffice mail text list")]
    List,
    /// Show the text of one kind, and the variables it may use
    #[command(after_help = "Examples:
  interoffice mail text show invitation")]
    Show {
        /// The kind
        kind: String,
    },
    /// Change the text of one kind; it is tried with sample values before it is kept
    #[command(after_help = "Examples:
  interoffice mail text set invitation --subject \"Welcome to {{ office }}\"
  interoffice mail text set digest --text digest.txt --html digest.html")]
    Set {
        /// The kind
        kind: String,
        /// The subject, one line
        #[arg(long, value_name = "TEMPLATE")]
        subject: Option<String>,
        /// File with the plain text
        #[arg(long, value_name = "FILE")]
        text: Option<PathBuf>,
        /// File with the HTML part: what stands between <body> and </body>
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Go back to the text that the program brings
    #[command(after_help = "Examples:
  interoffice mail text reset invitation")]
    Reset {
        /// The kind
        kind: String,
    },
}

const COLUMNS: [Column; 7] = [
    ("MAIL", |mail| text(mail, "id")),
    ("KIND", |mail| text(mail, "kind")),
    ("USER", |mail| text(mail, "user")),
    ("STATE", |mail| text(mail, "state")),
    ("WRITTEN", |mail| time(mail, "created_ms")),
    ("NEXT TRY", |mail| if mail["reason"] == NOT_SET_UP { String::new() } else { time(mail, "next_try_ms") }),
    ("REASON", |mail| text(mail, "reason")),
];
const NOT_SET_UP: &str = "mail is not set up";
const TEXT_COLUMNS: [Column; 4] = [
    ("KIND", |shown| text(shown, "kind")),
    ("TEXT", |shown| if shown["edited"] == true { "changed here".to_owned() } else { "as the program brings it".to_owned() }),
    ("SUBJECT", |shown| text(shown, "subject")),
    ("VARIABLES", |shown| names(shown).join(", ")),
];

pub(super) async fn run(context: &Context, mail: Mail) -> Result<(), Failure> {
    let client = &context.client;
    let mail: Value = match mail {
        Mail::List { state, limit } => {
            let none = none("mail", state.is_some());
            let mails = pages::list(context, "/mails", &vec![("state", state)], limit).await?;
            if mails.first["set_up"] == false {
                say("Mail is not set up, so mails wait: see [mail] in interoffice.toml.")?;
            }
            return mails.print(context, &COLUMNS, &none);
        }
        Mail::Text(asked) => return texts(context, asked).await,
        Mail::Retry { mail } => client.post(&format!("/mails/{}/retry", segment(&mail)), &json!({})).await?,
        Mail::Test { user } => client.post("/mails/test", &user.map_or_else(|| json!({}), |user| json!({ "user": user }))).await?,
    };
    context.printer.one(&mail, |mail| {
        let reason = text(mail, "reason");
        let why = if reason.is_empty() { "see `interoffice mail list`".to_owned() } else { reason };
        format!("Mail {} to {} is {}: {why}.", text(mail, "id"), text(mail, "user"), text(mail, "state"))
    })
}

async fn texts(context: &Context, asked: Text) -> Result<(), Failure> {
    let client = &context.client;
    let path = |kind: &str| format!("/mail/texts/{}", segment(kind));
    let shown: Value = match asked {
        Text::List => {
            let texts: Value = client.get("/mail/texts").await?;
            return context.printer.list(texts["items"].as_array().map_or(&[], Vec::as_slice), &TEXT_COLUMNS, "There are no texts.");
        }
        Text::Show { kind } => client.get(&path(&kind)).await?,
        Text::Reset { kind } => client.delete(&path(&kind)).await?,
        Text::Set { kind, subject, text, html } => {
            let mut change = json!({});
            if let Some(subject) = subject {
                change["subject"] = subject.into();
            }
            for (member, file) in [("text", text), ("html", html)] {
                if let Some(file) = file {
                    let read = std::fs::read_to_string(&file);
                    change[member] = read.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?.into();
                }
            }
            if change == json!({}) {
                return Err(Failure::usage("nothing is changed: give --subject, --text or --html"));
            }
            client.put(&path(&kind), &change).await?
        }
    };
    context.printer.one(&shown, words)
}

fn names(shown: &Value) -> Vec<String> {
    shown["variables"].as_array().into_iter().flatten().map(|variable| text(variable, "name")).collect()
}

/// A text as it is, with what its variables stand for.
fn words(shown: &Value) -> String {
    let part = |name: &str| shown[name].as_str().unwrap_or_default().trim_end().to_owned();
    let state = if shown["edited"] == true { "changed here" } else { "as the program brings it" };
    let mut words = pairs(&[("Kind", text(shown, "kind")), ("Text", state.to_owned()), ("Subject", text(shown, "subject"))]);
    for (head, name) in [("Plain text", "text"), ("HTML", "html")] {
        words.push_str(&format!("\n{head}:\n{}\n", part(name)));
    }
    words.push_str("\nVariables:\n");
    let variables = shown["variables"].as_array().into_iter().flatten();
    words.extend(variables.map(|variable| format!("  {:<10} {}\n", text(variable, "name"), text(variable, "about"))));
    words
}
