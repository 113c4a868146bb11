//! `status`: how the daemon, its peers and its work are.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use serde_json::Value;

use super::exit::Failure;
use super::output::{Column, Format, counted, duration, number, pairs, text, time};
use super::{Context, clock};

/// How often a watched status is drawn anew.
const WATCH: Duration = Duration::from_secs(1);

/// Show how the daemon, the other offices and the background work are
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice status
  interoffice status --watch
  interoffice status --output json")]
pub(super) struct Status {
    /// Show it again every second until Ctrl-C
    #[arg(long, short = 'w')]
    watch: bool,
}

pub(super) async fn status(context: &Context, status: &Status) -> Result<(), Failure> {
    loop {
        let now: Value = context.client.get("/status").await?;
        if status.watch && context.printer.format() == Format::Table && io::stdout().is_terminal() {
            context.printer.text("\u{1b}[2J\u{1b}[H")?;
        }
        context.printer.one(&now, words)?;
        if !status.watch {
            return Ok(());
        }
        tokio::time::sleep(WATCH).await;
    }
}

fn words(status: &Value) -> String {
    let (office, daemon, counts) = (&status["office"], &status["daemon"], &status["counts"]);
    let (links, records) = (&counts["links"], &counts["records"]["total"]);
    let mut words = pairs(&[
        ("Office", format!("{}  {}", text(office, "name"), text(office, "short"))),
        (
            "Daemon",
            format!(
                "version {}, up {}, process {}",
                text(daemon, "version"),
                duration(daemon["uptime_ms"].as_i64().unwrap_or(0)),
                text(daemon, "pid")
            ),
        ),
        ("Folder", text(daemon, "folder")),
        ("Listening", if daemon["listening"].is_null() { "not for other offices".to_owned() } else { text(daemon, "listening") }),
        ("Office security", if office["office_security"] == true { "on".to_owned() } else { "off".to_owned() }),
        (
            "Users",
            format!(
                "{}, {}",
                counted(number(counts, "users"), "user", "users"),
                counted(number(counts, "specialists"), "specialist", "specialists")
            ),
        ),
        (
            "Records",
            format!(
                "{}, {}, {}; {} received",
                counted(number(records, "contacts"), "contact", "contacts"),
                counted(number(records, "businesses"), "business", "businesses"),
                counted(number(records, "households"), "household", "households"),
                number(links, "received"),
            ),
        ),
        (
            "Links",
            format!(
                "{} active, {} waiting, {} ended; {} shared, {} on the way",
                number(links, "active"),
                number(links, "waiting"),
                number(links, "ended"),
                counted(number(links, "shared"), "record", "records"),
                number(links, "pending"),
            ),
        ),
        (
            "Removals",
            match number(office, "unconfirmed_removals") {
                0 => "all confirmed".to_owned(),
                open => format!("{open} not confirmed yet"),
            },
        ),
    ]);
    for (head, name, columns) in [("Other offices", "peers", &PEERS[..]), ("Chores", "chores", &CHORES[..])] {
        let items = status[name].as_array().map_or(&[][..], Vec::as_slice);
        if !items.is_empty() {
            words.push_str(&format!("\n{head}\n{}", super::output::table(items, columns)));
        }
    }
    words
}

/// How the way to a peer is, in words.
pub(super) fn way(peer: &Value) -> String {
    let connection = &peer["connection"];
    let state = text(connection, "state");
    let since =
        connection["since_ms"].as_i64().map(|since| format!(" for {}", duration((clock::now_ms() - since).max(0)))).unwrap_or_default();
    let reason = text(connection, "reason");
    match (state.is_empty(), reason.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("{state}{since}"),
        (false, false) => format!("{state}{since}: {reason}"),
    }
}

const PEERS: [Column; 5] = [
    ("  OFFICE", |peer| format!("  {}", text(peer, "name"))),
    ("CODE", |peer| text(peer, "short")),
    ("STANDING", |peer| text(peer, "standing")),
    ("WAITING", |peer| text(peer, "waiting_statements")),
    ("CONNECTION", way),
];

const CHORES: [Column; 4] = [
    ("  CHORE", |chore| format!("  {}", text(chore, "name"))),
    ("STATE", |chore| text(chore, "state")),
    ("LAST RUN", |chore| time(chore, "last_ms")),
    ("DID", |chore| text(chore, "last")),
];
