//! The closed list of messages, the lane each may travel on, and the way between a message and its frame.

use bincode::Decode;

use super::{
    Answer, Batch, BatchAck, Gone, Hello, Inventory, InventoryAsk, Lane, LeaseAsk, ListChunk, Pair, Ping, Proposal, ProposalAnswer,
    Renewal, Resume,
};
use crate::limits::{DATA_FRAME_BYTES, OutOfBounds};
use crate::seeded::{Bug, planted};
use crate::statement::{Kind, Signed};
use crate::wire::codec::{self, Malformed};
use crate::wire::frame::{Frame, FrameFault, FrameKind, Oversized, STATEMENT_KINDS_FROM, longest_body};

/// The only version of every message so far; a new shape gets a new number.
pub const MESSAGE_VERSION: u8 = 1;

macro_rules! messages {
    ($($name:ident,)*) => {
        /// Anything that one office sends another.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Message {
            /// A statement, of a kind known here or not; it is checked by [`crate::statement::verify`], not here.
            Statement(Signed),
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
        }

        $(impl From<$name> for Message {
            fn from(message: $name) -> Self {
                Self::$name(message)
            }
        })*

        impl Message {
            /// Number of the frame kind.
            pub fn kind(&self) -> u8 {
                match self {
                    Self::Statement(signed) => statement_frame_kind(signed),
                    $(Self::$name(_) => FrameKind::$name as u8,)*
                }
            }

            /// The message as a frame.
            pub fn to_frame(&self) -> Frame {
                match self {
                    Self::Statement(signed) => Frame {
                        kind: statement_frame_kind(signed),
                        version: signed.version,
                        body: codec::encode(&(signed.key_set_version, &signed.payload, &signed.signature)),
                    },
                    $(Self::$name(message) => {
                        Frame { kind: FrameKind::$name as u8, version: MESSAGE_VERSION, body: codec::encode(message) }
                    })*
                }
            }

            fn decode(kind: FrameKind, body: &[u8]) -> Result<Self, Malformed> {
                match kind {
                    $(FrameKind::$name => decode_body(kind as u8, body).map(Self::$name),)*
                }
            }
        }
    };
}

messages! {
    Hello,
    Lane,
    Pair,
    Answer,
    ListChunk,
    Ping,
    LeaseAsk,
    Renewal,
    Resume,
    Batch,
    BatchAck,
    Gone,
    InventoryAsk,
    Inventory,
    Proposal,
    ProposalAnswer,
}

/// The lane that frames of this kind travel on. `None` for [`Lane`] itself, which opens a stream of either lane and may stand
/// nowhere else, and for unknown kinds, which are skipped wherever they come.
pub fn lane(kind: u8) -> Option<Lane> {
    if planted(Bug::EndBehindData) && kind == STATEMENT_KINDS_FROM + Kind::Delete as u8 {
        return Some(Lane::Data);
    }
    if kind >= STATEMENT_KINDS_FROM {
        return Some(Lane::Control);
    }
    match FrameKind::from_byte(kind)? {
        FrameKind::Lane => None,
        FrameKind::Hello
        | FrameKind::Pair
        | FrameKind::Answer
        | FrameKind::ListChunk
        | FrameKind::Ping
        | FrameKind::LeaseAsk
        | FrameKind::Renewal => Some(Lane::Control),
        FrameKind::Resume
        | FrameKind::Batch
        | FrameKind::BatchAck
        | FrameKind::Gone
        | FrameKind::InventoryAsk
        | FrameKind::Inventory
        | FrameKind::Proposal
        | FrameKind::ProposalAnswer => Some(Lane::Data),
    }
}

impl Message {
    /// The lane it travels on, see [`lane`].
    pub fn lane_kind(&self) -> Option<Lane> {
        lane(self.kind())
    }

    /// The message in `frame`, decoded and checked against every bound. `None` for an unknown kind or version, which is skipped;
    /// unknown kinds of statements are returned, so that the answer Unsupported can name their hash.
    ///
    /// # Errors
    /// [`FrameFault`] when the body is too long, does not decode, or holds something out of bounds.
    pub fn from_frame(frame: &Frame) -> Result<Option<Self>, FrameFault> {
        let most = longest_body(frame.kind);
        if frame.body.len() > most {
            let length = u32::try_from(frame.body.len()).unwrap_or(u32::MAX);
            return Err(Oversized { kind: frame.kind, length, most }.into());
        }
        let malformed = |cause| FrameFault::Malformed { kind: frame.kind, cause };
        if frame.kind >= STATEMENT_KINDS_FROM {
            return statement(frame).map(Some).map_err(malformed);
        }
        let Some(kind) = FrameKind::from_byte(frame.kind).filter(|_| frame.version == MESSAGE_VERSION) else { return Ok(None) };
        let message = Self::decode(kind, &frame.body).map_err(malformed)?;
        message.check().map_err(|OutOfBounds(what)| FrameFault::OutOfBounds { kind: frame.kind, what })?;
        Ok(Some(message))
    }

    /// Checks every bound that decoding does not; who sends keeps them too.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        match self {
            Self::Hello(hello) => hello.check(),
            Self::Answer(answer) => answer.check(),
            Self::ListChunk(chunk) => chunk.check(),
            Self::Renewal(renewal) => renewal.check(),
            Self::Resume(resume) => resume.check(),
            Self::Batch(batch) => batch.check(),
            Self::BatchAck(ack) => ack.check(),
            Self::Inventory(inventory) => inventory.check(),
            Self::Proposal(proposal) => proposal.check(),
            Self::ProposalAnswer(answer) => answer.check(),
            Self::Statement(_)
            | Self::Lane(_)
            | Self::Pair(_)
            | Self::Ping(_)
            | Self::LeaseAsk(_)
            | Self::Gone(_)
            | Self::InventoryAsk(_) => Ok(()),
        }
    }
}

impl From<Signed> for Message {
    fn from(signed: Signed) -> Self {
        Self::Statement(signed)
    }
}

/// Frame kinds are one byte, so statement kinds end at 191; our own are far below, and only those are ever sent.
fn statement_frame_kind(signed: &Signed) -> u8 {
    STATEMENT_KINDS_FROM.saturating_add(signed.kind)
}

/// Kind and version stand in the frame header alone, so header and statement can't contradict each other.
fn statement(frame: &Frame) -> Result<Message, Malformed> {
    let (key_set_version, payload, signature) = codec::decode_control(&frame.body)?;
    Ok(Message::Statement(Signed { kind: frame.kind - STATEMENT_KINDS_FROM, version: frame.version, key_set_version, payload, signature }))
}

fn decode_body<T: Decode<()>>(kind: u8, body: &[u8]) -> Result<T, Malformed> {
    if longest_body(kind) == DATA_FRAME_BYTES { codec::decode_data(body) } else { codec::decode_control(body) }
}
