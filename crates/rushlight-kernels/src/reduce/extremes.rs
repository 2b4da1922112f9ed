//! The largest and the smallest element, and where it is.

use super::Reducer;
use super::columns::TILE;
use super::reducers::stateless;
use super::rows::lanes;
use crate::DType;
use crate::elementwise::num::Num;
use half::{bf16, f16};
use std::marker::PhantomData;

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

stateless! {
    /// The largest element and its first position; NaN is larger than all.
    Largest;
    /// The smallest element and its first position; NaN is smaller than all.
    Smallest;
    /// The largest element; NaN is larger than all.
    Maximum;
    /// The smallest element; NaN is smaller than all.
    Minimum;
    /// The largest element where there is no NaN: one instruction instead of three.
    OrderedMaximum;
    /// The smallest element where there is no NaN.
    OrderedMinimum;
}

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
    ($name:ident, $plain:ident, $ordered:ident, $start:ident, |$a:ident, $b:ident| $better:expr) => {
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
            fn tile(&self, x: &[T], pitch: usize, rows: usize, first: usize, states: &mut [(T, usize)]) -> bool {
                let width = states.len();
                // Values and positions apart, and the positions short: together they would not become vectors.
                let (mut best, mut at) = ([T::$start(); TILE], [0u32; TILE]);
                best[..width].copy_from_slice(&x[..width]);
                for i in 1..rows {
                    for ((best, at), &$b) in best.iter_mut().zip(&mut at).zip(&x[i * pitch..][..width]) {
                        let $a = *best;
                        let takes = $better | ($b.is_nan() & !$a.is_nan());
                        *best = if takes { $b } else { $a };
                        *at = if takes { i as u32 } else { *at };
                    }
                }
                states.iter_mut().zip(best).zip(at).for_each(|((state, best), at)| *state = (best, first + at as usize));
                true
            }
            #[inline(always)]
            fn finish(&self, acc: (T, usize)) -> (T, i64) {
                (acc.0, acc.1 as i64)
            }
        }

        impl<T: Ordered> Reducer for $plain<T> {
            const FREQUENT: bool = matches!(T::DTYPE, DType::F32);
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
                // Nothing is better than NaN, so `$a` stays if it is NaN.
                if $better | $b.is_nan() { $b } else { $a }
            }
            #[inline(always)]
            fn block(&self, x: &[T], first: usize) -> Option<T> {
                let nan = x.iter().fold(false, |found, v| found | v.is_nan());
                (!nan).then(|| lanes(&$ordered::<T>::default(), 0, x, first))
            }
            #[inline(always)]
            fn finish(&self, acc: T) -> T {
                acc
            }
        }

        impl<T: Ordered> Reducer for $ordered<T> {
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
                if $better { $b } else { $a }
            }
            #[inline(always)]
            fn finish(&self, acc: T) -> T {
                acc
            }
        }
    };
}
extreme!(Largest, Maximum, OrderedMaximum, lowest, |a, b| T::less(a, b));
extreme!(Smallest, Minimum, OrderedMinimum, highest, |a, b| T::less(b, a));
