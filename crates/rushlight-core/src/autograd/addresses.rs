//! Maps and sets of nodes by their address.

use super::node::Node;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Hashes node addresses: one multiplication.
#[derive(Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_usize(b as usize));
    }
    fn write_usize(&mut self, value: usize) {
        self.0 = (self.0 ^ value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20);
    }
}

/// A map from nodes.
pub(super) type AddressMap<V> = HashMap<usize, V, BuildHasherDefault<AddressHasher>>;
/// A set of nodes.
pub(super) type AddressSet = HashSet<usize, BuildHasherDefault<AddressHasher>>;

/// The address of a node, which lives as long as somebody holds it.
pub(super) fn address(node: &Arc<Node>) -> usize {
    Arc::as_ptr(node) as usize
}
