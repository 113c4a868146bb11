//! The exhaustive model of one link: every order in which two offices can act on it and hear of each other, over the real statements,
//! the real sets and the real conditions of the verbs. States are told apart by a hash of 128 bits.

mod book;
mod laws;
mod state;
mod words;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};

#[cfg(feature = "seeded-bugs")]
use interoffice_protocol::seeded::Bug;

use book::Book;
pub(crate) use book::Broken;
pub(crate) use state::Bounds;
use state::State;

use crate::stopwatch::Stopwatch;

/// What was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    /// Different states.
    pub(crate) states: u64,
    /// Steps between them.
    pub(crate) steps: u64,
    /// Ways through them from the first state to one in which nothing more can happen.
    pub(crate) interleavings: u128,
    /// Statements that were signed.
    pub(crate) statements: usize,
    /// Sets of statements whose every order was tried.
    pub(crate) sets: usize,
}

/// The mistakes in the rules of links and statements, which the model must notice.
#[cfg(feature = "seeded-bugs")]
pub(crate) const MISTAKES: [Bug; 13] = [
    Bug::PreviousNotChecked,
    Bug::VerifyReencoded,
    Bug::RecipientNotChecked,
    Bug::AcceptWithoutRequest,
    Bug::LateAccept,
    Bug::OrphansApplied,
    Bug::TwinHeard,
    Bug::EpochBackHeard,
    Bug::WrongSideHeard,
    Bug::OtherTermsAccepted,
    Bug::FirstEndWins,
    Bug::ThawByAnybody,
    Bug::AnswerAfterEnd,
];

struct Walk {
    book: Book,
    known: HashMap<u128, u128>,
    seen: Seen,
}

/// Goes everywhere within `bounds` and checks every law in every state.
///
/// # Errors
/// The first law that does not hold, with the steps that led there.
pub(crate) fn explore(bounds: Bounds) -> Result<Seen, Broken> {
    let mut walk = Walk { book: Book::new(), known: HashMap::new(), seen: Seen::default() };
    let interleavings = walk.from(&State::new(bounds))?;
    let (statements, sets) = walk.book.sizes();
    Ok(Seen { interleavings, statements, sets, ..walk.seen })
}

impl Walk {
    /// Everything that can follow on `state`; says in how many ways it can go on to an end.
    fn from(&mut self, state: &State) -> Result<u128, Broken> {
        let name = name(state);
        if let Some(ways) = self.known.get(&name) {
            return Ok(*ways);
        }
        self.seen.states += 1;
        laws::of_state(&mut self.book, state)?;
        let steps = state.steps(&mut self.book)?;
        self.seen.steps += steps.len() as u64;
        let mut ways: u128 = u128::from(steps.is_empty());
        for step in steps {
            let further = state.after(step, &mut self.book).and_then(|next| {
                laws::of_step(&mut self.book, state, &next)?;
                self.from(&next)
            });
            ways += further.map_err(|mut broken| {
                broken.steps.insert(0, format!("{step:?}"));
                broken
            })?;
        }
        self.known.insert(name, ways);
        Ok(ways)
    }
}

/// A name for a state: two states share one with a chance that a machine does not live to see.
fn name(state: &State) -> u128 {
    let half = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (salt, state).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

/// `simulate model`: explores with one duplicate and one crash, and says what was seen. Gives whether every law holds.
///
/// # Errors
/// Writing to `out` failed.
pub(crate) fn run(actions: u8, out: &mut dyn Write) -> io::Result<bool> {
    let watch = Stopwatch::start();
    let bounds = Bounds { actions, duplicates: 1, crashes: 1 };
    match explore(bounds) {
        Ok(seen) => {
            let Seen { states, steps, interleavings, statements, sets } = seen;
            writeln!(out, "model: {actions} actions, 1 duplicate, 1 crash: {states} states, {steps} steps, {interleavings} interleavings")?;
            let seconds = watch.seconds();
            writeln!(out, "model: {statements} statements signed, {sets} sets in every order, 0 violations, {seconds:.1} s")?;
            Ok(true)
        }
        Err(broken) => {
            writeln!(out, "model: {} does not hold: {}", broken.invariant, broken.what)?;
            for step in &broken.steps {
                writeln!(out, "model:   {step}")?;
            }
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_holds_in_every_state_that_three_actions_lead_to() {
        let seen = explore(Bounds { actions: 3, duplicates: 1, crashes: 1 }).expect("every law holds");
        assert!(seen.states > 10_000 && seen.interleavings > 1_000_000, "{seen:?}");
        let calm = explore(Bounds { actions: 3, duplicates: 0, crashes: 0 }).expect("every law holds");
        assert!(calm.states < seen.states && calm.sets == seen.sets, "what is said is the same with faults and without");
    }

    #[cfg(feature = "seeded-bugs")]
    #[test]
    fn the_model_notices_each_mistake_in_its_rules() {
        use interoffice_protocol::seeded::plant;
        for bug in MISTAKES {
            plant(Some(bug));
            let found = explore(Bounds { actions: 4, duplicates: 1, crashes: 1 });
            plant(None);
            assert!(found.is_err(), "{} goes unnoticed", bug.as_str());
        }
    }
}
