//! Greeting and pairing: the first frames of a connection.

use std::fmt;

use bincode::{Decode, Encode};

use crate::epoch::Epoch;
use crate::ids::{Nonce, OfficeId};
use crate::limits::{self, OutOfBounds};
use crate::names::is_plain;
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
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
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

impl Hello {
    /// Checks the bounds that decoding does not.
    ///
    /// Name and addresses are shown to people and written line by line, so they hold nothing that could drive a terminal or
    /// begin another line.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        self.epoch.check()?;
        self.heard_epoch.iter().try_for_each(Epoch::check)?;
        limits::check_counter(self.heard_sequence, "the sequence of a statement")?;
        limits::check_counter(self.issued_sequence, "the sequence of a statement")?;
        if self.chain.is_empty() || self.chain.len() > limits::KEY_SETS_MAX {
            return Err(OutOfBounds("the chain of key sets"));
        }
        if self.office_name.len() > limits::OFFICE_NAME_BYTES_MAX || self.office_name.trim().is_empty() || !is_plain(&self.office_name) {
            return Err(OutOfBounds("the office name"));
        }
        if self.addresses.len() > limits::ADDRESSES_MAX {
            return Err(OutOfBounds("the list of addresses"));
        }
        let fits = |address: &String| {
            (1..=limits::ADDRESS_BYTES_MAX).contains(&address.len()) && is_plain(address) && !address.contains(char::is_whitespace)
        };
        if !self.addresses.iter().all(fits) {
            return Err(OutOfBounds("an address"));
        }
        Ok(())
    }
}

impl fmt::Debug for Pair {
    /// Shows the step and never what is in it: a token or nonce in a log would let its reader take part.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { .. } => f.write_str("Start(..)"),
            Self::Commit { .. } => f.write_str("Commit(..)"),
            Self::Reveal { .. } => f.write_str("Reveal(..)"),
            Self::Confirmed => f.write_str("Confirmed"),
            Self::Refused { reason } => write!(f, "Refused({reason:?})"),
        }
    }
}
