//! Backward passes.

use super::function::FunctionBase;
use super::node::{PyNode, node_object, tensor_or_none};
use crate::errors::{OrRaise, carry};
use crate::tensor::{PyTensor, tensor_of};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_core::Tensor;
use rushlight_core::autograd::{Edge, Node, engine};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

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
        return Ok(leaf);
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
fn _backward<'py>(
    py: Python<'py>,
    tensors: &Bound<'py, PyAny>,
    grads: &Bound<'py, PyAny>,
    retain_graph: bool,
    create_graph: bool,
    inputs: &Bound<'py, PyAny>,
    accumulate: bool,
    allow_unused: bool,
) -> PyResult<Bound<'py, PyAny>> {
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
    if !calls.is_multiple_of(256) {
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
        if edge.node.is_accumulator() {
            return Ok(true);
        }
        stack.extend(edge.node.next().iter().flatten().cloned());
    }
    Ok(false)
}

/// Names the node that made a tensor after the operation it ends; returns the tensor.
#[pyfunction]
fn _label<'py>(tensor: Bound<'py, PyTensor>, name: &str) -> Bound<'py, PyTensor> {
    if let Some(edge) = tensor.get().get_tensor().grad_fn() {
        edge.node.set_label(name);
    }
    tensor
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add!(_grad_fn _backward _current_graph_task_id _will_engine_execute_node _reaches_other_leaves _label);
    Ok(())
}
