//! Digests over what a reader holds: a sum of link-keyed hashes, so that one change costs one hash and order does not matter.

use bincode::{Decode, Encode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::epoch::Version;
use crate::ids::{RecordId, VersionId};

/// The sum, modulo 2^256, of the hashes of everything held; little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
pub struct SetDigest(pub [u8; 32]);

impl SetDigest {
    /// The digest of nothing.
    pub const EMPTY: Self = Self([0; 32]);

    /// Counts `hash` in.
    pub fn add(&mut self, hash: &[u8; 32]) {
        let mut carry = 0u16;
        for (sum, byte) in self.0.iter_mut().zip(hash) {
            let total = u16::from(*sum) + u16::from(*byte) + carry;
            *sum = total as u8;
            carry = total >> 8;
        }
    }

    /// Counts `hash` out.
    pub fn subtract(&mut self, hash: &[u8; 32]) {
        let mut borrow = 0i16;
        for (sum, byte) in self.0.iter_mut().zip(hash) {
            let total = i16::from(*sum) - i16::from(*byte) - borrow;
            *sum = total as u8;
            borrow = i16::from(total < 0);
        }
    }
}

/// The random key of one link, known to its two offices: keys digests and version ids.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret([u8; 32]);

impl LinkSecret {
    /// The secret that a Request carries.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash that counts for a held record version.
    pub fn item_hash(&self, record: RecordId, version: Version) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(record.0);
        hash.update(version.epoch.to_be_bytes());
        hash.update(version.counter.to_be_bytes());
        hash.finalize().into()
    }

    /// What a receipt says of a record version.
    pub fn version_id(&self, record: RecordId, version: Version) -> VersionId {
        // HMAC fills a short key up with zeros to its block; done here since the block-sized constructor can't fail.
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&key.into());
        key.zeroize();
        mac.update(b"interoffice/v1/version-id\0");
        mac.update(&record.0);
        mac.update(&version.epoch.to_be_bytes());
        mac.update(&version.counter.to_be_bytes());
        VersionId(mac.finalize().into_bytes().into())
    }
}

impl Drop for LinkSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}
