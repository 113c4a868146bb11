//! What a peer can do wrong: a closed list of facts, each with one consequence and words for an admin.
//!
//! Four things are not on it. A kind, version or critical extension that is not known here is answered Unsupported. A batch
//! for a link that has ended here is answered Gone. A gap in the order is answered with where we are. A digest that differs
//! leads to an inventory. All four happen between honest offices.

use crate::limits::OutOfBounds;
use crate::link::Misfit;
use crate::statement::{ChainFault, VerifyFault};
use crate::wire::codec::Malformed;
use crate::wire::frame::{FrameFault, Oversized};

/// What follows from a misbehaviour. A later one includes the earlier ones: whatever was sent changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Consequence {
    /// Nothing: it is counted, and that is all.
    Ignore,
    /// The message is answered as refused; the connection goes on.
    RefuseMessage,
    /// The connection is closed; the peer may come back after a pause.
    DropConnection,
    /// The connection is closed, and an admin must look before the peer is trusted again.
    DropAndTellAdmin,
}

/// One thing a peer did wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misbehaviour {
    /// An office that is not paired, and holds no valid invite.
    #[error("an unknown office without a valid invite")]
    UnknownOffice,
    /// A paired office that an admin blocked speaks of anything but what it still owes.
    #[error("a blocked office")]
    BlockedOffice,
    /// A greeting addressed to another office.
    #[error("a greeting for another office")]
    ForeignHello,
    /// A chain of key sets that does not hold.
    #[error("a broken chain of key sets: {0}")]
    BrokenChain(ChainFault),
    /// A chain that is valid by itself and contradicts the one we know.
    #[error("a chain of key sets that contradicts the one known here")]
    ForkedChain,
    /// A chain that lacks key sets which this peer showed before.
    #[error("a chain of key sets that is older than the one known here")]
    ChainWentBack,
    /// A TLS certificate that the newest key set does not name.
    #[error("a certificate that the newest key set does not name")]
    PinMismatch,
    /// An epoch older than one this peer spoke in before.
    #[error("an epoch older than the last one")]
    EpochWentBack,
    /// Two epochs with equal counters: two copies of one office are alive.
    #[error("two live copies of one office")]
    TwinOffice,
    /// It says it heard an epoch of ours that we can't have reached.
    #[error("a report of an epoch that can't be ours")]
    EpochImplausible,
    /// A message before the greeting.
    #[error("a message before the greeting")]
    BeforeHello,
    /// A second greeting on one connection.
    #[error("a second greeting")]
    SecondHello,
    /// A step of a pairing that does not follow on the one before, or between offices that are paired.
    #[error("a pairing step out of turn")]
    PairingOutOfTurn,
    /// More pairing attempts than a minute allows.
    #[error("too many pairing attempts")]
    TooManyPairings,
    /// A message on the lane of the other kind.
    #[error("a message on the wrong lane")]
    WrongLane,
    /// A frame longer than its kind may be.
    #[error(transparent)]
    Oversized(Oversized),
    /// Bytes that do not decode.
    #[error("malformed: {0}")]
    Malformed(Malformed),
    /// A text, list or number over its bound.
    #[error("{0} is out of bounds")]
    OutOfBounds(&'static str),
    /// A statement for another office.
    #[error("a statement for another office")]
    WrongRecipient,
    /// A statement from another office than the one on the other end.
    #[error("a statement from another office")]
    ForeignStatement,
    /// A statement whose signature is wrong.
    #[error("a wrong signature")]
    BadSignature,
    /// A statement signed under a key set that the chain does not have.
    #[error("a statement under key set {0}, which is not in the chain")]
    UnknownKeySet(u32),
    /// A statement signed under a key set past its end.
    #[error("a statement under an expired key set")]
    ExpiredKeySet,
    /// A statement about something its kind can't be about.
    #[error("a statement whose subject does not fit its kind")]
    WrongSubject,
    /// A statement whose link, users or request contradict the link's Request.
    #[error("a statement that contradicts the link's request")]
    WrongLink,
    /// A statement that only the other side of the link may make.
    #[error("a statement that the other side of the link may make")]
    WrongSide,
    /// An Accept of terms that were not asked for.
    #[error("an accept of other terms than were requested")]
    OtherTerms,
    /// Two statements with one place in the issuer's order.
    #[error("two different statements with one sequence number")]
    Equivocation,
    /// A statement that does not name the one before it.
    #[error("a statement that does not name the one before it")]
    BrokenOrder,
    /// More control statements than the rate allows.
    #[error("too many statements")]
    TooManyStatements,
    /// More unanswered Requests than one peer may have waiting, or more statements on an unknown link than are kept.
    #[error("too many statements wait")]
    TooManyWaiting,
    /// A batch, inventory, proposal or resume for a link in which the peer does not have that part.
    #[error("a message for a link in which the peer has no such part")]
    BatchForForeignLink,
    /// A renewal that answers no question of ours.
    #[error("a renewal that was not asked for")]
    RenewalUnasked,
    /// A receipt for an end or a withdrawal that never was.
    #[error("a receipt for a removal that nobody asked for")]
    ReceiptUnfounded,
    /// A removal list that does not give the signed count or root.
    #[error("a removal list that does not give the signed root")]
    ListDoesNotMatchRoot,
}

/// A statement is of a kind, version or critical extension that is not known here: answered Unsupported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not supported here")]
pub struct Unsupported;

/// All that follows from one misbehaviour.
struct Judgement {
    consequence: Consequence,
    bad_frame: bool,
    words: &'static str,
}

impl Misbehaviour {
    /// What follows.
    pub fn consequence(&self) -> Consequence {
        self.judgement().consequence
    }

    /// Whether it counts towards [`crate::limits::BAD_FRAMES_MAX`], after which the peer is cut off for a while.
    pub fn counts_as_bad_frame(&self) -> bool {
        self.judgement().bad_frame
    }

    /// What an admin is told: one sentence without names, and what to do where something can be done.
    pub fn words(&self) -> &'static str {
        self.judgement().words
    }

    /// The one table: no fact has two consequences, and the compiler sees that none is forgotten.
    fn judgement(&self) -> Judgement {
        use Consequence::{DropAndTellAdmin as Tell, DropConnection as Drop, Ignore, RefuseMessage as Refuse};
        let (consequence, bad_frame, words) = match self {
            Self::UnknownOffice => (Drop, false, "an office that is not paired with us tried to connect"),
            Self::BlockedOffice => (Refuse, false, "a blocked office tried to do more than settle what it owes"),
            Self::ForeignHello => (Drop, false, "the office meant to reach another one: check the address it was given"),
            Self::BrokenChain(_) => (Tell, true, "the office showed keys that do not hold together: ask its admin over the telephone"),
            Self::ForkedChain => {
                (Tell, false, "the office showed keys that contradict the known ones: its root key may be stolen, ask its admin")
            }
            Self::ChainWentBack => (Tell, false, "the office showed older keys than before: it may run from an old backup, ask its admin"),
            Self::PinMismatch => {
                (Tell, false, "the connection did not come from a certificate of that office: someone may stand in between")
            }
            Self::EpochWentBack => (Tell, false, "the office speaks from before a restore: an old copy of it may still be running"),
            Self::TwinOffice => (Tell, false, "two copies of the office are running: ask its admin to stop one"),
            Self::EpochImplausible => (Tell, true, "the office reports a history of ours that can't be: its data may be damaged"),
            Self::BeforeHello => (Drop, true, "the office spoke before it greeted"),
            Self::SecondHello => (Drop, true, "the office greeted twice on one connection"),
            Self::PairingOutOfTurn => (Drop, true, "the office took a pairing step out of turn: start the pairing again"),
            Self::TooManyPairings => (Drop, false, "too many pairing attempts in a minute: wait and try again"),
            Self::WrongLane => (Drop, true, "the office mixed up its lanes"),
            Self::Oversized(_) => (Drop, true, "the office sent a longer message than is allowed"),
            Self::Malformed(_) => (Drop, true, "the office sent bytes that make no sense"),
            Self::OutOfBounds(_) => (Refuse, true, "the office sent a text or list over its bound"),
            Self::WrongRecipient => (Refuse, true, "the office passed on a statement that was meant for another one"),
            Self::ForeignStatement => (Refuse, true, "the office passed on a statement of another one"),
            Self::BadSignature => (Tell, true, "the office sent a statement with a wrong signature"),
            Self::UnknownKeySet(_) => (Refuse, true, "the office signed with keys it never showed"),
            Self::ExpiredKeySet => (Refuse, false, "the office signed with expired keys: its admin must renew them"),
            Self::WrongSubject => (Refuse, true, "the office sent a statement about the wrong thing"),
            Self::WrongLink => (Refuse, true, "the office contradicted the request of a link"),
            Self::WrongSide => (Refuse, true, "the office said what only the other side of a link may say"),
            Self::OtherTerms => (Refuse, true, "the office accepted other terms than were requested"),
            Self::Equivocation => {
                (Tell, true, "the office signed two statements where only one may stand: an old copy of it may be running, ask its admin")
            }
            Self::BrokenOrder => (Tell, true, "the office's statements do not follow on each other: it may run from an old backup"),
            Self::TooManyStatements => (Drop, false, "the office sent statements faster than is allowed"),
            Self::TooManyWaiting => (Refuse, false, "the office has too many requests waiting"),
            Self::BatchForForeignLink => {
                (Refuse, true, "the office sent or asked for records under a link that does not give it that part")
            }
            Self::RenewalUnasked => (Ignore, false, "the office renewed leases without being asked"),
            Self::ReceiptUnfounded => (Refuse, true, "the office sent a receipt for a removal that nobody asked for"),
            Self::ListDoesNotMatchRoot => {
                (Tell, true, "the office's removal list does not match its signed receipt: do not count on the removal")
            }
        };
        Judgement { consequence, bad_frame, words }
    }
}

impl TryFrom<VerifyFault> for Misbehaviour {
    type Error = Unsupported;

    /// The misbehaviour behind a statement that was not accepted, or [`Unsupported`] when there is none.
    fn try_from(fault: VerifyFault) -> Result<Self, Unsupported> {
        Ok(match fault {
            VerifyFault::UnknownKind(_) | VerifyFault::UnknownVersion { .. } | VerifyFault::UnknownExtension(_) => return Err(Unsupported),
            VerifyFault::Malformed(malformed) => Self::Malformed(malformed),
            VerifyFault::OutOfBounds(what) => Self::OutOfBounds(what),
            VerifyFault::ForeignFrom => Self::ForeignStatement,
            VerifyFault::ForeignTo => Self::WrongRecipient,
            VerifyFault::WrongSubject => Self::WrongSubject,
            VerifyFault::UnknownKeySet(version) => Self::UnknownKeySet(version),
            VerifyFault::ExpiredKeySet => Self::ExpiredKeySet,
            VerifyFault::BadSignature => Self::BadSignature,
        })
    }
}

impl From<FrameFault> for Misbehaviour {
    fn from(fault: FrameFault) -> Self {
        match fault {
            FrameFault::Oversized(oversized) => Self::Oversized(oversized),
            FrameFault::Malformed { cause, .. } => Self::Malformed(cause),
            FrameFault::OutOfBounds { what, .. } => Self::OutOfBounds(what),
        }
    }
}

impl From<Oversized> for Misbehaviour {
    fn from(oversized: Oversized) -> Self {
        Self::Oversized(oversized)
    }
}

impl From<OutOfBounds> for Misbehaviour {
    fn from(OutOfBounds(what): OutOfBounds) -> Self {
        Self::OutOfBounds(what)
    }
}

impl From<ChainFault> for Misbehaviour {
    fn from(fault: ChainFault) -> Self {
        Self::BrokenChain(fault)
    }
}

impl From<Misfit> for Misbehaviour {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::OtherLink | Misfit::OtherParties => Self::WrongLink,
            Misfit::WrongSide => Self::WrongSide,
            Misfit::OtherTerms => Self::OtherTerms,
            Misfit::TooManyOrphans => Self::TooManyWaiting,
        }
    }
}
