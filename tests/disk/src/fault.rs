//! What can go wrong on a disk, and the dice that decide what a power cut leaves.

/// One thing that goes wrong, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// At which operation that changes something, counted from the arming; the next one is 1.
    pub at_operation: u64,
    /// What happens there.
    pub kind: Kind,
}

/// What happens at an operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The process dies before it.
    KillBefore,
    /// The process dies after it.
    KillAfter,
    /// The process dies half way through it: a write is written in part, anything else not at all.
    KillDuring,
    /// It fails with EIO and changes nothing; the next one works.
    Error,
    /// Half of a write is written and then EIO; anything else fails as with [`Kind::Error`].
    ShortWrite,
    /// From here on no file grows, until [`crate::Disk::limit`] says otherwise.
    Full,
    /// The first sync from here on fails. As on Linux the pages count as clean afterwards: what was not synced by then is never
    /// written by a later sync, although it can still be read.
    SyncFails,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::KillBefore, Self::KillAfter, Self::KillDuring, Self::Error, Self::ShortWrite, Self::Full, Self::SyncFails];

    /// Whether nothing works after it until the disk is started again.
    pub fn kills(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter | Self::KillDuring)
    }
}

/// A sequence of numbers that depends on its seed alone.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True `percent` times out of a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
