//! `link`: links between a user of this office and a user of another.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::{query, segment};
use super::exit::{Exit, Failure};
use super::output::{Column, counted, none, number, pairs, short, text, time};
use super::specialists::office_and_user;
use super::{Context, clock, object_events, progress};

/// Links: who receives whose contact records
#[derive(Debug, Subcommand)]
pub(super) enum Link {
    /// Ask a user of another office to receive your contact records
    #[command(after_help = "Examples:
  interoffice --as ann link request \"Office B/bob\" --purpose \"Joint case 4711\"
  interoffice --as ann link request \"Office B/bob\" --level read --fields name,emails,phones --related case,policy
  interoffice --as ann link request \"Office B/bob\" --not-after 2027-06-30")]
    Request {
        /// Office and user who will receive
        #[arg(value_name = "OFFICE/USER")]
        to: String,
        /// Why the records are shared; the other side reads it
        #[arg(long, default_value = "")]
        purpose: String,
        /// read, write or full-control
        #[arg(long, default_value = "read")]
        level: String,
        /// Fields that travel, by JSContact name [default: all but other]; X- properties and unknown ones travel only with other
        #[arg(long, value_delimiter = ',', value_name = "FIELD,…")]
        fields: Option<Vec<String>>,
        /// Related items that travel: case, policy, investment, opportunity [default: all]
        #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
        related: Option<Vec<String>>,
        /// Day on which the link ends by itself (UTC)
        #[arg(long, value_name = "YYYY-MM-DD")]
        not_after: Option<jiff::civil::Date>,
    },
    /// List linked users
    #[command(after_help = "Examples:
  interoffice --as ann link list --receiving-mine
  interoffice --as bob link list --sharing-with-me --status waiting
  interoffice link list --output json")]
    List {
        /// Users receiving my contact records
        #[arg(long, conflicts_with = "sharing_with_me")]
        receiving_mine: bool,
        /// Users sharing their contact records with me
        #[arg(long)]
        sharing_with_me: bool,
        /// Only links in this state: waiting, active, frozen, ended
        #[arg(long)]
        status: Option<String>,
    },
    /// Show one link: terms, state, how far it has come
    #[command(after_help = "Examples:
  interoffice link show 3fqk2\n  interoffice link show \"Office B/bob\" --output json")]
    Show {
        /// The link: its id, the beginning of it, or OFFICE/USER
        link: String,
    },
    /// Say what happened to one link, newest first
    #[command(after_help = "Examples:
  interoffice --as ann link events 3fqk2\n  interoffice --as ann link events \"Office B/bob\" --limit 0 --output json")]
    Events {
        /// The link: its id, the beginning of it, or OFFICE/USER
        link: String,
        /// At most this many events; 0 for all
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u64,
    },
    /// Accept one or more requests; the others stay Waiting
    #[command(after_help = "Examples:
  interoffice --as bob link accept 3fqk2
  interoffice --as bob link accept \"Office A/ann\" \"Office A/carl\"")]
    Accept {
        /// The requests: ids, beginnings of ids, or OFFICE/USER
        #[arg(required = true)]
        links: Vec<String>,
    },
    /// Turn a request down
    #[command(after_help = "Examples:
  interoffice --as bob link decline 3fqk2 --reason \"not my line\"")]
    Decline {
        /// The request
        link: String,
        /// For the requester to read
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Take a request back that was not answered yet
    #[command(after_help = "Examples:
  interoffice --as ann link withdraw \"Office B/bob\"")]
    Withdraw {
        /// The request
        link: String,
        /// For the other side to read
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// End a link from either side: the shared records disappear at the other office
    #[command(after_help = "Examples:
  interoffice --as ann link delete \"Office B/bob\" --dry-run
  interoffice --as ann link delete 3fqk2 --yes")]
    Delete {
        /// The link
        link: String,
        #[command(flatten)]
        consent: Consent,
    },
    /// Wait until a link got somewhere
    #[command(after_help = "Examples:
  interoffice --as ann link wait \"Office B/bob\" --until active
  interoffice --as ann link wait 3fqk2 --until synced --timeout 600
  interoffice --as ann link wait 3fqk2 --until erased")]
    Wait {
        /// The link
        link: String,
        /// active: both signed; synced: the other office has everything; ended: over, whatever the other office does; removed: it signed
        /// that it removed the copies for good; erased: it signed that no program there holds them open either
        #[arg(long, value_parser = ["active", "synced", "ended", "removed", "erased"], default_value = "active")]
        until: String,
        /// Give up after this many seconds
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        timeout: u64,
    },
}

pub(super) const COLUMNS: [Column; 8] = [
    ("LINK", |link| short(link, "link")),
    ("DIRECTION", |link| text(link, "direction")),
    ("MY USER", |link| text(link, "local_user")),
    ("USER", |link| text(link, "remote_user")),
    ("OFFICE", |link| text(link, "office_name")),
    ("STATUS", state),
    ("RECORDS", |link| text(link, "records")),
    ("LEVEL", |link| text(link, "level")),
];

pub(super) async fn run(context: &Context, link: Link) -> Result<(), Failure> {
    match link {
        Link::Request { to, purpose, level, fields, related, not_after } => {
            let (office, user) = office_and_user(&to)?;
            let mut body = json!({ "office": office, "user": user, "purpose": purpose, "level": level });
            if let Some(fields) = fields {
                body["fields"] = fields.into();
            }
            if let Some(related) = related {
                body["related"] = related.into();
            }
            if let Some(day) = not_after {
                body["not_after_ms"] = end_of(day)?.into();
            }
            let link: Value = context.client.post("/links", &body).await?;
            context.printer.one(&link, sentence)
        }
        Link::List { receiving_mine, sharing_with_me, status } => {
            let direction = [(receiving_mine, "receiving-mine"), (sharing_with_me, "sharing-with-me")];
            let direction = direction.into_iter().find_map(|(chosen, name)| chosen.then(|| name.to_owned()));
            let none = none("link", direction.is_some() || status.is_some());
            let path = format!("/links{}", query(&[("direction", direction), ("status", status)]));
            print_list(context, &context.client.get::<Value>(&path).await?, &none)
        }
        Link::Show { link } => {
            let link = find(context, &link).await?;
            context.printer.one(&link, details)
        }
        Link::Events { link, limit } => {
            let link = resolve(context, &link).await?;
            object_events::print(context, &format!("/links/{}", segment(&link)), limit).await
        }
        Link::Accept { links } => {
            let mut ids = Vec::new();
            for link in &links {
                ids.push(resolve(context, link).await?);
            }
            let accepted: Value = context.client.post("/links/accept", &json!({ "links": ids })).await?;
            print_list(context, &accepted, &none("link", false))
        }
        Link::Decline { link, reason } => answer(context, &link, "decline", &reason).await,
        Link::Withdraw { link, reason } => answer(context, &link, "withdraw", &reason).await,
        Link::Delete { link, consent } => {
            let path = format!("/links/{}/delete", segment(&resolve(context, &link).await?));
            let Some(link) = ask::carry_out(context, &path, ask::nothing(), consent).await? else { return Ok(()) };
            context.printer.one(&link, sentence)
        }
        Link::Wait { link, until, timeout } => wait(context, &link, &until, Duration::from_secs(timeout)).await,
    }
}

fn end_of(day: jiff::civil::Date) -> Result<i64, Failure> {
    let bad = |error: jiff::Error| Failure::usage(format!("--not-after: {error}"));
    let end = day.tomorrow().map_err(bad)?.to_zoned(jiff::tz::TimeZone::UTC).map_err(bad)?;
    Ok(end.timestamp().as_millisecond() - 1)
}

fn print_list(context: &Context, links: &Value, none: &str) -> Result<(), Failure> {
    context.printer.list(links["items"].as_array().map_or(&[][..], Vec::as_slice), &COLUMNS, none)
}

async fn answer(context: &Context, link: &str, verb: &str, reason: &str) -> Result<(), Failure> {
    let path = format!("/links/{}/{verb}", segment(&resolve(context, link).await?));
    let link: Value = context.client.post(&path, &json!({ "reason": reason })).await?;
    context.printer.one(&link, sentence)
}

/// The id of the link that a person means: an id, the beginning of one, or `OFFICE/USER`, which must fit one link that is not over.
pub(super) async fn resolve(context: &Context, link: &str) -> Result<String, Failure> {
    if !link.contains('/') {
        return Ok(link.to_owned());
    }
    let (office, user) = office_and_user(link)?;
    // Which office is meant is decided in one place: names are chosen by others.
    let peer: Value = context.client.get(&format!("/peers/{}", segment(office))).await?;
    let links: Value = context.client.get("/links").await?;
    let of_both = |link: &&Value| link["office"] == peer["office"] && text(link, "remote_user") == user.to_lowercase();
    let live: Vec<&Value> =
        links["items"].as_array().into_iter().flatten().filter(of_both).filter(|link| link["status"] != "Ended").collect();
    match live[..] {
        [link] => Ok(text(link, "link")),
        [] => Err(Failure::new(Exit::NotFound, format!("there is no link with {link} that is not over: interoffice link list"))),
        _ => {
            let ids: Vec<String> = live.iter().map(|link| format!("{} ({})", short(link, "link"), text(link, "direction"))).collect();
            Err(Failure::usage(format!("several links with {link}: name one by its id: {}", ids.join(", "))))
        }
    }
}

async fn find(context: &Context, link: &str) -> Result<Value, Failure> {
    let id = resolve(context, link).await?;
    Ok(context.client.get(&format!("/links/{}", segment(&id))).await?)
}

/// The state of a link with how its removal is.
fn state(link: &Value) -> String {
    let removal = text(&link["removal"], "state");
    if removal.is_empty() { text(link, "status") } else { format!("{}, {}", text(link, "status"), removal.to_lowercase()) }
}

fn sentence(link: &Value) -> String {
    let arrow = if link["direction"] == "receiving-mine" { "→" } else { "←" };
    let why = text(link, "end_reason");
    let why = if why.is_empty() { why } else { format!(" ({why})") };
    let removal = text(&link["removal"], "words");
    let removal = if removal.is_empty() { removal } else { format!("\nRemoval: {removal}.") };
    format!(
        "Link {}: {} {arrow} {} at {}: {}{why}.{removal}",
        short(link, "link"),
        text(link, "local_user"),
        text(link, "remote_user"),
        text(link, "office_name"),
        text(link, "status"),
    )
}

fn details(link: &Value) -> String {
    let removal = &link["removal"];
    pairs(&[
        ("Link", text(link, "link")),
        ("Direction", text(link, "direction")),
        ("My user", text(link, "local_user")),
        ("User", text(link, "remote_user")),
        ("Office", text(link, "office_name")),
        ("Status", text(link, "status")),
        ("Ended because", text(link, "end_reason")),
        ("Purpose", text(link, "purpose")),
        ("Level", text(link, "level")),
        ("Fields", text(link, "fields")),
        ("Related items", text(link, "related")),
        ("Records", text(link, "records")),
        ("Delivered", text(link, "delivered")),
        ("Requested", time(link, "created_ms")),
        ("Active since", time(link, "active_ms")),
        ("Ends by itself", time(link, "not_after_ms")),
        ("Ended", time(link, "ended_ms")),
        ("Removal", text(removal, "words")),
        ("Receipt", text(removal, "receipt")),
    ])
}

async fn wait(context: &Context, link: &str, until: &str, timeout: Duration) -> Result<(), Failure> {
    let id = resolve(context, link).await?;
    let started = clock::instant();
    let bar =
        if until == "synced" { progress::bar("delivered", 0) } else { progress::spinner(format!("waiting until the link is {until}")) };
    loop {
        let left = timeout.saturating_sub(started.elapsed());
        // Short turns keep the bar moving; the daemon answers at once when the goal is reached.
        let turn = if until == "synced" { left.min(Duration::from_millis(500)) } else { left.min(Duration::from_secs(20)) };
        let path = query(&[("until", Some(until.to_owned())), ("timeout_ms", Some(turn.as_millis().to_string()))]);
        let waited: Value = context.client.get(&format!("/links/{}/wait{path}", segment(&id))).await?;
        let link = &waited["link"];
        if until == "synced" {
            bar.set_length(number(link, "records"));
            bar.set_position(number(link, "delivered"));
        }
        if waited["reached"] == true {
            bar.finish_and_clear();
            return context.printer.one(link, sentence);
        }
        if left.is_zero() {
            bar.finish_and_clear();
            let seconds = counted(timeout.as_secs(), "second", "seconds");
            return Err(Failure::new(Exit::TimedOut, format!("not {until} after {seconds}. {}", sentence(link))));
        }
    }
}
