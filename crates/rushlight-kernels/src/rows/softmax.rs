//! Softmax, its logarithm, and the logarithm of a sum of exponentials.
//!
//! The row's maximum is taken out first, so nothing overflows. A row of negative infinities has no softmax: it gives NaN.

use super::{LANES, RowFloat, Rows, dot, fold, for_rows, joined, max, plus, sum};
use crate::vectorized;
use std::ops::Range;

/// `y = exp(x) / sum(exp(x))` on rows of `cols` numbers.
///
/// # Panics
/// When lengths differ.
pub fn softmax<T: RowFloat>(x: &[T], y: &mut [T], cols: usize) {
    assert_eq!(x.len(), y.len(), "rows: lengths");
    for_results(y, cols, |part, y| softmax_rows(&x[part], y, cols));
}

/// `y = x - log(sum(exp(x)))` on rows of `cols` numbers.
///
/// # Panics
/// When lengths differ.
pub fn log_softmax<T: RowFloat>(x: &[T], y: &mut [T], cols: usize) {
    assert_eq!(x.len(), y.len(), "rows: lengths");
    for_results(y, cols, |part, y| log_softmax_rows(&x[part], y, cols));
}

/// The gradient of [`softmax`] from that of its result `y`: `y * (grad_y - sum(y * grad_y))`.
///
/// # Panics
/// When lengths differ.
pub fn softmax_backward<T: RowFloat>(grad_y: &[T], y: &[T], grad_x: &mut [T], cols: usize) {
    assert!(y.len() == grad_y.len() && y.len() == grad_x.len(), "rows: lengths");
    for_results(grad_x, cols, |part, out| softmax_backward_rows(&grad_y[part.clone()], &y[part], out, cols));
}

/// The gradient of [`log_softmax`] from that of its result `y`: `grad_y - exp(y) * sum(grad_y)`.
///
/// # Panics
/// When lengths differ.
pub fn log_softmax_backward<T: RowFloat>(grad_y: &[T], y: &[T], grad_x: &mut [T], cols: usize) {
    assert!(y.len() == grad_y.len() && y.len() == grad_x.len(), "rows: lengths");
    for_results(grad_x, cols, |part, out| log_softmax_backward_rows(&grad_y[part.clone()], &y[part], out, cols));
}

/// `log(sum(exp(x)))` of each of `out.len()` rows; of no numbers negative infinity.
///
/// # Panics
/// When `x` does not hold `out.len()` rows of `cols` numbers.
pub fn logsumexp<T: RowFloat>(x: &[T], out: &mut [T], cols: usize) {
    assert_eq!(x.len(), out.len() * cols, "rows: lengths");
    let rows = out.len();
    let results = Rows::of(out, 1);
    for_rows(rows, cols, |range| {
        // SAFETY: tasks have disjoint ranges.
        let out = unsafe { results.take(&range) };
        logsumexp_rows(&x[range.start * cols..range.end * cols], out, cols);
    });
}

/// Calls `f` with ranges of numbers (whole rows) and their place in the result.
fn for_results<T: RowFloat>(y: &mut [T], cols: usize, f: impl Fn(Range<usize>, &mut [T]) + Sync) {
    if y.is_empty() {
        return;
    }
    let (rows, results) = (y.len() / cols, Rows::of(y, cols));
    for_rows(rows, cols, |range| {
        // SAFETY: tasks have disjoint ranges.
        let y = unsafe { results.take(&range) };
        f(range.start * cols..range.end * cols, y);
    });
}

vectorized! {
    fn softmax_rows[T: RowFloat](x: &[T], y: &mut [T], cols: usize) {
        for (x, y) in x.chunks_exact(cols).zip(y.chunks_exact_mut(cols)) {
            let top = max(x);
            let scale = T::ONE / exp_and_sum(x, top, y);
            y.iter_mut().for_each(|y| *y *= scale);
        }
    }
}

/// Writes `exp(x - top)` and gives its sum.
#[inline(always)]
fn exp_and_sum<T: RowFloat>(x: &[T], top: T, y: &mut [T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let whole = x.len() / LANES * LANES;
    let (y, y_rest) = y.split_at_mut(whole);
    for (x, y) in x.chunks_exact(LANES).zip(y.chunks_exact_mut(LANES)) {
        for i in 0..LANES {
            y[i] = (x[i] - top).exp();
            lanes[i] += y[i];
        }
    }
    for (i, (&x, y)) in x[whole..].iter().zip(y_rest).enumerate() {
        *y = (x - top).exp();
        lanes[i] += *y;
    }
    joined(&lanes, plus)
}

/// The sum of `exp(x - top)`.
#[inline(always)]
fn sum_exp<T: RowFloat>(x: &[T], top: T) -> T {
    fold([x], T::ZERO, |sum, [x]| sum + (x - top).exp(), plus)
}

vectorized! {
    fn log_softmax_rows[T: RowFloat](x: &[T], y: &mut [T], cols: usize) {
        for (x, y) in x.chunks_exact(cols).zip(y.chunks_exact_mut(cols)) {
            let top = max(x);
            let log = sum_exp(x, top).ln();
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - top - log);
        }
    }
}

vectorized! {
    fn logsumexp_rows[T: RowFloat](x: &[T], out: &mut [T], cols: usize) {
        for (row, out) in out.iter_mut().enumerate() {
            let x = &x[row * cols..][..cols];
            let top = max(x);
            let top = if top.is_infinite() { T::ZERO } else { top };
            *out = top + sum_exp(x, top).ln();
        }
    }
}

vectorized! {
    fn softmax_backward_rows[T: RowFloat](grad_y: &[T], y: &[T], grad_x: &mut [T], cols: usize) {
        let rows = grad_y.chunks_exact(cols).zip(y.chunks_exact(cols));
        for ((g, y), out) in rows.zip(grad_x.chunks_exact_mut(cols)) {
            let total = dot(g, y);
            for i in 0..cols {
                out[i] = y[i] * (g[i] - total);
            }
        }
    }
}

vectorized! {
    fn log_softmax_backward_rows[T: RowFloat](grad_y: &[T], y: &[T], grad_x: &mut [T], cols: usize) {
        let rows = grad_y.chunks_exact(cols).zip(y.chunks_exact(cols));
        for ((g, y), out) in rows.zip(grad_x.chunks_exact_mut(cols)) {
            let total = sum(g);
            for i in 0..cols {
                out[i] = g[i] - y[i].exp() * total;
            }
        }
    }
}
