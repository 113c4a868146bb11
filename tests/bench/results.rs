//! Values, their medians, and how they are shown.
#![allow(clippy::print_stdout, reason = "a benchmark's data goes to stdout")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::arguments::Arguments;

/// One line of the report.
struct Line {
    key: &'static str,
    /// The name by which it is chosen.
    name: &'static str,
    words: &'static str,
    unit: &'static str,
    goal: Option<Goal>,
    /// What a bare pair of programs with QUIC and SQLite reaches on such a machine.
    bare: Option<f64>,
}

/// What is aimed at.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(goal) => value <= goal,
            Self::AtLeast(goal) => value >= goal,
        }
    }

    fn value(self) -> f64 {
        match self {
            Self::AtMost(goal) | Self::AtLeast(goal) => goal,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtMost(goal) => format!("≤ {goal}"),
            Self::AtLeast(goal) => format!("≥ {goal}"),
        }
    }
}

const fn line(
    key: &'static str,
    name: &'static str,
    words: &'static str,
    unit: &'static str,
    goal: Option<Goal>,
    bare: Option<f64>,
) -> Line {
    Line { key, name, words, unit, goal, bare }
}

/// Every line in its order. The bare figures are of one writer where the measure has eight.
const LINES: [Line; 65] = [
    line("sync_s", "sync", "share all: durable and readable at B", "s", Some(Goal::AtMost(2.0)), Some(0.40)),
    line("sync_durable_s", "sync", "  of it until all is acknowledged", "s", None, None),
    line("sync_commit_ms", "sync", "  of it until the share is committed at A", "ms", None, None),
    line("commits_per_s", "commits", "5,000 commits, 8 writers, all readable at B", "/s", Some(Goal::AtLeast(2_000.0)), Some(1_770.0)),
    line("commits_local_per_s", "commits", "  until all are committed at A", "/s", None, None),
    line("visible_p50_ms", "visible", "one commit at 200/s readable at B, median", "ms", Some(Goal::AtMost(3.0)), Some(1.3)),
    line("visible_p99_ms", "visible", "  99th percentile", "ms", None, Some(7.5)),
    line("visible_commit_p50_ms", "visible", "  of it the commit at A, median", "ms", None, None),
    line("control_call_p50_ms", "attacks", "an office calls: greeted and answered, median", "ms", None, None),
    line("control_call_p99_ms", "attacks", "  99th percentile", "ms", None, None),
    line("control_edit_p50_ms", "attacks", "  an edit at A readable at B meanwhile, median", "ms", None, None),
    line("control_edit_p99_ms", "attacks", "  99th percentile", "ms", None, None),
    line("flood_call_p50_ms", "attacks", "the same under 2,000 false Initials/s, median", "ms", None, Some(1.2)),
    line("flood_call_p99_ms", "attacks", "  99th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("flood_edit_p50_ms", "attacks", "  an edit, median", "ms", None, None),
    line("flood_edit_p99_ms", "attacks", "  99th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("drip_call_p50_ms", "attacks", "the same under 1,000 dripping connections", "ms", None, None),
    line("drip_call_p99_ms", "attacks", "  99th percentile", "ms", Some(Goal::AtMost(200.0)), None),
    line("drip_edit_p50_ms", "attacks", "  an edit, median", "ms", None, None),
    line("drip_edit_p99_ms", "attacks", "  99th percentile", "ms", Some(Goal::AtMost(200.0)), None),
    line("takeback_unreadable_ms", "takeback", "link deleted: unreadable at B", "ms", Some(Goal::AtMost(100.0)), None),
    line("takeback_removed_s", "takeback", "link deleted: receipt says Removed", "s", Some(Goal::AtMost(1.0)), Some(0.48)),
    line("takeback_erased_s", "takeback", "link deleted: receipt says Erased", "s", None, None),
    line("takeback_commit_ms", "takeback", "  the delete at A itself", "ms", None, None),
    line("memory_a_rest_mb", "memory", "resident memory at rest, A", "MB", Some(Goal::AtMost(80.0)), None),
    line("memory_b_rest_mb", "memory", "resident memory at rest, B", "MB", Some(Goal::AtMost(80.0)), None),
    line("memory_a_sync_mb", "memory", "peak while sharing all, A", "MB", Some(Goal::AtMost(120.0)), Some(58.0)),
    line("memory_b_sync_mb", "memory", "peak while sharing all, B", "MB", Some(Goal::AtMost(120.0)), Some(17.0)),
    line("office_narrow_list_p50_ms", "office", "list of 50, who sees 200, median", "ms", None, None),
    line("office_narrow_list_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_name_p50_ms", "office", "search for a name, who sees 200, median", "ms", None, None),
    line("office_narrow_name_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_letters_p50_ms", "office", "search for two letters, who sees 200, median", "ms", None, None),
    line("office_narrow_letters_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_common_p50_ms", "office", "search for what stands everywhere, who sees 200, median", "ms", None, None),
    line("office_narrow_common_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_nothing_p50_ms", "office", "search for what stands nowhere, who sees 200, median", "ms", None, None),
    line("office_narrow_nothing_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_list_p50_ms", "office", "list of 50, who sees all, median", "ms", None, None),
    line("office_wide_list_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_name_p50_ms", "office", "search for a name, who sees all, median", "ms", None, None),
    line("office_wide_name_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_letters_p50_ms", "office", "search for two letters, who sees all, median", "ms", None, None),
    line("office_wide_letters_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_common_p50_ms", "office", "search for what stands everywhere, who sees all, median", "ms", None, None),
    line("office_wide_common_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_nothing_p50_ms", "office", "search for what stands nowhere, who sees all, median", "ms", None, None),
    line("office_wide_nothing_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_page_p50_ms", "office", "page of clients, who sees 200, median", "ms", None, None),
    line("office_narrow_page_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_narrow_sought_p50_ms", "office", "  the same, sought for two letters, who sees 200, median", "ms", None, None),
    line("office_narrow_sought_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_page_p50_ms", "office", "page of clients, who sees all, median", "ms", None, None),
    line("office_wide_page_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("office_wide_sought_p50_ms", "office", "  the same, sought for two letters, who sees all, median", "ms", None, None),
    line("office_wide_sought_p95_ms", "office", "  95th percentile", "ms", Some(Goal::AtMost(50.0)), None),
    line("page_p50_ms", "page", "edit at A: in Bob's open page at B, median", "ms", None, None),
    line("page_p95_ms", "page", "  95th percentile", "ms", Some(Goal::AtMost(1_000.0)), None),
    line("signin_user_p50_ms", "signins", "a guess of a user's password refused, median", "ms", None, None),
    line("signin_nobody_p50_ms", "signins", "a guess of nobody's password refused, median", "ms", None, None),
    line("signin_difference_percent", "signins", "  difference of the medians", "%", Some(Goal::AtMost(5.0)), None),
    line("signin_alone_p99_ms", "signins", "list of 50 of who is signed in, 99th percentile", "ms", None, None),
    line("signin_attack_p99_ms", "signins", "  the same under 10,000 guesses from 100 addresses", "ms", Some(Goal::AtMost(300.0)), None),
    line("signin_looked_at", "signins", "  guesses of these that were looked at", "", None, None),
    line("office_import_per_s", "office", "records imported, 20 users one after the other", "/s", None, None),
];

/// The key of a line, when there is one.
pub(crate) fn key(text: &str) -> Option<&'static str> {
    LINES.iter().map(|line| line.key).find(|key| *key == text)
}

/// What was measured so far.
pub(crate) struct Results {
    arguments: Arguments,
    machine: Value,
    values: BTreeMap<&'static str, Vec<f64>>,
}

impl Results {
    /// Nothing yet.
    pub(crate) fn new(arguments: &Arguments, machine: Value) -> Self {
        Self { arguments: arguments.clone(), machine, values: BTreeMap::new() }
    }

    /// Adds the value of one run.
    pub(crate) fn add(&mut self, key: &'static str, value: f64) {
        self.values.entry(key).or_default().push(value);
    }

    /// Notes how many cores other programs kept busy while everything was measured.
    pub(crate) fn others(&mut self, cores: f64) {
        self.machine["cores_used_by_others"] = cores.into();
    }

    /// The lines that were asked for and measured, each with its values in order.
    fn measured(&self) -> impl Iterator<Item = (&'static Line, Vec<f64>)> {
        LINES.iter().filter(|line| self.arguments.wants(line.name)).filter_map(|line| {
            let mut values = self.values.get(line.key)?.clone();
            values.sort_by(f64::total_cmp);
            Some((line, values))
        })
    }

    /// What is measured on what, for people.
    pub(crate) fn head(&self) -> String {
        let fact = |name: &str| self.machine[name].as_str().map_or_else(|| self.machine[name].to_string(), str::to_owned);
        // The measures of one office say themselves how many records it has, and are taken once.
        let two = self.arguments.wants_two();
        let stage = format!("{} records of about 1 KB, medians of {} runs", self.arguments.records, self.arguments.runs);
        format!(
            "{}, fsync at both ends, loopback\n{} cores, {}, {}, Linux {}, {}, load {}\n",
            if two { stage.as_str() } else { "one office, one run" },
            fact("cores"),
            fact("processor"),
            fact("memory"),
            fact("kernel"),
            fact("disk"),
            fact("load"),
        )
    }

    /// The results for people.
    pub(crate) fn table(&self) -> String {
        let mut text =
            format!("\n{:<58} {:>9} {:>9} {:>9} {:<3} {:>8}  {:<6} {:>6}\n", "", "median", "least", "most", "", "goal", "", "bare");
        for (line, values) in self.measured() {
            let median = median(&values);
            let (goal, verdict) =
                line.goal.map_or((String::new(), ""), |goal| (goal.words(), if goal.is_met(median) { "met" } else { "MISSED" }));
            let bare = line.bare.map_or_else(String::new, |bare| bare.to_string());
            let (least, most) = (short(values[0]), short(values[values.len() - 1]));
            text.push_str(&format!(
                "{:<58} {:>9} {least:>9} {most:>9} {:<3} {goal:>8}  {verdict:<6} {bare:>6}\n",
                line.words,
                short(median),
                line.unit
            ));
        }
        let others = &self.machine["cores_used_by_others"];
        text.push_str("\nbare: one pair of small programs with QUIC and SQLite, one writer, no product around them\n");
        if !others.is_null() {
            text.push_str(&format!("other programs kept {others} of {} cores busy meanwhile\n", self.machine["cores"]));
        }
        text
    }

    /// The same as one JSON document.
    pub(crate) fn to_json(&self) -> String {
        let measures: Vec<Value> = self
            .measured()
            .map(|(line, values)| {
                let median = median(&values);
                json!({
                    "measure": line.key,
                    "name": line.name,
                    "what": line.words.trim(),
                    "unit": line.unit,
                    "median": median,
                    "least": values[0],
                    "most": values[values.len() - 1],
                    "values": self.values[line.key],
                    "goal": line.goal.map(Goal::value),
                    "met": line.goal.map(|goal| goal.is_met(median)),
                    "bare": line.bare,
                })
            })
            .collect();
        let document = json!({
            "records": self.arguments.records,
            "runs": self.arguments.runs,
            "machine": self.machine,
            "measures": measures,
        });
        format!("{document:#}\n")
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Three figures that count.
fn short(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Writes data to stdout.
pub(crate) fn print(text: &str) {
    print!("{text}");
}

/// Says something on stderr.
pub(crate) fn say(words: &str) {
    eprintln!("{words}");
}
