//! Where encoded images come from: the file system, or memory.

use crate::error::{image_error, missing_error};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyString;
use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A path, or the bytes themselves.
pub enum Input {
    Path(PathBuf),
    Bytes(PyBackedBytes),
}

/// Why there are no bytes.
pub struct Unreadable {
    missing: bool,
    reason: String,
}

/// The bytes of an [`Input`].
pub enum Data<'a> {
    Read(Vec<u8>),
    Given(&'a [u8]),
}

impl std::ops::Deref for Data<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Data::Read(data) => data,
            Data::Given(data) => data,
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Input {
    type Error = PyErr;
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Input> {
        if object.is_instance_of::<PyString>() {
            return object.extract().map(Input::Path);
        }
        let bytes = object.extract::<PyBackedBytes>();
        bytes.map(Input::Bytes).map_err(|_| PyTypeError::new_err(format!("an image is a path or bytes, not {}", object.get_type())))
    }
}

/// As much of a file as its headers usually take.
const HEAD: u64 = 64 << 10;

impl Input {
    /// All bytes; at most `limit`.
    pub fn read(&self, limit: u64) -> Result<Data<'_>, Unreadable> {
        match self {
            Input::Bytes(data) => Ok(Data::Given(data)),
            Input::Path(path) => read_file(path, limit).map(Data::Read),
        }
    }

    /// The first bytes, where headers are.
    pub fn head(&self) -> Result<Data<'_>, Unreadable> {
        match self {
            Input::Bytes(data) => Ok(Data::Given(data)),
            Input::Path(path) => {
                let mut data = Vec::with_capacity(HEAD as usize);
                open(path)?.0.take(HEAD).read_to_end(&mut data).map_err(Unreadable::io)?;
                Ok(Data::Read(data))
            }
        }
    }

    /// What errors call it.
    pub fn name(&self) -> Option<Cow<'_, str>> {
        match self {
            Input::Path(path) => Some(path.to_string_lossy()),
            Input::Bytes(_) => None,
        }
    }
}

/// Opens a regular file: reading anything else might never end.
fn open(path: &Path) -> Result<(File, u64), Unreadable> {
    let metadata = std::fs::metadata(path).map_err(Unreadable::io)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(Unreadable { missing: false, reason: format!("it is {what}") });
    }
    Ok((File::open(path).map_err(Unreadable::io)?, metadata.len()))
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Unreadable> {
    let (mut file, length) = open(path)?;
    if length > limit {
        return Err(Unreadable { missing: false, reason: format!("its {length} bytes are more than max_memory={limit}") });
    }
    let mut data = Vec::with_capacity(length as usize + 1);
    file.read_to_end(&mut data).map_err(Unreadable::io)?;
    Ok(data)
}

impl Unreadable {
    fn io(error: std::io::Error) -> Unreadable {
        Unreadable { missing: error.kind() == ErrorKind::NotFound, reason: format!("cannot be read: {error}") }
    }

    /// As a Python exception.
    pub fn raise(self, py: Python<'_>, file: Option<&str>) -> PyErr {
        let class = if self.missing { missing_error(py) } else { image_error(py) };
        class.and_then(|class| class.call1((file, None::<&str>, self.reason))).map_or_else(|e| e, PyErr::from_value)
    }
}
