//! `record activity`: what a specialist notes of his or her work with a contact that another office shares.

use clap::Subcommand;
use interoffice_core::domain::activity::Kind;
use jiff::civil::time as clock_time;
use serde_json::{Value, json};

use super::client::segment;
use super::exit::Failure;
use super::output::{Column, say, text, time};
use super::{Context, audit, pages};

/// What you did with a contact that another office shares with you, such as a call; shown to you alone, erased with the copy
#[derive(Debug, Subcommand)]
pub(super) enum Activity {
    /// Note an activity
    ///
    /// It stays in this office and goes when the copy goes: the office that shares the contact does not see it.
    #[command(after_help = "Examples:
  interoffice --as bob record activity add agpz2q7m --kind call --subject \"Asked about the policy\"
  interoffice --as bob record activity add agpz2q7m --kind meeting --subject Review --at 2026-03-01T09:30:00Z --text \"Wants another quote\"")]
    Add {
        /// The record: its id, or at least six letters of its beginning
        record: String,
        /// call, meeting, email, letter or note
        #[arg(long, default_value = Kind::Note.as_str(), value_parser = Kind::ALL.map(Kind::as_str))]
        kind: String,
        /// What it was about: a line of up to 200 characters
        #[arg(long)]
        subject: String,
        /// More about it: up to 4,000 characters
        #[arg(long, default_value = "")]
        text: String,
        /// When it was or will be: a day, or a moment such as 2026-03-01T12:30:00Z; now when not given
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// List your activities of a contact, the latest first
    #[command(after_help = "Examples:
  interoffice --as bob record activity list agpz2q7m
  interoffice --as bob record activity list agpz2q7m --limit 0 --output json")]
    List {
        /// The record: its id, or at least six letters of its beginning
        record: String,
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Take an activity away
    #[command(after_help = "Examples:
  interoffice --as bob record activity remove agpz2q7m aggc5rlnq6u5paqtb4q7h6l6zu")]
    Remove {
        /// The record: its id, or at least six letters of its beginning
        record: String,
        /// The activity: its id
        activity: String,
    },
}

const COLUMNS: [Column; 5] = [
    ("ACTIVITY", |activity| text(activity, "id")),
    ("WHEN", |activity| time(activity, "at_ms")),
    ("KIND", |activity| text(activity, "kind")),
    ("SUBJECT", |activity| text(activity, "subject")),
    ("TEXT", |activity| text(activity, "text")),
];

pub(super) async fn run(context: &Context, activity: Activity) -> Result<(), Failure> {
    let client = &context.client;
    let path = |record: &str| format!("/records/{}/activities", segment(record));
    match activity {
        Activity::Add { record, kind, subject, text: more, at } => {
            // A day alone is its noon, which is the same day in most time zones.
            let at_ms = at.map(|at| audit::moment(&at, clock_time(12, 0, 0, 0))).transpose()?;
            let body = json!({ "kind": kind, "subject": subject, "text": more, "at_ms": at_ms });
            let noted: Value = client.post(&path(&record), &body).await?;
            context.printer.one(&noted, |noted| format!("Activity {} is noted.", text(noted, "id")))?;
            say("It stays in this office, and goes when the copy goes.")
        }
        Activity::List { record, limit } => {
            let activities = pages::list(context, &path(&record), &Vec::new(), limit).await?;
            activities.print(
                context,
                &COLUMNS,
                "No activities of yours. On a contact that another office shares: interoffice record activity add RECORD --subject SUBJECT",
            )
        }
        Activity::Remove { record, activity } => {
            let gone: Value = client.delete(&format!("{}/{}", path(&record), segment(&activity))).await?;
            context.printer.one(&gone, |gone| format!("Activity {} is taken away.", text(gone, "id")))
        }
    }
}
