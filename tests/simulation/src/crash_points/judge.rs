//! What must hold after the disk was hurt and everything has come to rest again.

use std::collections::BTreeMap;

use interoffice_core::store::received::CopyQuery;
use interoffice_core::store::removals::{self, RemovalState};
use interoffice_core::store::{links, log, records};
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::record::Record;

use super::books;
use super::office::{End, Stop};
use super::scenarios::{Scenario, canary};
use super::stage::{NORTH, SOUTH, Stage};

/// Cards that a scenario shares.
const SHARED: usize = 4;

fn wrong<T>(what: impl Into<String>) -> End<T> {
    Err(Stop::Wrong(what.into()))
}

/// Judges two offices at rest.
pub(crate) fn at_rest(stage: &mut Stage, scenario: &Scenario) -> End<()> {
    for office in &stage.offices {
        if let Some(what) = books::broken(&office.folder) {
            return wrong(format!("{} is damaged: {what}", office.name));
        }
    }
    let gone: Vec<usize> = if scenario.ends { (0..SHARED).collect() } else { (scenario.withdrawn)(stage) };
    for number in gone {
        if let Some(path) = books::file_with(&stage.offices[SOUTH].folder, &canary(number)) {
            return wrong(format!("the copy of card {number} is gone, and {} still holds it", path.display()));
        }
    }
    let Some(link) = stage.link else { return Ok(()) };
    let mut states = Vec::new();
    for office in &mut stage.offices {
        states.push(office.read(|view| Ok(links::find(view, link)?))?.map(|row| row.state));
    }
    if states[NORTH] != states[SOUTH] {
        return wrong(format!("the link stands differently at both ends: {states:?}"));
    }
    match states[NORTH] {
        Some(LinkState::Ended(_)) if scenario.ends => ended(stage, link),
        Some(LinkState::Active { .. }) if !scenario.ends => {
            alike(stage, link)?;
            receipted(stage, link)
        }
        state if scenario.ends => wrong(format!("the link should be over: {state:?}")),
        Some(LinkState::Ended(reason)) => wrong(format!("nobody ended the link: {reason:?}")),
        _ => Ok(()),
    }
}

fn ended(stage: &mut Stage, link: LinkId) -> End<()> {
    let left: Vec<_> = books::databases(&stage.offices[SOUTH].folder).into_iter().skip(1).collect();
    if !left.is_empty() {
        return wrong(format!("a file of the ended link is left: {left:?}"));
    }
    receipted(stage, link)
}

/// Every removal is confirmed, and nobody doubts it.
fn receipted(stage: &mut Stage, link: LinkId) -> End<()> {
    for office in &mut stage.offices {
        for row in office.read(|view| Ok(removals::all_of(view, link)?))? {
            let side = if row.side == Side::Owner { "owner" } else { "reader" };
            if row.state != RemovalState::Erased {
                return wrong(format!("a removal ends as {:?} at the {side}'s office", row.state));
            }
        }
    }
    Ok(())
}

type Held = BTreeMap<RecordId, (Version, Record)>;

/// The reader holds what the owner shows.
fn alike(stage: &mut Stage, link: LinkId) -> End<()> {
    let shown: Held = stage.offices[NORTH].read(|view| {
        let row = links::load(view, link)?;
        let mut shown = Held::new();
        for record in log::put_set(view, row.row)? {
            if let Some((version, body)) = records::load_body(view, record)? {
                shown.insert(record, (version, body.within(&row.scope)));
            }
        }
        Ok(shown)
    })?;
    let query = CopyQuery { limit: 1_000, ..CopyQuery::default() };
    let copies: Held = stage.offices[SOUTH].look(|files| {
        let mut held = Held::new();
        for row in files.list(link, &query)? {
            if let Some(copy) = files.get(link, row.record)? {
                held.insert(row.record, copy);
            }
        }
        Ok(held)
    })?;
    if shown == copies {
        Ok(())
    } else {
        wrong(format!("{} records are shown, {} copies are held, and they differ", shown.len(), copies.len()))
    }
}
