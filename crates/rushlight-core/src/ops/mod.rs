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
pub mod scan;
pub mod schema;
pub mod shape;
pub mod sort;
pub mod view;

use crate::autograd::node::{Action, Edge, Node, OutputMeta};
use crate::autograd::{self, grad_enabled};
use crate::layout::{Dims, Layout, MemoryFormat};
use crate::scalar::Scalar;
use crate::tensor::{Device, Origin, Tensor};
use crate::{DType, Result, bail};
use backward::{Back, RowBackward};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Tensor operands in the order of the schema; `None` for an absent optional one. Lists are spliced in.
pub type Inputs = SmallVec<[Option<Tensor>; 3]>;
/// Results.
pub type Outputs = SmallVec<[Tensor; 1]>;
/// Other arguments in the order of the schema.
pub type Args = SmallVec<[Arg; 3]>;

/// An argument that is no tensor.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub enum Arg {
    #[default]
    None,
    Scalar(Scalar),
    Ints(SmallVec<[i64; 4]>),
    Floats(Vec<f64>),
    DType(DType),
    Device(Device),
    Format(MemoryFormat),
    Str(Cow<'static, str>),
}

impl Arg {
    /// A list of integers.
    pub fn ints(values: &[i64]) -> Arg {
        Arg::Ints(SmallVec::from_slice(values))
    }
}

macro_rules! arg_from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => { $(impl From<$t> for Arg { fn from($v: $t) -> Arg { $e } })* };
}
arg_from! {
    bool => |v| Arg::Scalar(Scalar::Bool(v)), i64 => |v| Arg::Scalar(Scalar::Int(v)), f64 => |v| Arg::Scalar(Scalar::Float(v)),
    Scalar => |v| Arg::Scalar(v), DType => |v| Arg::DType(v), &'static str => |v| Arg::Str(Cow::Borrowed(v)),
    &[i64] => |v| Arg::ints(v), Option<DType> => |v| v.map_or(Arg::None, Arg::DType),
}

/// Shape and type of a result, before there is memory for it.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Layout (offset zero).
    pub layout: Layout,
    /// Element type.
    pub dtype: DType,
}

impl Meta {
    /// Row-major.
    pub fn new(shape: &[usize], dtype: DType) -> Meta {
        Meta { layout: Layout::contiguous(shape), dtype }
    }
}

/// Results to be.
pub type Metas = SmallVec<[Meta; 1]>;

/// How a row computes.
pub enum Rule {
    /// A formula of one, two or three operands.
    Elementwise(elementwise::Formula),
    /// Another layout of the same memory.
    View(fn(&Call) -> Result<(Layout, DType)>),
    /// A shape rule, and a kernel that fills the results.
    Kernel {
        /// The shape rule.
        infer: fn(&Call) -> Result<Metas>,
        /// The kernel; never called for meta tensors.
        run: fn(&Call, &[Tensor]) -> Result<()>,
    },
    /// The result's shape depends on the data (`nonzero`): one function does both.
    Dynamic(fn(&Call) -> Result<Outputs>),
    /// Made of other rows, which are recorded instead of it.
    Composite(fn(&Call) -> Result<Outputs>),
}

/// Which tensors a derivative uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// Bit i: input i.
    pub inputs: u32,
    /// Bit i: output i.
    pub outputs: u32,
}

/// A derivative: gradients of the inputs from those of the outputs.
pub type Vjp = fn(&Back) -> Result<autograd::node::Grads>;

/// What autocast does with the operands of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autocast {
    /// Nothing.
    Leave,
    /// To the low-precision type: matrix products, convolutions.
    Lower,
    /// To float32: losses, norms, exponentials.
    Raise,
    /// To the widest floating type among them.
    Widest,
}

/// The mask of a row without any differentiable result.
pub const NOT_DIFFERENTIABLE: u32 = u32::MAX;

/// One row of the table.
pub struct Op {
    /// Name and parameters in PyTorch's notation.
    pub schema: &'static str,
    /// One line.
    pub doc: &'static str,
    /// How it computes.
    pub rule: Rule,
    /// Its derivative; `None` for results that have none.
    pub vjp: Option<Vjp>,
    /// What the derivative uses.
    pub keep: Keep,
    /// Under autocast.
    pub autocast: Autocast,
    /// Results that carry no gradient (indices): bit i for output i.
    pub integral: u32,
}

impl Op {
    /// A row with a rule; the rest is chained.
    pub const fn new(schema: &'static str, rule: Rule) -> Op {
        Op { schema, doc: "", rule, vjp: None, keep: Keep { inputs: 0, outputs: 0 }, autocast: Autocast::Leave, integral: 0 }
    }

    /// The derivative and what it uses: bit masks of inputs and outputs.
    pub const fn vjp(mut self, inputs: u32, outputs: u32, vjp: Vjp) -> Op {
        self.vjp = Some(vjp);
        self.keep = Keep { inputs, outputs };
        self
    }

    /// The documentation.
    pub const fn doc(mut self, doc: &'static str) -> Op {
        self.doc = doc;
        self
    }

    /// The treatment under autocast.
    pub const fn autocast(mut self, autocast: Autocast) -> Op {
        self.autocast = autocast;
        self
    }

    /// Outputs without gradients.
    pub const fn integral(mut self, outputs: u32) -> Op {
        self.integral = outputs;
        self
    }

    /// No output has gradients.
    pub const fn constant(self) -> Op {
        self.integral(NOT_DIFFERENTIABLE)
    }

    /// The name: the schema up to its parenthesis.
    pub fn name(&self) -> &'static str {
        self.schema.split('(').next().unwrap_or(self.schema)
    }
}

/// Declares the rows of a family: a static for each, and the list `ROWS`.
#[macro_export]
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident = $op:expr;)*) => {
        $($(#[$doc])* #[allow(missing_docs)] pub static $name: $crate::ops::Op = $op;)*
        /// The rows of this family.
        pub static ROWS: &[&$crate::ops::Op] = &[$(&$name),*];
    };
}

/// One call of a row: its operands and arguments.
pub struct Call<'a> {
    /// The row.
    pub op: &'static Op,
    /// Tensors.
    pub inputs: &'a [Option<Tensor>],
    /// Everything else.
    pub args: &'a [Arg],
}

impl<'a> Call<'a> {
    /// Tensor `i`, which the schema requires.
    pub fn input(&self, i: usize) -> Result<&'a Tensor> {
        match self.inputs.get(i) {
            Some(Some(x)) => Ok(x),
            _ => bail!(Type, "{}(): tensor argument {i} is missing", self.op.name()),
        }
    }

    /// Tensor `i`, if given.
    pub fn optional(&self, i: usize) -> Option<&'a Tensor> {
        self.inputs.get(i).and_then(Option::as_ref)
    }

    /// All tensors given.
    pub fn tensors(&self) -> impl Iterator<Item = &'a Tensor> {
        self.inputs.iter().flatten()
    }

    /// Argument `i`.
    pub fn arg(&self, i: usize) -> &'a Arg {
        self.args.get(i).unwrap_or(&Arg::None)
    }

    /// Argument `i` as a number.
    pub fn scalar(&self, i: usize) -> Result<Scalar> {
        match self.arg(i) {
            Arg::Scalar(s) => Ok(*s),
            other => bail!(Type, "{}(): argument {i} must be a number, not {other:?}", self.op.name()),
        }
    }

    /// Argument `i` as a number, if given.
    pub fn optional_scalar(&self, i: usize) -> Option<Scalar> {
        match self.arg(i) {
            Arg::Scalar(s) => Some(*s),
            _ => None,
        }
    }

    /// Argument `i` as an integer.
    pub fn int(&self, i: usize) -> Result<i64> {
        self.scalar(i).map(Scalar::to_i64)
    }

    /// Argument `i` as a number, zero if absent.
    pub fn float(&self, i: usize) -> f64 {
        self.optional_scalar(i).map_or(0.0, Scalar::to_f64)
    }

    /// Argument `i` as a truth value, false if absent.
    pub fn flag(&self, i: usize) -> bool {
        self.optional_scalar(i).is_some_and(|s| s.to_i64() != 0)
    }

    /// Argument `i` as a list of integers; a single number counts as a list of one.
    pub fn ints(&self, i: usize) -> Result<SmallVec<[i64; 4]>> {
        match self.arg(i) {
            Arg::Ints(v) => Ok(v.clone()),
            Arg::Scalar(s) => Ok(smallvec::smallvec![s.to_i64()]),
            other => bail!(Type, "{}(): argument {i} must be a list of ints, not {other:?}", self.op.name()),
        }
    }

    /// Argument `i` as a list of integers, if given.
    pub fn optional_ints(&self, i: usize) -> Option<SmallVec<[i64; 4]>> {
        match self.arg(i) {
            Arg::None => None,
            _ => self.ints(i).ok(),
        }
    }

    /// Argument `i` as a type, if given.
    pub fn dtype(&self, i: usize) -> Option<DType> {
        match self.arg(i) {
            Arg::DType(d) => Some(*d),
            _ => None,
        }
    }

    /// Argument `i` as a text, empty if absent.
    pub fn text(&self, i: usize) -> &'a str {
        match self.arg(i) {
            Arg::Str(s) => s,
            _ => "",
        }
    }

    /// An error for a type the row does not compute in.
    pub fn unsupported(&self, dtype: DType) -> crate::Error {
        crate::err!(NotImplemented, "\"{}\" not implemented for '{}': convert the operand, for example with .float()", self.op.name(), type_name(dtype))
    }
}

/// PyTorch's name of a type in error texts, `Float`.
pub fn type_name(dtype: DType) -> &'static str {
    use DType::*;
    match dtype {
        Bool => "Bool",
        U8 => "Byte",
        I8 => "Char",
        I16 => "Short",
        I32 => "Int",
        I64 => "Long",
        U16 => "UInt16",
        U32 => "UInt32",
        U64 => "UInt64",
        F16 => "Half",
        BF16 => "BFloat16",
        F32 => "Float",
        F64 => "Double",
        C64 => "ComplexFloat",
        C128 => "ComplexDouble",
    }
}

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
        Some(low) => crate::autocast::convert(op, inputs, low)?,
        None => inputs,
    };
    let call = Call { op, inputs: &inputs, args: &args };
    let outputs = compute(&call)?;
    if matches!(op.rule, Rule::Composite(_)) {
        return Ok(outputs);
    }
    if grad_enabled() && wants_gradient(op, &inputs) {
        record(op, inputs, args, &outputs)?;
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
fn record(op: &'static Op, inputs: Inputs, args: Args, outputs: &Outputs) -> Result<()> {
    let differentiable = |i: usize, x: &Tensor| op.integral & 1 << i == 0 && x.dtype().is_differentiable();
    if !outputs.iter().enumerate().any(|(i, x)| differentiable(i, x)) {
        return Ok(());
    }
    let kept = RowBackward::keep_inputs(op, &inputs)?;
    let node = make_node(op, &inputs, kept, args, outputs)?;
    for (i, out) in outputs.iter().enumerate() {
        if differentiable(i, out) {
            out.set_history(Edge { node: node.clone(), output: i });
        }
    }
    Ok(())
}

fn make_node(op: &'static Op, inputs: &Inputs, kept: backward::KeptInputs, args: Args, outputs: &Outputs) -> Result<std::sync::Arc<Node>> {
    if inputs.iter().flatten().any(|x| x.is_inference() && op.keep.inputs != 0) {
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
        if op.keep.inputs & 1 != 0 {
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
        if !index::update_in_place(&call, &x)? {
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

/// Calls a row and writes its results into given tensors: the `out=` form, which is never recorded.
pub fn call_out(op: &'static Op, inputs: Inputs, args: Args, outs: &[Tensor]) -> Result<()> {
    let requires = |x: &Tensor| x.requires_grad();
    if grad_enabled() && (inputs.iter().flatten().any(requires) || outs.iter().any(requires)) {
        bail!(Runtime, "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.", op.name());
    }
    let results = compute(&Call { op, inputs: &inputs, args: &args })?;
    if results.len() != outs.len() {
        bail!(Type, "{}(): out= takes {} tensors, {} given", op.name(), results.len(), outs.len());
    }
    for (result, out) in results.iter().zip(outs) {
        if !crate::promotion::can_cast(result.dtype(), out.dtype()) {
            bail!(Runtime, "result type {} can't be cast to the desired output type {}", type_name(result.dtype()), type_name(out.dtype()));
        }
        if result.shape() != out.shape() {
            bail!(Runtime, "{}(): out has shape {:?}, the result {:?}: resize it first", op.name(), out.shape(), result.shape());
        }
        autograd::inplace::check(out, false)?;
        copy::copy_into(out, result)?;
        out.bump_version();
    }
    Ok(())
}

/// The origin of a view made by a call.
pub(crate) fn view_origin(x: &Tensor, several: bool) -> Origin {
    match (several, grad_enabled()) {
        (true, _) => Origin::Several,
        (false, false) if x.requires_grad() => Origin::NoGrad,
        _ => x.0.origin,
    }
}
