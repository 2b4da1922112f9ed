//! Where the elements of a tensor lie in its storage: shape, strides, offset.

use crate::{Result, bail};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// Numbers that a list holds in the object itself.
const INLINE: usize = 5;

/// Sizes or indices, inline up to five dimensions.
pub type Dims = SmallVec<[usize; INLINE]>;
/// Distances in elements, inline up to five dimensions.
pub type Strides = SmallVec<[isize; INLINE]>;

/// Shape, strides and offset, all in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Sizes.
    pub shape: Dims,
    /// Distance between neighbours along each dimension.
    pub strides: Strides,
    /// Position of the first element in the storage.
    pub offset: usize,
}

/// How the dimensions of a fresh tensor are ordered in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MemoryFormat {
    Contiguous,
    Preserve,
    ChannelsLast,
    ChannelsLast3d,
}

/// Sizes as a list of their own; a few are stored one by one, which is quicker than a copy of unknown length.
#[inline]
pub(crate) fn dims(shape: &[usize]) -> Dims {
    if shape.len() > INLINE {
        return Dims::from_slice(shape);
    }
    let mut few = [0; INLINE];
    for (slot, &size) in few.iter_mut().zip(shape) {
        *slot = size;
    }
    Dims::from_buf_and_len(few, shape.len())
}

/// One stride `n` times.
#[inline]
fn repeated(stride: isize, n: usize) -> Strides {
    if n > INLINE { SmallVec::from_elem(stride, n) } else { SmallVec::from_buf_and_len([stride; INLINE], n) }
}

/// Row-major strides of a shape.
pub fn contiguous_strides(shape: &[usize]) -> Strides {
    let mut strides = repeated(1, shape.len());
    let mut step = 1isize;
    for (stride, &size) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.saturating_mul(size.max(1) as isize);
    }
    strides
}

/// Strides with the channel dimension (1) varying fastest.
pub fn channels_last_strides(shape: &[usize]) -> Strides {
    let mut strides: Strides = SmallVec::from_elem(1, shape.len());
    let mut step = 1isize;
    for d in std::iter::once(1).chain((2..shape.len()).rev()).chain([0]) {
        strides[d] = step;
        step = step.saturating_mul(shape[d].max(1) as isize);
    }
    strides
}

impl Layout {
    /// Row-major from offset zero.
    pub fn contiguous(shape: &[usize]) -> Layout {
        Layout { shape: dims(shape), strides: contiguous_strides(shape), offset: 0 }
    }

    /// Dense in the given order.
    pub fn with_format(shape: &[usize], format: MemoryFormat) -> Layout {
        let strides = match format {
            MemoryFormat::ChannelsLast | MemoryFormat::ChannelsLast3d => channels_last_strides(shape),
            _ => contiguous_strides(shape),
        };
        Layout { shape: Dims::from_slice(shape), strides, offset: 0 }
    }

    /// Number of dimensions.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    #[inline]
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// Row-major without gaps (dimensions of size one do not matter; an empty tensor is contiguous).
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1isize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size == 0 {
                return true;
            }
            if size != 1 {
                if stride != step {
                    return self.numel() == 0;
                }
                step *= size as isize;
            }
        }
        true
    }

    /// Dense with channels fastest: 4 dimensions for 2d, 5 for 3d.
    pub fn is_channels_last(&self, ndim: usize) -> bool {
        if self.ndim() != ndim {
            return false;
        }
        let mut step = 1isize;
        for d in std::iter::once(1).chain((2..ndim).rev()).chain([0]) {
            if self.shape[d] == 0 {
                return true;
            }
            if self.shape[d] != 1 {
                if self.strides[d] != step {
                    return false;
                }
                step *= self.shape[d] as isize;
            }
        }
        true
    }

    /// Contiguity in a memory format.
    pub fn is_format(&self, format: MemoryFormat) -> bool {
        match format {
            MemoryFormat::ChannelsLast => self.is_channels_last(4),
            MemoryFormat::ChannelsLast3d => self.is_channels_last(5),
            _ => self.is_contiguous(),
        }
    }

    /// Dimensions from the outermost in memory to the innermost (largest stride first; ties keep their order).
    pub fn memory_order(&self) -> Dims {
        let mut order: Dims = (0..self.ndim()).collect();
        order.sort_by_key(|&d| std::cmp::Reverse(self.strides[d].unsigned_abs()));
        order
    }

    /// Every position of an unbroken block of memory is used once, in some order of the dimensions.
    pub fn is_dense(&self) -> bool {
        if self.is_contiguous() {
            return true;
        }
        let mut dims: SmallVec<[(isize, usize); 5]> = self.strides.iter().copied().zip(self.shape.iter().copied()).filter(|&(_, n)| n != 1).collect();
        dims.sort();
        let mut step = 1isize;
        for (stride, size) in dims {
            if stride != step {
                return false;
            }
            step *= size as isize;
        }
        true
    }

    /// The same strides, but for dimensions of size one, of which they mean nothing.
    pub fn orders_as(&self, other: &Layout) -> bool {
        self.strides.iter().zip(&other.strides).zip(&self.shape).all(|((a, b), &n)| n == 1 || a == b)
    }

    /// The same positions in the same order.
    pub fn visits_as(&self, other: &Layout) -> bool {
        self.shape == other.shape && self.offset == other.offset && self.orders_as(other)
    }

    /// A matrix whose columns lie one after another.
    pub fn is_column_major(&self) -> bool {
        self.ndim() == 2 && self.strides[0] == 1 && self.strides[1] == self.shape[0] as isize
    }

    /// The strides a fresh tensor like this one has: the same order of dimensions without gaps.
    pub fn dense_strides(&self) -> Strides {
        if self.is_dense() {
            return self.strides.clone();
        }
        let mut strides = contiguous_strides(&self.shape);
        let mut step = 1isize;
        for d in self.fresh_order() {
            strides[d] = step;
            step *= self.shape[d].max(1) as isize;
        }
        strides
    }

    /// Dimensions from the innermost of a fresh tensor to its outermost, by PyTorch's insertion sort:
    /// a broadcast dimension (stride 0) keeps its place among the others.
    fn fresh_order(&self) -> Dims {
        let mut order: Dims = (0..self.ndim()).rev().collect();
        for i in 1..order.len() {
            let mut at = i;
            for before in (0..i).rev() {
                match self.inner_first(order[before], order[at]) {
                    Ordering::Greater => {
                        order.swap(before, at);
                        at = before;
                    }
                    Ordering::Less => break,
                    Ordering::Equal => {}
                }
            }
        }
        order
    }

    /// Less where dimension `a` lies inside of `b`; Equal says nothing of a broadcast dimension.
    fn inner_first(&self, a: usize, b: usize) -> Ordering {
        match (self.strides[a].unsigned_abs(), self.strides[b].unsigned_abs()) {
            (0, _) | (_, 0) => Ordering::Equal,
            (x, y) if x == y && self.shape[a] > self.shape[b] => Ordering::Greater,
            (x, y) if x == y => Ordering::Equal,
            (x, y) => x.cmp(&y),
        }
    }

    /// Two positions of the shape share one place in memory (an expanded tensor).
    pub fn overlaps_itself(&self) -> bool {
        if self.numel() <= 1 || self.is_dense() {
            return false;
        }
        let mut dims: SmallVec<[(usize, usize); 5]> =
            self.strides.iter().map(|s| s.unsigned_abs()).zip(self.shape.iter().copied()).filter(|&(_, n)| n != 1).collect();
        dims.sort();
        let mut reach = 0;
        for (stride, size) in dims {
            if stride <= reach {
                return true;
            }
            reach += stride * (size - 1);
        }
        false
    }

    /// First and one-past-last positions touched; `None` when empty. Strides are never negative in a tensor.
    pub fn span(&self) -> Option<(usize, usize)> {
        if self.shape.contains(&0) {
            return None;
        }
        let reach: usize = self.shape.iter().zip(&self.strides).map(|(&n, &s)| (n - 1) * s.unsigned_abs()).sum();
        Some((self.offset, self.offset + reach + 1))
    }
}

/// Resolves a possibly negative dimension.
pub fn wrap_dim(dim: i64, ndim: usize) -> Result<usize> {
    let n = ndim.max(1) as i64;
    if dim < -n || dim >= n {
        bail!(Index, "Dimension out of range (expected to be in range of [{}, {}], but got {dim})", -n, n - 1);
    }
    Ok(if dim < 0 { dim + n } else { dim } as usize)
}

/// Resolves a list of dimensions and refuses repetitions.
pub fn wrap_dims(dims: &[i64], ndim: usize) -> Result<Dims> {
    let mut out = Dims::new();
    for &dim in dims {
        let d = wrap_dim(dim, ndim)?;
        if out.contains(&d) {
            bail!(Runtime, "dim {d} appears multiple times in the list of dims");
        }
        out.push(d);
    }
    Ok(out)
}

/// The shape two shapes broadcast to.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Dims> {
    let n = a.len().max(b.len());
    let mut out: Dims = SmallVec::from_elem(1, n);
    for i in 0..n {
        let x = if i + a.len() >= n { a[i + a.len() - n] } else { 1 };
        let y = if i + b.len() >= n { b[i + b.len() - n] } else { 1 };
        out[i] = match (x, y) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => bail!(
                Runtime,
                "The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {i}: \
                 shapes {a:?} and {b:?} cannot be broadcast together"
            ),
        };
    }
    Ok(out)
}

/// The number of elements of a shape, or an error when it does not fit an address space.
pub fn checked_numel(shape: &[usize]) -> Result<usize> {
    let mut n = 1usize;
    for &size in shape {
        n = match n.checked_mul(size) {
            Some(v) if v <= isize::MAX as usize => v,
            _ if shape.contains(&0) => return Ok(0),
            _ => bail!(Runtime, "shape {shape:?} has more elements than memory can address"),
        };
    }
    Ok(n)
}

/// Strides that view `layout` with a new shape, if that needs no copy.
pub fn view_strides(layout: &Layout, shape: &[usize]) -> Option<Strides> {
    if layout.numel() == 0 {
        return Some(contiguous_strides(shape));
    }
    let mut strides: Strides = SmallVec::from_elem(1, shape.len());
    let mut view_dim = shape.len();
    let mut chunk_stride = layout.strides.last().copied().unwrap_or(1);
    let (mut have, mut need) = (1usize, 1usize);
    for d in (0..layout.ndim()).rev() {
        have *= layout.shape[d];
        let ends = d == 0 || (layout.shape[d - 1] != 1 && layout.strides[d - 1] != have as isize * chunk_stride);
        if ends {
            while view_dim > 0 && (need < have || shape[view_dim - 1] == 1) {
                view_dim -= 1;
                strides[view_dim] = need as isize * chunk_stride;
                need *= shape[view_dim];
            }
            if need != have {
                return None;
            }
            if d > 0 {
                chunk_stride = layout.strides[d - 1];
                (have, need) = (1, 1);
            }
        }
    }
    if layout.ndim() == 0 {
        return shape.iter().all(|&n| n == 1).then_some(strides);
    }
    (view_dim == 0).then_some(strides)
}
