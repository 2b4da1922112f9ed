//! Sums of four taps at once by VNNI: bytes of the image times bytes of the weights, a sum for each digit.

use super::super::weights::PRECISION;
use super::columns::{Columns, Form, Group};
use super::digits::Digits;
use std::arch::x86_64::*;

/// Rows that the horizontal pass resamples together: their samples at one place are the bytes of a quad.
pub const ROWS: usize = 4;

/// Sums of the three digits for sixteen samples.
#[derive(Clone, Copy)]
struct Sums([__m512i; 3]);

impl Sums {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn new() -> Sums {
        Sums([_mm512_set1_epi32(1 << (PRECISION - 1)), _mm512_setzero_si512(), _mm512_setzero_si512()])
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn add(&mut self, samples: __m512i, weights: [__m512i; 3]) {
        let ([lowest, middle, highest], [low, mid, high]) = (self.0, weights);
        self.0 = [_mm512_dpbusd_epi32(lowest, samples, low), _mm512_dpbusd_epi32(middle, samples, mid), _mm512_dpbusd_epi32(highest, samples, high)];
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn total(self) -> __m512i {
        let [lowest, middle, highest] = self.0;
        let upper = _mm512_add_epi32(middle, _mm512_slli_epi32::<8>(highest));
        _mm512_add_epi32(lowest, _mm512_slli_epi32::<8>(upper))
    }

    /// The samples, rounded but not yet clamped.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn finish(self) -> __m512i {
        _mm512_srai_epi32::<PRECISION>(self.total())
    }
}

/// 64 bytes from `at` on, zeros beyond the end.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn load(row: &[u8], at: usize) -> __m512i {
    let rest = row.get(at..).unwrap_or(&[]);
    match rest.first_chunk::<64>() {
        // SAFETY: the array has the 64 bytes read; the load needs no alignment.
        Some(bytes) => unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) },
        // SAFETY: only the bytes of `rest`, fewer than 64, are read.
        None => unsafe { _mm512_maskz_loadu_epi8((1 << rest.len()) - 1, rest.as_ptr().cast()) },
    }
}

/// 64 bytes from `at` on.
///
/// # Safety
/// The row has them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
unsafe fn load_inside(row: &[u8], at: usize) -> __m512i {
    // SAFETY: by the contract; the load needs no alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().add(at).cast()) }
}

/// Brings what is `ahead` of a place of each row into the cache.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
#[allow(unused_unsafe, reason = "newer versions of Rust know the hint to be safe")]
fn prefetch(rows: &[&[u8]; ROWS], place: usize, ahead: usize) {
    // SAFETY: a hint, which may be about any address.
    let hint = |row: &[u8]| unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().wrapping_add(place + ahead).cast()) };
    hint(rows[0]);
    hint(rows[1]);
    hint(rows[2]);
    hint(rows[3]);
}

/// Sixteen bytes of each of four places, `at` behind `places`.
///
/// # Safety
/// The row has them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
unsafe fn load_four(row: &[u8], places: &[usize; 4], at: usize) -> __m512i {
    // SAFETY: by the contract; the load needs no alignment.
    let load = |place: usize| unsafe { _mm_loadu_si128(row.as_ptr().add(place + at).cast()) };
    let [a, b, c, d] = *places;
    let (ab, cd) = (_mm256_set_m128i(load(b), load(a)), _mm256_set_m128i(load(d), load(c)));
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(ab), cd)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn load_lanes(lanes: &[u32; 16]) -> __m512i {
    // SAFETY: the array has the 64 bytes read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

/// The same order of bytes in every quarter of a register.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn quarters(order: [u8; 16]) -> __m512i {
    // SAFETY: the array has the sixteen bytes read; the load needs no alignment.
    _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(order.as_ptr().cast()) })
}

/// Rows and columns of four by four exchanged.
const EXCHANGED: [u8; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

/// The samples of four rows, clamped: quads.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn quads(rows: [__m512i; ROWS]) -> __m512i {
    _mm512_shuffle_epi8(pack(rows), quarters(EXCHANGED))
}

/// Clamped: in every quarter, four samples of each register.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn pack(values: [__m512i; 4]) -> __m512i {
    let [a, b, c, d] = values;
    _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d))
}

/// The weighted sums of a group for four rows; `pick` finds the taps of a step.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn sums(columns: &Columns, group: &Group, rows: [&[u8]; ROWS], pick: impl Fn(&[u8], usize) -> __m512i) -> [Sums; ROWS] {
    let (mut a, mut b, mut c, mut d) = (Sums::new(), Sums::new(), Sums::new(), Sums::new());
    let (advance, mut at) = (columns.advance(), 0);
    for weights in &columns.weights[group.first..][..group.steps] {
        let weights = [load_lanes(&weights[0]), load_lanes(&weights[1]), load_lanes(&weights[2])];
        a.add(pick(rows[0], at), weights);
        b.add(pick(rows[1], at), weights);
        c.add(pick(rows[2], at), weights);
        d.add(pick(rows[3], at), weights);
        at += advance;
    }
    [a, b, c, d]
}

/// Resamples four rows of at least `columns.reach` bytes to quads; `out` has room for sixteen behind the last. Meanwhile the memory
/// `ahead` of the rows, which are resampled next, is brought into the cache.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub fn horizontal(columns: &Columns, rows: [&[u8]; ROWS], ahead: usize, out: &mut [u32]) {
    assert!(rows.iter().all(|row| row.len() >= columns.reach), "rows too short");
    match columns.form {
        Form::Window => windows::<false>(columns, rows, ahead, out),
        Form::WideWindow => windows::<true>(columns, rows, ahead, out),
        Form::Pixels => pixels(columns, rows, ahead, out),
        Form::Runs => runs(columns, rows, ahead, out),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn store(out: &mut [u32], to: usize, quads: __m512i) {
    let out = &mut out[to..to + 16];
    // SAFETY: the slice has the 64 bytes written; the store needs no alignment.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), quads) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn windows<const WIDE: bool>(columns: &Columns, rows: [&[u8]; ROWS], ahead: usize, out: &mut [u32]) {
    for (group, order) in columns.groups.iter().zip(&columns.orders) {
        prefetch(&rows, group.from[0], ahead);
        let order = load(order, 0);
        let pick = |row: &[u8], at: usize| {
            let at = group.from[0] + at;
            // SAFETY: the caller compared the row with the reach of all groups.
            unsafe {
                match WIDE {
                    true => _mm512_permutex2var_epi8(load_inside(row, at), order, load_inside(row, at + 64)),
                    false => _mm512_permutexvar_epi8(order, load_inside(row, at)),
                }
            }
        };
        let [a, b, c, d] = sums(columns, group, rows, pick);
        store(out, group.to, quads([a.finish(), b.finish(), c.finish(), d.finish()]));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn pixels(columns: &Columns, rows: [&[u8]; ROWS], ahead: usize, out: &mut [u32]) {
    const THREE: [u8; 16] = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, 0, 0, 0, 0];
    let three = columns.channels == 3;
    let order = quarters(if three { THREE } else { EXCHANGED });
    let places = match three {
        true => [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15],
        false => std::array::from_fn(|i| i as u32),
    };
    let places = load_lanes(&places);
    for group in &columns.groups {
        prefetch(&rows, group.from[0], ahead);
        prefetch(&rows, group.from[2], ahead);
        // SAFETY: the caller compared the row with the reach of all groups.
        let pick = |row: &[u8], at: usize| _mm512_shuffle_epi8(unsafe { load_four(row, &group.from, at) }, order);
        let [a, b, c, d] = sums(columns, group, rows, pick);
        let quads = quads([a.finish(), b.finish(), c.finish(), d.finish()]);
        store(out, group.to, _mm512_permutexvar_epi32(places, quads));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn runs(columns: &Columns, rows: [&[u8]; ROWS], ahead: usize, out: &mut [u32]) {
    let firsts = load_lanes(&std::array::from_fn(|i| 4 * (i as u32 % 4)));
    // In every quarter the four lanes of a row become one: first two registers are woven and added, then two such sums.
    let weave = |a: __m512i, b: __m512i| _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    // The rounding constant is in each of the four lanes: three are too many.
    let excess = _mm512_set1_epi32(3 << (PRECISION - 1));
    for group in &columns.groups {
        prefetch(&rows, group.from[0], ahead);
        prefetch(&rows, group.from[2], ahead);
        // SAFETY: the caller compared the row with the reach of all groups.
        let pick = |row: &[u8], at: usize| unsafe { load_four(row, &group.from, at) };
        let [a, b, c, d] = sums(columns, group, rows, pick);
        let (ab, cd) = (weave(a.total(), b.total()), weave(c.total(), d.total()));
        let total = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
        let values = _mm512_srai_epi32::<PRECISION>(_mm512_sub_epi32(total, excess));
        store(out, group.to, _mm512_permutexvar_epi32(firsts, pack([values; 4])));
    }
}

/// Rows from quads.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub fn separate(quads: &[u32], rows: &mut [u8], width: usize) {
    for (row, out) in rows.chunks_exact_mut(width).enumerate().take(ROWS) {
        for (sample, quad) in out.iter_mut().zip(quads) {
            *sample = (quad >> (8 * row)) as u8;
        }
    }
}

/// 64 samples of the vertical pass, four of each register in every quarter; `take` finds the quads of a step.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn weigh(digits: &[Digits], take: impl Fn(usize) -> [__m512i; 4]) -> __m512i {
    let (mut a, mut b, mut c, mut d) = (Sums::new(), Sums::new(), Sums::new(), Sums::new());
    for (step, digits) in digits.iter().enumerate() {
        let weights = [_mm512_set1_epi32(digits[0] as i32), _mm512_set1_epi32(digits[1] as i32), _mm512_set1_epi32(digits[2] as i32)];
        let samples = take(step);
        a.add(samples[0], weights);
        b.add(samples[1], weights);
        c.add(samples[2], weights);
        d.add(samples[3], weights);
    }
    pack([a.finish(), b.finish(), c.finish(), d.finish()])
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn store_samples(out: &mut [u8], samples: __m512i) {
    match out.first_chunk_mut::<64>() {
        // SAFETY: the array has the 64 bytes written; the store needs no alignment.
        Some(out) => unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), samples) },
        // SAFETY: only the bytes of `out`, fewer than 64, are written.
        None => unsafe { _mm512_mask_storeu_epi8(out.as_mut_ptr().cast(), (1 << out.len()) - 1, samples) },
    }
}

/// An output row from rows of quads; `row(step)` has them, a whole number of 64.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub fn vertical_quads<'a>(digits: &[Digits], row: impl Fn(usize) -> &'a [u32], out: &mut [u8]) {
    let places = load_lanes(&std::array::from_fn(|i| (i as u32 % 4) * 4 + i as u32 / 4));
    for (i, out) in out.chunks_mut(64).enumerate() {
        let take = |step: usize| {
            let quads = row(step)[64 * i..].as_chunks::<16>().0;
            [load_lanes(&quads[0]), load_lanes(&quads[1]), load_lanes(&quads[2]), load_lanes(&quads[3])]
        };
        store_samples(out, _mm512_permutexvar_epi32(places, weigh(digits, take)));
    }
}

/// An output row from rows of samples.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub fn vertical_rows<'a>(digits: &[Digits], row: impl Fn(usize) -> &'a [u8], out: &mut [u8]) {
    for (i, out) in out.chunks_mut(64).enumerate() {
        let take = |step: usize| {
            let part = |tap: usize| load(row(4 * step + tap), 64 * i);
            let (a, b, c, d) = (part(0), part(1), part(2), part(3));
            let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
            let (ab_high, cd_high) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
            [_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd), _mm512_unpacklo_epi16(ab_high, cd_high), _mm512_unpackhi_epi16(ab_high, cd_high)]
        };
        store_samples(out, weigh(digits, take));
    }
}
