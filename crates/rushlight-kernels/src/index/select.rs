//! Whole slices at given positions.

use super::{Bits, GRAIN};
use crate::gemm::Shared;
use crate::pool;

/// `out[o, k, ..] = x[o, at[k], ..]` for a contiguous `x` of `[outer, size, inner]` elements.
pub fn select<B: Bits>(x: &[B], outer: usize, size: usize, inner: usize, at: &[i64], out: &mut [B]) {
    assert!(x.len() >= outer * size * inner && out.len() >= outer * at.len() * inner, "select: operand sizes");
    if out.is_empty() || at.is_empty() || inner == 0 {
        return;
    }
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(outer * at.len(), GRAIN.div_ceil(inner), |rows| {
        // SAFETY: rows are inside `out` by the assertion, and each range of rows is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(rows.start * inner), rows.len() * inner) };
        let mut row = rows.start;
        for line in out.chunks_mut(at.len() * inner) {
            // A range may begin inside one outer block and reach into the next.
            let mut line = line;
            while !line.is_empty() {
                let (o, k) = (row / at.len(), row % at.len());
                let here = (line.len() / inner).min(at.len() - k);
                let (part, rest) = line.split_at_mut(here * inner);
                copy_rows(&x[o * size * inner..(o + 1) * size * inner], inner, &at[k..k + here], part);
                row += here;
                line = rest;
            }
        }
    });
}

fn copy_rows<B: Bits>(x: &[B], inner: usize, at: &[i64], out: &mut [B]) {
    if inner == 1 {
        for (o, &i) in out.iter_mut().zip(at) {
            *o = x[i as usize];
        }
        return;
    }
    for (row, &i) in out.chunks_exact_mut(inner).zip(at) {
        let from = i as usize * inner;
        row.copy_from_slice(&x[from..from + inner]);
    }
}
