//! bf16 products on processors that multiply pairs of bf16 (AVX512_BF16): twice the speed of f32.
//!
//! Two neighbours along k lie in the 32 bits of one number, so that the loops for f32 pack and cut the pairs. Each product
//! is exact and every addition rounded to f32; denormal numbers count as zero, as the instruction has it.

use super::blocked::{Problem, Shared, View, multiply_packed};
use super::kernels::AVX512_PAIRS;
use super::scratch::Scratch;
use crate::simd::{Level, level};
use crate::{pool, vectorized};
use ::half::bf16;

/// Numbers along k that are worth pairing.
const DEPTH: usize = 16;
/// Rows and columns that fill most of a tile.
const SIDE: usize = 8;

/// Writes the sums of rows `first .. first + m`; false where the processor or the shape does not suit.
///
/// # Safety
/// As for [`super::half::Half::sum_natively`].
pub(crate) unsafe fn sum(p: &Problem<bf16, f32>, first: usize, m: usize, c: *mut f32) -> bool {
    if level() < Level::Avx512 || !is_x86_feature_detected!("avx512bf16") || p.k < DEPTH || p.m.min(p.n) < SIDE {
        return false;
    }
    let (n, k) = (p.n, p.k.div_ceil(2));
    let (mut room_a, mut room_b) = (Scratch::<u32>::new(m * k), Scratch::<u32>::new(k * n));
    // SAFETY: lines of A are rows, lines of B columns; there is room for their pairs; the instruction was found above.
    unsafe {
        let from = p.a.ptr.offset(first as isize * p.a.row);
        let (a, row, col) = paired(&Lines { from, across: p.a.row, along: p.a.col, lines: m, length: p.k }, room_a.ptr());
        let a = View { ptr: a, row, col };
        let (b, col, row) = paired(&Lines { from: p.b.ptr, across: p.b.col, along: p.b.row, lines: n, length: p.k }, room_b.ptr());
        let b = View { ptr: b, row, col };
        multiply_packed(&Problem { m, n, k, alpha: 1.0, a, b, beta: 0.0, c, c_row: n as isize, c_col: 1 }, &AVX512_PAIRS);
    }
    true
}

/// Rows of A or columns of B.
struct Lines {
    from: *const bf16,
    /// Distance between lines and between steps along them.
    across: isize,
    along: isize,
    lines: usize,
    length: usize,
}

// SAFETY: only read.
unsafe impl Sync for Lines {}

/// The pairs along each line, and their distance between lines and along them; in place where they lie so already.
unsafe fn paired(x: &Lines, to: *mut u32) -> (*const f32, isize, isize) {
    let depth = x.length.div_ceil(2);
    if x.along == 1 && x.length.is_multiple_of(2) && x.across & 1 == 0 && x.from.cast::<f32>().is_aligned() {
        return (x.from.cast(), x.across / 2, 1);
    }
    let out = Shared(to);
    let grain = (1usize << 15).div_ceil(x.lines.max(depth));
    if x.across == 1 {
        pool::parallel_for(depth, grain, |range| {
            for p in range {
                // SAFETY: steps `2 p` and, if there is one, `2 p + 1` of all lines, and the row of their pairs.
                unsafe {
                    let step = |at: usize| std::slice::from_raw_parts(x.from.offset(at as isize * x.along), if at < x.length { x.lines } else { 0 });
                    let to = std::slice::from_raw_parts_mut(out.get().add(p * x.lines), x.lines);
                    join(step(2 * p), step(2 * p + 1), to);
                }
            }
        });
        return (to.cast(), 1, x.lines as isize);
    }
    pool::parallel_for(x.lines, grain, |range| {
        for line in range {
            for p in 0..depth {
                // SAFETY: steps of the line, and its place among the pairs.
                unsafe {
                    let bits = |at: usize| if at < x.length { (*x.from.offset(line as isize * x.across + at as isize * x.along)).to_bits() } else { 0 };
                    *out.get().add(line * depth + p) = bits(2 * p) as u32 | (bits(2 * p + 1) as u32) << 16;
                }
            }
        }
    });
    (to.cast(), depth as isize, 1)
}

vectorized! {
    /// Pairs of two rows; without a second row its numbers are zero.
    fn join[](low: &[bf16], high: &[bf16], to: &mut [u32]) {
        if high.is_empty() {
            return to.iter_mut().zip(low).for_each(|(to, low)| *to = low.to_bits() as u32);
        }
        for ((to, low), high) in to.iter_mut().zip(low).zip(high) {
            *to = low.to_bits() as u32 | (high.to_bits() as u32) << 16;
        }
    }
}
