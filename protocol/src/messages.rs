//! Messages that are not statements: greeting, pairing, acknowledgements, replication. Version 1 of each.
//!
//! A message counts only on the connection it came on: TLS and Hello say who speaks. Statements are signed, these are not.

use bincode::{Decode, Encode};

use crate::digest::SetDigest;
use crate::epoch::{Epoch, Version};
use crate::ids::{LinkId, Nonce, OfficeId, ProposalId, RecordId, StatementHash, VersionId};
use crate::names::UserName;
use crate::record::{Property, Record};
use crate::statement::Signed;

/// Which lane a stream carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Lane {
    /// Statements, receipts, renewals; never waits for data.
    Control,
    /// Batches.
    Data,
}

/// First frame of either side on a connection's control stream.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Hello {
    /// The office that the sender means to speak to.
    pub to: OfficeId,
    /// The sender's whole chain of key sets, oldest first.
    pub chain: Vec<Signed>,
    /// The sender's epoch.
    pub epoch: Epoch,
    /// The highest epoch the sender ever heard from the receiver.
    pub heard_epoch: Option<Epoch>,
    /// The last statement sequence the sender applied from the receiver in that epoch.
    pub heard_sequence: u64,
    /// The last statement sequence the sender issued to the receiver in its own epoch.
    pub issued_sequence: u64,
    /// The sender's name for people.
    pub office_name: String,
    /// Where the sender can be reached, `host:port`.
    pub addresses: Vec<String>,
    /// Fresh for each connection.
    pub nonce: Nonce,
    /// Whether the sender's admin has confirmed the pairing with the receiver.
    pub paired: bool,
}

/// Steps of a pairing, after Hello, between offices that do not know each other yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Pair {
    /// From who holds the invite: its token, and a commitment to a nonce.
    Start {
        /// The single-use token.
        token: [u8; 16],
        /// SHA-256 commitment, see `pairing`.
        commitment: [u8; 32],
    },
    /// The inviter's commitment.
    Commit {
        /// SHA-256 commitment.
        commitment: [u8; 32],
    },
    /// The nonce behind a commitment; the invited office reveals first.
    Reveal {
        /// The nonce.
        nonce: [u8; 32],
    },
    /// The sender's admin compared the words and confirmed.
    Confirmed,
    /// The pairing can't go on.
    Refused {
        /// Which step and why.
        reason: PairRefusal,
    },
}

/// Why a pairing was refused, for both admins to read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum PairRefusal {
    /// No invite of ours has this token, or it was used.
    UnknownToken,
    /// The invite is older than a day.
    Expired,
    /// The nonce does not fit the commitment.
    BrokenCommitment,
    /// An admin said no.
    Rejected,
    /// Too many attempts.
    TooMany,
}

/// What became of a statement at the other office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Outcome {
    /// Stored, now or earlier; says nothing about users or effects.
    Stored,
    /// Its sequence leaves a gap; send again from `expected`.
    Gap {
        /// The sequence that is waited for.
        expected: u64,
    },
    /// Its kind, version or a critical extension is not known here.
    Unsupported,
    /// It breaks a rule; sending it again will not help.
    Refused,
    /// Too many of its kind wait here; try again later.
    Later,
}

/// The answer to a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Answer {
    /// Which statement.
    pub statement: StatementHash,
    /// What became of it.
    pub outcome: Outcome,
}

/// One leaf of a removal list or an inventory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Leaf {
    /// The record.
    pub record: RecordId,
    /// Its version, as the link's secret shows it.
    pub version: VersionId,
}

/// A part of the list behind a Receipt or Hold.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct ListChunk {
    /// The Receipt or Hold.
    pub statement: StatementHash,
    /// Which chunk, from 0.
    pub index: u32,
    /// Leaves in record order.
    pub leaves: Vec<Leaf>,
}

/// "Are you there?", answered by the same with `answer` set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Ping {
    /// Echoed.
    pub nonce: Nonce,
    /// Whether this is the echo.
    pub answer: bool,
}

/// A reader asks for its leases to be renewed; they will run from when it sent this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct LeaseAsk {
    /// Fresh; the renewal echoes it.
    pub nonce: Nonce,
}

/// An owner's office renews the leases of the live links it has towards the asker.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Renewal {
    /// The asker's nonce.
    pub nonce: Nonce,
    /// The owner's epoch.
    pub epoch: Epoch,
    /// Links that are live at the owner's office and not frozen.
    pub links: Vec<LinkId>,
}

/// A reader's office tells the owner's how far it got with a link, and asks for what follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Resume {
    /// The link.
    pub link: LinkId,
    /// Epoch of the last applied batch, `None` when nothing was applied.
    pub epoch: Option<Epoch>,
    /// Its last sequence.
    pub cursor: u64,
    /// Digest of everything held.
    pub digest: SetDigest,
}

/// One change of a link's log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum Change {
    /// The record as the scope shows it.
    Put {
        /// Its version.
        version: Version,
        /// Its content.
        record: Box<Record>,
    },
    /// The record is no longer shared: the copy goes.
    Withdraw,
}

/// An entry of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Entry {
    /// Which record.
    pub record: RecordId,
    /// What happened to it.
    pub change: Change,
}

/// A run of a link's log.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Batch {
    /// The link.
    pub link: LinkId,
    /// The owner's epoch.
    pub epoch: Epoch,
    /// The cursor it follows on.
    pub from: u64,
    /// The cursor after it; greater than `from`.
    pub to: u64,
    /// Changes in log order.
    pub entries: Vec<Entry>,
    /// Digest of everything the reader should hold after it.
    pub digest_after: SetDigest,
}

/// A batch was applied and is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct BatchAck {
    /// The link.
    pub link: LinkId,
    /// The batch's epoch.
    pub epoch: Epoch,
    /// The batch's `to`.
    pub to: u64,
    /// Digest of everything held now.
    pub digest: SetDigest,
}

/// The link has ended here, or never existed; whatever is still sent for it is discarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Gone {
    /// The link.
    pub link: LinkId,
}

/// What a reader holds of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Holding {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: Version,
}

/// The owner asks for an inventory since digests differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct InventoryAsk {
    /// The link.
    pub link: LinkId,
}

/// A part of a reader's inventory of a link.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Inventory {
    /// The link.
    pub link: LinkId,
    /// Which chunk, from 0.
    pub index: u32,
    /// Whether it is the last.
    pub last: bool,
    /// Holdings in record order.
    pub holdings: Vec<Holding>,
    /// Cursor at the time of the inventory.
    pub cursor: u64,
}

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
