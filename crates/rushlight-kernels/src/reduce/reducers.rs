//! The reductions themselves.

use super::Reducer;
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

stateless! {
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
    /// The largest element and its first position; NaN is larger than all.
    Largest;
    /// The smallest element and its first position; NaN is smaller than all.
    Smallest;
    /// The largest element; NaN is larger than all.
    Maximum;
    /// The smallest element; NaN is smaller than all.
    Minimum;
}

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

impl<T: Reducible> Reducer for CountNonzero<T> {
    type In = T;
    type Acc = i64;
    type Out = i64;
    #[inline(always)]
    fn init(&self, _: usize) -> i64 {
        0
    }
    #[inline(always)]
    fn step(&self, acc: i64, x: T, _: usize) -> i64 {
        acc + !x.is_zero() as i64
    }
    #[inline(always)]
    fn merge(&self, a: i64, b: i64) -> i64 {
        a + b
    }
    #[inline(always)]
    fn finish(&self, acc: i64) -> i64 {
        acc
    }
}

/// Types with an order, in which NaN stands outside.
pub trait Ordered: Num {
    /// Not a number.
    fn is_nan(self) -> bool;
    /// a < b.
    fn less(a: Self, b: Self) -> bool;
    /// The smallest value: the start of a maximum.
    fn lowest() -> Self;
    /// The largest value.
    fn highest() -> Self;
}

macro_rules! ordered_int {
    ($($t:ty),*) => { $(impl Ordered for $t {
        #[inline(always)]
        fn is_nan(self) -> bool { false }
        #[inline(always)]
        fn less(a: Self, b: Self) -> bool { a < b }
        #[inline(always)]
        fn lowest() -> Self { <$t>::MIN }
        #[inline(always)]
        fn highest() -> Self { <$t>::MAX }
    })* };
}
ordered_int!(u8, i8, i16, i32, i64, u16, u32, u64);

impl Ordered for bool {
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
    #[inline(always)]
    fn less(a: bool, b: bool) -> bool {
        !a & b
    }
    #[inline(always)]
    fn lowest() -> bool {
        false
    }
    #[inline(always)]
    fn highest() -> bool {
        true
    }
}

macro_rules! ordered_float {
    ($($t:ty),*) => { $(impl Ordered for $t {
        #[inline(always)]
        fn is_nan(self) -> bool { let v = self.up(); v != v }
        #[inline(always)]
        fn less(a: Self, b: Self) -> bool { a.up() < b.up() }
        #[inline(always)]
        fn lowest() -> Self { <$t>::NEG_INFINITY }
        #[inline(always)]
        fn highest() -> Self { <$t>::INFINITY }
    })* };
}
ordered_float!(f16, bf16, f32, f64);

/// The place of the first extreme, or of the first NaN if there is one: values first, which vectorises, then the place.
#[inline(always)]
fn first_extreme<T: Ordered>(x: &[T], start: T, better: impl Fn(T, T) -> bool) -> Option<usize> {
    const LANES: usize = 64;
    let pick = |a: T, b: T| if better(a, b) { b } else { a };
    let (mut lanes, mut nan) = ([start; LANES], [false; LANES]);
    for chunk in x.chunks(LANES) {
        if let Some(chunk) = chunk.first_chunk::<LANES>() {
            (0..LANES).for_each(|i| (lanes[i], nan[i]) = (pick(lanes[i], chunk[i]), nan[i] | chunk[i].is_nan()));
        } else {
            chunk.iter().enumerate().for_each(|(i, &v)| (lanes[i], nan[i]) = (pick(lanes[i], v), nan[i] | v.is_nan()));
        }
    }
    if nan.contains(&true) {
        return x.iter().position(|v| v.is_nan());
    }
    let best = lanes.into_iter().fold(start, pick);
    let holds = |chunk: &[T]| chunk.iter().fold(false, |found, &v| found | (v == best));
    let at = x.chunks(LANES).position(holds)? * LANES;
    Some(at + x[at..].iter().position(|&v| v == best)?)
}

macro_rules! extreme {
    ($name:ident, $plain:ident, $start:ident, |$a:ident, $b:ident| $better:expr) => {
        impl<T: Ordered> Reducer for $name<T> {
            type In = T;
            type Acc = (T, usize);
            type Out = (T, i64);
            #[inline(always)]
            fn init(&self, _: usize) -> (T, usize) {
                (T::$start(), usize::MAX)
            }
            #[inline(always)]
            fn step(&self, acc: (T, usize), x: T, i: usize) -> (T, usize) {
                self.merge(acc, (x, i))
            }
            #[inline(always)]
            fn merge(&self, x: (T, usize), y: (T, usize)) -> (T, usize) {
                let ($a, $b) = (x.0, y.0);
                let (nan_x, nan_y) = ($a.is_nan(), $b.is_nan());
                let better = if nan_x | nan_y { nan_y & !nan_x } else { $better };
                let same = (nan_x & nan_y) | ($a == $b);
                if better | (same & (y.1 < x.1)) { y } else { x }
            }
            #[inline(always)]
            fn block(&self, x: &[T], first: usize) -> Option<(T, usize)> {
                let at = first_extreme(x, T::$start(), |$a, $b| $better)?;
                Some((x[at], first + at))
            }
            #[inline(always)]
            fn finish(&self, acc: (T, usize)) -> (T, i64) {
                (acc.0, acc.1 as i64)
            }
        }

        impl<T: Ordered> Reducer for $plain<T> {
            type In = T;
            type Acc = T;
            type Out = T;
            #[inline(always)]
            fn init(&self, _: usize) -> T {
                T::$start()
            }
            #[inline(always)]
            fn step(&self, acc: T, x: T, _: usize) -> T {
                self.merge(acc, x)
            }
            #[inline(always)]
            fn merge(&self, $a: T, $b: T) -> T {
                if $a.is_nan() {
                    $a
                } else if $b.is_nan() | $better {
                    $b
                } else {
                    $a
                }
            }
            #[inline(always)]
            fn finish(&self, acc: T) -> T {
                acc
            }
        }
    };
}
extreme!(Largest, Maximum, lowest, |a, b| T::less(a, b));
extreme!(Smallest, Minimum, highest, |a, b| T::less(b, a));

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
