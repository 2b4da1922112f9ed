use super::*;

/// Largest error in units of the last place of the exact result over [from, to].
fn worst(from: f32, to: f32, f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> f64 {
    (0..=200_000)
        .map(|i| {
            let x = from + (to - from) * (i as f32 / 200_000.0);
            let want = exact(x as f64);
            let ulp = ((want.abs() as f32).to_bits() + 1) as i64 - (want.abs() as f32).to_bits() as i64;
            let size = (f32::from_bits((want.abs() as f32).to_bits() + ulp as u32) - want.abs() as f32) as f64;
            (f(x) as f64 - want).abs() / size.max(f32::MIN_POSITIVE as f64 * f32::EPSILON as f64)
        })
        .fold(0.0, f64::max)
}

#[test]
fn float32_functions_are_within_their_stated_errors() {
    assert!(worst(-87.0, 88.0, exp32, f64::exp) < 2.0);
    assert!(worst(1e-30, 10.0, ln32, f64::ln) < 2.0);
    assert!(worst(-104.0, 88.7, exp_m1_32, f64::exp_m1) < 2.0 && worst(-1.0, 1.0, exp_m1_32, f64::exp_m1) < 2.0);
    assert!(worst(-1.0, 1e4, ln_1p_32, f64::ln_1p) < 3.0 && worst(-0.5, 0.5, ln_1p_32, f64::ln_1p) < 3.0);
    assert!(worst(-10.0, 10.0, tanh32, f64::tanh) < 3.0);
    assert!(worst(-5.0, 5.0, erf32, libm::erf) < 4.0);
}

/// The same in float64, where the system's function is exact enough.
fn worst64(from: f64, to: f64, f: impl Fn(f64) -> f64, exact: impl Fn(f64) -> f64) -> f64 {
    (0..=200_000)
        .map(|i| {
            let x = from + (to - from) * (i as f64 / 200_000.0);
            let want = exact(x);
            (f(x) - want).abs() / (f64::from_bits(want.abs().to_bits() + 1) - want.abs())
        })
        .fold(0.0, f64::max)
}

#[test]
fn functions_by_way_of_float64_are_within_their_stated_errors() {
    for (from, to) in [(-4.0, 4.0), (1e3, 1.1e3), (-1.04e6, 1.04e6)] {
        assert!(worst(from, to, Math::vsin, f64::sin) < 0.6 && worst(from, to, Math::vcos, f64::cos) < 0.6);
        assert!(worst64(from as f64, to as f64, Math::vsin, f64::sin) < 2.0 && worst64(from as f64, to as f64, Math::vcos, f64::cos) < 2.0);
        assert!(worst(from, to, Math::vtan, f64::tan) < 0.6 && worst(from, to, Math::vatan, f64::atan) < 0.6);
        assert!(worst64(from as f64, to as f64, Math::vatan, f64::atan) < 2.0);
    }
    assert!(worst(-1.0, 1.0, Math::vasin, f64::asin) < 0.6 && worst(-1.0, 1.0, Math::vacos, f64::acos) < 0.6);
    assert!(worst(-80.0, 80.0, Math::vsinh, f64::sinh) < 0.6 && worst(-1.5, 1.5, Math::vsinh, f64::sinh) < 0.6);
    assert!(worst(-80.0, 80.0, Math::vcosh, f64::cosh) < 0.6);
    assert!(worst64(1e-300, 10.0, Math::vln, f64::ln) < 2.0 && worst64(0.5, 2.0, Math::vln, f64::ln) < 2.0);
    for y in [-2.5f32, 0.3, 1.7, 7.0, 20.0] {
        assert!(worst(0.1, 9.0, |x| x.vpow(y), |x| x.powf(y as f64)) < 0.6, "{y}");
        assert!(worst(-9.0, 9.0, |x| x.vatan2(y), |x| x.atan2(y as f64)) < 0.6 && worst(-9.0, 9.0, |x| y.vatan2(x), |x| (y as f64).atan2(x)) < 0.6);
        assert!(worst64(-9.0, 9.0, |x| x.vatan2(y as f64), |x| x.atan2(y as f64)) < 2.0);
        assert!(worst(-9.0, 9.0, |x| x.vhypot(y), |x| x.hypot(y as f64)) < 0.6);
    }
}

#[test]
fn special_operands_give_what_the_system_gives() {
    let all = [0.0f32, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1e-40, -1e-40, 1e30, -1e30, 16_777_215.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    let same = |a: f64, b: f64, what: &str| {
        assert!(a.to_bits() == b.to_bits() || (a != a && b != b) || (a != 0.0 && (a - b).abs() <= 1e-6 * b.abs()), "{what}: {a} {b}")
    };
    for x in all {
        let one: [(&str, f32, f32); 7] = [
            ("atan", x.vatan(), x.atan()),
            ("asin", x.vasin(), x.asin()),
            ("acos", x.vacos(), x.acos()),
            ("sinh", x.vsinh(), x.sinh()),
            ("cosh", x.vcosh(), x.cosh()),
            ("sin", if x.is_far() { x.sin() } else { x.vsin() }, x.sin()),
            ("tan", if x.is_far() { x.tan() } else { x.vtan() }, x.tan()),
        ];
        one.iter().for_each(|&(what, a, b)| same(a as f64, b as f64, &format!("{what} {x}")));
        same((x as f64).vln(), (x as f64).ln(), &format!("ln {x}"));
        same((x as f64).vatan(), (x as f64).atan(), &format!("atan {x}"));
        for y in all {
            same(x.vatan2(y) as f64, x.atan2(y) as f64, &format!("atan2 {x} {y}"));
            same((x as f64).vatan2(y as f64), (x as f64).atan2(y as f64), &format!("atan2 {x} {y}"));
            same(x.vpow(y) as f64, x.powf(y) as f64, &format!("pow {x} {y}"));
            same(x.vhypot(y) as f64, x.hypot(y) as f64, &format!("hypot {x} {y}"));
            if !x.divides_far(y) {
                same(x.vrem(y) as f64, (x % y) as f64, &format!("rem {x} {y}"));
            }
        }
    }
}

#[test]
fn remainders_are_exact() {
    let mut bits = 1u64;
    let mut next = || {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bits >> 11
    };
    for _ in 0..300_000 {
        let (a, b) = (f32::from_bits((next() as u32) & 0xc7ff_ffff | 0x3000_0000), f32::from_bits((next() as u32) & 0xc3ff_ffff | 0x3800_0000));
        assert!(a.divides_far(b) || a.vrem(b).to_bits() == (a % b).to_bits(), "{a} {b}");
        let (a, b) = (next() as f64 * 1e-3, (next() >> 20) as f64 * 1e-2 + 0.1);
        assert!(a.divides_far(b) || a.vrem(b).to_bits() == (a % b).to_bits(), "{a} {b}");
        let (a, b) = ((next() % 1000) as f32, (next() % 30 + 1) as f32);
        assert!(a.vrem(b).to_bits() == (a % b).to_bits(), "{a} {b}");
    }
}

#[test]
fn bounded_exponentials_are_the_same_bits() {
    for i in 0..=400_000 {
        let x = i as f32 * (175.0 / 400_000.0) - 87.0;
        assert_eq!(exp_between(-87.0, 88.0, x).to_bits(), exp32(x).to_bits(), "{x}");
    }
}

#[test]
fn special_values() {
    assert_eq!(exp32(f32::NEG_INFINITY), 0.0);
    assert_eq!(exp32(f32::INFINITY), f32::INFINITY);
    assert!(exp32(f32::NAN).is_nan() && ln32(f32::NAN).is_nan() && tanh32(f32::NAN).is_nan());
    assert_eq!(exp32(0.0), 1.0);
    assert_eq!(ln32(1.0), 0.0);
    assert_eq!(ln32(0.0), f32::NEG_INFINITY);
    assert!(ln32(-1.0).is_nan());
    assert_eq!(ln32(f32::INFINITY), f32::INFINITY);
    assert!((ln32(1e-40) as f64 - (1e-40f32 as f64).ln()).abs() < 1e-4);
    assert!((exp32(-100.0) as f64 - (-100f64).exp()).abs() < 1e-45);
    assert_eq!((exp_m1_32(f32::NEG_INFINITY), exp_m1_32(f32::INFINITY), exp_m1_32(100.0)), (-1.0, f32::INFINITY, f32::INFINITY));
    assert_eq!((ln_1p_32(-1.0), ln_1p_32(f32::INFINITY), ln_1p_32(1e-30)), (f32::NEG_INFINITY, f32::INFINITY, 1e-30));
    assert!([exp_m1_32(f32::NAN), ln_1p_32(f32::NAN), ln_1p_32(-1.5)].iter().all(|y| y.is_nan()));
    assert!(exp_m1_32(-0.0).is_sign_negative() && ln_1p_32(-0.0).is_sign_negative());
    assert_eq!((tanh32(f32::INFINITY), erf32(f32::NEG_INFINITY)), (1.0, -1.0));
}
