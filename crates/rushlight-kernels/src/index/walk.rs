//! Copies that follow other rules than strides of a tensor: backwards, or half of a matrix.

use super::{Bits, GRAIN};
use crate::gemm::Shared;
use crate::pool;

/// Fills a contiguous `out` of a shape with `x[offset + sum of position * stride]`; strides may be negative.
pub fn copy_strided<B: Bits>(x: &[B], offset: usize, shape: &[usize], strides: &[isize], out: &mut [B]) {
    if out.is_empty() {
        return;
    }
    let (width, step) = (shape.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(1));
    assert!(out.len() == shape.iter().product(), "copy_strided: operand sizes");
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(out.len() / width, GRAIN.div_ceil(width), |rows| {
        // SAFETY: each range of rows is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(rows.start * width), rows.len() * width) };
        for (line, row) in out.chunks_exact_mut(width).zip(rows) {
            let (mut base, mut rest) = (offset as isize, row);
            for d in (0..shape.len().saturating_sub(1)).rev() {
                base += (rest % shape[d]) as isize * strides[d];
                rest /= shape[d];
            }
            copy_line(x, base, step, line);
        }
    });
}

fn copy_line<B: Bits>(x: &[B], base: isize, step: isize, out: &mut [B]) {
    let (first, width) = (base as usize, out.len());
    match step {
        1 => out.copy_from_slice(&x[first..first + width]),
        -1 => out.iter_mut().zip(x[first + 1 - width..=first].iter().rev()).for_each(|(o, &v)| *o = v),
        _ => out.iter_mut().enumerate().for_each(|(j, o)| *o = x[(base + j as isize * step) as usize]),
    }
}

/// Copies the part of each row-major matrix on one side of a diagonal, zero elsewhere.
pub fn triangle<B: Bits>(x: &[B], rows: usize, cols: usize, diagonal: i64, upper: bool, out: &mut [B]) {
    assert!(x.len() == out.len(), "triangle: operand sizes");
    if out.is_empty() {
        return;
    }
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(x.len() / cols, GRAIN.div_ceil(cols), |range| {
        for line in range {
            // The diagonal belongs to both halves.
            let cut = (line % rows) as i64 + diagonal.clamp(-(rows as i64) - 1, cols as i64 + 1) + !upper as i64;
            let cut = cut.clamp(0, cols as i64) as usize;
            let x = &x[line * cols..(line + 1) * cols];
            // SAFETY: each line is one task's.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(line * cols), cols) };
            let kept = if upper { cut..cols } else { 0..cut };
            let zeroed = if upper { 0..cut } else { cut..cols };
            out[kept.clone()].copy_from_slice(&x[kept]);
            out[zeroed].fill(B::default());
        }
    });
}
