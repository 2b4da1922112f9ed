//! Where a mask holds: positions, and writing one value.

use super::Bits;
use crate::gemm::Shared;
use crate::pool;

const CHUNK: usize = 1 << 14;

/// Flat positions of the true elements, ascending.
pub fn positions(mask: &[bool]) -> Vec<i64> {
    let chunks = mask.len().div_ceil(CHUNK);
    let mut starts = vec![0usize; chunks];
    let counts = Shared(starts.as_mut_ptr());
    pool::parallel_for(chunks, 4, |range| {
        for k in range {
            // SAFETY: each chunk's count is one task's.
            unsafe { *counts.get().add(k) = chunk(mask, k).iter().filter(|&&b| b).count() };
        }
    });
    let mut total = 0;
    for count in &mut starts {
        total += std::mem::replace(count, total);
    }
    let mut out = vec![0i64; total];
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(chunks, 4, |range| {
        for k in range {
            let end = starts.get(k + 1).copied().unwrap_or(total);
            // SAFETY: each chunk's part of the result is one task's.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(starts[k]), end - starts[k]) };
            fill(chunk(mask, k), k * CHUNK, out);
        }
    });
    out
}

/// Writes one value where the mask holds.
pub fn fill_where<B: Bits>(mask: &[bool], value: B, out: &mut [B]) {
    assert!(mask.len() == out.len(), "fill_where: operand sizes");
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(mask.len(), 4 * CHUNK, |range| {
        // SAFETY: each range is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(range.start), range.len()) };
        for (o, &held) in out.iter_mut().zip(&mask[range]) {
            *o = if held { value } else { *o };
        }
    });
}

fn chunk(mask: &[bool], k: usize) -> &[bool] {
    &mask[k * CHUNK..((k + 1) * CHUNK).min(mask.len())]
}

/// Writes positions without a branch on the mask: each is overwritten until one holds.
fn fill(mask: &[bool], start: usize, out: &mut [i64]) {
    let mut n = 0;
    for (i, &held) in mask.iter().enumerate() {
        if n == out.len() {
            return;
        }
        out[n] = (start + i) as i64;
        n += held as usize;
    }
}
