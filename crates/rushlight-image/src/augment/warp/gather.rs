//! 8-bit samples for eight places at a time: one 32-bit load brings two neighbours of a plane, or the three or four samples of a pixel.

use super::super::{Sample, Shape};
use super::Source;
use super::bilinear::{interleaved_samples, planar_samples};
use super::places::{OUTSIDE, Places};
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
        if *index == [OUTSIDE; LANES] {
            fill(source, result, y * result.width + i, output);
            continue;
        }
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

fn fill<T: Sample>(source: &Source<T>, result: &Shape, at: usize, output: &mut [T]) {
    for (plane, &value) in output.chunks_exact_mut(result.pixels()).zip(source.fill) {
        plane[at..at + LANES].fill(value);
    }
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
    let next = |samples: __m256i| _mm256_srli_epi32::<8>(samples);
    let (upper, lower) = (across(upper, next(upper), x), across(lower, next(lower), x));
    let value = _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_sub_ps(lower, upper), y, upper));
    let words = _mm_packus_epi32(_mm256_castsi256_si128(value), _mm256_extracti128_si256::<1>(value));
    _mm_packus_epi16(words, words)
}

/// The lowest bytes of `left` and `right`, weighted.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn across(left: __m256i, right: __m256i, x: __m256) -> __m256 {
    let mask = _mm256_set1_epi32(255);
    let (left, right) = (_mm256_cvtepi32_ps(_mm256_and_si256(left, mask)), _mm256_cvtepi32_ps(_mm256_and_si256(right, mask)));
    _mm256_fmadd_ps(_mm256_sub_ps(right, left), x, left)
}

/// A row of interleaved pixels of three or four samples, eight at once where all are inside.
///
/// # Safety
/// The processor must have AVX2 and FMA, and `T` the layout of `u8`.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn interleaved_row<T: Sample>(source: &Source<T>, places: &Places, channels: usize, row: &mut [T]) {
    let whole = row.len() / channels / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        let (Some(index), Some(x), Some(y)) = (places.index[i..].first_chunk(), places.x[i..].first_chunk(), places.y[i..].first_chunk()) else { return };
        let to = &mut row[i * channels..(i + LANES) * channels];
        let index = load(index);
        if _mm256_movemask_ps(_mm256_castsi256_ps(index)) != 0 {
            interleaved_samples(source, places, channels, i, to);
            continue;
        }
        let index = _mm256_mullo_epi32(index, _mm256_set1_epi32(channels as i32));
        // SAFETY: an index that is not negative leaves a row, two pixels and a margin of three samples or more before the end of the image, so
        // that loads of four bytes at it, a pixel on, a row on and both are inside.
        let corners = [0, channels, source.shape.row(), source.shape.row() + channels]
            .map(|offset| unsafe { _mm256_i32gather_epi32::<1>(source.samples.as_ptr().add(offset).cast(), index) });
        let pixels = blend_pixels(corners, [fraction(x), fraction(y)], channels);
        let mut bytes = [0u8; 4 * LANES];
        // SAFETY: the array has the 32 bytes written; `to` has as many samples of one byte as are copied.
        unsafe {
            _mm256_storeu_si256(bytes.as_mut_ptr().cast(), pixels);
            super::super::channels::of_mut(to).copy_from_slice(&bytes[..LANES * channels]);
        }
    }
    interleaved_samples(source, places, channels, whole, &mut row[whole * channels..]);
}

/// Eight pixels from the bytes of those around, packed to the beginning.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn blend_pixels([mut a, mut b, mut c, mut d]: [__m256i; 4], [x, y]: [__m256; 2], channels: usize) -> __m256i {
    let mut pixels = _mm256_setzero_si256();
    for channel in 0..channels {
        let (upper, lower) = (across(a, b, x), across(c, d, x));
        let value = _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_sub_ps(lower, upper), y, upper));
        pixels = _mm256_or_si256(pixels, _mm256_sllv_epi32(value, _mm256_set1_epi32(8 * channel as i32)));
        [a, b, c, d] = [_mm256_srli_epi32::<8>(a), _mm256_srli_epi32::<8>(b), _mm256_srli_epi32::<8>(c), _mm256_srli_epi32::<8>(d)];
    }
    if channels == 4 {
        return pixels;
    }
    let order = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    let packed = _mm256_shuffle_epi8(pixels, _mm256_broadcastsi128_si256(order));
    _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7))
}
