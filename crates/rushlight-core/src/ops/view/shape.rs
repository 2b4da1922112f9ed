//! The same elements in another shape or order of dimensions.

use super::{Ruled, VIEW, signed};
use crate::layout::{Dims, Layout, Strides, checked_numel, view_strides, wrap_dim, wrap_dims};
use crate::ops::{Arg, Call, Outputs, call1};
use crate::{Result, bail};
use smallvec::{SmallVec, smallvec};

/// Fills in the one size given as -1.
pub fn infer_size(size: &[i64], numel: usize) -> Result<Dims> {
    let mut known = 1usize;
    let mut free = None;
    for (i, &n) in size.iter().enumerate() {
        match n {
            -1 if free.is_some() => bail!(Runtime, "only one dimension can be inferred"),
            -1 => free = Some(i),
            n if n < 0 => bail!(Runtime, "invalid shape dimension {n}"),
            n => known = known.saturating_mul(n as usize),
        }
    }
    let mut shape: Dims = size.iter().map(|&n| n.max(0) as usize).collect();
    match free {
        Some(_) if known == 0 => bail!(
            Runtime,
            "cannot reshape tensor of {numel} elements into shape {size:?} because the unspecified dimension size -1 can be any value and is ambiguous"
        ),
        Some(i) if numel.is_multiple_of(known) => shape[i] = numel / known,
        None if known == numel => {}
        _ => bail!(Runtime, "shape '{size:?}' is invalid for input of size {numel}"),
    }
    Ok(shape)
}

pub(super) fn view_rule(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let shape = infer_size(&c.ints(0)?, x.numel())?;
    match view_strides(x.layout(), &shape) {
        Some(strides) => Ok((Layout { shape, strides, offset: x.layout().offset }, x.dtype())),
        None => bail!(
            Runtime,
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        ),
    }
}

pub(super) fn reshape(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    let shape = infer_size(&c.ints(0)?, x.numel())?;
    let view = |source: &crate::Tensor| call1(&VIEW, &[source], &[Arg::ints(&signed(&shape))]);
    if view_strides(x.layout(), &shape).is_some() {
        return Ok(smallvec![view(x)?]);
    }
    Ok(smallvec![view(&x.contiguous()?)?.labelled("UnsafeViewBackward0")])
}

pub(super) fn expand(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let size = c.ints(0)?;
    if size.len() < x.ndim() {
        bail!(
            Runtime,
            "expand: the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
            size.len(),
            x.ndim()
        );
    }
    let missing = size.len() - x.ndim();
    let (mut shape, mut strides) = (Dims::new(), Strides::new());
    for (i, &n) in size.iter().enumerate() {
        let (have, stride) = if i < missing { (1, 0) } else { (x.shape()[i - missing], x.strides()[i - missing]) };
        match n {
            -1 if i < missing => bail!(Runtime, "expand: The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"),
            n if n == -1 || n == have as i64 => {
                shape.push(have);
                strides.push(stride);
            }
            n if n < 0 => bail!(Runtime, "expand: invalid size {n}"),
            n if have == 1 => {
                shape.push(n as usize);
                strides.push(0);
            }
            n => bail!(
                Runtime,
                "The expanded size of the tensor ({n}) must match the existing size ({have}) at non-singleton dimension {i}.  Target sizes: {:?}.  Tensor sizes: {:?}",
                size.as_slice(),
                x.shape()
            ),
        }
    }
    checked_numel(&shape)?;
    Ok((Layout { shape, strides, offset: x.layout().offset }, x.dtype()))
}

pub(super) fn permute(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let dims = c.ints(0)?;
    if dims.len() != x.ndim() {
        bail!(
            Runtime,
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = {} is not equal to len(dims) = {}",
            x.ndim(),
            dims.len()
        );
    }
    let order = wrap_dims(&dims, x.ndim())
        .map_err(|e| if e.kind() == crate::Kind::Index { e } else { crate::err!(Runtime, "permute(): duplicate dims are not allowed.") })?;
    let l = x.layout();
    Ok((Layout { shape: order.iter().map(|&d| l.shape[d]).collect(), strides: order.iter().map(|&d| l.strides[d]).collect(), offset: l.offset }, x.dtype()))
}

pub(super) fn inverse(dims: &[i64], ndim: usize) -> Result<SmallVec<[i64; 5]>> {
    let order = wrap_dims(dims, ndim)?;
    let mut out: SmallVec<[i64; 5]> = smallvec![0; ndim];
    for (i, &d) in order.iter().enumerate() {
        out[d] = i as i64;
    }
    Ok(out)
}

pub(super) fn transpose(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let (a, b) = (wrap_dim(c.int(0)?, x.ndim())?, wrap_dim(c.int(1)?, x.ndim())?);
    let mut layout = x.layout().clone();
    if x.ndim() > 0 {
        layout.shape.swap(a, b);
        layout.strides.swap(a, b);
    }
    Ok((layout, x.dtype()))
}

pub(super) fn squeeze(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let dims = match c.optional_ints(0) {
        Some(dims) => wrap_dims(&dims, x.ndim())?,
        None => (0..x.ndim()).collect(),
    };
    let mut layout = Layout { shape: Dims::new(), strides: Strides::new(), offset: x.layout().offset };
    for d in 0..x.ndim() {
        if x.shape()[d] != 1 || !dims.contains(&d) {
            layout.shape.push(x.shape()[d]);
            layout.strides.push(x.strides()[d]);
        }
    }
    Ok((layout, x.dtype()))
}

pub(super) fn unsqueeze(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let d = wrap_dim(c.int(0)?, x.ndim() + 1)?;
    let mut layout = x.layout().clone();
    let stride = if d < x.ndim() { x.shape()[d] as isize * x.strides()[d] } else { 1 };
    layout.shape.insert(d, 1);
    layout.strides.insert(d, stride);
    Ok((layout, x.dtype()))
}

/// Joins the dimensions from one to another into one.
pub(super) fn flatten(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    let (first, last) = (wrap_dim(c.int(0)?, x.ndim())?, wrap_dim(c.int(1)?, x.ndim())?);
    if first > last {
        bail!(Runtime, "flatten() has invalid args: start_dim cannot come after end_dim");
    }
    if x.ndim() == 0 {
        return Ok(smallvec![x.reshape(&[1])?]);
    }
    if first == last {
        return Ok(smallvec![x.clone()]);
    }
    let mut shape = signed(&x.shape()[..=first]);
    shape[first] = x.shape()[first..=last].iter().product::<usize>() as i64;
    shape.extend(signed(&x.shape()[last + 1..]));
    Ok(smallvec![x.reshape(&shape)?])
}

/// Swaps the dimensions of a matrix.
pub(super) fn t(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let mut layout = x.layout().clone();
    if x.ndim() > 2 {
        bail!(Runtime, "t() expects a tensor with <= 2 dimensions, but self is {}D", x.ndim());
    }
    layout.shape.reverse();
    layout.strides.reverse();
    Ok((layout, x.dtype()))
}
