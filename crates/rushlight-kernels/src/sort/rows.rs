//! Sorting rows.

use super::radix::{Pair, sort};
use super::{Key, Sortable, for_rows};

/// Sorts every row of `len` elements stably into values and their former positions. Rows are shorter than 2^32.
pub fn sort_rows<T: Sortable>(x: &[T], len: usize, descending: bool, values: &mut [T], indices: &mut [i64]) {
    for_rows(x, len, values, indices, len, |x, values, indices| {
        for (j, &(_, i)) in sorted_pairs(x, descending).iter().enumerate() {
            values[j] = x[i as usize];
            indices[j] = i as i64;
        }
    });
}

pub(super) fn sorted_pairs<T: Sortable>(x: &[T], descending: bool) -> Vec<Pair<T::Key>> {
    let mut pairs = pairs(x, descending);
    sort(&mut pairs);
    pairs
}

/// Keys in the wanted order with their positions.
pub(super) fn pairs<T: Sortable>(x: &[T], descending: bool) -> Vec<Pair<T::Key>> {
    assert!(x.len() <= u32::MAX as usize, "sort: row too long");
    let key = |v: T| if descending { v.key().reversed() } else { v.key() };
    x.iter().enumerate().map(|(i, &v)| (key(v), i as u32)).collect()
}
