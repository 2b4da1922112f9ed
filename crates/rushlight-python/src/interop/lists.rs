//! Tensors as nested lists of numbers.

use crate::errors::OrRaise;
use crate::tensor::scalar_object;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use rushlight_core::{Scalar, Tensor, iter};
use rushlight_kernels::elementwise::cast::Cast;
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
    match_dtype!(flat.dtype(), T => nested(py, t.shape(), &mut iter::slice::<T>(&flat).or_raise()?))
}

/// One dimension after another, values taken from the front.
fn nested<'py, T: Cast>(py: Python<'py>, shape: &[usize], values: &mut &[T]) -> PyResult<Bound<'py, PyAny>> {
    let items = match shape {
        [] => Vec::new(),
        &[n] => {
            let (row, rest) = values.split_at(n.min(values.len()));
            *values = rest;
            row.iter().map(|&v| scalar_object(py, Scalar::of(v))).collect::<PyResult<Vec<_>>>()?
        }
        [n, inner @ ..] => (0..*n).map(|_| nested(py, inner, values)).collect::<PyResult<_>>()?,
    };
    Ok(PyList::new(py, items)?.into_any())
}
