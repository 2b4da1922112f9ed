//! Single elements along one dimension.

use super::{Bits, Combine, GRAIN, bounds};
use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Pairs each position of an index tensor with a place in a larger tensor: `x[i, at[i, j, k], k]` for dimension 1.
pub struct Lines<'a> {
    /// The shape of the index tensor, at least one dimension.
    pub shape: &'a [usize],
    /// The strides of the tensor indexed.
    pub strides: &'a [usize],
    /// The dimension whose position is replaced.
    pub dim: usize,
}

impl Lines<'_> {
    fn width(&self) -> usize {
        self.shape[self.shape.len() - 1]
    }

    /// Distance of neighbours along a line in the tensor indexed, the replaced position aside.
    fn step(&self) -> usize {
        let last = self.shape.len() - 1;
        if self.dim == last { 0 } else { self.strides[last] }
    }

    /// Where line `row` begins in the tensor indexed, the replaced position aside.
    fn start(&self, mut row: usize) -> usize {
        if self.shape.len() == 2 {
            return if self.dim == 0 { 0 } else { row * self.strides[0] };
        }
        let mut base = 0;
        for d in (0..self.shape.len() - 1).rev() {
            if d != self.dim {
                base += row % self.shape[d] * self.strides[d];
            }
            row /= self.shape[d];
        }
        base
    }
}

/// Positions that are checked together, just before they are used.
const BLOCK: usize = 1 << 10;

/// `out[p] = x[place of p]` for all positions of the index `at`; false, with `out` unfinished, if one is outside `0..size`.
pub fn gather<B: Bits>(lines: &Lines, size: usize, x: &[B], at: &[i64], out: &mut [B]) -> bool {
    let width = lines.width();
    if at.is_empty() {
        return true;
    }
    assert!(out.len() == at.len() && at.len().is_multiple_of(width), "gather: operand sizes");
    let (to, outside) = (Shared(out.as_mut_ptr()), AtomicBool::new(false));
    pool::parallel_for(at.len() / width, GRAIN.div_ceil(width), |rows| {
        for first in rows.clone().step_by(BLOCK.div_ceil(width)) {
            let block = first..rows.end.min(first + BLOCK.div_ceil(width));
            let at = &at[block.start * width..block.end * width];
            let (low, high) = bounds(at);
            if low < 0 || high >= size as i64 {
                return outside.store(true, Ordering::Relaxed);
            }
            // SAFETY: each range of lines is one task's.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(block.start * width), at.len()) };
            for (row, (out, at)) in block.zip(out.chunks_exact_mut(width).zip(at.chunks_exact(width))) {
                // SAFETY: `bounds` found these positions inside `0..size`.
                unsafe { gather_line(lines, size, x, row, at, out) };
            }
        }
    });
    !outside.into_inner()
}

/// # Safety
/// The positions lie in `0..size`.
unsafe fn gather_line<B: Bits>(lines: &Lines, size: usize, x: &[B], row: usize, at: &[i64], out: &mut [B]) {
    let (base, stride, step) = (lines.start(row), lines.strides[lines.dim], lines.step());
    if (stride, step) == (1, 0) {
        let x = &x[base..base + size];
        // SAFETY: `x` has `size` elements.
        return out.iter_mut().zip(at).for_each(|(o, &i)| *o = unsafe { *x.get_unchecked(i as usize) });
    }
    for (j, (o, &i)) in out.iter_mut().zip(at).enumerate() {
        *o = x[base + i as usize * stride + j * step];
    }
}

/// Joins `src[p]` into `out[place of p]` for all positions of the index `at`; one element of `src` serves all.
///
/// Writes can meet only inside a line of `dim`, so blocks before that dimension, and columns after it, are independent.
pub fn scatter<C: Combine>(c: C, lines: &Lines, out: &mut [C::T], at: &[i64], src: &[C::T]) {
    let width = lines.width();
    if at.is_empty() {
        return;
    }
    assert!(src.len() == at.len() || src.len() == 1, "scatter: operand sizes");
    let blocks: usize = lines.shape[..lines.dim].iter().product();
    let rows = at.len() / width / blocks;
    let columns = if lines.dim == lines.shape.len() - 1 { 1 } else { width.div_ceil(256) };
    let (to, len) = (Shared(out.as_mut_ptr()), out.len());
    let grain = GRAIN.div_ceil(rows * width.div_ceil(columns));
    pool::parallel_for(blocks * columns, grain, |tasks| {
        for task in tasks {
            let (block, column) = (task / columns, task % columns);
            let range = column * width / columns..(column + 1) * width / columns;
            for row in block * rows..(block + 1) * rows {
                // SAFETY: tasks write different places; the function checks that they lie inside `out`.
                unsafe { scatter_line(c, lines, to.get(), len, at, src, row, range.clone()) };
            }
        }
    });
}

/// # Safety
/// `out` has `len` elements, and no other task writes the places of these positions.
unsafe fn scatter_line<C: Combine>(c: C, lines: &Lines, out: *mut C::T, len: usize, at: &[i64], src: &[C::T], row: usize, range: Range<usize>) {
    let (width, stride, step) = (lines.width(), lines.strides[lines.dim], lines.step());
    let base = lines.start(row);
    if (stride, step) == (1, 0) && src.len() > 1 {
        assert!(base <= len, "scatter: positions");
        // SAFETY: the elements from `base` on, of which no other task writes these positions.
        let out = unsafe { std::slice::from_raw_parts_mut(out.add(base), len - base) };
        let range = row * width + range.start..row * width + range.end;
        for (&i, &new) in at[range.clone()].iter().zip(&src[range]) {
            out[i as usize] = c.join(out[i as usize], new);
        }
        return;
    }
    for j in range {
        let place = base + at[row * width + j] as usize * stride + j * step;
        assert!(place < len, "scatter: positions");
        let new = if src.len() == 1 { src[0] } else { src[row * width + j] };
        // SAFETY: inside by the assertion, ours by the contract.
        unsafe { *out.add(place) = c.join(*out.add(place), new) };
    }
}
