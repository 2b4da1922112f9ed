//! Largest and smallest elements, where they stand, and who gets their gradient.

use super::{AMAX, AMIN, back, block, dims_of, in_runs, reduced_dims, reduced_shape, run};
use crate::ops::backward::Back;
use crate::ops::{Arg, Call, Meta, Metas, call, call1, copy, index};
use crate::tensor::Tensor;
use crate::{DType, Result, bail, err, iter};
use rushlight_kernels::{match_dtype, reduce};
use smallvec::{SmallVec, smallvec};

fn check_nonempty(call: &Call, dims: &[usize]) -> Result<()> {
    let x = call.input(0)?;
    if let Some(&d) = dims.iter().find(|&&d| x.shape()[d] == 0)
        && (x.numel() == 0)
    {
        if call.optional_ints(0).is_none_or(|d| d.is_empty()) {
            let kind = if call.op.name().starts_with("arg") { crate::Kind::Index } else { crate::Kind::Runtime };
            return Err(crate::Error::new(
                kind,
                format!(
                    "{}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
                    call.op.name()
                ),
            ));
        }
        bail!(Index, "{}(): Expected reduction dim {d} to have non-zero size.", call.op.name());
    }
    Ok(())
}

pub(super) fn infer_extreme(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dims = reduced_dims(call, 0)?;
    check_nonempty(call, &dims)?;
    if x.dtype().is_complex() {
        return Err(call.unsupported(x.dtype()));
    }
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &dims, call.flag(1)), x.dtype())])
}

macro_rules! match_ordered {
    ($call:expr, $d:expr, $t:ident => $e:expr) => {
        match_dtype!($d, $t in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => $e, else Err($call.unsupported($d)))
    };
}

pub(super) fn run_extreme(call: &Call, outs: &[Tensor], largest: bool) -> Result<()> {
    let (x, dims) = in_runs(if largest { &AMAX } else { &AMIN }, call.input(0)?.detach()?, reduced_dims(call, 0)?)?;
    let b = block(&x, &dims)?;
    match_ordered!(call, b.x.dtype(), T => if largest { run(&reduce::Maximum::<T>::default(), &b, &outs[0]) } else { run(&reduce::Minimum::<T>::default(), &b, &outs[0]) })
}

pub(super) fn infer_with_index(call: &Call) -> Result<Metas> {
    let mut metas = infer_extreme(call)?;
    let shape = metas[0].layout.shape.clone();
    metas.push(Meta::new(&shape, DType::I64));
    Ok(metas)
}

pub(super) fn infer_position(call: &Call) -> Result<Metas> {
    let metas = infer_extreme(call)?;
    Ok(smallvec![Meta::new(&metas[0].layout.shape, DType::I64)])
}

/// Values and first positions of the extremes.
pub(super) fn extremes(call: &Call, largest: bool, values: Option<&Tensor>, positions: &Tensor) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_ordered!(call, b.x.dtype(), T => {
        let mut pairs = vec![(T::default(), 0i64); b.outer * b.inner];
        let x = iter::slice::<T>(&b.x)?;
        if largest {
            reduce::reduce(&reduce::Largest::<T>::default(), x, b.outer, b.len, b.inner, &mut pairs);
        } else {
            reduce::reduce(&reduce::Smallest::<T>::default(), x, b.outer, b.len, b.inner, &mut pairs);
        }
        for (out, pair) in iter::slice_mut::<i64>(positions)?.iter_mut().zip(&pairs) {
            *out = pair.1;
        }
        if let Some(values) = values {
            for (out, pair) in iter::slice_mut::<T>(values)?.iter_mut().zip(&pairs) {
                *out = pair.0;
            }
        }
        Ok(())
    })
}

/// Gradients of extremes over several dimensions are shared equally by ties.
pub(super) fn share_ties(b: &Back) -> Result<Tensor> {
    let x = b.x(0)?;
    let y = back(b, b.y(0)?, 1)?;
    let ties = x.eq(&y)?.to_dtype(b.g()?.dtype())?;
    let dims: SmallVec<[i64; 5]> = dims_of(b, 0)?.iter().map(|&d| d as i64).collect();
    let number = ties.sum(&dims, true)?;
    back(b, b.g()?, 1)?.div(number)?.mul(ties)
}

/// The gradient of one value of all elements, in equal parts to those that equal it.
pub(super) fn evenly(b: &Back) -> Result<Tensor> {
    let (x, value) = (b.x(0)?.detach()?, b.x(1)?);
    let both_nan = x.is_nan()?.logical_and(value.is_nan()?)?;
    let share = x.eq(value)?.logical_or(both_nan)?.to_dtype(b.g()?.dtype())?;
    b.g()?.div(share.sum_all()?)?.mul(share)
}

pub(super) fn infer_chebyshev(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    Ok(smallvec![Meta::new(&x.shape()[..x.ndim().saturating_sub(1)], x.dtype())])
}

pub(super) fn run_chebyshev(call: &Call, outs: &[Tensor]) -> Result<()> {
    let size = call.input(0)?.detach()?.abs()?;
    copy::copy_into(&outs[0], &call1(&AMAX, &[&size], &[Arg::ints(&[-1]), Arg::from(false)])?)
}

pub(super) fn chebyshev_gradient(b: &Back) -> Result<Tensor> {
    let (x, y) = (b.x(0)?.detach()?, b.y(0)?.detach()?.unsqueeze(-1)?);
    let attained = x.abs()?.eq(&y)?;
    b.g()?.unsqueeze(-1)?.mul(x.sgn()?)?.mul(attained)?.masked_fill(&y.is_nan()?, f64::NAN)
}

/// The gradient goes to the chosen position.
pub(super) fn to_position(b: &Back, position: &Tensor) -> Result<Tensor> {
    let (c, g) = (b.call(), b.g()?);
    let shape = b.shape(0);
    if shape.is_empty() {
        return Ok(g.clone());
    }
    let dim = c.ints(0)?[0];
    let (g, position) = if c.flag(1) { (g.clone(), position.clone()) } else { (g.unsqueeze(dim)?, position.unsqueeze(dim)?) };
    let zeros = Tensor::zeros(shape, g.dtype(), g.device())?;
    let out = call(&index::SCATTER_ADD, smallvec![Some(zeros), Some(position), Some(g)], smallvec![Arg::from(dim)])?;
    out.into_iter().next().ok_or_else(|| err!(Runtime, "scatter_add: no result"))
}
