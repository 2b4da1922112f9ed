//! Functions of float64 for float64's own last place, without branches, tables or calls, which plain loops vectorise.
//!
//! What a step rounds away is carried beside its result, so that mostly the last rounding alone shows. The series are Taylor's;
//! the two polynomials of the error function interpolate it at Chebyshev points. Errors against 60 digits stand at each function.

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1; // 32 bits, so that products with exponents are exact
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it leaves the nearest integer in the low bits

/// A sum and what it rounded away, for |a| >= |b| or a = 0.
#[inline(always)]
fn sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, (a - s) + b)
}

/// A sum and what it rounded away, for any two numbers.
#[inline(always)]
fn any_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// 2^n for n in [-1022, 1023].
#[inline(always)]
fn power_of_two(n: i64) -> f64 {
    f64::from_bits((n.wrapping_add(1023) << 52) as u64)
}

/// 2^n y, in two factors: the first alone might leave the range.
#[inline(always)]
fn scaled(y: f64, n: i64) -> f64 {
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// NaN passes.
#[inline(always)]
fn clamped(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// e^(x + rest) = 2^n (1 + r + tail), |r| at most ln 2 / 2.
#[inline(always)]
fn exponential(x: f64, rest: f64) -> (f64, f64, i64) {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let high = n.mul_add(-LN2_HIGH, x);
    let (r, lost) = sum(high, n.mul_add(-LN2_LOW, rest));
    let mut p = 1.0 / 6_227_020_800.0f64;
    p = p.mul_add(r, 1.0 / 479_001_600.0);
    p = p.mul_add(r, 1.0 / 39_916_800.0);
    p = p.mul_add(r, 1.0 / 3_628_800.0);
    p = p.mul_add(r, 1.0 / 362_880.0);
    p = p.mul_add(r, 1.0 / 40_320.0);
    p = p.mul_add(r, 1.0 / 5040.0);
    p = p.mul_add(r, 1.0 / 720.0);
    p = p.mul_add(r, 1.0 / 120.0);
    p = p.mul_add(r, 1.0 / 24.0);
    p = p.mul_add(r, 1.0 / 6.0);
    p = p.mul_add(r, 0.5);
    (r, (r * r).mul_add(p, lost), (shifted.to_bits() as i64).wrapping_sub(MAGIC.to_bits() as i64))
}

/// e^x - 1 = 2^n (high + low), and 2^-n, which from n = 60 on stays at 2^-60: nothing is left of the one.
#[inline(always)]
fn exponential_less_one(x: f64) -> (f64, f64, i64, f64) {
    let (r, tail, n) = exponential(x, 0.0);
    let small = power_of_two(-(if n > 60 { 60 } else { n }));
    let (s, lost) = any_sum(1.0 - small, r);
    let (high, low) = sum(s, lost + tail);
    (high, low, n, small)
}

/// e^x - 1, within 1.2 ULP.
#[inline(always)]
pub fn exp_m1(x: f64) -> f64 {
    let (high, _, n, _) = exponential_less_one(clamped(x, -40.0, 711.0));
    if x == 0.0 { x } else { scaled(high, n) }
}

/// tanh x = t / (t + 2) of t = e^2x - 1, within 0.9 ULP.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let a = clamped(x.abs(), 0.0, 22.0);
    let (high, low, n, _) = exponential_less_one(2.0 * a);
    let power = power_of_two(n);
    let (t, rest) = (high * power, low * power);
    let (d, lost) = any_sum(2.0, t);
    let inverse = 1.0 / d;
    let q = t * inverse;
    let left = (-q).mul_add(d, t) + (-q).mul_add(lost + rest, rest);
    let y = left.mul_add(inverse, q);
    if x == 0.0 { x } else { y.copysign(x) }
}

/// sinh x = (u + u / (1 + u)) / 2 of u = e^|x| - 1, within 1 ULP.
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    let (u, rest, n, small) = exponential_less_one(clamped(x.abs(), 0.0, 712.0));
    let (d, lost) = any_sum(u, small);
    let inverse = small / d;
    let q = u * inverse;
    let left = (-q).mul_add(d, u * small) + rest * small - q * (lost + rest);
    let (y, over) = sum(u, q);
    let y = y + (over + (rest + left * inverse / small));
    if x == 0.0 { x } else { scaled(y, n - 1).copysign(x) }
}

/// cosh x, within 0.9 ULP.
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    let (r, tail, n) = exponential(clamped(x.abs(), 0.0, 712.0), 0.0);
    let small = power_of_two(-(if n > 60 { 60 } else { n }));
    let (s, lost) = sum(1.0, r);
    let (e, rest) = sum(s, lost + tail);
    let (y, over) = sum(e, small * small / e);
    scaled(y + (over + rest), n - 1)
}

/// The exponent and the mantissa less one of a positive normal number; the mantissa lies in [sqrt(1/2), sqrt(2)).
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let bits = x.to_bits() as i64;
    let shifted = bits.wrapping_sub(0x3fe6_a09e_667f_3bcd);
    // The exponent by way of 2^52 + 2^51 + k, for want of a conversion from int64 in older vectors.
    let k = f64::from_bits((MAGIC.to_bits() as i64 + (shifted >> 52)) as u64) - MAGIC;
    (k, f64::from_bits(bits.wrapping_sub(shifted & !0xf_ffff_ffff_ffff) as u64) - 1.0)
}

/// ln(1 + x): the logarithm of the rounded sum, with what rounding lost over the sum; within 0.9 ULP.
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let (u, lost) = any_sum(1.0, x);
    let (k, f) = split(u);
    let rest = lost / u;
    let s = f / (2.0 + f);
    let z = s * s;
    // 2 artanh s = 2 s + s z p, and 2 s = f - s f.
    let mut p = 2.0 / 21.0f64;
    p = p.mul_add(z, 2.0 / 19.0);
    p = p.mul_add(z, 2.0 / 17.0);
    p = p.mul_add(z, 2.0 / 15.0);
    p = p.mul_add(z, 2.0 / 13.0);
    p = p.mul_add(z, 2.0 / 11.0);
    p = p.mul_add(z, 2.0 / 9.0);
    p = p.mul_add(z, 2.0 / 7.0);
    p = p.mul_add(z, 2.0 / 5.0);
    p = p.mul_add(z, 2.0 / 3.0);
    let half = 0.5 * f * f;
    let tail = s.mul_add(z.mul_add(p, half), k.mul_add(LN2_LOW, rest));
    let y = k.mul_add(LN2_HIGH, f - (half - tail));
    let y = if (x == 0.0) | (x == f64::INFINITY) { x } else { y };
    let y = if x == -1.0 { f64::NEG_INFINITY } else { y };
    if (x < -1.0) | (x != x) { f64::NAN } else { y }
}

/// ln a of a positive finite number as high + low, to about 2^-66 of itself.
#[inline(always)]
fn logarithm(a: f64) -> (f64, f64) {
    let small = a < f64::MIN_POSITIVE;
    let (k, f) = split(if small { a * 18_014_398_509_481_984.0 } else { a });
    let k = k - if small { 54.0 } else { 0.0 };
    let (d, d_low) = sum(2.0, f);
    let inverse = 1.0 / d;
    let s = f * inverse;
    let s_low = (-s).mul_add(d_low, (-s).mul_add(d, f)) * inverse;
    let z = s * s;
    let z_low = (2.0 * s).mul_add(s_low, s.mul_add(s, -z));
    let mut q = 2.0 / 25.0f64;
    q = q.mul_add(z, 2.0 / 23.0);
    q = q.mul_add(z, 2.0 / 21.0);
    q = q.mul_add(z, 2.0 / 19.0);
    q = q.mul_add(z, 2.0 / 17.0);
    q = q.mul_add(z, 2.0 / 15.0);
    q = q.mul_add(z, 2.0 / 13.0);
    q = q.mul_add(z, 2.0 / 11.0);
    q = q.mul_add(z, 2.0 / 9.0);
    q = q.mul_add(z, 2.0 / 7.0);
    q = q.mul_add(z, 2.0 / 5.0);
    let (p, p_low) = sum(2.0 / 3.0, q * z);
    let p_low = p_low + 3.700_743_415_417_188e-17; // what 2.0 / 3.0 lacks
    let cube = z * s;
    let cube_low = z.mul_add(s_low, z_low.mul_add(s, z.mul_add(s, -cube)));
    let v = cube * p;
    let v_low = cube.mul_add(p_low, cube_low.mul_add(p, cube.mul_add(p, -v)));
    let (y, lost) = sum(k * LN2_HIGH, 2.0 * s);
    let (y, more) = sum(y, v);
    sum(y, k.mul_add(LN2_LOW, lost + more + (2.0 * s_low + v_low)))
}

/// x^y, within 0.7 ULP where the result is normal.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let a = x.abs();
    let whole = y.trunc() == y;
    let odd = whole & ((0.5 * y).trunc() != 0.5 * y);
    let (high, low) = logarithm(a);
    let product = y * high;
    let rest = y.mul_add(low, y.mul_add(high, -product));
    // Beyond 746 the result is infinite or zero; `rest` may be no number there.
    let near = product.abs() < 746.0;
    let (r, tail, n) = exponential(clamped(product, -746.0, 746.0), if near { rest } else { 0.0 });
    let (s, lost) = sum(1.0, r);
    let size = scaled(s + (lost + tail), n);
    let extreme = (a == 0.0) | (a == f64::INFINITY);
    let size = if extreme { if (a == 0.0) == (y < 0.0) { f64::INFINITY } else { 0.0 } } else { size };
    let size = if (x != x) | (y != y) { f64::NAN } else { size };
    let one = (y == 0.0) | (x == 1.0) | ((a == 1.0) & (y.abs() == f64::INFINITY));
    let size = if one { 1.0 } else { size };
    let size = if (x < 0.0) & (a < f64::INFINITY) & !whole { f64::NAN } else { size };
    if odd & x.is_sign_negative() { -size } else { size }
}

/// sqrt(x^2 + y^2) with the operands brought near one, within 1 ULP.
#[inline(always)]
pub fn hypot(x: f64, y: f64) -> f64 {
    let (a, b) = (x.abs(), y.abs());
    let (big, small) = if a > b { (a, b) } else { (b, a) };
    let (up, down) = if big > power_of_two(510) { (power_of_two(-600), power_of_two(600)) } else { (1.0, 1.0) };
    let (up, down) = if big < power_of_two(-450) { (power_of_two(600), power_of_two(-600)) } else { (up, down) };
    let (big, small) = (big * up, small * up);
    let size = big.mul_add(big, small * small).sqrt() * down;
    if (a == f64::INFINITY) | (b == f64::INFINITY) { f64::INFINITY } else { size }
}

/// erf x / x - 1 of z = x^2 up to 1, within 2e-19.
#[inline(always)]
fn erf_series(z: f64) -> f64 {
    let mut p = 5.957_176_147_748_911e-11f64;
    p = p.mul_add(z, -1.137_284_885_679_167_4e-9);
    p = p.mul_add(z, 1.465_977_527_404_743_6e-8);
    p = p.mul_add(z, -1.635_031_270_105_469_5e-7);
    p = p.mul_add(z, 1.646_100_048_412_136_8e-6);
    p = p.mul_add(z, -1.492_559_526_683_118_2e-5);
    p = p.mul_add(z, 1.205_533_111_164_271e-4);
    p = p.mul_add(z, -8.548_326_980_833_79e-4);
    p = p.mul_add(z, 5.223_977_624_818_014_5e-3);
    p = p.mul_add(z, -2.686_617_064_507_679_2e-2);
    p = p.mul_add(z, 1.128_379_167_095_487_9e-1);
    p = p.mul_add(z, -3.761_263_890_318_375e-1);
    p = p.mul_add(z, 1.283_791_670_955_126e-1);
    p
}

/// erfc a of a in [0.75, 27.5], and 0 from there on: e^(-a^2) g((a - 3) / (a + 3)) / (1 + 2 a), g within 2e-17.
#[inline(always)]
fn erfc_tail(a: f64) -> f64 {
    let a = clamped(a, 0.75, 27.5);
    let (above, slope) = (a + 3.0, 2.0f64.mul_add(a, 1.0));
    let inverse = 1.0 / (above * slope);
    let t = (a - 3.0) * slope * inverse;
    let mut g = -1.076_408_434_716_648_5e-8f64;
    g = g.mul_add(t, 1.074_766_419_178_223e-7);
    g = g.mul_add(t, -6.685_608_266_825_609e-8);
    g = g.mul_add(t, -6.491_900_458_591_466e-7);
    g = g.mul_add(t, 3.078_737_887_329_502_6e-7);
    g = g.mul_add(t, 3.502_196_072_003_274_5e-6);
    g = g.mul_add(t, -7.137_761_624_184_492e-7);
    g = g.mul_add(t, -2.011_392_052_218_682_2e-5);
    g = g.mul_add(t, 4.945_721_721_007_965e-6);
    g = g.mul_add(t, 1.251_028_023_371_856_6e-4);
    g = g.mul_add(t, -1.051_593_338_399_040_3e-4);
    g = g.mul_add(t, -7.798_328_062_537_018e-4);
    g = g.mul_add(t, 1.888_690_327_398_669_5e-3);
    g = g.mul_add(t, 2.529_391_864_671_096_6e-3);
    g = g.mul_add(t, -2.377_051_491_759_787_6e-2);
    g = g.mul_add(t, 6.830_802_734_157_061e-2);
    g = g.mul_add(t, -1.192_736_634_153_213_1e-1);
    g = g.mul_add(t, 1.296_451_587_028_152_3e-1);
    g = g.mul_add(t, -4.756_229_435_345_072e-2);
    g = g.mul_add(t, -1.356_211_061_245_815_3e-1);
    g = g.mul_add(t, 1.253_008_058_269_729_6);
    let square = a * a;
    let (r, tail, n) = exponential(-square, -a.mul_add(a, -square));
    let (s, lost) = sum(1.0, r);
    scaled((s + (lost + tail)) * (g * (above * inverse)), n)
}

/// The error function, within 1.2 ULP.
#[inline(always)]
pub fn erf(x: f64) -> f64 {
    let near = erf_series(clamped(x * x, 0.0, 1.0)).mul_add(x, x);
    let far = (1.0 - erfc_tail(x.abs())).copysign(x);
    if x.abs() > 1.0 {
        far
    } else if x == 0.0 {
        x
    } else {
        near
    }
}

/// 1 - erf x, within 5 ULP.
#[inline(always)]
pub fn erfc(x: f64) -> f64 {
    let near = 1.0 - erf_series(clamped(x * x, 0.0, 1.0)).mul_add(x, x);
    let tail = erfc_tail(x.abs());
    let far = if x < 0.0 { 2.0 - tail } else { tail };
    if x.abs() > 0.75 { far } else { near }
}

#[cfg(test)]
mod tests;
