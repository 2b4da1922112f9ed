//! Rows of two operands: arithmetic, comparison, logic, bits.

use super::{Choice, Domain, Formula};
use crate::ops::{Call, Op, Rule, call1, type_name};
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{Result, bail, grads, rows};
use Domain::{Float, Same};
use rushlight_kernels::elementwise::{Binary, Params};

const fn binary(schema: &'static str, choice: Choice) -> Op {
    Op::new(schema, Rule::Elementwise(Formula::Binary(choice)))
}

/// The formula without constants.
macro_rules! plain {
    ($op:ident, $domain:ident) => {
        |_| Ok((Binary::$op, Params([0.0; 4]), $domain))
    };
}

const NONE: u32 = 0;
const A: u32 = 1;
const AB: u32 = 3;

/// `alpha` of add and sub, checked against the type it multiplies.
fn alpha(call: &Call) -> Result<Option<Scalar>> {
    let Some(alpha) = call.optional_scalar(0) else { return Ok(None) };
    if alpha == Scalar::Int(1) || alpha == Scalar::Float(1.0) {
        return Ok(None);
    }
    let common = crate::promotion::result_type(call.tensors());
    match alpha {
        Scalar::Bool(_) if common != crate::DType::Bool => bail!(Runtime, "Boolean alpha only supported for Boolean results."),
        Scalar::Float(_) if !common.is_differentiable() => bail!(Runtime, "For integral input tensors, argument alpha must not be a floating point number."),
        Scalar::Complex(..) if !common.is_complex() => bail!(Runtime, "For non-complex input tensors, argument alpha must not be a complex number."),
        _ => Ok(Some(alpha)),
    }
}

fn add_choice(call: &Call) -> Result<(Binary, Params, Domain)> {
    Ok(match alpha(call)? {
        None => (Binary::Add, Params::default(), Same),
        Some(a) => (Binary::AddScaled, Params([a.parts().0, a.parts().1, 0.0, 0.0]), Same),
    })
}

fn sub_choice(call: &Call) -> Result<(Binary, Params, Domain)> {
    if call.tensors().any(|x| x.dtype() == crate::DType::Bool && !x.is_wrapped()) {
        let both = call.tensors().all(|x| x.dtype() == crate::DType::Bool);
        if both {
            bail!(NotImplemented, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.");
        }
        bail!(
            NotImplemented,
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        );
    }
    Ok(match alpha(call)? {
        None => (Binary::Sub, Params::default(), Same),
        Some(a) => (Binary::AddScaled, Params([-a.parts().0, -a.parts().1, 0.0, 0.0]), Same),
    })
}

fn div_choice(call: &Call) -> Result<(Binary, Params, Domain)> {
    Ok(match call.text(0) {
        "" => (Binary::Div, Params::default(), Float),
        "floor" => (Binary::DivFloor, Params::default(), Same),
        "trunc" => (Binary::DivTrunc, Params::default(), Same),
        other => bail!(Runtime, "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{other}'"),
    })
}

fn pow_choice(call: &Call) -> Result<(Binary, Params, Domain)> {
    let (base, exponent) = (call.input(0)?, call.input(1)?);
    if exponent.is_wrapped() && crate::promotion::result_type([base, exponent]).is_int() && exponent.item()?.to_i64() < 0 {
        bail!(Runtime, "Integers to negative integer powers are not allowed.");
    }
    let float = !base.is_wrapped() && base.dtype().is_float();
    let formula = if float && exponent.is_wrapped() && !exponent.is_meta() { power_of_number(exponent.item()?) } else { Binary::Pow };
    Ok((formula, Params::default(), Same))
}

/// The formula for an exponent that is a number: products and roots where they are enough, as in PyTorch.
fn power_of_number(exponent: Scalar) -> Binary {
    match exponent {
        Scalar::Complex(..) => Binary::Pow,
        real => match real.to_f64() {
            1.0 => Binary::PowOne,
            2.0 => Binary::PowTwo,
            3.0 => Binary::PowThree,
            0.5 => Binary::PowHalf,
            -0.5 => Binary::PowMinusHalf,
            -1.0 => Binary::PowMinusOne,
            -2.0 => Binary::PowMinusTwo,
            _ => Binary::Pow,
        },
    }
}

/// `e x^(e - 1)`, zero for `e = 0` whatever x.
fn pow_slope(x: &Tensor, e: &Tensor) -> Result<Tensor> {
    let known = e.is_wrapped() && !e.is_meta() && !e.dtype().is_complex();
    let number = if known { Some(e.item()?.to_f64()) } else { None };
    if number == Some(2.0) {
        return e.mul(x);
    }
    let slope = e.mul(x.pow(less_one(e)?)?)?;
    if number.is_some_and(|e| e != 0.0) { Ok(slope) } else { e.eq(0.0)?.pick(slope.zeros_like()?, &slope) }
}

/// `e - 1`; a Python number stays one, in full precision.
fn less_one(e: &Tensor) -> Result<Tensor> {
    if !e.is_wrapped() {
        return e.sub(1.0);
    }
    Tensor::wrapped(match e.item()? {
        Scalar::Complex(re, im) => Scalar::Complex(re - 1.0, im),
        Scalar::Int(n) => Scalar::Int(n - 1),
        other => Scalar::Float(other.to_f64() - 1.0),
    })
}

/// A complex number of two real ones, which must be of one type.
fn parts(call: &Call, op: Binary) -> Result<(Binary, Params, Domain)> {
    let (a, b) = (call.input(0)?.dtype(), call.input(1)?.dtype());
    if !a.is_float() || !b.is_float() {
        bail!(NotImplemented, "{}(): Expected both inputs to be Half, Float or Double tensors but got {} and {}", call.op.name(), type_name(a), type_name(b));
    }
    if a != b {
        bail!(Runtime, "{}(): Expected object of scalar type {} but got scalar type {} for second argument", call.op.name(), type_name(a), type_name(b));
    }
    if a.size() == 2 {
        bail!(
            NotImplemented,
            "{}(): complex numbers of half precision are not supported, got {} operands: convert them with .float()",
            call.op.name(),
            type_name(a)
        );
    }
    Ok((op, Params::default(), Same))
}

/// The factor alpha applied to a gradient.
fn scaled(g: &Tensor, call: &Call, sign: f64) -> Result<Tensor> {
    match call.optional_scalar(0) {
        Some(Scalar::Complex(re, im)) => g.mul(Scalar::Complex(sign * re, -sign * im)),
        Some(a) if a.to_f64() * sign != 1.0 => {
            if a.to_f64() * sign == -1.0 {
                g.neg()
            } else {
                g.mul(a.to_f64() * sign)
            }
        }
        Some(_) => Ok(g.clone()),
        None => {
            if sign < 0.0 {
                g.neg()
            } else {
                Ok(g.clone())
            }
        }
    }
}

fn zero(g: &Tensor, condition: Tensor) -> Result<Tensor> {
    condition.pick(g.zeros_like()?, g)
}

/// The gradient of an operand of an extremum: none where it loses, half of it where both are equal.
pub(super) fn contested(g: &Tensor, loses: Tensor, ties: Tensor) -> Result<Tensor> {
    loses.pick(g.zeros_like()?, ties.pick(g.div(2.0)?, g)?)
}

/// The gradients of an extremum that takes a number over NaN; the first operand wins where `first` holds.
fn prefers_numbers(b: &crate::ops::backward::Back, first: Tensor) -> Result<crate::autograd::node::Grads> {
    let (g, ties) = (b.g()?, b.x(0)?.eq(b.x(1)?)?);
    let first = first.logical_or(b.x(1)?.is_nan()?)?;
    grads![b; first.pick(g, ties.pick(g.div(2.0)?, g.zeros_like()?)?)?, contested(g, first, ties)?]
}

rows! {
    ADD = binary("add(Operand self, Operand other, *, Scalar alpha=1) -> Tensor", add_choice).vjp(NONE, NONE, |b| grads![b; b.g()?.clone(), scaled(b.g()?, &b.call(), 1.0)?]).in_place().doc("self + alpha other");
    SUB = binary("sub(Operand self, Operand other, *, Scalar alpha=1) -> Tensor", sub_choice).vjp(NONE, NONE, |b| grads![b; b.g()?.clone(), scaled(b.g()?, &b.call(), -1.0)?]).in_place().doc("self - alpha other");
    MUL = binary("mul(Operand self, Operand other) -> Tensor", plain!(Mul, Same)).vjp(AB, NONE, |b| grads![b; b.g()?.mul(b.x(1)?.conj()?)?, b.g()?.mul(b.x(0)?.conj()?)?]).only_for(&[(0, 2), (1, 1)]).in_place().doc("self other");
    DIV = binary("div(Operand self, Operand other, *, str? rounding_mode=None) -> Tensor", div_choice).vjp(AB, NONE, |b| {
        let (g, y) = (b.g()?, b.x(1)?);
        if !b.call().text(0).is_empty() {
            return grads![b; g.zeros_like()?, g.zeros_like()?];
        }
        grads![b; g.div(y.conj()?)?, g.neg()?.mul(b.x(0)?.div(y)?.div(y)?.conj()?)?]
    }).only_for(&[(0, 2)]).in_place().doc("self / other");
    POW = binary("pow(Operand self, Operand exponent) -> Tensor", pow_choice).vjp(AB, 1, |b| {
        let (g, x, e) = (b.g()?, b.x(0)?, b.x(1)?);
        grads![b;
            g.mul(pow_slope(x, e)?.conj()?)?,
            { let slope = b.y(0)?.mul(x.log()?)?; let still = if x.dtype().is_complex() || e.dtype().is_complex() { x.eq(0.0)? } else { x.eq(0.0)?.logical_and(e.ge(0.0)?)? }; g.mul(still.pick(slope.zeros_like()?, &slope)?.conj()?)? }]
    }).outputs_for(2).in_place().doc("self to the power exponent");
    FLOOR_DIVIDE = binary("floor_divide(Operand self, Operand other) -> Tensor", plain!(DivFloor, Same)).vjp(NONE, NONE, |b| grads![b; b.g()?.zeros_like()?, b.g()?.zeros_like()?]).in_place().doc("Quotient rounded down");
    REMAINDER = binary("remainder(Operand self, Operand other) -> Tensor", plain!(Remainder, Same)).vjp(AB, NONE, |b| grads![b; b.g()?.clone(), b.g()?.neg()?.mul(b.x(0)?.div(b.x(1)?)?.floor()?)?]).only_for(&[(0, 2), (1, 2)]).in_place().doc("Remainder with the sign of the divisor");
    FMOD = binary("fmod(Tensor self, Operand other) -> Tensor", plain!(Fmod, Same)).vjp(AB, NONE, |b| grads![b; b.g()?.clone(), b.g()?.neg()?.mul(b.x(0)?.div(b.x(1)?)?.trunc()?)?]).only_for(&[(0, 2), (1, 2)]).in_place().doc("Remainder with the sign of the dividend");
    MAXIMUM = binary("maximum(Tensor self, Tensor other) -> Tensor", plain!(Maximum, Same)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; contested(b.g()?, x.lt(y)?, x.eq(y)?)?, contested(b.g()?, y.lt(x)?, x.eq(y)?)?] }).doc("The larger; NaN wins");
    MINIMUM = binary("minimum(Tensor self, Tensor other) -> Tensor", plain!(Minimum, Same)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; contested(b.g()?, x.gt(y)?, x.eq(y)?)?, contested(b.g()?, y.gt(x)?, x.eq(y)?)?] }).doc("The smaller; NaN wins");
    FMAX = binary("fmax(Tensor self, Tensor other) -> Tensor", plain!(Fmax, Same)).vjp(AB, NONE, |b| prefers_numbers(b, b.x(0)?.gt(b.x(1)?)?)).doc("The larger; NaN loses");
    FMIN = binary("fmin(Tensor self, Tensor other) -> Tensor", plain!(Fmin, Same)).vjp(AB, NONE, |b| prefers_numbers(b, b.x(0)?.lt(b.x(1)?)?)).doc("The smaller; NaN loses");
    ATAN2 = binary("atan2(Tensor self, Tensor other) -> Tensor", plain!(Atan2, Float)).vjp(AB, NONE, |b| {
        let (x, y) = (b.x(0)?, b.x(1)?);
        let square = x.mul(x)?.add(y.mul(y)?)?;
        let scale = square.eq(0.0)?.pick(square.zeros_like()?, b.g()?.div(&square)?)?;
        grads![b; scale.mul(y)?, scale.mul(x)?.neg()?]
    }).in_place().doc("Angle of the point (other, self)");
    HYPOT = binary("hypot(Tensor self, Tensor other) -> Tensor", plain!(Hypot, Same)).vjp(AB, 1, |b| grads![b; b.g()?.mul(b.x(0)?.div(b.y(0)?)?)?, b.g()?.mul(b.x(1)?.div(b.y(0)?)?)?]).in_place().doc("sqrt(self^2 + other^2)");
    COPYSIGN = binary("copysign(Tensor self, Operand other) -> Tensor", plain!(Copysign, Float)).vjp(A, 1, |b| { let x = b.x(0)?; grads![b; { let ratio = b.y(0)?.div(x)?; b.g()?.mul(x.eq(0.0)?.pick(ratio.zeros_like()?, &ratio)?)? }, b.g()?.zeros_like()?] }).in_place().doc("|self| with the sign of other");
    NEXTAFTER = binary("nextafter(Tensor self, Tensor other) -> Tensor", plain!(Nextafter, Same)).vjp(AB, NONE, |b| grads![b; zero(b.g()?, b.x(0)?.eq(b.x(1)?)?)?, b.g()?.zeros_like()?]).in_place().doc("Next representable number towards other");
    LOGADDEXP = binary("logaddexp(Tensor self, Tensor other) -> Tensor", plain!(Logaddexp, Same)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; b.g()?.div(y.sub(x)?.exp()?.add(1.0)?.conj()?)?, b.g()?.div(x.sub(y)?.exp()?.add(1.0)?.conj()?)?] }).doc("ln(e^self + e^other)");
    LOGADDEXP2 = binary("logaddexp2(Tensor self, Tensor other) -> Tensor", plain!(Logaddexp2, Same)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; b.g()?.div(y.sub(x)?.exp2()?.add(1.0)?)?, b.g()?.div(x.sub(y)?.exp2()?.add(1.0)?)?] }).doc("log2(2^self + 2^other)");
    XLOGY = binary("xlogy(Operand self, Operand other) -> Tensor", plain!(Xlogy, Float)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; b.g()?.mul(zero(&y.log()?, x.eq(0.0)?.logical_and(y.le(0.0)?)?)?)?, b.g()?.mul(x.div(y)?)?] }).in_place().doc("self ln(other), zero where self is zero");
    XLOG1PY = binary("special_xlog1py(Operand self, Operand other) -> Tensor", plain!(Xlog1py, Float)).vjp(AB, NONE, |b| { let (x, y) = (b.x(0)?, b.x(1)?); grads![b; b.g()?.mul(zero(&y.log1p()?, x.eq(0.0)?.logical_and(y.le(-1.0)?)?)?)?, b.g()?.mul(x.div(y.add(1.0)?)?)?] }).doc("self ln(1 + other), zero where self is zero");
    HEAVISIDE = binary("heaviside(Tensor self, Tensor values) -> Tensor", plain!(Heaviside, Same)).in_place().exact_out().doc("0, values or 1 by the sign of self");
    GCD = binary("gcd(Tensor self, Tensor other) -> Tensor", plain!(Gcd, Same)).constant().in_place().doc("Greatest common divisor");
    LCM = binary("lcm(Tensor self, Tensor other) -> Tensor", plain!(Lcm, Same)).constant().in_place().doc("Least common multiple");
    BITWISE_AND = binary("bitwise_and(Operand self, Operand other) -> Tensor", plain!(BitAnd, Same)).constant().in_place().doc("self & other");
    BITWISE_OR = binary("bitwise_or(Operand self, Operand other) -> Tensor", plain!(BitOr, Same)).constant().in_place().doc("self | other");
    BITWISE_XOR = binary("bitwise_xor(Operand self, Operand other) -> Tensor", plain!(BitXor, Same)).constant().in_place().doc("self ^ other");
    BITWISE_LEFT_SHIFT = binary("bitwise_left_shift(Operand self, Operand other) -> Tensor", plain!(Shl, Same)).constant().in_place().doc("self << other");
    BITWISE_RIGHT_SHIFT = binary("bitwise_right_shift(Operand self, Operand other) -> Tensor", plain!(Shr, Same)).constant().in_place().doc("self >> other");
    IGAMMA = binary("igamma(Tensor self, Tensor other) -> Tensor", plain!(Igamma, Float)).vjp(AB, NONE, |b| incomplete_gamma(b, 1.0)).in_place().doc("Regularised lower incomplete gamma function");
    IGAMMAC = binary("igammac(Tensor self, Tensor other) -> Tensor", plain!(Igammac, Float)).vjp(AB, NONE, |b| incomplete_gamma(b, -1.0)).in_place().doc("Regularised upper incomplete gamma function");
    ZETA = binary("special_zeta(Operand self, Operand other) -> Tensor", plain!(Zeta, Float)).vjp(AB, NONE, |b| {
        if b.needs(0) {
            bail!(NotImplemented, "derivative for 'special_zeta' with respect to self is not implemented");
        }
        let (x, q) = (b.x(0)?, b.x(1)?);
        grads![b; unreachable_gradient()?, b.g()?.mul(x.neg()?.mul(call1(&ZETA, &[&x.add(1.0)?, q], &[])?)?)?]
    }).doc("Hurwitz zeta function");
    COMPLEX = binary("complex(Tensor real, Tensor imag) -> Tensor", |c| parts(c, Binary::MakeComplex)).vjp(NONE, NONE, |b| grads![b; b.g()?.real()?, b.g()?.imag()?]).exact_out().doc("real + i imag");
    POLAR = binary("polar(Tensor abs, Tensor angle) -> Tensor", |c| parts(c, Binary::Polar)).vjp(AB, 1, |b| {
        let (g, y) = (b.g()?.conj()?, b.y(0)?);
        let unit = complex(&b.x(1)?.cos()?, &b.x(1)?.sin()?)?;
        let turned = g.mul(y)?.mul(Scalar::Complex(0.0, 1.0))?;
        grads![b; g.mul(&unit)?.real()?, turned.real()?]
    }).autocast(crate::ops::Autocast::Raise).exact_out().doc("abs e^(i angle)");
    EQ = binary("eq(Tensor self, Operand other) -> Tensor", plain!(Eq, Same)).constant().in_place().doc("self == other");
    NE = binary("ne(Tensor self, Operand other) -> Tensor", plain!(Ne, Same)).constant().in_place().doc("self != other");
    LT = binary("lt(Tensor self, Operand other) -> Tensor", plain!(Lt, Same)).constant().in_place().doc("self < other");
    LE = binary("le(Tensor self, Operand other) -> Tensor", plain!(Le, Same)).constant().in_place().doc("self <= other");
    GT = binary("gt(Tensor self, Operand other) -> Tensor", plain!(Gt, Same)).constant().in_place().doc("self > other");
    GE = binary("ge(Tensor self, Operand other) -> Tensor", plain!(Ge, Same)).constant().in_place().doc("self >= other");
    LOGICAL_AND = binary("logical_and(Tensor self, Tensor other) -> Tensor", plain!(LogicalAnd, Same)).constant().in_place().doc("Both are nonzero");
    LOGICAL_OR = binary("logical_or(Tensor self, Tensor other) -> Tensor", plain!(LogicalOr, Same)).constant().in_place().doc("One is nonzero");
    LOGICAL_XOR = binary("logical_xor(Tensor self, Tensor other) -> Tensor", plain!(LogicalXor, Same)).constant().in_place().doc("Exactly one is nonzero");
}

/// A tensor from its real and imaginary parts.
pub fn complex(re: &Tensor, im: &Tensor) -> Result<Tensor> {
    call1(&COMPLEX, &[re, im], &[])
}

fn unreachable_gradient() -> Result<Tensor> {
    bail!(NotImplemented, "this gradient is not implemented")
}

/// d/dx P(a, x) = x^(a-1) e^-x / Gamma(a); the derivative by a has no closed form.
fn incomplete_gamma(b: &crate::ops::backward::Back, sign: f64) -> Result<crate::autograd::node::Grads> {
    if b.needs(0) {
        bail!(NotImplemented, "derivative for 'igamma' with respect to its first argument is not implemented");
    }
    let (a, x) = (b.x(0)?, b.x(1)?);
    let density = a.sub(1.0)?.mul(x.log()?)?.sub(x)?.sub(a.lgamma()?)?.exp()?;
    grads![b; unreachable_gradient()?, b.g()?.mul(density)?.mul(sign)?]
}

/// One-sided clamps: a number passes no gradient where it is reached, a tensor shares it.
pub(super) const fn clamp_row(schema: &'static str, below: bool) -> Op {
    if below {
        binary(schema, plain!(Maximum, Same))
            .vjp(AB, NONE, |b| {
                let (x, low) = (b.x(0)?, b.x(1)?);
                one_sided(b, low.is_wrapped(), x.lt(low)?, x.gt(low)?)
            })
            .doc("max(self, min)")
    } else {
        binary(schema, plain!(Minimum, Same))
            .vjp(AB, NONE, |b| {
                let (x, high) = (b.x(0)?, b.x(1)?);
                one_sided(b, high.is_wrapped(), x.gt(high)?, x.lt(high)?)
            })
            .doc("min(self, max)")
    }
}

fn one_sided(b: &crate::ops::backward::Back, number: bool, beyond: Tensor, within: Tensor) -> Result<crate::autograd::node::Grads> {
    let g = b.g()?;
    if number {
        return grads![b; within.pick(g, g.zeros_like()?)?];
    }
    let ties = b.x(0)?.eq(b.x(1)?)?;
    grads![b; contested(g, beyond, ties.clone())?, contested(g, within, ties)?]
}
