//! Running totals and extremes along a dimension.

use super::backward::Back;
use super::index::{Axis, plain};
use super::{Arg, Call, Meta, Metas, Op, Rule, call1};
use crate::autograd::node::Grads;
use crate::tensor::Tensor;
use crate::{DType, Result, grads, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_kernels::scan::{self, ComplexLogSum, LogSum, RunningProduct, RunningSum};
use smallvec::smallvec;

rows! {
    CUMSUM = Op::new("cumsum(Tensor self, int dim, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_total, run: |c, o| run_total(c, o, false) }).vjp(0, 0, |b| grads![b; reversed_sum(b.g()?, b.call().int(0)?)?]).in_place().doc("Sums of the elements so far");
    CUMPROD = Op::new("cumprod(Tensor self, int dim, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_total, run: |c, o| run_total(c, o, true) }).vjp(1, 1, |b| grads![b; product_gradient(b)?]).in_place().doc("Products of the elements so far");
    LOGCUMSUMEXP = Op::new("logcumsumexp(Tensor self, int dim) -> Tensor", Rule::Kernel { infer: infer_log, run: run_log }).vjp(1, 1, |b| grads![b; log_gradient(b)?]).exact_out().doc("Logarithms of sums of exponentials of the elements so far");
    CUMMAX = Op::new("cummax(Tensor self, int dim) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, true) }).vjp(0, 2, extreme_gradient).integral(2).exact_out().doc("The largest element so far and its position");
    CUMMIN = Op::new("cummin(Tensor self, int dim) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, false) }).vjp(0, 2, extreme_gradient).integral(2).exact_out().doc("The smallest element so far and its position");
}

/// Integers add up in int64.
fn infer_total(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    Axis::of_call(c, x, 0)?;
    let dtype = c.dtype(1).unwrap_or(if x.dtype().is_differentiable() { x.dtype() } else { DType::I64 });
    Ok(smallvec![Meta::new(x.shape(), dtype)])
}

fn run_total(c: &Call, outs: &[Tensor], product: bool) -> Result<()> {
    let out = &outs[0];
    let x = plain(&c.input(0)?.detach()?.to_dtype(out.dtype())?)?;
    let Axis { outer, size, inner, .. } = Axis::of_call(c, &x, 0)?;
    match_dtype!(out.dtype(), T => {
        let (from, to) = (iter::slice::<T>(&x)?, iter::slice_mut::<T>(out)?);
        if product {
            scan::scan(RunningProduct::default(), from, outer, size, inner, to);
        } else {
            scan::scan(RunningSum::default(), from, outer, size, inner, to);
        }
        Ok(())
    })
}

fn infer_log(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    Axis::of_call(c, x, 0)?;
    if x.dtype().is_differentiable() { Ok(smallvec![Meta::new(x.shape(), x.dtype())]) } else { Err(c.unsupported(x.dtype())) }
}

fn run_log(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let Axis { outer, size, inner, .. } = Axis::of_call(c, &x, 0)?;
    if x.dtype().is_complex() {
        return match_dtype!(x.dtype(), T in [C64, C128] => {
            scan::scan(ComplexLogSum::default(), iter::slice::<T>(&x)?, outer, size, inner, iter::slice_mut::<T>(&outs[0])?);
            Ok(())
        }, else Err(c.unsupported(x.dtype())));
    }
    match_dtype!(x.dtype(), T in [F16, BF16, F32, F64] => {
        scan::scan(LogSum::default(), iter::slice::<T>(&x)?, outer, size, inner, iter::slice_mut::<T>(&outs[0])?);
        Ok(())
    }, else Err(c.unsupported(x.dtype())))
}

fn infer_extreme(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    Axis::of_call(c, x, 0)?;
    if x.dtype().is_complex() {
        return Err(c.unsupported(x.dtype()));
    }
    Ok(smallvec![Meta::new(x.shape(), x.dtype()), Meta::new(x.shape(), DType::I64)])
}

fn run_extreme(c: &Call, outs: &[Tensor], largest: bool) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let Axis { outer, size, inner, .. } = Axis::of_call(c, &x, 0)?;
    match_dtype!(x.dtype(), T in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => {
        scan::scan_extreme(largest, iter::slice::<T>(&x)?, outer, size, inner, iter::slice_mut::<T>(&outs[0])?, iter::slice_mut::<i64>(&outs[1])?);
        Ok(())
    }, else Err(c.unsupported(x.dtype())))
}

fn extreme_gradient(b: &Back) -> Result<Grads> {
    let g = b.grad_or_zeros(0)?;
    if b.shape(0).is_empty() {
        return grads![b; g];
    }
    // Many gradients may meet at one element: they add up in float32.
    let wide = if g.dtype().size() == 2 { DType::F32 } else { g.dtype() };
    let zeros = Tensor::zeros(b.shape(0), wide, g.device())?;
    grads![b; zeros.scatter_add(b.call().int(0)?, b.y(1)?, &g.to_dtype(wide)?)?.to_dtype(g.dtype())?]
}

/// Sums of the elements from each position to the end.
fn reversed_sum(x: &Tensor, dim: i64) -> Result<Tensor> {
    x.flip(&[dim])?.cumsum(dim)?.flip(&[dim])
}

/// Sums of g y over later positions, divided by x; where x has zeros, from the products that leave one factor out.
fn product_gradient(b: &Back) -> Result<Tensor> {
    let (g, dim) = (b.g()?, b.call().int(0)?);
    let (x, y) = (b.x(0)?.to_dtype(g.dtype())?, b.y(0)?);
    if x.ndim() == 0 || x.numel() == 0 {
        return Ok(g.clone());
    }
    let has_zero = !x.is_meta() && x.detach()?.eq(0.0)?.any_all()?.item()?.to_i64() != 0;
    if !has_zero {
        return reversed_sum(&g.mul(y.conj()?)?, dim)?.div(x.conj()?);
    }
    let size = x.shape()[crate::layout::wrap_dim(dim, x.ndim())?] as i64;
    let parts = (0..size).map(|k| without_factor(g, &x, y, dim, k, size)).collect::<Result<Vec<_>>>()?;
    super::shape::cat(&parts, dim)
}

/// The gradient of factor `k`: sum over i >= k of g_i times the product of the factors up to i without the k-th.
fn without_factor(g: &Tensor, x: &Tensor, y: &Tensor, dim: i64, k: i64, size: i64) -> Result<Tensor> {
    let first = x.slice(dim, k, k + 1)?;
    let before = if k == 0 { Tensor::full(first.shape(), 1.0.into(), x.dtype(), x.device())? } else { y.slice(dim, k - 1, k)? };
    let after = x.slice(dim, k + 1, size)?.cumprod(dim)?;
    let products = super::shape::cat(&[before.clone(), before.mul(after)?], dim)?;
    g.slice(dim, k, size)?.mul(products.conj()?)?.sum(&[dim], true)
}

/// Positive and negative gradients apart, in logarithms, so that large elements do not overflow. Totals that are still
/// -inf pass no gradient on.
fn log_gradient(b: &Back) -> Result<Tensor> {
    let (g, x, y, dim) = (b.g()?, b.x(0)?, b.y(0)?, b.call().int(0)?);
    if x.ndim() == 0 {
        return Ok(g.clone());
    }
    let later = |log: &Tensor| call1(&LOGCUMSUMEXP, &[&log.flip(&[dim])?], &[Arg::from(dim)])?.flip(&[dim]);
    if x.dtype().is_complex() {
        return later(&g.conj()?.log()?.sub(y)?)?.add(x)?.exp()?.conj();
    }
    let part = |g: &Tensor| -> Result<Tensor> {
        let counts = g.gt(0.0)?.logical_and(y.gt(f64::NEG_INFINITY)?)?;
        let log = counts.pick(counts.pick(g, 1.0)?.log()?.sub(y)?, f64::NEG_INFINITY)?;
        later(&log)?.add(x)?.exp()
    };
    part(g)?.sub(part(&g.neg()?)?)
}

impl Tensor {
    /// Sums of the elements so far.
    pub fn cumsum(&self, dim: i64) -> Result<Tensor> {
        call1(&CUMSUM, &[self], &[Arg::from(dim), Arg::None])
    }

    /// Products of the elements so far.
    pub fn cumprod(&self, dim: i64) -> Result<Tensor> {
        call1(&CUMPROD, &[self], &[Arg::from(dim), Arg::None])
    }
}
