//! What a derivative sees, and how its gradients are fitted to the inputs.

use super::schema::{Type, parse};
use super::{Arg, Args, Inputs, Op, Outputs};
use crate::autograd::node::{Grads, Node, Pending};
use crate::autograd::saved::Saved;
use crate::tensor::Tensor;
use crate::{DType, Result, bail};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex};

/// What is known of an input that is not kept.
#[derive(Clone, Debug)]
struct InputMeta {
    /// Sizes; `None` are those of the first result, the common case.
    shape: Option<Box<[usize]>>,
    dtype: DType,
    column_major: bool,
}

/// The recorded call of a row.
pub struct RowBackward {
    op: &'static Op,
    args: Box<[Arg]>,
    inputs: SmallVec<[Option<InputMeta>; 2]>,
    saved: Mutex<Memory>,
}

/// What a node shows of the call it recorded.
pub enum Remembered {
    /// An operand or result that the derivative uses.
    Tensor(Option<Tensor>),
    /// Another argument.
    Argument(Arg),
}

/// What a recorded call remembers: rows that need nothing may run any number of times, as in PyTorch.
enum Memory {
    Nothing,
    Kept(Box<SavedTensors>),
    Released,
}

/// Saved inputs by position.
pub(crate) type KeptInputs = SmallVec<[Option<Saved>; 2]>;

/// Whether an input of the mask requires a gradient.
fn asked(inputs: &Inputs, mask: u32) -> bool {
    inputs.iter().enumerate().any(|(i, x)| bit(mask, i) && x.as_ref().is_some_and(Tensor::requires_grad))
}

/// Whether position `i` is in a mask; its last bit stands for all positions after it.
fn bit(mask: u32, i: usize) -> bool {
    mask & 1 << i.min(31) != 0
}

struct SavedTensors {
    inputs: KeptInputs,
    outputs: SmallVec<[Option<Saved>; 1]>,
}

impl RowBackward {
    /// Saves the inputs the derivative uses, as they are now: before the call, if it changes one of them in place.
    pub(crate) fn keep_inputs(op: &Op, inputs: &Inputs) -> Result<KeptInputs> {
        if op.keep.inputs == 0 {
            return Ok(KeptInputs::new());
        }
        inputs.iter().enumerate().map(|(i, x)| x.as_ref().filter(|_| RowBackward::keeps(op, i, inputs)).map(Saved::input).transpose()).collect()
    }

    /// Whether a gradient that will be asked for uses input `i`.
    pub(crate) fn keeps(op: &Op, i: usize, inputs: &Inputs) -> bool {
        bit(op.keep.inputs, i) && op.keep.only_for.iter().filter(|(at, _)| *at == i).all(|(_, users)| asked(inputs, *users))
    }

    pub(crate) fn new(op: &'static Op, inputs: &Inputs, kept: KeptInputs, args: Args, outputs: &Outputs) -> Result<RowBackward> {
        let model = outputs.first().map(Tensor::shape);
        let meta = |x: &Tensor| InputMeta {
            shape: (Some(x.shape()) != model).then(|| x.shape().into()),
            dtype: x.dtype(),
            column_major: x.layout().is_column_major(),
        };
        let metas = inputs.iter().map(|x| x.as_ref().map(meta)).collect();
        let args = args.into_vec().into_boxed_slice();
        if op.keep.inputs | op.keep.outputs == 0 {
            return Ok(RowBackward { op, args, inputs: metas, saved: Mutex::new(Memory::Nothing) });
        }
        let mut saved = SavedTensors { inputs: kept, outputs: SmallVec::new() };
        if op.keep.outputs != 0 && asked(inputs, op.keep.outputs_for) {
            for (i, x) in outputs.iter().enumerate() {
                saved.outputs.push(if bit(op.keep.outputs, i) { Some(Saved::output(x, i)?) } else { None });
            }
        }
        Ok(RowBackward { op, args, inputs: metas, saved: Mutex::new(Memory::Kept(Box::new(saved))) })
    }

    /// The arguments of the call beside its tensors.
    pub(crate) fn args(&self) -> &[Arg] {
        &self.args
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.saved.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Unpacks what was saved, computes, and forgets it unless the graph is kept.
    pub(crate) fn apply(&self, node: &Arc<Node>, grads: &Grads, keep_graph: bool) -> Result<Grads> {
        let Some(vjp) = self.op.vjp else {
            bail!(NotImplemented, "derivative for '{}' is not implemented", self.op.name());
        };
        let (inputs, outputs) = self.unpack(node)?;
        let back = Back { op: self.op, args: &self.args, metas: &self.inputs, node, grads, inputs, outputs };
        let mut given = vjp(&back)?;
        drop(back);
        if !keep_graph {
            self.release();
        }
        for (grad, meta) in given.iter_mut().zip(&self.inputs) {
            if let (Some(g), Some(meta)) = (grad.take(), meta) {
                *grad = Some(fit(g, meta.shape.as_deref().unwrap_or(&node.output_metas()[0].shape), meta.dtype)?);
            }
        }
        Ok(given)
    }

    /// What was kept of a parameter of the schema, or of a result: `result`, `result1`. Rows with lists of tensors show none.
    pub(crate) fn remembered(&self, node: &Arc<Node>, name: &str) -> Result<Option<Remembered>> {
        let params = parse(self.op).params;
        if params.iter().any(|p| p.ty == Type::Tensors) {
            return Ok(None);
        }
        if let Some(i) = name.strip_prefix("result").map(|i| i.parse().unwrap_or(0)) {
            let shown = bit(self.op.keep.outputs, i).then(|| self.unpack(node)).transpose()?;
            return Ok(shown.map(|(_, outputs)| Remembered::Tensor(outputs.get(i).cloned().flatten())));
        }
        let Some(at) = params.iter().position(|p| p.name == name) else { return Ok(None) };
        let i = params[..at].iter().filter(|p| p.ty.is_tensor() == params[at].ty.is_tensor()).count();
        if !params[at].ty.is_tensor() {
            return Ok(self.args.get(i).map(|arg| Remembered::Argument(arg.clone())));
        }
        let shown = bit(self.op.keep.inputs, i).then(|| self.unpack(node)).transpose()?;
        Ok(shown.map(|(inputs, _)| Remembered::Tensor(inputs.get(i).cloned().flatten())))
    }

    fn unpack(&self, node: &Arc<Node>) -> Result<(SmallVec<[Option<Tensor>; 2]>, SmallVec<[Option<Tensor>; 1]>)> {
        let guard = self.lock();
        let saved = match &*guard {
            Memory::Nothing => return Ok(Default::default()),
            Memory::Kept(saved) => saved,
            Memory::Released => bail!(
                Runtime,
                "Trying to backward through the graph a second time (or directly access saved tensors after they have already \
                 been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). \
                 Specify retain_graph=True if you need to backward through the graph a second time or if you need to access \
                 saved tensors after calling backward."
            ),
        };
        let unpack = |s: &Option<Saved>| s.as_ref().map(|s| s.unpack(node)).transpose();
        Ok((saved.inputs.iter().map(unpack).collect::<Result<_>>()?, saved.outputs.iter().map(unpack).collect::<Result<_>>()?))
    }

    /// Forgets what was saved.
    pub(crate) fn release(&self) {
        let mut guard = self.lock();
        if matches!(*guard, Memory::Kept(_)) {
            let saved = std::mem::replace(&mut *guard, Memory::Released);
            drop(guard);
            drop(saved);
        }
    }

    /// Hands over the nodes behind saved tensors nobody else holds, so that long chains are freed in a loop.
    pub(crate) fn drain_nodes(&mut self, pending: &mut Pending) {
        let memory = std::mem::replace(self.saved.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()), Memory::Released);
        if let Memory::Kept(saved) = memory {
            pending.extend(saved.inputs.into_iter().flatten().filter_map(Saved::into_node));
        }
    }
}

/// The view a derivative has of its call.
pub struct Back<'a> {
    op: &'static Op,
    /// Arguments of the call.
    pub args: &'a [Arg],
    metas: &'a [Option<InputMeta>],
    node: &'a Arc<Node>,
    grads: &'a Grads,
    inputs: SmallVec<[Option<Tensor>; 2]>,
    outputs: SmallVec<[Option<Tensor>; 1]>,
}

impl Back<'_> {
    /// The gradient of the first (or only) result.
    pub fn g(&self) -> Result<&Tensor> {
        self.grad(0).ok_or_else(|| crate::err!(Runtime, "{}: no gradient arrived", self.op.name()))
    }

    /// The gradient of result `i`; `None` is zero.
    pub fn grad(&self, i: usize) -> Option<&Tensor> {
        self.grads.get(i).and_then(Option::as_ref)
    }

    /// The gradient of result `i`, zeros if none arrived.
    pub fn grad_or_zeros(&self, i: usize) -> Result<Tensor> {
        match self.grad(i) {
            Some(g) => Ok(g.clone()),
            None => {
                let meta = &self.node.output_metas()[i];
                Tensor::zeros(&meta.shape, meta.dtype, self.device())
            }
        }
    }

    fn device(&self) -> crate::Device {
        self.grads.iter().flatten().next().map_or(crate::Device::Cpu, Tensor::device)
    }

    /// Whether the gradient of input `i` is wanted.
    pub fn needs(&self, i: usize) -> bool {
        self.node.next().get(i).is_some_and(Option::is_some)
    }

    /// Saved input `i`.
    pub fn x(&self, i: usize) -> Result<&Tensor> {
        self.inputs.get(i).and_then(Option::as_ref).ok_or_else(|| crate::err!(Runtime, "{}: input {i} was not saved", self.op.name()))
    }

    /// Saved input `i` if it was given.
    pub fn optional(&self, i: usize) -> Option<&Tensor> {
        self.inputs.get(i).and_then(Option::as_ref)
    }

    /// Saved result `i`.
    pub fn y(&self, i: usize) -> Result<&Tensor> {
        self.outputs.get(i).and_then(Option::as_ref).ok_or_else(|| crate::err!(Runtime, "{}: result {i} was not saved", self.op.name()))
    }

    /// Number of tensor operands.
    pub fn count(&self) -> usize {
        self.metas.len()
    }

    /// The shape of input `i`.
    pub fn shape(&self, i: usize) -> &[usize] {
        match self.metas.get(i) {
            Some(Some(meta)) => meta.shape.as_deref().unwrap_or(&self.node.output_metas()[0].shape),
            _ => &[],
        }
    }

    /// Whether input `i` was a matrix whose columns lie one after another.
    pub fn column_major(&self, i: usize) -> bool {
        self.metas.get(i).and_then(Option::as_ref).is_some_and(|m| m.column_major)
    }

    /// The type of input `i`.
    pub fn dtype(&self, i: usize) -> DType {
        self.metas.get(i).and_then(Option::as_ref).map_or(DType::F32, |m| m.dtype)
    }

    /// The arguments, read as a call reads them.
    pub fn call(&self) -> super::Call<'_> {
        super::Call { op: self.op, inputs: &[], args: self.args }
    }

    /// The gradient of a single input, if wanted.
    pub fn one(&self, f: impl FnOnce() -> Result<Tensor>) -> Result<Grads> {
        self.each([f])
    }

    /// Gradients of the inputs in order, each computed only if wanted.
    pub fn each<const N: usize, F: FnOnce() -> Result<Tensor>>(&self, fs: [F; N]) -> Result<Grads> {
        fs.into_iter().enumerate().map(|(i, f)| self.needs(i).then(f).transpose()).collect()
    }
}

/// Gradients of the inputs in order, each computed only if wanted: `grads![b; g.mul(y)?, g.mul(x)?]`.
#[macro_export]
macro_rules! grads {
    ($b:expr; $($e:expr),* $(,)?) => {{
        let mut out = $crate::autograd::node::Grads::new();
        $(out.push(if $b.needs(out.len()) { Some($e) } else { None });)*
        Ok(out)
    }};
}

/// Brings a gradient to the shape and type of what it belongs to: sums over broadcast dimensions, drops the imaginary
/// part for a real input, converts.
pub fn fit(grad: Tensor, shape: &[usize], dtype: DType) -> Result<Tensor> {
    let grad = if grad.shape() == shape { grad } else { grad.sum_to(shape)? };
    if grad.dtype() == dtype {
        return Ok(grad);
    }
    let grad = if grad.dtype().is_complex() && !dtype.is_complex() { grad.real()? } else { grad };
    grad.to_dtype(dtype)
}
