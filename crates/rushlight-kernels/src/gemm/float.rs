//! The two element types with micro-kernels.

use super::kernels::{self, Kernels};
use super::pack;
use crate::simd::{Level, level};

/// f32 or f64.
pub trait Float:
    Copy
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::MulAssign
    + 'static
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;

    /// The number closest to `value`.
    fn of(value: f64) -> Self;

    #[doc(hidden)]
    fn kernels() -> &'static Kernels<Self>;

    /// Transposes a 4 x 4 block: `to[p * to_stride + i] = from[i * from_stride + p]`.
    ///
    /// # Safety
    /// Both blocks must be accessible at these strides.
    #[doc(hidden)]
    unsafe fn transpose4(from: *const Self, from_stride: isize, to: *mut Self, to_stride: usize);
}

impl Float for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn of(value: f64) -> Self {
        value as f32
    }

    fn kernels() -> &'static Kernels<Self> {
        match level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => &kernels::AVX512_F32,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => &kernels::AVX2_F32,
            _ => &kernels::BASE_F32,
        }
    }

    #[inline(always)]
    unsafe fn transpose4(from: *const Self, from_stride: isize, to: *mut Self, to_stride: usize) {
        #[cfg(not(target_arch = "x86_64"))]
        use pack::transpose4 as transpose;
        #[cfg(target_arch = "x86_64")]
        use pack::transpose4_f32 as transpose;
        // SAFETY: as the caller vouches.
        unsafe { transpose(from, from_stride, to, to_stride) }
    }
}

impl Float for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn of(value: f64) -> Self {
        value
    }

    fn kernels() -> &'static Kernels<Self> {
        match level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => &kernels::AVX512_F64,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => &kernels::AVX2_F64,
            _ => &kernels::BASE_F64,
        }
    }

    #[inline(always)]
    unsafe fn transpose4(from: *const Self, from_stride: isize, to: *mut Self, to_stride: usize) {
        // SAFETY: as the caller vouches.
        unsafe { pack::transpose4(from, from_stride, to, to_stride) }
    }
}
