//! Chance that can be repeated: the same seed gives the same moments.

/// Environment variable that sets the seed of a run.
const SEED: &str = "INTEROFFICE_TEST_SEED";

/// A generator of random numbers for tests (xorshift64*).
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
    seed: u64,
}

impl Dice {
    /// Dice with the seed of the environment, or this one.
    pub fn new(seed: u64) -> Self {
        let seed = std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or(seed);
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seed }
    }

    /// The seed, for words about a failure.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % end
    }

    /// Puts things in a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for index in (1..things.len()).rev() {
            things.swap(index, self.below(index + 1));
        }
    }
}
