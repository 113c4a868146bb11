//! One run: the world of a seed, its steps, its rest, and what was found.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::{self, Violation};
use crate::generate::Generator;
use crate::marks;
use crate::step::Timed;
use crate::swarm::Swarm;
use crate::world::{Counts, World};

/// Steps that are drawn for each that has to do something, at most.
const DRAWN_FOR_ONE: usize = 12;

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a run found.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// Its seed.
    pub(crate) seed: u64,
    /// What was done.
    pub(crate) counts: Counts,
    /// How often each mark was met.
    pub(crate) marks: Vec<u64>,
    /// Hash over everything that happened.
    pub(crate) digest: [u8; 32],
    /// The steps that were tried, in order.
    pub(crate) steps: Vec<Timed>,
    /// What is wrong, if something is.
    pub(crate) violation: Option<Violation>,
    /// Everything that happened in words, when that was asked for.
    pub(crate) story: Vec<String>,
}

/// Where the steps of a run come from.
pub(crate) enum Source<'s> {
    /// Drawn, until so many did something.
    Drawn(u64),
    /// Given.
    Given(&'s [Timed]),
}

/// Keeps the words of panics for the run in which they happen, instead of writing them.
pub(crate) fn keep_panics() {
    std::panic::set_hook(Box::new(|info| {
        PANIC.with_borrow_mut(|kept| *kept = Some(info.to_string()));
    }));
}

/// Runs a world from its beginning to its rest.
pub(crate) fn run(swarm: &Swarm, source: &Source<'_>, telling: bool) -> Ran {
    let _ = marks::take();
    let mut ran = Ran {
        seed: swarm.seed,
        counts: Counts::default(),
        marks: Vec::new(),
        digest: [0; 32],
        steps: Vec::new(),
        violation: None,
        story: Vec::new(),
    };
    let caught = catch_unwind(AssertUnwindSafe(|| whole(swarm, source, telling, &mut ran)));
    if caught.is_err() {
        let what = PANIC.with_borrow_mut(Option::take).unwrap_or_default();
        ran.violation = Some(Violation { invariant: "INV-25", anomaly: "panic", what });
    }
    ran.marks = marks::take();
    ran
}

fn whole(swarm: &Swarm, source: &Source<'_>, telling: bool, ran: &mut Ran) {
    let mut world = match World::new(swarm.clone(), telling) {
        Ok(world) => world,
        Err(violation) => {
            ran.violation = Some(violation);
            return;
        }
    };
    // Panics in a step leave a world behind that is looked at no more, so the story so far is kept step by step.
    let end = steps(&mut world, source, ran).and_then(|()| world.rest()).and_then(|()| check::at_rest(&mut world));
    ran.counts = world.counts;
    ran.digest = world.trace.digest();
    ran.story = world.trace.story().to_vec();
    ran.violation = end.err();
}

fn steps(world: &mut World, source: &Source<'_>, ran: &mut Ran) -> Result<(), Violation> {
    match source {
        Source::Given(steps) => {
            for timed in *steps {
                ran.steps.push(*timed);
                world.step(timed)?;
            }
        }
        Source::Drawn(wanted) => {
            let mut generator = Generator::new(world.swarm.seed);
            for _ in 0..*wanted as usize * DRAWN_FOR_ONE {
                if world.counts.steps >= *wanted {
                    break;
                }
                let timed = generator.next(world);
                ran.steps.push(timed);
                world.step(&timed)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_run_and_another_is_another() {
        let digest = |seed: u64| {
            let ran = run(&Swarm::of(seed), &Source::Drawn(80), false);
            assert_eq!(ran.violation, None, "seed {seed}");
            ran.digest
        };
        assert_eq!(digest(3), digest(3));
        assert_ne!(digest(3), digest(4));
    }

    #[test]
    fn the_steps_of_a_run_played_again_are_the_same_run() {
        let swarm = Swarm::of(5);
        let drawn = run(&swarm, &Source::Drawn(80), false);
        let played = run(&swarm, &Source::Given(&drawn.steps), false);
        assert_eq!((drawn.digest, drawn.violation), (played.digest, played.violation));
    }

    #[test]
    fn offices_on_disks_that_forget_come_to_rest_as_well() {
        let swarm = Swarm { on_disk: true, ..Swarm::of(6) };
        assert_eq!(run(&swarm, &Source::Drawn(60), false).violation, None);
    }

    #[test]
    fn a_step_on_what_is_not_there_does_nothing() {
        let swarm = Swarm::of(7);
        let nothing =
            ["1 +5 Share link=9 a=1 b=2 c=3", "2 +5 Replay from=0 to=1 step=77 nth=0", "3 +5 OldFile link=4", "4 +5 Start office=0"];
        let steps: Vec<Timed> = nothing.map(|line| line.parse().unwrap()).to_vec();
        let ran = run(&swarm, &Source::Given(&steps), false);
        assert_eq!((ran.counts.steps, ran.violation), (0, None));
    }
}
