//! Formulas that do not hold for all elements: the others are found after a chunk is computed, and put right.

use super::driver::unit;

/// Elements that a limited formula computes before those beyond its limits are put right.
const CHUNK: usize = 64;

/// A limited formula of one or two operands, chunk by chunk; of one, the `second` is the first again.
///
/// # Safety
/// As [`super::Loop`].
#[inline(always)]
pub(super) unsafe fn by_chunks<I: Copy, X: Copy, Y: Copy, O: Copy>(
    n: usize,
    ptrs: &[*mut u8; 4],
    strides: &[isize; 4],
    second: usize,
    call: impl Fn([X; 2]) -> Y,
    beyond: impl Fn([X; 2]) -> bool,
    rare: impl Fn([X; 2]) -> Y,
    down: impl Fn(Y) -> O,
    up: impl Fn(I) -> X,
) {
    for first in (0..n).step_by(CHUNK) {
        let count = CHUNK.min(n - first);
        let at = |operand: usize| ptrs[operand].wrapping_offset(first as isize * strides[operand]);
        // SAFETY: `count` elements follow.
        let (a, b) = unsafe { (taken::<I>(at(1), strides[1], count), taken::<I>(at(second), strides[second], count)) };
        let both = |i: usize| [up(a[i]), up(b[i])];
        // Loops, for a function of the library would call the closures one by one: they have more instruction sets.
        let mut y = [down(call(both(0))); CHUNK];
        for i in 0..CHUNK {
            y[i] = down(call(both(i)));
        }
        let mut any = false;
        for i in 0..CHUNK {
            any |= beyond(both(i));
        }
        if any {
            for i in 0..count {
                if beyond(both(i)) {
                    y[i] = down(rare(both(i)));
                }
            }
        }
        // SAFETY: as above.
        unsafe {
            if unit::<O>(strides[0]) {
                std::ptr::copy_nonoverlapping(y.as_ptr(), at(0) as *mut O, count);
            } else {
                y[..count].iter().enumerate().for_each(|(i, &y)| *(at(0).offset(i as isize * strides[0]) as *mut O) = y);
            }
        }
    }
}

/// `count` elements, and the first again in the places after them.
///
/// # Safety
/// There are as many, and at least one.
#[inline(always)]
unsafe fn taken<T: Copy>(from: *const u8, stride: isize, count: usize) -> [T; CHUNK] {
    // SAFETY: the caller's.
    unsafe {
        let mut elements = [*(from as *const T); CHUNK];
        if unit::<T>(stride) {
            std::ptr::copy_nonoverlapping(from as *const T, elements.as_mut_ptr(), count);
        } else {
            for (i, element) in elements[..count].iter_mut().enumerate() {
                *element = *(from.offset(i as isize * stride) as *const T);
            }
        }
        elements
    }
}
