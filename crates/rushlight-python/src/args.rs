//! From Python arguments to the operands and arguments of a row.

use crate::tensor::{PyTensor, tensor_of};
use crate::types::{PyMemoryFormat, extract_device, extract_dtype};
use pyo3::Borrowed;
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyTypeError, PyUserWarning};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple};
use rushlight_core::ops::schema::{Param, Signature, Type};
use rushlight_core::ops::{Arg, Args, Inputs};
use rushlight_core::{Scalar, Tensor};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::ffi::CString;

/// A Python number, a NumPy scalar, or None.
pub fn number(obj: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if obj.is_instance_of::<PyBool>() {
        return Ok(Some(Scalar::Bool(obj.is_truthy()?)));
    }
    if obj.is_instance_of::<PyInt>() {
        return integer(obj).map(Some);
    }
    if obj.is_instance_of::<PyFloat>() {
        return Ok(Some(Scalar::Float(obj.extract()?)));
    }
    if obj.is_none() || is_sequence(obj) || obj.is_instance_of::<PyString>() || obj.is_instance_of::<PyTensor>() {
        return Ok(None);
    }
    if let Ok(c) = obj.cast::<PyComplex>() {
        use pyo3::types::PyComplexMethods;
        return Ok(Some(Scalar::Complex(c.real(), c.imag())));
    }
    if is_numpy_scalar(obj) {
        return number(&obj.call_method0("item")?);
    }
    // Objects that stand for integers, such as an enumeration's members; arrays stand for themselves.
    if obj.hasattr("__index__")? && !obj.hasattr("__array_interface__")? {
        return integer(&obj.call_method0("__index__")?).map(Some);
    }
    Ok(None)
}

fn integer(obj: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    match obj.extract::<i64>() {
        Ok(i) => Ok(Scalar::Int(i)),
        Err(_) => {
            obj.extract::<u64>().map(Scalar::UInt).map_err(|_| PyOverflowError::new_err("Overflow when unpacking long: the integer does not fit 64 bits"))
        }
    }
}

/// An object of one of NumPy's scalar types.
fn is_numpy_scalar(obj: &Bound<'_, PyAny>) -> bool {
    let ty = obj.get_type();
    let of_numpy = ty.module().is_ok_and(|m| m.to_str().is_ok_and(|m| m == "numpy"));
    of_numpy && ty.name().is_ok_and(|n| n.to_str().is_ok_and(|n| n != "ndarray")) && obj.hasattr("item").unwrap_or(false)
}

/// An integer: a number, a NumPy scalar, or a tensor with one integral element.
pub fn int(obj: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if let Some(t) = tensor_of(obj) {
        return Ok(if t.numel() == 1 && !t.dtype().is_differentiable() && !t.is_meta() { t.item().ok().map(Scalar::to_i64) } else { None });
    }
    match number(obj)? {
        Some(Scalar::Int(i)) => Ok(Some(i)),
        Some(Scalar::Bool(b)) => Ok(Some(b as i64)),
        _ => Ok(None),
    }
}

/// A list of integers.
pub fn ints(obj: &Bound<'_, PyAny>) -> PyResult<Option<SmallVec<[i64; 4]>>> {
    if !obj.is_instance_of::<PyTuple>() && !obj.is_instance_of::<PyList>() {
        return Ok(None);
    }
    let mut out = SmallVec::new();
    for item in obj.try_iter()? {
        match int(&item?)? {
            Some(i) => out.push(i),
            None => return Ok(None),
        }
    }
    Ok(Some(out))
}

/// The arguments of one call by parameter; borrowed from the interpreter.
pub struct Given<'a, 'py> {
    /// One slot per parameter.
    pub slots: SmallVec<[Option<Borrowed<'a, 'py, PyAny>>; 8]>,
    /// Integers given one by one for a last parameter that takes a list (`x.view(2, 3)`); empty if it got a list.
    rest: &'a [Borrowed<'a, 'py, PyAny>],
    signature: &'a Signature,
}

/// An argument given by name.
pub type Keyword<'a, 'py> = (&'a str, Borrowed<'a, 'py, PyAny>);

fn wrong_type(signature: &Signature, i: usize, obj: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let param = &signature.params[i];
    let name = if param.name == "self" { "input" } else { param.name };
    let found = obj.get_type().name().map(|n| n.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{}(): argument '{name}' (position {}) must be {expected}, not {found}", signature.name, i + 1))
}

/// Operations whose factors once stood before their tensors: `x.add_(0.5, y)`, `addmm(2, c, 3, a, b)`.
const NUMBERS_FIRST: [&str; 6] = ["add", "addcdiv", "addcmul", "addmm", "baddbmm", "sub"];

/// The parameters of positional arguments in the order of PyTorch's first releases, which warns and still takes them.
fn numbers_first(signature: &Signature, positional: &[Borrowed<'_, '_, PyAny>]) -> PyResult<Option<SmallVec<[usize; 8]>>> {
    let of = |keyword_only: bool| signature.params.iter().enumerate().filter(move |(_, p)| p.keyword_only == keyword_only).map(|(i, _)| i);
    if positional.len() <= of(false).count() || !NUMBERS_FIRST.contains(&signature.name) {
        return Ok(None);
    }
    let (mut tensors, mut numbers) = (of(false), of(true));
    let placed = positional.iter().map(|x| if x.is_instance_of::<PyTensor>() { tensors.next() } else { numbers.next() });
    let order: Option<SmallVec<[usize; 8]>> = placed.collect();
    if order.is_some() && tensors.next().is_none() {
        let text = format!("This overload of {0} is deprecated: give the factors by name, {0}(..., alpha=...), after the tensors.", signature.name);
        PyErr::warn(positional[0].py(), &positional[0].py().get_type::<PyUserWarning>(), &CString::new(text)?, 1)?;
        return Ok(order);
    }
    Ok(None)
}

fn type_text(ty: Type) -> &'static str {
    match ty {
        Type::Tensor => "Tensor",
        Type::Tensors => "tuple of Tensors",
        Type::Operand => "Tensor or Number",
        Type::Scalar => "Number",
        Type::Int => "int",
        Type::Float => "float",
        Type::Bool => "bool",
        Type::Str => "str",
        Type::DType => "torch.dtype",
        Type::Device => "torch.device",
        Type::Format => "torch.memory_format",
        Type::Ints | Type::Rest => "tuple of ints",
        Type::Floats => "tuple of floats",
    }
}

impl<'a, 'py> Given<'a, 'py> {
    /// Puts positional and keyword arguments into their slots.
    pub fn bind(signature: &'a Signature, positional: &'a [Borrowed<'a, 'py, PyAny>], keywords: &[Keyword<'a, 'py>]) -> PyResult<Self> {
        let mut slots: SmallVec<[Option<Borrowed<'a, 'py, PyAny>>; 8]> = SmallVec::from_elem(None, signature.params.len());
        let (mut next, mut rest) = (0, &positional[..0]);
        if let Some(order) = numbers_first(signature, positional)? {
            order.iter().zip(positional).for_each(|(&i, &value)| slots[i] = Some(value));
            next = positional.len();
        }
        while next < positional.len() {
            let Some(param) = signature.params.get(next).filter(|p| !p.keyword_only) else {
                return Err(PyTypeError::new_err(format!("{}() takes {next} positional arguments but {} were given", signature.name, positional.len())));
            };
            slots[next] = Some(positional[next]);
            if param.ty == Type::Rest && !is_sequence(&positional[next]) {
                rest = &positional[next..];
                break;
            }
            next += 1;
        }
        for &(name, value) in keywords {
            let Some(i) = find(signature, name) else {
                return Err(PyTypeError::new_err(format!("{}() got an unexpected keyword argument '{name}'", signature.name)));
            };
            if slots[i].is_some() {
                return Err(PyTypeError::new_err(format!("{}() got multiple values for argument '{name}'", signature.name)));
            }
            slots[i] = Some(value);
        }
        Ok(Given { slots, rest, signature })
    }

    /// Converts every slot.
    pub fn convert(&self) -> PyResult<(Inputs, Args)> {
        let (mut inputs, mut args) = (Inputs::new(), Args::new());
        for (i, param) in self.signature.params.iter().enumerate() {
            match &self.slots[i] {
                Some(obj) if !(obj.is_none() && (param.optional || param.default == Some(Arg::None))) => {
                    if param.ty.is_tensor() {
                        self.operand(i, param, obj, &mut inputs)?
                    } else {
                        args.push(self.argument(i, param, obj)?)
                    }
                }
                _ => match &param.default {
                    Some(_) if param.ty.is_tensor() => inputs.push(None),
                    Some(default) => args.push(default.clone()),
                    None if param.optional && param.ty.is_tensor() => inputs.push(None),
                    None if param.optional => args.push(Arg::None),
                    None => {
                        let name = if param.name == "self" { "input" } else { param.name };
                        return Err(PyTypeError::new_err(format!("{}() missing 1 required positional arguments: \"{name}\"", self.signature.name)));
                    }
                },
            }
        }
        self.check_some_tensor(&inputs)?;
        Ok((inputs, args))
    }

    /// Operations of two operands take a number for one of them only.
    fn check_some_tensor(&self, inputs: &Inputs) -> PyResult<()> {
        let takes_numbers = self.signature.params.first().is_some_and(|p| p.ty == Type::Operand);
        if takes_numbers && inputs.iter().flatten().all(Tensor::is_wrapped) {
            let types: Vec<String> = self.slots.iter().flatten().map(|o| o.get_type().name().map(|n| n.to_string())).collect::<PyResult<_>>()?;
            return Err(PyTypeError::new_err(format!(
                "{}() received an invalid combination of arguments - got ({}), but expected at least one Tensor",
                self.signature.name,
                types.join(", ")
            )));
        }
        Ok(())
    }

    fn operand(&self, i: usize, param: &Param, obj: &Bound<'py, PyAny>, inputs: &mut Inputs) -> PyResult<()> {
        if let Some(t) = tensor_of(obj).filter(|_| param.ty != Type::Tensors) {
            inputs.push(Some(t));
            return Ok(());
        }
        match param.ty {
            Type::Operand => match number(obj)? {
                Some(s) => inputs.push(Some(wrapped(s)?)),
                None => return Err(wrong_type(self.signature, i, obj, "Tensor")),
            },
            Type::Tensors if is_sequence(obj) => {
                for item in obj.try_iter()? {
                    let item = item?;
                    match tensor_of(&item) {
                        Some(t) => inputs.push(Some(t)),
                        None if item.is_none() => inputs.push(None),
                        None => {
                            let found = item.get_type().name()?;
                            return Err(PyTypeError::new_err(format!(
                                "expected Tensor as element of argument '{}' of {}(), but got {found}",
                                param.name, self.signature.name
                            )));
                        }
                    }
                }
            }
            _ => return Err(wrong_type(self.signature, i, obj, type_text(param.ty))),
        }
        Ok(())
    }

    fn argument(&self, i: usize, param: &Param, obj: &Bound<'py, PyAny>) -> PyResult<Arg> {
        let refuse = || wrong_type(self.signature, i, obj, type_text(param.ty));
        Ok(match param.ty {
            Type::Int if param.name == "start" && tensor_of(obj).is_some_and(|t| t.ndim() > 0 || !t.dtype().is_int()) => {
                return Err(PyRuntimeError::new_err(format!("{}(): start must be an 0-dim integral Tensor.", self.signature.name)));
            }
            Type::Int => Arg::from(int(obj)?.ok_or_else(refuse)?),
            Type::Bool if obj.is_instance_of::<PyBool>() => Arg::from(obj.is_truthy()?),
            Type::Bool => Arg::from(number(obj)?.ok_or_else(refuse)?.to_i64() != 0),
            Type::Float | Type::Scalar => Arg::Scalar(scalar(obj)?.ok_or_else(refuse)?),
            Type::Rest if !self.rest.is_empty() => {
                let listed = self.rest.iter().map(|item| int(item)?.ok_or_else(refuse));
                Arg::Ints(listed.collect::<PyResult<_>>()?)
            }
            Type::Ints | Type::Rest => match ints(obj)? {
                Some(list) => Arg::Ints(list),
                None => Arg::ints(&[int(obj)?.ok_or_else(refuse)?]),
            },
            Type::Floats => Arg::Floats(obj.extract::<Vec<f64>>().map_err(|_| refuse())?),
            Type::DType => Arg::DType(extract_dtype(obj).ok_or_else(refuse)?),
            Type::Device => Arg::Device(extract_device(obj)?),
            Type::Format => Arg::Format(obj.cast::<PyMemoryFormat>().map_err(|_| refuse())?.get().0),
            Type::Str => Arg::Str(Cow::Owned(obj.cast::<PyString>().map_err(|_| refuse())?.to_string())),
            Type::Tensor | Type::Tensors | Type::Operand => return Err(refuse()),
        })
    }
}

/// A number or the value of a one-element tensor.
pub fn scalar(obj: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    match tensor_of(obj) {
        Some(t) if t.numel() == 1 => t.item().map(Some).map_err(crate::errors::raise),
        Some(_) => Ok(None),
        None => number(obj),
    }
}

pub fn wrapped(s: Scalar) -> PyResult<Tensor> {
    Tensor::wrapped(s).map_err(crate::errors::raise)
}

/// Sizes given one by one or as one sequence, or by the name `size`.
pub fn by_name<'py>(listed: &Bound<'py, PyTuple>, named: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyTuple>> {
    match named {
        Some(_) if !listed.is_empty() => Err(PyTypeError::new_err("got multiple values for argument 'size'")),
        Some(size) => PyTuple::new(listed.py(), [size]),
        None => Ok(listed.clone()),
    }
}

pub fn is_sequence(obj: &Bound<'_, PyAny>) -> bool {
    obj.is_instance_of::<PyTuple>() || obj.is_instance_of::<PyList>()
}

/// The parameter of a name; NumPy's and PyTorch's second names are understood.
fn find(signature: &Signature, name: &str) -> Option<usize> {
    let position = |n: &str| signature.params.iter().position(|p| p.name == n);
    position(name).or_else(|| match name {
        "input" => position("self"),
        "x" | "a" | "x1" => position("self").filter(|&i| i == 0),
        "axis" => position("dim"),
        "keepdims" => position("keepdim"),
        "x2" => position("other"),
        "size" => position("shape"),
        "value" => position("src"),
        _ => None,
    })
}
