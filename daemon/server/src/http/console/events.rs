//! What happened to one thing, from the audit: for administrators, whom the API lets look.

use serde::Deserialize;

use super::inside::segment;
use super::shown::When;
use super::trouble::Trouble;
use super::visit::Visit;

/// Lines of one page.
const LINES: usize = 10;

/// A line of the audit about the thing on the page.
pub(super) struct Event {
    pub(super) line: Line,
    pub(super) at: When,
}

#[derive(Deserialize)]
pub(super) struct Line {
    at_ms: i64,
    pub(super) actor: String,
    pub(super) verb: String,
    pub(super) outcome: String,
    pub(super) detail: String,
}

#[derive(Deserialize)]
struct Lines {
    items: Vec<Line>,
}

impl Event {
    /// Whether it was refused, and not done.
    pub(super) fn is_refused(&self) -> bool {
        self.line.outcome != "done"
    }
}

/// The last lines about `id`, which is a `record` or a `link`; none for whoever is no administrator.
pub(super) async fn events(visit: &Visit, kind: &str, id: &str) -> Result<Vec<Event>, Trouble> {
    if !visit.me.user.administers {
        return Ok(Vec::new());
    }
    let lines: Lines = visit.api.get(&format!("/audit?{kind}={}&from_ms=0&limit={LINES}", segment(id))).await?;
    Ok(lines.items.into_iter().map(|line| Event { at: visit.clock.when(line.at_ms), line }).collect())
}
