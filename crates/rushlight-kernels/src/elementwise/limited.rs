//! Chunk by chunk: formulas that do not hold for all elements, the others of which are found after a chunk is computed and
//! put right; and types that an instruction converts many at a time.

use super::driver::unit;
use super::num::{CHUNK, Num};

/// So many elements cost less one by one than in a chunk.
pub(super) const FEW: usize = 8;

/// A formula of one or two operands, chunk by chunk; of one, the `second` is the first again. A few elements of
/// formulas without limits, among which there are slow ones, are computed one by one.
///
/// # Safety
/// As [`super::Loop`].
#[inline(always)]
pub(super) unsafe fn by_chunks<I: Num, O: Num>(
    n: usize,
    ptrs: &[*mut u8; 4],
    strides: &[isize; 4],
    second: usize,
    limited: bool,
    call: impl Fn([I::Acc; 2]) -> O::Acc,
    beyond: impl Fn([I::Acc; 2]) -> bool,
    rare: impl Fn([I::Acc; 2]) -> O::Acc,
) {
    for first in (0..n).step_by(CHUNK) {
        let count = CHUNK.min(n - first);
        let at = |operand: usize| ptrs[operand].wrapping_offset(first as isize * strides[operand]);
        if !limited && count <= FEW {
            for i in 0..count as isize {
                // SAFETY: the contract of `Loop`.
                unsafe {
                    let (a, b) = (*(at(1).offset(i * strides[1]) as *const I), *(at(second).offset(i * strides[second]) as *const I));
                    *(at(0).offset(i * strides[0]) as *mut O) = O::down(call([a.up(), b.up()]));
                }
            }
            return;
        }
        // SAFETY: `count` elements follow.
        let (a, b) = unsafe { (widened::<I>(at(1), strides[1], count), widened::<I>(at(second), strides[second], count)) };
        // Loops, for a function of the library would call the closures one by one: they have more instruction sets.
        let mut y = [call([a[0], b[0]]); CHUNK];
        for i in 0..CHUNK {
            y[i] = call([a[i], b[i]]);
        }
        let mut any = false;
        for i in 0..CHUNK {
            any |= limited && beyond([a[i], b[i]]);
        }
        if any {
            for i in 0..count {
                if beyond([a[i], b[i]]) {
                    y[i] = rare([a[i], b[i]]);
                }
            }
        }
        // SAFETY: as above.
        unsafe { store::<O>(&y, at(0), strides[0], count) };
    }
}

/// Rounds the first `count` numbers into place.
///
/// # Safety
/// There is room for as many.
#[inline(always)]
pub(super) unsafe fn store<O: Num>(y: &[O::Acc; CHUNK], to: *mut u8, stride: isize, count: usize) {
    // SAFETY: the caller's.
    unsafe {
        if unit::<O>(stride) && count == CHUNK {
            return O::down_chunk(y, &mut *(to as *mut [O; CHUNK]));
        }
        let mut narrow = [O::default(); CHUNK];
        O::down_chunk(y, &mut narrow);
        for (i, &y) in narrow[..count].iter().enumerate() {
            *(to.offset(i as isize * stride) as *mut O) = y;
        }
    }
}

/// `count` elements in the type of their arithmetic; the first again in the places after them.
///
/// # Safety
/// There are as many, and at least one.
#[inline(always)]
pub(super) unsafe fn widened<I: Num>(from: *const u8, stride: isize, count: usize) -> [I::Acc; CHUNK] {
    // SAFETY: the caller's.
    unsafe {
        if stride == 0 {
            return [(*(from as *const I)).up(); CHUNK];
        }
        if unit::<I>(stride) && count == CHUNK {
            return I::up_chunk(&*(from as *const [I; CHUNK]));
        }
        I::up_chunk(&taken(from, stride, count))
    }
}

/// `count` elements, and the first again in the places after them.
///
/// # Safety
/// There are as many, and at least one.
#[inline(always)]
unsafe fn taken<T: Num>(from: *const u8, stride: isize, count: usize) -> [T; CHUNK] {
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
