//! The result, tile by tile.

use super::{Attention, AttentionFloat, KEYS, QUERIES, product, tiles};
use crate::gemm::Shared;
use crate::rows::{RowFloat, max, sum};
use crate::{pool, vectorized};
use std::ops::Range;

/// Multiplications that are worth a task.
const GRAIN: usize = 1 << 17;

/// Writes the attention to `out`, (heads, queries, value_depth), and each row's logarithm of the sum of exponentials.
///
/// A query that sees no key gives zeros and negative infinity.
///
/// # Panics
/// When lengths do not match.
pub fn attention<T: AttentionFloat>(a: &Attention<T>, out: &mut [T], sums: &mut [T]) {
    a.check(out.len(), sums.len());
    let blocks = a.queries.div_ceil(QUERIES);
    let work = QUERIES.min(a.queries) * a.keys * (a.depth + a.value_depth);
    let (out, sums) = (Shared(out.as_mut_ptr()), Shared(sums.as_mut_ptr()));
    pool::parallel_for(a.heads * blocks, GRAIN.div_ceil(work.max(1)), |tasks| {
        let mut tile = Tile::new(a);
        for task in tasks {
            let (head, first) = (task / blocks, task % blocks * QUERIES);
            let queries = first..a.queries.min(first + QUERIES);
            let row = head * a.queries + first;
            // SAFETY: each task has its own rows of the results.
            let (out, sums) = unsafe {
                (
                    std::slice::from_raw_parts_mut(out.get().add(row * a.value_depth), queries.len() * a.value_depth),
                    std::slice::from_raw_parts_mut(sums.get().add(row), queries.len()),
                )
            };
            tile.run(a, head, &queries, out, sums);
        }
    });
}

/// Memory of a tile of queries.
struct Tile<T> {
    scores: Vec<T>,
    top: Vec<T>,
    total: Vec<T>,
}

impl<T: AttentionFloat> Tile<T> {
    fn new(a: &Attention<T>) -> Self {
        let rows = QUERIES.min(a.queries);
        Tile { scores: vec![T::default(); rows * KEYS.min(a.keys)], top: vec![T::default(); rows], total: vec![T::default(); rows] }
    }

    fn run(&mut self, a: &Attention<T>, head: usize, queries: &Range<usize>, out: &mut [T], sums: &mut [T]) {
        let rows = queries.len();
        let (top, total) = (&mut self.top[..rows], &mut self.total[..rows]);
        top.fill(T::NEG_INFINITY);
        total.fill(T::default());
        out.fill(T::default());
        for keys in tiles(a.visible(queries), KEYS) {
            let scores = &mut self.scores[..rows * keys.len()];
            a.scores(head, queries, &keys, scores);
            exponentials(scores, top, total, out);
            let size = [rows, a.value_depth, keys.len()];
            product(size, T::ONE, (scores, keys.len(), 1), (a.v(head, &keys), a.value_depth, 1), T::ONE, out);
        }
        finish(top, total, out, sums);
    }
}

vectorized! {
    /// Turns scores into exponentials under the new maximum, and scales what was summed under the old one.
    fn exponentials[T: RowFloat](scores: &mut [T], top: &mut [T], total: &mut [T], out: &mut [T]) {
        let (cols, depth) = (scores.len() / top.len(), out.len() / top.len());
        for (row, s) in scores.chunks_exact_mut(cols).enumerate() {
            let best = max(s);
            let best = if best > top[row] { best } else { top[row] };
            if best == T::NEG_INFINITY {
                // Negative infinity is nothing to see; NaN is passed on.
                s.iter_mut().for_each(|s| *s = if *s == T::NEG_INFINITY { T::ZERO } else { *s });
                total[row] += sum(s);
                continue;
            }
            s.iter_mut().for_each(|s| *s = (*s - best).exp());
            let factor = if top[row] == T::NEG_INFINITY { T::ZERO } else { (top[row] - best).exp() };
            total[row] = if factor == T::ZERO && total[row] == T::ZERO { sum(s) } else { total[row] * factor + sum(s) };
            top[row] = best;
            if factor != T::ONE {
                out[row * depth..][..depth].iter_mut().for_each(|o| *o *= factor);
            }
        }
    }
}

vectorized! {
    fn finish[T: RowFloat](top: &[T], total: &[T], out: &mut [T], sums: &mut [T]) {
        let depth = out.len() / top.len();
        for row in 0..top.len() {
            sums[row] = top[row] + total[row].ln();
            if total[row] != T::ZERO {
                let scale = T::ONE / total[row];
                out[row * depth..][..depth].iter_mut().for_each(|o| *o *= scale);
            }
        }
    }
}
