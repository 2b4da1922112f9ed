//! Faults of image data as `rushlight.image.ImageError`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use rushlight_image::{Error, ErrorKind};

/// The exception an error becomes; `file` is a path, or what the data are called.
pub fn raise(py: Python<'_>, error: Error, file: Option<&str>) -> PyErr {
    if error.kind == ErrorKind::Argument {
        return PyValueError::new_err(error.reason);
    }
    let format = error.format.map(|f| f.to_string());
    image_error(py).and_then(|class| class.call1((file, format, error.to_string()))).map_or_else(|e| e, PyErr::from_value)
}

pub fn image_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "rushlight.image._errors", "ImageError")
}
