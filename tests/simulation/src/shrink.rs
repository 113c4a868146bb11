//! Makes a list of steps that breaks something as short as it gets: whatever can be left out is left out, the largest parts first.

use crate::check::Violation;
use crate::run::{Source, run};
use crate::step::Timed;
use crate::swarm::Swarm;

/// Runs that are spent on one list.
const RUNS_MAX: usize = 1_500;

/// The shortest list found that still breaks the same invariant in the same way.
pub(crate) fn shrink(swarm: &Swarm, steps: &[Timed], violation: &Violation) -> Vec<Timed> {
    let mut runs = 0;
    let mut breaks = |list: &[Timed]| {
        runs += 1;
        let found = run(swarm, &Source::Given(list), false).violation;
        found.is_some_and(|found| (found.invariant, found.anomaly) == (violation.invariant, violation.anomaly))
    };
    let mut best = steps.to_vec();
    if !breaks(&best) {
        return best;
    }
    let mut parts = 2;
    let mut tries = 0;
    while parts <= best.len().max(1) && tries < RUNS_MAX {
        let size = best.len().div_ceil(parts);
        let mut from = 0;
        let mut shorter = false;
        while from < best.len() && tries < RUNS_MAX {
            let to = (from + size).min(best.len());
            let list = without(&best, from, to);
            tries += 1;
            if breaks(&list) {
                best = list;
                shorter = true;
            } else {
                from = to;
            }
        }
        if size <= 1 && !shorter {
            break;
        }
        parts = if shorter { parts.min(best.len()).max(2) } else { parts * 2 };
        if size <= 1 && shorter {
            parts = best.len().max(1);
        }
    }
    best
}

/// The list without a part; the time of the part still passes.
fn without(steps: &[Timed], from: usize, to: usize) -> Vec<Timed> {
    let mut list = steps[..from].to_vec();
    let passed: u32 = steps[from..to].iter().fold(0, |sum, step| sum.saturating_add(step.gap_ms));
    list.extend_from_slice(&steps[to..]);
    if let Some(next) = list.get_mut(from) {
        next.gap_ms = next.gap_ms.saturating_add(passed);
    }
    list
}
