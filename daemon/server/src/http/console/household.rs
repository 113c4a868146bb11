//! The members of a household: by their names where whoever looks sees them, and else as a number.

use serde::Deserialize;

/// What a record says of its members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Household {
    members: Vec<String>,
    pub(super) seen_members: Vec<Member>,
}

/// A member whom the viewer sees.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
}

impl Household {
    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// The members that the viewer does not see, in words; `None` when all are seen.
    pub(super) fn unseen(&self) -> Option<String> {
        match self.members.len().saturating_sub(self.seen_members.len()) {
            0 => None,
            1 => Some("A member you don’t see".to_owned()),
            more => Some(format!("{more} members you don’t see")),
        }
    }
}
