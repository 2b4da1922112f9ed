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
    let format = error.format.map(|f| f.name());
    image_error(py).and_then(|class| class.call1((file, format, error.to_string()))).map_or_else(|e| e, PyErr::from_value)
}

/// The exception for a file that cannot be read.
pub fn raise_io(py: Python<'_>, error: &std::io::Error, file: Option<&str>) -> PyErr {
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    let class = if missing { missing_error(py) } else { image_error(py) };
    let reason = if missing { "no such file".to_string() } else { format!("cannot be read: {error}") };
    class.and_then(|class| class.call1((file, None::<&str>, reason))).map_or_else(|e| e, PyErr::from_value)
}

/// `ImageError`.
pub fn image_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "rushlight.image._errors", "ImageError")
}

fn missing_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "rushlight.image._errors", "ImageNotFoundError")
}
