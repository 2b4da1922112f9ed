//! The error function, its inverse, and the normal distribution.

use std::f64::consts::PI;

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
