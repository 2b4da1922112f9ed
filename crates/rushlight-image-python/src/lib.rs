//! Python bindings of the image half, the module `rushlight._C.image`: bytes and NumPy arrays in, NumPy arrays out, nothing decided here.
#![allow(unsafe_code)]

mod array;
mod augment;
mod encode;
mod error;
mod hash;
mod input;
mod load;
mod recipe;
mod stream;
mod tar;

use pyo3::prelude::*;

/// Adds the module `image` to `parent`.
pub fn register(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let m = PyModule::new(parent.py(), "image")?;
    encode::register(&m)?;
    load::register(&m)?;
    augment::register(&m)?;
    stream::register(&m)?;
    tar::register(&m)?;
    hash::register(&m)?;
    parent.add_submodule(&m)
}
