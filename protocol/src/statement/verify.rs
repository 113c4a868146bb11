//! Checking: the only place where a [`Verified`] statement comes into being.

use bincode::Decode;
use ed25519_dalek::{Signature, VerifyingKey};

use super::body::for_each_body;
use super::{Body, Envelope, HoldTerms, Kind, RemovalCover, Signed, Subject, Terms, link_id, signing_bytes};
use crate::epoch::Epoch;
use crate::ids::{LinkId, OfficeId, StatementHash};
use crate::limits::{self, OutOfBounds, check_counter};
use crate::wire::codec;

/// A statement whose signature, signer, addressing and bounds were checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    signed: Signed,
    hash: StatementHash,
    envelope: Envelope,
    body: Body,
}

/// Why a statement was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    /// A kind this program does not know: answered Unsupported, never misbehaviour.
    #[error("statements of kind {0} are not known here")]
    UnknownKind(u8),
    /// A version of a known kind that this program does not know.
    #[error("version {version} of {kind:?} statements is not known here")]
    UnknownVersion {
        /// The kind.
        kind: Kind,
        /// Its version.
        version: u8,
    },
    /// An extension that must be understood and is not.
    #[error("the critical extension {0} is not known here")]
    UnknownExtension(u16),
    /// The payload does not decode.
    #[error("the payload is malformed: {0}")]
    Malformed(#[from] codec::Malformed),
    /// A text or list is over its bound, or a name breaks its rule.
    #[error("{0} is out of bounds")]
    OutOfBounds(&'static str),
    /// `from` is not the office on the other end of the connection.
    #[error("the statement is from another office")]
    ForeignFrom,
    /// `to` is not this office.
    #[error("the statement is for another office")]
    ForeignTo,
    /// The subject does not fit the kind.
    #[error("the subject does not fit the kind")]
    WrongSubject,
    /// The key set that is named does not exist in the issuer's chain.
    #[error("key set {0} is not in the issuer's chain")]
    UnknownKeySet(u32),
    /// The key set is past its end, and the kind is not one that an expired set may still sign.
    #[error("the issuer's key set has expired")]
    ExpiredKeySet,
    /// The signature does not fit.
    #[error("the signature is wrong")]
    BadSignature,
}

impl Verified {
    /// The statement as it was received.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    /// Its hash.
    pub fn hash(&self) -> StatementHash {
        self.hash
    }

    /// Its envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Its body.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The issuing office.
    pub fn from(&self) -> OfficeId {
        self.envelope.from
    }

    /// The link it is about, computed for a Request; `None` for office statements.
    pub fn link(&self) -> Option<LinkId> {
        match &self.envelope.subject {
            Subject::Office => None,
            Subject::Opening { .. } => Some(link_id(&self.signed.payload)),
            Subject::Link { link, .. } => Some(*link),
        }
    }

    /// A statement from this office's own store, which was verified or signed here before it was written: its signature and key
    /// set are not looked at again, since keys may have expired meanwhile.
    pub fn from_store(signed: Signed) -> Result<Self, VerifyFault> {
        open(signed)
    }
}

pub(super) fn check_signature(signed: &Signed, key: &[u8; 32]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key) else { return false };
    !key.is_weak() && key.verify_strict(&signing_bytes(signed), &Signature::from_bytes(&signed.signature)).is_ok()
}

impl From<OutOfBounds> for VerifyFault {
    fn from(OutOfBounds(what): OutOfBounds) -> Self {
        Self::OutOfBounds(what)
    }
}

/// Decodes and checks all but the signature and who may have made it: that needs the chain of keys, see `chain` and `received`.
pub(super) fn open(signed: Signed) -> Result<Verified, VerifyFault> {
    let kind = Kind::from_byte(signed.kind).ok_or(VerifyFault::UnknownKind(signed.kind))?;
    if signed.version != 1 {
        return Err(VerifyFault::UnknownVersion { kind, version: signed.version });
    }
    let (envelope, body) = decode_payload(kind, &signed.payload)?;
    check_envelope(kind, &envelope)?;
    check_body(&body)?;
    check_numbers(&body)?;
    Ok(Verified { hash: signed.hash(), signed, envelope, body })
}

macro_rules! decode_bodies {
    ($($name:ident($type:ty),)*) => {
        fn decode_payload(kind: Kind, payload: &[u8]) -> Result<(Envelope, Body), codec::Malformed> {
            match kind {
                $(Kind::$name => both(payload, Body::$name),)*
            }
        }
    };
}

for_each_body!(decode_bodies);

fn both<T: Decode<()>>(payload: &[u8], wrap: fn(T) -> Body) -> Result<(Envelope, Body), codec::Malformed> {
    let (envelope, body): (Envelope, T) = codec::decode_control(payload)?;
    Ok((envelope, wrap(body)))
}

fn check_envelope(kind: Kind, envelope: &Envelope) -> Result<(), VerifyFault> {
    envelope.epoch.check()?;
    check_counter(envelope.sequence, "the sequence of a statement")?;
    if envelope.extensions.len() > limits::EXTENSIONS_MAX
        || envelope.extensions.iter().any(|extension| extension.bytes.len() > limits::EXTENSION_BYTES_MAX)
    {
        return Err(VerifyFault::OutOfBounds("the list of extensions"));
    }
    if let Some(extension) = envelope.extensions.iter().find(|extension| extension.critical) {
        return Err(VerifyFault::UnknownExtension(extension.tag));
    }
    let fits = match (&envelope.subject, kind) {
        (Subject::Opening { owner, reader }, Kind::Request) => owner.is_valid() && reader.is_valid(),
        (Subject::Office, Kind::KeySet | Kind::Revoke | Kind::Epoch | Kind::Head) => true,
        (
            Subject::Link { owner, reader, .. },
            Kind::Accept
            | Kind::Decline
            | Kind::Withdraw
            | Kind::Delete
            | Kind::Amend
            | Kind::Freeze
            | Kind::Thaw
            | Kind::Hold
            | Kind::Receipt,
        ) => owner.is_valid() && reader.is_valid(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(VerifyFault::WrongSubject) }
}

fn check_body(body: &Body) -> Result<(), VerifyFault> {
    let text = match body {
        Body::Request(request) => &request.terms.purpose,
        Body::Accept(accept) => &accept.terms.purpose,
        Body::Amend(amend) => &amend.terms.purpose,
        Body::Decline(decline) => &decline.reason,
        Body::Withdraw(withdraw) => &withdraw.reason,
        Body::Delete(delete) => &delete.note,
        Body::Freeze(freeze) => &freeze.reason,
        Body::Hold(hold) => &hold.basis,
        Body::Receipt(receipt) if receipt.holds.len() > limits::LIST_CHUNK_ENTRIES => {
            return Err(VerifyFault::OutOfBounds("the list of holds"));
        }
        Body::KeySet(set) if set.tls_pins.len() > limits::TLS_PINS_MAX || set.tls_pins.is_empty() => {
            return Err(VerifyFault::OutOfBounds("the list of TLS pins"));
        }
        _ => return Ok(()),
    };
    if text.len() > limits::STATEMENT_TEXT_BYTES_MAX { Err(VerifyFault::OutOfBounds("a text")) } else { Ok(()) }
}

/// Numbers that count something stay where they can be kept and counted on.
fn check_numbers(body: &Body) -> Result<(), OutOfBounds> {
    let amount = |number| check_counter(number, "an amount");
    let terms = |terms: &Terms| match terms.hold {
        HoldTerms::None => Ok(()),
        HoldTerms::Declared { longest_s } => amount(longest_s),
    };
    match body {
        Body::Receipt(receipt) => {
            amount(receipt.count)?;
            amount(receipt.held)?;
            match receipt.cover {
                RemovalCover::Link { .. } => Ok(()),
                RemovalCover::Part { epoch, upto } => {
                    check_counter(epoch, "the counter of an epoch")?;
                    check_counter(upto, "the sequence of a log")
                }
            }
        }
        Body::Hold(hold) => amount(hold.count),
        Body::Revoke(revoke) => {
            revoke.epoch.check()?;
            check_counter(revoke.sequence, "the sequence of a statement")
        }
        Body::Epoch(notice) => {
            notice.epoch.check()?;
            notice.quotes.iter().try_for_each(Epoch::check)
        }
        Body::Head(head) => check_counter(head.sequence, "the number of an audit line"),
        Body::Request(request) => terms(&request.terms),
        Body::Accept(accept) => terms(&accept.terms),
        Body::Amend(amend) => terms(&amend.terms),
        Body::Decline(_) | Body::Withdraw(_) | Body::Delete(_) | Body::Freeze(_) | Body::Thaw(_) | Body::KeySet(_) => Ok(()),
    }
}
