//! What is known of links and records from above: who asked what of whom, who agreed, and every version that ever was.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Office, Person, Placed, Record, Wanted, Why};
use crate::token::Token;

/// A link from above.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// What was asked for.
    pub wanted: Wanted,
    /// Whether exactly the reader agreed, by a verb of his or her own.
    pub consented: bool,
    /// Offices that ended it by their own doing: when for the first time (true milliseconds), and how.
    pub ended: BTreeMap<Office, (i64, BTreeSet<Why>)>,
    /// Every record that was ever put on it.
    pub ever_shared: BTreeSet<Record>,
    /// The latest version of each record that ever arrived.
    pub newest: BTreeMap<Record, usize>,
}

impl Agreement {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { wanted, consented: false, ended: BTreeMap::new(), ever_shared: BTreeSet::new(), newest: BTreeMap::new() }
    }

    /// Whether an office is an end of it.
    pub fn concerns(&self, office: Office) -> bool {
        self.wanted.owner.office == office || self.wanted.reader.office == office
    }

    /// The office at the other end.
    pub fn other(&self, office: Office) -> Office {
        if self.wanted.owner.office == office { self.wanted.reader.office } else { self.wanted.owner.office }
    }
}

/// A record from above.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    /// Whose it is.
    pub owner: Person,
    /// The words of each version, oldest first.
    pub versions: Vec<Vec<Placed>>,
}

impl Home {
    /// Which version shows exactly `tokens` under the mask of `wanted`; the latest if several do.
    pub(crate) fn version_of(&self, wanted: &Wanted, tokens: &[Token]) -> Option<usize> {
        let found: BTreeSet<Token> = tokens.iter().copied().collect();
        (0..self.versions.len()).rev().find(|version| self.shown(wanted, *version) == found)
    }

    /// The words of a version that a link shows.
    pub fn shown(&self, wanted: &Wanted, version: usize) -> BTreeSet<Token> {
        self.versions[version].iter().filter(|placed| wanted.mask.shows(placed.place)).map(|placed| placed.token).collect()
    }
}
