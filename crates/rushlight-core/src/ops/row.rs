//! What a row of the table says: name and parameters, how it computes, its derivative; and one call of it.

use super::backward::Back;
use super::elementwise;
use super::type_name;
use crate::layout::{Layout, MemoryFormat};
use crate::scalar::Scalar;
use crate::tensor::{Device, Tensor};
use crate::{DType, Result, autograd, bail};
use smallvec::SmallVec;
use std::borrow::Cow;

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
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Bit i: input i.
    pub inputs: u32,
    /// Bit i: output i.
    pub outputs: u32,
    /// Inputs that serve only the gradients of the inputs in the mask beside them: kept when one of these is asked for.
    pub only_for: &'static [(usize, u32)],
    /// The inputs whose gradients use the outputs.
    pub outputs_for: u32,
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
    /// Nothing, and nothing with those of the rows it is made of.
    Off,
}

/// Where Python shows a row, besides the module `_C`, which has all of them.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// A function of the package.
    pub function: bool,
    /// A method of Tensor, if the first parameter is `self`.
    pub method: bool,
    /// A method of Tensor, `name_`, that changes its operand.
    pub in_place: bool,
}

/// Writes a row's result into its first operand; false where only the general way, through a fresh result, can.
pub type Write = fn(&Call, &Tensor) -> Result<bool>;

/// The mask of a row without any differentiable result.
pub const NOT_DIFFERENTIABLE: u32 = u32::MAX;

/// One row of the table.
pub struct Op {
    /// Name and parameters in PyTorch's notation.
    pub schema: &'static str,
    /// The schema up to its parenthesis.
    name: &'static str,
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
    /// `out=` must have exactly the type of the result; else any type that the result may be cast to.
    pub exact_out: bool,
    /// Its in-place form, where that is more than a copy of the result.
    pub write: Option<Write>,
    /// Where Python shows it.
    pub names: Names,
}

impl Op {
    /// A row with a rule, shown as a function and a method; the rest is chained.
    pub const fn new(schema: &'static str, rule: Rule) -> Op {
        let names = Names { function: true, method: true, in_place: false };
        Op {
            schema,
            name: before_parenthesis(schema),
            doc: "",
            rule,
            vjp: None,
            keep: Keep { inputs: 0, outputs: 0, only_for: &[], outputs_for: u32::MAX },
            autocast: Autocast::Leave,
            integral: 0,
            exact_out: false,
            write: None,
            names,
        }
    }

    /// The derivative and what it uses: bit masks of inputs and outputs.
    pub const fn vjp(mut self, inputs: u32, outputs: u32, vjp: Vjp) -> Op {
        self.vjp = Some(vjp);
        self.keep = Keep { inputs, outputs, ..self.keep };
        self
    }

    /// Which inputs serve only the gradients of some inputs.
    pub const fn only_for(mut self, users: &'static [(usize, u32)]) -> Op {
        self.keep.only_for = users;
        self
    }

    /// The inputs whose gradients use the outputs.
    pub const fn outputs_for(mut self, users: u32) -> Op {
        self.keep.outputs_for = users;
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

    /// `out=` must have exactly the type of the result.
    pub const fn exact_out(mut self) -> Op {
        self.exact_out = true;
        self
    }

    /// Also `Tensor.name_`.
    pub const fn in_place(mut self) -> Op {
        self.names.in_place = true;
        self
    }

    /// Also `Tensor.name_`, which writes where it stands.
    pub const fn in_place_by(mut self, write: Write) -> Op {
        self.write = Some(write);
        self.in_place()
    }

    /// A function, and no method.
    pub const fn only_function(mut self) -> Op {
        self.names.method = false;
        self
    }

    /// A method, and no function.
    pub const fn only_method(mut self) -> Op {
        self.names.function = false;
        self
    }

    /// Neither: a kernel of composites and derivatives. Names that begin with `_` or with that of a module are internal too.
    pub const fn internal(self) -> Op {
        self.only_function().only_method()
    }

    /// Where Python shows the row.
    pub fn shown(&self) -> Names {
        let inside = ["_", "fft_", "linalg_", "special_"].iter().any(|prefix| self.name().starts_with(prefix));
        let Names { function, method, in_place } = self.names;
        Names { function: function && !inside, method: method && !inside, in_place }
    }

    /// The name: the schema up to its parenthesis.
    #[inline]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

const fn before_parenthesis(schema: &'static str) -> &'static str {
    let bytes = schema.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b'(' {
        end += 1;
    }
    schema.split_at(end).0
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
