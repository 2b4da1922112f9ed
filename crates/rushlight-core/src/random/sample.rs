//! Samples whose parameters are tensors.

use super::fill::{Fill, bernoulli_each, fill};
use super::record::{Derivative, linked};
use super::{Source, lock, unsupported};
use crate::layout::broadcast;
use crate::ops;
use crate::ops::copy::cast;
use crate::ops::elementwise::binary;
use crate::tensor::Tensor;
use crate::{DType, MemoryFormat, Result, bail, iter};
use rushlight_kernels::match_dtype;
use smallvec::smallvec;

/// `bernoulli(p)`: one with the probability of each element, else zero.
pub fn bernoulli(p: &Tensor, source: &Source) -> Result<Tensor> {
    let out = fresh(p.shape(), p)?;
    bernoulli_each(&out, p, &mut lock(source))?;
    linked(out, &[p], "BernoulliBackward0", Derivative::Zero)
}

/// `poisson(rate)`: counts of events, in the type of the rates.
pub fn poisson(rate: &Tensor, source: &Source) -> Result<Tensor> {
    if !rate.dtype().is_float() {
        return Err(unsupported("poisson_cpu", rate.dtype()));
    }
    let out = fresh(rate.shape(), rate)?;
    if !out.is_meta() {
        let plain = rate.detach()?.contiguous()?;
        match_dtype!(rate.dtype(), T in [F16, BF16, F32, F64] => {
            let rates = iter::slice::<T>(&plain)?;
            if rates.iter().any(|&r| f64::from(r) < 0.0 || f64::from(r).is_nan()) {
                bail!(Runtime, "invalid Poisson rate, expected rate to be non-negative");
            }
            lock(source).poisson(iter::slice_mut::<T>(&out)?, rates);
        }, else return Err(unsupported("poisson_cpu", rate.dtype())));
    }
    linked(out, &[rate], "PoissonBackward0", Derivative::Zero)
}

/// `binomial(count, prob)`: successes among `count` trials; the two broadcast and have one type.
pub fn binomial(count: &Tensor, prob: &Tensor, source: &Source) -> Result<Tensor> {
    let dtype = count.dtype();
    if !dtype.is_float() {
        bail!(Value, "binomial only supports floating-point dtypes for count, got: {}", ops::type_name(dtype));
    }
    if prob.dtype() != dtype {
        bail!(Runtime, "Found dtype {} but expected {}", ops::type_name(prob.dtype()), ops::type_name(dtype));
    }
    let out = fresh(&broadcast(count.shape(), prob.shape())?, count)?;
    if !out.is_meta() {
        let (n, p) = (dense(count, out.shape())?, dense(prob, out.shape())?);
        match_dtype!(dtype, T in [F32, F64] => lock(source).binomial(iter::slice_mut::<T>(&out)?, iter::slice::<T>(&n)?, iter::slice::<T>(&p)?), else return Err(unsupported("binomial_cpu", dtype)));
    }
    linked(out, &[count, prob], "NotImplemented", Derivative::Missing("binomial"))
}

/// `_standard_gamma(alpha)`: gamma numbers of scale one.
pub fn standard_gamma(alpha: &Tensor, source: &Source) -> Result<Tensor> {
    let dtype = alpha.dtype();
    if !matches!(dtype, DType::F32 | DType::F64) {
        return Err(unsupported("gamma_cpu", dtype));
    }
    let out = fresh(alpha.shape(), alpha)?;
    if !out.is_meta() {
        let plain = alpha.detach()?.contiguous()?;
        match_dtype!(dtype, T in [F32, F64] => lock(source).standard_gamma(iter::slice_mut::<T>(&out)?, iter::slice::<T>(&plain)?, smallest(dtype)), else return Err(unsupported("gamma_cpu", dtype)));
    }
    linked(out, &[alpha], "StandardGammaBackward0", Derivative::Gamma)
}

/// `_sample_dirichlet(alpha)`: float64 gamma numbers over their sum along the last dimension, strictly between 0 and 1.
pub fn dirichlet(alpha: &Tensor, source: &Source) -> Result<Tensor> {
    let dtype = alpha.dtype();
    if !matches!(dtype, DType::F32 | DType::F64) {
        return Err(unsupported("dirichlet", dtype));
    }
    let out = fresh(alpha.shape(), alpha)?;
    if !out.is_meta() && out.numel() > 0 {
        let alpha = cast(&alpha.detach()?, DType::F64)?.contiguous()?;
        let gamma = Tensor::empty(alpha.shape(), DType::F64)?;
        lock(source).standard_gamma(iter::slice_mut::<f64>(&gamma)?, iter::slice::<f64>(&alpha)?, 0.0);
        let shares = if gamma.ndim() == 0 { gamma.div(&gamma)? } else { gamma.div(&gamma.sum(&[-1], true)?)? };
        match_dtype!(dtype, T in [F32, F64] => {
            let (low, high) = (T::MIN_POSITIVE, 1.0 - T::EPSILON / 2.0);
            let pairs = iter::slice_mut::<T>(&out)?.iter_mut().zip(iter::slice::<f64>(&shares)?);
            pairs.for_each(|(out, &share)| *out = (share as T).max(low).min(high));
        }, else return Err(unsupported("dirichlet", dtype)));
    }
    linked(out, &[alpha], "NotImplemented", Derivative::Missing("_sample_dirichlet"))
}

/// `normal(mean, std)`: a parameter given as a number is a wrapped tensor, the others broadcast.
pub fn normal(mean: &Tensor, std: &Tensor, source: &Source) -> Result<Tensor> {
    check_std(std)?;
    let out = fresh(&broadcast(mean.shape(), std.shape())?, if mean.is_wrapped() { std } else { mean })?;
    let first = if std.is_wrapped() { std.item()?.to_f64() } else { 1.0 };
    fill(&out, &Fill::Normal { mean: 0.0, std: first }, &mut lock(source))?;
    if !std.is_wrapped() {
        ops::call_in_place(&binary::MUL, smallvec![Some(out.clone()), Some(std.detach()?)], smallvec![])?;
    }
    let shift = if mean.is_wrapped() { mean.clone() } else { mean.detach()? };
    ops::call_in_place(&binary::ADD, smallvec![Some(out.clone()), Some(shift)], smallvec![])?;
    let name = match (mean.is_wrapped(), std.is_wrapped()) {
        (false, true) => "NormalBackward1",
        (true, _) => "NormalBackward2",
        (false, false) => "NormalBackward3",
    };
    linked(out, &[mean, std], name, Derivative::Zero)
}

fn check_std(std: &Tensor) -> Result<()> {
    if std.dtype().is_complex() {
        bail!(Runtime, "normal expects standard deviation to be non-complex");
    }
    if std.is_wrapped() {
        let value = std.item()?.to_f64();
        if value < 0.0 || value.is_nan() {
            bail!(Runtime, "normal expects std >= 0.0, but found std {value}");
        }
    } else if !std.is_meta() && std.to_vec::<f64>()?.iter().any(|&s| s < 0.0) {
        bail!(Runtime, "normal expects all elements of std >= 0.0");
    }
    Ok(())
}

/// Uninitialised, row-major, of the model's type and device.
fn fresh(shape: &[usize], model: &Tensor) -> Result<Tensor> {
    Tensor::empty_on(shape, model.dtype(), model.device(), MemoryFormat::Contiguous)
}

/// Broadcast to a shape, row-major, outside the graph.
fn dense(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    x.detach()?.expand(shape)?.contiguous()
}

/// The smallest positive normal number of float32 or float64.
fn smallest(dtype: DType) -> f64 {
    if dtype == DType::F64 { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() }
}
