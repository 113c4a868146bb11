//! Records as two offices see them: kind, properties under JSContact names, related items, and the scope of a share.

mod bounds;
mod field;
mod related;
mod scope;

use bincode::{Decode, Encode};

pub use bounds::check_properties;
pub use field::FieldName;
pub use related::{Related, RelatedKind};
pub use scope::{Level, Scope};

use crate::ids::RecordId;
use crate::seeded::{Bug, planted};

/// What a record stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum RecordKind {
    /// A person.
    Contact,
    /// A company or another organisation.
    Business,
    /// Persons who live or decide together; its members are records of their own.
    Household,
}

impl RecordKind {
    /// Every kind, in the order in which lists show them.
    pub const ALL: [Self; 3] = [Self::Contact, Self::Business, Self::Household];

    /// The kind's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Business => "business",
            Self::Household => "household",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One property of a record: a vCard property in neutral form (UTF-8, unfolded, no transfer encoding but base64).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Property {
    /// The JSContact property it belongs to; decides whether a scope shows it.
    pub field: FieldName,
    /// Upper-case vCard name, such as `EMAIL` or `X-SPOUSE`.
    pub name: String,
    /// The group that ties properties together (`item1` in `item1.X-ABLABEL`), empty for none.
    pub group: String,
    /// Parameters in their order.
    pub params: Vec<Param>,
    /// The value with vCard 4 escapes (`\n`, `\,`, `\;`, `\\`) kept.
    pub value: String,
}

/// One parameter of a property.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Param {
    /// Upper-case name, such as `TYPE`.
    pub name: String,
    /// Values in their order and letter case.
    pub values: Vec<String>,
}

/// A record: what its home office keeps, and, cut down by a [`Scope`], what another office receives.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Record {
    /// What it stands for.
    pub kind: RecordKind,
    /// The name shown in lists; never empty.
    pub display_name: String,
    /// Properties in the order of the card they came from.
    pub properties: Vec<Property>,
    /// Records that belong to a household.
    pub members: Vec<RecordId>,
    /// Cases, policies, investments and opportunities.
    pub related: Vec<Related>,
}

impl Record {
    /// The part of the record that `scope` shows: only properties whose field it names, only related items of its kinds.
    pub fn within(&self, scope: &Scope) -> Record {
        Record {
            kind: self.kind,
            display_name: self.display_name.clone(),
            properties: self.properties.iter().filter(|property| scope.shows_field(property.field)).cloned().collect(),
            members: if scope.shows_field(FieldName::Members) { self.members.clone() } else { Vec::new() },
            related: self
                .related
                .iter()
                .filter(|item| scope.shows_related(item.kind) || planted(Bug::RelatedOutsideScope))
                .cloned()
                .collect(),
        }
    }
}
