//! Related items that come along with a shared record.

use bincode::{Decode, Encode};

use crate::ids::RelatedId;

/// The kind of a related item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum RelatedKind {
    /// A pending case.
    Case,
    /// A policy.
    Policy,
    /// An investment.
    Investment,
    /// An opportunity.
    Opportunity,
}

impl RelatedKind {
    /// Every kind, in wire order.
    pub const ALL: [Self; 4] = [Self::Case, Self::Policy, Self::Investment, Self::Opportunity];

    /// The kind's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Policy => "policy",
            Self::Investment => "investment",
            Self::Opportunity => "opportunity",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind's bit in a scope.
    pub fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// A case, policy, investment or opportunity of a record.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Related {
    /// The item at its home office.
    pub id: RelatedId,
    /// What it is.
    pub kind: RelatedKind,
    /// One line, such as `Life policy 4711`.
    pub title: String,
    /// Free status text, such as `pending`.
    pub status: String,
    /// Further text, may be empty.
    pub detail: String,
}
