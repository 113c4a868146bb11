//! A state of two offices and the wire between them, and every step that can be taken from it.

use interoffice_protocol::link::{LinkState, Side, may_say};

use super::book::{Book, Broken};
use super::words::{Said, Word, Words};

/// How much may happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Bounds {
    /// Things that people, or clocks, do.
    pub(crate) actions: u8,
    /// Statements that arrive once more, at any time after they were said.
    pub(crate) duplicates: u8,
    /// Crashes, in which everything under way is lost.
    pub(crate) crashes: u8,
}

/// What travels from one office to the other; the number is a place among the words that its issuer said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Message {
    Statement(u8),
    Answer(u8),
}

/// What an office keeps on its disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
struct Office {
    said: Words,
    /// How many words of the other it has heard.
    heard: u8,
    /// How many words of its own the other has answered.
    answered: u8,
    /// Whether its user lost the right to share.
    right_off: bool,
}

/// A state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    owner: Office,
    reader: Office,
    to_owner: Vec<Message>,
    to_reader: Vec<Message>,
    left: Bounds,
}

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Somebody makes a side say a word.
    Say(Side, Word),
    /// The next message on its way to a side arrives.
    Deliver(Side),
    /// A statement that a side was sent once arrives there again, or before the others.
    Duplicate(Side, u8),
    /// An office dies and starts again: all that is under way in either direction is lost.
    Crash,
}

impl State {
    pub(super) fn new(bounds: Bounds) -> Self {
        let (owner, reader) = (Office::default(), Office::default());
        Self { owner, reader, to_owner: Vec::new(), to_reader: Vec::new(), left: bounds }
    }

    fn office(&self, side: Side) -> &Office {
        match side {
            Side::Owner => &self.owner,
            Side::Reader => &self.reader,
        }
    }

    fn office_mut(&mut self, side: Side) -> &mut Office {
        match side {
            Side::Owner => &mut self.owner,
            Side::Reader => &mut self.reader,
        }
    }

    fn wire(&mut self, to: Side) -> &mut Vec<Message> {
        match to {
            Side::Owner => &mut self.to_owner,
            Side::Reader => &mut self.to_reader,
        }
    }

    /// What an office knows to have been said.
    pub(super) fn known(&self, side: Side) -> Said {
        match side {
            Side::Owner => Said { owner: self.owner.said, reader: self.reader.said.first(usize::from(self.owner.heard)) },
            Side::Reader => Said { owner: self.owner.said.first(usize::from(self.reader.heard)), reader: self.reader.said },
        }
    }

    /// What was said on both sides.
    pub(super) fn all_said(&self) -> Said {
        Said { owner: self.owner.said, reader: self.reader.said }
    }

    /// Whether everything said was heard.
    pub(super) fn is_heard(&self) -> bool {
        usize::from(self.owner.heard) == self.reader.said.len() && usize::from(self.reader.heard) == self.owner.said.len()
    }

    /// Everything that can happen next.
    pub(super) fn steps(&self, book: &mut Book) -> Result<Vec<Step>, Broken> {
        let mut steps = Vec::new();
        for side in [Side::Owner, Side::Reader] {
            let state = book.state(self.known(side))?;
            let can = |word: &Word| self.can_say(side, state, *word);
            if self.left.actions > 0 {
                steps.extend(Word::ACTIONS.iter().filter(|word| can(word)).map(|word| Step::Say(side, *word)));
            }
            if can(&Word::Receipt) {
                steps.push(Step::Say(side, Word::Receipt));
            }
            let (wire, sent) = if side == Side::Owner { (&self.to_owner, self.reader.said) } else { (&self.to_reader, self.owner.said) };
            if !wire.is_empty() {
                steps.push(Step::Deliver(side));
            }
            if self.left.duplicates > 0 {
                steps.extend((0..sent.len()).map(|index| Step::Duplicate(side, index as u8)));
            }
        }
        if self.left.actions > 0 && self.can_say(Side::Owner, LinkState::Unknown, Word::Request) {
            steps.push(Step::Say(Side::Owner, Word::Request));
        }
        if self.left.crashes > 0 && !(self.to_owner.is_empty() && self.to_reader.is_empty()) {
            steps.push(Step::Crash);
        }
        Ok(steps)
    }

    /// Whether an office where the link stands at `state` would say a word: the verbs' own conditions.
    fn can_say(&self, side: Side, state: LinkState, word: Word) -> bool {
        let office = self.office(side);
        let may = may_say(side, state, word.kind());
        let known = self.known(side).owner.has(Word::Request);
        match word {
            Word::Request => side == Side::Owner && office.said.len() == 0 && !office.right_off,
            // Losing the right says nothing where there is no link to end.
            Word::RightOff => !office.right_off,
            Word::Accept => may && known && !office.right_off,
            Word::Thaw => may && known && office.said.frozen_at().is_some(),
            Word::Freeze => may && known && office.said.frozen_at().is_none(),
            Word::Receipt => {
                may && matches!(state, LinkState::Ended(_)) && office.said.has(Word::Accept) && !office.said.has(Word::Receipt)
            }
            Word::Decline | Word::Withdraw | Word::Delete | Word::Expire => may && known,
        }
    }

    /// The state after a step.
    pub(super) fn after(&self, step: Step, book: &mut Book) -> Result<Self, Broken> {
        let mut next = self.clone();
        match step {
            Step::Say(side, word) => next.say(side, word, book)?,
            Step::Deliver(side) => match next.wire(side).remove(0) {
                Message::Statement(place) => next.hear(side, usize::from(place), book)?,
                Message::Answer(place) => {
                    let office = next.office_mut(side);
                    office.answered = office.answered.max(place + 1);
                }
            },
            Step::Duplicate(side, place) => {
                next.left.duplicates -= 1;
                next.hear(side, usize::from(place), book)?;
            }
            Step::Crash => next.crash(),
        }
        Ok(next)
    }

    fn say(&mut self, side: Side, word: Word, book: &mut Book) -> Result<(), Broken> {
        self.left.actions -= u8::from(word != Word::Receipt);
        if word == Word::RightOff {
            self.office_mut(side).right_off = true;
            let known = self.known(side);
            if !known.owner.has(Word::Request) || !may_say(side, book.state(known)?, word.kind()) {
                return Ok(());
            }
        }
        let office = self.office_mut(side);
        let place = office.said.len() as u8;
        office.said = office.said.with(word);
        self.wire(side.other()).push(Message::Statement(place));
        Ok(())
    }

    /// A statement of the other side arrives at `side`.
    fn hear(&mut self, side: Side, place: usize, book: &mut Book) -> Result<(), Broken> {
        let heard = usize::from(self.office(side).heard);
        let sent = self.office(side.other()).said;
        if place >= heard && book.is_taken(side.other(), sent.first(place + 1), heard)? {
            self.office_mut(side).heard += 1;
        }
        if place < usize::from(self.office(side).heard) {
            self.wire(side.other()).push(Message::Answer(place as u8));
        }
        Ok(())
    }

    /// What was under way is lost, and what was not answered is said again in order.
    fn crash(&mut self) {
        self.left.crashes -= 1;
        for side in [Side::Owner, Side::Reader] {
            let office = *self.office(side);
            let again = (usize::from(office.answered)..office.said.len()).map(|place| Message::Statement(place as u8));
            *self.wire(side.other()) = again.collect();
        }
    }
}
