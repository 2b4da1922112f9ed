//! One number outside a tensor.

use crate::{Result, bail};
use rushlight_kernels::DType;
use rushlight_kernels::elementwise::cast::{Cast, Wide};

/// A Python number, or the value of a 0-d tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Complex(f64, f64),
}

impl Scalar {
    /// The dtype a tensor made of it has by category: bool, int64, the default float or its complex.
    pub fn dtype(self, default: DType) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::UInt(_) => DType::U64,
            Scalar::Float(_) => default,
            Scalar::Complex(..) => default.to_complex(),
        }
    }

    /// As a real number (the real part of a complex one).
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => b as u8 as f64,
            Scalar::Int(i) => i as f64,
            Scalar::UInt(u) => u as f64,
            Scalar::Float(f) | Scalar::Complex(f, _) => f,
        }
    }

    /// As an integer, truncated.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(b) => b as i64,
            Scalar::Int(i) => i,
            Scalar::UInt(u) => u as i64,
            Scalar::Float(f) | Scalar::Complex(f, _) => f as i64,
        }
    }

    /// Its real and imaginary parts.
    pub fn parts(self) -> (f64, f64) {
        match self {
            Scalar::Complex(re, im) => (re, im),
            other => (other.to_f64(), 0.0),
        }
    }

    /// Whether it is a complex number.
    pub fn is_complex(self) -> bool {
        matches!(self, Scalar::Complex(..))
    }

    /// Whether it is an integer or bool.
    pub fn is_integral(self) -> bool {
        matches!(self, Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_))
    }

    /// As `check_fits`, but what is too large for half precision becomes infinite, as in `fill_` and `full`.
    pub fn check_fill(self, dtype: DType) -> Result<()> {
        self.check_fits(if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype })
    }

    /// Raises unless an element of `dtype` can hold the number. Infinity and NaN are values of the floating types, and
    /// the negatives of an unsigned type wrap.
    pub fn check_fits(self, dtype: DType) -> Result<()> {
        let fits = match self {
            Scalar::Complex(_, im) if im != 0.0 => dtype.is_complex() || dtype == DType::Bool,
            Scalar::Float(f) | Scalar::Complex(f, _) => float_fits(f, dtype),
            Scalar::Int(i) => int_fits(i128::from(i), dtype),
            Scalar::UInt(u) => int_fits(i128::from(u), dtype),
            Scalar::Bool(_) => true,
        };
        if !fits {
            bail!(Runtime, "value cannot be converted to type {} without overflow: it is {self:?}", crate::ops::value_name(dtype));
        }
        Ok(())
    }

    /// As an element.
    pub fn to<T: Cast>(self) -> T {
        T::narrow(match self {
            Scalar::Bool(b) => Wide::Int(b as i64),
            Scalar::Int(i) => Wide::Int(i),
            Scalar::UInt(u) => Wide::Big(u),
            Scalar::Float(f) => Wide::Float(f),
            Scalar::Complex(re, im) => Wide::Complex(re, im),
        })
    }

    /// From an element.
    pub fn of<T: Cast>(value: T) -> Scalar {
        match (T::DTYPE, value.widen()) {
            (DType::Bool, Wide::Int(i)) => Scalar::Bool(i != 0),
            (_, Wide::Int(i)) => Scalar::Int(i),
            (_, Wide::Big(u)) => i64::try_from(u).map_or(Scalar::UInt(u), Scalar::Int),
            (_, Wide::Float(f)) => Scalar::Float(f),
            (_, Wide::Complex(re, im)) => Scalar::Complex(re, im),
        }
    }
}

macro_rules! from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => { $(impl From<$t> for Scalar { fn from($v: $t) -> Scalar { $e } })* };
}
from! {
    bool => |v| Scalar::Bool(v), i32 => |v| Scalar::Int(v as i64), i64 => |v| Scalar::Int(v),
    usize => |v| Scalar::Int(v as i64), f32 => |v| Scalar::Float(v as f64), f64 => |v| Scalar::Float(v),
}

/// The largest element of an integer type, and whether it has a sign.
fn integer_range(dtype: DType) -> Option<(i128, bool)> {
    let bits = 8 * dtype.size() as u32;
    match dtype {
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => Some(((1 << (bits - 1)) - 1, true)),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => Some(((1 << bits) - 1, false)),
        _ => None,
    }
}

/// The largest number of a floating type narrower than float64.
fn largest(dtype: DType) -> Option<f64> {
    match dtype {
        DType::F16 => Some(65504.0),
        DType::BF16 => Some(3.3895313892515355e38),
        DType::F32 | DType::C64 => Some(f64::from(f32::MAX)),
        _ => None,
    }
}

fn int_fits(i: i128, dtype: DType) -> bool {
    if largest(dtype).is_some() {
        return float_fits(i as f64, dtype);
    }
    integer_range(dtype).is_none_or(|(max, signed)| i <= max && i >= if signed { -max - 1 } else { -max })
}

fn float_fits(f: f64, dtype: DType) -> bool {
    match (dtype, integer_range(dtype)) {
        (_, Some((max, signed))) => f.is_finite() && f.abs() < 1e20 && (f as i128) <= max && if signed { f as i128 >= -max - 1 } else { f >= 0.0 },
        (_, None) => !f.is_finite() || largest(dtype).is_none_or(|max| f.abs() <= max),
    }
}
