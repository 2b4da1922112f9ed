//! The reduced transforms of two neighbouring blocks at a time, one in each half of the registers.

use super::super::avx2::{add, broadcast_row, interleave, load_row, madd, sub};
use super::*;
use std::arch::x86_64::*;

/// The same with twice as many registers to work in.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
pub fn transform_row4_avx512(blocks: &[Block], flat: &[bool], table: &Block, out: &mut [u8], stride: usize) {
    transform_row4(blocks, flat, table, out, stride);
}

/// See [`super::transform_row4`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn transform_row4(blocks: &[Block], flat: &[bool], table: &Block, out: &mut [u8], stride: usize) {
    let (pairs, _) = blocks.as_chunks::<2>();
    let (flats, _) = flat.as_chunks::<2>();
    let quantization: [__m256i; 8] = std::array::from_fn(|row| broadcast_row(table, row));
    for (i, (pair, flat)) in pairs.iter().zip(flats).enumerate() {
        let out = &mut out[8 * i..];
        let rows = match *flat == [true; 2] {
            true => None,
            false => transform_pair4(pair, &quantization),
        };
        match rows {
            Some(rows) => {
                for (y, row) in rows.into_iter().enumerate() {
                    out[y * stride..y * stride + 8].copy_from_slice(&row.to_le_bytes());
                }
            }
            None => {
                transform4(&pair[0], flat[0], table, out, stride);
                transform4(&pair[1], flat[1], table, &mut out[4..], stride);
            }
        }
    }
}

/// See [`super::transform_row2`].
#[target_feature(enable = "avx2")]
pub fn transform_row2(blocks: &[Block], table: &Block, out: &mut [u8], stride: usize) {
    let (pairs, _) = blocks.as_chunks::<2>();
    let quantization: [__m256i; 8] = std::array::from_fn(|row| broadcast_row(table, row));
    for (i, pair) in pairs.iter().enumerate() {
        let out = &mut out[4 * i..];
        match transform_pair2(pair, &quantization) {
            Some(rows) => {
                for (y, row) in rows.into_iter().enumerate() {
                    out[y * stride..y * stride + 4].copy_from_slice(&row.to_le_bytes());
                }
            }
            None => {
                transform2(&pair[0], table, out, stride);
                transform2(&pair[1], table, &mut out[2..], stride);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn dequantized(pair: &[Block; 2], quantization: &[__m256i; 8], row: usize) -> __m256i {
    _mm256_mullo_epi16(_mm256_set_m128i(load_row(&pair[1], row), load_row(&pair[0], row)), quantization[row])
}

/// 16-bit values of the lower half of `a`, widened and shifted left by the 13 bits of the constants and one more.
#[inline]
#[target_feature(enable = "avx2")]
fn scale(a: __m256i) -> [__m256i; 2] {
    interleave(_mm256_setzero_si256(), a).map(|v| _mm256_srai_epi32::<{ 16 - (CONST_BITS as i32 + 1) }>(v))
}

/// Values between the passes in 16 bits, or `None` where one of them may need more: plain code keeps 32.
#[inline]
#[target_feature(enable = "avx2")]
fn narrowed<const N: usize>(rows: [[__m256i; 2]; N]) -> Option<[__m256i; N]> {
    let rows = rows.map(|[left, right]| _mm256_packs_epi32(left, right));
    let (highest, lowest) = (_mm256_set1_epi16(i16::MAX), _mm256_set1_epi16(i16::MIN));
    let large = rows.iter().fold(_mm256_setzero_si256(), |any, &row| {
        let ends = _mm256_or_si256(_mm256_cmpeq_epi16(row, highest), _mm256_cmpeq_epi16(row, lowest));
        _mm256_or_si256(any, ends)
    });
    (_mm256_testz_si256(large, large) != 0).then_some(rows)
}

/// Four rows of eight samples.
#[inline]
#[target_feature(enable = "avx2")]
fn transform_pair4(pair: &[Block; 2], quantization: &[__m256i; 8]) -> Option<[u64; 4]> {
    let row = |y: usize| dequantized(pair, quantization, y);
    let pairs = [interleave(row(2), row(6)), interleave(row(7), row(5)), interleave(row(3), row(1))];
    let columns = four::<{ (CONST_BITS - PASS1_BITS + 1) as i32 }, 2>(scale(row(0)), pairs);
    let rows = narrowed(columns)?;

    let [[a0, a1], [b0, b1]] = [interleave(rows[0], rows[1]), interleave(rows[2], rows[3])];
    let (c01, c23) = (_mm256_unpacklo_epi32(a0, b0), _mm256_unpackhi_epi32(a0, b0));
    let (c45, c67) = (_mm256_unpacklo_epi32(a1, b1), _mm256_unpackhi_epi32(a1, b1));
    let pairs = [[_mm256_unpacklo_epi16(c23, c67)], [_mm256_unpackhi_epi16(c67, c45)], [_mm256_unpackhi_epi16(c23, c01)]];
    let samples = four::<{ (CONST_BITS + PASS1_BITS + 3 + 1) as i32 }, 1>([scale(c01)[0]], pairs).map(|[v]| v);

    let words = [_mm256_packs_epi32(samples[0], samples[1]), _mm256_packs_epi32(samples[2], samples[3])];
    let bytes = _mm256_add_epi8(_mm256_packs_epi16(words[0], words[1]), _mm256_set1_epi8(-128));
    let turn = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    let bytes = _mm256_shuffle_epi8(bytes, turn);
    let (first, second) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    let (upper, lower) = (_mm_unpacklo_epi32(first, second), _mm_unpackhi_epi32(first, second));
    let halves = |v: __m128i| (_mm_cvtsi128_si64(v) as u64, _mm_extract_epi64::<1>(v) as u64);
    let ((row0, row1), (row2, row3)) = (halves(upper), halves(lower));
    Some([row0, row1, row2, row3])
}

/// See [`super::four`]: from coefficient 0, scaled, and the pairs 2 and 6, 7 and 5, 3 and 1.
#[inline]
#[target_feature(enable = "avx2")]
fn four<const SHIFT: i32, const N: usize>(dc: [__m256i; N], [pair26, pair75, pair31]: [[__m256i; N]; 3]) -> [[__m256i; N]; 4] {
    let dc = add(dc, [_mm256_set1_epi32(1 << (SHIFT - 1)); N]);
    let even = madd(pair26, 15137, -6270);
    let (even0, even2) = (add(dc, even), sub(dc, even));
    let odd0 = add(madd(pair75, -1730, 11893), madd(pair31, -17799, 8697));
    let odd2 = add(madd(pair75, -4176, -4926), madd(pair31, 7373, 20995));
    let sums = [add(even0, odd2), add(even2, odd0), sub(even2, odd0), sub(even0, odd2)];
    sums.map(|sum| sum.map(|v| _mm256_srai_epi32::<SHIFT>(v)))
}

/// Two rows of four samples.
#[inline]
#[target_feature(enable = "avx2")]
fn transform_pair2(pair: &[Block; 2], quantization: &[__m256i; 8]) -> Option<[u32; 2]> {
    const SHIFT1: i32 = (CONST_BITS - PASS1_BITS + 2) as i32;
    const SHIFT2: i32 = (CONST_BITS + PASS1_BITS + 3 + 2) as i32;
    let row = |y: usize| dequantized(pair, quantization, y);
    let rounded = |dc: __m256i, shift: i32| _mm256_add_epi32(dc, _mm256_set1_epi32(1 << (shift - 1)));
    let dc = scale(row(0)).map(|v| rounded(_mm256_slli_epi32::<1>(v), SHIFT1));
    let odd = add(madd(interleave(row(7), row(5)), -5906, 6967), madd(interleave(row(3), row(1)), -10426, 29692));
    let columns = [add(dc, odd), sub(dc, odd)].map(|sum| sum.map(|v| _mm256_srai_epi32::<SHIFT1>(v)));
    let rows = narrowed(columns)?;

    let factors = _mm256_broadcastsi128_si256(_mm_setr_epi16(0, 29692, 0, -10426, 0, 6967, 0, -5906));
    let odd = _mm256_hadd_epi32(_mm256_madd_epi16(rows[0], factors), _mm256_madd_epi16(rows[1], factors));
    let odd = _mm256_hadd_epi32(odd, odd);
    let dc = _mm256_unpacklo_epi32(_mm256_slli_epi32::<16>(rows[0]), _mm256_slli_epi32::<16>(rows[1]));
    let dc = rounded(_mm256_srai_epi32::<{ 16 - (CONST_BITS as i32 + 2) }>(dc), SHIFT2);
    // The two samples of each row side by side.
    let samples = _mm256_unpacklo_epi32(_mm256_add_epi32(dc, odd), _mm256_sub_epi32(dc, odd));
    let words = _mm256_packs_epi32(_mm256_srai_epi32::<SHIFT2>(samples), _mm256_setzero_si256());
    let words = _mm_unpacklo_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
    let bytes = _mm_add_epi8(_mm_packs_epi16(words, words), _mm_set1_epi8(-128));
    let both = _mm_cvtsi128_si64(bytes) as u64;
    Some([both as u32, (both >> 32) as u32])
}
