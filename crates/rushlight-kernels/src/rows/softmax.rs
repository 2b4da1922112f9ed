//! Softmax, its logarithm, and the logarithm of a sum of exponentials.
//!
//! The row's maximum is taken out first, so nothing overflows. A row of negative infinities has no softmax: it gives NaN.

use super::{HALF, LANES, RowFloat, Rows, dot, fold_first, for_rows, joined, max_first, padded, plus, sum};
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

/// Rows that take each step together, so that the sums of one do not wait for those of another.
const GROUP: usize = 16;
/// Longer rows are taken one by one: a group would not stay in the first-level cache.
const SHORT: usize = 128;

/// Calls `f` with the starts of neighbouring rows, up to [`GROUP`] at once, in `len` numbers.
#[inline(always)]
fn for_groups(len: usize, cols: usize, mut f: impl FnMut(std::iter::StepBy<Range<usize>>)) {
    let step = if cols <= SHORT { GROUP * cols } else { cols };
    (0..len).step_by(step).for_each(|start| f((start..len.min(start + step)).step_by(cols)));
}

vectorized! {
    fn softmax_rows[T: RowFloat](x: &[T], y: &mut [T], cols: usize) {
        for_groups(x.len(), cols, |rows| {
            let mut values = [T::ZERO; GROUP];
            rows.clone().zip(&mut values).for_each(|(at, top)| *top = max_first(&x[at..], cols));
            rows.clone().zip(&mut values).for_each(|(at, value)| *value = exp_and_sum(&x[at..], *value, &mut y[at..], cols));
            for (at, sum) in rows.zip(values) {
                let scale = T::ONE / sum;
                y[at..at + cols].iter_mut().for_each(|y| *y *= scale);
            }
        });
    }
}

/// Writes `exp(x - top)` of the first `cols` numbers and gives its sum. Numbers of `y` after them may be overwritten.
#[inline(always)]
fn exp_and_sum<T: RowFloat>(x: &[T], top: T, y: &mut [T], cols: usize) -> T {
    let mut lanes = [T::ZERO; LANES];
    let whole = cols / LANES * LANES;
    let ((x, x_rest), (y, y_rest)) = (x.split_at(whole), y.split_at_mut(whole));
    for (x, y) in x.chunks_exact(LANES).zip(y.chunks_exact_mut(LANES)) {
        for i in 0..LANES {
            y[i] = (x[i] - top).exp();
            lanes[i] += y[i];
        }
    }
    for at in (0..cols - whole).step_by(HALF) {
        let mut e = padded(&x_rest[at..], cols - whole - at, T::NEG_INFINITY);
        for i in 0..HALF {
            e[i] = (e[i] - top).exp();
            lanes[at + i] += e[i];
        }
        match y_rest[at..].first_chunk_mut() {
            Some(y) => *y = e,
            None => y_rest[at..].iter_mut().zip(e).for_each(|(y, e)| *y = e),
        }
    }
    joined(&lanes, plus)
}

/// The sum of `exp(x - top)` of the first `cols` numbers.
#[inline(always)]
fn sum_exp<T: RowFloat>(x: &[T], top: T, cols: usize) -> T {
    fold_first(x, cols, T::ZERO, T::NEG_INFINITY, |sum, x| sum + (x - top).exp(), plus)
}

vectorized! {
    fn log_softmax_rows[T: RowFloat](x: &[T], y: &mut [T], cols: usize) {
        for_groups(x.len(), cols, |rows| {
            let (mut tops, mut logs) = ([T::ZERO; GROUP], [T::ZERO; GROUP]);
            rows.clone().zip(&mut tops).for_each(|(at, top)| *top = max_first(&x[at..], cols));
            rows.clone().zip(&mut logs).zip(tops).for_each(|((at, log), top)| *log = sum_exp(&x[at..], top, cols));
            rows.clone().zip(&mut logs).for_each(|(_, log)| *log = log.ln());
            for ((at, top), log) in rows.zip(tops).zip(logs) {
                y[at..at + cols].iter_mut().zip(&x[at..]).for_each(|(y, &x)| *y = x - top - log);
            }
        });
    }
}

vectorized! {
    fn logsumexp_rows[T: RowFloat](x: &[T], out: &mut [T], cols: usize) {
        for (row, out) in out.iter_mut().enumerate() {
            let x = &x[row * cols..];
            let top = max_first(x, cols);
            let top = if top.is_infinite() { T::ZERO } else { top };
            *out = top + sum_exp(x, top, cols).ln();
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
