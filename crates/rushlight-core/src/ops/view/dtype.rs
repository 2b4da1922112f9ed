//! The same bytes as another element type.

use super::Ruled;
use crate::ops::{Call, type_name};
use crate::{DType, bail};

pub(super) fn as_real(c: &Call) -> Ruled {
    let x = c.input(0)?;
    if !x.dtype().is_complex() {
        bail!(Runtime, "view_as_real is only supported for complex tensors, this one is {}", x.dtype().name());
    }
    let mut layout = x.layout().clone();
    layout.strides.iter_mut().for_each(|s| *s *= 2);
    layout.offset *= 2;
    layout.shape.push(2);
    layout.strides.push(1);
    Ok((layout, x.dtype().to_real()))
}

pub(super) fn as_complex(c: &Call) -> Ruled {
    let x = c.input(0)?;
    if !matches!(x.dtype(), DType::F32 | DType::F64) {
        bail!(Runtime, "view_as_complex is only supported for floating point tensors, but got a tensor of scalar type: {}", type_name(x.dtype()));
    }
    let mut layout = x.layout().clone();
    let (last, stride) = (layout.shape.pop(), layout.strides.pop());
    if last != Some(2) {
        bail!(Runtime, "Tensor must have a last dimension of size 2, its shape is {:?}", x.shape());
    }
    if stride != Some(1) || layout.offset % 2 != 0 || layout.strides.iter().zip(&layout.shape).any(|(s, &n)| s % 2 != 0 && n > 1) {
        bail!(Runtime, "Tensor must have a last dimension with stride 1, and strides and storage_offset divisible by 2: call contiguous() first");
    }
    layout.strides.iter_mut().for_each(|s| *s /= 2);
    layout.offset /= 2;
    Ok((layout, x.dtype().to_complex()))
}

/// The real (0) or imaginary (1) part of every element.
pub(super) fn part(c: &Call, which: usize) -> Ruled {
    let x = c.input(0)?;
    if !x.dtype().is_complex() {
        if which == 1 {
            bail!(Runtime, "imag is not implemented for tensors with non-complex dtypes.");
        }
        return Ok((x.layout().clone(), x.dtype()));
    }
    let mut layout = x.layout().clone();
    layout.strides.iter_mut().for_each(|s| *s *= 2);
    layout.offset = layout.offset * 2 + which;
    Ok((layout, x.dtype().to_real()))
}

pub(super) fn view_dtype(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let Some(dtype) = c.dtype(0) else { bail!(Type, "view(): dtype is missing") };
    let (old, new) = (x.dtype().size(), dtype.size());
    let mut layout = x.layout().clone();
    if old != new {
        let (Some(size), Some(&1)) = (layout.shape.last_mut(), layout.strides.last()) else {
            bail!(
                Runtime,
                "self.stride(-1) must be 1 to view {} as {} (different element sizes), and the tensor must have dimensions",
                x.dtype().name(),
                dtype.name()
            );
        };
        let bytes = *size * old;
        let aligned = |v: usize| (v * old).is_multiple_of(new);
        if !bytes.is_multiple_of(new) || !aligned(layout.offset) || layout.strides[..layout.strides.len() - 1].iter().any(|&s| !aligned(s as usize)) {
            bail!(Runtime, "sizes, strides and storage_offset of {x:?} must be divisible by {} to view it as {}", new / old.min(new), dtype.name());
        }
        *size = bytes / new;
        let last = layout.strides.len() - 1;
        layout.strides[..last].iter_mut().for_each(|s| *s = *s * old as isize / new as isize);
        layout.offset = layout.offset * old / new;
    }
    Ok((layout, dtype))
}
