//! Tables of 256 values applied to 8-bit samples.

use super::Shape;
use super::batch::each_image;
use super::channels::each_rgb;
use crate::Result;

/// What each of the 256 values becomes.
pub type Table = [u8; 256];

/// The table of a function.
pub fn table(f: impl Fn(u8) -> u8) -> Table {
    std::array::from_fn(|v| f(v as u8))
}

/// The same table for all samples.
pub fn map(shape: &Shape, table: &Table, input: &[u8], output: &mut [u8]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| apply(table, from, to))
}

/// A table for each channel of each image, which `tables` computes from the image.
pub fn map_each(shape: &Shape, input: &[u8], output: &mut [u8], tables: impl Fn(&[u8]) -> Vec<Table> + Sync) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| {
        let tables = tables(from);
        if let (false, Ok(tables)) = (shape.planar, <&[Table; 3]>::try_from(&tables[..])) {
            let _ = each_rgb(shape, from, to, |from, to| from.into_iter().zip(to).zip(tables).for_each(|((from, to), table)| apply(table, from, to)));
        } else if shape.planar || shape.channels == 1 {
            let planes = from.chunks_exact(shape.pixels()).zip(to.chunks_exact_mut(shape.pixels()));
            planes.zip(&tables).for_each(|((from, to), table)| apply(table, from, to));
        } else {
            for (from, to) in from.chunks_exact(shape.channels).zip(to.chunks_exact_mut(shape.channels)) {
                from.iter().zip(to).zip(&tables).for_each(|((&from, to), table)| *to = table[from as usize]);
            }
        }
    })
}

/// Looks every sample up.
pub fn apply(table: &Table, input: &[u8], output: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    {
        use rushlight_kernels::simd::{Level, level};
        if level() >= Level::Avx512 && is_x86_feature_detected!("avx512vbmi") {
            // SAFETY: the features were found on this processor.
            return unsafe { x86::apply_vbmi(table, input, output) };
        }
        if level() >= Level::Avx2 {
            // SAFETY: `level` found AVX2 on this processor.
            return unsafe { x86::apply_avx2(table, input, output) };
        }
    }
    plain(table, input, output);
}

fn plain(table: &Table, input: &[u8], output: &mut [u8]) {
    for (to, &from) in output.iter_mut().zip(input) {
        *to = table[from as usize];
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Table;
    use std::arch::x86_64::*;

    /// Two permutations of 128 bytes each; the highest bit of a sample chooses between them.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub fn apply_vbmi(table: &Table, input: &[u8], output: &mut [u8]) {
        // SAFETY: each quarter of the table has the 64 bytes read.
        let quarter = |i: usize| unsafe { _mm512_loadu_si512(table[64 * i..64 * (i + 1)].as_ptr().cast()) };
        let (a, b, c, d) = (quarter(0), quarter(1), quarter(2), quarter(3));
        let (chunks, rest) = input.as_chunks::<64>();
        let (targets, last) = output.as_chunks_mut::<64>();
        for (from, to) in chunks.iter().zip(targets) {
            // SAFETY: both have 64 bytes; neither load nor store needs alignment.
            unsafe {
                let index = _mm512_loadu_si512(from.as_ptr().cast());
                let (low, high) = (_mm512_permutex2var_epi8(a, index, b), _mm512_permutex2var_epi8(c, index, d));
                let value = _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
                _mm512_storeu_si512(to.as_mut_ptr().cast(), value);
            }
        }
        super::plain(table, rest, last);
    }

    /// Sixteen tables of sixteen: a byte shuffle gives zero for an index of 128 or more, so that of all shuffles only the one counts whose
    /// part of the table the sample lies in. `index - 16 i` is in `0..16` for that part; a saturating addition lifts the others over 127.
    #[target_feature(enable = "avx2")]
    pub fn apply_avx2(table: &Table, input: &[u8], output: &mut [u8]) {
        // SAFETY: each sixteenth of the table has the 16 bytes read.
        let parts: [__m256i; 16] =
            std::array::from_fn(|i| unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table[16 * i..16 * (i + 1)].as_ptr().cast())) });
        let (lift, sixteen) = (_mm256_set1_epi8(0x70), _mm256_set1_epi8(16));
        let (chunks, rest) = input.as_chunks::<32>();
        let (targets, last) = output.as_chunks_mut::<32>();
        for (from, to) in chunks.iter().zip(targets) {
            // SAFETY: there are 32 bytes; the load needs no alignment.
            let mut index = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
            let mut value = _mm256_setzero_si256();
            for part in parts {
                value = _mm256_or_si256(value, _mm256_shuffle_epi8(part, _mm256_adds_epu8(index, lift)));
                index = _mm256_sub_epi8(index, sixteen);
            }
            // SAFETY: there are 32 bytes; the store needs no alignment.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) };
        }
        super::plain(table, rest, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_looks_up_the_same() {
        let table = table(|v| v.wrapping_mul(167).wrapping_add(13));
        let input: Vec<u8> = (0..1000).map(|i| (i * 7 % 256) as u8).collect();
        let (mut want, mut have) = (vec![0; 1000], vec![0; 1000]);
        plain(&table, &input, &mut want);
        apply(&table, &input, &mut have);
        assert_eq!(have, want);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            have.fill(0);
            // SAFETY: AVX2 was found.
            unsafe { x86::apply_avx2(&table, &input, &mut have) };
            assert_eq!(have, want);
        }
    }
}
