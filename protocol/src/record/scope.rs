//! Scope and level of a share: which fields and related items travel, and what the reader may do with them.

use bincode::{Decode, Encode};

use super::{FieldName, RelatedKind};

/// What a reader may do with a shared record; a higher level includes the lower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Level {
    /// See.
    Read,
    /// See, and propose changes to the home office.
    Write,
    /// See, propose changes, and share on inside the reading office.
    FullControl,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::FullControl];

    /// The level's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::FullControl => "full-control",
        }
    }

    /// The level with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// Which fields and which kinds of related items a share shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Scope {
    /// One bit a field, see [`FieldName::bit`].
    pub fields: u32,
    /// One bit a kind, see [`RelatedKind::bit`].
    pub related: u8,
    /// Whether documents may be chosen for sharing; they are never shared by themselves.
    pub documents: bool,
}

impl Scope {
    /// Every known field and every kind of related item, but neither unknown properties (`other`) nor documents.
    pub fn standard() -> Self {
        let all = Self::everything();
        Self { fields: all.fields & !FieldName::Other.bit(), related: all.related, documents: false }
    }

    /// Every field, unknown properties included, and every kind of related item.
    pub fn everything() -> Self {
        let fields = FieldName::ALL.iter().fold(0, |bits, field| bits | field.bit());
        let related = RelatedKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit());
        Self { fields, related, documents: false }
    }

    /// Whether the scope shows `field`; the name is always shown, since lists are made of it.
    pub fn shows_field(&self, field: FieldName) -> bool {
        field == FieldName::Name || self.fields & field.bit() != 0
    }

    /// Whether the scope shows related items of `kind`.
    pub fn shows_related(&self, kind: RelatedKind) -> bool {
        self.related & kind.bit() != 0
    }

    /// Whether `other` shows nothing that `self` does not.
    pub fn includes(&self, other: &Scope) -> bool {
        other.fields & !self.fields == 0 && other.related & !self.related == 0 && (self.documents || !other.documents)
    }
}
