//! What was acknowledged is there, above all after a crash: users, records with every word, links with their shares and copies.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_core::domain::access::{Policy, Viewer, sight};
use interoffice_core::store::grants::{self, Grantee};
use interoffice_core::store::records;
use interoffice_oracle::Token;
use interoffice_oracle::event::{Place, Record as RecordKey, With};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::record::Record;
use interoffice_protocol::wire::codec;

use super::{Violation, inside, links, people, schema};
use crate::inside::level_name;
use crate::world::{World, failed};

/// The words in a record.
pub(super) fn words(record: &Record) -> BTreeSet<Token> {
    Token::all_in(&codec::encode(record)).into_iter().collect()
}

/// INV-29, INV-60: one of an office's own records is there as it was last written, or gone if it was deleted.
pub(super) fn record(world: &World, office: usize, record: &RecordKey) -> Result<(), Violation> {
    if !world.offices[office].up {
        return Ok(());
    }
    let id = RecordId(*record);
    let broken = |anomaly, what: String| Violation::new("INV-29", anomaly, format!("record {id} at office {office}: {what}"));
    let own = world.checker.oracle.local(office).and_then(|local| local.records.get(record));
    let row = world.look(office, |view| Ok(records::find(view, id)?))?;
    let (own, row) = match (own, row) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(broken("resurrected-delete", "it was deleted and is there".to_owned())),
        (Some(_), None) => return Err(broken("lost-ack", "it was made and is not there".to_owned())),
        (Some(own), Some(row)) => (own, row),
    };
    if row.owner_name.as_str() != own.owner {
        let what = format!("record {id} at office {office} is owned by {} and must be by {}", row.owner_name, own.owner);
        return Err(Violation::new("INV-60", "stale-right", what));
    }
    let is = (row.owner_name.as_str(), row.private, row.assigned, row.archived);
    let must = (own.owner.as_str(), own.marks.private, own.marks.assigned, own.archived);
    if is != must {
        return Err(broken("lost-ack", format!("owner, private, assigned and archived are {is:?} and must be {must:?}")));
    }
    let (body, shares) = world.look(office, |view| Ok((records::load_body(view, id)?, grants::of_record(view, row.id)?)))?;
    let everybody = row.everyone.map(|level| (With::Everybody, level.as_str()));
    let by_name = shares.into_iter().map(|share| match share.grantee {
        Grantee::User(_) => (With::User(share.name), share.level.as_str()),
        Grantee::Group(_) => (With::Group(share.name), share.level.as_str()),
    });
    let shares: BTreeMap<With, &str> = by_name.chain(everybody).collect();
    let must: BTreeMap<With, &str> = own.shares.iter().map(|(with, level)| (with.clone(), level_name(Some(*level)))).collect();
    if shares != must {
        return Err(broken("stale-right", format!("it is shared with {shares:?} and must be with {must:?}")));
    }
    let found = body.map(|(_, body)| words(&body)).unwrap_or_default();
    let written = own.tokens.iter().filter(|placed| placed.place != Place::Card).map(|placed| placed.token);
    let written: BTreeSet<Token> = written.collect();
    if found == written { Ok(()) } else { Err(broken("lost-ack", format!("it says {found:?} and must say {written:?}"))) }
}

/// INV-28, INV-29: a link's copies at its reader's office, word for word.
pub(super) fn copies(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    let Some(known) = world.checker.oracle.known(office, &link.0).filter(|known| !known.is_over()) else { return Ok(()) };
    if world.offices[office].disk_full {
        return Ok(());
    }
    let files = &world.offices[office].files;
    for (record, held) in &known.copies {
        let copy = files.get(link, RecordId(*record)).map_err(|fault| failed(office, &fault))?;
        let found = copy.map(|(_, copy)| words(&copy));
        if found.as_ref() != Some(&held.tokens.iter().copied().collect()) {
            let what =
                format!("record {} of link {link} at office {office} says {found:?} and must say {:?}", RecordId(*record), held.tokens);
            return Err(Violation::new("INV-28", "torn-record", what));
        }
    }
    links::held(world, office, link)
}

/// Everything that an office must know (INV-29): asked after each start, and at the end.
pub(super) fn office(world: &mut World, office: usize) -> Result<(), Violation> {
    if !world.offices[office].up || world.checker.oracle.is_hostile(office) {
        return Ok(());
    }
    people::look(world, office)?;
    inside::look(world, office)?;
    inside::sessions(world, office)?;
    people::audit(world, office)?;
    if world.offices[office].on_disk() {
        schema::newer_is_refused(office)?;
    }
    let Some(local) = world.checker.oracle.local(office) else { return Ok(()) };
    let made: Vec<RecordKey> = local.records.keys().copied().collect();
    let known: Vec<LinkId> = local.links.keys().copied().map(LinkId).collect();
    for own in &made {
        record(world, office, own)?;
    }
    let everything = sight(&Viewer::Operator, &Policy::default());
    let all =
        world.look(office, |view| Ok(records::in_range(view, &everything, RecordId([0; 16]), RecordId([255; 16]), made.len() + 1)?))?;
    if all.len() != made.len() {
        let what = format!("office {office} has {} records and must have {}", all.len(), made.len());
        return Err(Violation::new("INV-29", "resurrected-delete", what));
    }
    for link in known {
        links::look(world, office, link)?;
        copies(world, office, link)?;
    }
    Ok(())
}
