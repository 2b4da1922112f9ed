//! Elements in other places: reversed, rotated, repeated, cut to a triangle, put on a diagonal.

use super::cat;
use crate::layout::{Dims, checked_numel, wrap_dim, wrap_dims};
use crate::ops::index::{plain, raw, raw_mut, same_as_self};
use crate::ops::{Arg, Call, Meta, Metas, Op, Outputs, Rule, call1, copy};
use crate::tensor::Tensor;
use crate::{Result, bail, grads, rows};
use rushlight_kernels::index::{copy_strided, triangle};
use rushlight_kernels::match_bits;
use smallvec::{SmallVec, smallvec};

rows! {
    FLIP = Op::new("flip(Tensor self, int[...] dims) -> Tensor", Rule::Kernel { infer: infer_flip, run: run_flip }).vjp(0, 0, |b| grads![b; call1(&FLIP, &[b.g()?], b.args)?]).doc("Dimensions in reverse order");
    ROLL = Op::new("roll(Tensor self, int[1] shifts, int[1] dims=()) -> Tensor", Rule::Composite(roll)).doc("Elements moved along dimensions, those that leave coming in at the other end");
    REPEAT = Op::new("repeat(Tensor self, int[...] repeats) -> Tensor", Rule::Composite(repeat)).only_method().doc("Copies of the tensor one after another along each dimension");
    TRIL = Op::new("tril(Tensor self, int diagonal=0) -> Tensor", Rule::Kernel { infer: infer_triangle, run: |c, o| run_triangle(c, o, false) }).vjp(0, 0, |b| grads![b; call1(&TRIL, &[b.g()?], b.args)?]).in_place().exact_out().doc("The elements of matrices on and below a diagonal, zero above");
    TRIU = Op::new("triu(Tensor self, int diagonal=0) -> Tensor", Rule::Kernel { infer: infer_triangle, run: |c, o| run_triangle(c, o, true) }).vjp(0, 0, |b| grads![b; call1(&TRIU, &[b.g()?], b.args)?]).in_place().exact_out().doc("The elements of matrices on and above a diagonal, zero below");
    DIAG_EMBED = Op::new("diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor", Rule::Kernel { infer: infer_diagonal, run: run_diagonal }).vjp(0, 0, |b| { let c = b.call(); grads![b; b.g()?.diagonal(c.int(0)?, c.int(1)?, c.int(2)?)?] }).doc("Matrices with the last dimension on a diagonal, zero elsewhere");
}

fn infer_flip(c: &Call) -> Result<Metas> {
    wrap_dims(&c.ints(0)?, c.input(0)?.ndim())?;
    same_as_self(c)
}

fn run_flip(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let mut strides: SmallVec<[isize; 5]> = crate::layout::contiguous_strides(x.shape());
    let mut offset = 0;
    for d in wrap_dims(&c.ints(0)?, x.ndim())? {
        if d < x.ndim() && x.shape()[d] > 0 {
            offset += (x.shape()[d] - 1) * strides[d] as usize;
            strides[d] = -strides[d];
        }
    }
    match_bits!(x.dtype(), B => { copy_strided(raw::<B>(&x)?, offset, x.shape(), &strides, raw_mut::<B>(&outs[0])?); Ok(()) })
}

/// Without dimensions the flattened tensor rolls.
fn roll(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    let (shifts, dims) = (c.ints(0)?, c.optional_ints(1).unwrap_or_default());
    if shifts.is_empty() {
        bail!(Runtime, "`shifts` required");
    }
    if dims.is_empty() && shifts.len() == 1 {
        let flat = roll_dim(&x.reshape(&[-1])?, shifts[0], 0)?;
        let shape: SmallVec<[i64; 5]> = x.shape().iter().map(|&n| n as i64).collect();
        return Ok(smallvec![flat.reshape(&shape)?]);
    }
    if shifts.len() != dims.len() {
        bail!(Runtime, "shifts and dimensions must align. shifts: {}, dims:{}", shifts.len(), dims.len());
    }
    if x.ndim() == 0 {
        bail!(Index, "Dimension specified as {} but tensor has no dimensions", dims[0]);
    }
    let mut out = x.clone();
    for (&shift, &dim) in shifts.iter().zip(&dims) {
        out = roll_dim(&out, shift, wrap_dim(dim, x.ndim())?)?;
    }
    Ok(smallvec![out])
}

fn roll_dim(x: &Tensor, shift: i64, d: usize) -> Result<Tensor> {
    let size = x.shape()[d] as i64;
    let cut = if size == 0 { 0 } else { size - shift.rem_euclid(size) };
    if x.numel() == 0 || cut == size {
        return x.copied();
    }
    Ok(cat(&[x.slice(d as i64, cut, size)?, x.slice(d as i64, 0, cut)?], d as i64)?.labelled("RollBackward0"))
}

/// Each size is split into (repeat, size), of which the first is expanded.
fn repeat(c: &Call) -> Result<Outputs> {
    let (x, counts) = (c.input(0)?, c.ints(0)?);
    if counts.len() < x.ndim() {
        bail!(Runtime, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
    }
    let missing = counts.len() - x.ndim();
    let sizes = |i: usize| if i < missing { 1 } else { x.shape()[i - missing] as i64 };
    let shape: SmallVec<[i64; 5]> = counts.iter().enumerate().map(|(i, &n)| n.saturating_mul(sizes(i))).collect();
    if let Some(n) = shape.iter().zip(&counts).find(|(_, c)| **c < 0).map(|(n, _)| n) {
        bail!(Runtime, "Trying to create tensor with negative dimension {n}: {:?}", shape.as_slice());
    }
    checked_numel(&shape.iter().map(|&n| n as usize).collect::<Dims>())?;
    let split: SmallVec<[i64; 5]> = (0..counts.len()).flat_map(|i| [1, sizes(i)]).collect();
    let grown: Dims = counts.iter().enumerate().flat_map(|(i, &n)| [n as usize, sizes(i) as usize]).collect();
    let copies = x.reshape(&split)?.expand(&grown)?;
    let copies = if x.numel() == copies.numel() { copies.copied()? } else { copies.contiguous()? };
    Ok(smallvec![copies.reshape(&shape)?.labelled("RepeatBackward0")])
}

fn infer_triangle(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    if x.ndim() < 2 {
        bail!(Runtime, "{}: input tensor must have at least 2 dimensions, its shape is {:?}", c.op.name(), x.shape());
    }
    same_as_self(c)
}

fn run_triangle(c: &Call, outs: &[Tensor], upper: bool) -> Result<()> {
    let (x, diagonal) = (plain(c.input(0)?)?, c.int(0)?);
    let (rows, cols) = (x.shape()[x.ndim() - 2], x.shape()[x.ndim() - 1]);
    match_bits!(x.dtype(), B => { triangle(raw::<B>(&x)?, rows, cols, diagonal, upper, raw_mut::<B>(&outs[0])?); Ok(()) })
}

fn infer_diagonal(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    let ndim = x.ndim() + 1;
    let (a, b) = (wrap_dim(c.int(1)?, ndim)?, wrap_dim(c.int(2)?, ndim)?);
    let Some(&last) = x.shape().last() else { bail!(Index, "Dimension specified as -1 but tensor has no dimensions") };
    if a == b {
        bail!(Runtime, "diagonal dimensions cannot be identical {}, {}", c.int(1)?, c.int(2)?);
    }
    let size = last.saturating_add(c.int(0)?.unsigned_abs() as usize);
    let mut shape = Dims::from_slice(&x.shape()[..x.ndim() - 1]);
    for d in [a.min(b), a.max(b)] {
        shape.insert(d, size);
    }
    checked_numel(&shape)?;
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_diagonal(c: &Call, outs: &[Tensor]) -> Result<()> {
    copy::fill(&outs[0], 0.0.into())?;
    let place = outs[0].detach()?.diagonal(c.int(0)?, c.int(1)?, c.int(2)?)?;
    copy::copy_into(&place, c.input(0)?)
}

impl Tensor {
    /// Dimensions in reverse order.
    pub fn flip(&self, dims: &[i64]) -> Result<Tensor> {
        call1(&FLIP, &[self], &[Arg::ints(dims)])
    }
}
