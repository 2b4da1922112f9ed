//! One number outside a tensor.

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
