//! What happened to one thing, for whom the API tells it: whoever has Full Control of a client, the user of a link, administrators.

use serde::Deserialize;

use super::event_words::{more, phrase, who};
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
    /// Whether the page tells of copies at other offices too.
    pub(super) beside_copies: bool,
}

/// One of them.
pub(super) struct Event {
    pub(super) line: Line,
    /// Who did it.
    pub(super) who: String,
    pub(super) at: When,
}

#[derive(Deserialize)]
pub(super) struct Line {
    at_ms: i64,
    actor: String,
    pub(super) verb: String,
    pub(super) outcome: String,
    detail: String,
}

#[derive(Deserialize)]
struct Lines {
    items: Vec<Line>,
    next: Option<String>,
}

impl Event {
    /// What happened, in words; `None` where there are none but the verb.
    pub(super) fn phrase(&self) -> Option<&'static str> {
        phrase(&self.line.verb)
    }

    /// More about it, behind what happened.
    pub(super) fn more(&self) -> String {
        more(&self.line.verb, &self.line.detail)
    }

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
    let offices = OfficeNames::among(visit, lines.items.iter().map(|line| line.actor.as_str())).await;
    let event = |line: Line| Event { at: visit.clock.when(line.at_ms), who: who(&line.actor, |id| offices.name(id)), line };
    let items = lines.items.into_iter().map(event).collect();
    Ok(Some(Events { items, next: lines.next, older: !older.is_empty(), place, beside_copies: false }))
}

/// The other offices by name, as far as they are known.
#[derive(Default, Deserialize)]
pub(super) struct OfficeNames {
    items: Vec<Office>,
}

#[derive(Deserialize)]
struct Office {
    office: String,
    name: String,
}

impl OfficeNames {
    /// Those of this office, where one of `actors` is another; a page is read without their names too.
    pub(super) async fn among(visit: &Visit, mut actors: impl Iterator<Item = &str>) -> Self {
        if !actors.any(|actor| actor.starts_with("office:")) {
            return Self::default();
        }
        visit.api.get("/peers").await.unwrap_or_default()
    }

    /// The name of the office with this id.
    pub(super) fn name(&self, id: &str) -> Option<String> {
        self.items.iter().find(|office| office.office == id).map(|office| office.name.clone())
    }
}
