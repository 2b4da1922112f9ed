//! The blocks of memory behind tensors.

use crate::errors::OrRaise;
use crate::tensor::PyTensor;
use crate::types::{PyDevice, device_object};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rushlight_core::Device;
use rushlight_core::storage::Storage;
use std::sync::Arc;

/// The block of memory behind a tensor.
#[pyclass(name = "UntypedStorage", module = "rushlight", frozen)]
pub struct UntypedStorage(pub Arc<Storage>);

#[pymethods]
impl UntypedStorage {
    #[new]
    #[pyo3(signature = (bytes=0))]
    fn new(bytes: usize) -> PyResult<UntypedStorage> {
        Ok(UntypedStorage(Storage::zeroed(bytes).or_raise()?))
    }
    fn nbytes(&self) -> usize {
        self.0.bytes()
    }
    fn size(&self) -> usize {
        self.0.bytes()
    }
    fn __len__(&self) -> usize {
        self.0.bytes()
    }
    fn data_ptr(&self) -> usize {
        self.0.ptr() as usize
    }
    #[getter]
    fn _cdata(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<Py<PyDevice>> {
        device_object(py, Device::Cpu)
    }
    fn __eq__(&self, other: &Bound<'_, UntypedStorage>) -> bool {
        Arc::ptr_eq(&self.0, &other.get().0)
    }
    fn __hash__(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let out = PyDict::new(py);
        out.set_item("version", 3)?;
        out.set_item("shape", (self.0.bytes(),))?;
        out.set_item("typestr", "|u1")?;
        out.set_item("data", (self.0.ptr() as usize, self.0.is_read_only()))?;
        Ok(out)
    }
}

#[pyfunction]
fn _storage(tensor: &Bound<'_, PyTensor>) -> UntypedStorage {
    UntypedStorage(tensor.get().get_tensor().storage().clone())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<UntypedStorage>()?;
    m.add_function(wrap_pyfunction!(_storage, m)?)
}
