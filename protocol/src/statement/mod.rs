//! Statements: what an office declares under its signature, and can never take back.
//!
//! A statement is signed over the bytes that were sent; whoever checks one checks those bytes and never encodes again.
//! [`Signed`] is what travels and is stored. [`Verified`] is a statement whose signature, key set, addressing and bounds
//! were checked; it is made in `verify.rs` alone, and nothing else can change a link.

mod body;
mod chain;
mod envelope;
mod received;
mod sign;
mod verify;

use std::fmt;

use bincode::{Decode, Encode};

pub use body::{
    Accept, Amend, Body, Decline, Delete, EndReason, EpochNotice, Freeze, Head, Hold, HoldTerms, KeySet, KeySetAuthority, Receipt,
    ReceiptLevel, RemovalCover, Request, Revoke, Terms, Thaw, Withdraw,
};
pub use chain::{Chain, ChainFault, ChainStep, office_id};
pub use envelope::{Audience, Envelope, Extension, Subject};
pub use received::{said_by, verify};
pub use sign::{Signer, link_id, signing_bytes};
pub use verify::{Verified, VerifyFault};

use crate::ids::StatementHash;
use crate::wire::codec;

/// The kinds of statements. The numbers are part of the wire format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Asks a user of another office to receive records.
    Request = 1,
    /// Agrees to a Request.
    Accept = 2,
    /// Turns a Request down.
    Decline = 3,
    /// Takes a Request back before it was answered.
    Withdraw = 4,
    /// Ends a link, from either side.
    Delete = 5,
    /// Changes level, scope, purpose or end date.
    Amend = 6,
    /// Suspends a link.
    Freeze = 7,
    /// Ends a Freeze.
    Thaw = 8,
    /// Declares that copies are kept because a law demands it.
    Hold = 9,
    /// Says that copies were removed.
    Receipt = 10,
    /// The next set of keys of an office.
    KeySet = 11,
    /// Takes a key back, from a cut on.
    Revoke = 12,
    /// Announces a new life of the office's database.
    Epoch = 13,
    /// The head of the issuer's audit chain.
    Head = 14,
}

impl Kind {
    /// Every kind, in wire order.
    pub const ALL: [Self; 14] = [
        Self::Request,
        Self::Accept,
        Self::Decline,
        Self::Withdraw,
        Self::Delete,
        Self::Amend,
        Self::Freeze,
        Self::Thaw,
        Self::Hold,
        Self::Receipt,
        Self::KeySet,
        Self::Revoke,
        Self::Epoch,
        Self::Head,
    ];

    /// The kind with this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// The kind's name, as it stands in the signed domain prefix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
            Self::Delete => "delete",
            Self::Amend => "amend",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Hold => "hold",
            Self::Receipt => "receipt",
            Self::KeySet => "key-set",
            Self::Revoke => "revoke",
            Self::Epoch => "epoch",
            Self::Head => "head",
        }
    }
}

/// A statement as it travels: kind and version outside, payload as the issuer encoded it, and the signature over all of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct Signed {
    /// Number of the kind; may be one this program does not know.
    pub kind: u8,
    /// Version of the payload's shape.
    pub version: u8,
    /// Version of the key set whose key signed; 0 for the root or recovery key.
    pub key_set_version: u32,
    /// The encoded envelope and body.
    pub payload: Vec<u8>,
    /// Ed25519 over [`signing_bytes`].
    pub signature: [u8; 64],
}

impl Signed {
    /// The statement's hash: what requests, acknowledgements and later statements name it by.
    pub fn hash(&self) -> StatementHash {
        sign::statement_hash(self)
    }

    /// The envelope as it stands in the payload, unchecked: all that can be read of a statement whose kind, version or extension is
    /// not known here. `None` when it has another shape.
    pub fn envelope(&self) -> Option<Envelope> {
        codec::decode_head(&self.payload).ok()
    }
}

impl fmt::Debug for Signed {
    /// Names the statement and leaves its payload out: a Request's holds the secret of its link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, version, key_set_version, .. } = self;
        write!(f, "Signed(kind {kind}, version {version}, key set {key_set_version}, {})", self.hash())
    }
}
