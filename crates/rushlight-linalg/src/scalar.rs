//! The four number types every algorithm is written for.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use num_complex::Complex;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl<R> Sealed for num_complex::Complex<R> {}
}

/// A real or complex floating point number: `f32`, `f64`, `Complex<f32>`, `Complex<f64>`.
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Default
    + Debug
    + PartialEq
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// The type of moduli, singular values and eigenvalues of Hermitian matrices.
    type Real: Real<Complex = Self::Complex>;
    /// The type of eigenvalues of general matrices.
    type Complex: Scalar<Real = Self::Real, Complex = Self::Complex>;
    /// Whether the type has an imaginary part.
    const IS_COMPLEX: bool;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The number with real part `re` and no imaginary part.
    fn from_real(re: Self::Real) -> Self;
    /// The complex number `re + i im`.
    fn complex(re: Self::Real, im: Self::Real) -> Self::Complex;
    /// Real part.
    fn re(self) -> Self::Real;
    /// Imaginary part, 0 for real types.
    fn im(self) -> Self::Real;
    /// Complex conjugate.
    fn conj(self) -> Self;
    /// Modulus, computed without overflow.
    fn modulus(self) -> Self::Real;
    /// The same number as a complex one.
    fn to_complex(self) -> Self::Complex {
        Self::complex(self.re(), self.im())
    }
    /// Squared modulus.
    fn modulus_squared(self) -> Self::Real;
    /// Product with a real number.
    fn scale(self, by: Self::Real) -> Self;
    /// `self / other` without intermediate overflow.
    fn over(self, other: Self) -> Self;
    /// Whether no part is infinite or NaN.
    fn is_finite(self) -> bool;
}

/// A real [`Scalar`] with the functions that iterations need.
pub trait Real: Scalar<Real = Self> + PartialOrd + Div<Output = Self> {
    /// Distance from 1 to the next number.
    const EPSILON: Self;
    /// Smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// Largest finite number.
    const MAX: Self;

    /// Nearest number to `value`.
    fn from_f64(value: f64) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// `sqrt(self^2 + other^2)` without overflow.
    fn hypot(self, other: Self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Whether this is no number.
    fn is_nan(self) -> bool;
    /// The larger of two numbers, or the one that is not NaN.
    fn max(self, other: Self) -> Self;
}

macro_rules! real {
    ($real:ty) => {
        impl Scalar for $real {
            type Real = $real;
            type Complex = Complex<$real>;
            const IS_COMPLEX: bool = false;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline]
            fn from_real(re: $real) -> Self {
                re
            }
            #[inline]
            fn complex(re: $real, im: $real) -> Complex<$real> {
                Complex::new(re, im)
            }
            #[inline]
            fn re(self) -> $real {
                self
            }
            #[inline]
            fn im(self) -> $real {
                0.0
            }
            #[inline]
            fn conj(self) -> Self {
                self
            }
            #[inline]
            fn modulus(self) -> $real {
                self.abs()
            }
            #[inline]
            fn modulus_squared(self) -> $real {
                self * self
            }
            #[inline]
            fn scale(self, by: $real) -> Self {
                self * by
            }
            #[inline]
            fn over(self, other: Self) -> Self {
                self / other
            }
            #[inline]
            fn is_finite(self) -> bool {
                <$real>::is_finite(self)
            }
        }

        impl Real for $real {
            const EPSILON: Self = <$real>::EPSILON;
            const MIN_POSITIVE: Self = <$real>::MIN_POSITIVE;
            const MAX: Self = <$real>::MAX;

            #[inline]
            fn from_f64(value: f64) -> Self {
                value as $real
            }
            #[inline]
            fn sqrt(self) -> Self {
                <$real>::sqrt(self)
            }
            #[inline]
            fn ln(self) -> Self {
                <$real>::ln(self)
            }
            #[inline]
            fn hypot(self, other: Self) -> Self {
                <$real>::hypot(self, other)
            }
            #[inline]
            fn copysign(self, sign: Self) -> Self {
                <$real>::copysign(self, sign)
            }
            #[inline]
            fn is_nan(self) -> bool {
                <$real>::is_nan(self)
            }
            #[inline]
            fn max(self, other: Self) -> Self {
                <$real>::max(self, other)
            }
        }

        impl Scalar for Complex<$real> {
            type Real = $real;
            type Complex = Self;
            const IS_COMPLEX: bool = true;
            const ZERO: Self = Complex::new(0.0, 0.0);
            const ONE: Self = Complex::new(1.0, 0.0);

            #[inline]
            fn from_real(re: $real) -> Self {
                Complex::new(re, 0.0)
            }
            #[inline]
            fn complex(re: $real, im: $real) -> Complex<$real> {
                Complex::new(re, im)
            }
            #[inline]
            fn re(self) -> $real {
                self.re
            }
            #[inline]
            fn im(self) -> $real {
                self.im
            }
            #[inline]
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
            #[inline]
            fn modulus(self) -> $real {
                self.re.hypot(self.im)
            }
            #[inline]
            fn modulus_squared(self) -> $real {
                self.re * self.re + self.im * self.im
            }
            #[inline]
            fn scale(self, by: $real) -> Self {
                Complex::new(self.re * by, self.im * by)
            }
            // Smith, "Algorithm 116: Complex division", 1962.
            #[inline]
            fn over(self, other: Self) -> Self {
                if other.im == 0.0 {
                    return Complex::new(self.re / other.re, self.im / other.re);
                }
                if other.re.abs() >= other.im.abs() {
                    let ratio = other.im / other.re;
                    let denominator = other.re + other.im * ratio;
                    let (re, im) = (self.re + self.im * ratio, self.im - self.re * ratio);
                    return Complex::new(re / denominator, im / denominator);
                }
                let ratio = other.re / other.im;
                let denominator = other.re * ratio + other.im;
                let (re, im) = (self.re * ratio + self.im, self.im * ratio - self.re);
                Complex::new(re / denominator, im / denominator)
            }
            #[inline]
            fn is_finite(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }
        }
    };
}

real!(f32);
real!(f64);
