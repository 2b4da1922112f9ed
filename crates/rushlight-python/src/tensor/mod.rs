//! The Tensor class: a handle on a core tensor; its methods by kind.

mod attributes;
mod elements;
mod gradient;
mod operators;

use crate::errors::OrRaise;
use crate::override_;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use rushlight_core::autograd::Autograd;
use rushlight_core::ops;
use rushlight_core::{Layout, Scalar, Tensor};
use std::cell::UnsafeCell;
use std::sync::atomic::Ordering;
use std::sync::{OnceLock, Weak};

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

    /// Lets the two objects stand for each other's tensors.
    pub fn exchange(&self, other: &PyTensor) {
        if std::ptr::eq(self, other) {
            return;
        }
        // SAFETY: under the interpreter lock, see `get_tensor`; the handles are distinct.
        unsafe { std::ptr::swap(self.handle.get(), other.handle.get()) };
        let (here, there) = (self.get_tensor().object(), other.get_tensor().object());
        let object = here.swap(there.load(Ordering::Relaxed), Ordering::Relaxed);
        there.store(object, Ordering::Relaxed);
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

#[pymethods]
impl PyTensor {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn py_new(cls: &Bound<'_, PyType>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<PyTensor> {
        // Keywords are for the `__init__` of a subclass; plain tensors are of the default dtype and may name the CPU.
        if cls.is(cls.py().get_type::<PyTensor>()) {
            for name in kwargs.into_iter().flat_map(|k| k.keys()) {
                if name.extract::<String>()? != "device" {
                    return Err(PyTypeError::new_err(format!("new() received an invalid combination of arguments: unexpected keyword {name}")));
                }
            }
        }
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
