//! The table of compiled kernels: one [`Kernels`] for each element type and instruction set.

use super::tap_dots::{TapSweep, tap_dots};
use super::tap_sums::{TapPlane, tap_sums};
use super::tile::{self, Block, Tile, tile, walk};
use super::vector::{Base, Vector};
use super::vector_product::{Sweep, axpys, dots};

/// A macro-kernel and the shape of its tile.
pub struct Kernel<T> {
    pub mr: usize,
    pub nr: usize,
    pub run: unsafe fn(&Block<T>),
}

/// The macro-kernels of one instruction set.
pub struct Kernels<T> {
    /// Reads A through strides.
    pub direct: Kernel<T>,
    /// Reads A from panels of `mr` rows, padded with zeros.
    pub packed: Kernel<T>,
    /// As `direct`, with rows of B anywhere.
    pub scattered: Kernel<T>,
    /// Products of rows with a vector.
    pub dots: unsafe fn(&Sweep<T>),
    /// Sums of columns times numbers.
    pub axpys: unsafe fn(&Sweep<T>),
    /// Products of an image with shifted images.
    pub tap_dots: unsafe fn(&TapSweep<T>),
    /// Sums of shifted images.
    pub tap_sums: unsafe fn(&TapPlane<T>),
}

/// The kernels of one instruction set, entered through functions that enable it.
macro_rules! kernels {
    ($name:ident, $item:ty, $vector:ty, narrow $narrow:ty, [$($features:literal)?], direct $direct:tt, packed $packed:tt) => {
        pub(crate) static $name: Kernels<$item> = {
            $(#[target_feature(enable = $features)])?
            unsafe fn direct(block: &Block<$item>) {
                kernels!(@walk block, $vector, tile::DIRECT, $direct)
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn packed(block: &Block<$item>) {
                kernels!(@walk block, $vector, tile::PACKED, $packed)
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn scattered(block: &Block<$item>) {
                kernels!(@walk block, $vector, tile::SCATTERED, $direct)
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn run_taps(sweep: &TapSweep<$item>) {
                // SAFETY: the caller's.
                unsafe { tap_dots::<$vector>(sweep) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn run_sums(plane: &TapPlane<$item>) {
                // SAFETY: the caller's.
                unsafe {
                    if plane.cols <= <$narrow as Vector>::LANES { tap_sums::<$narrow>(plane) } else { tap_sums::<$vector>(plane) }
                }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn run_dots(sweep: &Sweep<$item>) {
                // SAFETY: the caller's.
                unsafe { dots::<$vector>(sweep) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn run_axpys(sweep: &Sweep<$item>) {
                // SAFETY: the caller's.
                unsafe { axpys::<$vector>(sweep) }
            }
            const LANES: usize = <$vector as Vector>::LANES;
            Kernels {
                direct: kernels!(@shape direct, LANES, $direct),
                packed: kernels!(@shape packed, LANES, $packed),
                scattered: kernels!(@shape scattered, LANES, $direct),
                dots: run_dots,
                axpys: run_axpys,
                tap_dots: run_taps,
                tap_sums: run_sums,
            }
        };
    };
    (@walk $block:ident, $vector:ty, $mode:expr, ($mr:literal x $nv:literal, $rows:tt, $nvs:tt)) => {
        walk!($block, $vector, $mr, $nv, $mode, $rows, $nvs)
    };
    (@shape $run:ident, $lanes:ident, ($mr:literal x $nv:literal, $rows:tt, $nvs:tt)) => {
        Kernel { mr: $mr, nr: $nv * $lanes, run: $run }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::vector::Pairs;
    use super::*;
    use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};

    kernels!(AVX512_F32, f32, __m512, narrow __m256, ["avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"],
        direct (6 x 4, [1 2 3 4 5 6], [1 2 3 4]), packed (12 x 2, [2 4 6 8 10 12], [1 2]));
    kernels!(AVX512_F64, f64, __m512d, narrow __m256d, ["avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"],
        direct (6 x 4, [1 2 3 4 5 6], [1 2 3 4]), packed (12 x 2, [2 4 6 8 10 12], [1 2]));
    kernels!(AVX2_F32, f32, __m256, narrow __m256, ["avx2,fma"],
        direct (6 x 2, [1 2 3 4 5 6], [1 2]), packed (6 x 2, [2 4 6], [1 2]));
    kernels!(AVX2_F64, f64, __m256d, narrow __m256d, ["avx2,fma"],
        direct (6 x 2, [1 2 3 4 5 6], [1 2]), packed (6 x 2, [2 4 6], [1 2]));

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
    unsafe fn pairs(block: &Block<f32>) {
        kernels!(@walk block, Pairs, tile::PACKED, (12 x 2, [2 4 6 8 10 12], [1 2]))
    }
    /// Products of pairs of bf16, for processors that have the instruction.
    pub(crate) static AVX512_PAIRS: Kernel<f32> = Kernel { mr: 12, nr: 32, run: pairs };
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{AVX2_F32, AVX2_F64, AVX512_F32, AVX512_F64, AVX512_PAIRS};

kernels!(BASE_F32, f32, Base<f32, 4>, narrow Base<f32, 4>, [],
    direct (6 x 2, [1 2 3 4 5 6], [1 2]), packed (6 x 2, [2 4 6], [1 2]));
kernels!(BASE_F64, f64, Base<f64, 2>, narrow Base<f64, 2>, [],
    direct (6 x 2, [1 2 3 4 5 6], [1 2]), packed (6 x 2, [2 4 6], [1 2]));
