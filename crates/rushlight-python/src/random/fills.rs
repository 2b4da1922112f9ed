//! Methods that fill a tensor in place.

use super::arguments::Arguments;
use crate::dispatch::unlocked;
use crate::errors::OrRaise;
use pyo3::prelude::*;
use rushlight_core::random::{self, Fill};

fn fill<'py>(a: &Arguments<'py>, what: Fill) -> PyResult<Bound<'py, PyAny>> {
    let (x, source) = (a.tensor(0)?, a.source()?);
    unlocked(a.py, x.numel(), move || random::fill_in_place(&x, &what, &source)).or_raise()?;
    a.object()
}

pub fn uniform<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::Uniform { from: a.float(0)?, to: a.float(1)? })
}

pub fn normal<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::Normal { mean: a.float(0)?, std: a.float(1)? })
}

pub fn exponential<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::Exponential { lambda: a.float(0)? })
}

pub fn cauchy<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::Cauchy { median: a.float(0)?, sigma: a.float(1)? })
}

pub fn log_normal<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::LogNormal { mean: a.float(0)?, std: a.float(1)? })
}

pub fn geometric<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(a, Fill::Geometric { p: a.float(0)? })
}

/// Forms: a tensor of probabilities, one probability.
pub fn bernoulli<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    if a.form == 1 {
        return fill(a, Fill::Bernoulli { p: a.float(0)? });
    }
    let (x, p, source) = (a.tensor(0)?, a.tensor(1)?, a.source()?);
    unlocked(a.py, x.numel(), move || random::bernoulli_in_place(&x, &p, &source)).or_raise()?;
    a.object()
}

/// Forms: no bounds, the end, both bounds.
pub fn integers<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    fill(
        a,
        match a.form {
            0 => Fill::Naturals,
            1 => Fill::Integers { from: 0, to: Some(a.int(0)?) },
            _ => Fill::Integers { from: a.int(0)?, to: a.optional_int(1) },
        },
    )
}
