//! Answers of the oracle, and what it finds wrong.

use std::fmt;

/// Whether somebody gets something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Answer {
    /// To show it would be a breach.
    MustNot,
    /// Both is right: clocks or damage make it depend on more than what was promised.
    May,
    /// Not to show it would be a loss.
    Must,
}

/// An answer with its reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// Why, for who reads a failure.
    pub why: &'static str,
}

impl Verdict {
    pub(crate) const fn must_not(why: &'static str) -> Self {
        Self { answer: Answer::MustNot, why }
    }

    pub(crate) const fn may(why: &'static str) -> Self {
        Self { answer: Answer::May, why }
    }

    pub(crate) const fn must(why: &'static str) -> Self {
        Self { answer: Answer::Must, why }
    }

    /// Whether `shown` fits the answer.
    pub fn fits(self, shown: bool) -> bool {
        match self.answer {
            Answer::MustNot => !shown,
            Answer::May => true,
            Answer::Must => shown,
        }
    }
}

/// Something that must never happen, and did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The invariant, such as `INV-10`.
    pub invariant: &'static str,
    /// The class of anomaly, such as `zombie-share`.
    pub anomaly: &'static str,
    /// What was seen, with ids.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}): {}", self.invariant, self.anomaly, self.what)
    }
}
