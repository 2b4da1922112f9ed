//! Random numbers: generators, and the functions and methods that draw from them.

mod arguments;
mod dropouts;
mod factories;
mod fills;
mod generator;
mod hook;
mod samples;
mod table;

use pyo3::prelude::*;

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    generator::register(m)?;
    hook::register(m)?;
    table::register(m)
}
