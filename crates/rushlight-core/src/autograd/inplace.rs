//! In-place changes: who may be changed, and how the graph is rewired after it.
//!
//! A changed tensor becomes the output of the operation that changed it. If it is a view, its base was changed too: the
//! base becomes the output of a node that passes the gradient of the viewed part through the operation and the rest
//! through unchanged, and the view is regenerated as a view of the new base.

use super::node::{Action, Backward, Edge, Grads, Node, OutputMeta};
use super::{ModeGuard, grad_enabled, inference_mode};
use crate::layout::{Dims, Layout};
use crate::ops;
use crate::tensor::{Origin, Tensor};
use crate::{Result, bail};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

fn refuse_leaf(x: &Tensor) -> Result<()> {
    if x.requires_grad() && x.is_leaf() {
        bail!(Runtime, "a leaf Variable that requires grad is being used in an in-place operation.");
    }
    Ok(())
}

/// Refuses in-place changes that would lose gradients or write where nobody may.
pub fn check(x: &Tensor, recorded: bool) -> Result<()> {
    if x.storage().is_read_only() {
        bail!(Runtime, "the tensor is backed by read-only memory (a read-only NumPy array or file mapping): clone() it before changing it in place");
    }
    if x.layout().overlaps_itself() {
        bail!(
            Runtime,
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. \
             Please clone() the tensor before performing the operation."
        );
    }
    if x.is_inference() && !inference_mode() {
        bail!(
            Runtime,
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        );
    }
    if !grad_enabled() {
        return Ok(());
    }
    let Some(base) = x.base() else { return refuse_leaf(x) };
    let required = x.requires_grad() || base.requires_grad();
    if !recorded && !required {
        return Ok(());
    }
    match x.0.origin {
        Origin::Plain if required && base.is_leaf() => {
            bail!(Runtime, "a view of a leaf Variable that requires grad is being used in an in-place operation.")
        }
        Origin::Plain => refuse_leaf(x),
        Origin::NoGrad => bail!(
            Runtime,
            "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
        ),
        Origin::Several => {
            let maker = x.grad_fn().map(|edge| edge.node.name().trim_end_matches("Backward0").to_owned());
            bail!(
                Runtime,
                "Output 0 of {} is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
                maker.as_deref().unwrap_or("a function")
            )
        }
        Origin::OtherType => bail!(
            Runtime,
            "a view of another dtype of a tensor that requires grad is being modified inplace: modify the original tensor, or use an out-of-place operation"
        ),
    }
}

/// Makes `x` the first output of `node`, which changed it in place.
pub fn rebase(x: &Tensor, node: Arc<Node>) -> Result<()> {
    rebase_output(x, Edge { node, output: 0 })
}

/// Makes `x` the given output of a node that changed it in place.
pub fn rebase_output(x: &Tensor, edge: Edge) -> Result<()> {
    let Some(base) = x.base() else {
        x.set_history(edge);
        return Ok(());
    };
    let node = edge.node;
    let mut edges: SmallVec<[Option<Edge>; 2]> = smallvec![base.gradient_edge()];
    edges.extend(node.edges.iter().skip(1).cloned());
    let meta = OutputMeta { shape: Dims::from_slice(base.shape()), dtype: base.dtype() };
    let slices = CopySlices { base: base.layout().clone(), view: x.layout().clone(), inner: node };
    let outer = Node::new("CopySlices", edges, smallvec![meta], Action::Custom(Box::new(slices)));
    base.set_history(Edge { node: outer, output: 0 });
    // Asking for the edges of `node` may have regenerated the view already, from the base before this change.
    if x.0.origin != Origin::OtherType {
        regenerate_view(x, base, x.version());
    }
    Ok(())
}

/// Passes gradients through an operation that changed part of a tensor.
struct CopySlices {
    base: Layout,
    view: Layout,
    inner: Arc<Node>,
}

impl CopySlices {
    /// The view's layout inside a dense gradient that has the base's memory order.
    fn relative(&self) -> Layout {
        Layout { offset: self.view.offset - self.base.offset, ..self.view.clone() }
    }
}

impl Backward for CopySlices {
    fn apply(&self, _: &Arc<Node>, grads: Grads) -> Result<Grads> {
        let Some(grad) = grads.into_iter().next().flatten() else { return Ok(Grads::new()) };
        let whole = ops::view::like_layout(&grad, &self.base)?;
        let view = self.relative();
        let part = ops::view::as_strided(&whole, &view)?;
        let mut given = match &self.inner.action {
            Action::Row(row) => row.apply(&self.inner, &smallvec![Some(part)], true)?,
            Action::Custom(custom) => custom.apply(&self.inner, smallvec![Some(part)])?,
            Action::Accumulate(_) => Grads::new(),
        };
        let replaced = given.first_mut().and_then(Option::take);
        let rest = ops::view::as_strided_scatter(&whole, replaced.as_ref(), &view)?;
        match given.first_mut() {
            Some(first) => *first = Some(rest),
            None => given.push(Some(rest)),
        }
        Ok(given)
    }

    fn release(&self) {
        if let Action::Row(row) = &self.inner.action {
            row.release();
        }
    }
}

/// Gives a view of a changed base its node: a strided view of the base's present value.
pub(super) fn regenerate_view(view: &Tensor, base: &Tensor, version: u64) -> Option<Edge> {
    let base_edge = base.gradient_edge()?;
    let meta = OutputMeta { shape: Dims::from_slice(view.shape()), dtype: view.dtype() };
    let backward = StridedView { base: base.layout().clone(), view: view.layout().clone() };
    let node = Node::new("AsStridedBackward0", smallvec![Some(base_edge)], smallvec![meta], Action::Custom(Box::new(backward)));
    let edge = Edge { node, output: 0 };
    let autograd = view.autograd();
    let mut state = autograd.lock();
    state.grad_fn = Some(edge.clone());
    state.view_version = version;
    autograd.requires_grad.store(true, std::sync::atomic::Ordering::Relaxed);
    Some(edge)
}

/// The derivative of a strided view: the gradient scattered into zeros.
struct StridedView {
    base: Layout,
    view: Layout,
}

impl Backward for StridedView {
    fn apply(&self, _: &Arc<Node>, grads: Grads) -> Result<Grads> {
        let Some(grad) = grads.into_iter().next().flatten() else { return Ok(Grads::new()) };
        if self.view.overlaps_itself() {
            return Ok(smallvec![Some(ops::view::overlapping_backward(&grad, &self.view, &self.base)?)]);
        }
        let zeros = {
            let _mode = ModeGuard::set(false);
            ops::view::like_layout(&Tensor::zeros(&self.base.shape, grad.dtype(), grad.device())?, &self.base)?
        };
        let view = Layout { offset: self.view.offset - self.base.offset, ..self.view.clone() };
        Ok(smallvec![Some(ops::view::as_strided_scatter(&zeros, Some(&grad), &view)?)])
    }
}
