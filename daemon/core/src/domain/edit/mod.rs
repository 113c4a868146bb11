//! Edits of a record: properties by their vCard name, related items by their id, applied to a record in memory.

use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::RelatedId;
use interoffice_protocol::limits::{
    DISPLAY_NAME_CHARS_MAX, MEMBERS_MAX, OutOfBounds, PARAM_VALUES_MAX, PARAMS_MAX, PROPERTIES_MAX, RECORD_BYTES_MAX, RELATED_MAX,
};
use interoffice_protocol::record::{FieldName, Param, Property, Record, Related, RelatedKind};
use interoffice_protocol::wire::codec;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::vcard;

/// Longest title or status of a related item (characters).
pub const RELATED_LINE_CHARS_MAX: usize = 256;
/// Changes in one edit.
pub const CHANGES_MAX: usize = 1_000;

/// Properties that say what a card is, not what it tells: they keep their value for life.
const FIXED: [&str; 9] = ["BEGIN", "END", "VERSION", "UID", "KIND", "REV", "PRODID", "X-ADDRESSBOOKSERVER-KIND", "CLIENTPIDMAP"];

/// What is to be changed in a record; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// The version that the changes were made on, such as `1.3`; another one at home is a conflict.
    pub base_version: Option<String>,
    /// Properties that get this value, and are added when the record has none of that name.
    pub set: Vec<PropertyEdit>,
    /// Properties that are added.
    pub add: Vec<PropertyEdit>,
    /// Properties that go: `TEL` for all of that name, `TEL#2` for the second.
    pub remove: Vec<String>,
    /// Related items that are added.
    pub add_related: Vec<NewRelated>,
    /// Related items that change.
    pub change_related: Vec<RelatedChange>,
    /// Ids of related items that go.
    pub remove_related: Vec<String>,
    /// Marks the record private, or takes the mark away.
    pub private: Option<bool>,
    /// Takes the record from its user's desk to everybody's (`true`), or assigns it to its owner again.
    pub unassigned: Option<bool>,
}

/// A property with its new value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyEdit {
    /// vCard name in any letter case, `TEL`, or `TEL#2` for the second of several.
    pub name: String,
    /// The value as a card writes it: parts separated by `;`, line ends may be plain or `\n`.
    pub value: String,
    /// Parameters; none keeps those that are there.
    #[serde(default)]
    pub params: Vec<ParamView>,
}

/// A parameter in the API.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ParamView {
    /// Name, such as `TYPE`.
    pub name: String,
    /// Values.
    pub values: Vec<String>,
}

impl From<&Param> for ParamView {
    fn from(param: &Param) -> Self {
        Self { name: param.name.clone(), values: param.values.clone() }
    }
}

impl PropertyEdit {
    /// Reads `TEL=+1-555-0100` or `TEL;TYPE=cell=+1-555-0100`, as the command line writes it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bad = || {
            Refusal::invalid("bad-property", format!("'{text}' is no change of a property"), "write NAME=VALUE, such as TEL=+1-555-0100")
        };
        let (head, mut rest) = text.split_at(text.find([';', '=']).ok_or_else(bad)?);
        let mut edit = Self { name: head.trim().to_owned(), ..Self::default() };
        while let Some(param) = rest.strip_prefix(';') {
            let (name, after) = param.split_once('=').ok_or_else(bad)?;
            let end = after.find([';', '=']).ok_or_else(bad)?;
            let values = after[..end].split(',').map(str::to_owned).collect();
            edit.params.push(ParamView { name: name.trim().to_ascii_uppercase(), values });
            rest = &after[end..];
        }
        edit.value = rest.strip_prefix('=').ok_or_else(bad)?.to_owned();
        if edit.name.is_empty() { Err(bad()) } else { Ok(edit) }
    }
}

/// A related item to be added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRelated {
    /// `case`, `policy`, `investment` or `opportunity`.
    pub kind: String,
    /// One line, such as `Life policy 4711`.
    pub title: String,
    /// Status in words, may be empty.
    #[serde(default)]
    pub status: String,
    /// Further text, may be empty.
    #[serde(default)]
    pub detail: String,
}

/// A related item that changes; what is left out stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelatedChange {
    /// Its id.
    pub id: String,
    /// New title.
    pub title: Option<String>,
    /// New status.
    pub status: Option<String>,
    /// New further text.
    pub detail: Option<String>,
}

impl Edit {
    /// Refuses an edit that was made on another version than `present`.
    pub fn check_base(&self, present: Version) -> Result<(), Refusal> {
        match &self.base_version {
            Some(base) if base.trim() != present.to_string() => Err(Refusal::conflict(
                "changed-meanwhile",
                format!("the record was changed meanwhile: it is at version {present} now, the edit was made on {}", short(base)),
                "read the record again and repeat the change",
            )),
            _ => Ok(()),
        }
    }

    /// Applies the changes to `record`; `new_id` gives the ids of added related items. The record is not usable after a refusal.
    pub fn apply(&self, record: &mut Record, mut new_id: impl FnMut() -> RelatedId) -> Result<(), Refusal> {
        let changes = [self.set.len(), self.add.len(), self.remove.len(), self.add_related.len(), self.change_related.len()];
        if changes.iter().sum::<usize>() + self.remove_related.len() > CHANGES_MAX {
            return Err(Refusal::invalid("too-many-changes", "one edit makes at most 1,000 changes", "split it"));
        }
        let named = full_name(record).map(str::to_owned);
        for name in &self.remove {
            remove(record, name)?;
        }
        for change in &self.set {
            set(record, change)?;
        }
        for change in &self.add {
            record.properties.push(property(&change.name, change, &[], "")?);
        }
        self.apply_related(record, &mut new_id)?;
        // Without a new full name the list keeps the name it has, which may come from another property.
        if let Some(name) = full_name(record).filter(|name| named.as_deref() != Some(*name)) {
            record.display_name = vcard::clean_name(&vcard::unescape(name));
        }
        Ok(())
    }

    fn apply_related(&self, record: &mut Record, new_id: &mut impl FnMut() -> RelatedId) -> Result<(), Refusal> {
        for id in &self.remove_related {
            let at = related_at(record, id)?;
            record.related.remove(at);
        }
        for change in &self.change_related {
            let at = related_at(record, &change.id)?;
            let item = &mut record.related[at];
            let fields = [(&mut item.title, &change.title), (&mut item.status, &change.status), (&mut item.detail, &change.detail)];
            for (old, new) in fields {
                if let Some(new) = new {
                    old.clone_from(new);
                }
            }
            check_related(item)?;
        }
        for new in &self.add_related {
            let kind = RelatedKind::parse(&new.kind).ok_or_else(|| {
                let message = format!("'{}' is no kind of related item", short(&new.kind));
                Refusal::invalid("bad-related", message, "use case, policy, investment or opportunity")
            })?;
            let (title, status, detail) = (new.title.clone(), new.status.clone(), new.detail.clone());
            let item = Related { id: new_id(), kind, title, status, detail };
            check_related(&item)?;
            record.related.push(item);
        }
        Ok(())
    }
}

fn full_name(record: &Record) -> Option<&str> {
    record.properties.iter().find(|property| property.name == "FN").map(|property| property.value.as_str())
}

/// The record in wire form, in which it is kept. One that an office could not take is refused here, since a record that is kept is
/// shared sooner or later, and must then be readable here and there.
pub fn encode(record: &Record) -> Result<Vec<u8>, Refusal> {
    record.check().map_err(|OutOfBounds(what)| {
        let remedy = format!(
            "a record has a name of at most {DISPLAY_NAME_CHARS_MAX} characters, at most {PROPERTIES_MAX} properties, {MEMBERS_MAX} members \
             and {RELATED_MAX} related items, and a property at most {PARAMS_MAX} parameters of {PARAM_VALUES_MAX} values"
        );
        Refusal::invalid("record-out-of-bounds", format!("{what} would be beyond what an office takes"), remedy)
    })?;
    let bytes = codec::encode(record);
    if bytes.len() <= RECORD_BYTES_MAX {
        return Ok(bytes);
    }
    let message = format!("the record would have {} KiB, and at most {} KiB fit", bytes.len() / 1024, RECORD_BYTES_MAX / 1024);
    Err(Refusal::invalid("record-too-big", message, "use a smaller picture or move long texts elsewhere"))
}

fn remove(record: &mut Record, name: &str) -> Result<(), Refusal> {
    let (name, number) = numbered(name)?;
    let places = places_of(record, &name);
    let gone: Vec<usize> = match number {
        Some(number) => vec![*places.get(number - 1).ok_or_else(|| no_such(&name, places.len()))?],
        None if places.is_empty() => return Err(no_such(&name, 0)),
        None => places.clone(),
    };
    if name == "FN" && gone.len() == places.len() {
        return Err(Refusal::invalid("name-needed", "a record has a full name", "set FN to another name instead"));
    }
    let mut at = 0;
    record.properties.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    Ok(())
}

fn set(record: &mut Record, change: &PropertyEdit) -> Result<(), Refusal> {
    let (name, number) = numbered(&change.name)?;
    let places = places_of(record, &name);
    let at = match (number, places.as_slice()) {
        (Some(number), _) => *places.get(number - 1).ok_or_else(|| no_such(&name, places.len()))?,
        (None, [at]) => *at,
        (None, []) => {
            let new = property(&name, change, &[], "")?;
            record.properties.push(new);
            return Ok(());
        }
        (None, several) => {
            let message = format!("the record has {} {name}", several.len());
            return Err(Refusal::invalid("which-one", message, format!("say which one: {name}#1 to {name}#{}", several.len())));
        }
    };
    let old = &record.properties[at];
    record.properties[at] = property(&name, change, &old.params, &old.group)?;
    Ok(())
}

/// The property that `change` describes, with the old parameters when it brings none.
fn property(name: &str, change: &PropertyEdit, old_params: &[Param], group: &str) -> Result<Property, Refusal> {
    let (name, _) = numbered(name)?;
    let bad = |what: &str| Refusal::invalid("bad-property", format!("{name}: {what}"), "write the value as a vCard does");
    if change.value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(bad("the value holds control characters"));
    }
    if change.value.trim().is_empty() {
        return Err(Refusal::invalid("bad-property", format!("{name}: the value is empty"), "remove the property instead"));
    }
    let control = |text: &String| text.chars().any(char::is_control);
    if change.params.iter().any(|param| param.name.is_empty() || control(&param.name) || param.values.iter().any(control)) {
        return Err(bad("a parameter is empty or holds control characters"));
    }
    let params = if change.params.is_empty() {
        old_params.to_vec()
    } else {
        change.params.iter().map(|param| Param { name: param.name.to_ascii_uppercase(), values: param.values.clone() }).collect()
    };
    let raw = Property { field: FieldName::Other, name, group: group.to_owned(), params, value: change.value.clone() };
    Ok(vcard::neutral(&raw))
}

/// `TEL#2` as (`TEL`, 2); the number counts from 1.
fn numbered(text: &str) -> Result<(String, Option<usize>), Refusal> {
    let bad = || {
        let message = format!("'{}' is no name of a property", short(text));
        Refusal::invalid("bad-property", message, "use a vCard name such as TEL, or TEL#2 for the second")
    };
    let (name, number) = match text.trim().split_once('#') {
        Some((name, number)) => (name, Some(number.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(bad)?)),
        None => (text.trim(), None),
    };
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let name = name.to_ascii_uppercase();
    match () {
        () if !fits => Err(bad()),
        () if FIXED.contains(&name.as_str()) => {
            Err(Refusal::invalid("fixed-property", format!("{name} keeps its value"), "import the card anew to replace the whole of it"))
        }
        () => Ok((name, number)),
    }
}

fn places_of(record: &Record, name: &str) -> Vec<usize> {
    record.properties.iter().enumerate().filter(|(_, property)| property.name == name).map(|(at, _)| at).collect()
}

fn no_such(name: &str, there: usize) -> Refusal {
    Refusal::invalid("no-such-property", format!("the record has {there} {name}"), "look at the record first: interoffice record show ID")
}

fn related_at(record: &Record, id: &str) -> Result<usize, Refusal> {
    let id: Option<RelatedId> = id.trim().parse().ok();
    let at = record.related.iter().position(|item| Some(item.id) == id);
    at.ok_or_else(|| {
        Refusal::invalid("no-such-related", "the record has no such related item", "look at the record first: interoffice record show ID")
    })
}

fn check_related(item: &Related) -> Result<(), Refusal> {
    let line = |text: &str| text.chars().count() <= RELATED_LINE_CHARS_MAX && !text.chars().any(char::is_control);
    if !item.title.trim().is_empty() && line(&item.title) && line(&item.status) {
        return Ok(());
    }
    let message = "a related item has a title, and title and status are one line of at most 256 characters";
    Err(Refusal::invalid("bad-related", message, "put longer text into the detail"))
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests;
