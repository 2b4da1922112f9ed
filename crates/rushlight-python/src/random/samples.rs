//! Functions of tensors of parameters.

use super::arguments::Arguments;
use super::factories;
use crate::dispatch::unlocked;
use crate::errors::OrRaise;
use crate::tensor::{resize, wrap};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use rushlight_core::ops::{copy, type_name};
use rushlight_core::random::{self, Derivative, Fill, Source};
use rushlight_core::{DType, MemoryFormat, Result, Tensor, autograd, promotion};

/// Draws a sample over about `size` elements.
fn sample<'py>(a: &Arguments<'py>, size: usize, draw: impl FnOnce(&Source) -> Result<Tensor> + Send) -> PyResult<Bound<'py, PyAny>> {
    let source = a.source()?;
    let result = unlocked(a.py, size, || draw(&source)).or_raise()?;
    match a.out() {
        Some(out) => store(out, result),
        None => wrap(a.py, result),
    }
}

/// Writes a result into `out`, which is resized to fit.
fn store<'py>(out: &Bound<'py, PyAny>, result: Tensor) -> PyResult<Bound<'py, PyAny>> {
    let target = resize(out, result.shape())?;
    if !promotion::can_cast(result.dtype(), target.dtype()) {
        return Err(PyRuntimeError::new_err(format!(
            "result type {} can't be cast to the desired output type {}",
            type_name(result.dtype()),
            type_name(target.dtype())
        )));
    }
    autograd::inplace::check(&target, false).or_raise()?;
    copy::copy_into(&target, &result).or_raise()?;
    target.bump_version();
    Ok(out.clone())
}

/// Forms: two tensors or a tensor and a number, a number and a tensor, two numbers and a size.
pub fn normal<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let number = |value: f64| crate::args::wrapped(value.into());
    let (mean, std) = match a.form {
        0 => (a.tensor(0)?, a.tensor(1).map_or_else(|_| number(1.0), Ok)?),
        1 => (number(a.float(0)?)?, a.tensor(0)?),
        _ => return factories::normal(a),
    };
    sample(a, mean.numel().max(std.numel()), |source| random::normal(&mean, &std, source))
}

/// Forms: probabilities, one probability for a tensor of this shape.
pub fn bernoulli<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let x = a.tensor(0)?;
    if a.form == 0 {
        return sample(a, x.numel(), |source| random::bernoulli(&x, source));
    }
    let what = Fill::Bernoulli { p: a.float(0)? };
    sample(a, x.numel(), |source| {
        let out = Tensor::empty_on(x.shape(), x.dtype(), x.device(), MemoryFormat::Contiguous)?;
        random::fill(&out, &what, &mut random::lock(source))?;
        random::linked(out, &[&x], "NotImplemented", Derivative::Missing("bernoulli.p"))
    })
}

pub fn multinomial<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let (weights, count, replacement) = (a.tensor(0)?, a.int(0)?, a.flag(1).unwrap_or(false));
    if let Some(out) = a.out() {
        let out = crate::tensor::tensor_of(out).ok_or_else(|| PyTypeError::new_err("multinomial(): argument 'out' must be Tensor"))?;
        if out.dtype() != DType::I64 {
            return Err(PyRuntimeError::new_err(format!("multinomial expects Long tensor out, got: {}", type_name(out.dtype()))));
        }
    }
    sample(a, weights.numel(), |source| random::multinomial(&weights, count, replacement, source))
}

pub fn poisson<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let rate = a.tensor(0)?;
    sample(a, rate.numel(), |source| random::poisson(&rate, source))
}

pub fn binomial<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let (count, prob) = (a.tensor(0)?, a.tensor(1)?);
    sample(a, count.numel().max(prob.numel()), |source| random::binomial(&count, &prob, source))
}

pub fn standard_gamma<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let alpha = a.tensor(0)?;
    sample(a, alpha.numel(), |source| random::standard_gamma(&alpha, source))
}

pub fn standard_gamma_grad<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    wrap(a.py, random::standard_gamma_grad(&a.tensor(0)?, &a.tensor(1)?).or_raise()?)
}

pub fn dirichlet<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let alpha = a.tensor(0)?;
    sample(a, alpha.numel(), |source| random::dirichlet(&alpha, source))
}
