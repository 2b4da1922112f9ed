//! The forward DCT of libjpeg's accurate integer method (Loeffler, Ligtenberg and Moschytz, ICASSP 1989), and quantisation.

use rushlight_kernels::vectorized;

#[cfg(target_arch = "x86_64")]
mod avx2;

const CONST_BITS: i32 = 13;
const PASS1_BITS: i32 = 2;

const F_0_298: i32 = 2446;
const F_0_390: i32 = 3196;
const F_0_541: i32 = 4433;
const F_0_765: i32 = 6270;
const F_0_899: i32 = 7373;
const F_1_175: i32 = 9633;
const F_1_501: i32 = 12299;
const F_1_847: i32 = 15137;
const F_1_961: i32 = 16069;
const F_2_053: i32 = 16819;
const F_2_562: i32 = 20995;
const F_3_072: i32 = 25172;

/// Eight independent values: the transform runs over lanes.
type Lanes = [i32; 8];

#[inline(always)]
fn map2(a: Lanes, b: Lanes, f: impl Fn(i32, i32) -> i32) -> Lanes {
    std::array::from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
fn add(a: Lanes, b: Lanes) -> Lanes {
    map2(a, b, |a, b| a + b)
}

#[inline(always)]
fn subtract(a: Lanes, b: Lanes) -> Lanes {
    map2(a, b, |a, b| a - b)
}

#[inline(always)]
fn scale(a: Lanes, by: i32) -> Lanes {
    a.map(|a| a * by)
}

/// Rounds and shifts.
#[inline(always)]
fn descale(a: Lanes, shift: i32) -> Lanes {
    a.map(|a| (a + (1 << (shift - 1))) >> shift)
}

#[inline(always)]
fn transpose(rows: [Lanes; 8]) -> [Lanes; 8] {
    std::array::from_fn(|y| std::array::from_fn(|x| rows[x][y]))
}

/// Eight-point transform of eight lanes; `ends` rounds the coefficients 0 and 4, `shift` is of the others.
#[inline(always)]
fn one_dimension(d: [Lanes; 8], ends: impl Fn(Lanes) -> Lanes, shift: i32) -> [Lanes; 8] {
    let sums: [Lanes; 4] = std::array::from_fn(|i| add(d[i], d[7 - i]));
    let [tmp7, tmp6, tmp5, tmp4]: [Lanes; 4] = std::array::from_fn(|i| subtract(d[i], d[7 - i]));
    let (tmp10, tmp13) = (add(sums[0], sums[3]), subtract(sums[0], sums[3]));
    let (tmp11, tmp12) = (add(sums[1], sums[2]), subtract(sums[1], sums[2]));
    let z1 = scale(add(tmp12, tmp13), F_0_541);
    let even2 = add(z1, scale(tmp13, F_0_765));
    let even6 = subtract(z1, scale(tmp12, F_1_847));

    let (z3, z4) = (add(tmp4, tmp6), add(tmp5, tmp7));
    let z5 = scale(add(z3, z4), F_1_175);
    let z1 = scale(add(tmp4, tmp7), -F_0_899);
    let z2 = scale(add(tmp5, tmp6), -F_2_562);
    let z3 = add(scale(z3, -F_1_961), z5);
    let z4 = add(scale(z4, -F_0_390), z5);
    let odd7 = add(scale(tmp4, F_0_298), add(z1, z3));
    let odd5 = add(scale(tmp5, F_2_053), add(z2, z4));
    let odd3 = add(scale(tmp6, F_3_072), add(z2, z3));
    let odd1 = add(scale(tmp7, F_1_501), add(z1, z4));
    let round = |value: Lanes| descale(value, shift);
    [ends(add(tmp10, tmp11)), round(odd1), round(even2), round(odd3), ends(subtract(tmp10, tmp11)), round(odd5), round(even6), round(odd7)]
}

/// What divides by eight times the quantisation: for `n < 2^14` and `d = 8q`, `n / d = (n * factor >> 16) * scale >> 16`, where
/// `factor` is `2^(16 + k) / d` rounded up, `scale` is `2^(16 - k)` and `k = log2(d) - 1`: `factor * d` exceeds `2^(16 + k)` by less than
/// `d < 2^(k + 2)`, which adds less than `1/d` to the quotient. Coefficients are at most `8 * 1024`, and `4q` is added to them.
pub struct Divisors {
    /// In natural order, at most 255.
    quantization: [u16; 64],
    half: [u16; 64],
    factor: [u16; 64],
    scale: [u16; 64],
}

impl Divisors {
    pub fn new(quantization: &[u16; 64]) -> Divisors {
        let exponent = |q: u16| (8 * q as u32).ilog2() - 1;
        let factor = |q: u16| (1u32 << (16 + exponent(q))).div_ceil(8 * q as u32) as u16;
        Divisors {
            quantization: *quantization,
            half: quantization.map(|q| 4 * q),
            factor: quantization.map(factor),
            scale: quantization.map(|q| 1 << (16 - exponent(q))),
        }
    }
}

/// Transforms and quantises the blocks of eight rows of samples, `stride` apart; the blocks are in natural order.
pub fn transform_row(samples: &[u8], stride: usize, divisors: &Divisors, blocks: &mut [[i16; 64]]) {
    #[cfg(target_arch = "x86_64")]
    if rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        return unsafe { avx2::transform_row(samples, stride, divisors, blocks) };
    }
    transform_lanes(samples, stride, &divisors.quantization, blocks);
}

vectorized! {
    /// The same in 32-bit lanes.
    fn transform_lanes[](samples: &[u8], stride: usize, quantization: &[u16; 64], blocks: &mut [[i16; 64]]) {
        let divisors: [f32; 64] = quantization.map(|q| (8 * q) as f32);
        let halves: [i32; 64] = quantization.map(|q| (4 * q) as i32);
        let inverse = divisors.map(|d| 1.0 / d);
        for (i, block) in blocks.iter_mut().enumerate() {
            let mut rows = [[0i32; 8]; 8];
            for (row, samples) in rows.iter_mut().zip(samples[8 * i..].chunks(stride)) {
                for (value, &sample) in row.iter_mut().zip(&samples[..8]) {
                    *value = sample as i32 - 128;
                }
            }
            let first = one_dimension(transpose(rows), |v| v.map(|v| v << PASS1_BITS), CONST_BITS - PASS1_BITS);
            let second = one_dimension(transpose(first), |v| descale(v, PASS1_BITS), CONST_BITS + PASS1_BITS);
            // `(n + 1/2) / d` is at least `1/(2d)` from a whole number, more than the product's error for n < 2^21.
            for (y, row) in second.iter().enumerate() {
                for x in 0..8 {
                    let k = 8 * y + x;
                    let level = ((row[x].abs() + halves[k]) as f32 + 0.5) * inverse[k];
                    let level = level as i32;
                    block[k] = (if row[x] < 0 { -level } else { level }) as i16;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_block_has_only_its_mean() {
        let mut blocks = [[7; 64]; 1];
        transform_row(&[200; 64], 8, &Divisors::new(&[1; 64]), &mut blocks);
        assert_eq!(blocks[0][0], 8 * (200 - 128));
        assert!(blocks[0][1..].iter().all(|&v| v == 0));
    }

    #[test]
    fn both_ways_agree() {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        let extreme = |i: u32| if noise(i / 3) & 1 == 0 { 0 } else { 255 };
        let samples: Vec<u8> = (0..8 * 264u32).map(|i| if i % 264 < 128 { noise(i) } else { extreme(i) }).collect();
        for q in 1..=255 {
            let quantization = std::array::from_fn(|i| if i % 2 == 0 { q } else { 256 - q });
            let (mut blocks, mut plain) = ([[0; 64]; 33], [[0; 64]; 33]);
            transform_row(&samples, 264, &Divisors::new(&quantization), &mut blocks);
            transform_lanes(&samples, 264, &quantization, &mut plain);
            assert_eq!(blocks, plain);
        }
    }

    /// Against the definition of the transform in floating point.
    #[test]
    fn coefficients_are_within_one_of_the_definition() {
        let samples: Vec<u8> = (0..64u32).map(|i| (i * i * 31 + i * 7) as u8).collect();
        let mut blocks = [[0; 64]; 1];
        transform_row(&samples, 8, &Divisors::new(&[1; 64]), &mut blocks);
        let cosine = |k: usize, n: usize| (std::f64::consts::PI * (2 * n + 1) as f64 * k as f64 / 16.0).cos() * if k == 0 { 0.125f64.sqrt() } else { 0.5 };
        for v in 0..8 {
            for u in 0..8 {
                let terms = (0..64).map(|i| (samples[i] as f64 - 128.0) * cosine(u, i % 8) * cosine(v, i / 8));
                assert!((terms.sum::<f64>() - blocks[0][8 * v + u] as f64).abs() < 1.0);
            }
        }
    }
}
