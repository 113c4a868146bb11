//! Who may do what, said once more and plainly: the rows of the product as a reader understands them, with no line of the daemon's code.
//!
//! What the daemon answers is held against this file. It is kept simple rather than quick or short: each rule stands by itself, with
//! the row that it comes from.

use std::collections::{BTreeMap, BTreeSet};

/// How far somebody reaches with a record (V-20), `None` for not at all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum Level {
    #[default]
    None,
    Read,
    Write,
    Full,
}

impl Level {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Read, Self::Write, Self::Full];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Full => "full-control",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Account {
    Practitioner,
    Assistant,
    Admin,
}

impl Account {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::Assistant => "assistant",
            Self::Admin => "admin",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) account: Account,
    pub(super) role: String,
    pub(super) super_user: bool,
    pub(super) all_clients: Level,
    pub(super) specialist: bool,
    pub(super) disabled: bool,
    /// Users whose records this one sees as a proxy, by their place.
    pub(super) proxy_of: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) owner: usize,
    pub(super) private: bool,
    pub(super) assigned: bool,
    pub(super) archived: bool,
    pub(super) whole_office: Level,
    pub(super) users: BTreeMap<usize, Level>,
    pub(super) groups: BTreeMap<String, Level>,
}

/// An office as it was set up.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) users: Vec<User>,
    pub(super) records: Vec<Record>,
    /// What each role allows.
    pub(super) roles: BTreeMap<String, BTreeSet<&'static str>>,
    /// Who is in each group.
    pub(super) groups: BTreeMap<String, BTreeSet<usize>>,
    pub(super) security: bool,
    pub(super) client_access: bool,
    pub(super) sharing: bool,
    pub(super) requesting: bool,
}

/// A reason for which somebody reaches a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Reason {
    pub(super) source: &'static str,
    /// The group, for the reason `group`.
    pub(super) group: Option<String>,
    pub(super) level: Level,
}

impl World {
    /// I-30: the role Administrator may everything; every other role what it says.
    pub(super) fn may(&self, user: usize, permission: &'static str) -> bool {
        self.administers(user) || self.roles[&self.users[user].role].contains(permission)
    }

    pub(super) fn administers(&self, user: usize) -> bool {
        self.users[user].role == "Administrator"
    }

    /// I-02, V-03 and K-02: an administrator sees all, but for one who is a specialist.
    pub(super) fn sees_everything(&self, user: usize) -> bool {
        self.administers(user) && !self.users[user].specialist
    }

    /// S-48, P-01: something is hidden from somebody only while one of the two is on.
    fn open(&self) -> bool {
        !self.security && !self.client_access
    }

    /// K-04: names are shown, and requests taken, only while something is hidden at all.
    pub(super) fn takes_requests(&self) -> bool {
        self.requesting && !self.open()
    }

    /// I-33: an assistant owns nothing, so Full Control, which is co-ownership (V-24), is above an assistant.
    pub(super) fn highest(&self, user: usize) -> Level {
        if self.users[user].account == Account::Assistant { Level::Write } else { Level::Full }
    }

    /// Every reason for which a user reaches a record.
    pub(super) fn reasons(&self, user: usize, record: &Record) -> Vec<Reason> {
        let (who, most) = (&self.users[user], self.highest(user));
        let mut found = Vec::new();
        let mut add = |source, group: Option<&String>, level: Level| {
            if level > Level::None {
                found.push(Reason { source, group: group.cloned(), level: level.min(most) });
            }
        };
        // V-01, I-03: the owner; I-02: the administrator. Both of private records too.
        if record.owner == user {
            add("owner", None, Level::Full);
        }
        if self.sees_everything(user) {
            add("administrator", None, Level::Full);
        }
        // V-02, I-14, P-12, K-10: by name and by group, private or not.
        add("grant", None, record.users.get(&user).copied().unwrap_or_default());
        for (group, level) in &record.groups {
            if self.groups.get(group).is_some_and(|members| members.contains(&user)) {
                add("group", Some(group), *level);
            }
        }
        // S-50: nobody else sees what is private.
        if record.private {
            return found;
        }
        if who.proxy_of.contains(&record.owner) {
            add("proxy", None, Level::Write); // S-48, S-52
        }
        add("whole-office", None, record.whole_office); // P-12, I-13
        add("all-clients", None, who.all_clients); // P-13
        if self.roles[&who.role].contains("all-clients") && !self.administers(user) && !who.specialist {
            add("role", None, Level::Write); // I-16, V-50
        }
        if who.super_user {
            add("super-user", None, Level::Write); // S-50
        }
        if !record.assigned {
            add("unassigned", None, Level::Write); // S-49
        }
        if self.open() {
            add("open-office", None, Level::Read); // S-48 and P-01 the other way round
        }
        found
    }

    pub(super) fn level(&self, user: usize, record: &Record) -> Level {
        self.reasons(user, record).iter().map(|reason| reason.level).max().unwrap_or_default()
    }

    /// P-14, K-04: a user without access sees the name, of what is neither private nor out of use.
    pub(super) fn by_name(&self, user: usize, record: &Record) -> bool {
        self.level(user, record) == Level::None && self.takes_requests() && !record.private && !record.archived
    }

    /// P-06, P-07, K-05: whether the user lets others see records at all; the code of the refusal when not.
    pub(super) fn shares(&self, user: usize) -> Result<(), &'static str> {
        match (self.administers(user), self.may(user, "share"), self.sharing) {
            (true, ..) | (false, true, true) => Ok(()),
            (false, false, _) => Err("role"),
            (false, true, false) => Err("sharing-off"),
        }
    }

    /// P-16: who is in a group is known to administrators and to its members.
    pub(super) fn knows_members(&self, user: usize, group: &str) -> bool {
        self.administers(user) || self.groups[group].contains(&user)
    }

    /// P-17: a user who has a record by name and is in no group is named to those without access.
    pub(super) fn individuals(&self, record: &Record) -> Vec<&str> {
        let in_a_group = |user: usize| self.groups.values().any(|members| members.contains(&user));
        let mut found: Vec<&str> = (0..self.users.len())
            .filter(|user| (*user == record.owner || record.users.contains_key(user)) && !self.users[*user].disabled && !in_a_group(*user))
            .map(|user| self.users[user].name.as_str())
            .collect();
        found.sort_unstable();
        found
    }

    /// V-17: the permission that a user with direct access has. I-33: never above what the account may have, whatever was written down before.
    pub(super) fn by_name_level(&self, user: usize, record: &Record) -> Level {
        record.users.get(&user).copied().unwrap_or_default().min(self.highest(user))
    }

    /// V-13, V-14, K-01: whoever owns the record, its one owner first, who owns it disabled or not. V-15, V-24: then, by name, those who have
    /// Full Control, and so own it with him or her. I-33: assistants own no clients. Who is disabled has nothing any more, and owns nothing with
    /// others.
    pub(super) fn connected(&self, record: &Record) -> Vec<&str> {
        let owns_too = |user: &usize| {
            let who = &self.users[*user];
            self.by_name_level(*user, record) == Level::Full && who.account != Account::Assistant && !who.disabled
        };
        let mut others: Vec<&str> = record.users.keys().filter(|user| owns_too(user)).map(|user| self.users[*user].name.as_str()).collect();
        others.sort_unstable();
        [vec![self.users[record.owner].name.as_str()], others].concat()
    }

    /// Words for a difference: what the oracle looked at.
    pub(super) fn why(&self, user: usize, record: Option<&Record>) -> String {
        let who = &self.users[user];
        let may: Vec<_> = self.roles[&who.role].iter().copied().collect();
        let groups: Vec<_> = self.groups.iter().filter(|(_, members)| members.contains(&user)).map(|(group, _)| group.as_str()).collect();
        let settings = format!(
            "security {}, client access {}, sharing {}, requesting {}",
            self.security, self.client_access, self.sharing, self.requesting
        );
        let told = record.map(|record| format!("\n    {record:?}\n    reasons {:?}", self.reasons(user, record))).unwrap_or_default();
        format!("    {who:?}\n    the role allows {may:?}, in the groups {groups:?}\n    {settings}{told}")
    }
}
