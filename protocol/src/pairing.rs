//! Pairing two offices: commitments, and the words that both admins compare.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::OfficeId;
use crate::pairing_words::LIST;

/// The commitment to `nonce` that `office` sends before it reveals it.
pub fn commitment(office: OfficeId, nonce: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(b"interoffice/v1/pair-commit\0").chain_update(office.0).chain_update(nonce).finalize().into()
}

/// Whether `nonce` is what `office` committed to.
pub fn opens(commitment_seen: &[u8; 32], office: OfficeId, nonce: &[u8; 32]) -> bool {
    commitment(office, nonce).ct_eq(commitment_seen).into()
}

/// What a pairing is about; both offices fill it in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transcript {
    /// Who made the invite.
    pub inviter: OfficeId,
    /// Who accepted it.
    pub invited: OfficeId,
    /// The invite's token.
    pub token: [u8; 16],
    /// The inviter's nonce.
    pub inviter_nonce: [u8; 32],
    /// The invited office's nonce.
    pub invited_nonce: [u8; 32],
}

/// How many words an admin reads aloud: five words of 1,024 are 50 bits, far more than a man in the middle can try in one go.
pub const WORDS: usize = 5;

impl Transcript {
    /// The words that both admins must see alike.
    pub fn words(&self) -> [&'static str; WORDS] {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(b"interoffice/v1/pair-words\0")
            .chain_update(self.inviter.0)
            .chain_update(self.invited.0)
            .chain_update(self.token)
            .chain_update(self.inviter_nonce)
            .chain_update(self.invited_nonce)
            .finalize()
            .into();
        std::array::from_fn(|index| {
            let pair = u16::from_be_bytes([hash[2 * index], hash[2 * index + 1]]);
            LIST[usize::from(pair) % LIST.len()]
        })
    }
}
