//! `record access`, `record explain`, `record owner`: who may see a record inside the office, why, and who owns it.

use serde_json::{Value, json};

use super::Context;
use super::ask;
use super::client::{query, segment};
use super::exit::Failure;
use super::output::{Column, counted, number, one_line, pairs, table, text};
use super::record_args::{Access, Digest, Explain, Owner};

pub(super) async fn access(context: &Context, access: Access) -> Result<(), Failure> {
    let path = format!("/records/{}/shares", segment(&access.record));
    let mut changes = Vec::new();
    for (whose, given) in [("user", &access.user), ("group", &access.group)] {
        for change in given {
            let (name, level) = change
                .rsplit_once('=')
                .ok_or_else(|| Failure::usage(format!("--{whose}: '{change}' is not NAME=LEVEL, such as ann=read")))?;
            changes.push(json!({ whose: name, "level": level }));
        }
    }
    changes.extend(access.whole_office.iter().map(|level| json!({ "whole_office": true, "level": level })));
    if changes.is_empty() {
        let shares: Value = context.client.get(&path).await?;
        return context.printer.one(&shares, words);
    }
    let Some(shares) = ask::carry_out(context, &path, json!({ "changes": changes }), access.consent).await? else { return Ok(()) };
    context.printer.one(&shares, words)
}

/// Who a record is shared with, in a table.
fn words(shares: &Value) -> String {
    let mut words = pairs(&[
        ("Record", text(shares, "record")),
        ("Name", text(shares, "name")),
        ("Owner", text(shares, "owner")),
        ("Whole office", text(shares, "whole_office")),
        ("Access", text(shares, "access")),
        ("Receive daily digest", text(shares, "daily_digest")),
    ]);
    let list = |name: &str| shares[name].as_array().cloned().unwrap_or_default();
    let mut rows = list("users");
    rows.extend(list("groups"));
    words.push('\n');
    if rows.is_empty() {
        words.push_str("It is shared with no user and no group by name.\n");
    } else {
        let columns: [Column; 2] = [("SHARED WITH", grantee), ("LEVEL", |row| text(row, "level"))];
        words.push_str(&table(&rows, &columns));
    }
    words.push_str(&asking(&shares["request"]));
    words
}

/// Whether access, or more of it, can be asked for.
fn asking(request: &Value) -> String {
    match (request["possible"].as_bool(), text(request, "why").as_str()) {
        (Some(true), _) => "You can ask for access, or for more of it: interoffice access request RECORD\n".to_owned(),
        (Some(false), why) if why != "has-access" => format!("You can't ask now: {}\n", text(request, "message")),
        _ => String::new(),
    }
}

fn grantee(row: &Value) -> String {
    match text(row, "group").as_str() {
        "" => text(row, "user"),
        group => format!("group {}", one_line(group)),
    }
}

pub(super) async fn explain(context: &Context, explain: Explain) -> Result<(), Failure> {
    let path = format!("/records/{}/explain{}", segment(&explain.record), query(&[("user", explain.user)]));
    let explained: Value = context.client.get(&path).await?;
    let columns: [Column; 3] = [("USER", |user| text(user, "user")), ("LEVEL", level), ("BECAUSE", because)];
    let items = explained["items"].as_array().map_or(&[][..], Vec::as_slice);
    context.printer.list(items, &columns, "Nobody sees it but whoever runs the daemon.")
}

fn level(user: &Value) -> String {
    let disabled = if user["disabled"] == true { " (disabled)" } else { "" };
    format!("{}{disabled}", text(user, "level"))
}

fn because(user: &Value) -> String {
    let reasons = user["because"].as_array().into_iter().flatten();
    let reasons: Vec<String> = reasons.map(|reason| format!("{}: {}", text(reason, "level"), text(reason, "because"))).collect();
    if reasons.is_empty() { "nothing gives access".to_owned() } else { reasons.join("; ") }
}

pub(super) async fn owner(context: &Context, owner: Owner) -> Result<(), Failure> {
    let path = format!("/records/{}/owner", segment(&owner.record));
    let mut body = json!({ "owner": owner.user });
    if let Some(level) = owner.keep {
        body["keep"] = level.into();
    }
    let Some(done) = ask::carry_out(context, &path, body, owner.consent).await? else { return Ok(()) };
    context.printer.one(&done, |done| {
        let copies = match number(done, "copies") {
            0 => String::new(),
            copies => format!(" {} removed at other offices.", counted(copies, "copy is being", "copies are being")),
        };
        format!("{} owns it now, and {} no longer.{copies}", text(done, "owner"), text(done, "before"))
    })
}

pub(super) async fn digest(context: &Context, digest: Digest) -> Result<(), Failure> {
    let path = format!("/records/{}/digest", segment(&digest.record));
    let done: Value = context.client.post(&path, &json!({ "receive": digest.state == "on" })).await?;
    context.printer.one(&done, |done| {
        let tells = if done["daily_digest"] == true { "tells" } else { "no longer tells" };
        format!("Your daily digest {tells} of changes of this record.")
    })
}
