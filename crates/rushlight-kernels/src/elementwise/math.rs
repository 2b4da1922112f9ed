//! Elementary functions that plain loops can vectorise: no branches, no table look-ups, no calls for float32.
//!
//! Coefficients follow the Cephes library (Moshier); errors are stated per function and tested against float64.

use super::{double, precise};
use crate::rows::RowFloat;

/// Functions that vectorise; of float64 the tangent, arc sine and arc cosine are the system's.
pub trait Math: Copy {
    /// e^x.
    fn vexp(self) -> Self;
    /// Natural logarithm.
    fn vln(self) -> Self;
    /// ln(1 + x).
    fn vln_1p(self) -> Self;
    /// e^x - 1.
    fn vexp_m1(self) -> Self;
    /// Hyperbolic tangent.
    fn vtanh(self) -> Self;
    /// Error function.
    fn verf(self) -> Self;
    /// 1 - erf.
    fn verfc(self) -> Self;
    /// 1 / (1 + e^-x).
    fn vsigmoid(self) -> Self;
    /// Whether the angle is too large for `vsin` and `vcos`, or none.
    fn is_far(self) -> bool;
    /// Sine.
    fn vsin(self) -> Self;
    /// Cosine.
    fn vcos(self) -> Self;
    /// Tangent, of angles that are not too large.
    fn vtan(self) -> Self;
    /// Arc sine.
    fn vasin(self) -> Self;
    /// Arc cosine.
    fn vacos(self) -> Self;
    /// Arc tangent.
    fn vatan(self) -> Self;
    /// The angle of the point (x, self).
    fn vatan2(self, x: Self) -> Self;
    /// Hyperbolic sine.
    fn vsinh(self) -> Self;
    /// Hyperbolic cosine.
    fn vcosh(self) -> Self;
    /// self^y.
    fn vpow(self, y: Self) -> Self;
    /// sqrt(self^2 + y^2).
    fn vhypot(self, y: Self) -> Self;
    /// Whether a quotient is too large, or none, for `vrem`.
    fn divides_far(self, b: Self) -> bool;
    /// The remainder of a division with the sign of the dividend.
    fn vrem(self, b: Self) -> Self;
    /// Such a remainder as one with the sign of the divisor.
    fn beside(self, b: Self) -> Self;
}

const LOG2E: f32 = std::f32::consts::LOG2_E;

/// 2^n for an integral n in [-127, 127]; zero at -127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

#[inline(always)]
fn exp32(x: f32) -> f32 {
    let (p, a, b) = exp_factors(x);
    (p + 1.0) * a * b
}

/// e^x - 1: the exponential's polynomial without its one, which would cost the digits of small numbers.
#[inline(always)]
fn exp_m1_32(x: f32) -> f32 {
    let (p, a, b) = exp_factors(x);
    // From e^17.5 on, the one is less than half of the last place, and 2^n may be too large by itself.
    let y = if x > 17.5 { (p + 1.0) * a * b } else { (p * a).mul_add(b, a * b - 1.0) };
    if x == 0.0 { x } else { y }
}

/// e^x as `(p + 1) a b` for every x. Two factors, so that the result may be subnormal or overflow properly.
#[inline(always)]
fn exp_factors(x: f32) -> (f32, f32, f32) {
    // NaN passes through the clamp's comparisons unchanged.
    let clamped = if x > 89.0 { 89.0 } else { x };
    let clamped = if clamped < -104.0 { -104.0 } else { clamped };
    let (p, n) = exp_parts(clamped);
    // SAFETY: n is integral in [-151, 129] or NaN is replaced by zero first.
    let n = unsafe { (if n == n { n } else { 0.0 }).to_int_unchecked::<i32>() };
    let half = n >> 1;
    (p, power_of_two(half), power_of_two(n - half))
}

/// The logarithm of the rounded sum, corrected by what rounding lost.
#[inline(always)]
fn ln_1p_32(x: f32) -> f32 {
    let u = 1.0 + x;
    let lost = (x - (u - 1.0)) / u;
    let y = ln32(u) + if u > 0.0 && u < f32::INFINITY { lost } else { 0.0 };
    if u == 1.0 { x } else { y }
}

/// [`exp32`] between `low` and `high`, which lie in [-87, 88]; NaN counts as `low`. One factor is enough.
#[inline(always)]
fn exp_between(low: f32, high: f32, x: f32) -> f32 {
    let clamped = if x > low { x } else { low };
    let clamped = if clamped < high { clamped } else { high };
    let (p, n) = exp_parts(clamped);
    // SAFETY: n is integral in [-126, 127].
    (p + 1.0) * power_of_two(unsafe { n.to_int_unchecked() })
}

/// e^x as `(p + 1) 2^n` with an integral n.
#[inline(always)]
fn exp_parts(x: f32) -> (f32, f32) {
    let magic = 12_582_912.0f32; // 1.5 * 2^23: adding it rounds to an integer
    let n = (x * LOG2E + magic) - magic;
    let r = n.mul_add(-0.693_359_375, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut y = 1.987_569_1e-4f32;
    y = y.mul_add(r, 1.398_199_9e-3);
    y = y.mul_add(r, 8.333_452e-3);
    y = y.mul_add(r, 4.166_579_6e-2);
    y = y.mul_add(r, 1.666_666_5e-1);
    y = y.mul_add(r, 0.5);
    (y.mul_add(r * r, r), n)
}

#[inline(always)]
fn ln32(x: f32) -> f32 {
    // Subnormals are scaled into the normal range.
    let small = x < f32::MIN_POSITIVE;
    let scaled = if small { x * 8_388_608.0 } else { x };
    let bits = scaled.to_bits() as i32;
    let shifted = bits.wrapping_sub(0x3f35_04f3); // sqrt(1/2), so that the mantissa lies in [sqrt(1/2), sqrt(2))
    let exponent = (shifted >> 23) as f32 - if small { 23.0 } else { 0.0 };
    let m = f32::from_bits((bits.wrapping_sub(shifted & 0xff80_0000u32 as i32)) as u32) - 1.0;
    let z = m * m;
    let mut y = 7.037_683_6e-2f32;
    y = y.mul_add(m, -1.151_461e-1);
    y = y.mul_add(m, 1.167_699_84e-1);
    y = y.mul_add(m, -1.242_014_1e-1);
    y = y.mul_add(m, 1.424_932_3e-1);
    y = y.mul_add(m, -1.666_805_8e-1);
    y = y.mul_add(m, 2.000_071_5e-1);
    y = y.mul_add(m, -2.499_999_4e-1);
    y = y.mul_add(m, 3.333_333e-1);
    y = y * m * z;
    y = exponent.mul_add(-2.121_944_4e-4, y);
    y = z.mul_add(-0.5, y);
    let result = exponent.mul_add(0.693_359_375, m + y);
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x < 0.0 || x != x { f32::NAN } else { result }
}

#[inline(always)]
fn tanh32(x: f32) -> f32 {
    let a = x.abs();
    let z = x * x;
    let mut p = -5.704_988_7e-3f32;
    p = p.mul_add(z, 2.063_908_9e-2);
    p = p.mul_add(z, -5.373_971_6e-2);
    p = p.mul_add(z, 1.333_144_2e-1);
    p = p.mul_add(z, -3.333_328_2e-1);
    let small = (p * z).mul_add(x, x);
    let large = 1.0 - 2.0 / (exp_between(0.0, 18.5, 2.0 * a) + 1.0);
    let large = if a > 9.2 { 1.0 } else { large };
    let y = if a < 0.625 { small } else { large.copysign(x) };
    if x != x { x } else { y }
}

/// N. Juffa's approximation: a series near zero, `1 - exp(polynomial)` elsewhere.
#[inline(always)]
fn erf32(x: f32) -> f32 {
    let a = x.abs();
    let z = x * x;
    let mut p = -5.967_617_03e-4f32;
    p = p.mul_add(z, 4.991_194_23e-3);
    p = p.mul_add(z, -2.676_813_49e-2);
    p = p.mul_add(z, 1.128_199_25e-1);
    p = p.mul_add(z, -3.761_253_36e-1);
    p = p.mul_add(z, 1.283_791_66e-1);
    let small = p.mul_add(x, x);
    let mut r = a.mul_add(-1.728_534_70e-5, 3.831_971_26e-4);
    r = r.mul_add(z, a.mul_add(-3.883_964_38e-3, 2.425_462_19e-2));
    r = r.mul_add(a, -1.067_778_77e-1);
    r = r.mul_add(a, -6.348_466_87e-1);
    r = r.mul_add(a, -1.287_175_12e-1);
    r = r.mul_add(a, -a);
    // Below -87 nothing is left of the exponential beside 1. NaN fails the comparison and passes through the series.
    let large = (1.0 - exp_between(-87.0, 0.0, r)).copysign(x);
    if a > 0.927_734_375 { large } else { small }
}

/// What both types compute alike.
macro_rules! alike {
    ($most:literal) => {
        #[inline(always)]
        fn is_far(self) -> bool {
            (self.abs() as f64 > double::FARTHEST_ANGLE) | self.is_nan()
        }
        #[inline(always)]
        fn verfc(self) -> Self {
            precise::erfc(self as f64) as Self
        }
        #[inline(always)]
        fn vsin(self) -> Self {
            double::sin(self as f64) as Self
        }
        #[inline(always)]
        fn vcos(self) -> Self {
            double::cos(self as f64) as Self
        }
        #[inline(always)]
        fn vatan(self) -> Self {
            double::atan(self as f64) as Self
        }
        #[inline(always)]
        fn vatan2(self, x: Self) -> Self {
            double::atan2(self as f64, x as f64) as Self
        }
        #[inline(always)]
        fn divides_far(self, b: Self) -> bool {
            let quotient = (self / b).abs();
            (quotient >= $most) | quotient.is_nan() | (b.abs() == Self::INFINITY)
        }
        /// The quotient may be rounded up to the next integer; what is left is exact either way.
        #[inline(always)]
        fn vrem(self, b: Self) -> Self {
            let rest = (-(self / b).trunc()).mul_add(b, self);
            let rest = if rest != 0.0 && (rest < 0.0) != (self < 0.0) { rest + b.abs().copysign(self) } else { rest };
            if rest == 0.0 { rest.copysign(self) } else { rest }
        }
        #[inline(always)]
        fn beside(self, b: Self) -> Self {
            if self != 0.0 && (self < 0.0) != (b < 0.0) { self + b } else { self }
        }
    };
}

impl Math for f32 {
    #[inline(always)]
    fn vexp(self) -> f32 {
        exp32(self)
    }
    #[inline(always)]
    fn vln(self) -> f32 {
        ln32(self)
    }
    #[inline(always)]
    fn vln_1p(self) -> f32 {
        ln_1p_32(self)
    }
    #[inline(always)]
    fn vexp_m1(self) -> f32 {
        exp_m1_32(self)
    }
    #[inline(always)]
    fn vtanh(self) -> f32 {
        tanh32(self)
    }
    #[inline(always)]
    fn verf(self) -> f32 {
        erf32(self)
    }
    #[inline(always)]
    fn vsigmoid(self) -> f32 {
        1.0 / (1.0 + exp32(-self))
    }
    alike!(8_388_608.0);
    #[inline(always)]
    fn vtan(self) -> f32 {
        (double::sin(self as f64) / double::cos(self as f64)) as f32
    }
    #[inline(always)]
    fn vasin(self) -> f32 {
        double::asin(self as f64) as f32
    }
    #[inline(always)]
    fn vacos(self) -> f32 {
        double::acos(self as f64) as f32
    }
    #[inline(always)]
    fn vsinh(self) -> f32 {
        double::sinh(self as f64) as f32
    }
    #[inline(always)]
    fn vcosh(self) -> f32 {
        double::cosh(self as f64) as f32
    }
    #[inline(always)]
    fn vpow(self, y: f32) -> f32 {
        double::pow(self as f64, y as f64) as f32
    }
    #[inline(always)]
    fn vhypot(self, y: f32) -> f32 {
        let (a, b) = (self as f64, y as f64);
        let size = a.mul_add(a, b * b).sqrt() as f32;
        if self.abs() == f32::INFINITY || y.abs() == f32::INFINITY { f32::INFINITY } else { size }
    }
}

impl Math for f64 {
    #[inline(always)]
    fn vexp(self) -> f64 {
        RowFloat::exp(self)
    }
    #[inline(always)]
    fn vln(self) -> f64 {
        double::ln(self)
    }
    #[inline(always)]
    fn vln_1p(self) -> f64 {
        precise::ln_1p(self)
    }
    #[inline(always)]
    fn vexp_m1(self) -> f64 {
        precise::exp_m1(self)
    }
    #[inline(always)]
    fn vtanh(self) -> f64 {
        precise::tanh(self)
    }
    #[inline(always)]
    fn verf(self) -> f64 {
        precise::erf(self)
    }
    #[inline(always)]
    fn vsigmoid(self) -> f64 {
        1.0 / (1.0 + RowFloat::exp(-self))
    }
    alike!(4_503_599_627_370_496.0);
    #[inline(always)]
    fn vtan(self) -> f64 {
        self.tan()
    }
    #[inline(always)]
    fn vasin(self) -> f64 {
        self.asin()
    }
    #[inline(always)]
    fn vacos(self) -> f64 {
        self.acos()
    }
    #[inline(always)]
    fn vsinh(self) -> f64 {
        precise::sinh(self)
    }
    #[inline(always)]
    fn vcosh(self) -> f64 {
        precise::cosh(self)
    }
    #[inline(always)]
    fn vpow(self, y: f64) -> f64 {
        precise::pow(self, y)
    }
    #[inline(always)]
    fn vhypot(self, y: f64) -> f64 {
        precise::hypot(self, y)
    }
}

#[cfg(test)]
mod tests;
