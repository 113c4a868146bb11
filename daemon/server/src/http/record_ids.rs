//! Record ids in requests: whole, or the beginning of one that fits a single record the actor may read, own or received.

use interoffice_core::domain::page::LIMIT_MAX;
use std::collections::BTreeSet;

use interoffice_core::actions::copies::{Readable, readable};
use interoffice_core::actions::records::{Named, own_in_range};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, View};
use interoffice_protocol::ids::RecordId;

use super::copies;
use crate::house::House;

/// The records that `texts` name, in their order.
pub(super) async fn resolve_all(house: &House, actor: &Actor, texts: &[String]) -> Result<Vec<RecordId>, Fault> {
    if texts.len() > LIMIT_MAX {
        return Err(Refusal::invalid("bad-selection", "name 1 to 1,000 records", "repeat it for more").into());
    }
    let mut records = Vec::with_capacity(texts.len());
    for text in texts {
        records.push(resolve(house, actor, text).await?);
    }
    Ok(records)
}

/// The record that `text` names. A whole id is taken as it is; whether there is such a record is for the verb to find out.
pub(super) async fn resolve(house: &House, actor: &Actor, text: &str) -> Result<RecordId, Fault> {
    let (from, to) = match Named::parse(text)? {
        Named::Whole(record) => return Ok(record),
        Named::Beginning(from, to) => (from, to),
    };
    let (asking, reading) = (actor.clone(), actor.clone());
    let mut found: BTreeSet<RecordId> = house.read(move |view| own_in_range(view, &asking, from, to)).await?.into_iter().collect();
    let which = move |view: &View<'_>| Ok(readable(view, &reading)?.0);
    let received = copies::read(house, which, move |received, links| Ok(in_range(received, links, from, to))).await?;
    found.extend(received.into_iter().map(|(_, record)| record));
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(record), None) => Ok(record),
        (None, _) => {
            let message = format!("there is no record whose id begins with '{}'", text.trim());
            Err(Refusal::not_found("unknown-record", message, "see yours: interoffice record list").into())
        }
        (Some(_), Some(_)) => {
            let message = format!("the ids of several records begin with '{}'", text.trim());
            Err(Refusal::invalid("ambiguous-record", message, "give more letters of the id").into())
        }
    }
}

/// At most two copies of each link in a range of ids.
fn in_range(received: &ReceivedFiles, links: Vec<Readable>, from: RecordId, to: RecordId) -> Vec<(Readable, RecordId)> {
    let before = u128::from_be_bytes(from.0).checked_sub(1).map(|before| RecordId(before.to_be_bytes()));
    let mut found = Vec::new();
    for link in links.into_iter().filter(|link| !received.is_closed(link.link)) {
        match received.holdings(link.link, before, 2) {
            Ok(holdings) => {
                found.extend(
                    holdings.iter().map(|holding| holding.record).filter(|record| *record <= to).map(|record| (link.clone(), record)),
                );
            }
            Err(fault) => copies::broken(&link, &fault),
        }
    }
    found
}
