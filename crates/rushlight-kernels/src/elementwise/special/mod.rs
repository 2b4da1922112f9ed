//! Special functions in float64.
//!
//! Series and recurrences follow Abramowitz & Stegun and the Cephes library (Moshier).

mod complex;
mod error_function;
mod gamma;
mod modified_bessel;

pub use complex::*;
pub use error_function::*;
pub use gamma::*;
pub use modified_bessel::*;

/// A float64 constant in the type a formula computes in.
#[inline(always)]
pub fn constant<T: FromF64>(_like: T, value: f64) -> T {
    T::from_f64(value)
}

/// Types a float64 constant rounds to.
pub trait FromF64: Copy {
    /// Rounds to nearest.
    fn from_f64(value: f64) -> Self;
}
impl FromF64 for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}
impl FromF64 for f64 {
    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// The neighbour of a number in a direction.
pub trait NextAfter {
    /// C's nextafter.
    fn next_after(self, toward: Self) -> Self;
}
impl NextAfter for f32 {
    fn next_after(self, toward: f32) -> f32 {
        libm::nextafterf(self, toward)
    }
}
impl NextAfter for f64 {
    fn next_after(self, toward: f64) -> f64 {
        libm::nextafter(self, toward)
    }
}

/// Rounds to a number of decimals, ties to even.
pub fn round_decimals(x: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals.abs());
    if decimals >= 0 { (x * scale).round_ties_even() / scale } else { (x / scale).round_ties_even() * scale }
}

/// Floor division as Python defines it, from the remainder with the sign of the dividend.
#[inline(always)]
pub fn div_floor(a: f64, b: f64, rest: f64) -> f64 {
    let quotient = (a - rest) / b;
    let quotient = if rest != 0.0 && (b < 0.0) != (rest < 0.0) { quotient - 1.0 } else { quotient };
    let floor = quotient.floor();
    let floor = if quotient - floor > 0.5 { floor + 1.0 } else { floor };
    let floor = if quotient == 0.0 { 0f64.copysign(a / b) } else { floor };
    if b == 0.0 { a / b } else { floor }
}

/// Integer power with wrap-around; negative exponents give 0, or ±1 for base ±1.
pub fn pow_signed(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 => {
                if exponent % 2 == 0 {
                    1
                } else {
                    -1
                }
            }
            _ => 0,
        };
    }
    pow_unsigned(base as u64, exponent as u64) as i64
}

/// Integer power with wrap-around.
pub fn pow_unsigned(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1u64;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

/// Greatest common divisor.
pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Least common multiple; 0 when either is 0.
pub fn lcm(a: u64, b: u64) -> u64 {
    if a == 0 || b == 0 { 0 } else { (a / gcd(a, b)).wrapping_mul(b) }
}

/// Inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// Inverse hyperbolic cosine.
pub fn acosh(x: f64) -> f64 {
    libm::acosh(x)
}

/// Inverse hyperbolic tangent.
pub fn atanh(x: f64) -> f64 {
    libm::atanh(x)
}

/// Replaces NaN, infinity and minus infinity by the three parameters.
#[inline(always)]
pub fn nan_to_num<T: FromF64 + Into<f64>>(x: T, p: &super::driver::Params) -> T {
    match x.into() {
        v if v.is_nan() => T::from_f64(p.0[0]),
        f64::INFINITY => T::from_f64(p.0[1]),
        f64::NEG_INFINITY => T::from_f64(p.0[2]),
        _ => x,
    }
}
