//! The office's own records: listed, counted, searched, shown, exported and named by the beginning of their ids.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_core::actions::records::{self, Format, Query};
use interoffice_oracle::event::{Place, Record};
use interoffice_oracle::local::Own;
use interoffice_oracle::{Answer, Token};
use interoffice_protocol::ids::RecordId;

use super::{Eyes, Looked, given};

/// Records of the viewer's office that he or she gets.
fn visible<'e>(eyes: &'e Eyes<'_>) -> BTreeMap<Record, &'e Own> {
    let Some(viewer) = eyes.viewer else { return BTreeMap::new() };
    let sees = |record: &Record| eyes.local.may_see_own(viewer, record).answer == Answer::Must;
    eyes.local.records.iter().filter(|(record, _)| sees(record)).map(|(record, own)| (*record, own)).collect()
}

/// The words in these records, those of their cards among them.
fn words<'e>(records: impl Iterator<Item = &'e &'e Own>) -> BTreeSet<Token> {
    records.flat_map(|own| own.tokens.iter().map(|placed| placed.token)).collect()
}

/// Words of everything that the viewer sees of the office's own.
pub(super) fn all_words(eyes: &Eyes<'_>) -> BTreeSet<Token> {
    words(visible(eyes).values())
}

pub(super) fn look(eyes: &Eyes<'_>) -> Looked {
    let visible = visible(eyes);
    for archived in [false, true] {
        if let Err(violation) = listed(eyes, &visible, archived)? {
            return Ok(Err(violation));
        }
    }
    for look in [shown, searched, exported, named] {
        if let Err(violation) = look(eyes, &visible)? {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}

type Visible<'e> = BTreeMap<Record, &'e Own>;

/// Every page of a list, and the count above it.
fn listed(eyes: &Eyes<'_>, visible: &Visible<'_>, archived: bool) -> Looked {
    let mut query = Query { archived, limit: Some(3 + eyes.turn % 40), ..Query::default() };
    let must: BTreeSet<Record> = visible.iter().filter(|(_, own)| own.archived == archived).map(|(record, _)| *record).collect();
    let count = given(records::count(eyes.view, &eyes.actor, &query))?.map(|counts| counts.total());
    let mut found = BTreeSet::new();
    let allowed = words(visible.values());
    loop {
        let Some(page) = given(records::list(eyes.view, &eyes.actor, &query))? else { break };
        if let Err(violation) = eyes.only(&allowed, &page.records, "the list of own records") {
            return Ok(Err(violation));
        }
        found.extend(page.records.iter().filter_map(|summary| summary.id.parse::<RecordId>().ok()).map(|id| id.0));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    if let Some(extra) = found.difference(&must).next() {
        return Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("the list shows record {}", RecordId(*extra)))));
    }
    if let Some(missing) = must.difference(&found).next() {
        return Ok(Err(eyes.wrong("INV-29", "lost-ack", &format!("the list lacks record {}", RecordId(*missing)))));
    }
    let counted = count.unwrap_or(0);
    if counted != must.len() as u64 {
        return Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("{counted} records are counted and {} are there", must.len()))));
    }
    Ok(Ok(()))
}

/// Single records by their ids, a part of them at a time: own ones, and copies, which are not found here.
fn shown(eyes: &Eyes<'_>, visible: &Visible<'_>) -> Looked {
    let copies = eyes.local.links.values().flat_map(|known| known.copies.keys());
    let part = |(at, _): &(usize, &Record)| (at + eyes.turn).is_multiple_of(4);
    for (_, record) in eyes.local.records.keys().chain(copies).enumerate().filter(part) {
        let shown = given(records::show(eyes.view, &eyes.actor, RecordId(*record)))?;
        let own = visible.get(record);
        match (&shown, own) {
            (None, None) => {}
            (Some(_), None) => return Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("record {} is shown", RecordId(*record))))),
            (None, Some(_)) => return Ok(Err(eyes.wrong("INV-29", "lost-ack", &format!("record {} is not shown", RecordId(*record))))),
            (Some(shown), Some(own)) => {
                if let Err(violation) = eyes.only(&words([own].into_iter()), shown, "a record") {
                    return Ok(Err(violation));
                }
            }
        }
    }
    Ok(Ok(()))
}

/// A record by a word of its name, which nobody finds who does not see it.
fn searched(eyes: &Eyes<'_>, visible: &Visible<'_>) -> Looked {
    let count = eyes.local.records.len();
    let Some((record, own)) = eyes.local.records.iter().nth(eyes.turn % count.max(1)) else { return Ok(Ok(())) };
    let Some(name) = own.tokens.iter().find(|placed| placed.place == Place::Field(0)) else { return Ok(Ok(())) };
    let query = Query { text: Some(name.token.text()), archived: own.archived, ..Query::default() };
    let found = given(records::list(eyes.view, &eyes.actor, &query))?.is_some_and(|page| !page.records.is_empty());
    if found == visible.contains_key(record) {
        return Ok(Ok(()));
    }
    let (invariant, anomaly) = if found { ("INV-01", "stale-right") } else { ("INV-29", "lost-ack") };
    Ok(Err(eyes.wrong(invariant, anomaly, &format!("a search finds record {}: {found}", RecordId(*record)))))
}

/// An export of the whole list, and of one record by its id.
fn exported(eyes: &Eyes<'_>, visible: &Visible<'_>) -> Looked {
    let format = [Format::Vcard, Format::Vcard4, Format::Vcard3, Format::Json][eyes.turn % 4];
    let query = Query { limit: Some(1_000), ..Query::default() };
    let live = || visible.values().filter(|own| !own.archived);
    if let Some(page) = given(records::export_page(eyes.view, &eyes.actor, &query, format))? {
        if let Err(violation) = eyes.only_in(&words(live()), &page.bytes, "an export") {
            return Ok(Err(violation));
        }
        if page.count != live().count() {
            return Ok(Err(eyes.wrong("INV-29", "lost-ack", &format!("an export has {} records of {}", page.count, live().count()))));
        }
    } else if live().next().is_some() {
        return Ok(Err(eyes.wrong("INV-29", "lost-ack", "an export is refused")));
    }
    let count = eyes.local.records.len();
    let Some(record) = eyes.local.records.keys().nth((eyes.turn * 7 + 3) % count.max(1)) else { return Ok(Ok(())) };
    let bytes = given(records::export(eyes.view, &eyes.actor, &[RecordId(*record)], format))?;
    if bytes.is_some() == visible.contains_key(record) {
        return Ok(Ok(()));
    }
    Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("an export of record {} by its id: {}", RecordId(*record), bytes.is_some()))))
}

/// The beginnings of ids name only what the viewer sees.
fn named(eyes: &Eyes<'_>, visible: &Visible<'_>) -> Looked {
    let found = given(records::own_in_range(eyes.view, &eyes.actor, RecordId([0; 16]), RecordId([255; 16])))?.unwrap_or_default();
    let right = found.len() == visible.len().min(2) && found.iter().all(|record| visible.contains_key(&record.0));
    Ok(if right { Ok(()) } else { Err(eyes.wrong("INV-01", "stale-right", &format!("beginnings of ids name {found:?}"))) })
}
