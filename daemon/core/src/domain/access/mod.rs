//! Who may do what with which record inside the office: the one place that says yes, and why it does.
//!
//! A record is denied unless something gives it. What gives it is a *source*: ownership, a grant, a group, a right. Every source that
//! applies is named, so that "why can Ann see this?" has an answer, and each stands for itself: one that goes leaves the others.
//!
//! *Private* takes a record away from everybody who sees it only because he or she sees many: it stays with its owner, with the people
//! and groups it was granted to by name, and with administrators.

use interoffice_protocol::record::Level;

use super::user::Account;
use level::highest;

pub mod level;
#[cfg(test)]
mod tests;

/// Who looks, as far as the decision needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// The operator or the daemon itself.
    Operator,
    /// A user.
    User(Person),
}

/// A user who looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person {
    /// The user's local row.
    pub id: i64,
    /// What the account is for.
    pub account: Account,
    /// Whether the user's role administers the office.
    pub administers: bool,
    /// Whether the user's role allows to share records inside the office.
    pub role_shares: bool,
    /// Whether the user's role can access all clients.
    pub role_all_clients: bool,
    /// Whether the user holds Super User.
    pub super_user: bool,
    /// Whether the user holds Record Sharing.
    pub specialist: bool,
    /// The level at which all clients were shared with the user.
    pub all_clients: Option<Level>,
}

impl Person {
    /// Whether the user administers the office and sees everything in it; who is a specialist administers only.
    pub fn sees_everything(&self) -> bool {
        self.administers && !self.specialist
    }

    /// Whether the user's role shows him or her all clients; not while he or she is a specialist.
    fn role_shows_all(&self) -> bool {
        self.role_all_clients && !self.administers && !self.specialist
    }
}

/// What the office decided for all its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Office security: users see only contacts assigned to them.
    pub office_security: bool,
    /// Client access: users see only records that concern them.
    pub client_access: bool,
    /// Whether users with Full Control may share, or administrators alone.
    pub sharing: bool,
    /// Whether users see the names of records that are hidden from them, and may ask for access.
    pub requesting: bool,
}

impl Policy {
    /// Whether everybody reads every record that is not private.
    pub fn is_open(&self) -> bool {
        !self.office_security && !self.client_access
    }

    /// Whether users may ask for access: it is allowed, and something is hidden from them at all.
    pub fn takes_requests(&self) -> bool {
        self.requesting && !self.is_open()
    }
}

/// What the decision needs to know of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Local row of the owner.
    pub owner: i64,
    /// Whether the record is marked private.
    pub private: bool,
    /// Whether a user is assigned.
    pub assigned: bool,
    /// Whether the record is out of use.
    pub archived: bool,
    /// What the whole office was granted.
    pub everyone: Option<Level>,
    /// What the viewer was granted by name, and through groups.
    pub grants: Vec<Grant>,
    /// The owner's name, when the viewer is a proxy of the owner.
    pub proxy_of: Option<String>,
}

/// A grant that reaches the viewer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The group that was granted it; `None` for the viewer alone.
    pub group: Option<String>,
    /// What was granted.
    pub level: Level,
}

/// What gives a viewer access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Source {
    /// Runs the daemon.
    Operator,
    /// Owns the record.
    Owner,
    /// Administers the office.
    Administrator,
    /// Was granted it by name.
    Grant,
    /// Is in a group that was granted it.
    Group(String),
    /// Is a proxy of its owner.
    Proxy(String),
    /// It was granted to the whole office.
    WholeOffice,
    /// All clients were shared with the user.
    AllClients,
    /// Has a role that can access all clients.
    Role,
    /// Holds Super User.
    SuperUser,
    /// Nobody is assigned to it.
    Unassigned,
    /// Neither office security nor client access hides it.
    OpenOffice,
}

impl Source {
    /// The source's name in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Grant => "grant",
            Self::Group(_) => "group",
            Self::Proxy(_) => "proxy",
            Self::WholeOffice => "whole-office",
            Self::AllClients => "all-clients",
            Self::Role => "role",
            Self::SuperUser => "super-user",
            Self::Unassigned => "unassigned",
            Self::OpenOffice => "open-office",
        }
    }

    /// The source in words that follow "because".
    pub fn words(&self) -> String {
        match self {
            Self::Operator => "whoever runs the daemon acts as an administrator".to_owned(),
            Self::Owner => "the user owns the record".to_owned(),
            Self::Administrator => "the user is an administrator of the office".to_owned(),
            Self::Grant => "the record is shared with the user".to_owned(),
            Self::Group(name) => format!("the record is shared with the group {name}"),
            Self::Proxy(owner) => format!("the user is a proxy of {owner}, who owns the record"),
            Self::WholeOffice => "the record is shared with the whole office".to_owned(),
            Self::AllClients => "all clients are shared with the user".to_owned(),
            Self::Role => "the user's role can access all clients".to_owned(),
            Self::SuperUser => "the user holds Super User".to_owned(),
            Self::Unassigned => "no user is assigned to the record".to_owned(),
            Self::OpenOffice => "neither office security nor client access is on".to_owned(),
        }
    }
}

/// One source, and how far it reaches.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Because {
    /// How far.
    pub level: Level,
    /// The source.
    pub source: Source,
}

/// What a viewer may do with a record, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The highest level that any source gives; `None` when the record is hidden from the viewer.
    pub level: Option<Level>,
    /// Every source, in the order of [`Source`].
    pub because: Vec<Because>,
}

impl Decision {
    /// Whether `source` is among the reasons.
    pub fn rests_on(&self, source: &Source) -> bool {
        self.because.iter().any(|because| because.source == *source)
    }
}

/// What `viewer` may do with a record.
pub fn decide(viewer: &Viewer, policy: &Policy, facts: &Facts) -> Decision {
    let mut because = Vec::new();
    let mut give = |source: Source, level: Level| because.push(Because { level, source });
    match viewer {
        Viewer::Operator => give(Source::Operator, Level::FullControl),
        Viewer::User(person) => {
            if person.id == facts.owner {
                give(Source::Owner, Level::FullControl);
            }
            if person.sees_everything() {
                give(Source::Administrator, Level::FullControl);
            }
            for grant in &facts.grants {
                give(grant.group.clone().map_or(Source::Grant, Source::Group), grant.level.min(highest(person.account)));
            }
            if !facts.private {
                at_large(person, policy, facts, &mut give);
            }
        }
    }
    because.sort_by(|a, b| a.source.cmp(&b.source));
    Decision { level: because.iter().map(|because| because.level).max(), because }
}

/// What reaches a record because it is one of many.
fn at_large(person: &Person, policy: &Policy, facts: &Facts, give: &mut impl FnMut(Source, Level)) {
    let most = highest(person.account);
    if let Some(owner) = &facts.proxy_of {
        give(Source::Proxy(owner.clone()), Level::Write);
    }
    if let Some(level) = facts.everyone {
        give(Source::WholeOffice, level.min(most));
    }
    if let Some(level) = person.all_clients {
        give(Source::AllClients, level.min(most));
    }
    if person.role_shows_all() {
        give(Source::Role, Level::Write);
    }
    if person.super_user {
        give(Source::SuperUser, Level::Write);
    }
    if !facts.assigned {
        give(Source::Unassigned, Level::Write);
    }
    if policy.is_open() {
        give(Source::OpenOffice, Level::Read);
    }
}

/// Whether `viewer` may share records at all: the office lets its users, or the viewer administers it.
pub fn shares(viewer: &Viewer, policy: &Policy) -> bool {
    match viewer {
        Viewer::Operator => true,
        Viewer::User(person) => person.administers || (policy.sharing && person.role_shares),
    }
}

/// Whether `viewer` may share a record, given what the decision on it was: that takes Full Control of it, too.
pub fn may_share(viewer: &Viewer, policy: &Policy, decision: &Decision) -> bool {
    decision.level == Some(Level::FullControl) && shares(viewer, policy)
}

/// Whether `viewer` learns of a record by its name alone, given what the decision on it was: nothing gives it to him or her, and the
/// office lets its users ask. What is private or out of use is not there for those who may not see it.
pub fn is_locked(viewer: &Viewer, policy: &Policy, facts: &Facts, decision: &Decision) -> bool {
    let hidden = decision.level.is_none() && matches!(viewer, Viewer::User(_));
    hidden && policy.takes_requests() && !facts.private && !facts.archived
}

/// Which records a viewer gets at all, in a form that a list can filter by. It says of each record what [`decide`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Every record, private ones included.
    pub everything: bool,
    /// The user whose own records, grants and proxies count; `None` for nobody.
    pub person: Option<i64>,
    /// All records of others that are not private, and not only those that are unassigned or granted to the whole office.
    pub others: bool,
    /// Whether a list may name what is not seen, as [`is_locked`] says.
    pub names: bool,
}

/// What `viewer` sees.
pub fn sight(viewer: &Viewer, policy: &Policy) -> Sight {
    match viewer {
        Viewer::Operator => Sight { everything: true, person: None, others: true, names: false },
        Viewer::User(person) => Sight {
            everything: person.sees_everything(),
            person: Some(person.id),
            others: person.super_user || person.role_shows_all() || person.all_clients.is_some() || policy.is_open(),
            names: policy.takes_requests(),
        },
    }
}
