//! The largest k, and the k-th, without sorting everything.

use super::radix::{Pair, sort};
use super::rows::pairs;
use super::{Key, Sortable, for_rows};
use std::cmp::Ordering;

/// The first `k` of every row of `len` elements in the wanted order; among equals the earlier comes first.
pub fn top_rows<T: Sortable>(x: &[T], len: usize, k: usize, largest: bool, values: &mut [T], indices: &mut [i64]) {
    for_rows(x, len, values, indices, k, |x, values, indices| {
        for (j, &(_, i)) in top(x, k, largest).iter().enumerate() {
            values[j] = x[i as usize];
            indices[j] = i as i64;
        }
    });
}

fn top<T: Sortable>(x: &[T], k: usize, largest: bool) -> Vec<Pair<T::Key>> {
    let mut best = if k.max(8) * 8 < x.len() { candidates(x, k, largest) } else { pairs(x, largest) };
    keep_first(&mut best, k);
    best.sort_unstable_by_key(|p| p.1);
    sort(&mut best);
    best
}

/// Cuts to the `k` first pairs, in any order.
fn keep_first<K: Key>(pairs: &mut Vec<Pair<K>>, k: usize) {
    if k < pairs.len() && k > 0 {
        pairs.select_nth_unstable(k - 1);
    }
    pairs.truncate(k);
}

/// The elements that may be among the first `k`: one pass against a bound that tightens whenever the buffer is full.
fn candidates<T: Sortable>(x: &[T], k: usize, largest: bool) -> Vec<Pair<T::Key>> {
    let room = (2 * k).max(64);
    let mut best = pairs(&x[..room], largest);
    let mut bound = tighten(&mut best, k);
    for (i, &v) in x.iter().enumerate().skip(room) {
        let key = if largest { v.key().reversed() } else { v.key() };
        if key < bound {
            best.push((key, i as u32));
            if best.len() == room {
                bound = tighten(&mut best, k);
            }
        }
    }
    best
}

fn tighten<K: Key>(best: &mut Vec<Pair<K>>, k: usize) -> K {
    keep_first(best, k);
    best.iter().map(|p| p.0).max().unwrap_or_default()
}

/// The element of rank `k` (from zero) of every row and its position.
pub fn kth_rows<T: Sortable>(x: &[T], len: usize, k: usize, values: &mut [T], indices: &mut [i64]) {
    for_rows(x, len, values, indices, 1, |x, values, indices| {
        let mut pairs = pairs(x, false);
        select(&mut pairs, k);
        let i = pairs[k].1 as usize;
        values[0] = x[i];
        indices[0] = i as i64;
    });
}

/// Hoare's selection with the median of three as pivot, in PyTorch's steps: among equals it finds the same position.
/// Afterwards pair `k` is the one of rank `k`.
fn select<K: Key>(pairs: &mut [Pair<K>], k: usize) {
    let (mut first, mut last) = (0, pairs.len() - 1);
    while first + 1 < last {
        let greater = |pairs: &[Pair<K>], i: usize, j: usize| pairs[i].0 > pairs[j].0;
        pairs.swap(first + (last - first) / 2, first + 1);
        for (low, high) in [(first + 1, last), (first, last), (first + 1, first)] {
            if greater(pairs, low, high) {
                pairs.swap(low, high);
            }
        }
        // Now pair `first + 1` <= pivot, pair `first`, <= pair `last`: neither walk leaves the range.
        let (mut i, mut j, pivot) = (first + 1, last, pairs[first].0);
        loop {
            i += 1;
            while pivot > pairs[i].0 {
                i += 1;
            }
            j -= 1;
            while pairs[j].0 > pivot {
                j -= 1;
            }
            if j < i {
                break;
            }
            pairs.swap(i, j);
        }
        pairs.swap(first, j);
        match j.cmp(&k) {
            Ordering::Equal => return,
            Ordering::Less => first = i,
            Ordering::Greater => last = j - 1,
        }
    }
    if first + 1 == last && pairs[first].0 > pairs[last].0 {
        pairs.swap(first, last);
    }
}

/// The position of rank `k`; of equals the earlier has the lower rank.
fn ranked<T: Sortable>(x: &[T], k: usize) -> usize {
    let mut pairs = pairs(x, false);
    pairs.select_nth_unstable(k).1.1 as usize
}

/// The lower middle element of every row and its position. A row with NaN gives the first NaN, or the median of the
/// others if NaN is to be skipped.
pub fn median_rows<T: Sortable>(x: &[T], len: usize, skip_nan: bool, values: &mut [T], indices: &mut [i64]) {
    #[allow(clippy::eq_op)]
    let is_nan = |v: &T| v != v;
    for_rows(x, len, values, indices, 1, |x, values, indices| {
        let nans = x.iter().filter(|v| is_nan(v)).count();
        let i = match (nans, skip_nan) {
            (0, _) => ranked(x, (len - 1) / 2),
            (_, true) => ranked(x, (len - nans).saturating_sub(1) / 2),
            (_, false) => x.iter().position(is_nan).unwrap_or(0),
        };
        values[0] = x[i];
        indices[0] = i as i64;
    });
}
