//! Two blocks at a time, a row of each in a register of sixteen 16-bit lanes: products of pairs, whose sums have 32 bits.

use super::{CONST_BITS, Divisors, F_0_298, F_0_390, F_0_541, F_0_765, F_0_899, F_1_175, F_1_501, F_1_847, F_1_961, F_2_053, F_2_562, F_3_072, PASS1_BITS};
use std::arch::x86_64::*;

/// See [`super::transform_row`].
#[target_feature(enable = "avx2")]
pub fn transform_row(samples: &[u8], stride: usize, divisors: &Divisors, blocks: &mut [[i16; 64]]) {
    for (i, pair) in blocks.chunks_mut(2).enumerate() {
        let mut rows = [_mm_setzero_si128(); 8];
        for (row, samples) in rows.iter_mut().zip(samples[16 * i..].chunks(stride)) {
            *row = load_samples(samples, pair.len());
        }
        let levels = transform(rows, divisors);
        for (y, row) in levels.into_iter().enumerate() {
            store(&mut pair[0][8 * y..], _mm256_castsi256_si128(row));
        }
        if let [_, second] = pair {
            for (y, row) in levels.into_iter().enumerate() {
                store(&mut second[8 * y..], _mm256_extracti128_si256::<1>(row));
            }
        }
    }
}

/// A row of one or two blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn load_samples(samples: &[u8], blocks: usize) -> __m128i {
    let samples: &[u8] = &samples[..8 * blocks];
    match samples.first_chunk::<16>() {
        // SAFETY: the array has the sixteen bytes read; the load needs no alignment.
        Some(samples) => unsafe { _mm_loadu_si128(samples.as_ptr().cast()) },
        // SAFETY: the slice has the eight bytes of the one block; the load needs no alignment.
        None => unsafe { _mm_loadl_epi64(samples.as_ptr().cast()) },
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i16], value: __m128i) {
    let out = &mut out[..8];
    // SAFETY: the slice has the sixteen bytes written; the store needs no alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[u16; 64], row: usize) -> __m256i {
    let values = &values[8 * row..8 * row + 8];
    // SAFETY: the slice has the sixteen bytes read; the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(values.as_ptr().cast()) })
}

/// Both passes and the quantisation of two blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn transform(samples: [__m128i; 8], divisors: &Divisors) -> [__m256i; 8] {
    let mut rows = [_mm256_setzero_si256(); 8];
    for y in 0..8 {
        rows[y] = _mm256_sub_epi16(_mm256_cvtepu8_epi16(samples[y]), _mm256_set1_epi16(128));
    }
    let first = one_dimension::<false>(transpose(rows));
    let second = one_dimension::<true>(transpose(first));
    let mut levels = second;
    for y in 0..8 {
        let rounded = _mm256_add_epi16(_mm256_abs_epi16(second[y]), load(&divisors.half, y));
        // The second product is of numbers below 2^15: as a signed one it is not merged with the first to a slower one of 32 bits.
        let level = _mm256_mulhi_epi16(_mm256_mulhi_epu16(rounded, load(&divisors.factor, y)), load(&divisors.scale, y));
        levels[y] = _mm256_sign_epi16(level, second[y]);
    }
    levels
}

/// Both blocks transposed, each in its half of the registers.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let round = |a: __m256i, b: __m256i| (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
    let ((a, b), (c, d), (e, f), (g, h)) = (round(r[0], r[4]), round(r[1], r[5]), round(r[2], r[6]), round(r[3], r[7]));
    let ((i, j), (k, l), (m, n), (o, p)) = (round(a, e), round(b, f), round(c, g), round(d, h));
    let ((a, b), (c, d), (e, f), (g, h)) = (round(i, m), round(j, n), round(k, o), round(l, p));
    [a, b, c, d, e, f, g, h]
}

/// Two constants for neighbouring lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn constants(first: i32, second: i32) -> __m256i {
    _mm256_set1_epi32((first & 0xFFFF) | second << 16)
}

/// Two registers woven into pairs.
type Pairs = (__m256i, __m256i);

/// See [`super::one_dimension`]; products of sums are multiplied out, which changes nothing in whole numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn one_dimension<const SECOND: bool>(d: [__m256i; 8]) -> [__m256i; 8] {
    let add = |a: __m256i, b: __m256i| _mm256_add_epi16(a, b);
    let subtract = |a: __m256i, b: __m256i| _mm256_sub_epi16(a, b);
    let weave = |a: __m256i, b: __m256i| -> Pairs { (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)) };
    let multiply = |(low, high): Pairs, by: __m256i| -> Pairs { (_mm256_madd_epi16(low, by), _mm256_madd_epi16(high, by)) };
    let sum = |a: Pairs, b: Pairs| -> Pairs { (_mm256_add_epi32(a.0, b.0), _mm256_add_epi32(a.1, b.1)) };
    let descale = |(low, high): Pairs| {
        let half = _mm256_set1_epi32(1 << (if SECOND { CONST_BITS + PASS1_BITS } else { CONST_BITS - PASS1_BITS } - 1));
        let (low, high) = (_mm256_add_epi32(low, half), _mm256_add_epi32(high, half));
        match SECOND {
            true => _mm256_packs_epi32(_mm256_srai_epi32::<{ CONST_BITS + PASS1_BITS }>(low), _mm256_srai_epi32::<{ CONST_BITS + PASS1_BITS }>(high)),
            false => _mm256_packs_epi32(_mm256_srai_epi32::<{ CONST_BITS - PASS1_BITS }>(low), _mm256_srai_epi32::<{ CONST_BITS - PASS1_BITS }>(high)),
        }
    };
    let end = |a: __m256i| match SECOND {
        true => _mm256_srai_epi16::<PASS1_BITS>(_mm256_add_epi16(a, _mm256_set1_epi16(1 << (PASS1_BITS - 1)))),
        false => _mm256_slli_epi16::<PASS1_BITS>(a),
    };
    let (s0, s1, s2, s3) = (add(d[0], d[7]), add(d[1], d[6]), add(d[2], d[5]), add(d[3], d[4]));
    let (t7, t6, t5, t4) = (subtract(d[0], d[7]), subtract(d[1], d[6]), subtract(d[2], d[5]), subtract(d[3], d[4]));
    let (tmp10, tmp13, tmp11, tmp12) = (add(s0, s3), subtract(s0, s3), add(s1, s2), subtract(s1, s2));
    let even = weave(tmp12, tmp13);
    let even2 = descale(multiply(even, constants(F_0_541, F_0_541 + F_0_765)));
    let even6 = descale(multiply(even, constants(F_0_541 - F_1_847, F_0_541)));
    let (lower, upper) = (weave(t4, t5), weave(t6, t7));
    let odd = |[a, b, c, d]: [i32; 4]| descale(sum(multiply(lower, constants(a, b)), multiply(upper, constants(c, d))));
    let odd7 = odd([F_0_298 - F_0_899 - F_1_961 + F_1_175, F_1_175, F_1_175 - F_1_961, F_1_175 - F_0_899]);
    let odd5 = odd([F_1_175, F_2_053 - F_2_562 - F_0_390 + F_1_175, F_1_175 - F_2_562, F_1_175 - F_0_390]);
    let odd3 = odd([F_1_175 - F_1_961, F_1_175 - F_2_562, F_3_072 - F_2_562 - F_1_961 + F_1_175, F_1_175]);
    let odd1 = odd([F_1_175 - F_0_899, F_1_175 - F_0_390, F_1_175, F_1_501 - F_0_899 - F_0_390 + F_1_175]);
    [end(add(tmp10, tmp11)), odd1, even2, odd3, end(subtract(tmp10, tmp11)), odd5, even6, odd7]
}
