//! The office's own records: listed, counted, searched, shown, exported and named by the beginning of their ids.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_core::actions::records::{self, Format, Query};
use interoffice_oracle::event::{Place, Record};
use interoffice_oracle::local::Own;
use interoffice_oracle::{Answer, Token};
use interoffice_protocol::ids::RecordId;

use super::{Eyes, Looked, asking, given};
use crate::inside::{level_name, levels};

/// Records of the viewer's office that he or she gets, and the words in them.
struct Mine<'e> {
    records: BTreeMap<Record, &'e Own>,
    words: BTreeSet<Token>,
}

impl<'e> Mine<'e> {
    fn of(eyes: &'e Eyes<'_>) -> Self {
        let sees = |record: &Record| eyes.viewer.is_some_and(|viewer| eyes.local.may_see_own(viewer, record).answer == Answer::Must);
        let seen = eyes.local.records.iter().filter(|(record, _)| sees(record));
        let records: BTreeMap<Record, &Own> = seen.map(|(record, own)| (*record, own)).collect();
        let words = records.values().flat_map(|own| words(own)).collect();
        Self { records, words }
    }

    fn live(&self) -> usize {
        self.records.values().filter(|own| !own.archived).count()
    }
}

/// The words in a record, those of its card among them.
fn words(own: &Own) -> impl Iterator<Item = Token> + '_ {
    own.tokens.iter().map(|placed| placed.token)
}

/// Words of everything that the viewer sees of the office's own.
pub(super) fn all_words(eyes: &Eyes<'_>) -> BTreeSet<Token> {
    Mine::of(eyes).words
}

pub(super) fn look(eyes: &Eyes<'_>) -> Looked {
    let mine = Mine::of(eyes);
    if let Err(violation) = listed(eyes, &mine, eyes.has_turn(4))? {
        return Ok(Err(violation));
    }
    // One of the other ways each time, another one for the next viewer.
    match [shown, searched, named, exported].into_iter().enumerate().find(|(way, _)| eyes.has_turn_at(*way, 4)) {
        Some((_, look)) => look(eyes, &mine),
        None => Ok(Ok(())),
    }
}

/// Every page of a list, and the count above it.
fn listed(eyes: &Eyes<'_>, mine: &Mine<'_>, archived: bool) -> Looked {
    let mut query = Query { archived, limit: Some(3 + eyes.turn % 40), ..Query::default() };
    let must: BTreeSet<Record> = mine.records.iter().filter(|(_, own)| own.archived == archived).map(|(record, _)| *record).collect();
    let count = given(records::count(eyes.view, &eyes.actor, &query))?.map(|counts| counts.total());
    let mut found = BTreeSet::new();
    while let Some(page) = given(records::list(eyes.view, &eyes.actor, &query))? {
        for summary in &page.records {
            if let Err(violation) = eyes.only_in(&mine.words, summary.name.as_bytes(), "the list of own records") {
                return Ok(Err(violation));
            }
            found.extend(summary.id.parse::<RecordId>().map(|id| id.0));
        }
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

/// How many records in use are counted for the viewer, however that comes about (INV-23).
pub(super) fn counted(eyes: &Eyes<'_>) -> Looked {
    let in_use = eyes.local.records.iter().filter(|(_, own)| !own.archived);
    let sees = |record: &Record| eyes.viewer.is_some_and(|viewer| eyes.local.level_of(viewer, record).is_some());
    let must = in_use.filter(|(record, _)| sees(record)).count() as u64;
    let counted = given(records::count(eyes.view, &eyes.actor, &Query::default()))?.map_or(0, |counts| counts.total());
    if counted == must {
        return Ok(Ok(()));
    }
    let (invariant, anomaly) = if counted > must { ("INV-23", "stale-right") } else { ("INV-29", "lost-ack") };
    Ok(Err(eyes.wrong(invariant, anomaly, &format!("{counted} records are counted and there must be {must}"))))
}

/// Others of the office's records than those that a step was about, in turn.
const OTHERS: usize = 1;

/// Some records, with how much of them the viewer gets and what is told of who has them.
pub(super) fn some(eyes: &Eyes<'_>, records: &BTreeSet<Record>) -> Looked {
    let first = (eyes.turn * OTHERS) % eyes.local.records.len().max(1);
    let others = eyes.local.records.keys().cycle().skip(first).take(OTHERS.min(eyes.local.records.len()));
    for record in records.iter().chain(others) {
        let shown = one(eyes, record)?;
        if shown.is_err() {
            return Ok(shown);
        }
    }
    for record in records {
        let told = asking::who_has(eyes, record)?;
        if told.is_err() {
            return Ok(told);
        }
    }
    Ok(Ok(()))
}

/// Single records by their ids, a part of them at a time: own ones, and copies, which are not found here.
fn shown(eyes: &Eyes<'_>, _: &Mine<'_>) -> Looked {
    let copies = eyes.local.links.values().flat_map(|known| known.copies.keys());
    let part = |(at, _): &(usize, &Record)| (at + eyes.turn).is_multiple_of(8);
    for (_, record) in eyes.local.records.keys().chain(copies).enumerate().filter(part) {
        if let Err(violation) = one(eyes, record)? {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}

/// A record by its id: shown to who gets it, with the level that the reasons for it reach (INV-06: Read is not Write).
fn one(eyes: &Eyes<'_>, record: &Record) -> Looked {
    let shown = given(records::show(eyes.view, &eyes.actor, RecordId(*record)))?;
    let level = eyes.viewer.and_then(|viewer| eyes.local.level_of(viewer, record));
    let own = eyes.local.records.get(record).filter(|_| level.is_some());
    let name = RecordId(*record);
    match (&shown, own) {
        (None, None) => Ok(Ok(())),
        (Some(_), None) => Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("record {name} is shown")))),
        (None, Some(_)) => Ok(Err(eyes.wrong("INV-29", "lost-ack", &format!("record {name} is not shown")))),
        (Some(shown), Some(_)) if shown.access != level_name(level) => {
            let what = format!("record {name} is shown with {} and must be with {level:?}", shown.access);
            let reaches_further = level < levels().find(|level| level_name(*level) == shown.access).flatten();
            let (invariant, anomaly) = if reaches_further { ("INV-06", "stale-right") } else { ("INV-29", "lost-ack") };
            Ok(Err(eyes.wrong(invariant, anomaly, &what)))
        }
        (Some(shown), Some(own)) => Ok(eyes.only(&words(own).collect(), shown, "a record")),
    }
}

/// A record by a word of its name, which nobody finds who does not see it.
fn searched(eyes: &Eyes<'_>, mine: &Mine<'_>) -> Looked {
    let count = eyes.local.records.len();
    let Some((record, own)) = eyes.local.records.iter().nth(eyes.turn % count.max(1)) else { return Ok(Ok(())) };
    let Some(name) = own.tokens.iter().find(|placed| placed.place == Place::Field(0)) else { return Ok(Ok(())) };
    let query = Query { text: Some(name.token.text()), archived: own.archived, ..Query::default() };
    let found = given(records::list(eyes.view, &eyes.actor, &query))?.is_some_and(|page| !page.records.is_empty());
    if found == mine.records.contains_key(record) {
        return Ok(Ok(()));
    }
    let (invariant, anomaly) = if found { ("INV-01", "stale-right") } else { ("INV-29", "lost-ack") };
    Ok(Err(eyes.wrong(invariant, anomaly, &format!("a search finds record {}: {found}", RecordId(*record)))))
}

/// Records of one export at most.
const EXPORTED: usize = 8;

/// An export of the list, and of one record by its id.
fn exported(eyes: &Eyes<'_>, mine: &Mine<'_>) -> Looked {
    let format = [Format::Vcard, Format::Vcard4, Format::Vcard3, Format::Json][eyes.turn % 4];
    let query = Query { limit: Some(EXPORTED), ..Query::default() };
    match given(records::export_page(eyes.view, &eyes.actor, &query, format))? {
        Some(page) => {
            if let Err(violation) = eyes.only_in(&mine.words, &page.bytes, "an export") {
                return Ok(Err(violation));
            }
            if page.count != mine.live().min(EXPORTED) {
                return Ok(Err(eyes.wrong("INV-29", "lost-ack", &format!("an export has {} records of {}", page.count, mine.live()))));
            }
        }
        None if mine.live() > 0 => return Ok(Err(eyes.wrong("INV-29", "lost-ack", "an export is refused"))),
        None => {}
    }
    let count = eyes.local.records.len();
    let Some(record) = eyes.local.records.keys().nth((eyes.turn * 7 + 3) % count.max(1)) else { return Ok(Ok(())) };
    let bytes = given(records::export(eyes.view, &eyes.actor, &[RecordId(*record)], format))?;
    if bytes.is_some() == mine.records.contains_key(record) {
        return Ok(Ok(()));
    }
    Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("an export of record {} by its id: {}", RecordId(*record), bytes.is_some()))))
}

/// The beginnings of ids name only what the viewer sees.
fn named(eyes: &Eyes<'_>, mine: &Mine<'_>) -> Looked {
    let found = given(records::own_in_range(eyes.view, &eyes.actor, RecordId([0; 16]), RecordId([255; 16])))?.unwrap_or_default();
    let right = found.len() == mine.records.len().min(2) && found.iter().all(|record| mine.records.contains_key(&record.0));
    Ok(if right { Ok(()) } else { Err(eyes.wrong("INV-01", "stale-right", &format!("beginnings of ids name {found:?}"))) })
}
