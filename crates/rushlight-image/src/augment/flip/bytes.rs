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

/// Pixel by pixel.
///
/// # Safety
/// [`possible`] must have said so; the slices have the same length, whole pixels.
pub unsafe fn reverse(from: &[u8], to: &mut [u8], step: usize) {
    if level() >= Level::Avx512 && is_x86_feature_detected!("avx512vbmi") {
        // SAFETY: the features were found on this processor.
        return unsafe { reverse_vbmi(from, to, step) };
    }
    // SAFETY: by the contract.
    unsafe { reverse_avx2(from, to, step) }
}

/// Where each byte of a vector of `N` comes from, whose last `N / step` pixels are reversed to its beginning.
fn order<const N: usize>(step: usize) -> [u8; N] {
    std::array::from_fn(|i| (N as u8).wrapping_sub((step * (i / step + 1)) as u8).wrapping_add((i % step) as u8))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn reverse_vbmi(from: &[u8], to: &mut [u8], step: usize) {
    let (length, stride) = (from.len().min(to.len()), 64 / step * step);
    let order = order::<64>(step);
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
fn reverse_avx2(from: &[u8], to: &mut [u8], step: usize) {
    let (length, stride) = (from.len().min(to.len()), 16 / step * step);
    let order = order::<16>(step);
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
                let mut to = vec![0; from.len()];
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: AVX2 was found.
                    unsafe { reverse_avx2(&from, &mut to, step) };
                    assert_eq!(to, want);
                }
                if is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw") {
                    // SAFETY: the features were found.
                    unsafe { reverse_vbmi(&from, &mut to, step) };
                    assert_eq!(to, want);
                }
            }
        }
    }
}
