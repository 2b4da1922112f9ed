//! One position per element along a dimension.

use super::slices::{repeated, zeros};
use super::*;
use crate::layout::contiguous_strides;
use crate::ops::{Arg, call1};
use crate::{Dims, Kind, grads, rows};
use rushlight_kernels::index::{self as kernels, Lines};
use rushlight_kernels::match_bits;

rows! {
    GATHER = Op::new("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor", Rule::Kernel { infer: infer_gather, run: run_gather }).vjp(2, 0, |b| grads![b; zeros(b, 0)?.scatter_add(b.call().int(0)?, b.x(1)?, b.g()?)?]).exact_out().doc("Values of a dimension at given positions");
    SCATTER = Op::new("scatter(Tensor self, int dim, Tensor index, Operand src) -> Tensor", Rule::Kernel { infer: infer_scatter, run: |c, o| run_scatter(c, o, How::Assign) }).vjp(2, 0, |b| { let dim = b.call().int(0)?; around_index(b, || b.g()?.scatter_value(dim, b.x(1)?, 0.0), || from_source(b, &b.g()?.gather(dim, b.x(1)?)?)) }).in_place_by(update_in_place).exact_out().doc("Writes values (or one number) at given positions of a dimension");
    SCATTER_ADD = Op::new("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", Rule::Kernel { infer: infer_scatter, run: |c, o| run_scatter(c, o, How::Sum) }).vjp(2, 0, |b| around_index(b, || Ok(b.g()?.clone()), || from_source(b, &b.g()?.gather(b.call().int(0)?, b.x(1)?)?))).in_place_by(update_in_place).exact_out().doc("Adds values at given positions of a dimension");
}

/// The gradient of a source of which only the part in the shape of the index was used.
pub(crate) fn from_source(b: &Back, part: &Tensor) -> Result<Tensor> {
    let shape = b.shape(2);
    if part.shape() == shape {
        return Ok(part.clone());
    }
    let missing: Vec<i64> = (0..shape.len()).rev().flat_map(|k| [0, (shape[k] - part.shape()[k]) as i64]).collect();
    call1(&crate::ops::shape::pad::CONSTANT_PAD, &[part], &[Arg::ints(&missing), Arg::from(0i64)])
}

fn infer_gather(c: &Call) -> Result<Metas> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    if index.numel() > 0 {
        check_index_dtype(c, index)?;
        if x.ndim().max(1) != index.ndim().max(1) {
            bail!(Runtime, "Index tensor must have the same number of dimensions as input tensor, got {:?} and {:?}", index.shape(), x.shape());
        }
        if let Some(k) = (0..index.ndim().min(x.ndim())).find(|&k| k != d && index.shape()[k] > x.shape()[k]) {
            bail!(
                Runtime,
                "Size does not match at dimension {k} expected index {:?} to be no larger than self {:?} apart from dimension {d}",
                index.shape(),
                x.shape()
            );
        }
    }
    Ok(smallvec![Meta::new(index.shape(), x.dtype())])
}

/// The shape of an index with at least one dimension, and the strides of the tensor it indexes.
pub(crate) fn lines_of(index: &[usize], target: &[usize]) -> (Dims, Dims) {
    let one = |s: &[usize]| if s.is_empty() { Dims::from_slice(&[1]) } else { Dims::from_slice(s) };
    (one(index), contiguous_strides(&one(target)).iter().map(|&s| s as usize).collect())
}

fn run_gather(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index) = (plain(c.input(0)?)?, c.input(1)?);
    let axis = Axis::of_call(c, &x, 0)?;
    let at = integers(index)?;
    if index.numel() == 0 {
        return Ok(());
    }
    let (shape, strides) = lines_of(index.shape(), x.shape());
    let lines = Lines { shape: &shape, strides: &strides, dim: axis.dim };
    let at = iter::slice::<i64>(&at)?;
    let inside = match_bits!(x.dtype(), B => kernels::gather(&lines, axis.size, raw::<B>(&x)?, at, raw_mut::<B>(&outs[0])?));
    if inside { Ok(()) } else { Err(outside(Kind::Runtime, first_outside(at, 0, axis.size as i64), axis.dim, axis.size)) }
}

/// A number stands for a source of any shape.
fn is_number(src: &Tensor) -> bool {
    src.is_wrapped()
}

pub(crate) fn infer_scatter(c: &Call) -> Result<Metas> {
    let (x, index, src) = (c.input(0)?, c.input(1)?, c.input(2)?);
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    if !is_number(src) && src.dtype() != x.dtype() {
        bail!(Runtime, "scatter(): Expected self.dtype to be equal to src.dtype, got {} and {}", type_name(x.dtype()), type_name(src.dtype()));
    }
    if src.is_wrapped() {
        src.item()?.check_fits(x.dtype())?;
    }
    if index.numel() > 0 {
        check_index_dtype(c, index)?;
        check_sizes(x, index, (!is_number(src)).then_some(src), d)?;
    }
    same_as_self(c)
}

fn check_sizes(x: &Tensor, index: &Tensor, src: Option<&Tensor>, d: usize) -> Result<()> {
    let rank = index.ndim().max(1);
    if x.ndim().max(1) != rank {
        bail!(Runtime, "Index tensor must have the same number of dimensions as self tensor, got {:?} and {:?}", index.shape(), x.shape());
    }
    if src.is_some_and(|s| s.ndim().max(1) != rank) {
        bail!(
            Runtime,
            "Index tensor must have the same number of dimensions as src tensor, got {:?} and {:?}",
            index.shape(),
            src.map(Tensor::shape).unwrap_or_default()
        );
    }
    let size = |t: &Tensor, k: usize| t.shape().get(k).copied().unwrap_or(1);
    let beyond_self = (0..rank).any(|k| k != d && size(index, k) > size(x, k));
    let beyond_src = src.filter(|s| (0..rank).any(|k| size(index, k) > size(s, k)));
    match (beyond_self || beyond_src.is_some(), src) {
        (true, Some(src)) => bail!(
            Runtime,
            "Expected index {:?} to be no larger than self {:?} apart from dimension {d} and to be no larger size than src {:?}",
            index.shape(),
            x.shape(),
            src.shape()
        ),
        (true, None) => bail!(Runtime, "Expected index {:?} to be no larger than self {:?} apart from dimension {d}", index.shape(), x.shape()),
        _ => Ok(()),
    }
}

/// The part of a source in the shape of the index, row-major.
pub(crate) fn source_part(src: &Tensor, index: &Tensor, dtype: DType) -> Result<Tensor> {
    if is_number(src) {
        return repeated(src, dtype, 1);
    }
    let mut part = src.detach()?;
    for (k, &n) in index.shape().iter().enumerate().take(src.ndim()) {
        part = part.slice(k as i64, 0, n as i64)?;
    }
    part.contiguous()
}

fn run_scatter(c: &Call, outs: &[Tensor], how: How) -> Result<()> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    let axis = Axis::of_call(c, x, 0)?;
    let at = checked(index, axis.size, |i| outside(Kind::Runtime, i, axis.dim, axis.size))?;
    let src = source_part(c.input(2)?, index, x.dtype())?;
    start(&outs[0], x)?;
    scatter_into(c, how, &outs[0], axis.dim, &at, &src)
}

/// Joins a source into the result at checked positions.
pub(crate) fn scatter_into(c: &Call, how: How, out: &Tensor, dim: usize, at: &Tensor, src: &Tensor) -> Result<()> {
    if at.numel() == 0 {
        return Ok(());
    }
    let (shape, strides) = lines_of(at.shape(), out.shape());
    let lines = Lines { shape: &shape, strides: &strides, dim };
    let at = iter::slice::<i64>(at)?;
    if how == How::Assign {
        return match_bits!(out.dtype(), B => { kernels::scatter(kernels::Assign::default(), &lines, raw_mut::<B>(out)?, at, raw::<B>(src)?); Ok(()) });
    }
    with_combine!(c, how, out.dtype(), T, op => { kernels::scatter(op, &lines, iter::slice_mut::<T>(out)?, at, iter::slice::<T>(src)?); Ok(()) })
}

impl Tensor {
    /// Values of a dimension at given positions.
    pub fn gather(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        call1(&GATHER, &[self, index], &[Arg::from(dim)])
    }

    /// Adds values at given positions of a dimension.
    pub fn scatter_add(&self, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
        call1(&SCATTER_ADD, &[self, index, src], &[Arg::from(dim)])
    }

    /// Writes one number at given positions of a dimension.
    pub fn scatter_value(&self, dim: i64, index: &Tensor, value: f64) -> Result<Tensor> {
        call1(&SCATTER, &[self, index, &Tensor::wrapped(value.into())?], &[Arg::from(dim)])
    }
}
