//! Whole slices of one dimension.

use super::*;
use crate::ops::{Arg, call1};
use crate::{Dims, Kind, grads, rows};
use rushlight_kernels::{index as kernels, match_bits};

rows! {
    INDEX_SELECT = Op::new("index_select(Tensor self, int dim, Tensor index) -> Tensor", Rule::Kernel { infer: infer_select, run: run_select }).vjp(2, 0, |b| { let dim = b.call().int(0)?; grads![b; zeros(b, 0)?.index_add(dim, b.x(1)?, b.g()?)?] }).exact_out().doc("Slices of a dimension at given positions");
    INDEX_ADD = Op::new("index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor", Rule::Kernel { infer: infer_add, run: run_add }).vjp(2, 0, |b| around_index(b, || Ok(b.g()?.clone()), || times(&b.g()?.index_select(b.call().int(0)?, b.x(1)?)?, b.call().optional_scalar(1)))).in_place_by(update_in_place).exact_out().doc("Adds slices at given positions of a dimension");
    INDEX_COPY = Op::new("index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", Rule::Kernel { infer: infer_copy, run: run_copy }).vjp(2, 0, |b| { let dim = b.call().int(0)?; around_index(b, || b.g()?.index_fill(dim, b.x(1)?, 0.0), || b.g()?.index_select(dim, b.x(1)?)) }).in_place_by(update_in_place).exact_out().doc("Writes slices at given positions of a dimension");
    INDEX_FILL = Op::new("index_fill(Tensor self, int dim, Tensor index, Operand value) -> Tensor", Rule::Kernel { infer: infer_fill, run: run_fill }).vjp(2, 0, |b| { let dim = b.call().int(0)?; around_index(b, || b.g()?.index_fill(dim, b.x(1)?, 0.0), || filled(b, dim)?.pick(b.g()?, 0.0)?.sum_all()) }).in_place_by(update_in_place).doc("Writes one value at given positions of a dimension");
    TAKE = Op::new("take(Tensor self, Tensor index) -> Tensor", Rule::Kernel { infer: infer_take, run: run_take }).vjp(2, 0, |b| grads![b; call1(&PUT, &[&zeros(b, 0)?, b.x(1)?, b.g()?], &[Arg::from(true)])?]).exact_out().doc("Elements at given positions of the flattened tensor");
    PUT = Op::new("put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor", Rule::Kernel { infer: infer_put, run: run_put }).vjp(2, 0, |b| around_index(b, || put_rest(b), || call1(&TAKE, &[b.g()?, b.x(1)?], &[])?.reshape(&signed(b.shape(2))))).in_place_by(update_in_place).doc("Writes elements at given positions of the flattened tensor");
}

/// Zeros in the shape of input `i`, in the type of the gradient.
pub(crate) fn zeros(b: &Back, i: usize) -> Result<Tensor> {
    let g = b.g()?;
    Tensor::zeros(b.shape(i), g.dtype(), g.device())
}

pub(crate) fn signed(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&n| n as i64).collect()
}

fn times(x: &Tensor, alpha: Option<crate::Scalar>) -> Result<Tensor> {
    match alpha {
        Some(alpha) if alpha.parts() != (1.0, 0.0) => x.mul(alpha),
        _ => Ok(x.clone()),
    }
}

/// Joins slices into the result; `src` has the result's type.
pub(crate) fn put_slices(how: How, out: &Tensor, axis: Axis, at: &Tensor, src: &Tensor) -> Result<()> {
    let (at, Axis { outer, size, inner, .. }) = (iter::slice::<i64>(at)?, axis);
    if how == How::Assign {
        return match_bits!(out.dtype(), B => { kernels::put(kernels::Assign::default(), raw_mut::<B>(out)?, outer, size, inner, at, raw::<B>(src)?); Ok(()) });
    }
    match_dtype!(out.dtype(), T => { kernels::put(kernels::Sum::<T>::default(), iter::slice_mut::<T>(out)?, outer, size, inner, at, iter::slice::<T>(src)?); Ok(()) })
}

fn check_vector(c: &Call, index: &Tensor) -> Result<()> {
    check_index_dtype(c, index)?;
    if index.ndim() > 1 {
        bail!(Index, "{}(): Index is supposed to be a vector, but its shape is {:?}", c.op.name(), index.shape());
    }
    Ok(())
}

fn infer_select(c: &Call) -> Result<Metas> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    check_vector(c, index)?;
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let mut shape = Dims::from_slice(x.shape());
    match shape.get_mut(d) {
        Some(n) => *n = index.numel(),
        None if index.numel() != 1 => bail!(Index, "index_select(): Index to scalar can have only 1 value, got {} value(s)", index.numel()),
        None => {}
    }
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_select(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let axis = Axis::of_call(c, &x, 0)?;
    let at = checked(c.input(1)?, axis.size, |_| err!(Index, "index out of range in self"))?;
    select_slices(&x, axis, &at, &outs[0])
}

/// Copies slices of a contiguous tensor to a contiguous result.
pub(crate) fn select_slices(x: &Tensor, axis: Axis, at: &Tensor, out: &Tensor) -> Result<()> {
    match_bits!(x.dtype(), B => { kernels::select(raw::<B>(x)?, axis.outer, axis.size, axis.inner, iter::slice::<i64>(at)?, raw_mut::<B>(out)?); Ok(()) })
}

fn infer_add(c: &Call) -> Result<Metas> {
    let (x, index, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    check_vector(c, index)?;
    if source.dtype() != x.dtype() {
        bail!(Runtime, "index_add_(): self ({}) and source ({}) must have the same scalar type", type_name(x.dtype()), type_name(source.dtype()));
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let count = source.shape().get(d).copied().unwrap_or(1);
    if count != index.numel() {
        bail!(Runtime, "index_add_(): Number of indices ({}) should be equal to source.size(dim): ({count}), for dim: {d}", index.numel());
    }
    let same = source.ndim().max(1) == x.ndim().max(1) && (0..x.ndim().min(source.ndim())).all(|k| k == d || x.shape()[k] == source.shape()[k]);
    if !same {
        bail!(
            Runtime,
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {:?} source.shape = {:?}",
            x.shape(),
            source.shape()
        );
    }
    same_as_self(c)
}

fn run_add(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = c.input(0)?;
    let axis = Axis::of_call(c, x, 0)?;
    let at = checked(c.input(1)?, axis.size, |i| outside(Kind::Runtime, i, axis.dim, axis.size))?;
    let source = plain(&times(&c.input(2)?.detach()?, c.optional_scalar(1))?.to_dtype(x.dtype())?)?;
    start(&outs[0], x)?;
    put_slices(How::Sum, &outs[0], axis, &at, &source)
}

fn infer_copy(c: &Call) -> Result<Metas> {
    let (x, index, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    check_long(c, index)?;
    check_vector(c, index)?;
    if source.dtype() != x.dtype() {
        bail!(
            Runtime,
            "index_copy_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
            type_name(x.dtype()),
            type_name(source.dtype())
        );
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let rest = |t: &Tensor| t.shape().iter().enumerate().filter(|&(k, _)| k != d).map(|(_, &n)| n).collect::<Dims>();
    if rest(x) != rest(source) {
        bail!(
            Runtime,
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: {:?} at dimension {d} and source slice shape: {:?} at dimension {d}.",
            rest(x).as_slice(),
            rest(source).as_slice()
        );
    }
    let count = source.shape().get(d).copied().unwrap_or(1);
    if count != index.numel() {
        bail!(Index, "index_copy_(): Number of indices ({}) should be equal to source.size(dim) ({count})", index.numel());
    }
    same_as_self(c)
}

fn run_copy(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = c.input(0)?;
    let axis = Axis::of_call(c, x, 0)?;
    let at = checked(c.input(1)?, axis.size, |i| err!(Index, "index_copy_(): index {i} is out of bounds for dimension {} with size {}", axis.dim, axis.size))?;
    let source = plain(c.input(2)?)?;
    start(&outs[0], x)?;
    put_slices(How::Assign, &outs[0], axis, &at, &source)
}

/// Where index_fill wrote.
fn filled(b: &Back, dim: i64) -> Result<Tensor> {
    Tensor::zeros(b.shape(0), DType::Bool, b.g()?.device())?.index_fill(dim, b.x(1)?, 1.0)
}

fn infer_fill(c: &Call) -> Result<Metas> {
    let (x, index, value) = (c.input(0)?, c.input(1)?, c.input(2)?);
    if index.dtype() != DType::I64 {
        bail!(Index, "index_fill_(): Expected dtype int64 for index. Got {}: convert it with .long()", type_name(index.dtype()));
    }
    check_vector(c, index)?;
    if value.ndim() != 0 {
        bail!(Runtime, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).", value.ndim());
    }
    if value.dtype().is_complex() && !x.dtype().is_complex() {
        bail!(Runtime, "index_fill_(): Converting complex Scalar to non-complex type is not supported");
    }
    if value.is_wrapped() {
        value.item()?.check_fits(x.dtype())?;
    }
    same_as_self(c)
}

fn run_fill(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = c.input(0)?;
    let axis = Axis::of_call(c, x, 0)?;
    let at = wrapped(c.input(1)?, axis.size, |i| outside(Kind::Index, i, axis.dim, axis.size))?;
    start(&outs[0], x)?;
    let slice = repeated(c.input(2)?, x.dtype(), axis.inner)?;
    put_slices(How::Assign, &outs[0], axis, &at, &slice)
}

/// One value, `n` times in a row.
pub(crate) fn repeated(value: &Tensor, dtype: DType, n: usize) -> Result<Tensor> {
    plain(&value.detach()?.reshape(&[1])?.to_dtype(dtype)?.expand(&[n])?)
}

fn check_long(c: &Call, index: &Tensor) -> Result<()> {
    if index.dtype() != DType::I64 {
        let mark = if c.op.name() == "take" { "" } else { "_" };
        bail!(Runtime, "{}{mark}(): Expected a long tensor for index, but got {}", c.op.name(), type_name(index.dtype()));
    }
    Ok(())
}

fn infer_take(c: &Call) -> Result<Metas> {
    let (x, index) = (c.input(0)?, c.input(1)?);
    check_long(c, index)?;
    if x.numel() == 0 && index.numel() > 0 {
        bail!(Index, "take(): tried to take from an empty tensor");
    }
    Ok(smallvec![Meta::new(index.shape(), x.dtype())])
}

fn flat_positions(index: &Tensor, numel: usize) -> Result<Tensor> {
    wrapped(index, numel, |i| err!(Index, "out of range: tried to access index {i} on a tensor of {numel} elements."))
}

fn run_take(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let at = flat_positions(c.input(1)?, x.numel())?;
    select_slices(&x, Axis { dim: 0, outer: 1, size: x.numel(), inner: 1 }, &at, &outs[0])
}

fn infer_put(c: &Call) -> Result<Metas> {
    let (x, index, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    check_long(c, index)?;
    if source.dtype() != x.dtype() {
        bail!(
            Runtime,
            "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype = {}",
            type_name(x.dtype()),
            type_name(source.dtype())
        );
    }
    if source.numel() != index.numel() {
        bail!(
            Index,
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = {}, index.numel() = {}",
            source.numel(),
            index.numel()
        );
    }
    same_as_self(c)
}

fn run_put(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, source) = (c.input(0)?, plain(c.input(2)?)?);
    let at = flat_positions(c.input(1)?, x.numel())?;
    start(&outs[0], x)?;
    let how = if c.flag(0) { How::Sum } else { How::Assign };
    put_slices(how, &outs[0], Axis { dim: 0, outer: 1, size: x.numel(), inner: 1 }, &at, &source)
}

fn put_rest(b: &Back) -> Result<Tensor> {
    let g = b.g()?;
    if b.call().flag(0) {
        return Ok(g.clone());
    }
    let nothing = Tensor::zeros(b.x(1)?.shape(), g.dtype(), g.device())?;
    call1(&PUT, &[g, b.x(1)?, &nothing], &[Arg::from(false)])
}

impl Tensor {
    /// Slices of a dimension at given positions.
    pub fn index_select(&self, dim: i64, index: &Tensor) -> Result<Tensor> {
        call1(&INDEX_SELECT, &[self, index], &[Arg::from(dim)])
    }

    /// Writes one value at given positions of a dimension.
    pub fn index_fill(&self, dim: i64, index: &Tensor, value: f64) -> Result<Tensor> {
        call1(&INDEX_FILL, &[self, index, &Tensor::wrapped(value.into())?], &[Arg::from(dim)])
    }
}
