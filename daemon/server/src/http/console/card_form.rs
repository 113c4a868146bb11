//! The form of a record: the usual properties as fields, what somebody typed into them, and the changes that it comes to.
//!
//! The fields say what stood there when the form was opened. When somebody else changed the record meanwhile, what was typed stays in its
//! fields, all else shows what is there now, and where both changed the same both are seen.

use std::collections::BTreeMap;

use interoffice_core::domain::vcard::{escape, unescape};
use serde_json::{Value, json};

use super::client::Property;
use super::facts::parts;
use super::form::Fields;

/// Most lines of one kind that are shown; a record with more of them keeps the others as they are.
const LINES_MAX: usize = 20;

/// A part of a structured value, or all of a plain one, with its label.
type Part = (Option<usize>, &'static str);

/// A kind of property as the form shows it.
struct Kind {
    property: &'static str,
    label: &'static str,
    parts: &'static [Part],
    input: &'static str,
    /// Whether there may be more than one.
    many: bool,
    /// Whether it is shown even when the record has none.
    always: bool,
}

const fn line(property: &'static str, label: &'static str, parts: &'static [Part], input: &'static str) -> Kind {
    Kind { property, label, parts, input, many: false, always: true }
}

const KINDS: [Kind; 8] = [
    line("FN", "Name", &[(None, "Name")], "text"),
    Kind { always: false, ..line("N", "Parts of the name", &[(Some(1), "First name"), (Some(0), "Last name")], "text") },
    Kind { many: true, ..line("EMAIL", "E-mail", &[(None, "E-mail")], "email") },
    Kind { many: true, ..line("TEL", "Phone", &[(None, "Phone")], "tel") },
    Kind {
        many: true,
        ..line(
            "ADR",
            "Address",
            &[(Some(2), "Street"), (Some(5), "Postcode"), (Some(3), "City"), (Some(4), "Region"), (Some(6), "Country")],
            "text",
        )
    },
    line("ORG", "Organisation", &[(Some(0), "Organisation")], "text"),
    line("TITLE", "Title", &[(None, "Title")], "text"),
    line("NOTE", "Notes", &[(None, "Notes")], "area"),
];

/// One field.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) label: String,
    /// What stands in it.
    pub(super) value: String,
    /// What the record said when the form was made.
    pub(super) was: String,
    /// What the record says now, where somebody else changed what was changed here too.
    pub(super) now: Option<String>,
    part: Option<usize>,
}

/// What belongs together: one property.
pub(super) struct Line {
    pub(super) legend: String,
    pub(super) entries: Vec<Entry>,
}

impl Line {
    /// Whether it is a group of fields with a name of its own.
    pub(super) fn is_group(&self) -> bool {
        self.entries.len() > 1
    }

    fn is_empty(&self) -> bool {
        self.entries.iter().all(|entry| entry.value.trim().is_empty())
    }
}

/// All of one kind.
pub(super) struct Block {
    pub(super) property: &'static str,
    pub(super) label: &'static str,
    pub(super) input: &'static str,
    pub(super) many: bool,
    pub(super) lines: Vec<Line>,
    /// How many there are that the form does not show.
    pub(super) beyond: usize,
}

/// The form.
pub(super) struct CardForm {
    pub(super) blocks: Vec<Block>,
    present: BTreeMap<&'static str, Vec<Property>>,
}

/// What a field shows of a property.
fn said(property: Option<&Property>, part: Option<usize>) -> String {
    let Some(property) = property else { return String::new() };
    match part {
        None if property.is_uri() => property.value.clone(),
        None => unescape(&property.value),
        Some(part) => parts(&property.value, ';').get(part).map(|text| unescape(text)).unwrap_or_default(),
    }
}

/// Text as a form sends it, with line ends of one kind.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

impl CardForm {
    /// The form for a record that says this; what was typed stands in it.
    pub(super) fn of<'a>(properties: impl Iterator<Item = &'a Property> + Clone, typed: &Fields) -> Self {
        let mut present = BTreeMap::new();
        let mut blocks = Vec::new();
        for kind in &KINDS {
            let there: Vec<Property> = properties.clone().filter(|property| property.name == kind.property).cloned().collect();
            if kind.always || !there.is_empty() {
                blocks.push(block(kind, &there, typed));
            }
            present.insert(kind.property, there);
        }
        Self { blocks, present }
    }

    /// The name that was typed.
    pub(super) fn name(&self) -> &str {
        let block = self.blocks.iter().find(|block| block.property == "FN");
        block.and_then(|block| block.lines.first()?.entries.first()).map_or("", |entry| entry.value.trim())
    }

    /// What was typed, as properties that are added to a new record; the name stands by itself.
    pub(super) fn properties(&self) -> Vec<Value> {
        let lines = self.blocks.iter().filter(|block| block.property != "FN");
        let lines = lines.flat_map(|block| block.lines.iter().map(move |line| (block.property, line)));
        lines.filter(|(_, line)| !line.is_empty()).map(|(name, line)| json!({ "name": name, "value": value(None, line) })).collect()
    }

    /// The changes that make of the record what was typed; `None` when nothing is another.
    pub(super) fn edit(&self) -> Option<Value> {
        let (mut set, mut add, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for block in &self.blocks {
            let present = self.present.get(block.property).map(Vec::as_slice).unwrap_or_default();
            let mut gone = 0;
            for (at, line) in block.lines.iter().enumerate() {
                let property = present.get(at);
                let same = line.entries.iter().all(|entry| plain(&entry.value) == plain(&said(property, entry.part)));
                match property {
                    _ if same => {}
                    None => add.push(json!({ "name": block.property, "value": value(None, line) })),
                    Some(property) => {
                        let value = value(Some(property), line);
                        if value.trim_matches(';').trim().is_empty() {
                            remove.push(format!("{}#{}", block.property, at + 1));
                            gone += 1;
                        } else {
                            // Changes are counted when what goes is gone.
                            set.push(json!({ "name": format!("{}#{}", block.property, at + 1 - gone), "value": value }));
                        }
                    }
                }
            }
        }
        // The last goes first, so that the numbers of the others stay.
        remove.reverse();
        let nothing = set.is_empty() && add.is_empty() && remove.is_empty();
        (!nothing).then(|| json!({ "set": set, "add": add, "remove": remove }))
    }
}

fn block(kind: &Kind, there: &[Property], typed: &Fields) -> Block {
    let asked: usize = typed.text(&format!("lines:{}", kind.property)).parse().unwrap_or(0);
    let more = usize::from(typed.text("do") == format!("more:{}", kind.property));
    let count = there.len().max(asked + more).clamp(1, LINES_MAX);
    let lines = (0..count).map(|at| {
        let property = there.get(at);
        let mark = property.map(Property::type_words).unwrap_or_default();
        let numbered = |label: &str| if at == 0 { format!("{label}{mark}") } else { format!("{label} {}{mark}", at + 1) };
        let grouped = kind.parts.len() > 1;
        let entries = kind.parts.iter().map(|(part, label)| {
            let id = match part {
                Some(part) if grouped => format!("{}-{}-{part}", kind.property.to_lowercase(), at + 1),
                _ => format!("{}-{}", kind.property.to_lowercase(), at + 1),
            };
            let label = if grouped { (*label).to_owned() } else { numbered(label) };
            entry(id, label, *part, said(property, *part), typed)
        });
        Line { legend: numbered(kind.label), entries: entries.collect() }
    });
    let lines = lines.collect();
    Block {
        property: kind.property,
        label: kind.label,
        input: kind.input,
        many: kind.many,
        lines,
        beyond: there.len().saturating_sub(count),
    }
}

/// A field with what was typed into it, else with what the record says.
fn entry(id: String, label: String, part: Option<usize>, present: String, typed: &Fields) -> Entry {
    let was = format!("was:{id}");
    if !typed.is_on(&id) {
        return Entry { id, label, value: present.clone(), was: present, now: None, part };
    }
    let (text, before) = (plain(typed.raw(&id)), plain(typed.raw(&was)));
    let changed_here = text != before;
    let changed_there = plain(&present) != before;
    let value = if changed_here || !changed_there { text } else { present.clone() };
    let now = (changed_here && changed_there && plain(&present) != value).then(|| present.clone());
    Entry { id, label, value, was: present, now, part }
}

/// The value of a line as a card writes it; parts that no field shows stay.
fn value(present: Option<&Property>, line: &Line) -> String {
    if let [Entry { part: None, value, .. }] = line.entries.as_slice() {
        let text = plain(value);
        return if present.is_some_and(Property::is_uri) { text.replace('\n', " ") } else { escape(&text) };
    }
    let mut parts = present.map(|property| parts(&property.value, ';')).unwrap_or_default();
    for Entry { part, value, .. } in &line.entries {
        let at = part.unwrap_or_default();
        if parts.len() <= at {
            parts.resize(at + 1, String::new());
        }
        let text = plain(value);
        if text != plain(&unescape(&parts[at])) {
            parts[at] = escape(&text);
        }
    }
    parts.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, value: &str) -> Property {
        Property { name: name.to_owned(), value: value.to_owned(), ..Property::default() }
    }

    fn clara() -> Vec<Property> {
        vec![
            property("FN", "Clara Client"),
            property("EMAIL", "one@clara.example"),
            property("EMAIL", "two@clara.example"),
            property("EMAIL", "three@clara.example"),
            property("ADR", ";Rear, house;Quay 3;Kiel;;24103;DE"),
        ]
    }

    fn typed(fields: &[(&str, &str)]) -> Fields {
        Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_sent_as_it_came_changes_nothing() {
        let form = CardForm::of(clara().iter(), &Fields::default());
        assert!(form.edit().is_none());
        let sent: Vec<(String, String)> = form
            .blocks
            .iter()
            .flat_map(|block| &block.lines)
            .flat_map(|line| &line.entries)
            .flat_map(|entry| [(entry.id.clone(), entry.value.clone()), (format!("was:{}", entry.id), entry.was.clone())])
            .collect();
        assert!(CardForm::of(clara().iter(), &Fields(sent)).edit().is_none());
    }

    #[test]
    fn what_goes_and_what_changes_is_counted_in_the_order_of_the_api() {
        let fields =
            [("email-1", ""), ("was:email-1", "one@clara.example"), ("email-3", "3@clara.example"), ("was:email-3", "three@clara.example")];
        let edit = CardForm::of(clara().iter(), &typed(&fields)).edit().unwrap();
        assert_eq!(edit["remove"], json!(["EMAIL#1"]));
        assert_eq!(edit["set"], json!([{ "name": "EMAIL#2", "value": "3@clara.example" }]));
    }

    #[test]
    fn parts_that_no_field_shows_stay_as_they_are_written() {
        let fields = [("adr-1-3", "Kiel; Hafen"), ("was:adr-1-3", "Kiel")];
        let edit = CardForm::of(clara().iter(), &typed(&fields)).edit().unwrap();
        assert_eq!(edit["set"][0]["value"], ";Rear, house;Quay 3;Kiel\\; Hafen;;24103;DE");
    }

    #[test]
    fn who_types_while_somebody_else_changes_loses_nothing() {
        let fields =
            [("fn-1", "Clara Cook"), ("was:fn-1", "Clara"), ("email-1", "old@clara.example"), ("was:email-1", "old@clara.example")];
        let form = CardForm::of(clara().iter(), &typed(&fields));
        let name = &form.blocks[0].lines[0].entries[0];
        assert_eq!((name.value.as_str(), name.now.as_deref()), ("Clara Cook", Some("Clara Client")));
        let email = &form.blocks[1].lines[0].entries[0];
        assert_eq!((email.value.as_str(), &email.now), ("one@clara.example", &None));
    }
}
