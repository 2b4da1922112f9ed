//! Both passes with 16-bit multiplications: two taps at a time, the upper and the lower part of their weights apart.

use super::super::transpose::LANES;
use super::super::weights::{LOW_BITS, PRECISION, Pair, Taps, Weights};
use super::{Tile, plain_vertical};
use std::arch::x86_64::*;

/// Sums of the upper and the lower parts for sixteen samples, eight in each register.
#[derive(Clone, Copy)]
struct Sums {
    upper: [__m256i; 2],
    lower: [__m256i; 2],
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Sums {
        let zero = _mm256_setzero_si256();
        Sums { upper: [zero; 2], lower: [_mm256_set1_epi32(1 << (PRECISION - 1)); 2] }
    }

    /// Adds two taps.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn add(&mut self, first: __m128i, second: __m128i, pair: Pair) {
        let (upper, lower) = (_mm256_set1_epi32(pair.upper), _mm256_set1_epi32(pair.lower));
        let woven = [_mm_unpacklo_epi8(first, second), _mm_unpackhi_epi8(first, second)];
        for half in 0..2 {
            let samples = _mm256_cvtepu8_epi16(woven[half]);
            self.upper[half] = _mm256_add_epi32(self.upper[half], _mm256_madd_epi16(samples, upper));
            self.lower[half] = _mm256_add_epi32(self.lower[half], _mm256_madd_epi16(samples, lower));
        }
    }

    /// The samples, rounded and clamped.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn finish(self) -> __m128i {
        let value = |half: usize| {
            let upper = _mm256_slli_epi32::<{ LOW_BITS as i32 }>(self.upper[half]);
            _mm256_srai_epi32::<{ PRECISION as i32 }>(_mm256_add_epi32(upper, self.lower[half]))
        };
        // Packing works within halves of registers: the permutation puts the samples in order.
        let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(value(0), value(1)));
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words))
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(samples: &[u8; LANES]) -> __m128i {
    // SAFETY: the array has the sixteen bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(samples.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(samples: &mut [u8; LANES], value: __m128i) {
    // SAFETY: the array has the sixteen bytes written; the store needs no alignment.
    unsafe { _mm_storeu_si128(samples.as_mut_ptr().cast(), value) }
}

/// See [`super::horizontal_block`].
#[target_feature(enable = "avx2")]
pub fn horizontal_block(columns: &[[u8; LANES]], weights: &Weights, tile: &Tile, channels: usize, out: &mut [[u8; LANES]]) {
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        let Taps { start, weights, pairs } = weights.get(tile.pixel + x);
        let columns = &columns[(start - tile.source) * channels..][..weights.len() * channels];
        match pixel {
            [r, g, b] => horizontal_pixel(columns, pairs, [r, g, b]),
            _ => pixel.iter_mut().enumerate().for_each(|(c, sample)| horizontal_sample(columns, pairs, channels, c, sample)),
        }
    }
}

/// Three channels at once, which share their weights.
#[inline]
#[target_feature(enable = "avx2")]
fn horizontal_pixel(columns: &[[u8; LANES]], pairs: &[Pair], out: [&mut [u8; LANES]; 3]) {
    let mut sums = [Sums::new(); 3];
    for (taps, &pair) in columns.chunks(6).zip(pairs) {
        let second = if taps.len() < 6 { taps } else { &taps[3..] };
        if let ([r, g, b, ..], [r2, g2, b2, ..]) = (taps, second) {
            sums[0].add(load(r), load(r2), pair);
            sums[1].add(load(g), load(g2), pair);
            sums[2].add(load(b), load(b2), pair);
        }
    }
    for (sample, sums) in out.into_iter().zip(sums) {
        store(sample, sums.finish());
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn horizontal_sample(columns: &[[u8; LANES]], pairs: &[Pair], channels: usize, channel: usize, out: &mut [u8; LANES]) {
    let mut sums = Sums::new();
    for (taps, &pair) in columns.chunks(2 * channels).zip(pairs) {
        sums.add(load(&taps[channel]), load(taps.get(channels + channel).unwrap_or(&taps[channel])), pair);
    }
    store(out, sums.finish());
}

/// See [`super::vertical_row`].
#[target_feature(enable = "avx2")]
pub fn vertical_row(source: &[u8], stride: usize, taps: Taps, out: &mut [u8]) {
    let (chunks, _) = out.as_chunks_mut::<LANES>();
    let whole = chunks.len() * LANES;
    let (wide, rest) = chunks.as_chunks_mut::<2>();
    let begin = wide.len() * 2 * LANES;
    for (i, chunks) in wide.iter_mut().enumerate() {
        vertical_chunks(source, stride, taps, 2 * i * LANES, chunks);
    }
    for (i, chunk) in rest.iter_mut().enumerate() {
        vertical_chunks(source, stride, taps, begin + i * LANES, std::array::from_mut(chunk));
    }
    plain_vertical(source, stride, taps.weights, whole, out);
}

/// `N` neighbouring chunks of an output row, from sample `x` on.
#[inline]
#[target_feature(enable = "avx2")]
fn vertical_chunks<const N: usize>(source: &[u8], stride: usize, taps: Taps, x: usize, out: &mut [[u8; LANES]; N]) {
    let last = taps.weights.len() - 1;
    let mut sums = [Sums::new(); N];
    for (p, &pair) in taps.pairs.iter().enumerate() {
        let row = |tap: usize| source[tap.min(last) * stride + x..].as_chunks::<LANES>().0.first_chunk::<N>();
        if let (Some(first), Some(second)) = (row(2 * p), row(2 * p + 1)) {
            for n in 0..N {
                sums[n].add(load(&first[n]), load(&second[n]), pair);
            }
        }
    }
    for (chunk, sums) in out.iter_mut().zip(sums) {
        store(chunk, sums.finish());
    }
}
