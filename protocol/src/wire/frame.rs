//! Frames: kind, version, length, body. The longest body of each kind is known before a byte of it is read.

use super::codec::Malformed;
use crate::limits::{CONTROL_FRAME_BYTES, DATA_FRAME_BYTES, FRAME_HEADER_BYTES};

/// First kind number of statements: a statement frame's kind is this plus the statement kind.
pub const STATEMENT_KINDS_FROM: u8 = 64;

/// Kinds of frames that are not statements. The numbers are part of the wire format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum FrameKind {
    /// Greeting.
    Hello = 1,
    /// Names the lane of a stream.
    Lane = 2,
    /// A step of a pairing.
    Pair = 3,
    /// Answer to a statement.
    Answer = 4,
    /// Part of a removal list.
    ListChunk = 5,
    /// Probe.
    Ping = 6,
    /// Ask for renewal of leases.
    LeaseAsk = 7,
    /// Renewal of leases.
    Renewal = 8,
    /// How far a reader got.
    Resume = 32,
    /// A run of a link's log.
    Batch = 33,
    /// A batch is durable.
    BatchAck = 34,
    /// The link has ended.
    Gone = 35,
    /// Ask for an inventory.
    InventoryAsk = 36,
    /// Part of an inventory.
    Inventory = 37,
    /// A proposed change.
    Proposal = 38,
    /// The answer to a proposal.
    ProposalAnswer = 39,
}

impl FrameKind {
    /// Every kind, in number order.
    pub const ALL: [Self; 16] = [
        Self::Hello,
        Self::Lane,
        Self::Pair,
        Self::Answer,
        Self::ListChunk,
        Self::Ping,
        Self::LeaseAsk,
        Self::Renewal,
        Self::Resume,
        Self::Batch,
        Self::BatchAck,
        Self::Gone,
        Self::InventoryAsk,
        Self::Inventory,
        Self::Proposal,
        Self::ProposalAnswer,
    ];

    /// The kind with this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The six bytes before a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHeader {
    /// Number of the kind; unknown ones are skipped by their length.
    pub kind: u8,
    /// Version of the body's shape.
    pub version: u8,
    /// Bytes of the body.
    pub length: u32,
}

/// A frame: header and body as one run of bytes, and its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Number of the kind.
    pub kind: u8,
    /// Version of the body's shape.
    pub version: u8,
    /// The body.
    pub body: Vec<u8>,
}

/// A frame that claims a longer body than its kind may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of kind {kind} claims {length} bytes where at most {most} may stand")]
pub struct Oversized {
    /// Number of the kind.
    pub kind: u8,
    /// Claimed length (bytes).
    pub length: u32,
    /// Longest body of the kind (bytes).
    pub most: usize,
}

/// Why a frame of a known kind is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Its body is longer than its kind may be.
    #[error(transparent)]
    Oversized(#[from] Oversized),
    /// Its body does not decode.
    #[error("a frame of kind {kind} is malformed: {cause}")]
    Malformed {
        /// Number of the kind.
        kind: u8,
        /// What is wrong with the bytes.
        cause: Malformed,
    },
    /// Its body decodes, and something in it is over its bound or breaks a rule.
    #[error("{what} in a frame of kind {kind} is out of bounds")]
    OutOfBounds {
        /// Number of the kind.
        kind: u8,
        /// The text, list or number.
        what: &'static str,
    },
}

/// Longest body of a kind (bytes); unknown kinds may be as long as a control frame.
pub fn longest_body(kind: u8) -> usize {
    match FrameKind::from_byte(kind) {
        Some(FrameKind::Batch | FrameKind::Proposal | FrameKind::ProposalAnswer) => DATA_FRAME_BYTES,
        _ => CONTROL_FRAME_BYTES,
    }
}

impl FrameHeader {
    /// The header in `bytes`, refused when the length is over the kind's bound.
    pub fn decode(bytes: [u8; FRAME_HEADER_BYTES]) -> Result<Self, Oversized> {
        let [kind, version, a, b, c, d] = bytes;
        let header = Self { kind, version, length: u32::from_be_bytes([a, b, c, d]) };
        let most = longest_body(kind);
        if header.length as usize > most { Err(Oversized { kind, length: header.length, most }) } else { Ok(header) }
    }
}

impl Frame {
    /// Header and body as they stand on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES + self.body.len());
        bytes.push(self.kind);
        bytes.push(self.version);
        bytes.extend_from_slice(&(self.body.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
