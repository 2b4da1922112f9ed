//! Nodes as Python objects.

use super::function::PyBackward;
use crate::errors::{OrRaise, carry};
use crate::tensor::{scalar_object, size_object, tensor_of, wrap};
use crate::types::{PyDType, PyDevice, device_object, dtype_object};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyTuple, PyType};
use rushlight_core::Tensor;
use rushlight_core::autograd::Node;
use rushlight_core::autograd::node::{Grads, NodeHook, OutputMeta};
use rushlight_core::ops::Arg;
use rushlight_core::ops::backward::Remembered;
use std::sync::{Arc, Weak};

/// A node made by a row of the operator table, or the accumulator of a leaf.
#[pyclass(name = "Node", module = "rushlight.autograd.graph", subclass, frozen, weakref)]
pub struct PyNode(pub Arc<Node>);

pub fn tensor_or_none<'py>(py: Python<'py>, x: Option<Tensor>) -> PyResult<Bound<'py, PyAny>> {
    match x {
        Some(x) => wrap(py, x),
        None => Ok(py.None().into_bound(py)),
    }
}

pub fn grads_tuple<'py>(py: Python<'py>, grads: &Grads) -> PyResult<Bound<'py, PyTuple>> {
    let items = grads.iter().map(|g| tensor_or_none(py, g.clone())).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, items)
}

pub fn grads_from(obj: &Bound<'_, PyAny>) -> PyResult<Grads> {
    let one = |g: &Bound<'_, PyAny>| match tensor_of(g) {
        Some(t) => Ok(Some(t)),
        None if g.is_none() => Ok(None),
        None => Err(PyTypeError::new_err(format!("expected Variable or None (got {})", g.get_type().name()?))),
    };
    match obj.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|g| one(&g)).collect(),
        Err(_) => Ok(std::iter::once(one(obj)?).collect()),
    }
}

/// A hook on a node.
pub struct PyNodeHook(pub Py<PyAny>);

impl NodeHook for PyNodeHook {
    fn call(&self, given: Option<&Grads>, received: &Grads) -> rushlight_core::Result<Option<Grads>> {
        Python::attach(|py| {
            let received = grads_tuple(py, received)?;
            let out = match given {
                Some(given) => self.0.bind(py).call1((grads_tuple(py, given)?, received))?,
                None => self.0.bind(py).call1((received,))?,
            };
            if out.is_none() { Ok(None) } else { grads_from(&out).map(Some) }
        })
        .map_err(carry)
    }
}

/// Takes a hook off a node.
#[pyclass(module = "rushlight._C", frozen)]
pub struct NodeHandle(pub Weak<Node>, pub u64);

#[pymethods]
impl NodeHandle {
    fn remove(&self) {
        if let Some(node) = self.0.upgrade() {
            node.remove_hook(self.1);
        }
    }
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    #[pyo3(signature = (*_exc))]
    fn __exit__(&self, _exc: &Bound<'_, PyTuple>) {
        self.remove();
    }
}

/// The Python object of a node: the custom function's own, or a wrapper.
pub fn node_object<'py>(py: Python<'py>, node: &Arc<Node>) -> PyResult<Bound<'py, PyAny>> {
    if let Some(custom) = node.backward_object().and_then(|b| b.as_any()).and_then(|a| a.downcast_ref::<PyBackward>()) {
        return Ok(custom.0.bind(py).clone());
    }
    let object = Bound::new(py, PyNode(node.clone()))?.into_any();
    object.setattr("__class__", class_of(py, &node.name())?)?;
    Ok(object)
}

/// The class of the nodes of a name, as in PyTorch: programs print `type(node).__name__`.
fn class_of<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let classes = CLASSES.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if let Some(class) = classes.get_item(name)? {
        return Ok(class);
    }
    let base = py.get_type::<PyNode>();
    let members = [("__module__", "builtins".into_pyobject(py)?.into_any()), ("__slots__", PyTuple::empty(py).into_any())].into_py_dict(py)?;
    let class = py.get_type::<PyType>().call1((name, (base,), members))?;
    classes.set_item(name, &class)?;
    Ok(class)
}

/// An argument of a recorded call.
fn argument<'py>(py: Python<'py>, arg: &Arg) -> PyResult<Bound<'py, PyAny>> {
    match arg {
        Arg::Scalar(s) => scalar_object(py, *s),
        Arg::Ints(v) => Ok(PyTuple::new(py, v.iter())?.into_any()),
        Arg::Floats(v) => Ok(PyTuple::new(py, v)?.into_any()),
        Arg::DType(d) => Ok(dtype_object(py, *d).into_bound(py).into_any()),
        Arg::Str(s) => Ok(s.into_pyobject(py)?.into_any()),
        Arg::Device(d) => Ok(device_object(py, *d)?.into_bound(py).into_any()),
        Arg::None | Arg::Format(_) => Ok(py.None().into_bound(py)),
    }
}

pub fn next_functions<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyTuple>> {
    let items = node
        .next()
        .iter()
        .map(|edge| match edge {
            Some(e) => Ok((node_object(py, &e.node)?, e.output).into_pyobject(py)?.into_any()),
            None => Ok((py.None(), 0).into_pyobject(py)?.into_any()),
        })
        .collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, items)
}

/// Shape, dtype and device of a node's output.
#[pyclass(module = "rushlight._C", frozen)]
pub struct OutputInfo(OutputMeta);

#[pymethods]
impl OutputInfo {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        size_object(py, &self.0.shape)
    }
    #[getter]
    fn dtype(&self, py: Python<'_>) -> Py<PyDType> {
        dtype_object(py, self.0.dtype)
    }
    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<Py<PyDevice>> {
        device_object(py, rushlight_core::Device::Cpu)
    }
}

pub fn metadata(node: &Node) -> Vec<OutputInfo> {
    node.output_metas().iter().map(|m| OutputInfo(m.clone())).collect()
}

#[pymethods]
impl PyNode {
    fn name(&self) -> String {
        match self.0.name() {
            n if ["AccumulateGrad", "CopyBackwards", "CopySlices"].contains(&n.as_str()) => format!("torch::autograd::{n}"),
            n => n,
        }
    }
    #[getter]
    fn next_functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        next_functions(py, &self.0)
    }
    #[getter]
    fn variable<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.leaf() {
            Some(leaf) => wrap(py, leaf),
            None => Err(PyAttributeError::new_err(format!("'{}' object has no attribute 'variable'", self.0.name()))),
        }
    }
    /// `_saved_self`, `_saved_result`, `_saved_dim`: what the derivative keeps, under the names of the operator's parameters.
    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let kept = match name.strip_prefix("_saved_") {
            Some(parameter) => self.0.remembered(parameter).or_raise()?,
            None => None,
        };
        match kept {
            Some(Remembered::Tensor(x)) => tensor_or_none(py, x),
            Some(Remembered::Argument(arg)) => argument(py, &arg),
            None => Err(PyAttributeError::new_err(format!("'{}' object has no attribute '{name}'", self.0.name()))),
        }
    }
    #[getter]
    fn _input_metadata(&self) -> Vec<OutputInfo> {
        metadata(&self.0)
    }
    fn register_hook(&self, hook: Py<PyAny>) -> NodeHandle {
        let id = self.0.add_hook_after(Arc::new(PyNodeHook(hook)));
        NodeHandle(Arc::downgrade(&self.0), id)
    }
    fn register_prehook(&self, hook: Py<PyAny>) -> NodeHandle {
        let id = self.0.add_hook_before(Arc::new(PyNodeHook(hook)));
        NodeHandle(Arc::downgrade(&self.0), id)
    }
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyNode>().is_ok_and(|o| Arc::ptr_eq(&o.get().0, &self.0))
    }
    fn __hash__(&self) -> usize {
        Arc::as_ptr(&self.0) as usize >> 4
    }
    fn __repr__(&self) -> String {
        format!("<{} object at {:#x}>", self.0.name(), Arc::as_ptr(&self.0) as usize)
    }
}
