//! The factories: `tensor`, `empty`, `full`, `arange` and their like.

mod range;

use crate::args::{by_name, ints, is_sequence};
use crate::data::from_data;
use crate::errors::OrRaise;
use crate::override_::intercept_factory;
use crate::tensor::{PyTensor, tensor_of, wrap};
use crate::types::{PyMemoryFormat, check_dense, extract_device, extract_dtype};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use range::arange;
use rushlight_core::tensor::default_dtype;
use rushlight_core::{DType, Device, Layout, MemoryFormat, Scalar, Tensor, ops};
use std::ffi::CStr;

/// Options every factory takes.
pub struct Options {
    pub dtype: Option<DType>,
    pub device: Device,
}

pub fn options(dtype: Option<&Bound<'_, PyAny>>, layout: Option<&Bound<'_, PyAny>>, device: Option<&Bound<'_, PyAny>>) -> PyResult<Options> {
    layout.filter(|l| !l.is_none()).map_or(Ok(()), check_dense)?;
    let dtype = match dtype {
        Some(d) if !d.is_none() => Some(extract_dtype(d).ok_or_else(|| {
            PyTypeError::new_err(format!("argument 'dtype' must be torch.dtype, not {}", d.get_type().name().map(|n| n.to_string()).unwrap_or_default()))
        })?),
        _ => None,
    };
    let device = match device {
        Some(d) if !d.is_none() => extract_device(d)?,
        _ => default_device(),
    };
    Ok(Options { dtype, device })
}

thread_local! {
    static DEVICE: std::cell::Cell<Device> = const { std::cell::Cell::new(Device::Cpu) };
}

pub fn default_device() -> Device {
    DEVICE.get()
}

#[pyfunction]
fn _set_default_device(device: &Bound<'_, PyAny>) -> PyResult<()> {
    DEVICE.set(if device.is_none() { Device::Cpu } else { extract_device(device)? });
    Ok(())
}

#[pyfunction]
fn get_default_device(py: Python<'_>) -> PyResult<Py<crate::types::PyDevice>> {
    crate::types::device_object(py, default_device())
}

fn finish<'py>(py: Python<'py>, t: Tensor, requires_grad: bool) -> PyResult<Bound<'py, PyAny>> {
    if requires_grad {
        if !t.dtype().is_differentiable() {
            let kind = t.dtype().name();
            return Err(PyRuntimeError::new_err(format!("Only Tensors of floating point and complex dtype can require gradients: this one is {kind}")));
        }
        t.set_requires_grad(true).or_raise()?;
    }
    wrap(py, t)
}

fn place(t: Tensor, device: Device) -> PyResult<Tensor> {
    if t.device() == device { Ok(t) } else { ops::call1(&ops::copy::TO_DEVICE, &[&t], &[ops::Arg::Device(device)]).or_raise() }
}

const COPY_CONSTRUCTION: &CStr = c"To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or \
sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).";

/// A tensor holding a copy of `data`: a number, nested sequences, a NumPy array or a tensor.
#[pyfunction]
#[pyo3(signature = (data, *, dtype=None, device=None, requires_grad=false, pin_memory=false))]
fn tensor<'py>(
    data: &Bound<'py, PyAny>,
    dtype: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    if let Some(made) = intercept_factory("tensor", &PyTuple::new(data.py(), [data])?, &[("dtype", dtype), ("device", device)], requires_grad)? {
        return Ok(made);
    }
    if data.is_instance_of::<PyTensor>() {
        PyErr::warn(data.py(), &data.py().get_type::<PyUserWarning>(), COPY_CONSTRUCTION, 1)?;
    }
    let o = options(dtype, None, device)?;
    finish(data.py(), place(from_data(data, o.dtype)?, o.device)?, requires_grad)
}

/// Sizes given as separate numbers or as one sequence.
fn shape_of(size: &Bound<'_, PyTuple>) -> PyResult<Vec<usize>> {
    let list = if size.len() == 1 && is_sequence(&size.get_item(0)?) { size.get_item(0)? } else { size.clone().into_any() };
    let sizes = ints(&list)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "argument 'size' must be tuple of ints, but found element of another type in {}",
            list.repr().map(|r| r.to_string()).unwrap_or_default()
        ))
    })?;
    sizes
        .iter()
        .map(|&n| {
            usize::try_from(n).map_err(|_| PyRuntimeError::new_err(format!("Trying to create tensor with negative dimension {n}: {:?}", sizes.as_slice())))
        })
        .collect()
}

/// An uninitialised tensor.
#[pyfunction]
#[pyo3(signature = (*shape, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false, memory_format=None))]
fn empty<'py>(
    py: Python<'py>,
    shape: &Bound<'py, PyTuple>,
    size: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    layout: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
    memory_format: Option<&Bound<'py, PyMemoryFormat>>,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    let format = memory_format.map(|f| f.as_any());
    let size = &by_name(shape, size)?;
    if let Some(made) =
        intercept_factory("empty", size, &[("out", out), ("dtype", dtype), ("layout", layout), ("device", device), ("memory_format", format)], requires_grad)?
    {
        return Ok(made);
    }
    let shape = shape_of(size)?;
    if let Some(out) = out.filter(|o| !o.is_none()) {
        crate::tensor::resize(out, &shape)?;
        return Ok(out.clone());
    }
    let o = options(dtype, layout, device)?;
    let format = memory_format.map_or(MemoryFormat::Contiguous, |f| f.get().0);
    if format == MemoryFormat::ChannelsLast && shape.len() != 4 || format == MemoryFormat::ChannelsLast3d && shape.len() != 5 {
        return Err(PyRuntimeError::new_err("required rank 4 tensor to use channels_last format"));
    }
    finish(py, Tensor::empty_on(&shape, o.dtype.unwrap_or_else(default_dtype), o.device, format).or_raise()?, requires_grad)
}

/// One value everywhere.
#[pyfunction]
#[pyo3(signature = (size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false))]
fn full<'py>(
    py: Python<'py>,
    size: &Bound<'py, PyAny>,
    fill_value: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    layout: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    let positional = PyTuple::new(py, [size, fill_value])?;
    if let Some(made) = intercept_factory("full", &positional, &[("out", out), ("dtype", dtype), ("layout", layout), ("device", device)], requires_grad)? {
        return Ok(made);
    }
    let shape = shape_of(&PyTuple::new(py, [size])?)?;
    let value = crate::args::scalar(fill_value)?
        .ok_or_else(|| PyTypeError::new_err(format!("full(): argument 'fill_value' must be Number, not {}", fill_value.get_type())))?;
    let o = options(dtype, layout, device)?;
    let dtype = o.dtype.unwrap_or_else(|| value.dtype(default_dtype()));
    value.check_fill(dtype).or_raise()?;
    let result = Tensor::full(&shape, value, dtype, o.device).or_raise()?;
    if let Some(out) = out.filter(|o| !o.is_none()) {
        let fitted = crate::tensor::resize(out, &shape)?;
        ops::copy::copy_into(&fitted, &result).or_raise()?;
        return Ok(out.clone());
    }
    finish(py, result, requires_grad)
}

fn constant<'py>(
    py: Python<'py>,
    size: &Bound<'py, PyTuple>,
    value: i64,
    out: Option<&Bound<'py, PyAny>>,
    o: Options,
    requires_grad: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let shape = shape_of(size)?;
    if let Some(out) = out.filter(|o| !o.is_none()) {
        let fitted = crate::tensor::resize(out, &shape)?;
        ops::copy::fill(&fitted, Scalar::Int(value)).or_raise()?;
        fitted.bump_version();
        return Ok(out.clone());
    }
    let dtype = o.dtype.unwrap_or_else(default_dtype);
    let t = if value == 0 { Tensor::zeros(&shape, dtype, o.device) } else { Tensor::full(&shape, Scalar::Int(value), dtype, o.device) };
    finish(py, t.or_raise()?, requires_grad)
}

macro_rules! constant_factories {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => { $(
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(signature = (*size, out=None, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false, **kwargs))]
        fn $name<'py>(py: Python<'py>, size: &Bound<'py, PyTuple>, out: Option<&Bound<'py, PyAny>>, dtype: Option<&Bound<'py, PyAny>>, layout: Option<&Bound<'py, PyAny>>, device: Option<&Bound<'py, PyAny>>, requires_grad: bool, pin_memory: bool, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
            let _ = pin_memory;
            let size = named_size(size, kwargs, stringify!($name))?;
            if let Some(made) = intercept_factory(stringify!($name), &size, &[("out", out), ("dtype", dtype), ("layout", layout), ("device", device)], requires_grad)? {
                return Ok(made);
            }
            constant(py, &size, $value, out, options(dtype, layout, device)?, requires_grad)
        }
    )* };
}

constant_factories! {
    /// Zeros.
    zeros = 0;
    /// Ones.
    ones = 1;
}

/// `size=` given by name.
fn named_size<'py>(size: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>, name: &str) -> PyResult<Bound<'py, PyTuple>> {
    let Some(kwargs) = kwargs else { return Ok(size.clone()) };
    for key in kwargs.keys() {
        if key.extract::<String>()? != "size" && key.extract::<String>()? != "names" {
            return Err(PyTypeError::new_err(format!("{name}() received an invalid combination of arguments: unexpected keyword {key}")));
        }
    }
    match kwargs.get_item("size")? {
        Some(s) => PyTuple::new(size.py(), [s]),
        None => Ok(size.clone()),
    }
}

/// A tensor like another: `value` everywhere, or uninitialised.
fn like<'py>(
    input: &Bound<'py, PyAny>,
    value: Option<Scalar>,
    o: Options,
    format: Option<&Bound<'py, PyMemoryFormat>>,
    same_device: bool,
    requires_grad: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let x = tensor_of(input).ok_or_else(|| PyTypeError::new_err(format!("argument 'input' must be Tensor, not {}", input.get_type())))?;
    let format = format.map_or(MemoryFormat::Preserve, |f| f.get().0);
    let layout = ops::copy::copy_layout(&x, format).or_raise()?;
    let device = if same_device { x.device() } else { o.device };
    let out = Tensor::empty_layout(layout, o.dtype.unwrap_or(x.dtype()), device).or_raise()?;
    if let Some(value) = value {
        value.check_fill(out.dtype()).or_raise()?;
        ops::copy::fill(&out, value).or_raise()?;
    }
    finish(input.py(), out, requires_grad)
}

macro_rules! like_factories {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => { $(
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(signature = (input, *, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false, memory_format=None))]
        fn $name<'py>(input: &Bound<'py, PyAny>, dtype: Option<&Bound<'py, PyAny>>, layout: Option<&Bound<'py, PyAny>>, device: Option<&Bound<'py, PyAny>>, requires_grad: bool, pin_memory: bool, memory_format: Option<&Bound<'py, PyMemoryFormat>>) -> PyResult<Bound<'py, PyAny>> {
            let _ = pin_memory;
            let format = memory_format.map(|f| f.as_any());
            if let Some(made) = intercept_factory(stringify!($name), &PyTuple::new(input.py(), [input])?, &[("dtype", dtype), ("layout", layout), ("device", device), ("memory_format", format)], requires_grad)? {
                return Ok(made);
            }
            if let Some(out) = crate::override_::intercept_function(stringify!($name), input)? {
                return Ok(out);
            }
            let same = device.is_none_or(|d| d.is_none());
            like(input, $value, options(dtype, layout, device)?, memory_format, same, requires_grad)
        }
    )* };
}

like_factories! {
    /// Uninitialised, with the shape, dtype and device of `input`.
    empty_like = None;
    /// Zeros.
    zeros_like = Some(Scalar::Int(0));
    /// Ones.
    ones_like = Some(Scalar::Int(1));
}

/// One value everywhere, with the shape, dtype and device of `input`.
#[pyfunction]
#[pyo3(signature = (input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false, memory_format=None))]
fn full_like<'py>(
    input: &Bound<'py, PyAny>,
    fill_value: &Bound<'py, PyAny>,
    dtype: Option<&Bound<'py, PyAny>>,
    layout: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
    memory_format: Option<&Bound<'py, PyMemoryFormat>>,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    let (positional, format) = (PyTuple::new(input.py(), [input, fill_value])?, memory_format.map(|f| f.as_any()));
    if let Some(made) = crate::override_::intercept_like(
        "full_like",
        &positional,
        &[("dtype", dtype), ("layout", layout), ("device", device), ("memory_format", format)],
        requires_grad,
    )? {
        return Ok(made);
    }
    let value = crate::args::scalar(fill_value)?.ok_or_else(|| PyTypeError::new_err("full_like(): argument 'fill_value' must be Number"))?;
    let same = device.is_none_or(|d| d.is_none());
    like(input, Some(value), options(dtype, layout, device)?, memory_format, same, requires_grad)
}

/// An uninitialised tensor of given strides.
#[pyfunction]
#[pyo3(signature = (size, stride, *, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false))]
fn empty_strided<'py>(
    py: Python<'py>,
    size: &Bound<'py, PyAny>,
    stride: &Bound<'py, PyAny>,
    dtype: Option<&Bound<'py, PyAny>>,
    layout: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    let positional = PyTuple::new(py, [size, stride])?;
    if let Some(made) = intercept_factory("empty_strided", &positional, &[("dtype", dtype), ("layout", layout), ("device", device)], requires_grad)? {
        return Ok(made);
    }
    let o = options(dtype, layout, device)?;
    let size = shape_of(&PyTuple::new(py, [size])?)?;
    let stride: Vec<isize> =
        ints(stride)?.ok_or_else(|| PyTypeError::new_err("empty_strided(): argument 'stride' must be tuple of ints"))?.iter().map(|&s| s as isize).collect();
    if size.len() != stride.len() || stride.iter().any(|&s| s < 0) {
        return Err(PyRuntimeError::new_err(format!(
            "empty_strided: sizes {size:?} and strides {stride:?} must have one length and strides must not be negative"
        )));
    }
    let layout = Layout { shape: size.iter().copied().collect(), strides: stride.iter().copied().collect(), offset: 0 };
    let dtype = o.dtype.unwrap_or_else(default_dtype);
    let reach = layout.span().map_or(0, |(_, end)| end);
    let flat = Tensor::empty_on(&[reach], dtype, o.device, MemoryFormat::Contiguous).or_raise()?;
    finish(py, flat.alias(layout), requires_grad)
}

/// A tensor over the storage of another.
#[pyfunction]
#[pyo3(signature = (storage, dtype, size, stride, offset))]
fn _from_storage<'py>(
    storage: &Bound<'py, crate::interop::UntypedStorage>,
    dtype: &Bound<'py, PyAny>,
    size: Vec<usize>,
    stride: Vec<isize>,
    offset: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let dtype = extract_dtype(dtype).ok_or_else(|| PyTypeError::new_err("dtype must be torch.dtype"))?;
    if size.len() != stride.len() || stride.iter().any(|&s| s < 0) {
        return Err(PyRuntimeError::new_err(format!("sizes {size:?} and strides {stride:?} must have one length and strides must not be negative")));
    }
    let layout = Layout { shape: size.into_iter().collect(), strides: stride.into_iter().collect(), offset };
    wrap(storage.py(), Tensor::from_storage(storage.get().0.clone(), layout, dtype).or_raise()?)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add!(tensor empty full zeros ones empty_like zeros_like ones_like full_like empty_strided arange _from_storage _set_default_device get_default_device);
    Ok(())
}
