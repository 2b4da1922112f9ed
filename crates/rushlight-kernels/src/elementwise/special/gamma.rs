//! The gamma function and its kin: digamma, polygamma, Hurwitz zeta, the incomplete gamma functions.

use std::f64::consts::PI;

/// ln |Gamma(x)|, infinite at the poles.
pub fn lgamma(x: f64) -> f64 {
    if x.is_infinite() || (x <= 0.0 && x == x.floor()) { f64::INFINITY } else { libm::lgamma(x) }
}

/// Digamma by recurrence to x >= 10 and the asymptotic series.
pub fn digamma(mut x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        let fraction = x.fract();
        return digamma(1.0 - x) - PI / (PI * fraction).tan();
    }
    let mut result = 0.0;
    while x < 10.0 {
        result -= 1.0 / x;
        x += 1.0;
    }
    if x == 10.0 {
        return result + 2.251_752_589_066_721;
    }
    let z = 1.0 / (x * x);
    let series = [
        8.333_333_333_333_333e-2,
        -2.109_279_609_279_609_3e-2,
        7.575_757_575_757_576e-3,
        -4.166_666_666_666_667e-3,
        3.968_253_968_253_968e-3,
        -8.333_333_333_333_333e-3,
        8.333_333_333_333_333e-2,
    ];
    let tail = if x < 1e17 { z * series.iter().fold(0.0, |acc, &k| acc * z + k) } else { 0.0 };
    result + x.ln() - 0.5 / x - tail
}

/// The n-th derivative of digamma through the Hurwitz zeta function.
pub fn polygamma(n: u32, x: f64) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    let sign = if n % 2 == 1 { 1.0 } else { -1.0 };
    sign * libm::lgamma(n as f64 + 1.0).exp() * zeta(n as f64 + 1.0, x)
}

/// Trigamma below 1/2, where the zeta function is not defined.
pub trait Trigamma {
    /// `pi^2 / sin^2(pi x) - trigamma(1 - x)`; the sine is taken in the type itself, so that poles are as high as PyTorch's.
    fn trigamma_reflected(self) -> Self;
}
macro_rules! trigamma {
    ($($t:ident),*) => { $(impl Trigamma for $t {
        fn trigamma_reflected(self) -> $t {
            let ratio = std::$t::consts::PI / (std::$t::consts::PI * self).sin();
            ratio * ratio - polygamma(1, 1.0 - self as f64) as $t
        }
    })* };
}
trigamma!(f32, f64);

/// Hurwitz zeta: direct terms, then Euler-Maclaurin.
pub fn zeta(x: f64, q: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    if x < 1.0 {
        return f64::NAN;
    }
    if q <= 0.0 {
        if q == q.floor() {
            return f64::INFINITY;
        }
        if x != x.floor() {
            return f64::NAN;
        }
    }
    let (mut s, mut a, mut i) = (q.powf(-x), q, 0);
    while i < 9 || a <= 9.0 {
        i += 1;
        a += 1.0;
        let b = a.powf(-x);
        s += b;
        if (b / s).abs() < f64::EPSILON / 2.0 {
            return s;
        }
    }
    let w = a;
    let mut b = a.powf(-x);
    s += b * w / (x - 1.0) - 0.5 * b;
    let mut factor = 1.0;
    let mut k = 0.0;
    const BERNOULLI: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1209600.0,
        47900160.0,
        -1.892_437_580_318_379e9,
        7.47242496e10,
        -2.950_130_727_918_164e12,
        1.1646782814350067e14,
        -4.597_978_722_407_472e15,
        1.815_210_540_194_354_6e17,
        -7.1661652561756670113e18,
    ];
    for d in BERNOULLI {
        factor *= x + k;
        b /= w;
        let t = factor * b / d;
        s += t;
        if (t / s).abs() < f64::EPSILON / 2.0 {
            return s;
        }
        k += 1.0;
        factor *= x + k;
        b /= w;
        k += 1.0;
    }
    s
}

/// Regularised lower incomplete gamma function P(a, x).
pub fn igamma(a: f64, x: f64) -> f64 {
    match incomplete_gamma_limits(a, x, 0.0) {
        Some(v) => v,
        None if x > 1.0 && x > a => 1.0 - gamma_fraction(a, x),
        None => gamma_series(a, x),
    }
}

/// Regularised upper incomplete gamma function Q(a, x).
pub fn igammac(a: f64, x: f64) -> f64 {
    match incomplete_gamma_limits(a, x, 1.0) {
        Some(v) => v,
        None if x < 1.0 || x <= a => 1.0 - gamma_series(a, x),
        None => gamma_fraction(a, x),
    }
}

/// Values at the edges; `at_zero` is the value at x = 0.
fn incomplete_gamma_limits(a: f64, x: f64, at_zero: f64) -> Option<f64> {
    if x < 0.0 || a < 0.0 || a.is_nan() || x.is_nan() {
        return Some(f64::NAN);
    }
    match (a == 0.0, x == 0.0) {
        (true, true) => return Some(f64::NAN),
        (true, false) => return Some(1.0 - at_zero),
        (false, true) => return Some(at_zero),
        _ => {}
    }
    match (a.is_infinite(), x.is_infinite()) {
        (true, true) => Some(f64::NAN),
        (true, false) => Some(at_zero),
        (false, true) => Some(1.0 - at_zero),
        _ => None,
    }
}

/// x^a e^-x / Gamma(a), in logarithms.
fn gamma_prefactor(a: f64, x: f64) -> f64 {
    (a * x.ln() - x - libm::lgamma(a)).exp()
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut r) = (1.0, 1.0, a);
    for _ in 0..20_000 {
        r += 1.0;
        term *= x / r;
        sum += term;
        if term <= sum * 1e-17 {
            break;
        }
    }
    gamma_prefactor(a, x) * sum / a
}

/// Lentz's evaluation of the continued fraction of Q.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..20_000 {
        let an = -(i as f64) * (i as f64 - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < tiny { tiny } else { d };
        c = b + an / c;
        c = if c.abs() < tiny { tiny } else { c };
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
    }
    gamma_prefactor(a, x) * h
}
