//! The addresses that this office gives to others, tried from the inside, and what came of each as a page says it.

use serde::Deserialize;
use serde_json::json;

use super::form::Wrong;
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

/// An address and what came of it, as the API gives it.
#[derive(Deserialize)]
pub(super) struct Tried {
    pub(super) address: String,
    outcome: String,
    at: Option<String>,
    range: Option<String>,
    detail: String,
    remedy: String,
}

impl Tried {
    /// What came of it, in a few words.
    pub(super) fn words(&self) -> &'static str {
        match (self.outcome.as_str(), self.range.as_deref()) {
            ("reached", Some("machine")) => "Works on this machine only",
            ("reached", Some("network")) => "Works in this network only",
            ("reached", _) => "This office answered",
            ("another", _) => "Somebody else answered",
            ("unknown-name", _) => "Name not found",
            ("no-answer", _) => "Nobody answered",
            _ => "No address to call",
        }
    }

    /// Whether this office answered, at an address that offices elsewhere may reach.
    pub(super) fn is_fine(&self) -> bool {
        self.outcome == "reached" && !matches!(self.range.as_deref(), Some("machine" | "network"))
    }

    /// The icon and the tone beside them.
    pub(super) fn sign(&self) -> (&'static str, &'static str) {
        match self.outcome.as_str() {
            _ if self.is_fine() => ("check", "good"),
            // It may well be fine from outside, or is from inside alone.
            "reached" | "no-answer" => ("info", "wait"),
            _ => ("warning", "bad"),
        }
    }

    /// What happened, where the words above do not say all of it, and what to do.
    pub(super) fn sentences(&self) -> String {
        if self.outcome == "reached" && self.at.as_ref() == Some(&self.address) {
            return sentence(&self.remedy);
        }
        format!("{} {}", sentence(&self.detail), sentence(&self.remedy))
    }
}

#[derive(Deserialize)]
struct All {
    items: Vec<Tried>,
}

/// Tries all of them, or says why they can't be tried now.
pub(super) async fn try_all(visit: &Visit) -> Result<Result<Vec<Tried>, Wrong>, Trouble> {
    match visit.api.post::<All>("/office/addresses/test", &json!({})).await {
        Ok(all) => Ok(Ok(all.items)),
        Err(problem) if problem.status == 409 => Ok(Err(Wrong::of(problem, &[]))),
        Err(problem) => Err(problem.into()),
    }
}
