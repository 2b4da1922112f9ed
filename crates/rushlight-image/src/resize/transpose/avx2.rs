//! Two squares at a time: one in the lower, one in the upper half of each register.

use super::LANES;
use std::arch::x86_64::*;

/// Columns of two squares.
const COLUMNS: usize = 2 * LANES;

/// Transposes as many whole pairs of squares as there are; the number of columns done.
#[target_feature(enable = "avx2")]
pub fn squares(rows: &[&[u8]; LANES], ahead: &[&[u8]; LANES], out: &mut [[u8; LANES]]) -> usize {
    let (pairs, _) = out.as_chunks_mut::<COLUMNS>();
    let mut chunks: [&[[u8; COLUMNS]]; LANES] = [&[]; LANES];
    let mut count = pairs.len();
    for (chunks, row) in chunks.iter_mut().zip(rows) {
        *chunks = row.as_chunks::<COLUMNS>().0;
        count = count.min(chunks.len());
    }
    for (i, pair) in pairs.iter_mut().enumerate().take(count) {
        if i % 2 == 0 {
            ahead.iter().filter_map(|row| row.get(i * COLUMNS)).for_each(|sample| prefetch(sample));
        }
        transpose_pair(std::array::from_fn(|r| load(&chunks[r][i])), pair);
    }
    count * COLUMNS
}

/// Brings the line of 64 bytes into the cache.
#[inline]
#[target_feature(enable = "avx2")]
#[allow(unused_unsafe, reason = "newer versions of Rust know the hint to be safe")]
fn prefetch(sample: &u8) {
    // SAFETY: a hint about memory that is there.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(sample).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(samples: &[u8; COLUMNS]) -> __m256i {
    // SAFETY: the array has the 32 bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(samples.as_ptr().cast()) }
}

/// See [`super::pair`].
#[target_feature(enable = "avx2")]
pub fn pair(columns: &[[u8; LANES]; COLUMNS]) -> [[u8; COLUMNS]; LANES] {
    let mut registers = [_mm256_setzero_si256(); LANES];
    for (i, register) in registers.iter_mut().enumerate() {
        *register = _mm256_set_m128i(load_half(&columns[LANES + i]), load_half(&columns[i]));
    }
    let mut rows = [[0; COLUMNS]; LANES];
    for (row, register) in rows.iter_mut().zip(round(round(round(round(registers))))) {
        // SAFETY: the array has the 32 bytes written; the store needs no alignment.
        unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), register) };
    }
    rows
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_half(samples: &[u8; LANES]) -> __m128i {
    // SAFETY: the array has the sixteen bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(samples.as_ptr().cast()) }
}

/// Four rounds of interleaving row `i` with row `i + 8`, within halves of registers.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_pair(rows: [__m256i; LANES], out: &mut [[u8; LANES]; COLUMNS]) {
    let done = round(round(round(round(rows))));
    for (i, row) in done.into_iter().enumerate() {
        store(&mut out[i], _mm256_castsi256_si128(row));
        store(&mut out[LANES + i], _mm256_extracti128_si256::<1>(row));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn round(rows: [__m256i; LANES]) -> [__m256i; LANES] {
    let mut next = rows;
    for i in 0..LANES / 2 {
        next[2 * i] = _mm256_unpacklo_epi8(rows[i], rows[i + LANES / 2]);
        next[2 * i + 1] = _mm256_unpackhi_epi8(rows[i], rows[i + LANES / 2]);
    }
    next
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(samples: &mut [u8; LANES], value: __m128i) {
    // SAFETY: the array has the sixteen bytes written; the store needs no alignment.
    unsafe { _mm_storeu_si128(samples.as_mut_ptr().cast(), value) }
}
