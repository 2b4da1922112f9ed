//! A tensor in the graph: leaf or result, its gradient, hooks.

use super::{PyTensor, tensor_of, wrap};
use crate::errors::{OrRaise, carry};
use crate::override_;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use rushlight_core::Tensor;
use std::sync::{Arc, Weak};

/// A hook written in Python.
struct PyHook(Py<PyAny>);

impl rushlight_core::autograd::Hook for PyHook {
    fn call(&self, grad: &Tensor) -> rushlight_core::Result<Option<Tensor>> {
        Python::attach(|py| {
            let out = self.0.bind(py).call1((wrap(py, grad.clone())?,))?;
            if out.is_none() {
                return Ok(None);
            }
            let refuse = || PyTypeError::new_err(format!("hooks must return None or a Tensor, not {}", out.get_type()));
            let replaced = tensor_of(&out).ok_or_else(refuse)?;
            check_replacement(self.0.bind(py), grad, &replaced)?;
            Ok(Some(replaced))
        })
        .map_err(carry)
    }
}

/// A hook replaces a gradient by one of the same kind.
fn check_replacement(hook: &Bound<'_, PyAny>, grad: &Tensor, replaced: &Tensor) -> PyResult<()> {
    let changed = match () {
        _ if replaced.dtype() != grad.dtype() || replaced.device() != grad.device() => "type",
        _ if replaced.shape() != grad.shape() => "size",
        _ => return Ok(()),
    };
    let name = hook.getattr("__name__").map_or_else(|_| "<unknown>".into(), |n| n.to_string());
    Err(PyRuntimeError::new_err(format!("hook '{name}' has changed the {changed} of value")))
}

impl rushlight_core::autograd::LeafHook for PyHook {
    fn call(&self, leaf: &Tensor) -> rushlight_core::Result<()> {
        Python::attach(|py| self.0.bind(py).call1((wrap(py, leaf.clone())?,)).map(drop)).map_err(carry)
    }
}

#[pymethods]
impl PyTensor {
    #[getter]
    fn requires_grad(&self) -> bool {
        self.get_tensor().requires_grad()
    }

    #[setter]
    fn set_requires_grad(&self, on: bool) -> PyResult<()> {
        self.get_tensor().set_requires_grad(on).or_raise()
    }

    #[pyo3(signature = (requires_grad=true))]
    fn requires_grad_<'py>(slf: &Bound<'py, Self>, requires_grad: bool) -> PyResult<Bound<'py, Self>> {
        slf.get().get_tensor().set_requires_grad(requires_grad).or_raise()?;
        Ok(slf.clone())
    }

    #[getter]
    fn is_leaf(&self) -> bool {
        self.get_tensor().is_leaf()
    }

    #[getter]
    fn output_nr(&self) -> usize {
        self.get_tensor().grad_fn().map_or(0, |e| e.output)
    }

    #[getter]
    fn _version(&self) -> u64 {
        self.get_tensor().version()
    }

    #[getter]
    fn _base<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get_tensor().base().map(|b| wrap(py, b.clone())).transpose()
    }

    fn _is_view(&self) -> bool {
        self.get_tensor().base().is_some()
    }

    #[getter]
    fn grad<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(grad) = self.get_tensor().grad() else { return Ok(None) };
        let object = wrap(py, grad)?;
        object.cast::<PyTensor>()?.get().gradient_of.get_or_init(|| Arc::downgrade(self.get_tensor().autograd()));
        Ok(Some(object))
    }

    #[setter]
    fn set_grad(&self, grad: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let grad = match grad {
            None => None,
            Some(g) => Some(tensor_of(g).ok_or_else(|| {
                PyTypeError::new_err(format!(
                    "assigned grad expected to be a Tensor or None but got grad of type {}",
                    g.get_type().name().map(|n| n.to_string()).unwrap_or_default()
                ))
            })?),
        };
        if grad.as_ref().is_some_and(|g| g.is(self.get_tensor())) {
            return Err(PyRuntimeError::new_err("can't assign Variable as its own grad"));
        }
        self.get_tensor().set_grad(grad).or_raise()
    }

    #[deleter]
    fn delete_grad(&self) -> PyResult<()> {
        self.get_tensor().set_grad(None).or_raise()
    }

    #[getter]
    fn data<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_property(slf.as_any(), "data")? {
            return Ok(out);
        }
        wrap(slf.py(), slf.get().get_tensor().untracked())
    }

    #[setter]
    fn set_data(&self, value: &Bound<'_, PyTensor>) -> PyResult<()> {
        let (old, new) = (self.get_tensor().clone(), value.get().get_tensor().clone());
        if old.requires_grad() && !new.dtype().is_differentiable() {
            return Err(PyRuntimeError::new_err("data set to a tensor that requires gradients must be floating point or complex dtype"));
        }
        self.replace(old.with_data(&new));
        if let Some(holder) = self.gradient_of.get().and_then(Weak::upgrade) {
            holder.exchange_grad(&old, self.get_tensor());
        }
        Ok(())
    }

    fn _swap(&self, other: &Bound<'_, PyTensor>) -> PyResult<()> {
        if self.overrides != other.get().overrides {
            return Err(PyTypeError::new_err("swap_tensors: one of the classes defines __torch_function__ and the other does not"));
        }
        self.exchange(other.get());
        Ok(())
    }

    fn detach<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "detach", &[])? {
            return Ok(out);
        }
        wrap(slf.py(), slf.get().get_tensor().detach().or_raise()?)
    }

    fn detach_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        slf.get().get_tensor().detach_in_place().or_raise()?;
        Ok(slf.clone())
    }

    fn retain_grad(&self) -> PyResult<()> {
        self.get_tensor().retain_grad().or_raise()
    }

    #[getter]
    fn retains_grad(&self) -> bool {
        self.get_tensor().retains_grad()
    }

    fn _register_hook(&self, hook: Py<PyAny>) -> PyResult<u64> {
        self.get_tensor().register_hook(Arc::new(PyHook(hook))).or_raise()
    }

    fn _register_leaf_hook(&self, hook: Py<PyAny>) -> PyResult<u64> {
        self.get_tensor().register_leaf_hook(Arc::new(PyHook(hook))).or_raise()
    }

    fn _remove_hook(&self, id: u64) {
        self.get_tensor().remove_hook(id);
    }
}
