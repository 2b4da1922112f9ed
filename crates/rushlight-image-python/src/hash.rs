//! Hashes of images and files, and searches among hashes.

use crate::array::{Array, Sample};
use crate::error::{raise, raise_io};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use rushlight_image::Limits;
use rushlight_image::hash::{self, Algorithm, Failure, Fingerprint, Hasher, Request};
use rushlight_image::resize::View;
use std::path::PathBuf;

impl Sample for u32 {
    const NAME: &'static str = "uint32";
}
impl Sample for u64 {
    const NAME: &'static str = "uint64";
}

fn algorithm(name: &str) -> PyResult<Algorithm> {
    match name {
        "dhash" => Ok(Algorithm::Difference),
        "phash" => Ok(Algorithm::Cosine),
        _ => Err(PyValueError::new_err(format!("algorithm must be 'dhash' or 'phash', got {name:?}"))),
    }
}

/// hash_pixels(array, algorithm): the hash of [H, W] or [H, W, C] pixels of 8 bits
#[pyfunction]
fn hash_pixels(py: Python<'_>, pixels: &Bound<'_, PyAny>, algorithm_name: &str) -> PyResult<u64> {
    let (algorithm, array) = (algorithm(algorithm_name)?, Array::<u8>::borrow(pixels)?);
    let (height, width, channels) = match *array.shape() {
        [height, width] => (height, width, 1),
        [height, width, channels] => (height, width, channels),
        _ => return Err(PyValueError::new_err(format!("pixels have the shape [H, W] or [H, W, C], got {:?}", array.shape()))),
    };
    let samples = array.as_slice();
    let view = View { samples, width, height, channels, stride: width * channels };
    py.detach(|| Hasher::new().hash(view, algorithm)).map_err(|e| raise(py, e, None))
}

/// hash_bytes(data, algorithm, exif): the hash of an encoded image
#[pyfunction]
fn hash_bytes(py: Python<'_>, data: PyBackedBytes, algorithm_name: &str, exif: bool) -> PyResult<u64> {
    let algorithm = algorithm(algorithm_name)?;
    let found = py.detach(|| Hasher::new().hash_encoded(&data, algorithm, exif, &Limits::default()));
    found.map(|(_, hash)| hash).map_err(|e| raise(py, e, None))
}

/// fingerprint_files(paths, algorithm | None, content, exif, max_pixels, workers): for each file
/// (width, height, bytes, content | None, hash | None), or the exception that says why not
#[pyfunction]
#[pyo3(signature = (paths, algorithm_name, content, exif, max_pixels, workers))]
fn fingerprint_files<'py>(
    py: Python<'py>,
    paths: Vec<PathBuf>,
    algorithm_name: Option<&str>,
    content: bool,
    exif: bool,
    max_pixels: Option<u64>,
    workers: usize,
) -> PyResult<Bound<'py, PyList>> {
    let defaults = Limits::default();
    let limits = Limits { max_pixels: max_pixels.unwrap_or(defaults.max_pixels), ..defaults };
    let request = Request { content, algorithm: algorithm_name.map(algorithm).transpose()?, upright: exif, limits };
    let found = py.detach(|| hash::fingerprint_files(&paths, &request, workers));
    let result = PyList::empty(py);
    for (found, path) in found.into_iter().zip(&paths) {
        result.append(fingerprint(py, found, &path.to_string_lossy())?)?;
    }
    Ok(result)
}

fn fingerprint<'py>(py: Python<'py>, found: Result<Fingerprint, Failure>, path: &str) -> PyResult<Bound<'py, PyAny>> {
    match found {
        Ok(Fingerprint { width, height, bytes, content, hash }) => {
            let content = content.map(|content| PyBytes::new(py, &content));
            Ok((width, height, bytes, content, hash).into_pyobject(py)?.into_any())
        }
        Err(Failure::Image(error)) => Ok(raise(py, error, Some(path)).into_value(py).into_bound(py).into_any()),
        Err(Failure::File(error)) => Ok(raise_io(py, &error, Some(path)).into_value(py).into_bound(py).into_any()),
    }
}

/// pairs(hashes, radius, workers, most): (uint32 [N, 2] numbers, uint32 [N] distances) in order, or None if there are more than `most`
#[pyfunction]
fn pairs<'py>(
    py: Python<'py>,
    hashes: &Bound<'py, PyAny>,
    radius: u32,
    workers: usize,
    most: usize,
) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let hashes = Array::<u64>::borrow(hashes)?;
    let hashes = numbered(hashes.as_slice())?;
    let Some(found) = py.detach(|| hash::pairs(hashes, radius, workers, most)) else { return Ok(None) };
    let (numbers, mut numbers_memory) = Array::<u32>::empty(py, &[found.len(), 2])?;
    let (distances, mut distances_memory) = Array::<u32>::empty(py, &[found.len()])?;
    let slots = numbers_memory.as_mut_slice().chunks_exact_mut(2).zip(distances_memory.as_mut_slice());
    for (pair, (numbers, distance)) in found.iter().zip(slots) {
        numbers.copy_from_slice(&[pair.first, pair.second]);
        *distance = pair.distance;
    }
    Ok(Some((numbers, distances)))
}

/// group(hashes, radius, workers): (uint32 [N] number of the kept one, uint32 [N] distance to it) for hashes given best first
#[pyfunction]
fn group<'py>(py: Python<'py>, hashes: &Bound<'py, PyAny>, radius: u32, workers: usize) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let hashes = Array::<u64>::borrow(hashes)?;
    let hashes = numbered(hashes.as_slice())?;
    let members = py.detach(|| hash::group(hashes, radius, workers));
    let (kept, mut kept_memory) = Array::<u32>::empty(py, &[members.len()])?;
    let (distances, mut distances_memory) = Array::<u32>::empty(py, &[members.len()])?;
    for ((member, kept), distance) in members.iter().zip(kept_memory.as_mut_slice()).zip(distances_memory.as_mut_slice()) {
        (*kept, *distance) = (member.kept as u32, member.distance);
    }
    Ok((kept, distances))
}

/// Hashes whose numbers have 32 bits.
fn numbered(hashes: &[u64]) -> PyResult<&[u64]> {
    match hashes.len() < u32::MAX as usize {
        true => Ok(hashes),
        false => Err(PyValueError::new_err(format!("{} hashes are more than one search takes ({})", hashes.len(), u32::MAX - 1))),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(hash_pixels, m)?)?;
    m.add_function(wrap_pyfunction!(hash_bytes, m)?)?;
    m.add_function(wrap_pyfunction!(fingerprint_files, m)?)?;
    m.add_function(wrap_pyfunction!(pairs, m)?)?;
    m.add_function(wrap_pyfunction!(group, m)?)
}
