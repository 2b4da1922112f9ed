//! Functions that return new random tensors of a given shape.

use super::arguments::Arguments;
use crate::dispatch::unlocked;
use crate::errors::OrRaise;
use crate::tensor::{resize, wrap};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rushlight_core::ops::{copy::copy_layout, type_name};
use rushlight_core::random::{self, Fill, Source};
use rushlight_core::tensor::default_dtype;
use rushlight_core::{DType, Layout, MemoryFormat, Result, Tensor};

const UNIT: Fill = Fill::Uniform { from: 0.0, to: 1.0 };
const STANDARD: Fill = Fill::Normal { mean: 0.0, std: 1.0 };

/// A tensor of this shape, or `out`, filled.
fn drawn<'py>(a: &Arguments<'py>, shape: &[usize], default: DType, draw: impl FnOnce(&Tensor, &Source) -> Result<()> + Send) -> PyResult<Bound<'py, PyAny>> {
    let (source, (dtype, device)) = (a.source()?, a.place()?);
    if let Some(out) = a.out() {
        let x = resize(out, shape)?;
        if let Some(dtype) = dtype.filter(|&d| d != x.dtype()) {
            return Err(PyRuntimeError::new_err(format!("dtype {} does not match dtype of out parameter ({})", type_name(dtype), type_name(x.dtype()))));
        }
        unlocked(a.py, x.numel(), || draw(&x, &source)).or_raise()?;
        return Ok(out.clone());
    }
    let x = Tensor::empty_on(shape, dtype.unwrap_or(default), device, MemoryFormat::Contiguous).or_raise()?;
    unlocked(a.py, x.numel(), || draw(&x, &source)).or_raise()?;
    finish(a, x)
}

fn finish<'py>(a: &Arguments<'py>, x: Tensor) -> PyResult<Bound<'py, PyAny>> {
    if a.requires_grad()? {
        x.set_requires_grad(true).or_raise()?;
    }
    wrap(a.py, x)
}

/// New tensors are not counted as changed.
fn filled<'py>(a: &Arguments<'py>, shape: &[usize], default: DType, what: Fill) -> PyResult<Bound<'py, PyAny>> {
    let given = a.out().is_some();
    drawn(a, shape, default, move |x, source| if given { random::fill_in_place(x, &what, source) } else { random::fill(x, &what, &mut random::lock(source)) })
}

/// A tensor like the first argument, filled.
fn like<'py>(a: &Arguments<'py>, what: Fill) -> PyResult<Bound<'py, PyAny>> {
    let (model, source, (dtype, device)) = (a.tensor(0)?, a.source()?, a.place()?);
    let device = if a.has_device() { device } else { model.device() };
    let layout = Layout { offset: 0, ..copy_layout(&model, a.format()?).or_raise()? };
    let x = Tensor::empty_layout(layout, dtype.unwrap_or(model.dtype()), device).or_raise()?;
    unlocked(a.py, x.numel(), || random::fill(&x, &what, &mut random::lock(&source))).or_raise()?;
    finish(a, x)
}

pub fn rand<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    filled(a, &a.shape(0)?, default_dtype(), UNIT)
}

pub fn randn<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    filled(a, &a.shape(0)?, default_dtype(), STANDARD)
}

pub fn rand_like<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    like(a, UNIT)
}

pub fn randn_like<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    like(a, STANDARD)
}

/// `[low, high)`; the form without `low` starts at zero.
fn bounds(a: &Arguments) -> PyResult<Fill> {
    Ok(match a.form {
        0 => Fill::Integers { from: 0, to: Some(a.int(0)?) },
        _ => Fill::Integers { from: a.int(0)?, to: Some(a.int(1)?) },
    })
}

pub fn randint<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    filled(a, &a.shape(1 + a.form)?, DType::I64, bounds(a)?)
}

pub fn randint_like<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    like(a, bounds(a)?)
}

pub fn randperm<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    drawn(a, &a.shape(0)?, DType::I64, |x, source| {
        let own = if x.is_contiguous() { x.clone() } else { Tensor::empty_on(x.shape(), x.dtype(), x.device(), MemoryFormat::Contiguous)? };
        random::permutation(&own, source)?;
        if own.is(x) { Ok(()) } else { rushlight_core::ops::copy::copy_into(x, &own) }
    })
}

/// Normal numbers of a shape, with numbers for mean and standard deviation.
pub fn normal<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    filled(a, &a.shape(2)?, default_dtype(), Fill::Normal { mean: a.float(0)?, std: a.float(1)? })
}
