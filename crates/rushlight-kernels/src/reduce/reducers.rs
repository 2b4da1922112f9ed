//! The reductions themselves.

use super::Reducer;
use crate::DType;
use crate::elementwise::num::Num;
use half::{bf16, f16};
use num_complex::Complex;
use std::marker::PhantomData;

/// An element with what reductions need: a wider type to sum in, an order, zero and one.
pub trait Reducible: Num {
    /// The type sums are computed in: float32 for half types, int64 for integers.
    type Wide: Copy + Send + Sync + Default;
    /// Into the wide type.
    fn wide(self) -> Self::Wide;
    /// a + b.
    fn plus(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// a b.
    fn times(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// 1.
    fn one() -> Self::Wide;
    /// a / n.
    fn over(a: Self::Wide, n: f64) -> Self::Wide;
    /// Rounds back.
    fn narrow(a: Self::Wide) -> Self;
    /// |x|^2 in float64-compatible form: the wide type's square.
    fn is_zero(self) -> bool;
}

macro_rules! reducible_int {
    ($($t:ty),*) => { $(impl Reducible for $t {
        type Wide = i64;
        #[inline(always)]
        fn wide(self) -> i64 { self as i64 }
        #[inline(always)]
        fn plus(a: i64, b: i64) -> i64 { a.wrapping_add(b) }
        #[inline(always)]
        fn times(a: i64, b: i64) -> i64 { a.wrapping_mul(b) }
        #[inline(always)]
        fn one() -> i64 { 1 }
        #[inline(always)]
        fn over(a: i64, n: f64) -> i64 { (a as f64 / n) as i64 }
        #[inline(always)]
        fn narrow(a: i64) -> $t { a as $t }
        #[inline(always)]
        fn is_zero(self) -> bool { self == 0 }
    })* };
}
reducible_int!(u8, i8, i16, i32, i64, u16, u32, u64);

impl Reducible for bool {
    type Wide = i64;
    #[inline(always)]
    fn wide(self) -> i64 {
        self as i64
    }
    #[inline(always)]
    fn plus(a: i64, b: i64) -> i64 {
        a + b
    }
    #[inline(always)]
    fn times(a: i64, b: i64) -> i64 {
        a * b
    }
    #[inline(always)]
    fn one() -> i64 {
        1
    }
    #[inline(always)]
    fn over(a: i64, n: f64) -> i64 {
        (a as f64 / n) as i64
    }
    #[inline(always)]
    fn narrow(a: i64) -> bool {
        a != 0
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        !self
    }
}

macro_rules! reducible_float {
    ($($t:ty => $w:ty),*) => { $(impl Reducible for $t {
        type Wide = $w;
        #[inline(always)]
        fn wide(self) -> $w { self.up() }
        #[inline(always)]
        fn plus(a: $w, b: $w) -> $w { a + b }
        #[inline(always)]
        fn times(a: $w, b: $w) -> $w { a * b }
        #[inline(always)]
        fn one() -> $w { (1.0).into() }
        #[inline(always)]
        fn over(a: $w, n: f64) -> $w { a / (n as $w) }
        #[inline(always)]
        fn narrow(a: $w) -> $t { <$t>::down(a) }
        #[inline(always)]
        fn is_zero(self) -> bool { self.up() == 0.0 }
    })* };
}
reducible_float!(f16 => f32, bf16 => f32, f32 => f32, f64 => f64);

macro_rules! reducible_complex {
    ($($t:ty),*) => { $(impl Reducible for Complex<$t> {
        type Wide = Complex<$t>;
        #[inline(always)]
        fn wide(self) -> Self { self }
        #[inline(always)]
        fn plus(a: Self, b: Self) -> Self { a + b }
        #[inline(always)]
        fn times(a: Self, b: Self) -> Self { a * b }
        #[inline(always)]
        fn one() -> Self { Complex::new(1.0, 0.0) }
        #[inline(always)]
        fn over(a: Self, n: f64) -> Self { a / n as $t }
        #[inline(always)]
        fn narrow(a: Self) -> Self { a }
        #[inline(always)]
        fn is_zero(self) -> bool { self.re == 0.0 && self.im == 0.0 }
    })* };
}
reducible_complex!(f32, f64);

/// The sum, divided by `divisor` at the end if that is not one.
pub struct Sum<T> {
    /// 1 for a sum, the number of elements for a mean.
    pub divisor: f64,
    _type: PhantomData<fn() -> T>,
}

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Sum { divisor: 1.0, _type: PhantomData }
    }
}

impl<T> Sum<T> {
    /// The mean of `n` elements.
    pub fn mean(n: usize) -> Self {
        Sum { divisor: n as f64, _type: PhantomData }
    }
}

impl<T: Reducible> Reducer for Sum<T> {
    const FREQUENT: bool = matches!(T::DTYPE, DType::F32);
    type In = T;
    type Acc = T::Wide;
    type Out = T;
    #[inline(always)]
    fn init(&self, _: usize) -> T::Wide {
        T::Wide::default()
    }
    #[inline(always)]
    fn step(&self, acc: T::Wide, x: T, _: usize) -> T::Wide {
        T::plus(acc, x.wide())
    }
    #[inline(always)]
    fn merge(&self, a: T::Wide, b: T::Wide) -> T::Wide {
        T::plus(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: T::Wide) -> T {
        T::narrow(if self.divisor == 1.0 { acc } else { T::over(acc, self.divisor) })
    }
}

macro_rules! stateless {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        pub struct $name<T>(PhantomData<fn() -> T>);
        impl<T> Default for $name<T> {
            fn default() -> Self { $name(PhantomData) }
        }
    )* };
}

pub(super) use stateless;

stateless! {
    /// The sum of integers or truth values, in int64.
    WideSum;
    /// The product.
    Product;
    /// The sum of the squares of real numbers.
    Squares;
    /// Whether all elements are nonzero.
    All;
    /// Whether any element is nonzero.
    Any;
    /// How many elements are nonzero.
    CountNonzero;
}

/// A sum in int64 of what each element counts.
macro_rules! count {
    ($name:ident, [$($bound:tt)+], |$x:ident| $value:expr) => {
        impl<T: $($bound)+> Reducer for $name<T> {
            type In = T;
            type Acc = i64;
            type Out = i64;
            #[inline(always)]
            fn init(&self, _: usize) -> i64 {
                0
            }
            #[inline(always)]
            fn step(&self, acc: i64, $x: T, _: usize) -> i64 {
                acc.wrapping_add($value)
            }
            #[inline(always)]
            fn merge(&self, a: i64, b: i64) -> i64 {
                a.wrapping_add(b)
            }
            #[inline(always)]
            fn finish(&self, acc: i64) -> i64 {
                acc
            }
        }
    };
}
count!(WideSum, [Reducible<Wide = i64>], |x| x.wide());
count!(CountNonzero, [Reducible], |x| !x.is_zero() as i64);

impl<T: Reducible> Reducer for Product<T> {
    type In = T;
    type Acc = T::Wide;
    type Out = T;
    #[inline(always)]
    fn init(&self, _: usize) -> T::Wide {
        T::one()
    }
    #[inline(always)]
    fn step(&self, acc: T::Wide, x: T, _: usize) -> T::Wide {
        T::times(acc, x.wide())
    }
    #[inline(always)]
    fn merge(&self, a: T::Wide, b: T::Wide) -> T::Wide {
        T::times(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: T::Wide) -> T {
        T::narrow(acc)
    }
}

impl<T: Reducible> Reducer for All<T> {
    type In = T;
    type Acc = bool;
    type Out = bool;
    #[inline(always)]
    fn init(&self, _: usize) -> bool {
        true
    }
    #[inline(always)]
    fn step(&self, acc: bool, x: T, _: usize) -> bool {
        acc & !x.is_zero()
    }
    #[inline(always)]
    fn merge(&self, a: bool, b: bool) -> bool {
        a & b
    }
    #[inline(always)]
    fn finish(&self, acc: bool) -> bool {
        acc
    }
}

impl<T: Reducible> Reducer for Any<T> {
    type In = T;
    type Acc = bool;
    type Out = bool;
    #[inline(always)]
    fn init(&self, _: usize) -> bool {
        false
    }
    #[inline(always)]
    fn step(&self, acc: bool, x: T, _: usize) -> bool {
        acc | !x.is_zero()
    }
    #[inline(always)]
    fn merge(&self, a: bool, b: bool) -> bool {
        a | b
    }
    #[inline(always)]
    fn finish(&self, acc: bool) -> bool {
        acc
    }
}

/// Sum of squared distances from given centres, one per result: the second pass of a variance.
pub struct Spread<'a, T: Reducible> {
    /// The centre of each result.
    pub centres: &'a [T::Wide],
    /// What the sum is divided by.
    pub divisor: f64,
}

macro_rules! spread {
    ($($t:ty, $w:ty, $out:ty, |$d:ident| $square:expr);* $(;)?) => { $(impl Reducer for Spread<'_, $t> {
        type In = $t;
        type Acc = ($w, $out);
        type Out = $out;
        #[inline(always)]
        fn init(&self, slot: usize) -> ($w, $out) { (self.centres[slot], 0.0) }
        #[inline(always)]
        fn step(&self, acc: ($w, $out), x: $t, _: usize) -> ($w, $out) { let $d = x.wide() - acc.0; (acc.0, acc.1 + $square) }
        #[inline(always)]
        fn merge(&self, a: ($w, $out), b: ($w, $out)) -> ($w, $out) { (a.0, a.1 + b.1) }
        #[inline(always)]
        fn finish(&self, acc: ($w, $out)) -> $out { acc.1 / self.divisor as $out }
    })* };
}
spread! {
    f16, f32, f32, |d| d * d;
    bf16, f32, f32, |d| d * d;
    f32, f32, f32, |d| d * d;
    f64, f64, f64, |d| d * d;
    Complex<f32>, Complex<f32>, f32, |d| d.norm_sqr();
    Complex<f64>, Complex<f64>, f64, |d| d.norm_sqr();
}

impl<T: Reducible> Reducer for Squares<T> {
    type In = T;
    type Acc = T::Wide;
    type Out = T;
    #[inline(always)]
    fn init(&self, _: usize) -> T::Wide {
        T::Wide::default()
    }
    #[inline(always)]
    fn step(&self, acc: T::Wide, x: T, _: usize) -> T::Wide {
        T::plus(acc, T::times(x.wide(), x.wide()))
    }
    #[inline(always)]
    fn merge(&self, a: T::Wide, b: T::Wide) -> T::Wide {
        T::plus(a, b)
    }
    #[inline(always)]
    fn finish(&self, acc: T::Wide) -> T {
        T::narrow(acc)
    }
}
