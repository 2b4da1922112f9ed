//! Transposition of sixteen rows of bytes.

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Rows in a block.
pub const LANES: usize = 16;

/// Column `i` of `rows` becomes `out[i]`, for as many columns as `out` has or the rows have. Meanwhile the memory of
/// `ahead`, which is transposed next, is brought into the cache.
pub fn transpose(rows: &[&[u8]; LANES], ahead: &[&[u8]; LANES], out: &mut [[u8; LANES]]) {
    let width = rows.iter().map(|row| row.len()).min().unwrap_or(0).min(out.len());
    let wide = wide_squares(rows, ahead, &mut out[..width]);
    let whole = width / LANES * LANES;
    for x in (wide..whole).step_by(LANES) {
        square(rows, x, &mut out[x..x + LANES]);
    }
    for x in whole..width {
        out[x] = std::array::from_fn(|i| rows[i][x]);
    }
}

/// Rows of two squares side by side, from their columns.
pub fn pair(columns: &[[u8; LANES]; 2 * LANES]) -> [[u8; 2 * LANES]; LANES] {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::pair(columns) };
    }
    std::array::from_fn(|row| std::array::from_fn(|x| columns[x][row]))
}

/// Transposes squares two by two where the processor can; how many columns that were.
#[cfg(target_arch = "x86_64")]
fn wide_squares(rows: &[&[u8]; LANES], ahead: &[&[u8]; LANES], out: &mut [[u8; LANES]]) -> usize {
    if rushlight_kernels::simd::level() < rushlight_kernels::simd::Level::Avx2 {
        return 0;
    }
    // SAFETY: `level` found AVX2 on this processor.
    unsafe { avx2::squares(rows, ahead, out) }
}

#[cfg(not(target_arch = "x86_64"))]
fn wide_squares(_: &[&[u8]; LANES], _: &[&[u8]; LANES], _: &mut [[u8; LANES]]) -> usize {
    0
}

/// Columns `x..x + 16`: four rounds of interleaving row `i` with row `i + 8`, each of which moves one bit of the position from the column to
/// the row. All sixteen rows stay in registers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn square(rows: &[&[u8]; LANES], x: usize, out: &mut [[u8; LANES]]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpacklo_epi8};
    let load = |row: &[u8]| {
        let samples: &[u8] = &row[x..x + LANES];
        // SAFETY: SSE2 is part of x86-64; the load covers the sixteen samples and needs no alignment.
        unsafe { _mm_loadu_si128(samples.as_ptr().cast()) }
    };
    let round = |s: [__m128i; LANES]| {
        // SAFETY: SSE2 is part of x86-64.
        let pair = |i: usize| unsafe { (_mm_unpacklo_epi8(s[i], s[i + 8]), _mm_unpackhi_epi8(s[i], s[i + 8])) };
        let ((a, b), (c, d), (e, f), (g, h)) = (pair(0), pair(1), pair(2), pair(3));
        let ((i, j), (k, l), (m, n), (o, p)) = (pair(4), pair(5), pair(6), pair(7));
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    };
    let columns = round(round(round(round(rows.map(load)))));
    for (out, column) in out.iter_mut().zip(columns) {
        // SAFETY: as above; the store covers one array of sixteen samples.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), column) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn square(rows: &[&[u8]; LANES], x: usize, out: &mut [[u8; LANES]]) {
    for (column, out) in out.iter_mut().enumerate() {
        *out = std::array::from_fn(|lane| rows[lane][x + column]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        let rows: Vec<Vec<u8>> = (0..LANES).map(|r| (0..37).map(|x| (r * 37 + x) as u8).collect()).collect();
        let mut out = [[0; LANES]; 37];
        transpose(&std::array::from_fn(|i| &rows[i][..]), &[&[]; LANES], &mut out);
        for (x, column) in out.iter().enumerate() {
            assert!(column.iter().enumerate().all(|(r, &v)| v == rows[r][x]), "column {x}");
        }
    }
}
