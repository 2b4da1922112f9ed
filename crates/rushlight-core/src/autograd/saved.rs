//! Tensors kept for the backward pass.

use super::node::{Edge, Node};
use crate::tensor::Tensor;
use crate::{Result, bail};
use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

/// Turns a tensor into something to keep instead of it, and back: offloading, checkpointing.
pub trait SavedHooks: Send + Sync {
    /// Called when the tensor is saved.
    fn pack(&self, tensor: &Tensor) -> Result<Box<dyn Any + Send + Sync>>;
    /// Called when the backward pass needs it.
    fn unpack(&self, packed: &(dyn Any + Send + Sync)) -> Result<Tensor>;
}

thread_local! {
    static HOOKS: RefCell<Vec<std::result::Result<Arc<dyn SavedHooks>, String>>> = const { RefCell::new(Vec::new()) };
}

/// Installs hooks for tensors saved from now on; `Err` forbids saving with a message.
pub fn push_hooks(hooks: std::result::Result<Arc<dyn SavedHooks>, String>) {
    HOOKS.with(|h| h.borrow_mut().push(hooks));
}

/// Removes the hooks installed last.
pub fn pop_hooks() {
    HOOKS.with(|h| h.borrow_mut().pop());
}

enum Kept {
    Tensor(Tensor),
    /// What the hooks made of it, and its place in the graph.
    Packed(Box<dyn Any + Send + Sync>, Arc<dyn SavedHooks>, Option<Edge>),
}

/// A tensor as it was when the operation ran; using it after it was changed in place is an error.
pub struct Saved {
    kept: Kept,
    version: u64,
    /// For outputs of the saving node itself: which one (keeping the tensor would be a cycle).
    output: Option<usize>,
}

impl Saved {
    /// Keeps an input.
    pub fn input(x: &Tensor) -> Result<Saved> {
        Saved::keep(x, None)
    }

    /// Keeps an output of the node being recorded.
    pub fn output(x: &Tensor, index: usize) -> Result<Saved> {
        Saved::keep(x, Some(index))
    }

    fn keep(x: &Tensor, output: Option<usize>) -> Result<Saved> {
        let version = x.version();
        let hooks = HOOKS.with(|h| h.borrow().last().cloned());
        let kept = match hooks {
            None if output.is_some() => Kept::Tensor(x.detach()?),
            None => Kept::Tensor(x.clone()),
            Some(Err(message)) => bail!(Runtime, "{message}"),
            Some(Ok(hooks)) => {
                let _mode = super::ModeGuard::set(false);
                let packed = hooks.pack(&if output.is_some() { x.detach()? } else { x.clone() })?;
                Kept::Packed(packed, hooks, if output.is_some() { None } else { x.gradient_edge() })
            }
        };
        Ok(Saved { kept, version, output })
    }

    /// The tensor, in its place in the graph.
    pub fn unpack(&self, node: &Arc<Node>) -> Result<Tensor> {
        let x = match &self.kept {
            Kept::Tensor(x) => x,
            Kept::Packed(packed, hooks, edge) => {
                let x = hooks.unpack(packed.as_ref())?;
                let edge = edge.clone().or(self.output.map(|output| Edge { node: node.clone(), output }));
                return self.placed(&x, edge);
            }
        };
        if x.version() != self.version {
            bail!(
                Runtime,
                "one of the variables needed for gradient computation has been modified by an inplace operation: \
                 [torch.{}Tensor {:?}]{} is at version {}; expected version {} instead. Hint: enable anomaly detection to find \
                 the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False). \
                 The variable was saved by {}.",
                crate::ops::type_name(x.dtype()),
                x.shape(),
                self.origin(x, node),
                x.version(),
                self.version,
                node.name()
            );
        }
        match self.output {
            None => Ok(x.clone()),
            Some(output) => self.placed(x, Some(Edge { node: node.clone(), output })),
        }
    }

    /// Where the tensor came from, in the words of the error; nothing for a leaf.
    fn origin(&self, x: &Tensor, node: &Arc<Node>) -> String {
        let (name, output) = match (self.output, x.grad_fn()) {
            (Some(output), _) => (node.name(), output),
            (None, Some(edge)) => (edge.node.name(), edge.output),
            (None, None) => return String::new(),
        };
        let operation = name.split("Backward").next().unwrap_or_default();
        format!(", which is output {output} of {operation},")
    }

    /// A handle on the elements of `x` at a place in the graph, if the backward pass is itself recorded.
    fn placed(&self, x: &Tensor, edge: Option<Edge>) -> Result<Tensor> {
        let fresh = x.detach()?;
        match edge {
            Some(edge) if super::grad_enabled() && x.dtype().is_differentiable() => fresh.set_history(edge),
            _ => {}
        }
        Ok(fresh)
    }

    /// Gives up the tensor's own place in the graph, if nobody else holds it.
    pub(crate) fn into_node(self) -> Option<Arc<Node>> {
        let x = match self.kept {
            Kept::Tensor(x) => x,
            Kept::Packed(_, _, edge) => return edge.map(|e| e.node),
        };
        if x.handles() != 1 {
            return None;
        }
        let autograd = x.0.autograd.get()?;
        if Arc::strong_count(autograd) != 1 {
            return None;
        }
        let edge = autograd.lock().grad_fn.take();
        edge.map(|e| e.node)
    }
}
