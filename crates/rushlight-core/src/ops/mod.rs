//! The operator table and the gate every call passes.
//!
//! One primitive is one row, an [`Op`]: its schema, rule, kernel, derivative and a line of documentation. Families of
//! rows live in one file each; [`table`] lists them. A row is called through [`call`], which alone decides what runs:
//! the shape rule only (meta tensors), the kernel, the recording for the backward pass.

pub mod backward;
pub mod copy;
pub mod elementwise;
pub mod fft;
pub mod index;
pub mod linalg;
pub mod matmul;
pub mod methods;
pub mod nn;
pub mod reduce;
pub mod row;
pub mod scan;
pub mod schema;
pub mod shape;
pub mod sort;
mod type_names;
pub mod view;

use crate::autograd::node::{Action, Edge, Node, OutputMeta};
use crate::autograd::{self, grad_enabled};
use crate::layout::Dims;
use crate::tensor::{Device, Origin, Tensor};
use crate::{Result, bail};
use backward::RowBackward;
pub use row::*;
use std::sync::OnceLock;
pub use type_names::{c_name, type_name, value_name};

/// Every row, by family.
pub fn table() -> &'static [&'static Op] {
    static TABLE: OnceLock<Vec<&'static Op>> = OnceLock::new();
    TABLE.get_or_init(|| {
        [
            elementwise::unary::ROWS,
            elementwise::bessel::ROWS,
            elementwise::activation::ROWS,
            elementwise::binary::ROWS,
            elementwise::ternary::ROWS,
            view::ROWS,
            copy::ROWS,
            reduce::ROWS,
            matmul::ROWS,
            shape::join::ROWS,
            shape::arrange::ROWS,
            shape::pad::ROWS,
            index::slices::ROWS,
            index::gather::ROWS,
            index::reduce::ROWS,
            index::advanced::ROWS,
            index::embedding::ROWS,
            index::mask::ROWS,
            index::count::ROWS,
            scan::ROWS,
            sort::ROWS,
            sort::unique::ROWS,
            nn::attention::ROWS,
            nn::convolution::ROWS,
            nn::fold::ROWS,
            nn::grid::ROWS,
            nn::loss::ROWS,
            nn::nll::ROWS,
            nn::norm::ROWS,
            nn::pooling::ROWS,
            nn::recurrent::ROWS,
            nn::softmax::ROWS,
            nn::upsample::ROWS,
            fft::ROWS,
            linalg::determinant::ROWS,
            linalg::eigen::ROWS,
            linalg::ldl::ROWS,
            linalg::lu::ROWS,
            linalg::qr::ROWS,
            linalg::singular::ROWS,
            linalg::solve::ROWS,
        ]
        .concat()
    })
}

/// The row of a name.
pub fn find(name: &str) -> Result<&'static Op> {
    static NAMES: OnceLock<std::collections::HashMap<&'static str, &'static Op>> = OnceLock::new();
    let names = NAMES.get_or_init(|| table().iter().map(|op| (op.name(), *op)).collect());
    names.get(name).copied().ok_or_else(|| crate::err!(NotImplemented, "Rushlight has no operator '{name}'"))
}

/// A binary row on two small row-major tensors of one shape and floating type; `None` if the call is anything else.
///
/// The gate costs as much as sixteen additions: operators of programs on small tensors come here first.
#[inline]
pub fn quick(op: &'static Op, a: &Tensor, b: &Tensor) -> Option<Result<Tensor>> {
    if crate::profile::active() || op.autocast != Autocast::Leave && crate::autocast::dtype().is_some() {
        return None;
    }
    let out = elementwise::small(op, a, b)?;
    if grad_enabled() && (a.requires_grad() || b.requires_grad()) && op.integral != NOT_DIFFERENTIABLE {
        let recorded = |out| {
            let mut outputs: Outputs = smallvec::smallvec![out];
            record(op, smallvec::smallvec![Some(a.clone()), Some(b.clone())], Args::new(), &mut outputs)?;
            first(op, outputs)
        };
        return Some(out.and_then(recorded));
    }
    Some(out)
}

/// Calls a row: the gate.
pub fn call(op: &'static Op, inputs: Inputs, args: Args) -> Result<Outputs> {
    if crate::profile::active() {
        let span = crate::profile::span(op.name(), || inputs.iter().flatten().map(|x| x.shape().to_vec()).collect());
        let outputs = gate(op, inputs, args);
        span.end();
        return outputs.map_err(|e| e.in_operation(op.name()));
    }
    gate(op, inputs, args).map_err(|e| e.in_operation(op.name()))
}

fn gate(op: &'static Op, inputs: Inputs, args: Args) -> Result<Outputs> {
    let inputs = match crate::autocast::dtype() {
        Some(_) if op.autocast == Autocast::Off => return crate::autocast::without(|| gate(op, inputs, args)),
        Some(low) => crate::autocast::convert(op, inputs, low)?,
        None => inputs,
    };
    let call = Call { op, inputs: &inputs, args: &args };
    let mut outputs = compute(&call)?;
    if matches!(op.rule, Rule::Composite(_)) {
        return Ok(outputs);
    }
    if grad_enabled() && wants_gradient(op, &inputs) {
        record(op, inputs, args, &mut outputs)?;
    }
    Ok(outputs)
}

/// Calls a row with one result.
pub fn call1(op: &'static Op, inputs: &[&Tensor], args: &[Arg]) -> Result<Tensor> {
    let outputs = call(op, inputs.iter().map(|&x| Some(x.clone())).collect(), Args::from(args))?;
    first(op, outputs)
}

fn first(op: &Op, outputs: Outputs) -> Result<Tensor> {
    match outputs.into_iter().next() {
        Some(x) => Ok(x),
        None => bail!(Runtime, "{}: no result", op.name()),
    }
}

/// Rows whose results are all integral (comparisons, indices) are outside differentiation; every other row is recorded,
/// and one without a derivative says so when the backward pass reaches it.
fn wants_gradient(op: &Op, inputs: &[Option<Tensor>]) -> bool {
    op.integral != NOT_DIFFERENTIABLE && inputs.iter().flatten().any(Tensor::requires_grad)
}

/// Runs the rule.
fn compute(call: &Call) -> Result<Outputs> {
    match &call.op.rule {
        Rule::Elementwise(formula) => Ok(smallvec::smallvec![formula.run(call, None)?]),
        Rule::View(rule) => {
            let x = call.input(0)?;
            let (layout, dtype) = rule(call)?;
            Ok(smallvec::smallvec![view::make(x, layout, dtype)])
        }
        Rule::Kernel { infer, run } => {
            let device = device_of(call)?;
            let outputs: Outputs = infer(call)?.into_iter().map(|m| Tensor::empty_layout(m.layout, m.dtype, device)).collect::<Result<_>>()?;
            if device == Device::Cpu {
                run(call, &outputs)?;
            }
            Ok(outputs)
        }
        Rule::Dynamic(run) | Rule::Composite(run) => run(call),
    }
}

/// Where the call computes: on meta tensors if any operand is one (0-d CPU tensors may mix in).
pub fn device_of(call: &Call) -> Result<Device> {
    let mut device = None;
    for x in call.tensors() {
        match device {
            _ if x.is_wrapped() => {}
            None => device = Some(x.device()),
            Some(d) if d == x.device() => {}
            Some(_) if call.tensors().any(|t| t.device() == Device::Cpu && t.ndim() > 0) => {
                bail!(Runtime, "{}: Expected all tensors to be on the same device, but found at least two devices, cpu and meta!", call.op.name())
            }
            Some(_) => device = Some(Device::Meta),
        }
    }
    Ok(device.unwrap_or(Device::Cpu))
}

/// Adds the call to the graph.
fn record(op: &'static Op, inputs: Inputs, args: Args, outputs: &mut Outputs) -> Result<()> {
    let differentiable = |i: usize, x: &Tensor| op.integral & 1 << i == 0 && x.dtype().is_differentiable();
    if !outputs.iter().enumerate().any(|(i, x)| differentiable(i, x)) {
        return Ok(());
    }
    let kept = RowBackward::keep_inputs(op, &inputs)?;
    let node = make_node(op, &inputs, kept, args, outputs)?;
    for (i, out) in outputs.iter_mut().enumerate() {
        if differentiable(i, out) {
            out.enter_graph(Edge { node: node.clone(), output: i });
        }
    }
    Ok(())
}

fn make_node(op: &'static Op, inputs: &Inputs, kept: backward::KeptInputs, args: Args, outputs: &Outputs) -> Result<std::sync::Arc<Node>> {
    if inputs.iter().enumerate().any(|(i, x)| x.as_ref().is_some_and(Tensor::is_inference) && RowBackward::keeps(op, i, inputs)) {
        bail!(
            Runtime,
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
        );
    }
    let edges = inputs.iter().map(|x| x.as_ref().and_then(Tensor::gradient_edge)).collect();
    let metas = outputs.iter().map(|x| OutputMeta { shape: Dims::from_slice(x.shape()), dtype: x.dtype() }).collect();
    let row = RowBackward::new(op, inputs, kept, args, outputs)?;
    Ok(Node::new(op.name(), edges, metas, Action::Row(row)))
}

/// Calls a row and leaves its result in `x`, its first operand: the in-place form.
pub fn call_in_place(op: &'static Op, mut inputs: Inputs, args: Args) -> Result<Tensor> {
    let Some(Some(x)) = inputs.first().cloned() else { bail!(Type, "{}_: the operand is missing", op.name()) };
    let recorded = grad_enabled() && wants_gradient(op, &inputs);
    autograd::inplace::check(&x, recorded)?;
    let node_inputs = if recorded {
        // What the derivative uses of the operand must survive the change.
        let mut before = inputs.clone();
        if RowBackward::keeps(op, 0, &inputs) {
            before[0] = Some(copy::snapshot(&x)?);
        }
        let kept = RowBackward::keep_inputs(op, &before)?;
        Some((before, kept))
    } else {
        None
    };
    if let Rule::Elementwise(formula) = &op.rule {
        formula.run(&Call { op, inputs: &inputs, args: &args }, Some((&x, true)))?;
    } else {
        inputs[0] = Some(x.detach()?);
        let call = Call { op, inputs: &inputs, args: &args };
        let written = op.write.map_or(Ok(false), |write| write(&call, &x))?;
        if !written {
            let result = first(op, compute(&call)?)?;
            if result.shape() != x.shape() {
                bail!(Runtime, "{}_: the result has shape {:?}, which does not fit the tensor of shape {:?} in place", op.name(), result.shape(), x.shape());
            }
            copy::copy_into(&x, &result)?;
        }
    }
    x.bump_version();
    if let Some((before, kept)) = node_inputs {
        let node = make_node(op, &before, kept, args, &smallvec::smallvec![x.clone()])?;
        autograd::inplace::rebase(&x, node)?;
    }
    Ok(x)
}

/// Computes into `out`, unrecorded; false where the row, or an `out` of another shape, asks for a fresh result first.
pub fn call_into(op: &'static Op, inputs: &Inputs, args: &Args, out: &Tensor) -> Result<bool> {
    let Rule::Elementwise(formula) = &op.rule else { return Ok(false) };
    let as_it_stands = op.autocast == Autocast::Leave && !op.exact_out && !crate::profile::active();
    let call = Call { op, inputs, args };
    if !as_it_stands || !elementwise::fits(&call, out)? {
        return Ok(false);
    }
    autograd::inplace::check(out, false)?;
    formula.run(&call, Some((out, false))).map_err(|e| e.in_operation(op.name()))?;
    out.bump_version();
    Ok(true)
}

/// The origin of a view made by a call.
pub(crate) fn view_origin(x: &Tensor, several: bool) -> Origin {
    match (several, grad_enabled()) {
        (true, _) => Origin::Several,
        (false, false) if x.requires_grad() => Origin::NoGrad,
        _ => x.0.origin,
    }
}
