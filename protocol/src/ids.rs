//! Identifiers that two offices exchange: fixed-length byte strings, compared as bytes and shown as lower-case base32.

use std::fmt;

use bincode::{Decode, Encode};
use data_encoding::BASE32_NOPAD;

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The identifier in `bytes`, or `None` when the length is another one.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self(bytes.try_into().ok()?))
            }

            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                BASE32_NOPAD
                    .decode(text.to_ascii_uppercase().as_bytes())
                    .ok()
                    .and_then(|bytes| Self::from_slice(&bytes))
                    .ok_or(BadId { what: stringify!($name) })
            }
        }
    };
}

/// A text that is not the base32 form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: copy it again, whole, as the program printed it")]
pub struct BadId {
    what: &'static str,
}

byte_id!(
    /// An office: SHA-256 of its Ed25519 root public key. Never changes.
    OfficeId, 32
);
byte_id!(
    /// A link: SHA-256 over a domain prefix and the payload bytes of its Request.
    LinkId, 32
);
byte_id!(
    /// A record at its home office (UUID v7 bytes), the same at every office that holds a copy.
    RecordId, 16
);
byte_id!(
    /// A related item (case, policy, investment, opportunity) at its home office (UUID v7 bytes).
    RelatedId, 16
);
byte_id!(
    /// A statement: SHA-256 over kind, version, key-set version and payload bytes.
    StatementHash, 32
);
byte_id!(
    /// 128 random bits that make two otherwise equal messages differ.
    Nonce, 16
);
byte_id!(
    /// A proposal of a change made at a reading office (UUID v4 bytes).
    ProposalId, 16
);
byte_id!(
    /// What a receipt says of one version of one record: an HMAC under the link's secret, so it tells a stranger nothing.
    VersionId, 32
);

impl StatementHash {
    /// Stands where there is no earlier statement.
    pub const NONE: Self = Self([0; 32]);
}
