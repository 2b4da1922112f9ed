//! Where encoded images come from: the file system, or memory.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyString;
use rushlight_image::file;
use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

/// A path, or the bytes themselves.
pub enum Input {
    Path(PathBuf),
    Bytes(PyBackedBytes),
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

impl Input {
    /// All bytes; at most `limit`.
    pub fn read(&self, limit: u64) -> io::Result<Data<'_>> {
        match self {
            Input::Bytes(data) => Ok(Data::Given(data)),
            Input::Path(path) => {
                let mut data = Vec::new();
                file::read(path, limit, &mut data).map(|()| Data::Read(data))
            }
        }
    }

    /// The first bytes, where headers are.
    pub fn head(&self) -> io::Result<Data<'_>> {
        match self {
            Input::Bytes(data) => Ok(Data::Given(data)),
            Input::Path(path) => file::head(path).map(Data::Read),
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
