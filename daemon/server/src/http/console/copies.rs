//! *Where are my copies?*: every office and person that holds a copy of a record, or has signed a receipt for it.

use serde::Deserialize;

use super::inside::segment;
use super::shown::{When, tone};
use super::trouble::Trouble;
use super::visit::Visit;

/// A copy at another office.
pub(super) struct CopyThere {
    pub(super) said: Said,
    pub(super) heard: Option<When>,
    pub(super) locks: Option<When>,
    pub(super) ends: Option<When>,
    pub(super) removed: Option<When>,
}

/// A copy as the API gives it.
#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) link: String,
    pub(super) user: String,
    pub(super) office_name: String,
    pub(super) state: String,
    pub(super) version: Option<String>,
    pub(super) receipt: Option<String>,
    removed_ms: Option<i64>,
    last_heard_ms: Option<i64>,
    lease_until_ms: Option<i64>,
    not_after_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Copies {
    items: Vec<Said>,
}

impl CopyThere {
    /// The state as people read it.
    pub(super) fn state(&self) -> &'static str {
        match self.said.state.as_str() {
            "delivered" => "Delivered",
            "on the way" => "On the way",
            "being removed" => "Being removed",
            _ => "Removed, with a receipt",
        }
    }

    /// Whether it can be taken back.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.said.state.as_str(), "delivered" | "on the way")
    }

    /// Class of the style for its state.
    pub(super) fn tone(&self) -> &'static str {
        match self.said.state.as_str() {
            "delivered" => tone("Active"),
            "removed" => tone("Ended"),
            _ => tone("Waiting"),
        }
    }
}

/// Who has a copy at which other office; `None` for whoever is not told.
pub(super) async fn holders(visit: &Visit, id: &str) -> Result<Option<Vec<String>>, Trouble> {
    let Some(copies) = copies(visit, id).await? else { return Ok(None) };
    let there = copies.into_iter().map(|copy| copy.said).filter(|said| said.state != "removed");
    Ok(Some(there.map(|said| format!("{} at {}", said.user, said.office_name)).collect()))
}

/// The copies of a record; `None` for whoever is not told.
pub(super) async fn copies(visit: &Visit, id: &str) -> Result<Option<Vec<CopyThere>>, Trouble> {
    let copies: Copies = match visit.api.get(&format!("/records/{}/copies", segment(id))).await {
        Ok(copies) => copies,
        Err(problem) if matches!(problem.status, 403 | 404) => return Ok(None),
        Err(problem) => return Err(problem.into()),
    };
    let shown = |said: Said| CopyThere {
        heard: visit.clock.maybe(said.last_heard_ms),
        locks: visit.clock.maybe(said.lease_until_ms),
        ends: visit.clock.maybe(said.not_after_ms),
        removed: visit.clock.maybe(said.removed_ms),
        said,
    };
    Ok(Some(copies.items.into_iter().map(shown).collect()))
}
