//! Single elements along one dimension.

use super::{Bits, Combine, GRAIN};
use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;

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

/// `out[p] = x[place of p]` for all positions of the index `at`.
pub fn gather<B: Bits>(lines: &Lines, x: &[B], at: &[i64], out: &mut [B]) {
    let width = lines.width();
    if at.is_empty() {
        return;
    }
    assert!(out.len() == at.len() && at.len().is_multiple_of(width), "gather: operand sizes");
    let (stride, step) = (lines.strides[lines.dim], lines.step());
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(at.len() / width, GRAIN.div_ceil(width), |rows| {
        // SAFETY: each range of lines is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(rows.start * width), rows.len() * width) };
        for (line, row) in out.chunks_exact_mut(width).zip(rows) {
            let base = lines.start(row);
            for (j, (o, &i)) in line.iter_mut().zip(&at[row * width..]).enumerate() {
                *o = x[base + i as usize * stride + j * step];
            }
        }
    });
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
    for j in range {
        let place = base + at[row * width + j] as usize * stride + j * step;
        assert!(place < len, "scatter: positions");
        let new = if src.len() == 1 { src[0] } else { src[row * width + j] };
        // SAFETY: inside by the assertion, ours by the contract.
        unsafe { *out.add(place) = c.join(*out.add(place), new) };
    }
}
