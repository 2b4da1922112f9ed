//! Tensors from Python data: numbers, nested sequences, arrays.

use crate::args::{ints, number};
use crate::errors::OrRaise;
use crate::interop::{array_dtype, array_like, from_array};
use crate::tensor::tensor_of;
use pyo3::exceptions::*;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};
use rushlight_core::tensor::default_dtype;
use rushlight_core::{DType, Scalar, Tensor, iter, ops, promotion};
use rushlight_kernels::match_dtype;

const DEEPEST: usize = 128;

/// A fresh tensor with the given data.
pub fn from_data(data: &Bound<'_, PyAny>, dtype: Option<DType>) -> PyResult<Tensor> {
    if let Some(t) = tensor_of(data) {
        return copy(&t.detach().or_raise()?, dtype);
    }
    if data.is_instance_of::<PyString>() || data.is_instance_of::<PyBytes>() {
        return Err(invalid(data));
    }
    if let Some(array) = array_like(data)? {
        return copy(&from_array(&array)?, dtype);
    }
    let mut collected = Collected { values: Vec::new(), shape: sizes(data)?, dtype: None, typed: dtype.is_some() };
    collected.collect(data, 0)?;
    let out = Tensor::empty(&collected.shape, dtype.or(collected.dtype).unwrap_or_else(default_dtype)).or_raise()?;
    fill(&out, &collected.values)?;
    Ok(out)
}

fn copy(t: &Tensor, dtype: Option<DType>) -> PyResult<Tensor> {
    match dtype {
        Some(d) if d != t.dtype() => ops::copy::cast(t, d).or_raise(),
        _ => t.copied().or_raise(),
    }
}

fn invalid(obj: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("new(): invalid data type '{}'", type_name(obj)))
}

fn type_name(obj: &Bound<'_, PyAny>) -> String {
    obj.get_type().name().map(|n| n.to_string()).unwrap_or_default()
}

/// Something with a length and items by number that is not a tensor.
fn is_nested(obj: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a question about a living object.
    tensor_of(obj).is_none() && unsafe { ffi::PySequence_Check(obj.as_ptr()) } == 1
}

fn is_array(obj: &Bound<'_, PyAny>) -> bool {
    obj.get_type().name().is_ok_and(|n| n.to_str().is_ok_and(|n| n == "ndarray"))
}

/// The lengths along the first elements.
fn sizes(data: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let (mut shape, mut at) = (Vec::new(), data.clone());
    while is_nested(&at) {
        if is_array(&at) {
            shape.extend(at.getattr("shape")?.extract::<Vec<usize>>()?);
            break;
        }
        if shape.len() == DEEPEST {
            return Err(PyValueError::new_err(format!("too many dimensions '{}'", type_name(&at))));
        }
        let n = at.len()?;
        shape.push(n);
        if n == 0 {
            break;
        }
        at = at.get_item(0)?;
    }
    Ok(shape)
}

/// Numbers of a nested sequence in row-major order.
struct Collected {
    values: Vec<Scalar>,
    shape: Vec<usize>,
    /// The smallest dtype that holds all elements so far.
    dtype: Option<DType>,
    /// The caller named a dtype: that of the elements does not matter.
    typed: bool,
}

impl Collected {
    fn collect(&mut self, obj: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        if is_array(obj) {
            self.note(array_dtype(obj)?);
            return self.nested(&obj.call_method0("tolist")?, depth, false);
        }
        self.nested(obj, depth, true)
    }

    /// The elements of a sequence at some depth, or a number; `infer`: the elements have a say in the dtype.
    fn nested(&mut self, obj: &Bound<'_, PyAny>, depth: usize, infer: bool) -> PyResult<()> {
        let Some(&expected) = self.shape.get(depth) else {
            return self.push(obj, infer);
        };
        if !is_nested(obj) && tensor_of(obj).is_none() {
            return Err(PyTypeError::new_err("not a sequence"));
        }
        let n = obj.len()?;
        if n != expected {
            return Err(PyValueError::new_err(format!("expected sequence of length {expected} at dim {depth} (got {n})")));
        }
        for item in obj.try_iter()? {
            let item = item?;
            if infer { self.collect(&item, depth + 1)? } else { self.nested(&item, depth + 1, false)? }
        }
        Ok(())
    }

    fn push(&mut self, obj: &Bound<'_, PyAny>, infer: bool) -> PyResult<()> {
        let (value, dtype) = self.element(obj)?;
        if infer && !self.typed {
            self.note(dtype);
        }
        self.values.push(value);
        Ok(())
    }

    fn note(&mut self, dtype: DType) {
        self.dtype = Some(self.dtype.map_or(dtype, |d| if d == dtype { d } else { promotion::promote(d, dtype) }));
    }

    /// A number and the dtype it asks for.
    fn element(&self, obj: &Bound<'_, PyAny>) -> PyResult<(Scalar, DType)> {
        if let Ok(f) = obj.cast_exact::<PyFloat>() {
            return Ok((Scalar::Float(f.value()), default_dtype()));
        }
        if obj.is_exact_instance_of::<PyInt>() || obj.is_exact_instance_of::<PyBool>() {
            return plain(obj)?.ok_or_else(|| self.refuse(obj));
        }
        if let Some(t) = tensor_of(obj) {
            if t.numel() != 1 {
                return Err(match t.dtype().is_differentiable() {
                    true => PyValueError::new_err("only one element tensors can be converted to Python scalars"),
                    false => PyTypeError::new_err("only integer tensors of a single element can be converted to an index"),
                });
            }
            return Ok((t.item().or_raise()?, t.dtype()));
        }
        let of_numpy = obj.get_type().module().is_ok_and(|m| m.to_str().is_ok_and(|m| m == "numpy"));
        if of_numpy && obj.hasattr("dtype")? {
            return Ok((number(&obj.call_method0("item")?)?.ok_or_else(|| self.refuse(obj))?, array_dtype(obj)?));
        }
        if is_nested(obj) && !obj.is_instance_of::<pyo3::types::PyString>() {
            return Err(PyTypeError::new_err(format!("must be real number, not {}", type_name(obj))));
        }
        plain(obj)?.ok_or_else(|| self.refuse(obj))
    }

    fn refuse(&self, obj: &Bound<'_, PyAny>) -> PyErr {
        match self.typed {
            true => PyTypeError::new_err(format!("must be real number, not {}", type_name(obj))),
            false if obj.is_instance_of::<pyo3::types::PyString>() => PyTypeError::new_err("new(): invalid data type 'str'"),
            false => PyRuntimeError::new_err(format!("Could not infer dtype of {}", type_name(obj))),
        }
    }
}

/// A Python number.
fn plain(obj: &Bound<'_, PyAny>) -> PyResult<Option<(Scalar, DType)>> {
    let found = number(obj).map_err(|e| if e.is_instance_of::<PyOverflowError>(obj.py()) { overflow() } else { e })?;
    Ok(found.map(|s| (s, if matches!(s, Scalar::UInt(_)) { DType::I64 } else { s.dtype(default_dtype()) })))
}

fn overflow() -> PyErr {
    PyValueError::new_err("Overflow when unpacking long long: the integer does not fit 64 bits")
}

/// Writes the values, each of which must fit.
fn fill(out: &Tensor, values: &[Scalar]) -> PyResult<()> {
    let dtype = out.dtype();
    for &v in values {
        check(v, dtype)?;
    }
    match_dtype!(dtype, T => {
        for (slot, v) in iter::slice_mut::<T>(out).or_raise()?.iter_mut().zip(values) {
            *slot = v.to::<T>();
        }
    });
    Ok(())
}

fn check(v: Scalar, dtype: DType) -> PyResult<()> {
    match v {
        Scalar::Complex(..) if !dtype.is_complex() && dtype != DType::Bool => Err(PyTypeError::new_err("can't convert complex to float")),
        Scalar::UInt(_) if dtype == DType::I64 => Err(overflow()),
        Scalar::Int(i) if dtype.is_int() && !fits(i, dtype) => Err(too_large(dtype)),
        Scalar::Float(f) if dtype.is_int() && !(f.is_finite() && f.abs() < 9.3e18 && fits(f as i64, dtype)) => Err(too_large(dtype)),
        _ => Ok(()),
    }
}

fn fits(i: i64, dtype: DType) -> bool {
    match dtype {
        // As PyTorch: the negative numbers of the signed byte wrap.
        DType::U8 => (-128..=255).contains(&i),
        DType::I8 => i8::try_from(i).is_ok(),
        DType::I16 => i16::try_from(i).is_ok(),
        DType::I32 => i32::try_from(i).is_ok(),
        DType::U16 => u16::try_from(i).is_ok(),
        DType::U32 => u32::try_from(i).is_ok(),
        _ => true,
    }
}

fn too_large(dtype: DType) -> PyErr {
    PyRuntimeError::new_err(format!("value cannot be converted to type {} without overflow", dtype.name()))
}

/// `torch.Tensor(...)`: sizes give uninitialised memory, data gives copies of the default dtype, a tensor an alias.
pub fn legacy(args: &Bound<'_, PyTuple>) -> PyResult<Tensor> {
    let Ok(first) = args.get_item(0) else { return Tensor::empty(&[0], default_dtype()).or_raise() };
    if let Some(t) = tensor_of(&first) {
        return t.detach().or_raise();
    }
    let of_size = first.get_type().name()?.to_str()? == "Size";
    let listed = if of_size { Some(first.extract::<Vec<i64>>()?) } else { ints(args.as_any())?.map(|sizes| sizes.to_vec()) };
    if let Some(sizes) = listed {
        let shape: Result<Vec<usize>, _> = sizes.iter().map(|&n| usize::try_from(n)).collect();
        let shape = shape.map_err(|_| PyRuntimeError::new_err(format!("Trying to create tensor with negative dimension: {sizes:?}")))?;
        return Tensor::empty(&shape, default_dtype()).or_raise();
    }
    if !is_nested(&first) && !first.is_instance_of::<PyList>() {
        return Err(PyTypeError::new_err(format!("new(): data must be a sequence (got {})", type_name(&first))));
    }
    from_data(&first, Some(default_dtype()))
}
