//! What users do with other offices: links asked for, answered and ended, records shared and taken back.

use interoffice_core::actions::links::Ask;
use interoffice_core::actions::sharing::Selection;
use interoffice_core::actions::{link_view, links, sharing};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, links as link_rows, log};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Mask, Wanted, Why};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::limits::LEASE_SHORT_S;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::record::{FieldName, Level, Scope};

use crate::check::Violation;
use crate::people::actor;
use crate::records::FIELDS;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, LinkFacts, Who, World, failed, user_name};

/// Records that the owner of a link is about to share or take back.
struct Choice {
    facts: LinkFacts,
    by: Actor,
    /// The link, as verbs name it.
    id: String,
    chosen: Selection,
    /// What the link shows now.
    before: Vec<RecordId>,
}

/// The scopes that are asked for.
fn scope(number: u32) -> Scope {
    match number % 4 {
        0 => Scope::everything(),
        1 => Scope { fields: FieldName::Emails.bit() | FieldName::Titles.bit(), related: 0, documents: false },
        _ => Scope::standard(),
    }
}

impl World {
    /// What is done with records.
    pub(crate) fn records_step(&mut self, step: Step) -> Did {
        match step {
            Step::AddRecord { record, office, user, marks } => self.add_record(record, office, user, marks),
            Step::EditRecord { record, field } if field as usize % (FIELDS.len() + 1) == FIELDS.len() => self.add_related(record, field),
            Step::EditRecord { record, field } => self.edit_record(record, field as usize % (FIELDS.len() + 1)),
            Step::Mark { record, marks } => self.mark_record(record, marks),
            Step::DeleteRecord { record } | Step::Archive { record } | Step::Unarchive { record } => self.end_record(step, record),
            Step::Share { link, a, b, c } => self.share(link, &[a, b, c], false),
            Step::ShareAll { link } => self.share(link, &[], true),
            Step::Unshare { link, record } => self.unshare(link, &[record], false),
            Step::UnshareAll { link } => self.unshare(link, &[], true),
            _ => Ok(false),
        }
    }

    /// The records that a link shows, at its owner's office.
    fn shown(&self, facts: &LinkFacts) -> Result<Vec<RecordId>, Violation> {
        self.look(facts.owner.office, |view| {
            let Some(row) = link_rows::find(view, facts.link)? else { return Ok(Vec::new()) };
            Ok(log::put_set(view, row.row)?.into_iter().collect())
        })
    }

    fn selection(&self, numbers: &[u32], all_mine: bool) -> Selection {
        let records = numbers.iter().filter_map(|number| self.record(*number)).map(|facts| facts.record.to_string()).collect();
        // Private records are named one by one; whoever takes all does not mean them.
        Selection { records, all_mine, include_private: !all_mine, ..Selection::default() }
    }

    /// What the owner of a link is about to do with records; `None` when the office is down or there are none.
    fn choice(&self, link: u32, numbers: &[u32], all_mine: bool) -> Result<Option<Choice>, Violation> {
        let Some(facts) = self.link(link).cloned() else { return Ok(None) };
        let chosen = self.selection(numbers, all_mine);
        if !self.offices[facts.owner.office].up || (chosen.records.is_empty() && !all_mine) {
            return Ok(None);
        }
        let (by, id) = (actor(facts.owner)?, facts.link.to_string());
        let before = self.shown(&facts)?;
        Ok(Some(Choice { facts, by, id, chosen, before }))
    }

    fn share(&mut self, link: u32, numbers: &[u32], all_mine: bool) -> Did {
        let Some(Choice { facts, by, id, chosen, before }) = self.choice(link, numbers, all_mine)? else { return Ok(false) };
        let office = facts.owner.office;
        let shared = self.audited(office, "record.share", false, |tx| {
            let plan = sharing::plan_share(tx, &by, &id, &chosen)?;
            sharing::share(tx, &by, &id, &chosen, &plan.id)
        })?;
        if shared.is_none() {
            return Ok(false);
        }
        let added: Vec<[u8; 16]> = self.shown(&facts)?.iter().filter(|record| !before.contains(record)).map(|record| record.0).collect();
        let local = self.checker.oracle.local(office);
        let private = |id: &[u8; 16]| local.and_then(|local| local.records.get(id)).is_some_and(|own| own.marks.private);
        if all_mine && added.iter().any(private) {
            let what = format!("all of a user's records went on link {link}, private ones among them");
            return Err(Violation { invariant: "INV-03", anomaly: "orphan-share", what });
        }
        let any = !added.is_empty();
        if any && all_mine {
            sometimes!("somebody shared all but what is private");
        }
        if any {
            self.note(Event::Shared { link: facts.link.0, records: added });
        }
        Ok(any)
    }

    fn unshare(&mut self, link: u32, numbers: &[u32], all_mine: bool) -> Did {
        let Some(Choice { facts, by, id, chosen, before }) = self.choice(link, numbers, all_mine)? else { return Ok(false) };
        let office = facts.owner.office;
        let done = self.audited(office, "record.unshare", true, |tx| {
            let plan = sharing::plan_unshare(tx, &by, &id, &chosen)?;
            sharing::unshare(tx, &by, &id, &chosen, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        let left = self.shown(&facts)?;
        let gone: Vec<[u8; 16]> = before.iter().filter(|record| !left.contains(record)).map(|record| record.0).collect();
        let any = !gone.is_empty();
        if any {
            sometimes!("a record was unshared");
            self.note(Event::Unshared { link: facts.link.0, records: gone });
        }
        Ok(any)
    }

    /// What is done with links.
    pub(crate) fn links_step(&mut self, step: Step) -> Did {
        let number = match step {
            Step::Request { link, office, user, to, reader, scope, ends } => {
                let offices = self.offices.len();
                let owner = Who { office: office as usize % offices, user: user as usize % self.swarm.users };
                // One beyond the users is somebody who is not there.
                let reader = Who { office: to as usize % offices, user: reader as usize % (self.swarm.users + 1) };
                let reader = if reader.user == self.swarm.users { Who { user: 4, ..reader } } else { reader };
                return self.request(link, owner, reader, scope, ends);
            }
            Step::Accept { link } | Step::Decline { link } | Step::Withdraw { link } | Step::DeleteLink { link, .. } => link,
            _ => return Ok(false),
        };
        let Some(facts) = self.link(number).cloned() else { return Ok(false) };
        let by_owner = matches!(step, Step::Withdraw { .. } | Step::DeleteLink { side: 0, .. });
        let who = if by_owner { facts.owner } else { facts.reader };
        if !self.offices[who.office].up || who.user == 4 {
            return Ok(false);
        }
        self.note_race(step, &facts);
        let (by, id) = (actor(who)?, facts.link.to_string());
        let done = self.audited(who.office, line_of(step), true, |tx| answer(tx, step, &by, &id))?;
        if done.is_none() {
            return Ok(false);
        }
        let (office, link) = (who.office, facts.link.0);
        let event = match step {
            Step::Accept { .. } => Event::Accepted { link, by: self.person(who) },
            Step::Decline { .. } => Event::Ended { office, link, why: Why::Declined },
            Step::Withdraw { .. } => Event::Ended { office, link, why: Why::Withdrawn },
            _ if by_owner => Event::Ended { office, link, why: Why::DeletedByOwner },
            _ => Event::Ended { office, link, why: Why::DeletedByReader },
        };
        self.note(event);
        Ok(true)
    }

    /// Marks the races of which this step is the second half.
    fn note_race(&self, step: Step, facts: &LinkFacts) {
        let state = |office: usize| self.offices[office].read(|view| Ok(link_rows::find(view, facts.link)?)).ok().flatten();
        let (here, there) = (state(facts.owner.office).map(|row| row.state), state(facts.reader.office).map(|row| row.state));
        match (step, here, there) {
            (Step::Accept { .. }, Some(LinkState::Ended(_)), Some(LinkState::Waiting)) => sometimes!("withdraw met accept"),
            (Step::Withdraw { .. }, Some(LinkState::Waiting), Some(LinkState::Active { .. })) => sometimes!("accept met withdraw"),
            (Step::DeleteLink { side: 0, .. }, Some(LinkState::Active { .. }), Some(LinkState::Ended(_)))
            | (Step::DeleteLink { .. }, Some(LinkState::Ended(_)), Some(LinkState::Active { .. })) => {
                sometimes!("both sides deleted at once");
            }
            (Step::Accept { .. }, Some(LinkState::Waiting), Some(LinkState::Waiting)) => sometimes!("a link was accepted"),
            (Step::Decline { .. }, _, Some(LinkState::Waiting)) => sometimes!("a request was declined"),
            _ => {}
        }
    }

    fn request(&mut self, number: u32, owner: Who, reader: Who, terms: u32, ends: u32) -> Did {
        if owner.office == reader.office || !self.offices[owner.office].up || self.link(number).is_some() {
            return Ok(false);
        }
        let office = &self.offices[owner.office];
        let not_after_ms = (ends > 0).then(|| office.wall_ms() + i64::from(ends) * 60_000);
        let scope = scope(terms);
        let level = if terms % 8 == 7 { Level::Write } else { Level::Read };
        let ask = Ask {
            office: self.offices[reader.office].id.to_string(),
            user: user_name(reader),
            purpose: "referrals".to_owned(),
            level,
            scope,
            not_after_ms,
        };
        let by = actor(owner)?;
        let Some(view) = self.audited(owner.office, "link.request", false, |tx| links::request(tx, &by, &ask))? else { return Ok(false) };
        let Ok(link) = view.link.parse::<LinkId>() else { return Err(failed(owner.office, &"a link without an id")) };
        self.links.push(LinkFacts { number, link, owner, reader, damaged: false });
        let wanted = Wanted {
            owner: self.person(owner),
            reader: self.person(reader),
            mask: Mask { fields: scope.fields, related: scope.related },
            lease_ms: i64::from(LEASE_SHORT_S) * 1_000,
            not_after_ms,
        };
        self.note(Event::Requested { link: link.0, wanted });
        Ok(true)
    }
}

/// The verb by which the audit names what is done with a link.
fn line_of(step: Step) -> &'static str {
    match step {
        Step::Accept { .. } => "link.accept",
        Step::Decline { .. } => "link.decline",
        Step::Withdraw { .. } => "link.withdraw",
        _ => "link.delete",
    }
}

fn answer(tx: &interoffice_core::store::Tx<'_>, step: Step, by: &Actor, id: &str) -> Result<link_view::LinkView, Fault> {
    match step {
        Step::Accept { .. } => {
            let accepted = links::accept(tx, by, &[id.to_owned()])?;
            accepted.into_iter().next().ok_or_else(|| interoffice_core::store::StoreFault::Corrupt("nothing accepted".to_owned()).into())
        }
        Step::Decline { .. } => links::decline(tx, by, id, "no"),
        Step::Withdraw { .. } => links::withdraw(tx, by, id, ""),
        _ => {
            let plan = links::plan_delete(tx, by, id)?;
            links::delete(tx, by, id, &plan.id)
        }
    }
}
