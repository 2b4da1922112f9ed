//! The graph in Python: nodes, backward passes, custom functions, saved-tensor hooks, anomaly mode.

use crate::errors::{OrRaise, carry};
use crate::tensor::{PyTensor, size_object, tensor_of, wrap};
use crate::types::{PyDType, PyDevice, device_object, dtype_object};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rushlight_core::autograd::node::{Grads, NodeHook, OutputMeta};
use rushlight_core::autograd::saved::{self, Saved, SavedHooks};
use rushlight_core::autograd::{self, Backward, Edge, Node, engine, inplace};
use rushlight_core::{Dims, Tensor};
use smallvec::SmallVec;
use std::any::Any;
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, Weak};

/// A node made by a row of the operator table, or the accumulator of a leaf.
#[pyclass(name = "Node", module = "rushlight.autograd.graph", subclass, frozen, weakref)]
pub struct PyNode(Arc<Node>);

fn tensor_or_none<'py>(py: Python<'py>, x: Option<Tensor>) -> PyResult<Bound<'py, PyAny>> {
    match x {
        Some(x) => wrap(py, x),
        None => Ok(py.None().into_bound(py)),
    }
}

fn grads_tuple<'py>(py: Python<'py>, grads: &Grads) -> PyResult<Bound<'py, PyTuple>> {
    let items = grads.iter().map(|g| tensor_or_none(py, g.clone())).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, items)
}

fn grads_from(obj: &Bound<'_, PyAny>) -> PyResult<Grads> {
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
struct PyNodeHook(Py<PyAny>);

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
struct NodeHandle(Weak<Node>, u64);

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
    Ok(Bound::new(py, PyNode(node.clone()))?.into_any())
}

fn next_functions<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyTuple>> {
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
struct OutputInfo(OutputMeta);

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

fn metadata(node: &Node) -> Vec<OutputInfo> {
    node.output_metas().iter().map(|m| OutputInfo(m.clone())).collect()
}

#[pymethods]
impl PyNode {
    fn name(&self) -> String {
        match self.0.name() {
            n if n == "AccumulateGrad" => "torch::autograd::AccumulateGrad".into(),
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
            Some(leaf) => wrap(py, leaf.clone()),
            None => Err(PyAttributeError::new_err(format!("'{}' object has no attribute 'variable'", self.0.name()))),
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

#[pyfunction]
fn _grad_fn<'py>(tensor: &Bound<'py, PyTensor>) -> PyResult<Option<Bound<'py, PyAny>>> {
    tensor.get().get_tensor().grad_fn().map(|e| node_object(tensor.py(), &e.node)).transpose()
}

/// The edge of a root or input: a tensor, or a `GradientEdge`.
fn edge_tensor(obj: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    if let Some(t) = tensor_of(obj) {
        return Ok(t);
    }
    // A gradient edge stands for an output of its node: an empty tensor in that place of the graph.
    let node = node_of(&obj.getattr("node")?)?;
    let output: usize = obj.getattr("output_nr")?.extract()?;
    if let Some(leaf) = node.leaf() {
        return Ok(leaf.clone());
    }
    let meta = node.output_metas().get(output).ok_or_else(|| PyIndexError::new_err("GradientEdge: no such output"))?;
    let t = Tensor::empty_on(&meta.shape, meta.dtype, rushlight_core::Device::Meta, rushlight_core::MemoryFormat::Contiguous).or_raise()?;
    t.set_history(Edge { node: node.clone(), output });
    Ok(t)
}

fn node_of(obj: &Bound<'_, PyAny>) -> PyResult<Arc<Node>> {
    if let Ok(n) = obj.cast::<PyNode>() {
        return Ok(n.get().0.clone());
    }
    let base = obj.cast::<FunctionBase>()?;
    base.get().node().ok_or_else(|| PyRuntimeError::new_err("the node of this function is gone"))
}

thread_local! {
    static TASK: Cell<i64> = const { Cell::new(-1) };
    static NEXT_TASK: Cell<i64> = const { Cell::new(0) };
}

/// Runs the backward pass; returns the gradients of `inputs` unless they are accumulated.
#[pyfunction]
fn _backward<'py>(py: Python<'py>, tensors: &Bound<'py, PyAny>, grads: &Bound<'py, PyAny>, retain_graph: bool, create_graph: bool, inputs: &Bound<'py, PyAny>, accumulate: bool, allow_unused: bool) -> PyResult<Bound<'py, PyAny>> {
    let collect = |list: &Bound<'py, PyAny>| list.try_iter()?.map(|t| edge_tensor(&t?)).collect::<PyResult<Vec<_>>>();
    let roots = collect(tensors)?;
    let grads: Vec<Option<Tensor>> = grads.try_iter()?.map(|g| g.map(|g| tensor_of(&g))).collect::<PyResult<_>>()?;
    let targets = collect(inputs)?;
    let wanted = !targets.is_empty();
    let before = TASK.replace(NEXT_TASK.replace(NEXT_TASK.get() + 1));
    let found = py.detach(|| {
        engine::set_interrupt_check(Some(check_signals));
        let inputs = wanted.then_some(targets.as_slice());
        engine::run_backward(&roots, &grads, retain_graph, create_graph, inputs, allow_unused || accumulate)
    });
    TASK.set(before);
    let found = found.or_raise()?;
    if !accumulate {
        let items = found.into_iter().map(|g| tensor_or_none(py, g)).collect::<PyResult<Vec<_>>>()?;
        return Ok(PyTuple::new(py, items)?.into_any());
    }
    for (target, grad) in targets.iter().zip(found) {
        let Some(grad) = grad else { continue };
        let sum = match target.grad() {
            Some(old) => old.add(&grad).or_raise()?,
            None => grad,
        };
        target.set_grad(Some(sum)).or_raise()?;
    }
    Ok(py.None().into_bound(py))
}

/// Lets Ctrl-C stop a long pass: asked between nodes, at most every few milliseconds.
fn check_signals() -> rushlight_core::Result<()> {
    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }
    let calls = CALLS.get().wrapping_add(1);
    CALLS.set(calls);
    if calls % 256 != 0 {
        return Ok(());
    }
    Python::attach(|py| py.check_signals()).map_err(carry)
}

#[pyfunction]
fn _current_graph_task_id() -> i64 {
    TASK.get()
}

/// Whether a running pass will reach a node: passes run every node they can reach.
#[pyfunction]
fn _will_engine_execute_node(node: &Bound<'_, PyAny>) -> PyResult<bool> {
    node_of(node).map(|_| true)
}

/// Whether the graph of the tensors has leaves other than the given inputs.
#[pyfunction]
fn _reaches_other_leaves(tensors: &Bound<'_, PyAny>, inputs: &Bound<'_, PyAny>) -> PyResult<bool> {
    let edges = |list: &Bound<'_, PyAny>| list.try_iter()?.map(|t| Ok(tensor_of(&t?).and_then(|t| t.gradient_edge()))).collect::<PyResult<Vec<_>>>();
    let stop: HashSet<(usize, usize)> = edges(inputs)?.into_iter().flatten().map(|e| (Arc::as_ptr(&e.node) as usize, e.output)).collect();
    let mut stack: Vec<Edge> = edges(tensors)?.into_iter().flatten().collect();
    let mut seen = HashSet::new();
    while let Some(edge) = stack.pop() {
        if stop.contains(&(Arc::as_ptr(&edge.node) as usize, edge.output)) || !seen.insert(Arc::as_ptr(&edge.node) as usize) {
            continue;
        }
        if edge.node.leaf().is_some() {
            return Ok(true);
        }
        stack.extend(edge.node.next().iter().flatten().cloned());
    }
    Ok(false)
}

/// The context of a call of a custom function, which is its node as well.
#[pyclass(name = "_FunctionBase", module = "rushlight._C", subclass, dict, weakref, frozen)]
struct FunctionBase {
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

    fn node(&self) -> Option<Arc<Node>> {
        self.lock().node.as_ref().and_then(Weak::upgrade)
    }
}

/// The core's side of a custom function.
struct PyBackward(Py<PyAny>);

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
                Some(x) => Some(match outs.iter().position(|o| o.is(&x)) {
                    Some(i) if !among(&ins, &x) || among(&dirty, &x) => Saved::output(&x, i),
                    _ => Saved::input(&x),
                }.or_raise()?),
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
            return Err(PyRuntimeError::new_err("Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward."));
        };
        let unpacked: Vec<Option<Tensor>> = saved.iter().map(|s| s.as_ref().map(|s| s.unpack(&node)).transpose()).collect::<rushlight_core::Result<_>>().or_raise()?;
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
    m.add_class::<PyNode>()?;
    m.add_class::<FunctionBase>()?;
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add! {
        _grad_fn _backward _current_graph_task_id _will_engine_execute_node _reaches_other_leaves _push_saved_tensors_hooks
        _disable_saved_tensors_hooks _pop_saved_tensors_hooks _set_anomaly_enabled _is_anomaly_enabled _is_anomaly_check_nan_enabled
    }
    Ok(())
}
