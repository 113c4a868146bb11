//! Decisions out of a fuzzer's bytes: numbers and choices, zero for ever once the bytes are used up.

/// Bytes that are taken from the front.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was not taken yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `bound`, which is 1 to 256.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    /// True for one byte value in `of`.
    pub(crate) fn rarely(&mut self, of: u8) -> bool {
        self.byte() % of == of - 1
    }

    /// One of `choices`; `None` when there are none.
    pub(crate) fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        if choices.is_empty() { None } else { choices.get(self.below(choices.len().min(256))) }
    }

    /// A number: mostly small, at times around the bounds of what may travel.
    pub(crate) fn number(&mut self) -> u64 {
        match self.byte() {
            small @ 0..=199 => u64::from(small),
            200..=219 => u64::from(self.byte()) << 8 | u64::from(self.byte()),
            220..=229 => interoffice_protocol::limits::COUNTER_MAX - u64::from(self.byte()),
            230..=239 => interoffice_protocol::limits::COUNTER_MAX + u64::from(self.byte()),
            240..=249 => u64::MAX - u64::from(self.byte()),
            _ => u64::from(u32::MAX) + u64::from(self.byte()),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// Up to `most` bytes.
    pub(crate) fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
