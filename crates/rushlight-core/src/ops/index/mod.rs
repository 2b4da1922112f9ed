//! Reading and writing by index tensors.
//!
//! A dimension that is indexed cuts a row-major tensor into blocks of `[outer, size, inner]` elements; most rows here
//! select or write slices of such blocks. Only `gather` and its inverses take a position per element.

pub mod advanced;
pub mod count;
pub mod embedding;
pub mod gather;
pub mod mask;
pub mod reduce;
pub mod slices;
#[cfg(test)]
mod tests;

pub use gather::{GATHER, SCATTER_ADD};
pub use slices::{INDEX_ADD, INDEX_SELECT};

use super::backward::Back;
use super::{Call, Meta, Metas, Op, Rule, copy, type_name};
use crate::autograd::node::Grads;
use crate::layout::wrap_dim;
use crate::tensor::Tensor;
use crate::{DType, Error, Result, bail, err, iter};
use rushlight_kernels::index::{Bits, bits, bits_mut, bounds};
use rushlight_kernels::match_dtype;
use smallvec::smallvec;

/// How writing joins the new value with the old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Assign,
    Sum,
    Product,
    Largest,
    Smallest,
}

/// Runs an expression with the element type and the joining of a [`How`].
macro_rules! with_combine {
    ($c:expr, $how:expr, $d:expr, $t:ident, $op:ident => $e:expr) => {{
        use rushlight_kernels::index as kernels;
        match $how {
            How::Sum => rushlight_kernels::match_dtype!($d, $t => { let $op = kernels::Sum::<$t>::default(); $e }),
            How::Product => rushlight_kernels::match_dtype!($d, $t => { let $op = kernels::Product::<$t>::default(); $e }),
            How::Largest => with_combine!(@ordered $c, $d, $t, $op, kernels::Largest => $e),
            How::Smallest => with_combine!(@ordered $c, $d, $t, $op, kernels::Smallest => $e),
            How::Assign => return Err($c.unsupported($d)),
        }
    }};
    (@ordered $c:expr, $d:expr, $t:ident, $op:ident, $combine:path => $e:expr) => {{
        use $combine as Combine;
        rushlight_kernels::match_dtype!($d, $t in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => { let $op = Combine::<$t>::default(); $e }, else return Err($c.unsupported($d)))
    }};
}
pub(crate) use with_combine;

/// The elements of a contiguous tensor as bit patterns.
pub(crate) fn raw<B: Bits>(x: &Tensor) -> Result<&[B]> {
    match_dtype!(x.dtype(), T => Ok(bits::<T, B>(iter::slice::<T>(x)?)))
}

/// The elements of a contiguous tensor as bit patterns, to be written.
#[allow(clippy::mut_from_ref)]
pub(crate) fn raw_mut<B: Bits>(x: &Tensor) -> Result<&mut [B]> {
    match_dtype!(x.dtype(), T => Ok(bits_mut::<T, B>(iter::slice_mut::<T>(x)?)))
}

/// Row-major and outside the graph.
pub(crate) fn plain(x: &Tensor) -> Result<Tensor> {
    x.detach()?.contiguous()
}

/// A shape cut at one dimension; a 0-d tensor has one element there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub dim: usize,
    pub outer: usize,
    pub size: usize,
    pub inner: usize,
}

impl Axis {
    pub fn of(shape: &[usize], dim: usize) -> Axis {
        Axis { dim, outer: shape.iter().take(dim).product(), size: shape.get(dim).copied().unwrap_or(1), inner: shape.iter().skip(dim + 1).product() }
    }

    /// For the dimension in argument `i`.
    pub fn of_call(c: &Call, x: &Tensor, i: usize) -> Result<Axis> {
        Ok(Axis::of(x.shape(), wrap_dim(c.int(i)?, x.ndim())?))
    }
}

pub(crate) fn same_as_self(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype())])
}

/// Copies the operand into the result it is the start of; in place it is there already.
pub(crate) fn start(out: &Tensor, x: &Tensor) -> Result<()> {
    if out.storage().ptr() == x.storage().ptr() && out.layout() == x.layout() { Ok(()) } else { copy::copy_into(out, x) }
}

pub(crate) fn check_index_dtype(c: &Call, index: &Tensor) -> Result<()> {
    if !matches!(index.dtype(), DType::I64 | DType::I32) {
        let got = type_name(index.dtype());
        match c.op.name() {
            "index_select" => bail!(Runtime, "index_select(): Expected dtype int32 or int64 for index, got {got}: convert it with .long()"),
            "index_add" => bail!(Runtime, "index_add_(): Expected dtype int32/int64 for index but got: {got}: convert it with .long()"),
            name => {
                let name = if name.starts_with("scatter") { "scatter" } else { name };
                bail!(Runtime, "{name}(): Expected dtype int32/int64 for index, got {got}: convert it with .long()")
            }
        }
    }
    Ok(())
}

/// PyTorch's text for an index outside its dimension.
pub(crate) fn outside(kind: crate::Kind, index: i64, dim: usize, size: usize) -> Error {
    Error::new(kind, format!("index {index} is out of bounds for dimension {dim} with size {size}"))
}

/// Index values as a contiguous int64 tensor.
pub(crate) fn integers(index: &Tensor) -> Result<Tensor> {
    plain(&index.detach()?.to_dtype(DType::I64)?)
}

/// Index values that all lie in `0..size`.
pub(crate) fn checked(index: &Tensor, size: usize, refuse: impl Fn(i64) -> Error) -> Result<Tensor> {
    let at = integers(index)?;
    let values = iter::slice::<i64>(&at)?;
    let (low, high) = bounds(values);
    if low >= 0 && high < size as i64 { Ok(at) } else { Err(refuse(first_outside(values, 0, size as i64))) }
}

fn first_outside(values: &[i64], start: i64, end: i64) -> i64 {
    values.iter().copied().find(|i| !(start..end).contains(i)).unwrap_or(end)
}

/// Index values brought into `0..size`, negative ones counted from the end.
pub(crate) fn wrapped(index: &Tensor, size: usize, refuse: impl Fn(i64) -> Error) -> Result<Tensor> {
    let (at, n) = (integers(index)?, size as i64);
    let values = iter::slice::<i64>(&at)?;
    let (low, high) = bounds(values);
    if !values.is_empty() && (low < -n || high >= n) {
        return Err(refuse(first_outside(values, -n, n)));
    }
    if low >= 0 {
        return Ok(at);
    }
    let values: Vec<i64> = values.iter().map(|&i| if i < 0 { i + n } else { i }).collect();
    Tensor::of(&values, at.shape())
}

/// The in-place form of a row that writes a part of its operand, without a copy of the rest; false where the row or the
/// operand needs the general way. Everything is checked before the first write.
pub(crate) fn update_in_place(c: &Call, x: &Tensor) -> Result<bool> {
    let Rule::Kernel { infer, run } = &c.op.rule else { return Ok(false) };
    let shared = c.inputs.iter().skip(1).flatten().any(|t| t.storage().ptr() == x.storage().ptr());
    if shared || !x.is_contiguous() || super::device_of(c)? != crate::Device::Cpu {
        return Ok(false);
    }
    let fits = infer(c)?.first().is_some_and(|m| m.layout.shape.as_slice() == x.shape());
    if fits {
        run(c, &[x.detach()?])?;
    }
    Ok(fits)
}

/// Gradients of operand and source of a row that has an index between them, which has none.
pub(crate) fn around_index(b: &Back, own: impl FnOnce() -> Result<Tensor>, source: impl FnOnce() -> Result<Tensor>) -> Result<Grads> {
    let own = b.needs(0).then(own).transpose()?;
    let source = b.needs(2).then(source).transpose()?;
    Ok(smallvec![own, None, source])
}

/// Calls a row whose inputs may be absent.
pub(crate) fn call_row(op: &'static super::Op, inputs: super::Inputs, args: super::Args) -> Result<Tensor> {
    super::call(op, inputs, args)?.into_iter().next().ok_or_else(|| err!(Runtime, "{}: no result", op.name()))
}
