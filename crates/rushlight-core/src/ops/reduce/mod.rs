//! Reductions over any dimensions: sums, extremes, logic, variance.

mod block;
mod extremes;
mod variance;

use super::{Arg, Call, Meta, Metas, Op, Rule, call1};
use crate::layout::{Dims, wrap_dims};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, grads, rows};
pub use block::{Block, block};
use block::{in_runs, run};
use extremes::{
    chebyshev_gradient, evenly, extremes, infer_chebyshev, infer_extreme, infer_position, infer_with_index, run_chebyshev, run_extreme, share_ties, to_position,
};
use rushlight_kernels::{match_dtype, reduce};
use smallvec::{SmallVec, smallvec};
use variance::{infer_var, run_var, var_gradient};

/// PyTorch's limit, which keeps sets of dimensions in one word.
const MOST_DIMS: usize = 64;

/// The dimensions a call reduces: the list at argument `i`, all of them if it is absent or empty.
pub fn reduced_dims(call: &Call, i: usize) -> Result<Dims> {
    let ndim = call.input(0)?.ndim();
    if ndim > MOST_DIMS {
        bail!(Runtime, "{}(): only tensors with up to {MOST_DIMS} dims are supported, got {ndim}", call.op.name());
    }
    match call.optional_ints(i) {
        Some(dims) if !dims.is_empty() => {
            let mut dims = wrap_dims(&dims, ndim)?;
            dims.retain(|d| *d < ndim);
            dims.sort_unstable();
            Ok(dims)
        }
        _ => Ok((0..ndim).collect()),
    }
}

/// The shape without the reduced dimensions, or with size one in their place.
pub fn reduced_shape(shape: &[usize], dims: &[usize], keepdim: bool) -> Dims {
    let mut out = Dims::new();
    for (d, &n) in shape.iter().enumerate() {
        match (dims.contains(&d), keepdim) {
            (false, _) => out.push(n),
            (true, true) => out.push(1),
            (true, false) => {}
        }
    }
    out
}

/// Integers sum to int64.
fn sum_dtype(call: &Call, arg: usize) -> Result<DType> {
    let dtype = call.input(0)?.dtype();
    Ok(call.dtype(arg).unwrap_or(if dtype.is_differentiable() { dtype } else { DType::I64 }))
}

fn infer_sum(call: &Call) -> Result<Metas> {
    let dims = reduced_dims(call, 0)?;
    Ok(smallvec![Meta::new(&reduced_shape(call.input(0)?.shape(), &dims, call.flag(1)), sum_dtype(call, 2)?)])
}

/// Half types are summed in one go: sums of parts would be rounded.
fn sum_in_runs(x: Tensor, dims: Dims) -> Result<(Tensor, Dims)> {
    if x.dtype().size() == 2 { Ok((x, dims)) } else { in_runs(&SUM, x, dims) }
}

fn run_sum(call: &Call, outs: &[Tensor]) -> Result<()> {
    let (out, x) = (&outs[0], call.input(0)?.detach()?);
    let integers = out.dtype() == DType::I64 && !x.dtype().is_differentiable();
    let x = if integers { x } else { super::copy::to_dtype(&x, out.dtype())? };
    let (x, dims) = sum_in_runs(x, reduced_dims(call, 0)?)?;
    let b = block(&x, &dims)?;
    if integers {
        return match_dtype!(x.dtype(), T in [Bool, U8, I8, I16, I32, I64, U16, U32, U64] => run(&reduce::WideSum::<T>::default(), &b, out), else Err(call.unsupported(x.dtype())));
    }
    match_dtype!(out.dtype(), T => run(&reduce::Sum::<T>::default(), &b, out))
}

fn infer_squares(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    super::nn::working_type(call, x.dtype())?;
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), x.dtype())])
}

fn run_squares(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_dtype!(outs[0].dtype(), T in [F16, BF16, F32, F64] => run(&reduce::Squares::<T>::default(), &b, &outs[0]), else Err(call.unsupported(outs[0].dtype())))
}

fn infer_mean(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dtype = call.dtype(2).unwrap_or(x.dtype());
    if !dtype.is_differentiable() {
        bail!(
            NotImplemented,
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}. Pass dtype=torch.float32 or convert the tensor with .float()",
            super::type_name(dtype)
        );
    }
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), dtype)])
}

fn run_mean(call: &Call, outs: &[Tensor]) -> Result<()> {
    let out = &outs[0];
    let x = super::copy::to_dtype(&call.input(0)?.detach()?, out.dtype())?;
    let size = x.numel();
    let (x, dims) = sum_in_runs(x, reduced_dims(call, 0)?)?;
    let b = block(&x, &dims)?;
    let count = size.checked_div(out.numel()).unwrap_or(1);
    match_dtype!(out.dtype(), T => run(&reduce::Sum::<T>::mean(count), &b, out))
}

fn infer_prod(call: &Call) -> Result<Metas> {
    infer_sum(call)
}

fn run_prod(call: &Call, outs: &[Tensor]) -> Result<()> {
    let out = &outs[0];
    let x = super::copy::to_dtype(&call.input(0)?.detach()?, out.dtype())?;
    let b = block(&x, &reduced_dims(call, 0)?)?;
    match_dtype!(out.dtype(), T => run(&reduce::Product::<T>::default(), &b, out))
}

/// Logic gives bool (uint8 for uint8, as in PyTorch).
fn infer_logic(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dtype = if x.dtype() == DType::U8 { DType::U8 } else { DType::Bool };
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), dtype)])
}

fn run_logic(call: &Call, outs: &[Tensor], all: bool) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    let result = if outs[0].dtype() == DType::Bool { outs[0].clone() } else { Tensor::empty(outs[0].shape(), DType::Bool)? };
    match_dtype!(b.x.dtype(), T => if all { run(&reduce::All::<T>::default(), &b, &result) } else { run(&reduce::Any::<T>::default(), &b, &result) })?;
    if result.is(&outs[0]) { Ok(()) } else { super::copy::copy_into(&outs[0], &result) }
}

fn infer_count(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, false), DType::I64)])
}

fn run_count(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_dtype!(b.x.dtype(), T => run(&reduce::CountNonzero::<T>::default(), &b, &outs[0]))
}

/// A gradient of the reduced shape, spread over the input again.
pub(crate) fn spread_back(g: &Tensor, shape: &[usize], dims: &[usize], keepdim: bool) -> Result<Tensor> {
    if keepdim || g.ndim() == shape.len() {
        return g.expand(shape);
    }
    let kept: SmallVec<[i64; 5]> = shape.iter().enumerate().map(|(d, &n)| if dims.contains(&d) { 1 } else { n as i64 }).collect();
    g.reshape(&kept)?.expand(shape)
}

/// The dimensions reduced by a recorded call.
fn dims_of(b: &super::backward::Back, arg: usize) -> Result<Dims> {
    let ndim = b.shape(0).len();
    match b.call().optional_ints(arg) {
        Some(dims) if !dims.is_empty() && ndim > 0 => wrap_dims(&dims, ndim),
        _ => Ok((0..ndim).collect()),
    }
}

fn back(b: &super::backward::Back, g: &Tensor, keepdim: usize) -> Result<Tensor> {
    spread_back(g, b.shape(0), &dims_of(b, 0)?, b.call().flag(keepdim))
}

fn count(b: &super::backward::Back) -> Result<usize> {
    Ok(dims_of(b, 0)?.iter().map(|&d| b.shape(0)[d]).product())
}

/// Products of all other elements, by exclusive products from both sides (exact where elements are zero).
fn prod_gradient(b: &super::backward::Back) -> Result<Tensor> {
    let (x, dims) = (b.x(0)?, dims_of(b, 0)?);
    let g = back(b, b.g()?, 1)?;
    if x.ndim() == 0 {
        return Ok(g);
    }
    let kept: SmallVec<[i64; 5]> = (0..x.ndim()).filter(|d| !dims.contains(d)).chain(dims.iter().copied()).map(|d| d as i64).collect();
    let rolled = x.permute(&kept)?;
    let outer: i64 = kept[..x.ndim() - dims.len()].iter().map(|&d| x.shape()[d as usize] as i64).product();
    let len: i64 = dims.iter().map(|&d| x.shape()[d] as i64).product();
    let flat = rolled.reshape(&[outer, len])?;
    let others = products_of_others(&flat)?;
    let shape: SmallVec<[i64; 5]> = rolled.shape().iter().map(|&n| n as i64).collect();
    let mut inverse: SmallVec<[i64; 5]> = smallvec![0; x.ndim()];
    for (i, &d) in kept.iter().enumerate() {
        inverse[d as usize] = i as i64;
    }
    g.mul(others.reshape(&shape)?.permute(&inverse)?.conj()?)
}

fn products_of_others(x: &Tensor) -> Result<Tensor> {
    let n = x.shape()[1] as i64;
    let one = Tensor::full(&[x.shape()[0], 1], 1.0.into(), x.dtype(), x.device())?;
    let mut before = vec![one.clone()];
    let mut after = vec![one];
    for i in 0..(n - 1).max(0) {
        before.push(before[i as usize].mul(x.slice(1, i, i + 1)?)?);
        after.push(after[i as usize].mul(x.slice(1, n - 1 - i, n - i)?)?);
    }
    after.reverse();
    let columns = before.iter().zip(&after).map(|(a, b)| a.mul(b)).collect::<Result<Vec<_>>>()?;
    if n == 0 { Ok(x.clone()) } else { super::shape::cat(&columns, 1) }
}

rows! {
    SUM = Op::new("sum(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_sum, run: run_sum }).vjp(0, 0, |b| grads![b; back(b, b.g()?, 1)?]).doc("Sum over dimensions");
    MEAN = Op::new("mean(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_mean, run: run_mean }).vjp(0, 0, |b| grads![b; back(b, b.g()?, 1)?.div(count(b)? as f64)?]).doc("Mean over dimensions");
    SQUARES = Op::new("_square_sum(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_squares, run: run_squares }).vjp(1, 0, |b| grads![b; back(b, b.g()?, 1)?.mul(b.x(0)?)?.mul(2.0)?]).doc("Sum of the squares of real numbers over dimensions");
    PROD = Op::new("_prod(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_prod, run: run_prod }).vjp(1, 0, |b| grads![b; prod_gradient(b)?]).autocast(super::Autocast::Raise).doc("Product over dimensions");
    AMAX = Op::new("amax(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, true) }).vjp(1, 1, |b| grads![b; share_ties(b)?]).exact_out().doc("Largest value over dimensions");
    AMIN = Op::new("amin(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, false) }).vjp(1, 1, |b| grads![b; share_ties(b)?]).exact_out().doc("Smallest value over dimensions");
    EVENLY = Op::new("_evenly(Tensor self, Tensor value) -> Tensor", Rule::Kernel { infer: |c| Ok(smallvec![Meta::new(&[], c.input(1)?.dtype())]), run: |c, o| super::copy::copy_into(&o[0], c.input(1)?) }).vjp(3, 0, |b| grads![b; evenly(b)?]).doc("A value found among all elements; those equal to it share its gradient evenly, also if it is NaN");
    CHEBYSHEV = Op::new("_chebyshev(Tensor self) -> Tensor", Rule::Kernel { infer: infer_chebyshev, run: run_chebyshev }).vjp(1, 1, |b| grads![b; chebyshev_gradient(b)?]).doc("Largest modulus of the last dimension; each that attains it has the whole gradient");
    MAX_DIM = Op::new("max_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_with_index, run: |c, o| extremes(c, true, Some(&o[0]), &o[1]) }).vjp(0, 2, |b| grads![b; to_position(b, b.y(1)?)?]).integral(2).internal().doc("Largest value of a dimension and its position");
    MIN_DIM = Op::new("min_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_with_index, run: |c, o| extremes(c, false, Some(&o[0]), &o[1]) }).vjp(0, 2, |b| grads![b; to_position(b, b.y(1)?)?]).integral(2).internal().doc("Smallest value of a dimension and its position");
    ARGMAX = Op::new("argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_position, run: |c, o| extremes(c, true, None, &o[0]) }).constant().exact_out().doc("Position of the largest value");
    ARGMIN = Op::new("argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_position, run: |c, o| extremes(c, false, None, &o[0]) }).constant().exact_out().doc("Position of the smallest value");
    ALL = Op::new("all(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_logic, run: |c, o| run_logic(c, o, true) }).constant().doc("Whether all are nonzero");
    ANY = Op::new("any(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_logic, run: |c, o| run_logic(c, o, false) }).constant().doc("Whether any is nonzero");
    COUNT_NONZERO = Op::new("count_nonzero(Tensor self, int[1]? dim=None) -> Tensor", Rule::Kernel { infer: infer_count, run: run_count }).constant().doc("Number of nonzero elements");
    VAR_MEAN = Op::new("_var_mean(Tensor self, int[1]? dim=None, Scalar? correction=1, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_var, run: run_var }).vjp(1, 0, |b| grads![b; var_gradient(b)?]).doc("Variance and mean over dimensions");
}

impl Tensor {
    /// Sum over dimensions; an empty list means all.
    pub fn sum(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        call1(&SUM, &[self], &[Arg::ints(dims), Arg::from(keepdim)])
    }

    /// Sum of all elements.
    pub fn sum_all(&self) -> Result<Tensor> {
        self.sum(&[], false)
    }

    /// Mean over dimensions; an empty list means all.
    pub fn mean(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        call1(&MEAN, &[self], &[Arg::ints(dims), Arg::from(keepdim)])
    }

    /// Whether any element is nonzero.
    pub fn any_all(&self) -> Result<Tensor> {
        call1(&ANY, &[self], &[])
    }
}
