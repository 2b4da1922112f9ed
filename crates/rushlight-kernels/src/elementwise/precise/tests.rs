//! Against the system's functions, whose own errors (up to 2 ULP for tanh and sinh, 1 for the others) the bounds include.

use super::*;

/// Largest error over [from, to], in units of the last place.
fn worst(from: f64, to: f64, f: impl Fn(f64) -> f64, system: impl Fn(f64) -> f64) -> f64 {
    (0..=200_000)
        .map(|i| {
            let x = from + (to - from) * (i as f64 / 200_000.0);
            let want = system(x).abs();
            (f(x).abs() - want).abs() / (f64::from_bits(want.to_bits() + 1) - want)
        })
        .fold(0.0, f64::max)
}

#[test]
fn functions_are_within_their_stated_errors() {
    for (from, to) in [(-1.0, 1.0), (-1e-3, 1e-3), (-18.0, 18.0)] {
        assert!(worst(from, to, exp_m1, f64::exp_m1) <= 2.1);
        assert!(worst(from, to, tanh, f64::tanh) <= 3.1);
        assert!(worst(from, to, sinh, f64::sinh) <= 3.1);
        assert!(worst(from, to, cosh, f64::cosh) <= 2.1);
        assert!(worst(from, to, erf, libm::erf) <= 2.1);
    }
    assert!(worst(-37.0, 709.7, exp_m1, f64::exp_m1) <= 2.1);
    assert!(worst(-710.4, 710.4, sinh, f64::sinh) <= 3.1 && worst(-710.4, 710.4, cosh, f64::cosh) <= 2.1);
    assert!(worst(-0.999, 3.0, ln_1p, f64::ln_1p) <= 2.1 && worst(-1e-3, 1e-3, ln_1p, f64::ln_1p) <= 2.1 && worst(1.0, 1e9, ln_1p, f64::ln_1p) <= 2.1);
    assert!(worst(-6.0, 1.0, erfc, libm::erfc) <= 6.1 && worst(0.5, 26.5, erfc, libm::erfc) <= 6.1);
    for y in [-300.5, -2.5, 0.3, 1.7, 7.0, 300.0] {
        assert!(worst(0.1, 9.0, |x| pow(x, y), |x| x.powf(y)) <= 2.0, "{y}");
        assert!(worst(-9.0, 9.0, |x| hypot(x, y), |x| x.hypot(y)) <= 2.1, "{y}");
    }
    assert!(worst(-60_000.0, 60_000.0, |y| pow(1.01, y), |y| 1.01f64.powf(y)) <= 2.0);
}

#[test]
fn special_operands_give_what_the_system_gives() {
    let numbers = [0.0, 0.5, 1.0, 2.0, 3.0, 5e-324, 1e-310, 1e-300, 1e300, 9_007_199_254_740_993.0, 710.0, 711.0, 745.2, 746.0, 800.0, f64::INFINITY, f64::NAN];
    let all: Vec<f64> = numbers.iter().flat_map(|&x| [x, -x]).collect();
    let same = |a: f64, b: f64, what: &str| {
        assert!(a.to_bits() == b.to_bits() || (a != a && b != b) || (a != 0.0 && (a - b).abs() <= 4.5e-16 * b.abs()), "{what}: {a} {b}")
    };
    for &x in &all {
        same(exp_m1(x), x.exp_m1(), &format!("exp_m1 {x}"));
        same(ln_1p(x), x.ln_1p(), &format!("ln_1p {x}"));
        same(tanh(x), x.tanh(), &format!("tanh {x}"));
        same(sinh(x), x.sinh(), &format!("sinh {x}"));
        same(cosh(x), x.cosh(), &format!("cosh {x}"));
        same(erf(x), libm::erf(x), &format!("erf {x}"));
        same(erfc(x), libm::erfc(x), &format!("erfc {x}"));
        for &y in &all {
            same(pow(x, y), x.powf(y), &format!("pow {x} {y}"));
            same(hypot(x, y), x.hypot(y), &format!("hypot {x} {y}"));
        }
    }
}
