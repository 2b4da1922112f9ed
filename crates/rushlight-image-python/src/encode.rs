//! Pixels to the bytes of files.

use crate::array::Array;
use crate::error::raise;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rushlight_image::encode::{self, JpegOptions, Pixels, Subsampling, WebPOptions};
use rushlight_image::{Mode, Result};

/// Width, height and mode of an array `[H, W]` or `[H, W, channels]`.
fn geometry(shape: &[usize]) -> PyResult<(usize, usize, Mode)> {
    let mode = match shape {
        [_, _] | [_, _, 1] => Mode::L,
        [_, _, 2] => Mode::La,
        [_, _, 3] => Mode::Rgb,
        [_, _, 4] => Mode::Rgba,
        _ => return Err(PyValueError::new_err(format!("expected an array [H, W] or [H, W, 1 to 4], got shape {shape:?}"))),
    };
    Ok((shape[1], shape[0], mode))
}

fn bytes<'py>(py: Python<'py>, work: impl FnOnce() -> Result<Vec<u8>> + Send) -> PyResult<Bound<'py, PyBytes>> {
    let file = py.detach(work).map_err(|e| raise(py, e, None))?;
    Ok(PyBytes::new(py, &file))
}

/// encode_jpeg(array, quality, subsampling, progressive, optimize) -> bytes
#[pyfunction]
fn encode_jpeg<'py>(
    py: Python<'py>,
    array: &Bound<'py, PyAny>,
    quality: u8,
    subsampling: &str,
    progressive: bool,
    optimize: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let array = Array::<u8>::borrow(array)?;
    let (width, height, mode) = geometry(array.shape())?;
    let subsampling = match subsampling {
        "4:4:4" => Subsampling::S444,
        "4:2:2" => Subsampling::S422,
        "4:2:0" => Subsampling::S420,
        other => return Err(PyValueError::new_err(format!("subsampling must be '4:4:4', '4:2:2' or '4:2:0', got {other:?}"))),
    };
    let options = JpegOptions { quality, subsampling, progressive, optimize };
    bytes(py, || encode::jpeg(Pixels { samples: array.as_slice(), width, height, mode }, options))
}

/// encode_png(array, compress_level) -> bytes: uint8 or uint16
#[pyfunction]
fn encode_png<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, compress_level: u8) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(array) = Array::<u16>::borrow(array) {
        let (width, height, mode) = geometry(array.shape())?;
        return bytes(py, || encode::png16(Pixels { samples: array.as_slice(), width, height, mode }, compress_level));
    }
    let array = Array::<u8>::borrow(array)?;
    let (width, height, mode) = geometry(array.shape())?;
    bytes(py, || encode::png(Pixels { samples: array.as_slice(), width, height, mode }, compress_level))
}

/// encode_webp(array, quality) -> bytes: lossless when the quality is None
#[pyfunction]
#[pyo3(signature = (array, quality))]
fn encode_webp<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, quality: Option<u8>) -> PyResult<Bound<'py, PyBytes>> {
    let array = Array::<u8>::borrow(array)?;
    let (width, height, mode) = geometry(array.shape())?;
    let options = quality.map_or(WebPOptions::Lossless, WebPOptions::Lossy);
    bytes(py, || encode::webp(Pixels { samples: array.as_slice(), width, height, mode }, options))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(encode_jpeg, m)?)?;
    m.add_function(wrap_pyfunction!(encode_png, m)?)?;
    m.add_function(wrap_pyfunction!(encode_webp, m)?)
}
