//! The inverse DCT of libjpeg's accurate integer method (`islow`): Loeffler, Ligtenberg and Moschytz (ICASSP 1989), 13-bit constants,
//! two more bits kept between the passes. Intermediates wrap and saturate where the vector code of libjpeg-turbo does.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub mod reduced;

#[cfg(target_arch = "x86_64")]
use rushlight_kernels::simd::{Level, level};

/// Coefficients of one block, in natural order.
pub type Block = [i16; 64];

const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;
const SHIFT1: u32 = CONST_BITS - PASS1_BITS;
const SHIFT2: u32 = CONST_BITS + PASS1_BITS + 3;

const F_0_298: i16 = 2446;
const F_0_390: i16 = 3196;
const F_0_541: i16 = 4433;
const F_0_765: i16 = 6270;
const F_0_899: i16 = 7373;
const F_1_175: i16 = 9633;
const F_1_501: i16 = 12299;
const F_1_847: i16 = 15137;
const F_1_961: i16 = 16069;
const F_2_053: i16 = 16819;
const F_2_562: i16 = 20995;
const F_3_072: i16 = 25172;

/// Transforms a row of blocks into eight rows of samples, `stride` apart.
///
/// `blocks` has an even length and `out` room for that many blocks; `flat[i]` says that block `i` has no AC coefficients.
pub fn transform_row(blocks: &[Block], flat: &[bool], quantization: &Block, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found AVX-512 on this processor.
        Level::Avx512 => return unsafe { avx2::transform_row_avx512(blocks, flat, quantization, out, stride) },
        // SAFETY: `level` found AVX2 on this processor.
        Level::Avx2 => return unsafe { avx2::transform_row(blocks, flat, quantization, out, stride) },
        Level::Base => {}
    }
    for (i, (block, &flat)) in blocks.iter().zip(flat).enumerate() {
        if flat {
            fill(flat_sample(block[0], quantization[0]), 8, 8, &mut out[8 * i..], stride);
        } else {
            transform(block, quantization, &mut out[8 * i..], stride);
        }
    }
}

/// The sample of a block whose only coefficient is `dc`.
#[inline(always)]
fn flat_sample(dc: i16, quantization: i16) -> u8 {
    let value = dc.wrapping_mul(quantization).wrapping_shl(PASS1_BITS) as i32;
    (((value + 16) >> 5) + 128).clamp(0, 255) as u8
}

fn fill(sample: u8, width: usize, height: usize, out: &mut [u8], stride: usize) {
    for row in out.chunks_mut(stride).take(height) {
        row[..width].fill(sample);
    }
}

/// One block in plain code.
fn transform(block: &Block, quantization: &Block, out: &mut [u8], stride: usize) {
    let mut work = [0i16; 64];
    // Columns without AC coefficients are scaled, and wrap where the transform would saturate.
    let short = block[8..].iter().all(|&c| c == 0);
    for x in 0..8 {
        if short {
            let value = block[x].wrapping_mul(quantization[x]).wrapping_shl(PASS1_BITS);
            (0..8).for_each(|y| work[8 * y + x] = value);
            continue;
        }
        let column = std::array::from_fn(|y| block[8 * y + x].wrapping_mul(quantization[8 * y + x]));
        let values = one_dimension(column, SHIFT1);
        for y in 0..8 {
            work[8 * y + x] = saturate(values[y]);
        }
    }
    for (y, row) in out.chunks_mut(stride).take(8).enumerate() {
        let values = one_dimension(std::array::from_fn(|x| work[8 * y + x]), SHIFT2);
        for x in 0..8 {
            row[x] = (values[x].clamp(-128, 127) + 128) as u8;
        }
    }
}

fn saturate(value: i32) -> i16 {
    value.clamp(i16::MIN as i32, i16::MAX as i32) as i16
}

/// Eight-point transform, rounded and shifted.
fn one_dimension(input: [i16; 8], shift: u32) -> [i32; 8] {
    let madd = |a: i16, ka: i16, b: i16, kb: i16| (a as i32 * ka as i32).wrapping_add(b as i32 * kb as i32);
    let even2 = madd(input[2], F_0_541, input[6], F_0_541 - F_1_847);
    let even3 = madd(input[2], F_0_541 + F_0_765, input[6], F_0_541);
    let even0 = (input[0].wrapping_add(input[4]) as i32) << CONST_BITS;
    let even1 = (input[0].wrapping_sub(input[4]) as i32) << CONST_BITS;
    let even = [even0.wrapping_add(even3), even1.wrapping_add(even2), even1.wrapping_sub(even2), even0.wrapping_sub(even3)];

    let (sum73, sum51) = (input[7].wrapping_add(input[3]), input[5].wrapping_add(input[1]));
    let z3 = madd(sum73, F_1_175 - F_1_961, sum51, F_1_175);
    let z4 = madd(sum73, F_1_175, sum51, F_1_175 - F_0_390);
    let odd = [
        madd(input[7], -F_0_899, input[1], F_1_501 - F_0_899).wrapping_add(z4),
        madd(input[5], -F_2_562, input[3], F_3_072 - F_2_562).wrapping_add(z3),
        madd(input[5], F_2_053 - F_2_562, input[3], -F_2_562).wrapping_add(z4),
        madd(input[7], F_0_298 - F_0_899, input[1], -F_0_899).wrapping_add(z3),
    ];
    let rounding = 1 << (shift - 1);
    std::array::from_fn(|i| match i {
        0..4 => even[i].wrapping_add(odd[i]).wrapping_add(rounding) >> shift,
        _ => even[7 - i].wrapping_sub(odd[7 - i]).wrapping_add(rounding) >> shift,
    })
}

#[cfg(test)]
mod tests;
