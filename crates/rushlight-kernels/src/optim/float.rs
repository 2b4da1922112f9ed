//! The arithmetic that optimizers need, and the compound operations of PyTorch's kernels.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// f32 or f64.
pub trait Float:
    Copy + Default + PartialOrd + Send + Sync + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// 1.
    const ONE: Self;
    /// The nearest number.
    fn of(value: f64) -> Self;
    /// This number as float64.
    fn wide(self) -> f64;
    /// `self * by + to`, rounded once.
    fn fused(self, by: Self, to: Self) -> Self;
    /// Square root.
    fn root(self) -> Self;
    /// Absolute value.
    fn magnitude(self) -> Self;

    /// `add(other, alpha=alpha)`.
    #[inline(always)]
    fn plus(self, alpha: Self, other: Self) -> Self {
        other.fused(alpha, self)
    }

    /// `addcmul(a, b, value=value)`.
    #[inline(always)]
    fn plus_product(self, value: Self, a: Self, b: Self) -> Self {
        (value * a).fused(b, self)
    }

    /// `addcdiv(a, b, value=value)`.
    #[inline(always)]
    fn plus_quotient(self, value: Self, a: Self, b: Self) -> Self {
        self + value * a / b
    }

    /// `maximum(other)`: NaN if either is.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self >= other || self.is_nan() { self } else { other }
    }

    /// `minimum(other)`: NaN if either is.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if self <= other || self.is_nan() { self } else { other }
    }

    /// Whether it is not a number.
    #[inline(always)]
    #[allow(clippy::eq_op)]
    fn is_nan(self) -> bool {
        self != self
    }
}

macro_rules! floats {
    ($($t:ty),*) => { $(
        impl Float for $t {
            const ONE: Self = 1.0;
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn fused(self, by: Self, to: Self) -> Self {
                self.mul_add(by, to)
            }
            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }
        }
    )* };
}
floats!(f32, f64);

/// `lerp_` towards `end` with one weight for all elements.
#[derive(Clone, Copy)]
pub(super) struct Lerp<T> {
    weight: T,
    from_end: bool,
}

impl<T: Float> Lerp<T> {
    pub(super) fn new(weight: f64) -> Self {
        let weight = T::of(weight);
        let from_end = weight.magnitude() >= T::of(0.5);
        Self { weight: if from_end { weight - T::ONE } else { weight }, from_end }
    }

    #[inline(always)]
    pub(super) fn apply(self, start: T, end: T) -> T {
        self.weight.fused(end - start, if self.from_end { end } else { start })
    }
}

/// `mul_(keep).addcmul_(x, x, value=1 - keep)`: a running mean of squares.
#[derive(Clone, Copy)]
pub(super) struct MeanSquare<T> {
    keep: T,
    take: T,
}

impl<T: Float> MeanSquare<T> {
    pub(super) fn new(keep: f64) -> Self {
        Self { keep: T::of(keep), take: T::of(1.0 - keep) }
    }

    #[inline(always)]
    pub(super) fn apply(self, mean: T, x: T) -> T {
        (mean * self.keep).plus_product(self.take, x, x)
    }
}

/// What happens to a gradient first: its sign is turned to maximize, then an L2 penalty is added.
#[derive(Clone, Copy)]
pub(super) struct Gradient<T> {
    maximize: bool,
    decay: bool,
    weight_decay: T,
}

impl<T: Float> Gradient<T> {
    pub(super) fn new(maximize: bool, weight_decay: f64) -> Self {
        Self { maximize, decay: weight_decay != 0.0, weight_decay: T::of(weight_decay) }
    }

    #[inline(always)]
    pub(super) fn apply(self, g: T, p: T) -> T {
        let g = if self.maximize { -g } else { g };
        if self.decay { g.plus(self.weight_decay, p) } else { g }
    }
}
