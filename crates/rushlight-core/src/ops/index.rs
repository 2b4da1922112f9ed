//! Reading and writing by index tensors.

use super::{Call, Meta, Metas, Op, Rule, call1, copy};
use crate::layout::{contiguous_strides, wrap_dim};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, grads, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_kernels::reduce::Reducible;
use smallvec::{SmallVec, smallvec};

rows! {
    GATHER = Op::new("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor", Rule::Kernel { infer: infer_gather, run: run_gather }).vjp(2, 0, |b| grads![b; { let g = b.g()?; let zeros = Tensor::zeros(b.shape(0), g.dtype(), g.device())?; call1(&SCATTER_ADD, &[&zeros, b.x(1)?, g], b.args)? }]).doc("Values of a dimension at given positions");
    SCATTER_ADD = Op::new("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", Rule::Kernel { infer: same_as_self, run: run_scatter_add }).vjp(2, 0, |b| grads![b; b.g()?.clone(), b.g()?.clone(), call1(&GATHER, &[b.g()?, b.x(1)?], b.args)?]).doc("Adds values at given positions of a dimension");
    INDEX_ADD = Op::new("index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor", Rule::Kernel { infer: same_as_self, run: run_index_add }).vjp(2, 0, |b| grads![b; b.g()?.clone(), b.g()?.clone(), call1(&INDEX_SELECT, &[b.g()?, b.x(1)?], &b.args[..1])?.mul(b.call().float(1))?]).doc("Adds slices at given positions of a dimension");
    INDEX_SELECT = Op::new("index_select(Tensor self, int dim, Tensor index) -> Tensor", Rule::Kernel { infer: infer_index_select, run: run_index_select }).vjp(2, 0, |b| grads![b; { let g = b.g()?; Tensor::zeros(b.shape(0), g.dtype(), g.device())?.index_add(b.call().int(0)?, b.x(1)?, g)? }]).doc("Slices of a dimension at given positions");
}

fn same_as_self(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype())])
}

fn check_index(c: &Call, index: &Tensor) -> Result<()> {
    if !matches!(index.dtype(), DType::I64 | DType::I32) {
        bail!(Runtime, "{}(): Expected dtype int64 for index, got {}", c.op.name(), index.dtype().name());
    }
    Ok(())
}

/// Index values, checked against the size they index.
fn positions(c: &Call, index: &Tensor, size: usize, dim: usize) -> Result<Vec<usize>> {
    let values = index.detach()?.to_vec::<i64>()?;
    values
        .into_iter()
        .map(|i| if i < 0 || i as usize >= size { bail!(Index, "{}(): index {i} is out of bounds for dimension {dim} with size {size}", c.op.name()) } else { Ok(i as usize) })
        .collect()
}

fn infer_gather(c: &Call) -> Result<Metas> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    check_index(c, index)?;
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    if x.ndim().max(1) != index.ndim().max(1) {
        bail!(Runtime, "Index tensor must have the same number of dimensions as input tensor: {:?} and {:?}", index.shape(), x.shape());
    }
    if let Some(k) = (0..index.ndim().min(x.ndim())).find(|&k| k != d && index.shape()[k] > x.shape()[k]) {
        bail!(Runtime, "Size does not match at dimension {k} expected index {:?} to be no larger than self {:?} apart from dimension {d}", index.shape(), x.shape());
    }
    Ok(smallvec![Meta::new(index.shape(), x.dtype())])
}

/// For every position of `shape`, its place in a row-major block of `target` when dimension `d` is replaced by `at`.
fn places(shape: &[usize], target: &[usize], d: usize, at: &[usize]) -> Vec<usize> {
    let strides = contiguous_strides(target);
    let mut counter: SmallVec<[usize; 5]> = smallvec![0; shape.len()];
    at.iter()
        .map(|&i| {
            let mut place = 0;
            for k in 0..shape.len() {
                place += if k == d { i } else { counter[k] } * strides[k] as usize;
            }
            for k in (0..shape.len()).rev() {
                counter[k] += 1;
                if counter[k] < shape[k] {
                    break;
                }
                counter[k] = 0;
            }
            place
        })
        .collect()
}

fn run_gather(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index) = (c.input(0)?.detach()?.contiguous()?, c.input(1)?);
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let at = positions(c, index, x.shape().get(d).copied().unwrap_or(1), d)?;
    let from = places(index.shape(), x.shape(), d, &at);
    match_dtype!(x.dtype(), T => {
        let x = iter::slice::<T>(&x)?;
        for (out, &i) in iter::slice_mut::<T>(&outs[0])?.iter_mut().zip(&from) { *out = x[i]; }
        Ok(())
    })
}

fn run_scatter_add(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    check_index(c, index)?;
    let out = &outs[0];
    if source.dtype() != out.dtype() {
        bail!(Runtime, "scatter_add(): Expected self.dtype to be equal to src.dtype, got {} and {}", out.dtype().name(), source.dtype().name());
    }
    copy::copy_into(out, x)?;
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let at = positions(c, index, x.shape().get(d).copied().unwrap_or(1), d)?;
    if index.numel() == 0 {
        return Ok(());
    }
    if (0..index.ndim()).any(|k| index.shape()[k] > source.shape()[k]) {
        bail!(Runtime, "scatter_add(): Expected index {:?} to be no larger than src {:?}", index.shape(), source.shape());
    }
    let to = places(index.shape(), x.shape(), d, &at);
    let mut source = source.detach()?;
    for (k, &n) in index.shape().iter().enumerate() {
        source = source.slice(k as i64, 0, n as i64)?;
    }
    let source = source.contiguous()?;
    match_dtype!(out.dtype(), T => {
        let out = iter::slice_mut::<T>(out)?;
        for (&i, &v) in to.iter().zip(iter::slice::<T>(&source)?) { out[i] = T::narrow(T::plus(out[i].wide(), v.wide())); }
        Ok(())
    })
}

fn run_index_add(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    check_index(c, index)?;
    let out = outs[0].detach()?;
    copy::copy_into(&out, x)?;
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let at = positions(c, index, x.shape().get(d).copied().unwrap_or(1), d)?;
    if source.dtype() != out.dtype() {
        bail!(Runtime, "index_add_(): self ({}) and source ({}) must have the same scalar type", out.dtype().name(), source.dtype().name());
    }
    if source.shape().get(d).copied().unwrap_or(1) != at.len() {
        bail!(Index, "index_add_(): Number of indices ({}) should be equal to source.size(dim) ({:?})", at.len(), source.shape());
    }
    let alpha = c.optional_scalar(1).unwrap_or(crate::Scalar::Int(1));
    let source = if alpha == crate::Scalar::Int(1) || alpha == crate::Scalar::Float(1.0) { source.detach()? } else { source.detach()?.mul(alpha)? };
    if x.ndim() == 0 {
        return at.iter().try_for_each(|_| super::elementwise::add_in_place(&out, &source.reshape(&[])?));
    }
    for (k, &i) in at.iter().enumerate() {
        super::elementwise::add_in_place(&out.select(d as i64, i as i64)?, &source.select(d as i64, k as i64)?)?;
    }
    Ok(())
}

fn infer_index_select(c: &Call) -> Result<Metas> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    check_index(c, index)?;
    if index.ndim() > 1 {
        bail!(Index, "index_select(): Index is supposed to be a vector, its shape is {:?}", index.shape());
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let mut shape = crate::Dims::from_slice(x.shape());
    if let Some(n) = shape.get_mut(d) {
        *n = index.numel();
    }
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_index_select(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index) = (c.input(0)?.detach()?.contiguous()?, c.input(1)?);
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let size = x.shape().get(d).copied().unwrap_or(1);
    let at = positions(c, index, size, d)?;
    let inner: usize = x.shape().get(d + 1..).map_or(1, |s| s.iter().product());
    let outer: usize = x.shape()[..d.min(x.ndim())].iter().product();
    match_dtype!(x.dtype(), T => {
        let (from, to) = (iter::slice::<T>(&x)?, iter::slice_mut::<T>(&outs[0])?);
        for o in 0..outer {
            for (k, &i) in at.iter().enumerate() {
                let (t, f) = ((o * at.len() + k) * inner, (o * size + i) * inner);
                to[t..t + inner].copy_from_slice(&from[f..f + inner]);
            }
        }
        Ok(())
    })
}
