//! The Tensor class: a handle on a core tensor, its attributes and operators.

use crate::args::{number, wrapped};
use crate::errors::{OrRaise, carry};
use crate::override_;
use crate::types::{PyDType, PyDevice, PyLayout, PyMemoryFormat, device_object, dtype_object, extract_dtype, strided};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use rushlight_core::autograd::Autograd;
use rushlight_core::ops::elementwise::{binary as bin, unary as una};
use rushlight_core::ops::{self, Inputs, Op};
use rushlight_core::{DType, Device, Layout, Scalar, Tensor};
use smallvec::smallvec;
use std::cell::UnsafeCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, Weak};

/// A multi-dimensional array of one element type that can take part in differentiation.
#[pyclass(name = "Tensor", module = "rushlight", subclass, weakref, frozen)]
pub struct PyTensor {
    handle: UnsafeCell<Tensor>,
    /// Its class defines `__torch_function__`.
    pub overrides: bool,
    /// Attributes set by the program, made when the first is set: CPython 3.11 would make a dictionary for every object.
    attributes: OnceLock<Py<PyDict>>,
    /// Whose gradient it was first read as: `p.grad.data = x` must reach `p`.
    gradient_of: OnceLock<Weak<Autograd>>,
}

// SAFETY: the handle is read (cloned) and replaced only with the interpreter lock held.
unsafe impl Sync for PyTensor {}

impl PyTensor {
    fn new(tensor: Tensor, overrides: bool) -> PyTensor {
        PyTensor { handle: UnsafeCell::new(tensor), overrides, attributes: OnceLock::new(), gradient_of: OnceLock::new() }
    }

    fn attributes<'py>(&self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.attributes.get_or_init(|| PyDict::new(py).unbind()).bind(py)
    }

    /// The tensor.
    #[inline]
    pub fn get_tensor(&self) -> &Tensor {
        // SAFETY: replaced only by `replace`, under the interpreter lock; callers do not keep the reference while they
        // run Python code or release the lock (they clone it).
        unsafe { &*self.handle.get() }
    }

    /// The only element.
    fn one(&self) -> PyResult<Scalar> {
        let n = self.get_tensor().numel();
        if n != 1 {
            return Err(PyValueError::new_err(format!("only one element tensors can be converted to Python scalars: this one has {n} elements")));
        }
        self.get_tensor().item().or_raise()
    }

    /// Makes the object stand for another tensor (`x.data = y`, `x.resize_(...)`).
    pub fn replace(&self, tensor: Tensor) {
        // SAFETY: under the interpreter lock, see `get_tensor`.
        let old = unsafe { std::mem::replace(&mut *self.handle.get(), tensor) };
        let object = old.object().swap(std::ptr::null_mut(), Ordering::Relaxed);
        self.get_tensor().object().store(object, Ordering::Relaxed);
        drop(old);
    }
}

impl Drop for PyTensor {
    fn drop(&mut self) {
        self.handle.get_mut().object().store(std::ptr::null_mut(), Ordering::Relaxed);
    }
}

/// The tensor of an object, if it is one.
#[inline]
pub fn tensor_of(obj: &Bound<'_, PyAny>) -> Option<Tensor> {
    let t = obj.cast::<PyTensor>().ok()?.get().get_tensor();
    if t.object().load(Ordering::Relaxed).is_null() {
        t.object().store(obj.as_ptr() as *mut (), Ordering::Relaxed);
    }
    Some(t.clone())
}

/// The object of a tensor: the one that already stands for it, or a new one.
pub fn wrap(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    let known = tensor.object().load(Ordering::Relaxed) as *mut pyo3::ffi::PyObject;
    // SAFETY: the pointer is cleared when its object dies; one that is being destroyed has no references left.
    if !known.is_null() && unsafe { pyo3::ffi::Py_REFCNT(known) } > 0 {
        // SAFETY: a living object.
        return Ok(unsafe { Bound::from_borrowed_ptr(py, known) });
    }
    wrap_fresh(py, tensor)
}

/// The object of a tensor that has none yet.
#[inline]
fn wrap_fresh(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    let slot: *const _ = tensor.object();
    let object = Bound::new(py, PyTensor::new(tensor, false))?;
    // SAFETY: the slot lies in the tensor that the object now holds.
    unsafe { (*slot).store(object.as_ptr() as *mut (), Ordering::Relaxed) };
    Ok(object.into_any())
}

/// Gives the object a fresh shape, its elements kept as far as they go; returns its tensor.
pub fn resize(obj: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<Tensor> {
    let object = obj.cast::<PyTensor>()?;
    let old = object.get().get_tensor().clone();
    let n: usize = rushlight_core::layout::checked_numel(shape).or_raise()?;
    let needed = (old.layout().offset + n) * old.dtype().size();
    let fresh = if needed <= old.storage().bytes() || old.is_meta() {
        let layout = Layout { offset: old.layout().offset, ..Layout::contiguous(shape) };
        old.alias(layout)
    } else {
        let grown = Tensor::empty_on(shape, old.dtype(), old.device(), rushlight_core::MemoryFormat::Contiguous).or_raise()?;
        if old.is_contiguous() && old.numel() > 0 {
            let flat = old.detach().or_raise()?.reshape(&[-1]).or_raise()?;
            let head = grown.reshape(&[-1]).or_raise()?.slice(0, 0, flat.numel() as i64).or_raise()?;
            ops::copy::copy_into(&head, &flat).or_raise()?;
        }
        grown
    };
    object.get().replace(old.with_data(&fresh));
    Ok(object.get().get_tensor().clone())
}

/// Whether the generic way to set an attribute succeeded; `false` if the class knows no such name.
fn generic(slf: &Bound<'_, PyTensor>, name: &Bound<'_, PyAny>, status: i32) -> PyResult<bool> {
    if status == 0 {
        return Ok(true);
    }
    let error = PyErr::fetch(slf.py());
    let known = slf.get_type().hasattr(name.cast::<pyo3::types::PyString>()?)?;
    if known || !error.is_instance_of::<PyAttributeError>(slf.py()) { Err(error) } else { Ok(false) }
}

/// `torch.Size`, a tuple, made without the checks of its own constructor.
pub fn size_object<'py>(py: Python<'py>, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    static SIZE: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();
    let load = || PyResult::Ok((py.get_type::<PyTuple>().getattr("__new__")?.unbind(), py.import("rushlight._size")?.getattr("Size")?.unbind()));
    let (new, class) = SIZE.get_or_try_init(py, load)?;
    new.bind(py).call1((class, PyTuple::new(py, shape)?))
}

/// A second operand of an operator: a tensor, a number, or something the operator does not know.
fn operand(obj: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
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
        && let Some(out) = ops::elementwise::quick(op, a.get().get_tensor(), b.get().get_tensor())
    {
        return wrap_fresh(py, out.or_raise()?);
    }
    let Some(a) = tensor_of(slf) else { return Ok(py.NotImplemented().into_bound(py)) };
    let Some(b) = operand(other)? else { return foreign(slf, other, name) };
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
        true => binary(slf, other, &ops::matmul::MATMUL, name, swapped),
        false => foreign(slf, other, name),
    }
}

/// A NumPy array as the other operand becomes a tensor; anything else is Python's to decide.
fn foreign<'py>(slf: &Bound<'py, PyAny>, other: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let is_array = other.get_type().name().is_ok_and(|n| n.to_str().is_ok_and(|n| n == "ndarray"));
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

/// A hook written in Python.
struct PyHook(Py<PyAny>);

impl rushlight_core::autograd::Hook for PyHook {
    fn call(&self, grad: &Tensor) -> rushlight_core::Result<Option<Tensor>> {
        Python::attach(|py| {
            let out = self.0.bind(py).call1((wrap(py, grad.clone())?,))?;
            if out.is_none() {
                return Ok(None);
            }
            tensor_of(&out).map(Some).ok_or_else(|| PyTypeError::new_err(format!("hooks must return None or a Tensor, not {}", out.get_type())))
        })
        .map_err(carry)
    }
}

impl rushlight_core::autograd::LeafHook for PyHook {
    fn call(&self, leaf: &Tensor) -> rushlight_core::Result<()> {
        Python::attach(|py| self.0.bind(py).call1((wrap(py, leaf.clone())?,)).map(drop)).map_err(carry)
    }
}

#[pymethods]
impl PyTensor {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn py_new(cls: &Bound<'_, PyType>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<PyTensor> {
        // Keywords are for the `__init__` of a subclass.
        let _ = kwargs;
        let overrides = override_::note(cls)?;
        let tensor = crate::data::legacy(args)?;
        Ok(PyTensor::new(tensor, overrides))
    }

    #[staticmethod]
    #[pyo3(signature = (cls, data, require_grad=false, **_options))]
    fn _make_subclass<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyAny>,
        require_grad: bool,
        _options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let base = cls.py().get_type::<PyTensor>();
        let object = base.getattr("__new__")?.call1((cls, data))?;
        if require_grad {
            let t = tensor_of(&object).ok_or_else(|| PyTypeError::new_err("_make_subclass: not a Tensor subclass"))?;
            t.set_requires_grad(true).or_raise()?;
        }
        Ok(object)
    }

    fn as_subclass<'py>(slf: &Bound<'py, Self>, cls: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
        let t = slf.get().get_tensor();
        let alias = if t.requires_grad() { ops::call1(&ops::view::ALIAS, &[t], &[]).or_raise()? } else { t.detach().or_raise()? };
        let object = slf.py().get_type::<PyTensor>().getattr("__new__")?.call1((cls, slf))?;
        object.cast::<PyTensor>()?.get().replace(alias);
        Ok(object)
    }

    #[getter(__dict__)]
    fn attribute_dict<'py>(&self, py: Python<'py>) -> Bound<'py, PyDict> {
        self.attributes(py).clone()
    }

    #[setter(__dict__)]
    fn set_attribute_dict(&self, value: &Bound<'_, PyDict>) -> PyResult<()> {
        let own = self.attributes(value.py());
        own.clear();
        own.update(value.as_mapping())
    }

    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let own = slf.get().attributes.get().map(|d| d.bind(slf.py()).get_item(name)).transpose()?.flatten();
        own.ok_or_else(|| match slf.get_type().name() {
            Ok(class) => PyAttributeError::new_err(format!("'{class}' object has no attribute '{name}'")),
            Err(error) => error,
        })
    }

    fn __setattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        // SAFETY: the interpreter's own function on three objects.
        let status = unsafe { pyo3::ffi::PyObject_GenericSetAttr(slf.as_ptr(), name.as_ptr(), value.as_ptr()) };
        match generic(slf, name, status)? {
            true => Ok(()),
            false => slf.get().attributes(slf.py()).set_item(name, value),
        }
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        // SAFETY: as in `__setattr__`; a null value deletes.
        let status = unsafe { pyo3::ffi::PyObject_GenericSetAttr(slf.as_ptr(), name.as_ptr(), std::ptr::null_mut()) };
        match generic(slf, name, status)? {
            true => Ok(()),
            false => slf.get().attributes(slf.py()).del_item(name).map_err(|_| PyAttributeError::new_err(format!("'Tensor' object has no attribute '{name}'"))),
        }
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        size_object(py, self.get_tensor().shape())
    }

    #[pyo3(signature = (dim=None))]
    fn size<'py>(&self, py: Python<'py>, dim: Option<i64>) -> PyResult<Bound<'py, PyAny>> {
        let t = self.get_tensor();
        match dim {
            None => size_object(py, t.shape()),
            Some(_) if t.ndim() == 0 => Err(PyIndexError::new_err("dimension specified as 0 but tensor has no dimensions")),
            Some(d) => Ok(t.shape()[rushlight_core::layout::wrap_dim(d, t.ndim()).or_raise()?].into_pyobject(py)?.into_any()),
        }
    }

    #[pyo3(signature = (dim=None))]
    fn stride<'py>(&self, py: Python<'py>, dim: Option<i64>) -> PyResult<Bound<'py, PyAny>> {
        let t = self.get_tensor();
        match dim {
            None => Ok(PyTuple::new(py, t.strides())?.into_any()),
            Some(_) if t.ndim() == 0 => Err(PyIndexError::new_err("dimension specified as 0 but tensor has no dimensions")),
            Some(d) => Ok(t.strides()[rushlight_core::layout::wrap_dim(d, t.ndim()).or_raise()?].into_pyobject(py)?.into_any()),
        }
    }

    fn storage_offset(&self) -> usize {
        self.get_tensor().layout().offset
    }

    #[getter]
    fn dtype(&self, py: Python<'_>) -> Py<PyDType> {
        dtype_object(py, self.get_tensor().dtype())
    }

    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<Py<PyDevice>> {
        device_object(py, self.get_tensor().device())
    }

    #[getter]
    fn layout(&self, py: Python<'_>) -> PyResult<Py<PyLayout>> {
        strided(py)
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.get_tensor().ndim()
    }

    fn dim(&self) -> usize {
        self.get_tensor().ndim()
    }

    fn numel(&self) -> usize {
        self.get_tensor().numel()
    }

    #[getter]
    fn itemsize(&self) -> usize {
        self.get_tensor().dtype().size()
    }

    fn element_size(&self) -> usize {
        self.get_tensor().dtype().size()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.get_tensor().numel() * self.get_tensor().dtype().size()
    }

    fn data_ptr(&self) -> usize {
        if self.get_tensor().numel() == 0 { 0 } else { rushlight_core::iter::pointer(self.get_tensor()) as usize }
    }

    #[pyo3(signature = (*, memory_format=None))]
    fn is_contiguous(&self, memory_format: Option<&Bound<'_, PyMemoryFormat>>) -> bool {
        self.get_tensor().layout().is_format(memory_format.map_or(rushlight_core::MemoryFormat::Contiguous, |f| f.get().0))
    }

    #[getter]
    fn is_meta(&self) -> bool {
        self.get_tensor().is_meta()
    }

    #[getter]
    fn is_cpu(&self) -> bool {
        self.get_tensor().device() == Device::Cpu
    }

    fn is_floating_point(&self) -> bool {
        self.get_tensor().dtype().is_float()
    }

    fn is_complex(&self) -> bool {
        self.get_tensor().dtype().is_complex()
    }

    fn is_signed(&self) -> bool {
        self.get_tensor().dtype().is_signed()
    }

    fn is_inference(&self) -> bool {
        self.get_tensor().is_inference()
    }

    fn is_set_to(&self, other: &Bound<'_, PyTensor>) -> bool {
        let (a, b) = (self.get_tensor(), other.get().get_tensor());
        Arc::ptr_eq(a.storage(), b.storage()) && a.layout() == b.layout()
    }

    #[getter]
    fn requires_grad(&self) -> bool {
        self.get_tensor().requires_grad()
    }

    #[setter]
    fn set_requires_grad(&self, on: bool) -> PyResult<()> {
        self.get_tensor().set_requires_grad(on).or_raise()
    }

    #[pyo3(signature = (requires_grad=true))]
    fn requires_grad_<'py>(slf: &Bound<'py, Self>, requires_grad: bool) -> PyResult<Bound<'py, Self>> {
        slf.get().get_tensor().set_requires_grad(requires_grad).or_raise()?;
        Ok(slf.clone())
    }

    #[getter]
    fn is_leaf(&self) -> bool {
        self.get_tensor().is_leaf()
    }

    #[getter]
    fn output_nr(&self) -> usize {
        self.get_tensor().grad_fn().map_or(0, |e| e.output)
    }

    #[getter]
    fn _version(&self) -> u64 {
        self.get_tensor().version()
    }

    #[getter]
    fn _base<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.get_tensor().base().map(|b| wrap(py, b.clone())).transpose()
    }

    fn _is_view(&self) -> bool {
        self.get_tensor().base().is_some()
    }

    #[getter]
    fn grad<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(grad) = self.get_tensor().grad() else { return Ok(None) };
        let object = wrap(py, grad)?;
        object.cast::<PyTensor>()?.get().gradient_of.get_or_init(|| Arc::downgrade(self.get_tensor().autograd()));
        Ok(Some(object))
    }

    #[setter]
    fn set_grad(&self, grad: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let grad = match grad {
            None => None,
            Some(g) => Some(
                tensor_of(g).ok_or_else(|| PyTypeError::new_err(format!("assigned grad expected to be a Tensor or None but got grad of {}", g.get_type())))?,
            ),
        };
        if grad.as_ref().is_some_and(|g| g.is(self.get_tensor())) {
            return Err(PyRuntimeError::new_err("can't assign Variable as its own grad"));
        }
        self.get_tensor().set_grad(grad).or_raise()
    }

    #[deleter]
    fn delete_grad(&self) -> PyResult<()> {
        self.get_tensor().set_grad(None).or_raise()
    }

    #[getter]
    fn data<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        wrap(slf.py(), slf.get().get_tensor().untracked())
    }

    #[setter]
    fn set_data(&self, value: &Bound<'_, PyTensor>) -> PyResult<()> {
        let (old, new) = (self.get_tensor().clone(), value.get().get_tensor().clone());
        if old.requires_grad() && !new.dtype().is_differentiable() {
            return Err(PyRuntimeError::new_err("data set to a tensor that requires gradients must be floating point or complex dtype"));
        }
        self.replace(old.with_data(&new));
        if let Some(holder) = self.gradient_of.get().and_then(Weak::upgrade) {
            holder.exchange_grad(&old, self.get_tensor());
        }
        Ok(())
    }

    fn detach<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "detach", &[])? {
            return Ok(out);
        }
        wrap(slf.py(), slf.get().get_tensor().detach().or_raise()?)
    }

    fn detach_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        slf.get().get_tensor().detach_in_place().or_raise()?;
        Ok(slf.clone())
    }

    fn retain_grad(&self) -> PyResult<()> {
        self.get_tensor().retain_grad().or_raise()
    }

    #[getter]
    fn retains_grad(&self) -> bool {
        self.get_tensor().retains_grad()
    }

    fn _register_hook(&self, hook: Py<PyAny>) -> PyResult<u64> {
        self.get_tensor().register_hook(Arc::new(PyHook(hook))).or_raise()
    }

    fn _register_leaf_hook(&self, hook: Py<PyAny>) -> PyResult<u64> {
        self.get_tensor().register_leaf_hook(Arc::new(PyHook(hook))).or_raise()
    }

    fn _remove_hook(&self, id: u64) {
        self.get_tensor().remove_hook(id);
    }

    fn item<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "item", &[])? {
            return Ok(out);
        }
        scalar_object(slf.py(), slf.get().get_tensor().item().or_raise()?)
    }

    fn tolist<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "tolist", &[])? {
            return Ok(out);
        }
        crate::interop::to_list(slf.py(), slf.get().get_tensor())
    }

    fn __bool__(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "__bool__", &[])? {
            return out.is_truthy();
        }
        let t = slf.get().get_tensor();
        match t.numel() {
            0 => Err(PyRuntimeError::new_err("Boolean value of Tensor with no values is ambiguous")),
            1 => Ok(match t.item().or_raise()? {
                Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
                s => s.to_f64() != 0.0,
            }),
            _ => Err(PyRuntimeError::new_err("Boolean value of Tensor with more than one value is ambiguous")),
        }
    }

    fn __float__(slf: &Bound<'_, Self>) -> PyResult<f64> {
        match slf.get().one()? {
            Scalar::Complex(re, 0.0) => Ok(re),
            Scalar::Complex(..) => Err(PyRuntimeError::new_err("value cannot be converted to type double without overflow")),
            s => Ok(s.to_f64()),
        }
    }

    fn __int__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let item = match slf.get().one()? {
            Scalar::Complex(re, 0.0) => Scalar::Float(re),
            Scalar::Complex(..) => return Err(PyRuntimeError::new_err("value cannot be converted to type int64_t without overflow")),
            s => s,
        };
        slf.py().get_type::<pyo3::types::PyInt>().call1((scalar_object(slf.py(), item)?,))
    }

    fn __complex__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().get_type::<pyo3::types::PyComplex>().call1((scalar_object(slf.py(), slf.get().one()?)?,))
    }

    fn __index__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let t = slf.get().get_tensor();
        if t.dtype().is_differentiable() || t.numel() != 1 {
            return Err(PyTypeError::new_err("only integer tensors of a single element can be converted to an index"));
        }
        let item = Self::item(slf)?;
        slf.py().get_type::<pyo3::types::PyInt>().call1((item,))
    }

    /// # Safety
    /// Called by the interpreter with a view to fill in.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut pyo3::ffi::Py_buffer, flags: std::ffi::c_int) -> PyResult<()> {
        // SAFETY: the interpreter's own view.
        unsafe { crate::interop::export(slf, view, flags) }
    }

    /// # Safety
    /// Called by the interpreter with a view that was filled in.
    unsafe fn __releasebuffer__(&self, view: *mut pyo3::ffi::Py_buffer) {
        // SAFETY: as above.
        unsafe { crate::interop::release(view) }
    }

    fn __len__(&self) -> PyResult<usize> {
        self.get_tensor().shape().first().copied().ok_or_else(|| PyTypeError::new_err("len() of a 0-d tensor"))
    }

    fn __hash__(slf: &Bound<'_, Self>) -> isize {
        (slf.as_ptr() as isize) >> 4
    }

    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(out) = override_::intercept_method(slf.as_any(), "__getitem__", &[key])? {
            return Ok(out);
        }
        wrap(slf.py(), crate::index::get(slf.get().get_tensor().clone(), key)?)
    }

    fn __setitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>, value: &Bound<'py, PyAny>) -> PyResult<()> {
        if override_::intercept_method(slf.as_any(), "__setitem__", &[key, value])?.is_some() {
            return Ok(());
        }
        crate::index::set(slf.get().get_tensor().clone(), key, value)
    }

    #[pyo3(signature = (src, non_blocking=false))]
    fn copy_<'py>(slf: &Bound<'py, Self>, src: &Bound<'py, PyAny>, non_blocking: bool) -> PyResult<Bound<'py, PyAny>> {
        let _ = non_blocking;
        if let Some(out) = override_::intercept_method(slf.as_any(), "copy_", &[src])? {
            return Ok(out);
        }
        let source = match operand(src)? {
            Some(t) => t,
            None => return Err(PyTypeError::new_err(format!("copy_(): argument 'other' (position 1) must be Tensor, not {}", src.get_type().name()?))),
        };
        let target = slf.get().get_tensor().clone();
        crate::dispatch::unlocked(slf.py(), target.numel(), || ops::copy::copy_in_place(&target, &source)).or_raise()?;
        Ok(slf.clone().into_any())
    }

    #[pyo3(signature = (*size, memory_format=None))]
    fn resize_<'py>(slf: &Bound<'py, Self>, size: &Bound<'py, PyTuple>, memory_format: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, Self>> {
        let _ = memory_format;
        if slf.get().get_tensor().requires_grad() {
            return Err(PyRuntimeError::new_err("cannot resize variables that require grad"));
        }
        let list = if size.len() == 1 && crate::args::is_sequence(&size.get_item(0)?) { size.get_item(0)? } else { size.clone().into_any() };
        let sizes = crate::args::ints(&list)?.ok_or_else(|| PyTypeError::new_err("resize_(): argument 'size' must be tuple of ints"))?;
        if sizes.iter().any(|&n| n < 0) {
            return Err(PyRuntimeError::new_err(format!("resize_(): sizes must not be negative, got {:?}", sizes.as_slice())));
        }
        let shape: Vec<usize> = sizes.iter().map(|&n| n as usize).collect();
        resize(slf.as_any(), &shape)?;
        Ok(slf.clone())
    }

    /// Makes this object stand for another tensor: in-place changes of the layout (`squeeze_`, `t_`) and `set_`.
    fn _become<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyTensor>) -> PyResult<Bound<'py, Self>> {
        let new = other.get().get_tensor().clone();
        let same = Tensor::clone(&new);
        slf.get().replace(if new.requires_grad() { same } else { slf.get().get_tensor().with_data(&new) });
        Ok(slf.clone())
    }

    fn __and__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_AND, "__and__", false)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().get_tensor().dtype() == DType::Bool {
            return Err(PyNotImplementedError::new_err(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
            ));
        }
        unary(slf.as_any(), &una::NEG, "neg")
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        unary(slf.as_any(), &una::ABS, "abs")
    }

    fn __invert__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().get_tensor().dtype().is_differentiable() {
            return Err(PyTypeError::new_err("~ (operator.invert) is only implemented on integer and Boolean-type tensors"));
        }
        unary(slf.as_any(), &una::BITWISE_NOT, "bitwise_not")
    }

    fn __pow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::POW, "__pow__", false)
    }

    fn __rpow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::POW, "__rpow__", true)
    }

    fn __iadd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::ADD, "add_").map(drop)
    }

    fn __isub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::SUB, "sub_").map(drop)
    }

    fn __imul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::MUL, "mul_").map(drop)
    }

    fn __itruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::DIV, "div_").map(drop)
    }

    fn __ifloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::FLOOR_DIVIDE, "floor_divide_").map(drop)
    }

    fn __imod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::REMAINDER, "remainder_").map(drop)
    }

    fn __ipow__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, _modulo: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::POW, "pow_").map(drop)
    }

    fn __iand__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::BITWISE_AND, "bitwise_and_").map(drop)
    }

    fn __ior__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::BITWISE_OR, "bitwise_or_").map(drop)
    }

    fn __ixor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<()> {
        in_place(slf.as_any(), other, &bin::BITWISE_XOR, "bitwise_xor_").map(drop)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_AND, "__rand__", true)
    }

    fn __add__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::ADD, "__add__", false)
    }

    fn __radd__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::ADD, "__radd__", true)
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::SUB, "__sub__", false)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::SUB, "__rsub__", true)
    }

    fn __mul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::MUL, "__mul__", false)
    }

    fn __rmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::MUL, "__rmul__", true)
    }

    fn __truediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::DIV, "__truediv__", false)
    }

    fn __rtruediv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::DIV, "__rtruediv__", true)
    }

    fn __floordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::FLOOR_DIVIDE, "__floordiv__", false)
    }

    fn __rfloordiv__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::FLOOR_DIVIDE, "__rfloordiv__", true)
    }

    fn __mod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::REMAINDER, "__mod__", false)
    }

    fn __rmod__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::REMAINDER, "__rmod__", true)
    }

    fn __matmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        matmul(slf.as_any(), other, "__matmul__", false)
    }

    fn __rmatmul__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        matmul(slf.as_any(), other, "__rmatmul__", true)
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_OR, "__or__", false)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_OR, "__ror__", true)
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_XOR, "__xor__", false)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_XOR, "__rxor__", true)
    }

    fn __lshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_LEFT_SHIFT, "__lshift__", false)
    }

    fn __rshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_RIGHT_SHIFT, "__rshift__", false)
    }

    fn __rlshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_LEFT_SHIFT, "__rlshift__", true)
    }

    fn __rrshift__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        binary(slf.as_any(), other, &bin::BITWISE_RIGHT_SHIFT, "__rrshift__", true)
    }

    fn __richcmp__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, compare: pyo3::basic::CompareOp) -> PyResult<Bound<'py, PyAny>> {
        use pyo3::basic::CompareOp::*;
        let (row, name): (&'static Op, _) = match compare {
            Eq => (&bin::EQ, "__eq__"),
            Ne => (&bin::NE, "__ne__"),
            Lt => (&bin::LT, "__lt__"),
            Le => (&bin::LE, "__le__"),
            Gt => (&bin::GT, "__gt__"),
            Ge => (&bin::GE, "__ge__"),
        };
        binary(slf.as_any(), other, row, name, false)
    }

    /// View with another shape, or as another element type.
    #[pyo3(signature = (*size, dtype=None))]
    fn view<'py>(slf: &Bound<'py, Self>, size: &Bound<'py, PyTuple>, dtype: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let rest: Vec<_> = size.iter().collect();
        if override_::active() {
            let args = PyTuple::new(py, [&[slf.clone().into_any()], rest.as_slice()].concat())?;
            if let Some(out) = override_::intercept(|| py.get_type::<PyTensor>().getattr("view"), &args, None)? {
                return Ok(out);
            }
        }
        let x = slf.get().get_tensor().clone();
        if let Some(d) = dtype.or(rest.first()).and_then(extract_dtype) {
            return wrap(py, ops::call1(&ops::view::VIEW_DTYPE, &[&x], &[ops::Arg::DType(d)]).or_raise()?);
        }
        let list = if rest.len() == 1 && crate::args::is_sequence(&rest[0]) { rest[0].clone() } else { size.clone().into_any() };
        let sizes = crate::args::ints(&list)?.ok_or_else(|| {
            PyTypeError::new_err(format!("view(): argument 'size' must be tuple of ints, not {}", list.repr().map(|r| r.to_string()).unwrap_or_default()))
        })?;
        wrap(py, ops::call1(&ops::view::VIEW, &[&x], &[ops::Arg::Ints(sizes)]).or_raise()?)
    }
}

/// A Python number.
pub fn scalar_object(py: Python<'_>, s: Scalar) -> PyResult<Bound<'_, PyAny>> {
    Ok(match s {
        Scalar::Bool(b) => pyo3::types::PyBool::new(py, b).to_owned().into_any(),
        Scalar::Int(i) => i.into_pyobject(py)?.into_any(),
        Scalar::UInt(u) => u.into_pyobject(py)?.into_any(),
        Scalar::Float(f) => f.into_pyobject(py)?.into_any(),
        Scalar::Complex(re, im) => pyo3::types::PyComplex::from_doubles(py, re, im).into_any(),
    })
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyTensor>()
}
