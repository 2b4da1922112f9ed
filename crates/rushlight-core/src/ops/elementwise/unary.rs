//! Rows of one operand: arithmetic, exponentials, circular and hyperbolic functions, rounding, tests.

use super::{Domain, Formula, all_params, no_params};
use crate::ops::Arg;
use crate::ops::{Call, Op, Rule, call1};
use crate::rows;
use crate::tensor::Tensor;
use crate::{Result, grads};
use rushlight_kernels::elementwise::{Params, Unary};
use std::f64::consts::{LN_2, LN_10, PI};

pub(super) const fn unary(schema: &'static str, op: Unary, domain: Domain) -> Op {
    Op::new(schema, Rule::Elementwise(Formula::Unary(op, domain, no_params)))
}

pub(super) const fn with_params(schema: &'static str, op: Unary, domain: Domain) -> Op {
    Op::new(schema, Rule::Elementwise(Formula::Unary(op, domain, all_params)))
}

/// A function constant almost everywhere: its derivative is zero.
const fn step(schema: &'static str, op: Unary) -> Op {
    unary(schema, op, Domain::Same).vjp(0, 0, |b| grads![b; b.g()?.zeros_like()?])
}

const X: u32 = 1;
const NONE: u32 = 0;
use Domain::{Float, Same};

/// Bounds of the largest finite values, which `nan_to_num` puts for infinities.
fn nan_params(call: &Call) -> Params {
    let (lo, hi) = match call.input(0).map(Tensor::dtype) {
        Ok(crate::DType::F16) => (-65504.0, 65504.0),
        Ok(crate::DType::BF16) => (-3.3895313892515355e38, 3.3895313892515355e38),
        Ok(crate::DType::F64 | crate::DType::C128) => (f64::MIN, f64::MAX),
        _ => (f32::MIN as f64, f32::MAX as f64),
    };
    let get = |i: usize, default: f64| call.optional_scalar(i).map_or(default, crate::Scalar::to_f64);
    Params([get(0, 0.0), get(1, hi), get(2, lo), 0.0])
}

fn logit_params(call: &Call) -> Params {
    Params([call.optional_scalar(0).map_or(-1.0, crate::Scalar::to_f64), 0.0, 0.0, 0.0])
}

rows! {
    ABS = unary("abs(Tensor self) -> Tensor", Unary::Abs, Same).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.sgn()?)?]).in_place().exact_out().doc("|x|");
    NEG = unary("neg(Tensor self) -> Tensor", Unary::Neg, Same).vjp(NONE, NONE, |b| grads![b; b.g()?.neg()?]).in_place().exact_out().doc("-x");
    SQUARE = unary("square(Tensor self) -> Tensor", Unary::Square, Domain::Number).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.conj()?.mul(2.0)?)?]).in_place().doc("x^2");
    EXP = unary("exp(Tensor self) -> Tensor", Unary::Exp, Float).vjp(NONE, 1, |b| grads![b; b.g()?.mul(b.y(0)?.conj()?)?]).in_place().doc("e^x");
    EXP2 = unary("exp2(Tensor self) -> Tensor", Unary::Exp2, Float).vjp(NONE, 1, |b| grads![b; b.g()?.mul(b.y(0)?.conj()?)?.mul(LN_2)?]).in_place().doc("2^x");
    EXPM1 = unary("expm1(Tensor self) -> Tensor", Unary::Expm1, Float).vjp(NONE, 1, |b| grads![b; b.g()?.mul(b.y(0)?.conj()?.add(1.0)?)?]).in_place().doc("e^x - 1");
    LOG = unary("log(Tensor self) -> Tensor", Unary::Log, Float).vjp(X, NONE, |b| grads![b; b.g()?.div(b.x(0)?.conj()?)?]).in_place().doc("Natural logarithm");
    LOG2 = unary("log2(Tensor self) -> Tensor", Unary::Log2, Float).vjp(X, NONE, |b| grads![b; b.g()?.div(b.x(0)?.conj()?.mul(LN_2)?)?]).in_place().doc("Logarithm to base 2");
    LOG10 = unary("log10(Tensor self) -> Tensor", Unary::Log10, Float).vjp(X, NONE, |b| grads![b; b.g()?.div(b.x(0)?.conj()?.mul(LN_10)?)?]).in_place().doc("Logarithm to base 10");
    LOG1P = unary("log1p(Tensor self) -> Tensor", Unary::Log1p, Float).vjp(X, NONE, |b| grads![b; b.g()?.div(b.x(0)?.conj()?.add(1.0)?)?]).in_place().doc("ln(1 + x)");
    SQRT = unary("sqrt(Tensor self) -> Tensor", Unary::Sqrt, Float).vjp(NONE, 1, |b| grads![b; b.g()?.div(b.y(0)?.conj()?.mul(2.0)?)?]).in_place().doc("Square root");
    RSQRT = unary("rsqrt(Tensor self) -> Tensor", Unary::Rsqrt, Float).vjp(NONE, 1, |b| { let y = b.y(0)?.conj()?; grads![b; b.g()?.mul(-0.5)?.mul(y.mul(&y)?.mul(&y)?)?] }).in_place().doc("1 / sqrt(x)");
    RECIPROCAL = unary("reciprocal(Tensor self) -> Tensor", Unary::Reciprocal, Float).vjp(NONE, 1, |b| { let y = b.y(0)?.conj()?; grads![b; b.g()?.neg()?.mul(y.mul(&y)?)?] }).in_place().doc("1 / x");
    SIN = unary("sin(Tensor self) -> Tensor", Unary::Sin, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.cos()?.conj()?)?]).in_place().doc("Sine");
    COS = unary("cos(Tensor self) -> Tensor", Unary::Cos, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.sin()?.neg()?.conj()?)?]).in_place().doc("Cosine");
    TAN = unary("tan(Tensor self) -> Tensor", Unary::Tan, Float).vjp(NONE, 1, |b| { let y = b.y(0)?; grads![b; b.g()?.mul(y.mul(y)?.add(1.0)?.conj()?)?] }).in_place().doc("Tangent");
    ASIN = unary("asin(Tensor self) -> Tensor", Unary::Asin, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(one_minus_square(b.x(0)?)?.rsqrt()?.conj()?)?]).in_place().doc("Inverse sine");
    ACOS = unary("acos(Tensor self) -> Tensor", Unary::Acos, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(one_minus_square(b.x(0)?)?.rsqrt()?.neg()?.conj()?)?]).in_place().doc("Inverse cosine");
    ATAN = unary("atan(Tensor self) -> Tensor", Unary::Atan, Float).vjp(X, NONE, |b| { let x = b.x(0)?; grads![b; b.g()?.div(x.mul(x)?.add(1.0)?.conj()?)?] }).in_place().doc("Inverse tangent");
    SINH = unary("sinh(Tensor self) -> Tensor", Unary::Sinh, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.cosh()?.conj()?)?]).in_place().doc("Hyperbolic sine");
    COSH = unary("cosh(Tensor self) -> Tensor", Unary::Cosh, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.sinh()?.conj()?)?]).in_place().doc("Hyperbolic cosine");
    ASINH = unary("asinh(Tensor self) -> Tensor", Unary::Asinh, Float).vjp(X, NONE, |b| { let x = b.x(0)?; grads![b; b.g()?.mul(x.mul(x)?.add(1.0)?.rsqrt()?.conj()?)?] }).in_place().doc("Inverse hyperbolic sine");
    ACOSH = unary("acosh(Tensor self) -> Tensor", Unary::Acosh, Float).vjp(X, NONE, |b| { let x = b.x(0)?; grads![b; b.g()?.mul(x.sub(1.0)?.rsqrt()?.mul(x.add(1.0)?.rsqrt()?)?.conj()?)?] }).in_place().doc("Inverse hyperbolic cosine");
    ATANH = unary("atanh(Tensor self) -> Tensor", Unary::Atanh, Float).vjp(X, NONE, |b| grads![b; b.g()?.div(one_minus_square(b.x(0)?)?.conj()?)?]).in_place().doc("Inverse hyperbolic tangent");
    ERF = unary("erf(Tensor self) -> Tensor", Unary::Erf, Float).vjp(X, NONE, |b| { let x = b.x(0)?; grads![b; b.g()?.mul(x.mul(x)?.neg()?.exp()?.mul(2.0 / PI.sqrt())?)?] }).in_place().doc("Error function");
    ERFC = unary("erfc(Tensor self) -> Tensor", Unary::Erfc, Float).vjp(X, NONE, |b| { let x = b.x(0)?; grads![b; b.g()?.mul(x.mul(x)?.neg()?.exp()?.mul(-2.0 / PI.sqrt())?)?] }).in_place().doc("1 - erf(x)");
    ERFINV = unary("erfinv(Tensor self) -> Tensor", Unary::Erfinv, Float).vjp(NONE, 1, |b| { let y = b.y(0)?; grads![b; b.g()?.mul(y.mul(y)?.exp()?.mul(PI.sqrt() / 2.0)?)?] }).in_place().doc("Inverse error function");
    ERFCX = unary("special_erfcx(Tensor self) -> Tensor", Unary::Erfcx, Float).vjp(X, 1, |b| grads![b; b.x(0)?.mul(b.y(0)?)?.mul(2.0)?.sub(2.0 / PI.sqrt())?.mul(b.g()?)?]).doc("Scaled complementary error function");
    LGAMMA = unary("lgamma(Tensor self) -> Tensor", Unary::Lgamma, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(b.x(0)?.digamma()?)?]).in_place().doc("Logarithm of the absolute value of the gamma function");
    DIGAMMA = unary("digamma(Tensor self) -> Tensor", Unary::Digamma, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(polygamma(1, b.x(0)?)?)?]).in_place().doc("Derivative of lgamma");
    POLYGAMMA = Op::new("polygamma(Tensor self, int n) -> Tensor", Rule::Elementwise(Formula::Unary(Unary::Polygamma, Float, all_params))).vjp(X, NONE, |b| grads![b; b.g()?.mul(polygamma(b.call().int(0)? + 1, b.x(0)?)?)?]).in_place().doc("n-th derivative of digamma");
    I0 = unary("i0(Tensor self) -> Tensor", Unary::I0, Float).vjp(X, NONE, |b| grads![b; b.g()?.mul(call1(&I1, &[b.x(0)?], &[])?)?]).in_place().doc("Modified Bessel function of the first kind, order 0");
    I0E = unary("special_i0e(Tensor self) -> Tensor", Unary::I0e, Float).vjp(X, 1, |b| grads![b; b.g()?.mul(call1(&I1E, &[b.x(0)?], &[])?.sub(b.x(0)?.sgn()?.mul(b.y(0)?)?)?)?]).doc("Exponentially scaled i0");
    I1 = unary("special_i1(Tensor self) -> Tensor", Unary::I1, Float).vjp(X, 1, |b| grads![b; b.g()?.mul(bessel_slope(b.x(0)?, b.y(0)?, &I0, None)?)?]).doc("Modified Bessel function of the first kind, order 1");
    I1E = unary("special_i1e(Tensor self) -> Tensor", Unary::I1e, Float).vjp(X, 1, |b| grads![b; b.g()?.mul(bessel_slope(b.x(0)?, b.y(0)?, &I0E, Some(b.x(0)?.sgn()?.mul(b.y(0)?)?))?)?]).doc("Exponentially scaled i1");
    NDTRI = unary("special_ndtri(Tensor self) -> Tensor", Unary::Ndtri, Float).vjp(NONE, 1, |b| { let y = b.y(0)?; grads![b; b.g()?.mul(y.mul(y)?.mul(0.5)?.exp()?.mul((2.0 * PI).sqrt())?)?] }).doc("Quantile of the standard normal distribution");
    LOG_NDTR = unary("special_log_ndtr(Tensor self) -> Tensor", Unary::LogNdtr, Float).vjp(X, 1, |b| { let x = b.x(0)?; grads![b; b.g()?.mul(x.mul(x)?.mul(-0.5)?.sub(b.y(0)?)?.exp()?.mul(1.0 / (2.0 * PI).sqrt())?)?] }).doc("Logarithm of the standard normal distribution function");
    SINC = unary("sinc(Tensor self) -> Tensor", Unary::Sinc, Float).vjp(X, 1, |b| { let x = b.x(0)?; grads![b; { let slope = x.mul(PI)?.cos()?.sub(b.y(0)?)?.div(x)?; b.g()?.mul(x.eq(0.0)?.pick(x.zeros_like()?, slope)?.conj()?)? }] }).in_place().doc("sin(pi x) / (pi x)");
    FLOOR = step("floor(Tensor self) -> Tensor", Unary::Floor).in_place().exact_out().doc("Largest integer not above x");
    CEIL = step("ceil(Tensor self) -> Tensor", Unary::Ceil).in_place().exact_out().doc("Smallest integer not below x");
    TRUNC = step("trunc(Tensor self) -> Tensor", Unary::Trunc).in_place().exact_out().doc("Integer part");
    ROUND = Op::new("round(Tensor self, *, int decimals=0) -> Tensor", Rule::Dynamic(round)).vjp(NONE, NONE, |b| grads![b; b.g()?.zeros_like()?]).in_place().exact_out().doc("Nearest integer, ties to even");
    ROUND_INTEGER = step("_round_integer(Tensor self) -> Tensor", Unary::Round).doc("Nearest integer, ties to even");
    ROUND_DECIMALS = with_params("_round_decimals(Tensor self, int decimals) -> Tensor", Unary::RoundDecimals, Same).doc("Rounds to a number of decimals");
    FRAC = unary("frac(Tensor self) -> Tensor", Unary::Frac, Same).vjp(NONE, NONE, |b| grads![b; b.g()?.clone()]).in_place().exact_out().doc("Fractional part");
    SIGN = step("sign(Tensor self) -> Tensor", Unary::Sign).in_place().exact_out().doc("-1, 0 or 1");
    SGN = unary("sgn(Tensor self) -> Tensor", Unary::Sgn, Same).vjp(X, 1, |b| grads![b; sgn_slope(b.g()?, b.x(0)?, b.y(0)?)?]).in_place().exact_out().doc("x / |x|, zero at zero");
    CONJ_PHYSICAL = unary("conj_physical(Tensor self) -> Tensor", Unary::Conj, Same).vjp(NONE, NONE, |b| grads![b; b.g()?.conj()?]).in_place().exact_out().doc("Complex conjugate");
    ANGLE = unary("angle(Tensor self) -> Tensor", Unary::Angle, Float).vjp(X, NONE, |b| grads![b; angle_slope(b.g()?, b.x(0)?)?]).doc("Argument of a complex number");
    NAN_TO_NUM = Op::new("nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor", Rule::Elementwise(Formula::Unary(Unary::NanToNum, Same, nan_params))).vjp(X, NONE, |b| grads![b; b.x(0)?.is_finite()?.pick(b.g()?, b.g()?.zeros_like()?)?]).in_place().exact_out().doc("Replaces NaN and infinities");
    LOGIT = Op::new("logit(Tensor self, float? eps=None) -> Tensor", Rule::Elementwise(Formula::Unary(Unary::Logit, Float, logit_params))).vjp(X, NONE, |b| {
        let (x, g) = (b.x(0)?, b.g()?);
        grads![b; {
            let slope = g.div(x.mul(x.neg()?.add(1.0)?)?)?;
            match b.call().optional_scalar(0).map(crate::Scalar::to_f64) {
                Some(eps) => x.ge(eps)?.logical_and(x.le(1.0 - eps)?)?.pick(slope, g.zeros_like()?)?,
                None => x.ge(0.0)?.logical_and(x.le(1.0)?)?.pick(slope, x.zeros_like()?.add(f64::NAN)?)?,
            }
        }]
    }).in_place().doc("ln(x / (1 - x))");
    BITWISE_NOT = unary("bitwise_not(Tensor self) -> Tensor", Unary::BitNot, Same).constant().in_place().doc("Complement of every bit; not for bool");
    LOGICAL_NOT = unary("logical_not(Tensor self) -> Tensor", Unary::LogicalNot, Same).constant().in_place().doc("x is zero");
    ISNAN = unary("isnan(Tensor self) -> Tensor", Unary::IsNan, Same).constant().doc("x is NaN");
    ISINF = unary("isinf(Tensor self) -> Tensor", Unary::IsInf, Same).constant().doc("x is infinite");
    ISFINITE = unary("isfinite(Tensor self) -> Tensor", Unary::IsFinite, Same).constant().doc("x is a finite number");
    ISPOSINF = unary("isposinf(Tensor self) -> Tensor", Unary::IsPosInf, Same).constant().exact_out().doc("x is +infinity");
    ISNEGINF = unary("isneginf(Tensor self) -> Tensor", Unary::IsNegInf, Same).constant().exact_out().doc("x is -infinity");
    SIGNBIT = unary("signbit(Tensor self) -> Tensor", Unary::SignBit, Same).constant().exact_out().doc("The sign bit is set");
}

fn one_minus_square(x: &Tensor) -> Result<Tensor> {
    x.mul(x)?.neg()?.add(1.0)
}

fn round(call: &Call) -> Result<crate::ops::Outputs> {
    let decimals = call.int(0).unwrap_or(0);
    let x = call.input(0)?.detach()?;
    let out = match decimals {
        0 => call1(&ROUND_INTEGER, &[&x], &[])?,
        _ if !x.dtype().is_float() => return Err(call.unsupported(x.dtype())),
        d => call1(&ROUND_DECIMALS, &[&x], &[Arg::from(d)])?,
    };
    Ok(smallvec::smallvec![out])
}

fn polygamma(n: i64, x: &Tensor) -> Result<Tensor> {
    call1(&POLYGAMMA, &[x], &[Arg::from(n)])
}

/// I0(x) - I1(x)/x (minus a correction for the scaled function), 1/2 at zero.
fn bessel_slope(x: &Tensor, y: &Tensor, order0: &'static Op, correction: Option<Tensor>) -> Result<Tensor> {
    let zero = x.eq(0.0)?;
    // Dividing by a number that is not zero keeps the second derivative finite.
    let divisor = zero.pick(1.0, x)?;
    let mut slope = call1(order0, &[x], &[])?.sub(y.div(divisor)?)?;
    if let Some(c) = correction {
        slope = slope.sub(c)?;
    }
    zero.pick(0.5, slope)
}

/// Zero for real numbers; the part of the gradient across the radius, over |x|, for complex ones.
fn sgn_slope(g: &Tensor, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    if !x.dtype().is_complex() {
        return g.zeros_like();
    }
    let radial = g.conj()?.mul(y)?.real()?.mul(y)?;
    let slope = g.sub(radial)?.div(x.abs()?)?;
    x.eq(0.0)?.pick(g.zeros_like()?, slope)
}

fn angle_slope(g: &Tensor, x: &Tensor) -> Result<Tensor> {
    if !x.dtype().is_complex() {
        return g.zeros_like();
    }
    let (re, im) = (x.real()?, x.imag()?);
    let square = re.mul(&re)?.add(im.mul(&im)?)?;
    let slope = crate::ops::elementwise::binary::complex(&im.neg()?, &re)?.mul(g.div(&square)?)?;
    square.eq(0.0)?.pick(slope.zeros_like()?, slope)
}
