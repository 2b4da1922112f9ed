//! A stand-in for random factories: while one is set on a thread, it is called instead of them.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::RefCell;

thread_local! {
    static HOOK: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// Sets the function called as `hook(factory, args, kwargs)`, or none; returns the one before.
#[pyfunction]
fn _set_random_hook(hook: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
    HOOK.replace(hook)
}

/// Calls the hook, if one is set; factories that it calls are carried out.
pub fn intercept<'py>(
    func: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(hook) = HOOK.take() else { return Ok(None) };
    let out = func().and_then(|f| hook.bind(args.py()).call1((f, args, kwargs)));
    HOOK.set(Some(hook));
    out.map(Some)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(_set_random_hook, m)?)
}
