//! What the headers of a file say.

use crate::error::raise;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// info(data) -> (format, width, height, mode, bits, orientation): as stored, before any EXIF rotation
#[pyfunction]
fn info(py: Python<'_>, data: PyBackedBytes) -> PyResult<(&'static str, usize, usize, &'static str, u8, u8)> {
    let info = py.detach(|| rushlight_image::info(&data)).map_err(|e| raise(py, e, None))?;
    Ok((info.format.name(), info.width, info.height, info.mode.name(), info.bits, info.orientation))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(info, m)?)
}
