//! The operators of Python on tensors.

use super::{PyTensor, tensor_of, wrap, wrap_fresh};
use crate::args::{number, wrapped};
use crate::errors::OrRaise;
use crate::override_;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use rushlight_core::ops::elementwise::binary::*;
use rushlight_core::ops::elementwise::unary::{ABS, BITWISE_NOT, NEG};
use rushlight_core::ops::matmul::MATMUL;
use rushlight_core::ops::{self, Inputs, Op};
use rushlight_core::{DType, Tensor};
use smallvec::smallvec;

/// A second operand of an operator: a tensor, a number, or something the operator does not know.
pub(super) fn operand(obj: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    match tensor_of(obj) {
        Some(t) => Ok(Some(t)),
        None => number(obj)?.map(wrapped).transpose(),
    }
}

/// Runs a binary operator; `NotImplemented` lets Python try the other operand.
fn binary<'py>(slf: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>, op: &'static Op, name: &str, swapped: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    if let Some(out) = override_::intercept_method(slf, name, &[other])? {
        return Ok(out);
    }
    if !swapped
        && let (Ok(a), Ok(b)) = (slf.cast::<PyTensor>(), other.cast::<PyTensor>())
        && let Some(out) = ops::quick(op, a.get().get_tensor(), b.get().get_tensor())
    {
        return wrap_fresh(py, out.or_raise()?);
    }
    let Some(a) = tensor_of(slf) else { return Ok(py.NotImplemented().into_bound(py)) };
    let Some(b) = operand(other)? else { return foreign(slf, other, name, swapped) };
    let elements = a.numel().max(b.numel());
    let (a, b) = if swapped { (b, a) } else { (a, b) };
    let inputs: Inputs = smallvec![Some(a), Some(b)];
    let out = crate::dispatch::unlocked(py, elements, move || ops::call(op, inputs, Default::default())).or_raise()?;
    match out.into_iter().next() {
        Some(x) => wrap(py, x),
        None => Err(PyRuntimeError::new_err("operator without result")),
    }
}

/// `@`, which knows no numbers.
fn matmul<'py>(slf: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>, name: &str, swapped: bool) -> PyResult<Bound<'py, PyAny>> {
    match other.is_instance_of::<PyTensor>() {
        true => binary(slf, other, &MATMUL, name, swapped),
        false => foreign(slf, other, name, swapped),
    }
}

/// The sign of an operator that neither a string nor None takes from the right.
fn sign(name: &str) -> Option<&'static str> {
    Some(match name {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "__floordiv__" => "//",
        "pow" => "** or pow()",
        "matmul" => "@",
        "lt" => "<",
        "le" => "<=",
        "gt" => ">",
        "ge" => ">=",
        _ => return None,
    })
}

/// A NumPy array as the other operand becomes a tensor; anything else is Python's to decide.
fn foreign<'py>(slf: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>, name: &str, swapped: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let is_array = other.get_type().name().is_ok_and(|n| n.to_str().is_ok_and(|n| n == "ndarray"));
    if let Some(sign) = sign(name).filter(|_| !swapped && (other.is_none() || other.is_instance_of::<pyo3::types::PyString>())) {
        let (left, right) = (slf.get_type().name()?, other.get_type().name()?);
        let text = match sign {
            "<" | "<=" | ">" | ">=" => format!("'{sign}' not supported between instances of '{left}' and '{right}'"),
            _ => format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'"),
        };
        return Err(PyTypeError::new_err(text));
    }
    if is_array {
        let converted = wrap(py, crate::interop::from_array(other)?)?;
        return slf.call_method1(name, (converted,));
    }
    Ok(py.NotImplemented().into_bound(py))
}

fn in_place<'py>(slf: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>, op: &'static Op, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(out) = override_::intercept_method(slf, name, &[other])? {
        return Ok(Some(out));
    }
    let (Some(a), Some(b)) = (tensor_of(slf), operand(other)?) else {
        return Err(PyTypeError::new_err(format!("unsupported operand type(s) for {name}: 'Tensor' and '{}'", other.get_type().name()?)));
    };
    let (elements, inputs): (usize, Inputs) = (a.numel(), smallvec![Some(a), Some(b)]);
    crate::dispatch::unlocked(slf.py(), elements, move || ops::call_in_place(op, inputs, Default::default()).map(drop)).or_raise()?;
    Ok(None)
}

fn unary<'py>(slf: &Bound<'py, PyAny>, op: &'static Op, name: &str) -> PyResult<Bound<'py, PyAny>> {
    if let Some(out) = override_::intercept_method(slf, name, &[])? {
        return Ok(out);
    }
    let x = slf.cast::<PyTensor>()?.get().get_tensor().clone();
    wrap(slf.py(), ops::call1(op, &[&x], &[]).or_raise()?)
}

#[pymethods]
impl PyTensor {
    fn __add__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &ADD, "add", false)
    }

    fn __radd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &ADD, "add", true)
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &SUB, "sub", false)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &SUB, "__rsub__", true)
    }

    fn __mul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &MUL, "mul", false)
    }

    fn __rmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &MUL, "mul", true)
    }

    fn __truediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &DIV, "div", false)
    }

    fn __rtruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &DIV, "__rtruediv__", true)
    }

    fn __floordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &FLOOR_DIVIDE, "__floordiv__", false)
    }

    fn __rfloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &FLOOR_DIVIDE, "__rfloordiv__", true)
    }

    fn __mod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &REMAINDER, "remainder", false)
    }

    fn __rmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &REMAINDER, "__rmod__", true)
    }

    fn __matmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        matmul(slf.as_any(), other, "matmul", false)
    }

    fn __rmatmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        matmul(slf.as_any(), other, "__rmatmul__", true)
    }

    fn __and__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_AND, "__and__", false)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_AND, "bitwise_and", true)
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_OR, "__or__", false)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_OR, "bitwise_or", true)
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_XOR, "__xor__", false)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_XOR, "bitwise_xor", true)
    }

    fn __lshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_LEFT_SHIFT, "__lshift__", false)
    }

    fn __rlshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_LEFT_SHIFT, "__rlshift__", true)
    }

    fn __rshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_RIGHT_SHIFT, "__rshift__", false)
    }

    fn __rrshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &BITWISE_RIGHT_SHIFT, "__rrshift__", true)
    }

    fn __iadd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &ADD, "add_").map(drop)
    }

    fn __isub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &SUB, "sub_").map(drop)
    }

    fn __imul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &MUL, "mul_").map(drop)
    }

    fn __itruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &DIV, "div_").map(drop)
    }

    fn __ifloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &FLOOR_DIVIDE, "floor_divide_").map(drop)
    }

    fn __imod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &REMAINDER, "remainder_").map(drop)
    }

    fn __iand__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &BITWISE_AND, "__iand__").map(drop)
    }

    fn __ior__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &BITWISE_OR, "__ior__").map(drop)
    }

    fn __ixor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &BITWISE_XOR, "__ixor__").map(drop)
    }

    fn __pow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &POW, "pow", false)
    }

    fn __rpow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &POW, "__rpow__", true)
    }

    fn __ipow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        in_place(slf.as_any(), other, &POW, "pow_").map(drop)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().get_tensor().dtype() == DType::Bool {
            return Err(PyNotImplementedError::new_err(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
            ));
        }
        unary(slf.as_any(), &NEG, "neg")
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        if slf.get().get_tensor().dtype() == DType::Bool {
            return Err(PyNotImplementedError::new_err("The `+` operator, on a bool tensor is not supported."));
        }
        Ok(slf.clone())
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        unary(slf.as_any(), &ABS, "abs")
    }

    fn __invert__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().get_tensor().dtype().is_differentiable() {
            return Err(PyTypeError::new_err("~ (operator.invert) is only implemented on integer and Boolean-type tensors"));
        }
        unary(slf.as_any(), &BITWISE_NOT, "__invert__")
    }

    fn __richcmp__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, compare: pyo3::basic::CompareOp) -> PyResult<Bound<'py, PyAny>> {
        use pyo3::basic::CompareOp::*;
        let (row, name): (&'static Op, _) = match compare {
            Eq => (&EQ, "__eq__"),
            Ne => (&NE, "ne"),
            Lt => (&LT, "lt"),
            Le => (&LE, "le"),
            Gt => (&GT, "gt"),
            Ge => (&GE, "ge"),
        };
        binary(slf.as_any(), other, row, name, false)
    }
}
