//! Variance and mean.

use super::{Block, block, dims_of, reduced_dims, reduced_shape, run, spread_back};
use crate::ops::backward::Back;
use crate::ops::{Call, Meta, Metas, copy};
use crate::tensor::Tensor;
use crate::{DType, Result, Scalar, bail, err, iter};
use rushlight_kernels::match_dtype;
use rushlight_kernels::reduce::{self, Reducible};
use smallvec::{SmallVec, smallvec};

pub(super) fn infer_var(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    if !x.dtype().is_differentiable() {
        bail!(NotImplemented, "std and var only support floating point and complex dtypes, this tensor is {}: convert it with .float()", x.dtype().name());
    }
    let shape = reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(2));
    Ok(smallvec![Meta::new(&shape, x.dtype().to_real()), Meta::new(&shape, x.dtype())])
}

pub(super) fn run_var(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    let divisor = (b.len as f64 - call.optional_scalar(1).map_or(1.0, Scalar::to_f64)).max(0.0);
    match_dtype!(b.x.dtype(), T in [F16, BF16, F32, F64, C64, C128] => {
        run(&reduce::Sum::<T>::mean(b.len), &b, &outs[1])?;
        let centres: Vec<<T as Reducible>::Wide> = if b.x.dtype().size() == 2 {
            // Half types keep the centre unrounded.
            centres(&b)?
        } else {
            iter::slice::<T>(&outs[1])?.iter().map(|&v| Reducible::wide(v)).collect()
        };
        let mut spread = vec![Default::default(); b.outer * b.inner];
        reduce::reduce(&reduce::Spread::<T> { centres: &centres, divisor }, iter::slice::<T>(&b.x)?, b.outer, b.len, b.inner, &mut spread);
        let spread = Tensor::of(&spread, outs[0].shape())?;
        copy::copy_into(&outs[0], &spread)
    }, else Err(call.unsupported(b.x.dtype())))
}

/// Means in the wide type.
fn centres<W: rushlight_kernels::elementwise::cast::Cast>(b: &Block) -> Result<Vec<W>> {
    let wide = copy::cast(&b.x, DType::F32)?;
    let mean = Tensor::empty(&[b.outer * b.inner], DType::F32)?;
    run(&reduce::Sum::<f32>::mean(b.len), &Block { x: wide, ..*b }, &mean)?;
    mean.to_vec::<W>()
}

pub(super) fn var_gradient(b: &Back) -> Result<Tensor> {
    let (x, dims, c) = (b.x(0)?, dims_of(b, 0)?, b.call());
    let n: usize = dims.iter().map(|&d| x.shape()[d]).product();
    let divisor = (n as f64 - c.optional_scalar(1).map_or(1.0, Scalar::to_f64)).max(0.0);
    let list: SmallVec<[i64; 5]> = dims.iter().map(|&d| d as i64).collect();
    let mut total: Option<Tensor> = None;
    if let Some(g) = b.grad(0) {
        let centred = x.sub(x.mean(&list, true)?)?;
        total = Some(spread_back(g, x.shape(), &dims, c.flag(2))?.mul(centred)?.mul(2.0 / divisor)?);
    }
    if let Some(g) = b.grad(1) {
        let part = spread_back(g, x.shape(), &dims, c.flag(2))?.div(n as f64)?;
        total = Some(match total {
            Some(t) => t.add(part)?,
            None => part,
        });
    }
    total.ok_or_else(|| err!(Runtime, "var: no gradient arrived"))
}
