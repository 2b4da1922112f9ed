//! Layer, group and batch normalisation.
//!
//! Each backward pass is one kernel. When it is itself recorded, [`Recorded`] writes the same formula in public operators.

use super::{like, match_float, read, read_optional, sizes, unsigned, working_type, write};
use crate::autograd::grad_enabled;
use crate::autograd::node::Grads;
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, Inputs, Meta, Metas, Op, Outputs, Rule, call, copy, type_name};
use crate::tensor::Tensor;
use crate::{DType, Dims, Result, bail, err, iter, rows};
use rushlight_kernels::elementwise::cast::Cast;
use rushlight_kernels::rows::{self as kernel, Groups, RowFloat};
use smallvec::{SmallVec, smallvec};

rows! {
    LAYER_NORM = Op::new("native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_layer, run: run_layer }).vjp(3, 6, layer_gradients).integral(6).doc("(x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions; mean and 1 / sqrt(variance + eps)");
    GROUP_NORM = Op::new("native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_group, run: run_group }).vjp(3, 6, group_gradients).doc("Normalisation of groups of channels of each sample; means and 1 / sqrt(variance + eps)");
    BATCH_NORM = Op::new("native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_batch, run: run_batch }).vjp(3, 6, batch_gradients).integral(6).doc("Normalisation of channels over the batch, or by running statistics, which training updates; means and 1 / sqrt(variance + eps) used");
    LAYER_BACKWARD = Op::new("_layer_norm_backward(Tensor grad, Tensor input, Tensor? weight, Tensor mean, Tensor rstd, bool need_input, int cols) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_backward, run: run_layer_backward }).doc("Gradients of native_layer_norm");
    GROUP_BACKWARD = Op::new("_group_norm_backward(Tensor grad, Tensor input, Tensor? weight, Tensor mean, Tensor rstd, bool need_input, int groups, bool constant) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_backward, run: run_group_backward }).doc("Gradients of native_group_norm, or with zero groups of native_batch_norm");
}

/// Statistics are kept in the type they are computed in.
fn statistics_type(x: &Tensor) -> DType {
    if x.dtype().size() == 2 { DType::F32 } else { x.dtype() }
}

fn infer_layer(c: &Call) -> Result<Metas> {
    let (x, normalized) = (c.input(0)?, unsigned(&c.ints(0)?));
    check_types(c, x, &[1, 2])?;
    working_type(c, x.dtype())?;
    if normalized.is_empty() {
        bail!(Runtime, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []");
    }
    if !x.shape().ends_with(&normalized) {
        bail!(
            Runtime,
            "Given normalized_shape={:?}, expected input with shape [*, {}], but got input of size{:?}",
            normalized.as_slice(),
            normalized.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
            x.shape()
        );
    }
    for (name, i) in [("weight", 1), ("bias", 2)] {
        if let Some(w) = c.optional(i).filter(|w| w.shape() != normalized.as_slice()) {
            bail!(
                Runtime,
                "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {:?} and normalized_shape = {:?}",
                w.shape(),
                normalized.as_slice()
            );
        }
    }
    let lead = x.ndim() - normalized.len();
    let mut shape = Dims::from_slice(x.shape());
    shape[lead..].fill(1);
    let kept = Meta::new(&shape, statistics_type(x));
    Ok(smallvec![Meta::new(x.shape(), x.dtype()), kept.clone(), kept])
}

fn run_layer(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, c.input(0)?.dtype())?;
    let x = read(c.input(0)?, dtype)?;
    let (w, b) = (read_optional(c.optional(1), dtype)?, read_optional(c.optional(2), dtype)?);
    let cols = unsigned(&c.ints(0)?).iter().product();
    match_float!(c, dtype, T => write(&outs[0], dtype, |y| {
        let (w, b) = (w.as_ref().map(iter::slice::<T>).transpose()?, b.as_ref().map(iter::slice::<T>).transpose()?);
        let (mean, rstd) = (iter::slice_mut::<T>(&outs[1])?, iter::slice_mut::<T>(&outs[2])?);
        kernel::layer_norm(iter::slice::<T>(&x)?, w, b, c.float(1) as T, iter::slice_mut::<T>(y)?, mean, rstd, cols);
        Ok(())
    }))
}

/// Parameters are of the input's type, or Float beside a 16-bit input.
fn check_types(c: &Call, x: &Tensor, parameters: &[usize]) -> Result<()> {
    let given = || parameters.iter().filter_map(|&i| c.optional(i)).map(Tensor::dtype);
    if given().all(|d| d == x.dtype()) {
        return Ok(());
    }
    if let Some(other) = given().find(|&d| d != DType::F32) {
        bail!(
            Runtime,
            "{}(): mixed dtype (CPU): expect parameter to have scalar type of Float, or of the input: {} beside {}",
            c.op.name(),
            type_name(other),
            type_name(x.dtype())
        );
    }
    if !matches!(x.dtype(), DType::F16 | DType::BF16) {
        bail!(Runtime, "{}(): mixed dtype (CPU): all inputs must share same datatype. Got {} beside Float", c.op.name(), type_name(x.dtype()));
    }
    Ok(())
}

fn check_vectors(c: &Call, names: &[(usize, &str)], channels: usize) -> Result<()> {
    for &(i, name) in names {
        if let Some(w) = c.optional(i).filter(|w| w.numel() != channels) {
            bail!(Runtime, "{}(): {name} should contain {channels} elements not {}", c.op.name(), w.numel());
        }
    }
    Ok(())
}

fn infer_group(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    working_type(c, x.dtype())?;
    let given = [c.int(0)?, c.int(1)?, c.int(2)?, c.int(3)?];
    let [n, channels, area, groups] = given.map(|v| v.max(0) as usize);
    if groups == 0 || channels % groups != 0 || n * channels * area != x.numel() {
        bail!(
            Runtime,
            "native_group_norm(): Expected number of channels in input to be divisible by num_groups, but got input of shape {:?}, N={n}, C={channels}, HxW={area} and num_groups={groups}",
            x.shape()
        );
    }
    check_vectors(c, &[(1, "weight"), (2, "bias")], channels)?;
    check_types(c, x, &[1, 2])?;
    let kept = Meta::new(&[n, groups], statistics_type(x));
    Ok(smallvec![like(x, x.shape(), x.dtype()), kept.clone(), kept])
}

fn run_group(c: &Call, outs: &[Tensor]) -> Result<()> {
    let size = |i| c.int(i).map(|v| v.max(0) as usize);
    let groups = Groups::channels(size(0)?, size(1)?, size(3)?, size(2)?);
    let dtype = working_type(c, outs[0].dtype())?;
    let x = read(c.input(0)?, dtype)?;
    match_float!(c, dtype, T => {
        measure::<T>(&groups, &x, &outs[1], &outs[2], c.float(4), |_, _| Ok(()))?;
        normalize::<T>(c, &groups, &x, outs)
    })
}

/// Writes means and `1 / sqrt(variance + eps)`; `seen` gets the means and variances in between.
fn measure<T: RowFloat + rushlight_kernels::Element>(
    groups: &Groups,
    x: &Tensor,
    mean: &Tensor,
    rstd: &Tensor,
    eps: f64,
    seen: impl FnOnce(&[T], &[T]) -> Result<()>,
) -> Result<()> {
    let (mean, rstd) = (iter::slice_mut::<T>(mean)?, iter::slice_mut::<T>(rstd)?);
    kernel::group_statistics(groups, iter::slice::<T>(x)?, mean, rstd);
    seen(mean, rstd)?;
    rstd.iter_mut().for_each(|v| *v = (*v + T::of(eps)).rsqrt());
    Ok(())
}

/// Writes the result, given the statistics.
fn normalize<T: RowFloat + rushlight_kernels::Element>(c: &Call, groups: &Groups, x: &Tensor, outs: &[Tensor]) -> Result<()> {
    let (w, b) = (read_optional(c.optional(1), T::DTYPE)?, read_optional(c.optional(2), T::DTYPE)?);
    write(&outs[0], T::DTYPE, |y| {
        let (w, b) = (w.as_ref().map(iter::slice::<T>).transpose()?, b.as_ref().map(iter::slice::<T>).transpose()?);
        kernel::group_normalize(groups, iter::slice::<T>(x)?, iter::slice::<T>(&outs[1])?, iter::slice::<T>(&outs[2])?, w, b, iter::slice_mut::<T>(y)?);
        Ok(())
    })
}

fn batch_groups(shape: &[usize]) -> Groups {
    Groups::batch(shape[0], shape[1], shape[2..].iter().product())
}

fn infer_batch(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    working_type(c, x.dtype())?;
    if x.ndim() < 2 {
        bail!(Runtime, "native_batch_norm(): expected an input of shape (N, C, ...), but got input of size {:?}", x.shape());
    }
    check_vectors(c, &[(1, "weight"), (2, "bias"), (3, "running_mean"), (4, "running_var")], x.shape()[1])?;
    check_types(c, x, &[1, 2, 3, 4])?;
    if !c.flag(0) && (c.optional(3).is_none() || c.optional(4).is_none()) {
        bail!(Runtime, "Expected running_mean and running_var to be defined when training=False");
    }
    let kept = Meta::new(&x.shape()[1..2], statistics_type(x));
    Ok(smallvec![like(x, x.shape(), x.dtype()), kept.clone(), kept])
}

fn run_batch(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = c.input(0)?;
    let groups = batch_groups(x.shape());
    let dtype = working_type(c, x.dtype())?;
    let x = read(x, dtype)?;
    match_float!(c, dtype, T => {
        if c.flag(0) {
            let count = (groups.rows * groups.cols) as f64;
            measure::<T>(&groups, &x, &outs[1], &outs[2], c.float(2), |mean, variance| {
                update_running(c.optional(3), mean, 1.0, c.float(1))?;
                update_running(c.optional(4), variance, count / (count - 1.0), c.float(1))
            })?;
        } else {
            copy::copy_into(&outs[1], &c.input(3)?.detach()?)?;
            copy::copy_into(&outs[2], &c.input(4)?.detach()?)?;
            iter::slice_mut::<T>(&outs[2])?.iter_mut().for_each(|v| *v = (*v + c.float(2) as T).rsqrt());
        }
        normalize::<T>(c, &groups, &x, outs)
    })
}

/// Moves a running statistic towards `factor` times the batch's by `momentum`.
fn update_running<T: RowFloat + Cast>(running: Option<&Tensor>, batch: &[T], factor: f64, momentum: f64) -> Result<()> {
    let Some(running) = running else { return Ok(()) };
    let batch = Tensor::of(batch, &[batch.len()])?.to_vec::<f64>()?;
    let old = running.to_vec::<f64>()?;
    let new: Vec<f64> = old.iter().zip(&batch).map(|(old, batch)| (1.0 - momentum) * old + momentum * factor * batch).collect();
    copy::copy_into(running, &Tensor::of(&new, running.shape())?)?;
    running.bump_version();
    Ok(())
}

/// Gradients of input (empty where it is not wanted), weight and bias.
fn infer_backward(c: &Call) -> Result<Metas> {
    let x = c.input(1)?;
    let dtype = working_type(c, x.dtype())?;
    let channels: usize = match c.args.len() {
        2 => c.int(1)?.max(0) as usize,
        _ => x.shape()[1],
    };
    let first = if c.flag(0) { like(x, x.shape(), x.dtype()) } else { Meta::new(&[0], x.dtype()) };
    Ok(smallvec![first, Meta::new(&[channels], dtype), Meta::new(&[channels], dtype)])
}

/// Lets `fill` write the input's gradient where it is wanted.
fn write_wanted(c: &Call, out: &Tensor, dtype: DType, fill: impl FnOnce(Option<&Tensor>) -> Result<()>) -> Result<()> {
    if c.flag(0) { write(out, dtype, |out| fill(Some(out))) } else { fill(None) }
}

fn run_layer_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, c.input(1)?.dtype())?;
    let (g, x, w) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?, read_optional(c.optional(2), dtype)?);
    let (mean, rstd) = (read(c.input(3)?, dtype)?, read(c.input(4)?, dtype)?);
    match_float!(c, dtype, T => write_wanted(c, &outs[0], dtype, |out| {
        let w = w.as_ref().map(iter::slice::<T>).transpose()?;
        let out = out.map(iter::slice_mut::<T>).transpose()?;
        let (gw, gb) = (iter::slice_mut::<T>(&outs[1])?, iter::slice_mut::<T>(&outs[2])?);
        let cols = gw.len();
        kernel::layer_norm_backward(iter::slice::<T>(&g)?, iter::slice::<T>(&x)?, iter::slice::<T>(&mean)?, iter::slice::<T>(&rstd)?, w, out, Some(gw), Some(gb), cols);
        Ok(())
    }))
}

fn run_group_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, dtype) = (c.input(1)?, working_type(c, c.input(1)?.dtype())?);
    let (n, channels) = (x.shape()[0], x.shape()[1]);
    let groups = match c.int(1)? {
        0 => batch_groups(x.shape()),
        count => Groups::channels(n, channels, count as usize, x.numel() / (n * channels).max(1)),
    };
    let (g, x) = (read(c.input(0)?, dtype)?, read(x, dtype)?);
    let (w, mean, rstd) = (read_optional(c.optional(2), dtype)?, read(c.input(3)?, dtype)?, read(c.input(4)?, dtype)?);
    match_float!(c, dtype, T => write_wanted(c, &outs[0], dtype, |out| {
        let w = w.as_ref().map(iter::slice::<T>).transpose()?;
        let out = out.map(iter::slice_mut::<T>).transpose()?;
        let (gw, gb) = (iter::slice_mut::<T>(&outs[1])?, iter::slice_mut::<T>(&outs[2])?);
        kernel::group_backward(&groups, iter::slice::<T>(&g)?, iter::slice::<T>(&x)?, iter::slice::<T>(&mean)?, iter::slice::<T>(&rstd)?, w, c.flag(2), out, gw, gb);
        Ok(())
    }))
}

/// A normalisation seen so that its statistics are over whole dimensions and its weight broadcasts.
struct Recorded {
    grad: Tensor,
    x: Tensor,
    weight: Option<Tensor>,
    /// Dimensions of the statistics.
    over: SmallVec<[i64; 5]>,
    eps: f64,
    /// Mean and `1 / sqrt(variance + eps)` that do not depend on the input.
    constants: Option<(Tensor, Tensor)>,
}

impl Recorded {
    /// The input's gradient, the normalised input times the output's gradient, and that gradient.
    fn gradients(&self) -> Result<[Tensor; 3]> {
        let dtype = statistics_type(&self.x);
        let (g, x) = (self.grad.to_dtype(dtype)?, self.x.to_dtype(dtype)?);
        let h = match &self.weight {
            Some(w) => g.mul(w.to_dtype(dtype)?)?,
            None => g.clone(),
        };
        if let Some((mean, rstd)) = &self.constants {
            return Ok([h.mul(rstd)?, g.mul(x.sub(mean)?.mul(rstd)?)?, g]);
        }
        let mean = |t: &Tensor| t.mean(&self.over, true);
        let centred = x.sub(mean(&x)?)?;
        let rstd = mean(&centred.mul(&centred)?)?.add(self.eps)?.rsqrt()?;
        let n = centred.mul(&rstd)?;
        let inner = h.sub(mean(&h)?)?.sub(n.mul(mean(&h.mul(&n)?)?)?)?;
        Ok([inner.mul(rstd)?, g.mul(n)?, g])
    }
}

/// Gradients in the order of the operands, for those wanted.
fn wanted(b: &Back, all: [Tensor; 3]) -> Result<Grads> {
    let mut grads: Grads = all.into_iter().enumerate().map(|(i, g)| b.needs(i).then_some(g)).collect();
    grads.resize(b.count(), None);
    // Weight and bias have a shape of their own; the sums are flat.
    for i in 1..3 {
        if let Some(g) = grads[i].take() {
            grads[i] = Some(g.reshape(&sizes(b.shape(i)))?);
        }
    }
    Ok(grads)
}

fn fused(b: &Back, row: &'static Op, extra: &[Arg]) -> Result<Grads> {
    let inputs: Inputs = smallvec![Some(b.grad_or_zeros(0)?), Some(b.x(0)?.clone()), b.optional(1).cloned(), Some(b.y(1)?.clone()), Some(b.y(2)?.clone())];
    let mut args = smallvec![Arg::from(b.needs(0))];
    args.extend(extra.iter().cloned());
    let all: Outputs = call(row, inputs, args)?;
    let [x, w, bias] = <[Tensor; 3]>::try_from(all.into_vec()).map_err(|_| err!(Runtime, "{}: three gradients expected", row.name()))?;
    wanted(b, [x, w, bias])
}

fn layer_gradients(b: &Back) -> Result<Grads> {
    let (x, normalized) = (b.x(0)?, b.call().ints(0)?);
    if !grad_enabled() {
        return fused(b, &LAYER_BACKWARD, &[Arg::from(normalized.iter().product::<i64>())]);
    }
    let lead = x.ndim() - normalized.len();
    let over = (lead as i64..x.ndim() as i64).collect();
    let recorded = Recorded { grad: b.g()?.clone(), x: x.clone(), weight: b.optional(1).cloned(), over, eps: b.call().float(1), constants: None };
    let [gx, gw, gb] = recorded.gradients()?;
    wanted(b, [gx, gw.sum_to(&x.shape()[lead..])?, gb.sum_to(&x.shape()[lead..])?])
}

fn group_gradients(b: &Back) -> Result<Grads> {
    let mut grads = normalized_gradients(b)?;
    if let (Some(own), Some(more)) = (grads[0].as_ref(), through_statistics(b)?) {
        grads[0] = Some(own.add(more.to_dtype(own.dtype())?)?);
    }
    Ok(grads)
}

/// What reaches the input of group normalisation through means and `1 / sqrt(variance + eps)`.
fn through_statistics(b: &Back) -> Result<Option<Tensor>> {
    if b.grad(1).is_none() && b.grad(2).is_none() {
        return Ok(None);
    }
    let (c, x) = (b.call(), b.x(0)?);
    let (n, groups, count) = (c.int(0)?, c.int(3)?, c.int(1)? * c.int(2)? / c.int(3)?);
    let row = |t: &Tensor| t.reshape(&[n, groups, 1]);
    let x = x.to_dtype(statistics_type(x))?.reshape(&[n, groups, count])?;
    let centred = x.sub(x.mean(&[2], true)?)?;
    let rstd = centred.mul(&centred)?.mean(&[2], true)?.add(c.float(4))?.rsqrt()?;
    let slope = rstd.mul(&rstd)?.mul(&rstd)?.mul(&centred)?;
    let sum = row(&b.grad_or_zeros(1)?)?.sub(row(&b.grad_or_zeros(2)?)?.mul(slope)?)?;
    Ok(Some(sum.div(count.max(1) as f64)?.reshape(&sizes(b.shape(0)))?))
}

fn normalized_gradients(b: &Back) -> Result<Grads> {
    let (c, x) = (b.call(), b.x(0)?);
    let (n, channels, area, groups) = (c.int(0)?, c.int(1)?, c.int(2)?, c.int(3)?);
    if !grad_enabled() && x.ndim() >= 2 && x.shape()[0] as i64 == n && x.shape()[1] as i64 == channels {
        return fused(b, &GROUP_BACKWARD, &[Arg::from(groups), Arg::from(false)]);
    }
    let view = [n, groups, channels / groups, area];
    let weight = b.optional(1).map(|w| w.reshape(&[1, groups, channels / groups, 1])).transpose()?;
    let recorded =
        Recorded { grad: b.grad_or_zeros(0)?.reshape(&view)?, x: x.reshape(&view)?, weight, over: smallvec![2, 3], eps: c.float(4), constants: None };
    let [gx, gw, gb] = recorded.gradients()?;
    wanted(b, [gx.reshape(&sizes(x.shape()))?, gw.sum(&[0, 3], false)?, gb.sum(&[0, 3], false)?])
}

fn batch_gradients(b: &Back) -> Result<Grads> {
    let training = b.call().flag(0);
    if !grad_enabled() {
        return fused(b, &GROUP_BACKWARD, &[Arg::from(0i64), Arg::from(!training)]);
    }
    let x = b.x(0)?;
    let mut vector: SmallVec<[i64; 5]> = smallvec![1; x.ndim()];
    vector[1] = -1;
    let over: SmallVec<[i64; 5]> = (0..x.ndim() as i64).filter(|&d| d != 1).collect();
    let constants = if training { None } else { Some((b.y(1)?.detach()?.reshape(&vector)?, b.y(2)?.detach()?.reshape(&vector)?)) };
    let weight = b.optional(1).map(|w| w.reshape(&vector)).transpose()?;
    let recorded = Recorded { grad: b.g()?.clone(), x: x.clone(), weight, over: over.clone(), eps: b.call().float(2), constants };
    let [gx, gw, gb] = recorded.gradients()?;
    wanted(b, [gx, gw.sum(&over, false)?, gb.sum(&over, false)?])
}
