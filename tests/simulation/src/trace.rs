//! The trace of a run: a running hash over every step, message and outcome, and, when somebody wants to read it, the story.

use sha2::{Digest, Sha256};

/// See the module.
pub(crate) struct Trace {
    hash: Sha256,
    story: Option<Vec<String>>,
}

impl Trace {
    /// An empty trace, which keeps the words only if `telling`.
    pub(crate) fn new(telling: bool) -> Self {
        Self { hash: Sha256::new(), story: telling.then(Vec::new) }
    }

    /// Notes a fact: its kind and its bytes.
    pub(crate) fn fact(&mut self, kind: u8, bytes: &[u8]) {
        self.hash.update([kind]);
        self.hash.update((bytes.len() as u32).to_be_bytes());
        self.hash.update(bytes);
    }

    /// Adds a line to the story, if there is one.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(line());
        }
    }

    /// The story so far.
    pub(crate) fn story(&self) -> &[String] {
        self.story.as_deref().unwrap_or_default()
    }

    /// The hash so far.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}
