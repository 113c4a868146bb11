//! What happened to one thing, for whom the API tells it: whoever has Full Control of a client, the user of a link, administrators.

use serde::Deserialize;

use super::inside::segment;
use super::shown::When;
use super::trouble::Trouble;
use super::visit::Visit;

/// Events of one page.
const LINES: usize = 10;

/// Which events of the thing the address names: those behind a place.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Older {
    events: String,
}

/// What happened to the thing on the page.
pub(super) struct Events {
    pub(super) items: Vec<Event>,
    /// Where the older ones are.
    pub(super) next: Option<String>,
    /// Whether these are not the newest.
    pub(super) older: bool,
    /// The page that they stand on.
    pub(super) place: String,
}

/// One of them.
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
    next: Option<String>,
}

impl Event {
    /// Whether it was refused, and not done.
    pub(super) fn is_refused(&self) -> bool {
        self.line.outcome != "done"
    }
}

/// What happened to the thing at `path` of the API, whose page is `place`; `None` for whom it is not told.
pub(super) async fn events(visit: &Visit, path: &str, place: String, older: &Older) -> Result<Option<Events>, Trouble> {
    let older = &older.events;
    let after = if older.is_empty() { String::new() } else { format!("&after={}", segment(older)) };
    let lines: Lines = match visit.api.get(&format!("{path}/events?limit={LINES}{after}")).await {
        Ok(lines) => lines,
        Err(problem) if matches!(problem.status, 403 | 404) => return Ok(None),
        Err(problem) => return Err(problem.into()),
    };
    let items = lines.items.into_iter().map(|line| Event { at: visit.clock.when(line.at_ms), line }).collect();
    Ok(Some(Events { items, next: lines.next, older: !older.is_empty(), place }))
}
