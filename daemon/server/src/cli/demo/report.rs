//! What the demo tells: each step with what happened and how long it took, as sentences at once or as one JSON document at the end.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::super::exit::{Exit, Failure};
use super::super::output::{Format, Printer, say};
use super::INTERRUPTED;
use super::office::Office;
use crate::clock;

/// Width of the column of titles.
const TITLE_WIDTH: usize = 56;

/// Collects the steps, and prints them for people as they end.
pub(super) struct Report {
    printer: Printer,
    current: Option<Step>,
    steps: Vec<Value>,
}

struct Step {
    title: &'static str,
    started: Instant,
    words: Vec<String>,
    facts: Map<String, Value>,
}

/// A duration as milliseconds with a tenth.
pub(super) fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

impl Report {
    pub(super) fn new(printer: Printer) -> Self {
        Self { printer, current: None, steps: Vec::new() }
    }

    /// A line before the first step.
    pub(super) fn opening(&self, words: &str) -> Result<(), Failure> {
        self.people(&format!("{words}\n\n"))
    }

    /// A step begins; its time runs.
    pub(super) fn begin(&mut self, title: &'static str) {
        self.current = Some(Step { title, started: clock::instant(), words: Vec::new(), facts: Map::new() });
    }

    /// What happened in the step, as a sentence.
    pub(super) fn tell(&mut self, words: impl Into<String>) {
        if let Some(step) = &mut self.current {
            step.words.push(words.into());
        }
    }

    /// What happened in the step, as data.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(step) = &mut self.current {
            step.facts.insert(name.to_owned(), value.into());
        }
    }

    /// How long the step takes so far.
    pub(super) fn elapsed(&self) -> Duration {
        self.current.as_ref().map(|step| step.started.elapsed()).unwrap_or_default()
    }

    /// The step has ended now.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let took = self.elapsed();
        self.end_with(took)
    }

    /// The step has ended, and what counts of it took this long.
    pub(super) fn end_with(&mut self, took: Duration) -> Result<(), Failure> {
        let Some(step) = self.current.take() else { return Ok(()) };
        let ms = ms(took);
        let sentences: String = step.words.iter().map(|words| format!("    {words}\n")).collect();
        let text = format!("{:<TITLE_WIDTH$} {ms:>9.1} ms\n{sentences}", step.title);
        self.steps.push(json!({ "step": step.title, "ms": ms, "words": step.words, "facts": step.facts }));
        self.people(&text)
    }

    /// The end of the scenario: the lines that sum it up, or the whole document.
    pub(super) fn result(&mut self, result: &Value, copies: &str, receipt: &str) -> Result<(), Failure> {
        let mut document = result.clone();
        document["steps"] = std::mem::take(&mut self.steps).into();
        self.printer.one(&document, |_| format!("\n{copies}\n{receipt}\n"))
    }

    /// Says for people only.
    pub(super) fn people(&self, text: &str) -> Result<(), Failure> {
        if self.printer.format() == Format::Table { self.printer.text(text) } else { Ok(()) }
    }

    /// The failure that names the step in which it happened; with JSON, the document up to there is printed.
    pub(super) fn failed(&mut self, failure: Failure, offices: &[&Office]) -> Failure {
        if failure.exit == Exit::Ok {
            return failure;
        }
        let step = self.current.take().map_or("end", |step| step.title);
        let document = json!({ "ok": false, "failed_step": step, "reason": failure.words, "steps": self.steps });
        if self.printer.format() != Format::Table {
            // The failure itself is told on stderr in any case.
            let _ = self.printer.one(&document, |_| String::new());
        }
        let is_fault = failure.words != INTERRUPTED;
        for office in offices.iter().filter(|_| is_fault) {
            // Likewise.
            let _ = say(&format!("--- the end of the log of {} ({})\n{}", office.name(), office.log().display(), office.last_words()));
        }
        Failure::new(Exit::Failed, format!("the step '{step}' failed: {}", failure.words))
    }
}
