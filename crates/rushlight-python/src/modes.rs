//! Modes and services: recording, threads, memory, default dtype.

use crate::errors::OrRaise;
use crate::types::{PyDType, dtype_object, extract_dtype};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rushlight_core::{autograd, promotion, storage, tensor};
use rushlight_kernels::{pool, simd};

#[pyfunction]
fn is_grad_enabled() -> bool {
    autograd::grad_enabled()
}

#[pyfunction]
fn _set_grad_enabled(on: bool) {
    autograd::set_grad_enabled(on);
}

#[pyfunction]
fn is_inference_mode_enabled() -> bool {
    autograd::inference_mode()
}

#[pyfunction]
fn _set_inference_mode(on: bool) {
    autograd::set_inference_mode(on);
}

#[pyfunction]
fn get_default_dtype(py: Python<'_>) -> Py<PyDType> {
    dtype_object(py, tensor::default_dtype())
}

#[pyfunction]
fn set_default_dtype(d: &Bound<'_, PyAny>) -> PyResult<()> {
    let dtype = extract_dtype(d).ok_or_else(|| PyTypeError::new_err("invalid dtype object: only floating-point types are supported as the default type"))?;
    tensor::set_default_dtype(dtype).or_raise()
}

#[pyfunction]
fn promote_types(py: Python<'_>, type1: &Bound<'_, PyDType>, type2: &Bound<'_, PyDType>) -> Py<PyDType> {
    dtype_object(py, promotion::promote(type1.get().0, type2.get().0))
}

#[pyfunction]
fn can_cast(from_: &Bound<'_, PyDType>, to: &Bound<'_, PyDType>) -> bool {
    promotion::can_cast(from_.get().0, to.get().0)
}

#[pyfunction]
fn result_type(py: Python<'_>, tensor1: &Bound<'_, PyAny>, tensor2: &Bound<'_, PyAny>) -> PyResult<Py<PyDType>> {
    let get = |obj: &Bound<'_, PyAny>| match crate::tensor::tensor_of(obj) {
        Some(t) => Ok(t),
        None => crate::args::number(obj)?
            .map(crate::args::wrapped)
            .transpose()?
            .ok_or_else(|| PyTypeError::new_err("result_type(): arguments must be Tensors or Numbers")),
    };
    let (a, b) = (get(tensor1)?, get(tensor2)?);
    Ok(dtype_object(py, promotion::result_type([&a, &b])))
}

#[pyfunction]
fn get_num_threads() -> usize {
    pool::num_threads()
}

#[pyfunction]
fn set_num_threads(n: i64) -> PyResult<()> {
    if n < 1 {
        return Err(pyo3::exceptions::PyRuntimeError::new_err("set_num_threads expects a positive integer"));
    }
    pool::set_num_threads(n as usize);
    Ok(())
}

#[pyfunction]
fn set_flush_denormal(mode: bool) -> bool {
    pool::set_flush_denormals(mode);
    true
}

#[pyfunction]
fn simd_level() -> String {
    format!("{:?}", simd::level()).to_lowercase()
}

/// Bytes held by tensors now and at most, bytes kept for reuse, number of allocations and of reuses.
#[pyfunction]
fn memory_stats(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let s = storage::memory_stats();
    let out = PyDict::new(py);
    out.set_item("allocated", s.allocated)?;
    out.set_item("peak", s.peak)?;
    out.set_item("cached", s.cached)?;
    out.set_item("allocations", s.allocations)?;
    out.set_item("cache_hits", s.cache_hits)?;
    Ok(out)
}

#[pyfunction]
fn reset_peak_memory_stats() {
    storage::reset_peak();
}

#[pyfunction]
fn empty_cache() {
    storage::empty_cache();
}

#[pyfunction]
fn _increment_version(tensor: &Bound<'_, crate::tensor::PyTensor>) {
    tensor.get().get_tensor().bump_version();
}

/// Turns autocast on with a low-precision dtype, or off with None; returns the old dtype or None.
#[pyfunction]
fn _set_autocast<'py>(py: Python<'py>, low: Option<&Bound<'py, PyDType>>) -> Option<Py<PyDType>> {
    rushlight_core::autocast::set(low.map(|d| d.get().0)).map(|d| dtype_object(py, d))
}

/// The dtype autocast computes in now, or None.
#[pyfunction]
fn _get_autocast(py: Python<'_>) -> Option<Py<PyDType>> {
    rushlight_core::autocast::dtype().map(|d| dtype_object(py, d))
}

#[pyfunction]
fn _profiler_start() {
    rushlight_core::profile::start();
}

/// The recorded calls: (name, start ns, end ns, shapes, bytes).
#[pyfunction]
fn _profiler_stop() -> Vec<(String, u64, u64, Vec<Vec<usize>>, i64)> {
    rushlight_core::profile::stop().into_iter().map(|e| (e.name, e.start, e.end, e.shapes, e.memory)).collect()
}

/// A range of the program in the recording.
#[pyclass(name = "_ProfilerSpan", module = "rushlight._C")]
struct ProfilerSpan(Option<rushlight_core::profile::Span>);

#[pymethods]
impl ProfilerSpan {
    #[new]
    fn new(name: &str) -> ProfilerSpan {
        ProfilerSpan(rushlight_core::profile::active().then(|| rushlight_core::profile::span(name, Vec::new)))
    }
    fn end(&mut self) {
        if let Some(span) = self.0.take() {
            span.end();
        }
    }
}

/// The names of the rows of the operator table.
#[pyfunction]
fn _row_names() -> Vec<&'static str> {
    crate::dispatch::names()
}

/// The rows that are functions of the package.
#[pyfunction]
fn _function_names() -> Vec<&'static str> {
    crate::dispatch::functions()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add! {
        is_grad_enabled _set_grad_enabled is_inference_mode_enabled _set_inference_mode get_default_dtype set_default_dtype
        promote_types can_cast result_type get_num_threads set_num_threads set_flush_denormal simd_level memory_stats
        reset_peak_memory_stats empty_cache _increment_version _row_names _function_names _set_autocast _get_autocast _profiler_start _profiler_stop
    }
    m.add_class::<ProfilerSpan>()?;
    Ok(())
}
