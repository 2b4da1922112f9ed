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

    /// Pixel by pixel.
    ///
    /// # Safety
    /// [`possible`] must have said so; the slices have the same length, whole pixels.
    pub unsafe fn apply(&self, from: &[u8], to: &mut [u8]) {
        match self.wide {
            // SAFETY: the features were found on this processor.
            true => unsafe { reverse_vbmi(from, to, self.step, &self.order) },
            // SAFETY: by the contract.
            false => unsafe { reverse_avx2(from, to, self.step, &self.order) },
        }
    }
}

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

#[target_feature(enable = "avx2")]
fn reverse_avx2(from: &[u8], to: &mut [u8], step: usize, order: &[u8; 64]) {
    let (length, stride) = (from.len().min(to.len()), 16 / step * step);
    // SAFETY: the array has the sixteen bytes read.
    let order = unsafe { _mm_loadu_si128(order.as_ptr().cast()) };
    let mut done = 0;
    while done + 16 <= length {
        // SAFETY: `done + 16 <= length`, so that sixteen bytes from `length - done - 16` and from `done` on are inside the slices.
        unsafe {
            let source = _mm_loadu_si128(from.as_ptr().add(length - done - 16).cast());
            _mm_storeu_si128(to.as_mut_ptr().add(done).cast(), _mm_shuffle_epi8(source, order));
        }
        done += stride;
    }
    let pixels = from[..length - done].chunks_exact(step).zip(to[done..].chunks_exact_mut(step).rev());
    pixels.for_each(|(from, to)| to.copy_from_slice(from));
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
                    unsafe { reversal.apply(&from, &mut to) };
                    assert_eq!(to, want, "{pixels} pixels of {step} bytes, wide: {}", reversal.wide);
                    let narrow = std::array::from_fn(|i| (16 + i % step).wrapping_sub(step * (i / step + 1)) as u8);
                    reversal = Reversal { step, wide: false, order: narrow };
                }
            }
        }
    }
}
