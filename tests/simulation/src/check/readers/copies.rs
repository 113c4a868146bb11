//! Copies that other offices share: which links are open, and what their files give: lists, searches, single copies, ids.

use std::collections::BTreeSet;

use interoffice_core::actions::copies;
use interoffice_core::store::Fault;
use interoffice_core::store::received::CopyQuery;
use interoffice_oracle::event::Link;
use interoffice_oracle::local::Known;
use interoffice_oracle::{Answer, Token, Viewer};
use interoffice_protocol::ids::{LinkId, RecordId};

use super::{Eyes, Looked, given};
use crate::check::{Violation, kept};

pub(super) fn look(eyes: &Eyes<'_>) -> Looked {
    let (open, _) = given(copies::readable(eyes.view, &eyes.actor))?.unwrap_or_default();
    let open: BTreeSet<LinkId> = open.into_iter().map(|readable| readable.link).collect();
    for (link, known) in &eyes.local.links {
        let shown = open.contains(&LinkId(*link));
        if let Err(violation) = opened(eyes, link, shown) {
            return Ok(Err(violation));
        }
        if shown && let Err(violation) = file(eyes, link, known)? {
            return Ok(Err(violation));
        }
    }
    for link in eyes.some_links() {
        let alone = given(copies::may_read(eyes.view, &eyes.actor, LinkId(*link)))?.is_some();
        if alone != open.contains(&LinkId(*link)) {
            return Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("link {} is read by its id: {alone}", LinkId(*link)))));
        }
    }
    if let Some(stray) = open.iter().find(|link| !eyes.local.links.contains_key(&link.0)) {
        return Ok(Err(eyes.wrong("INV-01", "forged-consent", &format!("link {stray} is read, which nobody knows"))));
    }
    Ok(Ok(()))
}

/// Whether the link is open for the viewer exactly when it must be.
fn opened(eyes: &Eyes<'_>, link: &Link, shown: bool) -> Result<(), Violation> {
    let Some(viewer) = eyes.viewer else {
        return if shown { Err(eyes.wrong("INV-01", "leaked-onward", "another office reads copies")) } else { Ok(()) };
    };
    let verdict = eyes.oracle.may_open(eyes.office.place, viewer, link);
    if verdict.fits(shown) {
        return Ok(());
    }
    let what = format!("link {} is read: {shown}, although {}", LinkId(*link), verdict.why);
    let (invariant, anomaly) = match (shown, verdict.why) {
        (true, "the lease is over") => ("INV-36", "unbounded-exposure"),
        (true, _) => ("INV-01", "stale-right"),
        (false, _) => ("INV-29", "lost-ack"),
    };
    Err(eyes.wrong(invariant, anomaly, &what))
}

/// What the file of an open link gives.
fn file(eyes: &Eyes<'_>, link: &Link, known: &Known) -> Looked {
    let (files, id) = (&eyes.office.files, LinkId(*link));
    let rows = files.list(id, &CopyQuery { limit: 1_000, ..CopyQuery::default() }).map_err(Fault::from)?;
    let viewer = eyes.viewer.unwrap_or(Viewer::Operator);
    let allowed: BTreeSet<Token> = known.copies.values().flat_map(|held| held.tokens.iter().copied()).collect();
    for row in &rows {
        if let Err(violation) = eyes.only_in(&allowed, row.name.as_bytes(), "the list of copies") {
            return Ok(Err(violation));
        }
        let verdict = eyes.oracle.may_read(eyes.office.place, viewer, link, &row.record.0);
        if verdict.answer == Answer::MustNot {
            let what = format!("record {} of link {id} is listed, although {}", row.record, verdict.why);
            return Ok(Err(eyes.wrong("INV-22", "zombie-share", &what)));
        }
    }
    if rows.len() != known.copies.len() {
        let what = format!("link {id} lists {} copies of {}", rows.len(), known.copies.len());
        return Ok(Err(eyes.wrong("INV-29", "lost-ack", &what)));
    }
    let holdings = files.holdings(id, None, 1_000)?;
    if holdings.iter().map(|holding| holding.record.0).ne(known.copies.keys().copied()) {
        return Ok(Err(eyes.wrong("INV-22", "zombie-share", &format!("ids of link {id} name other copies than it holds"))));
    }
    one_copy(eyes, link, known)
}

/// One copy in full, found by a word of its own.
fn one_copy(eyes: &Eyes<'_>, link: &Link, known: &Known) -> Looked {
    let (files, id) = (&eyes.office.files, LinkId(*link));
    let Some((record, held)) = known.copies.iter().nth(eyes.turn % known.copies.len().max(1)) else { return Ok(Ok(())) };
    let copy = files.get(id, RecordId(*record))?;
    let found = copy.map(|(_, copy)| kept::words(&copy)).unwrap_or_default();
    if found != held.tokens.iter().copied().collect() {
        let what = format!("record {} of link {id} says {found:?} and must say {:?}", RecordId(*record), held.tokens);
        return Ok(Err(eyes.wrong("INV-28", "torn-record", &what)));
    }
    let Some(word) = held.tokens.first() else { return Ok(Ok(())) };
    let rows = files.list(id, &CopyQuery { text: word.text(), limit: 10, ..CopyQuery::default() })?;
    let right = rows.iter().all(|row| row.record.0 == *record);
    Ok(if right { Ok(()) } else { Err(eyes.wrong("INV-22", "zombie-share", &format!("a search in link {id} finds something else"))) })
}
