//! What the graph knows of random results: a gradient of zero, or none at all.

use super::gamma_gradient::standard_gamma_grad;
use crate::autograd::node::{Backward, Edge, Grads, Node, OutputMeta};
use crate::autograd::{grad_enabled, inplace};
use crate::layout::Dims;
use crate::tensor::Tensor;
use crate::{DType, Device, Result, bail};
use smallvec::smallvec;
use std::sync::Arc;

/// The derivative of a sample by the parameters of its distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivative {
    /// The sample does not follow its parameters.
    Zero,
    /// Not known; the backward pass says so with the operation's name.
    Missing(&'static str),
    /// The implicit derivative of a gamma sample by its shape parameter.
    Gamma,
}

struct SampleBackward {
    derivative: Derivative,
    inputs: Vec<Option<OutputMeta>>,
    /// The parameter and the sample, for [`Derivative::Gamma`].
    saved: Vec<Tensor>,
}

impl Backward for SampleBackward {
    fn apply(&self, _: &Arc<Node>, grads: Grads) -> Result<Grads> {
        let grad = grads.into_iter().next().flatten();
        match (self.derivative, grad, self.saved.as_slice()) {
            (Derivative::Missing(name), _, _) => bail!(NotImplemented, "derivative for aten::{name} is not implemented"),
            (Derivative::Gamma, Some(grad), [alpha, sample]) => Ok(smallvec![Some(grad.mul(&standard_gamma_grad(alpha, sample)?)?)]),
            (_, grad, _) => self.inputs.iter().map(|meta| zeros(meta.as_ref(), grad.as_ref())).collect(),
        }
    }
}

/// Zeros for one input, in the layout of the gradient where that has the input's shape.
fn zeros(meta: Option<&OutputMeta>, grad: Option<&Tensor>) -> Result<Option<Tensor>> {
    let Some(meta) = meta else { return Ok(None) };
    match grad {
        Some(g) if g.shape() == meta.shape.as_slice() && g.dtype() == meta.dtype => g.detach()?.zeros_like().map(Some),
        g => Tensor::zeros(&meta.shape, meta.dtype, g.map_or(Device::Cpu, Tensor::device)).map(Some),
    }
}

fn meta(x: &Tensor) -> OutputMeta {
    OutputMeta { shape: Dims::from_slice(x.shape()), dtype: x.dtype() }
}

fn wants_gradient(out: DType, inputs: &[&Tensor]) -> bool {
    grad_enabled() && out.is_differentiable() && inputs.iter().any(|x| x.requires_grad())
}

fn node(name: &'static str, out: &Tensor, inputs: &[&Tensor], derivative: Derivative) -> Result<Arc<Node>> {
    let saved = if derivative == Derivative::Gamma { vec![inputs[0].detach()?, out.detach()?] } else { Vec::new() };
    let metas = inputs.iter().map(|x| x.requires_grad().then(|| meta(x))).collect();
    let operands: Vec<Option<&Tensor>> = inputs.iter().copied().map(Some).collect();
    Ok(Node::custom(name, &operands, smallvec![meta(out)], Box::new(SampleBackward { derivative, inputs: metas, saved })))
}

/// A fresh sample `out` as the result of `name` applied to its parameters.
pub fn linked(out: Tensor, inputs: &[&Tensor], name: &'static str, derivative: Derivative) -> Result<Tensor> {
    if wants_gradient(out.dtype(), inputs) {
        let node = node(name, &out, inputs, derivative)?;
        out.set_history(Edge { node, output: 0 });
    }
    Ok(out)
}

/// Changes `x` by `draw` as an in-place operation whose gradients are zero: `others` are its parameters.
pub(super) fn in_place(x: &Tensor, others: &[&Tensor], name: &'static str, draw: impl FnOnce() -> Result<()>) -> Result<()> {
    let inputs = [&[x], others].concat();
    let recorded = wants_gradient(x.dtype(), &inputs);
    inplace::check(x, recorded)?;
    draw()?;
    x.bump_version();
    if recorded {
        inplace::rebase(x, node(name, x, &inputs, Derivative::Zero)?)?;
    }
    Ok(())
}
