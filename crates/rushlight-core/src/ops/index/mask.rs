//! Reading and writing where a mask holds.

use super::slices::{put_slices, repeated, select_slices, signed};
use super::*;
use crate::layout::broadcast;
use crate::ops::{Outputs, c_name, call1};
use crate::{Device, Scalar, grads, rows};
use rushlight_kernels::{index as kernels, match_bits};

rows! {
    NONZERO = Op::new("nonzero(Tensor self) -> Tensor", Rule::Dynamic(nonzero)).constant().exact_out().doc("Positions of elements that are not zero, one per row");
    MASKED_SELECT = Op::new("masked_select(Tensor self, Tensor mask) -> Tensor", Rule::Dynamic(masked_select)).vjp(2, 0, |b| grads![b; select_gradient(b)?]).exact_out().doc("The elements where the mask holds, as a vector");
    MASKED_SCATTER = Op::new("masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", Rule::Kernel { infer: infer_scatter, run: run_scatter }).vjp(2, 0, |b| around_index(b, || b.g()?.masked_fill(b.x(1)?, 0.0), || source_gradient(b))).in_place_by(update_in_place).doc("Writes the elements of source in order where the mask holds");
    MASKED_FILL = Op::new("masked_fill(Tensor self, Tensor mask, Operand value) -> Tensor", Rule::Kernel { infer: infer_fill, run: run_fill }).vjp(2, 0, |b| around_index(b, || b.g()?.masked_fill(b.x(1)?, 0.0), || b.x(1)?.pick(b.g()?, 0.0)?.sum_all())).in_place_by(update_in_place).doc("Writes one value where the mask holds");
}

/// Flat positions of the nonzero elements.
fn held(x: &Tensor) -> Result<Vec<i64>> {
    let mask = plain(&x.detach()?.to_dtype(DType::Bool)?)?;
    Ok(kernels::positions(iter::slice::<bool>(&mask)?))
}

fn refuse_meta(c: &Call, x: &Tensor) -> Result<()> {
    if x.is_meta() {
        bail!(NotImplemented, "{}: the shape of the result depends on values, which meta tensors do not have", c.op.name());
    }
    Ok(())
}

fn nonzero(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    refuse_meta(c, x)?;
    let (flat, ndim) = (held(x)?, x.ndim());
    if ndim == 1 {
        return Ok(smallvec![Tensor::of(&flat, &[flat.len(), 1])?]);
    }
    let mut out = vec![0i64; flat.len() * ndim];
    // Positions ascend: the first one of the current line moves on with them.
    let width = x.shape().last().map_or(1, |&n| n as i64);
    let (mut line, mut first) = (0, 0);
    for (row, &p) in out.chunks_exact_mut(ndim.max(1)).zip(&flat) {
        if p - first >= width {
            line = p / width;
            first = line * width;
        }
        row[ndim - 1] = p - first;
        let mut rest = line;
        for d in (0..ndim - 1).rev() {
            let n = x.shape()[d] as i64;
            row[d] = if d == 0 { rest } else { rest % n };
            rest = if d == 0 { 0 } else { rest / n };
        }
    }
    Ok(smallvec![Tensor::of(&out, &[flat.len(), ndim])?])
}

fn masked_select(c: &Call) -> Result<Outputs> {
    let (x, mask) = (c.input(0)?, c.input(1)?);
    if mask.dtype() != DType::Bool {
        bail!(Runtime, "masked_select: expected BoolTensor for mask, got {}", type_name(mask.dtype()));
    }
    let shape = broadcast(mask.shape(), x.shape())?;
    refuse_meta(c, mask)?;
    refuse_meta(c, x)?;
    let at = held(&mask.detach()?.expand(&shape)?)?;
    let at = Tensor::of(&at, &[at.len()])?;
    let x = plain(&x.detach()?.expand(&shape)?)?;
    let out = Tensor::empty(&[at.numel()], x.dtype())?;
    select_slices(&x, Axis { dim: 0, outer: 1, size: x.numel(), inner: 1 }, &at, &out)?;
    Ok(smallvec![out])
}

fn select_gradient(b: &Back) -> Result<Tensor> {
    let (g, mask) = (b.g()?, b.x(1)?);
    let shape = broadcast(b.shape(0), mask.shape())?;
    let zeros = Tensor::zeros(&shape, g.dtype(), g.device())?;
    call1(&MASKED_SCATTER, &[&zeros, &mask.to_dtype(DType::Bool)?, g], &[])
}

/// The mask must broadcast to the operand (which in place cannot grow, and otherwise grows to the mask).
fn common_shape(c: &Call) -> Result<Metas> {
    let (x, mask) = (c.input(0)?, c.input(1)?);
    Ok(smallvec![Meta::new(&broadcast(x.shape(), mask.shape())?, x.dtype())])
}

fn infer_scatter(c: &Call) -> Result<Metas> {
    let (x, mask, source) = (c.input(0)?, c.input(1)?, c.input(2)?);
    if mask.dtype() != DType::Bool {
        bail!(Runtime, "masked_scatter_ only supports boolean masks, but got mask with dtype {}", c_name(mask.dtype()));
    }
    if source.dtype() != x.dtype() {
        bail!(Runtime, "masked_scatter: expected self and source to have same dtypes but got {} and {}", type_name(x.dtype()), type_name(source.dtype()));
    }
    common_shape(c)
}

fn run_scatter(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, mask, source, out) = (c.input(0)?, c.input(1)?, c.input(2)?, &outs[0]);
    let at = held(&mask.detach()?.expand(out.shape())?)?;
    if source.numel() < at.len() {
        bail!(Runtime, "Number of elements of source < number of ones in mask: {} and {}", source.numel(), at.len());
    }
    start(out, x)?;
    let axis = Axis { dim: 0, outer: 1, size: out.numel(), inner: 1 };
    put_slices(How::Assign, out, axis, &Tensor::of(&at, &[at.len()])?, &plain(source)?)
}

/// The gradient where the mask holds goes to the first elements of the source; the others were not used.
fn source_gradient(b: &Back) -> Result<Tensor> {
    let (g, mask, shape) = (b.g()?, b.x(1)?, b.shape(2));
    let (g, mask) = (g, mask.expand(g.shape())?);
    let used = call1(&MASKED_SELECT, &[g, &mask], &[])?;
    let rest = shape.iter().product::<usize>() - used.numel();
    let rest = Tensor::zeros(&[rest], g.dtype(), g.device())?;
    crate::ops::shape::cat(&[used, rest], 0)?.reshape(&signed(shape))
}

/// Python's number, or a 0-d tensor's, must be of a kind the type can hold.
fn infer_fill(c: &Call) -> Result<Metas> {
    let (x, mask, value) = (c.input(0)?, c.input(1)?, c.input(2)?);
    if mask.dtype() != DType::Bool {
        bail!(Runtime, "masked_fill_ only supports boolean masks, but got mask with dtype {}: convert it with .bool()", c_name(mask.dtype()));
    }
    if value.ndim() != 0 {
        bail!(Runtime, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).", value.ndim());
    }
    if value.device() == Device::Cpu {
        value.item()?.check_fits(x.dtype())?;
    }
    common_shape(c)
}

fn run_fill(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, out) = (c.input(0)?, &outs[0]);
    let mask = plain(&c.input(1)?.detach()?.expand(out.shape())?)?;
    let value = repeated(c.input(2)?, x.dtype(), 1)?;
    start(out, x)?;
    match_bits!(out.dtype(), B => { kernels::fill_where(iter::slice::<bool>(&mask)?, raw::<B>(&value)?[0], raw_mut::<B>(out)?); Ok(()) })
}

impl Tensor {
    /// Writes one number where the mask holds.
    pub fn masked_fill(&self, mask: &Tensor, value: impl Into<Scalar>) -> Result<Tensor> {
        call1(&MASKED_FILL, &[self, mask, &Tensor::wrapped(value.into())?], &[])
    }
}
