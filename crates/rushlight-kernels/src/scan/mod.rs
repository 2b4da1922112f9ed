//! Running totals along the middle axis of a contiguous `[outer, len, inner]` block.

mod scanners;
#[cfg(test)]
mod tests;

pub use scanners::{ComplexLogSum, LogSum, RunningProduct, RunningSum, ScanFloat};

use crate::Element;
use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;

/// One running total: how it starts, takes an element, is written.
pub trait Scanner: Copy + Send + Sync {
    /// Element.
    type T: Element;
    /// The total, kept wider than the element.
    type Acc: Copy;
    /// Before any element.
    fn start(self) -> Self::Acc;
    /// Takes an element.
    fn step(self, acc: Self::Acc, x: Self::T) -> Self::Acc;
    /// Rounds.
    fn finish(self, acc: Self::Acc) -> Self::T;
}

const TILE: usize = 64;
const GRAIN: usize = 1 << 14;

/// Writes the total up to and including each element.
pub fn scan<S: Scanner>(s: S, x: &[S::T], outer: usize, len: usize, inner: usize, out: &mut [S::T]) {
    assert!(x.len() == outer * len * inner && out.len() == x.len(), "scan: operand sizes");
    let to = Shared(out.as_mut_ptr());
    for_tiles(outer, len, inner, |o, columns| {
        if inner == 1 {
            // SAFETY: each row is one task's, inside by the assertion.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(o * len), len) };
            let mut acc = s.start();
            for (out, &v) in out.iter_mut().zip(&x[o * len..(o + 1) * len]) {
                acc = s.step(acc, v);
                *out = s.finish(acc);
            }
            return;
        }
        let mut acc = [s.start(); TILE];
        for i in 0..len {
            let at = (o * len + i) * inner + columns.start;
            // SAFETY: each tile of columns is one task's, inside by the assertion.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(at), columns.len()) };
            for ((acc, &v), out) in acc.iter_mut().zip(&x[at..at + columns.len()]).zip(out) {
                *acc = s.step(*acc, v);
                *out = s.finish(*acc);
            }
        }
    });
}

/// Writes the extreme so far and where it stands; of equals the last, and NaN once met stays.
pub fn scan_extreme<T: Element + PartialOrd>(largest: bool, x: &[T], outer: usize, len: usize, inner: usize, values: &mut [T], indices: &mut [i64]) {
    assert!(x.len() == outer * len * inner && values.len() == x.len() && indices.len() == x.len(), "scan: operand sizes");
    let (values, indices) = (Shared(values.as_mut_ptr()), Shared(indices.as_mut_ptr()));
    for_tiles(outer, len, inner, |o, columns| {
        if inner == 1 {
            let mut best = (T::default(), 0);
            for (i, &v) in x[o * len..(o + 1) * len].iter().enumerate() {
                if i == 0 || replaces(v, best.0, largest) {
                    best = (v, i as i64);
                }
                // SAFETY: each row is one task's, inside by the assertion.
                unsafe {
                    *values.get().add(o * len + i) = best.0;
                    *indices.get().add(o * len + i) = best.1;
                }
            }
            return;
        }
        let mut best = [(T::default(), 0); TILE];
        for i in 0..len {
            let at = (o * len + i) * inner + columns.start;
            for (j, (best, &v)) in best.iter_mut().zip(&x[at..at + columns.len()]).enumerate() {
                if i == 0 || replaces(v, best.0, largest) {
                    *best = (v, i as i64);
                }
                // SAFETY: each tile of columns is one task's, inside by the assertion.
                unsafe {
                    *values.get().add(at + j) = best.0;
                    *indices.get().add(at + j) = best.1;
                }
            }
        }
    });
}

#[allow(clippy::eq_op)]
fn replaces<T: PartialOrd + Copy>(new: T, old: T, largest: bool) -> bool {
    new != new || (old == old && if largest { new >= old } else { new <= old })
}

/// Runs `f` for every outer position and tile of columns, in parallel where there is enough to do.
fn for_tiles(outer: usize, len: usize, inner: usize, f: impl Fn(usize, Range<usize>) + Sync) {
    let tiles = inner.div_ceil(TILE);
    if len == 0 || tiles == 0 {
        return;
    }
    pool::parallel_for(outer * tiles, GRAIN.div_ceil(len * TILE.min(inner)), |range| {
        for task in range {
            let from = task % tiles * TILE;
            f(task / tiles, from..(from + TILE).min(inner));
        }
    });
}
