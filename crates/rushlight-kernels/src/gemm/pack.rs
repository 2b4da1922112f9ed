//! Panels: blocks of a matrix copied so that a micro-kernel reads them front to back.
//!
//! A panel of width `W` holds, for each step of depth, `W` neighbouring rows of A or columns of B, padded with zeros.

use super::Float;

/// Copies `extent` lines of `depth` numbers into panels of `width` lines: `to[panel][step][line]`.
///
/// # Safety
/// `from.offset(i * across + p * along)` must be readable for `i < extent`, `p < depth`, and `to` must have room for
/// `extent.next_multiple_of(width) * depth` numbers.
pub(crate) unsafe fn pack_panels<T: Float>(from: *const T, across: isize, along: isize, extent: usize, depth: usize, width: usize, to: *mut T) {
    for (panel, i) in (0..extent).step_by(width).enumerate() {
        let lines = (extent - i).min(width);
        // SAFETY: the panel's lines and room are part of what the caller vouches for.
        unsafe {
            let from = from.offset(i as isize * across);
            let to = to.add(panel * width * depth);
            pack_panel(from, across, along, lines, depth, width, to);
        }
    }
}

/// Copies up to `width` lines into one panel: `to[step][line]`.
///
/// # Safety
/// As for [`pack_panels`], for one panel.
pub(crate) unsafe fn pack_panel<T: Float>(from: *const T, across: isize, along: isize, lines: usize, depth: usize, width: usize, to: *mut T) {
    // SAFETY: as for `pack_panels`, for one panel.
    unsafe {
        if across == 1 {
            for p in 0..depth {
                std::ptr::copy_nonoverlapping(from.offset(p as isize * along), to.add(p * width), lines);
            }
        } else {
            pack_transposed(from, across, along, lines, depth, width, to);
        }
        if lines < width {
            for p in 0..depth {
                std::slice::from_raw_parts_mut(to.add(p * width + lines), width - lines).fill(T::ZERO);
            }
        }
    }
}

/// Copies `lines` lines to columns `width` apart, four at a time, in 4 x 4 blocks where the lines are contiguous.
///
/// # Safety
/// As for [`pack_panels`], for one panel of which only the first `lines` columns are written.
pub(crate) unsafe fn pack_transposed<T: Float>(from: *const T, across: isize, along: isize, lines: usize, depth: usize, width: usize, to: *mut T) {
    let quads = if along == 1 { lines / 4 * 4 } else { 0 };
    let deep = depth / 4 * 4;
    // SAFETY: as for `pack_panels`, for one panel.
    unsafe {
        for i in (0..quads).step_by(4) {
            let lines = from.offset(i as isize * across);
            for p in (0..deep).step_by(4) {
                T::transpose4(lines.add(p), across, to.add(p * width + i), width);
            }
            copy_strided(lines.add(deep), across, 1, 4, depth - deep, width, to.add(deep * width + i));
        }
        let rest = from.offset(quads as isize * across);
        copy_strided(rest, across, along, lines - quads, depth, width, to.add(quads));
    }
}

unsafe fn copy_strided<T: Copy>(from: *const T, across: isize, along: isize, lines: usize, depth: usize, width: usize, to: *mut T) {
    for p in 0..depth {
        for i in 0..lines {
            // SAFETY: as for `pack_panels`.
            unsafe { *to.add(p * width + i) = *from.offset(i as isize * across + p as isize * along) };
        }
    }
}

/// Transposes a 4 x 4 block: `to[p * to_stride + i] = from[i * from_stride + p]`.
///
/// # Safety
/// Both blocks must be accessible at these strides.
pub(crate) unsafe fn transpose4<T: Copy>(from: *const T, from_stride: isize, to: *mut T, to_stride: usize) {
    for i in 0..4 {
        for p in 0..4 {
            // SAFETY: inside the two blocks.
            unsafe { *to.add(p * to_stride + i) = *from.offset(i as isize * from_stride + p as isize) };
        }
    }
}

/// [`transpose4`] in SSE registers.
///
/// # Safety
/// As for [`transpose4`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) unsafe fn transpose4_f32(from: *const f32, from_stride: isize, to: *mut f32, to_stride: usize) {
    use std::arch::x86_64::*;
    // SAFETY: four rows of four numbers each are read and written; SSE is part of x86-64.
    unsafe {
        let mut r0 = _mm_loadu_ps(from);
        let mut r1 = _mm_loadu_ps(from.offset(from_stride));
        let mut r2 = _mm_loadu_ps(from.offset(2 * from_stride));
        let mut r3 = _mm_loadu_ps(from.offset(3 * from_stride));
        _MM_TRANSPOSE4_PS(&mut r0, &mut r1, &mut r2, &mut r3);
        _mm_storeu_ps(to, r0);
        _mm_storeu_ps(to.add(to_stride), r1);
        _mm_storeu_ps(to.add(2 * to_stride), r2);
        _mm_storeu_ps(to.add(3 * to_stride), r3);
    }
}
