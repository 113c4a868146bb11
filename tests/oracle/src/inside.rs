//! The inside of an office: roles, groups, settings, requests for access and sessions, and who gets what of its own records.
//!
//! Access is said here as a list of reasons, each with how far it reaches: nothing else gives any. That is the whole of INV-23: a
//! reason that is gone is not in the list, whatever once was.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Act, Allows, Level, Record, With};
use crate::local::{Local, Own, User, Viewer};
use crate::verdict::Verdict;

/// The role that allows everything and can't be changed.
pub const ADMINISTRATOR: &str = "Administrator";
/// The role that a user who owns clients begins with.
pub const PRACTITIONER: &str = "Practitioner";

/// How long a session lives at most, and without being used (milliseconds).
pub(crate) const SESSION_LIFE_MS: i64 = 12 * 3_600_000;
pub(crate) const SESSION_IDLE_MS: i64 = 3_600_000;
/// How long a request waits (milliseconds).
const REQUEST_LIFE_MS: i64 = 30 * 24 * 3_600_000;

/// A request for access.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The user who asks.
    pub by: String,
    /// The record, which may be gone meanwhile.
    pub record: Record,
    /// What is asked for.
    pub level: Level,
    /// When, on the office's wall clock.
    pub wall_ms: i64,
    /// What became of it, by its name; `None` while nobody did anything.
    pub end: Option<&'static str>,
}

/// Somebody who is signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The user.
    pub user: String,
    pub(crate) begun_ms: i64,
    pub(crate) used_ms: i64,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inside {
    /// Whether users see only what concerns them.
    pub client_access: bool,
    /// Whether users with Full Control share, or administrators alone.
    pub sharing: bool,
    /// Whether users see the names of what is hidden from them, and ask.
    pub requesting: bool,
    /// What each role allows, but for the one that allows everything.
    pub roles: BTreeMap<String, Allows>,
    /// Who is in each group.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Who is whose proxy: owner first.
    pub proxies: BTreeSet<(String, String)>,
    /// Requests by number.
    pub requests: BTreeMap<u64, Asked>,
    /// Sessions that nothing ended, by what their tokens hash to.
    pub sessions: BTreeMap<[u8; 32], Session>,
}

impl Inside {
    pub(crate) fn new() -> Self {
        let usual = Allows { all_clients: false, edit: true, share: true };
        let assistant = Allows { share: false, ..usual };
        Self {
            client_access: false,
            sharing: true,
            requesting: false,
            roles: BTreeMap::from([(PRACTITIONER.to_owned(), usual), ("Assistant".to_owned(), assistant)]),
            groups: BTreeMap::new(),
            proxies: BTreeSet::new(),
            requests: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    /// Whether a user is in any group.
    pub fn is_in_a_group(&self, user: &str) -> bool {
        self.groups.values().any(|members| members.contains(user))
    }

    fn is_in(&self, group: &str, user: &str) -> bool {
        self.groups.get(group).is_some_and(|members| members.contains(user))
    }
}

impl Local {
    /// An enabled user.
    pub fn enabled(&self, name: &str) -> Option<&User> {
        self.users.get(name).filter(|user| !user.disabled)
    }

    /// Whether a user's role administers the office.
    pub fn administers(&self, name: &str) -> bool {
        self.users.get(name).is_some_and(|user| user.role == ADMINISTRATOR)
    }

    fn allows(&self, user: &User) -> Allows {
        let everything = Allows { all_clients: true, edit: true, share: true };
        if user.role == ADMINISTRATOR { everything } else { self.inside.roles.get(&user.role).copied().unwrap_or(everything) }
    }

    /// Whether everybody reads what is not private.
    pub fn is_open(&self) -> bool {
        !self.security && !self.inside.client_access
    }

    /// Every reason for which a viewer gets one of the office's own records, with how far it reaches.
    pub fn reasons(&self, viewer: Viewer<'_>, record: &Record) -> Vec<(Level, &'static str)> {
        let Some(own) = self.records.get(record) else { return Vec::new() };
        let Viewer::User(name) = viewer else { return vec![(Level::Full, "the operator sees every own record")] };
        let Some(user) = self.enabled(name) else { return Vec::new() };
        let mut reasons = Vec::new();
        let sees_all = user.role == ADMINISTRATOR && !user.specialist;
        reasons.extend((own.owner == name).then_some((Level::Full, "it is the user's own record")));
        reasons.extend(sees_all.then_some((Level::Full, "an administrator who is no specialist sees every record")));
        for (with, level) in &own.shares {
            reasons.extend(match with {
                With::User(shared) => (shared == name).then_some((*level, "it is shared with the user")),
                With::Group(group) => self.inside.is_in(group, name).then_some((*level, "it is shared with a group of the user")),
                With::Everybody => (!own.marks.private).then_some((*level, "it is shared with the whole office")),
            });
        }
        if !own.marks.private {
            let by_role = user.role != ADMINISTRATOR && !user.specialist && self.allows(user).all_clients;
            let proxy = self.inside.proxies.contains(&(own.owner.clone(), name.to_owned()));
            reasons.extend(user.all_clients.map(|level| (level, "all clients are shared with the user")));
            reasons.extend(by_role.then_some((Level::Write, "the user's role sees all clients")));
            reasons.extend(proxy.then_some((Level::Write, "the user is a proxy of the owner")));
            reasons.extend(user.rights.super_user.then_some((Level::Write, "a super user sees what is not private")));
            reasons.extend((!own.marks.assigned).then_some((Level::Write, "everybody sees a contact to whom nobody is assigned")));
            reasons.extend(self.is_open().then_some((Level::Read, "without office security colleagues see what is not private")));
        }
        reasons
    }

    /// How much of one of the office's own records a viewer gets.
    pub fn level_of(&self, viewer: Viewer<'_>, record: &Record) -> Option<Level> {
        self.reasons(viewer, record).into_iter().map(|(level, _)| level).max()
    }

    /// Whether a viewer gets one of the office's own records, in use or archived.
    pub fn may_see_own(&self, viewer: Viewer<'_>, record: &Record) -> Verdict {
        match self.reasons(viewer, record).into_iter().max() {
            Some((_, why)) => Verdict::must(why),
            None => Verdict::must_not("nothing gives the record to this viewer"),
        }
    }

    /// Whether users may ask for access.
    pub fn takes_requests(&self) -> bool {
        self.inside.requesting && !self.is_open()
    }

    /// INV-58: whether a viewer knows of a record by its name alone, and may ask for it.
    pub fn knows_by_name(&self, viewer: Viewer<'_>, record: &Record) -> bool {
        let Viewer::User(name) = viewer else { return false };
        let there = self.records.get(record).is_some_and(|own| !own.marks.private && !own.archived);
        self.takes_requests() && there && self.enabled(name).is_some() && self.level_of(viewer, record).is_none()
    }

    /// INV-58: the users of whom it is told that they have a record: by name, enabled, and in no group.
    pub fn individuals(&self, own: &Own) -> BTreeSet<String> {
        let shared = own.shares.keys().filter_map(|with| if let With::User(name) = with { Some(name) } else { None });
        let told = |name: &&String| self.enabled(name).is_some() && !self.inside.is_in_a_group(name);
        shared.chain([&own.owner]).filter(told).cloned().collect()
    }

    /// The groups that a record is shared with.
    pub fn groups_of(&self, own: &Own) -> BTreeSet<String> {
        own.shares.keys().filter_map(|with| if let With::Group(name) = with { Some(name.clone()) } else { None }).collect()
    }

    /// Whether a viewer may let others see records at all.
    pub(crate) fn shares(&self, viewer: Viewer<'_>) -> bool {
        match viewer {
            Viewer::Operator => true,
            Viewer::User(name) => {
                self.enabled(name).is_some_and(|user| user.role == ADMINISTRATOR || (self.inside.sharing && self.allows(user).share))
            }
        }
    }

    /// Whether a viewer may share a record with anybody.
    pub fn may_share(&self, viewer: Viewer<'_>, record: &Record) -> bool {
        self.shares(viewer) && self.level_of(viewer, record) == Some(Level::Full)
    }

    /// Whether a user may make `proxy` one who sees what `owner` owns, or with `on` false no longer: whoever it is named by lets
    /// somebody see records, and nobody lets him- or herself.
    pub fn may_set_proxy(&self, by: &str, owner: &str, proxy: &str, on: bool) -> bool {
        let concerned = self.enabled(by).is_some() && (self.administers(by) || by == owner);
        concerned && (!on || (by != proxy && self.shares(Viewer::User(by))))
    }

    /// Whether a viewer may do something with a record of the office.
    pub fn may(&self, viewer: Viewer<'_>, record: &Record, act: &Act) -> bool {
        let level = self.level_of(viewer, record);
        match (viewer, act) {
            (Viewer::Operator, Act::Ask) => false,
            (Viewer::Operator, _) => level.is_some(),
            (Viewer::User(name), Act::Edit) => level >= Some(Level::Write) && self.enabled(name).is_some_and(|user| self.allows(user).edit),
            // Who edits all clients may take more of them.
            (Viewer::User(name), Act::Share(With::User(with))) if with == name && self.edits_all(name, record) => true,
            (Viewer::User(_), Act::Share(_) | Act::Answer) => self.may_share(viewer, record),
            (Viewer::User(name), Act::GiveAway(keep)) => {
                let owns = self.records.get(record).is_some_and(|own| own.owner == name);
                let sees_all = self.enabled(name).is_some_and(|user| user.role == ADMINISTRATOR && !user.specialist);
                // With what the owner of before keeps, one more sees it than did.
                level.is_some() && (owns || sees_all) && (keep.is_none() || self.shares(viewer))
            }
            (Viewer::User(_), Act::Ask) => self.takes_requests() && (level.is_some() || self.knows_by_name(viewer, record)),
        }
    }

    fn edits_all(&self, name: &str, record: &Record) -> bool {
        let open = self.records.get(record).is_some_and(|own| !own.marks.private);
        open && self.enabled(name).is_some_and(|user| user.all_clients >= Some(Level::Write))
    }

    /// How a request stands on the office's wall clock, by its name.
    pub fn request_state(&self, asked: &Asked, wall_ms: i64) -> &'static str {
        if let Some(end) = asked.end {
            return end;
        }
        let level = self.level_of(Viewer::User(&asked.by), &asked.record);
        let hidden = |own: &Own| own.marks.private && level.is_none();
        let there = self.records.get(&asked.record).is_some_and(|own| !own.archived && !hidden(own));
        match () {
            () if self.enabled(&asked.by).is_none() || !there || level >= Some(asked.level) => "void",
            () if wall_ms - asked.wall_ms >= REQUEST_LIFE_MS => "expired",
            () => "waiting",
        }
    }

    /// INV-55: whether a session is one of its user's when the office's wall clock shows this.
    pub fn session(&self, token: &[u8; 32], wall_ms: i64) -> Option<&str> {
        let session = self.inside.sessions.get(token)?;
        let old = session.begun_ms + SESSION_LIFE_MS <= wall_ms || session.used_ms + SESSION_IDLE_MS <= wall_ms;
        (!old && self.enabled(&session.user).is_some()).then_some(session.user.as_str())
    }
}
