//! Functions of contiguous rows: softmax and its kin, layer normalisation, gates of recurrent cells.
//!
//! Sums run in [`LANES`] interleaved parts that are added in a fixed order, so results do not depend on the instruction
//! set's width or on threads.

mod column_norm;
mod columns;
mod exp;
mod gates;
mod group_norm;
mod layer_norm;
mod softmax;
#[cfg(test)]
mod tests;

pub use columns::{log_softmax_columns, log_softmax_columns_backward, softmax_columns, softmax_columns_backward};
pub use exp::RowFloat;
pub use gates::{GateFloat, LstmSaved, gru, gru_backward, lstm, lstm_backward};
pub use group_norm::{Groups, group_backward, group_normalize, group_statistics};
pub use layer_norm::{layer_norm, layer_norm_backward};
pub use softmax::{log_softmax, log_softmax_backward, logsumexp, softmax, softmax_backward};

use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;

/// Independent partial sums.
const LANES: usize = 32;
/// The end of a row is filled up to a multiple of so many numbers.
const HALF: usize = LANES / 2;

/// Numbers that are worth a task.
const GRAIN: usize = 1 << 14;

/// Runs `f` on ranges of rows, in parallel where there are enough numbers.
fn for_rows(rows: usize, cols: usize, f: impl Fn(Range<usize>) + Sync) {
    pool::parallel_for(rows, GRAIN.div_ceil(cols.max(1)), f);
}

/// The rows of a matrix that a task may write.
#[derive(Clone, Copy)]
struct Rows<T> {
    start: Shared<T>,
    cols: usize,
}

impl<T> Rows<T> {
    fn of(memory: &mut [T], cols: usize) -> Self {
        Rows { start: Shared(memory.as_mut_ptr()), cols }
    }

    /// # Safety
    /// The rows exist and no other task has them.
    unsafe fn take<'a>(&self, rows: &Range<usize>) -> &'a mut [T] {
        // SAFETY: the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.start.get().add(rows.start * self.cols), rows.len() * self.cols) }
    }
}

/// Folds numbers of a row into [`LANES`] parts, and these by halves.
#[inline(always)]
fn fold<T: RowFloat, const N: usize>(row: [&[T]; N], start: T, step: impl Fn(T, [T; N]) -> T, join: impl Fn(T, T) -> T) -> T {
    let mut lanes = [start; LANES];
    let cols = row[0].len();
    let whole = cols / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let parts: [&[T; LANES]; N] = std::array::from_fn(|n| row[n][at..at + LANES].first_chunk().expect("a whole chunk"));
        for i in 0..LANES {
            lanes[i] = step(lanes[i], std::array::from_fn(|n| parts[n][i]));
        }
    }
    for i in whole..cols {
        lanes[i - whole] = step(lanes[i - whole], std::array::from_fn(|n| row[n][i]));
    }
    joined(&lanes, join)
}

/// As [`fold`] of the first `cols` numbers of `row`, the last ones filled up with `pad`, which changes no state: there are no loops
/// over single numbers. Memory after the row is read where there is some, and not used.
#[inline(always)]
fn fold_first<T: RowFloat>(row: &[T], cols: usize, start: T, pad: T, step: impl Fn(T, T) -> T, join: impl Fn(T, T) -> T) -> T {
    let mut lanes = [start; LANES];
    let (whole, rest) = row.split_at(cols / LANES * LANES);
    for chunk in whole.as_chunks::<LANES>().0 {
        for i in 0..LANES {
            lanes[i] = step(lanes[i], chunk[i]);
        }
    }
    let left = cols - whole.len();
    for at in (0..left).step_by(HALF) {
        let part = padded(&rest[at..], left - at, pad);
        for i in 0..HALF {
            lanes[at + i] = step(lanes[at + i], part[i]);
        }
    }
    joined(&lanes, join)
}

/// The first `count` numbers, at most [`HALF`], and `pad` after them.
#[inline(always)]
fn padded<T: RowFloat>(from: &[T], count: usize, pad: T) -> [T; HALF] {
    let all = from.first_chunk::<HALF>().copied().unwrap_or_else(|| copied(from));
    std::array::from_fn(|i| if (i as u32) < count as u32 { all[i] } else { pad })
}

/// Fewer than [`HALF`] numbers. A function of its own: beside it, reading a whole chunk compiled to single numbers.
#[cold]
#[inline(never)]
fn copied<T: RowFloat>(from: &[T]) -> [T; HALF] {
    let mut all = [T::ZERO; HALF];
    all[..from.len()].copy_from_slice(from);
    all
}

/// Joins lanes by halves.
///
/// A function of its own: inlined beside other sums it compiled to scalars (layer_norm of 64 columns took 1.7 times as long).
#[inline(never)]
fn joined<T: RowFloat>(lanes: &[T; LANES], join: impl Fn(T, T) -> T) -> T {
    let lanes = halved::<T, 32, 16>(*lanes, &join);
    let lanes = halved::<T, 16, 8>(lanes, &join);
    let [a, b, c, d] = halved::<T, 8, 4>(lanes, &join);
    join(join(a, c), join(b, d))
}

/// Joins the two halves of an array.
#[inline(always)]
fn halved<T: RowFloat, const N: usize, const HALF: usize>(lanes: [T; N], join: impl Fn(T, T) -> T) -> [T; HALF] {
    std::array::from_fn(|i| join(lanes[i], lanes[i + HALF]))
}

/// A sum to join lanes by where the caller has more instruction sets: a closure of its own would be called lane by lane.
#[inline(always)]
fn plus<T: RowFloat>(a: T, b: T) -> T {
    a + b
}

#[inline(always)]
pub(crate) fn sum<T: RowFloat>(row: &[T]) -> T {
    fold([row], T::ZERO, |sum, [x]| sum + x, plus)
}

#[inline(always)]
pub(crate) fn dot<T: RowFloat>(x: &[T], y: &[T]) -> T {
    fold([x, y], T::ZERO, |sum, [x, y]| sum + x * y, plus)
}

/// The largest number, not counting NaN.
#[inline(always)]
pub(crate) fn max<T: RowFloat>(row: &[T]) -> T {
    max_first(row, row.len())
}

/// The largest of the first `cols` numbers, not counting NaN.
#[inline(always)]
fn max_first<T: RowFloat>(row: &[T], cols: usize) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    fold_first(row, cols, T::NEG_INFINITY, T::NEG_INFINITY, larger, larger)
}
