//! Tensors as nested lists of numbers.

use crate::errors::OrRaise;
use crate::tensor::scalar_object;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use rushlight_core::{Scalar, Tensor, iter};
use rushlight_kernels::match_dtype;

/// Nested lists of numbers; a number for a tensor without dimensions.
pub fn to_list<'py>(py: Python<'py>, t: &Tensor) -> PyResult<Bound<'py, PyAny>> {
    if t.is_meta() {
        return Err(PyNotImplementedError::new_err("Cannot copy out of meta tensor; no data!"));
    }
    if t.ndim() == 0 {
        return scalar_object(py, t.item().or_raise()?);
    }
    let flat = t.detach().or_raise()?.contiguous().or_raise()?;
    match_dtype!(flat.dtype(), T => {
        let values = iter::slice::<T>(&flat).or_raise()?;
        nested(py, t.shape(), &mut values.iter().map(|&v| Scalar::of(v)))
    })
}

/// One dimension after another, values taken in order.
fn nested<'py>(py: Python<'py>, shape: &[usize], values: &mut dyn Iterator<Item = Scalar>) -> PyResult<Bound<'py, PyAny>> {
    let Some((&n, rest)) = shape.split_first() else {
        return scalar_object(py, values.next().unwrap_or(Scalar::Int(0)));
    };
    let out = PyList::empty(py);
    for _ in 0..n {
        out.append(nested(py, rest, values)?)?;
    }
    Ok(out.into_any())
}
