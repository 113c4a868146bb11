//! The bodies of the fourteen kinds of statements, version 1.

use std::fmt;

use bincode::{Decode, Encode};

use super::Kind;
use crate::epoch::Epoch;
use crate::ids::{OfficeId, StatementHash};
use crate::record::{Level, Scope};

/// What the offices agree on for a link.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Terms {
    /// Why the records are shared, in the owner's words.
    pub purpose: String,
    /// What the reader may do.
    pub level: Level,
    /// Which fields and related items travel.
    pub scope: Scope,
    /// When the link is to end (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
    /// How long a copy stays readable without a renewal (seconds).
    pub lease_s: u32,
    /// Whether the reader may keep copies that a law makes it keep.
    pub hold: HoldTerms,
}

/// Whether a reading office may declare a hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum HoldTerms {
    /// No copy may be kept.
    None,
    /// Copies may be kept, sealed, for at most this long after the end (seconds).
    Declared {
        /// Longest time (seconds).
        longest_s: u64,
    },
}

/// Opens a link.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Request {
    /// What is asked for.
    pub terms: Terms,
    /// Random key of the link: digests and version ids are keyed with it.
    pub secret: [u8; 32],
}

impl fmt::Debug for Request {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("terms", &self.terms).finish_non_exhaustive()
    }
}

/// Agrees to a Request, word for word.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Accept {
    /// The terms that were agreed to; must equal those of the Request.
    pub terms: Terms,
}

/// Turns a Request down.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Decline {
    /// For the requester to read; may be empty.
    pub reason: String,
}

/// Takes a Request back.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Withdraw {
    /// For the other side to read; may be empty.
    pub reason: String,
}

/// Why a Delete was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum EndReason {
    /// A user or admin deleted the link.
    Deleted,
    /// The user lost the record-sharing right.
    RightDisabled,
    /// The user was disabled or deleted.
    UserGone,
    /// The agreed end date passed.
    Expired,
    /// The peer was removed.
    PeerRemoved,
}

/// Ends a link.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Delete {
    /// Why.
    pub reason: EndReason,
    /// For the other side to read; may be empty.
    pub note: String,
}

/// Changes the terms: narrowing by the owner's word alone, widening by both.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Amend {
    /// The whole new terms.
    pub terms: Terms,
    /// The other side's Amend that this one agrees to, [`StatementHash::NONE`] for a proposal or a narrowing.
    pub agrees_to: StatementHash,
}

/// Suspends a link.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Freeze {
    /// For people.
    pub reason: String,
}

/// Ends a Freeze of the same issuer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Thaw {
    /// The Freeze that ends.
    pub freeze: StatementHash,
}

/// Declares that copies are kept by law.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Hold {
    /// The law or rule.
    pub basis: String,
    /// When the copies will be erased (milliseconds since 1970, UTC).
    pub until_ms: i64,
    /// How many copies.
    pub count: u64,
    /// Merkle root over (record, version id) of the held copies.
    pub root: [u8; 32],
}

/// How far a removal has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum ReceiptLevel {
    /// The removal is durable: no restart brings a copy back.
    Removed,
    /// Removed, and no program holds the old file open any more.
    Erased,
}

/// What a receipt covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum RemovalCover {
    /// Everything the link ever brought.
    Link {
        /// The statement that ended the link.
        end: StatementHash,
    },
    /// Records withdrawn from a link that goes on.
    Part {
        /// Epoch of the withdrawals.
        epoch: u64,
        /// Last log sequence that the receipt covers.
        upto: u64,
    },
}

/// Says that copies were removed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Receipt {
    /// How far the removal has come.
    pub level: ReceiptLevel,
    /// What it covers.
    pub cover: RemovalCover,
    /// How many copies were removed.
    pub count: u64,
    /// Merkle root over (record, version id) in record order; the list travels in chunks beside the receipt.
    pub root: [u8; 32],
    /// How many chunks the list has.
    pub chunks: u32,
    /// When the removal was durable (milliseconds since 1970, UTC).
    pub removed_at_ms: i64,
    /// How many copies are kept under declared holds.
    pub held: u64,
    /// The Hold statements that say why.
    pub holds: Vec<StatementHash>,
}

/// Who signed a key set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub enum KeySetAuthority {
    /// The root key.
    Root,
    /// The recovery key named in the set before; from here on the root signs nothing.
    Recovery,
}

/// One link of an office's chain of keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct KeySet {
    /// Counts from 1 without gaps.
    pub version: u32,
    /// Who signs this set.
    pub authority: KeySetAuthority,
    /// The root public key; SHA-256 of it is the office id.
    pub root_key: [u8; 32],
    /// Ed25519 public key for statements.
    pub statement_key: [u8; 32],
    /// SHA-256 of the SubjectPublicKeyInfo of each TLS certificate in use.
    pub tls_pins: Vec<[u8; 32]>,
    /// Ed25519 public key that may replace the root, all zero for none.
    pub recovery_key: [u8; 32],
    /// Until when the keys sign new links (milliseconds since 1970, UTC).
    pub not_after_ms: i64,
    /// Hash of the set before, [`StatementHash::NONE`] for the first.
    pub previous: StatementHash,
}

/// Takes a key back.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Revoke {
    /// The public key.
    pub key: [u8; 32],
    /// Epoch of the cut.
    pub epoch: Epoch,
    /// Last sequence that still counts; nothing later does, whatever time it claims.
    pub sequence: u64,
}

/// Announces a new epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct EpochNotice {
    /// The new epoch.
    pub epoch: Epoch,
    /// The highest epoch that this peer had reported of us, if any.
    pub quotes: Option<Epoch>,
    /// The office that reported it.
    pub reported_by: OfficeId,
}

/// The head of the issuer's audit chain.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Head {
    /// Number of the last audit line.
    pub sequence: u64,
    /// Hash over the chain up to it.
    pub hash: [u8; 32],
}

/// Runs the macro `$then!` with the list of kinds and their types, so that neither `Body`, encoding nor decoding can miss one.
macro_rules! for_each_body {
    ($then:ident) => {
        $then! {
            Request(Request),
            Accept(Accept),
            Decline(Decline),
            Withdraw(Withdraw),
            Delete(Delete),
            Amend(Amend),
            Freeze(Freeze),
            Thaw(Thaw),
            Hold(Hold),
            Receipt(Receipt),
            KeySet(KeySet),
            Revoke(Revoke),
            Epoch(EpochNotice),
            Head(Head),
        }
    };
}

pub(super) use for_each_body;

macro_rules! bodies {
    ($($name:ident($type:ty),)*) => {
        /// The body of a statement of a known kind and version.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Body {
            $(#[doc = concat!("See [`", stringify!($type), "`].")] $name($type),)*
        }

        impl Body {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)*
                }
            }
        }

        $(impl From<$type> for Body {
            fn from(body: $type) -> Self {
                Self::$name(body)
            }
        })*
    };
}

for_each_body!(bodies);
