//! Asking for access inside an office: requests made, answered and taken back.

use interoffice_core::actions::requests::{self, Ask, Grant, Refuse};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Act, Person};
use interoffice_oracle::inside::Asked;
use interoffice_protocol::ids::RecordId;

use crate::check::Violation;
use crate::inside::{Deed, acting, level, level_name};
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, RecordFacts, Who, World};

impl World {
    /// What is asked for inside an office, and answered.
    pub(crate) fn asking_step(&mut self, step: Step) -> Did {
        let offices = self.offices.len();
        let place = |office: u32| office as usize % offices;
        match step {
            Step::AskAccess { record, by, level } => self.ask_access(record, by, level),
            Step::AnswerAccess { office, nth, by, level } => self.answer_access(place(office), nth, by, level),
            Step::TakeBack { office, nth } => self.take_back(place(office), nth),
            _ => Ok(false),
        }
    }

    fn ask_access(&mut self, number: u32, by: u32, wanted: u32) -> Did {
        let Some(RecordFacts { record, owner: Who { office, .. }, .. }) = self.at_hand(number) else { return Ok(false) };
        let by = self.someone(office, by);
        let Some(level) = level(wanted % 3 + 1) else { return Ok(false) };
        let ask = Ask { level: Some(level_name(Some(level)).to_owned()), message: "I need it".to_owned() };
        let deed = Deed { office, by: &by, record, act: Act::Ask, line: Some("request.ask") };
        let Some(asked) = self.judged(&deed, |tx, by| requests::ask(tx, by, record, &ask))? else { return Ok(false) };
        sometimes!("somebody asked for access");
        let wall_ms = self.offices[office].wall_ms();
        self.note(Event::Asked { who: Person::new(office, &by), record: record.0, request: asked.id, level, wall_ms });
        Ok(true)
    }

    /// One of the requests that nobody has answered.
    fn some_request(&self, office: usize, nth: u32) -> Option<(u64, Asked)> {
        let local = self.checker.oracle.local(office).filter(|_| self.offices[office].up)?;
        let open: Vec<_> = local.inside.requests.iter().filter(|(_, asked)| asked.end.is_none()).collect();
        let (id, asked) = open.get(nth as usize % open.len().max(1))?;
        Some((**id, (*asked).clone()))
    }

    fn answer_access(&mut self, office: usize, nth: u32, by: u32, given: u32) -> Did {
        let Some((id, asked)) = self.some_request(office, nth) else { return Ok(false) };
        let (by, record, given) = (self.someone(office, by), RecordId(asked.record), level(given));
        let line = if given.is_some() { "request.grant" } else { "request.refuse" };
        let deed = Deed { office, by: &by, record, act: Act::Answer, line: Some(line) };
        let state = self.request_state(office, &asked);
        let done = self.judged(&deed, |tx, by| match given {
            Some(_) => requests::grant(tx, by, id, &Grant { level: Some(level_name(given).to_owned()) }),
            None => requests::refuse(tx, by, id, &Refuse { reason: "not now".to_owned() }),
        })?;
        let closed = self.refused == Some("request-closed");
        if (done.is_some() && (state != "waiting" || asked.by == by)) || (closed && state == "waiting") {
            let what = format!("{by} answered request {id} of {} at {office}, which is {state}: {}", asked.by, done.is_some());
            return Err(Violation { invariant: "INV-58", anomaly: "stale-right", what });
        }
        if done.is_none() {
            return Ok(false);
        }
        if given.is_some() {
            sometimes!("a request for access was granted")
        } else {
            sometimes!("a request for access was refused")
        }
        self.note(Event::Answered { office, request: id, given });
        Ok(true)
    }

    /// How the oracle sees a request now.
    fn request_state(&self, office: usize, asked: &Asked) -> &'static str {
        let wall_ms = self.offices[office].wall_ms();
        self.checker.oracle.local(office).map_or("", |local| local.request_state(asked, wall_ms))
    }

    fn take_back(&mut self, office: usize, nth: u32) -> Did {
        let Some((id, asked)) = self.some_request(office, nth) else { return Ok(false) };
        let by = acting(office, &asked.by)?;
        let done = self.audited(office, "request.withdraw", false, |tx| requests::withdraw(tx, &by, id))?;
        if done.is_none() {
            return Ok(false);
        }
        self.note(Event::TakenBack { office, request: id });
        Ok(true)
    }
}
