//! YCbCr to RGB, 32 pixels at a time.
//!
//! With `x` a chroma sample less 128, the tables of libjpeg are `(91881 x + 2^15) >> 16 = x + ((13172 x + 2^14) >> 15)`, whose last term is
//! one instruction, and likewise `2 x + ((-7471 x + 2^14) >> 15)` for blue; green needs 32-bit sums.

use std::arch::x86_64::*;

const STEP: usize = 32;

/// The same with twice as many registers, which hold all the masks.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
pub fn ycbcr_row_avx512(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    ycbcr_row(y, cb, cr, out);
}

/// See [`super::ycbcr_row`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn ycbcr_row(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    let (chunks, tail) = out.as_chunks_mut::<{ 3 * STEP }>();
    let whole = chunks.len();
    let inputs = |i: usize| (&y[STEP * i..STEP * (i + 1)], &cb[STEP * i..STEP * (i + 1)], &cr[STEP * i..STEP * (i + 1)]);
    for (i, chunk) in chunks.iter_mut().enumerate() {
        let (y, cb, cr) = inputs(i);
        convert(y, cb, cr, chunk);
    }
    if !tail.is_empty() {
        let pad = |row: &[u8]| {
            let mut padded = [0; STEP];
            let rest = &row[STEP * whole..row.len().min(STEP * (whole + 1))];
            padded[..rest.len()].copy_from_slice(rest);
            padded
        };
        let mut last = [0; 3 * STEP];
        convert(&pad(y), &pad(cb), &pad(cr), &mut last);
        tail.copy_from_slice(&last[..tail.len()]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(row: &[u8]) -> __m256i {
    let row: &[u8] = &row[..STEP];
    // SAFETY: the slice has the 32 bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [u8; 3 * STEP], at: usize, value: __m128i) {
    let place: &mut [u8] = &mut out[at..at + 16];
    // SAFETY: the place has sixteen bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(place.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn convert(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8; 3 * STEP]) {
    let (y, cb, cr) = (load(y), load(cb), load(cr));
    let zero = _mm256_setzero_si256();
    let low = rgb16(_mm256_unpacklo_epi8(y, zero), _mm256_unpacklo_epi8(cb, zero), _mm256_unpacklo_epi8(cr, zero));
    let high = rgb16(_mm256_unpackhi_epi8(y, zero), _mm256_unpackhi_epi8(cb, zero), _mm256_unpackhi_epi8(cr, zero));
    let planes = [0, 1, 2].map(|c| _mm256_packus_epi16(low[c], high[c]));
    for part in 0..3 {
        let bytes = weave(planes, part);
        store(out, 16 * part, _mm256_castsi256_si128(bytes));
        store(out, 48 + 16 * part, _mm256_extracti128_si256::<1>(bytes));
    }
}

/// Red, green and blue of sixteen pixels, not yet clamped.
#[inline]
#[target_feature(enable = "avx2")]
fn rgb16(y: __m256i, cb: __m256i, cr: __m256i) -> [__m256i; 3] {
    let centre = _mm256_set1_epi16(128);
    let (cb, cr) = (_mm256_sub_epi16(cb, centre), _mm256_sub_epi16(cr, centre));
    let scaled = |x: __m256i, factor: i32| _mm256_mulhrs_epi16(x, _mm256_set1_epi16((factor / 2) as i16));
    let red = _mm256_add_epi16(cr, scaled(cr, super::R_CR - 65536));
    let blue = _mm256_add_epi16(_mm256_add_epi16(cb, cb), scaled(cb, super::B_CB - 131072));
    let factors = _mm256_set1_epi32((super::G_CB as u16 as i32) | (super::G_CR + 65536) << 16);
    let sum = |pair: __m256i| _mm256_srai_epi32::<16>(_mm256_add_epi32(_mm256_madd_epi16(pair, factors), _mm256_set1_epi32(32768)));
    let green = _mm256_packs_epi32(sum(_mm256_unpacklo_epi16(cb, cr)), sum(_mm256_unpackhi_epi16(cb, cr)));
    [_mm256_add_epi16(y, red), _mm256_add_epi16(y, _mm256_sub_epi16(green, cr)), _mm256_add_epi16(y, blue)]
}

/// Bytes `16 * part..` of the 48 that sixteen pixels have, in each half.
#[inline]
#[target_feature(enable = "avx2")]
fn weave(planes: [__m256i; 3], part: usize) -> __m256i {
    let picked = [0, 1, 2].map(|c| _mm256_shuffle_epi8(planes[c], _mm256_broadcastsi128_si256(load_mask(&MASKS[part][c]))));
    _mm256_or_si256(_mm256_or_si256(picked[0], picked[1]), picked[2])
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_mask(mask: &[u8; 16]) -> __m128i {
    // SAFETY: the mask has the sixteen bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(mask.as_ptr().cast()) }
}

/// For each part and channel: which pixel each byte comes from, 128 for none.
static MASKS: [[[u8; 16]; 3]; 3] = {
    let mut masks = [[[128; 16]; 3]; 3];
    let mut byte = 0;
    while byte < 48 {
        masks[byte / 16][byte % 3][byte % 16] = (byte / 3) as u8;
        byte += 1;
    }
    masks
};
