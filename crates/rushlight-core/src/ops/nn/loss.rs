//! Connectionist temporal classification.

use super::{match_float, read, working_type, write};
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, Inputs, Meta, Metas, Op, Outputs, Rule, call};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, err, iter, rows};
use rushlight_kernels::loss::{self as kernel, Ctc, Sequence};
use smallvec::smallvec;

rows! {
    CTC_LOSS = Op::new("ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor", Rule::Composite(reduced)).autocast(crate::ops::Autocast::Raise).doc("Minus the log-probability (T, N, C) of all paths that spell the targets");
    CTC = Op::new("_ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, bool zero_infinity=False) -> (Tensor, Tensor)", Rule::Kernel { infer, run }).vjp(15, 3, gradients).integral(2).autocast(crate::ops::Autocast::Raise).doc("The loss of each sample, and the logarithms of the prefixes' probabilities");
    BACKWARD = Op::new("_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, Tensor losses, Tensor log_alpha, int blank, bool zero_infinity) -> Tensor", Rule::Kernel { infer: |c| c.input(1).map(|x| smallvec![Meta::new(x.shape(), x.dtype())]), run: run_backward }).doc("Gradient of _ctc_loss");
}

const NONE: i64 = 0;
const MEAN: i64 = 1;

fn reduced(c: &Call) -> Result<Outputs> {
    let (x, lengths) = (c.input(0)?, c.input(3)?);
    let batched = x.ndim() == 3;
    let one = |t: &Tensor, dim: i64| if batched { Ok(t.clone()) } else { t.unsqueeze(dim) };
    let flat = |i: usize| c.input(i).and_then(|t| if t.ndim() == 0 { t.unsqueeze(0) } else { Ok(t.clone()) });
    // The targets of a single sequence are concatenated ones.
    let inputs: Inputs = smallvec![Some(one(x, 1)?), Some(c.input(1)?.clone()), Some(flat(2)?), Some(flat(3)?)];
    let zero_infinity = c.flag(2);
    let outputs = call(&CTC, inputs, smallvec![Arg::from(c.int(0)?), Arg::from(zero_infinity)])?;
    let mut losses = outputs.into_iter().next().ok_or_else(|| err!(Runtime, "ctc_loss: no result"))?;
    if zero_infinity {
        losses = losses.eq(f64::INFINITY)?.pick(0.0, &losses)?;
    }
    Ok(smallvec![match c.int(1)? {
        NONE if batched => losses,
        NONE => losses.squeeze(0)?,
        MEAN => losses.div(lengths.maximum(1i64)?.to_dtype(losses.dtype())?)?.mean(&[], false)?,
        _ => losses.sum_all()?,
    }])
}

fn lengths(c: &Call, i: usize, name: &str, batch: usize, most: usize) -> Result<Vec<usize>> {
    let given = c.input(i)?;
    if given.dtype().is_differentiable() || given.dtype() == DType::Bool {
        bail!(Runtime, "ctc_loss: {name} must be integral, got {}", given.dtype().name());
    }
    if given.numel() != batch {
        bail!(Runtime, "ctc_loss: {name} must be of size batch_size: expected {batch} values, got shape {:?}", given.shape());
    }
    let check = |v: i64| {
        if v < 0 || v as usize > most {
            bail!(Runtime, "ctc_loss: Expected {name} to have value at least 0 and at most {most}, but got value {v}");
        }
        Ok(v as usize)
    };
    given.detach()?.to_vec::<i64>()?.into_iter().map(check).collect()
}

/// The samples, from operand `first` (the log-probabilities) on.
fn sequences(c: &Call, first: usize) -> Result<Vec<Sequence>> {
    let (x, targets) = (c.input(first)?, c.input(first + 1)?);
    let (time, batch, classes) = (x.shape()[0], x.shape()[1], x.shape()[2]);
    let values = targets.detach()?.to_vec::<i64>()?;
    let steps = lengths(c, first + 2, "input_lengths", batch, time)?;
    let counts = lengths(c, first + 3, "target_lengths", batch, if targets.ndim() == 2 { targets.shape()[1] } else { values.len() })?;
    if targets.ndim() == 2 && targets.shape()[0] != batch {
        bail!(Runtime, "ctc_loss: Expected targets of shape (N, S) to have batch size {batch}, got shape {:?}", targets.shape());
    }
    if targets.ndim() == 1 && counts.iter().sum::<usize>() != values.len() {
        bail!(
            Runtime,
            "ctc_loss: Expected concatenated targets to have size {}, the sum of target_lengths, but got {}",
            counts.iter().sum::<usize>(),
            values.len()
        );
    }
    let mut at = 0;
    let mut all = Vec::with_capacity(batch);
    for (sample, (&steps, &count)) in steps.iter().zip(&counts).enumerate() {
        let start = if targets.ndim() == 2 { sample * targets.shape()[1] } else { at };
        at += count;
        let labels = &values[start..start + count];
        if let Some(label) = labels.iter().find(|&&label| label < 0 || label as usize >= classes) {
            bail!(Runtime, "ctc_loss: label {label} of sample {sample} is not a class: they run from 0 to {}", classes - 1);
        }
        all.push(Sequence { steps, labels: labels.iter().map(|&label| label as usize).collect() });
    }
    Ok(all)
}

fn infer(c: &Call) -> Result<Metas> {
    let (x, targets) = (c.input(0)?, c.input(1)?);
    if x.ndim() != 3 || x.shape()[0] == 0 || x.shape()[2] == 0 {
        bail!(Runtime, "ctc_loss: log_probs must be a non-empty tensor of shape (T, N, C) or (T, C), got shape {:?}", x.shape());
    }
    let blank = c.int(0)?;
    if blank < 0 || blank as usize >= x.shape()[2] {
        bail!(Runtime, "ctc_loss: blank must be in label range: 0 to {}, got {blank}", x.shape()[2] - 1);
    }
    if !(1..=2).contains(&targets.ndim()) || targets.dtype().is_differentiable() {
        bail!(
            Runtime,
            "ctc_loss: targets must be integers of shape (N, S) or (sum of target_lengths), got {} of shape {:?}",
            targets.dtype().name(),
            targets.shape()
        );
    }
    let dtype = working_type(c, x.dtype())?;
    let longest = match targets.ndim() {
        2 => targets.shape()[1],
        _ if targets.is_meta() => targets.numel(),
        _ => sequences(c, 0)?.iter().map(|s| s.labels.len()).max().unwrap_or(0),
    };
    let (time, batch) = (x.shape()[0], x.shape()[1]);
    Ok(smallvec![Meta::new(&[batch], x.dtype()), Meta::new(&[batch, time, 2 * longest + 1], dtype)])
}

/// The kernel's view of the log-probabilities.
fn job<'a, T: rushlight_kernels::Element>(log_probs: &'a Tensor, states: usize, blank: i64, sequences: &'a [Sequence]) -> Result<Ctc<'a, T>> {
    Ok(Ctc {
        log_probs: iter::slice::<T>(log_probs)?,
        time: log_probs.shape()[0],
        classes: log_probs.shape()[2],
        blank: blank.max(0) as usize,
        states,
        sequences,
    })
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let sequences = sequences(c, 0)?;
    let dtype = working_type(c, outs[0].dtype())?;
    let x = read(c.input(0)?, dtype)?;
    match_float!(c, dtype, T => write(&outs[0], dtype, |losses| {
        let job = job::<T>(&x, outs[1].shape()[2], c.int(0)?, &sequences)?;
        kernel::ctc(&job, iter::slice_mut::<T>(losses)?, iter::slice_mut::<T>(&outs[1])?);
        Ok(())
    }))
}

fn run_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let sequences = sequences(c, 1)?;
    let dtype = working_type(c, outs[0].dtype())?;
    let [g, x, losses, alpha] = [0, 1, 5, 6].map(|i| c.input(i).and_then(|x| read(x, dtype)));
    let (g, x, losses, alpha) = (g?, x?, losses?, alpha?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |out| {
        let job = job::<T>(&x, alpha.shape()[2], c.int(0)?, &sequences)?;
        kernel::ctc_backward(&job, iter::slice::<T>(&losses)?, iter::slice::<T>(&alpha)?, iter::slice::<T>(&g)?, c.flag(1), iter::slice_mut::<T>(out)?);
        Ok(())
    }))
}

fn gradients(b: &Back) -> Result<crate::autograd::node::Grads> {
    let mut inputs: Inputs = smallvec![Some(b.g()?.clone())];
    for i in 0..4 {
        inputs.push(Some(b.x(i)?.clone()));
    }
    inputs.extend([Some(b.y(0)?.clone()), Some(b.y(1)?.clone())]);
    let mut grads: crate::autograd::node::Grads = call(&BACKWARD, inputs, b.args.into())?.into_iter().map(Some).collect();
    grads.resize(4, None);
    Ok(grads)
}
