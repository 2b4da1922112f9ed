//! The elements of a tensor: as Python numbers and buffers, by index, written, seen in another shape.

use super::operators::operand;
use super::{PyTensor, resize, scalar_object, wrap};
use crate::errors::OrRaise;
use crate::override_;
use crate::types::extract_dtype;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_core::ops;
use rushlight_core::{Scalar, Tensor};

#[pymethods]
impl PyTensor {
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
        slf.as_ptr() as isize
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

    #[pyo3(signature = (other, non_blocking=false))]
    fn copy_<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>, non_blocking: bool) -> PyResult<Bound<'py, PyAny>> {
        let _ = non_blocking;
        if let Some(out) = override_::intercept_method(slf.as_any(), "copy_", &[other])? {
            return Ok(out);
        }
        let source = match operand(other)? {
            Some(t) => t,
            None => return Err(PyTypeError::new_err(format!("copy_(): argument 'other' (position 1) must be Tensor, not {}", other.get_type().name()?))),
        };
        let target = slf.get().get_tensor().clone();
        crate::dispatch::unlocked(slf.py(), target.numel(), || ops::copy::copy_in_place(&target, &source)).or_raise()?;
        Ok(slf.clone().into_any())
    }

    #[pyo3(signature = (*shape, size=None, memory_format=None))]
    fn resize_<'py>(
        slf: &Bound<'py, Self>,
        shape: &Bound<'py, PyTuple>,
        size: Option<&Bound<'py, PyAny>>,
        memory_format: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let _ = memory_format;
        let size = &crate::args::by_name(shape, size)?;
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

    /// View with another shape, or as another element type.
    #[pyo3(signature = (*shape, size=None, dtype=None))]
    fn view<'py>(
        slf: &Bound<'py, Self>,
        shape: &Bound<'py, PyTuple>,
        size: Option<&Bound<'py, PyAny>>,
        dtype: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let size = &crate::args::by_name(shape, size)?;
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
