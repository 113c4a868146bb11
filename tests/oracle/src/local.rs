//! What one office knows for sure: its users, its records, and of each link what was said and what it holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{Clock, Passed};
use crate::event::{Level, Link, Marks, Office, Placed, Record, Rights, Why, With};
use crate::inside::{ADMINISTRATOR, Inside, PRACTITIONER};
use crate::token::Token;

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Viewer<'a> {
    /// Whoever runs the daemon.
    Operator,
    /// A user of the office.
    User(&'a str),
}

/// A user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Account and rights.
    pub rights: Rights,
    /// The name of the role.
    pub role: String,
    /// What of all clients is shared with the user.
    pub all_clients: Option<Level>,
    /// Whether the user holds Record Sharing.
    pub specialist: bool,
    /// Whether the user was disabled.
    pub disabled: bool,
}

impl User {
    /// A user as he or she begins: with the role that goes with the account.
    pub(crate) fn new(rights: Rights) -> Self {
        let role = if rights.admin { ADMINISTRATOR } else { PRACTITIONER };
        Self { rights, role: role.to_owned(), all_clients: None, specialist: false, disabled: false }
    }
}

/// A record of the office's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Own {
    /// The user who owns it.
    pub owner: String,
    /// Who may see it.
    pub marks: Marks,
    /// Whether it is out of use.
    pub archived: bool,
    /// Whom it is shared with inside the office.
    pub shares: BTreeMap<With, Level>,
    /// What stands in it now.
    pub tokens: Vec<Placed>,
}

/// How an office stands to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// They exchange everything.
    Paired,
    /// Nothing new is taken or sent.
    Blocked,
    /// It is no peer any more.
    Removed,
}

/// Where a link stands at one office.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The office has not heard of its request.
    Unknown,
    /// Asked for and not answered.
    Waiting,
    /// Both agreed.
    Active {
        /// Whether it is suspended; `None` when that depends on which freeze a thaw named.
        frozen: Option<bool>,
    },
    /// Over for ever.
    Ended(Why),
}

/// A lease: how much had passed when it was asked for, and whether the office lost count of time since.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lease {
    pub(crate) asked: Passed,
    pub(crate) locked: bool,
}

/// What is held of a record over one link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The words in the copy.
    pub tokens: Vec<Token>,
    /// Which version of the record it is, counted from 0.
    pub version: usize,
}

/// A link as one office knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Whether it knows the request.
    pub requested: bool,
    /// Whether it knows an acceptance.
    pub accepted: bool,
    /// Every end that it knows.
    pub ends: BTreeSet<Why>,
    /// Whether it heard a freeze, and whether it heard a thaw.
    pub freezes: (bool, bool),
    /// Owner's side: records on the link.
    pub shared: BTreeSet<Record>,
    /// Reader's side: what is held.
    pub copies: BTreeMap<Record, Held>,
    /// Reader's side: words that may still stand in the link's file.
    pub residue: BTreeSet<Token>,
    /// Reader's side: whether the file was lost or an older one came back, and nothing was applied since.
    pub damaged: bool,
    pub(crate) lease: Option<Lease>,
}

impl Known {
    /// Where the link stands: the first end in the fixed order counts, however many there are.
    pub fn state(&self) -> State {
        if !self.requested {
            return State::Unknown;
        }
        match (self.ends.first(), self.accepted) {
            (Some(why), _) => State::Ended(*why),
            (None, false) => State::Waiting,
            (None, true) => State::Active {
                frozen: match self.freezes {
                    (false, _) => Some(false),
                    (true, false) => Some(true),
                    (true, true) => None,
                },
            },
        }
    }

    /// Whether the office holds the link Active.
    pub fn is_active(&self) -> bool {
        matches!(self.state(), State::Active { .. })
    }

    /// Whether it is over here.
    pub fn is_over(&self) -> bool {
        matches!(self.state(), State::Ended(_))
    }
}

/// What one office knows; a copy of its data folder holds exactly this.
#[derive(Clone, Debug)]
pub struct Local {
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Whether users see only contacts assigned to them.
    pub security: bool,
    /// The office's own records.
    pub records: BTreeMap<Record, Own>,
    /// Other offices.
    pub peers: BTreeMap<Office, Standing>,
    /// Links by id.
    pub links: BTreeMap<Link, Known>,
    /// Roles, groups, settings, requests and sessions.
    pub inside: Inside,
    pub(crate) clock: Clock,
}

impl Local {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            users: BTreeMap::new(),
            security: false,
            records: BTreeMap::new(),
            peers: BTreeMap::new(),
            links: BTreeMap::new(),
            inside: Inside::new(),
            clock,
        }
    }

    /// How the office stands to another.
    pub fn standing(&self, peer: Office) -> Option<Standing> {
        self.peers.get(&peer).copied()
    }

    /// Whether a lease of `lease_ms` that was asked for then is over: surely, surely not, or perhaps.
    pub(crate) fn lease_over(&self, lease: Lease, lease_ms: i64, slack_ms: i64) -> Option<bool> {
        let now = self.clock.passed();
        match () {
            () if lease.locked => Some(true),
            () if now.least - lease.asked.least >= lease_ms.saturating_add(slack_ms) => Some(true),
            () if now.most - lease.asked.most < lease_ms.saturating_sub(slack_ms) => Some(false),
            () => None,
        }
    }
}
