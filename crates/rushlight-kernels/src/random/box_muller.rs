//! The transform of Box and Muller on blocks of 16 uniform numbers.
//!
//! The float32 path evaluates the polynomials of Cephes' `logf`, `sinf` and `cosf` (S. Moshier, 1992) with fused
//! multiply-adds in one fixed order, so its bits are the same on every processor.

use std::f32::consts::FRAC_1_SQRT_2;

/// Elements of a block: eight radii, eight angles.
pub(super) const BLOCK: usize = 16;
const HALF: usize = BLOCK / 2;

crate::vectorized! {
    /// Uniform numbers on `[0, 1)` become normal numbers, block by block.
    pub(super) fn polar_f32[](data: &mut [f32], mean: f32, std: f32) {
        for block in data.as_chunks_mut::<BLOCK>().0 {
            let (first, second) = block.split_at_mut(HALF);
            for j in 0..HALF {
                let radius = (-2.0 * ln(1.0 - first[j])).sqrt();
                let (sin, cos) = sin_cos(std::f32::consts::TAU * second[j]);
                first[j] = (radius * cos).mul_add(std, mean);
                second[j] = (radius * sin).mul_add(std, mean);
            }
        }
    }
}

/// Uniform numbers on `[0, 1)` become normal numbers, block by block, with the system's `log`, `sin` and `cos`.
pub(super) fn polar_f64(data: &mut [f64], mean: f64, std: f64) {
    for block in data.as_chunks_mut::<BLOCK>().0 {
        let (first, second) = block.split_at_mut(HALF);
        for j in 0..HALF {
            let radius = (-2.0 * (1.0 - first[j]).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * second[j]).sin_cos();
            first[j] = (radius * cos).mul_add(std, mean);
            second[j] = (radius * sin).mul_add(std, mean);
        }
    }
}

/// Natural logarithm of a normal positive number.
#[inline(always)]
fn ln(x: f32) -> f32 {
    const P: [f32; 9] =
        [7.037_683_6e-2, -1.151_461e-1, 1.167_699_84e-1, -1.242_014_1e-1, 1.424_932_3e-1, -1.666_805_7e-1, 2.000_071_4e-1, -2.499_999_4e-1, 3.333_333e-1];
    let bits = x.to_bits();
    let fraction = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    let small = fraction < FRAC_1_SQRT_2;
    let exponent = (bits >> 23) as i32 - 126 - i32::from(small);
    let e = exponent as f32;
    let x = (fraction - 1.0) + if small { fraction } else { 0.0 };
    let z = x * x;
    let mut y = P[0];
    for p in &P[1..] {
        y = y.mul_add(x, *p);
    }
    y = (y * x).mul_add(z, e * -2.121_944_4e-4);
    y = z.mul_add(-0.5, y);
    e.mul_add(0.693_359_4, x + y)
}

/// Sine and cosine of an angle in `[0, 2 pi]`.
#[inline(always)]
fn sin_cos(angle: f32) -> (f32, f32) {
    let octant = ((angle * std::f32::consts::FRAC_2_PI * 2.0) as i32 + 1) & !1;
    let turns = octant as f32;
    let x = turns.mul_add(-0.785_156_25, angle);
    let x = turns.mul_add(-2.418_756_5e-4, x);
    let x = turns.mul_add(-3.774_895e-8, x);
    let z = x * x;
    let c = 2.443_315_7e-5f32.mul_add(z, -1.388_731_6e-3).mul_add(z, 4.166_664_6e-2);
    let c = (c * z).mul_add(z, -0.5 * z) + 1.0;
    let s = (-1.951_529_6e-4f32).mul_add(z, 8.332_161e-3).mul_add(z, -1.666_665_5e-1);
    let s = (s * z).mul_add(x, x);
    let (sin, cos) = if octant & 2 == 0 { (s, c) } else { (c, s) };
    let sin_sign = (octant as u32 & 4) << 29;
    let cos_sign = (!(octant - 2) as u32 & 4) << 29;
    (f32::from_bits(sin.to_bits() ^ sin_sign), f32::from_bits(cos.to_bits() ^ cos_sign))
}
