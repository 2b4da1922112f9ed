//! Operands for the tests: random ones of every scalar type, awkward ones, and products to check identities with.
#![allow(dead_code)]

use num_complex::Complex;
use rushlight_linalg::{Real, Scalar};

/// Runs a generic test for the four scalar types.
#[macro_export]
macro_rules! for_every_scalar {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test] fn f32() { super::check::$test::<f32>() }
            #[test] fn f64() { super::check::$test::<f64>() }
            #[test] fn complex32() { super::check::$test::<num_complex::Complex<f32>>() }
            #[test] fn complex64() { super::check::$test::<num_complex::Complex<f64>>() }
        }
    )+};
}

/// Uniform numbers in (-1, 1) from Knuth's linear congruential generator.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// A scalar type that tests can make from two doubles.
pub trait Sample: Scalar {
    fn sample(re: f64, im: f64) -> Self;
}

impl Sample for f32 {
    fn sample(re: f64, _: f64) -> Self {
        re as f32
    }
}

impl Sample for f64 {
    fn sample(re: f64, _: f64) -> Self {
        re
    }
}

impl Sample for Complex<f32> {
    fn sample(re: f64, im: f64) -> Self {
        Self::new(re as f32, im as f32)
    }
}

impl Sample for Complex<f64> {
    fn sample(re: f64, im: f64) -> Self {
        Self::new(re, im)
    }
}

pub fn random<T: Sample>(count: usize, seed: u64) -> Vec<T> {
    let mut numbers = Numbers::new(seed);
    (0..count).map(|_| T::sample(numbers.next(), numbers.next())).collect()
}

/// `a` (m x k) times `b` (k x n).
pub fn product<T: Scalar>(a: &[T], b: &[T], m: usize, k: usize, n: usize) -> Vec<T> {
    let mut c = vec![T::ZERO; m * n];
    for i in 0..m {
        for l in 0..k {
            for j in 0..n {
                c[i * n + j] += a[i * k + l] * b[l * n + j];
            }
        }
    }
    c
}

pub fn adjoint<T: Scalar>(a: &[T], m: usize, n: usize) -> Vec<T> {
    (0..m * n).map(|at| a[(at % m) * n + at / m].conj()).collect()
}

pub fn identity<T: Scalar>(n: usize) -> Vec<T> {
    (0..n * n).map(|at| if at / n == at % n { T::ONE } else { T::ZERO }).collect()
}

/// `A A^H + n I`.
pub fn positive_definite<T: Sample>(n: usize, seed: u64) -> Vec<T> {
    let a: Vec<T> = random(n * n, seed);
    let mut spd = product(&a, &adjoint(&a, n, n), n, n, n);
    for i in 0..n {
        spd[i * n + i] += T::sample(1.0 + n as f64, 0.0);
    }
    spd
}

pub fn hermitian<T: Sample>(n: usize, seed: u64) -> Vec<T> {
    let a: Vec<T> = random(n * n, seed);
    adjoint(&a, n, n).iter().zip(&a).map(|(&x, &y)| x + y).collect()
}

/// Square matrices that trip careless iterations.
pub fn awkward<T: Sample>(n: usize) -> Vec<Vec<T>> {
    let build = |entry: &dyn Fn(usize, usize) -> f64| -> Vec<T> { (0..n * n).map(|at| T::sample(entry(at / n, at % n), 0.0)).collect() };
    vec![
        build(&|_, _| 0.0),
        build(&|_, _| 1.0),
        build(&|i, j| f64::from(i == j)),
        build(&|i, j| f64::from(j == (i + 1) % n)),
        build(&|i, j| f64::from(j == i + 1)),
        build(&|i, j| f64::from(i == j) * 3.0 + f64::from(j == i + 1)),
        build(&|i, j| {
            if i == j { 10f64.powi(-(2 * i as i32)) } else { f64::from(j == i + 1) * 1e-3 }
        }),
        build(&|i, j| 1.0 / (i + j + 1) as f64),
        build(&|i, j| f64::from(i.abs_diff(j) == 1)),
        build(&|i, j| {
            if i.abs_diff(j) == 1 { 1.0 } else { f64::from(i == j) * (i as f64 - n as f64 / 2.0).abs() }
        }),
        build(&|i, j| {
            if (i + j) % 2 == 0 { 1e-30 } else { -1e-30 * (1.0 + i as f64) }
        }),
        build(&|i, j| {
            if i > j { 1e30 / (1 + i - j) as f64 } else { 1e30 * ((i * 7 + j * 3) % 5) as f64 }
        }),
        build(&|i, j| if i < 2 { 0.0 } else { (i * n + j) as f64 }),
    ]
}

/// Asserts `|x - y| <= tolerance * epsilon * max(|x|, |y|)` in the maximum norm.
#[track_caller]
pub fn assert_close<T: Scalar>(x: &[T], y: &[T], tolerance: f64, what: &str) {
    assert_eq!(x.len(), y.len(), "{what}: lengths");
    let largest = x.iter().chain(y).fold(T::Real::ZERO, |m, v| Real::max(m, v.modulus()));
    let bound = T::Real::from_f64(tolerance) * T::Real::EPSILON * largest;
    for (i, (&a, &b)) in x.iter().zip(y).enumerate() {
        assert!((a - b).modulus() <= bound, "{what}: entry {i}: {a:?} and {b:?} differ by more than {bound:?}");
    }
}
