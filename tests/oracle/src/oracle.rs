//! The oracle: it is told everything, forgets nothing, and says what must and must not be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::clock::Clock;
use crate::event::{Event, Link, Office, Person, Place, Record};
use crate::history::{Agreement, Home};
use crate::local::{Known, Local, State, Viewer};
use crate::token::Token;
use crate::verdict::{Breach, Verdict};

/// What is known from above of a whole federation.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pub(crate) offices: BTreeMap<Office, Local>,
    pub(crate) hostile: BTreeSet<Office>,
    /// Offices whose data folder was once replaced by an older copy.
    pub(crate) rewound: BTreeSet<Office>,
    pub(crate) links: BTreeMap<Link, Agreement>,
    pub(crate) records: BTreeMap<Record, Home>,
    pub(crate) tokens: HashMap<Token, (Record, Place)>,
    pub(crate) kept_folders: BTreeMap<Office, Local>,
    pub(crate) kept_files: BTreeMap<(Office, Link), Known>,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) slack_ms: i64,
}

impl Oracle {
    /// An oracle that forgives a lease `slack_ms`: a running daemon writes its safe clock down at least that often.
    pub fn new(slack_ms: i64) -> Self {
        Self { slack_ms, ..Self::default() }
    }

    /// Tells what happened.
    pub fn note(&mut self, event: Event) {
        self.meet(&event);
        self.people(&event);
        self.inside(&event);
        self.records(&event);
        self.links(&event);
        self.traffic(event);
    }

    /// An office is known from its first start, user or peer on.
    fn meet(&mut self, event: &Event) {
        let named = match event {
            Event::Restarted { office, .. } => [Some(*office), None],
            Event::UserAdded { who, .. } => [Some(who.office), None],
            Event::Paired { a, b } => [Some(*a), Some(*b)],
            _ => [None, None],
        };
        for office in named.into_iter().flatten() {
            self.offices.entry(office).or_insert_with(|| Local::new(Clock::unset()));
        }
    }

    /// What was found wrong in what was told since this was last asked.
    pub fn take_breaches(&mut self) -> Vec<Breach> {
        std::mem::take(&mut self.breaches)
    }

    pub(crate) fn breach(&mut self, invariant: &'static str, anomaly: &'static str, what: String) {
        self.breaches.push(Breach { invariant, anomaly, what });
    }

    /// What an office knows; `None` for one that was never set up.
    pub fn local(&self, office: Office) -> Option<&Local> {
        self.offices.get(&office)
    }

    /// A link from above.
    pub fn agreement(&self, link: &Link) -> Option<&Agreement> {
        self.links.get(link)
    }

    /// Every link from above.
    pub fn agreements(&self) -> impl Iterator<Item = (&Link, &Agreement)> {
        self.links.iter()
    }

    /// A record from above.
    pub fn home(&self, record: &Record) -> Option<&Home> {
        self.records.get(record)
    }

    /// Where a token stands.
    pub fn token(&self, token: Token) -> Option<(Record, Place)> {
        self.tokens.get(&token).copied()
    }

    /// Whether an office lies.
    pub fn is_hostile(&self, office: Office) -> bool {
        self.hostile.contains(&office)
    }

    /// Whether an office's data folder was once replaced by an older copy.
    pub fn is_rewound(&self, office: Office) -> bool {
        self.rewound.contains(&office)
    }

    /// What an office knows of a link.
    pub fn known(&self, office: Office, link: &Link) -> Option<&Known> {
        self.offices.get(&office)?.links.get(link)
    }

    /// Where a link must stand at an office.
    pub fn state(&self, office: Office, link: &Link) -> State {
        self.known(office, link).map_or(State::Unknown, Known::state)
    }

    /// Whether a viewer may know of a link at all: the people of the link, administrators and the operator do.
    pub fn may_see_link(&self, office: Office, viewer: Viewer<'_>, link: &Link) -> Verdict {
        let Some((local, known)) = self.at(office, link) else { return Verdict::must_not("the office has not heard of the link") };
        if !known.requested {
            return Verdict::must_not("the office has not heard of its request");
        }
        let Viewer::User(name) = viewer else { return Verdict::must("the operator sees every link") };
        match local.users.get(name) {
            Some(user) if user.disabled => Verdict::must_not("the user is disabled"),
            Some(_) if local.administers(name) => Verdict::must("an administrator sees every link of the office"),
            Some(_) if self.end_of(office, link).is_some_and(|person| person.user == name) => Verdict::must("it is the user's own link"),
            Some(_) => Verdict::must_not("it is another user's link"),
            None => Verdict::must_not("the office has no such user"),
        }
    }

    /// Whether a viewer at an office gets the copy of a record that a link brought there.
    pub fn may_read(&self, office: Office, viewer: Viewer<'_>, link: &Link, record: &Record) -> Verdict {
        let open = self.may_open(office, viewer, link);
        let held = self.known(office, link).is_some_and(|known| known.copies.contains_key(record));
        match held {
            true => open,
            false => Verdict::must_not("the link has not brought this record here, or it was taken off"),
        }
    }

    /// Whether a viewer may read what a link brought, whichever records that are (INV-01).
    pub fn may_open(&self, office: Office, viewer: Viewer<'_>, link: &Link) -> Verdict {
        let (Some((local, known)), Some(agreed)) = (self.at(office, link), self.links.get(link)) else {
            return Verdict::must_not("the office has not heard of the link");
        };
        if agreed.wanted.reader.office != office {
            return Verdict::must_not("the link brings nothing to this office");
        }
        let State::Active { frozen } = known.state() else { return Verdict::must_not("the link is not Active here") };
        if !agreed.consented && !self.is_hostile(office) {
            return Verdict::must_not("the reader never agreed");
        }
        let may = match viewer {
            Viewer::Operator => None,
            Viewer::User(name) if name != agreed.wanted.reader.user => Some("only the reader of the link reads its copies"),
            Viewer::User(name) => match local.users.get(name) {
                Some(user) if user.disabled => Some("the reader is disabled"),
                Some(user) if !user.specialist => Some("the reader does not hold Record Sharing"),
                Some(_) => None,
                None => Some("the office has no such user"),
            },
        };
        if let Some(why) = may {
            return Verdict::must_not(why);
        }
        self.in_time(local, known, agreed, frozen)
    }

    fn in_time(&self, local: &Local, known: &Known, agreed: &Agreement, frozen: Option<bool>) -> Verdict {
        let over = known.lease.map_or(Some(true), |lease| local.lease_over(lease, agreed.wanted.lease_ms, self.slack_ms));
        match (frozen, over) {
            (Some(true), _) => Verdict::must_not("the link is frozen"),
            (_, Some(true)) => Verdict::must_not("the lease is over"),
            (Some(false), Some(false)) if !known.damaged => Verdict::must("the link is Active and its lease runs"),
            _ => Verdict::may("a clock was set, a freeze is unclear, or the file was damaged"),
        }
    }

    fn at(&self, office: Office, link: &Link) -> Option<(&Local, &Known)> {
        let local = self.offices.get(&office)?;
        Some((local, local.links.get(link)?))
    }

    /// The user at an office's end of a link.
    pub fn end_of(&self, office: Office, link: &Link) -> Option<&Person> {
        let wanted = &self.links.get(link)?.wanted;
        [&wanted.owner, &wanted.reader].into_iter().find(|person| person.office == office)
    }

    /// Whether a word may stand in an office's own database, its log or its spool: only words of its own records may.
    pub fn may_keep(&self, office: Office, token: Token) -> bool {
        self.home_of(token).is_none_or(|home| home == office)
    }

    /// Whether a word may stand in the file of a received link (INV-11): only what a batch brought since the file was made or rebuilt.
    pub fn may_hold(&self, office: Office, link: &Link, token: Token) -> bool {
        self.home_of(token).is_none() || self.known(office, link).is_some_and(|known| known.residue.contains(&token))
    }

    /// The office of the record in which a word stands; `None` for noise that only looks like a token.
    pub fn home_of(&self, token: Token) -> Option<Office> {
        let (record, _) = self.tokens.get(&token)?;
        self.records.get(record).map(|home| home.owner.office)
    }

    /// The words that one link alone brought to its reader's office: what must be gone there once that office says so.
    pub fn brought_by(&self, link: &Link) -> BTreeSet<Token> {
        let Some(agreed) = self.links.get(link) else { return BTreeSet::new() };
        let homes = agreed.ever_shared.iter().filter_map(|record| self.records.get(record));
        homes.flat_map(|home| home.versions.iter().flatten().map(|placed| placed.token)).collect()
    }
}
