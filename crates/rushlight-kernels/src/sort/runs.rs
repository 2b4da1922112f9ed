//! Runs of equal neighbours: distinct values, their counts, the most frequent.

use super::rows::sorted_pairs;
use super::{Sortable, for_rows};

/// The runs of a sequence.
pub struct Runs {
    /// Where each run begins in the sequence.
    pub starts: Vec<i64>,
    /// The number of the run of each element.
    pub inverse: Vec<i64>,
    /// The length of each run.
    pub counts: Vec<i64>,
}

/// Cuts a sequence of `len` elements, visited in an order (their own if none is given), where neighbours differ.
pub fn runs(len: usize, order: Option<&[i64]>, same: impl Fn(usize, usize) -> bool) -> Runs {
    let mut out = Runs { starts: Vec::new(), inverse: vec![0; len], counts: Vec::new() };
    let mut before = None;
    for j in 0..len {
        let i = order.map_or(j, |o| o[j] as usize);
        if !before.is_some_and(|b| same(b, i)) {
            out.starts.push(i as i64);
            out.counts.push(0);
        }
        let run = out.counts.len() - 1;
        out.counts[run] += 1;
        out.inverse[i] = run as i64;
        before = Some(i);
    }
    out
}

/// The runs of equal elements in sorted order.
pub fn sorted_runs<T: Sortable>(x: &[T], inverse: bool) -> Runs {
    let pairs = sorted_pairs(x, false);
    let mut out = Runs { starts: Vec::new(), inverse: vec![0; if inverse { x.len() } else { 0 }], counts: Vec::new() };
    let mut start = 0;
    while start < pairs.len() {
        let key = pairs[start].0;
        let length = if T::is_nan_key(key) { 1 } else { pairs[start..].iter().take_while(|p| p.0 == key).count() };
        if inverse {
            pairs[start..start + length].iter().for_each(|p| out.inverse[p.1 as usize] = out.starts.len() as i64);
        }
        out.starts.push(pairs[start].1 as i64);
        out.counts.push(length as i64);
        start += length;
    }
    out
}

/// The most frequent element of every row (the smallest such) and the position where it stands last.
pub fn mode_rows<T: Sortable>(x: &[T], len: usize, values: &mut [T], indices: &mut [i64]) {
    for_rows(x, len, values, indices, 1, |x, values, indices| {
        let pairs = sorted_pairs(x, false);
        let (mut best, mut longest, mut start) = (0, 0, 0);
        for (j, pair) in pairs.iter().enumerate() {
            if pair.0 != pairs[start].0 {
                start = j;
            }
            if j + 1 - start > longest {
                (longest, best) = (j + 1 - start, pair.1 as usize);
            }
        }
        values[0] = x[best];
        indices[0] = best as i64;
    });
}
