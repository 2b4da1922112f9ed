//! How drawn numbers become elements of each type.

use half::{bf16, f16};

/// A type whose elements can be drawn; conversions are C++'s `static_cast`.
pub trait Sample: Copy + Send + Sync {
    /// The element with this integer value, wrapped to the width of the type.
    fn from_i64(value: i64) -> Self;
    /// The element with this value; integers are truncated and wrapped.
    fn from_f64(value: f64) -> Self;
}

/// A type that has natural numbers up to a largest one, for `random_()` without bounds.
pub trait Natural: Sample {
    /// Natural numbers below this are drawn: the largest integer, or `2^digits` for floating point, plus one.
    const COUNT: u64;
    /// Whether each draw takes 64 random bits.
    const LONG: bool = false;
}

/// A floating-point type.
pub trait Real: Sample + PartialEq + PartialOrd {
    /// Whether uniform and normal values are computed in float64, from 64 random bits, instead of float32.
    const DOUBLE: bool = false;
    /// Whether it is computed in a wider type.
    const NARROW: bool = false;
    /// Nearest element.
    fn from_f32(value: f32) -> Self;
    /// Exact value.
    fn to_f64(self) -> f64;
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Sample for $t {
            #[inline(always)]
            fn from_i64(value: i64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as i64 as $t
            }
        }
    )* };
}
integers!(u8, i8, i16, i32, i64, u16, u32, u64);

macro_rules! floats {
    ($($t:ty: $via:ty, $into:expr, $digits:literal, $double:literal);* $(;)?) => { $(
        impl Sample for $t {
            #[inline(always)]
            fn from_i64(value: i64) -> Self {
                $into(value as $via)
            }
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                $into(value as $via)
            }
        }
        impl Natural for $t {
            const COUNT: u64 = (1 << $digits) + 1;
            const LONG: bool = $double;
        }
        impl Real for $t {
            const DOUBLE: bool = $double;
            const NARROW: bool = size_of::<$t>() < 4;
            #[inline(always)]
            fn from_f32(value: f32) -> Self {
                $into(value as $via)
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
        }
    )* };
}
floats! {
    f16: f32, f16::from_f32, 11, false;
    bf16: f32, bf16::from_f32, 8, false;
    f32: f32, std::convert::identity, 24, false;
    f64: f64, std::convert::identity, 53, true;
}

impl Sample for bool {
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        value != 0
    }
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value != 0.0
    }
}

macro_rules! naturals {
    ($($t:ty: $digits:literal, $long:literal);* $(;)?) => { $(
        impl Natural for $t {
            const COUNT: u64 = 1 << $digits;
            const LONG: bool = $long;
        }
    )* };
}
naturals! { bool: 1, false; u8: 8, false; i8: 7, false; i16: 15, false; i32: 31, false; i64: 63, true }

/// A float64, rounded to what the type can hold.
pub(super) fn rounded<T: Real>(value: f64) -> f64 {
    T::from_f64(value).to_f64()
}
