//! The accurate transform of two neighbouring blocks at a time, one in each half of the registers.

use super::*;
use std::arch::x86_64::*;

/// The same with twice as many registers to work in.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
pub fn transform_row_avx512(blocks: &[Block], flat: &[bool], table: &Block, out: &mut [u8], stride: usize) {
    transform_row(blocks, flat, table, out, stride);
}

/// See [`super::transform_row`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn transform_row(blocks: &[Block], flat: &[bool], table: &Block, out: &mut [u8], stride: usize) {
    let (pairs, _) = blocks.as_chunks::<2>();
    let (flats, _) = flat.as_chunks::<2>();
    let quantization: [__m256i; 8] = std::array::from_fn(|row| broadcast_row(table, row));
    for (i, (pair, flat)) in pairs.iter().zip(flats).enumerate() {
        let out = &mut out[16 * i..];
        if flat[0] && flat[1] {
            fill(flat_sample(pair[0][0], table[0]), 8, 8, out, stride);
            fill(flat_sample(pair[1][0], table[0]), 8, 8, &mut out[8..], stride);
        } else if !transform_pair(pair, &quantization, out, stride) {
            transform(&pair[0], table, out, stride);
            transform(&pair[1], table, &mut out[8..], stride);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_row(block: &Block, row: usize) -> __m128i {
    let values: &[i16] = &block[8 * row..8 * row + 8];
    // SAFETY: eight 16-bit values are the sixteen bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn broadcast_row(block: &Block, row: usize) -> __m256i {
    _mm256_broadcastsi128_si256(load_row(block, row))
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_row(out: &mut [u8], at: usize, bytes: __m128i) {
    let place: &mut [u8] = &mut out[at..at + 16];
    // SAFETY: the place has sixteen bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(place.as_mut_ptr().cast(), bytes) }
}

/// Transforms two blocks, or answers `false` where a coefficient of the first row is so large that plain code has to look at it.
#[inline]
#[target_feature(enable = "avx2")]
fn transform_pair(pair: &[Block; 2], quantization: &[__m256i; 8], out: &mut [u8], stride: usize) -> bool {
    let rows: [__m256i; 8] = std::array::from_fn(|row| {
        let both = _mm256_set_m128i(load_row(&pair[1], row), load_row(&pair[0], row));
        _mm256_mullo_epi16(both, quantization[row])
    });
    let large = _mm256_cmpgt_epi16(_mm256_abs_epi16(rows[0]), _mm256_set1_epi16(i16::MAX >> PASS1_BITS));
    let smallest = _mm256_cmpeq_epi16(rows[0], _mm256_set1_epi16(i16::MIN));
    if _mm256_movemask_epi8(_mm256_or_si256(large, smallest)) != 0 {
        return false;
    }
    let columns = transpose(one_dimension::<{ SHIFT1 as i32 }>(rows));
    let samples = transpose_bytes(one_dimension::<{ SHIFT2 as i32 }>(columns));
    for (i, two_rows) in samples.into_iter().enumerate() {
        // Both blocks' halves of a row come together.
        let joined = _mm256_permute4x64_epi64::<0b11_01_10_00>(two_rows);
        store_row(out, 2 * i * stride, _mm256_castsi256_si128(joined));
        store_row(out, (2 * i + 1) * stride, _mm256_extracti128_si256::<1>(joined));
    }
    true
}

/// `a * ka + b * kb` of pairs of interleaved 16-bit values.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn madd<const N: usize>(pair: [__m256i; N], ka: i16, kb: i16) -> [__m256i; N] {
    let factors = _mm256_set1_epi32((ka as u16 as i32) | (kb as i32) << 16);
    pair.map(|v| _mm256_madd_epi16(v, factors))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn interleave(a: __m256i, b: __m256i) -> [__m256i; 2] {
    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add<const N: usize>(a: [__m256i; N], b: [__m256i; N]) -> [__m256i; N] {
    std::array::from_fn(|i| _mm256_add_epi32(a[i], b[i]))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn sub<const N: usize>(a: [__m256i; N], b: [__m256i; N]) -> [__m256i; N] {
    std::array::from_fn(|i| _mm256_sub_epi32(a[i], b[i]))
}

/// 16-bit values widened and shifted left by the 13 bits of the constants.
#[inline]
#[target_feature(enable = "avx2")]
fn scale(a: __m256i) -> [__m256i; 2] {
    interleave(_mm256_setzero_si256(), a).map(|v| _mm256_srai_epi32::<{ 16 - CONST_BITS as i32 }>(v))
}

#[inline]
#[target_feature(enable = "avx2")]
fn descale<const SHIFT: i32>(a: [__m256i; 2]) -> __m256i {
    let a = a.map(|v| _mm256_srai_epi32::<SHIFT>(v));
    _mm256_packs_epi32(a[0], a[1])
}

/// See [`super::one_dimension`]: sixteen at once, saturated to 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn one_dimension<const SHIFT: i32>(input: [__m256i; 8]) -> [__m256i; 8] {
    let pair26 = interleave(input[2], input[6]);
    let even2 = madd(pair26, F_0_541, F_0_541 - F_1_847);
    let even3 = madd(pair26, F_0_541 + F_0_765, F_0_541);
    let rounding = [_mm256_set1_epi32(1 << (SHIFT - 1)); 2];
    let even0 = add(scale(_mm256_add_epi16(input[0], input[4])), rounding);
    let even1 = add(scale(_mm256_sub_epi16(input[0], input[4])), rounding);
    let even = [add(even0, even3), add(even1, even2), sub(even1, even2), sub(even0, even3)];

    let sums = interleave(_mm256_add_epi16(input[7], input[3]), _mm256_add_epi16(input[5], input[1]));
    let z3 = madd(sums, F_1_175 - F_1_961, F_1_175);
    let z4 = madd(sums, F_1_175, F_1_175 - F_0_390);
    let (pair71, pair53) = (interleave(input[7], input[1]), interleave(input[5], input[3]));
    let odd = [
        add(madd(pair71, -F_0_899, F_1_501 - F_0_899), z4),
        add(madd(pair53, -F_2_562, F_3_072 - F_2_562), z3),
        add(madd(pair53, F_2_053 - F_2_562, -F_2_562), z4),
        add(madd(pair71, F_0_298 - F_0_899, -F_0_899), z3),
    ];
    [
        descale::<SHIFT>(add(even[0], odd[0])),
        descale::<SHIFT>(add(even[1], odd[1])),
        descale::<SHIFT>(add(even[2], odd[2])),
        descale::<SHIFT>(add(even[3], odd[3])),
        descale::<SHIFT>(sub(even[3], odd[3])),
        descale::<SHIFT>(sub(even[2], odd[2])),
        descale::<SHIFT>(sub(even[1], odd[1])),
        descale::<SHIFT>(sub(even[0], odd[0])),
    ]
}

/// Transposes the 8x8 values in each half.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let [a0, a1] = interleave(r[0], r[1]);
    let [b0, b1] = interleave(r[2], r[3]);
    let [c0, c1] = interleave(r[4], r[5]);
    let [d0, d1] = interleave(r[6], r[7]);
    let quads = |a, b| [_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)];
    let ([e0, e1], [e2, e3]) = (quads(a0, b0), quads(a1, b1));
    let ([f0, f1], [f2, f3]) = (quads(c0, d0), quads(c1, d1));
    let halves = |e, f| [_mm256_unpacklo_epi64(e, f), _mm256_unpackhi_epi64(e, f)];
    let ([t0, t1], [t2, t3]) = (halves(e0, f0), halves(e1, f1));
    let ([t4, t5], [t6, t7]) = (halves(e2, f2), halves(e3, f3));
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// Columns of 16-bit values to rows of bytes, 128 added: two rows in each half of each result.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_bytes(c: [__m256i; 8]) -> [__m256i; 4] {
    let (c02, c13) = (_mm256_packs_epi16(c[0], c[2]), _mm256_packs_epi16(c[1], c[3]));
    let (c46, c57) = (_mm256_packs_epi16(c[4], c[6]), _mm256_packs_epi16(c[5], c[7]));
    let (c01, c23) = (_mm256_unpacklo_epi8(c02, c13), _mm256_unpackhi_epi8(c02, c13));
    let (c45, c67) = (_mm256_unpacklo_epi8(c46, c57), _mm256_unpackhi_epi8(c46, c57));
    let [left0, left1] = interleave(c01, c23);
    let [right0, right1] = interleave(c45, c67);
    let rows = [
        _mm256_unpacklo_epi32(left0, right0),
        _mm256_unpackhi_epi32(left0, right0),
        _mm256_unpacklo_epi32(left1, right1),
        _mm256_unpackhi_epi32(left1, right1),
    ];
    rows.map(|row| _mm256_add_epi8(row, _mm256_set1_epi8(-128)))
}
