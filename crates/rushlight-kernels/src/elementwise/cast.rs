//! Conversion between element types, as C converts them.

use super::driver::{Loop, Params, advance, loop1};
use super::num::Num;
use crate::{DType, match_dtype};
use half::{bf16, f16};
use num_complex::Complex;

/// The common form every element passes through: exact for every integer and every float64.
#[derive(Clone, Copy)]
pub enum Wide {
    /// Integers and bool.
    Int(i64),
    /// uint64 values above the signed range.
    Big(u64),
    /// Real numbers.
    Float(f64),
    /// Complex numbers.
    Complex(f64, f64),
}

/// An element that converts to and from every other.
pub trait Cast: Num {
    /// Widens exactly.
    fn widen(self) -> Wide;
    /// Narrows: floats truncate, integers wrap, complex numbers drop their imaginary part.
    fn narrow(wide: Wide) -> Self;
}

macro_rules! cast_int {
    ($($t:ty),*) => { $(impl Cast for $t {
        #[inline(always)]
        fn widen(self) -> Wide { Wide::Int(self as i64) }
        #[inline(always)]
        fn narrow(wide: Wide) -> $t {
            match wide { Wide::Int(i) => i as $t, Wide::Big(u) => u as $t, Wide::Float(f) | Wide::Complex(f, _) => f as i64 as $t }
        }
    })* };
}
cast_int!(u8, i8, i16, i32, i64, u16, u32);

impl Cast for u64 {
    #[inline(always)]
    fn widen(self) -> Wide {
        Wide::Big(self)
    }
    #[inline(always)]
    fn narrow(wide: Wide) -> u64 {
        match wide {
            Wide::Int(i) => i as u64,
            Wide::Big(u) => u,
            Wide::Float(f) | Wide::Complex(f, _) => {
                if f < 0.0 {
                    f as i64 as u64
                } else {
                    f as u64
                }
            }
        }
    }
}

impl Cast for bool {
    #[inline(always)]
    fn widen(self) -> Wide {
        Wide::Int(self as i64)
    }
    #[inline(always)]
    fn narrow(wide: Wide) -> bool {
        match wide {
            Wide::Int(i) => i != 0,
            Wide::Big(u) => u != 0,
            Wide::Float(f) => f != 0.0,
            Wide::Complex(re, im) => re != 0.0 || im != 0.0,
        }
    }
}

macro_rules! cast_float {
    ($($t:ty),*) => { $(impl Cast for $t {
        #[inline(always)]
        fn widen(self) -> Wide { Wide::Float(self.up() as f64) }
        #[inline(always)]
        fn narrow(wide: Wide) -> $t {
            match wide {
                Wide::Int(i) => <$t>::down(i as _),
                Wide::Big(u) => <$t>::down(u as _),
                Wide::Float(f) | Wide::Complex(f, _) => <$t>::down(f as _),
            }
        }
    })* };
}
cast_float!(half::f16, half::bf16, f32, f64);

macro_rules! cast_complex {
    ($($t:ty),*) => { $(impl Cast for Complex<$t> {
        #[inline(always)]
        fn widen(self) -> Wide { Wide::Complex(self.re as f64, self.im as f64) }
        #[inline(always)]
        fn narrow(wide: Wide) -> Complex<$t> {
            match wide {
                Wide::Int(i) => Complex::new(i as $t, 0.0),
                Wide::Big(u) => Complex::new(u as $t, 0.0),
                Wide::Float(f) => Complex::new(f as $t, 0.0),
                Wide::Complex(re, im) => Complex::new(re as $t, im as $t),
            }
        }
    })* };
}
cast_complex!(f32, f64);

/// # Safety
/// As [`Loop`].
unsafe fn convert<A: Cast, B: Cast>(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], _: &Params) {
    if strides[0] == size_of::<B>() as isize && strides[1] == size_of::<A>() as isize {
        // SAFETY: contiguous by the strides and disjoint: the types differ, so casts never happen in place.
        let (out, x) = unsafe { (std::slice::from_raw_parts_mut(ptrs[0] as *mut B, n), std::slice::from_raw_parts(ptrs[1] as *const A, n)) };
        for (o, &x) in out.iter_mut().zip(x) {
            *o = B::narrow(x.widen());
        }
    } else {
        for i in 0..n as isize {
            // SAFETY: the contract of `Loop`.
            unsafe { *(ptrs[0].offset(i * strides[0]) as *mut B) = B::narrow((*(ptrs[1].offset(i * strides[1]) as *const A)).widen()) };
        }
    }
}

/// # Safety
/// As [`Loop`].
unsafe fn copy<T: Copy>(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], _: &Params) {
    let size = size_of::<T>() as isize;
    if strides[0] == size && strides[1] == size {
        // SAFETY: the contract of `Loop`; `copy` allows overlap.
        unsafe { std::ptr::copy(ptrs[1] as *const T, ptrs[0] as *mut T, n) }
    } else if strides[0] == size && strides[1] == 2 * size {
        copy_seconds(n, ptrs[1] as *const T, ptrs[0] as *mut T);
    } else {
        let (mut at, steps) = (*ptrs, *strides);
        for _ in 0..n {
            // SAFETY: the contract of `Loop`.
            unsafe { *(at[0] as *mut T) = *(at[1] as *const T) };
            advance::<2>(&mut at, &steps);
        }
    }
}

crate::vectorized! {
    /// Every second of `2 * n - 1` elements; the pointers are those of a [`Loop`].
    fn copy_seconds[T: Copy](n: usize, from: *const T, to: *mut T) {
        for i in 0..n {
            // SAFETY: the contract of `Loop`.
            unsafe { *to.add(i) = *from.add(2 * i) };
        }
    }
}

/// Conversions that programs make all the time, compiled for every instruction set.
fn frequent(from: DType, to: DType) -> Option<(Loop, DType)> {
    match (from, to) {
        (DType::F32, DType::BF16) => loop1!(f32 => bf16, |x, _| x),
        (DType::BF16, DType::F32) => loop1!(bf16 => f32, |x, _| x),
        (DType::F32, DType::F16) => loop1!(f32 => f16, |x, _| x),
        (DType::F16, DType::F32) => loop1!(f16 => f32, |x, _| x),
        (DType::F32, DType::F64) => loop1!(f32 => f64, |x, _| x as f64),
        (DType::F64, DType::F32) => loop1!(f64 => f32, |x, _| x as f32),
        (DType::U8, DType::F32) => loop1!(u8 => f32, |x, _| x as f32),
        (DType::Bool, DType::F32) => loop1!(bool => f32, |x, _| x as u8 as f32),
        (DType::I64, DType::F32) => loop1!(i64 => f32, |x, _| x as f32),
        (DType::F32, DType::I64) => loop1!(f32 => i64, |x, _| x as i64),
        _ => None,
    }
}

/// The loop that copies elements of type `from` into elements of type `to`.
pub fn resolve(from: DType, to: DType) -> Loop {
    if from == to {
        return match from.size() {
            1 => copy::<u8>,
            2 => copy::<u16>,
            4 => copy::<u32>,
            8 => copy::<u64>,
            _ => copy::<[u64; 2]>,
        };
    }
    if let Some((kernel, _)) = frequent(from, to) {
        return kernel;
    }
    match_dtype!(from, A => match_dtype!(to, B => convert::<A, B> as Loop))
}
