//! Digests and Merkle roots.

use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::samples;
use crate::digest::{LinkSecret, SetDigest};
use crate::epoch::Version;
use crate::ids::RecordId;
use crate::merkle::{MerkleTree, root};
use crate::messages::Leaf;

/// The root as RFC 6962 defines it, by recursion: the left part is the largest power of two below the length.
fn recursive(leaves: &[Leaf]) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [leaf] => Sha256::new().chain_update([0]).chain_update(leaf.record.0).chain_update(leaf.version.0).finalize().into(),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(recursive(left)).chain_update(recursive(right)).finalize().into()
        }
    }
}

#[test]
fn a_streamed_root_is_the_recursive_one_for_every_small_length() {
    for count in 0..130 {
        let leaves = samples::leaves(count);
        let mut tree = MerkleTree::new();
        for (index, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.count(), index as u64);
            tree.push(leaf);
        }
        assert_eq!(tree.root(), recursive(&leaves), "{count} leaves");
        assert_eq!(tree.root(), root(&leaves), "asking for the root changes nothing");
    }
}

#[test]
fn a_sum_carries_over_its_whole_length_and_wraps_around() {
    let mut digest = SetDigest([255; 32]);
    let mut one = [0; 32];
    one[0] = 1;
    digest.add(&one);
    assert_eq!(digest, SetDigest::EMPTY);
    digest.subtract(&one);
    assert_eq!(digest, SetDigest([255; 32]));
}

#[test]
fn another_link_another_record_or_another_version_hashes_differently() {
    let (one, other) = (LinkSecret::new([1; 32]), LinkSecret::new([2; 32]));
    let (record, version) = (RecordId([3; 16]), Version { epoch: 1, counter: 1 });
    let hashes = [
        one.item_hash(record, version),
        other.item_hash(record, version),
        one.item_hash(RecordId([4; 16]), version),
        one.item_hash(record, Version { epoch: 2, ..version }),
        one.item_hash(record, Version { counter: 2, ..version }),
        one.version_id(record, version).0,
        other.version_id(record, version).0,
    ];
    let distinct: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len());
    assert_eq!(format!("{one:?}"), "LinkSecret(..)");
}

proptest! {
    #[test]
    fn a_changed_swapped_or_missing_leaf_changes_the_root(count in 1u32..70, at: prop::sample::Index, byte in 0usize..32) {
        let leaves = samples::leaves(count);
        let at = at.index(leaves.len());
        let mut changed = leaves.clone();
        changed[at].version.0[byte] ^= 1;
        prop_assert_ne!(root(&changed), root(&leaves));
        let mut missing = leaves.clone();
        missing.remove(at);
        prop_assert_ne!(root(&missing), root(&leaves));
        let mut twice = leaves.clone();
        twice.push(leaves[leaves.len() - 1]);
        prop_assert_ne!(root(&twice), root(&leaves));
        if at > 0 {
            let mut swapped = leaves.clone();
            swapped.swap(0, at);
            prop_assert_ne!(root(&swapped), root(&leaves));
        }
    }

    #[test]
    fn a_digest_does_not_depend_on_order_and_taking_out_undoes_putting_in(
        hashes in vec(any::<[u8; 32]>(), 0..20),
        order in any::<u64>(),
        out in any::<prop::sample::Index>(),
    ) {
        let sum = |hashes: &[[u8; 32]]| {
            let mut digest = SetDigest::EMPTY;
            hashes.iter().for_each(|hash| digest.add(hash));
            digest
        };
        let mut shuffled = hashes.clone();
        let length = shuffled.len().max(1);
        for index in 0..shuffled.len() {
            shuffled.swap(index, (order as usize).wrapping_mul(index + 1) % length);
        }
        prop_assert_eq!(sum(&shuffled), sum(&hashes));
        if !hashes.is_empty() {
            let out = out.index(hashes.len());
            let mut running = sum(&hashes);
            running.subtract(&hashes[out]);
            let mut rest = hashes.clone();
            rest.remove(out);
            prop_assert_eq!(running, sum(&rest), "the running digest is the recomputed one");
        }
    }
}
