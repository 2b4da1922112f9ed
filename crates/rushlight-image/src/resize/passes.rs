//! The two passes of a separable resampling, with Pillow's rounding between them.
//!
//! Both run over lanes of independent sums. In the vertical pass these are the samples of a row; for the horizontal pass blocks of
//! [`LANES`] rows are transposed, so that a lane is a row.

use super::quads;
use super::transpose::{self, LANES, transpose};
use super::weights::{PRECISION, Taps, Weights};

use std::ops::Range;

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

/// Neighbouring pixels of the result whose sources fit into the first-level cache when transposed.
#[derive(Clone, Copy)]
struct Tile {
    /// Pixels of the result.
    pixel: usize,
    pixel_end: usize,
    /// Pixels of the source.
    source: usize,
    source_end: usize,
}

/// Transposed columns of a tile: 16 KiB, half of a first-level cache.
const TILE_COLUMNS: usize = 1024;

/// Resamples some columns of a transposed block of rows.
fn horizontal_block(columns: &[[u8; LANES]], weights: &Weights, tile: &Tile, channels: usize, out: &mut [[u8; LANES]]) {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::horizontal_block(columns, weights, tile, channels, out) };
    }
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        let Taps { start, weights, .. } = weights.get(tile.pixel + x);
        for (c, sample) in pixel.iter_mut().enumerate() {
            *sample = weighted_column(&columns[(start - tile.source) * channels + c..], weights, channels);
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
pub fn horizontal<'a>(rows: &[&'a [u8]], weights: &Weights, channels: usize, blocks: &mut Blocks, out: &mut [u8]) {
    let width = weights.len() * channels;
    blocks.result.resize(width, [0; LANES]);
    let tiles = tiles(weights, channels);
    let part = |block: &[&'a [u8]], tile: &Tile| -> [&'a [u8]; LANES] {
        std::array::from_fn(|i| block.get(i).or(block.last()).map_or(&[][..], |row| &row[tile.columns(channels, row.len())]))
    };
    for (i, out) in out.chunks_mut(LANES * width).enumerate() {
        let block = &rows[i * LANES..rows.len().min((i + 1) * LANES)];
        let below = &rows[rows.len().min((i + 1) * LANES)..];
        for (t, tile) in tiles.iter().enumerate() {
            let ahead = tiles.get(t + 1).map_or_else(|| part(&below[..below.len().min(LANES)], &tiles[0]), |next| part(block, next));
            let part = part(block, tile);
            blocks.source.resize(part[0].len(), [0; LANES]);
            transpose(&part, &ahead, &mut blocks.source);
            horizontal_block(&blocks.source, weights, tile, channels, &mut blocks.result[tile.pixel * channels..tile.pixel_end * channels]);
        }
        untranspose(&blocks.result, out, width);
    }
}

impl Tile {
    /// This tile and its neighbour.
    fn and(&self, next: &Tile) -> Tile {
        Tile { pixel: self.pixel, pixel_end: next.pixel_end, source: self.source.min(next.source), source_end: self.source_end.max(next.source_end) }
    }

    /// The samples of a row that are transposed: whole squares, where the row is long enough.
    fn columns(&self, channels: usize, row: usize) -> Range<usize> {
        let from = self.source * channels;
        let count = ((self.source_end - self.source) * channels).next_multiple_of(2 * LANES);
        from..(from + count).min(row)
    }
}

/// Cuts the result into tiles; of a mirrored one the sources run backwards.
fn tiles(weights: &Weights, channels: usize) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = Vec::new();
    for i in 0..weights.len() {
        let Taps { start, weights, .. } = weights.get(i);
        let alone = Tile { pixel: i, pixel_end: i + 1, source: start, source_end: start + weights.len() };
        match tiles.last_mut().map(|tile| (tile.and(&alone), tile)) {
            Some((both, tile)) if (both.source_end - both.source) * channels <= TILE_COLUMNS => *tile = both,
            _ => tiles.push(alone),
        }
    }
    tiles
}

/// Rows from transposed columns; rows beyond `out` are dropped.
fn untranspose(columns: &[[u8; LANES]], out: &mut [u8], width: usize) {
    let (pairs, rest) = columns.as_chunks::<{ 2 * LANES }>();
    for (i, pair) in pairs.iter().enumerate() {
        let rows = transpose::pair(pair);
        for (row, samples) in out.chunks_exact_mut(width).zip(&rows) {
            row[2 * i * LANES..][..2 * LANES].copy_from_slice(samples);
        }
    }
    for (i, column) in rest.iter().enumerate() {
        for (row, &sample) in out.chunks_exact_mut(width).zip(column) {
            row[2 * pairs.len() * LANES + i] = sample;
        }
    }
}

/// One output row: the weighted sum of source rows, the first at the beginning of `source`, `stride` samples apart.
pub fn vertical_row(source: &[u8], stride: usize, taps: Taps, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if quads::possible() && quads::vertical_row(source, stride, taps, out).is_some() {
        return;
    }
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
