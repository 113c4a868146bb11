//! `access`: asking for access to a record, and answering those who ask.

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::segment;
use super::exit::Failure;
use super::output::{Column, none, number, text, time};
use super::{Context, pages};

/// Ask for access to records, and answer those who ask
#[derive(Debug, Subcommand)]
pub(super) enum Access {
    /// Ask for access to a record, or for more of it; whoever may share it answers
    #[command(after_help = "Examples:
  interoffice --as bob record list muller --locked
  interoffice --as bob record access agpz2q7mxa4f5bhd3i6kqwtzne
  interoffice --as bob access request agpz2q7mxa4f5bhd3i6kqwtzne --level write --message \"I take over the claim\"")]
    Request {
        /// The record: its whole id, as `record list --locked` shows it
        record: String,
        /// read, write or full-control
        #[arg(long, default_value = "read", value_name = "LEVEL")]
        level: String,
        /// What to say to it: at most 500 characters
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        message: String,
    },
    /// List the requests that you made or may answer, the newest first
    #[command(after_help = "Examples:
  interoffice --as ann access list --state waiting
  interoffice --as bob access list --mine --output jsonl")]
    List {
        /// Only those that the acting user made
        #[arg(long)]
        mine: bool,
        /// waiting, granted, refused, withdrawn, expired or void
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Give what was asked for, or another level
    #[command(after_help = "Examples:
  interoffice --as ann access grant 7
  interoffice --as ann access grant 7 --level read")]
    Grant {
        /// The number of the request
        request: u64,
        /// read, write or full-control, instead of what was asked for
        #[arg(long, value_name = "LEVEL")]
        level: Option<String>,
    },
    /// Give nothing; the user who asked reads why
    #[command(after_help = "Examples:
  interoffice --as ann access refuse 7 --reason \"The claim is closed\"")]
    Refuse {
        /// The number of the request
        request: u64,
        /// Why: at most 500 characters
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        reason: String,
    },
    /// Take a request of your own back
    #[command(after_help = "Examples:
  interoffice --as bob access withdraw 7")]
    Withdraw {
        /// The number of the request
        request: u64,
    },
}

const COLUMNS: [Column; 7] = [
    ("REQUEST", |request| text(request, "id")),
    ("STATE", |request| text(request, "state")),
    ("USER", |request| text(request, "requester")),
    ("LEVEL", level),
    ("RECORD", record),
    ("ASKED", |request| time(request, "asked_ms")),
    ("WORDS", words),
];

pub(super) async fn run(context: &Context, asked: Access) -> Result<(), Failure> {
    let client = &context.client;
    let request: Value = match asked {
        Access::List { mine, state, limit } => return list(context, mine, state, limit).await,
        Access::Request { record, level, message } => {
            client.post(&format!("/records/{}/requests", segment(&record)), &json!({ "level": level, "message": message })).await?
        }
        Access::Grant { request, level: Some(level) } => {
            client.post(&format!("/requests/{request}/grant"), &json!({ "level": level })).await?
        }
        Access::Grant { request, level: None } => client.post(&format!("/requests/{request}/grant"), &json!({})).await?,
        Access::Refuse { request, reason } => client.post(&format!("/requests/{request}/refuse"), &json!({ "reason": reason })).await?,
        Access::Withdraw { request } => client.post(&format!("/requests/{request}/withdraw"), &json!({})).await?,
    };
    context.printer.one(&request, |request| {
        let (id, user, level) = (number(request, "id"), text(request, "requester"), level(request));
        match text(request, "state").as_str() {
            "waiting" => format!("Request {id} of {user} for {level} waits for an answer."),
            "granted" => format!("Request {id} is granted: {user} has {level}."),
            state => format!("Request {id} of {user} is {state}."),
        }
    })
}

async fn list(context: &Context, mine: bool, state: Option<String>, limit: u64) -> Result<(), Failure> {
    let none = none("request", mine || state.is_some());
    let parameters = vec![("mine", mine.then(|| "true".to_owned())), ("state", state)];
    pages::list(context, "/requests", &parameters, limit).await?.print(context, &COLUMNS, &none)
}

/// What was given, else what is asked for.
fn level(request: &Value) -> String {
    let given = text(request, "given");
    if given.is_empty() { text(request, "level") } else { given }
}

/// The record's name, where it may be known, else its id.
fn record(request: &Value) -> String {
    let name = text(request, "name");
    if name.is_empty() { text(request, "record") } else { name }
}

/// What was said to it: the message while it waits, the reason once it is refused, else why it is void.
fn words(request: &Value) -> String {
    let by = match text(request, "answered_by").as_str() {
        "" => String::new(),
        name => format!("{name}: "),
    };
    match text(request, "state").as_str() {
        "refused" => format!("{by}{}", text(request, "reason")),
        "granted" => format!("{by}granted"),
        "void" => text(request, "why"),
        _ => text(request, "message"),
    }
}
