//! Makes a list of steps that breaks something as short as it gets: whatever can be left out is left out, the largest parts first.

use crate::check::Violation;
use crate::run::{Source, run};
use crate::step::Timed;
use crate::swarm::Swarm;

/// Runs that are spent on one list.
const RUNS_MAX: usize = 1_500;

/// The shortest list found that still breaks the same invariant in the same way.
pub(crate) fn shrink(swarm: &Swarm, steps: &[Timed], violation: &Violation) -> Vec<Timed> {
    shortest(steps, |list| {
        let found = run(swarm, &Source::Given(list), false).violation;
        found.is_some_and(|found| (found.invariant, found.anomaly) == (violation.invariant, violation.anomaly))
    })
}

/// The shortest list found of which `breaks` still holds.
fn shortest(steps: &[Timed], mut breaks: impl FnMut(&[Timed]) -> bool) -> Vec<Timed> {
    let mut best = steps.to_vec();
    if !breaks(&best) {
        return best;
    }
    let (mut size, mut runs) = (best.len().div_ceil(2), 0);
    loop {
        let (mut from, mut shorter) = (0, false);
        while from < best.len() && runs < RUNS_MAX {
            runs += 1;
            let list = without(&best, from, (from + size).min(best.len()));
            if breaks(&list) {
                (best, shorter) = (list, true);
            } else {
                from += size;
            }
        }
        // Single steps are tried until none can be left out; larger parts once each.
        if runs >= RUNS_MAX || best.is_empty() || (size == 1 && !shorter) {
            return best;
        }
        size = size.div_ceil(2).max(1);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_be_left_out_is_and_its_time_passes_all_the_same() {
        let steps: Vec<Timed> = (0..100).map(|id| Timed { id, gap_ms: 2, step: crate::step::Step::Heal {} }).collect();
        let has = |list: &[Timed], id: u32| list.iter().any(|step| step.id == id);
        let short = shortest(&steps, |list| has(list, 13) && has(list, 71));
        assert_eq!(short.iter().map(|step| (step.id, step.gap_ms)).collect::<Vec<_>>(), [(13, 28), (71, 116)]);
        assert_eq!(shortest(&steps, |_| false).len(), 100, "a list that breaks nothing stays as it is");
    }
}
