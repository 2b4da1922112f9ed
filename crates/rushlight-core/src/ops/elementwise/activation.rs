//! Activations. Each has a fused derivative for the backward pass; when that pass is itself recorded, the derivative is
//! written in public operations.

use super::unary::{unary, with_params};
use super::{Choice, Domain, Formula};
use crate::autograd::grad_enabled;
use crate::ops::Arg;
use crate::ops::{Call, Op, Rule, call1};
use crate::tensor::Tensor;
use crate::{Result, bail, grads, rows};
use Domain::{Float, Same};
use rushlight_kernels::elementwise::{Binary, Params, Unary};
use std::f64::consts::PI;

const X: u32 = 1;
const NONE: u32 = 0;

const fn fused(schema: &'static str, choice: Choice) -> Op {
    Op::new(schema, Rule::Elementwise(Formula::Binary(choice)))
}

/// `g` where the condition holds, else zero.
fn gated(g: &Tensor, condition: Tensor) -> Result<Tensor> {
    condition.pick(g, g.zeros_like()?)
}

fn between(x: &Tensor, lo: f64, hi: f64) -> Result<Tensor> {
    x.gt(lo)?.logical_and(x.lt(hi)?)
}

rows! {
    SIGMOID = unary("sigmoid(Tensor self) -> Tensor", Unary::Sigmoid, Float).vjp(NONE, 1, |b| {
        let (g, y) = (b.g()?, b.y(0)?);
        grads![b; if grad_enabled() || y.dtype().is_complex() { g.mul(y.neg()?.add(1.0)?.mul(y)?.conj()?)? } else { call1(&SIGMOID_BACKWARD, &[g, y], &[])? }]
    }).in_place().doc("1 / (1 + e^-x)");
    TANH = unary("tanh(Tensor self) -> Tensor", Unary::Tanh, Float).vjp(NONE, 1, |b| {
        let (g, y) = (b.g()?, b.y(0)?);
        grads![b; if grad_enabled() || y.dtype().is_complex() { g.mul(y.mul(y)?.neg()?.add(1.0)?.conj()?)? } else { call1(&TANH_BACKWARD, &[g, y], &[])? }]
    }).in_place().doc("Hyperbolic tangent");
    RELU = unary("relu(Tensor self) -> Tensor", Unary::Relu, Same).vjp(NONE, 1, |b| {
        let (g, y) = (b.g()?, b.y(0)?);
        grads![b; if grad_enabled() { gated(g, y.gt(0.0)?)? } else { call1(&THRESHOLD_BACKWARD, &[g, y], &[Arg::from(0.0)])? }]
    }).in_place().doc("max(x, 0)");
    GELU = Op::new("gelu(Tensor self, *, str approximate='none') -> Tensor", Rule::Dynamic(gelu)).vjp(X, NONE, |b| {
        let (g, x, tanh) = (b.g()?, b.x(0)?, b.call().text(0) == "tanh");
        grads![b; match (grad_enabled(), tanh) {
            (false, false) => call1(&GELU_BACKWARD, &[g, x], &[])?,
            (false, true) => call1(&GELU_TANH_BACKWARD, &[g, x], &[])?,
            (true, false) => g.mul(x.mul(0.5f64.sqrt())?.erf()?.add(1.0)?.mul(0.5)?.add(x.mul(x.mul(x)?.mul(-0.5)?.exp()?.mul(1.0 / (2.0 * PI).sqrt())?)?)?)?,
            (true, true) => g.mul(gelu_tanh_slope(x)?)?,
        }]
    }).internal().exact_out().doc("x times the normal distribution function of x");
    GELU_ERF = unary("_gelu_erf(Tensor self) -> Tensor", Unary::Gelu, Same).doc("gelu, exact");
    GELU_TANH = unary("_gelu_tanh(Tensor self) -> Tensor", Unary::GeluTanh, Same).doc("gelu, tanh approximation");
    SILU = unary("silu(Tensor self) -> Tensor", Unary::Silu, Same).vjp(X, NONE, |b| {
        let (g, x) = (b.g()?, b.x(0)?);
        grads![b; if grad_enabled() || x.dtype().is_complex() { let s = x.sigmoid()?; g.mul(s.mul(x.mul(s.neg()?.add(1.0)?)?.add(1.0)?)?.conj()?)? } else { call1(&SILU_BACKWARD, &[g, x], &[])? }]
    }).internal().doc("x sigmoid(x)");
    MISH = unary("mish(Tensor self) -> Tensor", Unary::Mish, Same).vjp(X, NONE, |b| {
        let x = b.x(0)?;
        grads![b; { let t = softplus(x)?.tanh()?; b.g()?.mul(t.add(x.mul(x.sigmoid()?)?.mul(t.mul(&t)?.neg()?.add(1.0)?)?)?)? }]
    }).internal().doc("x tanh(softplus(x))");
    ELU = Op::new("elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor", Rule::Elementwise(Formula::Unary(Unary::Elu, Same, super::all_params))).vjp(X, NONE, |b| {
        let (x, c) = (b.x(0)?, b.call());
        let (alpha, scale, input_scale) = (c.float(0), c.float(1), c.float(2));
        grads![b; { let (g, low) = (b.g()?, x.mul(input_scale)?.exp()?.mul(alpha * scale * input_scale)?); x.gt(0.0)?.pick(g.mul(scale)?, g.mul(&low)?)? }]
    }).internal().doc("x, or alpha (e^x - 1) for negative x");
    LEAKY_RELU = with_params("leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", Unary::LeakyRelu, Same).vjp(X, NONE, |b| {
        let (g, x, slope) = (b.g()?, b.x(0)?, b.call().float(0));
        grads![b; if grad_enabled() { x.gt(0.0)?.pick(g, g.mul(slope)?)? } else { call1(&LEAKY_RELU_BACKWARD, &[g, x], &[Arg::from(slope)])? }]
    }).internal().doc("x, or slope x for negative x");
    HARDTANH = with_params("hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor", Unary::Hardtanh, Same).vjp(X, NONE, |b| grads![b; gated(b.g()?, between(b.x(0)?, b.call().float(0), b.call().float(1))?)?]).internal().doc("x clamped to [min_val, max_val]");
    HARDSIGMOID = unary("hardsigmoid(Tensor self) -> Tensor", Unary::Hardsigmoid, Same).vjp(X, NONE, |b| grads![b; gated(&b.g()?.div(6.0)?, between(b.x(0)?, -3.0, 3.0)?)?]).internal().doc("clamp(x + 3, 0, 6) / 6");
    HARDSWISH = unary("hardswish(Tensor self) -> Tensor", Unary::Hardswish, Same).vjp(X, NONE, |b| {
        let (g, x) = (b.g()?, b.x(0)?);
        grads![b; x.lt(3.0)?.pick(gated(&g.mul(x.div(3.0)?.add(0.5)?)?, x.gt(-3.0)?)?, g)?]
    }).internal().doc("x hardsigmoid(x)");
    HARDSHRINK = with_params("hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor", Unary::Hardshrink, Same).vjp(X, NONE, |b| { let l = b.call().float(0); grads![b; b.x(0)?.ge(-l)?.logical_and(b.x(0)?.le(l)?)?.pick(b.g()?.zeros_like()?, b.g()?)?] }).exact_out().doc("x outside [-lambd, lambd], else 0");
    SOFTSHRINK = with_params("softshrink(Tensor self, Scalar lambd=0.5) -> Tensor", Unary::Softshrink, Same).vjp(X, NONE, |b| { let l = b.call().float(0); grads![b; b.x(0)?.ge(-l)?.logical_and(b.x(0)?.le(l)?)?.pick(b.g()?.zeros_like()?, b.g()?)?] }).internal().exact_out().doc("x moved towards zero by lambd");
    THRESHOLD = with_params("threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor", Unary::Threshold, Same).vjp(X, NONE, |b| grads![b; gated(b.g()?, b.x(0)?.gt(b.call().float(0))?)?]).only_function().doc("x above the threshold, else value");
    SOFTPLUS = with_params("softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor", Unary::Softplus, Same).vjp(X, NONE, |b| {
        let (g, x, beta, t) = (b.g()?, b.x(0)?, b.call().float(0), b.call().float(1));
        grads![b; if grad_enabled() { let y = x.mul(beta)?; y.gt(t)?.pick(g, g.mul(y.sigmoid()?)?)? } else { call1(&SOFTPLUS_BACKWARD, &[g, x], &[Arg::from(beta), Arg::from(t)])? }]
    }).internal().exact_out().doc("ln(1 + e^(beta x)) / beta");
    LOG_SIGMOID = unary("log_sigmoid(Tensor self) -> Tensor", Unary::LogSigmoid, Same).vjp(X, NONE, |b| {
        let (g, x) = (b.g()?, b.x(0)?);
        // PyTorch rounds the sigmoid of half types before the product.
        grads![b; if grad_enabled() || x.dtype().size() == 2 { g.mul(x.neg()?.sigmoid()?)? } else { call1(&SOFTPLUS_BACKWARD, &[g, x], &[Arg::from(-1.0), Arg::from(f64::INFINITY)])? }]
    }).internal().doc("ln sigmoid(x)");
    SIGMOID_BACKWARD = fused("sigmoid_backward(Tensor grad_output, Tensor output) -> Tensor", |_| Ok((Binary::SigmoidBackward, Params::default(), Same))).internal().doc("Gradient of sigmoid");
    TANH_BACKWARD = fused("tanh_backward(Tensor grad_output, Tensor output) -> Tensor", |_| Ok((Binary::TanhBackward, Params::default(), Same))).internal().doc("Gradient of tanh");
    THRESHOLD_BACKWARD = fused("threshold_backward(Tensor grad_output, Tensor self, Scalar threshold) -> Tensor", first_param_threshold).internal().doc("Gradient of threshold and relu");
    LEAKY_RELU_BACKWARD = fused("_leaky_relu_backward(Tensor grad_output, Tensor self, Scalar negative_slope) -> Tensor", |c| Ok((Binary::LeakyReluBackward, Params([c.float(0), 0.0, 0.0, 0.0]), Same))).doc("Gradient of leaky_relu");
    GELU_BACKWARD = fused("_gelu_backward(Tensor grad_output, Tensor self) -> Tensor", |_| Ok((Binary::GeluBackward, Params::default(), Same))).doc("Gradient of gelu");
    GELU_TANH_BACKWARD = fused("_gelu_tanh_backward(Tensor grad_output, Tensor self) -> Tensor", |_| Ok((Binary::GeluTanhBackward, Params::default(), Same))).doc("Gradient of the approximate gelu");
    SOFTPLUS_BACKWARD = fused("_softplus_backward(Tensor grad_output, Tensor self, Scalar beta, Scalar threshold) -> Tensor", |c| Ok((Binary::SoftplusBackward, Params([c.float(0), c.float(1), 0.0, 0.0]), Same))).doc("Gradient of softplus");
    SILU_BACKWARD = fused("_silu_backward(Tensor grad_output, Tensor self) -> Tensor", |_| Ok((Binary::SiluBackward, Params::default(), Same))).doc("Gradient of silu");
}

fn first_param_threshold(call: &Call) -> Result<(Binary, Params, Domain)> {
    Ok((Binary::ThresholdBackward, Params([call.float(0), 0.0, 0.0, 0.0]), Same))
}

fn gelu(call: &Call) -> Result<crate::ops::Outputs> {
    let x = call.input(0)?.detach()?;
    let row = match call.text(0) {
        "none" | "" => &GELU_ERF,
        "tanh" => &GELU_TANH,
        other => bail!(Runtime, "gelu: approximate must be 'none' or 'tanh', got '{other}'"),
    };
    Ok(smallvec::smallvec![call1(row, &[&x], &[])?])
}

fn gelu_tanh_slope(x: &Tensor) -> Result<Tensor> {
    let k = (2.0 / PI).sqrt();
    let square = x.mul(x)?.mul(0.044715)?;
    let t = x.mul(square.add(1.0)?)?.mul(k)?.tanh()?;
    let inner = square.mul(3.0)?.add(1.0)?.mul(k)?;
    let bell = t.mul(&t)?.neg()?.add(1.0)?.mul(inner)?.mul(x)?;
    t.add(1.0)?.add(bell)?.mul(0.5)
}

fn softplus(x: &Tensor) -> Result<Tensor> {
    call1(&SOFTPLUS, &[x], &[Arg::from(1.0), Arg::from(20.0)])
}
