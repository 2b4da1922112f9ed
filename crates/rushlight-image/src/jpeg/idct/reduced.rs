//! Transforms to 4x4, 2x2 and 1x1 samples: libjpeg's accurate reduced-size inverse DCTs.
//!
//! Both passes run over lanes, the columns and then the rows of a block, in plain loops that become vector code.

use super::{Block, CONST_BITS, PASS1_BITS, flat_sample};
use rushlight_kernels::vectorized;

/// Transforms a row of blocks into `size` rows of samples, `size` (1, 2 or 4) in each block.
pub fn transform_row(size: usize, blocks: &[Block], quantization: &Block, out: &mut [u8], stride: usize) {
    match size {
        4 => transform_row4(blocks, quantization, out, stride),
        2 => transform_row2(blocks, quantization, out, stride),
        _ => blocks.iter().zip(out).for_each(|(block, sample)| *sample = flat_sample(block[0], quantization[0])),
    }
}

vectorized! {
    fn transform_row4[](blocks: &[Block], quantization: &Block, out: &mut [u8], stride: usize) {
        for (i, block) in blocks.iter().enumerate() {
            let columns = four(dequantize(block, quantization), CONST_BITS - PASS1_BITS + 1);
            let turned: [[i32; 4]; 8] = std::array::from_fn(|x| std::array::from_fn(|y| columns[y][x]));
            let samples = four(turned, CONST_BITS + PASS1_BITS + 3 + 1).map(|lanes| lanes.map(sample));
            for (y, row) in out.chunks_mut(stride).take(4).enumerate() {
                row[4 * i..4 * i + 4].copy_from_slice(&[samples[0][y], samples[1][y], samples[2][y], samples[3][y]]);
            }
        }
    }
}

vectorized! {
    fn transform_row2[](blocks: &[Block], quantization: &Block, out: &mut [u8], stride: usize) {
        for (i, block) in blocks.iter().enumerate() {
            let columns = two(dequantize(block, quantization), CONST_BITS - PASS1_BITS + 2);
            let turned: [[i32; 2]; 8] = std::array::from_fn(|x| std::array::from_fn(|y| columns[y][x]));
            let samples = two(turned, CONST_BITS + PASS1_BITS + 3 + 2).map(|lanes| lanes.map(sample));
            for (y, row) in out.chunks_mut(stride).take(2).enumerate() {
                row[2 * i..2 * i + 2].copy_from_slice(&[samples[0][y], samples[1][y]]);
            }
        }
    }
}

#[inline(always)]
fn sample(value: i32) -> u8 {
    (value.clamp(-128, 127) + 128) as u8
}

#[inline(always)]
fn dequantize(block: &Block, quantization: &Block) -> [[i32; 8]; 8] {
    std::array::from_fn(|y| std::array::from_fn(|x| block[8 * y + x].wrapping_mul(quantization[8 * y + x]) as i32))
}

#[inline(always)]
fn sum<const L: usize, const N: usize>(terms: [(&[i32; L], i32); N]) -> [i32; L] {
    std::array::from_fn(|lane| terms.iter().fold(0i32, |sum, (values, factor)| sum.wrapping_add(values[lane].wrapping_mul(*factor))))
}

/// `a + b` (or `a - b`), rounded and shifted.
#[inline(always)]
fn descale<const L: usize>(a: &[i32; L], b: &[i32; L], sign: i32, shift: u32) -> [i32; L] {
    std::array::from_fn(|lane| a[lane].wrapping_add(sign * b[lane]).wrapping_add(1 << (shift - 1)) >> shift)
}

/// Four outputs from the coefficients 0, 1, 2, 3, 5, 6, 7.
#[inline(always)]
fn four<const L: usize>(c: [[i32; L]; 8], shift: u32) -> [[i32; L]; 4] {
    let one = 1 << (CONST_BITS + 1);
    let even0 = sum([(&c[0], one), (&c[2], 15137), (&c[6], -6270)]);
    let even2 = sum([(&c[0], one), (&c[2], -15137), (&c[6], 6270)]);
    let odd0 = sum([(&c[7], -1730), (&c[5], 11893), (&c[3], -17799), (&c[1], 8697)]);
    let odd2 = sum([(&c[7], -4176), (&c[5], -4926), (&c[3], 7373), (&c[1], 20995)]);
    [descale(&even0, &odd2, 1, shift), descale(&even2, &odd0, 1, shift), descale(&even2, &odd0, -1, shift), descale(&even0, &odd2, -1, shift)]
}

/// Two outputs from the coefficients 0, 1, 3, 5, 7.
#[inline(always)]
fn two<const L: usize>(c: [[i32; L]; 8], shift: u32) -> [[i32; L]; 2] {
    let dc = sum([(&c[0], 1 << (CONST_BITS + 2))]);
    let odd = sum([(&c[7], -5906), (&c[5], 6967), (&c[3], -10426), (&c[1], 29692)]);
    [descale(&dc, &odd, 1, shift), descale(&dc, &odd, -1, shift)]
}
