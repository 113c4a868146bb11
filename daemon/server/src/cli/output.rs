//! What commands print: data to stdout as a table for people or JSON for programs, talk to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use interoffice_protocol::names::plain;
use serde::Serialize;
use serde_json::Value;

use super::exit::Failure;

/// How data is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns and sentences for people.
    #[default]
    Table,
    /// One JSON value.
    Json,
    /// One JSON value a line.
    Jsonl,
}

/// One column of a table: its head, and the text of a cell.
pub(super) type Column = (&'static str, fn(&Value) -> String);

/// Prints data in the chosen format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    format: Format,
}

/// What to say where a list of such things is empty: whether nothing is there, or nothing fits what was asked for.
pub(super) fn none(thing: &str, narrowed: bool) -> String {
    if narrowed { format!("No {thing} fits.") } else { format!("There are no {thing}s.") }
}

impl Printer {
    pub(super) fn new(format: Format) -> Self {
        Self { format }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Prints a list; `none` is said instead of an empty table.
    pub(super) fn list(&self, items: &[Value], columns: &[Column], none: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table if items.is_empty() => say(none),
            Format::Table => self.text(&plain_lines(&table(items, columns))),
            Format::Json => self.json(&items),
            Format::Jsonl => items.iter().try_for_each(|item| self.json(item)),
        }
    }

    /// Prints one thing: as `words` for people, as it is for programs.
    pub(super) fn one(&self, item: &Value, words: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.text(&plain_lines(&words(item))),
            Format::Json | Format::Jsonl => self.json(item),
        }
    }

    /// Prints text and ends the line.
    pub(super) fn text(&self, text: &str) -> Result<(), Failure> {
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        self.bytes(format!("{text}{end}").as_bytes())
    }

    /// Prints bytes as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.format == Format::Json { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
        self.text(&escaped(&text.map_err(io::Error::from)?))
    }
}

/// JSON whose strings hold no control characters. The standard asks that only of the first 32, and some terminals obey others too.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}' => text.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => text.push(character),
        }
    }
    text
}

/// Says something to the person, not to the program behind the pipe.
pub(super) fn say(words: &str) -> Result<(), Failure> {
    if !words.is_empty() {
        // A stderr that is gone takes nothing from the work.
        let _ = writeln!(io::stderr().lock(), "{}", plain_lines(words));
    }
    Ok(())
}

/// Says why a command failed.
pub(super) fn complain(failure: &Failure) {
    let head = if is_colourful() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
    // There is nowhere else to complain.
    let _ = writeln!(io::stderr().lock(), "{head} {}", plain_lines(&failure.to_string()));
}

/// Whether stderr may be decorated: a terminal, and `NO_COLOR` is not set.
pub(super) fn is_colourful() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

pub(super) fn table(items: &[Value], columns: &[Column]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(head, _)| *head));
    for item in items {
        table.add_row(columns.iter().map(|(_, cell)| one_line(&cell(item))));
    }
    lines_of(&table)
}

/// Two columns without a head: what something is called, and what it is.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        table.add_row([(*name).to_owned(), one_line(value)]);
    }
    lines_of(&table)
}

fn lines_of(table: &Table) -> String {
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned() + "\n").collect()
}

/// A value as one line. What other offices and their users write must not move the cursor of the terminal it is shown on, nor begin a
/// line that looks like one of the program's own.
pub(super) fn one_line(text: &str) -> String {
    plain(text)
}

/// Lines that the program put together: the ends of lines are its own, all else is treated as in [`one_line`].
fn plain_lines(text: &str) -> String {
    text.split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// The text of a member as one line; empty when it is not there.
pub(super) fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::Null => String::new(),
        Value::String(text) => one_line(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(parts) => {
            parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), one_line)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A number, 0 when it is not there.
pub(super) fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or(0)
}

/// `1 link`, `3 links`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A time in milliseconds since 1970 as UTC text; empty when it is not there.
pub(super) fn time(value: &Value, name: &str) -> String {
    value[name]
        .as_i64()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(String::new, |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// A duration in milliseconds for people.
pub(super) fn duration(ms: i64) -> String {
    let s = ms / 1000;
    match s {
        ..1 => format!("{ms} ms"),
        1..120 => format!("{s} s"),
        120..7200 => format!("{} min", s / 60),
        7200..172_800 => format!("{} h", s / 3600),
        _ => format!("{} days", s / 86_400),
    }
}

/// The beginning of an id, enough to be given to a command.
pub(super) fn short(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_heads_and_no_frills() {
        let items = [json!({"name": "ann", "rights": ["Record Sharing"], "ms": 0}), json!({"name": "bob\u{1b}[2J", "ms": null})];
        let columns: [Column; 3] = [("NAME", |v| text(v, "name")), ("RIGHTS", |v| text(v, "rights")), ("SINCE", |v| time(v, "ms"))];
        let lines = table(&items, &columns);
        assert_eq!(lines, "NAME     RIGHTS          SINCE\nann      Record Sharing  1970-01-01 00:00:00Z\nbob [2J\n");
    }

    #[test]
    fn what_others_wrote_can_neither_drive_the_terminal_nor_forge_a_line() {
        let peer = json!({"name": "East\u{1b}[2J\nSouth is: paired.\u{9b}1m", "names": ["a\r\nb", "\u{202e}c"]});
        assert_eq!(text(&peer, "name"), "East [2J South is: paired. 1m");
        assert_eq!(text(&peer, "names"), "a  b,  c");
        assert_eq!(escaped(&peer.to_string()), peer.to_string().replace('\u{9b}', "\\u009b"), "the same data");
        // Whatever way a text came into a sentence, only the ends of lines stay.
        assert_eq!(plain_lines("This will happen:\n  - \u{1b}[1Anothing\u{7}\n"), "This will happen:\n  -  [1Anothing \n");
    }

    #[test]
    fn durations_are_short() {
        let seen = [5, 1_500, 150_000, 8_000_000, 200_000_000].map(duration);
        assert_eq!(seen, ["5 ms", "1 s", "2 min", "2 h", "2 days"]);
    }
}
