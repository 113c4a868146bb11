//! What the two offices of a link can say, and lists of it that fit into one number.

use std::fmt;

use interoffice_protocol::link::Side;
use interoffice_protocol::statement::{EndReason, Kind};

/// One thing that an office can say about the link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub(super) enum Word {
    /// The owner asks.
    Request = 1,
    /// The reader agrees.
    Accept,
    /// The reader turns it down.
    Decline,
    /// The owner takes it back.
    Withdraw,
    /// Either side deletes the link.
    Delete,
    /// Either side's user lost the right to share.
    RightOff,
    /// The agreed end has passed on the clock of either side.
    Expire,
    /// Either side suspends the link.
    Freeze,
    /// The side that suspended it goes on.
    Thaw,
    /// The reader has erased what it had.
    Receipt,
}

impl Word {
    pub(super) const ALL: [Self; 10] = [
        Self::Request,
        Self::Accept,
        Self::Decline,
        Self::Withdraw,
        Self::Delete,
        Self::RightOff,
        Self::Expire,
        Self::Freeze,
        Self::Thaw,
        Self::Receipt,
    ];

    /// What a person, or the clock, can make a side say after the request.
    pub(super) const ACTIONS: [Self; 8] =
        [Self::Accept, Self::Decline, Self::Withdraw, Self::Delete, Self::RightOff, Self::Expire, Self::Freeze, Self::Thaw];

    /// The kind of its statement.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Request => Kind::Request,
            Self::Accept => Kind::Accept,
            Self::Decline => Kind::Decline,
            Self::Withdraw => Kind::Withdraw,
            Self::Delete | Self::RightOff | Self::Expire => Kind::Delete,
            Self::Freeze => Kind::Freeze,
            Self::Thaw => Kind::Thaw,
            Self::Receipt => Kind::Receipt,
        }
    }

    /// Why, when it is a Delete.
    pub(super) fn reason(self) -> EndReason {
        match self {
            Self::RightOff => EndReason::RightDisabled,
            Self::Expire => EndReason::Expired,
            _ => EndReason::Deleted,
        }
    }

    /// Whether it ends the link, whoever may say it.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Decline | Self::Withdraw | Self::Delete | Self::RightOff | Self::Expire)
    }
}

/// What one office has said, in order; at most fifteen words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Words(u64);

impl Words {
    /// How many.
    pub(super) fn len(self) -> usize {
        (64 - self.0.leading_zeros() as usize).div_ceil(4)
    }

    /// The words with one more.
    pub(super) fn with(self, word: Word) -> Self {
        assert!(self.len() < 15, "a model says at most fifteen words");
        Self(self.0 | (word as u64) << (4 * self.len()))
    }

    /// The first `count` of them.
    pub(super) fn first(self, count: usize) -> Self {
        Self(self.0 & ((1 << (4 * count)) - 1))
    }

    /// In order.
    pub(super) fn iter(self) -> impl Iterator<Item = Word> {
        (0..self.len()).map(move |index| Word::ALL[(self.0 >> (4 * index) & 15) as usize - 1])
    }

    pub(super) fn has(self, word: Word) -> bool {
        self.iter().any(|said| said == word)
    }

    /// The place of the last Freeze that no Thaw has ended.
    pub(super) fn frozen_at(self) -> Option<usize> {
        let mut open = None;
        for (index, word) in self.iter().enumerate() {
            match word {
                Word::Freeze => open = Some(index),
                Word::Thaw => open = None,
                _ => {}
            }
        }
        open
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What is said of a link: by its owner's office, and by its reader's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub(super) struct Said {
    pub(super) owner: Words,
    pub(super) reader: Words,
}

impl Said {
    pub(super) fn by(self, side: Side) -> Words {
        match side {
            Side::Owner => self.owner,
            Side::Reader => self.reader,
        }
    }

    pub(super) fn each(self) -> impl Iterator<Item = (Side, Word)> {
        let by = |side: Side| self.by(side).iter().map(move |word| (side, word));
        by(Side::Owner).chain(by(Side::Reader))
    }
}
