//! The two passes of a separable resampling, with Pillow's rounding between them.
//!
//! Both run over lanes of independent sums. In the vertical pass these are the samples of a row; for the horizontal pass blocks of
//! [`LANES`] rows are transposed, so that a lane is a row.

use super::transpose::{LANES, transpose};
use super::weights::{PRECISION, Weights};
use rushlight_kernels::vectorized;

/// One output sample of a block of rows: the weighted sum of columns `step` apart.
#[inline(always)]
fn weighted_column(columns: &[[u8; LANES]], weights: &[i32], step: usize) -> [u8; LANES] {
    let mut sums = [1i32 << (PRECISION - 1); LANES];
    for (column, &weight) in columns.iter().step_by(step).zip(weights) {
        for lane in 0..LANES {
            sums[lane] = sums[lane].wrapping_add(column[lane] as i32 * weight);
        }
    }
    sums.map(|sum| (sum >> PRECISION).clamp(0, 255) as u8)
}

vectorized! {
    /// Resamples all columns of a transposed block of rows.
    fn horizontal_block[](columns: &[[u8; LANES]], weights: &Weights, first: usize, channels: usize, out: &mut [[u8; LANES]]) {
        for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
            let (start, weights) = weights.get(x);
            for (c, sample) in pixel.iter_mut().enumerate() {
                *sample = weighted_column(&columns[(start - first) * channels + c..], weights, channels);
            }
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
            row[i * LANES..][..part.len()].copy_from_slice(&samples[..part.len()]);
        }
    }
}

/// Samples whose sums a vertical pass keeps at a time.
const CHUNK: usize = 64;

vectorized! {
    /// One output row: the weighted sum of `weights.len()` source rows, `stride` samples apart.
    pub fn vertical_row[](source: &[u8], stride: usize, weights: &[i32], out: &mut [u8]) {
        for (i, part) in out.chunks_mut(CHUNK).enumerate() {
            let mut sums = [1i32 << (PRECISION - 1); CHUNK];
            let n = part.len();
            for (row, &weight) in source.chunks(stride).zip(weights) {
                match row[i * CHUNK..].first_chunk::<CHUNK>() {
                    Some(samples) if n == CHUNK => {
                        for lane in 0..CHUNK {
                            sums[lane] = sums[lane].wrapping_add(samples[lane] as i32 * weight);
                        }
                    }
                    _ => {
                        for (sum, &sample) in sums.iter_mut().zip(&row[i * CHUNK..][..n]) {
                            *sum = sum.wrapping_add(sample as i32 * weight);
                        }
                    }
                }
            }
            for (sample, &sum) in part.iter_mut().zip(&sums) {
                *sample = (sum >> PRECISION).clamp(0, 255) as u8;
            }
        }
    }
}
