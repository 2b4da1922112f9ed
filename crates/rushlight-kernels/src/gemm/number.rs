//! The element types a matrix product is defined for.

use super::blocked::Problem;
use super::ring::Ring;
use super::{complex, half, multiply_float, ring};
use ::half::{bf16, f16};
use num_complex::Complex;

/// Any number: integers (wrapping around), floating point, complex.
pub trait Number: Copy + Send + Sync + 'static {
    /// The type of `alpha` and `beta`: f32 for f16 and bf16, else `Self`.
    type Factor: Copy + PartialEq + Send + Sync;
    /// 0
    const ZERO: Self;
    /// 0
    const NOTHING: Self::Factor;

    /// `self * factor`
    fn times(self, factor: Self::Factor) -> Self;

    /// Runs a product with `m`, `n`, `k` and `alpha` other than zero.
    ///
    /// # Safety
    /// As for [`super::gemm_generic`].
    #[doc(hidden)]
    unsafe fn multiply(p: &Problem<Self, Self::Factor>);
}

macro_rules! number {
    ($($item:ty)*, zero $zero:expr, $multiply:path) => {$(
        impl Number for $item {
            type Factor = $item;
            const ZERO: Self = $zero;
            const NOTHING: Self = $zero;

            fn times(self, factor: Self) -> Self {
                Ring::times(self, factor)
            }

            unsafe fn multiply(p: &Problem<Self>) {
                // SAFETY: the caller's.
                unsafe { $multiply(p) }
            }
        }
    )*};
}

number!(i8 i16 i32 i64 u8 u16 u32 u64, zero 0, ring::multiply);
number!(f32 f64, zero 0.0, multiply_float);
number!(Complex<f32>, zero Complex::new(0.0, 0.0), complex::multiply);
number!(Complex<f64>, zero Complex::new(0.0, 0.0), complex::multiply);

macro_rules! half_number {
    ($($item:ty)*) => {$(
        impl Number for $item {
            type Factor = f32;
            const ZERO: Self = <$item>::ZERO;
            const NOTHING: f32 = 0.0;

            fn times(self, factor: f32) -> Self {
                <$item>::from_f32(self.to_f32() * factor)
            }

            unsafe fn multiply(p: &Problem<Self, f32>) {
                // SAFETY: the caller's.
                unsafe { half::multiply(p) }
            }
        }
    )*};
}

half_number!(f16 bf16);
