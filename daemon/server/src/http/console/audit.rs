//! The audit: who did what to whom, what was refused, and the same as a file.

use askama::Template;
use axum::Extension;
use axum::Router;
use axum::extract::Query;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use super::Console;
use super::events::OfficeNames;
use super::form::{Fields, Wrong};
use super::inside::{NOTHING, read, segment};
use super::prove::Proved;
use super::shell::{Shell, fetch, ok, unfit};
use super::shown::{When, capital};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::BASE;

const HERE: &str = "audit";
/// Lines of one page: as many as fit into 40 kB with the longest ids.
const ROWS: usize = 30;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/audit", get(list)).route("/audit/export", post(export))
}

/// Types of deeds: how the audit begins their names, and what people call them.
const TYPES: [(&str, &str); 15] = [
    ("session", "Signing in and out"),
    ("user", "Users"),
    ("specialist", "Record Sharing"),
    ("role", "Roles"),
    ("second-factor", "Second factors"),
    ("token", "Tokens"),
    ("peer", "Offices"),
    ("link", "Links"),
    ("record", "Records"),
    ("request", "Requests for access"),
    ("group", "Groups"),
    ("client-access", "Client access"),
    ("mail", "Mail"),
    ("office", "Settings"),
    ("api", "Refused looks"),
];

/// What is looked for, as the address of the page says it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Sought {
    verb: String,
    user: String,
    about: String,
    record: String,
    from: String,
    to: String,
    outcome: String,
    after: String,
}

impl Sought {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            verb: text("verb"),
            user: text("user"),
            about: text("about"),
            record: text("record"),
            from: text("from"),
            to: text("to"),
            outcome: text("outcome"),
            after: String::new(),
        }
    }

    /// Everything that narrows the list: field, its name for people, its value.
    fn set(&self) -> Vec<(&'static str, &'static str, &str)> {
        let all = [
            ("verb", "Type", self.verb.as_str()),
            ("user", "By", &self.user),
            ("about", "About", &self.about),
            ("record", "Record", &self.record),
            ("from", "From", &self.from),
            ("to", "To", &self.to),
            ("outcome", "Outcome", &self.outcome),
        ];
        all.into_iter().filter(|(_, _, value)| !value.trim().is_empty()).collect()
    }

    /// The page with these filters but one, from this place on.
    fn place(&self, but: &str, after: &str) -> String {
        let mut pairs: Vec<String> = self
            .set()
            .iter()
            .filter(|(field, _, _)| *field != but)
            .map(|(field, _, value)| format!("{field}={}", segment(value)))
            .collect();
        if !after.is_empty() {
            pairs.push(format!("after={}", segment(after)));
        }
        if pairs.is_empty() { "/audit".to_owned() } else { format!("/audit?{}", pairs.join("&")) }
    }

    /// The same as the API is asked for it.
    fn query(&self, visit: &Visit) -> Result<String, Wrong> {
        let mut pairs = Vec::new();
        for (field, _, value) in self.set() {
            let value = value.trim();
            let span = || visit.clock.span_of(value);
            match field {
                "from" => {
                    let (begins, _) = span().ok_or_else(|| Wrong::missing("from", "Enter a day such as 2026-11-29"))?;
                    pairs.push(format!("from_ms={begins}"));
                }
                "to" => {
                    let (_, ends) = span().ok_or_else(|| Wrong::missing("to", "Enter a day such as 2026-11-29"))?;
                    pairs.push(format!("to_ms={}", ends - 1));
                }
                _ => pairs.push(format!("{field}={}", segment(value))),
            }
        }
        Ok(pairs.join("&"))
    }
}

/// A filter that is set, and the page without it.
struct Chip {
    words: String,
    without: String,
}

/// Longest name that stands whole in a column (characters).
const COLUMN_CHARS: usize = 20;

/// An id by its beginning; what is short enough stays as it is.
fn short(text: &str) -> String {
    if text.chars().count() <= COLUMN_CHARS { text.to_owned() } else { format!("{}…", text.chars().take(10).collect::<String>()) }
}

/// A line as the API gives it.
#[derive(Deserialize)]
struct Line {
    id: u64,
    at_ms: i64,
    actor: String,
    verb: String,
    object: String,
    outcome: String,
    detail: String,
    /// The name of the office that did it, where it is known here.
    #[serde(skip)]
    office: Option<String>,
}

impl Line {
    /// The deed in words.
    fn deed(&self) -> String {
        capital(&self.verb.replacen('.', ": ", 1).replace(['.', '-'], " "))
    }

    /// Who did it: a user, an office by its name or the beginning of its id, or a word for whoever is neither.
    fn by(&self) -> String {
        if let Some(office) = &self.office {
            return office.clone();
        }
        match self.actor.split_once(':') {
            Some(("user", name)) => name.to_owned(),
            Some((kind, id)) => format!("{kind} {}", short(id)),
            None => self.actor.clone(),
        }
    }

    /// What it was done on, short enough for a column.
    fn on(&self) -> String {
        short(&self.object)
    }

    fn is_done(&self) -> bool {
        self.outcome == "done"
    }

    /// The page of what it is about, where there is one.
    fn place(&self) -> Option<String> {
        let (kind, _) = self.verb.split_once('.')?;
        let whole = self.object.len() > 20 && self.object.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match kind {
            "user" | "specialist" | "session" if !self.object.is_empty() => Some(format!("/people/{}", segment(&self.object))),
            "record" if whole => Some(format!("/clients/{}", segment(&self.object))),
            "link" if whole => Some(format!("/links/{}", segment(&self.object))),
            "peer" if whole => Some(format!("/offices/{}", segment(&self.object))),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Lines {
    items: Vec<Line>,
    next: Option<String>,
    from_ms: i64,
    to_ms: i64,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    shell: Shell,
    sought: Sought,
    types: Vec<(String, String)>,
    chips: Vec<Chip>,
    lines: Vec<(Line, When)>,
    next: Option<String>,
    /// First and last day that are shown.
    period: (String, String),
    wrong: Option<Wrong>,
}

const AUDIT_FIELDS: [(&str, &str); 6] = [
    ("bad-user-name", "user"),
    ("bad-record-id", "record"),
    ("unknown-record", "record"),
    ("ambiguous-record", "record"),
    ("bad-period", "from"),
    ("bad-audit-query", "verb"),
];

fn page(visit: &Visit, sought: Sought, found: Option<Lines>, wrong: Option<Wrong>) -> Page {
    let mut types: Vec<(String, String)> = TYPES.iter().map(|(verb, words)| ((*verb).to_owned(), (*words).to_owned())).collect();
    if !sought.verb.is_empty() && types.iter().all(|(verb, _)| *verb != sought.verb) {
        types.push((sought.verb.clone(), sought.verb.clone()));
    }
    let words = |field: &str, value: &str| match field {
        "verb" => types.iter().find(|(verb, _)| verb == value).map_or_else(|| value.to_owned(), |(_, words)| words.clone()),
        _ => value.to_owned(),
    };
    let chip = |(field, name, value): &(&str, &str, &str)| Chip {
        words: format!("{name}: {}", words(field, value)),
        without: sought.place(field, ""),
    };
    let chips = sought.set().iter().map(chip).collect();
    let clock = &visit.clock;
    let (period, next, items) = match found {
        Some(found) => ((clock.day(found.from_ms), clock.day(found.to_ms)), found.next, found.items),
        None => (Default::default(), None, Vec::new()),
    };
    let next = next.map(|next| sought.place("", &next));
    let lines = items.into_iter().map(|line| (clock.exactly(line.at_ms), line)).map(|(when, line)| (line, when)).collect();
    Page { shell: visit.shell("Audit", HERE), chips, next, types, lines, period, sought, wrong }
}

async fn list(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    let query = match sought.query(&visit) {
        Ok(query) => query,
        Err(wrong) => return Ok(unfit(&page(&visit, sought, None, Some(wrong)))),
    };
    let after = if sought.after.is_empty() { String::new() } else { format!("&after={}", segment(&sought.after)) };
    match visit.api.get::<Lines>(&format!("/audit?limit={ROWS}&{query}{after}")).await {
        Ok(mut found) => {
            let offices = OfficeNames::among(&visit, found.items.iter().map(|line| line.actor.as_str())).await;
            for line in &mut found.items {
                line.office = line.actor.strip_prefix("office:").and_then(|id| offices.name(id));
            }
            Ok(ok(&page(&visit, sought, Some(found), None)))
        }
        Err(problem) if matches!(problem.status, 404 | 409 | 422) => {
            let wrong = Some(Wrong::of(problem, &AUDIT_FIELDS));
            Ok(unfit(&page(&visit, sought, None, wrong)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The file of the API, passed through as it comes; a form, so that the password can be asked for first. Whoever was asked goes back to the
/// page, and the file comes from there.
async fn export(visit: Visit, proved: Option<Extension<Proved>>, fields: Fields) -> Result<Response, Trouble> {
    let sought = Sought::of(&fields);
    let query = match sought.query(&visit) {
        Ok(query) => query,
        Err(wrong) => return Ok(unfit(&page(&visit, sought, None, Some(wrong)))),
    };
    let format = if fields.text("format") == "json" { "json" } else { "csv" };
    let file = format!("/audit/export?format={format}&{query}");
    if proved.is_some() {
        // What is wrong with the filters is said on a page.
        visit.api.get::<Value>(&format!("/audit?limit=1&{query}")).await?;
        return Ok(fetch(&sought.place("", ""), format!("{BASE}{file}")));
    }
    let answer = visit.api.call(Method::GET, &file, NOTHING).await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    match read::<Value>(answer).await {
        Err(problem) => Err(problem.into()),
        Ok(_) => Ok(ok(&page(&visit, sought, None, None))),
    }
}
