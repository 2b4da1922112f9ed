//! Parts of a tensor: one index, a range, windows, a diagonal.

use super::{Ruled, SLICE, scatter_view};
use crate::layout::wrap_dim;
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, Outputs, call1};
use crate::tensor::Tensor;
use crate::{Result, bail};
use smallvec::smallvec;

pub(super) fn select(c: &Call) -> Ruled {
    let x = c.input(0)?;
    if x.ndim() == 0 {
        bail!(Index, "select() cannot be applied to a 0-dim tensor.");
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let (index, size) = (c.int(1)?, x.shape()[d] as i64);
    if index < -size || index >= size {
        bail!(Index, "select(): index {index} out of range for tensor of size {:?} at dimension {d}", x.shape());
    }
    let mut layout = x.layout().clone();
    let index = if index < 0 { index + size } else { index } as usize;
    layout.offset += index * layout.strides[d] as usize;
    layout.shape.remove(d);
    layout.strides.remove(d);
    Ok((layout, x.dtype()))
}

pub(super) fn slice(c: &Call) -> Ruled {
    let x = c.input(0)?;
    if x.ndim() == 0 {
        bail!(Runtime, "slice() cannot be applied to a 0-dim tensor.");
    }
    let d = wrap_dim(c.int(0).unwrap_or(0), x.ndim())?;
    let step = c.optional_scalar(3).map_or(1, crate::Scalar::to_i64);
    if step <= 0 {
        bail!(Value, "step must be greater than zero");
    }
    let size = x.shape()[d] as i64;
    let clip = |v: i64| (if v < 0 { v.saturating_add(size) } else { v }).clamp(0, size);
    let start = clip(c.optional_scalar(1).map_or(0, crate::Scalar::to_i64));
    let end = clip(c.optional_scalar(2).map_or(i64::MAX, crate::Scalar::to_i64)).max(start);
    let mut layout = x.layout().clone();
    layout.shape[d] = ((end - start + step - 1) / step) as usize;
    if layout.shape[d] > 0 {
        layout.offset += start as usize * layout.strides[d] as usize;
    }
    layout.strides[d] = layout.strides[d].saturating_mul(step as isize);
    Ok((layout, x.dtype()))
}

pub(super) fn narrow(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    if x.ndim() == 0 {
        bail!(Runtime, "narrow() cannot be applied to a 0-dim tensor.");
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let (start, length, size) = (c.int(1)?, c.int(2)?, x.shape()[d] as i64);
    if length < 0 {
        bail!(Runtime, "narrow(): length must be non-negative.");
    }
    if start < -size || start > size {
        bail!(Index, "start out of range (expected to be in range of [{}, {size}], but got {start})", -size);
    }
    let start = if start < 0 { start + size } else { start };
    if start + length > size {
        bail!(Runtime, "start ({start}) + length ({length}) exceeds dimension size ({size}).");
    }
    Ok(smallvec![x.slice(d as i64, start, start + length)?])
}

pub(super) fn unfold(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    let (size, step) = (c.int(1)?, c.int(2)?);
    let have = x.shape().get(d).copied().unwrap_or(1) as i64;
    if size < 0 || size > have {
        bail!(Runtime, "maximum size for tensor at dimension {d} is {have} but size is {size}");
    }
    if step <= 0 {
        bail!(Runtime, "step is {step} but must be > 0");
    }
    let mut layout = x.layout().clone();
    let stride = layout.strides.get(d).copied().unwrap_or(1);
    if let Some(n) = layout.shape.get_mut(d) {
        *n = ((have - size) / step + 1) as usize;
        layout.strides[d] = stride * step as isize;
    }
    layout.shape.push(size as usize);
    layout.strides.push(stride);
    Ok((layout, x.dtype()))
}

/// Windows that overlap add up: each window position is one strided sum.
pub(super) fn unfold_backward(b: &Back) -> Result<Tensor> {
    let (g, c) = (b.g()?, b.call());
    let ndim = b.shape(0).len();
    if ndim == 0 {
        return g.reshape(&[]);
    }
    let d = wrap_dim(c.int(0)?, ndim)? as i64;
    let (size, step) = (c.int(1)?, c.int(2)?);
    let windows = g.shape()[d as usize] as i64;
    let mut total = Tensor::zeros(b.shape(0), g.dtype(), g.device())?;
    for k in 0..size {
        let piece = g.select(ndim as i64, k)?;
        let target = Tensor::zeros(b.shape(0), g.dtype(), g.device())?;
        let place = |whole: &Tensor| call1(&SLICE, &[whole], &[Arg::from(d), Arg::from(k), Arg::from(k + (windows - 1) * step + 1), Arg::from(step)]);
        total = total.add(scatter_view(&target, &piece, place)?)?;
    }
    Ok(total)
}

pub(super) fn diagonal(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let get = |i: usize, default: i64| c.optional_scalar(i).map_or(default, crate::Scalar::to_i64);
    let (offset, a, b) = (get(0, 0), wrap_dim(get(1, 0), x.ndim())?, wrap_dim(get(2, 1), x.ndim())?);
    if a == b {
        bail!(Runtime, "diagonal dimensions cannot be identical {}, {}", get(1, 0), get(2, 1));
    }
    let mut layout = x.layout().clone();
    let (rows, cols) = (layout.shape[a] as i64, layout.shape[b] as i64);
    let length = if offset >= 0 { rows.min(cols - offset) } else { (rows + offset).min(cols) }.max(0);
    if length > 0 {
        layout.offset += if offset >= 0 { offset as usize * layout.strides[b] as usize } else { offset.unsigned_abs() as usize * layout.strides[a] as usize };
    }
    let stride = layout.strides[a] + layout.strides[b];
    for d in [a.max(b), a.min(b)] {
        layout.shape.remove(d);
        layout.strides.remove(d);
    }
    layout.shape.push(length as usize);
    layout.strides.push(stride);
    Ok((layout, x.dtype()))
}
