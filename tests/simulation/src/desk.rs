//! What the administrator of an office sets up inside it: groups, roles, proxies, who sees all clients, and whether users see only what
//! concerns them.

use std::collections::BTreeMap;

use interoffice_core::actions::client_access::{self, Switch};
use interoffice_core::actions::groups::{self, NewGroup};
use interoffice_core::actions::proxies::{self, ProxyChange};
use interoffice_core::actions::records;
use interoffice_core::actions::roles::{self, NewRole, RoleChange};
use interoffice_core::actions::users::{self, Assignment};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, Tx};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Allows, Person};
use interoffice_oracle::inside::{ADMINISTRATOR, PRACTITIONER};
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;

use crate::check::Violation;
use crate::inside::{acting, group_name, level, level_name};
use crate::people::valid_name;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, Who, World, admin_name, failed, user_name};

/// What a role is called that is made here, or the one that users begin with.
fn role_name(number: u32) -> String {
    match number % 4 {
        3 => PRACTITIONER.to_owned(),
        number => format!("Role {number}"),
    }
}

/// Who gets how much of which record, as the office says itself.
type Everything = BTreeMap<(String, RecordId), &'static str>;

impl World {
    /// What the administrator sets up.
    pub(crate) fn desk_step(&mut self, step: Step) -> Did {
        let (Step::MakeGroup { office, .. }
        | Step::DeleteGroup { office, .. }
        | Step::Member { office, .. }
        | Step::SetRole { office, .. }
        | Step::GiveRole { office, .. }
        | Step::AllClients { office, .. }
        | Step::Proxy { office, .. }
        | Step::ClientAccess { office, .. }
        | Step::EnableUser { office, .. }) = step
        else {
            return Ok(false);
        };
        let office = office as usize % self.offices.len();
        if !self.offices[office].up {
            return Ok(false);
        }
        match step {
            Step::MakeGroup { group, members, .. } => self.make_group(office, group, members),
            Step::DeleteGroup { group, .. } => self.delete_group(office, group),
            Step::Member { group, user, on, .. } => self.member(office, group, user, on == 1),
            Step::SetRole { role, allows, .. } => self.set_role(office, role, allows),
            Step::GiveRole { user, role, .. } => self.give_role(office, user, role),
            Step::AllClients { user, level, .. } => self.all_clients(office, user, level),
            Step::Proxy { owner, user, by, on, .. } => self.proxy(office, owner, user, by, on == 1),
            Step::ClientAccess { what, on, .. } => self.client_access(office, what, on == 1),
            Step::EnableUser { user, .. } => self.enable_user(office, user),
            _ => Ok(false),
        }
    }

    /// A verb of the administrator, who leaves this line.
    fn at_desk<T>(
        &mut self,
        office: usize,
        line: &'static str,
        mut work: impl FnMut(&Tx<'_>, &Actor) -> Result<T, Fault>,
    ) -> Result<Option<T>, Violation> {
        let desk = acting(office, &admin_name(office))?;
        self.audited(office, line, false, |tx| work(tx, &desk))
    }

    /// A user by number, no administrator.
    fn user_at(&self, office: usize, number: u32) -> Result<(String, UserName), Violation> {
        let name = user_name(Who { office, user: number as usize % self.swarm.users });
        let valid = valid_name(&name).map_err(|fault| failed(office, &fault))?;
        Ok((name, valid))
    }

    fn make_group(&mut self, office: usize, group: u32, members: u32) -> Did {
        let group = group_name(group);
        let members: Vec<String> =
            (0..=self.swarm.users as u32).filter(|user| members & (1 << user) != 0).map(|user| self.someone(office, user)).collect();
        let new = NewGroup { name: group.clone(), members: members.clone() };
        if self.at_desk(office, "group.add", |tx, desk| groups::add(tx, desk, &new))?.is_none() {
            return Ok(false);
        }
        self.note(Event::GroupMade { office, group, members });
        Ok(true)
    }

    fn delete_group(&mut self, office: usize, group: u32) -> Did {
        let group = group_name(group);
        let done = self.at_desk(office, "group.delete", |tx, desk| {
            let plan = groups::plan_delete(tx, desk, &group)?;
            groups::delete(tx, desk, &group, &plan.id)
        })?;
        let Some(before) = done else { return Ok(false) };
        if before.records > Some(0) && before.members.is_some_and(|members| !members.is_empty()) {
            sometimes!("a group with records was deleted");
        }
        self.note(Event::GroupDeleted { office, group });
        Ok(true)
    }

    fn member(&mut self, office: usize, group: u32, user: u32, on: bool) -> Did {
        let (group, user) = (group_name(group), self.someone(office, user));
        let name = valid_name(&user).map_err(|fault| failed(office, &fault))?;
        let line = if on { "group.member.add" } else { "group.member.remove" };
        let done = self.at_desk(office, line, |tx, desk| {
            if on { groups::add_member(tx, desk, &group, &user) } else { groups::remove_member(tx, desk, &group, &name) }
        })?;
        let Some(after) = done else { return Ok(false) };
        if !on && after.records > Some(0) {
            sometimes!("somebody left a group with records");
        }
        self.note(Event::MemberSet { office, group, user, on });
        Ok(true)
    }

    fn set_role(&mut self, office: usize, role: u32, allows: u32) -> Did {
        let role = role_name(role);
        let allows = Allows { all_clients: allows & 1 == 1, share: allows & 2 == 0, edit: allows & 4 == 0 };
        let given = [(allows.all_clients, "all-clients"), (allows.share, "share"), (allows.edit, "edit")];
        let given = given.into_iter().filter(|(given, _)| *given).map(|(_, name)| name);
        let permissions: Vec<String> = given.chain(["exchange", "archive", "delete", "export"]).map(str::to_owned).collect();
        let is_there = self.checker.oracle.local(office).is_some_and(|local| local.inside.roles.contains_key(&role));
        let done = if is_there {
            let change = RoleChange { name: None, permissions: Some(permissions) };
            self.at_desk(office, "role.change", |tx, desk| {
                let plan = roles::plan_change(tx, desk, &role, &change)?;
                roles::change(tx, desk, &role, &change, &plan.id)
            })?
        } else {
            let new = NewRole { name: role.clone(), permissions };
            self.at_desk(office, "role.add", |tx, desk| roles::add(tx, desk, &new))?
        };
        let Some(after) = done else { return Ok(false) };
        if after.users > 0 {
            sometimes!("a role that somebody has was changed");
        }
        self.note(Event::RoleSet { office, role, allows });
        Ok(true)
    }

    fn give_role(&mut self, office: usize, user: u32, role: u32) -> Did {
        let (user, name) = self.user_at(office, user)?;
        let role = if role % 6 == 5 { ADMINISTRATOR.to_owned() } else { role_name(role) };
        let before = self.checker.oracle.local(office).is_some_and(|local| local.administers(&user));
        let wanted = Assignment { account: None, role: Some(role.clone()) };
        let done = self.at_desk(office, "user.assign", |tx, desk| {
            let plan = users::plan_assign(tx, desk, &name, &wanted)?;
            users::assign(tx, desk, &name, &wanted, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        if before && role != ADMINISTRATOR {
            sometimes!("somebody administers no more");
        }
        self.note(Event::RoleGiven { who: Person::new(office, &user), role });
        Ok(true)
    }

    fn all_clients(&mut self, office: usize, user: u32, number: u32) -> Did {
        let ((user, name), level) = (self.user_at(office, user)?, level(number));
        let wanted = client_access::AllClients { level: level_name(level).to_owned() };
        let done = self.at_desk(office, "user.all-clients", |tx, desk| {
            let plan = client_access::plan_all_clients(tx, desk, &name, &wanted)?;
            client_access::set_all_clients(tx, desk, &name, &wanted, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        if level.is_some() {
            sometimes!("all clients were shared with somebody");
        }
        self.note(Event::AllClientsSet { who: Person::new(office, &user), level });
        Ok(true)
    }

    /// The oracle is told who did or was denied it.
    fn proxy(&mut self, office: usize, owner: u32, user: u32, by: u32, on: bool) -> Did {
        let ((owner, name), proxy) = (self.user_at(office, owner)?, self.someone(office, user));
        let by = self.someone(office, by);
        let actor = acting(office, &by)?;
        let change = ProxyChange { proxy: proxy.clone(), on };
        let line = if on { "user.proxy.add" } else { "user.proxy.remove" };
        let done = self.audited(office, line, false, |tx| {
            let plan = proxies::plan_set(tx, &actor, &name, &change)?;
            proxies::set(tx, &actor, &name, &change, &plan.id)
        })?;
        let done = done.is_some();
        if done || matches!(self.refused, Some("not-admin" | "sharing-off" | "role")) {
            let (owner, proxy) = (owner.clone(), proxy.clone());
            self.note(Event::ProxyTried { office, by, owner, proxy, on, done });
        }
        if !done {
            if matches!(self.refused, Some("sharing-off" | "role")) {
                sometimes!("somebody who may not share named a proxy");
            }
            return Ok(false);
        }
        if on {
            sometimes!("somebody became a proxy");
        }
        self.note(Event::ProxySet { office, owner, proxy, on });
        Ok(true)
    }

    fn enable_user(&mut self, office: usize, user: u32) -> Did {
        let (user, name) = self.user_at(office, user)?;
        if self.at_desk(office, "user.enable", |tx, desk| users::enable(tx, desk, &name))?.is_none() {
            return Ok(false);
        }
        sometimes!("a user was enabled again");
        self.note(Event::UserEnabled { who: Person::new(office, &user) });
        Ok(true)
    }

    /// INV-59: switching client access on changes nothing that anybody gets.
    fn client_access(&mut self, office: usize, what: u32, on: bool) -> Did {
        let Some(local) = self.checker.oracle.local(office) else { return Ok(false) };
        let (was, was_open) = (&local.inside, local.is_open());
        let (is, line, mut switch) = match what % 3 {
            0 => (was.client_access, "client-access.set", Switch::default()),
            1 => (was.sharing, "client-access.sharing", Switch::default()),
            _ => (was.requesting, "client-access.requesting", Switch::default()),
        };
        if is == on {
            return Ok(false);
        }
        match what % 3 {
            0 => switch.on = Some(on),
            1 => switch.sharing = Some(on),
            _ => switch.requesting = Some(on),
        }
        let before = if switch.on == Some(true) { self.everything(office)? } else { Everything::new() };
        let done = self.at_desk(office, line, |tx, desk| {
            let plan = client_access::plan_switch(tx, desk, &switch)?;
            client_access::switch(tx, desk, &switch, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        self.note(Event::AccessSwitched { office, on: switch.on, sharing: switch.sharing, requesting: switch.requesting });
        if switch.on == Some(true) {
            let after = self.everything(office)?;
            let changed = before
                .iter()
                .find(|(key, level)| after.get(key) != Some(level))
                .or_else(|| after.iter().find(|(key, _)| !before.contains_key(key)));
            if let Some(((user, record), _)) = changed {
                let what = format!("client access was switched on at {office}, and what {user} gets of record {record} changed");
                return Err(Violation { invariant: "INV-59", anomaly: "stale-right", what });
            }
            sometimes!("client access was switched on");
            if was_open && !after.is_empty() {
                sometimes!("client access was switched on in an open office with records");
            }
        }
        Ok(true)
    }

    /// Who gets how much of which record, by the verb that shows a record.
    fn everything(&self, office: usize) -> Result<Everything, Violation> {
        let Some(local) = self.checker.oracle.local(office) else { return Ok(Everything::new()) };
        let mut levels = Everything::new();
        for user in local.users.keys() {
            let actor = acting(office, user)?;
            for record in local.records.keys().map(|record| RecordId(*record)) {
                let shown = self.look(office, |view| match records::show(view, &actor, record) {
                    Ok(shown) => Ok(Some(shown.access)),
                    Err(Fault::Refused(_)) => Ok(None),
                    Err(fault) => Err(fault),
                })?;
                levels.extend(shown.map(|access| ((user.clone(), record), access)));
            }
        }
        Ok(levels)
    }
}
