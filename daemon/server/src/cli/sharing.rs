//! `record share`, `record unshare` and `record copies`: which records a link shows, and where the copies are.

use std::time::Duration;

use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::{query, segment};
use super::exit::Failure;
use super::output::{Column, counted, number, text, time};
use super::record_args::Selection;
use super::{Context, links, progress};

fn body(selection: &Selection) -> Value {
    json!({
        "records": selection.records,
        "all_mine": selection.all_mine,
        "include_private": selection.include_private,
        "without_members": selection.without_members,
    })
}

pub(super) async fn share(context: &Context, selection: Selection, wait: bool, consent: Consent) -> Result<(), Failure> {
    let link = links::resolve(context, &selection.link).await?;
    let path = format!("/links/{}/share", segment(&link));
    let Some(shared) = ask::carry_out(context, &path, body(&selection), consent).await? else { return Ok(()) };
    if wait {
        delivered(context, &link).await?;
    }
    context.printer.one(&shared, |shared| {
        let already = match number(shared, "already") {
            0 => String::new(),
            already => format!(" {already} were shared before."),
        };
        format!("{} now.{already}", counted(number(shared, "added"), "record is shared", "records are shared"))
    })
}

/// Waits, with a bar, until the other office has everything.
async fn delivered(context: &Context, link: &str) -> Result<(), Failure> {
    let bar = progress::bar("delivered", 0);
    let turn = Duration::from_millis(500).as_millis().to_string();
    let path = format!("/links/{}/wait{}", segment(link), query(&[("until", Some("synced".to_owned())), ("timeout_ms", Some(turn))]));
    loop {
        let waited: Value = context.client.get(&path).await?;
        bar.set_length(number(&waited["link"], "records"));
        bar.set_position(number(&waited["link"], "delivered"));
        if waited["reached"] == true {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

pub(super) async fn unshare(context: &Context, selection: Selection, consent: Consent) -> Result<(), Failure> {
    let path = format!("/links/{}/unshare", segment(&links::resolve(context, &selection.link).await?));
    let Some(unshared) = ask::carry_out(context, &path, body(&selection), consent).await? else { return Ok(()) };
    context.printer.one(&unshared, |unshared| {
        let withdrawn = counted(number(unshared, "withdrawn"), "record is no longer shared", "records are no longer shared");
        format!("{withdrawn}; the other office removes the copies and says so in a receipt.")
    })
}

const COPIES: [Column; 7] = [
    ("OFFICE", |copy| text(copy, "office_name")),
    ("USER", |copy| text(copy, "user")),
    ("STATE", |copy| text(copy, "state")),
    ("VERSION", |copy| text(copy, "version")),
    ("LAST HEARD", |copy| time(copy, "last_heard_ms")),
    ("LOCKS ITSELF", |copy| time(copy, "lease_until_ms")),
    ("REMOVED", |copy| time(copy, "removed_ms")),
];

/// Where the copies of a record are.
pub(super) async fn copies(context: &Context, record: &str) -> Result<(), Failure> {
    let copies: Value = context.client.get(&format!("/records/{}/copies", segment(record))).await?;
    let items = copies["items"].as_array().map_or(&[][..], Vec::as_slice);
    context.printer.list(items, &COPIES, "No other office holds a copy, or has held one.")
}
