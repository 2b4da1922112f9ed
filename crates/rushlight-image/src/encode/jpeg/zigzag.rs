//! Coefficients from natural order into that of the file (T.81, figure A.6), and which of them are not zero.

use super::blocks::Block;
use crate::jpeg::huffman::NATURAL;

/// Reorders blocks; bit `k` of a block's number in `nonzero` is set where its coefficient `k` is not zero.
pub fn reorder(natural: &[Block], blocks: &mut [Block], nonzero: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx512 {
        // SAFETY: `level` found AVX-512 BW on this processor.
        return unsafe { reorder_avx512(natural, blocks, nonzero) };
    }
    for ((natural, block), nonzero) in natural.iter().zip(blocks).zip(nonzero) {
        *block = std::array::from_fn(|k| natural[NATURAL[k] as usize & 63]);
        *nonzero = block.iter().rev().fold(0, |bits, &value| bits << 1 | (value != 0) as u64);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn reorder_avx512(natural: &[Block], blocks: &mut [Block], nonzero: &mut [u64]) {
    use std::arch::x86_64::{__m512i, _mm512_loadu_si512, _mm512_permutex2var_epi16, _mm512_storeu_si512, _mm512_test_epi16_mask};
    // SAFETY: an array of 32 values has the 64 bytes read; the load needs no alignment.
    let load = |values: &[i16; 32]| -> __m512i { unsafe { _mm512_loadu_si512(values.as_ptr().cast()) } };
    let order = [0, 32].map(|from| std::array::from_fn(|k| NATURAL[from + k] as i16));
    let order = [load(&order[0]), load(&order[1])];
    for ((natural, block), nonzero) in natural.iter().zip(blocks).zip(nonzero) {
        let ([low, high], []) = natural.as_chunks::<32>() else { continue };
        let (low, high) = (load(low), load(high));
        let (first, second) = (_mm512_permutex2var_epi16(low, order[0], high), _mm512_permutex2var_epi16(low, order[1], high));
        // SAFETY: the block has the 128 bytes written; the stores need no alignment.
        unsafe {
            _mm512_storeu_si512(block.as_mut_ptr().cast(), first);
            _mm512_storeu_si512(block.as_mut_ptr().add(32).cast(), second);
        }
        *nonzero = _mm512_test_epi16_mask(first, first) as u64 | (_mm512_test_epi16_mask(second, second) as u64) << 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coefficient_finds_its_place() {
        let natural: Vec<Block> = (0..3).map(|b| std::array::from_fn(|i| if (i + b) % 3 == 0 { 0 } else { (100 * b + i) as i16 })).collect();
        let (mut blocks, mut nonzero) = (vec![[7; 64]; 3], vec![0; 3]);
        reorder(&natural, &mut blocks, &mut nonzero);
        for b in 0..3 {
            for k in 0..64 {
                assert_eq!(blocks[b][k], natural[b][NATURAL[k] as usize]);
                assert_eq!(nonzero[b] >> k & 1 == 1, blocks[b][k] != 0);
            }
        }
    }
}
