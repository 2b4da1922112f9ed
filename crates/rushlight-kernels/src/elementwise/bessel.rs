//! Bessel functions of the second kind, modified and scaled, and the Airy function.
//!
//! From |x| = 2 on, all of them come from one continued fraction (Temme, "On the numerical evaluation of the modified
//! Bessel function of the third kind", 1975, in the form of Thompson and Barnett); below, from power series.

use super::special::{i0, i1};
use num_complex::Complex;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};

/// Euler's constant.
const GAMMA: f64 = 0.577_215_664_901_532_9;
/// Ai(0) and -Ai'(0).
const AIRY: [f64; 2] = [0.355_028_053_887_817_24, 0.258_819_403_792_806_8];

/// `e^z K(z)` of order `nu` between -1/2 and 1/2 and of order `nu + 1`, for |z| >= 2 and Re z >= 0.
fn scaled_k(nu: f64, z: Complex<f64>) -> [Complex<f64>; 2] {
    let first = 0.25 - nu * nu;
    let (mut a, mut b) = (-first, 2.0 * (z + 1.0));
    let mut d = b.inv();
    let (mut h, mut step) = (d, d);
    let (mut before, mut now, mut c) = (Complex::from(0.0), Complex::from(1.0), Complex::from(first));
    let mut q = c;
    let mut s = 1.0 + q * step;
    for i in 2..500 {
        a -= 2.0 * (i - 1) as f64;
        c = -a * c / i as f64;
        (before, now) = (now, (before - b * now) / a);
        q += c * now;
        b += 2.0;
        d = (b + a * d).inv();
        step *= b * d - 1.0;
        h += step;
        s += q * step;
        if (q * step).norm() < 1e-17 * s.norm() {
            break;
        }
    }
    let k = (FRAC_PI_2 / z).sqrt() / s;
    [k, k * (nu + 0.5 + z - first * h) / z]
}

/// K of order 0 or 1, times e^x where `scaled`.
fn modified_k(order: usize, x: f64, scaled: bool) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::INFINITY;
    }
    if x.is_infinite() {
        return 0.0;
    }
    if x >= 2.0 {
        let k = scaled_k(0.0, x.into())[order].re;
        return if scaled { k } else { k * (-x).exp() };
    }
    let k0 = k0_series(x);
    // I0 K1 + I1 K0 = 1 / x
    let k = if order == 0 { k0 } else { (1.0 / x - i1(x) * k0) / i0(x) };
    if scaled { k * x.exp() } else { k }
}

/// `-(ln(x / 2) + gamma) I0(x) + sum (x^2 / 4)^k / k!^2 (1 + 1/2 + ... + 1/k)` (A&S 9.6.13).
fn k0_series(x: f64) -> f64 {
    let q = x * x / 4.0;
    let (mut term, mut harmonic, mut sum) = (1.0, 0.0, 0.0);
    for k in 1..30 {
        term *= q / (k * k) as f64;
        harmonic += 1.0 / k as f64;
        sum += term * harmonic;
    }
    sum - ((x / 2.0).ln() + GAMMA) * i0(x)
}

/// K0(x).
pub fn k0(x: f64) -> f64 {
    modified_k(0, x, false)
}

/// K1(x).
pub fn k1(x: f64) -> f64 {
    modified_k(1, x, false)
}

/// e^x K0(x).
pub fn k0e(x: f64) -> f64 {
    modified_k(0, x, true)
}

/// e^x K1(x).
pub fn k1e(x: f64) -> f64 {
    modified_k(1, x, true)
}

/// Ai(x); not-a-number at infinity, as in PyTorch.
pub fn airy_ai(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let size = x.abs();
    if size < 2.09 {
        return airy_series(x);
    }
    // A third order Bessel function of zeta, of an imaginary number where x is negative (A&S 10.4.14 and 15).
    let zeta = size * size.sqrt() * 2.0 / 3.0;
    let root = (size / 3.0).sqrt();
    if x > 0.0 {
        return root / PI * scaled_k(1.0 / 3.0, zeta.into())[0].re * (-zeta).exp();
    }
    root * FRAC_2_PI * (scaled_k(1.0 / 3.0, Complex::new(0.0, -zeta))[0] * Complex::cis(zeta)).im
}

/// `Ai(0) f(x) + Ai'(0) g(x)` (A&S 10.4.2).
fn airy_series(x: f64) -> f64 {
    let cube = x * x * x;
    let (mut f, mut g, mut sums) = (1.0, x, [1.0, x]);
    for k in 1..30 {
        let n = (3 * k) as f64;
        f *= cube / (n * (n - 1.0));
        g *= cube / (n * (n + 1.0));
        sums = [sums[0] + f, sums[1] + g];
    }
    AIRY[0] * sums[0] - AIRY[1] * sums[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 4e-15 * want.abs().max(1e-3), "{got} instead of {want}");
    }

    #[test]
    fn values_of_the_tables() {
        near(k0(0.1), 2.427_069_024_702_016_6);
        near(k0(2.0), 0.113_893_872_749_533_43);
        near(k1(1.0), 0.601_907_230_197_234_6);
        near(k1(5.0), 0.004_044_613_445_452_164);
        near(k0e(30.0), 0.227_886_665_616_253_73);
        near(k1e(0.5), 2.731_009_708_211_785_8);
        near(airy_ai(1.0), 0.135_292_416_312_881_4);
        near(airy_ai(3.0), 0.006_591_139_357_460_719);
        near(airy_ai(-1.0), 0.535_560_883_292_352_2);
        near(airy_ai(-5.0), 0.350_761_009_024_114_2);
    }

    #[test]
    fn both_forms_meet() {
        for (f, x) in [(k0 as fn(f64) -> f64, 2.0f64), (k1, 2.0), (airy_ai, 2.09), (airy_ai, -2.09)] {
            near(f(f64::from_bits(x.to_bits() - 1)), f(x));
        }
        assert!(k0(0.0).is_infinite() && k1(-1.0).is_nan() && k0(f64::INFINITY) == 0.0 && airy_ai(200.0) == 0.0);
    }
}
