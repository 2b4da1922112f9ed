//! Order along a dimension: sorting, ranks, the most frequent.
//!
//! Kernels work on rows; another dimension is moved to the end and back.

pub mod unique;

use super::backward::Back;
use super::index::plain;
use super::{Call, Meta, Metas, Op, Rule, copy};
use crate::autograd::node::Grads;
use crate::layout::{Dims, wrap_dim};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, grads, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_kernels::sort::{kth_rows, median_rows, mode_rows, sort_rows, top_rows};
use smallvec::smallvec;

rows! {
    SORT = Op::new("sort(Tensor self, int dim=-1, bool descending=False, bool stable=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_sort, run: run_sort }).vjp(0, 2, to_positions).integral(2).exact_out().doc("Elements in order along a dimension and their former positions; always stable");
    TOPK = Op::new("topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_topk, run: run_topk }).vjp(0, 2, |b| scattered(b, 1, None)).integral(2).exact_out().doc("The k largest (or smallest) elements of a dimension and their positions");
    KTHVALUE = Op::new("kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_kth, run: run_kth }).vjp(0, 2, |b| scattered(b, 1, Some(2))).integral(2).exact_out().doc("The k-th smallest element of a dimension, counted from one, and its position");
    MEDIAN_DIM = Op::new("median_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: |c| infer_one(c, "median", 0, 1), run: |c, o| run_median(c, o, false) }).vjp(0, 2, |b| scattered(b, 0, Some(1))).integral(2).internal().doc("The lower middle element of a dimension and its position; NaN if there is one");
    NANMEDIAN_DIM = Op::new("nanmedian_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: |c| infer_one(c, "nanmedian", 0, 1), run: |c, o| run_median(c, o, true) }).vjp(0, 2, |b| scattered(b, 0, Some(1))).integral(2).internal().doc("The lower middle element of those that are not NaN, and its position");
    MODE = Op::new("mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: |c| infer_one(c, "mode", 0, 1), run: run_mode }).vjp(0, 2, |b| scattered(b, 0, Some(1))).integral(2).exact_out().doc("The most frequent element of a dimension and its last position");
}

/// Runs an expression with the element type, for all types with an order.
macro_rules! match_sortable {
    ($c:expr, $d:expr, $t:ident => $e:expr) => {
        match_dtype!($d, $t in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => $e, else return Err($c.unsupported($d)))
    };
}
pub(crate) use match_sortable;

fn refuse_complex(c: &Call, dtype: DType) -> Result<()> {
    if dtype.is_complex() {
        bail!(Type, "{}() does not support complex dtypes on CPU: sort by .abs() or .real", c.op.name());
    }
    Ok(())
}

/// A row's length and a size-0-safe dimension.
fn row_of(x: &Tensor, dim: i64) -> Result<(usize, usize)> {
    let d = wrap_dim(dim, x.ndim())?;
    Ok((d, x.shape().get(d).copied().unwrap_or(1)))
}

/// The tensor with dimension `d` last, row-major.
fn rows_last(x: &Tensor, d: usize) -> Result<Tensor> {
    let x = x.detach()?;
    plain(&if x.ndim() < 2 { x } else { x.transpose(d as i64, -1)? })
}

/// Computes values and positions with rows last and writes them where they belong. `kept` says that the dimension is
/// still there.
fn with_rows(c: &Call, outs: &[Tensor], d: usize, kept: bool, f: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<()>) -> Result<()> {
    let x = c.input(0)?;
    let direct = x.ndim() < 2 || d == x.ndim() - 1;
    if direct {
        return f(&plain(x)?, &outs[0], &outs[1]);
    }
    let target = |out: &Tensor| -> Result<Tensor> {
        let out = out.detach()?;
        let out = if kept { out } else { out.unsqueeze(d as i64)? };
        out.transpose(d as i64, -1)
    };
    let (values, positions) = (target(&outs[0])?, target(&outs[1])?);
    let (v, p) = (Tensor::empty(values.shape(), values.dtype())?, Tensor::empty(positions.shape(), DType::I64)?);
    f(&rows_last(x, d)?, &v, &p)?;
    copy::copy_into(&values, &v)?;
    copy::copy_into(&positions, &p)
}

fn pair(shape: &[usize], dtype: DType) -> Metas {
    smallvec![Meta::new(shape, dtype), Meta::new(shape, DType::I64)]
}

fn check_length(c: &Call, len: usize) -> Result<()> {
    if len > u32::MAX as usize {
        bail!(Runtime, "{}(): a dimension of {len} elements is too long to sort, at most {} are possible", c.op.name(), u32::MAX);
    }
    Ok(())
}

fn infer_sort(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    refuse_complex(c, x.dtype())?;
    check_length(c, row_of(x, c.int(0)?)?.1)?;
    Ok(pair(x.shape(), x.dtype()))
}

fn run_sort(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (d, len) = row_of(c.input(0)?, c.int(0)?)?;
    let descending = c.flag(1);
    with_rows(c, outs, d, true, |x, values, positions| {
        match_sortable!(c, x.dtype(), T => sort_rows(iter::slice::<T>(x)?, len, descending, iter::slice_mut::<T>(values)?, iter::slice_mut::<i64>(positions)?));
        Ok(())
    })
}

fn infer_topk(c: &Call) -> Result<Metas> {
    let (x, k) = (c.input(0)?, c.int(0)?);
    refuse_complex(c, x.dtype())?;
    if x.dtype() == DType::Bool {
        bail!(NotImplemented, "topk does not support bool dtypes on CPU");
    }
    let (d, len) = row_of(x, c.int(1)?)?;
    if k < 0 || k as usize > len {
        bail!(Runtime, "selected index k out of range: k is {k}, dimension {d} has size {len}");
    }
    check_length(c, len)?;
    let mut shape = Dims::from_slice(x.shape());
    if let Some(n) = shape.get_mut(d) {
        *n = k as usize;
    }
    Ok(pair(&shape, x.dtype()))
}

fn run_topk(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (k, largest) = (c.int(0)? as usize, c.flag(2));
    let (d, len) = row_of(c.input(0)?, c.int(1)?)?;
    with_rows(c, outs, d, true, |x, values, positions| {
        match_sortable!(c, x.dtype(), T => top_rows(iter::slice::<T>(x)?, len, k, largest, iter::slice_mut::<T>(values)?, iter::slice_mut::<i64>(positions)?));
        Ok(())
    })
}

/// One value and position per row: the dimension in argument `dim` goes, or stays with size one.
fn infer_one(c: &Call, name: &str, dim: usize, keepdim: usize) -> Result<Metas> {
    let x = c.input(0)?;
    if x.dtype().is_complex() {
        return Err(c.unsupported(x.dtype()));
    }
    let (d, len) = row_of(x, c.int(dim)?)?;
    if len == 0 {
        bail!(Index, "{name}(): Expected reduction dim {d} to have non-zero size.");
    }
    check_length(c, len)?;
    let dims: &[usize] = if x.ndim() == 0 { &[] } else { &[d] };
    Ok(pair(&super::reduce::reduced_shape(x.shape(), dims, c.flag(keepdim)), x.dtype()))
}

fn infer_kth(c: &Call) -> Result<Metas> {
    let (x, k) = (c.input(0)?, c.int(0)?);
    let (d, len) = row_of(x, c.int(1)?)?;
    if k < 1 || k as usize > len {
        bail!(Runtime, "kthvalue(): selected number k out of range for dimension {d}");
    }
    infer_one(c, "kthvalue", 1, 2)
}

fn run_kth(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (k, (d, len)) = (c.int(0)? as usize - 1, row_of(c.input(0)?, c.int(1)?)?);
    with_rows(c, outs, d, c.flag(2), |x, values, positions| {
        match_sortable!(c, x.dtype(), T => kth_rows(iter::slice::<T>(x)?, len, k, iter::slice_mut::<T>(values)?, iter::slice_mut::<i64>(positions)?));
        Ok(())
    })
}

fn run_median(c: &Call, outs: &[Tensor], skip_nan: bool) -> Result<()> {
    let (d, len) = row_of(c.input(0)?, c.int(0)?)?;
    with_rows(c, outs, d, c.flag(1), |x, values, positions| {
        match_sortable!(c, x.dtype(), T => median_rows(iter::slice::<T>(x)?, len, skip_nan, iter::slice_mut::<T>(values)?, iter::slice_mut::<i64>(positions)?));
        Ok(())
    })
}

fn run_mode(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (d, len) = row_of(c.input(0)?, c.int(0)?)?;
    with_rows(c, outs, d, c.flag(1), |x, values, positions| {
        match_sortable!(c, x.dtype(), T => mode_rows(iter::slice::<T>(x)?, len, iter::slice_mut::<T>(values)?, iter::slice_mut::<i64>(positions)?));
        Ok(())
    })
}

/// Sorting is a permutation, which its positions undo.
fn to_positions(b: &Back) -> Result<Grads> {
    scattered(b, 0, None)
}

/// The gradient goes to the chosen positions of the dimension in argument `dim`; without `keepdim` that dimension is gone.
fn scattered(b: &Back, dim: usize, keepdim: Option<usize>) -> Result<Grads> {
    let (g, c) = (b.grad_or_zeros(0)?, b.call());
    let shape = b.shape(0);
    if shape.is_empty() {
        return grads![b; g.reshape(&[])?];
    }
    let (dim, index) = (c.int(dim)?, b.y(1)?);
    let gone = keepdim.is_some_and(|k| !c.flag(k));
    let (g, index) = if gone { (g.unsqueeze(dim)?, index.unsqueeze(dim)?) } else { (g, index.clone()) };
    let zeros = Tensor::zeros(shape, g.dtype(), g.device())?;
    grads![b; zeros.scatter_add(dim, &index, &g)?]
}
