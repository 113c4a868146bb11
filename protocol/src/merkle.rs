//! The Merkle root behind a receipt: one hash for a list of any length, so that the list may travel in chunks.

use sha2::{Digest, Sha256};

use crate::messages::Leaf;

/// Builds the root of leaves given in record order, in memory that grows with the logarithm of their number.
#[derive(Clone, Debug, Default)]
pub struct MerkleTree {
    /// For each level, a subtree of 2^level leaves that waits for its right neighbour.
    waiting: Vec<Option<[u8; 32]>>,
    count: u64,
}

impl MerkleTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: &Leaf) {
        let mut node: [u8; 32] =
            Sha256::new().chain_update([0u8]).chain_update(leaf.record.0).chain_update(leaf.version.0).finalize().into();
        for slot in &mut self.waiting {
            match slot.take() {
                None => {
                    *slot = Some(node);
                    self.count += 1;
                    return;
                }
                Some(left) => node = join(&left, &node),
            }
        }
        self.waiting.push(Some(node));
        self.count += 1;
    }

    /// How many leaves were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The root; all zero for no leaves.
    pub fn root(&self) -> [u8; 32] {
        let mut nodes = self.waiting.iter().flatten();
        let Some(first) = nodes.next() else { return [0; 32] };
        nodes.fold(*first, |right, left| join(left, &right))
    }
}

/// The root of a whole list.
pub fn root<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> [u8; 32] {
    let mut tree = MerkleTree::new();
    for leaf in leaves {
        tree.push(leaf);
    }
    tree.root()
}

fn join(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1u8]).chain_update(left).chain_update(right).finalize().into()
}
