//! Several index tensors at once, `x[i, :, j]`: they are combined to one position in a block of slices.

use super::slices::{put_slices, repeated, select_slices, signed, zeros};
use super::*;
use crate::layout::broadcast;
use crate::ops::{Arg, Inputs, Outputs};
use crate::{Device, Dims, Kind, rows};
use rushlight_kernels::index as kernels;
use smallvec::SmallVec;

rows! {
    INDEX = Op::new("index(Tensor self, Tensor?[] indices) -> Tensor", Rule::Dynamic(index)).vjp(!1, 0, index_gradient).only_method().doc("Elements at the positions that index tensors (or masks) name together; None stands for a whole dimension");
    INDEX_PUT = Op::new("index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor", Rule::Kernel { infer: same_as_self, run: |c, o| put(c, o, c.inputs.len().saturating_sub(1)) }).vjp(!1, 0, |b| put_gradient(b, b.count().saturating_sub(1))).in_place_by(update_in_place).doc("Writes (or adds) values at the positions that index tensors name together");
    INDEX_PUT_VALUES = Op::new("_index_put(Tensor self, Tensor values, Tensor?[] indices, bool accumulate=False) -> Tensor", Rule::Kernel { infer: same_as_self, run: |c, o| put(c, o, 1) }).vjp(!3, 0, |b| put_gradient(b, 1)).doc("index_put with the values first, which are then not kept for the backward pass");
}

/// One index: which dimensions it covers and the flat position in them of each of its elements.
struct Part {
    first: usize,
    count: usize,
    at: Tensor,
}

/// Index tensors brought to a block of slices.
struct Plan {
    /// Indexed dimensions first; empty if they are adjacent and stay where they are.
    order: Vec<i64>,
    axis: Axis,
    /// Combined positions; as a meta tensor, their shape only.
    at: Tensor,
    /// The shape of the elements selected.
    shape: Dims,
}

fn part(x: &Tensor, index: &Tensor, k: usize, first: usize) -> Result<Part> {
    let mask = match index.dtype() {
        DType::Bool | DType::U8 => true,
        DType::I64 | DType::I32 => false,
        _ => bail!(Index, "tensors used as indices must be long, int, byte or bool tensors, not {}", index.dtype().name()),
    };
    let count = if mask { index.ndim() } else { 1 };
    if first + count > x.ndim() {
        bail!(Index, "too many indices for tensor of dimension {}", x.ndim());
    }
    let covered = &x.shape()[first..first + count];
    if !mask {
        let size = covered[0];
        if index.is_meta() {
            return Ok(Part { first, count, at: index.detach()? });
        }
        if size == 0 && index.numel() > 0 {
            bail!(Index, "index is out of bounds for dimension with size 0");
        }
        return Ok(Part { first, count, at: wrapped(index, size, |i| outside(Kind::Index, i, first, size))? });
    }
    if let Some(d) = (0..count).find(|&d| index.shape()[d] != covered[d]) {
        bail!(
            Index,
            "The shape of the mask {:?} at index {d} does not match the shape of the indexed tensor {:?} at index {}",
            index.shape(),
            x.shape(),
            first + d
        );
    }
    if index.is_meta() {
        bail!(
            NotImplemented,
            "index(): a mask on the meta device has no values to count (operation {k}, shape {:?}); index with integers instead",
            index.shape()
        );
    }
    let held = plain(&index.detach()?.to_dtype(DType::Bool)?)?;
    let positions = kernels::positions(iter::slice::<bool>(&held)?);
    Ok(Part { first, count, at: Tensor::of(&positions, &[positions.len()])? })
}

fn plan(x: &Tensor, indices: &[Option<Tensor>]) -> Result<Plan> {
    let (mut parts, mut dim): (SmallVec<[Part; 3]>, usize) = (SmallVec::new(), 0);
    for (k, index) in indices.iter().enumerate() {
        match index {
            None => dim += 1,
            Some(index) => {
                let part = part(x, index, k, dim)?;
                dim += part.count;
                parts.push(part);
            }
        }
    }
    if dim > x.ndim() {
        bail!(Index, "too many indices for tensor of dimension {}", x.ndim());
    }
    let Some(first) = parts.first().map(|p| p.first) else { bail!(Index, "index(): at least one index tensor is needed") };
    let adjacent = parts.windows(2).all(|w| w[1].first == w[0].first + w[0].count);
    let indexed: Dims = parts.iter().flat_map(|p| p.first..p.first + p.count).collect();
    let (at, size) = combine(x, &parts)?;
    let sizes = |dims: &mut dyn Iterator<Item = usize>| dims.map(|d| x.shape()[d]).collect::<Dims>();
    let end = first + indexed.len();
    let (before, after) = if adjacent {
        (sizes(&mut (0..first)), sizes(&mut (end..x.ndim())))
    } else {
        (Dims::new(), sizes(&mut (0..x.ndim()).filter(|d| !indexed.contains(d))))
    };
    let order = if adjacent { Vec::new() } else { indexed.iter().copied().chain((0..x.ndim()).filter(|d| !indexed.contains(d))).map(|d| d as i64).collect() };
    let axis = Axis { dim: first, outer: before.iter().product(), size, inner: after.iter().product() };
    let shape = before.iter().chain(at.shape()).chain(&after).copied().collect();
    Ok(Plan { order, axis, at, shape })
}

/// The common shape of the indices, their position in the dimensions they cover together, and the size of these.
fn combine(x: &Tensor, parts: &[Part]) -> Result<(Tensor, usize)> {
    let size_of = |p: &Part| x.shape()[p.first..p.first + p.count].iter().product::<usize>();
    let size = parts.iter().map(size_of).product();
    if let [one] = parts {
        return Ok((one.at.clone(), size));
    }
    let mut shape = Dims::new();
    for p in parts {
        shape = broadcast(&shape, p.at.shape()).map_err(|_| {
            let shapes: Vec<String> = parts.iter().map(|p| format!("{:?}", p.at.shape())).collect();
            err!(Index, "shape mismatch: indexing tensors could not be broadcast together with shapes {}", shapes.join(", "))
        })?;
    }
    if parts.iter().any(|p| p.at.is_meta()) {
        return Ok((Tensor::empty_on(&shape, DType::I64, Device::Meta, crate::MemoryFormat::Contiguous)?, size));
    }
    let mut total = vec![0i64; shape.iter().product()];
    for p in parts {
        let (at, n) = (p.at.expand(&shape)?.contiguous()?, size_of(p) as i64);
        total.iter_mut().zip(iter::slice::<i64>(&at)?).for_each(|(t, &i)| *t = *t * n + i);
    }
    Ok((Tensor::of(&total, &shape)?, size))
}

fn index(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    let plan = plan(x, &c.inputs[1..])?;
    if x.is_meta() || plan.at.is_meta() {
        return Ok(smallvec![Tensor::empty_on(&plan.shape, x.dtype(), Device::Meta, crate::MemoryFormat::Contiguous)?]);
    }
    let out = Tensor::empty(&plan.shape, x.dtype())?;
    let x = x.detach()?;
    let x = if plan.order.is_empty() { x } else { x.permute(&plan.order)? };
    select_slices(&x.contiguous()?, plan.axis, &plan.at, &out)?;
    Ok(smallvec![out])
}

/// Writes input `values` of the call; the indices are the other inputs after the first.
fn put(c: &Call, outs: &[Tensor], values: usize) -> Result<()> {
    let (x, v) = (c.input(0)?, c.input(values)?);
    let plan = plan(x, &indices_of(c.inputs, values))?;
    if v.dtype() != x.dtype() && !v.is_wrapped() {
        bail!(
            Runtime,
            "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
            type_name(x.dtype()),
            type_name(v.dtype())
        );
    }
    let src = values_for(v, x.dtype(), &plan)?;
    let how = if c.flag(0) { How::Sum } else { How::Assign };
    start(&outs[0], x)?;
    if plan.order.is_empty() {
        return put_slices(how, &outs[0], plan.axis, &plan.at, &src);
    }
    let view = outs[0].detach()?.permute(&plan.order)?;
    let moved = view.contiguous()?;
    put_slices(how, &moved, plan.axis, &plan.at, &src)?;
    copy::copy_into(&view, &moved)
}

fn indices_of(inputs: &[Option<Tensor>], values: usize) -> Inputs {
    inputs.iter().enumerate().filter(|&(i, _)| i != 0 && i != values).map(|(_, x)| x.clone()).collect()
}

/// Values in the shape of what is written, or one slice that serves every position.
fn values_for(v: &Tensor, dtype: DType, plan: &Plan) -> Result<Tensor> {
    let v = v.detach()?.to_dtype(dtype)?;
    let fits = broadcast(&plan.shape, v.shape()).is_ok_and(|s| s == plan.shape) || (v.numel() == 1 && v.ndim() <= plan.shape.len());
    if !fits {
        bail!(Runtime, "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape {:?}", v.shape(), plan.shape.as_slice());
    }
    if v.numel() == 1 { repeated(&v, dtype, plan.axis.inner) } else { v.expand(&plan.shape)?.contiguous() }
}

fn index_gradient(b: &Back) -> Result<Grads> {
    let mut inputs: Inputs = smallvec![Some(zeros(b, 0)?), Some(b.g()?.clone())];
    inputs.extend((1..b.count()).map(|i| b.optional(i).cloned()));
    Ok(smallvec![Some(call_row(&INDEX_PUT_VALUES, inputs, smallvec![Arg::from(true)])?)])
}

fn put_gradient(b: &Back, values: usize) -> Result<Grads> {
    let g = b.g()?;
    let indices = || (1..b.count()).filter(|&i| i != values).map(|i| b.optional(i).cloned());
    let mut out: Grads = (0..b.count()).map(|_| None).collect();
    if b.needs(0) {
        let mut inputs: Inputs = smallvec![Some(g.clone()), Some(Tensor::zeros(&[], g.dtype(), g.device())?)];
        inputs.extend(indices());
        out[0] = Some(if b.call().flag(0) { g.clone() } else { call_row(&INDEX_PUT_VALUES, inputs, smallvec![Arg::from(false)])? });
    }
    if b.needs(values) {
        let mut inputs: Inputs = smallvec![Some(g.clone())];
        inputs.extend(indices());
        let taken = call_row(&INDEX, inputs, smallvec![])?;
        let shape = b.shape(values);
        out[values] = Some(if taken.numel() == 0 { Tensor::zeros(shape, g.dtype(), g.device())? } else { taken.sum_to(shape)?.reshape(&signed(shape))? });
    }
    Ok(out)
}

impl Tensor {
    /// Elements at the positions that index tensors name together.
    pub fn index(&self, indices: &[Option<Tensor>]) -> Result<Tensor> {
        let inputs = std::iter::once(Some(self.clone())).chain(indices.iter().cloned()).collect();
        call_row(&INDEX, inputs, smallvec![])
    }

    /// Writes values in place at the positions that index tensors name together.
    pub fn index_put_in_place(&self, indices: &[Option<Tensor>], values: &Tensor) -> Result<()> {
        let inputs = [Some(self.clone()), Some(values.clone())].into_iter().chain(indices.iter().cloned()).collect();
        crate::ops::call_in_place(&INDEX_PUT_VALUES, inputs, smallvec![Arg::from(false)])?;
        Ok(())
    }
}
