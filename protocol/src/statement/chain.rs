//! Key sets: an office's chain of keys from its first to its newest, and how two such chains stand to each other.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::verify::{VerifyFault, check_signature, open};
use super::{Body, KeySet, KeySetAuthority, Signed};
use crate::ids::{OfficeId, StatementHash};
use crate::limits;

/// An office's chain of key sets, checked from the first to the last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    office: OfficeId,
    sets: Vec<KeySet>,
    signed: Vec<Signed>,
}

/// Why a chain was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No set at all, or more than the bound.
    #[error("a chain has {range:?} key sets, not {0}", range = RANGE)]
    Length(usize),
    /// A set is no valid statement.
    #[error("key set {index} is not a valid statement: {fault}")]
    Statement {
        /// Position from 0.
        index: usize,
        /// What is wrong with it.
        fault: VerifyFault,
    },
    /// The sets do not follow on each other, change the root, or claim another office.
    #[error("key set {0} does not follow on the one before")]
    Order(usize),
    /// A set is not signed by the root or recovery key that must sign it.
    #[error("key set {0} is not signed by the key that must sign it")]
    BadSignature(usize),
}

/// How a chain of key sets stands to one that was known before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChainStep {
    /// They are the same.
    Same,
    /// It goes on from the known one.
    Newer,
    /// The known one goes on from it.
    Older,
    /// It parts from the known one with a set signed by the recovery key, against one signed by the root.
    Outranks,
    /// It parts from the known one with a set signed by the root, against one signed by the recovery key.
    Outranked,
    /// It parts from the known one, and both are signed with equal right.
    Forked,
    /// It is another office's.
    OtherOffice,
}

const RANGE: RangeInclusive<usize> = 1..=limits::KEY_SETS_MAX;

impl Chain {
    /// Checks `sets`, oldest first.
    pub fn verify(sets: &[Signed]) -> Result<Self, ChainFault> {
        if !RANGE.contains(&sets.len()) {
            return Err(ChainFault::Length(sets.len()));
        }
        let mut checked: Vec<KeySet> = Vec::with_capacity(sets.len());
        let mut recovered = false;
        for (index, signed) in sets.iter().enumerate() {
            let verified = open(signed.clone()).map_err(|fault| ChainFault::Statement { index, fault })?;
            let Body::KeySet(set) = verified.body() else {
                return Err(ChainFault::Statement { index, fault: VerifyFault::WrongSubject });
            };
            let before = checked.last();
            let root = before.map_or(set.root_key, |before| before.root_key);
            let follows = set.version as usize == index + 1
                && set.previous == index.checked_sub(1).map_or(StatementHash::NONE, |before| sets[before].hash())
                && set.root_key == root
                && verified.envelope().from == office_id(&root)
                && signed.key_set_version == 0;
            if !follows {
                return Err(ChainFault::Order(index));
            }
            let key = match set.authority {
                KeySetAuthority::Root if !recovered => root,
                KeySetAuthority::Root => return Err(ChainFault::BadSignature(index)),
                KeySetAuthority::Recovery => {
                    recovered = true;
                    before.map(|before| before.recovery_key).filter(|key| *key != [0; 32]).ok_or(ChainFault::BadSignature(index))?
                }
            };
            if !check_signature(signed, &key) {
                return Err(ChainFault::BadSignature(index));
            }
            checked.push(set.clone());
        }
        Ok(Self { office: office_id(&checked[0].root_key), sets: checked, signed: sets.to_vec() })
    }

    /// The office.
    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// The newest key set.
    pub fn latest(&self) -> &KeySet {
        // A chain is never empty: `verify` refuses that.
        &self.sets[self.sets.len() - 1]
    }

    /// The key set with this version.
    pub fn set(&self, version: u32) -> Option<&KeySet> {
        self.sets.get((version as usize).checked_sub(1)?)
    }

    /// The sets as they were received.
    pub fn signed(&self) -> &[Signed] {
        &self.signed
    }

    /// Whether a TLS certificate with this SPKI hash is one of the office's present ones.
    pub fn accepts_pin(&self, spki_sha256: &[u8; 32]) -> bool {
        self.latest().tls_pins.contains(spki_sha256)
    }

    /// How this chain stands to the `known` one of the same office.
    ///
    /// Where two chains part, a set signed by the recovery key outranks one signed by the root: who uses the recovery key says
    /// that the root is lost or stolen.
    pub fn step_from(&self, known: &Chain) -> ChainStep {
        if self.office != known.office {
            return ChainStep::OtherOffice;
        }
        let same = self.signed.iter().zip(&known.signed).take_while(|(ours, theirs)| ours.hash() == theirs.hash()).count();
        match (self.sets.get(same), known.sets.get(same)) {
            (None, None) => ChainStep::Same,
            (Some(_), None) => ChainStep::Newer,
            (None, Some(_)) => ChainStep::Older,
            (Some(ours), Some(theirs)) => match (ours.authority, theirs.authority) {
                (KeySetAuthority::Recovery, KeySetAuthority::Root) => ChainStep::Outranks,
                (KeySetAuthority::Root, KeySetAuthority::Recovery) => ChainStep::Outranked,
                _ => ChainStep::Forked,
            },
        }
    }

    /// Whether this chain may take the place of `known`: it is the same, goes on from it, or outranks it.
    pub fn continues(&self, known: &Chain) -> bool {
        matches!(self.step_from(known), ChainStep::Same | ChainStep::Newer | ChainStep::Outranks)
    }
}

/// The office whose root public key is `root_key`.
pub fn office_id(root_key: &[u8; 32]) -> OfficeId {
    OfficeId(Sha256::digest(root_key).into())
}
