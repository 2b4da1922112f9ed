//! Whole slices written at given positions.

use super::{Combine, GRAIN, bounds};
use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;

/// `out[o, at[k], ..]` joined with `src[o, k, ..]` for a contiguous `out` of `[outer, size, inner]` elements; a `src` of
/// `inner` elements serves every position.
///
/// Threads own ranges of the destination and each goes through all positions, so writes that meet keep their order.
pub fn put<C: Combine>(c: C, out: &mut [C::T], outer: usize, size: usize, inner: usize, at: &[i64], src: &[C::T]) {
    let repeated = src.len() == inner;
    assert!(out.len() >= outer * size * inner && (repeated || src.len() >= outer * at.len() * inner), "put: operand sizes");
    let (low, high) = bounds(at);
    assert!(low >= 0 && high < size as i64, "put: positions");
    if at.is_empty() || outer * size * inner == 0 {
        return;
    }
    let parts = parts(outer, size, inner, at.len());
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(outer * parts, 1, |tasks| {
        for task in tasks {
            let (o, part) = (task / parts, task % parts);
            let range = part * size / parts..(part + 1) * size / parts;
            // SAFETY: destinations of different tasks are disjoint parts of `out`.
            let out = unsafe { std::slice::from_raw_parts_mut(to.get().add((o * size + range.start) * inner), range.len() * inner) };
            let src = if repeated { src } else { &src[o * at.len() * inner..(o + 1) * at.len() * inner] };
            put_range(c, out, range, inner, at, src, repeated, parts == 1);
        }
    });
}

/// Into how many ranges the destination of one outer block is cut. The result does not depend on it.
fn parts(outer: usize, size: usize, inner: usize, count: usize) -> usize {
    if outer >= pool::num_threads() || count * inner < 2 * GRAIN || inner < 4 {
        return 1;
    }
    pool::num_threads().min(size)
}

fn put_range<C: Combine>(c: C, out: &mut [C::T], range: Range<usize>, inner: usize, at: &[i64], src: &[C::T], repeated: bool, whole: bool) {
    if inner == 1 && whole {
        let step = !repeated as usize;
        for (k, &i) in at.iter().enumerate() {
            out[i as usize] = c.join(out[i as usize], src[k * step]);
        }
        return;
    }
    for (k, &i) in at.iter().enumerate() {
        let i = i as usize;
        if !range.contains(&i) {
            continue;
        }
        let from = if repeated { 0 } else { k * inner };
        let to = (i - range.start) * inner;
        for (o, &v) in out[to..to + inner].iter_mut().zip(&src[from..from + inner]) {
            *o = c.join(*o, v);
        }
    }
}
