//! The gradients, from tiles of scores computed again.

use super::{Attention, AttentionFloat, KEYS, QUERIES, product, tiles};
use crate::gemm::Shared;
use crate::rows::{RowFloat, dot};
use crate::{pool, vectorized};
use std::ops::Range;

/// Heads are cut into parts of their keys until there are this many tasks.
const TASKS: usize = 8;

/// Where the gradients go.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// Of the queries.
    pub q: &'a mut [T],
    /// Of the keys.
    pub k: &'a mut [T],
    /// Of the values.
    pub v: &'a mut [T],
}

/// Writes the gradients of [`super::attention`] from that of its result `out` and the sums it gave.
///
/// With P the weights: `dV = P' dO`, `dS = P * (dO V' - rowsum(dO * O))`, `dQ = scale dS K`, `dK = scale dS' Q`.
///
/// # Panics
/// When lengths do not match.
pub fn attention_backward<T: AttentionFloat>(a: &Attention<T>, out: &[T], sums: &[T], grad: &[T], to: Gradients<T>) {
    a.check(out.len(), sums.len());
    let given = [grad.len(), to.q.len(), to.k.len(), to.v.len()];
    assert_eq!(given, [out.len(), a.q.len(), a.k.len(), a.v.len()], "attention: lengths of the gradients");
    if a.heads == 0 {
        return;
    }
    let blocks = a.keys.div_ceil(KEYS);
    let parts = TASKS.div_ceil(a.heads).clamp(1, blocks.max(1));
    // Each part of the keys adds to all queries of its head: it gets queries' gradients of its own, added up in order.
    let mut partial = vec![T::default(); if parts > 1 { parts * a.q.len() } else { 0 }];
    let job = Backward {
        a,
        out,
        sums,
        grad,
        q: Shared(if parts > 1 { partial.as_mut_ptr() } else { to.q.as_mut_ptr() }),
        k: Shared(to.k.as_mut_ptr()),
        v: Shared(to.v.as_mut_ptr()),
    };
    let work = a.queries * a.keys * (a.depth + a.value_depth) / parts;
    pool::parallel_for(a.heads * parts, (1usize << 17).div_ceil(work.max(1)), |tasks| {
        let mut tile = Tile::new(a);
        for task in tasks {
            let (head, part) = (task / parts, task % parts);
            let keys = (part * blocks / parts * KEYS).min(a.keys)..((part + 1) * blocks / parts * KEYS).min(a.keys);
            job.run(&mut tile, head, part, keys);
        }
    });
    if parts > 1 {
        let (first, others) = partial.split_at(a.q.len());
        to.q.copy_from_slice(first);
        for part in others.chunks_exact(a.q.len()) {
            to.q.iter_mut().zip(part).for_each(|(q, &part)| *q += part);
        }
    }
}

struct Backward<'a, T> {
    a: &'a Attention<'a, T>,
    out: &'a [T],
    sums: &'a [T],
    grad: &'a [T],
    q: Shared<T>,
    k: Shared<T>,
    v: Shared<T>,
}

/// Memory of a tile.
struct Tile<T> {
    weights: Vec<T>,
    slopes: Vec<T>,
    along: Vec<T>,
}

impl<T: AttentionFloat> Tile<T> {
    fn new(a: &Attention<T>) -> Self {
        let size = QUERIES.min(a.queries) * KEYS.min(a.keys);
        Tile { weights: vec![T::default(); size], slopes: vec![T::default(); size], along: vec![T::default(); a.queries] }
    }
}

impl<T: AttentionFloat> Backward<'_, T> {
    /// All queries of a head against some of its keys.
    fn run(&self, tile: &mut Tile<T>, head: usize, part: usize, keys: Range<usize>) {
        let a = self.a;
        let row = head * a.queries;
        // SAFETY: each task has its own part of the keys, and of the queries' gradients a head (of its part) of its own.
        let (gq, gk, gv) = unsafe {
            let q = self.q.get().add(part * a.q.len() + row * a.depth);
            let first = head * a.keys + keys.start;
            (
                std::slice::from_raw_parts_mut(q, a.queries * a.depth),
                std::slice::from_raw_parts_mut(self.k.get().add(first * a.depth), keys.len() * a.depth),
                std::slice::from_raw_parts_mut(self.v.get().add(first * a.value_depth), keys.len() * a.value_depth),
            )
        };
        [&mut *gq, gk, gv].into_iter().for_each(|g| g.fill(T::default()));
        let rows = row * a.value_depth..(row + a.queries) * a.value_depth;
        row_dots(&self.grad[rows.clone()], &self.out[rows], &mut tile.along);
        for block in tiles(keys.len(), KEYS) {
            let seen = keys.start + block.start..keys.start + block.end;
            let gk = &mut gk[block.start * a.depth..block.end * a.depth];
            let gv = &mut gv[block.start * a.value_depth..block.end * a.value_depth];
            for queries in tiles(a.queries, QUERIES).filter(|queries| a.visible(queries) > seen.start) {
                let gq = &mut gq[queries.start * a.depth..queries.end * a.depth];
                self.tile(tile, head, &queries, &seen, gq, gk, gv);
            }
        }
    }

    fn tile(&self, tile: &mut Tile<T>, head: usize, queries: &Range<usize>, keys: &Range<usize>, gq: &mut [T], gk: &mut [T], gv: &mut [T]) {
        let a = self.a;
        let (m, n, row) = (queries.len(), keys.len(), head * a.queries + queries.start);
        let (weights, slopes) = (&mut tile.weights[..m * n], &mut tile.slopes[..m * n]);
        a.scores(head, queries, keys, weights);
        weights_of(weights, &self.sums[row..row + m]);
        let grad = &self.grad[row * a.value_depth..(row + m) * a.value_depth];
        product([n, a.value_depth, m], T::ONE, (weights, 1, n), (grad, a.value_depth, 1), T::ONE, gv);
        product([m, n, a.value_depth], T::ONE, (grad, a.value_depth, 1), (a.v(head, keys), 1, a.value_depth), T::default(), slopes);
        slopes_of(slopes, weights, &tile.along[queries.clone()]);
        product([m, a.depth, n], a.scale, (slopes, n, 1), (a.k(head, keys), a.depth, 1), T::ONE, gq);
        product([n, a.depth, m], a.scale, (slopes, 1, n), (a.q(head, queries), a.depth, 1), T::ONE, gk);
    }
}

fn row_dots<T: RowFloat>(x: &[T], y: &[T], out: &mut [T]) {
    let depth = x.len() / out.len().max(1);
    for (row, out) in out.iter_mut().enumerate() {
        *out = row_dot(&x[row * depth..][..depth], &y[row * depth..][..depth]);
    }
}

vectorized! {
    fn row_dot[T: RowFloat](x: &[T], y: &[T]) -> T {
        dot(x, y)
    }
}

vectorized! {
    /// Weights from scores; a row that saw nothing has none.
    fn weights_of[T: RowFloat](scores: &mut [T], sums: &[T]) {
        let cols = scores.len() / sums.len();
        for (row, &sum) in scores.chunks_exact_mut(cols).zip(sums) {
            if sum == T::NEG_INFINITY {
                row.fill(T::default());
            } else {
                row.iter_mut().for_each(|s| *s = (*s - sum).exp());
            }
        }
    }
}

vectorized! {
    /// `slopes = weights * (slopes - along)`
    fn slopes_of[T: RowFloat](slopes: &mut [T], weights: &[T], along: &[T]) {
        let cols = slopes.len() / along.len();
        let rows = slopes.chunks_exact_mut(cols).zip(weights.chunks_exact(cols));
        for ((slopes, weights), &along) in rows.zip(along) {
            slopes.iter_mut().zip(weights).for_each(|(s, &w)| *s = w * (*s - along));
        }
    }
}
