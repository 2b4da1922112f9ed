//! Views by explicit strides, and their derivatives.

use super::{AS_STRIDED, Ruled, inverse, signed};
use crate::layout::{Layout, checked_numel};
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, call, copy};
use crate::tensor::Tensor;
use crate::{Result, bail};
use smallvec::{SmallVec, smallvec};

pub(super) fn as_strided_rule(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let (size, stride) = (c.ints(0)?, c.ints(1)?);
    if size.len() != stride.len() {
        bail!(Runtime, "mismatch in length of strides and shape: {} strides for {} sizes", stride.len(), size.len());
    }
    if size.iter().any(|&n| n < 0) || stride.iter().any(|&s| s < 0) {
        bail!(Runtime, "as_strided: sizes and strides must not be negative, got sizes {:?} and strides {:?}", size.as_slice(), stride.as_slice());
    }
    let offset = match c.optional_scalar(2).map(crate::Scalar::to_i64) {
        Some(o) if o < 0 => bail!(Runtime, "as_strided: storage_offset must not be negative, got {o}"),
        Some(o) => o as usize,
        None => x.layout().offset,
    };
    let layout = Layout { shape: size.iter().map(|&n| n as usize).collect(), strides: stride.iter().map(|&s| s as isize).collect(), offset };
    checked_numel(&layout.shape)?;
    let reach =
        layout.shape.iter().zip(&layout.strides).try_fold(offset, |r, (&n, &s)| n.saturating_sub(1).checked_mul(s as usize).and_then(|v| r.checked_add(v)));
    let available = x.storage().bytes() / x.dtype().size();
    if !x.is_meta() && layout.numel() > 0 && reach.is_none_or(|r| r >= available) {
        bail!(
            Runtime,
            "setStorage: sizes {:?}, strides {:?}, storage offset {offset} reach beyond the storage of {available} elements",
            size.as_slice(),
            stride.as_slice()
        );
    }
    Ok((layout, x.dtype()))
}

/// The gradient of a strided view: every position of the view adds to its place in the storage, which the input then
/// reads back through its own layout.
pub(super) fn as_strided_backward(b: &Back) -> Result<Tensor> {
    let (g, c) = (b.g()?, b.call());
    let layout = Layout { shape: c.ints(0)?.iter().map(|&n| n as usize).collect(), strides: c.ints(1)?.iter().map(|&s| s as isize).collect(), offset: 0 };
    let input = Layout::contiguous(b.shape(0));
    let start = c.optional_scalar(2).map_or(0, crate::Scalar::to_i64) as usize;
    let reach = layout.span().map_or(0, |(_, end)| end + start).max(input.numel());
    let indices: Vec<i64> = positions(&layout, start);
    let flat = Tensor::zeros(&[reach], g.dtype(), g.device())?;
    let index = Tensor::of(&indices, &[indices.len()])?;
    let sum = flat.index_add(0, &index, &g.reshape(&[-1])?)?;
    sum.slice(0, 0, input.numel() as i64)?.reshape(&signed(b.shape(0)))
}

/// The gradient of a view of `base` in which places coincide: what falls on one place is summed.
pub(crate) fn overlapping_backward(g: &Tensor, view: &Layout, base: &Layout) -> Result<Tensor> {
    let indices = positions(view, view.offset - base.offset);
    let reach = base.span().map_or(0, |(_, end)| end - base.offset);
    let index = Tensor::of(&indices, &[indices.len()])?;
    let sum = Tensor::zeros(&[reach], g.dtype(), g.device())?.index_add(0, &index, &g.reshape(&[-1])?)?;
    as_strided(&sum, &Layout { offset: 0, ..base.clone() })
}

/// Storage positions of a layout in row-major order.
pub(super) fn positions(layout: &Layout, start: usize) -> Vec<i64> {
    let mut out = vec![start as i64];
    for (&n, &s) in layout.shape.iter().zip(&layout.strides) {
        out = out.into_iter().flat_map(|p| (0..n as i64).map(move |i| p + i * s as i64)).collect();
    }
    out
}

/// Writes `g` into a view of `zeros`; in the graph through the view's in-place rules.
pub(crate) fn scatter_view(zeros: &Tensor, g: &Tensor, place: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    copy::copy_in_place(&place(zeros)?, g)?;
    Ok(zeros.clone())
}

/// A strided view by layout (relative to the storage of `x`), recorded.
pub(crate) fn as_strided(x: &Tensor, layout: &Layout) -> Result<Tensor> {
    let strides: SmallVec<[i64; 5]> = layout.strides.iter().map(|&s| s as i64).collect();
    let outputs =
        call(&AS_STRIDED, smallvec![Some(x.clone())], smallvec![Arg::ints(&signed(&layout.shape)), Arg::ints(&strides), Arg::from(layout.offset as i64)])?;
    outputs.into_iter().next().ok_or_else(|| crate::err!(Runtime, "as_strided: no result"))
}

/// A copy of `x` with the part seen by `layout` replaced (by zeros for `None`).
pub(crate) fn as_strided_scatter(x: &Tensor, part: Option<&Tensor>, layout: &Layout) -> Result<Tensor> {
    let copy = x.copied()?;
    let place = as_strided(&copy, layout)?;
    match part {
        Some(part) => copy::copy_in_place(&place, part)?,
        None => copy::copy_in_place(&place, &Tensor::zeros(&[], x.dtype(), x.device())?)?,
    }
    Ok(copy)
}

/// The same elements laid out in memory like a given layout, without gaps or offset.
pub(crate) fn like_layout(x: &Tensor, layout: &Layout) -> Result<Tensor> {
    let strides = layout.dense_strides();
    if x.strides() == strides.as_slice() && x.layout().offset == 0 {
        return Ok(x.clone());
    }
    let order = Layout { shape: layout.shape.clone(), strides, offset: 0 }.memory_order();
    let dims: SmallVec<[i64; 5]> = order.iter().map(|&d| d as i64).collect();
    let rolled = x.permute(&dims)?;
    let copy = call(&copy::CLONE, smallvec![Some(rolled)], smallvec![Arg::Format(crate::MemoryFormat::Contiguous)])?;
    let copy = copy.into_iter().next().ok_or_else(|| crate::err!(Runtime, "clone: no result"))?;
    copy.permute(&inverse(&dims, dims.len())?)
}
