//! Python bindings of the image half, the module `rushlight._C.image`: bytes and NumPy arrays in, NumPy arrays out, nothing decided here.
#![allow(unsafe_code)]

mod array;
mod encode;
mod error;
mod header;

use pyo3::prelude::*;

/// Adds the module `image` to `parent`.
pub fn register(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let m = PyModule::new(parent.py(), "image")?;
    encode::register(&m)?;
    header::register(&m)?;
    parent.add_submodule(&m)
}
