//! Functions of float64 without branches, tables or calls, which plain loops vectorise. Those of float32 go through them: what
//! they round away lies far below a float32's last place.
//!
//! Coefficients of sine, cosine and logarithm follow FreeBSD's msun, those of the arc tangent Cephes; errors are tested in `math`.

use crate::rows::RowFloat;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// What `FRAC_PI_2` lacks to pi / 2, and `FRAC_PI_4` to half of that.
const HALF_PI_REST: f64 = 6.123_233_995_736_766e-17;

/// From here on a product with pi is no longer taken off exactly.
pub const FARTHEST_ANGLE: f64 = 1_048_576.0;

/// The sine of `x + quarter pi / 2`, for |x| up to [`FARTHEST_ANGLE`].
#[inline(always)]
fn sine(x: f64, quarter: i64) -> f64 {
    let magic = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it leaves the nearest integer in the low bits
    let shifted = x.mul_add(std::f64::consts::FRAC_2_PI, magic);
    let n = shifted - magic;
    let quadrant = (shifted.to_bits() as i64).wrapping_add(quarter);
    let r = n.mul_add(-HALF_PI_REST, n.mul_add(-FRAC_PI_2, x));
    let z = r * r;
    let mut s = 1.589_690_995_211_550_1e-10f64;
    s = s.mul_add(z, -2.505_076_025_340_686_3e-8);
    s = s.mul_add(z, 2.755_731_370_707_006_8e-6);
    s = s.mul_add(z, -1.984_126_982_985_794_9e-4);
    s = s.mul_add(z, 8.333_333_333_322_49e-3);
    s = s.mul_add(z, -1.666_666_666_666_663_2e-1);
    let s = if r == 0.0 { r } else { (r * z).mul_add(s, r) };
    let mut c = -1.135_964_755_778_819_5e-11f64;
    c = c.mul_add(z, 2.087_572_321_298_175e-9);
    c = c.mul_add(z, -2.755_731_435_139_066_3e-7);
    c = c.mul_add(z, 2.480_158_728_947_673e-5);
    c = c.mul_add(z, -1.388_888_888_887_411e-3);
    c = c.mul_add(z, 4.166_666_666_666_66e-2);
    let w = z.mul_add(-0.5, 1.0);
    let c = w + (z * z).mul_add(c, (1.0 - w) - 0.5 * z);
    let y = if quadrant & 1 == 0 { s } else { c };
    f64::from_bits(y.to_bits() ^ ((quadrant as u64 & 2) << 62))
}

/// sin x for |x| up to [`FARTHEST_ANGLE`].
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    sine(x, 0)
}

/// cos x for |x| up to [`FARTHEST_ANGLE`].
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    sine(x, 1)
}

/// The angle whose tangent is `y / x`, both not negative, of which at least one is neither zero nor infinite.
#[inline(always)]
fn angle(y: f64, x: f64) -> f64 {
    // atan(t) = atan((t - 1) / (t + 1)) + pi / 4 = pi / 2 - atan(1 / t).
    let (steep, middle) = (y > 2.414_213_562_373_095 * x, y > 0.66 * x);
    let (top, bottom) = if steep { (-x, y) } else { (if middle { y - x } else { y }, if middle { y + x } else { x }) };
    let t = top / bottom;
    let z = t * t;
    let mut p = -8.750_608_600_031_904e-1f64;
    p = p.mul_add(z, -1.615_753_718_733_365e1);
    p = p.mul_add(z, -7.500_855_792_314_705e1);
    p = p.mul_add(z, -1.228_866_684_490_136_2e2);
    p = p.mul_add(z, -6.485_021_904_942_025e1);
    let mut q = z + 2.485_846_490_142_306e1;
    q = q.mul_add(z, 1.650_270_098_316_988_5e2);
    q = q.mul_add(z, 4.328_810_604_912_902_7e2);
    q = q.mul_add(z, 4.853_903_996_359_137e2);
    q = q.mul_add(z, 1.945_506_571_482_614e2);
    let r = (t * z).mul_add(p / q, t);
    let (base, rest) = if steep {
        (FRAC_PI_2, HALF_PI_REST)
    } else if middle {
        (FRAC_PI_4, 0.5 * HALF_PI_REST)
    } else {
        (0.0, 0.0)
    };
    base + (r + rest)
}

/// arctan x.
#[inline(always)]
pub fn atan(x: f64) -> f64 {
    let a = x.abs();
    let far = a == f64::INFINITY;
    let y = angle(if far { 1.0 } else { a }, if far { 0.0 } else { 1.0 });
    y.copysign(x)
}

/// The angle of the point (x, y).
#[inline(always)]
pub fn atan2(y: f64, x: f64) -> f64 {
    let (a, b) = (y.abs(), x.abs());
    let both = a == b; // zero or infinite perhaps, where the quotient would be NaN
    let far = b == f64::INFINITY;
    let (top, bottom) = if far { (0.0, 1.0) } else { (a, b) };
    let (top, bottom) = if both { (1.0, 1.0) } else { (top, bottom) };
    let steep = top == f64::INFINITY;
    let r = angle(if steep { 1.0 } else { top }, if steep { 0.0 } else { bottom });
    let r = if both & (a == 0.0) { 0.0 } else { r };
    let r = if x.is_sign_negative() { (PI - r) + 2.0 * HALF_PI_REST } else { r };
    if y != y || x != x { f64::NAN } else { r.copysign(y) }
}

/// arcsin x, within what float32 shows.
#[inline(always)]
pub fn asin(x: f64) -> f64 {
    atan2(x, ((1.0 - x) * (1.0 + x)).sqrt())
}

/// arccos x, within what float32 shows.
#[inline(always)]
pub fn acos(x: f64) -> f64 {
    atan2(((1.0 - x) * (1.0 + x)).sqrt(), x)
}

/// The natural logarithm.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let small = x < f64::MIN_POSITIVE;
    let scaled = if small { x * 18_014_398_509_481_984.0 } else { x };
    let bits = scaled.to_bits() as i64;
    let shifted = bits.wrapping_sub(0x3fe6_a09e_667f_3bcd); // sqrt(1/2), so that the mantissa lies in [sqrt(1/2), sqrt(2))
    let f = f64::from_bits(bits.wrapping_sub(shifted & !0xf_ffff_ffff_ffff) as u64) - 1.0;
    // The exponent by way of 2^52 + 2^51 + k, for want of a conversion from int64 in older vectors.
    let k = f64::from_bits((0x4338_0000_0000_0000i64 + (shifted >> 52)) as u64) - 6_755_399_441_055_744.0 - if small { 54.0 } else { 0.0 };
    let s = f / (2.0 + f);
    let z = s * s;
    let mut r = 1.479_819_860_511_658_6e-1f64;
    r = r.mul_add(z, 1.531_383_769_920_937_3e-1);
    r = r.mul_add(z, 1.818_357_216_161_805e-1);
    r = r.mul_add(z, 2.222_219_843_214_978_4e-1);
    r = r.mul_add(z, 2.857_142_874_366_239e-1);
    r = r.mul_add(z, 3.999_999_999_940_942e-1);
    r = r.mul_add(z, 6.666_666_666_666_735e-1);
    let half = 0.5 * f * f;
    let tail = s.mul_add(half + r * z, k * 1.908_214_929_270_587_7e-10);
    let y = k.mul_add(6.931_471_803_691_238e-1, f - (half - tail));
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x < 0.0 || x != x { f64::NAN } else { y }
}

/// x^y, within what float32 shows.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let a = x.abs();
    let whole = y.trunc() == y;
    let odd = whole & ((0.5 * y).trunc() != 0.5 * y);
    let size = RowFloat::exp(y * ln(a));
    let one = (y == 0.0) | (x == 1.0) | ((a == 1.0) & (y.abs() == f64::INFINITY));
    let size = if one { 1.0 } else { size };
    let size = if (x < 0.0) & (a < f64::INFINITY) & !whole { f64::NAN } else { size };
    if odd & x.is_sign_negative() { -size } else { size }
}

/// sinh x, within what float32 shows.
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    let z = x * x;
    let mut p = 1.0 / 39_916_800.0f64;
    p = p.mul_add(z, 1.0 / 362_880.0);
    p = p.mul_add(z, 1.0 / 5040.0);
    p = p.mul_add(z, 1.0 / 120.0);
    p = p.mul_add(z, 1.0 / 6.0);
    let near = (p * z).mul_add(x, x);
    let e = RowFloat::exp(x.abs());
    let far = (0.5 * (e - 1.0 / e)).copysign(x);
    if z < 1.0 { near } else { far }
}

/// cosh x, within what float32 shows.
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    let e = RowFloat::exp(x.abs());
    0.5 * (e + 1.0 / e)
}
