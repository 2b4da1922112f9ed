//! Element types.

use half::{bf16, f16};
use num_complex::Complex;

/// The element types of tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    U8,
    I8,
    I16,
    I32,
    I64,
    U16,
    U32,
    U64,
    F16,
    BF16,
    F32,
    F64,
    C64,
    C128,
}

impl DType {
    /// Every type, in the order of its category: bool, integers, floating point, complex.
    pub const ALL: [DType; 15] = {
        use DType::*;
        [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64, C64, C128]
    };

    /// Bytes of one element.
    #[inline]
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::U8 | DType::I8 => 1,
            DType::I16 | DType::U16 | DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }

    /// float16, bfloat16, float32, float64.
    #[inline]
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F16 | DType::BF16 | DType::F32 | DType::F64)
    }

    /// complex64, complex128.
    #[inline]
    pub const fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }

    /// Integers of any width and sign, without bool.
    #[inline]
    pub const fn is_int(self) -> bool {
        !self.is_float() && !self.is_complex() && !matches!(self, DType::Bool)
    }

    /// Whether gradients can flow through it.
    #[inline]
    pub const fn is_differentiable(self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// Types with a sign; bool and the unsigned integers have none.
    pub const fn is_signed(self) -> bool {
        !matches!(self, DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// PyTorch's name, `float32`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "uint8",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
        }
    }

    /// The real type a complex type is made of; itself otherwise.
    pub const fn to_real(self) -> DType {
        match self {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            other => other,
        }
    }

    /// The complex type over a floating type (float16 and bfloat16 take complex64).
    pub const fn to_complex(self) -> DType {
        match self {
            DType::F64 | DType::C128 => DType::C128,
            _ => DType::C64,
        }
    }
}

/// A Rust type that is the element of some tensors.
pub trait Element: Copy + Send + Sync + PartialEq + Default + std::fmt::Debug + 'static {
    /// Its tag.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($t:ty => $d:ident),* $(,)?) => { $(impl Element for $t { const DTYPE: DType = DType::$d; })* };
}
elements! {
    bool => Bool, u8 => U8, i8 => I8, i16 => I16, i32 => I32, i64 => I64, u16 => U16, u32 => U32, u64 => U64,
    f16 => F16, bf16 => BF16, f32 => F32, f64 => F64, Complex<f32> => C64, Complex<f64> => C128,
}

/// Runs an expression with a type alias bound to the Rust type of a [`DType`].
///
/// `match_dtype!(dtype, T => expr)` covers all types; a list of variants restricts it:
/// `match_dtype!(dtype, T in [F32, F64] => expr, else other)`.
#[macro_export]
macro_rules! match_dtype {
    ($d:expr, $t:ident => $e:expr) => {
        $crate::match_dtype!($d, $t in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64, C64, C128] => $e)
    };
    ($d:expr, $t:ident in [$($v:ident),*] => $e:expr $(, else $other:expr)?) => {
        match $d {
            $($crate::DType::$v => { type $t = $crate::element_type!($v); $e })*
            $(#[allow(unreachable_patterns)] _ => $other)?
        }
    };
}

/// The Rust type of a [`DType`] variant's name.
#[macro_export]
macro_rules! element_type {
    (Bool) => { bool };
    (U8) => { u8 };
    (I8) => { i8 };
    (I16) => { i16 };
    (I32) => { i32 };
    (I64) => { i64 };
    (U16) => { u16 };
    (U32) => { u32 };
    (U64) => { u64 };
    (F16) => { $crate::half::f16 };
    (BF16) => { $crate::half::bf16 };
    (F32) => { f32 };
    (F64) => { f64 };
    (C64) => { $crate::num_complex::Complex<f32> };
    (C128) => { $crate::num_complex::Complex<f64> };
}
