//! Softmax along a dimension that is not the last: blocks of `len` rows of `inner` numbers, each column on its own.

use super::{GRAIN, RowFloat};
use crate::gemm::Shared;
use crate::{pool, vectorized};

/// Columns computed together.
const TILE: usize = 64;

/// `y = exp(x) / sum(exp(x))` down the columns of blocks of `len` rows of `inner` numbers.
///
/// # Panics
/// When lengths differ or are no whole number of blocks.
pub fn softmax_columns<T: RowFloat>(x: &[T], y: &mut [T], len: usize, inner: usize) {
    for_tiles([x, x], y, len, inner, |[x, _], y| softmax_tile(x, y));
}

/// The logarithm of [`softmax_columns`].
///
/// # Panics
/// When lengths differ or are no whole number of blocks.
pub fn log_softmax_columns<T: RowFloat>(x: &[T], y: &mut [T], len: usize, inner: usize) {
    for_tiles([x, x], y, len, inner, |[x, _], y| log_softmax_tile(x, y));
}

/// The gradient of [`softmax_columns`] from that of its result `y`.
///
/// # Panics
/// When lengths differ or are no whole number of blocks.
pub fn softmax_columns_backward<T: RowFloat>(grad_y: &[T], y: &[T], grad_x: &mut [T], len: usize, inner: usize) {
    for_tiles([grad_y, y], grad_x, len, inner, |[g, y], out| softmax_backward_tile(g, y, out));
}

/// The gradient of [`log_softmax_columns`] from that of its result `y`.
///
/// # Panics
/// When lengths differ or are no whole number of blocks.
pub fn log_softmax_columns_backward<T: RowFloat>(grad_y: &[T], y: &[T], grad_x: &mut [T], len: usize, inner: usize) {
    for_tiles([grad_y, y], grad_x, len, inner, |[g, y], out| log_softmax_backward_tile(g, y, out));
}

/// Some columns of a block that is read.
#[derive(Clone, Copy)]
struct Source<'a, T> {
    block: &'a [T],
    inner: usize,
    first: usize,
}

impl<T> Source<'_, T> {
    #[inline(always)]
    fn row(&self, row: usize, width: usize) -> &[T] {
        &self.block[row * self.inner + self.first..][..width]
    }
}

/// Some columns of a block that only this task writes.
struct Target<T> {
    start: Shared<T>,
    len: usize,
    inner: usize,
    width: usize,
}

impl<T> Target<T> {
    #[inline(always)]
    fn row(&mut self, row: usize) -> &mut [T] {
        debug_assert!(row < self.len);
        // SAFETY: the block has `len` rows, and no other task has these columns.
        unsafe { std::slice::from_raw_parts_mut(self.start.get().add(row * self.inner), self.width) }
    }
}

fn for_tiles<T: RowFloat>(sources: [&[T]; 2], y: &mut [T], len: usize, inner: usize, f: impl Fn([Source<T>; 2], &mut Target<T>) + Sync) {
    let size = len * inner;
    if y.is_empty() {
        return;
    }
    assert!(sources.iter().all(|x| x.len() == y.len()) && y.len().is_multiple_of(size), "columns: lengths");
    let tiles = inner.div_ceil(TILE);
    let blocks = y.len() / size;
    let out = Shared(y.as_mut_ptr());
    pool::parallel_for(blocks * tiles, GRAIN.div_ceil(len * TILE.min(inner)), |range| {
        for task in range {
            let (block, first) = (task / tiles, task % tiles * TILE);
            let parts = sources.map(|x| Source { block: &x[block * size..][..size], inner, first });
            // SAFETY: a place inside `y`.
            let start = unsafe { Shared(out.get().add(block * size + first)) };
            f(parts, &mut Target { start, len, inner, width: TILE.min(inner - first) });
        }
    });
}

/// The largest number of each column, not counting NaN.
#[inline(always)]
fn tops<T: RowFloat>(x: Source<T>, len: usize, width: usize) -> [T; TILE] {
    let mut top = [T::NEG_INFINITY; TILE];
    for row in 0..len {
        for (top, &x) in top.iter_mut().zip(x.row(row, width)) {
            *top = if x > *top { x } else { *top };
        }
    }
    top
}

vectorized! {
    fn softmax_tile[T: RowFloat](x: Source<T>, y: &mut Target<T>) {
        let (len, width) = (y.len, y.width);
        let top = tops(x, len, width);
        let mut total = [T::ZERO; TILE];
        for row in 0..len {
            for (((y, &x), &top), total) in y.row(row).iter_mut().zip(x.row(row, width)).zip(&top).zip(&mut total) {
                *y = (x - top).exp();
                *total += *y;
            }
        }
        let scale = total.map(|total| T::ONE / total);
        for row in 0..len {
            y.row(row).iter_mut().zip(&scale).for_each(|(y, &scale)| *y *= scale);
        }
    }
}

vectorized! {
    fn log_softmax_tile[T: RowFloat](x: Source<T>, y: &mut Target<T>) {
        let (len, width) = (y.len, y.width);
        let top = tops(x, len, width);
        let mut total = [T::ZERO; TILE];
        for row in 0..len {
            for ((&x, &top), total) in x.row(row, width).iter().zip(&top).zip(&mut total) {
                *total += (x - top).exp();
            }
        }
        let log = total.map(T::ln);
        for row in 0..len {
            for (((y, &x), &top), &log) in y.row(row).iter_mut().zip(x.row(row, width)).zip(&top).zip(&log) {
                *y = x - top - log;
            }
        }
    }
}

vectorized! {
    fn softmax_backward_tile[T: RowFloat](g: Source<T>, y: Source<T>, out: &mut Target<T>) {
        let (len, width) = (out.len, out.width);
        let mut total = [T::ZERO; TILE];
        for row in 0..len {
            for ((&g, &y), total) in g.row(row, width).iter().zip(y.row(row, width)).zip(&mut total) {
                *total += g * y;
            }
        }
        for row in 0..len {
            for (((out, &g), &y), &total) in out.row(row).iter_mut().zip(g.row(row, width)).zip(y.row(row, width)).zip(&total) {
                *out = y * (g - total);
            }
        }
    }
}

vectorized! {
    fn log_softmax_backward_tile[T: RowFloat](g: Source<T>, y: Source<T>, out: &mut Target<T>) {
        let (len, width) = (out.len, out.width);
        let mut total = [T::ZERO; TILE];
        for row in 0..len {
            total.iter_mut().zip(g.row(row, width)).for_each(|(total, &g)| *total += g);
        }
        for row in 0..len {
            for (((out, &g), &y), &total) in out.row(row).iter_mut().zip(g.row(row, width)).zip(y.row(row, width)).zip(&total) {
                *out = g - y.exp() * total;
            }
        }
    }
}
