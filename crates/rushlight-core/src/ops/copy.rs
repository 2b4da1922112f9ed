//! Copies: between types, layouts and tensors.

use super::{Arg, Call, Inputs, Op, Outputs, Rule, call, call1};
use crate::autograd::node::{Action, Node, OutputMeta};
use crate::autograd::{grad_enabled, inplace};
use crate::iter;
use crate::layout::{Dims, Layout, MemoryFormat};
use crate::scalar::Scalar;
use crate::tensor::{Device, Tensor};
use crate::{DType, Result, bail, grads, rows};
use rushlight_kernels::elementwise::{self, Params, cast};
use rushlight_kernels::match_dtype;
use smallvec::smallvec;

rows! {
    CLONE = Op::new("clone(Tensor self, *, memory_format? memory_format=None) -> Tensor", Rule::Dynamic(clone)).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("A copy with memory of its own");
    CONTIGUOUS = Op::new("contiguous(Tensor self, *, memory_format? memory_format=None) -> Tensor", Rule::Composite(contiguous)).only_method().doc("The tensor itself if it is contiguous, else a copy");
    TO_DTYPE = Op::new("_to_dtype(Tensor self, dtype dtype, bool copy=False) -> Tensor", Rule::Dynamic(to_dtype_row)).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("A copy with another element type");
    TO_DEVICE = Op::new("_to_device(Tensor self, device device) -> Tensor", Rule::Dynamic(to_device)).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("The tensor on another device");
    COPY = Op::new("copy(Tensor self, Tensor src) -> Tensor", Rule::Dynamic(copy_row)).vjp(0, 0, |b| grads![b; b.g()?.zeros_like()?, b.g()?.clone()]).internal().doc("src in the shape and type of self");
    FILL = Op::new("fill(Tensor self, Operand value) -> Tensor", Rule::Dynamic(fill_row)).vjp(0, 0, |b| grads![b; b.g()?.zeros_like()?, b.g()?.sum_all()?]).only_function().in_place_by(write_fill).doc("One value everywhere");
    ZERO = Op::new("zero(Tensor self) -> Tensor", Rule::Dynamic(|c| Ok(smallvec![c.input(0)?.zeros_like()?]))).vjp(0, 0, |b| grads![b; b.g()?.zeros_like()?]).internal().in_place_by(|_, x| fill(x, Scalar::Int(0)).map(|()| true)).doc("Zeros in the shape of self");
}

fn format(call: &Call, i: usize) -> MemoryFormat {
    match call.arg(i) {
        Arg::Format(f) => *f,
        _ => MemoryFormat::Preserve,
    }
}

/// The layout of a copy: the same order in memory, or the one asked for.
pub fn copy_layout(x: &Tensor, format: MemoryFormat) -> Result<Layout> {
    Ok(match format {
        MemoryFormat::Preserve if x.layout().is_dense() => Layout { offset: 0, ..x.layout().clone() },
        MemoryFormat::Preserve => Layout { shape: Dims::from_slice(x.shape()), strides: x.layout().dense_strides(), offset: 0 },
        MemoryFormat::ChannelsLast if x.ndim() != 4 => bail!(Runtime, "required rank 4 tensor to use channels_last format"),
        MemoryFormat::ChannelsLast3d if x.ndim() != 5 => bail!(Runtime, "required rank 5 tensor to use channels_last_3d format"),
        other => Layout::with_format(x.shape(), other),
    })
}

fn clone(call: &Call) -> Result<Outputs> {
    let x = call.input(0)?;
    let out = Tensor::empty_layout(copy_layout(x, format(call, 0))?, x.dtype(), x.device())?;
    copy_into(&out, x)?;
    Ok(smallvec![out])
}

fn contiguous(call: &Call) -> Result<Outputs> {
    let x = call.input(0)?;
    let wanted = match format(call, 0) {
        MemoryFormat::Preserve => MemoryFormat::Contiguous,
        other => other,
    };
    if x.layout().is_format(wanted) {
        return Ok(smallvec![x.clone()]);
    }
    super::call(&CLONE, smallvec![Some(x.clone())], smallvec![Arg::Format(wanted)])
}

fn to_dtype_row(call: &Call) -> Result<Outputs> {
    let Some(dtype) = call.dtype(0) else { bail!(Type, "_to_dtype(): dtype is missing") };
    Ok(smallvec![cast(call.input(0)?, dtype)?])
}

fn to_device(call: &Call) -> Result<Outputs> {
    let x = call.input(0)?;
    let Arg::Device(device) = call.arg(0) else { bail!(Type, "_to_device(): device is missing") };
    match (x.device(), device) {
        (Device::Meta, Device::Cpu) => {
            bail!(NotImplemented, "Cannot copy out of meta tensor; no data! Use torch.empty_like(x, device='cpu') or Module.to_empty()")
        }
        _ => Ok(smallvec![Tensor::empty_layout(Layout { offset: 0, ..copy_layout(x, MemoryFormat::Preserve)? }, x.dtype(), *device)?]),
    }
}

fn copy_row(call: &Call) -> Result<Outputs> {
    let (x, source) = (call.input(0)?, call.input(1)?);
    let out = Tensor::empty_layout(copy_layout(x, MemoryFormat::Preserve)?, x.dtype(), x.device())?;
    copy_into(&out, source)?;
    Ok(smallvec![out])
}

/// The value of a fill, which the type of the tensor must hold.
fn filling<'a>(call: &'a Call) -> Result<&'a Tensor> {
    let (x, value) = (call.input(0)?, call.input(1)?);
    if value.ndim() != 0 {
        bail!(Runtime, "fill only supports 0-dimension value tensor but got tensor with {} dimensions.", value.ndim());
    }
    if value.is_wrapped() {
        value.item()?.check_fill(x.dtype())?;
    }
    Ok(value)
}

fn fill_row(call: &Call) -> Result<Outputs> {
    copy_row(&Call { op: &COPY, inputs: &[Some(call.input(0)?.clone()), Some(filling(call)?.clone())], args: &[] })
}

fn write_fill(call: &Call, x: &Tensor) -> Result<bool> {
    copy_into(x, filling(call)?).map(|()| true)
}

/// A copy in another type, outside the graph. The order in memory is kept.
pub fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let out = Tensor::empty_layout(copy_layout(x, MemoryFormat::Preserve)?, dtype, x.device())?;
    copy_into(&out, x)?;
    Ok(out)
}

/// The tensor itself if it has the type, else a recorded copy.
pub fn to_dtype(x: &Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype() == dtype { Ok(x.clone()) } else { call1(&TO_DTYPE, &[x], &[Arg::DType(dtype)]) }
}

/// Writes `source`, broadcast and converted, into `target`: outside the graph, without counting a change.
pub fn copy_into(target: &Tensor, source: &Tensor) -> Result<()> {
    let fits = crate::layout::broadcast(target.shape(), source.shape()).is_ok_and(|s| s.as_slice() == target.shape());
    if !fits {
        bail!(
            Runtime,
            "The expanded size of the tensor {:?} must match the existing size {:?}: the source does not broadcast to the target",
            target.shape(),
            source.shape()
        );
    }
    if target.is_meta() {
        return Ok(());
    }
    if source.is_meta() {
        bail!(NotImplemented, "Cannot copy out of meta tensor; no data!");
    }
    if overlaps_partly(target, source) {
        let copy = Tensor::empty_layout(copy_layout(source, MemoryFormat::Preserve)?, source.dtype(), source.device())?;
        copy_into(&copy, source)?;
        return copy_into(target, &copy);
    }
    if source.numel() == 1 && target.numel() > 1 && target.is_contiguous() {
        let value = if source.dtype() == target.dtype() { source.clone() } else { cast(source, target.dtype())? };
        return match_dtype!(target.dtype(), T => { elementwise::fill(iter::slice_mut::<T>(target)?, iter::slice::<T>(&value)?[0]); Ok(()) });
    }
    if source.dtype() != target.dtype() || !iter::copy_transposed(target, source) {
        iter::run(cast::resolve(source.dtype(), target.dtype()), &[target, source], &Params::default());
    }
    Ok(())
}

/// `target.copy_(source)`, recorded.
pub fn copy_in_place(target: &Tensor, source: &Tensor) -> Result<()> {
    let recorded = grad_enabled() && target.dtype().is_differentiable() && (target.requires_grad() || source.requires_grad());
    inplace::check(target, recorded)?;
    if target.is(source) {
        return Ok(());
    }
    refuse_partial_overlap(target, source)?;
    copy_into(target, source)?;
    target.bump_version();
    if recorded {
        let inputs: Inputs = smallvec![Some(target.clone()), Some(source.clone())];
        let edges = inputs.iter().flatten().map(Tensor::gradient_edge).collect();
        let meta = OutputMeta { shape: Dims::from_slice(target.shape()), dtype: target.dtype() };
        let row = super::backward::RowBackward::new(&COPY, &inputs, Default::default(), smallvec![], &smallvec![target.clone()])?;
        inplace::rebase(target, Node::new("copy", edges, smallvec![meta], Action::Row(row)))?;
    }
    Ok(())
}

/// Two tensors share memory, but not position by position.
pub fn overlaps_partly(a: &Tensor, b: &Tensor) -> bool {
    if a.storage().ptr() != b.storage().ptr() {
        return false;
    }
    if a.layout().visits_as(b.layout()) && a.dtype() == b.dtype() {
        return false;
    }
    match (a.layout().span(), b.layout().span()) {
        (Some((s, e)), Some((t, f))) => s * a.dtype().size() < f * b.dtype().size() && t * b.dtype().size() < e * a.dtype().size(),
        _ => false,
    }
}

/// Refuses to write into memory that is read in another order, where that can be told from the layouts.
pub fn refuse_partial_overlap(target: &Tensor, source: &Tensor) -> Result<()> {
    if overlaps_partly(target, source) && target.layout().is_dense() && source.layout().is_dense() {
        bail!(
            Runtime,
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory \
             location. Please clone() the tensor before performing the operation."
        );
    }
    Ok(())
}

/// A copy for the backward pass of an in-place operation, in the graph position of the original.
pub(crate) fn snapshot(x: &Tensor) -> Result<Tensor> {
    let copy = call1(&CLONE, &[&x.detach()?], &[])?;
    if let Some(edge) = x.gradient_edge() {
        copy.set_history(edge);
    }
    Ok(copy)
}

/// Fills memory with one value.
pub fn fill(out: &Tensor, value: Scalar) -> Result<()> {
    if out.is_meta() || out.numel() == 0 {
        return Ok(());
    }
    if out.is_contiguous() {
        return match_dtype!(out.dtype(), T => { elementwise::fill(iter::slice_mut::<T>(out)?, value.to::<T>()); Ok(()) });
    }
    copy_into(out, &Tensor::scalar(value, out.dtype())?)
}

impl Tensor {
    /// A copy with memory of its own.
    pub fn copied(&self) -> Result<Tensor> {
        call1(&CLONE, &[self], &[])
    }

    /// Row-major: itself or a copy.
    pub fn contiguous(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        let out = call(&CLONE, smallvec![Some(self.clone())], smallvec![Arg::Format(MemoryFormat::Contiguous)])?;
        out.into_iter().next().ok_or_else(|| crate::err!(Runtime, "clone: no result"))
    }

    /// Converted: itself or a copy.
    pub fn to_dtype(&self, dtype: DType) -> Result<Tensor> {
        to_dtype(self, dtype)
    }

    /// Zeros of the same shape, type and order in memory.
    pub fn zeros_like(&self) -> Result<Tensor> {
        let out = Tensor::empty_layout(copy_layout(self, MemoryFormat::Preserve)?, self.dtype(), self.device())?;
        fill(&out, 0.0.into())?;
        Ok(out)
    }
}
