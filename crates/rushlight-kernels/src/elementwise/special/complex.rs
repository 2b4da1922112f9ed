//! Complex functions with the branch cuts and limits of C99.

use num_complex::Complex;

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
