//! Colour conversion of 32 pixels at a time by products of 16-bit pairs.

use super::{CENTER, HALF};
use std::arch::x86_64::*;

/// Pixels of a step.
const PIXELS: usize = 32;

/// Two factors for neighbouring lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn factors(first: i32, second: i32) -> __m256i {
    _mm256_set1_epi32((first & 0xFFFF) | second << 16)
}

/// Four pixels in each half, from twelve bytes apart.
#[inline]
#[target_feature(enable = "avx2")]
fn load(rgb: &[u8; 3 * PIXELS + 4], pixel: usize) -> __m256i {
    let (low, high): (&[u8], &[u8]) = (&rgb[3 * pixel..3 * pixel + 16], &rgb[3 * pixel + 12..3 * pixel + 28]);
    // SAFETY: the slices have the sixteen bytes read; the loads need no alignment.
    unsafe { _mm256_set_m128i(_mm_loadu_si128(high.as_ptr().cast()), _mm_loadu_si128(low.as_ptr().cast())) }
}

/// 32 values of a byte each, from eight in each register.
#[inline]
#[target_feature(enable = "avx2")]
fn store(values: [__m256i; 4], out: &mut [u8; PIXELS]) {
    let [a, b, c, d] = values;
    let bytes = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    // Packing works within halves: the permutation puts groups of four in order.
    let bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    // SAFETY: the array has the 32 bytes written; the store needs no alignment.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), bytes) };
}

/// Converts as many pixels as whole steps can; how many that were.
#[target_feature(enable = "avx2")]
pub fn convert(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) -> usize {
    // Pairs (r, g) and (b, g) of four pixels.
    let red = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
    let blue = _mm256_broadcastsi128_si256(_mm_setr_epi8(2, -1, 1, -1, 5, -1, 4, -1, 8, -1, 7, -1, 11, -1, 10, -1));
    // 38470 is too large for one factor; 32768 is only possible as -32768, so that chroma is subtracted.
    let luma = [factors(19595, 38470 - 16384), factors(7471, 16384)];
    let minus_cb = [factors(11059, 21709), factors(-32768, 0)];
    let minus_cr = [factors(-32768, 27439), factors(5329, 0)];
    let (half, center) = (_mm256_set1_epi32(HALF), _mm256_set1_epi32(CENTER));
    let rows = y.as_chunks_mut::<PIXELS>().0.iter_mut().zip(cb.as_chunks_mut::<PIXELS>().0).zip(cr.as_chunks_mut::<PIXELS>().0);
    let mut done = 0;
    for ((y, cb), cr) in rows {
        let Some(rgb) = rgb[3 * done..].first_chunk() else { break };
        let zero = _mm256_setzero_si256();
        let (mut ys, mut cbs, mut crs) = ([zero; 4], [zero; 4], [zero; 4]);
        for i in 0..4 {
            let pixels = load(rgb, 8 * i);
            let (rg, bg) = (_mm256_shuffle_epi8(pixels, red), _mm256_shuffle_epi8(pixels, blue));
            let sum = |by: [__m256i; 2]| _mm256_add_epi32(_mm256_madd_epi16(rg, by[0]), _mm256_madd_epi16(bg, by[1]));
            ys[i] = _mm256_srli_epi32::<16>(_mm256_add_epi32(sum(luma), half));
            cbs[i] = _mm256_srli_epi32::<16>(_mm256_sub_epi32(center, sum(minus_cb)));
            crs[i] = _mm256_srli_epi32::<16>(_mm256_sub_epi32(center, sum(minus_cr)));
        }
        store(ys, y);
        store(cbs, cb);
        store(crs, cr);
        done += PIXELS;
    }
    done
}
