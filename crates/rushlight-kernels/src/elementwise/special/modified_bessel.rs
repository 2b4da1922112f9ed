//! Modified Bessel functions of the first kind.

use std::f64::consts::PI;

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
