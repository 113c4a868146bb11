//! Marks: situations that a run must have met at least once, or it has not tested what it says.

use std::collections::BTreeMap;

/// Everything a gate run must meet; [`Marks::set`] takes no other name.
pub const NAMES: [&str; 24] = [
    "a stranger was turned away",
    "a silent caller was cut off after its greeting was due",
    "a caller that drips was cut off after its greeting was due",
    "a caller with another protocol was refused",
    "a caller vanished in the middle of its handshake",
    "a hello for another office was refused",
    "a broken frame was refused",
    "a stranger's second stream had to wait",
    "a retry asked a caller to prove its address",
    "a datagram was corrupted",
    "a datagram was duplicated",
    "a datagram overtook another",
    "a simultaneous dial was settled",
    "an office was cut off by a partition and gave the connection up",
    "a partition healed and the offices met again",
    "only one direction was cut",
    "a short cut was survived by the same connection",
    "an office crashed and was met again",
    "an office stopped politely and was met again",
    "a connection was lost to silence",
    "records crossed a lossy network",
    "a link was deleted while its records were on the way",
    "copies were erased after a deletion during a partition",
    "the network was held and everything came at once",
];

/// How often each situation was met.
#[derive(Clone, Debug, Default)]
pub struct Marks(BTreeMap<&'static str, u64>);

impl Marks {
    /// Notes that a situation was met.
    ///
    /// # Panics
    /// When it is none of [`NAMES`].
    pub fn set(&mut self, name: &'static str) {
        assert!(NAMES.contains(&name), "there is no mark of the name {name:?}");
        *self.0.entry(name).or_default() += 1;
    }

    /// Adds what another run met.
    pub fn join(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// How often a situation was met.
    pub fn count(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The situations that were never met.
    pub fn missing(&self) -> Vec<&'static str> {
        NAMES.into_iter().filter(|name| self.count(name) == 0).collect()
    }
}
