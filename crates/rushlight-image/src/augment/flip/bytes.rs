//! Rows of bytes backwards, a vector of whole pixels at a time: each load ends where the last one began, each store covers the bytes that
//! the one before wrote too many.

use rushlight_kernels::simd::{Level, level};
use std::arch::x86_64::*;

/// Bytes of a pixel at most.
const LONGEST: usize = 16;

/// Whether this processor can reverse such pixels.
pub fn possible(step: usize) -> bool {
    step <= LONGEST && level() >= Level::Avx2
}

/// A way to reverse rows of pixels of one size.
pub struct Reversal {
    step: usize,
    wide: bool,
    order: [u8; 64],
}

impl Reversal {
    /// For pixels of `step` bytes, of which [`possible`] was asked.
    pub fn new(step: usize) -> Reversal {
        let wide = level() >= Level::Avx512 && is_x86_feature_detected!("avx512vbmi");
        let bytes = if wide { 64 } else { 16 };
        // The last `bytes / step` pixels of a vector come first, in reverse; what follows them is overwritten.
        let order = std::array::from_fn(|i| (bytes + i % step).wrapping_sub(step * (i / step + 1)) as u8);
        Reversal { step, wide, order }
    }

    /// Rows of `row` bytes, pixel by pixel.
    ///
    /// # Safety
    /// [`possible`] must have said so; the slices have the same length, whole rows of whole pixels.
    pub unsafe fn apply(&self, from: &[u8], to: &mut [u8], row: usize) {
        match self.wide {
            // SAFETY: the features were found on this processor.
            true => unsafe { rows_vbmi(from, to, row, self) },
            // SAFETY: by the contract.
            false => unsafe { rows_avx2(from, to, row, self) },
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn rows_vbmi(from: &[u8], to: &mut [u8], row: usize, reversal: &Reversal) {
    for (from, to) in from.chunks_exact(row).zip(to.chunks_exact_mut(row)) {
        reverse_vbmi(from, to, reversal.step, &reversal.order);
    }
}

#[target_feature(enable = "avx2")]
fn rows_avx2(from: &[u8], to: &mut [u8], row: usize, reversal: &Reversal) {
    for (from, to) in from.chunks_exact(row).zip(to.chunks_exact_mut(row)) {
        match reversal.step {
            // Known to the compiler, which saves a division for every row.
            1 => reverse_avx2(from, to, 1, &reversal.order),
            3 => reverse_avx2(from, to, 3, &reversal.order),
            step => reverse_avx2(from, to, step, &reversal.order),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn reverse_vbmi(from: &[u8], to: &mut [u8], step: usize, order: &[u8; 64]) {
    let (length, stride) = (from.len().min(to.len()), 64 / step * step);
    // SAFETY: the array has the 64 bytes read.
    let order = unsafe { _mm512_loadu_si512(order.as_ptr().cast()) };
    let mut done = 0;
    while done + 64 <= length {
        // SAFETY: `done + 64 <= length`, so that 64 bytes from `length - done - 64` and from `done` on are inside the slices.
        unsafe {
            let source = _mm512_loadu_si512(from.as_ptr().add(length - done - 64).cast());
            _mm512_storeu_si512(to.as_mut_ptr().add(done).cast(), _mm512_permutexvar_epi8(order, source));
        }
        done += stride;
    }
    let rest = length - done;
    if rest > 0 {
        let mask = u64::MAX >> (64 - rest);
        let order = _mm512_sub_epi8(order, _mm512_set1_epi8((64 - rest) as i8));
        // SAFETY: only the `rest` bytes that are left of both slices are read and written; `rest < 64`.
        unsafe {
            let source = _mm512_maskz_loadu_epi8(mask, from.as_ptr().cast());
            _mm512_mask_storeu_epi8(to.as_mut_ptr().add(done).cast(), mask, _mm512_permutexvar_epi8(order, source));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn reverse_avx2(from: &[u8], to: &mut [u8], step: usize, order: &[u8; 64]) {
    let (length, stride) = (from.len().min(to.len()), 16 / step * step);
    // SAFETY: the array has the sixteen bytes read.
    let order = unsafe { _mm_loadu_si128(order.as_ptr().cast()) };
    let mut done = 0;
    if stride == 16 {
        let both = _mm256_broadcastsi128_si256(order);
        while done + 32 <= length {
            // SAFETY: `done + 32 <= length`, so that 32 bytes from `length - done - 32` and from `done` on are inside the slices.
            unsafe {
                let source = _mm256_loadu_si256(from.as_ptr().add(length - done - 32).cast());
                let halves = _mm256_shuffle_epi8(source, both);
                _mm256_storeu_si256(to.as_mut_ptr().add(done).cast(), _mm256_permute2x128_si256::<1>(halves, halves));
            }
            done += 32;
        }
    }
    // SAFETY: where it is called, `done + 16 <= length`, so that sixteen bytes from `length - done - 16` and from `done` on are inside the slices.
    let mut step_at = |done: usize| unsafe {
        let source = _mm_loadu_si128(from.as_ptr().add(length - done - 16).cast());
        _mm_storeu_si128(to.as_mut_ptr().add(done).cast(), _mm_shuffle_epi8(source, order));
    };
    while done + 3 * stride + 16 <= length {
        (0..4).for_each(|i| step_at(done + i * stride));
        done += 4 * stride;
    }
    while done + 16 <= length {
        step_at(done);
        done += stride;
    }
    if stride == 16 && length >= 16 {
        return step_at(length - 16);
    }
    for (from, to) in from[..length - done].chunks_exact(step).zip(to[done..].chunks_exact_mut(step).rev()) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        for pixels in 1..200 {
            for step in 1..=LONGEST {
                let from: Vec<u8> = (0..pixels * step).map(|i| i as u8).collect();
                let want: Vec<u8> = from.chunks_exact(step).rev().flatten().copied().collect();
                let mut reversal = Reversal::new(step);
                for _ in 0..if possible(step) { 2 } else { 0 } {
                    let mut to = vec![0; from.len()];
                    // SAFETY: it is possible.
                    unsafe { reversal.apply(&from, &mut to, from.len()) };
                    assert_eq!(to, want, "{pixels} pixels of {step} bytes, wide: {}", reversal.wide);
                    let narrow = std::array::from_fn(|i| (16 + i % step).wrapping_sub(step * (i / step + 1)) as u8);
                    reversal = Reversal { step, wide: false, order: narrow };
                }
            }
        }
    }
}
