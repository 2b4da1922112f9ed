//! What a tensor is: sizes, dtype, place.

use super::{PyTensor, size_object};
use crate::errors::OrRaise;
use crate::types::{PyDType, PyDevice, PyLayout, PyMemoryFormat, device_object, dtype_object, strided};
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_core::Device;
use std::sync::Arc;

#[pymethods]
impl PyTensor {
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
}
