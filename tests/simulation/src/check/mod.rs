//! What must hold in a world: asked after each step, every fifty steps, at each receipt, and at the end.
//!
//! What the world does is told to the oracle, which knows none of the product's code; what the offices then say of themselves is
//! compared with it. After a step only what it could have changed is looked at, and a little of everything else in turn.

mod clones;
mod inside;
mod kept;
mod links;
mod marked;
mod orders;
mod people;
mod readers;
mod rest;
mod scan;
mod schema;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_inside;
mod turns;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use interoffice_oracle::event::{Link, Office, Record};
use interoffice_oracle::{Breach, Event, Oracle};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::world::World;

pub(crate) use clones::{is_news, print, unchanged};
pub(crate) use inside::{last_line, session, written};
pub(crate) use people::denied;
pub(crate) use readers::readers;
pub(crate) use rest::at_rest;
pub(crate) use scan::receipt;
pub(crate) use wire::{knows_its_words, renews};

/// A daemon looks at its clocks at least this often, so a lease may be over by so much (milliseconds).
const SLACK_MS: i64 = 60_000;

/// Something that must hold does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    /// Which invariant.
    pub(crate) invariant: &'static str,
    /// Which kind of mistake, by its short name.
    pub(crate) anomaly: &'static str,
    /// What was found.
    pub(crate) what: String,
}

impl Violation {
    fn new(invariant: &'static str, anomaly: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, anomaly, what: what.into() }
    }
}

impl From<Breach> for Violation {
    fn from(breach: Breach) -> Self {
        Self { invariant: breach.invariant, anomaly: breach.anomaly, what: breach.what }
    }
}

/// What a step could have changed.
#[derive(Default)]
struct Changed {
    links: BTreeSet<(Office, LinkId)>,
    records: BTreeSet<(Office, Record)>,
    people: BTreeSet<Office>,
    /// Where somebody may get more or less of the office's own records than before.
    inside: BTreeSet<Office>,
    sessions: BTreeSet<Office>,
    whole: BTreeSet<Office>,
}

impl Changed {
    fn link(&mut self, office: Office, link: &Link) {
        self.links.insert((office, LinkId(*link)));
    }

    fn record(&mut self, office: Office, record: &Record) {
        self.records.insert((office, *record));
    }

    fn people_of(&mut self, office: Office) {
        self.people.insert(office);
    }

    fn inside_of(&mut self, office: Office) {
        self.people.insert(office);
        self.inside.insert(office);
    }

    fn whole_of(&mut self, office: Office) {
        self.whole.insert(office);
    }
}

/// What the checks remember of a run.
pub(crate) struct Checker {
    pub(crate) oracle: Oracle,
    changed: Changed,
    said: wire::Said,
    /// Both signatures of these were looked at where they are Active.
    proved: BTreeSet<(Office, LinkId)>,
    /// The last line of each audit that was read, and how often it says that something was done.
    audits: BTreeMap<Office, people::Audit>,
    turn: usize,
    complaints: usize,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            oracle: Oracle::new(SLACK_MS),
            changed: Changed::default(),
            said: wire::Said::default(),
            proved: BTreeSet::new(),
            audits: BTreeMap::new(),
            turn: 0,
            complaints: 0,
        }
    }
}

impl Checker {
    /// Takes note of something that happened.
    pub(crate) fn note(&mut self, event: &Event) {
        marked::before(&self.oracle, event);
        self.oracle.note(event.clone());
        let changed = &mut self.changed;
        match event {
            Event::Requested { link, wanted } => changed.link(wanted.owner.office, link),
            Event::Accepted { link, by } => changed.link(by.office, link),
            Event::Ended { office: at, link, .. }
            | Event::Heard { at, link, .. }
            | Event::Applied { at, link, .. }
            | Event::FileRebuilt { at, link }
            | Event::FileErased { at, link } => changed.link(*at, link),
            Event::Shared { link, .. } | Event::Unshared { link, .. } => {
                if let Some(agreed) = self.oracle.agreement(link) {
                    changed.link(agreed.wanted.owner.office, link);
                }
            }
            Event::LeaseRenewed { at, links, .. } => changed.links.extend(links.iter().map(|link| (*at, LinkId(*link)))),
            Event::UserAdded { who, .. } => changed.people_of(who.office),
            Event::UserDisabled { who } | Event::RightDisabled { who } => {
                changed.inside_of(who.office);
                changed.sessions.insert(who.office);
                self.every_link_of(who.office);
            }
            Event::PeerRemoved { office, .. } => self.every_link_of(*office),
            Event::RecordMade { owner, record, .. } => changed.record(owner.office, record),
            Event::RecordEdited { office, record, .. }
            | Event::RecordMarked { office, record, .. }
            | Event::RecordDeleted { office, record }
            | Event::RecordArchived { office, record }
            | Event::RecordUnarchived { office, record } => changed.record(*office, record),
            Event::Restarted { office, .. } => changed.whole_of(*office),
            Event::FolderReplaced { office } => self.forget(*office),
            _ => self.note_inside(event),
        }
    }

    /// What happened inside an office.
    fn note_inside(&mut self, event: &Event) {
        let changed = &mut self.changed;
        match event {
            Event::RightsSet { who, .. }
            | Event::RightEnabled { who }
            | Event::RoleGiven { who, .. }
            | Event::AllClientsSet { who, .. } => changed.inside_of(who.office),
            Event::UserEnabled { who } => {
                changed.inside_of(who.office);
                changed.sessions.insert(who.office);
            }
            Event::SecuritySet { office, .. }
            | Event::RoleSet { office, .. }
            | Event::GroupMade { office, .. }
            | Event::GroupDeleted { office, .. }
            | Event::MemberSet { office, .. }
            | Event::ProxySet { office, .. }
            | Event::AccessSwitched { office, .. }
            | Event::Answered { office, .. }
            | Event::HandedOver { office, .. } => changed.inside_of(*office),
            Event::Granted { office, record, .. } | Event::OwnerSet { office, record, .. } => {
                changed.inside_of(*office);
                changed.record(*office, record);
            }
            Event::Asked { who, record, .. } => {
                changed.inside_of(who.office);
                changed.record(who.office, record);
            }
            Event::SessionBegun { who, .. } | Event::SessionsEnded { who, .. } => drop(changed.sessions.insert(who.office)),
            Event::SessionEnded { office, .. } | Event::SessionUsed { office, .. } => drop(changed.sessions.insert(*office)),
            _ => {}
        }
    }

    fn every_link_of(&mut self, office: Office) {
        let all = self.oracle.agreements().filter(|(_, agreed)| agreed.concerns(office));
        let all: Vec<_> = all.map(|(link, _)| (office, LinkId(*link))).collect();
        self.changed.links.extend(all);
    }

    /// An office lives on from an older state: what was counted there counts no more.
    fn forget(&mut self, office: Office) {
        self.audits.remove(&office);
        self.proved.retain(|(at, _)| *at != office);
    }
}

/// What must hold after each step and costs little.
pub(crate) fn after_step(world: &mut World) -> Result<(), Violation> {
    if let Some(breach) = world.checker.oracle.take_breaches().into_iter().next() {
        return Err(breach.into());
    }
    let changed = std::mem::take(&mut world.checker.changed);
    complaints(world)?;
    wire::look(world)?;
    for (office, link) in &changed.links {
        links::look(world, *office, *link)?;
    }
    for (office, record) in &changed.records {
        kept::record(world, *office, record)?;
    }
    for office in &changed.people {
        people::look(world, *office)?;
    }
    for office in &changed.inside {
        let about = changed.records.iter().filter(|(at, _)| at == office).map(|(_, record)| *record).collect();
        inside::look(world, *office)?;
        readers::inside(world, *office, &about)?;
    }
    for office in &changed.sessions {
        inside::sessions(world, *office)?;
    }
    for office in &changed.whole {
        kept::office(world, *office)?;
    }
    turns::look(world)
}

/// INV-05: an honest office has nothing to complain of in another.
fn complaints(world: &mut World) -> Result<(), Violation> {
    let seen = std::mem::replace(&mut world.checker.complaints, world.complaints.len());
    for complaint in world.complaints.get(seen..).unwrap_or_default() {
        // A renewal that a newer question overtook is ignored and nobody's fault.
        let usual =
            matches!(complaint.misbehaviour, Misbehaviour::BlockedOffice | Misbehaviour::TooManyWaiting | Misbehaviour::RenewalUnasked);
        let lies = |office| world.checker.oracle.is_hostile(office) || world.checker.oracle.is_rewound(office);
        if complaint.genuine && !usual && !lies(complaint.at) && !lies(complaint.about) {
            let what = format!("{} found {} in what {} honestly said", complaint.at, complaint.misbehaviour, complaint.about);
            return Err(Violation::new("INV-05", "false-complaint", what));
        }
    }
    Ok(())
}
