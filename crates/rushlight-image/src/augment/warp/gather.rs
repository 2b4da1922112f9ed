//! Planes of 8-bit samples, eight places at a time: one 32-bit load brings two neighbouring samples.

use super::super::{Sample, Shape};
use super::Source;
use super::bilinear::planar_samples;
use super::places::Places;
use std::arch::x86_64::*;

const LANES: usize = 8;

/// Row `y` of the result, eight columns at once where all of them are inside.
///
/// # Safety
/// The processor must have AVX2 and FMA, and `T` the layout of `u8`.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn planar_row<T: Sample>(source: &Source<T>, places: &Places, result: &Shape, y: usize, output: &mut [T]) {
    let whole = result.width / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        let (Some(index), Some(x), Some(y_place)) = (places.index[i..].first_chunk(), places.x[i..].first_chunk(), places.y[i..].first_chunk()) else { return };
        let index = load(index);
        if _mm256_movemask_ps(_mm256_castsi256_ps(index)) != 0 {
            planar_samples(source, places, result, y, i..i + LANES, output);
            continue;
        }
        let fractions = [fraction(x), fraction(y_place)];
        for (c, plane) in source.samples.chunks_exact(source.shape.pixels()).enumerate() {
            let to = &mut output[c * result.pixels() + y * result.width + i..][..LANES];
            // SAFETY: an index that is not negative leaves a row, two samples and a margin of three before the end of the plane, so the eight
            // loads of four bytes are inside it, in this row and the next; `to` has eight samples of one byte.
            unsafe {
                let (upper, lower) = (plane.as_ptr().cast::<i32>(), plane.as_ptr().add(source.shape.width).cast::<i32>());
                let value = blend(_mm256_i32gather_epi32::<1>(upper, index), _mm256_i32gather_epi32::<1>(lower, index), fractions);
                _mm_storel_epi64(to.as_mut_ptr().cast(), value);
            }
        }
    }
    planar_samples(source, places, result, y, whole..result.width, output);
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(index: &[i32; LANES]) -> __m256i {
    // SAFETY: there are the 32 bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(index.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn fraction(places: &[f32; LANES]) -> __m256 {
    // SAFETY: there are the 32 bytes read; the load needs no alignment.
    let places = unsafe { _mm256_loadu_ps(places.as_ptr()) };
    _mm256_sub_ps(places, _mm256_floor_ps(places))
}

/// Eight samples from the two lowest bytes of `upper` and `lower`, rounded.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn blend(upper: __m256i, lower: __m256i, [x, y]: [__m256; 2]) -> __m128i {
    let (upper, lower) = (across(upper, x), across(lower, x));
    let value = _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_sub_ps(lower, upper), y, upper));
    let words = _mm_packus_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256::<1>(value));
    _mm_packus_epi16(words, words)
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn across(samples: __m256i, x: __m256) -> __m256 {
    let mask = _mm256_set1_epi32(255);
    let left = _mm256_cvtepi32_ps(_mm256_and_si256(samples, mask));
    let right = _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32::<8>(samples), mask));
    _mm256_fmadd_ps(_mm256_sub_ps(right, left), x, left)
}
