//! Layer normalisation (Ba, Kiros and Hinton, "Layer Normalization", 2016).

use super::{RowFloat, Rows, fold, for_rows, plus, sum};
use crate::vectorized;
use std::ops::Range;

/// `y = (x - mean) * rstd * gamma + beta` on rows of `cols` numbers, with `rstd = 1 / sqrt(variance + eps)`.
///
/// Writes each row's mean and rstd; `gamma` and `beta` have `cols` numbers.
///
/// # Panics
/// When lengths do not match.
pub fn layer_norm<T: RowFloat>(x: &[T], gamma: Option<&[T]>, beta: Option<&[T]>, eps: T, y: &mut [T], mean: &mut [T], rstd: &mut [T], cols: usize) {
    let rows = mean.len();
    assert!(x.len() == rows * cols && y.len() == x.len() && rstd.len() == rows, "layer_norm: lengths");
    assert!([gamma, beta].iter().flatten().all(|v| v.len() == cols), "layer_norm: lengths of gamma and beta");
    let (ys, means, rstds) = (Rows::of(y, cols), Rows::of(mean, 1), Rows::of(rstd, 1));
    for_rows(rows, cols, |range| {
        let x = &x[range.start * cols..range.end * cols];
        // SAFETY: tasks have disjoint ranges.
        let (y, mean, rstd) = unsafe { (ys.take(&range), means.take(&range), rstds.take(&range)) };
        normalize_rows(x, gamma, beta, eps, y, mean, rstd, cols);
    });
}

/// Rows at most that a pass goes over before the next pass: their sums do not wait for each other.
const BLOCK: usize = 8;

/// Rows of such a block: so many that the nearest cache holds them.
#[inline(always)]
fn block(cols: usize) -> usize {
    (1024 / cols.max(1)).clamp(1, BLOCK)
}

vectorized! {
    fn normalize_rows[T: RowFloat](
        x: &[T], gamma: Option<&[T]>, beta: Option<&[T]>, eps: T, y: &mut [T], mean: &mut [T], rstd: &mut [T], cols: usize,
    ) {
        let n = T::of(cols as f64);
        let (gamma, beta) = (gamma.map(|gamma| &gamma[..cols]), beta.map(|beta| &beta[..cols]));
        let line = |row: usize| &x[row * cols..][..cols];
        for first in (0..mean.len()).step_by(block(cols)) {
            let rows = first..mean.len().min(first + block(cols));
            rows.clone().for_each(|row| mean[row] = sum(line(row)) / n);
            for row in rows.clone() {
                let m = mean[row];
                rstd[row] = fold([line(row)], T::ZERO, |sum, [x]| sum + (x - m) * (x - m), plus);
            }
            rstd[rows.clone()].iter_mut().for_each(|r| *r = (*r / n + eps).rsqrt());
            for row in rows {
                let (m, r, x, y) = (mean[row], rstd[row], line(row), &mut y[row * cols..][..cols]);
                if let (Some(gamma), Some(beta)) = (gamma, beta) {
                    normalize_row(x, m, r, gamma, beta, y);
                    continue;
                }
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - m) * r);
                if let Some(gamma) = gamma {
                    y.iter_mut().zip(gamma).for_each(|(y, &gamma)| *y *= gamma);
                }
                if let Some(beta) = beta {
                    y.iter_mut().zip(beta).for_each(|(y, &beta)| *y += beta);
                }
            }
        }
    }
}

#[inline(always)]
fn normalize_row<T: RowFloat>(x: &[T], m: T, r: T, gamma: &[T], beta: &[T], y: &mut [T]) {
    for (((y, &x), &gamma), &beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
        *y = (x - m) * r * gamma + beta;
    }
}

/// Adds a row's part of the gradients of gamma and beta.
#[inline(always)]
fn add_columns<T: RowFloat>(x: &[T], g: &[T], m: T, r: T, gamma: &mut [T], beta: &mut [T]) {
    let ((xs, x), (gs, g)) = (x.as_chunks::<CHUNK>(), g.as_chunks::<CHUNK>());
    let ((gammas, gamma), (betas, beta)) = (gamma.as_chunks_mut::<CHUNK>(), beta.as_chunks_mut::<CHUNK>());
    for (((gamma, beta), x), g) in gammas.iter_mut().zip(betas).zip(xs).zip(gs) {
        *gamma = std::array::from_fn(|i| gamma[i] + g[i] * ((x[i] - m) * r));
        *beta = std::array::from_fn(|i| beta[i] + g[i]);
    }
    for (((gamma, beta), &x), &g) in gamma.iter_mut().zip(beta).zip(x).zip(g) {
        *gamma += g * ((x - m) * r);
        *beta += g;
    }
}

/// Columns handled together.
const CHUNK: usize = 16;

/// Rows that are worth sums of gamma and beta of their own.
const PART: usize = 16;
/// Such parts at most: bounds the memory of their sums.
const PARTS: usize = 32;

/// The gradients of [`layer_norm`], each written where a place is given.
///
/// With `g = grad_y * gamma` and `n = (x - mean) * rstd`: `grad_x = rstd * (g - average(g) - n * average(g * n))`,
/// `grad_gamma = sum over rows of grad_y * n`, `grad_beta = sum over rows of grad_y`.
///
/// # Panics
/// When lengths do not match.
pub fn layer_norm_backward<T: RowFloat>(
    grad_y: &[T],
    x: &[T],
    mean: &[T],
    rstd: &[T],
    gamma: Option<&[T]>,
    grad_x: Option<&mut [T]>,
    grad_gamma: Option<&mut [T]>,
    grad_beta: Option<&mut [T]>,
    cols: usize,
) {
    let saved = Saved { grad_y, x, mean, rstd, gamma, cols };
    saved.check(grad_x.as_deref());
    let sums = saved.run(grad_x, grad_gamma.is_some() || grad_beta.is_some());
    for (to, from) in [grad_gamma, grad_beta].into_iter().zip([0, cols]) {
        if let Some(to) = to {
            to.copy_from_slice(&sums[from..from + cols]);
        }
    }
}

/// What the backward pass reads.
struct Saved<'a, T> {
    grad_y: &'a [T],
    x: &'a [T],
    mean: &'a [T],
    rstd: &'a [T],
    gamma: Option<&'a [T]>,
    cols: usize,
}

impl<T: RowFloat> Saved<'_, T> {
    fn check(&self, grad_x: Option<&[T]>) {
        let (rows, size) = (self.mean.len(), self.x.len());
        let matches = size == rows * self.cols && self.grad_y.len() == size && self.rstd.len() == rows;
        assert!(matches && grad_x.is_none_or(|g| g.len() == size), "layer_norm: lengths");
        assert!(self.gamma.is_none_or(|gamma| gamma.len() == self.cols), "layer_norm: length of gamma");
    }

    /// Writes the gradient of x; gives those of gamma and beta, one after the other.
    ///
    /// Rows are summed block by block, the blocks in order; their number depends on the shape alone.
    fn run(&self, grad_x: Option<&mut [T]>, columns: bool) -> Vec<T> {
        let (rows, cols) = (self.mean.len(), self.cols);
        let blocks = rows.div_ceil(PART).clamp(1, PARTS);
        let mut sums = vec![T::ZERO; if columns { blocks * 2 * cols } else { 0 }];
        let parts = Rows::of(&mut sums, 2 * cols);
        let out = grad_x.map(|grad_x| Rows::of(grad_x, cols));
        for_rows(blocks, rows.div_ceil(blocks) * cols, |range| {
            for block in range {
                let rows = block * rows / blocks..(block + 1) * rows / blocks;
                // SAFETY: tasks have disjoint blocks, and blocks disjoint rows.
                let (grad_x, sums) = unsafe { (out.map(|out| out.take(&rows)), columns.then(|| parts.take(&(block..block + 1)))) };
                backward_rows(self, rows, grad_x, sums);
            }
        });
        if columns {
            let (total, others) = sums.split_at_mut(2 * cols);
            for part in others.chunks_exact(2 * cols.max(1)) {
                total.iter_mut().zip(part).for_each(|(total, &part)| *total += part);
            }
        }
        sums
    }
}

vectorized! {
    fn backward_rows[T: RowFloat](
        saved: &Saved<T>, rows: Range<usize>, grad_x: Option<&mut [T]>, sums: Option<&mut [T]>,
    ) {
        let (mut grad_x, mut sums) = (grad_x, sums);
        let cols = saved.cols;
        for (at, row) in rows.enumerate() {
            let (m, r) = (saved.mean[row], saved.rstd[row]);
            let (x, g) = (&saved.x[row * cols..][..cols], &saved.grad_y[row * cols..][..cols]);
            if let Some(grad_x) = grad_x.as_deref_mut() {
                row_grad_x(x, g, saved.gamma, m, r, &mut grad_x[at * cols..][..cols]);
            }
            if let Some(sums) = sums.as_deref_mut() {
                let (gamma, beta) = sums.split_at_mut(cols);
                add_columns(x, g, m, r, gamma, beta);
            }
        }
    }
}

#[inline(always)]
fn row_grad_x<T: RowFloat>(x: &[T], g: &[T], gamma: Option<&[T]>, m: T, r: T, out: &mut [T]) {
    let n = T::of(x.len() as f64);
    match gamma {
        Some(gamma) => out.iter_mut().zip(g).zip(gamma).for_each(|((out, &g), &gamma)| *out = g * gamma),
        None => out.copy_from_slice(g),
    }
    let average = sum(out) / n;
    let along = fold([out, x], T::ZERO, |sum, [g, x]| sum + g * ((x - m) * r), plus) / n;
    out.iter_mut().zip(x).for_each(|(out, &x)| *out = r * (*out - average - (x - m) * r * along));
}
