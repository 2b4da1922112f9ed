//! The two passes of a separable resampling, with Pillow's rounding between them.
//!
//! Both run over lanes of independent sums. In the vertical pass these are the samples of a row; for the horizontal pass blocks of
//! [`LANES`] rows are transposed, so that a lane is a row.

use super::transpose::{LANES, transpose};
use super::weights::{PRECISION, Taps, Weights};

#[cfg(target_arch = "x86_64")]
mod avx2;

/// One output sample of a block of rows: the weighted sum of columns `step` apart.
fn weighted_column(columns: &[[u8; LANES]], weights: &[i32], step: usize) -> [u8; LANES] {
    let mut sums = [1i32 << (PRECISION - 1); LANES];
    for (column, &weight) in columns.iter().step_by(step).zip(weights) {
        for lane in 0..LANES {
            sums[lane] = sums[lane].wrapping_add(column[lane] as i32 * weight);
        }
    }
    sums.map(|sum| (sum >> PRECISION).clamp(0, 255) as u8)
}

/// Resamples all columns of a transposed block of rows.
fn horizontal_block(columns: &[[u8; LANES]], weights: &Weights, first: usize, channels: usize, out: &mut [[u8; LANES]]) {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::horizontal_block(columns, weights, first, channels, out) };
    }
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        let Taps { start, weights, .. } = weights.get(x);
        for (c, sample) in pixel.iter_mut().enumerate() {
            *sample = weighted_column(&columns[(start - first) * channels + c..], weights, channels);
        }
    }
}

/// Memory of the horizontal pass, kept from call to call.
#[derive(Default)]
pub struct Blocks {
    source: Vec<[u8; LANES]>,
    result: Vec<[u8; LANES]>,
}

/// Resamples `rows` (each a whole source row) to rows of `weights.len()` pixels, one after the other in `out`.
pub fn horizontal(rows: &[&[u8]], weights: &Weights, channels: usize, blocks: &mut Blocks, out: &mut [u8]) {
    let sources = weights.sources();
    let (from, to) = (sources.start * channels, sources.end * channels);
    let width = weights.len() * channels;
    blocks.source.resize(to - from, [0; LANES]);
    blocks.result.resize(width, [0; LANES]);
    for (rows, out) in rows.chunks(LANES).zip(out.chunks_mut(LANES * width)) {
        let part: [&[u8]; LANES] = std::array::from_fn(|i| &rows[i.min(rows.len() - 1)][from..to]);
        transpose(&part, &mut blocks.source);
        horizontal_block(&blocks.source, weights, sources.start, channels, &mut blocks.result);
        untranspose(&blocks.result, out, width);
    }
}

/// Rows from transposed columns; rows beyond `out` are dropped.
fn untranspose(columns: &[[u8; LANES]], out: &mut [u8], width: usize) {
    let mut square = [[0; LANES]; LANES];
    for (i, part) in columns.chunks(LANES).enumerate() {
        let inputs: [&[u8]; LANES] = std::array::from_fn(|r| &part[r.min(part.len() - 1)][..]);
        transpose(&inputs, &mut square);
        for (row, samples) in out.chunks_exact_mut(width).zip(&square) {
            match row[i * LANES..].first_chunk_mut::<LANES>() {
                Some(chunk) => *chunk = *samples,
                None => row[i * LANES..].copy_from_slice(&samples[..part.len()]),
            }
        }
    }
}

/// One output row: the weighted sum of source rows, the first at the beginning of `source`, `stride` samples apart.
pub fn vertical_row(source: &[u8], stride: usize, taps: Taps, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::vertical_row(source, stride, taps, out) };
    }
    plain_vertical(source, stride, taps.weights, 0, out);
}

/// The samples of an output row from `from` on.
fn plain_vertical(source: &[u8], stride: usize, weights: &[i32], from: usize, out: &mut [u8]) {
    for (x, sample) in out.iter_mut().enumerate().skip(from) {
        let terms = weights.iter().enumerate().map(|(i, &weight)| source[i * stride + x] as i32 * weight);
        let sum = terms.fold(1i32 << (PRECISION - 1), i32::wrapping_add);
        *sample = (sum >> PRECISION).clamp(0, 255) as u8;
    }
}
