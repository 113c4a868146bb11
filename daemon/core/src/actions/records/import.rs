//! Importing address cards. Reading a file is pure and happens outside any transaction; its cards are then written a few hundred at
//! a time, so that a large file does not hold up everybody else.

use std::collections::HashSet;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::{Property, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::rights;
use super::duplicates;
use crate::domain::access::{Sight, Viewer};
use crate::domain::actor::Actor;
use crate::domain::edit::encode;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::search::search_text;
use crate::domain::vcard;
use crate::store::records::{self, Content, NewRecord, RecordRow};
use crate::store::{Fault, StoreFault, Tx, View, audit, log, office};

/// Most cards of one transaction.
pub const IMPORT_CARDS_MAX: usize = 500;

/// Rounds in which groups within groups are put in order; deeper nesting is imported with the members known by then.
const NESTING_MAX: usize = 8;

/// A card that is ready to be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportCard {
    /// Line of the file where it begins, from 1.
    pub line: usize,
    /// What it is known by: its UID, or a hash of the card when it has none of its own.
    pub uid: String,
    /// What it says.
    pub record: Record,
    /// UIDs of the members of a household.
    pub member_uids: Vec<String>,
    /// The card byte for byte.
    pub card: Vec<u8>,
}

/// A part of a file that was not imported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Broken {
    /// Line where the trouble is, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A file that was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CardFile {
    /// Its cards, households after their members.
    pub cards: Vec<ImportCard>,
    /// What could not be read.
    pub broken: Vec<Broken>,
}

/// How cards are imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Marks the new records private.
    pub private: bool,
    /// Assigns no user to the new records, so that all users of the office see them.
    pub unassigned: bool,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// Records that are new.
    pub created: u64,
    /// Records that a card of the same UID changed.
    pub updated: u64,
    /// Cards that said nothing new.
    pub unchanged: u64,
    /// What was left out, by line.
    pub broken: Vec<Broken>,
    /// Ids of the new and changed records, base32.
    pub records: Vec<String>,
    /// New records that share an e-mail address or a telephone number with another that the importing user sees.
    pub possible_duplicates: u64,
    /// Ids of these.
    pub duplicates: Vec<String>,
}

impl ImportReport {
    /// Adds what a later part of the same import did.
    pub fn join(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.broken.extend(other.broken);
        self.broken.sort_by_key(|broken| broken.line);
        self.records.extend(other.records);
        self.possible_duplicates += other.possible_duplicates;
        self.duplicates.extend(other.duplicates);
    }
}

/// Reads a file of address cards: no store, no rights, so it may run anywhere and take its time.
pub fn read_cards(bytes: &[u8]) -> CardFile {
    let file = vcard::parse_file(bytes);
    let mut known = HashSet::with_capacity(file.cards.len());
    let cards = file.cards.into_iter().map(|card| {
        // A second card under the same UID is a record of its own, since nothing of a file may be lost.
        let uid = card.uid.filter(|uid| known.insert(uid.clone())).unwrap_or_else(|| uid_of_bytes(&card.verbatim));
        ImportCard { line: card.line, uid, record: card.record, member_uids: card.household_member_uids, card: card.verbatim }
    });
    let cards = members_first(cards.collect());
    let broken = file.broken.into_iter().map(|broken| Broken { line: broken.line, reason: broken.reason });
    CardFile { cards, broken: broken.collect() }
}

fn uid_of_bytes(card: &[u8]) -> String {
    format!("card-{}", BASE32_NOPAD.encode(&Sha256::digest(card)).to_ascii_lowercase())
}

/// Puts each household behind its members, so that one pass knows them all; everything else keeps its order.
fn members_first(cards: Vec<ImportCard>) -> Vec<ImportCard> {
    let (mut ordered, mut groups): (Vec<_>, Vec<_>) = cards.into_iter().partition(|card| card.member_uids.is_empty());
    for _ in 0..NESTING_MAX {
        let waiting: HashSet<String> = groups.iter().map(|card| card.uid.clone()).collect();
        let waits = |card: &ImportCard| card.member_uids.iter().any(|uid| *uid != card.uid && waiting.contains(uid));
        let (later, now): (Vec<_>, Vec<_>) = groups.into_iter().partition(waits);
        ordered.extend(now);
        groups = later;
    }
    ordered.extend(groups);
    ordered
}

/// Imports at most [`IMPORT_CARDS_MAX`] cards for the acting user, who becomes the owner of the new records. A card whose UID the user
/// already has changes that record when it says something new. Cards that don't fit are reported, the others are imported.
pub fn import_cards(tx: &Tx<'_>, actor: &Actor, cards: &[ImportCard], options: &ImportOptions) -> Result<ImportReport, Fault> {
    let who = actor.user().map_or("", |name| name.as_str());
    tx.attempt(actor, "record.import", who);
    let user = rights::require_user(tx, actor)?;
    rights::require(tx, actor, Permission::Edit)?;
    user.account.check_owns(user.name.as_str())?;
    if options.unassigned {
        rights::require_sharing(tx, &Viewer::User(user.person()))?;
    }
    if cards.len() > IMPORT_CARDS_MAX {
        return Err(Refusal::invalid("too-many-cards", "at most 500 cards go into one transaction", "import them in parts").into());
    }
    let warns = office::habits(tx)?.warn_duplicates.then(|| rights::sight(tx, actor)).transpose()?;
    let mut run =
        Run { tx, actor, owner: user.id, epoch: office::load(tx)?.epoch.counter, options, warns, report: ImportReport::default() };
    for card in cards {
        run.import(card)?;
    }
    let report = run.report;
    let (created, updated, broken) = (report.created, report.updated, report.broken.len());
    let detail = format!("created {created}, updated {updated}, unchanged {}, left out {broken}", report.unchanged);
    audit::done(tx, actor, "record.import", user.name.as_str(), &detail)?;
    Ok(report)
}

/// The import of one part of a file.
struct Run<'a, 'c> {
    tx: &'a Tx<'c>,
    actor: &'a Actor,
    owner: i64,
    epoch: u64,
    options: &'a ImportOptions,
    /// What the user sees, when records that look alike are to be counted.
    warns: Option<Sight>,
    report: ImportReport,
}

impl Run<'_, '_> {
    fn import(&mut self, card: &ImportCard) -> Result<(), Fault> {
        let members = members_of(self.tx, self.owner, &card.member_uids)?;
        match records::by_uid(self.tx, self.owner, &card.uid)? {
            Some(row) => self.update(card, &row, members),
            None => self.create(card, members),
        }
    }

    fn create(&mut self, card: &ImportCard, members: Vec<RecordId>) -> Result<(), Fault> {
        let with_members;
        let record = if members.is_empty() {
            &card.record
        } else {
            with_members = Record { members, ..card.record.clone() };
            &with_members
        };
        let Some(body) = self.fitting(card, record) else { return Ok(()) };
        let id = RecordId(self.tx.moment.uuid_v7());
        let version = Version { epoch: self.epoch, counter: 1 };
        let search = search_text(record);
        let related = records::related_counts(record);
        let content = Content { version, name: &record.display_name, search: &search, related, body: &body, card: Some(&card.card) };
        let (private, assigned) = (self.options.private, !self.options.unassigned);
        let row = records::insert(
            self.tx,
            &NewRecord { record: id, kind: record.kind, owner: self.owner, assigned, private, uid: &card.uid, content },
        )?;
        self.report.created += 1;
        self.report.records.push(id.to_string());
        if let Some(sight) = &self.warns
            && duplicates::is_alike(self.tx, sight, &search, Some(row))?
        {
            self.report.possible_duplicates += 1;
            self.report.duplicates.push(id.to_string());
        }
        Ok(())
    }

    /// Related items are the office's own and no part of a card, so they stay.
    fn update(&mut self, card: &ImportCard, row: &RecordRow, members: Vec<RecordId>) -> Result<(), Fault> {
        if card.uid == uid_of_bytes(&card.card) {
            // The very same bytes were imported before; what was edited since then is not undone.
            self.report.unchanged += 1;
            return Ok(());
        }
        let body = records::load_body(self.tx, row.record)?;
        let (_, present) = body.ok_or_else(|| StoreFault::Corrupt("a record has no body".to_owned()))?;
        let record = Record { members, related: present.related.clone(), ..card.record.clone() };
        if record == present {
            self.report.unchanged += 1;
            return Ok(());
        }
        let Some(body) = self.fitting(card, &record) else { return Ok(()) };
        let version = Version { epoch: self.epoch, counter: row.version.counter + 1 };
        let search = search_text(&record);
        let related = records::related_counts(&record);
        let content = Content { version, name: &record.display_name, search: &search, related, body: &body, card: Some(&card.card) };
        records::replace(self.tx, row.id, record.kind, &content)?;
        log::touch(self.tx, row.record)?;
        // New records are told by the line of the whole import; one that was there already is edited like by hand.
        audit::done(self.tx, self.actor, "record.edit", &row.record.to_string(), &format!("version {version}, imported"))?;
        self.report.updated += 1;
        self.report.records.push(row.record.to_string());
        Ok(())
    }

    /// The record in the form in which it is kept; one that does not fit goes to the broken ones.
    fn fitting(&mut self, card: &ImportCard, record: &Record) -> Option<Vec<u8>> {
        let encoded = encode(record);
        encoded.map_err(|refusal| self.report.broken.push(Broken { line: card.line, reason: refusal.to_string() })).ok()
    }
}

/// The owner's records that the UIDs of a household's members stand for; a UID that is not known here is passed over.
fn members_of(view: &View<'_>, owner: i64, uids: &[String]) -> Result<Vec<RecordId>, StoreFault> {
    let mut members = Vec::with_capacity(uids.len());
    for uid in uids {
        let found = match records::id_by_uid(view, owner, uid)? {
            Some(record) => Some(record),
            None => match own_id(uid) {
                Some(record) => records::find(view, record)?.filter(|row| row.owner == owner).map(|row| row.record),
                None => None,
            },
        };
        members.extend(found.filter(|record| !members.contains(record)));
    }
    Ok(members)
}

/// The record id that a UUID may be, since record ids are UUIDs too.
fn own_id(uid: &str) -> Option<RecordId> {
    let bytes = HEXLOWER.decode(uid.replace('-', "").as_bytes()).ok()?;
    RecordId::from_slice(&bytes)
}

/// The members that the properties of a household name.
pub(super) fn members_named(view: &View<'_>, owner: i64, properties: &[Property]) -> Result<Vec<RecordId>, StoreFault> {
    let named = properties.iter().filter(|property| is_member(property));
    members_of(view, owner, &named.map(|property| vcard::uid_key(&property.value)).collect::<Vec<_>>())
}

/// Whether a property names a member of a household.
pub(super) fn is_member(property: &Property) -> bool {
    matches!(property.name.as_str(), "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER")
}
