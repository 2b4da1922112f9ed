//! Softmax and its logarithm.
//!
//! The backward pass is one kernel; when it is itself recorded, the same formula in public operators.

use super::{match_float, read, working_type, write};
use crate::autograd::grad_enabled;
use crate::layout::wrap_dim;
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, Metas, Op, Rule, call1};
use crate::tensor::Tensor;
use crate::{Result, grads, iter, rows};
use rushlight_kernels::rows as kernel;
use smallvec::smallvec;

rows! {
    SOFTMAX = Op::new("softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor", Rule::Kernel { infer, run: |c, o| run(c, o, false) }).vjp(0, 1, |b| {
        grads![b; gradient(b, &SOFTMAX_BACKWARD, |g, y, dim| g.sub(g.mul(y)?.sum(&[dim], true)?)?.mul(y))?]
    }).exact_out().doc("e^x over its sum along a dimension");
    LOG_SOFTMAX = Op::new("log_softmax(Tensor self, int dim, dtype? dtype=None) -> Tensor", Rule::Kernel { infer, run: |c, o| run(c, o, true) }).vjp(0, 1, |b| {
        grads![b; gradient(b, &LOG_SOFTMAX_BACKWARD, |g, y, dim| g.sub(y.exp()?.mul(g.sum(&[dim], true)?)?))?]
    }).exact_out().doc("Logarithm of softmax");
    SOFTMAX_BACKWARD = Op::new("_softmax_backward(Tensor grad, Tensor output, int dim) -> Tensor", Rule::Kernel { infer: infer_backward, run: |c, o| run_backward(c, o, false) }).doc("Gradient of softmax");
    LOG_SOFTMAX_BACKWARD = Op::new("_log_softmax_backward(Tensor grad, Tensor output, int dim) -> Tensor", Rule::Kernel { infer: infer_backward, run: |c, o| run_backward(c, o, true) }).doc("Gradient of log_softmax");
}

fn gradient(b: &Back, fused: &'static Op, formula: fn(&Tensor, &Tensor, i64) -> Result<Tensor>) -> Result<Tensor> {
    let (g, y, dim) = (b.g()?, b.y(0)?, b.call().int(0)?);
    if grad_enabled() { formula(g, y, dim) } else { call1(fused, &[g, y], &[Arg::from(dim)]) }
}

fn infer(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    wrap_dim(c.int(0)?, x.ndim())?;
    let dtype = c.dtype(1).unwrap_or(x.dtype());
    working_type(c, dtype)?;
    Ok(smallvec![super::like(x, x.shape(), dtype)])
}

fn infer_backward(c: &Call) -> Result<Metas> {
    let y = c.input(1)?;
    Ok(smallvec![super::like(y, y.shape(), y.dtype())])
}

/// The block of sizes before, at and behind a dimension.
fn block(x: &Tensor, dim: i64) -> Result<[usize; 3]> {
    let (d, shape) = (wrap_dim(dim, x.ndim())?, x.shape());
    if shape.is_empty() {
        return Ok([1; 3]);
    }
    Ok([shape[..d].iter().product(), shape[d], shape[d + 1..].iter().product()])
}

fn run(c: &Call, outs: &[Tensor], log: bool) -> Result<()> {
    let out = &outs[0];
    let dtype = working_type(c, out.dtype())?;
    let x = read(c.input(0)?, dtype)?;
    let [_, len, inner] = block(&x, c.int(0)?)?;
    write(out, dtype, |y| {
        match_float!(c, dtype, T => {
            let (x, y) = (iter::slice::<T>(&x)?, iter::slice_mut::<T>(y)?);
            match (log, inner) {
                (false, 1) => kernel::softmax(x, y, len),
                (true, 1) => kernel::log_softmax(x, y, len),
                (false, _) => kernel::softmax_columns(x, y, len, inner),
                (true, _) => kernel::log_softmax_columns(x, y, len, inner),
            }
            Ok(())
        })
    })
}

fn run_backward(c: &Call, outs: &[Tensor], log: bool) -> Result<()> {
    let out = &outs[0];
    let dtype = working_type(c, out.dtype())?;
    let (g, y) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?);
    let [_, len, inner] = block(&y, c.int(0)?)?;
    write(out, dtype, |x| {
        match_float!(c, dtype, T => {
            let (g, y, x) = (iter::slice::<T>(&g)?, iter::slice::<T>(&y)?, iter::slice_mut::<T>(x)?);
            match (log, inner) {
                (false, 1) => kernel::softmax_backward(g, y, x, len),
                (true, 1) => kernel::log_softmax_backward(g, y, x, len),
                (false, _) => kernel::softmax_columns_backward(g, y, x, len, inner),
                (true, _) => kernel::log_softmax_columns_backward(g, y, x, len, inner),
            }
            Ok(())
        })
    })
}
