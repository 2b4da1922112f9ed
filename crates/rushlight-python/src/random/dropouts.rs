//! The functions of the dropout family.

use super::arguments::Arguments;
use crate::dispatch::unlocked;
use crate::errors::OrRaise;
use crate::tensor::wrap;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_core::random::{self, Dropout};

fn drop<'py>(a: &Arguments<'py>, features: bool, alpha: bool, in_place: bool) -> PyResult<Bound<'py, PyAny>> {
    let (x, p, train, source) = (a.tensor(0)?, a.float(0)?, a.flag(1).unwrap_or(true), a.source()?);
    let form = Dropout { features, alpha, in_place };
    let result = unlocked(a.py, x.numel(), || random::dropout(&x, p, train, form, &source)).or_raise()?;
    if result.is(&x) { a.object() } else { wrap(a.py, result) }
}

macro_rules! forms {
    ($($name:ident = $features:literal, $alpha:literal, $in_place:literal;)*) => { $(
        pub fn $name<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
            drop(a, $features, $alpha, $in_place)
        }
    )* };
}

forms! {
    dropout = false, false, false;
    dropout_ = false, false, true;
    feature_dropout = true, false, false;
    feature_dropout_ = true, false, true;
    alpha_dropout = false, true, false;
    alpha_dropout_ = false, true, true;
    feature_alpha_dropout = true, true, false;
    feature_alpha_dropout_ = true, true, true;
}

pub fn native_dropout<'py>(a: &Arguments<'py>) -> PyResult<Bound<'py, PyAny>> {
    let (x, p, train, source) = (a.tensor(0)?, a.float(0)?, a.flag(1).unwrap_or(true), a.source()?);
    let (result, mask) = unlocked(a.py, x.numel(), || random::native_dropout(&x, p, train, &source)).or_raise()?;
    let result = if result.is(&x) { a.object()? } else { wrap(a.py, result)? };
    Ok(PyTuple::new(a.py, [result, wrap(a.py, mask)?])?.into_any())
}
