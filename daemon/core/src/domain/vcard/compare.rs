//! Compares two records property by property and says in words what differs.

use std::collections::BTreeMap;
use std::fmt;

use interoffice_protocol::record::{Property, Record};

use super::unescape;

/// Characters of a value that a difference quotes.
const QUOTED_CHARS_MAX: usize = 60;

/// One thing in which two records differ. Quotes contents, so it is for people who may see the records, never for logs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The kinds differ; words of the first and the second record.
    Kind(&'static str, &'static str),
    /// The display names differ; of the first and the second record.
    DisplayName(String, String),
    /// The property is in the first record `times` times more often than in the second.
    Missing {
        /// Name, parameters and the beginning of the value.
        property: String,
        /// How often it is missing, at least 1.
        times: usize,
    },
    /// The property is in the second record `times` times more often than in the first.
    Added {
        /// Name, parameters and the beginning of the value.
        property: String,
        /// How often it is there too often, at least 1.
        times: usize,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(first, second) => write!(f, "the kind is {first} in the first and {second} in the second"),
            Self::DisplayName(first, second) => write!(f, "the name is '{first}' in the first and '{second}' in the second"),
            Self::Missing { property, times: 1 } => write!(f, "missing in the second: {property}"),
            Self::Missing { property, times } => write!(f, "missing {times} times in the second: {property}"),
            Self::Added { property, times: 1 } => write!(f, "only in the second: {property}"),
            Self::Added { property, times } => write!(f, "{times} times only in the second: {property}"),
        }
    }
}

/// What differs between `a` and `b` as cards; empty when they say the same.
///
/// Counts kind, display name and every property with its parameters; the order of properties and of parameters does not matter, and
/// neither does whether several values stand in one parameter or in several of that name. Members and related items are not compared,
/// since they are no part of a card.
pub fn compare(a: &Record, b: &Record) -> Vec<Difference> {
    let mut differences = Vec::new();
    if a.kind != b.kind {
        differences.push(Difference::Kind(a.kind.as_str(), b.kind.as_str()));
    }
    if a.display_name != b.display_name {
        differences.push(Difference::DisplayName(a.display_name.clone(), b.display_name.clone()));
    }
    let mut counts: BTreeMap<Key<'_>, (usize, usize)> = BTreeMap::new();
    for property in &a.properties {
        counts.entry(Key::of(property)).or_default().0 += 1;
    }
    for property in &b.properties {
        counts.entry(Key::of(property)).or_default().1 += 1;
    }
    for (key, (first, second)) in counts {
        if first > second {
            differences.push(Difference::Missing { property: key.to_string(), times: first - second });
        } else if second > first {
            differences.push(Difference::Added { property: key.to_string(), times: second - first });
        }
    }
    differences
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    name: &'a str,
    group: &'a str,
    params: BTreeMap<&'a str, Vec<&'a str>>,
    value: &'a str,
}

impl<'a> Key<'a> {
    fn of(property: &'a Property) -> Self {
        let mut params: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for param in &property.params {
            params.entry(&param.name).or_default().extend(param.values.iter().map(String::as_str));
        }
        Self { name: &property.name, group: &property.group, params, value: &property.value }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}.", self.group)?;
        }
        f.write_str(self.name)?;
        for (name, values) in &self.params {
            write!(f, " {name}={}", values.join(","))?;
        }
        let text = unescape(self.value).replace(['\r', '\n'], " ");
        let quoted: String = text.chars().take(QUOTED_CHARS_MAX).collect();
        let dots = if quoted.len() < text.len() { "…" } else { "" };
        write!(f, " '{quoted}{dots}'")
    }
}
