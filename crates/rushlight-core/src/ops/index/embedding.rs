//! Rows of a table of vectors.

use super::slices::{select_slices, signed, zeros};
use super::*;
use crate::ops::{Arg, call1};
use crate::{Dims, grads, rows};

rows! {
    EMBEDDING = Op::new("embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor", Rule::Kernel { infer, run }).vjp(2, 0, |b| grads![b; weight_gradient(b)?]).doc("Rows of a table at given positions; the row padding_idx gets no gradient");
}

fn infer(c: &Call) -> Result<Metas> {
    let (weight, indices) = (c.input(0)?, c.input(1)?);
    if weight.ndim() != 2 {
        bail!(Runtime, "'weight' must be 2-D, its shape is {:?}", weight.shape());
    }
    if !matches!(indices.dtype(), DType::I64 | DType::I32) {
        bail!(
            Runtime,
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.{}Tensor instead (while checking arguments for embedding)",
            type_name(indices.dtype())
        );
    }
    let mut shape = Dims::from_slice(indices.shape());
    shape.push(weight.shape()[1]);
    Ok(smallvec![Meta::new(&shape, weight.dtype())])
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let weight = plain(c.input(0)?)?;
    let axis = Axis::of(weight.shape(), 0);
    let at = checked(c.input(1)?, axis.size, |i| err!(Index, "embedding: index out of range in self: {i} in a table of {} rows", axis.size))?;
    select_slices(&weight, axis, &at, &outs[0])
}

/// Gradients of the same row add up; divided by the number of its uses if asked for.
fn weight_gradient(b: &Back) -> Result<Tensor> {
    let (g, c) = (b.g()?, b.call());
    let index = b.x(1)?.reshape(&[-1])?;
    let mut g = g.reshape(&[index.numel() as i64, b.shape(0)[1] as i64])?;
    if c.flag(1) {
        let uses = call1(&super::count::BINCOUNT, &[&index], &[Arg::from(0i64)])?.index_select(0, &index)?;
        g = g.div(uses.unsqueeze(1)?.to_dtype(g.dtype())?)?;
    }
    let sum = zeros(b, 0)?.index_add(0, &index, &g)?;
    let rows = b.shape(0)[0] as i64;
    match c.int(0)? {
        pad if (0..rows).contains(&pad) => sum.index_fill(0, &Tensor::of(&[pad], &[1])?, 0.0)?.reshape(&signed(b.shape(0))),
        _ => Ok(sum),
    }
}
