//! Transforms to 4x4, 2x2 and 1x1 samples: libjpeg's accurate reduced-size inverse DCTs.

use super::{Block, CONST_BITS, PASS1_BITS, flat_sample};

/// Transforms a row of blocks into `size` rows of samples, `size` (1, 2 or 4) in each block.
pub fn transform_row(size: usize, blocks: &[Block], quantization: &Block, out: &mut [u8], stride: usize) {
    for (i, block) in blocks.iter().enumerate() {
        let out = &mut out[size * i..];
        match size {
            4 => transform4(block, quantization, out, stride),
            2 => transform2(block, quantization, out, stride),
            _ => out[0] = flat_sample(block[0], quantization[0]),
        }
    }
}

fn descale(value: i32, shift: u32) -> i32 {
    value.wrapping_add(1 << (shift - 1)) >> shift
}

fn sample(value: i32) -> u8 {
    (value.clamp(-128, 127) + 128) as u8
}

fn dequantize(block: &Block, quantization: &Block) -> [i32; 64] {
    std::array::from_fn(|i| block[i].wrapping_mul(quantization[i]) as i32)
}

fn scaled_sum(terms: &[(i32, i32)]) -> i32 {
    terms.iter().fold(0i32, |sum, &(value, factor)| sum.wrapping_add(value.wrapping_mul(factor)))
}

/// Four outputs from the coefficients 0, 1, 2, 3, 5, 6, 7.
fn four(input: [i32; 8], shift: u32) -> [i32; 4] {
    let dc = input[0] << (CONST_BITS + 1);
    let even = scaled_sum(&[(input[2], 15137), (input[6], -6270)]);
    let (even0, even2) = (dc.wrapping_add(even), dc.wrapping_sub(even));
    let odd0 = scaled_sum(&[(input[7], -1730), (input[5], 11893), (input[3], -17799), (input[1], 8697)]);
    let odd2 = scaled_sum(&[(input[7], -4176), (input[5], -4926), (input[3], 7373), (input[1], 20995)]);
    [
        descale(even0.wrapping_add(odd2), shift),
        descale(even2.wrapping_add(odd0), shift),
        descale(even2.wrapping_sub(odd0), shift),
        descale(even0.wrapping_sub(odd2), shift),
    ]
}

fn transform4(block: &Block, quantization: &Block, out: &mut [u8], stride: usize) {
    let values = dequantize(block, quantization);
    let mut work = [0i32; 32];
    for x in (0..8).filter(|&x| x != 4) {
        let column = four(std::array::from_fn(|y| values[8 * y + x]), CONST_BITS - PASS1_BITS + 1);
        for y in 0..4 {
            work[8 * y + x] = column[y];
        }
    }
    for (y, row) in out.chunks_mut(stride).take(4).enumerate() {
        let values = four(std::array::from_fn(|x| work[8 * y + x]), CONST_BITS + PASS1_BITS + 3 + 1);
        for x in 0..4 {
            row[x] = sample(values[x]);
        }
    }
}

/// Two outputs from the coefficients 0, 1, 3, 5, 7.
fn two(input: [i32; 8], shift: u32) -> [i32; 2] {
    let dc = input[0] << (CONST_BITS + 2);
    let odd = scaled_sum(&[(input[7], -5906), (input[5], 6967), (input[3], -10426), (input[1], 29692)]);
    [descale(dc.wrapping_add(odd), shift), descale(dc.wrapping_sub(odd), shift)]
}

fn transform2(block: &Block, quantization: &Block, out: &mut [u8], stride: usize) {
    let values = dequantize(block, quantization);
    let mut work = [0i32; 16];
    for x in [0, 1, 3, 5, 7] {
        let column = two(std::array::from_fn(|y| values[8 * y + x]), CONST_BITS - PASS1_BITS + 2);
        work[x] = column[0];
        work[8 + x] = column[1];
    }
    for (y, row) in out.chunks_mut(stride).take(2).enumerate() {
        let values = two(std::array::from_fn(|x| work[8 * y + x]), CONST_BITS + PASS1_BITS + 3 + 2);
        row[0] = sample(values[0]);
        row[1] = sample(values[1]);
    }
}
