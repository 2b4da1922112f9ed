//! The negative log-likelihood of classes.

use super::{match_float, read, read_optional, working_type, write};
use crate::autograd::grad_enabled;
use crate::ops::backward::Back;
use crate::ops::{Arg, Autocast, Call, Meta, Metas, Op, Rule, call, copy, type_name};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, grads, iter, rows};
use rushlight_kernels::loss as kernel;
use smallvec::smallvec;

rows! {
    NLL_LOSS = Op::new("_nll_loss(Tensor input, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> (Tensor, Tensor)", Rule::Kernel { infer, run }).vjp(6, 2, |b| {
        grads![b; gradient(b)?]
    }).integral(2).autocast(Autocast::Raise).doc("-weight[target] input[target] for log-probabilities (N, C, ...) and classes (N, ...), and the sum of the weights");
    BACKWARD = Op::new("_nll_loss_backward(Tensor grad, Tensor target, Tensor? weight, Tensor total_weight, int[] shape, int reduction, int ignore_index) -> Tensor", Rule::Kernel { infer: infer_backward, run: run_backward }).vjp(6, 0, |b| {
        // The gradient is linear in the one it comes from: its derivative picks the same scores again.
        let [target, weight] = [Some(b.x(1)?.clone()), b.optional(2).cloned()];
        let picked = call(&NLL_LOSS, smallvec![Some(b.g()?.clone()), target, weight], b.args[1..].iter().cloned().collect())?;
        grads![b; picked[0].clone()]
    }).doc("Gradient of _nll_loss");
}

const NONE: i64 = 0;
const MEAN: i64 = 1;

fn gradient(b: &Back) -> Result<Tensor> {
    let [reduction, ignored] = [b.args[0].clone(), b.args[1].clone()];
    let inputs = smallvec![Some(b.g()?.clone()), Some(b.x(1)?.clone()), b.optional(2).cloned(), Some(b.y(1)?.clone())];
    let outs = call(&BACKWARD, inputs, smallvec![Arg::Ints(b.shape(0).iter().map(|&n| n as i64).collect()), reduction, ignored])?;
    Ok(outs[0].clone())
}

/// Samples, classes, and the samples between two classes in memory.
fn blocks(shape: &[usize]) -> [usize; 3] {
    match shape {
        [classes] => [1, *classes, 1],
        _ => [shape[0], shape[1], shape[2..].iter().product()],
    }
}

fn infer(c: &Call) -> Result<Metas> {
    let (x, target) = (c.input(0)?, c.input(1)?);
    let shape = x.shape();
    working_type(c, x.dtype())?;
    if shape.is_empty() {
        bail!(Runtime, "nll_loss: input tensor should be 1D or more, but got a 0D tensor");
    }
    check_types(c, x, target)?;
    let batch = if shape.len() == 1 { 0 } else { 1 };
    if batch == 1 && target.ndim() > 0 && target.shape()[0] != shape[0] {
        bail!(Value, "Expected input batch_size ({}) to match target batch_size ({}).", shape[0], target.shape()[0]);
    }
    let expected = [&shape[..batch], &shape[shape.len().min(2)..]].concat();
    if target.shape() != expected {
        if shape.len() < 3 && target.ndim() > 1 {
            bail!(Runtime, "nll_loss: 0D or 1D target tensor expected, multi-target not supported: got {:?}, expected {expected:?}", target.shape());
        }
        bail!(Runtime, "nll_loss: Expected target size {expected:?}, got {:?}", target.shape());
    }
    let classes = shape[batch];
    if let Some(weight) = c.optional(2) {
        if weight.shape() != [classes] {
            bail!(
                Runtime,
                "nll_loss: weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {:?}",
                weight.shape()
            );
        }
        if grad_enabled() && weight.requires_grad() {
            bail!(NotImplemented, "nll_loss: the derivative for 'weight' is not implemented");
        }
    }
    let loss = if c.int(0)? == NONE { expected } else { vec![] };
    Ok(smallvec![Meta::new(&loss, x.dtype()), Meta::new(&[], x.dtype())])
}

/// Classes are Long, or Byte where there is one of them per sample; weights are of the scores' type.
fn check_types(c: &Call, x: &Tensor, target: &Tensor) -> Result<()> {
    match target.dtype() {
        DType::I64 => {}
        DType::U8 if x.ndim() <= 2 => {}
        DType::U8 => bail!(Runtime, "nll_loss: expected scalar type Long but found Byte: convert the target with .long()"),
        other => bail!(Runtime, "nll_loss: expected target dtype to be Long or Byte, but got {}: convert it with .long()", type_name(other)),
    }
    match c.optional(2) {
        Some(weight) if weight.dtype() != x.dtype() => {
            bail!(Runtime, "nll_loss: expected scalar type {} but found {} for the weight", type_name(x.dtype()), type_name(weight.dtype()))
        }
        _ => Ok(()),
    }
}

/// The classes of the samples, in range.
fn targets(target: &Tensor, classes: usize, ignored: i64) -> Result<Tensor> {
    let target = target.detach()?.contiguous()?;
    let target = if target.dtype() == DType::I64 { target } else { copy::cast(&target, DType::I64)? };
    match iter::slice::<i64>(&target)?.iter().find(|&&t| t != ignored && !(0..classes as i64).contains(&t)) {
        Some(t) => bail!(Index, "Target {t} is out of bounds."),
        None => Ok(target),
    }
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let (x, ignored) = (read(c.input(0)?, dtype)?, c.int(1)?);
    let [_, classes, inner] = blocks(x.shape());
    let targets = targets(c.input(1)?, classes, ignored)?;
    let weights = read_optional(c.optional(2), dtype)?;
    match_float!(c, dtype, T => {
        let weights = weights.as_ref().map(iter::slice::<T>).transpose()?;
        let picked = kernel::Classes { targets: iter::slice(&targets)?, weights, classes, inner, ignored };
        let x = iter::slice::<T>(&x)?;
        let (sum, total) = kernel::nll_sum(&picked, x);
        write(&outs[1], dtype, |out| { iter::slice_mut::<T>(out)?[0] = total as T; Ok(()) })?;
        write(&outs[0], dtype, |out| {
            let losses = iter::slice_mut::<T>(out)?;
            match c.int(0)? {
                NONE => kernel::nll(&picked, x, losses),
                MEAN => losses[0] = (sum / total) as T,
                _ => losses[0] = sum as T,
            }
            Ok(())
        })
    })
}

fn infer_backward(c: &Call) -> Result<Metas> {
    let shape: Vec<usize> = c.ints(0)?.iter().map(|&n| n.max(0) as usize).collect();
    Ok(smallvec![Meta::new(&shape, c.input(0)?.dtype())])
}

fn run_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let (grad, total) = (read(c.input(0)?, dtype)?, c.input(3)?.item()?.to_f64());
    let [_, classes, inner] = blocks(outs[0].shape());
    let (reduction, ignored) = (c.int(1)?, c.int(2)?);
    let targets = targets(c.input(1)?, classes, ignored)?;
    let weights = read_optional(c.optional(2), dtype)?;
    write(&outs[0], dtype, |out| {
        match_float!(c, dtype, T => {
            let weights = weights.as_ref().map(iter::slice::<T>).transpose()?;
            let picked = kernel::Classes { targets: iter::slice(&targets)?, weights, classes, inner, ignored };
            let (grad, out) = (iter::slice::<T>(&grad)?, iter::slice_mut::<T>(out)?);
            out.fill(0.0);
            match reduction {
                NONE => kernel::nll_backward(&picked, |i| f64::from(grad[i]), out),
                MEAN => kernel::nll_backward(&picked, |_| f64::from(grad[0]) / total, out),
                _ => kernel::nll_backward(&picked, |_| f64::from(grad[0]), out),
            }
            Ok(())
        })
    })
}
