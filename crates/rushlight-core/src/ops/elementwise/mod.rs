//! Elementwise rows: which formula computes them, in which type, and the one function that runs them all.

pub mod activation;
pub mod bessel;
pub mod binary;
pub mod ternary;
pub mod unary;

use super::{Call, copy, type_name};
use crate::iter;
use crate::layout::{Layout, broadcast};
use crate::promotion::{can_cast, result_type};
use crate::tensor::{Device, Tensor, default_dtype};
use crate::{DType, Dims, Result, bail};
use rushlight_kernels::elementwise::{Binary, Loop, Params, Ternary, Unary};
use smallvec::SmallVec;

/// In which type a formula computes, given the promoted type of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The promoted type.
    Same,
    /// The default float for integers and bool.
    Float,
    /// int64 for bool.
    Number,
}

impl Domain {
    fn apply(self, dtype: DType) -> DType {
        match self {
            Domain::Float if !dtype.is_differentiable() => default_dtype(),
            Domain::Number if dtype == DType::Bool => DType::I64,
            _ => dtype,
        }
    }
}

/// A binary formula chosen by the arguments of the call.
pub type Choice = fn(&Call) -> Result<(Binary, Params, Domain)>;

/// What a row computes.
pub enum Formula {
    /// One operand; its constants come from the arguments.
    Unary(Unary, Domain, fn(&Call) -> Params),
    /// Two operands.
    Binary(Choice),
    /// Three operands.
    Ternary(Ternary, fn(&Call) -> Params),
}

/// A formula without constants.
pub(crate) fn no_params(_: &Call) -> Params {
    Params::default()
}

/// The numeric arguments of the call in order.
pub(crate) fn all_params(call: &Call) -> Params {
    let mut p = Params::default();
    for (slot, i) in p.0.iter_mut().zip(0..call.args.len()) {
        *slot = call.float(i);
    }
    p
}

impl Formula {
    /// Computes into a fresh tensor, or into `out` (the flag says whether that is the first operand, in place).
    pub(crate) fn run(&self, call: &Call, out: Option<(&Tensor, bool)>) -> Result<Tensor> {
        match self {
            Formula::Unary(op, domain, params) => {
                let x = call.input(0)?;
                let dtype = domain.apply(x.dtype());
                let resolved = op.resolve(dtype).ok_or_else(|| call.unsupported(x.dtype()))?;
                finish(call, &[x], &[dtype], resolved, &params(call), out)
            }
            Formula::Binary(choice) => {
                let (a, b) = (call.input(0)?, call.input(1)?);
                let (op, params, domain) = choice(call)?;
                if out.is_none()
                    && let Some(result) = aligned(op, a, b, &params, domain)
                {
                    return result;
                }
                let common = if a.dtype() == b.dtype() && !a.is_wrapped() && !b.is_wrapped() { a.dtype() } else { result_type([a, b]) };
                let dtype = domain.apply(common);
                if dtype.size() == 2 && dtype.is_float() && (a.ndim() == 0) != (b.ndim() == 0) && KEEPS_SCALAR.contains(&op) {
                    return narrow_with_scalar(call, (op, params), dtype, out);
                }
                let resolved = op.resolve(dtype).ok_or_else(|| call.unsupported(common))?;
                if matches!(op, Binary::DivFloor | Binary::DivTrunc | Binary::Remainder | Binary::Fmod) && !dtype.is_float() {
                    refuse_zero_divisor(b, dtype)?;
                }
                finish(call, &[a, b], &[dtype, dtype], resolved, &params, out)
            }
            Formula::Ternary(op, params) => {
                let (a, b, c) = (call.input(0)?, call.input(1)?, call.input(2)?);
                if *op == Ternary::Where {
                    if a.dtype() != DType::Bool && a.dtype() != DType::U8 {
                        bail!(Runtime, "where expected condition to be a boolean tensor, but got a tensor with dtype {}", type_name(a.dtype()));
                    }
                    let dtype = result_type([b, c]);
                    let resolved = op.resolve(dtype).ok_or_else(|| call.unsupported(dtype))?;
                    return finish(call, &[a, b, c], &[DType::Bool, dtype, dtype], resolved, &params(call), out);
                }
                let dtype = result_type([a, b, c]);
                let resolved = op.resolve(dtype).ok_or_else(|| call.unsupported(dtype))?;
                finish(call, &[a, b, c], &[dtype, dtype, dtype], resolved, &params(call), out)
            }
        }
    }
}

/// Operations of half-precision tensors that take the value of a 0-d operand unrounded, as in PyTorch.
const KEEPS_SCALAR: [Binary; 5] = [Binary::Add, Binary::AddScaled, Binary::Sub, Binary::Mul, Binary::Div];

/// Computes in float32 and rounds the result only.
fn narrow_with_scalar(call: &Call, (op, params): (Binary, Params), dtype: DType, out: Option<(&Tensor, bool)>) -> Result<Tensor> {
    let resolved = op.resolve(DType::F32).ok_or_else(|| call.unsupported(dtype))?;
    let wide = finish(call, &[call.input(0)?, call.input(1)?], &[DType::F32, DType::F32], resolved, &params, out)?;
    if out.is_some() || wide.is_meta() && wide.dtype() == dtype { Ok(wide) } else { copy::cast(&wide, dtype) }
}

/// The common case without preparation: two row-major tensors of one shape and floating type.
#[inline]
fn aligned(op: Binary, a: &Tensor, b: &Tensor, params: &Params, domain: Domain) -> Option<Result<Tensor>> {
    let dtype = a.dtype();
    let same = dtype == b.dtype() && a.shape() == b.shape() && dtype.is_float() && !a.is_wrapped() && !b.is_wrapped();
    if !same || a.is_meta() || b.is_meta() || !a.is_contiguous() || !b.is_contiguous() || domain.apply(dtype) != dtype {
        return None;
    }
    let (kernel, result) = op.resolve(dtype)?;
    Some(Tensor::empty(a.shape(), result).inspect(|out| iter::run_contiguous(kernel, &[out, a, b], params)))
}

/// Whether `out` has the shape and the device of the result.
pub(super) fn fits(call: &Call, out: &Tensor) -> Result<bool> {
    let inputs: SmallVec<[Tensor; 3]> = call.tensors().cloned().collect();
    Ok(common_shape(&inputs)?.as_slice() == out.shape() && super::device_of(call)? == out.device())
}

/// A binary row without arguments on two small aligned tensors; `None` if the call is anything else.
#[inline]
pub(super) fn small(op: &'static super::Op, a: &Tensor, b: &Tensor) -> Option<Result<Tensor>> {
    let super::Rule::Elementwise(Formula::Binary(choice)) = &op.rule else { return None };
    if a.numel() > SMALL {
        return None;
    }
    let (formula, params, domain) = choice(&Call { op, inputs: &[], args: &[] }).ok()?;
    aligned(formula, a, b, &params, domain)
}

/// Elements below which neither releasing the interpreter lock nor turning an operand is worth it.
const SMALL: usize = 4096;

/// Looks at the divisor as the kernel sees it: 256 is zero among bytes.
fn refuse_zero_divisor(b: &Tensor, dtype: DType) -> Result<()> {
    if b.is_meta() {
        return Ok(());
    }
    let zeros = copy::cast(&copy::cast(b, dtype)?, DType::Bool)?.contiguous()?;
    if iter::slice::<bool>(&zeros)?.contains(&false) {
        bail!(Runtime, "ZeroDivisionError");
    }
    Ok(())
}

/// Converts the operands, makes or checks the result, runs the loop.
fn finish(
    call: &Call,
    operands: &[&Tensor],
    dtypes: &[DType],
    (kernel, result): (Loop, DType),
    params: &Params,
    out: Option<(&Tensor, bool)>,
) -> Result<Tensor> {
    let mut inputs: SmallVec<[Tensor; 3]> = SmallVec::new();
    for (x, &dtype) in operands.iter().zip(dtypes) {
        inputs.push(if x.dtype() == dtype { (*x).clone() } else { copy::cast(x, dtype)? });
    }
    let shape = common_shape(&inputs)?;
    let device = super::device_of(call)?;
    let Some((target, in_place)) = out else {
        let fresh = allocate(&inputs, &shape, result, device)?;
        if device == Device::Cpu {
            inputs.iter_mut().try_for_each(|x| turn(x, &fresh))?;
            execute(kernel, &fresh, &inputs, params);
        }
        return Ok(fresh);
    };
    if !can_cast(result, target.dtype()) {
        bail!(Runtime, "result type {} can't be cast to the desired output type {}", type_name(result), type_name(target.dtype()));
    }
    if target.shape() != shape.as_slice() {
        let what = if in_place { "output" } else { "out tensor" };
        bail!(Runtime, "{what} with shape {:?} doesn't match the broadcast shape {:?}", target.shape(), shape.as_slice());
    }
    if device == Device::Meta {
        return Ok(target.clone());
    }
    operands.iter().try_for_each(|x| copy::refuse_partial_overlap(target, x))?;
    if target.dtype() == result && inputs.iter().all(|x| !copy::overlaps_partly(target, x)) {
        execute(kernel, target, &inputs, params);
    } else {
        let fresh = allocate(&inputs, &shape, result, device)?;
        execute(kernel, &fresh, &inputs, params);
        copy::copy_into(target, &fresh)?;
    }
    Ok(target.clone())
}

fn common_shape(inputs: &[Tensor]) -> Result<Dims> {
    let mut shape = Dims::from_slice(inputs[0].shape());
    for x in &inputs[1..] {
        if x.shape() != shape.as_slice() {
            shape = broadcast(&shape, x.shape())?;
        }
    }
    Ok(shape)
}

/// A result with the memory order of the first operand that has its shape.
fn allocate(inputs: &[Tensor], shape: &[usize], dtype: DType, device: Device) -> Result<Tensor> {
    let model = inputs.iter().find(|x| x.shape() == shape && x.ndim() > 0);
    let layout = match model {
        Some(x) if !x.is_contiguous() => Layout { shape: Dims::from_slice(shape), strides: x.layout().dense_strides(), offset: 0 },
        _ => Layout::contiguous(shape),
    };
    Tensor::empty_layout(layout, dtype, device)
}

/// Brings a large operand of another order in memory into that of the result: block by block that is quicker than to step
/// through it in the result's order.
fn turn(x: &mut Tensor, result: &Tensor) -> Result<()> {
    if x.numel() < SMALL || x.shape() != result.shape() || x.strides() == result.strides() || !iter::is_transposed(result, x) {
        return Ok(());
    }
    let turned = Tensor::empty_layout(result.layout().clone(), x.dtype(), Device::Cpu)?;
    if iter::copy_transposed(&turned, x) {
        *x = turned;
    }
    Ok(())
}

fn execute(kernel: Loop, out: &Tensor, inputs: &[Tensor], params: &Params) {
    match inputs {
        [a] => iter::run(kernel, &[out, a], params),
        [a, b] => iter::run(kernel, &[out, a, b], params),
        [a, b, c] => iter::run(kernel, &[out, a, b, c], params),
        _ => {}
    }
}

/// `x += y` outside the graph and without counting a change: the engine's own sum of gradients.
pub(crate) fn add_in_place(x: &Tensor, y: &Tensor) -> Result<()> {
    let y = if y.dtype() == x.dtype() { y.clone() } else { copy::cast(y, x.dtype())? };
    if x.is_meta() {
        return Ok(());
    }
    if let Some((kernel, _)) = Binary::Add.resolve(x.dtype()) {
        iter::run(kernel, &[x, x, &y], &Params::default());
    }
    Ok(())
}
