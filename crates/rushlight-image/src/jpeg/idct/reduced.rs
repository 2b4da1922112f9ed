//! Transforms to 4x4, 2x2 and 1x1 samples: libjpeg's accurate reduced-size inverse DCTs.
//!
//! Both passes run over lanes, the columns and then the rows of a block.

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::{Block, CONST_BITS, PASS1_BITS, fill, flat_sample};
#[cfg(target_arch = "x86_64")]
use rushlight_kernels::simd::{Level, level};

/// Transforms a row of blocks into `size` rows of samples, `size` (1, 2 or 4) in each block.
///
/// `blocks` has an even length; `flat[i]` says that block `i` has no AC coefficients.
pub fn transform_row(size: usize, blocks: &[Block], flat: &[bool], quantization: &Block, out: &mut [u8], stride: usize) {
    match size {
        4 => transform_row4(blocks, flat, quantization, out, stride),
        2 => transform_row2(blocks, quantization, out, stride),
        _ => blocks.iter().zip(out).for_each(|(block, sample)| *sample = flat_sample(block[0], quantization[0])),
    }
}

fn transform_row4(blocks: &[Block], flat: &[bool], quantization: &Block, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found AVX-512 on this processor.
        Level::Avx512 => return unsafe { avx2::transform_row4_avx512(blocks, flat, quantization, out, stride) },
        // SAFETY: `level` found AVX2 on this processor.
        Level::Avx2 => return unsafe { avx2::transform_row4(blocks, flat, quantization, out, stride) },
        Level::Base => {}
    }
    for (i, (block, &flat)) in blocks.iter().zip(flat).enumerate() {
        transform4(block, flat, quantization, &mut out[4 * i..], stride);
    }
}

fn transform_row2(blocks: &[Block], quantization: &Block, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::transform_row2(blocks, quantization, out, stride) };
    }
    for (i, block) in blocks.iter().enumerate() {
        transform2(block, quantization, &mut out[2 * i..], stride);
    }
}

/// One block in plain code.
pub(super) fn transform4(block: &Block, flat: bool, quantization: &Block, out: &mut [u8], stride: usize) {
    if flat {
        let value = (block[0].wrapping_mul(quantization[0]) as i32) << PASS1_BITS;
        return fill(sample((value + 16) >> 5), 4, 4, out, stride);
    }
    let columns = four(dequantize(block, quantization), CONST_BITS - PASS1_BITS + 1);
    let turned: [[i32; 4]; 8] = std::array::from_fn(|x| std::array::from_fn(|y| columns[y][x]));
    let samples = four(turned, CONST_BITS + PASS1_BITS + 3 + 1).map(|lanes| lanes.map(sample));
    for (y, row) in out.chunks_mut(stride).take(4).enumerate() {
        row[..4].copy_from_slice(&[samples[0][y], samples[1][y], samples[2][y], samples[3][y]]);
    }
}

/// One block in plain code.
pub(super) fn transform2(block: &Block, quantization: &Block, out: &mut [u8], stride: usize) {
    let columns = two(dequantize(block, quantization), CONST_BITS - PASS1_BITS + 2);
    let turned: [[i32; 2]; 8] = std::array::from_fn(|x| std::array::from_fn(|y| columns[y][x]));
    let samples = two(turned, CONST_BITS + PASS1_BITS + 3 + 2).map(|lanes| lanes.map(sample));
    for (y, row) in out.chunks_mut(stride).take(2).enumerate() {
        row[..2].copy_from_slice(&[samples[0][y], samples[1][y]]);
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
