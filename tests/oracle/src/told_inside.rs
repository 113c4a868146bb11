//! Taking in what is told of the inside of an office, and judging what people did there.

use crate::event::{Act, Event, Level, Office, Person, Record, With};
use crate::inside::{Asked, Inside, SESSION_IDLE_MS, SESSION_LIFE_MS, Session};
use crate::local::{User, Viewer};
use crate::oracle::Oracle;
use crate::told::brief;

impl Oracle {
    /// Takes in what happened inside an office.
    pub(crate) fn inside(&mut self, event: &Event) {
        match event {
            Event::UserEnabled { who } => self.of_user(who, |user| user.disabled = false),
            Event::RoleGiven { who, role } => self.of_user(who, |user| user.role.clone_from(role)),
            Event::AllClientsSet { who, level } => self.of_user(who, |user| user.all_clients = *level),
            Event::RoleSet { office, role, allows } => self.of_inside(*office, |inside| {
                inside.roles.insert(role.clone(), *allows);
            }),
            Event::GroupMade { office, group, members } => {
                let members = members.iter().cloned().collect();
                self.of_inside(*office, |inside| drop(inside.groups.insert(group.clone(), members)));
            }
            Event::GroupDeleted { office, group } => self.group_deleted(*office, group),
            Event::MemberSet { office, group, user, on } => self.of_inside(*office, |inside| {
                let members = inside.groups.entry(group.clone()).or_default();
                if *on {
                    members.insert(user.clone())
                } else {
                    members.remove(user)
                };
            }),
            Event::ProxySet { office, owner, proxy, on } => self.of_inside(*office, |inside| {
                let pair = (owner.clone(), proxy.clone());
                if *on {
                    inside.proxies.insert(pair)
                } else {
                    inside.proxies.remove(&pair)
                };
            }),
            Event::ProxyTried { office, by, owner, proxy, on, done } => self.judge_proxy(*office, by, [owner, proxy], *on, *done),
            Event::AccessSwitched { office, on, sharing, requesting } => self.switched(*office, *on, *sharing, *requesting),
            Event::Acted { office, by, record, act } => self.judge(*office, by.as_deref(), record, act, true),
            Event::Denied { office, by, record, act } => self.judge(*office, by.as_deref(), record, act, false),
            Event::Granted { office, record, with, level } => self.granted(*office, record, with, *level),
            Event::OwnerSet { office, record, owner, keep } => self.owner_set(*office, record, owner, *keep),
            Event::HandedOver { office, from, to } => self.handed_over(*office, from, to),
            Event::Asked { .. } | Event::Answered { .. } | Event::TakenBack { .. } => self.requests(event),
            _ => self.sessions(event),
        }
    }

    fn of_user(&mut self, who: &Person, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.user(who) {
            change(user);
        }
    }

    fn of_inside(&mut self, office: Office, change: impl FnOnce(&mut Inside)) {
        if let Some(local) = self.offices.get_mut(&office) {
            change(&mut local.inside);
        }
    }

    /// With a user who is disabled go the sessions and whoever stands in for whom; shares and groups stay, and give nothing.
    pub(crate) fn forget_person(&mut self, who: &Person) {
        self.of_inside(who.office, |inside| {
            inside.proxies.retain(|(owner, proxy)| *owner != who.user && *proxy != who.user);
            inside.sessions.retain(|_, session| session.user != who.user);
        });
    }

    fn group_deleted(&mut self, office: Office, group: &str) {
        let Some(local) = self.offices.get_mut(&office) else { return };
        local.inside.groups.remove(group);
        for own in local.records.values_mut() {
            own.shares.remove(&With::Group(group.to_owned()));
        }
    }

    /// INV-59: what everybody read stays readable for everybody when client access comes.
    fn switched(&mut self, office: Office, on: Option<bool>, sharing: Option<bool>, requesting: Option<bool>) {
        let Some(local) = self.offices.get_mut(&office) else { return };
        if on == Some(true) && local.is_open() {
            for own in local.records.values_mut().filter(|own| !own.marks.private) {
                own.shares.entry(With::Everybody).or_insert(Level::Read);
            }
        }
        let inside = &mut local.inside;
        inside.client_access = on.unwrap_or(inside.client_access);
        inside.sharing = sharing.unwrap_or(inside.sharing);
        inside.requesting = requesting.unwrap_or(inside.requesting);
    }

    /// Whether what a person did or was denied is what he or she may do (INV-06: who may only read changes nothing).
    fn judge(&mut self, office: Office, by: Option<&str>, record: &Record, act: &Act, done: bool) {
        let Some(local) = self.offices.get(&office).filter(|_| !self.hostile.contains(&office)) else { return };
        let viewer = by.map_or(Viewer::Operator, Viewer::User);
        if local.may(viewer, record, act) == done {
            return;
        }
        let reasons = local.reasons(viewer, record);
        let what = format!("{by:?} at {office} did {act:?} with record {}: {done}, with {reasons:?}", brief(record));
        match (done, act) {
            (true, Act::Edit) => self.breach("INV-06", "stale-right", what),
            (true, Act::Ask) => self.breach("INV-58", "stale-right", what),
            (true, _) => self.breach("INV-01", "stale-right", what),
            (false, _) => self.breach("INV-29", "lost-ack", what),
        }
    }

    /// Whether a person who named a proxy or took one away, or was denied it, is who may.
    fn judge_proxy(&mut self, office: Office, by: &str, [owner, proxy]: [&str; 2], on: bool, done: bool) {
        let Some(local) = self.offices.get(&office).filter(|_| !self.hostile.contains(&office)) else { return };
        if local.may_set_proxy(by, owner, proxy, on) == done {
            return;
        }
        let what = format!("{by} at {office} made {proxy} a proxy of {owner} ({on}): {done}");
        if done { self.breach("INV-01", "stale-right", what) } else { self.breach("INV-29", "lost-ack", what) }
    }

    fn granted(&mut self, office: Office, record: &Record, with: &With, level: Option<Level>) {
        if let Some(own) = self.own(office, record) {
            match level {
                Some(level) => own.shares.insert(with.clone(), level),
                None => own.shares.remove(with),
            };
        }
    }

    /// INV-60: the record has the new owner, and what links of the one of before brought elsewhere goes.
    fn owner_set(&mut self, office: Office, record: &Record, owner: &str, keep: Option<Level>) {
        let Some(own) = self.own(office, record) else { return };
        let before = std::mem::replace(&mut own.owner, owner.to_owned());
        own.shares.remove(&With::User(owner.to_owned()));
        own.shares.remove(&With::User(before.clone()));
        own.shares.extend(keep.map(|level| (With::User(before), level)));
        self.take_off_everything(office, record);
    }

    fn handed_over(&mut self, office: Office, from: &str, to: &str) {
        let Some(local) = self.offices.get_mut(&office) else { return };
        for own in local.records.values_mut().filter(|own| own.owner == from) {
            to.clone_into(&mut own.owner);
            own.shares.remove(&With::User(to.to_owned()));
        }
    }

    fn requests(&mut self, event: &Event) {
        match event {
            Event::Asked { who, record, request, level, wall_ms } => self.of_inside(who.office, |inside| {
                // Whoever asks anew lets go of what waited for the same record.
                let same = inside.requests.values_mut().filter(|asked| asked.by == who.user && asked.record == *record);
                for asked in same.filter(|asked| asked.end.is_none()) {
                    asked.end = Some("expired");
                }
                let asked = Asked { by: who.user.clone(), record: *record, level: *level, wall_ms: *wall_ms, end: None };
                inside.requests.insert(*request, asked);
            }),
            Event::Answered { office, request, given } => {
                let Some(local) = self.offices.get_mut(office) else { return };
                let Some(asked) = local.inside.requests.get_mut(request) else { return };
                asked.end = Some(if given.is_some() { "granted" } else { "refused" });
                let (record, with) = (asked.record, With::User(asked.by.clone()));
                if given.is_some() {
                    self.granted(*office, &record, &with, *given);
                }
            }
            Event::TakenBack { office, request } => self.of_inside(*office, |inside| {
                if let Some(asked) = inside.requests.get_mut(request) {
                    asked.end = Some("withdrawn");
                }
            }),
            _ => {}
        }
    }

    fn sessions(&mut self, event: &Event) {
        match event {
            Event::SessionBegun { who, token, wall_ms } => self.of_inside(who.office, |inside| {
                let new = Session { user: who.user.clone(), begun_ms: *wall_ms, used_ms: *wall_ms };
                // What was over by then is not there any more, should the clock go back.
                let over = |old: &Session| old.begun_ms + SESSION_LIFE_MS < *wall_ms || old.used_ms + SESSION_IDLE_MS < *wall_ms;
                inside.sessions.retain(|_, old| old.user != who.user || !over(old));
                inside.sessions.insert(*token, new);
            }),
            Event::SessionUsed { office, token, wall_ms } => self.of_inside(*office, |inside| {
                if let Some(session) = inside.sessions.get_mut(token) {
                    session.used_ms = session.used_ms.max(*wall_ms);
                }
            }),
            Event::SessionEnded { office, token } => self.of_inside(*office, |inside| drop(inside.sessions.remove(token))),
            Event::SessionsEnded { who, but } => self.of_inside(who.office, |inside| {
                inside.sessions.retain(|token, session| session.user != who.user || Some(*token) == *but);
            }),
            _ => {}
        }
    }
}
