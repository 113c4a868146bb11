//! Proposals: changes that a reading office asks the home office to make, and their stored answers.

use bincode::{Decode, Encode};

use crate::epoch::Version;
use crate::ids::{LinkId, ProposalId, RecordId};
use crate::limits::{self, OutOfBounds};
use crate::names::UserName;
use crate::record::{self, Property};

/// A change that a Write or Full Control reader asks the home office to make.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Proposal {
    /// Gives a repeated proposal the same answer.
    pub id: ProposalId,
    /// The link under which the proposer holds the copy.
    pub link: LinkId,
    /// Who proposes.
    pub actor: UserName,
    /// The record.
    pub record: RecordId,
    /// The version that was changed.
    pub base: Version,
    /// Properties to take out.
    pub remove: Vec<Property>,
    /// Properties to put in.
    pub add: Vec<Property>,
}

/// What became of a proposal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Verdict {
    /// Done, as this version.
    Applied(Version),
    /// The record changed meanwhile; both values are kept and shown.
    Conflict(Version),
    /// Not done, with the reason for the proposer to read.
    Refused(String),
}

/// The stored answer to a proposal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct ProposalAnswer {
    /// Which proposal.
    pub id: ProposalId,
    /// What became of it.
    pub verdict: Verdict,
}

impl Proposal {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        if !self.actor.is_valid() {
            return Err(OutOfBounds("the actor's name"));
        }
        if self.remove.is_empty() && self.add.is_empty() {
            return Err(OutOfBounds("a proposal without a change"));
        }
        self.base.check()?;
        record::check_properties(&self.remove)?;
        record::check_properties(&self.add)
    }
}

impl ProposalAnswer {
    /// Checks the bounds that decoding does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        match &self.verdict {
            Verdict::Refused(reason) if reason.len() > limits::VERDICT_TEXT_BYTES_MAX => Err(OutOfBounds("the reason of a refusal")),
            Verdict::Refused(_) => Ok(()),
            Verdict::Applied(version) | Verdict::Conflict(version) => version.check(),
        }
    }
}
