//! What every statement carries besides its body: who says it to whom, about which link, and in which order.

use bincode::{Decode, Encode};

use crate::epoch::Epoch;
use crate::ids::{LinkId, Nonce, OfficeId, StatementHash};
use crate::names::UserName;

/// To whom a statement is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Audience {
    /// One office; any other refuses it.
    Office(OfficeId),
    /// Every peer (key sets).
    Everyone,
}

/// What a statement is about.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Subject {
    /// The issuing office itself.
    Office,
    /// A link that this very statement, a Request, opens.
    Opening {
        /// User at the issuing office, whose records will be shared.
        owner: UserName,
        /// User at the other office, who will read them.
        reader: UserName,
    },
    /// A link that exists.
    Link {
        /// The link.
        link: LinkId,
        /// Its Request.
        request: StatementHash,
        /// User whose records are shared.
        owner: UserName,
        /// User who reads them.
        reader: UserName,
    },
}

/// A later addition to a statement, ignored by who does not know it unless it is critical.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Extension {
    /// Which addition.
    pub tag: u16,
    /// Whether a reader that does not know the tag must refuse the statement.
    pub critical: bool,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The part that all statements share.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Envelope {
    /// The issuing office.
    pub from: OfficeId,
    /// The office it is said to.
    pub to: Audience,
    /// What it is about.
    pub subject: Subject,
    /// The issuer's epoch.
    pub epoch: Epoch,
    /// Counts the issuer's statements to this audience within the epoch, from 1, without gaps.
    pub sequence: u64,
    /// Hash of the issuer's statement before this one, [`StatementHash::NONE`] for the first.
    pub previous: StatementHash,
    /// Makes two otherwise equal statements differ.
    pub nonce: Nonce,
    /// When the issuer says it was made (milliseconds since 1970, UTC); a claim, never used for ordering.
    pub issued_at_ms: i64,
    /// Later additions.
    pub extensions: Vec<Extension>,
}
