//! The running totals themselves.

use super::Scanner;
use crate::Element;
use crate::elementwise::num::Num;
use crate::half::{bf16, f16};
use crate::num_complex::Complex;

/// An element with the type its running totals are kept in: float64 for float32, float32 for the half types.
pub trait Total: Element {
    /// The total.
    type Total: Copy + std::ops::Add<Output = Self::Total> + std::ops::Mul<Output = Self::Total>;
    /// 0.
    const ZERO: Self::Total;
    /// 1.
    const ONE: Self::Total;
    /// Widens.
    fn widen(self) -> Self::Total;
    /// Rounds.
    fn round(total: Self::Total) -> Self;
}

macro_rules! totals {
    ($($t:ty => $w:ty, $zero:expr, $one:expr, |$x:ident| $up:expr, |$y:ident| $down:expr;)*) => { $(impl Total for $t {
        type Total = $w;
        const ZERO: $w = $zero;
        const ONE: $w = $one;
        #[inline(always)]
        fn widen(self) -> $w { let $x = self; $up }
        #[inline(always)]
        fn round($y: $w) -> $t { $down }
    })* };
}
totals! {
    f16 => f32, 0.0, 1.0, |x| x.up(), |y| f16::down(y);
    bf16 => f32, 0.0, 1.0, |x| x.up(), |y| bf16::down(y);
    f32 => f64, 0.0, 1.0, |x| x as f64, |y| y as f32;
    f64 => f64, 0.0, 1.0, |x| x, |y| y;
    Complex<f32> => Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), |x| Complex::new(x.re as f64, x.im as f64), |y| Complex::new(y.re as f32, y.im as f32);
    Complex<f64> => Complex<f64>, Complex::new(0.0, 0.0), Complex::new(1.0, 0.0), |x| x, |y| y;
}

macro_rules! integer_totals {
    ($($t:ty),*) => { $(impl Total for $t {
        type Total = std::num::Wrapping<i64>;
        const ZERO: Self::Total = std::num::Wrapping(0);
        const ONE: Self::Total = std::num::Wrapping(1);
        #[inline(always)]
        fn widen(self) -> Self::Total { std::num::Wrapping(self as i64) }
        #[inline(always)]
        fn round(total: Self::Total) -> $t { total.0 as $t }
    })* };
}
integer_totals!(u8, i8, i16, i32, i64, u16, u32, u64);

impl Total for bool {
    type Total = std::num::Wrapping<i64>;
    const ZERO: Self::Total = std::num::Wrapping(0);
    const ONE: Self::Total = std::num::Wrapping(1);
    fn widen(self) -> Self::Total {
        std::num::Wrapping(self as i64)
    }
    fn round(total: Self::Total) -> bool {
        total.0 != 0
    }
}

macro_rules! scanners {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)*] $acc:ty, $start:expr, |$a:ident, $x:ident| $step:expr, |$y:ident| $finish:expr;)*) => { $(
        $(#[$doc])*
        pub struct $name<T>(std::marker::PhantomData<T>);
        impl<T> Default for $name<T> {
            fn default() -> Self { $name(std::marker::PhantomData) }
        }
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self { *self }
        }
        impl<T> Copy for $name<T> {}
        impl<T: $($bound)*> Scanner for $name<T> {
            type T = T;
            type Acc = $acc;
            #[inline(always)]
            fn start(self) -> $acc { $start }
            #[inline(always)]
            fn step(self, $a: $acc, $x: T) -> $acc { $step }
            #[inline(always)]
            fn finish(self, $y: $acc) -> T { $finish }
        }
    )* };
}

scanners! {
    /// The sum so far.
    RunningSum [Total] T::Total, T::ZERO, |a, x| a + x.widen(), |y| T::round(y);
    /// The product so far.
    RunningProduct [Total] T::Total, T::ONE, |a, x| a * x.widen(), |y| T::round(y);
    /// ln of the sum of e^x so far.
    LogSum [ScanFloat] f64, f64::NEG_INFINITY, |a, x| log_add(a, x.to_f64()), |y| T::of_f64(y);
    /// ln of the sum of e^x so far, of complex numbers.
    ComplexLogSum [Total<Total = Complex<f64>>] Complex<f64>, Complex::new(f64::NEG_INFINITY, 0.0), |a, x| complex_log_add(a, x.widen()), |y| T::round(y);
}

/// A real floating type.
pub trait ScanFloat: Element {
    /// Exactly.
    fn to_f64(self) -> f64;
    /// Rounded.
    fn of_f64(x: f64) -> Self;
}

macro_rules! scan_float {
    ($($t:ty),*) => { $(impl ScanFloat for $t {
        #[inline(always)]
        fn to_f64(self) -> f64 { self.up() as f64 }
        #[inline(always)]
        fn of_f64(x: f64) -> $t { <$t>::down(x as _) }
    })* };
}
scan_float!(f16, bf16, f32, f64);

/// ln(e^a + e^b).
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if low == high && high.is_infinite() {
        high
    } else {
        high + (low - high).exp().ln_1p()
    }
}

/// ln(e^a + e^b) near the operand with the larger real part, whose number of turns it keeps.
fn complex_log_add(a: Complex<f64>, b: Complex<f64>) -> Complex<f64> {
    let (low, high) = if a.re < b.re { (a, b) } else { (b, a) };
    if a.is_nan() || b.is_nan() {
        return Complex::new(f64::NAN, f64::NAN);
    }
    if low.re == high.re && high.re.is_infinite() {
        return high;
    }
    let z = Complex::from_polar((low.re - high.re).exp(), low.im - high.im);
    let log1p = Complex::new(0.5 * (z.re * (2.0 + z.re) + z.im * z.im).ln_1p(), z.im.atan2(1.0 + z.re));
    high + log1p
}
