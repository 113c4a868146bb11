//! Mistakes planted on purpose, one after the other: the checks of this simulator are worth what they notice.

use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use interoffice_protocol::seeded::{Bug, plant};

use crate::model;
use crate::run::{Source, run};
use crate::say;
use crate::stopwatch::Stopwatch;
use crate::swarm::Swarm;

/// Actions of the model in which each mistake in the rules of links must be noticed.
const MODEL_ACTIONS: u8 = 4;

/// Mistakes that no world can show, and what shows them instead.
const ELSEWHERE: &[(Bug, &str)] = &[
    // An office that says so harms its own link alone, and what came first decides: only all orders side by side show it.
    (Bug::OrphansApplied, "the model alone"),
    // No verb freezes a link yet.
    (Bug::ThawByAnybody, "the model alone"),
];

/// Mistakes that only a liar shows: they are looked for in worlds that have one, who lies this often (in steps of a thousand).
const AMONG_LIARS: [Bug; 8] = [
    Bug::PreviousNotChecked,
    Bug::VerifyReencoded,
    Bug::RecipientNotChecked,
    Bug::AcceptWithoutRequest,
    Bug::TwinHeard,
    Bug::EpochBackHeard,
    Bug::WrongSideHeard,
    Bug::OtherTermsAccepted,
];
const LIES_PERMILLE: u32 = 60;

/// The world in which a mistake is looked for.
fn swarm(bug: Bug, seed: u64) -> Swarm {
    let mut swarm = Swarm::of(seed);
    if AMONG_LIARS.contains(&bug) {
        swarm.hostile.get_or_insert(0);
        swarm.rates.lies = LIES_PERMILLE;
    }
    swarm
}

/// How to look for mistakes.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Seeds in which each must be noticed.
    pub(crate) seeds: u64,
    /// Steps of each seed.
    pub(crate) steps: u64,
    /// Threads.
    pub(crate) threads: usize,
    /// Only these; all when empty.
    pub(crate) only: Vec<Bug>,
}

/// What became of one mistake.
struct Caught {
    bug: Bug,
    /// How many seeds it took, with what was found in the last of them.
    world: Option<(u64, String, String)>,
    /// What the model found, for mistakes in the rules of links.
    model: Option<String>,
    seconds: f64,
}

impl Caught {
    fn is_enough(&self) -> bool {
        let in_model = model::MISTAKES.contains(&self.bug);
        let elsewhere = ELSEWHERE.iter().any(|(bug, _)| *bug == self.bug);
        (self.world.is_some() || elsewhere) && (self.model.is_some() || !in_model)
    }

    fn tell(&self) {
        let (seeds, invariant, what) = match &self.world {
            Some((seeds, invariant, what)) => (seeds.to_string(), invariant.as_str(), what.as_str()),
            None => match ELSEWHERE.iter().find(|(bug, _)| *bug == self.bug) {
                Some((_, where_else)) => ("-".to_owned(), *where_else, ""),
                None => ("NEVER".to_owned(), "-", ""),
            },
        };
        let model = self.model.as_deref().unwrap_or("-");
        let (number, name, ms) = (self.bug.number(), self.bug.as_str(), self.seconds * 1_000.0);
        let what: String = what.lines().next().unwrap_or_default().chars().take(140).collect();
        say!("{number:>3}  {name:<26} {seeds:>6}  {invariant:<28} {model:<8} {ms:>9.0}  {what}");
    }
}

/// `simulate bugs`: says of each mistake after how many seeds it was noticed, and by what. Gives whether all were.
pub(crate) fn bugs(search: &Search) -> bool {
    let mut chosen: Vec<Bug> = Bug::ALL.to_vec();
    if !search.only.is_empty() {
        chosen.retain(|bug| search.only.contains(bug));
    }
    say!("  #  mistake                     seeds  noticed as                   model           ms  what was found");
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..search.threads.max(1) {
            scope.spawn(|| {
                while let Some(bug) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let caught = look_for(*bug, search);
                    caught.tell();
                    all.lock().unwrap_or_else(PoisonError::into_inner).push(caught);
                }
            });
        }
    });
    tell_sum(&all.into_inner().unwrap_or_else(PoisonError::into_inner), search)
}

fn tell_sum(all: &[Caught], search: &Search) -> bool {
    let mut counts: Vec<u64> = all.iter().filter_map(|caught| caught.world.as_ref().map(|(seeds, ..)| *seeds)).collect();
    counts.sort_unstable();
    let (median, most) = (counts.get(counts.len() / 2).copied().unwrap_or(0), counts.last().copied().unwrap_or(0));
    let missed: Vec<&str> = all.iter().filter(|caught| !caught.is_enough()).map(|caught| caught.bug.as_str()).collect();
    let seconds: f64 = all.iter().map(|caught| caught.seconds).sum();
    let verdict = if missed.is_empty() { "passed" } else { "FAILED" };
    say!(
        "{verdict}: {} of {} mistakes noticed within {} seeds each, median {median}, most {most}, {seconds:.0} s of computing",
        all.len() - missed.len(),
        all.len(),
        search.seeds
    );
    if !missed.is_empty() {
        say!("unnoticed: {}", missed.join(", "));
    }
    missed.is_empty()
}

fn look_for(bug: Bug, search: &Search) -> Caught {
    let watch = Stopwatch::start();
    plant(Some(bug));
    let in_world = !ELSEWHERE.iter().any(|(known, _)| *known == bug);
    let world = if in_world { (0..search.seeds).find_map(|seed| in_seed(bug, seed, search.steps)) } else { None };
    let in_model =
        model::MISTAKES.contains(&bug).then(|| model::explore(model::Bounds { actions: MODEL_ACTIONS, duplicates: 1, crashes: 1 }));
    plant(None);
    let model = in_model.and_then(Result::err).map(|broken| broken.invariant.to_owned());
    Caught { bug, world, model, seconds: watch.seconds() }
}

/// Whether a seed shows the mistake that is planted now: the same seed must find nothing wrong without it.
fn in_seed(bug: Bug, seed: u64, steps: u64) -> Option<(u64, String, String)> {
    let violation = run(&swarm(bug, seed), &Source::Drawn(steps), false).violation?;
    plant(None);
    let without = run(&swarm(bug, seed), &Source::Drawn(steps), false).violation;
    plant(Some(bug));
    if let Some(other) = without {
        say!("     seed {seed} is red without any mistake and shows nothing: {} {}", other.invariant, other.what);
        return None;
    }
    Some((seed + 1, format!("{} {}", violation.invariant, violation.anomaly), violation.what))
}
