//! Hooks on saved tensors, and anomaly mode.

use crate::errors::carry;
use crate::tensor::{tensor_of, wrap};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rushlight_core::Tensor;
use rushlight_core::autograd::saved::{self, SavedHooks};
use rushlight_core::autograd::{self, engine};
use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

/// Hooks on saved tensors written in Python.
struct PySavedHooks {
    pack: Py<PyAny>,
    unpack: Py<PyAny>,
}

/// A packed object.
struct Packed(Py<PyAny>);

impl SavedHooks for PySavedHooks {
    fn pack(&self, tensor: &Tensor) -> rushlight_core::Result<Box<dyn Any + Send + Sync>> {
        let packed = Python::attach(|py| self.pack.bind(py).call1((wrap(py, tensor.clone())?,)).map(Bound::unbind)).map_err(carry)?;
        Ok(Box::new(Packed(packed)))
    }

    fn unpack(&self, packed: &(dyn Any + Send + Sync)) -> rushlight_core::Result<Tensor> {
        let Some(Packed(object)) = packed.downcast_ref::<Packed>() else {
            return Err(rushlight_core::err!(Runtime, "saved tensor was packed by other hooks"));
        };
        Python::attach(|py| {
            let out = self.unpack.bind(py).call1((object,))?;
            tensor_of(&out).ok_or_else(|| PyTypeError::new_err("Output of saved tensor unpack_hook expected to be a Tensor"))
        })
        .map_err(carry)
    }
}

#[pyfunction]
fn _push_saved_tensors_hooks(pack: Py<PyAny>, unpack: Py<PyAny>) {
    saved::push_hooks(Ok(Arc::new(PySavedHooks { pack, unpack })));
}

#[pyfunction]
fn _disable_saved_tensors_hooks(message: String) {
    saved::push_hooks(Err(message));
}

#[pyfunction]
fn _pop_saved_tensors_hooks() {
    saved::pop_hooks();
}

thread_local! {
    static ANOMALY: Cell<(bool, bool)> = const { Cell::new((false, true)) };
}

#[pyfunction]
fn _set_anomaly_enabled(on: bool, check_nan: bool) {
    ANOMALY.set((on, check_nan));
    engine::set_check_nan(on && check_nan);
    let trace: Option<Arc<dyn Fn() -> String + Send + Sync>> = if on { Some(Arc::new(call_site)) } else { None };
    autograd::node::set_trace(trace);
}

/// The Python traceback of the call being recorded.
fn call_site() -> String {
    Python::attach(|py| -> PyResult<String> {
        let lines: Vec<String> = py.import("traceback")?.call_method0("format_stack")?.extract()?;
        Ok(lines.concat())
    })
    .unwrap_or_default()
}

#[pyfunction]
fn _is_anomaly_enabled() -> bool {
    ANOMALY.get().0
}

#[pyfunction]
fn _is_anomaly_check_nan_enabled() -> bool {
    ANOMALY.get().1
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add! {
        _push_saved_tensors_hooks _disable_saved_tensors_hooks _pop_saved_tensors_hooks _set_anomaly_enabled
        _is_anomaly_enabled _is_anomaly_check_nan_enabled
    }
    Ok(())
}
