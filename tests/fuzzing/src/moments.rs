//! Time and randomness for stores, the same for the same bytes.

use interoffice_core::domain::moment::Moment;

use crate::keys::NOW_MS;

/// One moment after the other.
#[derive(Clone)]
pub(crate) struct Moments {
    drawn: u64,
    pub(crate) now_ms: i64,
}

impl Moments {
    pub(crate) fn new() -> Self {
        Self { drawn: 0, now_ms: NOW_MS }
    }

    /// The next moment, with random bytes of its own.
    pub(crate) fn next(&mut self) -> Moment {
        self.drawn += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.drawn.to_be_bytes());
        Moment::new(self.now_ms, entropy)
    }
}
