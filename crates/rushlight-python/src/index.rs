//! `x[key]` and `x[key] = value`: basic indexing as views, index tensors through the index rows.

use crate::args::{int, is_sequence, number, wrapped};
use crate::errors::{OrRaise, raise};
use crate::tensor::tensor_of;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PyRange, PySequence, PySlice, PyTuple};
use rushlight_core::ops::{self, Arg, Inputs};
use rushlight_core::{DType, Tensor};
use smallvec::smallvec;
use std::ffi::CStr;

/// What a key asks for: a view, and index tensors for some of its dimensions.
struct Plan {
    view: Tensor,
    indices: Vec<Option<Tensor>>,
}

/// One element of a key.
enum Part<'py> {
    Int(i64),
    Slice(Bound<'py, PySlice>),
    NewAxis,
    Ellipsis,
    Index(Tensor),
    Bool(bool),
}

fn parts<'py>(key: &Bound<'py, PyAny>) -> PyResult<Vec<Part<'py>>> {
    match key.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().map(|k| part(&k)).collect(),
        Err(_) if lists_dimensions(key)? => key.try_iter()?.map(|k| part(&k?)).collect(),
        Err(_) => Ok(vec![part(key)?]),
    }
}

/// Lists this long are indices of one dimension, whatever they hold.
const LONG_LIST: usize = 32;

const LIST_AS_TUPLE: &CStr = c"Using a non-tuple sequence for multidimensional indexing is deprecated: use x[tuple(seq)] instead of x[seq].";

/// Whether a list is taken for the tuple of its elements, as in NumPy's first releases: one of them is no number.
fn lists_dimensions(key: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Ok(list) = key.cast::<PyList>() else { return Ok(false) };
    let no_number = |k: &Bound<'_, PyAny>| {
        let part = k.is_none() || k.is_instance_of::<PyEllipsis>() || k.is_instance_of::<PySlice>();
        part || tensor_of(k).is_some() || k.cast::<PySequence>().is_ok() || k.hasattr("__array_interface__").is_ok_and(|yes| yes) && k.len().is_ok()
    };
    let found = list.len() < LONG_LIST && list.iter().any(|k| no_number(&k));
    if found {
        PyErr::warn(key.py(), &key.py().get_type::<PyUserWarning>(), LIST_AS_TUPLE, 1)?;
    }
    Ok(found)
}

fn part<'py>(key: &Bound<'py, PyAny>) -> PyResult<Part<'py>> {
    if key.is_none() {
        return Ok(Part::NewAxis);
    }
    if key.is_instance_of::<PyEllipsis>() {
        return Ok(Part::Ellipsis);
    }
    if let Ok(s) = key.cast::<PySlice>() {
        return Ok(Part::Slice(s.clone()));
    }
    if key.is_instance_of::<PyBool>() {
        return Ok(Part::Bool(key.is_truthy()?));
    }
    if key.is_instance_of::<PyInt>() {
        return key.extract().map(Part::Int).map_err(|_| PyIndexError::new_err(format!("index {key} is out of bounds")));
    }
    if let Some(t) = tensor_of(key) {
        if t.ndim() == 0 && !t.is_meta() && t.dtype().is_int() {
            return Ok(Part::Int(t.item().or_raise()?.to_i64()));
        }
        if t.dtype().is_differentiable() {
            return Err(PyIndexError::new_err("tensors used as indices must be long, int, byte or bool tensors"));
        }
        return Ok(Part::Index(t));
    }
    if is_sequence(key) || key.is_instance_of::<PyRange>() || key.hasattr("__array_interface__")? {
        let t = crate::data::from_data(key, None)?;
        let t = if t.numel() == 0 && t.dtype().is_differentiable() { ops::copy::cast(&t, DType::I64).or_raise()? } else { t };
        if t.dtype().is_differentiable() {
            return Err(PyIndexError::new_err("tensors used as indices must be long, int, byte or bool tensors"));
        }
        return Ok(if t.ndim() == 0 && t.dtype().is_int() { Part::Int(t.item().or_raise()?.to_i64()) } else { Part::Index(t) });
    }
    if let Some(i) = int(key)? {
        return Ok(Part::Int(i));
    }
    Err(PyIndexError::new_err(format!(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {})",
        key.get_type().name()?
    )))
}

/// Applies the basic parts as views and lines the index tensors up with the dimensions that are left.
fn plan(x: Tensor, key: &Bound<'_, PyAny>) -> PyResult<Plan> {
    let parts = parts(key)?;
    let used: usize = parts
        .iter()
        .map(|p| match p {
            Part::Int(_) | Part::Slice(_) => 1,
            Part::Index(t) if matches!(t.dtype(), DType::Bool | DType::U8) => t.ndim(),
            Part::Index(_) => 1,
            _ => 0,
        })
        .sum();
    if used > 0 && x.ndim() == 0 && !parts.iter().any(|p| matches!(p, Part::Index(_))) {
        return Err(PyIndexError::new_err(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
        ));
    }
    if used > x.ndim() {
        return Err(PyIndexError::new_err(format!("too many indices for tensor of dimension {}", x.ndim())));
    }
    let mut view = x.clone();
    let mut dim = 0usize;
    let mut indices: Vec<Option<Tensor>> = Vec::new();
    let mut seen_ellipsis = false;
    for p in parts {
        match p {
            Part::Int(i) => view = view.select(dim as i64, i).map_err(|e| select_error(e, i, dim, &view))?,
            Part::Slice(s) => {
                view = slice(&view, dim, &s)?;
                dim += 1;
            }
            Part::NewAxis => {
                view = view.unsqueeze(dim as i64).or_raise()?;
                dim += 1;
            }
            Part::Ellipsis if seen_ellipsis => return Err(PyIndexError::new_err("an index can only have a single ellipsis ('...')")),
            Part::Ellipsis => {
                seen_ellipsis = true;
                dim += x.ndim() - used;
            }
            Part::Bool(b) => {
                view = view.unsqueeze(dim as i64).or_raise()?;
                place(&mut indices, dim, Tensor::of(&[b], &[1]).or_raise()?);
                dim += 1;
            }
            Part::Index(t) => {
                let takes = if matches!(t.dtype(), DType::Bool | DType::U8) { t.ndim() } else { 1 };
                if takes == 0 {
                    view = view.unsqueeze(dim as i64).or_raise()?;
                    place(&mut indices, dim, t.reshape(&[1]).or_raise()?);
                    dim += 1;
                } else {
                    place(&mut indices, dim, t);
                    dim += takes;
                }
            }
        }
    }
    Ok(Plan { view, indices })
}

fn select_error(e: rushlight_core::Error, index: i64, dim: usize, x: &Tensor) -> PyErr {
    if x.ndim() == 0 {
        return PyIndexError::new_err(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
        );
    }
    match x.shape().get(dim) {
        Some(n) => PyIndexError::new_err(format!("index {index} is out of bounds for dimension {dim} with size {n}")),
        None => raise(e),
    }
}

/// Index tensors by dimension of the view; a mask over several dimensions stands at its first.
fn place(indices: &mut Vec<Option<Tensor>>, dim: usize, t: Tensor) {
    // Masks of several dimensions occupy one entry; entries are aligned by inserting for each dimension before it.
    let covered: usize = indices.iter().map(|e| e.as_ref().map_or(1, |t| if matches!(t.dtype(), DType::Bool | DType::U8) { t.ndim().max(1) } else { 1 })).sum();
    for _ in covered..dim {
        indices.push(None);
    }
    indices.push(Some(t));
}

fn slice(x: &Tensor, dim: usize, s: &Bound<'_, PySlice>) -> PyResult<Tensor> {
    let bound = |name: &str| -> PyResult<Arg> {
        let v = s.getattr(name)?;
        if v.is_none() {
            return Ok(Arg::None);
        }
        match int(&v) {
            Ok(Some(i)) => Ok(Arg::from(i)),
            Ok(None) => Err(PyTypeError::new_err("slice indices must be integers or None or have an __index__ method")),
            // Integers beyond 64 bits are clipped, as Python clips them.
            Err(_) => Ok(Arg::from(if v.lt(0)? { i64::MIN / 2 } else { i64::MAX })),
        }
    };
    if x.ndim() <= dim {
        return Err(PyIndexError::new_err("slice() cannot be applied to a 0-dim tensor."));
    }
    let step = match bound("step")? {
        Arg::None => Arg::from(1i64),
        other => other,
    };
    if matches!(&step, Arg::Scalar(v) if v.to_i64() <= 0) {
        return Err(PyValueError::new_err("step must be greater than zero"));
    }
    let (start, stop) = (bound("start")?, bound("stop")?);
    if start == Arg::None && stop == Arg::None && step == Arg::from(1i64) {
        return ops::call1(&ops::view::ALIAS, &[x], &[]).or_raise();
    }
    ops::call1(&ops::view::SLICE, &[x], &[Arg::from(dim as i64), start, stop, step]).or_raise()
}

/// `x[key]`.
pub fn get(x: Tensor, key: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    let plan = plan(x.clone(), key)?;
    if plan.indices.is_empty() {
        return if plan.view.is(&x) { ops::call1(&ops::view::ALIAS, &[&x], &[]).or_raise() } else { Ok(plan.view) };
    }
    let mut inputs: Inputs = smallvec![Some(plan.view)];
    inputs.extend(plan.indices);
    let out = crate::dispatch::unlocked(key.py(), x.numel(), || ops::call(&ops::index::advanced::INDEX, inputs, smallvec![])).or_raise()?;
    out.into_iter().next().ok_or_else(|| PyRuntimeError::new_err("index: no result"))
}

/// `x[key] = value`.
pub fn set(x: Tensor, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let value = match tensor_of(value) {
        Some(t) => t,
        None => match number(value)? {
            Some(s) => {
                let number = wrapped(s)?;
                number.item().and_then(|n| n.check_fits(x.dtype())).or_raise()?;
                ops::copy::cast(&number, x.dtype()).or_raise()?
            }
            None if value.hasattr("__array_interface__")? || value.is_instance_of::<PyList>() => crate::data::from_data(value, None)?,
            None => return Err(PyTypeError::new_err(format!("can't assign a {} to a torch.{}Tensor", value.get_type().name()?, ops::type_name(x.dtype())))),
        },
    };
    if let Some(mask) = tensor_of(key).filter(|mask| value.ndim() == 0 && mask.dtype() == DType::Bool && mask.shape() == x.shape()) {
        let inputs: Inputs = smallvec![Some(x.clone()), Some(mask), Some(value.to_dtype(x.dtype()).or_raise()?)];
        let filled = ops::call_in_place(&ops::index::mask::MASKED_FILL, inputs, smallvec![]).or_raise()?;
        if let Some(edge) = filled.grad_fn() {
            edge.node.set_label("IndexPutBackward0");
        }
        return Ok(());
    }
    let plan = plan(x.clone(), key)?;
    if plan.indices.is_empty() {
        let value = assigned(&value, plan.view.shape()).or_raise()?;
        return crate::dispatch::unlocked(key.py(), plan.view.numel(), || ops::copy::copy_in_place(&plan.view, &value)).or_raise();
    }
    if value.dtype() != x.dtype() && value.ndim() > 0 && !value.is_wrapped() {
        return Err(PyRuntimeError::new_err(format!(
            "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
            ops::type_name(x.dtype()),
            ops::type_name(value.dtype())
        )));
    }
    let value = value.to_dtype(x.dtype()).or_raise()?;
    let mut inputs: Inputs = smallvec![Some(plan.view), Some(value)];
    inputs.extend(plan.indices);
    ops::call_in_place(&ops::index::advanced::INDEX_PUT_VALUES, inputs, smallvec![Arg::from(false)]).map(drop).or_raise()
}

/// A value in the shape of what it is assigned to: leading dimensions of size one that the target lacks are dropped.
/// One number stays one, apart from the memory it is written to.
fn assigned(value: &Tensor, shape: &[usize]) -> rushlight_core::Result<Tensor> {
    let mut v = value.clone();
    while v.ndim() > shape.len() && v.shape()[0] == 1 {
        v = v.select(0, 0)?;
    }
    match v.numel() {
        1 if v.base().is_some() => v.copied(),
        1 => Ok(v),
        _ => v.expand(shape),
    }
}
