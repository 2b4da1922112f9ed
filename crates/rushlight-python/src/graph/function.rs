//! Custom functions: the object that is both the context of a call and its node.

use super::node::{NodeHandle, OutputInfo, PyNodeHook, grads_from, grads_tuple, metadata, next_functions, tensor_or_none};
use crate::errors::{OrRaise, carry};
use crate::tensor::{tensor_of, wrap};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rushlight_core::autograd::node::{Grads, OutputMeta};
use rushlight_core::autograd::saved::Saved;
use rushlight_core::autograd::{self, Backward, Edge, Node, inplace};
use rushlight_core::{Dims, Tensor};
use smallvec::SmallVec;
use std::any::Any;
use std::sync::{Arc, Mutex, Weak};

/// The context of a call of a custom function, which is its node as well.
#[pyclass(name = "_FunctionBase", module = "rushlight._C", subclass, dict, weakref, frozen)]
pub struct FunctionBase {
    state: Mutex<FunctionState>,
}

#[derive(Default)]
struct FunctionState {
    node: Option<Weak<Node>>,
    saved: Option<Vec<Option<Saved>>>,
    released: bool,
}

impl FunctionBase {
    fn lock(&self) -> std::sync::MutexGuard<'_, FunctionState> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn node(&self) -> Option<Arc<Node>> {
        self.lock().node.as_ref().and_then(Weak::upgrade)
    }
}

/// The core's side of a custom function.
pub struct PyBackward(pub Py<PyAny>);

impl Backward for PyBackward {
    fn apply(&self, node: &Arc<Node>, mut grads: Grads) -> rushlight_core::Result<Grads> {
        Python::attach(|py| {
            let ctx = self.0.bind(py);
            if ctx.getattr("materialize_grads")?.is_truthy()? {
                for (slot, meta) in grads.iter_mut().zip(node.output_metas()) {
                    if slot.is_none() {
                        *slot = Some(Tensor::zeros(&meta.shape, meta.dtype, rushlight_core::Device::Cpu).or_raise()?);
                    }
                }
            }
            grads_from(&ctx.call_method1("_backward", grads_tuple(py, &grads)?)?)
        })
        .map_err(carry)
    }

    fn release(&self) {
        Python::attach(|py| {
            if let Ok(base) = self.0.bind(py).cast::<FunctionBase>() {
                let mut state = base.get().lock();
                let old = (state.saved.take(), std::mem::replace(&mut state.released, true));
                drop(state);
                drop(old);
            }
        });
    }

    fn as_any(&self) -> Option<&(dyn Any + Send + Sync)> {
        Some(self)
    }
}

#[pymethods]
impl FunctionBase {
    #[new]
    fn new() -> FunctionBase {
        FunctionBase { state: Mutex::default() }
    }

    /// Attaches this node to the outputs of the call and returns them as the caller sees them.
    fn _record<'py>(slf: &Bound<'py, Self>, inputs: &Bound<'py, PyTuple>, outputs: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let tensors = |list: &Bound<'py, PyAny>| list.try_iter()?.map(|t| Ok(tensor_of(&t?))).collect::<PyResult<Vec<Option<Tensor>>>>();
        let ins: Vec<Tensor> = tensors(inputs.as_any())?.into_iter().flatten().collect();
        let outs: Vec<Tensor> = tensors(outputs.as_any())?.into_iter().flatten().collect();
        let dirty: Vec<Tensor> = tensors(&slf.getattr("dirty_tensors")?)?.into_iter().flatten().collect();
        let constant: Vec<Tensor> = tensors(&slf.getattr("non_differentiable")?)?.into_iter().flatten().collect();
        let among = |list: &[Tensor], x: &Tensor| list.iter().any(|t| t.is(x));
        if !(autograd::grad_enabled() && ins.iter().any(Tensor::requires_grad)) {
            return Ok(outputs.clone());
        }
        for x in &dirty {
            inplace::check(x, true).or_raise()?;
        }
        // An output that is an input becomes a view of it, unless it was changed in place.
        let results: Vec<Tensor> = outs.iter().map(|x| if among(&ins, x) && !among(&dirty, x) { x.alias(x.layout().clone()) } else { x.clone() }).collect();
        let metas: SmallVec<[OutputMeta; 1]> = results.iter().map(|x| OutputMeta { shape: Dims::from_slice(x.shape()), dtype: x.dtype() }).collect();
        let edges: Vec<Option<&Tensor>> = ins.iter().map(Some).collect();
        let name: &'static str = Box::leak(slf.get_type().name()?.to_string().into_boxed_str());
        let node = Node::custom(name, &edges, metas, Box::new(PyBackward(slf.clone().into_any().unbind())));
        let mut saved_list = Vec::new();
        for x in tensors(&slf.getattr("to_save")?)? {
            saved_list.push(match x {
                None => None,
                Some(x) => Some(
                    match outs.iter().position(|o| o.is(&x)) {
                        Some(i) if !among(&ins, &x) || among(&dirty, &x) => Saved::output(&x, i),
                        _ => Saved::input(&x),
                    }
                    .or_raise()?,
                ),
            });
        }
        {
            let mut state = slf.get().lock();
            state.node = Some(Arc::downgrade(&node));
            state.saved = Some(saved_list);
        }
        slf.setattr("to_save", PyTuple::empty(py))?;
        let mut objects = Vec::new();
        for (i, (x, original)) in results.iter().zip(outputs.iter()).enumerate() {
            if !among(&constant, &outs[i]) && x.dtype().is_differentiable() {
                let edge = Edge { node: node.clone(), output: i };
                if among(&dirty, x) { inplace::rebase_output(x, edge).or_raise()? } else { x.set_history(edge) }
            }
            objects.push(if x.is(&outs[i]) { original } else { wrap(py, x.clone())? });
        }
        PyTuple::new(py, objects)
    }

    #[getter]
    fn saved_tensors<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let node = slf.get().node();
        let Some(node) = node else {
            return slf.getattr("to_save")?.cast_into::<PyTuple>().map_err(Into::into);
        };
        let state = slf.get().lock();
        let Some(saved) = &state.saved else {
            return Err(PyRuntimeError::new_err(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.",
            ));
        };
        let unpacked: Vec<Option<Tensor>> =
            saved.iter().map(|s| s.as_ref().map(|s| s.unpack(&node)).transpose()).collect::<rushlight_core::Result<_>>().or_raise()?;
        drop(state);
        let items = unpacked.into_iter().map(|x| tensor_or_none(py, x)).collect::<PyResult<Vec<_>>>()?;
        PyTuple::new(py, items)
    }

    fn name(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(slf.get_type().name()?.to_string())
    }

    #[getter]
    fn next_functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self.node() {
            Some(node) => next_functions(py, &node),
            None => Ok(PyTuple::empty(py)),
        }
    }

    #[getter]
    fn _input_metadata(&self) -> Vec<OutputInfo> {
        self.node().map(|n| metadata(&n)).unwrap_or_default()
    }

    #[getter]
    fn metadata<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let own = slf.getattr("__dict__")?;
        if !own.contains("_metadata")? {
            own.set_item("_metadata", PyDict::new(slf.py()))?;
        }
        own.get_item("_metadata")
    }

    fn register_hook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> PyResult<NodeHandle> {
        let node = slf.get().node().ok_or_else(|| PyRuntimeError::new_err("the node is gone"))?;
        let id = node.add_hook_after(Arc::new(PyNodeHook(hook)));
        Ok(NodeHandle(Arc::downgrade(&node), id))
    }

    fn register_prehook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> PyResult<NodeHandle> {
        let node = slf.get().node().ok_or_else(|| PyRuntimeError::new_err("the node is gone"))?;
        let id = node.add_hook_before(Arc::new(PyNodeHook(hook)));
        Ok(NodeHandle(Arc::downgrade(&node), id))
    }
}
