//! An office thrown with dice: made through the API, and written down for the oracle in the same step.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_tests::web::Line;
use interoffice_tests::{Dice, Office};
use serde_json::{Value, json};

use super::oracle::{Account, Level, Record, User, World};

/// Roles of the office beside the three that are there from the start.
const ROLES: [(&str, &[&str]); 8] = [
    ("Reader", &[]),
    ("All clients", &["all-clients"]),
    ("All clients and pen", &["all-clients", "edit", "share", "export"]),
    ("Front desk", &["edit"]),
    ("Sharer", &["share"]),
    ("Archivist", &["archive"]),
    ("Shredder", &["delete", "edit"]),
    ("Abroad", &["exchange", "edit", "share"]),
];
/// What a new office has, as the product says it: everything; everything but all clients; to edit and to export.
const STANDARD: [(&str, &[&str]); 3] = [
    ("Administrator", &["all-clients", "edit", "share", "exchange", "archive", "delete", "export"]),
    ("Practitioner", &["edit", "share", "exchange", "archive", "delete", "export"]),
    ("Assistant", &["edit", "export"]),
];
const GROUPS: [&str; 4] = ["Tax", "Wills", "Estates", "Empty"];
/// Most users; the first eight are always the same.
const USERS: usize = 18;
const RECORDS: usize = 20;

/// A running office and what the oracle knows of it.
pub(super) struct Stage {
    pub(super) office: Office,
    pub(super) world: World,
    pub(super) lines: Vec<Line>,
    pub(super) dice: Dice,
}

impl Stage {
    /// Sets an office up; `specialists` says whether it has some, and office security with them.
    pub(super) fn new(name: &str, seed: u64, specialists: bool) -> Self {
        let mut stage = Self { office: Office::open(name), world: World::default(), lines: Vec::new(), dice: Dice::new(seed) };
        stage.world.sharing = true;
        stage.make_roles();
        stage.make_users();
        stage.make_groups();
        stage.make_records();
        if specialists {
            stage.make_specialists();
        }
        stage.lines = (0..stage.world.users.len()).map(|user| stage.line(user)).collect();
        stage.co_own(5);
        stage.disable(5);
        stage
    }

    /// As the operator.
    #[track_caller]
    pub(super) fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let answered = self.office.api(method, path, body);
        assert!((200..300).contains(&answered.status), "{method} {path} {body}: {} {}", answered.status, answered.body);
        answered.body
    }

    /// As the operator, by a plan.
    #[track_caller]
    pub(super) fn agreed(&self, path: &str, body: &Value) -> Value {
        let mut body = body.clone();
        body["plan"] = self.done("POST", &format!("{path}/plan"), &body)["id"].clone();
        self.done("POST", path, &body)
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.dice.below(number) == 0
    }

    fn make_roles(&mut self) {
        for (role, allows) in ROLES {
            self.done("POST", "/roles", &json!({ "name": role, "permissions": allows }));
        }
        let all = ROLES.into_iter().chain(STANDARD);
        self.world.roles = all.map(|(role, allows)| (role.to_owned(), allows.iter().copied().collect())).collect();
    }

    fn make_users(&mut self) {
        let fixed = [
            ("zed", Account::Practitioner, "Practitioner"),
            ("rita", Account::Admin, "Administrator"),
            ("ruth", Account::Practitioner, "Administrator"),
            ("sue", Account::Practitioner, "Practitioner"),
            ("asa", Account::Assistant, "Assistant"),
            ("dora", Account::Practitioner, "Practitioner"),
            ("ingo", Account::Practitioner, "Abroad"),
            ("all", Account::Practitioner, "All clients and pen"),
        ];
        for place in 0..USERS {
            let (name, account, role) = match fixed.get(place) {
                Some((name, account, role)) => ((*name).to_owned(), *account, (*role).to_owned()),
                None => {
                    let account = if self.one_in(3) { Account::Assistant } else { Account::Practitioner };
                    let role = ROLES.get(self.dice.below(ROLES.len() + 3)).map_or("Practitioner", |(role, _)| role);
                    (format!("user{place}"), account, role.to_owned())
                }
            };
            let super_user = name == "sue" || (place >= 8 && self.one_in(6));
            self.done(
                "POST",
                "/users",
                &json!({ "name": name, "account": account.word(), "role": role, "super_user": super_user, "enterprise_view": place == 7 }),
            );
            let mut all_clients = Level::None;
            if place >= 8 && self.one_in(3) {
                let most = if account == Account::Assistant { 3 } else { 4 };
                all_clients = Level::ALL[1..most][self.dice.below(most - 1)];
                self.agreed(&format!("/users/{name}/all-clients"), &json!({ "level": all_clients.word() }));
            }
            let (specialist, disabled) = (false, false);
            self.world.users.push(User { name, account, role, super_user, all_clients, specialist, disabled, proxy_of: BTreeSet::new() });
        }
        // Two are proxies of users who own records, one of them of a specialist-to-be.
        for (proxy, owner) in [(4, 3), (USERS - 1, 6), (USERS - 2, USERS - 3)] {
            let names = (self.world.users[proxy].name.clone(), self.world.users[owner].name.clone());
            self.agreed(&format!("/users/{}/proxies", names.1), &json!({ "proxy": names.0, "on": true }));
            self.world.users[proxy].proxy_of.insert(owner);
        }
    }

    fn make_groups(&mut self) {
        for group in GROUPS {
            let members: BTreeSet<usize> = (1..USERS).filter(|user| *user != 5 && group != "Empty" && self.dice.below(3) == 0).collect();
            let names: Vec<_> = members.iter().map(|user| self.world.users[*user].name.clone()).collect();
            self.done("POST", "/groups", &json!({ "name": group, "members": names }));
            self.world.groups.insert(group.to_owned(), members);
        }
    }

    fn make_records(&mut self) {
        let owners: Vec<usize> = (1..USERS).filter(|user| self.world.users[*user].account == Account::Practitioner).collect();
        for number in 0..RECORDS {
            // The user who is to be disabled owns one, and so does the proxies' owner.
            let owner = match number {
                0 => 5,
                1 => 3,
                2 => 6,
                _ => owners[self.dice.below(owners.len())],
            };
            let (private, assigned) = (number > 2 && self.one_in(4), number < 3 || !self.one_in(5));
            let (name, owner_name) = (format!("Matter {number:02}"), self.world.users[owner].name.clone());
            let assign = if assigned { json!([owner_name]) } else { json!([]) };
            let mails = json!([format!("hidden{number:02}@secret.example")]);
            let new = json!({ "name": name, "emails": mails, "owner": owner_name, "assign": assign, "private": private });
            let id = self.done("POST", "/records", &new)["record"].as_str().expect("an id").to_owned();
            let mut record = Record {
                id,
                name,
                owner,
                private,
                assigned,
                archived: false,
                whole_office: Level::None,
                users: BTreeMap::new(),
                groups: BTreeMap::new(),
            };
            self.share(&mut record);
            if number > 4 && self.one_in(7) {
                self.agreed("/records/archive", &json!({ "records": [record.id] }));
                record.archived = true;
            }
            self.world.records.push(record);
        }
    }

    /// Shares a record with whoever the dice name.
    fn share(&mut self, record: &mut Record) {
        let mut changes = Vec::new();
        for user in 1..USERS {
            if user != record.owner && self.one_in(8) {
                let most = if self.world.highest(user) == Level::Full { 3 } else { 2 };
                let level = Level::ALL[1 + self.dice.below(most)];
                changes.push(json!({ "user": self.world.users[user].name, "level": level.word() }));
                record.users.insert(user, level);
            }
        }
        for group in GROUPS {
            if self.one_in(5) {
                let level = Level::ALL[1 + self.dice.below(3)];
                changes.push(json!({ "group": group, "level": level.word() }));
                record.groups.insert(group.to_owned(), level);
            }
        }
        if !record.private && self.one_in(6) {
            record.whole_office = Level::ALL[1 + self.dice.below(3)];
            changes.push(json!({ "whole_office": true, "level": record.whole_office.word() }));
        }
        if !changes.is_empty() {
            self.agreed(&format!("/records/{}/shares", record.id), &json!({ "changes": changes }));
        }
    }

    /// S-06, S-09, P-13: whoever becomes a specialist loses Super User and all clients, and office security goes on.
    fn make_specialists(&mut self) {
        for user in [2, 3, 6, 7, 9, 10] {
            if self.world.users[user].account == Account::Assistant {
                continue;
            }
            self.agreed(&format!("/specialists/{}/enable", self.world.users[user].name), &json!({}));
            let who = &mut self.world.users[user];
            (who.specialist, who.super_user, who.all_clients) = (true, false, Level::None);
        }
        self.world.security = true;
    }

    /// The even ones are signed in, for the odd ones a program asks with a token.
    fn line(&self, user: usize) -> Line {
        let name = &self.world.users[user].name;
        if user.is_multiple_of(2) {
            return Line::new(self.office.signed_in(name));
        }
        let scopes = json!(["records:write", "links:write", "office:write"]);
        let made = self.done("POST", &format!("/users/{name}/tokens"), &json!({ "name": "matrix", "scopes": scopes }));
        let mut browser = self.office.browser();
        browser.headers.insert("authorization".to_owned(), format!("Bearer {}", made["token"].as_str().expect("a token")));
        Line::new(browser)
    }

    /// Ends a user: nobody asks as the user any more, and proxies end.
    pub(super) fn disable(&mut self, user: usize) {
        let name = self.world.users[user].name.clone();
        self.agreed(&format!("/users/{name}/disable"), &json!({}));
        let who = &mut self.world.users[user];
        (who.disabled, who.specialist) = (true, false);
        who.proxy_of.clear();
        for other in &mut self.world.users {
            other.proxy_of.remove(&user);
        }
    }

    /// V-24: makes a user co-owner of every third record that he or she does not own.
    fn co_own(&mut self, user: usize) {
        let name = self.world.users[user].name.clone();
        for number in (0..self.world.records.len()).step_by(3) {
            if self.world.records[number].owner != user {
                let path = format!("/records/{}/shares", self.world.records[number].id);
                self.agreed(&path, &json!({ "changes": [{ "user": name, "level": "full-control" }] }));
                self.world.records[number].users.insert(user, Level::Full);
            }
        }
    }

    /// I-33: makes a practitioner an assistant, who owned records and has them by name now, with others beside them. `to` owns them.
    pub(super) fn make_assistant(&mut self, to: usize) {
        let fits = |user: &usize| {
            let who = &self.world.users[*user];
            *user != to && who.account == Account::Practitioner && !who.specialist && !who.disabled && who.role != "Administrator"
        };
        let user = (7..self.world.users.len()).find(fits).expect("a practitioner");
        for number in (0..self.world.records.len()).filter(|number| self.world.records[*number].owner == user).collect::<Vec<_>>() {
            self.transfer(number, to, Level::Full);
        }
        self.co_own(user);
        let (name, role) = (self.world.users[user].name.clone(), self.world.users[user].role.clone());
        self.agreed(&format!("/users/{name}/assign"), &json!({ "account": "assistant", "role": role }));
        self.world.users[user].account = Account::Assistant;
    }

    /// INV-23, P-20, P-23: the group goes, and what came through it alone.
    pub(super) fn delete_group(&mut self, group: &str) {
        self.agreed(&format!("/groups/{group}/delete"), &json!({}));
        self.world.groups.remove(group);
        for record in &mut self.world.records {
            record.groups.remove(group);
        }
    }

    /// I-12, I-17: another owner; the grants stay, but for the new owner's own.
    pub(super) fn transfer(&mut self, record: usize, to: usize, keep: Level) {
        let (path, name) = (format!("/records/{}/owner", self.world.records[record].id), self.world.users[to].name.clone());
        self.agreed(&path, &json!({ "owner": name, "keep": keep.word() }));
        let record = &mut self.world.records[record];
        record.users.remove(&to);
        if keep > Level::None {
            record.users.insert(record.owner, keep);
        }
        record.owner = to;
    }

    /// Another set of permissions for a role, from the next request on.
    pub(super) fn change_role(&mut self, role: &str, allows: &[&'static str]) {
        let path = format!("/roles/{}/change", role.replace(' ', "%20"));
        self.agreed(&path, &json!({ "permissions": allows }));
        self.world.roles.insert(role.to_owned(), allows.iter().copied().collect());
    }

    /// Switches what the office decided for all records. INV-59, P-03, K-03: client access that goes on changes nothing at once in an open office.
    pub(super) fn switch(&mut self, client_access: bool, sharing: bool, requesting: bool) {
        self.agreed("/client-access", &json!({ "on": client_access, "sharing": sharing, "requesting": requesting }));
        if client_access && !self.world.client_access && !self.world.security {
            for record in self.world.records.iter_mut().filter(|record| !record.private && record.whole_office == Level::None) {
                record.whole_office = Level::Read;
            }
        }
        (self.world.client_access, self.world.sharing, self.world.requesting) = (client_access, sharing, requesting);
    }

    /// P-04: access is then taken step by step: every second record is no longer everybody's.
    pub(super) fn close_every_second(&mut self) {
        for number in (0..self.world.records.len()).step_by(2) {
            if self.world.records[number].whole_office > Level::None {
                let path = format!("/records/{}/shares", self.world.records[number].id);
                self.agreed(&path, &json!({ "changes": [{ "whole_office": true, "level": "none" }] }));
                self.world.records[number].whole_office = Level::None;
            }
        }
    }
}
