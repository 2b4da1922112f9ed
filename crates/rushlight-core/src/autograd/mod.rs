//! Automatic differentiation: what a tensor knows of the graph, and the modes that decide what is recorded.
//!
//! [`node`] is the graph, [`saved`] keeps tensors for the backward pass, [`engine`] runs it, [`inplace`] rewires it
//! when a tensor changes in place.

mod addresses;
pub mod engine;
pub mod inplace;
mod names;
pub mod node;
pub mod saved;

use crate::tensor::{Origin, Tensor};
use crate::{Result, bail};
pub use engine::{backward, grad, run_backward};
pub use node::{Backward, Edge, Node};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Called with a gradient; may replace it.
pub trait Hook: Send + Sync {
    /// `None` leaves the gradient as it is.
    fn call(&self, grad: &Tensor) -> Result<Option<Tensor>>;
}

/// Called with a leaf after its gradient was accumulated.
pub trait LeafHook: Send + Sync {
    /// The leaf's `grad` is set.
    fn call(&self, leaf: &Tensor) -> Result<()>;
}

/// What a tensor knows of the graph. Shared by the handles that stand for one tensor.
#[derive(Default)]
pub struct Autograd {
    requires_grad: AtomicBool,
    state: Mutex<State>,
}

/// The mutable part.
#[derive(Default)]
pub struct State {
    /// The accumulated gradient of a leaf, or of a tensor that retains it.
    pub grad: Option<Tensor>,
    /// The node that made this tensor, and which of its outputs it is.
    pub grad_fn: Option<Edge>,
    /// The node that accumulates into `grad`; it refers back weakly.
    accumulator: Option<Arc<Node>>,
    /// The tensor that has this record now.
    leaf: Weak<crate::tensor::Inner>,
    /// For views: the version of the base at which `grad_fn` was made.
    view_version: u64,
    /// Hooks of a leaf; those of other tensors live in their node.
    pub(crate) hooks: Vec<(u64, Arc<dyn Hook>)>,
    /// Hooks after accumulation.
    pub(crate) leaf_hooks: Vec<(u64, Arc<dyn LeafHook>)>,
    /// `retain_grad` was called.
    pub(crate) retains_grad: bool,
}

impl Autograd {
    /// The tensor that has this record, if it still lives.
    pub(crate) fn leaf(&self) -> Option<Tensor> {
        self.lock().leaf.upgrade().map(Tensor)
    }

    /// Another tensor takes the place of the one that had this record: its accumulator expects the new shape and type.
    pub(crate) fn moved(&self) {
        let old = self.lock().accumulator.take();
        drop(old);
    }

    /// Puts another tensor in the place of a gradient that is held here.
    pub fn exchange_grad(&self, old: &Tensor, new: &Tensor) {
        let mut state = self.lock();
        if state.grad.as_ref().is_some_and(|grad| grad.is(old)) {
            state.grad = Some(new.clone());
        }
    }

    /// Exclusive access to the mutable part.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

thread_local! {
    static GRAD_MODE: Cell<bool> = const { Cell::new(true) };
    static INFERENCE_MODE: Cell<bool> = const { Cell::new(false) };
    static NEXT_ID: Cell<u64> = const { Cell::new(0) };
}

/// Whether operations are recorded on this thread.
#[inline]
pub fn grad_enabled() -> bool {
    GRAD_MODE.get()
}

/// Switches recording and returns the old setting.
pub fn set_grad_enabled(on: bool) -> bool {
    GRAD_MODE.replace(on)
}

/// Whether tensors made now are inference tensors.
#[inline]
pub fn inference_mode() -> bool {
    INFERENCE_MODE.get()
}

/// Switches inference mode and returns the old setting.
pub fn set_inference_mode(on: bool) -> bool {
    INFERENCE_MODE.replace(on)
}

/// Restores the recording mode when dropped.
pub struct ModeGuard(bool);

impl ModeGuard {
    /// Sets the mode until the guard is dropped.
    pub fn set(on: bool) -> ModeGuard {
        ModeGuard(set_grad_enabled(on))
    }
}

impl Drop for ModeGuard {
    fn drop(&mut self) {
        set_grad_enabled(self.0);
    }
}

fn next_id() -> u64 {
    NEXT_ID.replace(NEXT_ID.get() + 1)
}

impl Tensor {
    /// Its record, made on first use.
    pub fn autograd(&self) -> &Arc<Autograd> {
        self.0.autograd.get_or_init(Arc::default)
    }

    /// Whether gradients flow into it.
    #[inline]
    pub fn requires_grad(&self) -> bool {
        match self.0.autograd.get() {
            Some(a) => a.requires_grad.load(Ordering::Relaxed) || self.view_of_recorded(),
            None => self.view_of_recorded(),
        }
    }

    /// A view made before its base entered the graph by an in-place operation.
    #[inline]
    fn view_of_recorded(&self) -> bool {
        match &self.0.base {
            Some(base) => self.0.origin == Origin::Plain && base.grad_is_made() && self.dtype().is_differentiable(),
            None => false,
        }
    }

    /// Whether an operation made it (it is no leaf).
    fn grad_is_made(&self) -> bool {
        self.0.autograd.get().is_some_and(|a| a.requires_grad.load(Ordering::Relaxed) && a.lock().grad_fn.is_some())
    }

    /// Marks a leaf as requiring gradients, or not.
    pub fn set_requires_grad(&self, on: bool) -> Result<()> {
        if on && !self.dtype().is_differentiable() {
            bail!(Runtime, "only Tensors of floating point dtype can require gradients, or complex ones: this one is {}", self.dtype().name());
        }
        if on && self.is_inference() && !inference_mode() {
            bail!(Runtime, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
        }
        if !self.is_leaf() {
            if on {
                return Ok(());
            }
            bail!(
                Runtime,
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a \
                 subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            );
        }
        self.autograd().requires_grad.store(on, Ordering::Relaxed);
        Ok(())
    }

    /// Whether no recorded operation made it.
    pub fn is_leaf(&self) -> bool {
        self.grad_fn().is_none()
    }

    /// The same tensor, its node named after the operation that ends here.
    pub(crate) fn labelled(self, name: &str) -> Tensor {
        if let Some(edge) = self.grad_fn() {
            edge.node.set_label(name);
        }
        self
    }

    /// The node that made it, regenerated for a view whose base was changed in place since.
    pub fn grad_fn(&self) -> Option<Edge> {
        if let Some(base) = &self.0.base
            && self.0.origin != Origin::OtherType
            && base.grad_is_made()
        {
            let version = self.version();
            let stale = self.0.autograd.get().is_none_or(|a| a.lock().view_version != version);
            if stale {
                return inplace::regenerate_view(self, base, version);
            }
        }
        self.0.autograd.get()?.lock().grad_fn.clone()
    }

    /// Puts it into the graph as an output of a node.
    pub fn set_history(&self, edge: Edge) {
        let version = self.version();
        let autograd = self.autograd();
        let mut state = autograd.lock();
        state.grad_fn = Some(edge);
        state.view_version = version;
        autograd.requires_grad.store(true, Ordering::Relaxed);
    }

    /// Puts a tensor that an operation has just made into the graph.
    pub(crate) fn enter_graph(&mut self, edge: Edge) {
        let view_version = self.version();
        match Arc::get_mut(&mut self.0).map(|inner| &mut inner.autograd) {
            Some(record) if record.get().is_none() => {
                let state = State { grad_fn: Some(edge), view_version, ..State::default() };
                *record = Arc::new(Autograd { requires_grad: AtomicBool::new(true), state: Mutex::new(state) }).into();
            }
            _ => self.set_history(edge),
        }
    }

    /// Where gradients of this tensor go: its node, or the accumulator of a leaf.
    pub fn gradient_edge(&self) -> Option<Edge> {
        if !self.requires_grad() {
            return None;
        }
        if self.0.base.is_some()
            && let Some(edge) = self.grad_fn()
        {
            return Some(edge);
        }
        let mut state = self.autograd().lock();
        if state.grad_fn.is_some() {
            return state.grad_fn.clone();
        }
        if state.accumulator.is_none() {
            state.leaf = Arc::downgrade(&self.0);
            state.accumulator = Some(Node::accumulator(self));
        }
        state.accumulator.clone().map(|node| Edge { node, output: 0 })
    }

    /// The accumulated gradient.
    pub fn grad(&self) -> Option<Tensor> {
        self.0.autograd.get()?.lock().grad.clone()
    }

    /// Replaces the accumulated gradient.
    pub fn set_grad(&self, grad: Option<Tensor>) -> Result<()> {
        if let Some(g) = &grad {
            if g.shape() != self.shape() {
                bail!(
                    Runtime,
                    "attempting to assign a gradient of size '{:?}' to a tensor of size '{:?}'. Please ensure that the gradient and the tensor are the same size",
                    g.shape(),
                    self.shape()
                );
            }
            if g.dtype() != self.dtype() {
                bail!(
                    Runtime,
                    "attempting to assign a gradient with dtype '{}' to a tensor with grad_dtype '{}'. The gradient must match the tensor's dtype",
                    crate::ops::c_name(g.dtype()),
                    crate::ops::type_name(self.dtype())
                );
            }
        }
        if grad.is_some() || self.0.autograd.get().is_some() {
            let old = std::mem::replace(&mut self.autograd().lock().grad, grad);
            drop(old);
        }
        Ok(())
    }

    /// The same elements outside the graph.
    pub fn detach(&self) -> Result<Tensor> {
        let out = self.alias(self.layout().clone());
        Ok(if self.0.wrapped { out.modified(|inner| inner.wrapped = true) } else { out })
    }

    /// Takes this very tensor out of the graph.
    pub fn detach_in_place(&self) -> Result<()> {
        if self.0.base.is_some() && self.requires_grad() {
            bail!(Runtime, "Can't detach views in-place. Use detach() instead.");
        }
        if let Some(autograd) = self.0.autograd.get() {
            autograd.lock().grad_fn = None;
            autograd.requires_grad.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Keeps the gradient of a tensor that is no leaf.
    pub fn retain_grad(&self) -> Result<()> {
        if !self.requires_grad() {
            bail!(Runtime, "can't retain_grad on Tensor that has requires_grad=False");
        }
        let Some(edge) = self.grad_fn() else { return Ok(()) };
        let mut state = self.autograd().lock();
        if !std::mem::replace(&mut state.retains_grad, true) {
            edge.node.retain(edge.output, Arc::downgrade(self.autograd()));
        }
        Ok(())
    }

    /// Whether `retain_grad` was called.
    pub fn retains_grad(&self) -> bool {
        self.0.autograd.get().is_some_and(|a| a.lock().retains_grad)
    }

    /// Registers a hook on the gradient; the number removes it.
    pub fn register_hook(&self, hook: Arc<dyn Hook>) -> Result<u64> {
        if !self.requires_grad() {
            bail!(Runtime, "cannot register a hook on a tensor that doesn't require gradient");
        }
        let id = next_id();
        match self.grad_fn() {
            Some(edge) => edge.node.add_tensor_hook(edge.output, id, hook),
            None => self.autograd().lock().hooks.push((id, hook)),
        }
        Ok(id)
    }

    /// Registers a hook that runs when the gradient of a leaf has been accumulated.
    pub fn register_leaf_hook(&self, hook: Arc<dyn LeafHook>) -> Result<u64> {
        if !self.requires_grad() || !self.is_leaf() {
            bail!(Runtime, "post accumulate grad hooks cannot be registered on non-leaf tensors");
        }
        let id = next_id();
        self.autograd().lock().leaf_hooks.push((id, hook));
        Ok(id)
    }

    /// Removes a hook of any kind.
    pub fn remove_hook(&self, id: u64) {
        let Some(autograd) = self.0.autograd.get() else { return };
        let edge = {
            let mut state = autograd.lock();
            state.hooks.retain(|(i, _)| *i != id);
            state.leaf_hooks.retain(|(i, _)| *i != id);
            state.grad_fn.clone()
        };
        if let Some(edge) = edge {
            edge.node.remove_hook(id);
        }
    }
}
