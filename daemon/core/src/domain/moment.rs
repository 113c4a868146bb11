//! Time and randomness as arguments: what a verb knows of the world beside the store.

use std::cell::Cell;

use sha2::{Digest, Sha256};

/// When a verb runs, and the random bytes it may use; a verb that is run again with the same moment does the same.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Wall clock (milliseconds since 1970, UTC).
    pub now_ms: i64,
    /// Fresh random bytes from the system, spread by [`Moment::random`].
    entropy: [u8; 32],
    drawn: Cell<u64>,
}

impl Moment {
    /// The moment `now_ms` with fresh random `entropy`.
    pub fn new(now_ms: i64, entropy: [u8; 32]) -> Self {
        Self { now_ms, entropy, drawn: Cell::new(0) }
    }

    /// The next random bytes: SHA-256 over the entropy and a counter, at most 32 at a time.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= 32, "draw again for more than 32 bytes") };
        let drawn = self.drawn.get();
        self.drawn.set(drawn + 1);
        let hash: [u8; 32] = Sha256::new().chain_update(self.entropy).chain_update(drawn.to_be_bytes()).finalize().into();
        let mut bytes = [0; N];
        bytes.copy_from_slice(&hash[..N]);
        bytes
    }

    /// A new UUID v7 as bytes: ids made later sort later.
    pub fn uuid_v7(&self) -> [u8; 16] {
        let millis = u64::try_from(self.now_ms).unwrap_or(0);
        *uuid::Builder::from_unix_timestamp_millis(millis, &self.random::<10>()).into_uuid().as_bytes()
    }

    /// Starts the random bytes over, for a closure that is run a second time.
    pub fn rewind(&self) {
        self.drawn.set(0);
    }
}
