//! Rows of three operands.

use super::binary::contested;
use super::{Formula, all_params, no_params};
use crate::ops::{Call, Op, Rule};
use crate::tensor::Tensor;
use crate::{Result, grads, rows};
use rushlight_kernels::elementwise::{Params, Ternary};

const fn ternary(schema: &'static str, op: Ternary, params: fn(&Call) -> Params) -> Op {
    Op::new(schema, Rule::Elementwise(Formula::Ternary(op, params)))
}

/// A real or complex factor.
fn value(call: &Call) -> Params {
    let (re, im) = call.optional_scalar(0).map_or((1.0, 0.0), crate::Scalar::parts);
    if im == 0.0 {
        let mut p = all_params(call);
        p.0[0] = re;
        p
    } else {
        Params([re, im, 0.0, 0.0])
    }
}

fn factor(call: &Call) -> crate::Scalar {
    match call.optional_scalar(0).unwrap_or(crate::Scalar::Int(1)) {
        crate::Scalar::Complex(re, im) => crate::Scalar::Complex(re, -im),
        other => crate::Scalar::Float(other.to_f64()),
    }
}

fn gated(g: &Tensor, condition: Tensor) -> Result<Tensor> {
    condition.pick(g, g.zeros_like()?)
}

rows! {
    WHERE = ternary("where(Tensor condition, Operand self, Operand other) -> Tensor", Ternary::Where, no_params).vjp(1, 0, |b| {
        let (g, c) = (b.g()?, b.x(0)?);
        grads![b; g.clone(), c.pick(g, g.zeros_like()?)?, c.pick(g.zeros_like()?, g)?]
    }).doc("self where the condition holds, else other");
    LERP = ternary("lerp(Tensor self, Tensor end, Operand weight) -> Tensor", Ternary::Lerp, no_params).vjp(7, 0, |b| {
        let (g, w) = (b.g()?, b.x(2)?.conj()?);
        grads![b; g.mul(w.neg()?.add(1.0)?)?, g.mul(&w)?, g.mul(b.x(1)?.sub(b.x(0)?)?.conj()?)?]
    }).only_for(&[(0, 4), (1, 4)]).in_place().doc("self + weight (end - self)");
    ADDCMUL = ternary("addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", Ternary::Addcmul, value).vjp(6, 0, |b| {
        let (g, v) = (b.g()?, factor(&b.call()));
        grads![b; g.clone(), g.mul(b.x(2)?.conj()?)?.mul(v)?, g.mul(b.x(1)?.conj()?)?.mul(v)?]
    }).only_for(&[(1, 4), (2, 2)]).in_place().doc("self + value tensor1 tensor2");
    ADDCDIV = ternary("addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", Ternary::Addcdiv, value).vjp(6, 0, |b| {
        let (g, v) = (b.g()?, factor(&b.call()));
        grads![b;
            g.clone(),
            g.div(b.x(2)?.conj()?)?.mul(v)?,
            { let y = b.x(2)?; g.neg()?.mul(b.x(1)?.div(y)?.div(y)?.conj()?)?.mul(v)? }]
    }).only_for(&[(1, 4), (2, 6)]).in_place().doc("self + value tensor1 / tensor2");
    CLAMP_BETWEEN = ternary("_clamp_between(Tensor self, Operand min, Operand max) -> Tensor", Ternary::Clamp, no_params).vjp(7, 0, |b| {
        let (g, x, lo, hi) = (b.g()?, b.x(0)?, b.x(1)?, b.x(2)?);
        if lo.is_wrapped() && hi.is_wrapped() {
            return grads![b; gated(g, x.gt(lo)?.logical_and(x.lt(hi)?)?)?];
        }
        // A bound that is reached shares the gradient, unless the bounds are equal.
        let apart = lo.lt(hi)?;
        let (at_low, at_high) = (x.eq(lo)?.logical_and(&apart)?, x.eq(hi)?.logical_and(&apart)?);
        let half = g.div(2.0)?;
        grads![b;
            contested(g, x.lt(lo)?.logical_or(x.gt(hi)?)?, at_low.logical_or(&at_high)?)?,
            gated(g, x.lt(lo)?.logical_and(lo.le(hi)?)?)?.add(gated(&half, at_low)?)?,
            gated(g, x.gt(hi)?.logical_or(hi.lt(lo)?)?)?.add(gated(&half, at_high)?)?]
    }).in_place().doc("self clamped to [min, max]");
    CLAMP_MIN = super::binary::clamp_row("clamp_min(Tensor self, Operand min) -> Tensor", true).in_place();
    CLAMP_MAX = super::binary::clamp_row("clamp_max(Tensor self, Operand max) -> Tensor", false).in_place();
}
