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
        let mut square: [[u8; LANES]; LANES] = [[0; LANES]; LANES];
        for (square, row) in square.iter_mut().zip(rows) {
            square.copy_from_slice(&row[x..x + LANES]);
        }
        out[x..x + LANES].copy_from_slice(&transpose_square(square));
    }
    for x in whole..width {
        out[x] = std::array::from_fn(|i| rows[i][x]);
    }
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

/// Four rounds of interleaving row `i` with row `i + 8`: each moves one bit of the position from the column to the row.
#[inline(always)]
fn transpose_square(mut square: [[u8; LANES]; LANES]) -> [[u8; LANES]; LANES] {
    for _ in 0..4 {
        let mut next = [[0; LANES]; LANES];
        for i in 0..LANES / 2 {
            [next[2 * i], next[2 * i + 1]] = interleave(square[i], square[i + LANES / 2]);
        }
        square = next;
    }
    square
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn interleave(a: [u8; LANES], b: [u8; LANES]) -> [[u8; LANES]; 2] {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpacklo_epi8};
    let mut out = [[0; LANES]; 2];
    // SAFETY: SSE2 is part of x86-64; each load and store covers one array of sixteen bytes and needs no alignment.
    unsafe {
        let (a, b) = (_mm_loadu_si128(a.as_ptr().cast()), _mm_loadu_si128(b.as_ptr().cast()));
        _mm_storeu_si128(out[0].as_mut_ptr().cast(), _mm_unpacklo_epi8(a, b));
        _mm_storeu_si128(out[1].as_mut_ptr().cast(), _mm_unpackhi_epi8(a, b));
    }
    out
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn interleave(a: [u8; LANES], b: [u8; LANES]) -> [[u8; LANES]; 2] {
    let half = |from: usize| std::array::from_fn(|k| if k % 2 == 0 { a[from + k / 2] } else { b[from + k / 2] });
    [half(0), half(LANES / 2)]
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
