//! Distinct elements and slices.

use super::match_sortable;
use crate::layout::wrap_dim;
use crate::ops::index::plain;
use crate::ops::{Call, Op, Outputs, Rule};
use crate::tensor::Tensor;
use crate::{Result, bail, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_kernels::sort::{Runs, Sortable, runs, sorted_runs};
use smallvec::smallvec;

rows! {
    UNIQUE = Op::new("unique(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)", Rule::Dynamic(unique)).constant().doc("The distinct elements in order, the number of each element among them (empty unless asked for), and how often each occurs");
    UNIQUE_DIM = Op::new("unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)", Rule::Dynamic(unique_dim)).constant().internal().doc("The distinct slices of a dimension in lexicographic order");
    UNIQUE_CONSECUTIVE = Op::new("unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)", Rule::Dynamic(unique_consecutive)).constant().doc("The elements (or slices of a dimension) that differ from the one before");
}

fn check(c: &Call) -> Result<Tensor> {
    let x = c.input(0)?;
    if x.is_meta() {
        bail!(NotImplemented, "{}: the shape of the result depends on values, which meta tensors do not have", c.op.name());
    }
    if x.dtype().is_complex() {
        return Err(c.unsupported(x.dtype()));
    }
    if x.numel() > u32::MAX as usize {
        bail!(Runtime, "{}(): {} elements are too many to sort", c.op.name(), x.numel());
    }
    plain(x)
}

/// The results: slices of dimension `d` where runs start, the run of each element, the lengths.
fn results(x: &Tensor, d: i64, found: &Runs, inverse_shape: &[usize]) -> Result<Outputs> {
    let vector = |v: &[i64]| Tensor::of(v, &[v.len()]);
    let values = x.index_select(d, &vector(&found.starts)?)?;
    Ok(smallvec![values, Tensor::of(&found.inverse, inverse_shape)?, vector(&found.counts)?])
}

fn unique(c: &Call) -> Result<Outputs> {
    let x = check(c)?;
    let found = match_sortable!(c, x.dtype(), T => {
        sorted_runs(iter::slice::<T>(&x)?, c.flag(1))
    });
    results(&x.reshape(&[-1])?, 0, &found, if c.flag(1) { x.shape() } else { &[0] })
}

fn unique_consecutive(c: &Call) -> Result<Outputs> {
    let x = check(c)?;
    if c.optional_scalar(2).is_some() {
        let (d, rows) = slices(c, &x, 2)?;
        return by_slices(&x, d, &rows, None);
    }
    let found = match_sortable!(c, x.dtype(), T => {
        let values = iter::slice::<T>(&x)?;
        runs(values.len(), None, |a, b| values[a] == values[b])
    });
    results(&x.reshape(&[-1])?, 0, &found, x.shape())
}

/// The dimension in argument `arg`, and its slices as rows of a matrix.
fn slices(c: &Call, x: &Tensor, arg: usize) -> Result<(usize, Tensor)> {
    let d = wrap_dim(c.int(arg)?, x.ndim())?;
    let n = x.shape().get(d).copied().unwrap_or(1);
    let width: usize = x.shape().iter().enumerate().filter(|&(k, _)| k != d).map(|(_, &n)| n).product();
    if width == 0 && n != 0 {
        bail!(Runtime, "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
    }
    let order: Vec<i64> = std::iter::once(d).chain((0..x.ndim()).filter(|&k| k != d)).map(|k| k as i64).collect();
    let rows = if x.ndim() == 0 { x.clone() } else { x.permute(&order)?.contiguous()? };
    Ok((d, rows.reshape(&[n as i64, width as i64])?))
}

fn by_slices(x: &Tensor, d: usize, rows: &Tensor, order: Option<&[i64]>) -> Result<Outputs> {
    let (n, width) = (rows.shape()[0], rows.shape()[1]);
    let found = match_dtype!(rows.dtype(), T => {
        let values = iter::slice::<T>(rows)?;
        runs(n, order, |a, b| values[a * width..(a + 1) * width] == values[b * width..(b + 1) * width])
    });
    results(x, d as i64, &found, &[n])
}

fn unique_dim(c: &Call) -> Result<Outputs> {
    let x = check(c)?;
    let (d, rows) = slices(c, &x, 0)?;
    let (n, width) = (rows.shape()[0], rows.shape()[1]);
    let mut order: Vec<i64> = (0..n as i64).collect();
    match_sortable!(c, rows.dtype(), T => {
        let values = iter::slice::<T>(&rows)?;
        let keys = |i: i64| values[i as usize * width..(i as usize + 1) * width].iter().map(|v| v.key());
        order.sort_by(|&a, &b| keys(a).cmp(keys(b)));
    });
    by_slices(&x, d, &rows, Some(&order))
}
