//! What people do with records inside their office: shared, taken away, given to another owner, changed by others than the owner.

use interoffice_core::actions::access::{self, Change, Changes, Transfer};
use interoffice_core::actions::users::{self, HandOver};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, Tx};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Act, Level, With};
use interoffice_protocol::ids::RecordId;

use crate::check::Violation;
use crate::people::valid_name;
use crate::records::FIELDS;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, RecordFacts, Who, World, admin_name, failed, user_name};

/// Refusals that say that somebody may not do something with a record; others say that it can't be done.
const DENIALS: [&str; 6] = ["not-owner", "sharing-off", "role", "read-only", "unknown-record", "unknown-request"];

/// Something that somebody does with a record of the office, which the oracle judges.
pub(crate) struct Deed<'d> {
    pub(crate) office: usize,
    pub(crate) by: &'d str,
    pub(crate) record: RecordId,
    pub(crate) act: Act,
    /// The line that it leaves in the audit; `None` when it changes nothing.
    pub(crate) line: Option<&'static str>,
}

/// A level by number; 0 is none.
pub(crate) fn level(number: u32) -> Option<Level> {
    match number % 4 {
        0 => None,
        1 => Some(Level::Read),
        2 => Some(Level::Write),
        _ => Some(Level::Full),
    }
}

/// Every level, none among them.
pub(crate) fn levels() -> impl Iterator<Item = Option<Level>> {
    (0..4).map(level)
}

/// The level's name in the API.
pub(crate) fn level_name(level: Option<Level>) -> &'static str {
    match level {
        None => "none",
        Some(Level::Read) => "read",
        Some(Level::Write) => "write",
        Some(Level::Full) => "full-control",
    }
}

/// What a group is called.
pub(crate) fn group_name(number: u32) -> String {
    format!("Group {}", number % 3)
}

/// Somebody as an actor.
pub(crate) fn acting(office: usize, name: &str) -> Result<Actor, Violation> {
    Ok(Actor::User(valid_name(name).map_err(|fault| failed(office, &fault))?))
}

impl World {
    /// A user by number; beyond them the administrator.
    pub(crate) fn someone(&self, office: usize, number: u32) -> String {
        let user = number as usize % (self.swarm.users + 1);
        if user == self.swarm.users { admin_name(office) } else { user_name(Who { office, user }) }
    }

    /// A record that is there, at an office that runs.
    pub(crate) fn at_hand(&self, number: u32) -> Option<RecordFacts> {
        self.record(number).filter(|facts| !facts.deleted && self.offices[facts.owner.office].up).cloned()
    }

    /// What somebody does with a record: the oracle is told who did or was denied what.
    pub(crate) fn judged<T>(
        &mut self,
        deed: &Deed<'_>,
        mut work: impl FnMut(&Tx<'_>, &Actor) -> Result<T, Fault>,
    ) -> Result<Option<T>, Violation> {
        let Deed { office, by, record, act, line } = deed;
        let actor = acting(*office, by)?;
        let done = match line {
            Some(line) => self.audited(*office, line, false, |tx| work(tx, &actor))?,
            None => self.verb(*office, |tx| work(tx, &actor))?,
        };
        let (office, by, record, act) = (*office, Some((*by).to_owned()), record.0, act.clone());
        match (&done, self.refused) {
            (Some(_), _) => self.note(Event::Acted { office, by, record, act }),
            (None, Some(code)) if DENIALS.contains(&code) => {
                sometimes!("somebody was denied something with a record of the office");
                self.note(Event::Denied { office, by, record, act });
            }
            _ => {}
        }
        Ok(done)
    }

    /// What people do with records of their office.
    pub(crate) fn inside_step(&mut self, step: Step) -> Did {
        match step {
            Step::GrantRecord { record, by, to, level: number } => self.grant_record(record, by, to, level(number)),
            Step::GiveRecord { record, by, to, keep } => self.give_record(record, by, to, level(keep)),
            Step::HandOver { office, user, to } => self.hand_all_over(office as usize % self.offices.len(), user, to),
            Step::EditAs { record, by, field } => {
                let Some(facts) = self.at_hand(record) else { return Ok(false) };
                let by = self.someone(facts.owner.office, by);
                self.edit_as(record, &by, field as usize % FIELDS.len())
            }
            _ => self.asking_step(step),
        }
    }

    /// Whom a record is shared with, by number: a user or the administrator, a group, the whole office.
    fn with(&self, office: usize, to: u32) -> With {
        match to % 12 {
            0..6 => With::User(self.someone(office, to)),
            6..10 => With::Group(group_name(to)),
            _ => With::Everybody,
        }
    }

    fn grant_record(&mut self, number: u32, by: u32, to: u32, level: Option<Level>) -> Did {
        let Some(RecordFacts { record, owner: Who { office, .. }, .. }) = self.at_hand(number) else { return Ok(false) };
        let (by, with) = (self.someone(office, by), self.with(office, to));
        let own = self.checker.oracle.local(office).and_then(|local| local.records.get(&record.0));
        let before = own.and_then(|own| own.shares.get(&with).copied());
        let mut change = Change { level: level_name(level).to_owned(), ..Change::default() };
        match &with {
            With::User(user) => change.user = Some(user.clone()),
            With::Group(group) => change.group = Some(group.clone()),
            With::Everybody => change.whole_office = true,
        }
        let changes = Changes { changes: vec![change] };
        let line = if level.is_some() { "record.grant" } else { "record.revoke" };
        let deed = Deed { office, by: &by, record, act: Act::Share(with.clone()), line: (before != level).then_some(line) };
        let done = self.judged(&deed, |tx, by| {
            let plan = access::plan_set(tx, by, record, &changes)?;
            access::set(tx, by, record, &changes, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        match (&with, before, level) {
            (With::Group(_), None, Some(_)) => sometimes!("a record was shared with a group"),
            (With::Everybody, None, Some(_)) => sometimes!("a record was shared with the whole office"),
            (With::User(_), None, Some(_)) => sometimes!("a record was shared with a colleague"),
            (_, Some(_), None) => sometimes!("a share inside the office was taken away"),
            _ => {}
        }
        self.note(Event::Granted { office, record: record.0, with, level });
        Ok(true)
    }

    fn give_record(&mut self, number: u32, by: u32, to: u32, keep: Option<Level>) -> Did {
        let Some(RecordFacts { record, owner: Who { office, .. }, .. }) = self.at_hand(number) else { return Ok(false) };
        let (by, to) = (self.someone(office, by), self.someone(office, to));
        let wanted = Transfer { owner: to.clone(), keep: keep.map(|level| level_name(Some(level)).to_owned()) };
        let deed = Deed { office, by: &by, record, act: Act::GiveAway(keep), line: Some("record.owner") };
        let done = self.judged(&deed, |tx, by| {
            let plan = access::plan_transfer(tx, by, record, &wanted)?;
            access::transfer(tx, by, record, &wanted, &plan.id)
        })?;
        let Some(done) = done else {
            if keep.is_some() && matches!(self.refused, Some("sharing-off" | "role")) {
                sometimes!("somebody who may not share wanted to keep a record");
            }
            return Ok(false);
        };
        sometimes!("a record has another owner");
        if done.copies > 0 {
            sometimes!("a record that was shared over a link has another owner");
        }
        self.note(Event::OwnerSet { office, record: record.0, owner: to, keep });
        self.follow_owners(office);
        Ok(true)
    }

    fn hand_all_over(&mut self, office: usize, from: u32, to: u32) -> Did {
        if !self.offices[office].up {
            return Ok(false);
        }
        let (from, to) = (self.someone(office, from), self.someone(office, to));
        let name = valid_name(&from).map_err(|fault| failed(office, &fault))?;
        let (desk, wanted) = (acting(office, &admin_name(office))?, HandOver { to: to.clone() });
        let done = self.audited(office, "user.hand-over", false, |tx| {
            let plan = users::plan_hand_over(tx, &desk, &name, &wanted)?;
            users::hand_over(tx, &desk, &name, &wanted, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        sometimes!("all records of a user were handed over");
        self.note(Event::HandedOver { office, from, to });
        self.follow_owners(office);
        Ok(true)
    }

    /// Who owns what, as the oracle has it now.
    pub(crate) fn follow_owners(&mut self, office: usize) {
        let Some(local) = self.checker.oracle.local(office) else { return };
        for facts in self.records.iter_mut().filter(|facts| facts.owner.office == office) {
            let Some(own) = local.records.get(&facts.record.0) else { continue };
            let owner = (0..self.swarm.users).find(|user| user_name(Who { office, user: *user }) == own.owner);
            facts.owner.user = owner.unwrap_or(facts.owner.user);
        }
    }
}
