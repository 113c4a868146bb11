//! `peer`: meeting other offices, and parting.

use clap::Subcommand;
use interoffice_certs::Invite;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::segment;
use super::exit::{Exit, Failure};
use super::output::{Column, Format, pairs, say, text, time};
use super::{Context, office, status};

/// Other offices: meet, compare words, block, part
#[derive(Debug, Subcommand)]
pub(super) enum Peer {
    /// Make an invite code for another office; good once, for 24 hours
    #[command(after_help = "Examples:
  interoffice peer invite
  interoffice peer invite --address a.example:4870 --qr")]
    Invite {
        /// Where the other office will find this one; may be repeated [default: as configured]
        #[arg(long, value_name = "HOST:PORT")]
        address: Vec<String>,
        /// Show the code as a QR code too
        #[arg(long)]
        qr: bool,
    },
    /// Accept another office's invite, and show the words to compare
    #[command(after_help = "Examples:
  interoffice peer accept io1-…")]
    Accept {
        /// The code, as it was given; spaces do not matter
        #[arg(required = true, num_args = 1..)]
        invite: Vec<String>,
    },
    /// Confirm that both offices see the same words
    ///
    /// Read the words to the other office's admin over the telephone. Offices are paired once both have confirmed.
    #[command(after_help = "Examples:
  interoffice peer confirm \"Office B\"
  interoffice peer confirm \"Office B\" --words \"maple tiger velvet ocean lamp\"
  interoffice peer confirm \"Office B\" --yes")]
    Confirm {
        /// Name, code or the beginning of the code of the office
        office: String,
        /// The words that the other admin reads aloud; confirmed only when they are the same
        #[arg(long, conflicts_with = "yes")]
        words: Option<String>,
        /// The words were compared and are the same
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// List the other offices, and how the way to each is
    #[command(after_help = "Examples:
  interoffice peer list
  interoffice peer list --output json")]
    List,
    /// Ask an office for a sign of life, now
    #[command(after_help = "Examples:
  interoffice peer ping \"Office B\"")]
    Ping {
        /// Name, code or the beginning of the code of the office
        office: String,
    },
    /// Block an office: nothing but endings and receipts is exchanged with it
    #[command(after_help = "Examples:
  interoffice peer block \"Office B\"
  interoffice peer block \"Office B\" --undo")]
    Block {
        /// Name, code or the beginning of the code of the office
        office: String,
        /// Take the block back
        #[arg(long)]
        undo: bool,
    },
    /// Remove an office: all links with it end, copies are removed at both ends
    #[command(after_help = "Examples:
  interoffice peer remove \"Office B\" --dry-run
  interoffice peer remove \"Office B\" --yes")]
    Remove {
        /// Name, code or the beginning of the code of the office
        office: String,
        #[command(flatten)]
        consent: Consent,
    },
}

const COLUMNS: [Column; 7] = [
    ("OFFICE", |peer| text(peer, "name")),
    ("CODE", |peer| text(peer, "short")),
    ("STANDING", |peer| text(peer, "standing")),
    ("LINKS", |peer| text(peer, "links")),
    ("WAITING", |peer| text(peer, "waiting_statements")),
    ("LAST HEARD", |peer| time(peer, "last_heard_ms")),
    ("CONNECTION", status::way),
];

pub(super) async fn run(context: &Context, peer: Peer) -> Result<(), Failure> {
    let client = &context.client;
    match peer {
        Peer::Invite { address, qr } => invite(context, &address, qr).await,
        Peer::Accept { invite } => {
            let peer: Value = client.post("/peers/accept", &json!({ "invite": invite.concat() })).await?;
            context.printer.one(&peer, compare)
        }
        Peer::Confirm { office, words, yes } => confirm(context, &office, words.as_deref(), yes).await,
        Peer::List => {
            let peers: Value = client.get("/peers").await?;
            let items = peers["items"].as_array().map_or(&[][..], Vec::as_slice);
            context.printer.list(items, &COLUMNS, "No other office is known yet: interoffice peer invite")?;
            if context.printer.format() == Format::Table {
                for peer in items.iter().filter(|peer| peer["standing"] == "compare words") {
                    say(&format!("\n{}", compare(peer).trim_end()))?;
                }
            }
            Ok(())
        }
        Peer::Ping { office } => ping(context, &office).await,
        Peer::Block { office, undo } => {
            let path = format!("/peers/{}/{}", segment(&office), if undo { "unblock" } else { "block" });
            let peer: Value = client.post(&path, &ask::nothing()).await?;
            context.printer.one(&peer, standing)
        }
        Peer::Remove { office, consent } => {
            let path = format!("/peers/{}/remove", segment(&office));
            let Some(peer) = ask::carry_out(context, &path, ask::nothing(), consent).await? else { return Ok(()) };
            context.printer.one(&peer, standing)
        }
    }
}

async fn invite(context: &Context, addresses: &[String], qr: bool) -> Result<(), Failure> {
    let made: Value = context.client.post("/peers/invite", &json!({ "addresses": addresses })).await?;
    context.printer.one(&made, |made| {
        let invite = text(made, "invite");
        // The upper-case form needs a third fewer squares.
        let square = || Invite::parse(&invite).ok().and_then(|invite| invite.encode_for_qr().ok()).map(|code| office::qr(&code));
        format!("{invite}\n{}", if qr { square().unwrap_or_default() } else { String::new() })
    })?;
    if context.printer.format() == Format::Table {
        say(&format!(
            "Give this code to the other office's admin over a channel you trust; good once, until {}.\nThere: interoffice peer accept CODE",
            time(&made, "expires_ms")
        ))?;
    }
    Ok(())
}

/// What both admins do next.
fn compare(peer: &Value) -> String {
    if peer["standing"] != "compare words" {
        return standing(peer);
    }
    let mine = |name: &str| if peer[name] == true { "confirmed" } else { "not confirmed yet" };
    format!(
        "{}Call the other office's admin. If both of you see these words, both confirm: interoffice peer confirm {:?}\n",
        pairs(&[
            ("Office", text(peer, "name")),
            (
                "Words",
                peer["words"]
                    .as_array()
                    .map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
                    .unwrap_or_default()
            ),
            ("Here", mine("confirmed_here").to_owned()),
            ("There", mine("confirmed_there").to_owned()),
        ]),
        text(peer, "name"),
    )
}

fn standing(peer: &Value) -> String {
    format!("{} is: {}.", text(peer, "name"), text(peer, "standing"))
}

async fn confirm(context: &Context, office: &str, words: Option<&str>, yes: bool) -> Result<(), Failure> {
    let path = format!("/peers/{}", segment(office));
    let peer: Value = context.client.get(&path).await?;
    let seen: Vec<&str> = peer["words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(words) = words {
        let read: Vec<String> = words.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        if !seen.is_empty() && read != seen {
            let advice = "somebody may be in between: do not confirm, and start again with a new invite";
            return Err(Failure::new(Exit::Refused, format!("the words are not the same (here: {}); {advice}", seen.join(" "))));
        }
    } else if !yes {
        say(compare(&peer).trim_end())?;
        ask::confirm("Does the other office's admin see the same words?")?;
    }
    let peer: Value = context.client.post(&format!("{path}/confirm"), &ask::nothing()).await?;
    context.printer.one(&peer, |peer| {
        if peer["standing"] == "compare words" {
            format!("Confirmed here. {} has not confirmed yet; the offices are paired once it has.", text(peer, "name"))
        } else {
            standing(peer)
        }
    })
}

async fn ping(context: &Context, office: &str) -> Result<(), Failure> {
    let answer: Value = context.client.post(&format!("/peers/{}/ping", segment(office)), &ask::nothing()).await?;
    context.printer.one(&answer, |answer| {
        let us = answer["round_trip_us"].as_u64().unwrap_or(0);
        match answer["reachable"] == true {
            true => format!("{} answered in {}.{:03} ms.", text(answer, "name"), us / 1000, us % 1000),
            false => format!("{} is not reachable: {}", text(answer, "name"), text(answer, "reason")),
        }
    })?;
    if answer["reachable"] == true { Ok(()) } else { Err(Failure::new(Exit::Failed, "")) }
}
