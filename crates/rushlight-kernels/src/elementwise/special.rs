//! Special functions in float64, and complex functions with the branch cuts and limits of C99.
//!
//! Series and recurrences follow Abramowitz & Stegun and the Cephes library (Moshier).

use num_complex::Complex;
use std::f64::consts::PI;

/// A float64 constant in the type a formula computes in.
#[inline(always)]
pub fn constant<T: FromF64>(_like: T, value: f64) -> T {
    T::from_f64(value)
}

/// Types a float64 constant rounds to.
pub trait FromF64: Copy {
    /// Rounds to nearest.
    fn from_f64(value: f64) -> Self;
}
impl FromF64 for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}
impl FromF64 for f64 {
    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// The neighbour of a number in a direction.
pub trait NextAfter {
    /// C's nextafter.
    fn next_after(self, toward: Self) -> Self;
}
impl NextAfter for f32 {
    fn next_after(self, toward: f32) -> f32 {
        libm::nextafterf(self, toward)
    }
}
impl NextAfter for f64 {
    fn next_after(self, toward: f64) -> f64 {
        libm::nextafter(self, toward)
    }
}

/// Rounds to a number of decimals, ties to even.
pub fn round_decimals(x: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals.abs());
    if decimals >= 0 { (x * scale).round_ties_even() / scale } else { (x / scale).round_ties_even() * scale }
}

/// Floor division as Python defines it.
pub fn div_floor(a: f64, b: f64) -> f64 {
    if b == 0.0 {
        return a / b;
    }
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

/// Integer power with wrap-around; negative exponents give 0, or ±1 for base ±1.
pub fn pow_signed(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 => {
                if exponent % 2 == 0 {
                    1
                } else {
                    -1
                }
            }
            _ => 0,
        };
    }
    pow_unsigned(base as u64, exponent as u64) as i64
}

/// Integer power with wrap-around.
pub fn pow_unsigned(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1u64;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

/// Greatest common divisor.
pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Least common multiple; 0 when either is 0.
pub fn lcm(a: u64, b: u64) -> u64 {
    if a == 0 || b == 0 { 0 } else { (a / gcd(a, b)).wrapping_mul(b) }
}

/// Inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// Inverse hyperbolic cosine.
pub fn acosh(x: f64) -> f64 {
    libm::acosh(x)
}

/// Inverse hyperbolic tangent.
pub fn atanh(x: f64) -> f64 {
    libm::atanh(x)
}

/// ln |Gamma(x)|, infinite at the poles.
pub fn lgamma(x: f64) -> f64 {
    if x.is_infinite() || (x <= 0.0 && x == x.floor()) { f64::INFINITY } else { libm::lgamma(x) }
}

/// Inverse error function: a rational start (Giles 2012) refined by two Newton steps.
pub fn erfinv(x: f64) -> f64 {
    if x.abs() >= 1.0 || x.is_nan() {
        return if x == 1.0 {
            f64::INFINITY
        } else if x == -1.0 {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        };
    }
    let w = -((1.0 - x) * (1.0 + x)).ln();
    let (c, t): (&[f64], f64) = if w < 5.0 {
        (&[2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941], w - 2.5)
    } else {
        (&[-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682], w.sqrt() - 3.0)
    };
    let mut y = c.iter().fold(0.0, |acc, &k| acc * t + k) * x;
    for _ in 0..2 {
        let error = if y.abs() < 2.0 { libm::erf(y) - x } else { (libm::erfc(-y) - 1.0) - x };
        let error = if y > 2.0 {
            (1.0 - x) - libm::erfc(y)
        } else if y < -2.0 {
            libm::erfc(-y) - (1.0 + x)
        } else {
            error
        };
        let step = error / (2.0 / PI.sqrt() * (-y * y).exp());
        y -= step / (1.0 + y * step);
    }
    y
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

/// Replaces NaN, infinity and minus infinity by the three parameters.
#[inline(always)]
pub fn nan_to_num<T: FromF64 + Into<f64>>(x: T, p: &super::driver::Params) -> T {
    match x.into() {
        v if v.is_nan() => T::from_f64(p.0[0]),
        f64::INFINITY => T::from_f64(p.0[1]),
        f64::NEG_INFINITY => T::from_f64(p.0[2]),
        _ => x,
    }
}

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

/// Sums the power series sum (x^2/4)^k / (k! (k + order)!).
fn bessel_series(x: f64, order: f64) -> f64 {
    let q = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= q / (k * (k + order));
        sum += term;
        k += 1.0;
    }
    sum
}

/// The asymptotic series of e^-x I_order(x) for large x (A&S 9.7.1).
fn bessel_asymptotic(x: f64, order: f64) -> f64 {
    let mu = 4.0 * order * order;
    let (mut term, mut sum) = (1.0, 1.0f64);
    for k in 1..60 {
        let odd = (2 * k - 1) as f64;
        let next = -term * (mu - odd * odd) / (k as f64 * 8.0 * x);
        if next.abs() > f64::abs(term) || next.abs() < 1e-17 * sum.abs() {
            break;
        }
        term = next;
        sum += term;
    }
    sum / (2.0 * PI * x).sqrt()
}

/// e^-|x| I0(x).
pub fn i0e(x: f64) -> f64 {
    let a = x.abs();
    if a.is_infinite() {
        0.0
    } else if a < 30.0 {
        bessel_series(a, 0.0) * (-a).exp()
    } else if a.is_nan() {
        a
    } else {
        bessel_asymptotic(a, 0.0)
    }
}

/// I0(x).
pub fn i0(x: f64) -> f64 {
    let a = x.abs();
    if a < 30.0 {
        bessel_series(a, 0.0)
    } else if a.is_infinite() {
        a
    } else {
        (a / 2.0).exp() * i0e(a) * (a / 2.0).exp()
    }
}

/// e^-|x| I1(x).
pub fn i1e(x: f64) -> f64 {
    let a = x.abs();
    let y = if a.is_infinite() {
        0.0
    } else if a < 30.0 {
        a / 2.0 * bessel_series(a, 1.0) * (-a).exp()
    } else if a.is_nan() {
        a
    } else {
        bessel_asymptotic(a, 1.0)
    };
    if x < 0.0 { -y } else { y }
}

/// I1(x).
pub fn i1(x: f64) -> f64 {
    let a = x.abs();
    let y = if a < 30.0 {
        a / 2.0 * bessel_series(a, 1.0)
    } else if a.is_infinite() {
        a
    } else {
        (a / 2.0).exp() * i1e(a) * (a / 2.0).exp()
    };
    if x < 0.0 { -y } else { y }
}

/// Inverse of the standard normal distribution function.
pub fn ndtri(p: f64) -> f64 {
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.01 && p < 0.99 {
        return std::f64::consts::SQRT_2 * erfinv(2.0 * p - 1.0);
    }
    // Tails: Newton on ln of the distribution function from the asymptotic start.
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let mut x = -(t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1.0 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t));
    for _ in 0..4 {
        let cdf = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        let pdf = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        x -= (cdf.ln() - tail.ln()) * cdf / pdf;
    }
    if p < 0.5 { x } else { -x }
}

/// ln of the standard normal distribution function.
pub fn log_ndtr(x: f64) -> f64 {
    let t = x * std::f64::consts::FRAC_1_SQRT_2;
    if x < -1.0 { (erfcx(-t) / 2.0).ln() - t * t } else { (-libm::erfc(t) / 2.0).ln_1p() }
}

/// e^(x^2) erfc(x): directly where that is safe, else by its continued fraction.
pub fn erfcx(x: f64) -> f64 {
    if x < 2.0 {
        return if x < -26.7 { f64::INFINITY } else { (x * x).exp() * libm::erfc(x) };
    }
    if x > 1e8 {
        return 1.0 / (x * PI.sqrt());
    }
    let terms = (200.0 / x) as i32 + 20;
    let mut f = x;
    for k in (1..=terms).rev() {
        f = x + (k as f64 / 2.0) / f;
    }
    1.0 / (f * PI.sqrt())
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

macro_rules! complex_functions {
    ($($(#[$doc:meta])* $name:ident = |$z:ident| $body:expr;)*) => { $(
        $(#[$doc])*
        #[inline]
        pub fn $name<T: Wide>($z: Complex<T>) -> Complex<T> {
            let $z = T::up($z);
            T::down($body)
        }
    )* };
}

/// Complex functions compute in float64 whatever their type.
pub trait Wide: Copy {
    /// To float64.
    fn up(z: Complex<Self>) -> Complex<f64>;
    /// From float64.
    fn down(z: Complex<f64>) -> Complex<Self>;
}
impl Wide for f32 {
    fn up(z: Complex<f32>) -> Complex<f64> {
        Complex::new(z.re as f64, z.im as f64)
    }
    fn down(z: Complex<f64>) -> Complex<f32> {
        Complex::new(z.re as f32, z.im as f32)
    }
}
impl Wide for f64 {
    fn up(z: Complex<f64>) -> Complex<f64> {
        z
    }
    fn down(z: Complex<f64>) -> Complex<f64> {
        z
    }
}

fn exp64(z: Complex<f64>) -> Complex<f64> {
    if z.im == 0.0 {
        return Complex::new(z.re.exp(), z.im);
    }
    if z.re == f64::NEG_INFINITY && !z.im.is_finite() {
        return Complex::new(0.0, 0.0);
    }
    z.exp()
}

fn ln64(z: Complex<f64>) -> Complex<f64> {
    Complex::new(z.re.hypot(z.im).ln(), z.im.atan2(z.re))
}

fn asinh64(z: Complex<f64>) -> Complex<f64> {
    // Through the odd symmetry, so that no cancellation happens for negative real parts.
    if z.re < 0.0 || (z.re == 0.0 && z.re.is_sign_negative()) {
        return -asinh64(-z);
    }
    let one = Complex::new(1.0, 0.0);
    ln64(z + (z * z + one).sqrt())
}

fn atanh64(z: Complex<f64>) -> Complex<f64> {
    let one = Complex::new(1.0, 0.0);
    let half_log = (log1p64(z) - log1p64(-z)) * 0.5;
    if z == one { Complex::new(f64::INFINITY, 0.0) } else { half_log }
}

fn log1p64(z: Complex<f64>) -> Complex<f64> {
    let (x, y) = (z.re, z.im);
    let re = if x.hypot(y) < 0.5 { 0.5 * (x * (2.0 + x) + y * y).ln_1p() } else { (x + 1.0).hypot(y).ln() };
    Complex::new(re, y.atan2(x + 1.0))
}

fn tanh64(z: Complex<f64>) -> Complex<f64> {
    if z.re.abs() > 20.0 {
        return Complex::new(1f64.copysign(z.re), 4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp());
    }
    let (t, s) = (z.im.tan(), z.re.sinh());
    let (beta, rho) = (1.0 + t * t, (1.0 + s * s).sqrt());
    let d = 1.0 + beta * s * s;
    Complex::new(beta * rho * s / d, t / d)
}

/// Rotates by -i after applying to i z: turns hyperbolic into circular functions.
fn circular(z: Complex<f64>, f: impl Fn(Complex<f64>) -> Complex<f64>) -> Complex<f64> {
    let w = f(Complex::new(-z.im, z.re));
    Complex::new(w.im, -w.re)
}

fn acos64(z: Complex<f64>) -> Complex<f64> {
    let one = Complex::new(1.0, 0.0);
    let (a, b) = ((one - z).sqrt(), (one + z).sqrt());
    Complex::new(2.0 * a.re.atan2(b.re), (b.conj() * a).im.asinh())
}

fn acosh64(z: Complex<f64>) -> Complex<f64> {
    let one = Complex::new(1.0, 0.0);
    let (a, b) = ((z - one).sqrt(), (z + one).sqrt());
    Complex::new((a.conj() * b).re.asinh(), 2.0 * a.im.atan2(b.re))
}

complex_functions! {
    /// e^z.
    complex_exp = |z| exp64(z);
    /// e^z - 1 without cancellation.
    complex_expm1 = |z| { let s = (z.im / 2.0).sin(); Complex::new(z.re.exp_m1() * z.im.cos() - 2.0 * s * s, z.re.exp() * z.im.sin()) };
    /// Principal logarithm.
    complex_ln = |z| ln64(z);
    /// ln(1 + z).
    complex_log1p = |z| log1p64(z);
    /// Tangent.
    complex_tan = |z| circular(z, tanh64);
    /// Hyperbolic tangent.
    complex_tanh = |z| tanh64(z);
    /// Inverse hyperbolic sine.
    complex_asinh = |z| asinh64(z);
    /// Inverse hyperbolic cosine.
    complex_acosh = |z| acosh64(z);
    /// Inverse hyperbolic tangent.
    complex_atanh = |z| atanh64(z);
    /// Inverse sine.
    complex_asin = |z| circular(z, asinh64);
    /// Inverse cosine.
    complex_acos = |z| acos64(z);
    /// Inverse tangent.
    complex_atan = |z| circular(z, atanh64);
}

/// a / b without overflow of the intermediate squares.
pub fn complex_div<T: Wide>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let (a, b) = (T::up(a), T::up(b));
    if b.re == 0.0 && b.im == 0.0 {
        return T::down(Complex::new(a.re / b.re, a.im / b.re));
    }
    let scale = b.re.abs().max(b.im.abs());
    let (c, d) = (b.re / scale, b.im / scale);
    let norm = (c * c + d * d) * scale;
    T::down(Complex::new((a.re * c + a.im * d) / norm, (a.im * c - a.re * d) / norm))
}

/// ln(e^a + e^b) from the operand of the larger real part.
pub fn complex_logaddexp<T: Wide>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let (a, b) = (T::up(a), T::up(b));
    if a.is_nan() || b.is_nan() {
        return T::down(Complex::new(f64::NAN, f64::NAN));
    }
    let (low, high) = if a.re < b.re { (a, b) } else { (b, a) };
    if !high.re.is_finite() {
        return T::down(if high.re == low.re && high.re > 0.0 { ln64(exp64(low) + exp64(high)) } else { high });
    }
    T::down(log1p64(exp64(low - high)) + high)
}

/// a^b on the principal branch.
pub fn complex_pow<T: Wide>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let (a, b) = (T::up(a), T::up(b));
    if b.re == 0.0 && b.im == 0.0 {
        return T::down(Complex::new(1.0, 0.0));
    }
    if a.re == 0.0 && a.im == 0.0 {
        return T::down(if b.re > 0.0 { Complex::new(0.0, 0.0) } else { Complex::new(f64::NAN, f64::NAN) });
    }
    if b.im == 0.0 && b.re == b.re.trunc() && b.re.abs() <= 64.0 {
        return T::down(a.powi(b.re as i32));
    }
    T::down(exp64(ln64(a) * b))
}
