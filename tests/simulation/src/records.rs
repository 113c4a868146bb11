//! Records made, changed, marked and deleted by people: mostly by their owners.

use interoffice_core::actions::records;
use interoffice_core::domain::edit::{Edit, NewRelated, PropertyEdit};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Act, Marks, Place, Placed};
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::{FieldName, RelatedKind};

use crate::inside::Deed;
use crate::people::actor;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, RecordFacts, Who, World, failed, user_name};

/// The fields of every card that hold a word of their own, with the names of their properties.
pub(crate) const FIELDS: [(FieldName, &str); 5] = [
    (FieldName::Name, "N"),
    (FieldName::Emails, "EMAIL"),
    (FieldName::Notes, "NOTE"),
    (FieldName::Titles, "TITLE"),
    (FieldName::Other, "X-SHOE-SIZE"),
];

fn property(name: &str, word: &str) -> String {
    match name {
        "N" => format!("{word};Person;;;"),
        "EMAIL" => format!("{word}@person.example"),
        "NOTE" => format!("Some words about {word}"),
        _ => word.to_owned(),
    }
}

fn card(number: u32, tokens: &[Placed]) -> String {
    let mut card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:00000000-0000-4000-8000-{number:012}\r\n");
    for ((_, name), placed) in FIELDS.iter().zip(tokens) {
        let word = placed.token.text();
        if *name == "N" {
            card.push_str(&format!("FN:Person {word}\r\n"));
        }
        card.push_str(&format!("{name}:{}\r\n", property(name, &word)));
    }
    card.push_str("END:VCARD\r\n");
    card
}

impl World {
    pub(crate) fn add_record(&mut self, number: u32, office: u32, user: u32, marks: u32) -> Did {
        let who = Who { office: office as usize % self.offices.len(), user: user as usize % self.swarm.users };
        if !self.offices[who.office].up || self.record(number).is_some() {
            return Ok(false);
        }
        let tokens: Vec<Placed> = FIELDS
            .iter()
            .map(|(field, _)| Placed { place: Place::Field(field.bit().trailing_zeros() as u8), token: self.fresh_token() })
            .collect();
        let marks = Marks { private: marks % 8 == 1, assigned: marks % 8 != 2 };
        let file = records::read_cards(card(number, &tokens).as_bytes());
        let options = records::ImportOptions { private: marks.private, unassigned: !marks.assigned };
        let by = actor(who)?;
        let Some(report) = self.verb(who.office, |tx| records::import_cards(tx, &by, &file.cards, &options))? else { return Ok(false) };
        let id = report.records.first().and_then(|id| id.parse::<RecordId>().ok());
        let Some(record) = id else { return Err(failed(who.office, &"an imported card has no record")) };
        self.records.push(RecordFacts { number, record, owner: who, marks, tokens: tokens.clone(), deleted: false, archived: false });
        let owner = self.person(who);
        self.note(Event::RecordMade { owner, record: record.0, marks, tokens });
        Ok(true)
    }

    pub(crate) fn edit_record(&mut self, number: u32, field: usize) -> Did {
        let by = self.record(number).map(|facts| user_name(facts.owner));
        by.map_or(Ok(false), |by| self.edit_as(number, &by, field))
    }

    /// Somebody changes a field of a record, who may do so or not.
    pub(crate) fn edit_as(&mut self, number: u32, by: &str, field: usize) -> Did {
        let Some(facts) = self.record(number).filter(|facts| !facts.deleted).cloned() else { return Ok(false) };
        if !self.offices[facts.owner.office].up {
            return Ok(false);
        }
        let token = self.fresh_token();
        let (name, value) = (FIELDS[field].1, property(FIELDS[field].1, &token.text()));
        let set = |name: &str, value: String| PropertyEdit { name: name.to_owned(), value, params: Vec::new() };
        let mut edit = Edit { set: vec![set(name, value)], ..Edit::default() };
        if name == "N" {
            edit.set.push(set("FN", format!("Person {}", token.text())));
        }
        let deed = Deed { office: facts.owner.office, by, record: facts.record, act: Act::Edit, line: Some("record.edit") };
        if self.judged(&deed, |tx, by| records::edit(tx, by, facts.record, &edit))?.is_none() {
            return Ok(false);
        }
        let mut tokens = self.tokens_of(&facts);
        let place = Place::Field(FIELDS[field].0.bit().trailing_zeros() as u8);
        for placed in tokens.iter_mut().filter(|placed| placed.place == place) {
            // The card as it was uploaded is kept verbatim, for its own office alone.
            placed.place = Place::Card;
        }
        tokens.push(Placed { place, token });
        for known in self.records.iter_mut().filter(|known| known.number == number) {
            known.tokens.clone_from(&tokens);
        }
        self.note(Event::RecordEdited { office: facts.owner.office, record: facts.record.0, tokens });
        Ok(true)
    }

    /// The owner of a record notes a case, policy, investment or opportunity with it.
    pub(crate) fn add_related(&mut self, number: u32, kind: u32) -> Did {
        let Some(facts) = self.record(number).filter(|facts| !facts.deleted).cloned() else { return Ok(false) };
        let token = self.fresh_token();
        let kind = RelatedKind::ALL[(kind as usize / (FIELDS.len() + 1) + token.0 as usize) % RelatedKind::ALL.len()];
        let item = NewRelated { kind: kind.as_str().to_owned(), title: token.text(), status: String::new(), detail: String::new() };
        let edit = Edit { add_related: vec![item], ..Edit::default() };
        let by = actor(facts.owner)?;
        let up = self.offices[facts.owner.office].up;
        if !up || self.verb(facts.owner.office, |tx| records::edit(tx, &by, facts.record, &edit))?.is_none() {
            return Ok(false);
        }
        sometimes!("a related item was added");
        let mut tokens = self.tokens_of(&facts);
        tokens.push(Placed { place: Place::Related(kind as u8), token });
        for known in self.records.iter_mut().filter(|known| known.number == number) {
            known.tokens.clone_from(&tokens);
        }
        self.note(Event::RecordEdited { office: facts.owner.office, record: facts.record.0, tokens });
        Ok(true)
    }

    pub(crate) fn mark_record(&mut self, number: u32, marks: u32) -> Did {
        let Some(facts) = self.record(number).filter(|facts| !facts.deleted).cloned() else { return Ok(false) };
        let marks = Marks { private: marks & 1 == 1, assigned: marks & 2 == 0 };
        let edit = Edit { private: Some(marks.private), unassigned: Some(!marks.assigned), ..Edit::default() };
        let by = actor(facts.owner)?;
        let up = self.offices[facts.owner.office].up;
        if !up || facts.marks == marks || self.verb(facts.owner.office, |tx| records::edit(tx, &by, facts.record, &edit))?.is_none() {
            return Ok(false);
        }
        for known in self.records.iter_mut().filter(|known| known.number == number) {
            known.marks = marks;
        }
        self.note(Event::RecordMarked { office: facts.owner.office, record: facts.record.0, marks });
        Ok(true)
    }

    /// The words in a record as its office has it now, which may live from an older copy.
    fn tokens_of(&self, facts: &RecordFacts) -> Vec<Placed> {
        let local = self.checker.oracle.local(facts.owner.office);
        local.and_then(|local| local.records.get(&facts.record.0)).map_or_else(|| facts.tokens.clone(), |own| own.tokens.clone())
    }

    pub(crate) fn end_record(&mut self, step: Step, number: u32) -> Did {
        let Some(facts) = self.record(number).filter(|facts| !facts.deleted).cloned() else { return Ok(false) };
        let office = facts.owner.office;
        if !self.offices[office].up {
            return Ok(false);
        }
        let (by, chosen) = (actor(facts.owner)?, [facts.record]);
        let done = self.ending(office, |tx| match step {
            Step::DeleteRecord { .. } => {
                let plan = records::plan_delete(tx, &by, &chosen)?;
                records::delete(tx, &by, &chosen, &plan.id)
            }
            Step::Archive { .. } => {
                let plan = records::plan_archive(tx, &by, &chosen)?;
                records::archive(tx, &by, &chosen, &plan.id)
            }
            _ => records::unarchive(tx, &by, &chosen),
        })?;
        if done.is_none() {
            return Ok(false);
        }
        let record = facts.record.0;
        let event = match step {
            Step::DeleteRecord { .. } => Event::RecordDeleted { office, record },
            Step::Archive { .. } => Event::RecordArchived { office, record },
            _ => Event::RecordUnarchived { office, record },
        };
        for known in self.records.iter_mut().filter(|known| known.number == number) {
            known.deleted = matches!(step, Step::DeleteRecord { .. });
            known.archived = matches!(step, Step::Archive { .. });
        }
        self.note(event);
        Ok(true)
    }
}
