//! The graph: nodes that turn gradients of outputs into gradients of inputs, and the edges between them.

use super::{Autograd, Hook};
use crate::layout::Dims;
use crate::ops::backward::{Remembered, RowBackward};
use crate::storage::shared;
use crate::tensor::Tensor;
use crate::{DType, Result};
use smallvec::SmallVec;
use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

/// A list of gradients; `None` stands for zero.
pub type Grads = SmallVec<[Option<Tensor>; 3]>;

/// An output of a node.
#[derive(Clone)]
pub struct Edge {
    /// The node.
    pub node: Arc<Node>,
    /// Which of its outputs.
    pub output: usize,
}

/// The derivative of one operation, supplied by a custom function.
pub trait Backward: Send + Sync {
    /// Gradients of the inputs from those of the outputs.
    fn apply(&self, node: &Arc<Node>, grads: Grads) -> Result<Grads>;
    /// Drops what was saved.
    fn release(&self) {}
    /// The operation's object in the binding.
    fn as_any(&self) -> Option<&(dyn std::any::Any + Send + Sync)> {
        None
    }
}

/// What a node does.
pub(crate) enum Action {
    /// The VJP of a row of the operator table.
    Row(RowBackward),
    /// Adds to the gradient of a leaf, if that still lives.
    Accumulate(Weak<Autograd>),
    /// Anything else.
    Custom(Box<dyn Backward>),
}

/// Shape and type of an output, to check and to fill in gradients.
#[derive(Clone, Debug)]
pub struct OutputMeta {
    /// Sizes.
    pub shape: Dims,
    /// Element type.
    pub dtype: DType,
}

/// Called before or after a node runs.
pub trait NodeHook: Send + Sync {
    /// `inputs` are the gradients a node gave (for hooks after it), `outputs` those it received.
    fn call(&self, given: Option<&Grads>, received: &Grads) -> Result<Option<Grads>>;
}

#[derive(Default)]
pub(crate) struct Hooks {
    pub tensor: Vec<(usize, u64, Arc<dyn Hook>)>,
    pub retain: Vec<(usize, Weak<Autograd>)>,
    pub before: Vec<(u64, Arc<dyn NodeHook>)>,
    pub after: Vec<(u64, Arc<dyn NodeHook>)>,
}

/// One recorded operation.
pub struct Node {
    /// Order of creation on its thread: later nodes run first.
    pub(crate) sequence: u64,
    pub(crate) name: &'static str,
    label: OnceLock<Box<str>>,
    /// Where the gradient of each input goes.
    pub(crate) edges: SmallVec<[Option<Edge>; 2]>,
    pub(crate) outputs: SmallVec<[OutputMeta; 1]>,
    pub(crate) action: Action,
    hooks: Mutex<Option<Box<Hooks>>>,
    /// A note for anomaly mode: where the operation was called.
    pub(crate) origin: Option<Box<str>>,
}

thread_local! {
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
    static TRACE: std::cell::RefCell<Option<Arc<dyn Fn() -> String + Send + Sync>>> = const { std::cell::RefCell::new(None) };
}

/// Sets (or clears) the function that describes the call site of recorded operations: anomaly mode.
pub fn set_trace(trace: Option<Arc<dyn Fn() -> String + Send + Sync>>) {
    TRACE.with(|t| *t.borrow_mut() = trace);
}

impl Node {
    pub(crate) fn new(name: &'static str, edges: SmallVec<[Option<Edge>; 2]>, outputs: SmallVec<[OutputMeta; 1]>, action: Action) -> Arc<Node> {
        let origin = TRACE.with(|t| t.borrow().as_ref().map(|f| f().into_boxed_str()));
        let sequence = SEQUENCE.replace(SEQUENCE.get() + 1);
        shared(|| Node { sequence, name, label: OnceLock::new(), edges, outputs, action, hooks: Mutex::new(None), origin })
    }

    /// A node with a derivative of the caller's own.
    pub fn custom(name: &'static str, inputs: &[Option<&Tensor>], outputs: SmallVec<[OutputMeta; 1]>, backward: Box<dyn Backward>) -> Arc<Node> {
        let edges = inputs.iter().map(|x| x.and_then(|x| x.gradient_edge())).collect();
        Node::new(name, edges, outputs, Action::Custom(backward))
    }

    /// The node that accumulates into a leaf: it runs as soon as its gradient is complete.
    pub(crate) fn accumulator(leaf: &Tensor) -> Arc<Node> {
        let meta = OutputMeta { shape: Dims::from_slice(leaf.shape()), dtype: leaf.dtype() };
        Arc::new(Node {
            sequence: u64::MAX,
            name: "AccumulateGrad",
            label: OnceLock::new(),
            edges: SmallVec::new(),
            outputs: smallvec::smallvec![meta],
            action: Action::Accumulate(Arc::downgrade(leaf.autograd())),
            hooks: Mutex::new(None),
            origin: None,
        })
    }

    /// PyTorch's name of the node, `MulBackward0`.
    pub fn name(&self) -> String {
        match (&self.label.get(), &self.action) {
            (Some(label), _) => label.to_string(),
            (None, Action::Row(row)) => super::names::of_row(self.name, row.args()),
            _ => self.name.to_string(),
        }
    }

    /// What the node of a row keeps of the parameter or result `name`, if it keeps it.
    pub fn remembered(self: &Arc<Node>, name: &str) -> Result<Option<Remembered>> {
        match &self.action {
            Action::Row(row) => row.remembered(self, name),
            _ => Ok(None),
        }
    }

    /// Names the node after the operation that ends with it: PyTorch knows `mse_loss` where a mean is recorded here.
    pub fn set_label(&self, label: &str) {
        self.label.get_or_init(|| label.into());
    }

    /// Raises unless gradient `i` that it gave has the shape of what `edge` leads to, or one that broadcasts over it and
    /// is summed.
    pub(crate) fn check_given(&self, i: usize, grad: &Tensor, edge: &Edge) -> Result<()> {
        let (given, expected) = (grad.shape(), &edge.node.outputs[edge.output].shape);
        let broadcasts = given.len() >= expected.len() && expected.iter().rev().zip(given.iter().rev()).all(|(&n, &g)| n == g || n == 1);
        if !broadcasts {
            crate::bail!(
                Runtime,
                "Function {} returned an invalid gradient at index {i} - got {given:?} but expected shape compatible with {:?}",
                self.name(),
                expected.as_slice()
            );
        }
        Ok(())
    }

    /// Where the gradients of its inputs go.
    pub fn next(&self) -> &[Option<Edge>] {
        &self.edges
    }

    /// The leaf of an accumulator.
    pub fn leaf(&self) -> Option<Tensor> {
        match &self.action {
            Action::Accumulate(record) => record.upgrade()?.leaf(),
            _ => None,
        }
    }

    /// Whether the node accumulates into a leaf.
    pub fn is_accumulator(&self) -> bool {
        matches!(self.action, Action::Accumulate(_))
    }

    /// The custom derivative.
    pub fn backward_object(&self) -> Option<&dyn Backward> {
        match &self.action {
            Action::Custom(b) => Some(b.as_ref()),
            _ => None,
        }
    }

    /// Shapes and types of its outputs.
    pub fn output_metas(&self) -> &[OutputMeta] {
        &self.outputs
    }

    pub(crate) fn hooks(&self) -> MutexGuard<'_, Option<Box<Hooks>>> {
        self.hooks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn add_tensor_hook(&self, output: usize, id: u64, hook: Arc<dyn Hook>) {
        self.hooks().get_or_insert_default().tensor.push((output, id, hook));
    }

    pub(crate) fn retain(&self, output: usize, target: Weak<Autograd>) {
        self.hooks().get_or_insert_default().retain.push((output, target));
    }

    /// Registers a hook before the node; the number removes it.
    pub fn add_hook_before(&self, hook: Arc<dyn NodeHook>) -> u64 {
        let id = super::next_id();
        self.hooks().get_or_insert_default().before.push((id, hook));
        id
    }

    /// Registers a hook after the node; the number removes it.
    pub fn add_hook_after(&self, hook: Arc<dyn NodeHook>) -> u64 {
        let id = super::next_id();
        self.hooks().get_or_insert_default().after.push((id, hook));
        id
    }

    /// Removes a hook of any kind.
    pub fn remove_hook(&self, id: u64) {
        if let Some(hooks) = self.hooks().as_mut() {
            hooks.tensor.retain(|h| h.1 != id);
            hooks.before.retain(|h| h.0 != id);
            hooks.after.retain(|h| h.0 != id);
        }
    }
}

impl Drop for Node {
    /// Frees long chains without recursion: nodes only this one holds are taken apart in a loop.
    fn drop(&mut self) {
        let mut pending = Pending::new();
        detach_children(self, &mut pending);
        while let Some(node) = pending.pop() {
            if let Ok(mut node) = Arc::try_unwrap(node) {
                detach_children(&mut node, &mut pending);
            }
        }
    }
}

/// Nodes to be taken apart.
pub(crate) type Pending = SmallVec<[Arc<Node>; 4]>;

/// Moves what only this node holds into the list: the nodes its edges lead to, and those behind the tensors it saved.
fn detach_children(node: &mut Node, pending: &mut Pending) {
    let last = |node: &Arc<Node>| Arc::strong_count(node) == 1;
    pending.extend(node.edges.drain(..).flatten().map(|edge| edge.node).filter(last));
    if let Action::Row(row) = &mut node.action {
        row.drain_nodes(pending);
    }
}
