//! Records by their names alone, among those of a list and one by one: what is shown to a user who may ask for access.

use interoffice_core::actions::records::{NameOnly, Query, RecordSummary, list_locked, show_locked};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_protocol::ids::RecordId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, one};
use super::records::{Shown, Which};
use crate::house::House;

/// What a list shows of a record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Entry {
    /// One that is seen.
    Seen(RecordSummary),
    /// One that is known by its name.
    Locked(NameOnly),
}

/// What is shown of a record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Looked {
    /// All of it.
    Whole(Box<Shown>),
    /// Its name.
    Locked(NameOnly),
}

/// A name, and its place in the order of a list.
type Placed = ((String, RecordId), NameOnly);

/// The names on a page, each with its place in the list, and whether more follow. There are none when they were not asked for.
pub(super) fn page(view: &View<'_>, actor: &Actor, which: &Which, query: &Query) -> Result<(Vec<Placed>, bool), Fault> {
    if !which.locked {
        return Ok((Vec::new(), false));
    }
    let page = list_locked(view, actor, query)?;
    let placed = page.records.into_iter().map(|name| {
        let id = name.id.parse().map_err(|_| StoreFault::Corrupt("a record id".to_owned()))?;
        Ok(((name.name.clone(), id), name))
    });
    Ok((placed.collect::<Result<_, StoreFault>>()?, page.more))
}

/// Refuses names where they have no place: what a link brought here is seen whole or not at all, and a name is not exported.
pub(super) fn refuse(which: &Which) -> Result<(), Refusal> {
    if which.locked {
        let message = "records that you have no access to are named in the list of this office's own records and nowhere else";
        return Err(Refusal::invalid("locked-unknown", message, "leave `locked` out"));
    }
    Ok(())
}

/// The record as it was found; else its name, when the actor may know that.
pub(super) async fn or_name(house: &House, actor: Actor, record: RecordId, found: Result<Shown, Fault>) -> Answer<Looked> {
    match found {
        Err(Fault::Refused(refusal)) if refusal.code == "unknown-record" => {
            one(house.read(move |view| show_locked(view, &actor, record)).await.map(Looked::Locked))
        }
        found => one(found.map(|shown| Looked::Whole(Box::new(shown)))),
    }
}
