//! Seeded random numbers: splitmix64. The only source of chance in a run.

/// A stream of numbers that is the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of `seed`, mixed once so that neighbouring seeds have nothing in common.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Self(seed).next())
    }

    /// The stream of a seed and a place in its run: what happens there does not depend on what was left out before it.
    pub(crate) fn at(seed: u64, place: u64) -> Self {
        Self::new(Self::new(seed).next() ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// One of `choices`, `None` when there are none.
    pub(crate) fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        if choices.is_empty() { None } else { choices.get(self.below(choices.len())) }
    }

    /// The place of one of `weights`, each drawn as often as it weighs.
    pub(crate) fn weighed(&mut self, weights: &[u32]) -> usize {
        let all: u32 = weights.iter().sum();
        let mut left = self.below(all.max(1) as usize) as u32;
        weights
            .iter()
            .position(|weight| {
                if left < *weight {
                    true
                } else {
                    left -= weight;
                    false
                }
            })
            .unwrap_or(0)
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_exact_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes());
        }
        bytes
    }
}
