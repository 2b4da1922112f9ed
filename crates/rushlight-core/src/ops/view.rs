//! Views: other layouts of the same memory.

use super::Arg;
use super::{Call, Op, Outputs, Rule, call, call1};
use crate::layout::{Dims, Layout, Strides, checked_numel, view_strides, wrap_dim, wrap_dims};
use crate::tensor::{Origin, Tensor};
use crate::{DType, Result, bail, grads, rows};
use smallvec::{SmallVec, smallvec};

type Ruled = Result<(Layout, DType)>;

const fn view(schema: &'static str, rule: fn(&Call) -> Ruled) -> Op {
    Op::new(schema, Rule::View(rule))
}

rows! {
    VIEW = view("view(Tensor self, int[...] size) -> Tensor", view_rule).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).doc("Another shape of the same elements");
    RESHAPE = Op::new("reshape(Tensor self, int[...] shape) -> Tensor", Rule::Composite(reshape)).doc("Another shape: a view where possible, else a copy");
    EXPAND = view("expand(Tensor self, int[...] size, *, bool implicit=False) -> Tensor", expand).vjp(0, 0, |b| grads![b; b.g()?.sum_to(b.shape(0))?]).doc("Repeats dimensions of size one without copying");
    PERMUTE = view("permute(Tensor self, int[...] dims) -> Tensor", permute).vjp(0, 0, |b| { let dims = b.call().ints(0)?; grads![b; b.g()?.permute(&inverse(&dims, b.shape(0).len())?)?] }).doc("Dimensions in another order");
    TRANSPOSE = view("transpose(Tensor self, int dim0, int dim1) -> Tensor", transpose).vjp(0, 0, |b| grads![b; b.g()?.transpose(b.call().int(0)?, b.call().int(1)?)?]).doc("Swaps two dimensions");
    SELECT = view("select(Tensor self, int dim, int index) -> Tensor", select).vjp(0, 0, |b| grads![b; embed(b, |whole| whole.select(b.call().int(0)?, b.call().int(1)?))?]).doc("One index of a dimension, which disappears");
    SLICE = view("slice(Tensor self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor", slice).vjp(0, 0, |b| grads![b; embed(b, |whole| call1(&SLICE, &[whole], b.args))?]).doc("A range of a dimension");
    NARROW = Op::new("narrow(Tensor self, int dim, int start, int length) -> Tensor", Rule::Composite(narrow)).doc("length positions of a dimension from start");
    UNFOLD = view("unfold(Tensor self, int dimension, int size, int step) -> Tensor", unfold).vjp(0, 0, |b| grads![b; unfold_backward(b)?]).doc("Sliding windows along a dimension, as a new last dimension");
    AS_STRIDED = view("as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None) -> Tensor", as_strided_rule).vjp(0, 0, |b| grads![b; as_strided_backward(b)?]).doc("Any strided view of the storage");
    DIAGONAL = view("diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor", diagonal).vjp(0, 0, |b| grads![b; embed(b, |whole| call1(&DIAGONAL, &[whole], b.args))?]).doc("The diagonal of two dimensions, as a new last dimension");
    SQUEEZE = view("squeeze(Tensor self, int[]? dim=None) -> Tensor", squeeze).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).doc("Drops dimensions of size one");
    UNSQUEEZE = view("unsqueeze(Tensor self, int dim) -> Tensor", unsqueeze).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).doc("Adds a dimension of size one");
    VIEW_AS_REAL = view("view_as_real(Tensor self) -> Tensor", as_real).vjp(0, 0, |b| grads![b; b.g()?.contiguous()?.view_as_complex()?]).doc("A complex tensor as real and imaginary parts in a last dimension");
    VIEW_AS_COMPLEX = view("view_as_complex(Tensor self) -> Tensor", as_complex).vjp(0, 0, |b| grads![b; b.g()?.view_as_real()?]).doc("Pairs in the last dimension as complex numbers");
    REAL = view("real(Tensor self) -> Tensor", |c| part(c, 0)).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("Real part");
    IMAG = view("imag(Tensor self) -> Tensor", |c| part(c, 1)).vjp(0, 0, |b| grads![b; super::elementwise::binary::complex(&b.g()?.zeros_like()?, b.g()?)?]).doc("Imaginary part");
    VIEW_DTYPE = view("view_dtype(Tensor self, dtype dtype) -> Tensor", view_dtype).doc("The same bytes as another element type");
    ALIAS = view("alias(Tensor self) -> Tensor", |c| Ok((c.input(0)?.layout().clone(), c.input(0)?.dtype()))).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("The tensor itself as a view");
}

/// A view of `x`; views of views share one base.
pub(crate) fn make(x: &Tensor, layout: Layout, dtype: DType) -> Tensor {
    let base = x.base().unwrap_or(x).clone();
    let mut origin = super::view_origin(x, false);
    if dtype != x.dtype() {
        origin = Origin::OtherType;
    }
    x.alias_as(layout, dtype).modified(|inner| {
        inner.base = Some(base);
        inner.origin = origin;
    })
}

/// Marks views that were made together.
pub fn several(views: Vec<Tensor>) -> Vec<Tensor> {
    views.into_iter().map(|v| v.modified(|inner| inner.origin = Origin::Several)).collect()
}

fn signed(shape: &[usize]) -> SmallVec<[i64; 5]> {
    shape.iter().map(|&n| n as i64).collect()
}

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

fn view_rule(c: &Call) -> Ruled {
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

fn reshape(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    let shape = infer_size(&c.ints(0)?, x.numel())?;
    let source = if view_strides(x.layout(), &shape).is_some() { x.clone() } else { x.contiguous()? };
    Ok(smallvec![call1(&VIEW, &[&source], &[Arg::ints(&signed(&shape))])?])
}

fn expand(c: &Call) -> Ruled {
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
                "The expanded size of the tensor ({n}) must match the existing size ({have}) at non-singleton dimension {i}. Target sizes: {:?}. Tensor sizes: {:?}",
                size.as_slice(),
                x.shape()
            ),
        }
    }
    checked_numel(&shape)?;
    Ok((Layout { shape, strides, offset: x.layout().offset }, x.dtype()))
}

fn permute(c: &Call) -> Ruled {
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

fn inverse(dims: &[i64], ndim: usize) -> Result<SmallVec<[i64; 5]>> {
    let order = wrap_dims(dims, ndim)?;
    let mut out: SmallVec<[i64; 5]> = smallvec![0; ndim];
    for (i, &d) in order.iter().enumerate() {
        out[d] = i as i64;
    }
    Ok(out)
}

fn transpose(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let (a, b) = (wrap_dim(c.int(0)?, x.ndim())?, wrap_dim(c.int(1)?, x.ndim())?);
    let mut layout = x.layout().clone();
    if x.ndim() > 0 {
        layout.shape.swap(a, b);
        layout.strides.swap(a, b);
    }
    Ok((layout, x.dtype()))
}

fn select(c: &Call) -> Ruled {
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

fn slice(c: &Call) -> Ruled {
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

fn narrow(c: &Call) -> Result<Outputs> {
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

fn unfold(c: &Call) -> Ruled {
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
fn unfold_backward(b: &super::backward::Back) -> Result<Tensor> {
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

fn as_strided_rule(c: &Call) -> Ruled {
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
fn as_strided_backward(b: &super::backward::Back) -> Result<Tensor> {
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

/// Storage positions of a layout in row-major order.
fn positions(layout: &Layout, start: usize) -> Vec<i64> {
    let mut out = vec![start as i64];
    for (&n, &s) in layout.shape.iter().zip(&layout.strides) {
        out = out.into_iter().flat_map(|p| (0..n as i64).map(move |i| p + i * s as i64)).collect();
    }
    out
}

fn diagonal(c: &Call) -> Ruled {
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

fn squeeze(c: &Call) -> Ruled {
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

fn unsqueeze(c: &Call) -> Ruled {
    let x = c.input(0)?;
    let d = wrap_dim(c.int(0)?, x.ndim() + 1)?;
    let mut layout = x.layout().clone();
    let stride = if d < x.ndim() { x.shape()[d] as isize * x.strides()[d] } else { 1 };
    layout.shape.insert(d, 1);
    layout.strides.insert(d, stride);
    Ok((layout, x.dtype()))
}

fn as_real(c: &Call) -> Ruled {
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

fn as_complex(c: &Call) -> Ruled {
    let x = c.input(0)?;
    if !matches!(x.dtype(), DType::F32 | DType::F64) {
        bail!(Runtime, "view_as_complex is only supported for floating point tensors, but got a tensor of scalar type: {}", super::type_name(x.dtype()));
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
fn part(c: &Call, which: usize) -> Ruled {
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

fn view_dtype(c: &Call) -> Ruled {
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

/// Zeros of the input's shape with the gradient written where the view looks.
fn embed(b: &super::backward::Back, place: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let g = b.g()?;
    let zeros = Tensor::zeros(b.shape(0), g.dtype(), g.device())?;
    scatter_view(&zeros, g, place)
}

/// Writes `g` into a view of `zeros`; in the graph through the view's in-place rules.
pub(crate) fn scatter_view(zeros: &Tensor, g: &Tensor, place: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    super::copy::copy_in_place(&place(zeros)?, g)?;
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
        Some(part) => super::copy::copy_in_place(&place, part)?,
        None => super::copy::copy_in_place(&place, &Tensor::zeros(&[], x.dtype(), x.device())?)?,
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
    let copy = call(&super::copy::CLONE, smallvec![Some(rolled)], smallvec![Arg::Format(crate::MemoryFormat::Contiguous)])?;
    let copy = copy.into_iter().next().ok_or_else(|| crate::err!(Runtime, "clone: no result"))?;
    copy.permute(&inverse(&dims, dims.len())?)
}

impl Tensor {
    /// Another shape; one size may be -1.
    pub fn reshape(&self, shape: &[i64]) -> Result<Tensor> {
        call1(&RESHAPE, &[self], &[Arg::ints(shape)])
    }

    /// Repeats dimensions of size one.
    pub fn expand(&self, shape: &[usize]) -> Result<Tensor> {
        if self.shape() == shape { Ok(self.clone()) } else { call1(&EXPAND, &[self], &[Arg::ints(&signed(shape))]) }
    }

    /// Dimensions in another order.
    pub fn permute(&self, dims: &[i64]) -> Result<Tensor> {
        call1(&PERMUTE, &[self], &[Arg::ints(dims)])
    }

    /// Swaps two dimensions.
    pub fn transpose(&self, a: i64, b: i64) -> Result<Tensor> {
        call1(&TRANSPOSE, &[self], &[Arg::from(a), Arg::from(b)])
    }

    /// The matrix transpose and complex conjugate.
    pub fn mh(&self) -> Result<Tensor> {
        self.transpose(-2, -1)?.conj()
    }

    /// One index of a dimension.
    pub fn select(&self, dim: i64, index: i64) -> Result<Tensor> {
        call1(&SELECT, &[self], &[Arg::from(dim), Arg::from(index)])
    }

    /// A range of a dimension.
    pub fn slice(&self, dim: i64, start: i64, end: i64) -> Result<Tensor> {
        call1(&SLICE, &[self], &[Arg::from(dim), Arg::from(start), Arg::from(end)])
    }

    /// Adds a dimension of size one.
    pub fn unsqueeze(&self, dim: i64) -> Result<Tensor> {
        call1(&UNSQUEEZE, &[self], &[Arg::from(dim)])
    }

    /// Drops a dimension of size one.
    pub fn squeeze(&self, dim: i64) -> Result<Tensor> {
        call1(&SQUEEZE, &[self], &[Arg::ints(&[dim])])
    }

    /// The diagonal of two dimensions.
    pub fn diagonal(&self, offset: i64, a: i64, b: i64) -> Result<Tensor> {
        call1(&DIAGONAL, &[self], &[Arg::from(offset), Arg::from(a), Arg::from(b)])
    }

    /// Complex numbers as pairs.
    pub fn view_as_real(&self) -> Result<Tensor> {
        call1(&VIEW_AS_REAL, &[self], &[])
    }

    /// Pairs as complex numbers.
    pub fn view_as_complex(&self) -> Result<Tensor> {
        call1(&VIEW_AS_COMPLEX, &[self], &[])
    }

    /// Real part; itself for real tensors.
    pub fn real(&self) -> Result<Tensor> {
        if self.dtype().is_complex() { call1(&REAL, &[self], &[]) } else { Ok(self.clone()) }
    }

    /// Imaginary part.
    pub fn imag(&self) -> Result<Tensor> {
        call1(&IMAG, &[self], &[])
    }
}
